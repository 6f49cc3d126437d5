"""The columns of the ledger's arrays: what is counted, by name."""

STATES = ("adoption", "value", "growth", "complete", "on_track", "drifting", "away", "in_grace")
OPEN = ("members", "arr", *STATES)
FLOW = (
    "joined", "referred", "left", "returned",
    "arr_new", "arr_returned", "expansion", "uplift", "contraction", "churn", "arr_seconds",
    "renewals_due", "renewals_won", "renewals_lost", "first_won", "first_lost", "fees",
    "setbacks", "escalations", "impatient", "shifts", "recognised", *STATES,
)  # fmt: skip
MS = ("reached", "offered", "taken", "lapsed", "expansion", "pushed", "push_taken", "push_expansion")
IV = (
    "requested", "refused", "started", "delivered", "withdrawn",
    "wait_seconds", "work_seconds", "fees", "recurring",
)  # fmt: skip
TM = ("started", "wait_seconds", "busy_seconds", "queue_seconds", "queue")
COHORT = ("start_arr", "end_arr", "kept_arr", "start_members", "kept_members")
WON_LOST = ("won", "lost")
FIRST_VALUE = ("observed", "reached")
TERMS = 20
FIRST_VALUE_DAYS = (30, 60, 90, 180, 365)
# Upper ends, in days, of the bins of a wait: bin 0 holds waits of zero, bin i those in
# (WAIT_EDGES[i-1], WAIT_EDGES[i]]; so it is np.searchsorted(WAIT_EDGES, wait, side="left").
WAIT_EDGES = (
    0.0, 1 / 24, 2 / 24, 4 / 24, 8 / 24, 0.5, 1.0, 1.5, 2.0, 3.0, 4.0, 5.0, 6.0, 7.0,
    10.0, 14.0, 21.0, 30.0, 45.0, 60.0, 90.0, 120.0, 180.0, float("inf"),
)  # fmt: skip

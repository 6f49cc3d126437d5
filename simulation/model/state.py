"""The records that every engine reads and writes: the plan's tables, the members, the ledger's buffer, the log.

One record per member (array of structs) because a member is advanced alone through many events: its record stays in
cache, which measured 1.5 to 2.4 times faster than one array per field. All times are days since the scenario's start,
angles are radians, money is int64 cents, rates are per day, work is in pace-months.
"""

from __future__ import annotations

from typing import Any, TypeAlias

import numpy as np
import numpy.typing as npt

from simulation.model.quantiles import DIST as DIST
from simulation.model.random import domain, purpose

MONTH = 365.25 / 12.0
PER_DAY = 1.0 / MONTH  # months in a day: a product is a fraction of a quotient in time
NEVER = np.inf
AHEAD = 16  # interactions computed at a time
EVES = 120  # renewals of a past life that are looked at before it is lived
INSTANT = 1e-6  # days; limits of whole periods hold for everybody, whatever the rounding of the day of joining
SECONDS = 86400.0

# Classes of simultaneous events, in the order in which they happen (DESIGN section 3, rule 2).
COMPLETION, CAPACITY, HIT, EXPIRY, RESOLUTION, ESCALATION, SHIFT, SETBACK, INTERACTION = range(9)
WINDOW, RENEWAL, RETURN, JOIN, CAUSE, SESSION, QUOTA, DISPATCH, PATIENCE = range(9, 18)

# Purposes that need no name: one per decision of a member.
P_START = purpose("vector at start", "")
P_FIRST = purpose("first interaction", "")
P_LAST = purpose("last interaction", "")
P_INTERACTION = purpose("interaction", "")
P_NOISE = purpose("observation", "")
P_SHIFT = purpose("outcome shift", "")
P_SETBACK = purpose("setback", "")
P_RENEWAL = purpose("renewal", "")
P_PROBABILITY = purpose("renewal probability", "")
P_GRACE = purpose("grace", "")
P_CONTRACTION = purpose("contraction", "")
P_HAZARD = purpose("mid-term churn", "")
P_RETURN = purpose("return", "")
P_BACK = purpose("vector at return", "")
P_REFERRAL = purpose("referral", "")
P_ARR = purpose("arr", "")
P_TENURE = purpose("tenure", "")
P_PUSH = purpose("quota push", "")
P_ARRIVAL = purpose("arrival", "")
P_PAST = purpose("past life", "")
COMMON_PURPOSES = {name: int(value) for name, value in list(globals().items()) if name.startswith("P_")}

D_REFERRAL = np.uint64(domain("referral"))
D_ARRIVAL = np.uint64(domain("arrival"))
D_STATED = np.uint64(domain("stated"))  # what is drawn around the statements of a row, apart from its past lives

# States of one (member, intervention) pair. BOOKED: a place in a group session whose job still waits for the team.
IDLE, WAITING, BOOKED, SERVING = range(4)
# Queue orders of a team.
FIRST_COME, BY_REVENUE, BY_RISK = range(3)
ORDERS = ("first_come", "revenue", "risk")
# Deliveries.
TECH_TOUCH, BY_TEAM, BY_SESSION = range(3)
# Triggers.
TRIGGERS = (
    "joined",
    "reached",
    "approaching",
    "taken",
    "off_course",
    "setback",
    "escalation",
    "renewal_due",
    "every",
    "on",
)
(T_JOINED, T_REACHED, T_APPROACHING, T_TAKEN, T_OFF_COURSE, T_SETBACK, T_ESCALATION, T_RENEWAL_DUE, T_EVERY, T_ON) = (
    range(10)
)
# Effects.
EFFECTS = (
    "turn_toward",
    "magnitude",
    "advance",
    "shorten",
    "demonstrate_value",
    "resolve_setback",
    "renewal_lift",
    "take_lift",
)
(E_TURN, E_MAGNITUDE, E_ADVANCE, E_SHORTEN, E_DEMONSTRATE, E_RESOLVE, E_RENEWAL_LIFT, E_TAKE_LIFT) = range(8)
# Stages, in the order of the journey.
STAGES = ("adoption", "value", "growth", "complete")
S_ADOPTION, S_VALUE, S_GROWTH, S_COMPLETE = range(4)
COURSES = ("on_track", "drifting", "away")
# Opportunities.
CLOSED, OPEN, SOLD = range(3)

# Kinds of rows in the event log.
KINDS = (
    "joined",
    "interaction",
    "milestone",
    "value_recognised",
    "offered",
    "taken",
    "declined",
    "lapsed",
    "setback",
    "resolved",
    "escalated",
    "outcome_shift",
    "renewed",
    "contracted",
    "grace",
    "recovered",
    "left",
    "returned",
    "requested",
    "refused",
    "withdrawn",
    "started",
    "delivered",
    "undelivered",
    "pushed",
    "push_taken",
    "impatient",
    "expired",
    "referred",
    "present",
)
(
    K_JOINED,
    K_INTERACTION,
    K_MILESTONE,
    K_RECOGNISED,
    K_OFFERED,
    K_TAKEN,
    K_DECLINED,
    K_LAPSED,
    K_SETBACK,
    K_RESOLVED,
    K_ESCALATED,
    K_SHIFT,
    K_RENEWED,
    K_CONTRACTED,
    K_GRACE,
    K_RECOVERED,
    K_LEFT,
    K_RETURNED,
    K_REQUESTED,
    K_REFUSED,
    K_WITHDRAWN,
    K_STARTED,
    K_DELIVERED,
    K_UNDELIVERED,
    K_PUSHED,
    K_PUSH_TAKEN,
    K_IMPATIENT,
    K_EXPIRED,
    K_REFERRED,
    K_PRESENT,
) = range(len(KINDS))


def _record(*fields: str) -> np.dtype[np.void]:
    pairs = []
    for field in fields:
        kind, names = field.split(":")
        pairs += [(name, kind.strip()) for name in names.split()]
    return np.dtype(pairs, align=True)


SEGMENT = _record(
    "f8: dir_typical dir_spread dir_memory mag_log mag_spread mag_memory interaction_gap reference",
    "f8: shift_gap shift_turn setback_gap setback_life escalates_after setback_turn noise_dir noise_mag",
    "f8: patience patience_turn not_adopted no_value escalation sensitivity grace_length grace_recovery",
    "f8: contraction_logit contraction_sensitivity hazard_sensitivity return_within return_arr",
    "f8: uplift response_renewal response_joining response_contraction",
    "f8: course_angle approach_within referral_gap referral_velocity referral_converts referral_delay",
    "f8: arrivals growth arrival_bound",
    "i4: arr_dist term probability_dist contraction_share hazard_dist return_dist",
    "i4: first_milestone n_milestones n_adoption n_value cycle first_price n_prices season",
    "i4: needs_value referral_segment watches_approach in_quota tenure_dist",
    "u8: domain",
)

MILESTONE = _record(
    "f8: log_after spread self_evident window take take_logit sensitivity",
    "i4: name stage kind arr_dist",
    "u4: p_work p_evident p_arr p_take",
)

INTERVENTION = _record(
    "f8: delay within angle accept cooldown coverage off_course on_course",
    "f8: usage_low usage_high tenure_low tenure_high risk_low risk_high every first session_every",
    "i8: arr_low arr_high fee recurring segments",
    "i4: trigger delivery team effort_dist size priority stages value milestone",
    "i4: first_date n_dates first_effect n_effects",
    "u4: p_cover p_accept p_effort",
    "u8: key",
)
# `segments` and `stages` are bit masks of the audience; `milestone` is the index of a milestone's name.

EFFECT = _record(
    "f8: half_life lasts median_life",
    "i8: milestones",  # bit mask of the names of milestones that a take lift covers, -1 = all
    "i4: kind amount slot milestone certain",  # certain: nothing about it is drawn
    "u4: p_amount",
)

TEAM = _record("f8: hours_per_day", "i4: order first_server n_servers")
SERVER = _record("f8: start stop ramp_from ramp_over")
PRICE = _record("f8: day factor", "i4: grandfather")

MEMBER = _record(
    # what every interaction touches
    "f8: t t_hit t_inter t_rare base kick logmag factor pace vel done need last_inter",
    "u8: key",
    "i8: arr",
    "u4: n_inter seen n_shift n_setback n_referral setback_number",
    "i4: seg next cycle terms spell waiting serving n_open seq change version anchor_terms",
    "i1: present grace setback escalated pending recognised course stage joined referred",
    # what rare events touch
    "f8: t_shift t_setback t_resolve t_escalate t_expiry t_window t_renew t_hazard t_return t_cause t_join t_referral",
    "f8: t_patience t_hold noise_dir noise_mag since due last_renewal last_recognised price_t hazard_left hazard_now",
    "f8: hazard_rate logit_p anchor_fraction",
    "i8: anchor_day due_cell left_arr",
)

SLOT = _record(
    "f8: last_request rank effort until",
    "u4: occurrence marked",
    "i4: tick",  # of a clock or a list of dates; of `approaching` the cycles in which it has fired
    "u2: token",  # number of the request, 1 to 65,535 and round again
    "i1: state impatient",
)
# `occurrence` is that of the request under way, `marked` that of the cause ahead, which may be marked meanwhile.
# When the next cause of each is due stands apart (`cause`): it is looked at often and fits one cache line.
OPPORTUNITY = _record("f8: close short", "i4: cycle state")
# `short`: share of the work of the milestone that short circuits have left.
MODIFIER = _record("f8: value since")  # a magnitude factor (since = its expiry) or a lift (since = when it was given)

LOG = _record("f8: time", "u8: key", "f8: direction magnitude progress", "i8: arr", "i4: member seq", "i2: kind name")
CHANGE = _record("i8: arr", "i4: cell previous")
BIRTH = _record("f8: time", "u8: key", "i4: segment")
ASK = _record("f8: time", "i4: member intervention")
EVE = _record("f8: renewal due time logmag")
# `renewal` is one of all renewals of a past; the others are of one that needs a look at the last interaction before it.
BOOK = _record(
    "u8: key",
    "f8: joined renews_on progress direction magnitude value_on setback_on",  # NaN = not known; value_on -inf = never
    "i8: arr",  # -1 = drawn
    "i4: seg milestone cycle",  # milestone reached last: -1 none yet, -2 not known
)
QUOTA_DAY = _record("f8: day take turn", "i8: amount", "i4: month pushes")

CELL = _record("i4: cell month")  # of a day
SPAN = _record("i4: first last")  # cell edges of a window
COUNT = _record("i8: n")
NUMBER = _record("f8: x")
TRIED = _record("i4: n")

# The arrays that a world holds, by name: the dtype of a row. The first group is the plan and never written.
PLAN_TABLES = {
    "segment": SEGMENT, "milestone": MILESTONE, "intervention": INTERVENTION, "effect": EFFECT, "price": PRICE,
    "team": TEAM, "server": SERVER, "quota": QUOTA_DAY, "book": BOOK, "distribution": DIST, "number": NUMBER,
    "edge": COUNT, "day": CELL, "window": SPAN,
}  # fmt: skip
OWN_TABLES = {
    "member": MEMBER, "cause": NUMBER, "slot": SLOT,
    "opportunity": OPPORTUNITY, "modifier": MODIFIER, "ledger": COUNT, "sold": COUNT,
    "ahead": NUMBER, "log": LOG, "change": CHANGE, "birth": BIRTH, "ask": ASK, "eve": EVE, "tried": TRIED,
}  # fmt: skip
TABLES = PLAN_TABLES | OWN_TABLES

WORLD = _record(
    "f8: end moment",
    "u4: seed replication logging past",
    "i8: n_members n_events n_log n_change n_birth n_ask n_forced overflow",
    "i8: who crowd",  # the member and the number of its events at this moment
    "i8: budget",  # events that are left for the past of one member of the book
    "i8: n_renewals n_eves",  # of a past, and those of a life that need a look before it is lived
    "f8: followed",  # until when the interactions of a past life are known that are not followed one by one
    "i8: recalls",  # whether it is known which past life of each row of the book stays (`tried`)
    "i8: cells journey modifiers start_day",  # start_day: days from 1970-01-01 to the scenario's start
    "i8: o_opening o_flows o_milestones o_interventions o_teams o_waits o_terms o_first o_cohort",
    "i8: " + " ".join(f"size_{name}" for name in TABLES),
    "u8: ahead_key",
    "u4: ahead_first ahead_left",  # whose interactions lie ahead, from which number on, and how many
    "f8: ahead_factor",
    "u8: at_world at_act at_desk " + " ".join(f"at_{name}" for name in TABLES),
)
"""One replication: its counters, and where its arrays are. A record with addresses and not a tuple of arrays, for
a tuple of 24 arrays passed by value made compiling take minutes and each call cost tens of nanoseconds.
At `at_desk` the compiled engine keeps what is its own."""

# What ran out of room, as bits of `overflow`: the engine then starts the replication again with more.
FULL_LOG, FULL_CHANGES, FULL_BIRTHS, FULL_MEMBERS, FULL_CALENDAR, FULL_QUEUE, FULL_BATCHES, COLLISION, ENDLESS = (
    1, 2, 4, 8, 16, 32, 64, 128, 256,
)  # fmt: skip

Records = npt.NDArray[np.void]
World: TypeAlias = Any
"""A record of dtype WORLD; `tables` has the way to its rows."""

Key: TypeAlias = Any
"""A member's key: unsigned, 64 bits."""

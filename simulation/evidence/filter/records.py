"""The records of the filter: what happened to a member, what stands beside a particle, and what comes out."""

from __future__ import annotations

import numpy as np

from simulation.model.random import domain, purpose

# What can be observed.
(O_PRESENT, O_RETURNED, O_MOVED, O_DELIVERED, O_MILESTONE, O_RECOGNISED, O_RESOLVED, O_SETBACK, O_ESCALATED,
 O_INTERACTION, O_USAGE, O_RENEWED, O_GRACE, O_RECOVERED, O_LEFT, O_PAUSE, O_RATING, O_OPENS) = range(18)  # fmt: skip

OBSERVATION = np.dtype(
    [("t", "f8"), ("low", "f8"), ("high", "f8"), ("value", "f8"), ("what", "i4"), ("a", "i4")], align=True
)
"""One row of what happened: days from the day of inference (negative), the interval in which it lies where only that
is known (of a milestone the interval in which it was reached, which a row O_OPENS begins and the milestone's ends; of a
usage the days that it covers; of a rating as `low` its noise; NaN: none), a value, what (an O_ code)
and which one (milestone, intervention, segment; -2: not known)."""

DUTY = np.dtype(
    [("key", "u8"), ("first", "i8"), ("last", "i8"), ("start", "f8"), ("due", "f8"), ("seg", "i4")], align=True
)
"""One member: key, its rows, when it joined, its next renewal (days; in grace the one that was missed), segment."""

SIDE = np.dtype([(name, "f8") for name in ("peak", "counted", "shift", "scale", "used", "days", "jumped", "open")],
                align=True)  # fmt: skip
"""Beside a particle's member record: the running maximum M of progress, how far of it the weight has counted, the map
need = shift + scale * work that short circuits leave, usage (pace x days) and days of membership since the last usage
row, when it jumped, and until when the milestone ahead may have been reached though its row is still to come."""

DRAW = np.dtype(
    [("direction", "f8"), ("magnitude", "f8"), ("progress", "f8"), ("value_on", "f8"), ("milestone", "i4"),
     ("cycle", "i4")], align=True,
)  # fmt: skip
"""A draw from the posterior of a member: radians, pace, pace-months, day of the last recognised value (NaN: none),
the last milestone reached (-1: none) and how often the journey was completed."""

COLUMNS = ("on_track", "drifting", "away", "next_30", "next_60", "next_90", "renews", "ess", "log_likelihood",
           "impossible", "velocity", "velocity_sd", "off_course", "magnitude", "work_done")  # fmt: skip
"""What comes out for a member: chances of each course, of the next milestone within 30, 60 and 90 days and of renewing;
effective sample size, log likelihood, number of rows that no particle explains; mean and standard deviation of the
velocity, mean |direction| (radians), mean magnitude, mean share of the median work ahead that is done."""

HORIZONS = np.array([30.0, 60.0, 90.0])

# What the history tells, as bits: then the model does not draw it.
TOLD_INTERACTIONS, TOLD_SETBACKS, TOLD_VALUE, COUNTS = 1, 2, 4, 8

FAR = 1e250  # pace-months that no particle ever makes: milestones come from what happened, not from a draw
NARROW = 0.02  # log-spread of work that the filter takes at least: a sharper one would leave hardly a particle
MOMENT = 1e-6  # days; rows of one moment are microseconds apart where a table would turn their order
LEAST = 1e-300

D_FILTER = np.uint64(domain("filter"))
P_RESAMPLE = purpose("filter resampling", "")
P_BLUR = purpose("filter blur", "")
P_CARRY = purpose("filter progress beyond a jump", "")
P_REST = purpose("filter work left", "")
P_EFFECT = purpose("filter effect", "")

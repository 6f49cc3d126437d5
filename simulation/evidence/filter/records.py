"""The records of the filter: what happened to a member, what stands beside a particle, and what comes out."""

from __future__ import annotations

import numpy as np

from simulation.model.random import purpose

# Compiled code holds these numbers and records: simulation.model.jit starts a new cache when this file changes.

# What can be observed.
(O_PRESENT, O_RETURNED, O_MOVED, O_DELIVERED, O_MILESTONE, O_RECOGNISED, O_RESOLVED, O_SETBACK, O_ESCALATED,
 O_INTERACTION, O_USAGE, O_RENEWED, O_GRACE, O_RECOVERED, O_LEFT, O_PAUSE, O_RATING, O_OPENS, O_ASKED,
 O_DROPPED, O_NOTED) = range(21)  # fmt: skip

OBSERVATION = np.dtype(
    [("t", "f8"), ("low", "f8"), ("high", "f8"), ("value", "f8"), ("what", "i4"), ("a", "i4")], align=True
)
"""One row of what happened: days from the day of inference (negative), the interval in which it lies where only that
is known (of a milestone the interval in which it was reached, which a row O_OPENS begins and the milestone's ends; of a
usage the days that it covers; of a rating as `low` its noise; NaN: none), a value, what (an O_ code)
and which one (milestone, intervention, segment; of an interaction the intervention that was asked for at it; -2: not
known or none)."""

DUTY = np.dtype(
    [("key", "u8"), ("first", "i8"), ("last", "i8"), ("arr", "i8"), ("start", "f8"), ("due", "f8"), ("phase", "f8"),
     ("seg", "i4"), ("unseen", "i4")], align=True,
)  # fmt: skip
"""One member: key, its rows, ARR (cents a year), when it joined, its next renewal (days; in grace the one that was
missed), segment; and `unseen`: 1 when the day of joining is not known, then `start` is where its record begins, and
`phase` the days from there to the next renewal (NaN: not known either)."""

SIDE = np.dtype([(name, "f8") for name in ("peak", "counted", "shift", "scale", "used", "days", "jumped", "open",
                                          "opened", "covered", "silent")], align=True)  # fmt: skip
"""Beside a particle's member record: the running maximum M of progress, how far of it the weight has counted, the map
need = shift + scale * work that short circuits leave, usage (pace x days) and days of membership since the last usage
row, when it jumped, until when the milestone ahead may have been reached though its row is still to come, when the
setback that is open opened, which interventions can reach the member (bits: coverage), and until when it is not asked
again, as it has refused unseen."""

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
TOLD_INTERACTIONS, TOLD_SETBACKS, TOLD_VALUE, COUNTS, TOLD_COURSE = 1, 2, 4, 8, 16


FAR = 1e250  # pace-months that no particle ever makes: milestones come from what happened, not from a draw
NARROW = 0.02  # log-spread of work that the filter takes at least: a sharper one would leave hardly a particle
MOMENT = 1e-6  # days; rows of one moment are microseconds apart where a table would turn their order
LEAST = 1e-300
UNRULY = 0.01  # share of requests that do not follow the rule of who is off course: people decide
BITS = 52  # interventions of which a float can hold a bit each; of more the off-course rule is no evidence
RECORD = 3652.0  # days before the record's begin in which those may have joined of whom nothing is known

P_PARTICLE = purpose("filter particle", "")
P_RESAMPLE = purpose("filter resampling", "")
P_BLUR = purpose("filter blur", "")
P_CARRY = purpose("filter progress beyond a jump", "")
P_REST = purpose("filter work left", "")
P_EFFECT = purpose("filter effect", "")
P_TENURE = purpose("filter tenure", "")

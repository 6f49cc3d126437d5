"""What became of every member in one replication, in a compact form, read from the event log."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from simulation.engine.plan import Plan
from simulation.engine.world import Memory
from simulation.model.state import (
    K_DELIVERED,
    K_ESCALATED,
    K_LEFT,
    K_MILESTONE,
    K_PRESENT,
    K_PUSH_TAKEN,
    K_PUSHED,
    K_REQUESTED,
    K_STARTED,
    K_TAKEN,
    K_WITHDRAWN,
    Records,
)

__all__ = ["COURSES", "Outcomes", "outcomes_of"]

Int = npt.NDArray[np.int64]
Float = npt.NDArray[np.float64]

COURSES = ("on track", "drifting", "away")
COURSE_EDGES = np.radians([45.0, 90.0])


@dataclass(frozen=True, eq=False)
class Outcomes:
    """Members of one replication, each array by member: those of today first, then those who join.

    Attributes
    ----------
    key
        uint64, who it is; the same person has the same key in every scenario.
    segment, course, stage
        Where they stood when they were first seen (at the start, or when they joined): place of the segment, of the
        course in `COURSES` by the true direction, and of the stage (adoption, value, growth, complete).
    today
        Whether they are members at the start.
    present
        int64, 1 for members at the end.
    arr, revenue, expansion
        ARR at the end, recurring revenue over the horizon, and ARR gained by takes, pushes and recurring prices;
        cents. Revenue is rounded to cents member by member.
    reached, escalations
        Milestones reached and escalations.
    waited
        Days spent waiting for teams, until the service starts, is withdrawn, or the horizon ends.
    deliveries
        [members, interventions].
    pushes
        Quota pushes received.
    """

    key: npt.NDArray[np.uint64]
    segment: Int
    course: Int
    stage: Int
    today: npt.NDArray[np.bool_]
    present: Int
    arr: Int
    revenue: Int
    expansion: Int
    reached: Int
    escalations: Int
    waited: Float
    deliveries: Int
    pushes: Int


def outcomes_of(memory: Memory, plan: Plan) -> Outcomes:
    """Read the outcomes of the replication that has just run, from an engine with a log."""
    count = int(memory.world["n_members"])
    members = memory.arrays["member"][:count]
    log = memory.arrays["log"][: int(memory.world["n_log"])]
    log = log[np.lexsort((log["seq"], log["member"]))]
    who = log["member"].astype(np.int64)
    first = np.searchsorted(who, np.arange(count))
    seen = np.zeros(count, bool)
    seen[who] = True
    # Some are made and never come: a referral beyond the horizon.
    members, first = members[seen], first[seen]
    number = np.cumsum(seen) - 1
    who, count = number[who], int(seen.sum())
    opening = log[first]
    kind = log["kind"]
    reached = _count(who, kind == K_MILESTONE, count)
    change = np.diff(log["arr"], prepend=0)
    gained = np.isin(kind, (K_TAKEN, K_PUSH_TAKEN, K_DELIVERED))
    arr = np.where(kind == K_LEFT, 0, log["arr"])
    present = members["present"].astype(np.int64)
    turned = np.abs(opening["direction"])
    return Outcomes(
        key=members["key"].copy(),
        segment=members["seg"].astype(np.int64),
        course=np.searchsorted(COURSE_EDGES, turned, side="right").astype(np.int64),
        stage=_first_stage(plan, members, reached),
        today=opening["kind"] == K_PRESENT,
        present=present,
        arr=np.where(present > 0, members["arr"], 0).astype(np.int64),
        revenue=_revenue(log["time"], arr, who, float(memory.world["end"]), count),
        expansion=_sum(who, np.where(gained, change, 0), count),
        reached=reached,
        escalations=_count(who, kind == K_ESCALATED, count),
        waited=_waited(log, who, float(memory.world["end"]), count),
        deliveries=_deliveries(log, who, count, len(plan.intervention_names)),
        pushes=_count(who, kind == K_PUSHED, count),
    )


def _first_stage(plan: Plan, members: Records, reached: Int) -> Int:
    """Stage when first seen: the milestones of the end, less those reached since."""
    segment = plan.tables["segment"][members["seg"]]
    size = segment["n_milestones"].astype(np.int64)
    start = segment["n_adoption"].astype(np.int64) + segment["n_value"]
    round_ = np.where(segment["cycle"] != 0, size - start, 0)
    before = members["next"] + members["cycle"].astype(np.int64) * round_ - reached
    around = (before >= size) & (round_ > 0)
    before = np.where(around, start + (before - start) % np.maximum(round_, 1), before)
    place = segment["first_milestone"] + np.minimum(before, np.maximum(size - 1, 0))
    table = plan.tables["milestone"]
    stage = table["stage"][np.minimum(place, len(table) - 1)].astype(np.int64)
    complete: Int = np.where(before >= size, 3, stage)
    return complete


def _revenue(time: Float, arr: Int, who: Int, end: float, count: int) -> Int:
    """Recurring revenue of each member, cents: the integral of ARR, which changes at its events only."""
    until = np.append(time[1:], end)
    until[np.append(who[1:] != who[:-1], True)] = end
    days = np.bincount(who, weights=arr * (until - time), minlength=count)
    return np.rint(days / 365.25).astype(np.int64)


def _waited(log: Records, who: Int, end: float, count: int) -> Float:
    """Days from each request until its service starts, it is withdrawn, or the horizon ends."""
    chosen = np.isin(log["kind"], (K_REQUESTED, K_STARTED, K_WITHDRAWN, K_DELIVERED))
    rows, owner = log[chosen], who[chosen]
    order = np.lexsort((rows["seq"], rows["name"], owner))
    rows, owner = rows[order], owner[order]
    until = np.append(rows["time"][1:], end)
    last = np.append((owner[1:] != owner[:-1]) | (rows["name"][1:] != rows["name"][:-1]), True)
    until[last] = end
    asked = rows["kind"] == K_REQUESTED
    waited = np.bincount(owner[asked], weights=(until - rows["time"])[asked], minlength=count)
    return waited.astype(np.float64)


def _deliveries(log: Records, who: Int, count: int, interventions: int) -> Int:
    chosen = log["kind"] == K_DELIVERED
    flat = who[chosen] * max(1, interventions) + log["name"][chosen]
    width = max(1, interventions)
    table: Int = np.bincount(flat, minlength=count * width).reshape(count, width)
    return table


def _count(who: Int, chosen: npt.NDArray[np.bool_], count: int) -> Int:
    return np.bincount(who[chosen], minlength=count).astype(np.int64)


def _sum(who: Int, cents: Int, count: int) -> Int:
    """Exact sums of whole cents by member."""
    total = np.zeros(count, np.int64)
    np.add.at(total, who, cents)
    return total

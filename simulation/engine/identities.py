"""The identities that every ledger must satisfy, exactly, in each replication, segment and cell.

Closing ARR and members are opening plus flows by definition, so what is checked is that independent counts of
the same thing agree: states against members, milestones and interventions against expansion and fees,
cohorts against the book at their start, and that nothing falls below zero.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import numpy.typing as npt

from simulation.engine.ledger import (
    COHORT,
    COURSES,
    FLOW,
    IV,
    LEDGER_ARRAYS,
    MS,
    OPEN,
    STAGES,
    TM,
    WON_LOST,
    Frame,
    Int,
    Ledger,
)

MEMBERS_IN = ("joined", "referred", "returned")
ARR_IN = ("arr_new", "arr_returned", "expansion", "uplift")
ARR_OUT = ("contraction", "churn")
SIGNED = frozenset({"arr_seconds", "uplift", *COURSES, *STAGES, "in_grace"})
"""Columns of the flows that may be negative."""


def columns(array: Int, names: Sequence[str], wanted: Sequence[str]) -> Int:
    """Sum of the wanted columns of the last axis."""
    total: Int = array[..., [names.index(name) for name in wanted]].sum(axis=-1)
    return total


def net_arr(flows: Int) -> Int:
    """Net change of ARR of each cell, cents: new + returned + expansion + uplift - contraction - churn."""
    return columns(flows, FLOW, ARR_IN) - columns(flows, FLOW, ARR_OUT)


def net_members(flows: Int) -> Int:
    """Net change of the number of members of each cell: joined + referred + returned - left."""
    return columns(flows, FLOW, MEMBERS_IN) - columns(flows, FLOW, ("left",))


def at_edges(opening: Int, change: Int) -> Int:
    """Level at every cell edge: [..., C+1] from the opening [...] and the net changes [..., C]."""
    start = opening[..., None]
    return np.concatenate([start, start + np.cumsum(change, axis=-1)], axis=-1)


def by_segment(frame: Frame, array: Int) -> Int:
    """Sum an array [R, M, ...] over the milestones of each segment: [R, S, ...]."""
    total = np.zeros((array.shape[0], len(frame.segments), *array.shape[2:]), np.int64)
    for place, (segment, *_) in enumerate(frame.milestones):
        total[:, frame.segments.index(segment)] += array[:, place]
    return total


def check(frame: Frame, ledger: Ledger) -> None:
    """Check a ledger against its frame.

    Raises
    ------
    ValueError
        With the identity that is violated and its first place (replication, segment, cell by position).
    """
    for name, shape in frame.shapes(ledger.replications).items():
        if ledger[name].shape != shape:
            raise ValueError(f"ledger array {name!r} has shape {ledger[name].shape}, expected {shape}")
        if ledger[name].dtype != np.int64:
            raise ValueError(f"ledger array {name!r} must be int64, not {ledger[name].dtype}")
    assert tuple(frame.shapes(1)) == LEDGER_ARRAYS
    _check_levels(frame, ledger)
    _check_parts(frame, ledger)
    _check_cohorts(frame, ledger)
    _check_queues(ledger)
    for name in ("team_cost", "team_seconds", "cost_per_delivery", "fixed_cost"):
        _none(ledger[name] < 0, f"{name!r} is negative")


def _check_levels(frame: Frame, ledger: Ledger) -> None:
    flows = ledger.flows
    for place, name in enumerate(FLOW):
        if name not in SIGNED:
            _none(flows[..., place] < 0, f"flow {name!r} is negative")
    members = at_edges(ledger.opening[..., OPEN.index("members")], net_members(flows))
    arr = at_edges(ledger.opening[..., OPEN.index("arr")], net_arr(flows))
    _none(members < 0, "the number of members is negative")
    _none(arr < 0, "ARR is negative")
    _none((members == 0) & (arr != 0), "there is ARR without members")
    for part, states in (("stages", STAGES), ("courses", COURSES)):
        total = at_edges(columns(ledger.opening, OPEN, states), columns(flows, FLOW, states))
        _equal(total, members, f"the {part} do not add up to the members")
        for state in states:
            level = at_edges(ledger.opening[..., OPEN.index(state)], flows[..., FLOW.index(state)])
            _none(level < 0, f"the number of members in {state!r} is negative")
    grace = at_edges(ledger.opening[..., OPEN.index("in_grace")], flows[..., FLOW.index("in_grace")])
    _none((ledger.forced < 0) | (ledger.forced > members[..., 0].sum(axis=-1)), "more pasts were forced than members")
    _none((grace < 0) | (grace > members), "the number of members in grace is not within 0 and the members")


def _check_parts(frame: Frame, ledger: Ledger) -> None:
    flows, milestones, interventions = ledger.flows, ledger.milestones, ledger.interventions
    _none(milestones < 0, "a count of a milestone is negative")
    _none(interventions < 0, "a count of an intervention is negative")
    expansion = by_segment(frame, columns(milestones, MS, ("expansion", "push_expansion")))
    expansion = expansion + interventions[..., IV.index("recurring")].sum(axis=1)
    _equal(
        flows[..., FLOW.index("expansion")],
        expansion,
        "expansion differs from that of the milestones and interventions",
    )
    fees = interventions[..., IV.index("fees")].sum(axis=1)
    _equal(flows[..., FLOW.index("fees")], fees, "fees differ from those of the interventions")
    answered = columns(flows, FLOW, ("renewals_won", "renewals_lost"))
    _none(flows[..., FLOW.index("renewals_due")] < answered, "more renewals were decided than were due")
    for first, every in (("first_won", "renewals_won"), ("first_lost", "renewals_lost")):
        _none(flows[..., FLOW.index(first)] > flows[..., FLOW.index(every)], f"{first} exceeds {every}")
    for place, name in enumerate(WON_LOST):
        total = flows[..., FLOW.index(f"renewals_{name}")].sum(axis=-1)
        _none(ledger.terms[..., place].sum(axis=-1) < total, f"renewals {name} are missing in the terms")
    observed, reached = ledger.first_value[..., 0], ledger.first_value[..., 1]
    _none((reached < 0) | (reached > observed), "more joiners reached first value than were observed")


def _check_cohorts(frame: Frame, ledger: Ledger) -> None:
    cohort = {name: ledger.cohort[..., place] for place, name in enumerate(COHORT)}
    first = [window.first_cell for window in frame.windows]
    for name, change, start in (
        ("arr", net_arr(ledger.flows), "start_arr"),
        ("members", net_members(ledger.flows), "start_members"),
    ):
        level = at_edges(ledger.opening[..., OPEN.index(name)], change)[..., first]
        _equal(cohort[start], level, f"{start} of a window differs from the {name} at its start")
    _none(ledger.cohort < 0, "a count of a cohort is negative")
    _none(cohort["kept_arr"] > cohort["start_arr"], "kept_arr exceeds start_arr")
    _none(cohort["kept_arr"] > cohort["end_arr"], "kept_arr exceeds end_arr")
    _none(cohort["kept_members"] > cohort["start_members"], "kept_members exceeds start_members")


def _check_queues(ledger: Ledger) -> None:
    for place, name in enumerate(TM):
        if name != "queue":
            _none(ledger.teams[..., place] < 0, f"{name!r} of a team is negative")
    queue = np.cumsum(ledger.teams[..., TM.index("queue")], axis=-1)
    _none(queue < 0, "the length of a queue is negative")


def _equal(left: Int, right: Int, message: str) -> None:
    wrong = left != right
    if wrong.any():
        place = tuple(int(axis[0]) for axis in np.nonzero(wrong))
        raise ValueError(f"ledger: {message}: {left[place]} against {right[place]} at {_name(place)}")


def _none(wrong: npt.NDArray[np.bool_], message: str) -> None:
    if wrong.any():
        place = tuple(int(axis[0]) for axis in np.nonzero(wrong))
        raise ValueError(f"ledger: {message} at {_name(place)}")


def _name(place: tuple[int, ...]) -> str:
    return "position " + ", ".join(map(str, place)) + " (replication first)"

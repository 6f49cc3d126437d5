"""What cannot be in a row of the book although every cell of it can be read: dates, vector and journey."""

from __future__ import annotations

import datetime as dt
import math
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from simulation.model.dates import add_months, day_number

if TYPE_CHECKING:
    from simulation.scenario.schema import Scenario

__all__ = ["NONE_REACHED", "UNKNOWN", "Check", "Facts", "checks"]

NONE_REACHED = -1
"""Milestone of a member of whom the book says that none is reached yet."""

UNKNOWN = -2
"""Milestone of a member of whom the book does not say it."""

MAX_PROGRESS = 1_200.0  # pace-months: a century
MAX_MAGNITUDE = 1_000.0
MAX_CYCLE = 10_000


class Check(NamedTuple):
    """One thing that cannot be: in which rows, in which column, and what to say of each."""

    faulty: NDArray[np.bool_]
    column: str
    reason: str
    message: Callable[[int], str]


@dataclass(frozen=True)
class Facts:
    """What the checks need of the scenario.

    The arrays have one place per segment and a last one for an unknown segment, of which nothing is checked;
    lengths are in days.
    """

    start: dt.date
    segments: list[str]
    journeys: list[list[str]]
    terms: list[int]
    latest: NDArray[np.float64]
    grace: NDArray[np.float64]
    cycles: NDArray[np.bool_]
    setbacks: NDArray[np.bool_]

    @classmethod
    def of(cls, scenario: Scenario) -> Facts:
        """Gather the facts of a scenario."""
        segments = list(scenario.segments.values())
        first = day_number(scenario.start)
        graces = [segment.renewal.grace for segment in segments]
        return cls(
            start=scenario.start,
            segments=list(scenario.segments),
            journeys=[list(segment.journey) for segment in segments],
            terms=[segment.term for segment in segments],
            latest=np.array([float(add_months(first, s.term) - first) for s in segments] + [math.inf]),
            grace=np.array([grace.length if grace else 0.0 for grace in graces] + [math.inf]),
            cycles=np.array([segment.cycle for segment in segments] + [True]),
            setbacks=np.array([segment.setbacks is not None for segment in segments] + [True]),
        )

    def date(self, days: float) -> str:
        """Return the date that lies some days after the start, in ISO form."""
        return (self.start + dt.timedelta(days=float(days))).isoformat()


def checks(block: dict[str, Any], facts: Facts) -> Iterator[Check]:
    """Yield what cannot be in some rows of a book.

    Parameters
    ----------
    block : dict
        The arrays of `Rows.add`; days since the start, directions in degrees. NaN passes every check.
    facts : Facts
        Of the scenario.
    """
    yield from _renewal(block, facts)
    yield from _past(block, facts)
    yield from _vector(block)
    yield from _journey(block, facts)


def _renewal(block: dict[str, Any], facts: Facts) -> Iterator[Check]:
    joined, renews, segment = block["joined"], block["renews_on"], block["segment"]
    grace = facts.grace[segment]
    start = facts.start.isoformat()

    def name(row: int) -> str:
        return f"segment {facts.segments[segment[row]]!r}"

    yield Check(
        joined > 0,
        "joined",
        "joined after the start",
        lambda i: f"{facts.date(joined[i])} lies after the start, {start}: a book holds the members of that day",
    )
    yield Check(
        renews <= joined,
        "renews_on",
        "renews before joining",
        lambda i: f"{facts.date(renews[i])} does not lie after joined, {facts.date(joined[i])}",
    )
    past = (renews < 0) & ~(renews <= joined)
    yield Check(
        past & (grace <= 0),
        "renews_on",
        "past due without grace",
        lambda i: (
            f"{facts.date(renews[i])} lies before the start, {start}: expected the date of the next renewal "
            f"({name(i)} has no grace)"
        ),
    )
    yield Check(
        past & (grace > 0) & (renews + grace < 0),
        "renews_on",
        "past due beyond grace",
        lambda i: (
            f"{facts.date(renews[i])} is {-renews[i]:.0f} days past due at the start, {start}: "
            f"longer than the grace of {name(i)}, {grace[i]:g} days"
        ),
    )
    yield Check(
        renews > facts.latest[segment],
        "renews_on",
        "renews more than a term ahead",
        lambda i: (
            f"{facts.date(renews[i])} is more than a term away: {name(i)} has terms of "
            f"{facts.terms[segment[i]]} months, so {facts.date(facts.latest[segment[i]])} at the latest"
        ),
    )


def _past(block: dict[str, Any], facts: Facts) -> Iterator[Check]:
    joined = block["joined"]
    start = facts.start.isoformat()
    for column, what in (("value_recognised_on", "value recognised"), ("open_setback", "setback")):
        days = block[column]

        def after(row: int, days: NDArray[np.float64] = days) -> str:
            return f"{facts.date(days[row])} lies after the start, {start}"

        def before(row: int, days: NDArray[np.float64] = days) -> str:
            return f"{facts.date(days[row])} lies before joined, {facts.date(joined[row])}"

        # Of a member who joined after the start that alone is said.
        yield Check(days > 0, column, f"{what} after the start", after)
        yield Check((days < joined) & (joined <= 0), column, f"{what} before joining", before)


def _vector(block: dict[str, Any]) -> Iterator[Check]:
    direction, magnitude = block["direction"], block["magnitude"]
    yield Check(
        np.abs(direction) > 180,
        "direction",
        "direction out of range",
        lambda i: f"{direction[i]:g} is no direction: expected degrees from -180 to 180 (0: at the outcome)",
    )
    yield Check(
        magnitude <= 0,
        "magnitude",
        "magnitude not positive",
        lambda i: f"{magnitude[i]:g} is no magnitude: expected more than 0 (1: the typical pace)",
    )
    yield Check(
        magnitude > MAX_MAGNITUDE,
        "magnitude",
        "absurd magnitude",
        lambda i: f"{magnitude[i]:g} is absurd: at most {MAX_MAGNITUDE:,.0f} (1: the typical pace)",
    )


def _journey(block: dict[str, Any], facts: Facts) -> Iterator[Check]:
    progress, milestone = block["progress"], block["milestone"]
    cycle, segment = block["cycle"], block["segment"]
    yield Check(
        progress < 0,
        "progress",
        "negative progress",
        lambda i: f"{progress[i]:g} is negative: expected pace-months since the last milestone",
    )
    yield Check(
        progress > MAX_PROGRESS,
        "progress",
        "absurd progress",
        lambda i: f"{progress[i]:g} is absurd: at most {MAX_PROGRESS:,.0f} pace-months since the last milestone",
    )
    yield Check(
        ~np.isnan(progress) & block["milestone_blank"],
        "progress",
        "progress without a milestone",
        lambda i: "counts from the last milestone reached, which is not given: name it, or write none",
    )
    yield Check(
        (cycle < 0) | (cycle > MAX_CYCLE),
        "cycle",
        "impossible cycle",
        lambda i: f"{cycle[i]} is no cycle: expected how often the growth milestones were completed, from 0",
    )
    yield Check(
        (cycle > 0) & ~facts.cycles[segment],
        "cycle",
        "cycle in a journey that does not repeat",
        lambda i: f"{cycle[i]}: the journey of segment {facts.segments[segment[i]]!r} does not repeat",
    )
    yield Check(
        (cycle > 0) & ((milestone == NONE_REACHED) | block["milestone_blank"]),
        "cycle",
        "cycle without a milestone",
        lambda i: f"{cycle[i]}: expected the last milestone reached beside it",
    )

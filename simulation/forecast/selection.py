"""What a measure is: how it is read from the counts, and what it may be narrowed to."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, fields
from difflib import get_close_matches
from typing import Any, TypedDict

import numpy as np
import numpy.typing as npt

from simulation.forecast.counts import KINDS, Counts
from simulation.forecast.spans import Spans
from simulation.forecast.statistics import Float, ratio

Numbers = npt.NDArray[np.int64] | Float


@dataclass(frozen=True)
class Selection:
    """What a measure is narrowed to; None takes everything."""

    segment: str | None = None
    milestone: str | None = None
    kind: str | None = None
    intervention: str | None = None
    team: str | None = None

    def given(self) -> dict[str, str]:
        """Return the filters that are set."""
        names = [one.name for one in fields(self)]
        return {name: getattr(self, name) for name in names if getattr(self, name) is not None}

    def segments(self, counts: Counts) -> list[int]:
        """Places of the chosen segments."""
        return _chosen(self.segment, counts.frame.segments)

    def interventions(self, counts: Counts) -> list[int]:
        """Places of the chosen interventions."""
        return _chosen(self.intervention, counts.frame.interventions)

    def teams(self, counts: Counts) -> list[int]:
        """Places of the chosen teams."""
        return _chosen(self.team, counts.frame.teams)

    def milestones(self, counts: Counts) -> list[int]:
        """Places of the chosen milestones: of the segment, the name (bare or 'segment.name') and the kind."""
        places = []
        for place, (segment, name, _, kind) in enumerate(counts.frame.milestones):
            named = self.milestone in (None, name, f"{segment}.{name}")
            if named and self.segment in (None, segment) and self.kind in (None, kind):
                places.append(place)
        return places


class Time(TypedDict, total=False):
    """One span of time: a period, a window, or days from the start."""

    period: str | None
    window: str | None
    within: float | None


class Part(TypedDict, total=False):
    """A selection, as keywords."""

    segment: str | None
    milestone: str | None
    kind: str | None
    intervention: str | None
    team: str | None


class Where(Time, Part, total=False):
    """A span of time and a selection, as keywords."""


def split_where(where: Where) -> tuple[Time, Selection]:
    """Split keywords into the span of time and the selection.

    Raises
    ------
    TypeError
        For a keyword that is neither.
    """
    time: Any = {name: value for name, value in where.items() if name in Time.__annotations__}
    rest: Any = {name: value for name, value in where.items() if name not in time}
    return time, Selection(**rest)


Reader = Callable[[Counts, Spans, Selection], Numbers]
"""Reads raw numbers [R, N]."""


@dataclass(frozen=True)
class Measure:
    """One measure.

    Attributes
    ----------
    name, title
        Key, and words for people.
    unit
        "members", "count", "money", "share", "ratio", "days", "hours" or "length".
    nature
        "stock" (read at the end of a span), "flow" (summed over it) or "ratio" (of two sums).
    top, bottom
        Readers of the raw numerator and denominator (None: no denominator).
    scale
        Raw units in one unit of the measure.
    filters
        Names of the selections that make sense.
    better
        1 where more is better, -1 where less is, 0 where it depends.
    """

    name: str
    title: str
    unit: str
    nature: str
    top: Reader
    bottom: Reader | None = None
    scale: int = 1
    filters: frozenset[str] = frozenset({"segment"})
    better: int = 0

    def read(self, counts: Counts, spans: Spans, selection: Selection) -> Float:
        """Values [R, N]: quotients of exact sums; 0/0 is NaN."""
        self.check(counts, selection)
        top = self.top(counts, spans, selection)
        if self.bottom is None:
            return np.asarray(top, np.float64) / self.scale
        return ratio(top, self.bottom(counts, spans, selection)) / self.scale

    def check(self, counts: Counts, selection: Selection) -> None:
        """Raise `ValueError` when a filter does not apply or names nothing."""
        frame = counts.frame
        names: dict[str, tuple[str, ...]] = {
            "segment": frame.segments,
            "milestone": tuple(name for _, name, _, _ in frame.milestones)
            + tuple(f"{segment}.{name}" for segment, name, _, _ in frame.milestones),
            "kind": KINDS,
            "intervention": frame.interventions,
            "team": frame.teams,
        }
        for what, name in selection.given().items():
            if what not in self.filters:
                allowed = ", ".join(sorted(self.filters)) or "nothing"
                raise ValueError(f"{self.name} cannot be narrowed by {what}, only by {allowed}")
            if name not in names[what]:
                raise ValueError(f"unknown {what} {name!r}{hint(name, names[what])}")


def hint(name: str, names: tuple[str, ...]) -> str:
    """Return words that point to the nearest known name."""
    near = get_close_matches(name, names, 1)
    return f"; did you mean {near[0]!r}?" if near else f"; there are {', '.join(names) or 'none'}"


def _chosen(name: str | None, names: tuple[str, ...]) -> list[int]:
    return list(range(len(names))) if name is None else [names.index(name)]

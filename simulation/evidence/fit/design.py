"""The design of a fit: the record that a history covers, and the scenario that simulates one like it."""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass, field
from typing import Any

import numpy as np
import numpy.typing as npt

from simulation.evidence.fit.direct import exposure
from simulation.evidence.history import History
from simulation.evidence.observables import Lives, lives_of_history
from simulation.evidence.unknowns import scenario_at
from simulation.scenario import Scenario
from simulation.scenario.quantities import NUMBER, WHOLE, Quantity
from simulation.scenario.schema.scenario import Horizon

__all__ = ["Design", "design_of", "designed"]

LARGEST = 2_000
"""Members who joined within the record that a fit looks at; of more, a stratified sample."""


@dataclass(frozen=True, eq=False)
class Design:
    """What is simulated to be compared with a history.

    Attributes
    ----------
    scenario
        Over the record of the history, without book, with as many joining as did.
    lives
        Those of the history (of the sample).
    share
        Share of the members that is looked at.
    joined
        Members who joined within the record, by segment, in the whole history.
    """

    scenario: Scenario = field(repr=False)
    lives: Lives = field(repr=False)
    start: dt.date
    end: dt.date
    share: float
    joined: dict[str, int]


def design_of(history: History, scenario: Scenario, *, seed: int = 1, largest: int = LARGEST) -> Design:
    """Make the design of a history.

    The record begins with the first row `present` or, without any, the first row, and ends with the export or the
    last row. Of more than `largest` members who joined a sample is taken, by segment and quarter of joining.

    Raises
    ------
    ValueError
        When too few members joined within the record.
    """
    frame = history.frame
    present = frame.loc[frame["event"] == "present", "date"]
    start = present.min().date() if len(present) else history.first_day
    end = history.exported or (history.last_day + dt.timedelta(1) if history.last_day else None)
    if start is None or end is None or (end - start).days < 60:
        raise ValueError("the history covers less than 60 days: too little to fit anything to")
    lives = lives_of_history(history, scenario, start, end)
    counts = np.bincount(lives.segment[~np.isnan(lives.joined)], minlength=len(scenario.segments))
    joined = dict(zip(scenario.segments, map(int, counts), strict=True))
    if counts.sum() < 30:
        raise ValueError(f"{counts.sum()} members joined within the record: at least 30 are needed")
    share = min(1.0, largest / counts.sum())
    if share < 1.0:
        lives = _sample(lives, share, seed)
    return Design(designed(scenario, start, end, joined, share), lives, start, end, share, joined)


def designed(scenario: Scenario, start: dt.date, end: dt.date, joined: dict[str, int], share: float = 1.0) -> Scenario:
    """The scenario over a record, in which as many members join, on average, as did."""
    horizon = Horizon.model_validate(f"{(end - start).days} days")
    nothing: dict[str, Any] = {"book": None, "history": None, "objectives": {}, "known": {}, "levers": {}}
    base = scenario.model_copy(update={"start": start, "horizon": horizon, **nothing})
    numbers: dict[str, Quantity] = {}
    for name, segment in scenario.segments.items():
        # Growth counts from the start of a scenario, and that of the design is the start of the record.
        rate = joined[name] * share / exposure(base, name, start, end)
        numbers[f"segments.{name}.arrivals.per_month"] = Quantity(rate, NUMBER)
        if segment.vector.magnitude.typical != 1.0:
            numbers[f"segments.{name}.vector.magnitude.typical"] = Quantity(1.0, NUMBER)
    if share < 1.0:
        for team, one in scenario.teams.items():
            numbers[f"teams.{team}.people"] = Quantity(float(max(1, round(one.people * share))), WHOLE)
    return scenario_at(base, numbers, "in the design of the fit")


def _sample(lives: Lives, share: float, seed: int) -> Lives:
    """A sample of the members, the same share of each segment and quarter of joining."""
    random = np.random.default_rng(seed)
    quarter = np.where(np.isnan(lives.joined), -1, np.floor(lives.joined / 91.3)).astype(np.int64)
    stratum = lives.segment * 10_000 + quarter
    kept = np.zeros(len(lives), bool)
    for one in np.unique(stratum):
        members = np.flatnonzero(stratum == one)
        wanted = len(members) * share
        count = int(wanted) + int(random.random() < wanted % 1)
        kept[random.permutation(members)[:count]] = True
    return _of(lives, kept)


def _of(lives: Lives, kept: npt.NDArray[np.bool_]) -> Lives:
    number = np.cumsum(kept) - 1
    rows, used = kept[lives.member], kept[lives.usage_member]
    return Lives(
        lives.scenario, lives.days, lives.segment[kept], number[lives.member[rows]], lives.time[rows],
        lives.event[rows], lives.place[rows], lives.direction[rows], lives.magnitude[rows],
        number[lives.usage_member[used]], lives.usage_month[used], lives.usage[used],
    )  # fmt: skip

"""The design of a fit: the record that a history covers, and the scenario and book that simulate one like it."""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd

from simulation.evidence.fit.direct import exposure
from simulation.evidence.history import History
from simulation.evidence.observables import Lives, lives_of_history, members_of
from simulation.evidence.unknowns import scenario_at
from simulation.scenario import Scenario
from simulation.scenario.quantities import NUMBER, WHOLE, Quantity
from simulation.scenario.schema.scenario import Horizon

if TYPE_CHECKING:
    from simulation.scenario.book import Book

__all__ = ["Design", "design_of", "designed"]

LARGEST = 10_000
"""Members that a fit looks at; of more, a stratified sample."""
FEWEST = 30


@dataclass(frozen=True, eq=False)
class Design:
    """What is simulated to be compared with a history.

    Attributes
    ----------
    scenario
        Over the record of the history, with as many joining as did.
    book
        Members who were there when the record began (of the sample); None without any. What nobody knows of them is
        drawn anew in every trial, for a member of that segment, tenure and milestone who is still there.
    lives
        Those of the history (of the sample), over the record as `scenario` has it.
    share
        Share of the members that is looked at.
    joined, present
        Members who joined within the record, and who were there before, by segment, in the whole history.
    nowhere
        Members who were there before of whom nobody says since when: they are left out.
    """

    scenario: Scenario = field(repr=False)
    book: Book | None = field(repr=False)
    lives: Lives = field(repr=False)
    start: dt.date
    end: dt.date
    share: float
    joined: dict[str, int]
    present: dict[str, int]
    nowhere: int

    @property
    def members(self) -> dict[str, int]:
        """Members by segment, joined and present."""
        return {name: self.joined[name] + self.present[name] for name in self.joined}


def design_of(history: History, scenario: Scenario, *, seed: int = 1, largest: int = LARGEST) -> Design:
    """Make the design of a history.

    The record begins with the first row `present` or, without any, the first row, and ends with the export or the
    last row. Of more than `largest` members a sample is taken, by segment and quarter of joining.

    Raises
    ------
    ValueError
        When there are too few members, or the record is too short.
    """
    frame = history.frame
    present = frame.loc[frame["event"] == "present", "date"]
    start = present.min().date() if len(present) else history.first_day
    end = history.exported or (history.last_day + dt.timedelta(1) if history.last_day else None)
    if start is None or end is None or (end - start).days < 60:
        raise ValueError("the history covers less than 60 days: too little to fit anything to")
    history, nowhere = _of_known_tenure(history, start)
    lives = lives_of_history(history, scenario, start, end)
    came = ~np.isnan(lives.joined)
    joined, there = (
        dict(zip(scenario.segments, np.bincount(one, minlength=len(scenario.segments)).tolist(), strict=True))
        for one in (lives.segment[came], lives.segment[~came])
    )
    if len(lives) < FEWEST:
        more = f"; of {nowhere:,} who were there before, no row `joined` says since when" if nowhere else ""
        raise ValueError(f"the history has {len(lives)} members to look at: at least {FEWEST} are needed{more}")
    share = min(1.0, largest / len(lives))
    if share < 1.0:
        history = history.of_members(_sample(lives, history, scenario, share, seed))
        lives = lives_of_history(history, scenario, start, end)
    made = designed(scenario, start, end, joined, share)
    book = history.to_book(made, start) if any(there.values()) else None
    return Design(made, book, replace(lives, scenario=made), start, end, share, joined, there, nowhere)


def _of_known_tenure(history: History, start: dt.date) -> tuple[History, int]:
    """The history without members who were there when the record began, nobody says since when; and their number."""
    frame = history.frame
    early = set(frame.loc[(frame["event"] == "joined") & (frame["date"] < pd.Timestamp(start)), "member_id"])
    came = set(frame.loc[(frame["event"] == "joined") & (frame["date"] >= pd.Timestamp(start)), "member_id"])
    there = set(frame.loc[frame["event"] == "present", "member_id"]) - came
    nowhere = there - early
    return (history.of_members([one for one in frame["member_id"].cat.categories if one not in nowhere])
            if nowhere else history), len(nowhere)  # fmt: skip


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


def _sample(lives: Lives, history: History, scenario: Scenario, share: float, seed: int) -> list[str]:
    """Ids of a sample of the members, the same share of each segment and quarter of joining."""
    random = np.random.default_rng(seed)
    quarter = np.where(np.isnan(lives.joined), -1, np.floor(lives.joined / 91.3)).astype(np.int64)
    stratum = lives.segment * 10_000 + quarter
    kept = np.zeros(len(lives), bool)
    for one in np.unique(stratum):
        members = np.flatnonzero(stratum == one)
        wanted = len(members) * share
        count = int(wanted) + int(random.random() < wanted % 1)
        kept[random.permutation(members)[:count]] = True
    return [members_of(history, scenario)[place] for place in np.flatnonzero(kept)]

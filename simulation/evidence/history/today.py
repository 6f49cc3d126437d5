"""Today's members out of a history: the book from which a forecast starts."""

from __future__ import annotations

import datetime as dt
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
import numpy.typing as npt
import pandas as pd

from simulation.evidence.history.terms import next_due
from simulation.evidence.history.vocabulary import CODE, OF_COUNTS

if TYPE_CHECKING:
    from simulation.evidence.history.history import History
    from simulation.scenario.book import Book
    from simulation.scenario.schema import Scenario

__all__ = ["book_of", "todays_rows"]

MEMBERSHIP = [CODE[one] for one in (*OF_COUNTS, "due", "grace", "recovered")]
"""Who joins, stays and leaves: where a history has nothing else, that it has no milestone says nothing."""

Days = npt.NDArray[np.datetime64]
Rows = npt.NDArray[np.int64]


def todays_rows(history: History, scenario: Scenario, as_of: dt.date) -> pd.DataFrame:
    """The members on the morning of a day, with the columns of a book.

    Parameters
    ----------
    history
        What was known on that morning counts, and nothing later.
    scenario
        Its segments, journeys, terms and grace.
    as_of
        The day.

    Returns
    -------
    pandas.DataFrame
        One row a member: member_id, segment, arr (cents a year), joined, renews_on (datetime64[D]), milestone
        (the last one; "none"; "" when not known), cycle, value_recognised_on, open_setback (NaT: none).

    Raises
    ------
    ValueError
        A member is in no segment of the scenario.

    Notes
    -----
    Whose day of joining is not known counts as joined when the record begins. The next renewal is the first whole
    term after joining, returning, or what a row `due` says, that is not past; of a member in grace the missed one,
    and so is a stated one that has passed unrenewed, for as long as the segment's grace.
    """
    seen = _Seen(history.as_of(as_of), scenario)
    joined = seen.day(seen.latest("joined"))
    begun = seen.day(seen.latest("joined", "returned", "present"))
    joined = np.where(np.isnat(joined), begun, joined)
    missed, settled = seen.latest("grace"), seen.latest("renewed", "recovered", "returned")
    after = np.where(missed > settled, seen.day(missed), np.datetime64(as_of, "D"))
    came_back = seen.latest("returned")
    anchor = np.where(came_back > seen.latest("joined"), seen.day(came_back), joined)
    # Of somebody who was there when the record began, a renewal says when the terms end; that start says nothing.
    renewed = seen.latest("renewed")
    anchor = np.where((seen.latest("joined", "returned") < 0) & (renewed >= 0), seen.day(renewed), anchor)
    renews = next_due(anchor, seen.terms, after)
    agreed = seen.latest("due")
    told = _days_of(np.where(agreed >= 0, np.append(seen.names, "")[agreed], ""))
    told[agreed < np.maximum(came_back, 0)] = np.datetime64("NaT")  # a new contract after that
    unpaid = (told < np.datetime64(as_of, "D")) & ~(seen.day(settled) >= told)
    unpaid &= (np.datetime64(as_of, "D") - told).astype(np.float64) <= seen.grace
    stated = next_due(told, seen.terms, np.where(unpaid, told, after), least=0)
    milestone, cycle = _milestones(seen)
    setback = seen.latest("setback")
    is_open = setback > np.maximum(seen.latest("resolved"), came_back)
    table = pd.DataFrame({
        "member_id": seen.rows.member_id,
        "segment": seen.segment,
        "arr": seen.history.levels[seen.last],
        "joined": joined,
        "renews_on": np.where(np.isnat(told), renews, stated),
        "milestone": milestone,
        "cycle": cycle,
        "value_recognised_on": seen.day(seen.latest("value_recognised")),
        "open_setback": seen.day(np.where(is_open, setback, -1)),
    })  # fmt: skip
    present = np.flatnonzero(seen.history.presence[seen.last] == 1)
    return table.iloc[present].reset_index(drop=True)


def book_of(history: History, scenario: Scenario, as_of: dt.date) -> Book:
    """Today's members as a book of a scenario; days count from its start.

    Parameters
    ----------
    history, as_of
        As in `todays_rows`.
    scenario
        A member's next renewal must lie within a term of `as_of`, which should be its start.

    Raises
    ------
    ValueError
        As in `todays_rows`.
    """
    from simulation.model.random import book_key
    from simulation.scenario.book import NONE_REACHED, UNKNOWN, Book, Excluded

    table = todays_rows(history, scenario, as_of)
    segments = list(scenario.segments)
    places = {
        (segment, milestone): place
        for segment, one in scenario.segments.items()
        for place, milestone in enumerate(one.journey)
    }
    known = {"none": NONE_REACHED, "": UNKNOWN}
    milestone = [
        known[name] if name in known else places[segment, name]
        for segment, name in zip(table["segment"], table["milestone"], strict=True)
    ]
    start = np.datetime64(scenario.start, "D")

    def days(column: str) -> npt.NDArray[np.float64]:
        day = table[column].to_numpy().astype("M8[D]")
        result: npt.NDArray[np.float64] = np.where(np.isnat(day), np.nan, (day - start).astype(np.float64))
        return result

    unknown = np.full(len(table), np.nan)
    nothing = np.zeros(0, np.int64)
    return Book(
        line=np.arange(1, len(table) + 1),
        member_id=table["member_id"].tolist(),
        key=np.array([book_key(member) for member in table["member_id"]], np.uint64),
        segment=np.array([segments.index(name) for name in table["segment"]], np.int32),
        arr=table["arr"].to_numpy().astype(np.int64),
        joined=np.minimum(days("joined"), 0.0),
        renews_on=days("renews_on"),
        milestone=np.array(milestone, np.int32),
        progress=unknown,
        direction=unknown,
        magnitude=unknown,
        value_recognised_on=days("value_recognised_on"),
        open_setback=days("open_setback"),
        cycle=table["cycle"].to_numpy().astype(np.int32),
        path=Path(history.source or "history"),
        digest=history.fingerprint,
        excluded=Excluded(nothing, (), nothing, nothing.astype(bool)),
        warnings=(),
    )


class _Seen:
    """A history as it was known, with the last row of each kind of every member."""

    def __init__(self, history: History, scenario: Scenario) -> None:
        self.history, self.scenario = history, scenario
        self.rows = history.by_member()
        self.names: npt.NDArray[Any] = history.frame["name"].astype(object).fillna("").to_numpy()
        self.dates: Days = history.frame["date"].to_numpy().astype("M8[D]")
        self.last: Rows = self.rows.first[1:] - 1
        self.segment = self._segments()
        graces = [scenario.segments[one].renewal.grace for one in self.segment]
        self.grace = np.array([one.length if one is not None else 0.0 for one in graces])
        self.terms: Rows = np.array([scenario.segments[one].term for one in self.segment], np.int64)

    def latest(self, *events: str) -> Rows:
        """Row of the last of some events of every member; -1: none."""
        found = np.full(len(self.rows), -1, np.int64)
        at = np.flatnonzero(np.isin(self.history.codes, [CODE[event] for event in events]))
        found[self.history.member[at]] = at  # rows are in the order of time: the last one stays
        return found

    def furthest(self, latest: Rows) -> Rows:
        """The row furthest on the journey among the milestones of the same moment: dates alone give them no order."""
        places = {
            name: {one: at for at, one in enumerate(each.journey)} for name, each in self.scenario.segments.items()
        }
        hits = np.flatnonzero(self.history.codes == CODE["milestone"])
        member = self.history.member[hits]
        date = self.history.frame["date"].to_numpy()
        tied = (latest[member] >= 0) & (date[hits] == date[latest[member]])
        found = latest.copy()
        best = np.full(len(latest), -1, np.int64)
        for row, own in zip(hits[tied].tolist(), member[tied].tolist(), strict=True):
            place = places[self.segment[own]].get(self.names[row], -1)
            if place > best[own]:
                best[own], found[own] = place, row
        return found

    def day(self, row: Rows) -> Days:
        """Day of some rows; NaT for -1."""
        dates = np.append(self.dates, np.datetime64("NaT", "D"))
        result: Days = dates[row]
        return result

    def _segments(self) -> npt.NDArray[Any]:
        known = list(self.scenario.segments)
        own = np.array([*self.rows.segments, known[0] if len(known) == 1 else ""], object)[self.rows.segment]
        moved = self.latest("moved")
        own = np.where(moved >= 0, np.append(self.names, "")[moved], own)
        strange = set(own.tolist()) - set(known)
        if strange:
            raise ValueError(f"members of the history are in no segment of the scenario: {min(strange)!r}")
        return own


def _days_of(texts: npt.NDArray[Any]) -> Days:
    return np.array([text[:10] or "NaT" for text in texts], "M8[D]")


def _milestones(seen: _Seen) -> tuple[list[str], Rows]:
    """The last milestone reached of every member, and how often the growth milestones were completed."""
    latest = seen.furthest(seen.latest("milestone", "present"))
    joined = seen.latest("joined")
    cycles = np.zeros(len(seen.rows), np.int64)
    hits = np.flatnonzero(seen.history.codes == CODE["milestone"])
    codes = seen.history.codes
    told = not np.isin(codes, MEMBERSHIP).all() or (seen.names[codes == CODE["present"]] != "").any()
    names = [
        seen.names[row] if row >= 0 else "none" if at >= 0 and told else ""
        for row, at in zip(latest, joined, strict=True)
    ]
    for name, segment in seen.scenario.segments.items():
        growth = [one for one, milestone in segment.journey.items() if milestone.stage == "growth"]
        if not segment.cycle or not growth:
            continue
        own = seen.segment == name
        ends = hits[(seen.names[hits] == growth[-1]) & own[seen.history.member[hits]]]
        np.add.at(cycles, seen.history.member[ends], 1)
        journey = list(segment.journey)
        first = journey.index(growth[0])
        # Who has just completed a cycle stands before the first growth milestone again.
        for member in np.flatnonzero(own & (cycles > 0)).tolist():
            if names[member] == growth[-1] and first > 0:
                names[member] = journey[first - 1]
    return names, cycles

"""Events out of the difference between snapshots: dated as intervals, and corrections where a system changed its past.

A snapshot of a day shows the state on its morning. What differs from the snapshot before happened from that day on
(`date_low`) to the eve of this one (`date_high`), and became known on this one (`recorded`); `date` is the middle, or
the very day where a column tells it. What the system says now of an earlier time is a late posting: its own row with
the old `date` and today's `recorded`. What it no longer says is voided by a row `correction`; nothing is rewritten.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

import numpy as np
import pandas as pd

from simulation.evidence.history.state import STATE_DATES

__all__ = ["Differences"]

DAY = dt.timedelta(days=1)
Row = tuple[Any, ...]


@dataclass
class _Member:
    """What was last known of a member, and the rows written of it that may have to be corrected."""

    state: dict[str, Any]
    present: bool = True
    joined_row: dt.date | None = None
    left_row: dt.date | None = None
    left_low: dt.date | None = None
    renewed_row: tuple[dt.date, dt.date] | None = None
    due_row: dt.date | None = None
    recognised_row: dt.date | None = None
    milestones: dict[str, dt.date] = field(default_factory=dict)


class Differences:
    """Folds snapshots, in the order of their days, into the rows of a history.

    Parameters
    ----------
    journeys
        Milestones of each segment in their order, where known: a snapshot names the last one only, and those
        before it were reached too.
    """

    def __init__(self, journeys: Mapping[str, Sequence[str]] | None = None) -> None:
        self.journeys = journeys or {}
        self.members: dict[str, _Member] = {}
        self.rows: list[Row] = []
        self.day: dt.date | None = None
        self._pending: set[str] = set()
        self.before: pd.DataFrame | None = None

    def add(self, day: dt.date, state: pd.DataFrame) -> None:
        """Take the next snapshot: a table of `read_state`, on the morning of a day later than the last.

        Raises
        ------
        ValueError
            The day is not later.
        """
        if self.day is not None and day <= self.day:
            raise ValueError(f"a snapshot of {day} does not come after that of {self.day}")
        gone = state["left"].notna() & (state["left"] <= np.datetime64(day, "s"))
        left_on = state.loc[gone, "left"]
        here = state[~gone]
        for member, now in _records(self._changed(here)):
            known = self.members.get(member)
            if known is None:
                self._first(day, member, now)
                continue
            if not known.present:
                self._back(day, member, known, now)
            self._compare(day, member, known, now)
        absent = self.members.keys() - set(here.index)
        for member in sorted(absent):
            if self.members[member].present:
                told = left_on.get(member)
                self._left(day, member, self.members[member], None if told is None else told.date())
        self.day, self.before = day, here

    def table(self) -> pd.DataFrame:
        """The rows so far, as a table for `History.of`."""
        names = ["member_id", "date", "event", "name", "value", "segment", "date_low", "date_high", "recorded"]
        table = pd.DataFrame(self.rows, columns=names)
        for name in ("date", "date_low", "date_high", "recorded"):
            table[name] = pd.to_datetime(table[name]).astype("datetime64[us]")
        table["value"] = table["value"].astype(float)
        return table

    def _changed(self, here: pd.DataFrame) -> pd.DataFrame:
        """The members whose row is another one than in the snapshot before; the others have nothing to say."""
        if self.before is None:
            return here
        before = self.before.reindex(here.index)
        same = np.array(here.index.isin(self.before.index))
        for name in here.columns:
            one, other = here[name], before[name]
            same &= ((one == other) | (one.isna() & other.isna())).to_numpy()
        # A renewal agreed early comes true on its day, without any change in the table.
        return here[~same | here.index.isin(self._pending)]

    def _write(
        self,
        recorded: dt.date,
        member: str,
        known: _Member,
        event: str,
        date: dt.date,
        *,
        name: str = "",
        arr: int = -1,
        between: tuple[dt.date, dt.date] | None = None,
    ) -> None:
        low, high = between or (None, None)
        value = arr / 100 if arr >= 0 else np.nan
        segment = known.state["segment"]
        self.rows.append((member, date, event, name, value, segment, low, high, recorded))

    def _span(self, day: dt.date, not_before: dt.date | None = None) -> tuple[dt.date, tuple[dt.date, dt.date]]:
        """The middle and the ends of what lies between the last snapshot and this one."""
        assert self.day is not None
        low, high = self.day, day - DAY
        if not_before is not None:
            low = min(max(low, not_before), high)
        return low + (high - low) // 2, (low, high)

    def _first(self, day: dt.date, member: str, now: dict[str, Any]) -> None:
        """A member that no snapshot had before."""
        known = self.members[member] = _Member(state=dict(now))
        joined = now["joined"]
        if joined is not None and joined > day:
            joined = None
        if self.day is None:
            if joined is not None and joined < day:
                self._write(day, member, known, "joined", joined)
                known.joined_row = joined
            reached = now["milestone"]
            self._write(day, member, known, "present", day, name=reached, arr=now["arr"])
        else:
            if joined is not None:
                self._write(day, member, known, "joined", joined, arr=now["arr"])
                known.joined_row = joined
            else:
                middle, between = self._span(day)
                self._write(day, member, known, "joined", middle, arr=now["arr"], between=between)
                known.joined_row = middle
            self._milestones(day, member, known, "", now["milestone"])
        if now["renews_on"] is not None:
            known.due_row = min(known.joined_row or day, day)
            self._write(day, member, known, "due", known.due_row, name=now["renews_on"].isoformat())
        if now["value_recognised_on"] is not None:
            known.recognised_row = now["value_recognised_on"]
            self._write(day, member, known, "value_recognised", now["value_recognised_on"])
        if now["open_setback"] is not None:
            self._write(day, member, known, "setback", now["open_setback"])

    def _left(self, day: dt.date, member: str, known: _Member, told: dt.date | None) -> None:
        """A member that is not there any more."""
        between: tuple[dt.date, dt.date] | None
        middle, between = self._span(day, known.joined_row)
        renews = known.state["renews_on"]
        if told is not None:
            middle, between = told, None
        elif renews is not None and between[0] <= renews <= between[1]:
            middle = renews
        self._write(day, member, known, "left", middle, arr=known.state["arr"], between=between)
        known.present, known.left_row = False, middle
        known.left_low = between[0] if between else middle

    def _back(self, day: dt.date, member: str, known: _Member, now: dict[str, Any]) -> None:
        """A member that is there again: reinstated, when the system says that it never left; else returned."""
        assert known.left_row is not None and known.left_low is not None
        joined = now["joined"]
        known.present = True
        if joined is not None and joined == known.state["joined"]:
            self._write(day, member, known, "correction", known.left_row, name="left")
        else:
            if joined is not None and known.left_low <= joined <= day:
                date, between = max(joined, known.left_row), None
            else:
                date, between = self._span(day)
            known.state = {**known.state, "joined": joined, "arr": now["arr"], "renews_on": now["renews_on"]}
            self._write(day, member, known, "returned", date, arr=now["arr"], between=between)
            known.joined_row, known.renewed_row = date, None
            if now["renews_on"] is not None:
                known.due_row = date
                self._write(day, member, known, "due", date, name=now["renews_on"].isoformat())
        known.left_row = known.left_low = None

    def _compare(self, day: dt.date, member: str, known: _Member, now: dict[str, Any]) -> None:
        """A member that was there, and is."""
        was = known.state
        known.state = dict(now)
        middle, between = self._span(day)
        if now["joined"] is not None and was["joined"] is not None and now["joined"] != was["joined"]:
            if known.joined_row == was["joined"]:
                self._write(day, member, known, "correction", known.joined_row, name="joined")
            if now["joined"] <= day:
                known.joined_row = now["joined"]
                self._write(day, member, known, "joined", now["joined"])
        if now["segment"] and was["segment"] and now["segment"] != was["segment"]:
            self._write(day, member, known, "moved", middle, name=now["segment"], between=between)
        priced = self._term(day, member, known, was, now)
        if now["arr"] != was["arr"] and now["arr"] >= 0 and not priced:
            self._write(day, member, known, "arr", middle, arr=now["arr"], between=between)
        if now["milestone"] != was["milestone"]:
            if now["milestone"]:
                self._milestones(day, member, known, was["milestone"], now["milestone"])
            else:
                known.state["milestone"] = was["milestone"]
        self._recognised(day, member, known, was["value_recognised_on"], now["value_recognised_on"])
        self._setback(day, member, known, was["open_setback"], now["open_setback"])

    def _term(self, day: dt.date, member: str, known: _Member, was: dict[str, Any], now: dict[str, Any]) -> bool:
        """Renewals, late and early ones, and those taken back; whether a row says the new ARR."""
        old, new = was["renews_on"], now["renews_on"]
        self._pending.discard(member)
        if new is None or new == old:
            known.state["renews_on"] = old
            return False
        priced = False
        if old is not None and new > old:
            if old >= day:  # agreed before its day: it begins when the old term ends
                known.state["renews_on"] = old
                self._pending.add(member)
                return False
            self._write(day, member, known, "renewed", old, arr=now["arr"])
            known.renewed_row, known.due_row = (old, old), old
            priced = now["arr"] >= 0
        else:
            if known.due_row is not None:
                self._write(day, member, known, "correction", known.due_row, name="due")
            if known.renewed_row is not None and new == known.renewed_row[1]:
                self._write(day, member, known, "correction", known.renewed_row[0], name="renewed")
                known.renewed_row = None
                if now["arr"] >= 0:  # what the renewal said of the ARR is void with it
                    self._write(day, member, known, "arr", day, arr=now["arr"])
                    priced = True
            known.due_row = day
        self._write(day, member, known, "due", known.due_row, name=new.isoformat())
        return priced

    def _milestones(self, day: dt.date, member: str, known: _Member, was: str, now: str) -> None:
        """Milestones passed since, or taken back."""
        if not now or now == "none" or self.day is None:
            return
        journey = list(self.journeys.get(known.state["segment"], ()))
        middle, between = self._span(day, known.joined_row)
        if now not in journey:
            passed: Iterable[str] = [now]
        else:
            start = journey.index(was) + 1 if was in journey else 0
            end = journey.index(now) + 1
            if end < start:
                for name in reversed(journey[end:start]):
                    if name in known.milestones:
                        self._write(
                            day, member, known, "correction", known.milestones.pop(name), name=f"milestone {name}"
                        )
                return
            passed = journey[start:end]
        for name in passed:
            self._write(day, member, known, "milestone", middle, name=name, between=between)
            known.milestones[name] = middle

    def _recognised(self, day: dt.date, member: str, known: _Member, was: dt.date | None, now: dt.date | None) -> None:
        if now is None or now == was:
            return
        if was is not None and now < was and known.recognised_row is not None:
            self._write(day, member, known, "correction", known.recognised_row, name="value_recognised")
        known.recognised_row = now
        self._write(day, member, known, "value_recognised", now)

    def _setback(self, day: dt.date, member: str, known: _Member, was: dt.date | None, now: dt.date | None) -> None:
        if now == was:
            return
        if was is not None:
            middle, between = self._span(day, was)
            self._write(day, member, known, "resolved", middle, between=between)
        if now is not None:
            self._write(day, member, known, "setback", now)


def _records(state: pd.DataFrame) -> Iterable[tuple[str, dict[str, Any]]]:
    """Each member with its cells as plain values; None for a blank day."""
    columns: dict[str, list[Any]] = {}
    for name in state.columns:
        values = state[name]
        if name in STATE_DATES:
            columns[name] = [None if pd.isna(day) else day.date() for day in values]
        elif name == "arr":
            columns[name] = [int(value) for value in values]
        else:
            columns[name] = list(values)
    names = list(columns)
    for member, cells in zip(state.index, zip(*columns.values(), strict=True), strict=True):
        yield str(member), dict(zip(names, cells, strict=True))

"""Events out of the difference between snapshots: dated as intervals, and corrections where a system changed its past.

A snapshot of a day shows the state on its morning. What differs from the snapshot before happened from that day on
(`date_low`) to the eve of this one (`date_high`), and became known on this one (`recorded`); `date` is the middle, or
the very day where a column tells it. What the system says now of an earlier time is a late posting: its own row with
the old `date` and today's `recorded`. What it no longer says is voided by a row `correction`; nothing is rewritten.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterable, Mapping, Sequence
from typing import Any

import numpy as np
import pandas as pd

from simulation.evidence.history.known import Known
from simulation.evidence.history.state import STATE_DATES

__all__ = ["Differences"]

DAY = dt.timedelta(days=1)
LEVELS = ("present", "joined", "returned", "renewed", "arr")


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
        self.members: dict[str, Known] = {}
        self.day: dt.date | None = None
        self.begin: dt.date | None = None
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
        left_on = {member: when.date() for member, when in state.loc[gone, "left"].items()}
        here = state[~gone]
        for member, now in _records(self._changed(here)):
            known = self.members.get(member)
            if known is None:
                self._first(day, member, now)
                continue
            if not known.present:
                self._back(day, known, now)
                known = self.members[member]
            self._compare(day, known, now)
            known.seen = None
        absent = self.members.keys() - set(here.index)
        for member in sorted(absent):
            known, told = self.members[member], left_on.get(member)
            if known.present:
                self._left(day, known, told)
            elif told is not None and known.left_row is not None and told != known.left_row:
                known.write(day, "correction", known.left_row, name="left")
                self._left(day, known, told)
        if self.begin is not None:
            for member, now in _records(state[gone]):
                if member not in self.members and now["left"] >= self.begin and now["joined"] is not None:
                    self._first(day, member, now)
                    self._left(day, self.members[member], now["left"])
        self.begin = self.begin or day
        self.day, self.before = day, here

    def table(self) -> pd.DataFrame:
        """The rows so far, as a table for `History.of`."""
        names = ["member_id", "date", "event", "name", "value", "segment", "date_low", "date_high", "recorded"]
        table = pd.DataFrame([row for known in self.members.values() for row in known.rows], columns=names)
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

    def _span(self, day: dt.date, known: Known) -> tuple[dt.date, tuple[dt.date, dt.date]]:
        """The middle and the ends of what lies between when the member was last seen and this snapshot."""
        low, high = known.seen or self.day, day - DAY
        assert low is not None
        if known.joined_row is not None:
            low = min(max(low, known.joined_row), high)
        return _middle(low, high), (low, high)

    def _first(self, day: dt.date, member: str, now: dict[str, Any]) -> None:
        """A member that no snapshot had before."""
        before = self.members.get(member)
        known = self.members[member] = Known(member, dict(now), before.rows if before else [])
        joined = now["joined"]
        if joined is not None and joined > day:
            joined = None
        if self.day is None:
            if joined is not None and joined < day:
                known.write(day, "joined", joined)
                known.joined_row = joined
            reached = now["milestone"]
            known.write(day, "present", day, name=reached, arr=now["arr"])
        else:
            if joined is not None:
                known.write(day, "joined", joined, arr=now["arr"])
                known.joined_row = known.seen = joined  # posted late, so milestones may be as old
            else:
                middle, between = self._span(day, known)
                known.write(day, "joined", middle, arr=now["arr"], between=between)
                known.joined_row = middle
            left = now["left"]
            self._milestones(day if left is None else min(day, left + DAY), known, "", now["milestone"], day)
            known.seen = None
        if now["renews_on"] is not None:
            known.due_row = min(known.joined_row or day, day)
            known.write(day, "due", known.due_row, name=now["renews_on"].isoformat())
        if now["value_recognised_on"] is not None:
            known.recognised_row = now["value_recognised_on"]
            known.write(day, "value_recognised", now["value_recognised_on"])
        if now["open_setback"] is not None:
            known.write(day, "setback", now["open_setback"])

    def _left(self, day: dt.date, known: Known, told: dt.date | None) -> None:
        """A member that is not there any more."""
        between: tuple[dt.date, dt.date] | None
        middle, between = self._span(day, known)
        renews = known.state["renews_on"]
        if told is not None:
            middle, between = told, None
        elif renews is not None and between[0] <= renews <= between[1]:
            middle = renews
        if told is not None and self.day is not None and told < self.day:
            self._undone(day, known, told)
        if known.present:
            known.seen = self.day
        known.present, known.left_row = False, middle
        known.left_low = between[0] if between else middle
        if any(row[1] <= middle for row in known.standing() if row[2] in ("joined", "returned", "present")):
            known.write(day, "left", middle, arr=known.state["arr"], between=between)
        else:  # never was one, as is known now
            known.left_row = None

    def _undone(self, day: dt.date, known: Known, told: dt.date) -> None:
        """A leaving posted late: what was said of the time after it cannot be, or happened before it."""
        ends = ("renewed", "due", "arr")
        for _, date, event, name, value, _, low, high, recorded in known.standing():
            if recorded == day or date < told or (date == told and event not in ends):
                continue
            known.write(day, "correction", date, name=f"{event} {name}" if event == "milestone" else event)
            if event == "milestone":
                known.milestones.pop(name, None)
            if low is not None and high is not None and low < told and event not in ends:
                again = _middle(low, told)
                arr = -1 if np.isnan(value) else round(value * 100)
                known.write(day, event, again, name=name, arr=arr, between=(low, min(high, told)))
                if event == "milestone":
                    known.milestones[name] = again
        # Should the leaving be taken back one day, what is void now is news again.
        stands = known.standing()
        levels = [row[4] for row in stands if not np.isnan(row[4]) and row[2] in LEVELS]
        terms = [(row[1], row[3]) for row in stands if row[2] == "due"]
        reached = [row[3] for row in stands if row[2] in ("present", "milestone")]
        known.state["arr"] = round(levels[-1] * 100) if levels else known.state["arr"]
        known.state["renews_on"] = dt.date.fromisoformat(terms[-1][1]) if terms else None
        known.due_row = terms[-1][0] if terms else None
        known.state["milestone"] = reached[-1] if reached else ""
        known.renewed_row = None

    def _back(self, day: dt.date, known: Known, now: dict[str, Any]) -> None:
        """A member that is there again: reinstated, when the system says that it never left; else returned."""
        joined = now["joined"]
        known.present = True
        if known.left_row is None or known.left_low is None:
            self._first(day, known.member, now)
            return
        if joined is not None and joined == known.state["joined"]:
            known.write(day, "correction", known.left_row, name="left")
        else:
            known.seen = None
            if joined is not None and known.left_low <= joined <= day:
                date, between = max(joined, known.left_row), None
            else:
                date, between = self._span(day, known)
            known.state = {**known.state, "joined": joined, "arr": now["arr"], "renews_on": now["renews_on"]}
            known.write(day, "returned", date, arr=now["arr"], between=between)
            known.joined_row, known.renewed_row = date, None
            if now["renews_on"] is not None:
                known.due_row = date
                known.write(day, "due", date, name=now["renews_on"].isoformat())
        known.left_row = known.left_low = None

    def _compare(self, day: dt.date, known: Known, now: dict[str, Any]) -> None:
        """A member that was there, and is."""
        was = known.state
        known.state = dict(now)
        middle, between = self._span(day, known)
        if now["joined"] is not None and was["joined"] is not None and now["joined"] != was["joined"]:
            if known.joined_row == was["joined"]:
                known.write(day, "correction", known.joined_row, name="joined")
            if now["joined"] <= day:
                known.joined_row = now["joined"]
                known.write(day, "joined", now["joined"])
        if now["segment"] and was["segment"] and now["segment"] != was["segment"]:
            known.write(day, "moved", middle, name=now["segment"], between=between)
        priced = self._term(day, known, was, now)
        if now["arr"] != was["arr"] and now["arr"] >= 0 and not priced:
            known.write(day, "arr", middle, arr=now["arr"], between=between)
        if now["milestone"] != was["milestone"]:
            if now["milestone"]:
                self._milestones(day, known, was["milestone"], now["milestone"])
            else:
                known.state["milestone"] = was["milestone"]
        self._recognised(day, known, was["value_recognised_on"], now["value_recognised_on"])
        self._setback(day, known, was["open_setback"], now["open_setback"])

    def _term(self, day: dt.date, known: Known, was: dict[str, Any], now: dict[str, Any]) -> bool:
        """Renewals, late and early ones, and those taken back; whether a row says the new ARR."""
        old, new = was["renews_on"], now["renews_on"]
        self._pending.discard(known.member)
        if new is None or new == old:
            known.state["renews_on"] = old
            return False
        priced = False
        if old is not None and new > old:
            if old >= day:  # agreed before its day: it begins when the old term ends
                known.state["renews_on"] = old
                self._pending.add(known.member)
                return False
            known.write(day, "renewed", old, arr=now["arr"])
            known.renewed_row, known.due_row = (old, old), old
            priced = now["arr"] >= 0
        else:
            if known.due_row is not None:
                known.write(day, "correction", known.due_row, name="due")
            if known.renewed_row is not None and new == known.renewed_row[1]:
                known.write(day, "correction", known.renewed_row[0], name="renewed")
                known.renewed_row = None
                if now["arr"] >= 0:  # what the renewal said of the ARR is void with it
                    known.write(day, "arr", day, arr=now["arr"])
                    priced = True
            known.due_row = day
        known.write(day, "due", known.due_row, name=new.isoformat())
        return priced

    def _milestones(self, day: dt.date, known: Known, was: str, now: str, recorded: dt.date | None = None) -> None:
        """Milestones passed before a day, or taken back."""
        if not now or self.day is None:
            return
        recorded = recorded or day
        here = [row for row in known.standing() if row[2] == "present"]
        journey = list(self.journeys.get(known.state["segment"], ()))
        if not journey:  # the order in which they were seen
            journey = [*(row[3] for row in here if row[3] not in ("", "none")), *known.milestones]
        start = journey.index(was) + 1 if was in journey else 0
        end = 0 if now == "none" else journey.index(now) + 1 if now in journey else start
        for name in reversed(journey[end:start]):
            if name in known.milestones:
                known.write(recorded, "correction", known.milestones.pop(name), name=f"milestone {name}")
            elif here and here[-1][3] in journey[end:start]:  # said of the first day: said anew
                _, date, _, _, value, *_ = here.pop()
                known.write(recorded, "correction", date, name="present")
                known.write(recorded, "present", date, name=now, arr=round(value * 100))
        middle, between = self._span(day, known)
        for name in journey[start:end] if now in journey or now == "none" else [now]:
            known.write(recorded, "milestone", middle, name=name, between=between)
            known.milestones[name] = middle

    def _recognised(self, day: dt.date, known: Known, was: dt.date | None, now: dt.date | None) -> None:
        if now is None or now == was:
            return
        if was is not None and now < was and known.recognised_row is not None:
            known.write(day, "correction", known.recognised_row, name="value_recognised")
        known.recognised_row = now
        known.write(day, "value_recognised", now)

    def _setback(self, day: dt.date, known: Known, was: dt.date | None, now: dt.date | None) -> None:
        if now == was:
            return
        if was is not None:
            middle, between = self._span(day, known)
            if was > between[0]:
                between = (min(was, between[1]), between[1])
                middle = _middle(*between)
            known.write(day, "resolved", middle, between=between)
        if now is not None:
            known.write(day, "setback", now)


def _middle(low: dt.date, high: dt.date) -> dt.date:
    """The day halfway."""
    return low + (high - low) // 2


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

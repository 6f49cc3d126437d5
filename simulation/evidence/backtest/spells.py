"""Spells of membership out of a history, and what they say of renewals: who was due when, and who renewed."""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from simulation.evidence.backtest.baselines.bgbb import Chances
from simulation.evidence.backtest.baselines.contracts import RiskTable
from simulation.evidence.history import CODE, History
from simulation.evidence.history.terms import add_months

__all__ = ["Spells", "Taken", "next_months", "spells_of"]

Days = npt.NDArray[np.datetime64]
Int = npt.NDArray[np.int64]
Float = npt.NDArray[np.float64]
NEAR = 3
"""Days around the end of a term within which a leaving is a renewal that was lost."""


@dataclass(frozen=True)
class Taken:
    """What members did at their chances to come again.

    Attributes
    ----------
    member
        int64[M], place of the member in the history.
    came
        bool[M, N]: whether the chance of that number (from 1, in place 0) was taken.
    chances
        int64[M], how many there were.
    year
        int64[M], calendar year of the first chance, from the earliest of all.
    """

    member: Int
    came: npt.NDArray[np.bool_]
    chances: Int
    year: Int

    def grouped(self) -> Chances:
        """Members with the same x, t and n together."""
        last = (self.came * np.arange(1, self.came.shape[1] + 1)).max(axis=1, initial=0)
        return Chances.of_members(np.column_stack([self.came.sum(axis=1), last, self.chances]))


@dataclass(frozen=True)
class Spells:
    """Times of membership, as known on the morning of `until`; rows in the order of members and time.

    Attributes
    ----------
    member
        int64[S], place of the member in the history.
    begin, end
        Days; `end` is NaT for who is still there.
    term
        int64[S], months of a contract.
    segment
        object[S], name.
    first
        bool[S], whether the member was never there before.
    begun
        bool[S], whether the beginning is known; not for who was there when the record began and gave no `joined`.
    seen
        The day from which on it is told: the beginning, or that of a later row `present`. Who left before that is
        missing, so what came before says nothing of staying.
    until
        The day.
    """

    member: Int
    begin: Days
    end: Days
    term: Int
    segment: npt.NDArray[np.object_]
    first: npt.NDArray[np.bool_]
    begun: npt.NDArray[np.bool_]
    seen: Days
    until: dt.date

    def __len__(self) -> int:
        return len(self.member)

    @property
    def here(self) -> npt.NDArray[np.bool_]:
        """Who is a member on the morning of `until`."""
        return np.isnat(self.end)

    def of(self, rows: npt.NDArray[np.bool_]) -> Spells:
        """Some of the spells."""
        return Spells(
            self.member[rows], self.begin[rows], self.end[rows], self.term[rows], self.segment[rows],
            self.first[rows], self.begun[rows], self.seen[rows], self.until,
        )  # fmt: skip

    def dues(self, day: Days | np.datetime64) -> Int:
        """How many ends of terms lie before a day, by spell."""
        months = (day.astype("M8[M]") - self.begin.astype("M8[M]")).astype(np.int64)
        terms: Int = np.maximum(months // self.term, 0)
        terms = terms - ((terms > 0) & (add_months(self.begin, terms * self.term) >= day))
        return terms

    @property
    def at_due(self) -> npt.NDArray[np.bool_]:
        """Leavings at the end of a term, rather than during it."""
        end: Days = np.where(self.here, self.begin, self.end)
        after: Days = end + np.timedelta64(NEAR + 1, "D")
        terms = self.dues(after)
        due = add_months(self.begin, terms * self.term)
        near: npt.NDArray[np.bool_] = np.abs((end - due).astype(np.int64)) <= NEAR
        return near & ~self.here & (terms > 0)

    def won(self) -> Int:
        """Renewals won, by spell."""
        early: Days = self.end - np.timedelta64(NEAR, "D")
        last: Days = np.where(self.here, np.datetime64(self.until, "D"), early)
        return self.dues(last)

    @property
    def unseen(self) -> Int:
        """Renewals won before anything was told, by spell: of those who did not win them nothing is known."""
        return np.minimum(self.dues(self.seen), self.won())

    def risk_table(self) -> RiskTable:
        """How many were up for their t-th renewal and how many renewed; a leaving during a term is one at its end."""
        won, unseen = self.won(), self.unseen
        most = int(won.max(initial=0)) + 1
        lost = np.bincount(won[~self.here], minlength=most)
        kept = np.bincount(won, minlength=most)
        renewed = np.cumsum(kept[::-1])[::-1] - kept  # with more than t renewals
        before = np.bincount(unseen, minlength=most)
        renewed -= np.cumsum(before[::-1])[::-1] - before
        due = renewed + lost
        used = np.flatnonzero(due)
        size = int(used[-1]) + 1 if len(used) else 0
        return RiskTable(due[:size].astype(np.float64), renewed[:size].astype(np.float64))

    def by_number_and_year(self, early: npt.NDArray[np.bool_]) -> tuple[Int, Float, Float]:
        """Renewals due and won by calendar year and by number of the renewal (from 1, in place 0).

        Who left `early`, during a term, was not up for the next renewal.

        Returns
        -------
        tuple
            Years, and float64[numbers, years] of due and won; all empty when nothing was due.
        """
        won, unseen = self.won(), self.unseen
        number, years, wins = [], [], []
        for place in range(int(won.max(initial=0)) + 1):
            up = (unseen <= place) & ((won > place) | ((won == place) & ~self.here & ~early))
            day = add_months(self.begin[up], (place + 1) * self.term[up])
            if place == 0:  # of whom nobody knows when terms end, and who left: the day of leaving is all there is
                lost = ~self.begun[up] & (won[up] == 0)
                day = np.where(lost, self.end[up], day)
            seen = day < np.datetime64(self.until, "D")
            years.append(day[seen].astype("M8[Y]").astype(np.int64) + 1970)
            wins.append((won[up] > place)[seen])
            number.append(np.full(len(years[-1]), place))
        row, year, win = np.concatenate(number), np.concatenate(years), np.concatenate(wins)
        if not len(row):
            return np.zeros(0, np.int64), np.zeros((0, 0)), np.zeros((0, 0))
        known = np.arange(year.min(), year.max() + 1)
        shape = (int(row.max()) + 1, len(known))
        due, kept = np.zeros(shape), np.zeros(shape)
        np.add.at(due, (row, year - known[0]), 1.0)
        np.add.at(kept, (row, year - known[0]), win.astype(np.float64))
        return known, due, kept

    def taken(self) -> Taken:
        """What every member did at each of its chances; a chance is an end of term counted from first joining.

        A chance was taken when somebody was a member after it.
        """
        from_first = self.of(self.first)
        n = from_first.dues(np.datetime64(self.until, "D"))
        place = np.full(int(self.member.max(initial=0)) + 1, -1, np.int64)
        place[from_first.member] = np.arange(len(from_first))
        came = np.zeros((len(from_first), int(n.max(initial=0))), bool)
        own = place[self.member]
        for number in range(1, came.shape[1] + 1):
            day = add_months(from_first.begin, number * from_first.term)[own]
            there = (self.begin <= day) & (np.isnat(self.end) | (self.end > day)) & (number <= n[own])
            came[:, number - 1] = np.bincount(own[there], minlength=len(came)) > 0
        year = add_months(from_first.begin, from_first.term).astype("M8[Y]").astype(np.int64) + 1970
        return Taken(from_first.member, came, n, year - int(year.min(initial=9999)))

    def next_due(self) -> tuple[Int, Days]:
        """Renewals won so far and day of the next one, of who is here."""
        here = self.of(self.here)
        terms = here.dues(np.datetime64(self.until, "D"))
        return terms, add_months(here.begin, (terms + 1) * here.term)


def spells_of(history: History, terms: dict[str, int], until: dt.date) -> Spells:
    """Spells of membership by what was known on the morning of a day.

    Parameters
    ----------
    history
        The whole record; what was recorded later is not looked at.
    terms
        Months of a contract by segment.
    until
        The day.

    Raises
    ------
    ValueError
        A member is in none of the segments.
    """
    past = history.as_of(until)
    rows = past.by_member()
    there = past.presence == 1
    first_row = np.zeros(len(past), bool)
    first_row[rows.first[:-1][rows.first[:-1] < len(past)]] = True
    before = np.concatenate([[False], there[:-1]])[: len(there)] & ~first_row
    starts, ends = np.flatnonzero(there & ~before), np.flatnonzero(~there & before)
    member, date = past.member.astype(np.int64), past.frame["date"].to_numpy().astype("M8[D]")
    who = member[starts]
    last = np.append(who[1:] != who[:-1], True)[: len(who)]
    end = np.full(len(starts), np.datetime64("NaT"), "M8[D]")
    # Beginnings and ends of one member alternate, so the n-th end belongs to the n-th beginning.
    still = np.zeros(len(rows), bool)
    still[member[rows.first[1:] - 1]] = there[rows.first[1:] - 1]
    order = np.flatnonzero(~(last & still[who]))
    end[order] = date[ends]
    names = list(terms)
    alone = names[0] if len(names) == 1 else ""
    own = np.array([*rows.segments, alone], object)[rows.segment]
    strange = sorted(set(own.tolist()) - set(names))
    if strange:
        raise ValueError(f"members of the history are in no segment of the scenario: {strange[0]!r}")
    segment = own[who]
    joined_before = np.concatenate([[False], who[1:] == who[:-1]])[: len(who)]
    begun = past.codes[starts] != CODE["present"]
    present = np.full(len(rows), np.datetime64("NaT"), "M8[D]")
    at = np.flatnonzero(past.codes == CODE["present"])[::-1]
    present[member[at]] = date[at]  # of several the first stays
    begin, term = date[starts], np.array([terms[one] for one in segment.tolist()], np.int64)
    renewed = np.full(len(rows), np.datetime64("NaT"), "M8[D]")
    at = np.flatnonzero(past.codes == CODE["renewed"])[::-1]
    renewed[member[at]] = date[at]  # of several the first stays
    # Of somebody who was there when the record began, the first renewal says when the terms end.
    told = ~begun & ~joined_before & ~np.isnat(renewed[who])
    begin[told] = np.minimum(add_months(renewed[who], -term)[told], begin[told])
    seen = np.fmax(begin, np.where(joined_before, begin, present[who]))
    return Spells(
        member=who,
        begin=begin,
        end=end,
        term=term,
        segment=segment,
        first=~joined_before,
        begun=begun,
        seen=seen,
        until=until,
    )


def next_months(day: dt.date, months: int) -> dt.date:
    """A first day of a month so many months later (or, when negative, earlier)."""
    month = day.year * 12 + day.month - 1 + months
    return dt.date(month // 12, month % 12 + 1, 1)

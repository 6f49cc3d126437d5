"""The history: one tidy table of what happened to every member, in a fixed order and with a fingerprint."""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass, field, replace
from functools import cached_property
from typing import TYPE_CHECKING, Any, Self

import numpy as np
import numpy.typing as npt
import pandas as pd

from simulation.evidence.history.table import canonical, digest
from simulation.evidence.history.vocabulary import CODE, EVENTS, OF_MORNING, WORDS
from simulation.shown import Shown

if TYPE_CHECKING:
    from simulation.scenario.book import Book
    from simulation.scenario.schema import Scenario

__all__ = ["Excluded", "History", "MemberRows"]

DAY = np.timedelta64(1, "D")
MICROSECONDS = 86_400e6
_LEVEL = np.array([word.arr == "level" for word in WORDS.values()])
_SIGN = np.array([{"plus": 1, "minus": -1}.get(word.arr, 0) for word in WORDS.values()])
_CHANGE = np.array([{"joined": 1, "returned": 1, "left": -1}.get(event, 0) for event in EVENTS])
_MORNING = np.array([event in OF_MORNING for event in EVENTS])
_PRESENT, _LEFT, _USAGE, _CORRECTION = (CODE[word] for word in ("present", "left", "usage", "correction"))


@dataclass(frozen=True)
class Excluded:
    """What quarantine left out: nothing in it names a member.

    Attributes
    ----------
    members, rows
        How many members (all rows of a member with an impossible row go) and rows.
    of_members, of_rows
        Out of how many.
    reasons
        Number of faults by reason.
    """

    members: int
    rows: int
    of_members: int
    of_rows: int
    reasons: dict[str, int]

    @property
    def share(self) -> float:
        """Share of the members that was left out."""
        return self.members / self.of_members if self.of_members else 0.0


@dataclass(frozen=True, eq=False)
class MemberRows:
    """The rows of a history as plain arrays, member after member, for compiled code.

    Attributes
    ----------
    member_id : list of str
        By place; the order of all that follows.
    first : int64 array
        Rows of member i are `first[i] : first[i + 1]`, in the order of time.
    days : float64 array
        Days since the origin, fractions included; negative before it.
    event : int8 array
        Place in `EVENTS`.
    name : int32 array
        Place in `names`; -1 = blank.
    value : float64 array
        NaN = blank.
    segment : int32 array
        By member: place in `segments`; -1 = not said.
    names, segments : tuple of str
    """

    member_id: list[str] = field(repr=False)
    first: npt.NDArray[np.int64]
    days: npt.NDArray[np.float64]
    event: npt.NDArray[np.int8]
    name: npt.NDArray[np.int32]
    value: npt.NDArray[np.float64]
    segment: npt.NDArray[np.int32]
    names: tuple[str, ...]
    segments: tuple[str, ...]

    def __len__(self) -> int:
        return len(self.member_id)


@dataclass(frozen=True, eq=False)
class History(Shown):
    """What happened, in rows; see `simulation.evidence.history.vocabulary` for their meaning.

    Make one with `read_history`, `History.from_events` or `History.of`. Two are equal when their fingerprints are.

    Attributes
    ----------
    exported
        The first day about which it can say nothing any more; None: not known.
    source
        Where it came from, in words; never with a password.
    excluded
        What quarantine left out; None without it.
    warnings
        What was noticed and is no error.
    """

    _frame: pd.DataFrame = field(repr=False)
    exported: dt.date | None = None
    source: str = ""
    excluded: Excluded | None = None
    warnings: tuple[str, ...] = ()

    @classmethod
    def of(cls, frame: pd.DataFrame, *, exported: dt.date | None = None, source: str = "") -> Self:
        """Make a history of a table that is right: only the vocabulary is checked.

        Parameters
        ----------
        frame
            Columns `member_id`, `date`, `event` and as needed `name`, `value`, `segment`, `date_low`,
            `date_high`, `recorded`, in any order of the rows.

        Raises
        ------
        ValueError
            A column is missing or unknown, an event is no word of the vocabulary, or a needed cell is empty.
        """
        return cls(canonical(frame)[0], exported=exported, source=source)

    @classmethod
    def from_events(
        cls, log: pd.DataFrame, scenario: Scenario, *, book: Book | None = None, usage_seed: int | None = None
    ) -> Self:
        """Make the history that the organisation of a simulated future would have; see `history_of_events`."""
        from simulation.evidence.history.simulated import history_of_events

        frame = history_of_events(log, scenario, book=book, usage_seed=usage_seed)
        return cls(frame, exported=scenario.end, source=f"simulated: {scenario.name}")

    @property
    def frame(self) -> pd.DataFrame:
        """The table, by member (in the order of their ids), date, and `EVENTS`; a shallow copy.

        `member_id`, `event` (all of EVENTS, in their order), `name` and `segment` are categories; dates are
        datetime64[us]. `date_low`, `date_high` and `recorded` are there only when some row says them.
        """
        return self._frame.copy(deep=False)

    @cached_property
    def fingerprint(self) -> str:
        """SHA-256 of the content, in hex: whatever the file format and the order of its rows."""
        return digest(self._frame)

    def __len__(self) -> int:
        return len(self._frame)

    def __eq__(self, other: object) -> bool:
        return isinstance(other, History) and self.fingerprint == other.fingerprint

    def __hash__(self) -> int:
        return hash(self.fingerprint)

    @property
    def members(self) -> int:
        """How many different members there are."""
        return len(self._frame["member_id"].cat.categories)

    @property
    def first_day(self) -> dt.date | None:
        """The day of the earliest row; None when there is none."""
        return None if self._frame.empty else self._frame["date"].min().date()

    @property
    def last_day(self) -> dt.date | None:
        """The day of the latest row; None when there is none."""
        return None if self._frame.empty else self._frame["date"].max().date()

    @cached_property
    def begins(self) -> dt.date | None:
        """The day from which on everything is told; None when there is no row.

        That is the earliest row, but for what is told of members from before they are first said to be `present`:
        those who left before that are missing.
        """
        date = self._frame["date"].to_numpy()
        if not len(date):
            return None
        present = np.flatnonzero(self.codes == _PRESENT)[::-1]
        since = np.full(self.members, np.datetime64("NaT"), "M8[us]")
        since[self.member[present]] = date[present]  # of several the first stays
        day: dt.date = date[~(date < since[self.member])].min().astype("M8[D]").astype(object)
        return day

    @cached_property
    def codes(self) -> npt.NDArray[np.int8]:
        """Place in `EVENTS` of every row's event."""
        return self._frame["event"].cat.codes.to_numpy().astype(np.int8)

    @cached_property
    def member(self) -> npt.NDArray[np.int32]:
        """Place of every row's member among the sorted ids."""
        return self._frame["member_id"].cat.codes.to_numpy().astype(np.int32)

    @cached_property
    def live(self) -> npt.NDArray[np.bool_]:
        """Rows that no correction has voided, and that are none themselves."""
        return _live(self._frame, self.codes, self.known)

    @cached_property
    def known(self) -> npt.NDArray[np.datetime64]:
        """When each row became known, datetime64[us]."""
        date: npt.NDArray[np.datetime64] = self._frame["date"].to_numpy()
        usage = self.codes == _USAGE
        known = date.copy()
        known[usage] = (date[usage].astype("datetime64[M]") + 1).astype("datetime64[us]")
        if "recorded" in self._frame:
            recorded = self._frame["recorded"].to_numpy()
            known = np.where(np.isnat(recorded), known, recorded)
        return known

    def as_of(self, day: dt.date) -> History:
        """What was known on the morning of a day.

        Rows that happened before that day and were recorded on it at the latest, with the corrections known by
        then carried out: the result has none left.
        """
        moment = np.datetime64(day, "us")
        said = self._frame["recorded"].notna().to_numpy() if "recorded" in self._frame else False
        happened = self._before(day)
        said = said | _MORNING[self.codes] | (self.codes == _USAGE)
        seen = happened & ((self.known < moment) | ((self.known == moment) & said))
        frame = self._frame[seen]
        frame = frame[_live(frame, self.codes[seen], self.known[seen])]
        exported = day if self.exported is None else min(day, self.exported)
        return replace(self, _frame=canonical(frame)[0], exported=exported)

    def _before(self, day: dt.date) -> npt.NDArray[np.bool_]:
        """Rows that happened before the morning of a day, or say how things stand then."""
        date, moment = self._frame["date"].to_numpy(), np.datetime64(day, "us")
        before: npt.NDArray[np.bool_] = (date < moment) | ((date == moment) & _MORNING[self.codes])
        return before

    def settled(self) -> History:
        """The history with every correction carried out."""
        return self if self.live.all() else replace(self, _frame=canonical(self._frame[self.live])[0])

    def of_members(self, members: npt.NDArray[Any] | list[str]) -> History:
        """The rows of some members, by their ids."""
        chosen = self._frame["member_id"].isin(members)
        return replace(self, _frame=canonical(self._frame[chosen])[0])

    @cached_property
    def levels(self) -> npt.NDArray[np.int64]:
        """ARR of the row's member after each row, cents a year; voided rows change nothing."""
        codes, frame = self.codes, self._frame
        value = frame["value"].to_numpy()
        blank = np.isnan(value)
        cents = np.where(blank, 0, np.rint(np.where(blank, 0, value) * 100)).astype(np.int64)
        sets = ((_LEVEL[codes] & ~blank) | (codes == _LEFT)) & self.live
        level = np.where(codes == _LEFT, 0, cents)
        added = np.where(self.live, _SIGN[codes] * cents, 0)
        total = np.cumsum(added)
        starts = np.ones(len(frame), bool)
        starts[1:] = self.member[1:] != self.member[:-1]
        base = np.where(sets, level, added) - total
        last = np.maximum.accumulate(np.where(sets | starts, np.arange(len(frame)), 0))
        result: npt.NDArray[np.int64] = base[last] + total if len(frame) else total
        return result

    @cached_property
    def presence(self) -> npt.NDArray[np.int64]:
        """How often the row's member is one after each row: 1 or 0, anything else is an impossible history.

        A row `present` says that somebody is there, and lets nobody come who has come already.
        """
        count = len(self._frame)
        change = np.where(self.live, _CHANGE[self.codes], 0)
        first = np.searchsorted(self.member, self.member, side="left")
        present = self.live & (self.codes == _PRESENT)
        if count and present.any():
            total = np.cumsum(change)
            inside = total - (total - change)[first]
            change += present & (inside <= 0)
        total = np.cumsum(change)
        result: npt.NDArray[np.int64] = total - (total - change)[first] if count else total
        return result

    def standing(self, days: list[dt.date]) -> pd.DataFrame:
        """Members and their ARR on the mornings of some days, by day and segment.

        Returns
        -------
        pandas.DataFrame
            Columns day, segment (blank when not said), members, arr (cents a year).
        """
        segments = self.by_member().segments
        own = self.by_member().segment
        rows: list[tuple[dt.date, str, int, int]] = []
        for day in days:
            before = np.flatnonzero(self._before(day) & self.live)
            ends = np.append(self.member[before][1:] != self.member[before][:-1], True)[: len(before)]
            last = before[ends]
            last = last[self.presence[last] == 1]
            segment = own[self.member[last]]
            for place in range(-1, len(segments)):
                here = last[segment == place]
                if place >= 0 or len(here):
                    name = segments[place] if place >= 0 else ""
                    rows.append((day, name, len(here), int(self.levels[here].sum())))
        return pd.DataFrame(rows, columns=["day", "segment", "members", "arr"])

    def by_member(self, origin: dt.date | None = None) -> MemberRows:
        """The rows as plain arrays; days count from `origin`, by default the first day.

        Corrections are carried out.
        """
        return _by_member(self.settled(), origin)

    @cached_property
    def by_member_raw(self) -> MemberRows:
        """As `by_member`, with the corrections and what they void still there."""
        return _by_member(self, None)

    def to_book(self, scenario: Scenario, as_of: dt.date | None = None) -> Book:
        """Today's members as the book of a scenario; see `book_of`."""
        from simulation.evidence.history.today import book_of

        return book_of(self, scenario, as_of or scenario.start)


def _by_member(history: History, origin: dt.date | None) -> MemberRows:
    frame = history._frame
    member = history.member
    ids = frame["member_id"].cat.categories
    segment = frame["segment"].cat.codes.to_numpy()
    own = np.full(len(ids), -1, np.int32)
    said = np.flatnonzero(segment >= 0)[::-1]
    own[member[said]] = segment[said]  # of several the first stays
    zero = np.datetime64(origin or history.first_day or dt.date(2000, 1, 1), "us")
    return MemberRows(
        member_id=ids.astype(object).tolist(),
        first=np.searchsorted(member, np.arange(len(ids) + 1)).astype(np.int64),
        days=(frame["date"].to_numpy() - zero).astype(np.int64) / MICROSECONDS,
        event=history.codes,
        name=frame["name"].cat.codes.to_numpy().astype(np.int32),
        value=frame["value"].to_numpy(),
        segment=own,
        names=tuple(frame["name"].cat.categories.astype(object)),
        segments=tuple(frame["segment"].cat.categories.astype(object)),
    )


def _live(frame: pd.DataFrame, codes: npt.NDArray[np.int8], known: npt.NDArray[np.datetime64]) -> npt.NDArray[np.bool_]:
    """Rows that no correction of the same table has voided, and that are none themselves."""
    live: npt.NDArray[np.bool_] = codes != _CORRECTION
    if live.all():
        return live
    voids = frame[~live]
    said = [str(name).partition(" ") for name in voids["name"]]
    keys = pd.DataFrame({
        "member": voids["member_id"].cat.codes,
        "event": [CODE.get(event, -1) for event, _, _ in said],
        "date": voids["date"],
        "only": frame["name"].cat.categories.get_indexer(pd.Index([name for _, _, name in said], dtype=object)),
        "any": [not name for _, _, name in said],
        "void": known[~live],
    })  # fmt: skip
    rows = pd.DataFrame({
        "row": np.arange(len(frame)), "member": frame["member_id"].cat.codes, "event": codes.astype(np.int64),
        "date": frame["date"], "name": frame["name"].cat.codes, "known": known,
    })  # fmt: skip
    rows = rows[live & rows["member"].isin(keys["member"]).to_numpy()]
    pairs = rows.merge(keys, on=["member", "event", "date"])
    hit = (pairs["known"] < pairs["void"]) & (pairs["any"] | (pairs["name"] == pairs["only"]))
    live[pairs.loc[hit, "row"].to_numpy()] = False
    return live

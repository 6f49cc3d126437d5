"""The kinds of things that cannot be in a history, one function a kind, each over whole columns."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import TYPE_CHECKING, Any, NamedTuple

import numpy as np
import numpy.typing as npt

from simulation.evidence.history.history import History
from simulation.evidence.history.terms import add_months
from simulation.evidence.history.vocabulary import (
    CODE,
    COMES,
    EVENTS,
    INTERVENTION_EVENTS,
    MILESTONE_EVENTS,
    OF_ABSENT,
    WORDS,
)
from simulation.scenario.book.cells import quoted
from simulation.scenario.errors import one_of

if TYPE_CHECKING:
    from simulation.evidence.history.checks import Rules

__all__ = [
    "Check", "amounts", "copies", "corrections", "dates", "journeys", "membership", "names", "notes", "offers",
    "renewals",
]  # fmt: skip

Mask = npt.NDArray[np.bool_]
Rows = npt.NDArray[np.int64]
UNKNOWN = -2


class Check(NamedTuple):
    """One thing that cannot be: in which rows, in which column, and what to say of each."""

    faulty: Mask
    column: str
    reason: str
    message: Callable[[int], str]


def _of(history: History, *events: str) -> Mask:
    """Rows of some events that no correction has voided."""
    chosen: Mask = np.isin(history.codes, [CODE[event] for event in events])
    return chosen & history.live


def _day(history: History, row: int, column: str = "date") -> str:
    return str(history.frame[column].iloc[row].date())


def _name(history: History, row: int) -> str:
    name = history.frame["name"].iloc[row]
    return name if isinstance(name, str) else ""


def _starts(history: History) -> Mask:
    """The first row of every member."""
    starts = np.ones(len(history), bool)
    starts[1:] = history.member[1:] != history.member[:-1]
    return starts


def _latest(history: History, chosen: Mask) -> Rows:
    """The last chosen row of the same member up to each row, itself included; -1: none."""
    places = np.arange(len(history))
    last = np.maximum.accumulate(np.where(chosen, places, -1))
    first = np.maximum.accumulate(np.where(_starts(history), places, 0))
    result: Rows = np.where(last >= first, last, -1)
    return result


def dates(history: History, rules: Rules) -> Iterator[Check]:
    """Days after the export, intervals that are none, records before the event."""
    frame = history.frame
    end = np.datetime64(rules.exported, "us") + np.timedelta64(1, "D")
    for column in ("date", "recorded"):
        if column in frame:
            yield Check(
                frame[column].to_numpy() >= end,
                column,
                "in the future of the export",
                lambda row, column=column: (  # type: ignore[misc]
                    f"{_day(history, row, column)} lies after the day of the export, {rules.exported}; "
                    "if that is another day, say it (--exported)"
                ),
            )
    date = frame["date"].to_numpy().astype("M8[D]")
    low = frame["date_low"].to_numpy().astype("M8[D]") if "date_low" in frame else date
    high = frame["date_high"].to_numpy().astype("M8[D]") if "date_high" in frame else date
    yield Check(
        (low > high) | (low > date) | (high < date),
        "date_low" if "date_low" in frame else "date_high",
        "date outside its interval",
        lambda row: f"{date[row]} does not lie from {low[row]} to {high[row]}",
    )
    if "recorded" in frame:
        recorded = frame["recorded"].to_numpy().astype("M8[D]")
        usage = history.codes == CODE["usage"]
        happened = np.where(usage, date.astype("M8[M]").astype("M8[D]"), low)
        yield Check(
            (recorded < happened) & (history.codes != CODE["correction"]),
            "recorded",
            "recorded before it happened",
            lambda row: f"{recorded[row]} lies before it happened, {happened[row]}",
        )


def copies(history: History, rules: Rules) -> Iterator[Check]:
    """Rows that stand twice; interactions may, as two of one day look the same."""
    frame = history.frame
    same = ~_starts(history)
    for name in frame.columns:
        if name == "member_id":
            continue
        column: Any = frame[name]
        values = column.cat.codes.to_numpy() if hasattr(column, "cat") else column.to_numpy()
        if name != "value":
            values = values.astype(np.int64)
        equal = values[1:] == values[:-1]
        if name == "value":
            equal |= np.isnan(values[1:]) & np.isnan(values[:-1])
        same[1:] &= equal
    yield Check(
        same & (history.codes != CODE["interaction"]),
        "",
        "duplicate row",
        lambda row: f"the row of {_day(history, row)} ({EVENTS[history.codes[row]]}) stands there already",
    )
    rows = np.flatnonzero(_of(history, "usage"))
    month = frame["date"].to_numpy()[rows].astype("M8[M]").astype(np.int64)
    code = frame["name"].cat.codes.to_numpy()[rows]
    order = np.lexsort((rows, month, code, history.member[rows]))
    keys = [key[order] for key in (history.member[rows], code, month)]
    again = np.ones(max(len(rows) - 1, 0), bool)
    for key in keys:
        again &= key[1:] == key[:-1]
    twice = np.zeros(len(history), bool)
    twice[rows[order[1:][again]]] = True
    yield Check(
        twice & ~same,
        "date",
        "usage of one month twice",
        lambda row: f"{_day(history, row)[:7]} has its usage already: give one figure a month",
    )


def names(history: History, rules: Rules) -> Iterator[Check]:
    """Names of segments, milestones and interventions that the scenario does not have."""
    frame = history.frame
    segments = list(rules.journeys)
    name = frame["name"].cat.codes.to_numpy()
    words = list(frame["name"].cat.categories.astype(object))
    if segments:
        known = frame["segment"].cat.categories.isin(segments)
        code = frame["segment"].cat.codes.to_numpy()
        yield Check(
            np.append(known, True)[code] == False,  # noqa: E712
            "segment",
            "unknown segment",
            lambda row: (
                f"there is no segment {quoted(frame['segment'].iloc[row])}: "
                + one_of(segments, frame["segment"].iloc[row])
            ),
        )
        yield Check(
            _of(history, "moved") & ~np.append(np.isin(words, segments), False)[name],
            "name",
            "unknown segment",
            lambda row: f"there is no segment {quoted(_name(history, row))}: {one_of(segments, _name(history, row))}",
        )
        yield from _milestone_names(history, rules, name, words)
    if rules.interventions is not None:
        interventions = rules.interventions
        yield Check(
            _of(history, *INTERVENTION_EVENTS) & ~np.append(np.isin(words, interventions), False)[name],
            "name",
            "unknown intervention",
            lambda row: (
                f"there is no intervention {quoted(_name(history, row))}: " + one_of(interventions, _name(history, row))
            ),
        )
    else:
        needed = _of(history, *(e for e in EVENTS if e in MILESTONE_EVENTS + INTERVENTION_EVENTS + ("moved", "due")))
        yield Check(
            needed & (name < 0),
            "name",
            "a required cell is empty",
            lambda row: f"is empty: expected {WORDS[EVENTS[history.codes[row]]].name}",
        )
    dues = [place for place, word in enumerate(words) if _is_day(word)]
    yield Check(
        _of(history, "due") & ~np.isin(name, dues),
        "name",
        "unreadable date",
        lambda row: f"{quoted(_name(history, row))} is not a date: expected the day of the next renewal, as 2027-01-31",
    )
    code = frame["segment"].cat.codes.to_numpy()
    said = code >= 0
    before = _latest(history, said & np.append([False], said[:-1] | True))
    previous = np.append([-1], before[:-1])[: len(history)]
    previous = np.where(_starts(history), -1, previous)
    yield Check(
        said & (previous >= 0) & (code != code[previous]) & (_latest(history, history.codes == CODE["moved"]) < 0),
        "segment",
        "another segment without moving",
        lambda row: (
            f"{quoted(frame['segment'].iloc[row])}, but the row before says "
            f"{quoted(frame['segment'].iloc[previous[row]])}: a change needs a row `moved`"
        ),
    )


def _is_day(word: str) -> bool:
    try:
        return not np.isnat(np.datetime64(word, "D")) and len(word) == 10
    except ValueError:
        return False


def _segment_of_row(history: History, rules: Rules) -> npt.NDArray[np.int64]:
    """Place of the segment of every row's member among the rules' segments; -1: not known."""
    rows = history.by_member_raw
    places = {name: place for place, name in enumerate(rules.journeys)}
    single = 0 if len(places) == 1 else -1
    own = np.array([places.get(name, -1) for name in rows.segments] + [single], np.int64)
    result: npt.NDArray[np.int64] = own[rows.segment][history.member]
    return result


def _milestone_places(history: History, rules: Rules) -> npt.NDArray[np.int64]:
    """Place of every row's name in the journey of its member; -1: not in it."""
    words = list(history.frame["name"].cat.categories.astype(object))
    table = np.full((len(rules.journeys) + 1, len(words) + 1), -1, np.int64)
    at = {word: place for place, word in enumerate(words)}
    for place, journey in enumerate(rules.journeys.values()):
        for number, milestone in enumerate(journey):
            if milestone in at:
                table[place, at[milestone]] = number
    result: npt.NDArray[np.int64] = table[
        _segment_of_row(history, rules), history.frame["name"].cat.codes.to_numpy().astype(np.int64)
    ]
    return result


def _milestone_names(history: History, rules: Rules, name: npt.NDArray[Any], words: list[str]) -> Iterator[Check]:
    segment = _segment_of_row(history, rules)
    place = _milestone_places(history, rules)
    everywhere = list(dict.fromkeys(one for journey in rules.journeys.values() for one in journey))
    known = np.append(np.isin(words, everywhere) if words else np.zeros(0, bool), False)[name]
    blank = (name < 0) | (np.append(np.array(words, object) == "none", False)[name])
    wrong = np.where(segment >= 0, place < 0, ~known)
    of = _of(history, *MILESTONE_EVENTS) | (_of(history, "present") & ~blank)
    journeys = list(rules.journeys.values())
    segments = list(rules.journeys)

    def message(row: int) -> str:
        word, at = _name(history, row), int(segment[row])
        there = everywhere if at < 0 else journeys[at]
        whose = "there is no milestone" if at < 0 else f"segment {segments[at]!r} has no milestone"
        return f"{whose} {quoted(word)}: {one_of(there, word)}"

    yield Check(of & wrong, "name", "unknown milestone", message)


def amounts(history: History, rules: Rules) -> Iterator[Check]:
    """Negative ARR and usage."""
    value = history.frame["value"].to_numpy()
    signed = history.codes == CODE["price"]
    yield Check(
        (value < 0) & ~signed & history.live,
        "value",
        "negative value",
        lambda row: f"{value[row]:g} is negative: {WORDS[EVENTS[history.codes[row]]].value or 'no value'} is 0 or more",
    )
    level = history.levels
    yield Check(
        (level < 0) & _of(history, "contracted") & ~(value < 0),
        "value",
        "ARR below zero",
        lambda row: f"{value[row]:,.2f} is more than the ARR that the member had, {value[row] + level[row] / 100:,.2f}",
    )


def membership(history: History, rules: Rules) -> Iterator[Check]:
    """Coming when there, leaving when not, and events of those who are not members."""
    presence, codes = history.presence, history.codes
    comes = _of(history, *COMES)
    latest_left = _latest(history, _of(history, "left"))
    first = np.maximum.accumulate(np.where(_starts(history), np.arange(len(history)), 0))
    ever = np.zeros(history.members, bool)
    ever[history.member[comes]] = True
    come_before = _latest(history, _of(history, "joined", "returned"))
    earlier = np.append([-1], come_before[:-1])[: len(history)]
    earlier = np.where(earlier >= first, earlier, -1)
    again = (codes == CODE["joined"]) & history.live & ((earlier >= 0) | (latest_left >= 0))
    yield Check(
        again,
        "event",
        "joined twice",
        lambda row: "joins a second time: who comes back after leaving has `returned`",
    )
    yield Check(
        _of(history, "returned", "joined") & (presence > 1) & ~again,
        "event",
        "comes while a member",
        lambda row: "comes, but is a member already: there is no `left` before",
    )
    yield Check(
        _of(history, "left") & (presence < 0),
        "event",
        "leaves while no member",
        lambda row: (
            f"leaves, but has left already on {_day(history, int(_before(latest_left, row, first)))}"
            if _before(latest_left, row, first) >= 0
            else "leaves, but is no member: there is no joined, returned or present before"
        ),
    )
    absent = history.live & (presence < 1) & ~np.isin(codes, [CODE[one] for one in (*OF_ABSENT, "left")])
    never = ~ever[history.member]
    yield Check(
        never & _starts(history) & history.live & (codes != CODE["left"]),
        "event",
        "never comes",
        lambda row: "this member has no row joined, returned or present",
    )
    come = np.where(comes, np.arange(len(history)), len(history))[::-1]
    following = np.minimum.accumulate(come)[::-1]

    def message(row: int) -> str:
        event = EVENTS[codes[row]]
        if latest_left[row] >= 0:
            return f"{event} after leaving on {_day(history, int(latest_left[row]))} without a return"
        return f"{event} before joining on {_day(history, int(following[row]))}"

    yield Check(absent & ~never & (latest_left < 0), "date", "before joining", message)
    yield Check(absent & ~never & (latest_left >= 0), "date", "after leaving without a return", message)


def _before(latest: Rows, row: int, first: Rows) -> int:
    """The latest chosen row before a row of the same member; -1: none."""
    return int(latest[row - 1]) if row > first[row] else -1


def journeys(history: History, rules: Rules) -> Iterator[Check]:
    """Milestones out of order, or twice in a journey that does not repeat."""
    if not rules.journeys:
        return
    place = _milestone_places(history, rules)
    segment = _segment_of_row(history, rules)
    presents, hits = _of(history, "present"), _of(history, "milestone")
    rows = np.flatnonzero((hits & (place >= 0)) | presents)
    # Milestones of one moment count in the order of the journey.
    date = history.frame["date"].to_numpy().astype(np.int64)
    rows = rows[np.lexsort((place[rows], ~presents[rows], date[rows], history.member[rows]))]
    who, what = history.member[rows], place[rows]
    none = np.array([word == "none" for word in history.frame["name"].cat.categories] + [False])
    says_none = none[history.frame["name"].cat.codes.to_numpy()[rows]]
    what = np.where(presents[rows] & (what < 0), np.where(says_none, -1, UNKNOWN), what)
    began = np.ones(len(rows), bool)
    began[1:] = who[1:] != who[:-1]
    # Of those who were there before the record began nothing is known, but of those who joined all is.
    joined = np.zeros(history.members, bool)
    joined[who[presents[rows]]] = True
    start = np.where(joined[who], UNKNOWN, -1)
    last = np.where(began, start, np.append([UNKNOWN], what[:-1])[: len(rows)])
    again = np.array([-9 if one is None else one for one in rules.cycles.values()] + [-9])[segment[rows]]
    length = np.array([len(one) for one in rules.journeys.values()] + [0])[segment[rows]]
    fine = (what == last + 1) | (last == UNKNOWN) | ((last == length - 1) & (what == again)) | presents[rows]
    faulty = np.zeros(len(history), bool)
    faulty[rows[~fine]] = True
    before = dict(zip(rows[~fine].tolist(), last[~fine].tolist(), strict=True))
    journey = list(rules.journeys.values())

    def message(row: int) -> str:
        names, at, came = journey[segment[row]], int(place[row]), before[row]
        if at == came:
            return f"{names[at]!r} is reached twice, and the journey does not repeat"
        if at < came:
            return f"{names[at]!r} is reached after {names[came]!r}: the journey is {', '.join(names)}"
        return f"{names[at]!r} is reached without {names[came + 1]!r}: the journey is {', '.join(names)}"

    yield Check(faulty, "name", "milestone out of order", message)


def offers(history: History, rules: Rules) -> Iterator[Check]:
    """Offers taken or declined that nobody made; only where the history has offers at all."""
    for made, ends in (("offered", ("taken", "declined")), ("pushed", ("push_taken",))):
        if not _of(history, made).any():
            continue
        rows = np.flatnonzero(_of(history, made, *ends))
        name = history.frame["name"].cat.codes.to_numpy()[rows]
        rows = rows[np.lexsort((rows, name, history.member[rows]))]
        name = history.frame["name"].cat.codes.to_numpy()[rows]
        began = np.ones(len(rows), bool)
        began[1:] = (history.member[rows][1:] != history.member[rows][:-1]) | (name[1:] != name[:-1])
        step = np.where(history.codes[rows] == CODE[made], 1, -1)
        total = np.cumsum(step)
        group = np.cumsum(began)
        open_ = (
            total - np.where(began, total - step, 0)[np.maximum.accumulate(np.where(began, np.arange(len(rows)), 0))]
        )
        # An end is unmatched when it brings the balance to a new low below nothing.
        far = 2 * len(rows) + 2
        low = np.minimum.accumulate(np.minimum(open_, 0) - group * far)
        previous = np.where(began, -group * far, np.append([0], low[:-1])[: len(rows)])
        faulty = np.zeros(len(history), bool)
        faulty[rows[low < previous]] = True
        yield Check(
            faulty,
            "event",
            f"{ends[0]} without {made}",
            lambda row, made=made: (  # type: ignore[misc]
                f"{EVENTS[history.codes[row]]} {quoted(_name(history, row))} without a row `{made}` before"
            ),
        )


def renewals(history: History, rules: Rules) -> Iterator[Check]:
    """Renewals dated before they are due; a renewal is dated on the day on which the new term begins."""
    if not rules.terms:
        return
    segment = _segment_of_row(history, rules)
    term = np.array([*rules.terms.values(), 0], np.int64)[segment]
    date = history.frame["date"].to_numpy().astype("M8[D]")
    renewed = _of(history, "renewed", "recovered")
    anchors, agreed = _of(history, "joined", "returned"), _of(history, "due")
    places = np.arange(len(history))
    started = _latest(history, anchors | agreed)
    # Without a known beginning the first renewal is one (a late one within grace says nothing of when it was due).
    plain = np.where(_of(history, "renewed") & (started < 0), places, len(history))
    first = np.searchsorted(history.member, np.arange(history.members))
    initial = np.minimum.reduceat(plain, first)[history.member] if len(history) else plain
    base = np.where(started >= 0, started, np.where(initial <= places, initial, -1))
    count = np.cumsum(renewed)
    since: Rows = count - count[base]
    words = history.frame["name"].cat.categories.astype(object)
    days = np.array([word if _is_day(word) else "NaT" for word in words] + ["NaT"], "M8[D]")
    stated = days[history.frame["name"].cat.codes.to_numpy()]
    told = (base >= 0) & agreed[base]
    origin = np.where(told, stated[base], date[base])
    origin[base < 0] = np.datetime64("NaT")
    due = add_months(origin, np.where(told, since - 1, since) * term)
    moved = np.zeros(history.members, bool)
    moved[history.member[history.codes == CODE["moved"]]] = True
    checked = renewed & (term > 0) & ~moved[history.member] & ~np.isnat(due)
    if "date_high" in history.frame:
        high = history.frame["date_high"].to_numpy().astype("M8[D]")
        latest = np.where(np.isnat(high), date, high)
    else:
        latest = date
    early = (due - latest).astype(np.int64) > int(rules.early)
    yield Check(
        checked & early,
        "date",
        "renewed before due",
        lambda row: (
            f"{date[row]} lies before the renewal is due, {due[row]}: date it on the day on which the new "
            "term begins, or allow for it (history: {early: 60 days})"
        ),
    )


def corrections(history: History, rules: Rules) -> Iterator[Check]:
    """Corrections of rows that are not there."""
    rows = history.codes == CODE["correction"]
    if not rows.any():
        return
    frame = history.frame
    words = np.array([*frame["name"].cat.categories.astype(object), ""], object)
    corrected = np.array([CODE.get(word.partition(" ")[0], -1) for word in words], np.int64)[
        frame["name"].cat.codes.to_numpy()
    ]
    yield Check(
        rows & (corrected < 0),
        "name",
        "correction of no event",
        lambda row: f"{quoted(_name(history, row))} is no event: {one_of(EVENTS, _name(history, row))}",
    )
    date = frame["date"].to_numpy().astype(np.int64)
    there = {
        (member, code, day)
        for member, code, day in zip(
            history.member[~history.live & ~rows], history.codes[~history.live & ~rows], date[~history.live & ~rows],
            strict=True,
        )
    }  # fmt: skip
    missing = np.zeros(len(history), bool)
    for row in np.flatnonzero(rows & (corrected >= 0)).tolist():
        missing[row] = (history.member[row], corrected[row], date[row]) not in there
    yield Check(
        missing,
        "date",
        "correction of no row",
        lambda row: f"there is no earlier row `{_name(history, row)}` of this member on {_day(history, row)}",
    )


def notes(history: History) -> list[str]:
    """What deserves a look and is no fault."""
    found = []
    if _of(history, "taken").any() and not _of(history, "offered").any():
        found.append("has takes but no offers: take rates cannot be read from it")
    if _of(history, "milestone").any() and not _of(history, "joined", "present").any():
        found.append("has milestones but nobody who joins")
    return found

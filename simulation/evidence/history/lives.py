"""Lives that cannot be: what contradicts the rows of the same member before it."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

import numpy as np

from simulation.evidence.history.history import History
from simulation.evidence.history.marks import (
    Check,
    Rows,
    day_at,
    first_rows,
    is_day,
    latest_of,
    milestone_places,
    name_at,
    rows_of,
    segment_places,
)
from simulation.evidence.history.terms import add_months
from simulation.evidence.history.vocabulary import (
    CODE,
    COMES,
    EVENTS,
    OF_ABSENT,
)
from simulation.scenario.book.cells import quoted
from simulation.scenario.errors import one_of

if TYPE_CHECKING:
    from simulation.evidence.history.checks import Rules

__all__ = ["corrections", "journeys", "membership", "offers", "renewals"]

UNKNOWN = -2


def membership(history: History, rules: Rules) -> Iterator[Check]:
    """Coming when there, leaving when not, and events of those who are not members."""
    presence, codes = history.presence, history.codes
    comes = rows_of(history, *COMES)
    latest_left = latest_of(history, rows_of(history, "left"))
    first = np.maximum.accumulate(np.where(first_rows(history), np.arange(len(history)), 0))
    ever = np.zeros(history.members, bool)
    ever[history.member[comes]] = True
    come_before = latest_of(history, rows_of(history, "joined", "returned"))
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
        rows_of(history, "returned", "joined") & (presence > 1) & ~again,
        "event",
        "comes while a member",
        lambda row: "comes, but is a member already: there is no `left` before",
    )
    yield Check(
        rows_of(history, "left") & (presence < 0),
        "event",
        "leaves while no member",
        lambda row: (
            f"leaves, but has left already on {day_at(history, int(_before(latest_left, row, first)))}"
            if _before(latest_left, row, first) >= 0
            else "leaves, but is no member: there is no joined, returned or present before"
        ),
    )
    absent = history.live & (presence < 1) & ~np.isin(codes, [CODE[one] for one in (*OF_ABSENT, "left")])
    never = ~ever[history.member]
    yield Check(
        never & first_rows(history) & history.live & (codes != CODE["left"]),
        "event",
        "never comes",
        lambda row: "this member has no row joined, returned or present",
    )
    come = np.where(comes, np.arange(len(history)), len(history))[::-1]
    following = np.minimum.accumulate(come)[::-1]

    def message(row: int) -> str:
        event = EVENTS[codes[row]]
        if latest_left[row] >= 0:
            return f"{event} after leaving on {day_at(history, int(latest_left[row]))} without a return"
        return f"{event} before joining on {day_at(history, int(following[row]))}"

    yield Check(absent & ~never & (latest_left < 0), "date", "before joining", message)
    yield Check(absent & ~never & (latest_left >= 0), "date", "after leaving without a return", message)


def _before(latest: Rows, row: int, first: Rows) -> int:
    """The latest chosen row before a row of the same member; -1: none."""
    return int(latest[row - 1]) if row > first[row] else -1


def journeys(history: History, rules: Rules) -> Iterator[Check]:
    """Milestones out of order, or twice in a journey that does not repeat."""
    if not rules.journeys:
        return
    place = milestone_places(history, rules)
    segment = segment_places(history, rules)
    presents, hits = rows_of(history, "present"), rows_of(history, "milestone")
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
        if not rows_of(history, made).any():
            continue
        rows = np.flatnonzero(rows_of(history, made, *ends))
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
                f"{EVENTS[history.codes[row]]} {quoted(name_at(history, row))} without a row `{made}` before"
            ),
        )


def renewals(history: History, rules: Rules) -> Iterator[Check]:
    """Renewals dated before they are due; a renewal is dated on the day on which the new term begins."""
    if not rules.terms:
        return
    segment = segment_places(history, rules)
    term = np.array([*rules.terms.values(), 0], np.int64)[segment]
    date = history.frame["date"].to_numpy().astype("M8[D]")
    renewed = rows_of(history, "renewed", "recovered")
    anchors, agreed = rows_of(history, "joined", "returned"), rows_of(history, "due")
    places = np.arange(len(history))
    started = latest_of(history, anchors | agreed)
    # Without a known beginning the first renewal is one (a late one within grace says nothing of when it was due).
    plain = np.where(rows_of(history, "renewed") & (started < 0), places, len(history))
    first = np.searchsorted(history.member, np.arange(history.members))
    initial = np.minimum.reduceat(plain, first)[history.member] if len(history) else plain
    base = np.where(started >= 0, started, np.where(initial <= places, initial, -1))
    count = np.cumsum(renewed)
    since: Rows = count - count[base]
    words = history.frame["name"].cat.categories.astype(object)
    days = np.array([word if is_day(word) else "NaT" for word in words] + ["NaT"], "M8[D]")
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
        lambda row: f"{quoted(name_at(history, row))} is no event: {one_of(EVENTS, name_at(history, row))}",
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
        lambda row: f"there is no earlier row `{name_at(history, row)}` of this member on {day_at(history, row)}",
    )

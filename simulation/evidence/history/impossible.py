"""Rows that cannot be in a history, each seen for itself: dates, copies, names, amounts."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING, Any

import numpy as np
import numpy.typing as npt

from simulation.evidence.history.history import History
from simulation.evidence.history.marks import (
    Check,
    day_at,
    first_rows,
    is_day,
    latest_of,
    milestone_places,
    name_at,
    rows_of,
    segment_places,
)
from simulation.evidence.history.vocabulary import (
    CODE,
    EVENTS,
    INTERVENTION_EVENTS,
    MILESTONE_EVENTS,
    WORDS,
)
from simulation.scenario.book.cells import quoted
from simulation.scenario.errors import one_of

if TYPE_CHECKING:
    from simulation.evidence.history.checks import Rules

__all__ = ["amounts", "copies", "dates", "names", "notes"]


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
                    f"{day_at(history, row, column)} lies after the day of the export, {rules.exported}; "
                    "if the export is of another day, give that day"
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
    same = ~first_rows(history)
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
        lambda row: f"the row of {day_at(history, row)} ({EVENTS[history.codes[row]]}) stands there already",
    )
    rows = np.flatnonzero(rows_of(history, "usage"))
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
        lambda row: f"{day_at(history, row)[:7]} has its usage already: give one figure a month",
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
            rows_of(history, "moved") & ~np.append(np.isin(words, segments), False)[name],
            "name",
            "unknown segment",
            lambda row: (
                f"there is no segment {quoted(name_at(history, row))}: {one_of(segments, name_at(history, row))}"
            ),
        )
        yield from _milestone_names(history, rules, name, words)
    if rules.interventions is not None:
        interventions = rules.interventions
        yield Check(
            rows_of(history, *INTERVENTION_EVENTS) & ~np.append(np.isin(words, interventions), False)[name],
            "name",
            "unknown intervention",
            lambda row: (
                f"there is no intervention {quoted(name_at(history, row))}: "
                + one_of(interventions, name_at(history, row))
            ),
        )
    else:
        needed = rows_of(
            history, *(e for e in EVENTS if e in MILESTONE_EVENTS + INTERVENTION_EVENTS + ("moved", "due"))
        )
        yield Check(
            needed & (name < 0),
            "name",
            "a required cell is empty",
            lambda row: f"is empty: expected {WORDS[EVENTS[history.codes[row]]].name}",
        )
    dues = [place for place, word in enumerate(words) if is_day(word)]
    yield Check(
        rows_of(history, "due") & ~np.isin(name, dues),
        "name",
        "unreadable date",
        lambda row: (
            f"{quoted(name_at(history, row))} is not a date: expected the day of the next renewal, as 2027-01-31"
        ),
    )
    code = frame["segment"].cat.codes.to_numpy()
    said = code >= 0
    before = latest_of(history, said & np.append([False], said[:-1] | True))
    previous = np.append([-1], before[:-1])[: len(history)]
    previous = np.where(first_rows(history), -1, previous)
    yield Check(
        said & (previous >= 0) & (code != code[previous]) & (latest_of(history, history.codes == CODE["moved"]) < 0),
        "segment",
        "another segment without moving",
        lambda row: (
            f"{quoted(frame['segment'].iloc[row])}, but the row before says "
            f"{quoted(frame['segment'].iloc[previous[row]])}: a change needs a row `moved`"
        ),
    )


def _milestone_names(history: History, rules: Rules, name: npt.NDArray[Any], words: list[str]) -> Iterator[Check]:
    segment = segment_places(history, rules)
    place = milestone_places(history, rules)
    everywhere = list(dict.fromkeys(one for journey in rules.journeys.values() for one in journey))
    known = np.append(np.isin(words, everywhere) if words else np.zeros(0, bool), False)[name]
    blank = (name < 0) | (np.append(np.array(words, object) == "none", False)[name])
    wrong = np.where(segment >= 0, place < 0, ~known)
    of = rows_of(history, *MILESTONE_EVENTS) | (rows_of(history, "present") & ~blank)
    journeys = list(rules.journeys.values())
    segments = list(rules.journeys)

    def message(row: int) -> str:
        word, at = name_at(history, row), int(segment[row])
        there = everywhere if at < 0 else journeys[at]
        whose = "there is no milestone" if at < 0 else f"segment {segments[at]!r} has no milestone"
        return f"{whose} {quoted(word)}: {one_of(there, word)}"

    yield Check(of & wrong, "name", "unknown milestone", message)


def amounts(history: History, rules: Rules) -> Iterator[Check]:
    """Negative ARR and usage, ratings outside of their scale."""
    value = history.frame["value"].to_numpy()
    signed = history.codes == CODE["price"]
    yield Check(
        (value < 0) & ~signed & history.live,
        "value",
        "negative value",
        lambda row: f"{value[row]:g} is negative: {WORDS[EVENTS[history.codes[row]]].value or 'no value'} is 0 or more",
    )
    yield Check(
        (value > 1) & rows_of(history, "rating"),
        "value",
        "rating outside of 0 to 1",
        lambda row: f"{value[row]:g} is no rating: expected a number from 0 (worst) to 1 (best)",
    )
    level = history.levels
    yield Check(
        (level < 0) & rows_of(history, "contracted") & ~(value < 0),
        "value",
        "ARR below zero",
        lambda row: f"{value[row]:,.2f} is more than the ARR that the member had, {value[row] + level[row] / 100:,.2f}",
    )


def notes(history: History) -> list[str]:
    """What deserves a look and is no fault."""
    found = []
    if rows_of(history, "taken").any() and not rows_of(history, "offered").any():
        found.append("has takes but no offers: take rates cannot be read from it")
    if rows_of(history, "milestone").any() and not rows_of(history, "joined", "present").any():
        found.append("has milestones but nobody who joins")
    return found

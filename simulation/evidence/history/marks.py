"""What the checks of a history share: masks over its rows, and what a message says of one."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, NamedTuple

import numpy as np
import numpy.typing as npt

from simulation.evidence.history.history import History
from simulation.evidence.history.vocabulary import (
    CODE,
)

if TYPE_CHECKING:
    from simulation.evidence.history.checks import Rules

__all__ = [
    "Check", "Mask", "Rows", "day_at", "first_rows", "is_day", "latest_of", "milestone_places", "name_at",
    "rows_of", "segment_places",
]  # fmt: skip

Mask = npt.NDArray[np.bool_]
Rows = npt.NDArray[np.int64]


class Check(NamedTuple):
    """One thing that cannot be: in which rows, in which column, and what to say of each."""

    faulty: Mask
    column: str
    reason: str
    message: Callable[[int], str]


def rows_of(history: History, *events: str) -> Mask:
    """Rows of some events that no correction has voided."""
    chosen: Mask = np.isin(history.codes, [CODE[event] for event in events])
    return chosen & history.live


def day_at(history: History, row: int, column: str = "date") -> str:
    return str(history.frame[column].iloc[row].date())


def name_at(history: History, row: int) -> str:
    name = history.frame["name"].iloc[row]
    return name if isinstance(name, str) else ""


def first_rows(history: History) -> Mask:
    """The first row of every member."""
    starts = np.ones(len(history), bool)
    starts[1:] = history.member[1:] != history.member[:-1]
    return starts


def latest_of(history: History, chosen: Mask) -> Rows:
    """The last chosen row of the same member up to each row, itself included; -1: none."""
    places = np.arange(len(history))
    last = np.maximum.accumulate(np.where(chosen, places, -1))
    first = np.maximum.accumulate(np.where(first_rows(history), places, 0))
    result: Rows = np.where(last >= first, last, -1)
    return result


def is_day(word: str) -> bool:
    try:
        return not np.isnat(np.datetime64(word, "D")) and len(word) == 10
    except ValueError:
        return False


def segment_places(history: History, rules: Rules) -> npt.NDArray[np.int64]:
    """Place of the segment of every row's member among the rules' segments; -1: not known."""
    rows = history.by_member_raw
    places = {name: place for place, name in enumerate(rules.journeys)}
    single = 0 if len(places) == 1 else -1
    own = np.array([places.get(name, -1) for name in rows.segments] + [single], np.int64)
    result: npt.NDArray[np.int64] = own[rows.segment][history.member]
    return result


def milestone_places(history: History, rules: Rules) -> npt.NDArray[np.int64]:
    """Place of every row's name in the journey of its member; -1: not in it."""
    words = list(history.frame["name"].cat.categories.astype(object))
    table = np.full((len(rules.journeys) + 1, len(words) + 1), -1, np.int64)
    at = {word: place for place, word in enumerate(words)}
    for place, journey in enumerate(rules.journeys.values()):
        for number, milestone in enumerate(journey):
            if milestone in at:
                table[place, at[milestone]] = number
    result: npt.NDArray[np.int64] = table[
        segment_places(history, rules), history.frame["name"].cat.codes.to_numpy().astype(np.int64)
    ]
    return result

"""Impossible histories: each kind is found, with its row, and all of them at once."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

GOOD = (
    "A,2025-01-10,joined,,100",
    "A,2025-02-10,milestone,first_value,",
    "A,2025-05-10,milestone,certified,",
    "A,2025-05-10,offered,certified,50",
    "A,2025-05-10,taken,certified,50",
    "A,2025-06-03,usage,,12",
    "A,2025-07-01,intervention,welcome,",
    "A,2026-01-10,renewed,,150",
    "A,2026-06-01,left,,",
    "A,2026-08-01,returned,,120",
)
IMPOSSIBLE = {
    "before joining": (["A,2025-01-09,interaction,,"], "2: date: interaction before joining on 2025-01-10"),
    "after leaving": (["A,2026-07-01,interaction,,"], "after leaving on 2026-06-01 without a return"),
    "twice": (["A,2025-06-10,milestone,first_value,"], "'first_value' is reached after 'certified'"),
    "again": (["A,2025-06-10,milestone,certified,"], "'certified' is reached twice"),
    "skipped": (["B,2025-01-01,joined,,", "B,2025-06-10,milestone,certified,"], "without 'first_value'"),
    "not offered": (["A,2025-08-10,taken,certified,5"], "taken 'certified' without a row `offered` before"),
    "negative": (["B,2025-01-01,joined,,-5"], "-5 is negative"),
    "below zero": (["A,2025-09-01,contracted,,500"], "500.00 is more than the ARR that the member had, 150.00"),
    "early": (["B,2025-01-31,joined,,", "B,2026-01-30,renewed,,"], "lies before the renewal is due, 2026-01-31"),
    "duplicate": (["A,2025-02-10,milestone,first_value,"], "stands there already"),
    "segment": (["B,2025-01-01,joined,,"], None),
    "milestone": (["A,2025-12-10,milestone,firstvalue,"], "has no milestone 'firstvalue'"),
    "intervention": (["A,2025-12-10,intervention,wellcome,"], "there is no intervention 'wellcome'"),
    "event": (["A,2025-12-10,renewd,,"], "there is no event 'renewd'"),
    "future": (["A,2027-01-02,interaction,,"], "lies after the day of the export, 2027-01-01"),
    "left twice": (["A,2026-07-01,left,,"], "has left already on 2026-06-01"),
    "joined twice": (["A,2026-07-01,joined,,"], "joins a second time"),
    "there": (["A,2025-07-01,returned,,"], "is a member already"),
    "never": (["B,2025-07-01,interaction,,"], "no row joined, returned or present"),
    "usage twice": (["A,2025-06-30,usage,,11"], "2025-06 has its usage already"),
    "correction": (["A,2025-06-30,correction,left,"], "there is no earlier row `left`"),
    "no correction": (["A,2025-06-30,correction,gone,"], "'gone' is no event"),
    "due": (["A,2025-06-30,due,soon,"], "'soon' is not a date"),
    "date": (["A,30.06.2025,interaction,,"], "is not a date: expected year-month-day"),
    "number": (["A,2025-06-30,usage,,viel"], "'viel' is not a number"),
    "no id": ([",2025-06-30,interaction,,"], "is empty"),
}


def test_a_possible_history_has_nothing_wrong(read: Callable[..., Any]) -> None:
    history = read(*GOOD)
    assert len(history) == len(GOOD) and history.warnings == ()


@pytest.mark.parametrize("name", [name for name, (_, message) in IMPOSSIBLE.items() if message])
def test_each_impossible_thing_is_found_with_its_row(name: str, refused: Callable[..., list[str]]) -> None:
    rows, message = IMPOSSIBLE[name]
    found = refused(*rows, *GOOD)
    assert any(message in one for one in found), found
    assert all(int(one.split(":")[0]) >= 2 for one in found)


def test_all_faults_are_listed_at_once_in_the_order_of_the_file(refused: Callable[..., list[str]]) -> None:
    found = refused("B,2025-06-30,renewd,,", *GOOD, "A,2027-05-01,interaction,,", "C,x,joined,,")
    assert [int(one.split(":")[0]) for one in found] == [2, 13, 14]


def test_renewals_may_be_early_when_that_is_said(read: Callable[..., Any]) -> None:
    assert len(read("B,2025-01-31,joined,,", "B,2026-01-11,renewed,,", early=20)) == 2


def test_what_is_due_is_what_was_agreed(read: Callable[..., Any], refused: Callable[..., list[str]]) -> None:
    rows = ("B,2025-03-20,joined,,", "B,2025-03-20,due,2026-01-01,")
    assert len(read(*rows, "B,2026-01-01,renewed,,")) == 3
    assert "due, 2026-01-01" in refused(*rows, "B,2025-12-31,renewed,,")[0]


def test_quarantine_leaves_out_whole_members_and_counts(read: Callable[..., Any]) -> None:
    history = read(
        *GOOD, "B,2025-01-01,joined,,", "B,2024-01-01,interaction,,", "C,2025-01-01,jined,,", quarantine=True
    )
    left_out = history.excluded
    assert history.members == 1 and len(history) == len(GOOD)
    assert (left_out.members, left_out.of_members, left_out.rows, left_out.of_rows) == (1, 2, 3, len(GOOD) + 3)
    assert left_out.share == 0.5 and left_out.reasons == {"before joining": 1, "unknown event": 1}


def test_who_was_there_before_the_record_may_begin_anywhere(read: Callable[..., Any]) -> None:
    rows = ("B,2024-01-01,joined,,", "B,2025-01-01,present,,10", "B,2025-02-01,milestone,certified,")
    assert len(read(*rows)) == 3


def test_a_return_on_the_day_of_leaving_comes_after_it(read: Callable[..., Any]) -> None:
    history = read("B,2025-01-01,joined,,10", "B,2025-05-01,left,,", "B,2025-05-01,returned,,12")
    assert history.frame["event"].tolist() == ["joined", "left", "returned"]
    assert history.levels.tolist() == [1000, 0, 1200]

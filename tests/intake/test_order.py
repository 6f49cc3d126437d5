"""The order of milestones and their stages come from what happened; names only help."""

from __future__ import annotations

import datetime as dt

import pytest

from simulation.intake.order import in_order_of, stages_of, why_there

START = dt.date(2025, 1, 1)
JOINED = {str(who): START for who in range(40)}


def reached(**days: dict[int, int]) -> dict[str, dict[str, dt.date]]:
    """First days by milestone and member, as days after joining."""
    return {
        name: {str(who): START + dt.timedelta(lag) for who, lag in several.items()} for name, several in days.items()
    }


def test_who_has_both_says_which_comes_first() -> None:
    # The exam is taken late by the few who take it; of those who log in at all, late ones pull the median up.
    found = reached(exam=dict.fromkeys(range(10), 60), login={who: 30 if who < 10 else 200 for who in range(40)})
    order = in_order_of(found, JOINED)
    assert order == ["login", "exam"]
    said = "10 members, 60 days after joining (median); 10 of 10 who have both reached 'login' before"
    assert why_there("exam", order, found, JOINED) == said
    assert why_there("login", order, found, JOINED).startswith("reached first: 40 members")


def test_where_hardly_anybody_has_both_the_sooner_one_comes_first() -> None:
    found = reached(second={1: 90, 2: 95, 3: 80}, first={4: 20, 5: 25}, never={})
    assert in_order_of(found, JOINED)[-2:] == ["first", "second"]
    assert why_there("never", ["never", "first", "second"], found, JOINED) == "nobody has reached it"


def test_where_hardly_anybody_has_both_names_count_before_days() -> None:
    found = reached(certification={1: 55, 2: 61}, onboarding={1: 27, 2: 116})
    assert in_order_of(found, JOINED) == ["onboarding", "certification"]


@pytest.mark.parametrize(
    ("order", "stages"),
    [
        (["first_login", "certification_exam"], ["adoption", "value"]),
        (["yoga", "pilates", "swimming"], ["adoption", "value", "value"]),  # no name says anything
        (["certification_exam", "first_login"], ["adoption", "adoption"]),  # the name gives way to the order
        (["welcome_call", "yoga", "basic_course"], ["adoption", "adoption", "adoption"]),
        (["certification_exam", "yoga"], ["value", "value"]),
        (["yoga"], ["adoption"]),
    ],
)
def test_stages_follow_the_order(order: list[str], stages: list[str]) -> None:
    assert list(stages_of(order).values()) == stages

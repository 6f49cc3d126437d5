"""Numbers and dates in words."""

from datetime import date, timedelta

import numpy as np
import pytest

from simulation.report.words import (
    at_end,
    between,
    date_ticks,
    end_of,
    listed,
    name,
    number,
    path_words,
    short,
    span,
    to_the_cent,
)  # fmt: skip

NAN = float("nan")


@pytest.mark.parametrize(
    ("value", "unit", "spread", "text"),
    [
        (4_312_345.67, "money", 4e5, "$4,312,000"),
        (90_000, "money", 0, "$90,000"),
        (12.5, "money", NAN, "$12.50"),
        (-1234, "money", NAN, "−$1,234"),
        (-0.001, "money", NAN, "$0"),
        (0.8149, "share", 0.1, "81.5%"),
        (0.81493, "share", 0.001, "81.49%"),
        (4987, "members", 300, "4,987"),
        (2.25, "count", NAN, "2.2"),
        (2.25, "days", 5, "2.2 days"),
        (0.053, "days", 0.1, "0.05 days"),
        (1234.5, "hours", 10, "1,234 hours"),
        (3.317, "ratio", 1, "3.32"),
        (float("inf"), "ratio", NAN, "∞"),
        (NAN, "money", NAN, "–"),
        (None, "share", NAN, "–"),
    ],
)
def test_numbers_have_the_digits_that_they_deserve(value: float, unit: str, spread: float, text: str) -> None:
    assert number(value, unit, "USD", spread) == text


@pytest.mark.parametrize(
    ("low", "high", "unit", "text"),
    [
        (4.1234e6, 4.612e6, "money", "$4.12M and $4.61M"),
        (4.12e6, 4.13e6, "money", "$4.120M and $4.130M"),
        (84_000, 93_000, "money", "$84k and $93k"),
        (940_000, 1_100_000, "money", "$0.94M and $1.10M"),
        (-30_000, 250_000, "money", "−$30k and $250k"),
        (0.984, 1.031, "share", "98.4% and 103.1%"),
        (0.9, 1.1, "share", "90% and 110%"),
        (4.6, 5.3, "days", "4.6 and 5.3 days"),
        (0.0441, 0.0582, "days", "0.04 and 0.06 days"),
        (4987, 5120, "members", "4,990 and 5,120"),
    ],
)
def test_ends_of_ranges_can_be_told_apart(low: float, high: float, unit: str, text: str) -> None:
    assert between(low, high, unit, "USD") == text


def test_random_ranges_are_never_printed_as_one_number() -> None:
    rng = np.random.default_rng(4)
    for _ in range(500):
        low = float(rng.normal() * 10 ** rng.uniform(-1, 9))
        high = low + float(10 ** rng.uniform(-1, 7)) + abs(low) * 1e-3
        left, _, right = between(low, high, "money", "EUR").partition(" and ")
        assert left != right, (low, high)


def test_other_words() -> None:
    assert short(0, "money", "USD", 0.25, 1e6) == "$0"
    assert number(5, "money", "CHF") == "CHF 5"
    assert to_the_cent(4352.714, "USD") == "+$4,352.71" and to_the_cent(-0.5, "CHF") == "−CHF 0.50"
    assert to_the_cent(-0.001, "") == "+0.00"
    assert span(4.6, 5.31, "days") == "4.6 to 5.3 days"
    assert listed(["a", "b", "c"]) == "a, b and c" and listed(["a"]) == "a" and listed([]) == ""
    assert name("value_review_meeting", 10) == "value rev…"
    assert path_words("segments.x.arrivals.per_month") == "x: new members a month"
    assert path_words("segments.tech_touch.journey.whole_team.opportunity.take") == "tech touch: whole team, take rate"
    effects = "interventions.onboarding.effects"
    assert path_words(f"{effects}.0.turn_toward.mean", 20) == "onboarding: course\ncorrection, mean"
    assert path_words(f"{effects}.1.turn_toward") == "onboarding: course correction (effect 2)"
    assert end_of(date(2029, 1, 1)) == "the end of 2028" and at_end(date(2027, 4, 1)) == "at the end of March 2027"
    assert at_end(date(2027, 4, 15)) == "on 14 April 2027"


@pytest.mark.parametrize("days", [1, 6, 20, 40, 60, 92, 200, 400, 731, 1500, 3653, 7305])
@pytest.mark.parametrize("most", [4, 6])
def test_ticks_are_few_and_within_the_dates(days: int, most: int) -> None:
    first = date(2027, 3, 15)
    last = first + timedelta(days=days)
    ticks = date_ticks(first, last, most)
    assert 1 <= len(ticks) <= most + 1
    assert all(first <= one <= last for one in ticks)
    assert len(set(ticks.values())) == len(ticks)

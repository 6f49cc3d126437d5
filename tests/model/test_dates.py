"""Calendar arithmetic against the standard library."""

from __future__ import annotations

import calendar
import datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from simulation.model import dates

days = st.dates(datetime.date(1700, 1, 1), datetime.date(2400, 12, 31))


def add_months_plainly(date: datetime.date, months: int) -> datetime.date:
    year, month = divmod(date.year * 12 + date.month - 1 + months, 12)
    return datetime.date(year, month + 1, min(date.day, calendar.monthrange(year, month + 1)[1]))


def test_every_day_of_five_centuries() -> None:
    for number in range(dates.day_number(datetime.date(1800, 1, 1)), dates.day_number(datetime.date(2300, 1, 1))):
        date = dates.date_of(number)
        assert dates.civil_from_days(number) == (date.year, date.month, date.day)
        assert dates.days_from_civil(date.year, date.month, date.day) == number


def test_the_epoch() -> None:
    assert dates.day_number(datetime.date(1970, 1, 1)) == 0
    assert dates.days_from_civil(1970, 1, 1) == 0
    assert dates.date_of(-1) == datetime.date(1969, 12, 31)


@pytest.mark.parametrize("year", [1900, 1999, 2000, 2024, 2027, 2100])
def test_lengths_of_months(year: int) -> None:
    for month in range(1, 13):
        assert dates.days_in_month(year, month) == calendar.monthrange(year, month)[1]


@given(days, st.integers(-600, 600))
def test_adding_months(date: datetime.date, months: int) -> None:
    assert dates.date_of(dates.add_months(dates.day_number(date), months)) == add_months_plainly(date, months)


def test_the_day_is_clipped_and_comes_back() -> None:
    anchor = dates.day_number(datetime.date(2027, 1, 31))
    got = [dates.date_of(dates.add_months(anchor, n)).isoformat() for n in (0, 1, 2, 3, 13, -2)]
    assert got == ["2027-01-31", "2027-02-28", "2027-03-31", "2027-04-30", "2028-02-29", "2026-11-30"]
    assert dates.date_of(dates.add_months(dates.day_number(datetime.date(2028, 2, 29)), 12)) == datetime.date(
        2029, 2, 28
    )


@given(days, st.integers(-240, 240), st.integers(1, 24))
def test_more_months_are_later(date: datetime.date, months: int, more: int) -> None:
    number = dates.day_number(date)
    assert dates.add_months(number, months) < dates.add_months(number, months + more)

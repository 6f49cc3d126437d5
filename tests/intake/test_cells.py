"""Dates in mixed forms and numbers with either decimal mark."""

from __future__ import annotations

import datetime as dt

import pytest
from hypothesis import given
from hypothesis import strategies as st

from simulation.intake.cells import date_of, marks_of, numbers, order_of
from simulation.scenario.book.cells import CellError

DAYS = st.dates(dt.date(1970, 1, 1), dt.date(2069, 12, 31))
CERTAIN = [
    "%Y-%m-%d",
    "%Y/%m/%d",
    "%d.%m.%Y",
    "%d.%m.%y",
    "%d %b %Y",
    "%d-%b-%y",
    "%B %d, %Y",
    "%a, %d %b %Y",
    "%Y%m%d",
]


@pytest.mark.parametrize("form", CERTAIN)
@given(day=DAYS)
def test_forms_that_leave_no_choice_are_read_without_being_told(form: str, day: dt.date) -> None:
    assert date_of(day.strftime(form), None) == day
    assert date_of(day.strftime(form) + " 10:15", None) == day


@given(day=DAYS, first=st.booleans())
def test_day_and_month_are_read_in_the_order_that_is_given(day: dt.date, first: bool) -> None:
    assert date_of(day.strftime("%d/%m/%Y" if first else "%m/%d/%Y"), first) == day


@given(day=DAYS)
def test_what_can_only_be_read_one_way_is_read_so(day: dt.date) -> None:
    text = day.strftime("%d/%m/%Y")
    if day.day > 12 or day.day == day.month:
        assert date_of(text, None) == date_of(text, True) == date_of(text, False) == day
    else:
        with pytest.raises(CellError, match=f"may be .*{day.isoformat()}"):
            date_of(text, None)


@pytest.mark.parametrize(
    ("text", "day"),
    [("3. März 2026", "2026-03-03"), ("15 févr. 2026", "2026-02-15"), ("Jan 5th, 2026", "2026-01-05"),
     ("5.1.26", "2026-01-05"), ("46023", "2026-01-01"), ("12/31/2026 11:59 PM", "2026-12-31"),
     ("2026-12-31T23:59:59Z", "2026-12-31"), ("31/12/69", "2069-12-31"), ("31/12/70", "1970-12-31")],
)  # fmt: skip
def test_forms_of_real_exports(text: str, day: str) -> None:
    assert date_of(text, None).isoformat() == day


@pytest.mark.parametrize(
    "text", ["31.02.2026", "tomorrow", "2026", "12/2026", "1/2/3/4", "0.0.2026", "2026-13-01", "99"]
)
def test_what_is_no_day_is_refused(text: str) -> None:
    with pytest.raises(CellError):
        date_of(text, True)


def test_one_cell_can_decide_a_column() -> None:
    assert order_of(["03/04/2026"] * 99).verdict is None
    assert order_of(["03/04/2026"] * 99 + ["13/04/2026"]).verdict is True
    assert order_of(["03/04/2026"] * 99 + ["04/13/2026"]).verdict is False
    mixed = order_of(["13/04/2026"] * 5 + ["04/13/2026"] * 2 + ["03/04/2026", "", "n/a?"])
    assert (mixed.day_first, mixed.month_first, mixed.open, mixed.read, mixed.of) == (5, 2, 1, 8, 9)


@pytest.mark.parametrize(
    ("cells", "mark"),
    [(["1.234,50 €"], ","), (["$1,234.50"], "."), (["1.200", "1.300"], None), (["1.200", "0,5"], ","),
     (["1.234.567"], ","), (["12.5"], "."), (["(1,234.00)"], "."), (["1'234.50"], "."), (["12", "13"], None),
     (["-5,00 EUR"], ",")],
)  # fmt: skip
def test_the_decimal_mark_by_evidence(cells: list[str], mark: str | None) -> None:
    found = marks_of(cells)
    assert found.verdict == mark and found.share == 1


@given(st.floats(0, 1e9).map(lambda one: round(one, 2)))
def test_amounts_are_read_back(amount: float) -> None:
    plain = f"{amount:,.2f}"
    german = plain.replace(",", " ").replace(".", ",").replace(" ", ".")
    assert numbers([f"${plain}", f"{plain} USD"], ".", "USD")[0] == [amount, amount]
    assert numbers([f"{german} €", f"€ {german}"], ",", "EUR")[0] == [amount, amount]


def test_what_is_no_number_is_named() -> None:
    values, wrong = numbers(["12", "", "twelve", "£5"], ".", "USD")
    assert values[0] == 12 and set(wrong) == {2, 3}
    assert "GBP" in wrong[3].message or "£" in wrong[3].message

"""Numbers with units."""

from __future__ import annotations

import contextlib
import math
import pickle

import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from simulation.scenario.errors import Misfit
from simulation.scenario.quantities import (
    ANGLE,
    DURATION,
    HOURS,
    MONEY,
    NUMBER,
    PACE,
    PER_YEAR,
    RATE,
    SHARE,
    TERM,
    WHOLE,
    Bounds,
    Kind,
    Quantity,
    cents,
    kinds,
    parse,
    parse_whole,
    written,
)

READ = [
    (DURATION, "10 days", 10.0),
    (DURATION, "1 day", 1.0),
    (DURATION, "4 months", 4 * 365.25 / 12),
    (DURATION, "2 weeks", 14.0),
    (DURATION, "1 quarter", 365.25 / 4),
    (DURATION, "1.5 years", 1.5 * 365.25),
    (DURATION, "12 hours", 0.5),
    (DURATION, 0, 0.0),
    (HOURS, "1.5 hours", 1.5),
    (HOURS, "30 minutes", 0.5),
    (PACE, "2 months", 2.0),
    (PACE, "2 pace-months", 2.0),
    (TERM, "12 months", 12.0),
    (TERM, "1 year", 12.0),
    (TERM, "1 quarter", 3.0),
    (RATE, "3 per month", 3 * 12 / 365.25),
    (RATE, "0.5 per year", 0.5 / 365.25),
    (RATE, "3/month", 3 * 12 / 365.25),
    (RATE, "2% per year", 0.02 / 365.25),
    (PER_YEAR, "2% per year", 0.02),
    (PER_YEAR, "-0.1 per year", -0.1),
    (ANGLE, "180 deg", math.pi),
    (ANGLE, "0.5 rad", 0.5),
    (ANGLE, "90°", math.pi / 2),
    (SHARE, "60%", 0.6),
    (SHARE, "60 %", 0.6),
    (SHARE, 0.6, 0.6),
    (NUMBER, 1.5, 1.5),
    (NUMBER, "130%", 1.3),
    (NUMBER, "1e-3", 0.001),
    (WHOLE, 7, 7.0),
    (MONEY, 99.5, 9950.0),
    (MONEY, 0.1, 10.0),
    (MONEY, "1234567890.01", 123456789001.0),
]


@pytest.mark.parametrize(("kind", "raw", "value"), READ, ids=lambda x: str(x))
def test_reads_a_quantity_in_its_base_unit(kind: Kind, raw: object, value: float) -> None:
    assert parse(kind, raw) == pytest.approx(value, rel=1e-15)


REFUSED = [
    (DURATION, 10, "unit is missing"),
    (DURATION, "10", "unit is missing"),
    (DURATION, "10 deg", "not a unit of time"),
    (DURATION, "10 kg", "not a unit of time"),
    (DURATION, "10%", "percentage"),
    (DURATION, "10 moths", "did you mean 'months'"),
    (DURATION, "ten days", "a length of time such as"),
    (DURATION, "", "a length of time such as"),
    (DURATION, "9**9**9 days", "a length of time such as"),
    (DURATION, "1e999 days", "finite"),
    (DURATION, "x" * 100_000, "a length of time such as"),
    (DURATION, True, "not true"),
    (DURATION, None, "not nothing"),
    (DURATION, ["1 day"], "not a list"),
    (TERM, "1.5 months", "whole number of calendar months"),
    (TERM, "30 days", "not a calendar month"),
    (RATE, 3, "time unit is missing"),
    (RATE, "3 months", "not a rate"),
    (RATE, "3 per kg", "not a unit of time"),
    (PER_YEAR, "2%", "time unit is missing"),
    (PER_YEAR, "2% per month", "per year"),
    (ANGLE, 35, "unit is missing"),
    (ANGLE, "35 days", "not a unit of angle"),
    (ANGLE, "35%", "percentage is not an angle"),
    (SHARE, "60 deg", "without a unit"),
    (NUMBER, math.nan, "finite"),
    (NUMBER, math.inf, "finite"),
    (NUMBER, 10**400, "finite"),
    (MONEY, "5 USD", "plain number"),
    (MONEY, "5%", "plain number"),
    (MONEY, 1e300, "at most"),
]


@pytest.mark.parametrize(("kind", "raw", "said"), REFUSED, ids=lambda x: str(x)[:20])
def test_says_what_was_expected(kind: Kind, raw: object, said: str) -> None:
    with pytest.raises(Misfit, match=said) as caught:
        parse(kind, raw)
    assert len(str(caught.value)) < 400


def test_bounds_are_told_in_the_units_of_files() -> None:
    with pytest.raises(Misfit, match="must be at most 100%, not 60 .for a percentage write '60%'."):
        parse(SHARE, 60, Bounds(at_least=0.0, at_most=1.0))
    with pytest.raises(Misfit, match="must be more than 0 days, not '-3 days'"):
        parse(DURATION, "-3 days", Bounds(above=0.0))
    assert parse(SHARE, "100%", Bounds(at_most=1.0)) == 1.0


@pytest.mark.parametrize(
    ("amount", "whole"), [(0.005, 1), (0.004999, 0), (12.345, 1235), (2.675, 268), (1.115, 112), (7, 700)]
)
def test_money_is_rounded_half_up_to_cents(amount: float, whole: int) -> None:
    assert parse_whole(MONEY, amount) == whole


def test_a_part_of_a_person_is_refused() -> None:
    with pytest.raises(Misfit, match=r"a whole number, not 2\.5"):
        parse_whole(WHOLE, 2.5)
    with pytest.raises(Misfit, match=r"a whole number, not 2\.5"):
        parse_whole(WHOLE, Quantity(2.5, WHOLE))


@given(st.sampled_from([k for k in kinds() if not k.whole]), st.floats(-1e9, 1e9))
def test_writing_and_reading_gives_exactly_the_same_number(kind: Kind, value: float) -> None:
    assume(kind is not MONEY or value == 0 or abs(value) > 1e-6)  # a fraction of a cent is never written
    assert parse(kind, written(kind, value)) == value


@given(st.decimals(-1_000_000, 1_000_000, places=2))
def test_cents_are_exact(amount: object) -> None:
    value = parse(MONEY, float(str(amount)))
    assert value == int(value) == cents(value)


@given(st.text(max_size=40), st.sampled_from(kinds()))
def test_any_text_is_a_number_or_a_misfit(text: str, kind: Kind) -> None:
    with contextlib.suppress(Misfit):
        assert math.isfinite(parse(kind, text))


def test_a_kind_is_one_object_also_after_a_pickle() -> None:
    assert all(pickle.loads(pickle.dumps(kind)) is kind for kind in kinds())


@pytest.mark.parametrize("value", [1e308, -1e308, float("inf"), float("nan")])
@pytest.mark.parametrize("kind", kinds(), ids=lambda kind: kind.name)
def test_no_number_is_too_large_to_be_written(kind: Kind, value: float) -> None:
    """What stands in a message is written without an error, however absurd it is."""
    assert written(kind, value) is not None

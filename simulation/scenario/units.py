"""Units: what pint knows of time and angles, and how each kind of quantity is converted to its base unit."""

from __future__ import annotations

import math
from decimal import Decimal
from functools import cache, lru_cache
from typing import Any, Final

from simulation.scenario.errors import Misfit, nearest

MONTH: Final = 365.25 / 12
"""Days of a mean month."""
YEAR: Final = 365.25
"""Days of a mean year."""

_TIME_UNITS = ("minutes", "hours", "days", "weeks", "months", "quarters", "years")
_ANGLE_UNITS = ("deg", "degree", "degrees", "°", "rad", "radian", "radians", "turn", "turns")


@cache
def _registry() -> Any:
    import pint

    registry: Any = pint.UnitRegistry(cache_folder=None)
    registry.define("quarter_of_year = 3 * month = _ = quarters")
    return registry


@lru_cache(maxsize=1024)
def _factor(text: str, angle: bool) -> float:
    """Days of one time unit, or radians of one angle unit.

    Raises
    ------
    Misfit
        When the text names no unit, or a unit of something else.
    """
    name = {"quarter": "quarters", "°": "deg", "pace-month": "months", "pace-months": "months"}.get(text, text)
    known = _ANGLE_UNITS if angle else _TIME_UNITS
    try:
        unit = _registry().parse_units(name)
    except ImportError:
        raise  # something is not installed
    except Exception:  # pint raises several unrelated classes for text that is no unit
        guess = nearest(text, known)
        raise Misfit(f"unknown unit {text!r}" + (f"; did you mean {guess!r}?" if guess else "")) from None
    dimension = dict(unit.dimensionality)
    if angle:
        if dimension or name not in _ANGLE_UNITS:
            raise Misfit(f"{text!r} is not a unit of angle")
        return float(_registry().Quantity(1.0, unit).to("radian").magnitude)
    if dimension != {"[time]": 1}:
        raise Misfit(f"{text!r} is not a unit of time")
    return float(_registry().Quantity(1.0, unit).to("second").magnitude) / 86400.0


def _time(number: float, percent: bool, unit: str, base: float) -> float:
    if percent:
        raise Misfit("a percentage is not a length of time")
    if not unit:
        if number == 0.0:
            return 0.0
        raise Misfit("the unit is missing")
    factor = _factor(unit, False)
    return number if factor == base else number * (factor / base)


def duration(number: float, percent: bool, unit: str) -> float:
    """Days."""
    return _time(number, percent, unit, 1.0)


def hours(number: float, percent: bool, unit: str) -> float:
    """Hours."""
    return _time(number, percent, unit, 1.0 / 24.0)


def pace(number: float, percent: bool, unit: str) -> float:
    """Pace-months: months of an aligned member at typical pace."""
    return _time(number, percent, unit, MONTH)


def calendar_months(number: float, percent: bool, unit: str) -> float:
    """Whole calendar months."""
    if percent or not unit:
        raise Misfit("the unit is missing" if not percent else "a percentage is not a length of time")
    factor = _factor(unit, False)
    months = number * {MONTH: 1.0, 3 * MONTH: 3.0, YEAR: 12.0}.get(factor, math.nan)
    if math.isnan(months):
        raise Misfit(f"{unit!r} is not a calendar month or year")
    if not months.is_integer():
        raise Misfit("a term is a whole number of calendar months")
    return months


def _denominator(unit: str) -> str:
    for lead in ("per ", "/"):
        if unit.startswith(lead):
            return unit[len(lead) :].strip()
    raise Misfit("the time unit is missing" if not unit else f"{unit!r} is not a rate")


def rate(number: float, percent: bool, unit: str) -> float:
    """Per day."""
    if not unit and number == 0.0:
        return 0.0
    return (number / 100.0 if percent else number) / _factor(_denominator(unit), False)


def per_year(number: float, percent: bool, unit: str) -> float:
    """A fraction per year."""
    if not unit and number == 0.0:
        return 0.0
    if _factor(_denominator(unit), False) != YEAR:
        raise Misfit("growth is stated per year")
    return number / 100.0 if percent else number


def angle(number: float, percent: bool, unit: str) -> float:
    """Radians."""
    if percent:
        raise Misfit("a percentage is not an angle")
    if not unit:
        if number == 0.0:
            return 0.0
        raise Misfit("the unit is missing")
    return number * _factor(unit, True)


def bare(number: float, percent: bool, unit: str) -> float:
    """A number without a unit; a percentage is a fraction."""
    if unit:
        raise Misfit(f"a number without a unit is needed here, not {unit!r}")
    return number / 100.0 if percent else number


def money(number: float, percent: bool, unit: str) -> float:
    """Cents, not rounded."""
    if unit or percent:
        raise Misfit("money is a plain number, in the currency of the scenario")
    return float(Decimal(repr(number)).scaleb(2))

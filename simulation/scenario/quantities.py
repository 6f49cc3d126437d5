"""Numbers with units: text as a planner writes it, to a float in the base unit of its kind, and back.

Inside, time is in days, rates are per day, angles are radians, money is whole cents, shares are fractions,
effort is hours and progress is pace-months; a month is 365.25/12 days everywhere but in contract terms.
"""

from __future__ import annotations

import math
import re
from collections.abc import Callable
from dataclasses import dataclass, field
from decimal import ROUND_HALF_UP, Decimal
from functools import lru_cache
from typing import Any, Final

from simulation.scenario import units
from simulation.scenario.errors import Misfit, shown
from simulation.scenario.units import MONTH, YEAR

CENTS_LIMIT: Final = 1_000_000_000_000
"""No amount of money may exceed this many cents, so that sums stay within int64."""

_TEXT = re.compile(
    r"^([+-]?(?:\d[\d_]{0,30}(?:\.\d{0,30})?|\.\d{1,30})(?:[eE][+-]?\d{1,3})?)"  # the number
    r"\s*(%)?\s*([A-Za-z/° \-]{0,40})$"  # the unit
)


@dataclass(frozen=True, slots=True)
class Kind:
    """A kind of quantity: how it is written, what it becomes.

    Attributes
    ----------
    name : str
        Its name in the JSON Schema.
    unit : str
        The units in which it can be written, for documentation.
    expected : str
        What an error message says was expected, with an example.
    convert : callable
        ``(number, percent, unit text) -> float`` in the base unit; raises `Misfit`.
    candidates : tuple of (str, float, bool)
        Ways to write a value: text after the number, base units of one, shown as a percentage.
    whole, bare : bool
        Whether it must be a whole number; whether it is written without a unit.
    pattern : str
        Regular expression of the written text, for the JSON Schema; empty when only bare numbers are.
    """

    name: str
    unit: str
    expected: str
    convert: Callable[[float, bool, str], float] = field(repr=False, compare=False)
    candidates: tuple[tuple[str, float], ...] = ()
    pattern: str = ""
    whole: bool = False
    bare: bool = False

    def __reduce__(self) -> tuple[Any, ...]:
        return (kind_named, (self.name,))


class Quantity:
    """A number that is already in the base unit of its kind (a draw of an assumption)."""

    __slots__ = ("kind", "value")

    def __init__(self, value: float, kind: Kind) -> None:
        self.value = value
        self.kind = kind

    def __repr__(self) -> str:
        return str(written(self.kind, self.value))

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Quantity) and (other.value, other.kind) == (self.value, self.kind)

    def __hash__(self) -> int:
        return hash(self.value)


class Probe:
    """Stands at a path in place of a value, to learn which kind of number the schema reads there."""

    __slots__ = ("kind", "original")

    def __init__(self, original: object) -> None:
        self.original = original
        self.kind: Kind | None = None


@dataclass(frozen=True, slots=True)
class Bounds:
    """Limits of a quantity, in its base unit."""

    at_least: float | None = None
    above: float | None = None
    at_most: float | None = None
    below: float | None = None

    def complaint(self, kind: Kind, value: float) -> str | None:
        """Why `value` is outside, or None."""
        if self.at_least is not None and value < self.at_least:
            return f"must be at least {written(kind, self.at_least)}"
        if self.above is not None and value <= self.above:
            return f"must be more than {written(kind, self.above)}"
        if self.at_most is not None and value > self.at_most:
            return f"must be at most {written(kind, self.at_most)}"
        if self.below is not None and value >= self.below:
            return f"must be less than {written(kind, self.below)}"
        return None


ANY: Final = Bounds()


_TIME_TEXT = r"(minutes?|hours?|days?|weeks?|months?|quarters?|years?)"
_NUMBER_TEXT = r"^[+-]?[0-9_]*\.?[0-9]*([eE][+-]?[0-9]+)?"

DURATION = Kind(
    "duration", "hours, days, weeks, months or years", "a length of time such as '4 months' or '10 days'",
    units.duration,
    (("months", MONTH), ("days", 1.0), ("hours", 1 / 24)), _NUMBER_TEXT + r"\s*" + _TIME_TEXT + "$",
)  # fmt: skip
HOURS = Kind(
    "effort", "hours", "an effort such as '1.5 hours'", units.hours, (("hours", 1.0),),
    _NUMBER_TEXT + r"\s*" + _TIME_TEXT + "$",
)  # fmt: skip
PACE = Kind(
    "pace-months", "pace-months", "progress in months at typical pace, such as '2 months'", units.pace,
    (("months", 1.0),), _NUMBER_TEXT + r"\s*" + _TIME_TEXT + "$",
)  # fmt: skip
TERM = Kind(
    "calendar-months", "calendar months", "whole calendar months or years, such as '12 months'",
    units.calendar_months,
    (("months", 1.0),), r"^[0-9]+\s*(months?|quarters?|years?)$", whole=True,
)  # fmt: skip
RATE = Kind(
    "rate", "per day, week, month or year", "a rate such as '3 per month' or '0.5 per year'", units.rate,
    (("per year", 1.0 / YEAR), ("per month", 1.0 / MONTH), ("per day", 1.0)),
    _NUMBER_TEXT + r"\s*%?\s*(per |/ ?)" + _TIME_TEXT + "$",
)  # fmt: skip
PER_YEAR = Kind(
    "growth", "% per year", "a yearly share such as '2% per year'", units.per_year,
    (("% per year", 0.01), ("per year", 1.0)), _NUMBER_TEXT + r"\s*%?\s*(per |/ ?)years?$",
)  # fmt: skip
ANGLE = Kind(
    "angle", "deg or rad", "an angle such as '35 deg'", units.angle, (("deg", math.pi / 180.0), ("rad", 1.0)),
    _NUMBER_TEXT + r"\s*(deg|degrees?|°|rad|radians?|turns?)$",
)  # fmt: skip
SHARE = Kind(
    "share",
    "% or a fraction",
    "a share such as '60%' or 0.6",
    units.bare,
    (("%", 0.01), ("", 1.0)),
    _NUMBER_TEXT + r"\s*%?$",
    bare=True,
)
NUMBER = Kind("number", "none", "a plain number", units.bare, (("", 1.0),), _NUMBER_TEXT + r"\s*%?$", bare=True)
WHOLE = Kind("whole-number", "none (a whole number)", "a whole number", units.bare, (("", 1.0),), whole=True, bare=True)
MONEY = Kind(
    "money",
    "currency",
    "an amount of money such as 120 or 99.50",
    units.money,
    (),
    r"^-?[0-9]+(\.[0-9]+)?$",
    bare=True,
)

_KINDS = {kind.name: kind for kind in (DURATION, HOURS, PACE, TERM, RATE, PER_YEAR, ANGLE, SHARE, NUMBER, WHOLE, MONEY)}


def kinds() -> tuple[Kind, ...]:
    """Every kind of quantity."""
    return tuple(_KINDS.values())


def kind_named(name: str) -> Kind:
    """The kind of this name; each kind exists once, also after unpickling."""
    return _KINDS[name]


@lru_cache(maxsize=65536)
def _from_text(kind: Kind, text: str) -> float:
    if len(text) > 200:
        raise Misfit(f"expected {kind.expected}, not {shown(text)}")
    found = _TEXT.match(text.strip())
    if found is None:
        raise Misfit(f"expected {kind.expected}, not {shown(text)}")
    number, percent, unit = found.groups()
    try:
        if kind is MONEY and not percent and not unit.strip():
            value = float(Decimal(number.replace("_", "")).scaleb(2))
        else:
            value = kind.convert(float(number.replace("_", "")), percent is not None, unit.strip())
    except Misfit as misfit:
        raise Misfit(f"expected {kind.expected}, not {shown(text)}: {misfit}") from None
    return _finite(kind, value, text)


def _finite(kind: Kind, value: float, raw: object) -> float:
    if not math.isfinite(value):
        raise Misfit(f"expected {kind.expected}, not {shown(raw)}: it must be finite")
    return value


def parse(kind: Kind, raw: object, bounds: Bounds = ANY) -> float:
    """A quantity as written, in the base unit of its kind.

    Parameters
    ----------
    kind : Kind
        The kind of quantity of the field.
    raw : str, int, float, Quantity or Probe
        As written in the file, or a number already in the base unit.
    bounds : Bounds, optional
        Limits in the base unit.

    Returns
    -------
    float
        In the base unit; money in cents, not yet rounded.

    Raises
    ------
    Misfit
        When the text is no such quantity or lies outside the bounds.
    """
    if type(raw) is str:
        value = _from_text(kind, raw)
    elif type(raw) is float or type(raw) is int:
        try:
            value = kind.convert(float(raw), False, "")
        except Misfit as misfit:
            raise Misfit(f"expected {kind.expected}, not {shown(raw)}: {misfit}") from None
        except (OverflowError, ArithmeticError):
            raise Misfit(f"expected {kind.expected}, not {shown(raw)}: it must be finite") from None
        value = _finite(kind, value, raw)
    elif type(raw) is Quantity:
        value = _finite(kind, raw.value, raw.value)
    elif type(raw) is Probe:
        raw.kind = kind
        return parse(kind, raw.original, bounds)
    else:
        raise Misfit(f"expected {kind.expected}, not {shown(raw)}")
    complaint = bounds.complaint(kind, value)
    if complaint is not None:
        found = shown(raw)
        hint = f" (for a percentage write '{shown(raw)}%')" if _forgot_percent(kind, raw, value) else ""
        raise Misfit(f"{complaint}, not {found}{hint}")
    if kind is MONEY and abs(value) > CENTS_LIMIT:
        raise Misfit(f"an amount may be at most {CENTS_LIMIT // 100:,}, not {shown(raw)}")
    return value


def _forgot_percent(kind: Kind, raw: object, value: float) -> bool:
    return kind is SHARE and type(raw) in (int, float) and 1.0 < value <= 100.0


def parse_whole(kind: Kind, raw: object, bounds: Bounds = ANY) -> int:
    """Like `parse`, for whole numbers; money is rounded half up to cents."""
    value = parse(kind, raw, bounds)
    if kind is MONEY:
        return cents(value)
    if value != int(value):
        raise Misfit(f"expected {kind.expected}, not {shown(raw)}")
    return int(value)


def cents(value: float) -> int:
    """Cents rounded half up (away from zero), from cents as a float."""
    return int(Decimal(repr(value)).to_integral_value(rounding=ROUND_HALF_UP))


def written(kind: Kind, value: float) -> str | int | float:
    """A value in base units as YAML text that reads back as exactly the same value."""
    if kind is MONEY:
        return _money_written(value)
    if not kind.candidates or not math.isfinite(value):
        return value
    if value == 0.0 and kind is DURATION:
        return "0 days"
    best, shortest = repr(value), math.inf
    for unit, size in kind.candidates:
        for digits in (6, 12, 15, 17):
            number = _plain(float(f"{value / size:.{digits}g}"))
            text = f"{number}{unit}" if unit.startswith("%") else f"{number} {unit}".strip()
            if _reads_as(kind, text, value):
                if len(number) < shortest:
                    best, shortest = text, len(number)
                if digits == 6 and unit.startswith("%"):
                    return text
                break
    singular = best.removesuffix("s") if best.startswith("1 ") and best.endswith("s") else best
    return _number(value) if kind.bare and not best.endswith("%") else singular


def _reads_as(kind: Kind, text: str, value: float) -> bool:
    try:
        return _from_text(kind, text) == value
    except Misfit:
        return False


def _plain(number: float) -> str:
    return str(int(number)) if abs(number) < 1e15 and number == int(number) else repr(number)


def _number(number: float) -> int | float:
    return int(number) if abs(number) < 1e15 and number == int(number) else number


def _money_written(value: float) -> str | int | float:
    if not math.isfinite(value):
        return value
    exact = Decimal(repr(value)).scaleb(-2)
    number = float(exact)
    if float(Decimal(repr(number)).scaleb(2)) == value:
        return _number(number)
    return format(exact, "f")

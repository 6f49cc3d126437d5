"""What every part of the schema is made of: the base class and the annotated kinds of field."""

from __future__ import annotations

import datetime as dt
import math
from collections.abc import Mapping
from typing import Annotated, Any, Final

from pydantic import (
    AfterValidator,
    BaseModel,
    BeforeValidator,
    ConfigDict,
    GetCoreSchemaHandler,
    GetJsonSchemaHandler,
    WithJsonSchema,
)
from pydantic_core import CoreSchema, core_schema

from simulation.scenario.distribution_reader import parse_distribution
from simulation.scenario.distributions import Distribution
from simulation.scenario.errors import Misfit, one_of, shown
from simulation.scenario.provenance import EARLIEST, LATEST
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
    parse,
    parse_whole,
)
from simulation.scenario.units import YEAR

MONTHS: Final = (
    "January", "February", "March", "April", "May", "June",
    "July", "August", "September", "October", "November", "December",
)  # fmt: skip


class Part(BaseModel):
    """A piece of a scenario: immutable, and no key beyond its fields."""

    model_config = ConfigDict(frozen=True, extra="forbid", hide_input_in_errors=True, validate_default=False)

    @classmethod
    def __get_pydantic_json_schema__(cls, schema: CoreSchema, handler: GetJsonSchemaHandler) -> dict[str, Any]:
        from simulation.scenario.schema.json_form import describe

        return describe(cls, schema, handler)


class QuantityOf:
    """Marks a field as one number with a unit; read with `parse`, kept in the base unit of its kind.

    Parameters
    ----------
    kind : Kind
        What is measured.
    at_least, above, at_most, below : float, optional
        Limits in the base unit.
    """

    def __init__(
        self, kind: Kind, *, at_least: float | None = None, above: float | None = None,
        at_most: float | None = None, below: float | None = None,
    ) -> None:  # fmt: skip
        self.kind = kind
        self.bounds = Bounds(at_least, above, at_most, below)

    @property
    def whole(self) -> bool:
        """True when the value inside is an int."""
        return self.kind.whole or self.kind is MONEY

    def read(self, raw: object) -> float:
        """The value in the base unit, or a `Misfit`."""
        if self.whole:
            return parse_whole(self.kind, raw, self.bounds)
        return parse(self.kind, raw, self.bounds)

    def __get_pydantic_core_schema__(self, source: Any, handler: Any) -> CoreSchema:
        return core_schema.no_info_plain_validator_function(self.read)

    def __get_pydantic_json_schema__(self, schema: CoreSchema, handler: GetJsonSchemaHandler) -> dict[str, Any]:
        return {"x-quantity": self.kind.name}


class DistributionOf(QuantityOf):
    """Marks a field as a distribution of numbers with a unit; a plain number is a constant one."""

    def read(self, raw: object) -> Distribution:  # type: ignore[override]
        """The distribution in base units, or a `Misfit`."""
        if isinstance(raw, Distribution):
            return raw
        return parse_distribution(self.kind, raw, self.bounds)

    def __get_pydantic_json_schema__(self, schema: CoreSchema, handler: GetJsonSchemaHandler) -> dict[str, Any]:
        return {"x-distribution": self.kind.name}


_LONGEST = 200 * YEAR
_FASTEST = 1000.0

Duration = Annotated[float, QuantityOf(DURATION, at_least=0.0, at_most=_LONGEST)]
Span = Annotated[float, QuantityOf(DURATION, above=0.0, at_most=_LONGEST)]
Period = Annotated[float, QuantityOf(DURATION, at_least=1 / 24, at_most=_LONGEST)]
PaceMonths = Annotated[float, QuantityOf(PACE, at_least=0.0, at_most=2400.0)]
PaceSpan = Annotated[float, QuantityOf(PACE, above=0.0, at_most=2400.0)]
TermMonths = Annotated[int, QuantityOf(TERM, at_least=1.0, at_most=1200.0)]
Rate = Annotated[float, QuantityOf(RATE, at_least=0.0, at_most=_FASTEST)]
Growth = Annotated[float, QuantityOf(PER_YEAR, above=-1.0, at_most=10.0)]
Angle = Annotated[float, QuantityOf(ANGLE, at_least=-math.pi, at_most=math.pi)]
Turn = Annotated[float, QuantityOf(ANGLE, at_least=0.0, at_most=math.pi)]
Share = Annotated[float, QuantityOf(SHARE, at_least=0.0, at_most=1.0)]
SomeShare = Annotated[float, QuantityOf(SHARE, at_least=0.01, at_most=1.0)]
Change = Annotated[float, QuantityOf(SHARE, above=-1.0, at_most=100.0)]
SignedShare = Annotated[float, QuantityOf(SHARE, at_least=-10.0, at_most=10.0)]
Money = Annotated[int, QuantityOf(MONEY, at_least=0.0)]
Number = Annotated[float, QuantityOf(NUMBER, at_least=-1000.0, at_most=1000.0)]
LogSpread = Annotated[float, QuantityOf(NUMBER, at_least=0.0, at_most=5.0)]
Factor = Annotated[float, QuantityOf(NUMBER, at_least=0.0, at_most=1000.0)]
PositiveFactor = Annotated[float, QuantityOf(NUMBER, above=0.0, at_most=1000.0)]
MonthlyCount = Annotated[float, QuantityOf(NUMBER, at_least=0.0, at_most=10_000_000.0)]
MonthlyHours = Annotated[float, QuantityOf(NUMBER, at_least=1.0, at_most=744.0)]
Count = Annotated[int, QuantityOf(WHOLE, at_least=0.0, at_most=10_000_000.0)]
People = Annotated[int, QuantityOf(WHOLE, at_least=0.0, at_most=100_000.0)]
SomePeople = Annotated[int, QuantityOf(WHOLE, at_least=1.0, at_most=100_000.0)]
Rank = Annotated[int, QuantityOf(WHOLE, at_least=-1_000_000.0, at_most=1_000_000.0)]

MoneyDistribution = Annotated[Distribution, DistributionOf(MONEY, at_least=0.0)]
DurationDistribution = Annotated[Distribution, DistributionOf(DURATION, at_least=0.0)]
HoursDistribution = Annotated[Distribution, DistributionOf(HOURS, at_least=0.0)]
ShareDistribution = Annotated[Distribution, DistributionOf(SHARE, at_least=0.0, at_most=1.0)]
RateDistribution = Annotated[Distribution, DistributionOf(RATE, at_least=0.0)]


def _name(text: str) -> str:
    if not text or text != text.strip() or len(text) > 100 or not text.isprintable() or set(text) & set("./\\"):
        raise Misfit(f"{shown(text)} cannot be a name: use up to 100 printable characters, without '.', '/' or '\\'")
    return text


def _day(raw: object) -> dt.date:
    day: dt.date | None = None
    if isinstance(raw, str):
        try:
            day = dt.date.fromisoformat(raw.strip())
        except ValueError:
            day = None
    elif isinstance(raw, dt.date) and not isinstance(raw, dt.datetime):
        day = raw
    if day is None:
        raise Misfit(f"expected a date such as 2027-01-31, not {shown(raw)}")
    if not EARLIEST <= day < LATEST:
        raise Misfit(f"expected a date from {EARLIEST} to {LATEST}, not {day}")
    return day


def _yes(raw: object) -> bool:
    if isinstance(raw, bool):
        return raw
    known = {"true": True, "yes": True, "false": False, "no": False}
    if isinstance(raw, str) and raw.lower() in known:
        return known[raw.lower()]
    raise Misfit(f"expected true or false, not {shown(raw)}")


def _text(raw: object) -> str:
    if not isinstance(raw, str):
        quoted = "; put it in quotes" if isinstance(raw, (int, float, dt.date)) else ""
        raise Misfit(f"expected text, not {shown(raw)}{quoted}")
    return raw


Text = Annotated[str, BeforeValidator(_text)]
Name = Annotated[str, BeforeValidator(_text), AfterValidator(_name)]
Reference = Annotated[str, BeforeValidator(_text)]
YesNo = Annotated[bool, BeforeValidator(_yes)]
Day = Annotated[dt.date, BeforeValidator(_day), WithJsonSchema({"type": "string", "format": "date"})]
read_day = _day


class OneOrList:
    """Marks a tuple of names that may be written as one name."""

    def __get_pydantic_core_schema__(self, source: Any, handler: GetCoreSchemaHandler) -> CoreSchema:
        def listed(raw: object) -> object:
            if isinstance(raw, (list, tuple)) and not raw:
                raise Misfit("expected at least one name, not an empty list")
            return raw if isinstance(raw, (list, tuple)) else (raw,)

        return core_schema.no_info_before_validator_function(listed, handler(source))

    def __get_pydantic_json_schema__(self, schema: CoreSchema, handler: GetJsonSchemaHandler) -> dict[str, Any]:
        several = dict(handler(schema))
        return {"anyOf": [several["items"], {**several, "minItems": 1}]}


def only_key(raw: object, keys: tuple[str, ...], what: str) -> tuple[str, Any]:
    """The single key of a one-key mapping and its value.

    Raises
    ------
    Misfit
        When it is no mapping, has several keys or an unknown one.
    """
    if not isinstance(raw, Mapping):
        raise Misfit(f"expected {what} as a mapping with one key, not {shown(raw)}: {one_of(keys)}")
    unknown = [str(key) for key in raw if key not in keys]
    if unknown:
        raise Misfit.of([((key,), f"unknown key: {one_of(keys, key)}", True) for key in unknown])
    if len(raw) != 1:
        found = " and ".join(str(key) for key in raw)
        hint = " (in an overlay, remove the other one with null)" if raw else ""
        raise Misfit(f"expected exactly one {what}, not {found or 'an empty mapping'}{hint}")
    ((key, value),) = raw.items()
    return str(key), value


class Fields:
    """Reads the values of a small mapping one by one and gathers what is wrong with all of them."""

    def __init__(self, raw: object, known: tuple[str, ...], at: tuple[str | int, ...] = ()) -> None:
        self.at = at
        self.wrong: list[tuple[tuple[str | int, ...], str, bool]] = []
        self.raw: Mapping[str, Any] = {}
        if isinstance(raw, Mapping):
            self.raw = raw
            for key in raw:
                if key not in known:
                    self.wrong.append(((*at, str(key)), f"unknown key: {one_of(known, str(key))}", True))
        else:
            self.wrong.append((at, f"expected a mapping with the keys {', '.join(known)}, not {shown(raw)}", False))

    def read(self, key: str, reader: Any, default: Any = ...) -> Any:
        """The value of `key` through `reader`, or `default`; a missing key without a default is an error."""
        if key not in self.raw:
            if default is ... and isinstance(self.raw, dict) and not self._not_a_mapping():
                self.wrong.append((self.at, f"the key {key!r} is missing", False))
            return None if default is ... else default
        try:
            return reader(self.raw[key])
        except Misfit as misfit:
            self.wrong.extend(misfit.under(*self.at, key))
            return None

    def fail(self, message: str, *steps: str | int) -> None:
        """Note one more misfit."""
        self.wrong.append(((*self.at, *steps), message, False))

    def done(self) -> None:
        """Raise when anything was wrong."""
        if self.wrong:
            raise Misfit.of(self.wrong)

    def _not_a_mapping(self) -> bool:
        return any(at == self.at and message.startswith("expected a mapping") for at, message, _ in self.wrong)

"""Quantities as cells: a number that a spreadsheet can count with, and its unit beside it; and back."""

from __future__ import annotations

import datetime as dt
import re
from typing import Final

from simulation.scenario.errors import Misfit, shown
from simulation.scenario.quantities import MONEY, SHARE, Kind, parse

__all__ = ["Native", "cell_of", "same", "style_of", "written_in"]

Native = str | int | float | bool | dt.date | None
"""What a cell holds."""
SHARES: Final = "share"
"""The unit of a share: a cell with a percent format holds 0.6 for 60%."""
_NUMBER = re.compile(r"^\s*([+-]?(?:\d[\d_]*(?:\.\d*)?|\.\d+)(?:[eE][+-]?\d+)?)\s*(.*?)\s*$")


def cell_of(kind: Kind, raw: object, currency: str) -> tuple[Native, str]:
    """Return the cell and the unit for a quantity as it is written in a scenario.

    Examples
    --------
    "60%" is 0.6 and "share"; "4 months" is 4 and "months"; 320 of money is 320 and "USD".
    """
    if kind is SHARE:
        return float(f"{parse(kind, raw):.12g}"), SHARES
    if kind is MONEY:
        return _plain(parse(kind, raw) / 100), currency
    if kind.bare:
        return _plain(parse(kind, raw)), ""
    found = _NUMBER.match(str(raw))
    if found is None:
        return str(raw), ""
    return _plain(float(found[1].replace("_", ""))), found[2]


def style_of(kind: Kind) -> str:
    """Return how a quantity of this kind is formatted."""
    return "percent" if kind is SHARE else "money" if kind is MONEY else "number"


def written_in(kind: Kind, value: Native, unit: str, currency: str) -> str | int | float:
    """Return a cell with its unit as it is written in a scenario.

    Raises
    ------
    Misfit
        When it is no such quantity.
    """
    if value is None or value == "":
        raise Misfit(f"expected {kind.expected}, and the cell is empty")
    if isinstance(value, bool | dt.date):
        raise Misfit(f"expected {kind.expected}, not {'a date' if isinstance(value, dt.date) else shown(value)}")
    if kind is MONEY and unit not in ("", currency):
        raise Misfit(f"the unit of money is {currency} here, not {shown(unit)}")
    if isinstance(value, str):
        return _typed(kind, value.strip(), unit)
    text = _with_unit(kind, float(value), unit)
    parse(kind, text)
    return text


def same(one: Native, other: Native) -> bool:
    """Whether two cells say the same; a spreadsheet may keep 15 digits of a number, and pads nothing with blanks."""
    numbers = [each for each in (one, other) if isinstance(each, int | float) and not isinstance(each, bool)]
    if len(numbers) == 2:
        return abs(numbers[0] - numbers[1]) <= 1e-12 * max(abs(numbers[0]), abs(numbers[1]))
    left, right = ("" if each is None else each for each in (one, other))
    if isinstance(left, str) and isinstance(right, str):
        return left.strip() == right.strip()
    return left == right


def _typed(kind: Kind, text: str, unit: str) -> str | int | float:
    """Text that somebody typed: with its unit, or a number that stands beside one."""
    found = _NUMBER.match(text)
    if found is not None and not found[2]:
        written = _with_unit(kind, float(found[1].replace("_", "")), unit)
        parse(kind, written)
        return written
    parse(kind, text)
    return text


def _with_unit(kind: Kind, value: float, unit: str) -> str | int | float:
    if kind is SHARE:
        if unit not in ("", SHARES, "%"):
            raise Misfit(f"the unit of this is {SHARES} or %, not {shown(unit)}")
        return f"{value if unit == '%' else 100 * value:.12g}%"
    if kind.bare:
        if unit and kind is not MONEY:
            raise Misfit(f"this has no unit, not {shown(unit)}")
        return _plain(value)
    number = f"{value:.15g}"
    return f"{number}{unit}" if unit.startswith("%") else f"{number} {unit}".strip()


def _plain(value: float) -> int | float:
    return int(value) if abs(value) < 1e15 and value == int(value) else value

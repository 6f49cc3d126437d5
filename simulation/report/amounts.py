"""Values of assumptions as people write them, from base units."""

from __future__ import annotations

import math

from simulation.report.words import MINUS, MISSING, number
from simulation.scenario.units import MONTH, YEAR

__all__ = ["amount", "amount_ticks"]


def amount(value: float, kind: str, currency: str = "") -> str:
    """Return a value with its unit, to three digits, such as 84.2%, 2.5 months or 0.06 per year.

    Parameters
    ----------
    value
        In the base unit of its kind.
    kind
        Name of a kind of quantity, as in `simulation.scenario.quantities`.
    currency
        Code of the currency, for money.
    """
    if not math.isfinite(value):
        return MISSING
    size = abs(value)
    match kind:
        case "money":
            return number(value / 100, "money", currency)
        case "share":
            return f"{_digits(100 * value)}%"
        case "growth":
            return f"{_digits(100 * value)}% per year"
        case "angle":
            return f"{_digits(math.degrees(value))}°"
        case "effort":
            return f"{_digits(value * 60)} minutes" if size < 1 else f"{_digits(value)} hours"
        case "duration" if size >= 2 * MONTH:
            return f"{_digits(value / MONTH)} months"
        case "duration":
            return f"{_digits(value)} days" if size >= 1 else f"{_digits(value * 24)} hours"
        case "rate":
            monthly = size * MONTH >= 0.5
            return f"{_digits(value * MONTH)} per month" if monthly else f"{_digits(value * YEAR)} per year"
        case "pace-months" | "calendar-months":
            return f"{_digits(value)} months"
    return _digits(value)


def amount_ticks(low: float, high: float, kind: str, currency: str = "") -> tuple[list[float], list[str]]:
    """Return about five round values within two, base units, and their texts."""
    from matplotlib.ticker import MaxNLocator

    months = max(abs(low), abs(high)) >= 2 * MONTH
    unit = {"angle": math.pi / 180, "rate": 1 / YEAR, "duration": MONTH if months else 1.0}.get(kind, 1.0)
    ticks = [
        float(tick) * unit for tick in MaxNLocator(5, steps=[1, 2, 2.5, 5, 10]).tick_values(low / unit, high / unit)
    ]
    inside = [tick for tick in ticks if low <= tick <= high]
    return inside, [amount(tick, kind, currency) for tick in inside]


def _digits(value: float) -> str:
    """Return a number with three digits, all of them of a large one, and no zeros behind the point."""
    if value == 0:
        return "0"
    places = max(0, 2 - math.floor(math.log10(abs(value))))
    text = f"{abs(value):,.{min(places, 6)}f}"
    text = text.rstrip("0").rstrip(".") if "." in text else text
    return f"{MINUS}{text}" if value < 0 and text != "0" else text

"""Numbers, names and dates as people read them: no more digits than the spread deserves."""

from __future__ import annotations

import math
import textwrap
from datetime import date, timedelta

from simulation.report.fields import field_words, plain

MISSING = "–"
MINUS = "−"
SYMBOLS = {"USD": "$", "EUR": "€", "GBP": "£", "JPY": "¥", "INR": "₹"}
SCALES = ((1e9, 1e9, "B"), (1e6, 1e6, "M"), (1e4, 1e3, "k"))
"""From which size on, the divisor, and its letter."""
UNITS = {"days": " days", "hours": " hours", "months": " months"}
MONTHS = (
    "January", "February", "March", "April", "May", "June",
    "July", "August", "September", "October", "November", "December",
)  # fmt: skip


def step_of(spread: float, parts: float = 50) -> float:
    """Largest power of ten that still divides a spread into `parts`; 0 when there is no spread."""
    if not math.isfinite(spread) or spread <= 0:
        return 0.0
    return float(10.0 ** math.floor(math.log10(spread / parts)))


def number(value: float | None, unit: str, currency: str = "", spread: float = math.nan) -> str:
    """Return a number in its unit, such as $4,312,000, 81.3% or 2.5 days.

    Parameters
    ----------
    value
        The number; None and NaN become a dash.
    unit
        A unit of the measures: money, share, members, count, days, hours, months, length or ratio.
    currency
        Code of the currency, for money.
    spread
        P90 - P10 or the like: digits far below it are noise and are rounded away.
    """
    if value is None or math.isnan(value):
        return MISSING
    if math.isinf(value):
        return "∞" if value > 0 else f"{MINUS}∞"
    if unit == "share":
        places = 2 if 0 < spread < 0.002 else 1
        return _signed(f"{abs(value) * 100:,.{places}f}%", value * 100, places)
    if unit == "money":
        return _money(value, currency, spread)
    if unit in ("members", "count"):
        whole = abs(value) >= 100 or value == round(value) or spread >= 5
        value, places = _rounded(value, spread, 0 if whole else 1)
        return _signed(f"{abs(value):,.{places}f}", value, places)
    places = {"ratio": 2, "hours": 0 if abs(value) >= 100 else 1}.get(unit, 2 if 0 < spread < 0.2 else 1)
    return _signed(f"{abs(value):,.{places}f}", value, places) + UNITS.get(unit, "")


def to_the_cent(value: float, currency: str) -> str:
    """Return an amount of money with its sign and all its digits, such as +$4,352.71, for rows that add up."""
    cents = _coin(f"{abs(value):,.2f}", currency) if currency else f"{abs(value):,.2f}"
    return f"{'+' if round(value, 2) >= 0 else MINUS}{cents}"


def short(value: float, unit: str, currency: str = "", step: float = 0.0, size: float = 0.0) -> str:
    """Return a number for sentences and axes, such as $4.31M.

    Parameters
    ----------
    step
        The number is rounded to a multiple of this; 0 leaves the digits to the unit.
    size
        The largest number beside it: all of them are shown in the same thousands or millions.
    """
    if not math.isfinite(value) or step <= 0:
        return number(value, unit, currency)
    value = round(value / step) * step
    if unit == "share":
        places = _places(step * 100)
        return _signed(f"{abs(value) * 100:,.{places}f}%", value * 100, places)
    size = max(size, abs(value))
    scaled = unit in ("money", "members", "count", "hours", "length")
    factor, suffix = next((one[1:] for one in SCALES if scaled and size >= one[0]), (1.0, ""))
    places = _places(step / factor)
    if places > 3:
        factor, suffix, places = 1.0, "", _places(step)
    text = f"{abs(value) / factor:,.{places}f}{suffix}" if round(abs(value) / factor, places) else "0"
    text = _coin(text, currency) if unit == "money" else text
    return _signed(text, value / factor, places) + UNITS.get(unit, "")


def between(low: float, high: float, unit: str, currency: str = "", word: str = "and") -> str:
    """Return two ends of a range with just enough digits to tell them apart: $4.1M and $4.6M."""
    step = max(step_of(high - low, 5), 0.01 if unit in UNITS and high > low else 0.0)
    if unit in ("members", "count") and round(low) != round(high):
        step = max(step, 1.0)
    size = max(abs(low), abs(high))
    left, right = (short(one, unit, currency, step, size) for one in (low, high))
    suffix = UNITS.get(unit, "")
    if suffix and left.endswith(suffix):
        left = left.removesuffix(suffix)
    return f"{left} {word} {right}"


def span(low: float, high: float, unit: str, currency: str = "") -> str:
    """Return two ends of a range in full, as in tables: $4,120,000 to $4,610,000, 4.6 to 5.3 days."""
    spread = high - low if high > low else math.nan
    left, right = (number(one, unit, currency, spread) for one in (low, high))
    return f"{left.removesuffix(UNITS.get(unit, '-'))} to {right}"


def path_words(path: str, width: int = 0) -> str:
    """Return a dotted path for people: segments.x.arrivals.per_month is "x: new members a month".

    With a width it is broken into two lines, and then cut.
    """
    whose, *keys = path.split(".")
    if whose in ("segments", "interventions", "teams") and len(keys) > 1:
        whose, *keys = keys
    words = f"{name(whose)}: {field_words(keys)}" if keys else name(whose)
    return two_lines(words, width) if width else words


def two_lines(words: str, width: int) -> str:
    """Break words into at most two lines of a width; what does not fit is cut."""
    return "\n".join(textwrap.wrap(words, width, max_lines=2, placeholder="…"))


def name(text: str, length: int = 0) -> str:
    """Return a scenario's name for people: underscores become spaces; cut to a length when one is given."""
    words = plain(text)
    return words if not length or len(words) <= length else words[: length - 1].rstrip() + "…"


def listed(words: list[str]) -> str:
    """Join words as a sentence does: a, b and c."""
    return words[0] if len(words) == 1 else f"{', '.join(words[:-1])} and {words[-1]}" if words else ""


def day(when: date) -> str:
    """Return a date such as 1 April 2027."""
    return f"{when.day} {MONTHS[when.month - 1]} {when.year}"


def end_of(when: date) -> str:
    """Return words for an exclusive end: 2029-01-01 is the end of 2028, 2027-04-01 the end of March 2027."""
    last = when - timedelta(days=1)
    if (when.month, when.day) == (1, 1):
        return f"the end of {last.year}"
    if when.day == 1:
        return f"the end of {MONTHS[last.month - 1]} {last.year}"
    return day(last)


def at_end(when: date) -> str:
    """Return `end_of` with its preposition: at the end of 2028, on 30 December 2028."""
    return f"{'at' if when.day == 1 else 'on'} {end_of(when)}"


def date_ticks(first: date, last: date, most: int) -> dict[date, str]:
    """Return at most so many round dates within two, with what to write at each.

    A year stands below its January, or below the first month shown.
    """
    days = (last - first).days
    if days <= 45:
        gap = next((one for one in (1, 2, 7, 14) if days / one < most), 28)
        whole = [first + timedelta(days=one) for one in range(0, days + 1, gap)]
        return {one: f"{one.day} {MONTHS[one.month - 1][:3]}" for one in whole}
    months = days / 30.4
    gap = next((one for one in (1, 2, 3, 4, 6, 12, 24, 60, 120) if months / one < most), 240)
    start = first.year * 12
    every = [date(one // 12, one % 12 + 1, 1) for one in range(start, last.year * 12 + 13, gap)]
    shown = [one for one in every if first <= one <= last]
    if gap >= 12:
        return {one: str(one.year) for one in shown}
    year = [place == 0 or one.month == 1 for place, one in enumerate(shown)]
    return {
        one: MONTHS[one.month - 1][:3] + (f"\n{one.year}" if place else "")
        for one, place in zip(shown, year, strict=True)
    }


def money_unit(currency: str, unit: str) -> str:
    """Return what follows a measure's title on an axis."""
    return {
        "money": currency, "share": "%", "days": "days", "hours": "hours", "months": "months",
        "members": "members", "count": "number", "length": "requests waiting", "ratio": "ratio",
    }.get(unit, unit)  # fmt: skip


def _money(value: float, currency: str, spread: float) -> str:
    cents = abs(value) < 1_000 and abs(value - round(value)) > 0.004 and not spread >= 10
    value, places = _rounded(value, spread, 2 if cents else 0)
    return _signed(_coin(f"{abs(value):,.{places}f}", currency), value, places)


def _rounded(value: float, spread: float, places: int) -> tuple[float, int]:
    step = step_of(spread)
    return (round(value / step) * step, 0) if step >= 1 else (value, places)


def _coin(text: str, currency: str) -> str:
    symbol = SYMBOLS.get(currency)
    return f"{symbol}{text}" if symbol else f"{currency} {text}"


def _signed(text: str, value: float, places: int) -> str:
    """Put a minus sign before a number that is still negative after rounding."""
    return f"{MINUS}{text}" if round(value, places) < 0 else text


def _places(step: float) -> int:
    """Digits after the point that show a step exactly; at most six."""
    return next((one for one in range(6) if abs(round(step, one) - step) < 1e-6 * step), 6) if step > 0 else 0

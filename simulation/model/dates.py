"""Calendar arithmetic on day numbers: whole days since 1970-01-01 in the proleptic Gregorian calendar.

Method: Hinnant, "chrono-compatible low-level date algorithms" (years that begin in March, eras of 400 years).
"""

from __future__ import annotations

import datetime

from simulation.model.jit import compiled, inlined

_EPOCH = datetime.date(1970, 1, 1).toordinal()


@inlined
def days_from_civil(year: int, month: int, day: int) -> int:
    """Give the day number of a date. The date must exist (months 1-12, a day of that month)."""
    y = year - 1 if month <= 2 else year
    era = y // 400
    year_of_era = y - era * 400
    day_of_year = (153 * ((month + 9) % 12) + 2) // 5 + day - 1
    return era * 146097 + year_of_era * 365 + year_of_era // 4 - year_of_era // 100 + day_of_year - 719468


@inlined
def civil_from_days(number: int) -> tuple[int, int, int]:
    """Give (year, month, day) of a day number."""
    z = number + 719468
    era = z // 146097
    day_of_era = z - era * 146097
    year_of_era = (day_of_era - day_of_era // 1460 + day_of_era // 36524 - day_of_era // 146096) // 365
    day_of_year = day_of_era - (365 * year_of_era + year_of_era // 4 - year_of_era // 100)
    march_month = (5 * day_of_year + 2) // 153
    day = day_of_year - (153 * march_month + 2) // 5 + 1
    month = march_month + 3 if march_month < 10 else march_month - 9
    year = year_of_era + era * 400 + (1 if month <= 2 else 0)
    return year, month, day


@inlined
def days_in_month(year: int, month: int) -> int:
    """Give the number of days of a month (1-12)."""
    if month == 2:
        leap = year % 4 == 0 and (year % 100 != 0 or year % 400 == 0)
        return 29 if leap else 28
    return 30 + ((month + month // 8) & 1)


@compiled
def add_months(number: int, months: int) -> int:
    """Add calendar months to a day number; the day is clipped to the length of the month.

    Parameters
    ----------
    number : int
        The anchor, days since 1970-01-01. Always add to the anchor: 31 January plus 1 and again 1 month is
        28 March, 31 January plus 2 months is 31 March.
    months : int
        How many; may be negative.

    Returns
    -------
    int
        Days since 1970-01-01.
    """
    year, month, day = civil_from_days(number)
    total = year * 12 + (month - 1) + months
    new_year = total // 12
    new_month = total - new_year * 12 + 1
    return days_from_civil(new_year, new_month, min(day, days_in_month(new_year, new_month)))


def day_number(date: datetime.date) -> int:
    """Give the day number of a Python date."""
    return date.toordinal() - _EPOCH


def date_of(number: int) -> datetime.date:
    """Give the Python date of a day number (years 1-9999, else ValueError or OverflowError)."""
    return datetime.date.fromordinal(int(number) + _EPOCH)

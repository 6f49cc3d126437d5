"""Logins as use by month: evidence of pace, never of direction."""

from __future__ import annotations

import datetime as dt

from simulation.intake.happened import Row
from simulation.intake.people import People, Person

__all__ = ["use_by_month"]


def use_by_month(
    logins: dict[tuple[str, str, int], float],
    days: dict[str, tuple[dt.date, dt.date]],
    people: People,
    exported: dt.date,
    begins: dt.date | None,
) -> list[Row]:
    """Rows `usage` of every whole month of membership that an export covers; a month without a login has 0.

    Parameters
    ----------
    logins
        How often, by member, export and month (year * 12 + month - 1).
    days
        First and last day of each export.

    Notes
    -----
    Months that are not whole (of joining, of leaving, at the edges of the export) say less than they seem to, and
    are left out.
    """
    rows: list[Row] = []
    for name, (first, last) in days.items():
        start = max(first, begins) if begins is not None else first
        first_month = _month(start) + (start.day > 1)
        end_month = _month(min(last + dt.timedelta(days=1), exported))
        for person in people.by_key.values():
            for month in _months(person, first_month, end_month):
                value = logins.get((person.key, name, month), 0.0)
                rows.append(
                    Row(
                        person.key,
                        _end(month),
                        "usage",
                        "" if len(days) == 1 else name,
                        value,
                        person.file,
                        person.line,
                    )
                )
    return rows


def _month(day: dt.date) -> int:
    return day.year * 12 + day.month - 1


def _end(month: int) -> dt.date:
    """Last day of a month."""
    year, place = divmod(month + 1, 12)
    return dt.date(year, place + 1, 1) - dt.timedelta(days=1)


def _months(person: Person, first: int, end: int) -> list[int]:
    """Whole months in which somebody was a member."""
    months: list[int] = []
    for spell in person.spells:
        start = _month(spell.joined) + (spell.joined.day > 1)
        stop = end if spell.left is None else min(end, _month(spell.left))
        months += range(max(first, start), stop)
    return months

"""What invoices say of contracts: what a member pays a year from when on, renewals, and expansions."""

from __future__ import annotations

import datetime as dt
import math
from collections.abc import Sequence
from dataclasses import dataclass, field

import numpy as np

from simulation.evidence.history.terms import add_months
from simulation.intake.happened import Charge, Row
from simulation.intake.misfit import Misfit
from simulation.intake.people import Person, Spell
from simulation.scenario.units import MONTH

__all__ = ["Contract", "contract_of", "months_later"]

NEAR, TOGETHER, LATE = 45, 7, 60
"""Days around joining in which the first invoice lies; in which items belong together; by which one may be late."""
EARLY = 0.25
"""Share of a term, and at most half of what it is for, by which an invoice of dues may begin the next term early; one
that begins earlier only states a level."""


@dataclass(eq=False)
class Contract:
    """What the invoices of a member say.

    Attributes
    ----------
    levels
        Day from which on the member pays so much a year, in order; of dues and what was added by then.
    rows
        Renewals, statements and expansions as rows of a history.
    ends
        Day after the last term that an invoice states; None where none does.
    misfits
        Credit notes that cancel nothing.
    """

    levels: list[tuple[dt.date, float]] = field(default_factory=list)
    rows: list[Row] = field(default_factory=list)
    ends: dt.date | None = None
    misfits: list[Misfit] = field(default_factory=list)

    def level(self, day: dt.date) -> float:
        """What was paid a year on a day; NaN before the first invoice."""
        return next((arr for start, arr in reversed(self.levels) if start <= day), math.nan)


def months_later(day: dt.date, months: int) -> dt.date:
    """A day some calendar months later, clipped to its month."""
    moved = add_months(np.array([day], "M8[D]"), months)
    later: dt.date = moved[0].astype(object)
    return later


def contract_of(charges: Sequence[Charge], person: Person, term: int, exported: dt.date) -> Contract:
    """Read the invoices of a member.

    Parameters
    ----------
    charges
        All of them, in any order.
    term
        Months of a contract.
    exported
        Terms that begin later have not begun.

    Notes
    -----
    An invoice without a term is for a whole one; written at most 60 days beside an anniversary of joining it belongs
    to that. Amounts become amounts a year by the length of the term, in months.
    """
    found = Contract()
    kept = _without_credits(charges, found)
    dues = sorted((_start(one, person, term), one) for one in kept if one.event == "renewed")
    extras = sorted((_start(one, person, term), one) for one in kept if one.event != "renewed")
    groups: list[tuple[dt.date, list[Charge]]] = []
    for start, charge in dues:
        if groups and (start - groups[-1][0]).days <= TOGETHER:
            groups[-1][1].append(charge)
        else:
            groups.append((start, [charge]))
        if charge.end is not None:
            after = charge.end + dt.timedelta(days=1)
            found.ends = after if found.ends is None else max(found.ends, after)
    names: dict[tuple[str, str], None] = {}
    added: list[tuple[dt.date, float]] = []
    for start, charge in extras:
        value = _yearly(charge, 12)
        group = next((one for one in groups if abs((start - one[0]).days) <= TOGETHER), None)
        if group is not None:
            group[1].append(charge)
        if (charge.event, charge.name) not in names and start <= exported:
            names[charge.event, charge.name] = None
            added.append((start, value))
            found.rows.append(Row(person.key, start, charge.event, charge.name, value, charge.file, charge.line))
    _levels(found, groups, added, person, term, exported)
    return found


def _without_credits(charges: Sequence[Charge], found: Contract) -> list[Charge]:
    """Charges that no credit note takes back."""
    kept: list[Charge] = []
    for charge in sorted(charges, key=lambda one: (one.date, one.amount < 0, one.line)):
        if charge.amount >= 0:
            kept.append(charge)
            continue
        same = [one for one in kept if one.amount == -charge.amount and one[3:5] == charge[3:5]]
        if same:
            kept.remove(same[-1])
        else:
            text = f"a credit note of {-charge.amount:,.2f} takes back no invoice of that amount"
            found.misfits.append(Misfit(charge.file, charge.line, "", "credit note without an invoice", text))
    return [one for one in kept if one.amount > 0]


def _start(charge: Charge, person: Person, term: int) -> dt.date:
    """First day of what a charge is for."""
    if charge.start is not None:
        return charge.start
    if charge.event != "renewed":
        return charge.date
    spell = _spell(person, charge.date)
    years = max(round((charge.date - spell.joined).days / MONTH / term), 0)
    due = months_later(spell.joined, years * term)
    return due if abs((charge.date - due).days) <= LATE else charge.date


def _spell(person: Person, day: dt.date) -> Spell:
    begun = [one for one in person.spells if one.joined <= day + dt.timedelta(days=NEAR)]
    return begun[-1] if begun else person.spells[0]


def _months(charge: Charge, term: int) -> int:
    """Months that a charge is for; those of a term where it does not say."""
    if charge.start is None or charge.end is None:
        return term
    return max(round(((charge.end - charge.start).days + 1) / MONTH), 1)


def _yearly(charge: Charge, term: int) -> float:
    return round(charge.amount * 12 / _months(charge, term), 2)


def _levels(
    found: Contract, groups: list[tuple[dt.date, list[Charge]]], added: list[tuple[dt.date, float]], person: Person,
    term: int, exported: dt.date,
) -> None:  # fmt: skip
    """Turn invoices of dues into levels, renewals and statements."""
    last: dt.date | None = None
    level = math.nan
    begun: set[int] = set()  # times of membership, by their lines, that have had their first invoice
    for start, several in groups:
        if start > exported:
            continue
        arr = round(sum(_yearly(one, term) for one in several), 2)
        spell = _spell(person, start)
        first = abs((start - spell.joined).days) <= NEAR and spell.line not in begun
        begun |= {spell.line} if first else set()
        found.levels.append((spell.joined if first else start, arr))
        grown = sum(value for day, value in added if last is not None and last < day < start)
        charge = several[0]
        early = min(EARLY * term, _months(charge, term) / 2)
        if not first and (last is None or (start - max(last, spell.joined)).days >= (term - early) * MONTH):
            found.rows.append(Row(person.key, start, "renewed", "", arr, charge.file, charge.line))
            last = start
        elif first:
            last = max(start, spell.joined)
        elif round(level + grown, 2) != arr:
            found.rows.append(Row(person.key, start, "arr", "", arr, charge.file, charge.line))
        level = arr
    for day, value in added:
        if found.levels and day > found.levels[-1][0]:
            found.levels.append((day, round(found.levels[-1][1] + value, 2)))

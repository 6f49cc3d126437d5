"""Control totals that a person types, beside what the import gives: the gap, and which rows explain it."""

from __future__ import annotations

import itertools
import math
from collections import defaultdict
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

import pandas as pd

from simulation.intake.mapping import Total
from simulation.intake.misfit import Misfit

if TYPE_CHECKING:
    from simulation.intake.build import Imported

__all__ = ["ALL", "Cause", "Check", "reconcile"]

ALL = "all"
MOST = 14
"""Causes of which every combination is tried."""
CENT = 0.005


@dataclass(frozen=True)
class Cause:
    """Rows that would close a part of a gap if they counted (or, of invoices, if these were right).

    Attributes
    ----------
    reason
        Why they do not count.
    members, arr
        How many, and how much a year, in units of the currency.
    unknown
        Of how many the ARR cannot be read.
    rows
        The rows, as (file, line).
    """

    reason: str
    members: int
    arr: float
    unknown: int
    rows: tuple[tuple[str, int], ...]


@dataclass(frozen=True)
class Check:
    """A control total beside what came out.

    Attributes
    ----------
    segment
        Whose; "all" for all.
    members, expected_members
        What came out, and what should have (None: not said).
    arr, expected_arr
        The same, in units of the currency.
    causes
        What can explain a gap, the largest first.
    explained
        Causes that together are exactly the gap, each combination of the fewest; empty when none is.
    """

    segment: str
    members: int
    expected_members: int | None
    arr: float
    expected_arr: float | None
    causes: tuple[Cause, ...] = field(default=())
    explained: tuple[tuple[str, ...], ...] = ()

    @property
    def missing_members(self) -> int:
        """Members that should be there and are not; negative: too many."""
        return 0 if self.expected_members is None else self.expected_members - self.members

    @property
    def missing_arr(self) -> float:
        """ARR that should be there and is not; negative: too much."""
        return 0.0 if self.expected_arr is None else round(self.expected_arr - self.arr, 2)

    @property
    def agrees(self) -> bool:
        """Whether it comes out as it should, to the cent."""
        return self.missing_members == 0 and abs(self.missing_arr) < CENT


def reconcile(imported: Imported, totals: Mapping[str, Total] | None = None) -> list[Check]:
    """Put control totals beside what came out.

    Parameters
    ----------
    imported
        What an import found.
    totals
        By segment, "all" for all members; by default those of the mapping.

    Returns
    -------
    list of Check
        In the order of the totals.

    Notes
    -----
    A gap is explained when some causes (all rows left out for one reason, or all differences between the list and the
    invoices) add up to it exactly, in members and in ARR. All combinations of the fewest causes are named: the totals
    cannot tell between them.
    """
    totals = imported.mapping.totals if totals is None else totals
    return [_check(imported, segment, total) for segment, total in totals.items()]


def _check(imported: Imported, segment: str, total: Total) -> Check:
    book = imported.book if segment == ALL else imported.book[imported.book["segment"] == segment]
    arr = round(float(book["arr"].sum()), 2)
    plain = Check(segment, len(book), total.members, arr, total.arr)
    if plain.agrees:
        return plain
    causes = _causes(imported, segment)
    return Check(segment, len(book), total.members, arr, total.arr, tuple(causes), _explained(plain, causes))


def _causes(imported: Imported, segment: str) -> list[Cause]:
    groups: dict[str, list[Misfit]] = defaultdict(list)
    for one in imported.misfits:
        if one.member and segment in (ALL, one.segment):
            groups[one.reason].append(one)
    causes = []
    for reason, rows in groups.items():
        known = [one.arr for one in rows if not math.isnan(one.arr)]
        places = tuple((one.file, one.line) for one in rows)
        causes.append(Cause(reason, len(rows), round(sum(known), 2), len(rows) - len(known), places))
    stated: pd.DataFrame = imported.stated
    if segment != ALL:
        stated = stated[stated["segment"] == segment]
    if len(stated):
        more = round(float((stated["invoiced"] - stated["arr"]).sum()), 2)
        causes.append(Cause("invoices that say another amount", 0, more, 0, ()))
    return sorted(causes, key=lambda one: (-abs(one.arr), -one.members))


def _explained(check: Check, causes: list[Cause]) -> tuple[tuple[str, ...], ...]:
    """The fewest causes that add up to the gap."""
    some = causes[:MOST]
    for size in range(1, len(some) + 1):
        found = []
        for chosen in itertools.combinations(some, size):
            members = check.expected_members is None or sum(one.members for one in chosen) == check.missing_members
            money = check.expected_arr is None or (
                abs(sum(one.arr for one in chosen) - check.missing_arr) < CENT
                and not any(one.unknown for one in chosen)
            )
            if members and money:
                found.append(tuple(one.reason for one in chosen))
        if found:
            return tuple(found)
    return ()

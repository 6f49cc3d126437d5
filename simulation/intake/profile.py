"""What the columns of an export look like: dates, numbers, words, ids."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass, field
from functools import cached_property

from simulation.intake.cells import Marks, Order, marks_of, order_of
from simulation.intake.kinds import KINDS, Field, likeness
from simulation.intake.sheet import Sheet

__all__ = ["Column", "columns_of", "fields_of", "kind_of"]

SAMPLE = 20_000
"""Cells of a column by which its nature is judged; the order of day and month is judged by all of them."""
LEAST = 0.45
"""Score from which a column is proposed for a field."""


@dataclass(frozen=True, eq=False)
class Column:
    """A column of an export: `name` and `cells`; what they look like is worked out when it is asked for."""

    name: str
    cells: list[str] = field(repr=False)

    @cached_property
    def words(self) -> Counter[str]:
        """How often each word stands in it; blank ones do not count."""
        counts = Counter(self.cells)
        del counts[""]
        return counts

    @cached_property
    def dates(self) -> Order:
        """What it says of day and month."""
        return order_of(self.cells)

    @cached_property
    def marks(self) -> Marks:
        """What it says of the decimal mark."""
        return marks_of(self.cells)

    @cached_property
    def fits(self) -> dict[str, float]:
        """How well it suits each way of reading, 0 to 1."""
        sample = Column(self.name, self.cells[:SAMPLE])
        filled = sum(sample.words.values())
        if not filled:
            return dict.fromkeys(("id", "date", "number", "word", "flag"), 0.0)
        date, number = sample.dates.share, sample.marks.share
        only_date = date if number < 0.9 else 0.7 * date
        few = 1.0 if len(sample.words) <= max(40, filled // 5) else 0.6
        return {
            "id": 0.3 if only_date > 0.9 else 1.0,
            "date": date if date >= 0.5 else 0.0,
            "number": number if number >= 0.5 and only_date < 0.9 else 0.0,
            "word": few * (0.2 if max(only_date, number) > 0.9 else 1.0),
            "flag": few,
        }

    def overlap(self, ids: set[str]) -> float:
        """Share of its different words that are ids of members."""
        known = sum(word.upper() in ids for word in self.words)
        return known / len(self.words) if self.words else 0.0


def columns_of(sheet: Sheet) -> list[Column]:
    """The columns of an export."""
    return [Column(name, sheet.columns[name]) for name in sheet.header]


def fields_of(columns: list[Column], kind: str, ids: set[str] | None = None) -> dict[str, tuple[Column, float]]:
    """Which column is most likely which field of a kind of export, with a score of 0 to 1.

    Parameters
    ----------
    ids
        Ids of the members, in capitals; the column that holds them says whose a row is, whatever it is called.
    """
    scores = []
    for name, one in KINDS[kind].fields.items():
        for column in columns:
            score = _score(one, column, ids if name == "member_id" else None)
            if score >= LEAST:
                scores.append((score, name, column))
    found: dict[str, tuple[Column, float]] = {}
    taken: set[str] = set()
    for score, name, column in sorted(scores, key=lambda one: -one[0]):
        if name not in found and column.name not in taken:
            found[name] = column, score
            taken.add(column.name)
    for name, one in KINDS[kind].fields.items():  # a needed date, amount or word that only one column can be
        if one.needed and name not in found:
            fitting = [column for column in columns if column.name not in taken and column.fits[one.reads] >= 0.9]
            if len(fitting) == 1:
                found[name] = fitting[0], 0.3
                taken.add(fitting[0].name)
    return found


def _score(one: Field, column: Column, ids: set[str] | None) -> float:
    called, fits = likeness(column.name, one.words), column.fits[one.reads]
    if ids is not None:
        return 0.3 * called + 0.7 * column.overlap(ids)
    return called * fits


def kind_of(sheet: Sheet, columns: list[Column]) -> tuple[str, float]:
    """What an export most likely holds, and how far it is ahead of the next."""
    tokens = set(sheet.name.split("_"))
    scores = {}
    for name, kind in KINDS.items():
        found = fields_of(columns, name)
        score = sum((1.0 if one.needed else 0.5) * found[key][1] for key, one in kind.fields.items() if key in found)
        score -= 1.5 * sum(one.needed and key not in found for key, one in kind.fields.items())
        score += 1.5 * bool(tokens & set(kind.words))
        if name == "members" and "member_id" in found:
            column = found["member_id"][0]
            score += 1.0 if len(column.words) >= 0.9 * max(sum(column.words.values()), 1) else -1.5
        scores[name] = score
    ranked = sorted(scores, key=lambda name: -scores[name])
    return ranked[0], scores[ranked[0]] - scores[ranked[1]]

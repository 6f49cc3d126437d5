"""A book in which each member stands in several rows: draws of where it stands, one for each simulated future."""

from __future__ import annotations

from dataclasses import dataclass, fields, replace
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from simulation.scenario.errors import Problem

if TYPE_CHECKING:
    from simulation.scenario.book.book import Book

__all__ = ["FIXED", "Draws", "folded"]

FIXED = ("segment", "arr", "joined", "renews_on", "open_setback")
"""What must be the same in all rows of a member."""


@dataclass(frozen=True, eq=False)
class Draws:
    """Where members stand by draw, arrays [draws, members]; the fields are those of a Book.

    Future number r starts from draw r mod `len(draws)`.
    """

    milestone: NDArray[np.int32]
    progress: NDArray[np.float64]
    direction: NDArray[np.float64]
    magnitude: NDArray[np.float64]
    value_recognised_on: NDArray[np.float64]
    cycle: NDArray[np.int32]

    def __len__(self) -> int:
        return len(self.milestone)

    def book(self, book: Book, draw: int) -> Book:
        """The book as one draw has it."""
        own: dict[str, Any] = {field.name: getattr(self, field.name)[draw] for field in fields(self)}
        return replace(book, **own, draws=None)


def folded(book: Book, number: NDArray[np.int64]) -> tuple[Book | None, list[Problem]]:
    """Put the rows of each member together.

    Parameters
    ----------
    book
        With a place for every row of the file.
    number
        The draw of each row.

    Returns
    -------
    Book or None, list of Problem
        The book with a place for every member; or what is wrong.
    """
    places: dict[str, list[int]] = {}
    for place, member in enumerate(book.member_id):
        places.setdefault(member, []).append(place)
    count = int(number.max()) + 1
    problems = []

    def wrong(place: int, column: str, message: str) -> None:
        problems.append(Problem(str(book.path), int(book.line[place]), None, column, message))

    table = np.zeros((len(places), count), np.int64)
    for row, own in enumerate(places.values()):
        drawn = number[own]
        if len(own) != count or not np.array_equal(np.sort(drawn), np.arange(count)):
            wrong(
                own[0],
                "draw",
                f"every member needs the draws 0 to {count - 1}, each once; this one has {len(own)} rows",
            )
            continue
        table[row] = np.asarray(own)[np.argsort(drawn)]
        for column in FIXED:
            values = getattr(book, column)[own]
            same = (values == values[0]) | ((values != values) & (values[0] != values[0]))
            if not same.all():
                wrong(own[int(np.argmin(same))], column, "must be the same in all rows of a member")
    if problems:
        return None, sorted(problems, key=lambda one: one.line or 0)
    first = table[:, 0]
    columns: dict[str, Any] = {name: getattr(book, name)[first] for name in ("line", "key", *FIXED)}
    drawn_columns = {field.name: getattr(book, field.name)[table.T] for field in fields(Draws)}
    columns |= {name: array[0] for name, array in drawn_columns.items()}
    return replace(book, member_id=list(places), **columns, draws=Draws(**drawn_columns)), []

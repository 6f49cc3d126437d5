"""What the readers of a book's file formats share: a header and chunks of rows, every cell as text."""

from collections.abc import Iterable, Iterator, Sequence
from itertools import islice
from typing import NamedTuple, Protocol

__all__ = ["CHUNK_ROWS", "MAX_CELL", "MAX_COLUMNS", "Chunk", "Fault", "Table", "chunk_of", "header_of"]

CHUNK_ROWS = 16_384
MAX_COLUMNS = 256
TITLES = 20
"""Rows above which a header is looked for."""
MAX_CELL = 10_000
"""Characters kept of a cell: more is wrong in every column, and one text can stand in millions of rows."""


class Fault(NamedTuple):
    """A row that is no row: `reason` holds nothing of its cells and may be kept with a run, `message` may."""

    line: int
    reason: str
    message: str


class Chunk(NamedTuple):
    """Some rows: the line of each, the asked columns as text (blank = ""), and rows that cannot be read."""

    lines: list[int]
    columns: list[list[str]]
    faults: list[Fault]


class Table(Protocol):
    """A file with a header. `header_line` is None where the header is no line (Parquet)."""

    header: list[str]
    warnings: list[str]

    @property
    def header_line(self) -> int | None:
        """Return the line of the header."""
        ...

    def place(self, position: int) -> int | str | None:
        """Return what a message calls the column at a position of the header."""
        ...

    def chunks(self, positions: list[int]) -> Iterator[Chunk]:
        """Yield the rows, with the columns at these positions."""
        ...


def header_of(rows: Iterable[tuple[int, list[str]]]) -> tuple[int, list[str]] | None:
    """The header among the first rows that are not blank, with its line; None when there is none.

    It is the first one, unless that has a single cell and one with more follows: then it is a title, as reports have.
    """
    first: tuple[int, list[str]] | None = None
    filled = ((line, row) for line, row in rows if any(row))
    for line, row in islice(filled, TITLES):
        first = first or (line, row)
        if sum(map(bool, row)) > 1:
            return line, row
    return first


def chunk_of(lines: list[int], rows: Sequence[Sequence[str]], positions: list[int], faults: list[Fault]) -> Chunk:
    """Turn rows into the columns at these positions."""
    return Chunk(lines, [[row[position] for row in rows] for position in positions], faults)

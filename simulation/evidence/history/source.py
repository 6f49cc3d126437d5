"""Where a history comes from: a file or a database, as batches of columns with the number of every row."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Protocol

import numpy as np
import numpy.typing as npt

from simulation.scenario.sheets import Fault, open_sheet

__all__ = ["Batch", "FileSource", "Source", "open_source"]

BATCH_ROWS = 131_072


@dataclass(frozen=True)
class Batch:
    """Some rows: the line of each, the asked columns (lists of text, or Arrow arrays), rows that are none."""

    lines: npt.NDArray[np.int64]
    columns: list[Any]
    faults: list[Fault]


class Source(Protocol):
    """What a history is read from."""

    shown: str
    """What messages call it; never with a password."""
    header: list[str]
    rows: int | None
    """About how many rows, where that is known: for progress."""
    warnings: list[str]
    header_line: int | None

    def batches(self, positions: list[int]) -> Iterator[Batch]:
        """Yield the rows, with the columns at these positions."""
        ...


class FileSource:
    """A file of rows."""

    def __init__(self, path: Path, table: Any) -> None:
        from simulation.scenario.sheets.parquet import ParquetTable

        self.shown = str(path)
        self.table = table
        self.header: list[str] = list(table.header)
        self.header_line: int | None = table.header_line
        self.warnings: list[str] = table.warnings
        self.arrow = isinstance(table, ParquetTable)
        self.rows: int | None = table.rows if isinstance(table, ParquetTable) else None

    def batches(self, positions: list[int]) -> Iterator[Batch]:
        """Yield the rows, with the columns at these positions."""
        if self.arrow:
            done = 0
            for batch in self.table.batches(positions, BATCH_ROWS):
                lines = np.arange(done + 1, done + 1 + batch.num_rows)
                done += batch.num_rows
                yield Batch(lines, list(batch.columns), [])
            return
        for chunk in self.table.chunks(positions):
            yield Batch(np.array(chunk.lines, np.int64), chunk.columns, chunk.faults)


@contextmanager
def open_source(
    where: str | Path, wanted: set[str], *, table: str | None = None, query: str | None = None
) -> Iterator[Source]:
    """Open a file, or a database by its URL.

    Raises
    ------
    TableError
        It cannot be read at all.
    """
    if "://" in str(where):
        from simulation.evidence.history.database import open_database

        with open_database(str(where), table=table, query=query) as source:
            yield source
        return
    path = Path(where)
    with open_sheet(path, wanted) as (sheet, _):
        yield FileSource(path, sheet)

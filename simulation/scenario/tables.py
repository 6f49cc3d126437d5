"""Columns of numbers that a scenario names: CSV or Parquet."""

from __future__ import annotations

import csv
import hashlib
from pathlib import Path
from typing import Any, Final

SIZE_LIMIT: Final = 200_000_000
ROW_LIMIT: Final = 200_000


class BadTable(ValueError):
    """A table that cannot be used; the line is that of the table file, counted from 1."""

    def __init__(self, message: str, line: int | None = None) -> None:
        super().__init__(message)
        self.line = line


def read_table(path: Path) -> tuple[list[str], list[list[Any]]]:
    """Column names and rows of a CSV (comma, header line) or Parquet file.

    Parameters
    ----------
    path : Path
        The file; the suffix decides the format.

    Returns
    -------
    names : list of str
    rows : list of lists
        Cells are numbers or text; an empty cell is None. A CSV cell that is a plain number is a float.

    Raises
    ------
    BadTable
        When the file is no such table, is too large or has no rows.
    """
    try:
        if path.stat().st_size > SIZE_LIMIT:
            raise BadTable(f"the file is larger than {SIZE_LIMIT:,} bytes")
        if path.suffix.lower() == ".csv":
            names, rows = _csv(path)
        elif path.suffix.lower() in (".parquet", ".pq"):
            names, rows = _parquet(path)
        else:
            raise BadTable(f"expected a .csv or .parquet file, not {path.suffix or path.name!r}")
    except OSError as error:
        raise BadTable(f"cannot be read: {error.strerror or error}") from None
    if not rows:
        raise BadTable("the table has no rows")
    if len(set(names)) != len(names):
        raise BadTable("two columns have the same name", 1)
    return names, rows


def _csv(path: Path) -> tuple[list[str], list[list[Any]]]:
    rows: list[list[Any]] = []
    try:
        with path.open(newline="", encoding="utf-8-sig") as file:
            reader = csv.reader(file)
            names = [name.strip() for name in next(reader, [])]
            for cells in reader:
                if not cells:
                    continue
                if len(cells) != len(names):
                    message = f"expected {len(names)} cells as in the first line, not {len(cells)}"
                    raise BadTable(message, reader.line_num)
                if len(rows) >= ROW_LIMIT:
                    raise BadTable(f"more than {ROW_LIMIT:,} rows")
                rows.append([_cell(cell) for cell in cells])
    except (UnicodeDecodeError, csv.Error) as error:
        raise BadTable(f"not a CSV file in UTF-8: {error}") from None
    return names, rows


def _cell(text: str) -> Any:
    stripped = text.strip()
    if not stripped:
        return None
    try:
        return float(stripped)
    except ValueError:
        return stripped


def _parquet(path: Path) -> tuple[list[str], list[list[Any]]]:
    import pyarrow as pa
    import pyarrow.parquet as pq

    try:
        file = pq.ParquetFile(path)
        if file.metadata.num_rows > ROW_LIMIT:
            raise BadTable(f"more than {ROW_LIMIT:,} rows")
        table = file.read()
    except pa.ArrowException as error:
        raise BadTable(f"not a Parquet file: {error}") from None
    columns = [column.to_pylist() for column in table.columns]
    return list(table.column_names), [list(row) for row in zip(*columns, strict=True)]


def sha256(path: Path) -> str:
    """Digest of a file's bytes, as 64 hexadecimal digits."""
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()

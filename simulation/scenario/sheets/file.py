"""Opens a file of rows, whatever its format."""

from __future__ import annotations

import hashlib
import stat
from collections.abc import Iterator
from contextlib import contextmanager
from io import BufferedReader
from pathlib import Path

from simulation.scenario.sheets.errors import TableError
from simulation.scenario.sheets.table import Table
from simulation.scenario.sheets.text import TextTable, survey

__all__ = ["FORMATS", "open_sheet"]

FORMATS = {
    ".csv": "text",
    ".tsv": "text",
    ".txt": "text",
    ".parquet": "Parquet",
    ".pq": "Parquet",
    ".xlsx": "Excel",
    ".xlsm": "Excel",
}
MAGIC = {
    b"PAR1": "Parquet",
    b"PK\x03\x04": "Excel",
    b"\xd0\xcf\x11\xe0": "old Excel (.xls)",
    b"\x1f\x8b": "gzip",
}
MAX_FILE = 2 << 30  # bytes


@contextmanager
def open_sheet(path: Path, wanted: set[str]) -> Iterator[tuple[Table, str]]:
    """Open a file of rows: its table, and the SHA-256 of its bytes in hex.

    Parameters
    ----------
    path
        The ending decides the format.
    wanted
        Names that the header is expected to hold: they decide between delimiters of text.

    Raises
    ------
    TableError
        The file cannot be read at all.
    """
    kind = FORMATS.get(path.suffix.lower())
    if kind is None:
        hint = "; in Excel, save it as .xlsx" if path.suffix.lower() == ".xls" else ""
        raise TableError(f"has the ending {path.suffix!r}: expected {', '.join(FORMATS)}{hint}")
    try:
        state = path.stat()
        if not stat.S_ISREG(state.st_mode):  # opening a pipe would wait for ever
            raise TableError("is not a file")
        file = path.open("rb")
    except FileNotFoundError:
        raise TableError("does not exist") from None
    except (OSError, ValueError) as error:
        raise TableError(f"cannot be opened: {getattr(error, 'strerror', None) or error}") from None
    with file:
        try:
            yield _table(file, state.st_size, kind, wanted)
        except OSError as error:
            raise TableError(f"cannot be read: {error.strerror or error}") from error


def _table(file: BufferedReader, size: int, kind: str, wanted: set[str]) -> tuple[Table, str]:
    if size == 0:
        raise TableError("is empty: expected a header and rows")
    if size > MAX_FILE:
        raise TableError(f"is larger than {MAX_FILE >> 30} GB")
    head = file.read(4)
    found = next((name for magic, name in MAGIC.items() if head.startswith(magic)), "text")
    if found != kind:
        raise TableError(f"is named as {kind} but is {found} inside: give the file its right ending")
    file.seek(0)
    if kind == "text":
        digest, encoding = survey(file)
        return TextTable(file, encoding, wanted), digest
    digest = hashlib.file_digest(file, "sha256").hexdigest()
    if kind == "Excel":
        from simulation.scenario.sheets.excel import ExcelTable

        return ExcelTable(file, size), digest
    from simulation.scenario.sheets.parquet import ParquetTable

    return ParquetTable(file), digest

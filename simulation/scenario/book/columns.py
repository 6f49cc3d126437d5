"""Opens the file of a book, whatever its format, and finds the columns in it."""

from __future__ import annotations

import hashlib
import stat
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from io import BufferedReader
from pathlib import Path
from typing import TYPE_CHECKING

from simulation.scenario.book.errors import BookError, TableError
from simulation.scenario.book.table import Table
from simulation.scenario.book.text import TextTable, survey
from simulation.scenario.errors import Problem, nearest, one_of, shown

if TYPE_CHECKING:
    from simulation.scenario.schema import Scenario

__all__ = ["OpenedBook", "open_table"]

REQUIRED = ("member_id", "segment", "arr", "joined", "renews_on")
OPTIONAL = ("milestone", "progress", "direction", "magnitude", "value_recognised_on", "open_setback", "cycle")
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
MAX_NAME = 200  # characters of a column's name
MAX_FILE = 2 << 30  # bytes


@dataclass(frozen=True)
class OpenedBook:
    """A book whose header fits: `columns` maps our names to positions in the file."""

    table: Table
    digest: str
    columns: dict[str, int]
    warnings: list[str]


@contextmanager
def open_table(path: Path, scenario: Scenario) -> Iterator[OpenedBook]:
    """Open a book and find its columns.

    Raises
    ------
    TableError
        The file cannot be read at all.
    BookError
        Columns are missing; all of them are named.
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
            table, digest = _table(file, state.st_size, kind, set(_names(scenario).values()))
            columns, warnings = _columns(path, table, scenario)
            yield OpenedBook(table, digest, columns, warnings)
        except OSError as error:
            raise TableError(f"cannot be read: {error.strerror or error}") from error


def _table(file: BufferedReader, size: int, kind: str, wanted: set[str]) -> tuple[Table, str]:
    if size == 0:
        raise TableError("is empty: expected a header and a row for every member")
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
        from simulation.scenario.book.excel import ExcelTable

        return ExcelTable(file, size), digest
    from simulation.scenario.book.parquet import ParquetTable

    return ParquetTable(file), digest


def _names(scenario: Scenario) -> dict[str, str]:
    """Return the name in the file of each column."""
    given = scenario.book.columns if scenario.book else {}
    return {name: given.get(name, name) for name in REQUIRED + OPTIONAL}


def _columns(path: Path, table: Table, scenario: Scenario) -> tuple[dict[str, int], list[str]]:
    names = _names(scenario)
    given = scenario.book.columns if scenario.book else {}
    problems: list[Problem] = []

    def wrong(place: str, message: str, line: int | None = table.header_line) -> None:
        problems.append(Problem(str(path), line, None, place, message))

    for name in given:
        if name not in names:
            wrong(f"book.columns.{name}", f"there is no such column of a book: {one_of(names, name)}", None)
    header = [name[:MAX_NAME] for name in table.header]
    plain = [name for name in header if name and name.isprintable()]
    columns: dict[str, int] = {}
    free = [name for name in plain if name not in names.values()]
    for name, called in names.items():
        places = [i for i, word in enumerate(header) if word == called]
        if len(places) > 1:
            spots = " and ".join(str(i + 1) for i in places)
            wrong(name, f"column {shown(called)} stands more than once in the header: columns {spots}")
        elif places:
            columns[name] = places[0]
        elif name in given:
            wrong(
                f"book.columns.{name}",
                f"there is no column {shown(called)} in the file: {one_of(plain, called)}",
            )
        elif name in REQUIRED and not (name == "segment" and len(scenario.segments) == 1):
            close = nearest(name, free)
            hint = f"; is it {shown(close)}? Then write book: {{columns: {{{name}: {shown(close)}}}}}" if close else ""
            wrong(name, f"there is no column {name!r} in the header{hint}")
    if problems:
        raise BookError(problems)
    warnings = []
    missing = [called for name, called in names.items() if name not in columns]
    for position, word in enumerate(header):
        if position in columns.values():
            continue
        close = nearest(word, missing)
        what = f"column {shown(word)}" if word else f"column {position + 1}, which has no name,"
        warnings.append(f"{what} is not used" + (f"; is it {close!r}?" if close else ""))
    return columns, warnings

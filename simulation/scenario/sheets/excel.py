"""A file of rows as a sheet of an Excel workbook, read row by row; a hostile archive has bounded cost."""

import datetime as dt
import warnings
import zipfile
from collections.abc import Iterator
from typing import Any, BinaryIO
from xml.parsers import expat

from simulation.scenario.sheets.errors import TableError
from simulation.scenario.sheets.table import CHUNK_ROWS, MAX_CELL, MAX_COLUMNS, Chunk, chunk_of, header_of

__all__ = ["ExcelTable", "opened"]

MAX_FILE = 100 << 20  # bytes on disk; a million members take some 60 MB
MAX_UNPACKED = 512 << 20
MAX_ROWS = 1 << 20  # Excel's own limit
MAX_STRINGS = 8 << 20
MAX_ELEMENTS = 1 << 20  # of XML between the ends of two rows
BLOCK = 1 << 20


class ExcelTable:
    """The first visible sheet of a workbook; its first row that is not blank is the header.

    Parameters
    ----------
    file : binary file
        Seekable.
    size : int
        Bytes on disk.
    """

    def __init__(self, file: BinaryIO, size: int) -> None:
        self.warnings: list[str] = []
        workbook = opened(file, size)
        sheets = [sheet for sheet in workbook.worksheets if sheet.sheet_state == "visible"]
        if not sheets:
            raise TableError("has no visible sheet")
        self._sheet = sheets[0]
        if len(sheets) > 1:
            self.warnings.append(f"has {len(sheets)} sheets: only the first, {self._sheet.title!r}, is read")
        self._sheet.reset_dimensions()  # what the file says of its size is not trusted
        found = header_of((number, [_text(value).strip() for value in values]) for number, values in self._rows(None))
        if found is None:
            raise TableError("is empty: expected a header and rows")
        self.header_line, names = found
        while not names[-1]:
            names.pop()
        if len(names) > MAX_COLUMNS:
            raise TableError(f"has {len(names):,} columns; at most {MAX_COLUMNS} are read", line=self.header_line)
        self.header = names

    def place(self, position: int) -> str:
        """Return the letter of the column."""
        from openpyxl.utils import get_column_letter

        return str(get_column_letter(position + 1))

    def chunks(self, positions: list[int]) -> Iterator[Chunk]:
        """Yield the rows below the header, at most CHUNK_ROWS at a time."""
        lines: list[int] = []
        rows: list[list[str]] = []
        for number, values in self._rows(len(self.header)):
            if number <= self.header_line or all(value is None for value in values):
                continue
            row = [_text(value) for value in values]
            if any(row) and any(cell.strip() for cell in row):
                lines.append(number)
                rows.append(row)
                if len(rows) == CHUNK_ROWS:
                    yield chunk_of(lines, rows, positions, [])
                    lines, rows = [], []
        if rows:
            yield chunk_of(lines, rows, positions, [])

    def _rows(self, width: int | None) -> Iterator[tuple[int, tuple[Any, ...]]]:
        with _clear_errors():
            for number, values in enumerate(self._sheet.iter_rows(values_only=True, max_col=width), start=1):
                if number > MAX_ROWS:
                    raise TableError(f"the sheet has more than {MAX_ROWS:,} rows")
                yield number, values


def opened(file: BinaryIO, size: int, *, values: bool = True) -> Any:
    """Open a workbook to be read row by row, after a look at what it would cost.

    Parameters
    ----------
    file : binary file
        Seekable.
    size : int
        Bytes on disk.
    values : bool
        Whether cells hold what formulas came to, or else the formulas.

    Raises
    ------
    TableError
        It is no workbook, too large, or openpyxl is missing.
    """
    try:
        from openpyxl import load_workbook
    except ImportError:
        raise TableError(
            "is an Excel workbook, which needs openpyxl: pip install 'membersim[excel]', or save the sheet as CSV UTF-8"
        ) from None
    if size > MAX_FILE:
        raise TableError(f"is larger than {MAX_FILE >> 20} MB: save the sheet as CSV UTF-8 or Parquet")
    with _clear_errors():
        file.seek(0)
        with zipfile.ZipFile(file) as archive:
            _survey(archive)
        file.seek(0)
        return load_workbook(file, read_only=True, data_only=values, keep_links=False)


class _clear_errors:
    """Turns whatever zipfile, expat and openpyxl raise on a broken file into one clear error."""

    def __enter__(self) -> None:
        self._warnings = warnings.catch_warnings()
        self._warnings.__enter__()
        warnings.simplefilter("ignore")  # openpyxl's, on styles and extensions

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, trace: Any) -> None:
        self._warnings.__exit__(kind, error, trace)
        if isinstance(error, Exception) and not isinstance(error, TableError):
            raise TableError("cannot be read as an Excel workbook: it is damaged or something else") from error


def _survey(archive: zipfile.ZipFile) -> None:
    """Refuse an archive that unpacks to more than a list of members can need, before anything builds trees of it."""
    parts = archive.infolist()
    if sum(part.file_size for part in parts) > MAX_UNPACKED:
        raise TableError(f"unpacks to more than {MAX_UNPACKED >> 20:,} MB: this is no list of members")
    for part in parts:
        if part.compress_type not in (zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED):
            raise TableError("is packed in a way that Excel does not use")
        if part.file_size > BLOCK:
            _survey_part(archive, part)


def _survey_part(archive: zipfile.ZipFile, part: zipfile.ZipInfo) -> None:
    elements = rows = strings = 0

    def start(name: str, _attributes: list[str]) -> None:
        nonlocal elements
        elements += 1
        if elements > MAX_ELEMENTS:
            raise TableError(f"{part.filename} holds a row of more than {MAX_ELEMENTS:,} elements")

    def end(name: str) -> None:
        nonlocal elements, rows, strings
        if name == "row" or name.endswith(":row"):
            elements = 0
            rows += 1
        elif name == "si" or name.endswith(":si"):
            elements = 0
            strings += 1
        if rows > MAX_ROWS or strings > MAX_STRINGS:
            raise TableError(f"{part.filename} holds too many rows or texts for a sheet")

    parser = expat.ParserCreate()
    parser.ordered_attributes = True
    parser.StartElementHandler = start
    parser.EndElementHandler = end
    with archive.open(part) as stream:
        try:
            while block := stream.read(BLOCK):
                if len(block) == BLOCK and b">" not in block:
                    raise TableError(f"{part.filename} holds a text of more than {BLOCK:,} bytes")
                parser.Parse(block)
        except expat.ExpatError:
            return  # a picture, or damage that the reader meets no later than here


def _text(value: Any) -> str:
    """Return the text of a cell; dates in ISO form, with a time of day if any, whole numbers without a point."""
    if value is None:
        return ""
    if isinstance(value, str):
        return value[:MAX_CELL]
    if isinstance(value, float) and value.is_integer() and abs(value) < 1e15:
        return str(int(value))
    if isinstance(value, dt.datetime):
        return value.date().isoformat() if value.time() == dt.time() else value.isoformat(" ")
    return str(value)

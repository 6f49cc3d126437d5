"""A file of rows as delimited text: rows with the exact numbers of their lines, in bounded memory."""

import codecs
import csv
import hashlib
import io
import re
from collections.abc import Iterator
from itertools import islice
from operator import itemgetter
from typing import BinaryIO

from simulation.scenario.sheets.errors import TableError
from simulation.scenario.sheets.table import CHUNK_ROWS, MAX_COLUMNS, Chunk, Fault, chunk_of, header_of

__all__ = ["TextTable", "survey"]

MAX_LINE = 1 << 20  # bytes; a line has some hundred
MAX_LINES = 20_000_000
DELIMITERS = ",;\t"
HEAD_ROWS = 100  # among which the header is
_BREAK = re.compile("\r\n|\n|\r")


def survey(file: BinaryIO) -> tuple[str, str]:
    """Read the whole file once.

    Parameters
    ----------
    file : binary file
        At its beginning; read to the end in blocks.

    Returns
    -------
    digest : str
        SHA-256 of the bytes, in hex.
    encoding : str
        "utf-8-sig" when all of it is UTF-8, else "cp1252".

    Raises
    ------
    TableError
        A line of more than about a megabyte, too many lines, or bytes that are text in neither encoding.
    """
    digest = hashlib.sha256()
    utf8: codecs.IncrementalDecoder | None = codecs.getincrementaldecoder("utf-8")("strict")
    undefined: tuple[int, int] | None = None  # line and byte that Windows-1252 does not know
    lines = 1
    while block := file.read(MAX_LINE):
        digest.update(block)
        if lines == 1 and block.startswith((codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE)):
            raise TableError("is UTF-16 text: save it as CSV UTF-8", line=1)
        if len(block) == MAX_LINE and b"\n" not in block and b"\r" not in block:
            raise TableError(f"has a line of more than {MAX_LINE:,} bytes here: this is no list of members", line=lines)
        if utf8 is not None:
            try:
                utf8.decode(block)
            except UnicodeDecodeError:
                utf8 = None
        if undefined is None:
            bad = [at for byte in b"\x81\x8d\x8f\x90\x9d" if (at := block.find(byte)) >= 0]
            if bad:
                undefined = lines + block.count(b"\n", 0, min(bad)), block[min(bad)]
        lines += max(block.count(b"\n"), block.count(b"\r"))
        if lines > MAX_LINES:
            raise TableError(f"has more than {MAX_LINES:,} lines: this is no list of members")
    if utf8 is not None:
        try:
            utf8.decode(b"", final=True)
            return digest.hexdigest(), "utf-8-sig"
        except UnicodeDecodeError:
            pass
    if undefined is not None:
        line, byte = undefined
        raise TableError(
            f"has byte 0x{byte:02x}, which is neither UTF-8 nor Windows-1252 text: save it as CSV UTF-8",
            line=line,
        )
    return digest.hexdigest(), "cp1252"


class TextTable:
    """A delimited text file with a header; `,` `;` and tab are told apart by the header.

    Parameters
    ----------
    file : binary file
        Seekable.
    encoding : str
        As `survey` found it.
    wanted : set of str
        Names that the header is expected to hold: they decide between delimiters.
    """

    def __init__(self, file: BinaryIO, encoding: str, wanted: set[str]) -> None:
        file.seek(0)
        self._text = io.TextIOWrapper(file, encoding, newline="")
        head = self._text.read(MAX_LINE)
        if not head.strip():
            raise TableError("is empty: expected a header and rows")
        headers = [found for delimiter in DELIMITERS if (found := _header(head, delimiter))]
        if not headers:
            raise TableError("has a header that cannot be read: expected the names of the columns", line=1)
        self.header, self.header_line, self._delimiter = max(
            headers, key=lambda found: (len(wanted.intersection(found[0])), len(found[0]))
        )
        if any("\0" in name for name in self.header):
            raise TableError("has NUL bytes in its header: save it as CSV UTF-8", line=self.header_line)
        if len(self.header) > MAX_COLUMNS:
            raise TableError(f"has {len(self.header):,} columns; at most {MAX_COLUMNS} are read", line=self.header_line)
        self.warnings: list[str] = []
        if encoding == "cp1252":
            self.warnings.append("is not UTF-8: read as Windows-1252; check names with accents")

    def place(self, position: int) -> int:
        """Return the number of the column, from 1."""
        return position + 1

    def chunks(self, positions: list[int]) -> Iterator[Chunk]:
        """Yield the rows below the header, at most CHUNK_ROWS at a time."""
        self._text.seek(0)
        reader = csv.reader(self._text, delimiter=self._delimiter, skipinitialspace=True, strict=True)
        while True:
            first = reader.line_num + 1
            rows: list[list[str]] = []
            error: csv.Error | None = None
            try:
                rows.extend(islice(reader, CHUNK_ROWS))  # what came before an error stays
            except csv.Error as wrong:
                error = wrong
            if not rows and error is None:
                return
            lines, following = _lines(rows, first, reader.line_num if error is None else None)
            faults: list[Fault] = []
            if not self._plain(rows, lines):
                lines, rows, faults = self._told_apart(rows, lines)
            if error is not None and following > self.header_line:
                faults.append(_unreadable(following, error))
            if rows or faults:
                yield chunk_of(lines, rows, positions, faults)
            if error is not None and "field larger" in str(error):  # the rest would be read from inside the cell
                return

    def _plain(self, rows: list[list[str]], lines: list[int]) -> bool:
        """Whether all rows lie below the header, have its width, and are not blank (their first cell is not)."""
        if not rows or lines[0] <= self.header_line or set(map(len, rows)) != {len(self.header)}:
            return False
        return all(map(str.strip, map(itemgetter(0), rows)))

    def _told_apart(self, rows: list[list[str]], lines: list[int]) -> tuple[list[int], list[list[str]], list[Fault]]:
        """The rows below the header that are not blank, and those of another width as faults."""
        width = len(self.header)
        kept: list[list[str]] = []
        numbers: list[int] = []
        faults: list[Fault] = []
        for line, row in zip(lines, rows, strict=True):
            if line <= self.header_line:
                continue
            if len(row) > width and not any(cell.strip() for cell in row[width:]):
                del row[width:]
            if not any(cell.strip() for cell in row):
                continue
            if len(row) != width:
                faults.append(_ragged(line, row, width))
            else:
                numbers.append(line)
                kept.append(row)
        return numbers, kept, faults


def _lines(rows: list[list[str]], first: int, last: int | None) -> tuple[list[int], int]:
    """First line of each row, and the line after all; `last` is that of the last row, if known."""
    if last is not None and last - first + 1 == len(rows):
        return list(range(first, last + 1)), last + 1
    lines = []
    for row in rows:  # some cells hold line breaks
        lines.append(first)
        first += 1 + sum(len(_BREAK.findall(cell)) for cell in row if "\n" in cell or "\r" in cell)
    return lines, first


def _header(head: str, delimiter: str) -> tuple[list[str], int, str] | None:
    """Return the names of the columns, the last line of the header, and the delimiter."""
    rows = csv.reader(io.StringIO(head, newline=""), delimiter=delimiter, skipinitialspace=True)
    lines: list[tuple[int, list[str]]] = []
    try:
        for row in islice(rows, HEAD_ROWS):
            lines.append((rows.line_num, [cell.strip() for cell in row]))
    except csv.Error:
        pass  # what came before it stays
    found = header_of(lines)
    return None if found is None else (found[1], found[0], delimiter)


def _ragged(line: int, row: list[str], width: int) -> Fault:
    some = f"{len(row):,} cell" + ("" if len(row) == 1 else "s")
    hint = "; quote cells that hold the delimiter" if len(row) > width else ""
    return Fault(line, "wrong number of cells", f"has {some}, but the header has {width}{hint}")


def _unreadable(line: int, error: csv.Error) -> Fault:
    text = str(error)
    if "unexpected end" in text or "field larger" in text:
        return Fault(line, "unbalanced quotes", "a quotation mark opened here is never closed")
    return Fault(line, "unbalanced quotes", f"quotation marks are unbalanced ({error})")

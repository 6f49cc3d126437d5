"""The book: today's members, from a CSV, Parquet or Excel file, so that a forecast starts warm."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import DTypeLike, NDArray

from simulation.model.random import book_key
from simulation.scenario.book.columns import open_table
from simulation.scenario.book.draws import Draws, folded
from simulation.scenario.book.errors import BookError, TableError
from simulation.scenario.book.rows import Finding, Rows
from simulation.scenario.errors import Problem

if TYPE_CHECKING:
    from simulation.scenario.schema import Scenario

__all__ = ["Book", "Excluded", "load_book"]

READ = (
    "key", "segment", "arr", "joined", "renews_on", "milestone", "progress", "direction", "magnitude",
    "value_recognised_on", "open_setback", "cycle",
)  # fmt: skip
"""What a run reads of a book, beside the names of its columns."""
MAX_TOTAL = 10**15  # cents of ARR in a book: sums stay far inside 64 bits


@dataclass(frozen=True, eq=False)
class Excluded:
    """The rows that quarantine left out; nothing in it names a member.

    Attributes
    ----------
    line : int64 array
        Line of the file (row of the sheet; row number from 1 in Parquet).
    reasons : tuple of tuple of str
        What is wrong with each row.
    arr : int64 array
        Cents per year; 0 where it cannot be read.
    arr_known : bool array
        Whether it can.
    """

    line: NDArray[np.int64]
    reasons: tuple[tuple[str, ...], ...]
    arr: NDArray[np.int64]
    arr_known: NDArray[np.bool_]

    @property
    def members(self) -> int:
        """How many rows were left out."""
        return len(self.line)

    @property
    def total_arr(self) -> int:
        """Cents per year of the rows whose ARR can be read."""
        return int(self.arr.sum())

    @property
    def unknown_arr(self) -> int:
        """How many rows have an ARR that cannot be read, so that `total_arr` misses it."""
        return int((~self.arr_known).sum())


@dataclass(frozen=True, eq=False)
class Book:
    """Today's members, one place per member in the order of the file. Days count from the scenario's start.

    Attributes
    ----------
    line : int64 array
        Line of the file (row of the sheet; row number from 1 in Parquet).
    member_id : list of str
        Kept in memory only; never printed or stored.
    key : uint64 array
        Member keys of the random numbers, all different.
    segment : int32 array
        Position in the scenario's segments.
    arr : int64 array
        Cents per year.
    joined : float64 array
        Days, 0 or negative.
    renews_on : float64 array
        Days to the next renewal; negative for a member in grace: the renewal that was missed.
    milestone : int32 array
        Position in the segment's journey of the last one reached; NONE_REACHED (-1), or UNKNOWN (-2).
    progress : float64 array
        Pace-months since then; NaN = not known.
    direction : float64 array
        Radians; NaN = not known.
    magnitude : float64 array
        1 = typical pace; NaN = not known.
    value_recognised_on : float64 array
        Days, 0 or negative; NaN = not known, or never: see `columns`.
    open_setback : float64 array
        Days, 0 or negative, at which the open setback came; NaN = none, or not known.
    cycle : int32 array
        How often the growth milestones were completed before; 0 when not given.
    path : Path
        The file.
    digest : str
        SHA-256 of its bytes, in hex.
    excluded : Excluded
        What quarantine left out.
    warnings : tuple of str
        What was noticed and is no error.
    columns : frozenset of str
        Our names of the columns that the file has. Where it has `value_recognised_on`, an empty cell of a row
        that states milestone, direction and magnitude says that the member never recognised value; where it has
        not, nothing is known of it.
    draws : Draws or None
        Where the file has a column `draw`: where each member stands in each of them. The fields above then are
        those of draw 0.
    """

    line: NDArray[np.int64] = field(repr=False)
    member_id: list[str] = field(repr=False)
    key: NDArray[np.uint64] = field(repr=False)
    segment: NDArray[np.int32] = field(repr=False)
    arr: NDArray[np.int64] = field(repr=False)
    joined: NDArray[np.float64] = field(repr=False)
    renews_on: NDArray[np.float64] = field(repr=False)
    milestone: NDArray[np.int32] = field(repr=False)
    progress: NDArray[np.float64] = field(repr=False)
    direction: NDArray[np.float64] = field(repr=False)
    magnitude: NDArray[np.float64] = field(repr=False)
    value_recognised_on: NDArray[np.float64] = field(repr=False)
    open_setback: NDArray[np.float64] = field(repr=False)
    cycle: NDArray[np.int32] = field(repr=False)
    path: Path
    digest: str
    excluded: Excluded = field(repr=False)
    warnings: tuple[str, ...]
    columns: frozenset[str] = frozenset()
    draws: Draws | None = None

    def __len__(self) -> int:
        return len(self.member_id)

    @property
    def total_arr(self) -> int:
        """Cents per year of all members."""
        return int(self.arr.sum())

    @property
    def content(self) -> str:
        """SHA-256, in hex, of what a run reads: two books with the same content give the same futures.

        Rows that quarantine left out are not in it, nor is how the file is written.
        """
        digest = hashlib.sha256()
        for name in READ:
            array: NDArray[Any] = np.ascontiguousarray(getattr(self, name))
            digest.update(f"{name}\x1f{array.dtype.str}\x1f{array.shape}\x1f".encode())
            digest.update(array.tobytes())
        for name, array in vars(self.draws).items() if self.draws is not None else ():
            digest.update(f"draws {name}\x1f{array.shape}\x1f".encode() + np.ascontiguousarray(array).tobytes())
        digest.update(" ".join(sorted(self.columns)).encode())
        return digest.hexdigest()


def load_book(path: str | Path, scenario: Scenario, *, quarantine: bool = False) -> Book:
    """Read a book and check every row against a scenario.

    Parameters
    ----------
    path : path
        One row per member: delimited text (.csv, .tsv, .txt; `,` `;` or tab; UTF-8 or Windows-1252), Parquet
        (.parquet, .pq) or the first visible sheet of a workbook (.xlsx, .xlsm). The columns are `member_id`,
        `segment` (not needed when the scenario has one), `arr` (a year), `joined`, `renews_on`, and as far as
        known `milestone` (the last reached; `none` = none yet; blank = not known), `progress` (pace-months),
        `direction` (degrees), `magnitude`, `value_recognised_on`, `open_setback` (the day it came),
        `cycle`. With a column `draw` (0, 1, ...) a member stands in a row for each draw of where it is.
        Dates are year-month-day; a time of day is dropped.
    scenario : Scenario
        Its `book.columns` maps these names to those in the file; its `book.sha256` is checked.
    quarantine : bool
        Leave rows with faults out (of several with one id the first stays) instead of refusing the file.

    Returns
    -------
    Book

    Raises
    ------
    BookError
        A ScenarioError with all faults of all rows; or with what is wrong with the whole file, which
        quarantine does not excuse. Also when there is no member, or no good row.
    """
    path = Path(path)
    places: dict[str, int | str | None] = {}
    rows: Rows | None = None
    try:
        with open_table(path, scenario) as opened:
            rows = Rows(scenario, list(opened.columns))
            _check_digest(path, opened.digest, scenario)
            places = {name: opened.table.place(position) for name, position in opened.columns.items()}
            for chunk in opened.table.chunks(list(opened.columns.values())):
                rows.add(chunk)
    except TableError as error:
        whole = Problem(str(path), error.line, None, "", f"the book {error.message}")
        raise BookError([whole, *_problems(path, rows.findings if rows else [], places)]) from error
    if rows.findings and not quarantine:
        raise BookError(_problems(path, rows.findings, places))
    warnings = opened.warnings + opened.table.warnings
    if rows.setbacks_ignored:
        warnings.append(f"{rows.setbacks_ignored:,} open setbacks are in segments without setbacks: ignored")
    return _book(path, opened.digest, rows, warnings, frozenset(opened.columns))


def _check_digest(path: Path, digest: str, scenario: Scenario) -> None:
    book = scenario.book
    if book is not None and book.sha256 and book.sha256 != digest and path.resolve() == book.file.resolve():
        message = f"the scenario asks for a book of digest {book.sha256}, but this file has {digest}"
        raise BookError([Problem(str(path), None, None, "book.sha256", message)])


def _problems(path: Path, findings: list[Finding], places: dict[str, int | str | None]) -> list[Problem]:
    """Return the findings as problems, by line; a cell of a sheet also by the name it has there."""
    problems = []
    for line, column, _, message in sorted(findings, key=lambda finding: finding.line):
        place = places.get(column) if column else None
        name = f"{column} (cell {place}{line})" if isinstance(place, str) else column or ""
        problems.append(Problem(str(path), line, place if isinstance(place, int) else None, name, message))
    return problems


def _book(path: Path, digest: str, rows: Rows, warnings: list[str], columns: frozenset[str]) -> Book:
    """Put the good rows together."""

    def wrong(message: str, line: int | None = None) -> BookError:
        return BookError([Problem(str(path), line, None, "", message)])

    if not rows.blocks and not rows.findings:
        raise wrong("the book has a header, but no members")
    excluded = _excluded(rows)
    good = [~np.isin(block["line"], excluded.line) for block in rows.blocks]
    ids = [
        member
        for block, keep in zip(rows.blocks, good, strict=True)
        for member, stays in zip(block["member_id"], keep.tolist(), strict=True)
        if stays
    ]
    if not ids:
        raise wrong(f"the book has no good row: all {excluded.members:,} were left out")

    def column(name: str, kind: DTypeLike) -> NDArray[Any]:
        parts = [block[name][keep] for block, keep in zip(rows.blocks, good, strict=True)]
        return np.concatenate(parts).astype(kind)

    book = Book(
        line=column("line", np.int64),
        member_id=ids,
        key=np.fromiter((book_key(member) for member in ids), np.uint64, len(ids)),
        segment=column("segment", np.int32),
        arr=column("arr", np.int64),
        joined=column("joined", np.float64),
        renews_on=column("renews_on", np.float64),
        milestone=column("milestone", np.int32),
        progress=column("progress", np.float64),
        direction=column("direction", np.float64),
        magnitude=column("magnitude", np.float64),
        value_recognised_on=column("value_recognised_on", np.float64),
        open_setback=column("open_setback", np.float64),
        cycle=column("cycle", np.int32),
        path=path,
        digest=digest,
        excluded=excluded,
        warnings=tuple(warnings),
        columns=columns,
    )
    if "draw" in columns:
        if excluded.members:
            raise wrong("a book with draws has no use without its wrong rows: a member needs all its draws")
        whole, problems = folded(book, column("draw", np.int64))
        if whole is None:
            raise BookError(problems)
        book = whole
    if float(book.arr.sum(dtype=np.float64)) > MAX_TOTAL:
        raise wrong(f"the ARR of all members together is absurd: at most {MAX_TOTAL // 100:,} a year")
    _, first, count = np.unique(book.key, return_index=True, return_counts=True)
    if (count > 1).any():
        lines = book.line[book.key == book.key[first[count > 1][0]]].tolist()
        raise wrong(f"the ids on lines {lines} share one random-number key: change one of them", lines[-1])
    return book


def _excluded(rows: Rows) -> Excluded:
    reasons: dict[int, dict[str, None]] = {}  # a dict keeps the order and drops repeats
    for finding in rows.findings:
        reasons.setdefault(finding.line, {})[finding.reason] = None
    line = np.array(sorted(reasons), np.int64)
    arr = np.full(len(line), -1, np.int64)
    for block in rows.blocks:
        bad = np.isin(block["line"], line)
        arr[np.searchsorted(line, block["line"][bad])] = block["arr"][bad]
    return Excluded(
        line=line,
        reasons=tuple(tuple(reasons[at]) for at in line.tolist()),
        arr=np.maximum(arr, 0),
        arr_known=arr >= 0,
    )

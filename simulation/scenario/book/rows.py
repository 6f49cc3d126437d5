"""Reads the rows of a book, chunk by chunk, into arrays; every fault is kept with its line and column."""

import math
from typing import TYPE_CHECKING, Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from simulation.scenario.book.cells import (
    CellError,
    ColumnReader,
    quoted,
    read_day,
    read_id,
    read_money,
    read_number,
    read_whole,
)
from simulation.scenario.book.checks import NONE_REACHED, UNKNOWN, Facts, checks
from simulation.scenario.errors import one_of
from simulation.scenario.sheets import Chunk, TableError
from simulation.scenario.sheets.guard import unguarded

if TYPE_CHECKING:
    from simulation.scenario.schema import Scenario

__all__ = ["Finding", "Rows"]

MAX_MEMBERS = 5_000_000
MAX_FINDINGS = 500_000
MAX_GUESSES = 1_000  # searches for the nearest right word: they are slow


class Finding(NamedTuple):
    """A fault of one row; `reason` holds nothing of its cells and may be kept with a run."""

    line: int
    column: str | None
    reason: str
    message: str


class Rows:
    """Collects the rows of a book, chunk by chunk.

    Parameters
    ----------
    scenario : Scenario
        Says which segments and milestones there are, and what is past due.
    columns : list of str
        Our names of the columns that each chunk holds, in its order.

    Attributes
    ----------
    findings : list of Finding
        All faults so far.
    first_line : dict
        The line of each member id that was seen.
    blocks : list of dict
        One per chunk: the arrays of a Book's fields and `line`; rows with faults included.
    setbacks_ignored : int
        Open setbacks in segments that have none.
    """

    def __init__(self, scenario: "Scenario", columns: list[str]) -> None:
        self._columns = columns
        self._facts = facts = Facts.of(scenario)
        self._code = {name: i for i, name in enumerate(facts.segments)}
        self._milestones: dict[tuple[int, str], int] = {}
        for i, journey in enumerate(facts.journeys):
            self._milestones |= {(i, name): at for at, name in enumerate(journey)}
            self._milestones |= {(i, "none"): NONE_REACHED, (i, ""): UNKNOWN}
        origin = scenario.start.toordinal()

        def days(text: str) -> float:
            return float(read_day(text) - origin)

        self._money = ColumnReader(lambda text: read_money(text, scenario.currency), -1, required=True)
        self._required_day = ColumnReader(days, math.nan, required=True)
        self._day = ColumnReader(days, math.nan)
        self._number = ColumnReader(read_number, math.nan)
        self._whole = ColumnReader(read_whole, 0)
        self._guesses = MAX_GUESSES
        self._lines: list[int] = []
        self.findings: list[Finding] = []
        self.first_line: dict[str, int] = {}
        self.blocks: list[dict[str, Any]] = []
        self.setbacks_ignored = 0

    def add(self, chunk: Chunk) -> None:
        """Read and check some rows."""
        self._lines = chunk.lines
        self.findings += [Finding(line, None, reason, message) for line, reason, message in chunk.faults]
        cells = dict(zip(self._columns, chunk.columns, strict=True))
        block: dict[str, Any] = {
            "line": np.array(chunk.lines, np.int64),
            "member_id": self._ids(cells["member_id"], cells.get("draw")),
            "draw": np.array(self._read("draw", self._whole, cells), np.int64),
            "segment": self._segment(cells.get("segment")),
            "arr": np.array(self._read("arr", self._money, cells), np.int64),
            "joined": np.array(self._read("joined", self._required_day, cells)),
            "renews_on": np.array(self._read("renews_on", self._required_day, cells)),
            "progress": np.array(self._read("progress", self._number, cells)),
            "direction": np.array(self._read("direction", self._number, cells)),
            "magnitude": np.array(self._read("magnitude", self._number, cells)),
            "value_recognised_on": np.array(self._read("value_recognised_on", self._day, cells)),
            "open_setback": np.array(self._read("open_setback", self._day, cells)),
            "cycle": np.array(self._read("cycle", self._whole, cells), np.int64),
        }
        milestones = cells.get("milestone", [""] * len(chunk.lines))
        block["milestone"] = self._milestone(milestones, block["segment"])
        block["milestone_blank"] = np.array([not cell.strip() for cell in milestones], np.bool_)
        for check in checks(block, self._facts):
            for row in np.flatnonzero(check.faulty).tolist():
                self._find(row, check.column, check.reason, check.message(row))
        ignored = ~np.isnan(block["open_setback"]) & ~self._facts.setbacks[block["segment"]]
        block["open_setback"][ignored] = math.nan
        self.setbacks_ignored += int(ignored.sum())
        block["direction"] = np.deg2rad(block["direction"])
        self.blocks.append(block)
        if len(self.findings) > MAX_FINDINGS:
            raise TableError(f"has more than {MAX_FINDINGS:,} faults: reading stopped here", line=chunk.lines[-1])
        if len(self.first_line) > MAX_MEMBERS:
            raise TableError(f"has more than {MAX_MEMBERS:,} members", line=chunk.lines[-1])

    def _find(self, row: int, column: str, reason: str, message: str) -> None:
        self.findings.append(Finding(self._lines[row], column, reason, message))

    def _read(self, column: str, reader: ColumnReader[Any], cells: dict[str, list[str]]) -> list[Any]:
        if column not in cells:
            return [reader.missing] * len(self._lines)
        values, faults = reader.values(cells[column])
        for row, error in faults:
            self._find(row, column, error.reason, error.message)
        return values

    def _ids(self, cells: list[str], draws: list[str] | None) -> list[str]:
        ids = [unguarded(cell.strip()) for cell in cells]
        seen = self.first_line
        # With draws a member stands in a row for each.
        own = ids if draws is None else [f"{one}\x1f{draw.strip()}" for one, draw in zip(ids, draws, strict=True)]
        for row, (member, identity, line) in enumerate(zip(ids, own, self._lines, strict=True)):
            try:
                read_id(member)
            except CellError as error:
                self._find(row, "member_id", error.reason, error.message)
                continue
            first = seen.setdefault(identity, line)
            if first != line:
                message = f"{quoted(member)} stands already on line {first}"
                self._find(row, "member_id", f"duplicate member id (first on line {first})", message)
        return ids

    def _segment(self, cells: list[str] | None) -> NDArray[np.int32]:
        if cells is None:  # allowed when there is one segment only
            return np.zeros(len(self._lines), np.int32)
        codes = [self._code.get(cell.strip(), -1) for cell in cells]
        for row, code in enumerate(codes):
            if code < 0:
                name = cells[row].strip()
                if name:
                    message = f"there is no segment {quoted(name)}: {self._guess(self._facts.segments, name)}"
                    self._find(row, "segment", "unknown segment", message)
                else:
                    message = f"is empty: {self._guess(self._facts.segments)}"
                    self._find(row, "segment", "a required cell is empty", message)
        return np.array(codes, np.int32)

    def _milestone(self, cells: list[str], segment: NDArray[np.int32]) -> NDArray[np.int32]:
        codes = []
        for row, (code, cell) in enumerate(zip(segment.tolist(), cells, strict=True)):
            name = cell.strip()
            reached = self._milestones.get((code, name))
            if reached is None:
                reached = UNKNOWN
                if code >= 0:
                    words = [*self._facts.journeys[code], "none"]
                    message = (
                        f"segment {self._facts.segments[code]!r} has no milestone {quoted(name)}: "
                        f"{self._guess(words, name)}, or an empty cell when it is not known"
                    )
                    self._find(row, "milestone", "unknown milestone", message)
            codes.append(reached)
        return np.array(codes, np.int32)

    def _guess(self, words: list[str], word: str | None = None) -> str:
        if word is not None:
            self._guesses -= 1
        return one_of(words, word[:200] if word is not None and self._guesses >= 0 else None)

"""Tables of counts, read: days or periods, whole numbers and words, from a file or a database, by a mapping."""

from __future__ import annotations

import datetime as dt
import re
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd

from simulation.evidence.history import HistoryError
from simulation.evidence.history.cells import DateColumn, NumberColumn, WordColumn
from simulation.evidence.history.columns import find_columns, wanted_names
from simulation.evidence.history.gather import Gathered
from simulation.evidence.history.source import open_source
from simulation.scenario.errors import Problem
from simulation.scenario.schema.history import ColumnRef
from simulation.scenario.sheets import TableError

__all__ = ["Counts", "read_counts"]

DAYS = ("cohort", "date")
WORDS = ("segment", "cause")
_YEAR = re.compile(r"([0-9]{4})(?:\.0)?")
_MONTH = re.compile(r"([0-9]{4})-([0-9]{2})")
_QUARTER = re.compile(r"([0-9]{4})[ -]?[Qq]([1-4])|[Qq]([1-4])[ -]?([0-9]{4})")


@dataclass(frozen=True)
class Counts:
    """A table of counts.

    Attributes
    ----------
    shown
        What messages call its source.
    table
        A row a row, with the column `line` and all columns that were asked for: days as `datetime.date`, counts as
        whole numbers (-1: blank), words ("" : blank).
    notes
        What deserves a look.
    """

    shown: str
    table: pd.DataFrame
    notes: tuple[str, ...]

    def problem(self, line: int, column: str, message: str) -> Problem:
        """What is wrong in a cell."""
        return Problem(self.shown, line, None, column, message)


class _PeriodColumn(DateColumn):
    """Days; of a year, a month (2024-05) or a quarter (2024-Q2) the first one."""

    def _read(self, text: str) -> Any:
        text = self.values.get(text, text)
        if self.format is None:
            if found := _YEAR.fullmatch(text):
                text = f"{found[1]}-01-01"
            elif found := _MONTH.fullmatch(text):
                text = f"{text}-01"
            elif found := _QUARTER.fullmatch(text):
                text = f"{found[1] or found[4]}-{3 * int(found[2] or found[3]) - 2:02d}-01"
        return super()._read(text)


def read_counts(
    where: str | Path,
    needed: tuple[str, ...],
    optional: tuple[str, ...],
    *,
    columns: Mapping[str, ColumnRef] | None = None,
    table: str | None = None,
    query: str | None = None,
) -> Counts:
    """Read a table of counts.

    Parameters
    ----------
    where
        A CSV, Parquet or Excel file, or the URL of a database.
    needed, optional
        Columns: `cohort` and `date` are days, `segment` and `cause` words, all others counts.
    columns, table, query
        As in `read_history`.

    Raises
    ------
    HistoryError
        With every fault of every row.
    """
    columns, ours = columns or {}, (*needed, *optional)
    rows, readers = Gathered(), dict[str, Any]()
    shown = str(where)
    try:
        with open_source(where, wanted_names(columns, ours), table=table, query=query) as source:
            shown = source.shown
            found, notes = find_columns(source, columns, ours, needed)
            readers = {name: _reader(name, ref) for name, ref in found.refs.items()}
            rows.read(
                source, found, readers, lambda name, values, known: _impossible(name, values, name in needed, known)
            )
            notes += source.warnings
    except TableError as error:
        from simulation.evidence.history.database import without_password

        whole = Problem(without_password(shown), error.line, None, "", f"the counts {error.message}")
        raise HistoryError([whole, *rows.problems]) from None
    line, problems = rows.lines, rows.problems
    if not len(line) and not problems:
        problems.append(Problem(shown, None, None, "", "the counts have a header, but no rows"))
    if problems:
        raise HistoryError(sorted(problems, key=lambda one: one.line or 0))
    read = {name: _column(name, rows.values(name), readers.get(name), len(line)) for name in ours}
    return Counts(shown, pd.DataFrame({"line": line, **read}), tuple(notes))


def _reader(name: str, ref: ColumnRef) -> Any:
    if name in DAYS:
        return _PeriodColumn(ref)
    return WordColumn(ref) if name in WORDS else NumberColumn(ref, "")


def _impossible(name: str, values: Any, needed: bool, known: set[int]) -> list[tuple[int, str]]:
    """Cells that were read, and cannot be; rows in `known` are faulty already."""
    if name in WORDS:
        return []
    blank = np.isnat(values) if name in DAYS else np.isnan(values)
    empty = "is empty" if name in DAYS else "is empty; where there is nobody, write 0"
    found = [(row, empty) for row in np.flatnonzero(blank & needed).tolist()]
    if name not in DAYS:
        odd = ~blank & ((values < 0) | (values != np.rint(values)))
        said = "expected a whole number, 0 or more, not {:g}; of a share: times how many joined"
        found += [(row, said.format(values[row])) for row in np.flatnonzero(odd).tolist()]
    return [one for one in found if one[0] not in known]


def _column(name: str, values: Any, reader: Any, rows: int) -> Any:
    if values is None:
        return [None if name in DAYS else "" if name in WORDS else -1] * rows
    if name in DAYS:
        days: list[dt.date] = values.astype("M8[D]").astype(object).tolist()
        return np.array(days, object)
    if name in WORDS:
        return np.array([*reader.words, ""], object)[values.astype(np.int64)]
    return np.where(np.isnan(values), -1, values).astype(np.int64)

"""Reads the export of a system that overwrites: one row a member, as things stand today."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any, Final

import numpy as np
import pandas as pd

from simulation.evidence.history.cells import DateColumn, NumberColumn, WordColumn
from simulation.evidence.history.columns import find_columns, wanted_names
from simulation.evidence.history.errors import HistoryError
from simulation.evidence.history.gather import Gathered
from simulation.evidence.history.source import open_source
from simulation.scenario.book.cells import read_id
from simulation.scenario.errors import Problem
from simulation.scenario.schema.history import ColumnRef
from simulation.scenario.sheets import TableError

__all__ = ["STATE_COLUMNS", "STATE_DATES", "read_state"]

STATE_DATES: Final = ("joined", "renews_on", "value_recognised_on", "open_setback", "left")
STATE_COLUMNS: Final = ("member_id", "segment", "arr", "milestone", *STATE_DATES)
"""Those of a book, and `left`: the day on which somebody left, where the system keeps them."""


def read_state(
    where: str | Path,
    *,
    columns: Mapping[str, ColumnRef] | None = None,
    currency: str = "",
    table: str | None = None,
    query: str | None = None,
) -> tuple[pd.DataFrame, list[str]]:
    """Read a current-state table.

    Returns
    -------
    pandas.DataFrame
        Indexed by member_id (sorted), with all of STATE_COLUMNS: texts ("" = blank), arr in cents (-1 = blank),
        days (datetime64[D] as datetime64[s]; NaT = blank).
    list of str
        What deserves a look.

    Raises
    ------
    HistoryError
        With every fault of every row.
    """
    columns = columns or {}
    rows, readers = Gathered(), dict[str, Any]()
    shown_as = str(where)
    try:
        with open_source(where, wanted_names(columns, STATE_COLUMNS), table=table, query=query) as source:
            shown_as = source.shown
            found, notes = find_columns(source, columns, STATE_COLUMNS, ("member_id",))
            for name, ref in found.refs.items():
                if name in STATE_DATES:
                    readers[name] = DateColumn(ref)
                elif name == "arr":
                    readers[name] = NumberColumn(ref, currency)
                else:
                    readers[name] = WordColumn(ref, read_id if name == "member_id" else None)
            rows.read(source, found, readers)
            notes += source.warnings
    except TableError as error:
        from simulation.evidence.history.database import without_password

        whole = Problem(without_password(shown_as), error.line, None, "", f"the export {error.message}")
        raise HistoryError([whole, *rows.problems]) from None
    line, problems = rows.lines, rows.problems
    if not len(line) and not problems:
        raise HistoryError([Problem(shown_as, None, None, "", "the export has a header, but no rows")])
    table_ = {name: _column(name, rows.values(name), readers.get(name), len(line)) for name in STATE_COLUMNS}
    state = pd.DataFrame(table_)
    faulty = [(row, "member_id", "is empty") for row in np.flatnonzero(state["member_id"] == "").tolist()]
    again = state["member_id"].duplicated().to_numpy() & (state["member_id"] != "").to_numpy()
    faulty += [
        (row, "member_id", "stands there already: expected one row a member") for row in np.flatnonzero(again).tolist()
    ]
    faulty += [(row, "arr", "is negative") for row in np.flatnonzero(state["arr"] < -1).tolist()]
    problems += [Problem(shown_as, int(line[row]), None, name, message) for row, name, message in faulty]
    if problems:
        raise HistoryError(sorted(problems, key=lambda problem: problem.line or 0))
    return state.set_index("member_id").sort_index(), notes


def _column(name: str, values: Any, reader: Any, rows: int) -> Any:
    if name in STATE_DATES:
        values = np.full(rows, np.datetime64("NaT"), "M8[us]") if values is None else values
        return values.astype("M8[D]").astype("M8[s]")
    if name == "arr":
        number = np.full(rows, np.nan) if values is None else values
        # A negative amount stays one that differs from blank, to be refused.
        cents = np.rint(np.nan_to_num(number) * 100).astype(np.int64)
        return np.where(np.isnan(number), -1, np.where(cents < 0, -2, cents))
    codes = np.full(rows, -1, np.int64) if values is None else values.astype(np.int64)
    return np.array([*(reader.words if reader else []), ""], object)[codes]

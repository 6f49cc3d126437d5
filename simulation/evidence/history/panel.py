"""A panel of yearly gifts as a history: who gave in a year was a member in it, who did not had left."""

from __future__ import annotations

import datetime as dt
from pathlib import Path

import numpy as np
import pandas as pd

from simulation.evidence.history.errors import HistoryError
from simulation.evidence.history.history import History
from simulation.scenario.errors import Problem
from simulation.scenario.sheets import TableError, open_sheet

__all__ = ["history_of_panel"]


def history_of_panel(path: str | Path, *, segment: str = "", arr: float | None = None) -> History:
    """Turn a table of people by years, with 1 where somebody gave, into a history.

    A member joins on 1 January of the first year with a gift. On each following 1 January a renewal is due: with a
    gift in that year it is won (`renewed`); without one the member leaves (`left`, the cause is `no gift`), and
    returns on 1 January of the next year with a gift. A table says nothing of the months, so all dates are such.

    Parameters
    ----------
    path
        CSV, Parquet or Excel: the first column has the ids, the others are called by their years, in order and
        without a gap, and hold 0 or 1.
    segment
        Of all members.
    arr
        ARR of everybody while a member; None: not said.

    Raises
    ------
    HistoryError
        With every fault of every row.
    """
    path = Path(path)
    problems: list[Problem] = []
    ids: list[str] = []
    blocks: list[np.ndarray] = []
    try:
        with open_sheet(path, set()) as (table, _):
            years = [int(name) if name.isascii() and name.isdecimal() else -1 for name in table.header[1:]]
            if not years or any(not 1900 <= year <= 2200 for year in years) or (np.diff(years) != 1).any():
                said = "expected an id and then the years, one column each, such as donor_id,1995,1996"
                raise HistoryError([Problem(str(path), table.header_line, None, "", said)])
            for chunk in table.chunks(list(range(len(table.header)))):
                problems += [Problem(str(path), fault.line, None, "", fault.message) for fault in chunk.faults]
                cells = np.array(chunk.columns, object).reshape(len(table.header), -1)
                gave = np.isin(cells[1:], ["1"]).T
                for row, column in np.argwhere(~np.isin(cells[1:], ["0", "1"]).T).tolist():
                    said = f"{cells[column + 1, row]!r} is neither 0 nor 1"
                    problems.append(Problem(str(path), chunk.lines[row], None, str(years[column]), said))
                ids += [member.strip() for member in chunk.columns[0]]
                blocks.append(gave)
    except TableError as error:
        raise HistoryError([Problem(str(path), error.line, None, "", f"the panel {error.message}")]) from None
    first_seen: dict[str, int] = {}
    for row, member in enumerate(ids):
        if not member or first_seen.setdefault(member, row) != row:
            said = f"{member!r} stands there twice" if member else "an id is empty"
            problems.append(Problem(str(path), None, None, "member_id", said))
    if problems:
        raise HistoryError(problems)
    gave = np.concatenate(blocks) if blocks else np.zeros((0, len(years)), bool)
    history = History.of(_events(ids, gave, years, segment, arr), source=str(path))
    return History(history.frame, exported=dt.date(years[-1] + 1, 1, 1), source=str(path))


def _events(ids: list[str], gave: np.ndarray, years: list[int], segment: str, arr: float | None) -> pd.DataFrame:
    """The rows of `joined`, `renewed`, `left` and `returned`."""
    ever = np.cumsum(gave, axis=1) > 0
    before = np.concatenate([np.zeros((len(gave), 1), bool), gave[:, :-1]], axis=1)
    known = np.concatenate([np.zeros((len(gave), 1), bool), ever[:, :-1]], axis=1)
    kinds = {
        "joined": gave & ~known,
        "renewed": gave & before,
        "left": ~gave & before,
        "returned": gave & known & ~before,
    }
    parts = []
    firsts = np.array([np.datetime64(f"{year}-01-01", "us") for year in years])
    for event, where in kinds.items():
        member, year = np.nonzero(where)
        parts.append(
            pd.DataFrame({"member_id": np.array(ids, object)[member], "date": firsts[year]}).assign(
                event=event, name="no gift" if event == "left" else "", value=np.nan if arr is None else arr
            )
        )
    return pd.concat(parts, ignore_index=True).assign(segment=segment)

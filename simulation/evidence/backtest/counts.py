"""Histories out of counts, where nobody is known one by one: survivors of cohorts, and quarterly adds and losses.

Each count becomes as many rows of made-up members. What the counts do not say is chosen so that it changes no total,
and `History.warnings` says what that was.
"""

from __future__ import annotations

import datetime as dt
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd

from simulation.evidence.history import HistoryError
from simulation.evidence.history.history import History
from simulation.scenario.errors import Problem
from simulation.scenario.sheets import TableError, open_sheet

__all__ = ["history_of_flows", "history_of_survivors"]

MOST = 2_000_000
"""Members that counts may be expanded to."""


def history_of_survivors(path: str | Path, *, segment: str = "", arr: float | None = None) -> History:
    """Turn survival counts of contract cohorts into a history.

    Parameters
    ----------
    path
        CSV, Parquet or Excel with the columns `cohort` (the day on which it joined), `date` (a day on which its members
        were counted, the first one that of joining) and `members`; and as needed `segment`.
    segment
        Of all members, where there is no such column.
    arr
        ARR of everybody; None: not said.

    Returns
    -------
    History
        A count is one of that morning, so all is dated the day before: joining, the renewal of who is counted again,
        and the leaving of who is missed.

    Raises
    ------
    HistoryError
        With every fault of every row: no day, no whole number, more survivors than before.
    """
    lines, table, problems = _read(path, ("cohort", "date", "members"), ("segment",), ("members",))
    parts: list[pd.DataFrame] = []
    end: dt.date | None = None
    if not problems:
        table["line"] = lines
        for (cohort, own), rows in table.groupby(["cohort", "segment"], sort=True):
            rows = rows.sort_values("date")
            counts, days, at = rows["members"].to_numpy(), list(rows["date"]), list(rows["line"])
            if days[0] != cohort:
                problems.append(
                    _problem(path, at[0], "date", f"the first count of cohort {cohort} must be on that day")
                )
            for place in range(1, len(counts)):
                if counts[place] > counts[place - 1]:
                    said = f"{counts[place]:,} survivors after {counts[place - 1]:,}: nobody can join a cohort later"
                    problems.append(_problem(path, at[place], "members", said))
                if days[place] == days[place - 1]:
                    problems.append(
                        _problem(path, at[place], "date", f"cohort {cohort} is counted twice on {days[place]}")
                    )
            if problems:
                continue
            days = [day - dt.timedelta(days=1) for day in days]  # what is counted on a day had happened by then
            ids = np.array([f"{cohort}-{own}-{number:07d}" for number in range(int(counts[0]))], object)
            said = str(own) or segment
            parts.append(_rows(ids, days[0], "joined", said, arr))
            for place in range(1, len(counts)):
                kept, before = int(counts[place]), int(counts[place - 1])
                parts.append(_rows(ids[:kept], days[place], "renewed", said, arr))
                parts.append(_rows(ids[kept:before], days[place], "left", said, None))
            counted_on = days[-1] + dt.timedelta(days=1)
            end = counted_on if end is None else max(end, counted_on)
    return _made(path, parts, problems, end, "members of a cohort are made up: who left is chosen by number")


def history_of_flows(path: str | Path, *, segment: str = "", arr: float | None = None, seed: int = 1) -> History:
    """Turn adds and losses by period into a history.

    Parameters
    ----------
    path
        CSV, Parquet or Excel with the columns `date` (first day of the period), `joined` and `left`; as needed
        `members` (at the start of the period: read in the first row; 0 by default), `cause` (of the losses; several
        rows a period then) and `segment`.
    segment, arr
        As in `history_of_survivors`.
    seed
        Who leaves, and on which day of the period, is drawn: the counts do not say.

    Returns
    -------
    History
        So tenure means nothing in it, and it warns of that.

    Raises
    ------
    HistoryError
        With every fault of every row: no day, no whole number, more losses than members.
    """
    counted = ("joined", "left", "members")
    lines, table, problems = _read(path, ("date", "joined", "left"), ("members", "cause", "segment"), counted)
    parts: list[pd.DataFrame] = []
    end: dt.date | None = None
    rng = np.random.default_rng(seed)
    if not problems:
        table["line"] = lines
        starts = sorted(set(table["date"]))
        gaps = [(after - before).days for before, after in zip(starts, starts[1:], strict=False)]
        for own, rows in table.groupby("segment", sort=True):
            said = str(own) or segment
            rows = rows.sort_values("date", kind="stable")
            first = int(rows["members"].iloc[0])
            here = [f"{own}-0-{number:07d}" for number in range(first)]
            parts.append(_rows(np.array(here, object), starts[0], "present", said, arr))
            for place, day in enumerate(starts):
                days = gaps[place] if place < len(gaps) else gaps[-1] if gaps else 30
                period = rows[rows["date"] == day]
                new = [f"{own}-{place + 1}-{number:07d}" for number in range(int(period["joined"].sum()))]
                # Who joins in a period does not leave in it: the first days are for joining, the last for leaving.
                parts.append(_spread(new, day, days, "joined", said, arr, rng))
                for _, row in period.iterrows():
                    lost = int(row["left"])
                    if lost > len(here):
                        text = f"{lost:,} left of {len(here):,} members"
                        problems.append(_problem(path, int(row["line"]), "left", text))
                        break
                    order = rng.permutation(len(here))
                    gone = [here[one] for one in order[:lost]]
                    here = [here[one] for one in np.sort(order[lost:])]
                    parts.append(_spread(gone, day, days, "left", said, None, rng, str(row["cause"])))
                here += new
            end = max(starts) + dt.timedelta(days=gaps[-1] if gaps else 30)
    warning = "only totals are known: who left is drawn by chance, so tenure and renewal by term mean nothing here"
    return _made(path, parts, problems, end, warning)


def _spread(
    ids: list[str], day: dt.date, days: int, event: str, segment: str, arr: float | None, rng: np.random.Generator,
    name: str = "",
) -> pd.DataFrame:  # fmt: skip
    """Rows on days of a period."""
    rows = _rows(np.array(ids, object), day, event, segment, arr, name)
    rows["date"] = rows["date"] + pd.to_timedelta(rng.integers(0, max(days, 1), len(ids)), unit="D")
    return rows


def _rows(ids: Any, day: dt.date, event: str, segment: str, arr: float | None, name: str = "") -> pd.DataFrame:
    return pd.DataFrame({
        "member_id": np.asarray(ids, object),
        "date": np.full(len(ids), np.datetime64(day, "us")),
        "event": event,
        "name": name,
        "value": np.nan if arr is None else arr,
        "segment": segment,
    })  # fmt: skip


def _read(
    path: str | Path, needed: tuple[str, ...], optional: tuple[str, ...], whole: tuple[str, ...]
) -> tuple[list[int], pd.DataFrame, list[Problem]]:
    """The cells of a table of counts, read: days, whole numbers and texts."""
    path, problems = Path(path), []
    columns: dict[str, list[Any]] = {name: [] for name in (*needed, *optional)}
    lines: list[int] = []
    try:
        with open_sheet(path, set()) as (table, _):
            header = [name.strip().lower() for name in table.header]
            for name in needed:
                if name not in header:
                    said = f"expected the columns {', '.join(needed)}; there is no {name!r} among {', '.join(header)}"
                    raise HistoryError([Problem(str(path), table.header_line, None, "", said)])
            there = [name for name in (*needed, *optional) if name in header]
            for chunk in table.chunks([header.index(name) for name in there]):
                problems += [Problem(str(path), fault.line, None, "", fault.message) for fault in chunk.faults]
                cells = dict(zip(there, chunk.columns, strict=True))
                for row, line in enumerate(chunk.lines):
                    lines.append(int(line))
                    for name in columns:
                        text = str(cells[name][row]).strip() if name in cells else ""
                        columns[name].append(
                            _cell(path, int(line), name, text, name in whole, name in needed, problems)
                        )
    except TableError as error:
        raise HistoryError([Problem(str(path), error.line, None, "", f"the counts {error.message}")]) from None
    if not lines and not problems:
        problems.append(Problem(str(path), None, None, "", "the counts have a header, but no rows"))
    table_ = pd.DataFrame(columns)
    total = sum(int(table_[name].sum()) for name in ("joined",) if name in table_ and not problems)
    if total > MOST:
        problems.append(Problem(str(path), None, None, "", f"more than {MOST:,} members; count them in hundreds"))
    return lines, table_, problems


def _cell(path: Path, line: int, name: str, text: str, whole: bool, needed: bool, problems: list[Problem]) -> Any:
    if name in ("date", "cohort"):
        try:
            return dt.date.fromisoformat(text[:10])
        except ValueError:
            problems.append(_problem(path, line, name, f"expected a day such as 2024-01-01, not {text[:40]!r}"))
            return dt.date(1970, 1, 1)
    if not whole:
        return text
    if not text and not needed:
        return 0
    try:
        value = float(text.replace(",", ""))
    except ValueError:
        value = -1.0
    if value < 0 or value != int(value):
        problems.append(_problem(path, line, name, f"expected a whole number, 0 or more, not {text[:40]!r}"))
        return 0
    return int(value)


def _problem(path: str | Path, line: int, column: str, message: str) -> Problem:
    return Problem(str(path), line, None, column, message)


def _made(
    path: str | Path, parts: list[pd.DataFrame], problems: list[Problem], end: dt.date | None, warning: str
) -> History:
    if problems:
        raise HistoryError(problems)
    made = History.of(pd.concat([part for part in parts if len(part)], ignore_index=True))
    return History(made.frame, exported=end, source=str(path), warnings=(warning,))

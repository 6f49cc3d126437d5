"""Histories out of counts, where nobody is known one by one: survivors of cohorts, and quarterly adds and losses.

Each count becomes as many rows of made-up members. What the counts do not say is chosen so that it changes no total,
and `History.warnings` says what that was.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt
import pandas as pd

from simulation.evidence.backtest.counting import Counts, read_counts
from simulation.evidence.history import HistoryError
from simulation.evidence.history.history import History
from simulation.evidence.history.terms import add_months
from simulation.scenario.errors import Problem
from simulation.scenario.schema.history import ColumnRef

__all__ = ["history_of_flows", "history_of_survivors"]

MOST = 2_000_000
"""Members that counts may be expanded to."""
DAY = dt.timedelta(days=1)
LOSS, SPREAD = 0.25, 1.0
"""Median and log-spread of what is thought of the share lost in a year where the number of members is not said."""


def history_of_survivors(
    where: str | Path,
    *,
    segment: str = "",
    arr: float | None = None,
    columns: Mapping[str, ColumnRef] | None = None,
    table: str | None = None,
    query: str | None = None,
) -> History:
    """Turn survival counts of contract cohorts into a history.

    Parameters
    ----------
    where
        CSV, Parquet, Excel or the URL of a database, with the columns `cohort` (the day on which it joined), `date` (a
        day on which its members were counted) and `members`; and as needed `segment`. Days may be written as years,
        months (2024-05) or quarters (2024-Q2).
    segment
        Of all members, where there is no such column.
    arr
        ARR of everybody; None: not said.
    columns, table, query
        As in `read_history`.

    Returns
    -------
    History
        A count is one of that morning, so all is dated the day before: joining, the renewal of who is counted again,
        and the leaving of who is missed. A cohort that was first counted later than it joined is there from then on.
        A count that is missing between others is one at which as large a share left as at the next.

    Raises
    ------
    HistoryError
        With every fault of every row: no day, no whole number, more survivors than before.
    """
    counts = read_counts(where, ("cohort", "date", "members"), ("segment",), columns=columns, table=table, query=query)
    problems: list[Problem] = []
    cohorts = [(*key, rows) for key, rows in _groups(counts.table, ["cohort", "segment"])]
    for cohort, _, rows in cohorts:
        problems += _cohort_faults(counts, cohort, rows)
    step = _step([list(rows["date"]) for _, _, rows in cohorts])
    end = max(counts.table["date"])
    for cohort, _, rows in cohorts:
        day, alive = rows["date"].iloc[-1], rows["members"].iloc[-1]
        if alive and _later(day, step or 1) <= end:
            said = f"cohort {cohort} is not counted after {day}, and others are until {end}: how many were left?"
            problems.append(counts.problem(int(rows["line"].iloc[-1]), "date", said))
    _refuse(counts, problems, sum(int(rows["members"].iloc[0]) for _, _, rows in cohorts))
    parts: list[pd.DataFrame] = []
    filled = 0
    for cohort, own, rows in cohorts:
        days, alive = _filled(list(rows["date"]), rows["members"].to_numpy(), step)
        filled += len(days) - len(rows)
        parts += _cohort(cohort, days, alive, own, own or segment, arr)
    warnings = ["members of a cohort are made up: who left is chosen by number"]
    if filled:
        warnings.append(f"{filled} counts are missing between others: there as large a share left as at the next")
    begun = sorted({cohort for cohort, _, _ in cohorts})
    if step and len(begun) > 1 and end > begun[-1] and begun[-1] == _later(begun[-2], step):
        warnings.append(
            f"no cohort begins after {begun[-1]}, though counts go to {end}: nobody is taken to have joined since. If "
            "newer cohorts are only not counted yet, leave those days out"
        )
    return _made(counts, parts, end, warnings)


def _cohort_faults(counts: Counts, cohort: dt.date, rows: pd.DataFrame) -> list[Problem]:
    days, alive, at = list(rows["date"]), rows["members"].tolist(), rows["line"].tolist()
    problems = []
    if days[0] < cohort:
        problems.append(counts.problem(at[0], "date", f"cohort {cohort} cannot be counted before it joined"))
    for place in range(1, len(days)):
        if alive[place] > alive[place - 1]:
            said = f"{alive[place]:,} survivors after {alive[place - 1]:,}: nobody can join a cohort later"
            problems.append(counts.problem(at[place], "members", said))
        if days[place] == days[place - 1]:
            problems.append(counts.problem(at[place], "date", f"cohort {cohort} is counted twice on {days[place]}"))
    return problems


def _filled(days: list[dt.date], alive: npt.NDArray[np.int64], step: int) -> tuple[list[dt.date], list[int]]:
    """Counts a step apart: those between others are put in at a constant rate."""
    dates, members = [days[0]], [int(alive[0])]
    for place in range(1, len(days)):
        before, after = int(alive[place - 1]), int(alive[place])
        missed = round(_months(days[place - 1], days[place]) / step) if step else 1
        for number in range(1, missed):
            dates.append(_later(days[place - 1], number * step))
            members.append(round(before * (after / before) ** (number / missed)) if before else 0)
        dates.append(days[place])
        members.append(after)
    return dates, members


def _cohort(
    cohort: dt.date, days: list[dt.date], alive: list[int], own: str, segment: str, arr: float | None
) -> list[pd.DataFrame]:
    """Rows of a cohort: what is counted on a day had happened by then."""
    ids = np.array([f"{cohort}-{own}-{number:07d}" for number in range(alive[0])], object)
    parts = [_rows(ids, cohort - DAY, "joined", segment, arr)]
    if days[0] > cohort:
        parts.append(_rows(ids, days[0], "present", segment, arr))
    for day, before, kept in zip(days[1:], alive, alive[1:], strict=False):
        parts.append(_rows(ids[:kept], day - DAY, "renewed", segment, arr))
        parts.append(_rows(ids[kept:before], day - DAY, "left", segment, None))
    return parts


def history_of_flows(
    where: str | Path,
    *,
    segment: str = "",
    arr: float | None = None,
    seed: int = 1,
    columns: Mapping[str, ColumnRef] | None = None,
    table: str | None = None,
    query: str | None = None,
) -> History:
    """Turn adds and losses by period into a history.

    Parameters
    ----------
    where
        CSV, Parquet, Excel or the URL of a database, with the columns `date` (first day of the period, or its name:
        2024, 2024-05, 2024-Q2), `joined` and `left`; as needed `members` (at the start of the period), `cause` (of the
        losses; several rows a period then) and `segment`. Of a segment without `members` in its first row, as many are
        taken to be there as make the share that leaves about the same throughout.
    segment, arr, columns, table, query
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
        With every fault of every row: no day, no whole number, a period that is missing or there twice, more losses
        than members.
    """
    counts = read_counts(
        where, ("date", "joined", "left"), ("members", "cause", "segment"), columns=columns, table=table, query=query
    )
    flows = counts.table
    groups = _groups(flows, "segment")
    step = _step([sorted(set(rows["date"])) for _, rows in groups])
    problems: list[Problem] = []
    for _, rows in groups:
        problems += _flow_faults(counts, rows, step)
    _refuse(counts, problems, int(flows["joined"].sum() + max(flows["members"].max(), 0)))
    warnings = ["only totals are known: who left is drawn by chance, so tenure and renewal by term mean nothing here"]
    rng = np.random.default_rng(seed)
    parts: list[pd.DataFrame] = []
    for own, rows in groups:
        by_period = rows.groupby("date", sort=True)[["joined", "left"]].sum()
        first, notes = _at_first(own or segment, rows, by_period, step)
        warnings += notes
        parts += _periods(counts, own, rows, first, step, segment, arr, rng, problems)
    _refuse(counts, problems, 0)
    end = _end(max(flows["date"]), step)
    return _made(counts, parts, end, warnings)


def _flow_faults(counts: Counts, rows: pd.DataFrame, step: int) -> list[Problem]:
    """Periods that are missing, or said twice."""
    problems = []
    days, lines = list(rows["date"]), rows["line"].tolist()
    starts = sorted(set(days))
    if len(starts) > 1 and step and all((day + DAY).day == 1 for day in starts):
        said = f"{days[0]} is the last day of a month: expected the first one of the period, as {_first_of(starts)}"
        return [counts.problem(lines[0], "date", said)]
    for day, after in zip(starts, starts[1:], strict=False):
        if step and _months(day, after) >= 1.5 * step:
            line = lines[days.index(after)]
            said = f"there is no row for the period from {_later(day, step)}; where nothing happened, write zeros"
            problems.append(counts.problem(line, "date", said))
    for _, own in rows[rows.duplicated(["date", "cause"])].iterrows():
        problems.append(counts.problem(int(own["line"]), "date", f"the period from {own['date']} is there twice"))
    several = rows[rows.duplicated("date", keep=False)]
    if len(several) and not problems and (several["joined"] > 0).all():
        line = int(several["line"].iloc[1])
        said = "who joined stands in every row of a period: write it in one of them, and 0 beside the other causes"
        problems.append(counts.problem(line, "joined", said))
    return problems


def _at_first(name: str, rows: pd.DataFrame, by_period: pd.DataFrame, step: int) -> tuple[int, list[str]]:
    """Members before the first period, and what deserves a look: nobody said it, or the table says two things."""
    said = rows[rows["members"] >= 0].drop_duplicates("date").set_index("date")["members"]
    net = (by_period["joined"] - by_period["left"]).cumsum().shift(fill_value=0)
    where = f"{name}: " if name else ""
    if not len(said):
        first = _likely(by_period["joined"].to_numpy(), by_period["left"].to_numpy(), step)
        return first, [
            f"{where}how many members there were is not said: {first:,} at first make the share that leaves about the "
            "same throughout; their level means little, and so does a share that leaves"
        ]
    # What the first row leaves open follows from the first one that says it.
    first = int(said.iloc[0] - net[said.index[0]])
    gap = said - (first + net[said.index])
    if not gap.any():
        return max(first, 0), []
    day = gap[gap != 0].index[0]
    return max(first, 0), [
        f"{where}members, adds and losses do not agree: on {day} the table says {said[day]:,} members, and counted "
        f"from adds and losses there are {first + net[day]:,}; these are used"
    ]


def _likely(joined: npt.NDArray[np.int64], left: npt.NDArray[np.int64], step: int) -> int:
    """Members at first that best explain the losses by one hazard, with a prior of what is lost in a year.

    Quasi-Poisson in the members at the start of each period; where they hardly change, the prior decides.
    """
    net = np.concatenate([[0], np.cumsum(joined - left)[:-1]])
    least = max(int((left - net).max()), 1)
    there = np.geomspace(least, 200 * max(left.mean(), 1) + least, 400)[:, None] + net
    hazard = left.sum() / there.sum(axis=1, keepdims=True)
    if not left.any():
        return least
    log = (left * np.log(hazard * there) - hazard * there).sum(axis=1)
    best = int(log.argmax())
    expected = hazard[best] * there[best]
    scatter = max(1.0, float(((left - expected) ** 2 / expected).sum() / max(len(left) - 2, 1)))
    yearly = hazard[:, 0] * 12 / max(step, 1)
    return round(float(there[(log / scatter - 0.5 * (np.log(yearly / LOSS) / SPREAD) ** 2).argmax(), 0]))


def _periods(
    counts: Counts, own: str, rows: pd.DataFrame, first: int, step: int, segment: str, arr: float | None,
    rng: np.random.Generator, problems: list[Problem],
) -> list[pd.DataFrame]:  # fmt: skip
    """Rows of the members of a segment, period by period."""
    said = own or segment
    here = [f"{own}-0-{number:07d}" for number in range(first)]
    parts = [_rows(np.array(here, object), rows["date"].iloc[0], "present", said, arr)]
    for place, (day, period) in enumerate(_groups(rows, "date")):
        days = (_end(day, step) - day).days
        new = [f"{own}-{place + 1}-{number:07d}" for number in range(int(period["joined"].sum()))]
        # Who joins in a period does not leave in it: nobody knows, and it changes no total.
        parts.append(_spread(new, day, days, "joined", said, arr, rng))
        for line, lost, cause in zip(period["line"], period["left"], period["cause"], strict=True):
            if lost > len(here):
                text = f"{lost:,} left of {len(here):,} members who were there when the period began"
                problems.append(counts.problem(int(line), "left", text))
                return parts
            order = rng.permutation(len(here))
            gone = [here[one] for one in order[:lost]]
            here = [here[one] for one in np.sort(order[lost:])]
            parts.append(_spread(gone, day, days, "left", said, None, rng, str(cause)))
        here += new
    return parts


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


def _groups(table: pd.DataFrame, by: str | list[str]) -> list[tuple[Any, pd.DataFrame]]:
    """Rows with the same cells in some columns, each group in the order of its days."""
    return [(key, rows.sort_values("date", kind="stable")) for key, rows in table.groupby(by, sort=True)]


def _step(days: list[list[dt.date]]) -> int:
    """Months between counts: the fewest between two; 0 where these are days or weeks, or nothing says it."""
    gaps = [_months(one, after) for own in days for one, after in zip(own, own[1:], strict=False)]
    return min(gaps, default=0)


def _months(day: dt.date, after: dt.date) -> int:
    """Months between two days, rounded."""
    return round((after - day).days / (365.25 / 12))


def _later(day: dt.date, months: int) -> dt.date:
    later: dt.date = add_months(np.array([day], "M8[D]"), months)[0].astype(object)
    return later


def _end(day: dt.date, step: int) -> dt.date:
    """First day after a period."""
    return _later(day, step) if step else day + 7 * DAY


def _first_of(starts: list[dt.date]) -> dt.date:
    """First day of the period that the first of some last days ends."""
    return _later(starts[0] + DAY, -_months(starts[0], starts[1]))


def _refuse(counts: Counts, problems: list[Problem], members: int) -> None:
    if members > MOST:
        said = f"more than {MOST:,} members; count them in hundreds"
        problems = [*problems, Problem(counts.shown, None, None, "", said)]
    if problems:
        raise HistoryError(sorted(problems, key=lambda one: one.line or 0))


def _made(counts: Counts, parts: list[pd.DataFrame], end: dt.date, warnings: list[str]) -> History:
    made = History.of(pd.concat([part for part in parts if len(part)], ignore_index=True))
    return History(made.frame, exported=end, source=counts.shown, warnings=(*warnings, *counts.notes))

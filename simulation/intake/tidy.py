"""Rows as a history that can be: what contradicts the rest of a member's life is taken out and said."""

from __future__ import annotations

import datetime as dt

import numpy as np
import pandas as pd

from simulation.evidence.history import History
from simulation.evidence.history.checks import Rules, findings_of
from simulation.evidence.history.table import canonical
from simulation.intake.happened import Row
from simulation.intake.misfit import Misfit
from simulation.intake.people import People
from simulation.scenario.errors import Problem, ScenarioError

__all__ = ["tidied"]

ROUNDS = 6
"""Taking out one row can make another one impossible."""
OF_LIFE = ("joined", "returned", "present", "left")
"""Without these rows the others of a member have no meaning."""


def tidied(
    rows: list[Row], people: People, exported: dt.date, journeys: dict[str, tuple[str, ...]], terms: dict[str, int]
) -> tuple[History, list[Misfit], list[str]]:
    """Make a history of rows.

    Parameters
    ----------
    journeys, terms
        Milestones and months of a contract by segment.

    Returns
    -------
    history : History
    misfits : list of Misfit
        Rows that contradict others; of a member whose coming or leaving does, all rows go.
    notes : list of str

    Raises
    ------
    ScenarioError
        Nothing is left.
    """
    rows = _once(rows)
    known = {name: list(one) for name, one in journeys.items()} if any(journeys.values()) else {}
    rules = Rules(
        exported=exported, early=0.0, journeys=known,
        cycles=dict.fromkeys(journeys), terms=terms, interventions=None,
    )  # fmt: skip
    misfits: list[Misfit] = []
    for _ in range(ROUNDS):
        frame, order = canonical(_frame(rows, people))
        lines = np.arange(len(rows)) if order is None else order
        history = History(frame, exported=exported, source="import")
        found, _, notes = findings_of(history, lines.astype(np.int64), rules)
        if not found:
            return history, misfits, notes
        faulty = {finding.line: finding for finding in found}
        gone = {rows[at].key for at in faulty if rows[at].event in OF_LIFE}
        for at, finding in faulty.items():
            text = f"{rows[at].event} {rows[at].name}".strip() + f" on {rows[at].date}: {finding.message}"
            misfits.append(Misfit(rows[at].file, rows[at].line, "", finding.reason, text))
        rows = [row for at, row in enumerate(rows) if at not in faulty and row.key not in gone]
        if not rows:
            break
    raise ScenarioError([*[one.problem for one in misfits[:50]], Problem("", None, None, "", "no history is left")])


def _once(rows: list[Row]) -> list[Row]:
    """Rows without those that say the same as an earlier one, from whatever file."""
    seen: dict[tuple[object, ...], None] = {}
    result = []
    for row in rows:
        key = (*row[:4], None if row.value != row.value else row.value)
        if row.event == "interaction" or key not in seen:
            seen[key] = None
            result.append(row)
    return result


def _same_day(rows: list[Row]) -> list[int]:
    """Seconds after midnight: a setback that is over on its own day comes before its end, which a history of days
    would take for the end of an earlier one."""
    came: dict[str, list[dt.date]] = {}
    ends: dict[str, list[int]] = {}
    for at, row in enumerate(rows):
        if row.event == "setback":
            came.setdefault(row.key, []).append(row.date)
        elif row.event == "resolved":
            ends.setdefault(row.key, []).append(at)
    seconds = [0] * len(rows)
    for key, several in ends.items():
        for number, at in enumerate(sorted(several, key=lambda at: rows[at].date), start=1):
            day = rows[at].date
            earlier = sum(one < day for one in came.get(key, []))
            if day in came.get(key, []) and earlier < number:
                seconds[at] = 1
    return seconds


def _frame(rows: list[Row], people: People) -> pd.DataFrame:
    """The rows with the ids and segments of the list of members."""
    persons = [people.by_key[row.key] for row in rows]
    later = pd.to_timedelta(_same_day(rows), unit="s")
    frame = pd.DataFrame({
        "member_id": [one.member_id for one in persons],
        "date": pd.to_datetime([row.date for row in rows]) + later,
        "event": [row.event for row in rows],
        "name": [row.name for row in rows],
        "value": [row.value for row in rows],
        "segment": [one.segment for one in persons],
    })  # fmt: skip
    low = pd.to_datetime(pd.Series([row.low for row in rows], dtype=object))
    if low.notna().any():
        frame["date_low"], frame["date_high"] = low, frame["date"].dt.normalize().where(low.notna())
    return frame

"""What cannot be in a history although every cell can be read: all of it, with the rows."""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, NamedTuple

import numpy as np
import numpy.typing as npt

from simulation.evidence.history import impossible, lives
from simulation.evidence.history.history import History
from simulation.evidence.history.marks import Check

if TYPE_CHECKING:
    from simulation.scenario.schema import Scenario

__all__ = ["Finding", "Rules", "findings_of"]

MAX_SHOWN = 20_000
"""Rows of one kind of fault that get a message; the others are only counted as bad."""


class Finding(NamedTuple):
    """A fault of one row; `reason` holds nothing of its cells and may be kept with a run."""

    line: int
    column: str | None
    reason: str
    message: str


@dataclass(frozen=True)
class Rules:
    """What the checks need to know beside the rows.

    Attributes
    ----------
    exported
        No row may be later than this day.
    early
        Days by which a renewal may be dated before it is due.
    journeys, cycles, terms
        Of each segment, by name: milestones in order, the place at which the journey begins again (None: it
        does not), months of a term. Empty without a scenario.
    interventions
        Names; None without a scenario.
    """

    exported: dt.date
    early: float
    journeys: dict[str, list[str]]
    cycles: dict[str, int | None]
    terms: dict[str, int]
    interventions: list[str] | None

    @classmethod
    def of(cls, scenario: Scenario | None, exported: dt.date, early: float = 0.0) -> Rules:
        """Gather them of a scenario."""
        segments = scenario.segments if scenario is not None else {}
        cycles: dict[str, int | None] = {}
        for name, segment in segments.items():
            growth = [place for place, one in enumerate(segment.journey.values()) if one.stage == "growth"]
            cycles[name] = growth[0] if segment.cycle and growth else None
        return cls(
            exported=exported,
            early=early,
            journeys={name: list(segment.journey) for name, segment in segments.items()},
            cycles=cycles,
            terms={name: segment.term for name, segment in segments.items()},
            interventions=list(scenario.interventions) if scenario is not None else None,
        )


def findings_of(
    history: History, lines: npt.NDArray[np.int64], rules: Rules
) -> tuple[list[Finding], npt.NDArray[np.bool_], list[str]]:
    """Find what cannot be.

    Parameters
    ----------
    history
        All rows that can be read.
    lines
        Of each row, its line in the source.
    rules
        Beside the rows.

    Returns
    -------
    findings : list of Finding
    bad : bool array
        The rows with a fault.
    notes : list of str
        What deserves a look and is no fault.
    """
    bad = np.zeros(len(history), bool)
    findings: list[Finding] = []
    notes: list[str] = []
    if len(history) == 0:
        return findings, bad, notes
    for check in _checks(history, rules):
        rows = np.flatnonzero(check.faulty)
        bad[rows] = True
        for row in rows[:MAX_SHOWN].tolist():
            findings.append(Finding(int(lines[row]), check.column, check.reason, check.message(row)))
        if len(rows) > MAX_SHOWN:
            notes.append(f"{check.reason}: {len(rows):,} rows, of which {MAX_SHOWN:,} are listed")
    notes += impossible.notes(history)
    return findings, bad, notes


def _checks(history: History, rules: Rules) -> Iterator[Check]:
    sources: list[Callable[[History, Any], Iterator[Check]]] = [
        impossible.dates, impossible.copies, impossible.names, impossible.amounts, lives.membership,
        lives.journeys, lives.offers, lives.renewals, lives.corrections,
    ]  # fmt: skip
    for source in sources:
        yield from source(history, rules)

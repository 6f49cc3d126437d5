"""Reads a history: from a file or a database, through the mapping of its columns, checked row by row."""

from __future__ import annotations

import datetime as dt
from collections import Counter
from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
import numpy.typing as npt
import pandas as pd

from simulation.evidence.history.cells import DateColumn, NumberColumn, WordColumn
from simulation.evidence.history.checks import Finding, Rules, findings_of
from simulation.evidence.history.columns import Found, find_columns, wanted_names
from simulation.evidence.history.errors import HistoryError
from simulation.evidence.history.history import Excluded, History
from simulation.evidence.history.source import Source, open_source
from simulation.evidence.history.table import DATES, canonical, event_type
from simulation.evidence.history.vocabulary import CODE, EVENTS
from simulation.progress import Progress
from simulation.scenario.book.cells import CellError, quoted, read_id
from simulation.scenario.errors import Problem, one_of
from simulation.scenario.schema.history import ColumnRef
from simulation.scenario.sheets import TableError

if TYPE_CHECKING:
    from simulation.scenario.schema import Scenario

__all__ = ["read_history"]

MAX_ROWS = 200_000_000
MAX_FINDINGS = 500_000


def read_history(
    where: str | Path | None = None,
    *,
    scenario: Scenario | None = None,
    columns: Mapping[str, ColumnRef] | None = None,
    table: str | None = None,
    query: str | None = None,
    exported: dt.date | None = None,
    early: float | None = None,
    quarantine: bool = False,
    progress: Progress | None = None,
) -> History:
    """Read a history and check every row.

    Parameters
    ----------
    where
        A CSV, Parquet or Excel file, or the URL of a database (`sqlite:///members.db`,
        `postgresql+pg8000://user@host/name`; the password from the environment, as PGPASSWORD). None: what
        the scenario's `history:` names.
    scenario
        Its segments, journeys, interventions and terms are checked too; its `history:` gives the defaults of
        what follows.
    columns
        How columns are read, by our name.
    table, query
        Of a database: which table, or a SELECT.
    exported
        Day of the export: no row may be later. By default today.
    early
        Days by which a renewal may be dated before it is due; 0 by default.
    quarantine
        Leave out what cannot be, instead of refusing the history: a row that cannot be read, and of a member
        with an impossible row all rows, for half a story misleads.
    progress
        Called with (rows read, rows in all as far as known).

    Returns
    -------
    History

    Raises
    ------
    HistoryError
        A ScenarioError with every fault of every row; or with what is wrong with the whole.
    ValueError
        `where` is None, and no scenario with a history is given.
    """
    block = scenario.history if scenario is not None else None
    if where is None:
        if block is None:
            raise ValueError("name a history, or a scenario that has one")
        where = block.file if block.file is not None else str(block.url)
        table, query = table or block.table, query or block.query
    if block is not None:
        columns = block.columns if columns is None else columns
        exported = exported or block.exported
        early = block.early if early is None else early
    columns = columns or {}
    rows: _Rows | None = None
    shown_as = str(where)
    try:
        with open_source(where, wanted_names(columns), table=table, query=query) as source:
            shown_as = source.shown
            found, notes = find_columns(source, columns)
            rows = _Rows(found, source, scenario.currency if scenario else None)
            for batch in source.batches(list(found.positions.values())):
                rows.add(batch)
                if progress is not None:
                    progress(rows.count, max(source.rows or 0, rows.count))
            warnings = [*notes, *source.warnings, *rows.notes()]
    except TableError as error:
        from simulation.evidence.history.database import without_password

        whole = Problem(without_password(shown_as), error.line, None, "", f"the history {error.message}")
        raise HistoryError([whole, *_problems(shown_as, rows.findings if rows else [])]) from None
    rules = Rules.of(scenario, exported or dt.date.today(), early or 0.0)
    return _finish(rows, rules, shown_as, warnings, quarantine)


class _Rows:
    """Collects the rows of a history, batch by batch, as arrays."""

    def __init__(self, found: Found, source: Source, currency: str | None) -> None:
        self.found = found
        self.count = self.dropped = 0
        self.findings: list[Finding] = []
        self.lines: list[npt.NDArray[np.int64]] = []
        self.parts: dict[str, list[npt.NDArray[Any]]] = {name: [] for name in found.refs}
        self.readers: dict[str, Any] = {}
        for name, ref in found.refs.items():
            if name in DATES:
                self.readers[name] = DateColumn(ref)
            elif name == "value":
                self.readers[name] = NumberColumn(ref, currency or "")
            else:
                check = {"member_id": read_id, "event": _event}.get(name)
                self.readers[name] = WordColumn(ref, check)

    def add(self, batch: Any) -> None:
        """Read some rows."""
        self.findings += [Finding(line, None, reason, message) for line, reason, message in batch.faults]
        columns = dict(zip(self.found.positions, batch.columns, strict=True))
        rows = len(batch.lines)
        good = np.ones(rows, bool)
        read: dict[str, npt.NDArray[Any]] = {}
        ignored = np.zeros(rows, bool)
        for name, ref in self.found.refs.items():
            column = columns[name] if name in columns else [ref.constant or ""] * rows
            values, faults = self.readers[name].read(column)
            read[name] = values
            if name == "event":
                ignored = (values < 0) & self._unwanted(column)
            for row, reason, message in faults:
                self.findings.append(Finding(int(batch.lines[row]), name, reason, message))
                good[row] = False
        for name in ("member_id", "event", "date"):
            blank = np.isnat(read[name]) if name == "date" else read[name] < 0
            for row in np.flatnonzero(blank & good & ~ignored).tolist():
                self.findings.append(Finding(int(batch.lines[row]), name, "a required cell is empty", "is empty"))
                good[row] = False
        keep = good & ~ignored
        self.dropped += int(ignored.sum())
        self.count += rows
        self.lines.append(batch.lines[keep])
        for name, values in read.items():
            self.parts[name].append(values[keep])
        if len(self.findings) > MAX_FINDINGS:
            raise TableError(f"has more than {MAX_FINDINGS:,} faults: reading stopped here", line=int(batch.lines[-1]))
        if self.count > MAX_ROWS:
            raise TableError(f"has more than {MAX_ROWS:,} rows")

    def _unwanted(self, column: Any) -> npt.NDArray[np.bool_]:
        """Rows whose event the mapping leaves out."""
        from simulation.evidence.history.cells import words_of

        left_out = {word for word, ours in self.found.refs["event"].values.items() if not ours}
        if not left_out:
            return np.zeros(len(column), bool)
        codes, words = words_of(column)
        return np.array([word in left_out for word in words], bool)[codes]

    def notes(self) -> list[str]:
        """What deserves a look."""
        return [f"{self.dropped:,} rows are left out by the mapping of events"] if self.dropped else []

    def table(self) -> tuple[pd.DataFrame, npt.NDArray[np.int64]]:
        """The rows as a table with categories, and the line of each."""
        lines = np.concatenate(self.lines) if self.lines else np.zeros(0, np.int64)
        columns: dict[str, Any] = {}
        for name, parts in self.parts.items():
            values = np.concatenate(parts) if parts else np.zeros(0, "M8[us]" if name in DATES else float)
            parts.clear()
            if name in DATES or name == "value":
                columns[name] = values
                continue
            words = self.readers[name].words
            if name == "event":
                codes = np.array([CODE[word] for word in words] or [-1], np.int8)[values.astype(np.int64)]
                columns[name] = pd.Categorical.from_codes(codes, dtype=event_type())
            else:
                columns[name] = pd.Categorical.from_codes(values.astype(np.int64), pd.Index(words, dtype=object))
        return pd.DataFrame(columns, copy=False), lines


def _event(word: str) -> str:
    plain = word.lower().replace(" ", "_").replace("-", "_")
    if plain not in CODE:
        hint = "" if len(word) > 40 else f"; or map it: columns: {{event: {{column: ..., values: {{{word}: joined}}}}}}"
        raise CellError("unknown event", f"there is no event {quoted(word)}: {one_of(EVENTS, plain)}{hint}")
    return plain


def _finish(rows: _Rows, rules: Rules, shown_as: str, warnings: list[str], quarantine: bool) -> History:
    """Check the rows together, and make the history of the good ones."""
    table, lines = rows.table()
    if not rows.count and not rows.findings:
        raise HistoryError([Problem(shown_as, None, None, "", "the history has a header, but no rows")])
    frame, order = canonical(table)
    del table
    lines = lines if order is None else lines[order]
    whole = History(frame, exported=rules.exported, source=shown_as)
    found, bad, notes = findings_of(whole, lines, rules)
    findings = rows.findings + found
    warnings = [*warnings, *notes]
    if findings and not quarantine:
        raise HistoryError(_problems(shown_as, findings))
    if not findings:
        return replace(whole, warnings=tuple(warnings))
    members = np.unique(whole.member[bad])
    out = np.isin(whole.member, members)
    unreadable = len({finding.line for finding in rows.findings})
    excluded = Excluded(
        members=len(members),
        rows=int(out.sum()) + unreadable,
        of_members=whole.members,
        of_rows=rows.count + sum(finding.column is None for finding in rows.findings),
        reasons=dict(Counter(finding.reason for finding in findings).most_common()),
    )
    if out.all():
        raise HistoryError([Problem(shown_as, None, None, "", "the history has no good member: all were left out")])
    kept, _ = canonical(frame[~out])
    return replace(whole, _frame=kept, excluded=excluded, warnings=tuple(warnings))


def _problems(shown_as: str, findings: list[Finding]) -> list[Problem]:
    """Return the findings as problems, by line."""
    ordered = sorted(findings, key=lambda finding: finding.line)
    return [Problem(shown_as, line, None, column or "", message) for line, column, _, message in ordered]

"""Finds the columns of a history in the header of its source, by their names or by a mapping."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from simulation.evidence.history.errors import HistoryError
from simulation.evidence.history.source import Source
from simulation.evidence.history.table import COLUMNS, NEEDED
from simulation.scenario.errors import Problem, ScenarioError, nearest, one_of, shown
from simulation.scenario.schema.history import ColumnMap, ColumnRef

__all__ = ["Found", "find_columns", "read_mapping", "wanted_names"]


@dataclass(frozen=True)
class Found:
    """Our columns: how each is read, and where it is in the source (None: a constant)."""

    refs: dict[str, ColumnRef]
    positions: dict[str, int]


def wanted_names(columns: Mapping[str, ColumnRef], ours: Sequence[str] = COLUMNS) -> set[str]:
    """Names that the header is expected to hold."""
    refs = {name: columns.get(name) or ColumnRef(column=name) for name in ours}
    return {ref.column for ref in refs.values() if ref.column is not None}


def find_columns(
    source: Source,
    columns: Mapping[str, ColumnRef],
    ours: Sequence[str] = COLUMNS,
    needed: Sequence[str] = NEEDED,
) -> tuple[Found, list[str]]:
    """Find our columns in a source, and what deserves a look.

    Raises
    ------
    HistoryError
        Columns are missing or unclear; all of them are named.
    """
    problems: list[Problem] = []

    def wrong(place: str, message: str, line: int | None = source.header_line) -> None:
        problems.append(Problem(source.shown, line, None, place, message))

    for name in columns:
        if name not in ours:
            wrong(f"columns.{name}", f"there is no such column here: {one_of(ours, name)}", None)
    header = [name[:200] for name in source.header]
    refs: dict[str, ColumnRef] = {}
    positions: dict[str, int] = {}
    for name in ours:
        ref = columns.get(name) or ColumnRef(column=name)
        if ref.column is None:
            refs[name] = ref
            continue
        places = [place for place, word in enumerate(header) if word == ref.column]
        if not places and name not in columns:  # our own names may be written as `Date` or `MEMBER_ID`
            places = [place for place, word in enumerate(header) if word.strip().lower() == name]
        if len(places) > 1:
            spots = " and ".join(str(place + 1) for place in places)
            wrong(name, f"column {shown(ref.column)} stands more than once in the header: columns {spots}")
        elif places:
            refs[name], positions[name] = ref, places[0]
        elif name in columns:
            wrong(f"columns.{name}", f"there is no column {shown(ref.column)}: {one_of(header, ref.column)}")
        elif name in needed:
            close = nearest(name, header)
            asked = f"; is it {shown(close)}? Then write" if close else "; if it has another name there, write"
            hint = f"{asked} columns: {{{name}: {shown(close) if close else '...'}}}"
            wrong(name, f"there is no column {name!r} in the header ({', '.join(header[:20])}){hint}")
    if problems:
        raise HistoryError(problems)
    unused = [word for place, word in enumerate(header) if place not in positions.values()]
    free = [name for name in ours if name not in refs]
    notes = []
    for word in unused:
        close = nearest(word, free)
        notes.append(f"column {shown(word)} is not used" + (f"; is it {close!r}?" if close else ""))
    return Found(refs, positions), notes


def read_mapping(path: Path) -> dict[str, ColumnRef]:
    """Read a mapping from a small YAML file with the key `columns:`, as in a scenario's `history:`.

    Raises
    ------
    ScenarioError
        With every mistake, its line and column.
    """
    from simulation.scenario.validation import read_model

    try:
        return read_model(path, ColumnMap).columns
    except ScenarioError as error:
        raise HistoryError(error.problems) from None

"""`membersim history`: what a history says, and what in it cannot be."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

from cyclopts import Parameter

from simulation.cli.reading import Columns, Exported, LeaveOut, Query, Table
from simulation.cli.screen import SCREEN, BadInput, Screen

if TYPE_CHECKING:
    from simulation.evidence.history import History
    from simulation.scenario import Scenario

__all__ = ["history"]


def history(
    source: str | None = None,
    *,
    scenario: Annotated[Path | None, Parameter(help="Check names, order and terms against this scenario.")] = None,
    columns: Columns = None,
    table: Table = None,
    query: Query = None,
    exported: Exported = None,
    quarantine: LeaveOut = False,
    panel: Annotated[bool, Parameter(help="The file has a row a person and a column a year, 1 or 0.")] = False,
    out: Annotated[Path | None, Parameter(help="Write the good rows to this file, .csv or .parquet.")] = None,
    screen: Screen = SCREEN,
) -> None:
    """Check a history and say what is in it.

    Parameters
    ----------
    source
        A CSV, Parquet or Excel file, or the URL of a database such as postgresql+pg8000://user@host/name (password
        from PGPASSWORD); by default what the scenario names.
    """
    plan = _scenario(scenario)
    if source is None and (plan is None or plan.history is None):
        raise BadInput("name a history: a file, the URL of a database, or a --scenario that has one")
    if panel and source is not None:
        from simulation.evidence.history.panel import history_of_panel

        single = next(iter(plan.segments)) if plan is not None and len(plan.segments) == 1 else ""
        read = history_of_panel(source, segment=single)
    else:
        read = read_source(
            source, plan, columns=columns, table=table, query=query, exported=exported, quarantine=quarantine
        )
    show(read, screen)
    if out is not None:
        from simulation.evidence.history import write_history

        try:
            write_history(read, out)
        except ValueError as error:
            raise BadInput(str(error)) from None
        screen.show(f"Wrote {out}")
    screen.result({**facts(read), "file": out})


def read_source(
    source: str | None,
    plan: Scenario | None,
    *,
    columns: Path | None = None,
    table: str | None = None,
    query: str | None = None,
    exported: str | None = None,
    quarantine: bool = False,
) -> History:
    """Read a history for a command, with progress."""
    from simulation.evidence.history import read_history
    from simulation.evidence.history.columns import read_mapping

    mapping = read_mapping(columns) if columns is not None else None
    with _progress() as progress:
        return read_history(
            source,
            scenario=plan,
            columns=mapping,
            table=table,
            query=query,
            exported=day_of(exported),
            quarantine=quarantine,
            progress=progress,
        )


def day_of(text: str | None) -> dt.date | None:
    """A day as an option has it."""
    if text is None:
        return None
    try:
        return dt.date.fromisoformat(text)
    except ValueError:
        raise BadInput(f"expected a day such as 2027-01-31, not {text!r}") from None


def facts(history: History) -> dict[str, Any]:
    """What a history says, for a program."""
    from dataclasses import asdict

    counts = _counts(history)
    left_out = history.excluded
    return {
        "source": history.source,
        "fingerprint": history.fingerprint,
        "rows": len(history),
        "members": history.members,
        "first_day": history.first_day,
        "last_day": history.last_day,
        "exported": history.exported,
        "events": {event: {str(year): n for year, n in years.items() if n} for event, years in counts.items()},
        "empty_months": _empty_months(history),
        "quarantined": None if left_out is None else {**asdict(left_out), "share": left_out.share},
        "warnings": list(history.warnings),
    }


def show(history: History, screen: Screen) -> None:
    """What a history says, for a person."""
    counts = _counts(history)
    years = sorted({year for row in counts.values() for year in row})
    shown = years if len(years) <= 8 else [None, *years[-7:]]
    rows = []
    for event, row in counts.items():
        earlier = sum(n for year, n in row.items() if year not in shown)
        cells = [earlier if year is None else row.get(year, 0) for year in shown]
        rows.append((event, *(f"{n:,}" for n in cells), f"{sum(row.values()):,}"))
    heads = ["earlier" if year is None else str(year) for year in shown]
    screen.show(f"{history.members:,} members, {len(history):,} rows, {history.first_day} to {history.last_day}")
    screen.table("", ("event", *heads, "all"), rows)
    empty = _empty_months(history)
    if empty:
        screen.show(f"Months without any row: {', '.join(empty[:12])}{' ...' if len(empty) > 12 else ''}")
    if history.excluded is not None:
        one = history.excluded
        screen.note(
            f"Left out: {one.members:,} of {one.of_members:,} members ({one.share:.1%}), "
            f"{one.rows:,} of {one.of_rows:,} rows"
        )
        for reason, count in list(one.reasons.items())[:20]:
            screen.note(f"  {count:,} x {reason}")
    for warning in history.warnings:
        screen.note(f"Note: {warning}")
    screen.show(f"Fingerprint {history.fingerprint}")


def _counts(history: History) -> dict[str, dict[int, int]]:
    """Rows by event and year, in the order of the vocabulary; only what occurs."""
    frame = history.frame
    if frame.empty:
        return {}
    years = frame["date"].dt.year
    table = frame.groupby([frame["event"], years], observed=True).size()
    counts: dict[str, dict[int, int]] = {}
    for key, count in zip(table.index.tolist(), table.tolist(), strict=True):
        counts.setdefault(str(key[0]), {})[int(key[1])] = count
    return counts


def _empty_months(history: History) -> list[str]:
    """Months between the first and the last row that have none: something may be missing there."""
    import numpy as np

    months = np.unique(history.frame["date"].to_numpy().astype("M8[M]"))
    if len(months) < 2:
        return []
    every = np.arange(months[0], months[-1] + 1)
    missing = np.setdiff1d(every, months)
    # Of a history by years most months are empty, which says nothing.
    return [str(month) for month in missing] if len(missing) < len(every) / 2 else []


def _scenario(path: Path | None) -> Scenario | None:
    if path is None:
        return None
    import simulation as sim

    return sim.load(path)


@contextmanager
def _progress() -> Iterator[Any]:
    from simulation.progress import progress_bar

    with progress_bar("Reading rows") as progress:
        yield progress

"""`membersim snapshot`: keeps what a system that overwrites says today, and what changed since the last time."""

from __future__ import annotations

import datetime as dt
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

from cyclopts import Parameter

from simulation.cli.history import day_of, facts, show
from simulation.cli.reading import Columns, Query, Table
from simulation.cli.screen import SCREEN, BadInput, Screen

if TYPE_CHECKING:
    from simulation.scenario.schema.history import ColumnRef

__all__ = ["snapshot"]

HISTORY = "history.parquet"


def snapshot(
    export: str,
    *,
    archive: Annotated[Path, Parameter(help="Folder of the snapshots; made when it is not there.")],
    date: Annotated[str | None, Parameter(help="The day of whose morning the export is; default: today.")] = None,
    scenario: Annotated[Path | None, Parameter(help="Its journeys say which milestones come before one.")] = None,
    columns: Columns = None,
    table: Table = None,
    query: Query = None,
    screen: Screen = SCREEN,
) -> None:
    """Archive a copy of a system that overwrites, and derive what happened since the copy before.

    Parameters
    ----------
    export
        One row a member, as things stand: CSV, Parquet, Excel, or the URL of a database. Columns: member_id, and as
        far as there are segment, arr, joined, renews_on, milestone, value_recognised_on, open_setback, left.
    """
    import simulation as sim
    from simulation.evidence.history import write_history
    from simulation.evidence.history.archive import Archive, ArchiveError
    from simulation.evidence.history.columns import read_mapping
    from simulation.evidence.history.state import read_state

    plan = sim.load(scenario) if scenario is not None else None
    mapping: dict[str, ColumnRef] = read_mapping(columns) if columns is not None else {}
    if not mapping and plan is not None and plan.book is not None:
        from simulation.scenario.schema.history import ColumnRef as Ref

        mapping = {name: Ref(column=there) for name, there in plan.book.columns.items()}
    day = day_of(date) or dt.date.today()
    currency = plan.currency if plan is not None else ""
    state, notes = read_state(export, columns=mapping, currency=currency, table=table, query=query)
    journeys = {name: list(one.journey) for name, one in plan.segments.items()} if plan is not None else None
    try:
        kept = Archive(archive)
        new = kept.add(day, state)
        derived = kept.history(journeys)
    except ArchiveError as error:
        raise BadInput(str(error)) from None
    path = archive / HISTORY
    write_history(derived, path)
    for note in notes:
        screen.note(f"Note: {note}")
    count = len(kept.snapshots)
    screen.show(f"{'Archived' if new else 'Already archived'}: {len(state):,} members on {day}, snapshot {count}")
    show(derived, screen)
    screen.show(f"Wrote {path}")
    screen.result({
        "archived": new,
        "day": day,
        "members_now": len(state),
        "snapshots": [one.day for one in kept.snapshots],
        "history": facts(derived),
        "file": path,
    })  # fmt: skip

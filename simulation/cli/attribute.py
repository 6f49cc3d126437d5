"""`membersim attribute`: why a forecast was missed."""

from __future__ import annotations

import shlex
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

from cyclopts import Parameter, validators

from simulation.cli.folder import publish, run_facts
from simulation.cli.history import day_of, read_source
from simulation.cli.outcome import prepare
from simulation.cli.reading import Columns, Exported, LeaveOut, Query, Table
from simulation.cli.screen import INTERRUPTED, SCREEN, Screen, refused
from simulation.cli.tables import records
from simulation.cli.workers import Cluster, Workers
from simulation.finished import RECORD as RUN
from simulation.finished import NoRun, finished_forecast, read_record, recorded_scenario
from simulation.progress import progress_bar

if TYPE_CHECKING:
    from simulation.evidence.attribution import Attribution, Responses
    from simulation.evidence.history import History
    from simulation.forecast import Forecast
    from simulation.scenario import Scenario

__all__ = ["attribute"]

RECORD = "attribution.json"


def attribute(
    run: Path,
    actuals: str,
    /,
    *,
    until: str | None = None,
    responses: Annotated[int, Parameter(validator=validators.Number(gte=0))] = 40,
    level: Annotated[float, Parameter(validator=validators.Number(gt=0, lt=1))] = 0.05,
    columns: Columns = None,
    table: Table = None,
    query: Query = None,
    exported: Exported = None,
    quarantine: LeaveOut = False,
    book: Path | None = None,
    workers: Workers = None,
    cluster: Cluster = "",
    out: Path | None = None,
    screen: Screen = SCREEN,
) -> int:
    """Explain a miss: rows that add up to the cent, each against what the forecast held possible.

    Parameters
    ----------
    run
        The folder of a finished run, or its forecast.nc.
    actuals
        A history of what happened: a CSV, Parquet or Excel file, or the URL of a database.
    until
        Compare up to this day, such as 2027-04-01; by default the last one that the run counts apart and the history
        covers.
    responses
        Paired futures in which is found what deliveries and setbacks do to milestones, to tell why they were not
        reached; 0 leaves "not reached" whole.
    level
        A row is flagged when luck alone puts it as far out in this share of the futures.
    book
        Where the book of the run is now, if it has moved; it must be the same file.
    workers
        Threads; all cores by default.
    out
        Folder to write to; <run>/attribution by default.
    """
    from simulation.report.attribution import CAUSES, answer, cause_rows, claim, luck

    forecast = finished_forecast(run)
    plan = _scenario(run, book, screen) if run.is_dir() else None
    history = read_source(
        actuals, plan, columns=columns, table=table, query=query, exported=exported, quarantine=quarantine
    )
    if history.excluded is not None:
        screen.note(f"Left out: {history.excluded.members:,} members ({history.excluded.share:.1%})")
    folder = out or (run if run.is_dir() else run.parent) / "attribution"
    words: list[object] = ["membersim", "attribute", run, actuals]
    words += ["--until", until] if until else []
    words += ["--responses", responses] if responses != 40 else []
    command = shlex.join(map(str, words))
    end = day_of(until)
    days = None if end is None else (end - forecast.frame.start).days
    try:
        measured = _responses(forecast, history, plan, responses, days, quarantine, workers)
        found = _found(forecast, history, days, measured, level)
    except KeyboardInterrupt:
        screen.note(f"Interrupted; nothing is written. To start again: {command}")
        screen.result({"interrupted": True, "command": command})
        return INTERRUPTED
    prepare(folder)

    def fill(staging: Path) -> None:
        from simulation.report.attribution import write_attribution

        write_attribution(found, forecast.facts.name, staging)

    record = {**run_facts(), "forecast": forecast.facts.digest, "history": history.fingerprint, "command": command}
    files = publish(folder, fill, record, RECORD)
    screen.show(answer(found))
    screen.table("Causes", CAUSES, cause_rows(found), text=(0, 4))
    for line in (luck(found), *claim(found)):
        screen.show(line)
    for line in found.notes:
        screen.note(f"Note: {line}")
    screen.show(f"Written to {folder}")
    screen.result(record | facts(found) | {"files": files})
    return 0


def facts(found: Attribution) -> dict[str, Any]:
    """An attribution for a program."""
    from dataclasses import asdict

    return {
        "until": found.until,
        "currency": found.currency,
        "futures": found.futures,
        "totals": records(found.totals),
        "causes": records(found.table),
        "flags": asdict(found.flags),
        "not_reached_is_largest": records(found.dominated),
        "largest_loss": found.largest,
        "notes": list(found.notes),
    }


def _scenario(run: Path, book: Path | None, screen: Screen) -> Scenario | None:
    if not (run / RUN).is_file():
        return None
    try:
        return recorded_scenario(read_record(run), run, book)
    except NoRun as error:
        if book is not None:
            raise
        screen.note(f"Without the data of the run 'not reached' stays whole: {error}")
        return None


def _responses(
    forecast: Forecast,
    history: History,
    plan: Scenario | None,
    futures: int,
    until: int | None,
    quarantine: bool,
    workers: int | None,
) -> Responses | None:
    from simulation.evidence.attribution import responses
    from simulation.evidence.attribution.attribution import covered
    from simulation.runs import todays_members

    last = covered(history, forecast)
    days = [int(day) for day in forecast.frame.cell_edges[1:] if day <= last and until in (None, day)]
    if plan is None or not futures or not days:
        return None
    told = frozenset(str(event) for event in history.frame["event"].unique())
    members = todays_members(plan, quarantine=quarantine)
    with progress_bar("What deliveries and setbacks do") as progress:
        return responses(
            plan, days=days[-1], told=told, book=members, replications=futures, seed=forecast.seed, workers=workers,
            progress=progress,
        )  # fmt: skip


def _found(
    forecast: Forecast, history: History, days: int | None, measured: Responses | None, level: float
) -> Attribution:
    from simulation.evidence.attribution import attribute

    try:
        return attribute(forecast, history, days=days, responses=measured, level=level)
    except ValueError as error:
        raise refused(error) from None

"""`membersim backtest`: forecasts as of past days, scored against what came."""

from __future__ import annotations

import shlex
import time
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any, Literal

from cyclopts import Parameter, validators

from simulation.cli.folder import publish, run_facts
from simulation.cli.history import day_of, read_source
from simulation.cli.outcome import prepare
from simulation.cli.reading import Columns, Exported, LeaveOut, Query, Table
from simulation.cli.screen import INTERRUPTED, SCREEN, BadInput, Screen, refused
from simulation.cli.tables import records
from simulation.cli.workers import Cluster, Workers
from simulation.progress import progress_bar

if TYPE_CHECKING:
    from simulation.evidence.backtest.casts import Backtest
    from simulation.evidence.history import History
    from simulation.scenario import Scenario

__all__ = ["backtest", "history_in"]

RECORD = "backtest.json"
Form = Literal["events", "panel", "survivors", "flows"]


def backtest(
    history: str,
    /,
    *,
    scenario: Path,
    form: Annotated[Form, Parameter(name="--as")] = "events",
    origins: Annotated[list[str] | None, Parameter(consume_multiple=True)] = None,
    step: Annotated[int | None, Parameter(validator=validators.Number(gte=1, lte=60))] = None,
    steps: Annotated[int | None, Parameter(validator=validators.Number(gte=1, lte=60))] = None,
    replications: Annotated[int, Parameter(validator=validators.Number(gte=20))] = 100,
    seed: Annotated[int, Parameter(validator=validators.Number(gte=0, lt=2**32))] = 1,
    workers: Workers = None,
    cluster: Cluster = "",
    columns: Columns = None,
    table: Table = None,
    query: Query = None,
    exported: Exported = None,
    quarantine: LeaveOut = False,
    out: Path | None = None,
    screen: Screen = SCREEN,
) -> int:
    """Ask whether forecasts would have been right: fit on the past only, forecast, and score against what came.

    Parameters
    ----------
    history
        A file, or the URL of a database, with what happened (see `membersim history`).
    scenario
        The mechanisms, and the numbers that the history says nothing of.
    form
        events: a row for everything that happened. panel: a row a person, a column a year, 1 or 0. survivors: columns
        cohort, date, members. flows: columns date, joined, left, and as needed members, cause.
    origins
        First days of months from which to forecast; by default the latest four that the history allows.
    step
        Months of a step; by default 3, or 12 for a history by years.
    steps
        How many steps ahead; by default 4, or as many as the history allows.
    replications
        Simulated futures of each origin.
    seed
        The same seed gives the same scores.
    workers
        Threads; all cores by default.
    out
        Folder to write to; reports/<name of the scenario file>-backtest by default.
    """
    import simulation as sim
    from simulation.evidence.backtest.trial import backtest as run_backtest

    plan = sim.load(scenario)
    read = history_in(
        history, form, plan, columns=columns, table=table, query=query, exported=exported, quarantine=quarantine
    )
    for warning in read.warnings:
        screen.note(f"Note: {warning}")
    folder = out or Path("reports", f"{scenario.stem}-backtest")
    prepare(folder)
    days = [one for text in origins or () if (one := day_of(text)) is not None]
    words: list[object] = ["membersim", "backtest", history, "--scenario", scenario, "--as", form]
    words += ["--origins", *days] if days else []
    words += ["--step", step] if step else []
    words += ["--steps", steps] if steps else []
    words += ["--replications", replications, "--seed", seed]
    words += ["--out", out] if out is not None else []
    command, started = shlex.join(map(str, words)), time.perf_counter()
    try:
        with progress_bar("Forecasting from past days") as progress:
            found = run_backtest(
                read, plan, folder=folder, origins=days or None, step=step, steps=steps, replications=replications,
                seed=seed, workers=workers, progress=progress,
            )  # fmt: skip
    except ValueError as error:
        raise refused(error) from None
    files: list[Path] = []
    if found.casts:
        record = {
            **run_facts(),
            "finished": datetime.now(UTC).isoformat(timespec="seconds"),
            "seconds": round(time.perf_counter() - started, 3),
            "command": command,
            **_facts(found),
        }
        files = publish(folder, lambda staging: _fill(found, staging), record, RECORD)
        _show(found, folder, screen)
    if found.interrupted:
        screen.note(f"Interrupted: {len(found.origins)} origins are finished and written. Again: {command}")
    screen.result({**_facts(found), "folder": folder, "files": files, "command": command})
    return INTERRUPTED if found.interrupted else 0


def history_in(
    source: str,
    form: Form,
    plan: Scenario | None,
    *,
    columns: Path | None = None,
    table: str | None = None,
    query: str | None = None,
    exported: str | None = None,
    quarantine: bool = False,
) -> History:
    """The history in a file of one of the forms.

    Raises
    ------
    BadInput
        An option does not belong to the form, or a segment is not said and there are several.
    """
    if form == "events":
        return read_source(
            source, plan, columns=columns, table=table, query=query, exported=exported, quarantine=quarantine
        )
    given: dict[str, object] = {"--exported": exported, "--quarantine": quarantine}
    if form == "panel":
        given |= {"--columns": columns, "--table": table, "--query": query}
    for option, value in given.items():
        if value:
            raise BadInput(f"{option} does not go with --as {form}")
    single = next(iter(plan.segments)) if plan is not None and len(plan.segments) == 1 else ""
    if form == "panel":
        from simulation.evidence.history.panel import history_of_panel

        return history_of_panel(source, segment=single)
    from simulation.evidence.backtest.counts import history_of_flows, history_of_survivors
    from simulation.evidence.history.columns import read_mapping

    reader = history_of_survivors if form == "survivors" else history_of_flows
    mapping = read_mapping(columns) if columns is not None else None
    return reader(source, segment=single, columns=mapping, table=table, query=query)


def _fill(found: Backtest, staging: Path) -> None:
    from simulation.report.backtest import write_backtest

    write_backtest(found, staging)


def _facts(found: Backtest) -> dict[str, Any]:
    from dataclasses import asdict

    from simulation.evidence.backtest.verdict import overall, verdicts, verdicts_of_parts

    return {
        "name": found.name,
        "history": found.fingerprint,
        "fitter": found.fitter,
        "origins": list(found.origins),
        "step": found.step,
        "steps": found.steps,
        "interrupted": found.interrupted,
        "verdict": overall(found),
        "verdicts": [asdict(one) for one in (*verdicts(found), *verdicts_of_parts(found))],
        "summary": records(found.summary().set_index("measure")) if found.casts else [],
        "causes": records(found.causes().set_index("cause")) if found.by_cause else [],
        "segments": records(found.segments().set_index("segment")) if found.by_segment else [],
        "warnings": list(found.warnings),
        "notes": {str(origin): list(own) for origin, own in found.notes.items()},
        "not_scored": [
            {"method": method, "measure": measure, "why": why} for (method, measure), why in found.missing.items()
        ],
    }


def _show(found: Backtest, folder: Path, screen: Screen) -> None:
    from simulation.evidence.backtest.observed import MEASURES
    from simulation.evidence.backtest.verdict import HOLDS, overall, verdicts, verdicts_of_parts

    screen.show(overall(found))
    every = [*verdicts(found), *(one for one in verdicts_of_parts(found) if one.cause)]
    rows = [(one.assumption, MEASURES[one.measure].title, HOLDS[one.holds], one.words) for one in every]
    screen.table("", ("assumption", "measured by", "holds", "verdict"), rows, text=(0, 1, 2, 3))
    screen.show(f"Report: {folder / 'report.html'}")

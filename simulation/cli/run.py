"""`membersim run`: simulate a scenario and write what came out."""

from __future__ import annotations

import shlex
from dataclasses import asdict, replace
from pathlib import Path
from typing import Annotated, Any

from cyclopts import Parameter, validators

from simulation.cli.goal import Goal, share_of
from simulation.cli.outcome import (
    Outcome,
    Request,
    half_done,
    introduce,
    prepare,
    simulate,
    write,
)
from simulation.cli.screen import INTERRUPTED, SCREEN, Screen
from simulation.cli.store import NoStore, chosen_store
from simulation.cli.tables import (
    HEADLINE_COLUMNS,
    MILESTONE_COLUMNS,
    OBJECTIVE_COLUMNS,
    headline,
    milestones,
    objectives,
    records,
)
from simulation.cli.workers import Cluster, Workers
from simulation.inputs import book_facts, warnings_of
from simulation.runs import MAX_REPLICATIONS, Engine

__all__ = ["run"]

SHORT = 15
"""Rows of a table that is still short."""


def run(
    file: Path,
    /,
    *,
    replications: Annotated[int, Parameter(validator=validators.Number(gte=1))] = 200,
    seed: Annotated[int, Parameter(validator=validators.Number(gte=0, lt=2**32))] = 1,
    engine: Engine = "compiled",
    workers: Workers = None,
    cluster: Cluster = "",
    out: Path | None = None,
    events: Annotated[int, Parameter(validator=validators.Number(gte=0))] = 0,
    quarantine: Annotated[bool, Parameter(show_default=False)] = False,
    overlay: Annotated[list[Path] | None, Parameter(consume_multiple=True)] = None,
    precision: str = "",
    measure: str = "arr",
    max_replications: Annotated[int, Parameter(validator=validators.Number(gte=4))] = MAX_REPLICATIONS,
    label: str = "",
    no_store: NoStore = False,
    screen: Screen = SCREEN,
) -> int:
    """Simulate a scenario; write its forecast, tables, figures and report.

    Parameters
    ----------
    file
        The scenario.
    replications
        Simulated futures; best an even number, because they go in pairs.
    seed
        The same seed gives the same forecast, on any machine.
    engine
        compiled is fast; simpy is the readable reference and gives the same result.
    workers
        Threads; all cores by default. The result does not depend on it.
    out
        Folder to write to; reports/<name of the file> by default.
    events
        Also write the event log of the first N futures (of one when no number is given).
    quarantine
        Leave bad rows of the book out, and say how much that is, instead of stopping.
    overlay
        Files with changes, laid over the scenario in this order.
    precision
        Add futures until the 95% interval of the mean of --measure is this narrow, such as 1%: half its width,
        beside the mean. --replications is then the fewest.
    measure
        What --precision is about, over the whole horizon: arr, nrr, expansion, contribution, ...
    max_replications
        Where --precision stops even so.
    label
        What to call this run, such as "Budget" or "3+9"; shown in its report.
    no_store
        Neither read nor keep finished futures (see `membersim store`).
    """
    import simulation as sim
    from simulation.runs import todays_members

    overlays = tuple(overlay or ())
    scenario = sim.load(file, overlays=overlays)
    folder = out or Path("reports", "+".join(path.stem for path in (file, *overlays)))
    goal = None if not precision else Goal(share_of(precision, "--precision"), measure, max_replications)
    request = Request(
        replications, seed, engine, workers, min(events, replications), quarantine, goal=goal, label=label
    )  # fmt: skip
    request = replace(request, command=_command(file, overlays, request, out))
    book = todays_members(scenario, quarantine=quarantine)
    introduce(scenario, book, screen)
    of = "" if goal is not None else f" of {replications}"
    prepare(folder)
    kept, tables = half_done(scenario, request, folder) or (None, None)
    if kept is not None:
        screen.note(f"Going on with {folder}: {kept.replications}{of} futures are there already.")
    outcome = simulate(scenario, request, book=book, kept=kept, tables=tables, store=chosen_store(no_store, screen))
    if outcome.forecast is None:
        screen.note(f"Interrupted before any future was finished; start again with: {request.command}")
        screen.result({"interrupted": True, "replications": 0})
        return INTERRUPTED
    files = write(scenario, request, outcome, folder, book)
    if outcome.interrupted:
        screen.note(f"Interrupted: {outcome.replications}{of} futures are finished and kept.")
        screen.note(f"To go on from there: {request.command}")
    warnings = [*warnings_of(scenario, book), *outcome.forecast.warnings]
    screen.result(_shown(outcome, request, folder, files, screen) | {"book": book_facts(book), "warnings": warnings})
    return INTERRUPTED if outcome.interrupted else 0


def _command(file: Path, overlays: tuple[Path, ...], request: Request, out: Path | None) -> str:
    """The command that asks for the same run."""
    words: list[object] = ["membersim", "run", file]
    words += ["--replications", request.replications, "--seed", request.seed]
    words += ["--overlay", *overlays] if overlays else []
    if request.goal is not None:
        words += ["--precision", f"{100 * request.goal.precision:g}%", "--measure", request.goal.measure]
        words += ["--max-replications", request.goal.most]
    words += ["--label", request.label] if request.label else []
    words += ["--engine", request.engine] if request.engine != "compiled" else []
    words += ["--quarantine"] if request.quarantine else []
    words += [f"--events={request.events}"] if request.events else []
    words += ["--out", out] if out is not None else []
    return shlex.join(map(str, words))


def _shown(outcome: Outcome, request: Request, folder: Path, files: list[Path], screen: Screen) -> dict[str, Any]:
    """Show the short tables and return the same, and more, for programs."""
    from simulation.report.keyfigures import key_figures

    forecast = outcome.forecast
    assert forecast is not None
    currency = forecast.frame.currency
    figures, wishes, journey = key_figures(forecast), forecast.objectives(), forecast.milestones()
    named = f"{forecast.facts.name} ({forecast.label})" if forecast.label else forecast.facts.name
    title = f"{named}: {outcome.replications:,} simulated futures"
    screen.table(title, HEADLINE_COLUMNS, headline(figures, currency))
    if len(journey) <= SHORT:
        rows = milestones(journey, currency)
        screen.table("Milestones, means over the whole horizon", MILESTONE_COLUMNS, rows, text=(0, 1))
    if len(wishes):
        screen.table("Objectives", OBJECTIVE_COLUMNS, objectives(wishes, currency), text=(0, 1, 2))
    for warning in forecast.warnings:
        screen.note(f"warning: {warning}")
    reached = None if request.goal is None else request.goal.reached(forecast)
    if request.goal is not None and reached is not None and not outcome.interrupted:
        screen.show(request.goal.said(outcome.replications, reached))
    screen.show(f"Simulated in {outcome.seconds:.1f} s with seed {request.seed}. Report: {folder / 'report.html'}")
    return {
        "name": forecast.facts.name,
        "label": forecast.label,
        "interrupted": outcome.interrupted,
        "replications": outcome.replications,
        "seed": request.seed,
        "engine": request.engine,
        "seconds": outcome.seconds,
        "precision": None if request.goal is None else {**asdict(request.goal), "reached": reached},
        "digest": forecast.facts.digest,
        "version": forecast.version,
        "folder": folder,
        "files": files,
        "key_figures": [asdict(one) for one in figures],
        "summary": records(forecast.summary(by="horizon")),
        "milestones": records(journey),
        "objectives": records(wishes),
    }

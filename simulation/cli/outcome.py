"""A run as the command line asks for it: simulate with a progress bar, write the folder."""

from __future__ import annotations

import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any

from simulation.cli.background import background_of, earlier_run, since_run
from simulation.cli.eventfile import write_events
from simulation.cli.folder import data_read, publish, relative, run_facts
from simulation.cli.goal import Goal
from simulation.cli.screen import BadInput, Screen
from simulation.finished import read_record
from simulation.inputs import book_facts, warnings_of
from simulation.progress import Interrupted, progress_bar
from simulation.runs import Engine

if TYPE_CHECKING:
    from simulation.experiment.store import Store
    from simulation.forecast import Forecast
    from simulation.model.quantiles import Tables
    from simulation.scenario import Scenario
    from simulation.scenario.book import Book

__all__ = [
    "Outcome", "Request", "half_done", "introduce", "kept_tables", "prepare", "simulate", "write",
]  # fmt: skip

TABLES = "quantiles.npz"


@dataclass(frozen=True)
class Request:
    """What was asked for; with a goal, `replications` is the fewest."""

    replications: int
    seed: int
    engine: Engine
    workers: int | None = None
    events: int = 0
    quarantine: bool = False
    command: str = ""
    goal: Goal | None = None
    label: str = ""


@dataclass(frozen=True)
class Outcome:
    """What came of it: `forecast` is None when a run was interrupted before anything had finished."""

    forecast: Forecast | None
    replications: int
    seconds: float
    interrupted: bool
    tables: Tables = field(default_factory=dict)


def introduce(scenario: Scenario, book: Book | None, screen: Screen) -> None:
    """Say what is noteworthy before a run: warnings, and how much quarantine left out."""
    for warning in warnings_of(scenario, book):
        screen.note(f"warning: {warning}")
    if book is not None and book.excluded.members:
        out = book.excluded
        unknown = f", and {out.unknown_arr:,} whose ARR cannot be read" if out.unknown_arr else ""
        screen.note(
            f"Quarantine left out {out.members:,} of {out.members + len(book):,} members "
            f"with {out.total_arr / 100:,.2f} {scenario.currency} ARR{unknown}."
        )


def simulate(
    scenario: Scenario,
    request: Request,
    description: str = "Simulating",
    book: Book | None = None,
    kept: Forecast | None = None,
    tables: Tables | None = None,
    store: Store | None = None,
) -> Outcome:
    """Run a scenario with a progress bar; an interruption returns the replications that had finished.

    `tables` are quantile tables to draw from; the outcome has them and those that the run made.

    Raises
    ------
    BadInput
        When a replication cannot end.
    """
    import simulation as sim

    started = time.perf_counter()
    interrupted = False
    tables = dict(tables or {})
    shelf = None if store is None else store.shelf(scenario, book, request.seed)
    if shelf is not None:
        tables = shelf.tables() | tables
    forecast: Forecast | None
    if request.engine == "compiled" and not _is_compiled():
        Screen().note("Compiling the model first: a minute or two, once; the result is kept.")
    try:
        with progress_bar(description) as progress, _drawing(tables):
            forecast = sim.run(
                scenario,
                replications=request.replications,
                seed=request.seed,
                engine=request.engine,
                workers=request.workers,
                progress=progress,
                quarantine=request.quarantine,
                book=book,
                kept=kept,
                store=store,
                label=request.label,
                **({} if request.goal is None else request.goal.options()),
            )
    except Interrupted as stop:
        forecast, interrupted = stop.forecast, True
    if shelf is not None:
        shelf.keep_tables(tables)
    done = 0 if forecast is None else forecast.replications
    return Outcome(forecast, done, time.perf_counter() - started, interrupted, tables)


def _is_compiled() -> bool:
    """Whether compiled code of the engine is kept from an earlier run."""
    from simulation.model.jit import CACHE_DIRECTORY

    return CACHE_DIRECTORY is not None and any(Path(CACHE_DIRECTORY).rglob("compiled.*.nbi"))


@contextmanager
def _drawing(tables: Tables) -> Iterator[None]:
    """Draw from these quantile tables, and say in one message when a replication cannot end."""
    from simulation.engine.world import RunawayError
    from simulation.model.quantiles import keeping

    try:
        with keeping(tables):
            yield
    except RunawayError as error:
        raise BadInput(f"this scenario cannot be simulated to its end: {error}") from None


def write(scenario: Scenario, request: Request, outcome: Outcome, folder: Path, book: Book | None = None) -> list[Path]:
    """Write the folder of a run that has at least one finished replication; return its files."""
    forecast = outcome.forecast
    assert forecast is not None
    facts = book_facts(book)
    before = earlier_run(folder)
    since = None if before is None else since_run(*before, forecast)
    record = {
        **_identity(scenario, request),
        "finished": datetime.now(UTC).isoformat(timespec="seconds"),
        "seconds": round(outcome.seconds, 3),
        "interrupted": outcome.interrupted,
        "asked": request.replications,
        "label": request.label,
        "replications": outcome.replications,
        "events": request.events,
        "command": request.command,
        "root": relative(scenario.root, folder),
        "book": facts,
        "scenario": forecast.facts.yaml,
    }

    def fill(staging: Path) -> None:
        from simulation.report import write_report

        forecast.save(staging / "forecast.nc")
        with progress_bar("Writing the report") as progress:
            write_report(
                forecast, staging, progress=progress, warnings=warnings_of(scenario, book), book=facts,
                background=background_of(folder, forecast, scenario, request.command, since),
            )  # fmt: skip
        if outcome.tables:
            from simulation.engine.quantile_file import save_tables

            save_tables(outcome.tables, staging / TABLES)
        if request.events and not outcome.interrupted:
            with _drawing(outcome.tables):
                write_events(scenario, request, book, staging / "events.parquet")

    return publish(folder, fill, record)


def half_done(scenario: Scenario, request: Request, folder: Path) -> tuple[Forecast, Tables] | None:
    """The finished part of the same run, where it was interrupted, and its tables; None where there is none."""
    import simulation as sim

    try:
        record = read_record(folder)
        if record.get("interrupted") and _identity(scenario, request).items() <= record.items():
            kept = sim.Forecast.load(folder / "forecast.nc")
            tables = kept_tables(record, folder)
            if request.goal is None and max(kept.result.replications) >= request.replications:
                return None
            return kept, tables
    except (BadInput, OSError, ValueError):
        pass
    return None


def kept_tables(record: dict[str, Any], folder: Path) -> Tables:
    """The quantile tables that a run in a folder drew from.

    Raises
    ------
    BadInput
        When they are missing or damaged.
    """
    if TABLES not in record.get("files", []):
        return {}
    from simulation.engine.quantile_file import load_tables

    try:
        return load_tables(folder / TABLES)
    except (OSError, ValueError) as error:
        raise BadInput(f"{folder / TABLES}: the run drew from this file, and it cannot be read: {error}") from None


def prepare(folder: Path) -> None:
    """Refuse at once what would fail after the simulation."""
    if folder.exists() and not folder.is_dir():
        raise BadInput(f"{folder} is a file; give a folder with --out")
    try:
        folder.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise BadInput(f"{folder} cannot be written: {error.strerror}; give another folder with --out") from None


def _identity(scenario: Scenario, request: Request) -> dict[str, Any]:
    """What two runs must have in common so that one can go on where the other stopped."""
    return {
        **run_facts(),
        "seed": request.seed,
        "engine": request.engine,
        "quarantine": request.quarantine,
        "digest": scenario.digest(),
        "data": data_read(scenario),
    }

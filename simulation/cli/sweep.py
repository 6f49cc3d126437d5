"""`membersim sweep`: a grid of scenarios, as a tidy table and small multiples."""

from __future__ import annotations

import shlex
import time
from collections.abc import Sequence
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

from cyclopts import Parameter, validators

from simulation.cli.folder import publish, relative, run_facts
from simulation.cli.outcome import introduce, prepare
from simulation.cli.screen import INTERRUPTED, SCREEN, BadInput, Screen
from simulation.cli.store import NoStore, chosen_store, resume
from simulation.cli.tables import records
from simulation.cli.workers import Cluster, Workers
from simulation.progress import progress_bar
from simulation.runs import Engine

if TYPE_CHECKING:
    from simulation.experiment.sweep import Sweep
    from simulation.scenario import Scenario

__all__ = ["sweep"]

RECORD = "sweep.json"
SHORT = 40
"""Rows of a table that is still short enough for the screen."""


def sweep(
    file: Path,
    /,
    *,
    set_: Annotated[list[str], Parameter(name="--set")],
    measure: list[str] | None = None,
    replications: Annotated[int, Parameter(validator=validators.Number(gte=2))] = 200,
    seed: Annotated[int, Parameter(validator=validators.Number(gte=0, lt=2**32))] = 1,
    engine: Engine = "compiled",
    workers: Workers = None,
    cluster: Cluster = "",
    out: Path | None = None,
    overlay: Annotated[list[Path] | None, Parameter(consume_multiple=True)] = None,
    quarantine: Annotated[bool, Parameter(show_default=False)] = False,
    no_store: NoStore = False,
    screen: Screen = SCREEN,
) -> int:
    """Run a scenario at every combination of some of its numbers, on the same futures.

    Parameters
    ----------
    file
        The scenario.
    set_
        A number by its path, and its values: teams.success.people=2,3,4. Several make a grid.
    measure
        What to read, over the whole horizon; may be repeated. By default arr, members, nrr, churn, expansion and
        contribution.
    replications
        Simulated futures of each cell; best an even number, because they go in pairs.
    seed
        The same seed gives the same table, on any machine.
    engine
        compiled is fast; simpy is the readable reference and gives the same result.
    workers
        Threads; all cores by default. The result does not depend on it.
    out
        Folder to write to; reports/<name of the file>-sweep by default.
    overlay
        Files with changes, laid over the scenario in this order.
    quarantine
        Leave bad rows of the book out instead of stopping.
    no_store
        Neither read nor keep finished futures (see `membersim store`).
    """
    import simulation as sim
    from simulation.experiment.sweep import MEASURES, SweepInterrupted
    from simulation.experiment.sweep import sweep as run_sweep

    overlays = tuple(overlay or ())
    scenario = sim.load(file, overlays=overlays)
    settings = _settings(set_)
    folder = out or Path("reports", "+".join(path.stem for path in (file, *overlays)) + "-sweep")
    introduce(scenario, None, screen)
    prepare(folder)
    words: list[object] = ["membersim", "sweep", file]
    words += [word for one in set_ for word in ("--set", one)] + [
        word for one in measure or () for word in ("--measure", one)
    ]
    words += ["--replications", replications, "--seed", seed]
    words += ["--overlay", *overlays] if overlays else []
    words += ["--engine", engine] if engine != "compiled" else []
    words += ["--quarantine"] if quarantine else []
    words += ["--no-store"] if no_store else []
    words += ["--out", out] if out is not None else []
    command = shlex.join(map(str, words))
    started, interrupted = time.perf_counter(), False
    try:
        with progress_bar("Sweeping") as progress:
            found = run_sweep(
                scenario,
                settings,
                measures=tuple(dict.fromkeys(measure)) if measure else MEASURES,
                replications=replications,
                seed=seed,
                engine=engine,
                workers=workers,
                progress=progress,
                quarantine=quarantine,
                store=chosen_store(no_store, screen),
            )
    except SweepInterrupted as stop:
        found, interrupted = stop.sweep, True
    except ValueError as error:
        if type(error) is not ValueError:  # a ScenarioError says more
            raise
        raise BadInput(f"--set or --measure: {error}") from None
    files: list[Path] = []
    if found.futures:
        record = _record(scenario, found, folder, command, interrupted, time.perf_counter() - started)
        record |= {"seed": seed, "replications": replications}
        files = publish(folder, lambda staging: _fill(found, staging), record, RECORD)
    if interrupted:
        screen.note(f"Interrupted: {len(found.futures)} of {found.cells} cells are finished and written.")
        screen.note(resume(command, no_store))
    screen.result({**_shown(found, folder, files, screen), "interrupted": interrupted, "command": command})
    return INTERRUPTED if interrupted else 0


def _settings(given: Sequence[str]) -> dict[str, list[str]]:
    """Paths with their values.

    Raises
    ------
    BadInput
        For what is no path with values, or a path that comes twice.
    """
    settings: dict[str, list[str]] = {}
    for text in given:
        path, equals, values = text.partition("=")
        found = [one.strip() for one in values.split(",") if one.strip()]
        if not equals or not path.strip() or not found:
            raise BadInput(f"--set expects a path with its values, such as teams.success.people=2,3,4, not {text!r}")
        if path.strip() in settings:
            raise BadInput(f"--set names {path.strip()} twice; give all of its values at once")
        settings[path.strip()] = found
    return settings


def _fill(found: Sweep, staging: Path) -> None:
    from simulation.report.sweep import write_sweep

    write_sweep(found, staging)


def _record(
    scenario: Scenario, found: Sweep, folder: Path, command: str, interrupted: bool, seconds: float
) -> dict[str, Any]:
    return {
        **run_facts(),
        "finished": datetime.now(UTC).isoformat(timespec="seconds"),
        "seconds": round(seconds, 3),
        "interrupted": interrupted,
        "command": command,
        "digest": scenario.digest(),
        "root": relative(scenario.root, folder),
        "scenario": scenario.to_yaml(),
        "axes": [{"path": axis.path, "values": axis.labels} for axis in found.axes],
        "cells": found.cells,
        "finished_cells": len(found.futures),
    }


def _shown(found: Sweep, folder: Path, files: Sequence[Path], screen: Screen) -> dict[str, Any]:
    """Show the table where it is short, and return everything for programs."""
    from simulation.report.words import number, path_words

    paths = [axis.path for axis in found.axes]
    rows = records(found.table().reset_index(drop=True)) if found.futures else []
    if rows and len(rows) <= SHORT:
        columns = (*(path_words(path) for path in paths), "measure", "mean", "95% interval", "P10", "P90")
        cells = []
        for row in rows:
            unit, width = row["unit"], row["high"] - row["low"]
            low, mean, high = (number(row[one], unit, found.currency, width) for one in ("low", "mean", "high"))
            ends = (number(row[one], unit, found.currency, row["P90"] - row["P10"]) for one in ("P10", "P90"))
            cells.append((*(str(row[path]) for path in paths), row["measure"], mean, f"{low} to {high}", *ends))
        screen.table(found.name, columns, cells, text=range(len(paths) + 1))
    if rows:
        screen.show(f"{len(found.futures)} of {found.cells} cells. Table: {folder / 'sweep.csv'}")
    return {"name": found.name, "folder": folder, "files": list(files), "cells": found.cells, "table": rows}

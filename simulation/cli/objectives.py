"""`membersim objectives`: what to expect within 30, 60 and 90 days, milestone by milestone."""

from __future__ import annotations

import shlex
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

from cyclopts import Parameter, validators

from simulation.cli.folder import publish, run_facts
from simulation.cli.outcome import Request, introduce, prepare, simulate
from simulation.cli.screen import INTERRUPTED, SCREEN, BadInput, Screen
from simulation.cli.store import NoStore, chosen_store
from simulation.cli.tables import records
from simulation.cli.workers import Cluster, Workers
from simulation.finished import finished_forecast
from simulation.runs import Engine

if TYPE_CHECKING:
    from simulation.forecast import Forecast

__all__ = ["objectives"]

RECORD = "objectives.json"


def objectives(
    file: Path,
    /,
    *,
    days: str = "30,60,90",
    replications: Annotated[int, Parameter(validator=validators.Number(gte=2))] = 200,
    seed: Annotated[int, Parameter(validator=validators.Number(gte=0, lt=2**32))] = 1,
    engine: Engine = "compiled",
    workers: Workers = None,
    cluster: Cluster = "",
    out: Path | None = None,
    quarantine: Annotated[bool, Parameter(show_default=False)] = False,
    no_store: NoStore = False,
    screen: Screen = SCREEN,
) -> int:
    """Print the objectives to manage against: members reaching each milestone, takes and ARR, with what is likely.

    Parameters
    ----------
    file
        A scenario, or the folder of a finished run.
    days
        Lengths of the windows from the start.
    replications
        Simulated futures of a scenario.
    seed
        The same seed gives the same objectives, on any machine.
    engine
        compiled is fast; simpy is the readable reference and gives the same result.
    workers
        Threads; all cores by default. The result does not depend on it.
    out
        Folder to write to; reports/<name>-objectives by default.
    quarantine
        Leave bad rows of the book out instead of stopping.
    no_store
        Neither read nor keep finished futures (see `membersim store`).
    """
    from simulation.evidence.objectives import milestone_objectives
    from simulation.report.objectives import OBJECTIVE_COLUMNS, objective_rows

    lengths = _lengths(days)
    name = file.stem if file.suffix else file.name
    folder = out or Path("reports", f"{name}-objectives")
    words: list[object] = ["membersim", "objectives", file]
    words += ["--days", days] if days != "30,60,90" else []
    interrupted = False
    if file.is_dir() or file.suffix == ".nc":
        forecast: Forecast | None = finished_forecast(file)
    else:
        words += ["--replications", replications, "--seed", seed]
        words += ["--quarantine"] if quarantine else []
        request = Request(replications, seed, engine, workers, quarantine=quarantine)
        forecast, interrupted = _simulated(file, request, no_store, screen)
    command = shlex.join(map(str, words))
    if forecast is None:
        screen.note(f"Interrupted before there was anything to show; start again with: {command}")
        screen.result({"interrupted": True, "command": command})
        return INTERRUPTED
    fitting = [length for length in lengths if length <= forecast.frame.days]
    if not fitting:
        raise BadInput(f"--days: the run ends after {forecast.frame.days} days")
    for length in sorted(set(lengths) - set(fitting)):
        screen.note(f"Left out: {length} days, the run ends after {forecast.frame.days}.")
    try:
        table = milestone_objectives(forecast, fitting)
    except ValueError as error:
        raise BadInput(f"--days: {error}; an objective `within` that many days makes a run count them") from None
    prepare(folder)

    def fill(staging: Path) -> None:
        from simulation.report.objectives import write_objectives

        write_objectives(forecast, table, staging)

    record = {**run_facts(), "scenario": forecast.facts.digest, "seed": forecast.seed, "command": command}
    record |= {"replications": forecast.replications}
    files = publish(folder, fill, record, RECORD)
    currency = forecast.frame.currency
    for length in fitting:
        part = table[table.index.get_level_values("days") == length]
        title = f"Within {length} days: before {part['until'].iloc[0]:%Y-%m-%d}"
        screen.table(title, OBJECTIVE_COLUMNS, objective_rows(part, currency))
    if interrupted:
        screen.note(f"Interrupted: of {forecast.replications} futures only. To go on: {command}")
    screen.show(f"Expected numbers are means of {forecast.replications:,} futures; 8 of 10 lie within P10 to P90.")
    screen.show(f"Written to {folder}")
    screen.result(
        record | {"objectives": records(table), "currency": currency, "files": files, "interrupted": interrupted}
    )
    return INTERRUPTED if interrupted else 0


def _lengths(days: str) -> list[int]:
    try:
        found = sorted({int(one) for one in days.split(",")})
    except ValueError:
        raise BadInput(f"--days expects whole days such as 30,60,90, not {days!r}") from None
    if found[0] < 1:
        raise BadInput(f"--days expects 1 day or more, not {found[0]}")
    return found


def _simulated(file: Path, request: Request, no_store: bool, screen: Screen) -> tuple[Forecast | None, bool]:
    import simulation as sim
    from simulation.runs import todays_members

    plan = sim.load(file)
    book = todays_members(plan, quarantine=request.quarantine)
    introduce(plan, book, screen)
    outcome = simulate(plan, request, book=book, store=chosen_store(no_store, screen))
    return outcome.forecast, outcome.interrupted

"""`membersim must-be-true`: what an objective depends on, how one would notice, and where the plan fails."""

from __future__ import annotations

import shlex
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

from cyclopts import Parameter, validators

from simulation.cli.folder import publish, relative, run_facts
from simulation.cli.outcome import Request, introduce, prepare, simulate
from simulation.cli.screen import INTERRUPTED, SCREEN, BadInput, Screen
from simulation.cli.store import NoStore, chosen_store, resume
from simulation.cli.tables import records
from simulation.cli.workers import Cluster, Workers
from simulation.inputs import book_facts

if TYPE_CHECKING:
    from simulation.experiment.must_be_true import MustBeTrue
    from simulation.scenario import Scenario

__all__ = ["must_be_true"]

RECORD = "must_be_true.json"
SET_COLUMNS = ("set", "it must be true that", "in the plan", "likely", "owner", "then met in", "at least")


def must_be_true(
    file: Path,
    /,
    *,
    objective: str = "",
    probability: str = "80%",
    replications: Annotated[int, Parameter(validator=validators.Number(gte=2))] = 1000,
    seed: Annotated[int, Parameter(validator=validators.Number(gte=0, lt=2**32))] = 1,
    workers: Workers = None,
    cluster: Cluster = "",
    out: Path | None = None,
    overlay: Annotated[list[Path] | None, Parameter(consume_multiple=True)] = None,
    quarantine: Annotated[bool, Parameter(show_default=False)] = False,
    no_store: NoStore = False,
    screen: Screen = SCREEN,
) -> int:
    """Find what must be true for an objective, what would prove it false, and where the plan fails.

    Parameters
    ----------
    file
        The scenario; it states assumptions and objectives.
    objective
        Name of the objective; not needed when there is only one.
    probability
        The chance that is asked for.
    replications
        Simulated futures. Half of them judge what the other half suggests, so a thousand and more is best.
    seed
        The same seed gives the same answer, on any machine.
    workers
        Threads; all cores by default. The result does not depend on it.
    out
        Folder to write to; reports/<name>-must-be-true by default.
    overlay
        Files with changes, laid over the scenario in this order.
    quarantine
        Leave bad rows of the book out instead of stopping.
    no_store
        Neither read nor keep finished futures (see `membersim store`).
    """
    import simulation as sim
    from simulation.experiment.must_be_true import must_be_true
    from simulation.runs import todays_members

    overlays = tuple(overlay or ())
    scenario = sim.load(file, overlays=overlays)
    wanted, goal = _share(probability), _objective(scenario, objective)
    if not scenario.assumptions:
        raise BadInput("the scenario states no assumptions, so there is nothing that could be true or not")
    folder = out or Path("reports", f"{'+'.join(path.stem for path in (file, *overlays))}-must-be-true")
    words: list[object] = ["membersim", "must-be-true", file, "--objective", goal, "--probability", probability]
    words += ["--replications", replications, "--seed", seed]
    words += ["--overlay", *overlays] if overlays else []
    words += ["--quarantine"] if quarantine else []
    words += ["--no-store"] if no_store else []
    words += ["--out", out] if out is not None else []
    command = shlex.join(map(str, words))
    book = todays_members(scenario, quarantine=quarantine)
    introduce(scenario, book, screen)
    prepare(folder)
    request = Request(replications, seed, "compiled", workers, quarantine=quarantine, command=command)
    outcome = simulate(scenario, request, book=book, store=chosen_store(no_store, screen))
    if outcome.interrupted or outcome.forecast is None:
        screen.note(f"Interrupted: {outcome.replications:,} of {replications:,} futures are finished.")
        screen.note(resume(command, no_store))
        screen.result({"interrupted": True, "replications": outcome.replications, "command": command})
        return INTERRUPTED
    try:
        found = must_be_true(outcome.forecast, scenario, goal, wanted)
    except ValueError as error:
        raise BadInput(str(error)) from None
    record = {
        **run_facts(),
        "finished": datetime.now(UTC).isoformat(timespec="seconds"),
        "seconds": round(outcome.seconds, 3),
        "seed": seed,
        "replications": outcome.replications,
        "objective": goal,
        "probability": wanted,
        "command": command,
        "root": relative(scenario.root, folder),
        "book": book_facts(book),
        "digest": scenario.digest(),
        "scenario": outcome.forecast.facts.yaml,
    }

    def fill(staging: Path) -> None:
        from simulation.report.conditions import write_conditions

        write_conditions(found, staging)

    files = publish(folder, fill, record, RECORD)
    screen.result(_shown(found, folder, files, screen) | {"interrupted": False, "command": command})
    return 0


def _share(text: str) -> float:
    from simulation.scenario.errors import Misfit
    from simulation.scenario.quantities import SHARE, parse

    try:
        share = parse(SHARE, text)
    except Misfit as misfit:
        raise BadInput(f"--probability: {misfit}") from None
    if not 0 < share < 1:
        raise BadInput(f"--probability must lie between 0% and 100%, not {text}")
    return share


def _objective(scenario: Scenario, asked: str) -> str:
    from simulation.scenario.errors import one_of

    names = list(scenario.objectives)
    if not names:
        raise BadInput("the scenario states no objectives; state one under objectives:")
    if not asked and len(names) > 1:
        raise BadInput(f"name an objective with --objective: {', '.join(names)}")
    if asked and asked not in names:
        raise BadInput(f"--objective: there is no objective {asked!r}: {one_of(names, asked)}")
    return asked or names[0]


def _shown(found: MustBeTrue, folder: Path, files: list[Path], screen: Screen) -> dict[str, Any]:
    """Show the answer and the conditions, and return the same, and more, for programs."""
    from simulation.report.conditions import answer, conditions_tables, failures, in_words, signal

    wanted, currency = found.requirements, found.forecast.frame.currency
    screen.show(answer(found))
    sets = list(wanted.sets) or ([] if wanted.best is None else [wanted.best])
    rows = [
        (
            str(place),
            in_words(one, found.evidence[one.path], currency),
            found.evidence[one.path].plan,
            f"{found.likely[one]:.0%}",
            found.evidence[one.path].owner or "",
            f"{each.chance.value:.0%}" if one is each.conditions[0] else "",
            f"{each.chance.low:.0%}" if one is each.conditions[0] else "",
        )
        for place, each in enumerate(sets, 1)
        for one in each.conditions
    ]
    if rows:
        title = "Each set suffices" if wanted.sets else "The best set that was found; it does not suffice"
        screen.table(title, SET_COLUMNS, rows, text=(0, 1, 2, 4))
        for one in found.indicators:
            screen.show(f"If it is false that {in_words(one, found.evidence[one.path], currency)}:")
            screen.show(f"  {signal(found.indicators[one], currency)}")
    for sentence in failures(found):
        screen.show(sentence)
    screen.show(f"Report: {folder / 'report.html'}")
    return {
        "answer": answer(found),
        "failures": failures(found),
        "objective": found.objective,
        "probability": wanted.probability,
        "today": {"value": wanted.today.value, "low": wanted.today.low, "high": wanted.today.high},
        "already": wanted.already,
        "unsure": wanted.unsure,
        "suffices": bool(wanted.sets),
        "sets_judged": wanted.judged,
        "seed": found.forecast.seed,
        "replications": found.forecast.replications,
        "tables": {key: records(table) for key, table in conditions_tables(found).items()},
        "folder": folder,
        "files": files,
    }

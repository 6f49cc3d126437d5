"""`membersim budget`: which of the levers to buy for a spend, and what the next dollar would bring."""

from __future__ import annotations

import shlex
import time
from collections.abc import Sequence
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

from cyclopts import Parameter, validators

from simulation.cli.folder import data_read, publish, relative, run_facts, write_text
from simulation.cli.goal import share_of
from simulation.cli.outcome import introduce, prepare
from simulation.cli.screen import INTERRUPTED, SCREEN, BadInput, Screen, refused
from simulation.cli.store import NoStore, chosen_store, resume
from simulation.cli.tables import records
from simulation.cli.workers import Cluster, Workers
from simulation.progress import progress_bar

if TYPE_CHECKING:
    from simulation.experiment.budget import Budget
    from simulation.scenario import Scenario

__all__ = ["budget"]

RECORD = "budget.json"
OVERLAY = "recommended.yaml"
PLAN_COLUMNS = ("", "recommended", "nothing bought", "as written")
STEP_COLUMNS = ("lever", "now", "next", "gain", "spend", "gain per spend", "95% interval")
FRONTIER_COLUMNS = ("at most", "best plan found", "spend", "gain", "95% interval")
CONTENDER_COLUMNS = ("plan", "above the recommended", "95% interval", "")


def budget(
    file: Path,
    /,
    *,
    spend: Annotated[float, Parameter(validator=validators.Number(gte=0))],
    maximise: str = "contribution",
    worst: str = "",
    matters: Annotated[float | None, Parameter(validator=validators.Number(gt=0))] = None,
    sure: str = "95%",
    allocations: Annotated[int, Parameter(validator=validators.Number(gte=2))] = 60,
    screening: Annotated[int, Parameter(validator=validators.Number(gte=4))] = 40,
    choosing: Annotated[int, Parameter(validator=validators.Number(gte=4))] = 400,
    replications: Annotated[int, Parameter(validator=validators.Number(gte=4))] = 200,
    seed: Annotated[int, Parameter(validator=validators.Number(gte=0, lt=2**32))] = 1,
    workers: Workers = None,
    cluster: Cluster = "",
    out: Path | None = None,
    overlay: Annotated[list[Path] | None, Parameter(consume_multiple=True)] = None,
    quarantine: Annotated[bool, Parameter(show_default=False)] = False,
    no_store: NoStore = False,
    screen: Screen = SCREEN,
) -> int:
    """Spend a budget on the levers of a scenario so that it brings the most.

    Parameters
    ----------
    file
        The scenario; it has levers, which say what may be bought.
    spend
        The most that may be spent, in the currency of the scenario: expected cost over the horizon above that of
        nothing bought.
    maximise
        contribution, arr, another measure of which more is better, or the name of an objective (its chance).
    worst
        Maximise the mean of the worst futures only, such as the worst 10%.
    matters
        The smallest difference that matters, in the unit of what is maximised (0.01 is one percentage point).
        By default 1% of the spend for money, one point for chances and shares.
    sure
        With which probability the best of the plans that came closest shall be chosen.
    allocations
        Plans that the search tries, at most.
    screening
        Simulated futures of each of them.
    choosing
        Futures of each plan that came closest, at most.
    replications
        Futures on which the recommended plan is measured; none of them had a part in its choice.
    seed
        The same seed gives the same answer, on any machine.
    workers
        Threads; all cores by default. The result does not depend on it.
    out
        Folder to write to; reports/<name of the file>-budget by default. recommended.yaml in it is the plan as an
        overlay for `membersim run --overlay`.
    overlay
        Files with changes, laid over the scenario in this order.
    quarantine
        Leave bad rows of the book out instead of stopping.
    no_store
        Neither read nor keep finished futures (see `membersim store`).
    """
    import simulation as sim
    from simulation.experiment.budget import BudgetInterrupted, Effort
    from simulation.runs import todays_members

    overlays = tuple(overlay or ())
    scenario = sim.load(file, overlays=overlays)
    tail, level = share_of(worst, "--worst") if worst else None, share_of(sure, "--sure")
    effort = Effort(allocations, screening, choosing, replications)
    folder = out or Path("reports", "+".join(path.stem for path in (file, *overlays)) + "-budget")
    words: list[object] = ["membersim", "budget", file, "--spend", f"{spend:.12g}", "--maximise", maximise]
    words += ["--worst", worst] if worst else []
    words += ["--matters", f"{matters:.12g}"] if matters is not None else []
    words += ["--sure", sure, "--allocations", allocations, "--screening", screening, "--choosing", choosing]
    words += ["--replications", replications, "--seed", seed, "--overlay", *overlays]
    words = words if overlays else words[:-1]
    words += ["--quarantine"] if quarantine else []
    words += ["--no-store"] if no_store else []
    words += ["--out", out] if out is not None else []
    command = shlex.join(map(str, words))
    book = todays_members(scenario, quarantine=quarantine)
    introduce(scenario, book, screen)
    prepare(folder)
    started, interrupted = time.perf_counter(), False
    try:
        found: Budget | None = _found(
            scenario,
            spend=spend,
            maximise=maximise,
            tail=tail,
            zone=matters,
            level=level,
            effort=effort,
            seed=seed,
            workers=workers,
            book=book,
            store=chosen_store(no_store, screen),
            stage=progress_bar,
        )
    except BudgetInterrupted as stop:
        found, interrupted = stop.budget, True
    if found is None:
        screen.note(f"Interrupted before there was an answer. {resume(command, no_store)}")
        screen.result({"interrupted": True, "command": command})
        return INTERRUPTED
    record = {
        **run_facts(),
        "finished": datetime.now(UTC).isoformat(timespec="seconds"),
        "seconds": round(time.perf_counter() - started, 3),
        "interrupted": interrupted,
        "command": command,
        "root": relative(scenario.root, folder),
        "scenario": scenario.to_yaml(),
        "digest": scenario.digest(),
        "data": data_read(scenario),
        **_facts(found),
    }
    use = shlex.join(map(str, ["membersim", "run", file, "--overlay", *overlays, folder / OVERLAY]))
    files = publish(folder, lambda staging: _fill(found, staging, use), record, RECORD)
    if interrupted:
        screen.note(f"Interrupted: this is the best plan of {len(found.answer.tried)} tried so far.")
        screen.note(resume(command, no_store))
    _show(found, screen)
    screen.show(f"Report: {folder / 'report.html'}. To run the plan: {use}")
    tables = _tables(found)
    screen.result(
        {"interrupted": interrupted, "command": command, "run": use, "folder": folder, "files": files}
        | _facts(found)
        | {"tables": tables}
    )
    return INTERRUPTED if interrupted else 0


def _found(scenario: Scenario, **options: Any) -> Budget:
    from simulation.engine.world import RunawayError
    from simulation.experiment.budget import budget

    try:
        return budget(scenario, **options)
    except RunawayError as error:
        raise BadInput(f"this scenario cannot be simulated to its end: {error}") from None
    except ValueError as error:
        raise refused(error) from None


def _fill(found: Budget, staging: Path, use: str) -> None:
    """Write the report, and the recommended plan as an overlay."""
    from simulation.report.budget import write_budget
    from simulation.scenario.overlay import overlay_text

    write_budget(found, staging)
    changes = found.levers.overlay(found.answer.recommended.levels)
    spend = f"{found.spend:,.12g} {found.scenario.currency}"
    notes = (f"What membersim budget recommends for a spend of {spend}.", use)
    write_text(staging / OVERLAY, overlay_text(changes, notes))


def _facts(found: Budget) -> dict[str, Any]:
    """The answer for programs."""
    from simulation.report.budget_words import answer, points

    result = found.answer
    return {
        "answer": answer(found),
        "points": points(found),
        "maximise": found.criterion.name,
        "kind": found.criterion.kind,
        "worst": found.criterion.tail,
        "spend": found.spend,
        "seed": found.seed,
        "matters": result.zone,
        "sure": result.level,
        "settled": None if result.selection is None else result.selection.settled,
        "fresh": result.fresh,
        "recommended": found.levers.written(result.recommended.levels),
        "overlay": found.levers.overlay(result.recommended.levels),
        "tried": len(result.tried),
        "futures": result.futures,
    }


def _tables(found: Budget) -> dict[str, Any]:
    from simulation.report.budget import budget_tables

    return {key: [_without_index(row) for row in records(table)] for key, table in budget_tables(found).items()}


def _without_index(row: dict[str, Any]) -> dict[str, Any]:
    return {key: value for key, value in row.items() if key != "index"}


def _show(found: Budget, screen: Screen) -> None:
    """Show the answer and short tables."""
    from simulation.report.budget_words import (
        amount,
        answer,
        between,
        bought,
        instead,
        money,
        per,
        points,
        rate,
        verdict,
    )
    from simulation.report.words import MISSING

    result, levers, scale = found.answer, found.levers, per(found)
    screen.show(answer(found))
    for point in points(found):
        screen.show(point)
    plans = [result.recommended, result.nothing, *result.others.values()]
    rows: list[Sequence[str]] = [
        (lever, *(levers.setting(place, plan.levels[place]) for plan in plans))
        for place, lever in enumerate(levers.names)
    ]
    rows.append((found.criterion.title, *(amount(found, plan.score.mean, plan.score) for plan in plans)))
    rows.append(("gain", *(amount(found, plan.gain.mean, plan.gain) for plan in plans)))
    rows.append(("95% interval", *(between(found, plan.gain) for plan in plans)))
    rows.append(("spend", *(money(found, plan.spend.mean) for plan in plans)))
    screen.table("What to buy", PLAN_COLUMNS[: len(plans) + 1], rows)
    steps = []
    for step in result.steps:
        now = levers.setting(step.place, result.recommended.levels[step.place])
        ahead = MISSING if step.levels is None else levers.setting(step.place, step.levels[step.place])
        each = [rate(found, one * scale) for one in (step.per_unit.mean, step.per_unit.low, step.per_unit.high)]
        steps.append((
            levers.names[step.place], now, ahead, amount(found, step.gain.mean, step.gain),
            money(found, step.spend.mean), each[0], MISSING if each[0] == MISSING else f"{each[1]} to {each[2]}",
        ))  # fmt: skip
    screen.table(
        f"One step more of each lever; gain for each {money(found, scale)}", STEP_COLUMNS, steps, text=(0, 1, 2)
    )
    frontier = [
        (
            money(found, cap),
            bought(found, plan.levels),
            money(found, plan.spend.mean),
            amount(found, plan.gain.mean, plan.gain),
            between(found, plan.gain),
        )
        for cap, plan in result.frontier
    ]
    screen.table("What other spends buy", FRONTIER_COLUMNS, frontier, text=(0, 1))
    close = [
        (
            instead(found, one.levels) if place else bought(found, one.levels),
            MISSING if place == 0 else amount(found, one.difference.mean, one.difference),
            MISSING if place == 0 else between(found, one.difference),
            verdict(found, place),
        )
        for place, one in enumerate(result.contenders)
    ]
    if close:
        screen.table("The plans that came closest", CONTENDER_COLUMNS, close, text=(0, 3))

"""`membersim compare`: scenarios on the same people with the same luck, and what the difference is worth."""

from __future__ import annotations

import shlex
import time
from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

from cyclopts import Parameter, validators

from simulation.cli.background import background_of
from simulation.cli.compared import precision_of, record_of, shown
from simulation.cli.folder import publish
from simulation.cli.goal import share_of
from simulation.cli.lives import show_lives
from simulation.cli.outcome import introduce, prepare
from simulation.cli.plans import days_of, load_plans
from simulation.cli.screen import INTERRUPTED, SCREEN, BadInput, Screen, refused
from simulation.cli.store import NoStore, chosen_store
from simulation.cli.workers import Cluster, Workers
from simulation.progress import Interrupted, progress_bar
from simulation.runs import MAX_REPLICATIONS, Engine

if TYPE_CHECKING:
    from simulation.experiment.borrowed import Borrowed
    from simulation.experiment.comparison import Comparison
    from simulation.experiment.twins import Twins
    from simulation.scenario import Scenario

__all__ = ["compare"]

RECORD = "comparison.json"
TWINS, BORROWED = 40, 100
"""Futures in which members are matched, and in which effects are taken away, by default."""


def compare(
    base: Path,
    /,
    *alternatives: Path,
    replications: Annotated[int, Parameter(validator=validators.Number(gte=2))] = 200,
    seed: Annotated[int, Parameter(validator=validators.Number(gte=0, lt=2**32))] = 1,
    engine: Engine = "compiled",
    workers: Workers = None,
    cluster: Cluster = "",
    out: Path | None = None,
    measure: str = "contribution",
    at: str = "",
    precision: str = "",
    max_replications: Annotated[int, Parameter(validator=validators.Number(gte=4))] = MAX_REPLICATIONS,
    twins: Annotated[int, Parameter(validator=validators.Number(gte=0))] = TWINS,
    borrowed: Annotated[int, Parameter(validator=validators.Number(gte=0))] = BORROWED,
    explain: str | None = None,
    future: Annotated[int, Parameter(validator=validators.Number(gte=0))] = 0,
    quarantine: Annotated[bool, Parameter(show_default=False)] = False,
    no_store: NoStore = False,
    screen: Screen = SCREEN,
) -> int:
    """Compare scenarios on the same futures: same people, same luck, same draws of what is not known.

    Parameters
    ----------
    base
        The scenario to compare with.
    alternatives
        Scenarios, files that extend one, or overlays laid over the base.
    replications
        Simulated futures of each scenario; best an even number, because they go in pairs.
    seed
        The same seed gives the same comparison, on any machine.
    engine
        compiled is fast; simpy is the readable reference and gives the same result.
    workers
        Threads; all cores by default. The result does not depend on it.
    out
        Folder to write to; reports/<base>-vs-<alternatives> by default.
    measure
        What to decide by: contribution, arr or another measure with a better side.
    at
        Compare after these spans as well, such as "1 year,3 years,5 years"; the horizon grows to the longest.
    precision
        Add futures until the interval of the difference of --measure is this narrow in every alternative, such as 10%.
    max_replications
        Where --precision stops even so.
    twins
        Futures in which every member is matched with itself, to see who benefits; 0 leaves that out.
    borrowed
        Futures in which the alternatives are run again without their effects, to see what rests on priors; 0 leaves
        that out.
    explain
        Print one member's lives side by side, and where and why they part: an id of the book, or a pseudonym.
    future
        In which future, for --explain.
    quarantine
        Leave bad rows of the book out instead of stopping.
    no_store
        Neither read nor keep finished futures (see `membersim store`).
    """
    if not alternatives:
        raise BadInput("name at least one alternative, such as: membersim compare plan.yaml other.yaml")
    _check_measure(measure)
    if explain is not None:
        plans = load_plans(base, alternatives)
        options = {"replication": future, "seed": seed, "engine": engine}
        return show_lives(plans, explain, options, quarantine=quarantine, screen=screen)
    plans = load_plans(base, alternatives)
    spans = days_of(plans["base"], at) if at else {}
    if spans and max(spans.values()) > plans["base"].days:
        plans = load_plans(base, alternatives, list(spans)[-1])
    _check_spans(plans, spans)
    folder = out or Path("reports", "-vs-".join([base.stem, *list(plans)[1:]]).replace("/", "-")[:120])
    for plan in plans.values():
        introduce(plan, None, screen)
    prepare(folder)
    words: list[object] = ["membersim", "compare", base, *alternatives, "--replications", replications, "--seed", seed]
    words += ["--measure", measure] if measure != "contribution" else []
    words += ["--at", at] if at else []
    words += ["--precision", precision, "--max-replications", max_replications] if precision else []
    words += ["--twins", twins] if twins != TWINS else []
    words += ["--borrowed", borrowed] if borrowed != BORROWED else []
    words += ["--engine", engine] if engine != "compiled" else []
    words += ["--quarantine"] if quarantine else []
    words += ["--no-store"] if no_store else []
    words += ["--out", out] if out is not None else []
    command = shlex.join(map(str, words))
    kept = chosen_store(no_store, screen)
    started = time.perf_counter()
    asked = share_of(precision, "--precision") if precision else None
    comparison, interrupted = _compared(
        plans,
        replications=replications,
        seed=seed,
        engine=engine,
        workers=workers,
        quarantine=quarantine,
        store=kept,
        precision=asked,
        measure=measure,
        max_replications=max_replications,
    )
    if comparison is None:
        screen.note(f"Interrupted before there was anything to compare; start again with: {command}")
        screen.result({"interrupted": True, "replications": 0})
        return INTERRUPTED
    whole = not interrupted
    matched: dict[str, Twins] = {}
    rests_on: dict[str, Borrowed] = {}
    try:
        if twins and whole:
            _match(matched, plans, min(twins, comparison.replications), quarantine, seed, engine, workers)
        if borrowed and whole:
            same: dict[str, Any] = {"engine": engine, "workers": workers, "store": kept, "quarantine": quarantine}
            _take_away(rests_on, comparison, plans, measure=measure, replications=borrowed, **same)
    except Interrupted:
        interrupted = True
    missing = [f"who benefits from {name}" for name in comparison.alternatives if twins and name not in matched]
    missing += [f"what {name} rests on" for name in comparison.alternatives if borrowed and name not in rests_on]
    goal = None if asked is None else precision_of(comparison, asked, measure, max(replications, max_replications))
    record = record_of(plans, comparison, folder, command, interrupted, time.perf_counter() - started)
    record |= {"missing": missing, "precision": goal}
    notes = list(dict.fromkeys(f"{name}: {one}" for name, plan in plans.items() for one in plan.warnings))

    if missing:
        notes.append(f"The comparison was interrupted; missing are: {', '.join(missing)}.")

    def fill(staging: Path) -> None:
        beside = replace(background_of(folder, comparison.base, None, command, None), folder="")  # it is no run
        _fill(
            comparison, staging, measure=measure, spans=spans, twins=matched, rests_on=rests_on, warnings=notes,
            background=beside,
        )  # fmt: skip

    files = publish(folder, fill, record, RECORD)
    if interrupted:
        of = "" if whole or asked is not None else f" of {replications}"
        left = f" Missing: {', '.join(missing)}." if missing else ""
        screen.note(f"Interrupted: {comparison.replications}{of} futures of each are finished.{left}")
        screen.note(f"To {'start again' if kept is None else 'go on from there'}: {command}")
    told = shown(comparison, measure, rests_on, folder, files, None if interrupted else goal, screen)
    screen.result(told | {"interrupted": interrupted, "missing": missing, "precision": goal, "command": command})
    return INTERRUPTED if interrupted else 0


def _check_spans(plans: Mapping[str, Scenario], spans: Mapping[str, int]) -> None:
    """Refuse a span of --at that a scenario does not count apart, before anything is simulated."""
    from simulation.engine.layout import make_frame
    from simulation.forecast.spans import edge

    for name, plan in plans.items() if spans else ():
        frame = make_frame(plan)
        for day in spans.values():
            try:
                edge(frame, day)
            except ValueError as error:
                raise BadInput(f"--at: {error}" + ("" if name == "base" else f" ({name})")) from None


def _check_measure(measure: str) -> None:
    from simulation.forecast.measures import measure_named

    try:
        what = measure_named(measure)
    except ValueError as error:
        raise BadInput(f"--measure: {error}") from None
    if not what.better:
        raise BadInput(f"--measure: {measure} has no better side; take one such as contribution, arr or renewal_rate")


def _compared(plans: Mapping[str, Scenario], **options: Any) -> tuple[Comparison | None, bool]:
    from simulation.experiment.compare import ComparisonInterrupted, compare

    others = {name: plan for name, plan in plans.items() if name != "base"}
    try:
        with progress_bar("Simulating") as progress:
            return compare(plans["base"], others, progress=progress, **options), False
    except ComparisonInterrupted as stop:
        return stop.comparison, True
    except ValueError as error:
        raise refused(error) from None


def _match(
    found: dict[str, Twins],
    plans: Mapping[str, Scenario],
    futures: int,
    quarantine: bool,
    seed: int,
    engine: Engine,
    workers: int | None,
) -> None:
    """Match the members of each alternative with the base."""
    from simulation.experiment.compare import books_of
    from simulation.experiment.twins import twins

    books = books_of(plans, quarantine=quarantine)
    for name in list(plans)[1:]:
        with progress_bar(f"Matching members: {name}") as progress:
            found[name] = twins(
                plans["base"],
                plans[name],
                books=(books["base"], books[name]),
                replications=futures,
                seed=seed,
                engine=engine,
                workers=workers,
                progress=progress,
            )


def _take_away(
    found: dict[str, Borrowed], comparison: Comparison, plans: Mapping[str, Scenario], **options: Any
) -> None:
    """Run each alternative without its effects."""
    from simulation.experiment.borrowed import borrowed

    for name in comparison.alternatives:
        with progress_bar(f"Without its effects: {name}") as progress:
            found[name] = borrowed(comparison, plans, name, progress=progress, **options)


def _fill(comparison: Comparison, staging: Path, **options: Any) -> None:
    from simulation.report import write_comparison

    write_comparison(comparison, staging, **options)
    comparison.save(staging / "differences.nc")

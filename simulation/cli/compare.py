"""`membersim compare`: scenarios on the same people with the same luck, and what the difference is worth."""

from __future__ import annotations

import shlex
import time
from collections.abc import Mapping, Sequence
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

from cyclopts import Parameter, validators

from simulation.cli.folder import named_files, publish, relative, run_facts, sha256
from simulation.cli.goal import share_of
from simulation.cli.lives import show_lives
from simulation.cli.outcome import introduce, prepare
from simulation.cli.plans import days_of, load_plans
from simulation.cli.screen import INTERRUPTED, SCREEN, BadInput, Screen
from simulation.cli.store import NoStore, chosen_store
from simulation.cli.tables import records
from simulation.progress import progress_bar
from simulation.runs import MAX_REPLICATIONS, Engine

if TYPE_CHECKING:
    from simulation.experiment.comparison import Comparison
    from simulation.experiment.twins import Twins
    from simulation.scenario import Scenario

__all__ = ["compare"]

RECORD = "comparison.json"
COLUMNS = ("", "base", "difference", "95% interval", "P10", "P90", "better", "paired")
HEADLINES = (
    "members", "arr", "nrr", "renewal_rate", "expansion", "churn", "hours", "revenue", "fees", "cost", "contribution",
)  # fmt: skip


def compare(
    base: Path,
    /,
    *alternatives: Path,
    replications: Annotated[int, Parameter(validator=validators.Number(gte=2))] = 200,
    seed: Annotated[int, Parameter(validator=validators.Number(gte=0, lt=2**32))] = 1,
    engine: Engine = "compiled",
    workers: Annotated[int | None, Parameter(validator=validators.Number(gte=1))] = None,
    out: Path | None = None,
    measure: str = "contribution",
    at: str = "",
    precision: str = "",
    max_replications: Annotated[int, Parameter(validator=validators.Number(gte=4))] = MAX_REPLICATIONS,
    twins: Annotated[int, Parameter(validator=validators.Number(gte=0))] = 40,
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
    folder = out or Path("reports", "-vs-".join([base.stem, *list(plans)[1:]]).replace("/", "-")[:120])
    for plan in plans.values():
        introduce(plan, None, screen)
    prepare(folder)
    words: list[object] = ["membersim", "compare", base, *alternatives, "--replications", replications, "--seed", seed]
    words += ["--measure", measure] if measure != "contribution" else []
    words += ["--at", at] if at else []
    words += ["--precision", precision, "--max-replications", max_replications] if precision else []
    words += ["--twins", twins] if twins != 40 else []
    words += ["--engine", engine] if engine != "compiled" else []
    words += ["--quarantine"] if quarantine else []
    words += ["--out", out] if out is not None else []
    command = shlex.join(map(str, words))
    started = time.perf_counter()
    comparison, interrupted = _compared(
        plans,
        replications=replications,
        seed=seed,
        engine=engine,
        workers=workers,
        quarantine=quarantine,
        store=chosen_store(no_store, screen),
        precision=share_of(precision, "--precision") if precision else None,
        measure=measure,
        max_replications=max_replications,
    )
    if comparison is None:
        screen.note(f"Interrupted before there was anything to compare; start again with: {command}")
        screen.result({"interrupted": True, "replications": 0})
        return INTERRUPTED
    try:
        comparison.over(spans, ())
    except ValueError as error:
        raise BadInput(f"--at: {error}") from None
    record = _record(plans, comparison, folder, command, interrupted, time.perf_counter() - started)
    matched: dict[str, Twins] = {}
    if twins and not interrupted:
        matched, interrupted = _matched(plans, min(twins, replications), seed, engine, workers, quarantine)
    notes = list(dict.fromkeys(f"{name}: {one}" for name, plan in plans.items() for one in plan.warnings))

    def fill(staging: Path) -> None:
        _fill(comparison, staging, measure=measure, spans=spans, twins=matched, warnings=notes)

    files = publish(folder, fill, record, RECORD)
    if interrupted:
        screen.note(f"Interrupted: {comparison.replications} of {replications} futures of each are finished.")
        screen.note(f"To go on from there: {command}")
    screen.result(_shown(comparison, spans, folder, files, screen) | {"interrupted": interrupted, "command": command})
    return INTERRUPTED if interrupted else 0


def _check_measure(measure: str) -> None:
    from simulation.forecast.measures import measure_named

    try:
        what = measure_named(measure)
    except ValueError as error:
        raise BadInput(f"--measure: {error}") from None
    if not what.better:
        raise BadInput(f"--measure: {measure} has no better side; take one such as contribution, arr or renewal_rate")


def _compared(plans: Mapping[str, Scenario], **options: Any) -> tuple[Comparison | None, bool]:
    from simulation.engine.world import RunawayError
    from simulation.experiment.compare import ComparisonInterrupted, compare

    others = {name: plan for name, plan in plans.items() if name != "base"}
    try:
        with progress_bar("Simulating") as progress:
            return compare(plans["base"], others, progress=progress, **options), False
    except ComparisonInterrupted as stop:
        return stop.comparison, True
    except RunawayError as error:
        raise BadInput(f"a scenario cannot be simulated to its end: {error}") from None
    except ValueError as error:
        if type(error) is ValueError:
            raise BadInput(str(error)) from None
        raise


def _matched(
    plans: Mapping[str, Scenario], futures: int, seed: int, engine: Engine, workers: int | None, quarantine: bool
) -> tuple[dict[str, Twins], bool]:
    """Match the members of each alternative with the base; what was finished, and whether it was stopped."""
    from simulation.experiment.compare import books_of
    from simulation.experiment.twins import twins
    from simulation.progress import Interrupted

    books = books_of(plans, quarantine=quarantine)
    found: dict[str, Twins] = {}
    for name, plan in plans.items():
        if name == "base":
            continue
        try:
            with progress_bar(f"Matching members: {name}") as progress:
                found[name] = twins(
                    plans["base"],
                    plan,
                    books=(books["base"], books[name]),
                    replications=futures,
                    seed=seed,
                    engine=engine,
                    workers=workers,
                    progress=progress,
                )
        except Interrupted:
            return found, True
    return found, False


def _fill(comparison: Comparison, staging: Path, **options: Any) -> None:
    from simulation.report import write_comparison

    write_comparison(comparison, staging, **options)
    comparison.save(staging / "differences.nc")


def _record(
    plans: Mapping[str, Scenario], comparison: Comparison, folder: Path, command: str, interrupted: bool, seconds: float
) -> dict[str, Any]:
    """Everything that says what was compared."""
    return {
        **run_facts(),
        "finished": datetime.now(UTC).isoformat(timespec="seconds"),
        "seconds": round(seconds, 3),
        "interrupted": interrupted,
        "seed": comparison.base.seed,
        "replications": comparison.replications,
        "command": command,
        "scenarios": [
            {
                "name": name,
                "digest": plan.digest(),
                "root": relative(plan.root, folder),
                "scenario": comparison.forecasts[name].facts.yaml,
                "data": [
                    {"path": path, "file": file, "sha256": sha256(plan.root / file)}
                    for path, file in named_files(plan.resolved())
                ],
            }
            for name, plan in plans.items()
            if name in comparison.forecasts
        ],
    }


def _shown(
    comparison: Comparison, spans: Mapping[str, int], folder: Path, files: Sequence[Path], screen: Screen
) -> dict[str, Any]:
    """Show the short tables and return the same, and more, for programs."""
    table = comparison.table()
    currency = comparison.base.frame.currency
    for name, other in comparison.alternatives.items():
        title = f"{other.facts.name} against {comparison.base.facts.name}: {comparison.replications:,} futures"
        rows = [_row(row, currency) for row in records(table.loc[[name]]) if row["measure"] in HEADLINES]
        screen.table(title, COLUMNS, rows)
    screen.show(f"Report: {folder / 'report.html'}")
    return {
        "base": comparison.base.facts.name,
        "alternatives": {name: one.facts.name for name, one in comparison.alternatives.items()},
        "replications": comparison.replications,
        "seed": comparison.base.seed,
        "folder": folder,
        "files": list(files),
        "differences": records(table),
        "objectives": records(comparison.objectives()),
    }


def _row(row: Mapping[str, Any], currency: str) -> tuple[str, ...]:
    from simulation.forecast.measures import measure_named
    from simulation.report.comparison_words import amount, interval
    from simulation.report.words import number

    what = measure_named(row["measure"])
    width, spread = row["high"] - row["low"], row["P90"] - row["P10"]
    factor = row["factor"]
    return (
        what.title,
        number(row["base"], what.unit, currency, width),
        amount(row["mean"], what.unit, currency, width),
        interval(row["low"], row["high"], what.unit, currency),
        *(amount(row[one], what.unit, currency, spread) for one in ("P10", "P90")),
        number(row["better"], "share"),
        "exact" if factor > 1e6 else number(factor, "ratio"),
    )

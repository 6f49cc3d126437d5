"""`membersim sensitivity`: which assumption matters, for a measure and for a choice between scenarios."""

from __future__ import annotations

import shlex
import time
from collections.abc import Mapping
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

from cyclopts import Parameter, validators

from simulation.cli.folder import publish, relative, run_facts
from simulation.cli.outcome import introduce, prepare
from simulation.cli.plans import days_of, load_plans
from simulation.cli.screen import INTERRUPTED, SCREEN, BadInput, Screen, refused
from simulation.cli.store import NoStore, chosen_store, resume
from simulation.cli.tables import records
from simulation.cli.workers import Cluster, Workers
from simulation.inputs import book_facts
from simulation.progress import Interrupted, progress_bar

if TYPE_CHECKING:
    from simulation.experiment.question import Question
    from simulation.experiment.sensitivity import Sensitivity
    from simulation.scenario import Scenario

__all__ = ["sensitivity"]

RECORD = "sensitivity.json"
INDEX_COLUMNS = ("", "alone", "95% interval", "with interactions", "of what we do not know")
TORNADO_COLUMNS = ("", "P10", "effect", "P90", "effect")
CHOICE_COLUMNS = ("option", "mean", "better than every other in", "95% interval")
WORTH_COLUMNS = ("knowing", "is worth", "± 95%")


def sensitivity(
    file: Path,
    /,
    *alternatives: Path,
    measure: str = "",
    at: str = "",
    segment: str = "",
    points: Annotated[int, Parameter(validator=validators.Number(gte=8))] = 256,
    seed: Annotated[int, Parameter(validator=validators.Number(gte=0, lt=2**32))] = 1,
    workers: Workers = None,
    cluster: Cluster = "",
    out: Path | None = None,
    overlay: Annotated[list[Path] | None, Parameter(consume_multiple=True)] = None,
    quarantine: Annotated[bool, Parameter(show_default=False)] = False,
    no_store: NoStore = False,
    screen: Screen = SCREEN,
) -> int:
    """Find out which assumption matters: tornado, Sobol indices, and what knowing it would be worth.

    Parameters
    ----------
    file
        The scenario; it states assumptions.
    alternatives
        Scenarios to choose from besides it, files that extend one, or overlays laid over it.
    measure
        What to look at, such as arr, members or nrr; arr by default, and contribution with alternatives.
    at
        When, as a span from the start such as "12 months"; the horizon by default.
    segment
        Only this segment.
    points
        Base samples; best a power of two. More make the intervals narrower. A scenario runs (assumptions + 3)
        futures for each, and 32 for every end of the tornado.
    seed
        The same seed gives the same answer, on any machine.
    workers
        Threads; all cores by default. The result does not depend on it.
    out
        Folder to write to; reports/<name>-sensitivity by default.
    overlay
        Files with changes, laid over every scenario in this order.
    quarantine
        Leave bad rows of the book out instead of stopping.
    no_store
        Neither read nor keep finished futures (see `membersim store`). From the store another measure is read at
        once, and more points simulate only what is new.
    """
    from simulation.experiment.compare import books_of
    from simulation.experiment.question import Question

    overlays = tuple(overlay or ())
    plans = load_plans(file, alternatives, overlays=overlays)
    asked = Question(
        measure or ("contribution" if alternatives else "arr"), None, {"segment": segment} if segment else {}
    )
    span = days_of(plans["base"], at) if at else {}
    if len(span) > 1:
        raise BadInput("--at expects one span, such as '12 months'")
    if span and max(span.values()) > plans["base"].days:
        plans = load_plans(file, alternatives, next(iter(span)), overlays=overlays)
    day = next((one for one in span.values() if one < plans["base"].days), None)
    asked = Question(asked.measure, day, asked.where)
    _refuse(plans, asked)
    names = [file.stem, *(one.stem for one in overlays), *list(plans)[1:]]
    folder = out or Path("reports", f"{'+'.join(names)[:100]}-sensitivity".replace("/", "-"))
    books = books_of(plans, quarantine=quarantine)
    for name, plan in plans.items():
        introduce(plan, books[name], screen)
    prepare(folder)
    words: list[object] = ["membersim", "sensitivity", file, *alternatives, "--points", points, "--seed", seed]
    for option, value in (("--measure", measure), ("--at", at), ("--segment", segment), ("--out", out)):
        words += [option, value] if value else []
    words += ["--overlay", *overlays] if overlays else []
    words += ["--quarantine"] if quarantine else []
    words += ["--no-store"] if no_store else []
    command = shlex.join(map(str, words))
    started = time.perf_counter()
    found = _analysed(
        plans, asked, points=points, seed=seed, workers=workers, books=books, store=chosen_store(no_store, screen)
    )
    if found is None:
        screen.note(f"Interrupted. {resume(command, no_store)}")
        screen.result({"interrupted": True, "folder": folder, "command": command})
        return INTERRUPTED
    record = {
        **run_facts(),
        "finished": datetime.now(UTC).isoformat(timespec="seconds"),
        "seconds": round(time.perf_counter() - started, 3),
        "seed": seed,
        "points": points,
        "command": command,
        "scenarios": [
            {
                "name": name,
                "digest": one.digest(),
                "root": relative(one.root, folder),
                "book": book_facts(books[name]),
                "scenario": futures.facts.yaml,
            }
            for (name, one), futures in zip(plans.items(), found.futures.values(), strict=True)
        ],
    }

    def fill(staging: Path) -> None:
        from simulation.report.sensitivity import write_sensitivity

        write_sensitivity(found, staging)

    files = publish(folder, fill, record, RECORD)
    screen.result(_shown(found, folder, files, screen) | {"interrupted": False, "command": command})
    return 0


def _refuse(plans: Mapping[str, Scenario], asked: Question) -> None:
    """Refuse what could only fail after the simulation: no assumptions, an unknown measure or segment, no such day."""
    from simulation.engine.layout import make_frame
    from simulation.engine.ledger import Ledger, RunResult
    from simulation.forecast import Forecast

    if not any(plan.assumptions for plan in plans.values()):
        raise BadInput(
            "the scenario states no assumptions, so all of its spread is luck; state some under assumptions:"
        )
    for name, plan in plans.items():
        frame = make_frame(plan)
        nothing = RunResult(frame, Ledger.zeros(frame, 1), 1, [0], [0], {})
        try:
            asked.read(Forecast.from_result(nothing, plan))
        except ValueError as error:
            raise BadInput(f"{name}: {error}" if len(plans) > 1 else str(error)) from None


def _analysed(plans: Mapping[str, Scenario], asked: Question, **options: Any) -> Sensitivity | None:
    from simulation.experiment.sensitivity import sensitivity

    others = {name: plan for name, plan in plans.items() if name != "base"}
    try:
        with progress_bar("Simulating") as progress:
            return sensitivity(plans["base"], others, question=asked, progress=progress, **options)
    except Interrupted:
        return None
    except ModuleNotFoundError as error:
        raise BadInput(f"sensitivity needs the package {error.name}: pip install 'membersim[decide]'") from None
    except ValueError as error:
        raise refused(error) from None


def _shown(found: Sensitivity, folder: Path, files: list[Path], screen: Screen) -> dict[str, Any]:
    """Show the answer and the short tables, and return the same, and more, for programs."""
    from simulation.experiment.sobol import LUCK
    from simulation.report.amounts import amount
    from simulation.report.sensitivity import answer, points, sensitivity_tables
    from simulation.report.words import number, path_words

    what, currency = found.question.what, found.base.frame.currency
    screen.show(answer(found))
    for point in points(found):
        screen.show(point)
    rows = [
        (
            "luck" if row["factor"] == LUCK else path_words(row["factor"]),
            number(row["first"], "share"),
            f"{number(row['first_low'], 'share')} to {number(row['first_high'], 'share')}",
            number(row["total"], "share"),
            number(row["share"], "share"),
        )
        for row in records(found.now.table())
    ]
    screen.table(f"What the spread of {what.title} comes from (Sobol indices)", INDEX_COLUMNS, rows)
    swings = []
    for row in records(found.tornado):
        value = found.ends(row["factor"])
        ends = [amount(value[end], value["kind"], currency) for end in ("low", "high")]
        effects = [number(row[key], what.unit, currency, row["swing"]) for key in ("at_low", "at_high")]
        swings.append((path_words(row["factor"]), ends[0], effects[0], ends[1], effects[1]))
    screen.table(f"What {what.title} gains or loses with each at its P10 and P90", TORNADO_COLUMNS, swings)
    if found.choice is not None:
        chances = found.choice.chances
        best = [
            (
                name,
                number(mean, what.unit, currency),
                number(chances[name].value, "share"),
                f"{number(chances[name].low, 'share')} to {number(chances[name].high, 'share')}",
            )
            for name, mean in found.choice.means.items()
        ]
        screen.table("The choice", CHOICE_COLUMNS, best)
        if found.choice.information is not None:
            worth = [
                (
                    path_words(row["known"]) if "." in row["known"] else row["known"],
                    number(row["evppi"], what.unit, currency, 4 * row["error"]),
                    number(1.96 * row["error"], what.unit, currency),
                )
                for row in records(found.choice.information)
            ]
            screen.table("The value of information before choosing", WORTH_COLUMNS, worth)
    screen.show(f"Report: {folder / 'report.html'}")
    return {
        "answer": answer(found),
        "points": points(found),
        "measure": found.question.measure,
        "at": found.question.moment(found.base),
        "seed": found.base.seed,
        "base_samples": found.points,
        "futures": sum(one.replications for one in found.futures.values()),
        "luck_and_ignorance": records(found.spread.to_frame()),
        "favourite": None if found.choice is None else found.choice.favourite,
        "equally_good": None if found.choice is None else found.choice.tied.value,
        "information_points": None if found.choice is None else found.choice.learnt_from,
        "information_too_high": None if found.choice is None else found.choice.flattered,
        "tables": {key: records(table) for key, table in sensitivity_tables(found).items()},
        "folder": folder,
        "files": files,
    }

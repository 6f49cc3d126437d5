"""`membersim check`: what is wrong with a plan, what it says, and whether it does what it says."""

from __future__ import annotations

from collections import Counter
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

from cyclopts import Parameter, validators

from simulation.cli.outcome import Request, introduce, simulate
from simulation.cli.screen import BAD_INPUT, INTERRUPTED, SCREEN, BadInput, Screen, problem_fields
from simulation.cli.store import NoStore, chosen_store
from simulation.cli.tables import STATED_COLUMNS, records, stated
from simulation.inputs import book_facts, warnings_of

if TYPE_CHECKING:
    from simulation.experiment.store import Store
    from simulation.forecast import Forecast
    from simulation.scenario import Scenario
    from simulation.scenario.book import Book

__all__ = ["check"]

LOOKED_AT = 2
"""Futures in which rows without a past are looked for."""
SHOWN = 12
"""Lines of such rows on the screen; --json has all."""

PLAN_COLUMNS = (
    "segment", "members now", "ARR now", "joining a month", "stated renewal", "progress a month", "journey",
)  # fmt: skip


STATED = (
    "What the plan states holds for a typical member. Simulated are all who come up for renewal, reach the milestone\n"
    "or get so far, and those are better or worse than typical: a difference is no mistake. What is known is of all,\n"
    "and should come out; where it does not, `membersim calibrate` finds the numbers that reproduce it."
)
PASTS = (
    "Under this plan hardly anybody with their dates and milestone would be a member still, so they start from a past\n"
    "in which they were made to stay. If they are many, the renewal or the journey of the plan does not fit them, or\n"
    "their rows are wrong."
)


def check(
    *files: Path,
    replications: Annotated[int, Parameter(validator=validators.Number(gte=0))] = 20,
    quarantine: Annotated[bool, Parameter(show_default=False)] = False,
    no_store: NoStore = False,
    screen: Screen = SCREEN,
) -> int:
    """Check scenarios: every mistake at once, then stated beside simulated rates.

    Parameters
    ----------
    files
        The scenarios.
    replications
        Simulated futures for the rates; 0 leaves them out.
    quarantine
        Go on without the bad rows of the book.
    no_store
        Neither read nor keep finished futures (see `membersim store`).
    """
    from simulation.scenario import ScenarioError

    if not files:
        raise BadInput("name a scenario file, such as: membersim check plan.yaml")
    request = Request(replications=replications, seed=1, engine="compiled", quarantine=quarantine)
    store = chosen_store(no_store, screen)
    found: list[dict[str, Any]] = []
    for file in files:
        try:
            found.append({"file": file, "problems": [], **_check(file, request, store, screen)})
        except ScenarioError as error:
            screen.note(str(error))
            found.append({"file": file, "problems": [problem_fields(problem) for problem in error.problems]})
        except BadInput as error:
            screen.note(f"{file}: {error}")
            found.append({"file": file, "problems": [{**problem_fields(None), "file": file, "message": str(error)}]})
    screen.result({"files": found})
    if any(one["problems"] for one in found):
        return BAD_INPUT
    return INTERRUPTED if any(one.get("interrupted") for one in found) else 0


def _check(file: Path, request: Request, store: Store | None, screen: Screen) -> dict[str, Any]:
    """Load, show and try one scenario."""
    import simulation as sim
    from simulation.runs import todays_members

    scenario = sim.load(file)
    book = todays_members(scenario, quarantine=request.quarantine)
    plan = [_segment(scenario, name, book) for name in scenario.segments]
    screen.table(
        f"{scenario.name}: {scenario.days} days from {scenario.start}",
        PLAN_COLUMNS,
        [_plan_row(row, scenario.currency) for row in plan],
        text=(0, len(PLAN_COLUMNS) - 1),
    )
    introduce(scenario, book, screen)
    report: dict[str, Any] = {
        "name": scenario.name,
        "start": scenario.start,
        "end": scenario.end,
        "digest": scenario.digest(),
        "segments": plan,
        "warnings": warnings_of(scenario, book),
        "book": book_facts(book),
    }
    if request.replications == 0:
        return report
    outcome = simulate(scenario, request, "A quick run", book=book, store=store)
    if outcome.forecast is None:
        screen.note("Interrupted during the quick run; the scenario itself is fine.")
        return {**report, "interrupted": True}
    table = outcome.forecast.stated_beside_simulated()
    title = f"Stated beside simulated ({outcome.replications} futures)"
    screen.table(title, STATED_COLUMNS, stated(table), text=(0, 1, 6))
    if len(table):
        screen.show(STATED)
    from simulation.forecast.pasts import WHERE  # heavy

    noticed = outcome.forecast.warnings
    for warning in noticed:
        screen.note(f"warning: {warning.replace(WHERE, '.')}")  # that is here
    if noticed:
        screen.note(PASTS)
    return {
        **report,
        "warnings": [*report["warnings"], *noticed],
        "interrupted": outcome.interrupted,
        "stated_beside_simulated": records(table),
        "lines_without_past": _without_past(scenario, book, outcome.forecast, screen),
    }


def _without_past(scenario: Scenario, book: Book | None, forecast: Forecast, screen: Screen) -> list[int]:
    """Lines of the book whose members have no likely past, from the first futures, the surest first."""
    if book is None or not forecast.ledger.forced.any():
        return []
    from simulation.engine.pasts import forced_rows

    looked_at = forecast.result.replications[:LOOKED_AT]
    counts = forced_rows(scenario, book, forecast.seed, looked_at)
    order = [int(row) for row in (-counts).argsort(kind="stable") if counts[row]]
    lines = [int(book.line[row]) for row in order]
    if lines:
        more = f" and {len(lines) - SHOWN:,} more" if len(lines) > SHOWN else ""
        shown = ", ".join(map(str, lines[:SHOWN]))
        screen.note(f"Such rows of {book.path.name} in the first {len(looked_at)} futures: lines {shown}{more}.")
    return lines


def _segment(scenario: Scenario, name: str, book: Book | None) -> dict[str, Any]:
    """What a plan says about a segment, in base units except money (currency) and arrivals (a month)."""
    from simulation.engine.plan_segments import reference_velocity

    segment = scenario.segments[name]
    members, arr = 0, 0.0
    if book is not None:
        here = book.segment == list(scenario.segments).index(name)
        members, arr = int(here.sum()), float(book.arr[here].sum()) / 100
    if segment.population is not None:
        members += segment.population.members
        arr += segment.population.members * segment.arr.mean() / 100
    return {
        "segment": name,
        "members": members,
        "arr": arr,
        "arrivals_per_month": segment.arrivals.per_month,
        "renewal": segment.renewal.probability.mean(),
        "reference_velocity": reference_velocity(segment.vector),
        "milestones": {milestone: one.stage for milestone, one in segment.journey.items()},
    }


def _plan_row(row: dict[str, Any], currency: str) -> tuple[str, ...]:
    from simulation.report.words import number

    stages = Counter(row["milestones"].values())
    return (
        row["segment"],
        number(row["members"], "members"),
        number(row["arr"], "money", currency),
        number(row["arrivals_per_month"], "ratio"),
        number(row["renewal"], "share"),
        number(row["reference_velocity"], "ratio"),
        ", ".join(f"{count} {stage}" for stage, count in stages.items()) or "none",
    )

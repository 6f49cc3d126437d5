"""`membersim pilot`: whether an intervention is worth a randomised pilot, who is in which arm, and what it says."""

from __future__ import annotations

import json
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

from cyclopts import App, Parameter, validators

from simulation.cli.folder import publish, run_facts
from simulation.cli.history import read_source
from simulation.cli.outcome import introduce, prepare
from simulation.cli.reading import Exported, LeaveOut
from simulation.cli.screen import SCREEN, BadInput, Screen, refused
from simulation.cli.tables import records
from simulation.progress import progress_bar

if TYPE_CHECKING:
    from simulation.evidence.pilot.contrast import Contrast
    from simulation.scenario import Scenario
    from simulation.scenario.book import Book

__all__ = ["pilot"]

pilot = App(name="pilot", help="Test an intervention on some members, at random, before all get it.")
PROTOCOL, ARMS = "protocol.json", "arms.csv"
MANY = 1_000_000
"""Members in each arm beyond which no number is told."""
Futures = Annotated[int, Parameter(validator=validators.Number(gte=4))]
Seed = Annotated[int, Parameter(validator=validators.Number(gte=0, lt=2**32))]
Share = Annotated[float, Parameter(validator=validators.Number(gt=0, lt=1))]
Money = Annotated[float, Parameter(validator=validators.Number(gte=0))]


@pilot.command
def choose(
    file: Path,
    /,
    *,
    days: int = 90,
    power: Share = 0.8,
    level: Share = 0.05,
    fixed_cost: Money = 0.0,
    cost_per_member: Money = 0.0,
    replications: Futures = 200,
    seed: Seed = 1,
    workers: int | None = None,
    out: Path | None = None,
    screen: Screen = SCREEN,
) -> int:
    """Rank interventions by what a pilot would teach, less its cost and delay; not piloting is among the choices.

    Parameters
    ----------
    file
        A scenario; what is not known of an effect must be one of its assumptions.
    days
        Length of the pilot.
    power
        Chance to find the expected effect, of which the sample size follows.
    level
        Chance to find one where there is none.
    fixed_cost
        Of the pilot itself, beside the intervention; in the scenario's currency.
    cost_per_member
        The same for each member of an arm.
    replications
        Futures with and without each intervention.
    seed
        The same seed gives the same ranking.
    workers
        Threads; all cores by default.
    out
        Folder to write to; reports/<name of the scenario file>-pilot-choice by default.
    """
    from simulation.evidence.pilot.choose import NO_PILOT, Costs
    from simulation.evidence.pilot.choose import choose as ranked
    from simulation.report.csvfile import write_csv
    from simulation.report.words import listed, name, number

    plan, book = _plan(file, screen)
    found = _contrasts(plan, book, None, days, replications, seed, workers)
    table = ranked(found, plan.days, costs=Costs(fixed_cost, cost_per_member), power=power, level=level)
    folder = out or Path("reports", f"{file.stem}-pilot-choice")
    prepare(folder)
    record = {**run_facts(), "scenario": plan.digest(), "seed": seed, "replications": replications, "days": days}
    publish(folder, lambda staging: write_csv(staging / "choice.csv", table), record, "choice.json")
    rows = [
        (
            name(str(row["intervention"])),
            *(number(row[key], "money", plan.currency) for key in ("gain", "value", "delay", "cost", "net")),
            number(row["arm"], "count"),
            number(row["powered"], "count") if not row["powered"] > MANY else f"over {MANY:,}",
        )
        for row in table.reset_index().to_dict("records")
    ]  # fmt: skip
    columns = ("", "expected gain", "value", "delay", "cost", "net", "in each arm", f"for {power:.0%} power")
    screen.table(f"A pilot of {days} days", columns, rows)
    for note, those in table[table["note"] != ""].groupby("note", sort=False):
        whose = listed([name(str(one)) for one in those.index])
        screen.show(f"{whose[:1].upper()}{whose[1:]}: {note}.")
    best = str(table.index[0])
    screen.show("No pilot is worth its cost and delay." if best == NO_PILOT else f"Pilot {best}.")
    screen.result(record | {"best": best, "choices": records(table), "folder": folder})
    return 0


@pilot.command
def assign(
    file: Path,
    /,
    *interventions: str,
    members: int | None = None,
    days: int = 90,
    chance: Share = 0.8,
    at_least: float = 0.0,
    seed: Seed = 1,
    out: Path | None = None,
    screen: Screen = SCREEN,
) -> int:
    """Draw the arms of a pilot within strata, with one shared control, and lay down the decision rule.

    Parameters
    ----------
    file
        A scenario with a book.
    interventions
        One arm each.
    members
        In each arm; all who are eligible are divided by default.
    days
        Length of the pilot, from the start of the scenario.
    chance
        Adopt when the chance is at least this that the effect is large enough.
    at_least
        How many milestones more than in control a member must reach on average for that.
    seed
        Of the draw of the arms.
    out
        Folder to write to; reports/<name of the scenario file>-pilot by default.
    """
    from simulation.evidence.pilot.arms import Protocol, arm_list, arms_digest, shared_teams
    from simulation.report.csvfile import write_csv

    plan, book = _plan(file, screen)
    if book is None:
        raise BadInput(f"{file} names no book, so there is nobody to assign")
    try:
        arms = arm_list(plan, book, interventions, members=members, seed=seed)
    except ValueError as error:
        raise BadInput(str(error)) from None
    sizes = {str(arm): int(count) for arm, count in arms["arm"].value_counts().sort_index().items()}
    laid = Protocol(
        plan.digest(), tuple(interventions), plan.start, days, seed, sizes, chance, at_least, arms_digest(arms),
        shared_teams(plan, interventions),
    )  # fmt: skip
    folder = out or Path("reports", f"{file.stem}-pilot")
    if (folder / PROTOCOL).exists():
        raise BadInput(f"{folder} has a protocol already, and that stays as it was laid down; give another --out")
    prepare(folder)
    publish(folder, lambda staging: write_csv(staging / ARMS, arms), laid.to_json(), PROTOCOL)
    screen.table("Arms", ("arm", "members"), [(arm, f"{count:,}") for arm, count in sizes.items()])
    screen.show(laid.rule)
    for warning in laid.warnings:
        screen.note(f"warning: {warning}")
    screen.show(f"Laid down in {folder / PROTOCOL}, digest {laid.digest}; who is in which arm: {folder / ARMS}")
    screen.result(laid.to_json() | {"folder": folder})
    return 0


@pilot.command
def read(
    folder: Path,
    actuals: str,
    /,
    *,
    scenario: Path,
    exported: Exported = None,
    quarantine: LeaveOut = False,
    replications: Futures = 200,
    seed: Seed = 1,
    workers: int | None = None,
    screen: Screen = SCREEN,
) -> int:
    """Update what is assumed of an effect by what a pilot's arms did, and decide by the rule laid down before.

    Parameters
    ----------
    folder
        Where `pilot assign` laid down the pilot.
    actuals
        A history of what happened since.
    scenario
        The plan of the pilot.
    replications
        Futures with and without each intervention.
    seed
        The same seed gives the same reading.
    workers
        Threads; all cores by default.
    """
    import pandas as pd

    from simulation.evidence.pilot.arms import Protocol
    from simulation.evidence.pilot.read import read as reading
    from simulation.report.words import name
    from simulation.scenario.sheets.guard import unguarded

    try:
        laid = Protocol.from_json(json.loads((folder / PROTOCOL).read_text("utf-8")))
        arms = pd.read_csv(folder / ARMS, dtype=str, keep_default_na=False)
    except FileNotFoundError as error:
        there = f"there is no {error.filename}; `membersim pilot assign` makes one"
        raise BadInput(f"{folder} holds no pilot: {there}") from None
    except (OSError, ValueError) as error:
        raise BadInput(f"{folder} holds no pilot that can be read: {error}") from None
    arms = arms.map(unguarded)  # segments and interventions, too, may look like a formula
    plan, book = _plan(scenario, screen)
    if plan.digest() != laid.scenario:
        screen.note("warning: this is not the plan for which the pilot was laid down")
    history = read_source(actuals, plan, exported=exported, quarantine=quarantine)
    model = _contrasts(plan, book, list(laid.interventions), laid.days, replications, seed, workers)
    try:
        found = reading(laid, arms, history, model)
    except ValueError as error:
        raise BadInput(str(error)) from None
    rows = [
        (
            name(str(row["intervention"])), f"{row['effect']:+.3f} ({row['low']:+.3f} to {row['high']:+.3f})",
            f"{row['prior']:+.3f}", f"{row['posterior']:+.3f}", f"{row['chance']:.0%}",
            "adopt" if row["adopt"] else "do without",
        )
        for row in found.effects.reset_index().to_dict("records")
    ]  # fmt: skip
    columns = ("", "milestones a member beyond control", "before", "after", "chance", "by the rule")
    screen.table("What the pilot says", columns, rows, text=(0, 5))
    screen.show(laid.rule)
    for warning in found.warnings:
        screen.note(f"warning: {warning}")
    told: dict[str, Any] = {"arms": records(found.arms), "effects": records(found.effects)}
    screen.result(told | {"assumptions": records(found.assumptions), "rule": laid.rule, "warnings": found.warnings})
    return 0


def _plan(file: Path, screen: Screen) -> tuple[Scenario, Book | None]:
    import simulation as sim
    from simulation.runs import todays_members

    plan = sim.load(file)
    book = todays_members(plan)
    introduce(plan, book, screen)
    return plan, book


def _contrasts(
    plan: Scenario,
    book: Book | None,
    names: list[str] | None,
    days: int,
    replications: int,
    seed: int,
    workers: int | None,
) -> list[Contrast]:
    """The plan with and without each intervention."""
    from simulation.evidence.pilot.contrast import contrasts

    try:
        with progress_bar("Simulating with and without") as progress:
            return contrasts(
                plan, interventions=names, days=days, book=book, replications=replications, seed=seed,
                workers=workers, progress=progress,
            )  # fmt: skip
    except ValueError as error:
        raise refused(error) from None

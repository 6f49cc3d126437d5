"""`membersim worklist`: for whom an intervention gains most for an hour of its team."""

from __future__ import annotations

import shlex
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Literal

from cyclopts import Parameter, validators

from simulation.cli.folder import publish, run_facts
from simulation.cli.outcome import introduce, prepare
from simulation.cli.screen import INTERRUPTED, SCREEN, BadInput, Screen, refused
from simulation.cli.tables import records
from simulation.cli.workers import Cluster, Workers
from simulation.progress import Interrupted, progress_bar
from simulation.runs import Engine

if TYPE_CHECKING:
    from simulation.scenario import Scenario
    from simulation.scenario.book import Book

__all__ = ["worklist"]

RECORD = "worklist.json"


def worklist(
    file: Path,
    /,
    *,
    scenario: Path | None = None,
    intervention: Annotated[list[str] | None, Parameter(consume_multiple=True)] = None,
    gain: Literal["revenue", "arr"] = "revenue",
    holdout: Annotated[float, Parameter(validator=validators.Number(gte=0, lt=1))] = 0.1,
    replications: Annotated[int, Parameter(validator=validators.Number(gte=4))] = 100,
    seed: Annotated[int, Parameter(validator=validators.Number(gte=0, lt=2**32))] = 1,
    engine: Engine = "compiled",
    workers: Workers = None,
    cluster: Cluster = "",
    out: Path | None = None,
    quarantine: Annotated[bool, Parameter(show_default=False)] = False,
    screen: Screen = SCREEN,
) -> int:
    """Rank the members of a book by the expected gain of each intervention per team hour, not by risk.

    Writes worklist.csv with the organisation's own ids, and a page without them. It is model-based until a pilot
    confirms it (see `membersim pilot`).

    Parameters
    ----------
    file
        A scenario that names a book, or a book, and then --scenario says which plan.
    scenario
        The plan, when FILE is a book.
    intervention
        Which; all by default.
    gain
        What to gain: revenue (recurring, over the horizon) or arr (at its end).
    holdout
        Share of the members that are marked to be left alone, at random, to test the list.
    replications
        Futures with and without each intervention; more give narrower intervals.
    seed
        Of the futures and of the holdout.
    engine
        compiled is fast; simpy is the readable reference and gives the same result.
    workers
        Threads; all cores by default. The result does not depend on it.
    out
        Folder to write to; reports/<name>-worklist by default.
    quarantine
        Leave bad rows of the book out instead of stopping.
    """
    from simulation.evidence.worklist import LABEL
    from simulation.evidence.worklist import worklist as listed
    from simulation.report.worklist import SUMMARY_COLUMNS, summary_rows, write_worklist

    plan, book = _plan_and_book(file, scenario, quarantine)
    introduce(plan, book, screen)
    folder = out or Path("reports", f"{file.stem}-worklist")
    prepare(folder)
    words: list[object] = ["membersim", "worklist", file]
    words += ["--scenario", scenario] if scenario else []
    words += ["--intervention", *intervention] if intervention else []
    words += ["--gain", gain, "--holdout", holdout, "--replications", replications, "--seed", seed]
    command = shlex.join(map(str, words))
    try:
        with progress_bar("Simulating with and without") as progress:
            found = listed(
                plan, book, interventions=intervention, gain=gain, holdout=holdout, replications=replications,
                seed=seed, engine=engine, workers=workers, progress=progress,
            )  # fmt: skip
    except (Interrupted, KeyboardInterrupt):
        screen.note(f"Interrupted; nothing is written. To start again: {command}")
        screen.result({"interrupted": True, "command": command})
        return INTERRUPTED
    except ValueError as error:
        raise refused(error) from None
    record = {**run_facts(), "scenario": plan.digest(), "book": book.digest, "seed": seed, "command": command}
    record |= {"replications": replications, "gain": gain, "holdout": holdout, "basis": LABEL}
    files = publish(folder, lambda staging: write_worklist(found, plan.name, staging), record, RECORD)
    screen.table(f"Worklist: {LABEL}", SUMMARY_COLUMNS, summary_rows(found))
    held = int(found.table.drop_duplicates("member_id")["holdout"].sum())
    screen.show(f"{held:,} members are a random holdout: leave them alone, to test the list.")
    screen.show(f"Member by member, with your own ids: {folder / 'worklist.csv'}")
    screen.result(
        record | {"summary": records(found.summary), "members": records(found.table.set_index("rank")), "files": files}
    )
    return 0


def _plan_and_book(file: Path, scenario: Path | None, quarantine: bool) -> tuple[Scenario, Book]:
    """The plan and today's members.

    Raises
    ------
    BadInput
        When there is no book.
    """
    import simulation as sim
    from simulation.runs import todays_members
    from simulation.scenario.book import load_book

    if scenario is not None:
        plan = sim.load(scenario)
        return plan, load_book(file, plan, quarantine=quarantine)
    if file.suffix.lower() not in (".yaml", ".yml"):
        raise BadInput(f"{file}: of a book the plan must be said as well, with --scenario")
    plan = sim.load(file)
    book = todays_members(plan, quarantine=quarantine)
    if book is None:
        raise BadInput(f"{file} names no book, so there are no members to list: give a book, and --scenario {file}")
    return plan, book

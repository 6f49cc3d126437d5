"""`membersim bridge`: why the forecast moved since an earlier run."""

from __future__ import annotations

import shlex
import time
from collections.abc import Sequence
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

from cyclopts import Parameter

from simulation.cli.folder import publish, relative, run_facts
from simulation.cli.outcome import prepare
from simulation.cli.screen import INTERRUPTED, SCREEN, BadInput, Screen, refused
from simulation.cli.store import NoStore, chosen_store, resume
from simulation.cli.tables import records
from simulation.cli.workers import Cluster, Workers
from simulation.finished import RECORD as RUN
from simulation.finished import read_record, recorded_scenario
from simulation.progress import progress_bar

if TYPE_CHECKING:
    from simulation.experiment.bridge import Bridge, FinishedRun

__all__ = ["bridge"]

RECORD = "bridge.json"
PERSONS = 12
"""People whom --json names; the table has all."""


def bridge(
    run_old: Path,
    run_new: Path,
    /,
    *,
    measure: str = "arr",
    old_book: Path | None = None,
    new_book: Path | None = None,
    people: Annotated[bool, Parameter(negative="--no-people")] = True,
    workers: Workers = None,
    cluster: Cluster = "",
    out: Path | None = None,
    no_store: NoStore = False,
    screen: Screen = SCREEN,
) -> int:
    """Say why the forecast moved from one run to another, in steps that add up to the cent.

    The steps, in this order: the program, another seed (if so), time passed and the new book, assumptions, plan
    (interventions, teams, selling), price. Each is measured on the same futures.

    Parameters
    ----------
    run_old, run_new
        Folders of two runs: those that hold run.json.
    measure
        A level such as arr or members, on the last day that both runs reach; or a sum such as contribution, from
        the start of the new run to that day.
    old_book, new_book
        Where the book of a run is now, if it has moved; it must be the same file.
    people
        Share the row of time and the new book out by person, under pseudonyms (for arr).
    workers
        Threads; all cores by default. The result does not depend on it.
    out
        Folder to write to; reports/bridge-<old>-<new> by default.
    no_store
        Neither read nor keep finished futures (see `membersim store`).
    """
    from simulation.experiment.bridge import bridge as build
    from simulation.progress import Interrupted

    old, new = _run(run_old, old_book, "--old-book"), _run(run_new, new_book, "--new-book")
    names = [folder.parent.name if folder.name == RUN else folder.resolve().name for folder in (run_old, run_new)]
    folder = out or Path("reports", f"bridge-{names[0]}-{names[1]}")
    prepare(folder)
    words: list[object] = ["membersim", "bridge", run_old, run_new, "--measure", measure]
    words += ["--old-book", old_book] if old_book is not None else []
    words += ["--new-book", new_book] if new_book is not None else []
    words += [] if people else ["--no-people"]
    words += ["--no-store"] if no_store else []
    words += ["--out", out] if out is not None else []
    command, started = shlex.join(map(str, words)), time.perf_counter()
    try:
        with progress_bar("Bridging") as progress:
            found = build(
                old, new, measure=measure, people=people, workers=workers, progress=progress,
                store=chosen_store(no_store, screen),
            )  # fmt: skip
    except Interrupted:
        screen.note(f"Interrupted. {resume(command, no_store)}")
        screen.result({"interrupted": True, "command": command})
        return INTERRUPTED
    except ValueError as error:
        raise refused(error) from None
    record = {
        **run_facts(),
        "finished": datetime.now(UTC).isoformat(timespec="seconds"),
        "seconds": round(time.perf_counter() - started, 3),
        "command": command,
        "old": relative(run_old, folder),
        "new": relative(run_new, folder),
        **_facts(found),
    }
    files = publish(folder, lambda staging: _fill(found, staging), record, RECORD)
    _show(found, folder, screen)
    screen.result({**_facts(found), "interrupted": False, "folder": folder, "files": files, "command": command})
    return 0


def _run(folder: Path, book: Path | None, option: str) -> FinishedRun:
    """The run in a folder, with its scenario and its book.

    Raises
    ------
    BadInput
        When it is none, was interrupted, or its data are not what it had.
    """
    import simulation as sim
    from simulation.experiment.bridge import FinishedRun
    from simulation.runs import todays_members

    place = folder.parent if folder.name == RUN else folder
    record = read_record(place)
    scenario = recorded_scenario(record, place, book, option)
    try:
        forecast = sim.Forecast.load(place / "forecast.nc")
    except (OSError, ValueError) as error:
        raise BadInput(f"{place}: its forecast cannot be read: {error}") from None
    return FinishedRun(forecast, scenario, todays_members(scenario, quarantine=record["quarantine"]))


def _fill(found: Bridge, staging: Path) -> None:
    from simulation.report.bridge import write_bridge

    write_bridge(found, staging)


def _facts(found: Bridge) -> dict[str, Any]:
    """The bridge as plain values; what is in `cents` adds up exactly."""
    people = found.people
    return {
        "measure": found.measure.name,
        "unit": found.measure.unit,
        "since": found.since,
        "until": found.until,
        "replications": found.replications,
        "from": {"name": found.old_name, "value": found.old["all"] / 100, "cents": found.old},
        "to": {"name": found.new_name, "value": found.new["all"] / 100, "cents": found.new},
        "rows": [
            {
                "step": row.name, "value": row.value, "low": row.low, "high": row.high,
                "cents": row.cents, "notes": row.notes,
            }
            for row in found.rows
        ],
        "people": None
        if people is None
        else {
            "groups": [{"group": one[0], "segment": one[1], "cents": cents} for one, cents in people.groups.items()],
            "largest": records(people.table.head(PERSONS)),
        },
    }  # fmt: skip


def _show(found: Bridge, folder: Path, screen: Screen) -> None:
    from simulation.experiment.bridge_people import GROUPS
    from simulation.report.bridge import what_is_bridged
    from simulation.report.words import name, number

    unit, currency = found.measure.unit, found.currency

    def signed(value: float) -> str:
        return f"{'+' if value > 0 else ''}{number(value, unit, currency)}"

    segments = [one for one in found.new if one != "all"]
    segments += [one for row in found.rows for one in row.cents if one != "all" and one not in segments]
    shown = segments if 1 < len(segments) <= 4 else []
    rows: list[Sequence[str]] = []
    for label, cents, ends in (
        (found.old_name, found.old, ""),
        *((row.name, row.cents, f"{signed(row.low)} to {signed(row.high)}") for row in found.rows),
        (found.new_name, found.new, ""),
    ):
        said = signed if ends else lambda value: number(value, unit, currency)
        rows.append((label, said(cents["all"] / 100), ends, *(said(cents.get(one, 0) / 100) for one in shown)))
    screen.table(what_is_bridged(found), ("", "mean", "95% interval", *map(name, shown)), rows)
    for row in found.rows:
        for note in row.notes:
            screen.show(f"{row.name}: {note}")
    if found.people is not None:
        sums = {group: 0 for group in GROUPS}
        counts = found.people.table["group"].value_counts()
        for (group, _), change in found.people.groups.items():
            sums[group] += change
        who = [
            (group, f"{counts.get(group, 0):,}" if group in counts else "–", signed(sums[group] / 100))
            for group in GROUPS
        ]
        screen.table("Of time and the new book, by person", ("", "people", "change"), who)
    screen.show(f"Table, figure and people: {folder}")

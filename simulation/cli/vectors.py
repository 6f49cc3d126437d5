"""`membersim vectors`: where every member stands, inferred from what happened."""

from __future__ import annotations

import shlex
import time
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

from cyclopts import Parameter, validators

from simulation.cli.folder import publish, run_facts
from simulation.cli.history import day_of, read_source
from simulation.cli.outcome import prepare
from simulation.cli.reading import Columns, Exported, LeaveOut, Query, Table
from simulation.cli.screen import INTERRUPTED, SCREEN, BadInput, Screen, refused
from simulation.progress import progress_bar

if TYPE_CHECKING:
    from simulation.evidence.filter import Reliability, Vectors

__all__ = ["vectors"]

RECORD = "vectors.json"
COURSES = (("on_track", "on track"), ("drifting", "drifting"), ("away", "away"))


def vectors(
    source: str | None = None,
    *,
    scenario: Path,
    as_of: Annotated[str | None, Parameter(help="Day of inference, such as 2027-01-31.")] = None,
    columns: Columns = None,
    table: Table = None,
    query: Query = None,
    exported: Exported = None,
    quarantine: LeaveOut = False,
    particles: Annotated[int | None, Parameter(validator=validators.Number(gte=2))] = None,
    draws: Annotated[int, Parameter(validator=validators.Number(gte=1))] = 32,
    typical_usage: Annotated[float | None, Parameter(validator=validators.Number(gt=0))] = None,
    rating_noise: Annotated[float, Parameter(validator=validators.Number(gt=0, lt=10))] = 0.25,
    seed: Annotated[int, Parameter(validator=validators.Number(gte=0, lt=2**32))] = 1,
    workers: Annotated[int | None, Parameter(validator=validators.Number(gte=1))] = None,
    check: Annotated[int | None, Parameter(validator=validators.Number(gte=100, lte=1_000_000))] = None,
    out: Path | None = None,
    screen: Screen = SCREEN,
) -> int:
    """Say of every member: on track, drifting or away, and the chances of the next milestone and of renewing.

    Writes vectors.csv (one row a member, with the organisation's own ids), book.parquet (a book from which a
    forecast starts, each future from another draw of where the members stand), figures and a short page.

    Parameters
    ----------
    source
        A history: a CSV, Parquet or Excel file, or the URL of a database; by default what the scenario names.
    scenario
        The model; where it has assumptions, their middle.
    particles
        Weighted copies that stand for each member; 512 by default, 2,048 where milestones take nearly fixed work.
    draws
        Draws of where each member stands to keep in the book.
    typical_usage
        Usage in a month of a member at typical pace; by default estimated from those who have just joined.
    rating_noise
        Standard deviation of a rating (a survey answer, a manager's judgement) on its scale from 0 to 1.
    check
        Check the chances on this many simulated members, 2,000 say: a history like this one is made of the scenario,
        inferred the same way, and compared with what came (reliability.png and reliability.csv).
    out
        Folder to write to; reports/<name of the scenario's file>-vectors by default.
    """
    import simulation as sim
    from simulation.evidence.filter import infer, reliability

    plan = sim.load(scenario)
    if source is None and plan.history is None:
        raise BadInput("name a history: a file, the URL of a database, or a --scenario that has one")
    read = read_source(
        source, plan, columns=columns, table=table, query=query, exported=exported, quarantine=quarantine
    )
    if read.excluded is not None:
        screen.note(f"Left out: {read.excluded.members:,} members ({read.excluded.share:.1%})")
    if any(one.journey for one in plan.segments.values()) and not (read.frame["event"] == "milestone").any():
        screen.note(
            "Note: the history has no row `milestone`, and that nobody reached one is evidence against pace: "
            "without records of milestones use a scenario without a `journey:`"
        )
    folder = out or Path("reports", f"{scenario.stem}-vectors")
    prepare(folder)
    words: list[object] = ["membersim", "vectors", *([source] if source else []), "--scenario", scenario]
    words += ["--as-of", as_of] if as_of else []
    words += ["--rating-noise", rating_noise] if rating_noise != 0.25 else []
    words += ["--seed", seed] if seed != 1 else []
    words += ["--check", check] if check else []
    command, started = shlex.join(map(str, words)), time.perf_counter()
    try:
        with progress_bar("Inferring members") as progress:
            found = infer(
                read, plan, as_of=day_of(as_of), particles=particles, draws=draws, typical_usage=typical_usage,
                rating_noise=rating_noise, seed=seed, workers=workers, progress=progress,
            )  # fmt: skip
        checked = None
        if check:
            with progress_bar("Checking the chances") as progress:
                checked = reliability(
                    plan, read, members=check, as_of=found.as_of, particles=particles, seed=seed, workers=workers,
                    progress=progress,
                )  # fmt: skip
    except KeyboardInterrupt:
        screen.note(f"Interrupted; nothing is written. To start again: {command}")
        screen.result({"interrupted": True, "command": command})
        return INTERRUPTED
    except ValueError as error:
        raise refused(error) from None
    facts = _facts(found) | {"history": read.fingerprint, "scenario": plan.digest(), "seed": seed}
    record = {
        **run_facts(),
        "finished": datetime.now(UTC).isoformat(timespec="seconds"),
        "seconds": round(time.perf_counter() - started, 3),
        "command": command,
        **facts,
    }
    files = publish(folder, lambda staging: _fill(found, checked, staging), record, RECORD)
    _show(found, folder, screen)
    if checked is not None:
        _show_check(checked, screen)
        facts["reliability"] = checked.table.to_dict("records")
    screen.result({**facts, "interrupted": False, "folder": folder, "files": files, "command": command})
    return 0


def _fill(found: Vectors, checked: Reliability | None, staging: Path) -> None:
    from simulation.report.vectors import write_vectors

    write_vectors(found, staging, checked)


def _show_check(checked: Reliability, screen: Screen) -> None:
    from simulation.report.reliability import HEADS, reliability_rows, reliable

    screen.table("Do stated chances come true?", HEADS, reliability_rows(checked))
    screen.show(reliable(checked))


def _facts(found: Vectors) -> dict[str, Any]:
    """What was found, for a program; no ids."""
    table = found.table
    return {
        "as_of": found.as_of,
        "members": len(table),
        "particles": found.particles,
        "expected": {name: float(table[name].sum()) for name, _ in COURSES},
        "next_90": float(table["next_90"].sum()),
        "renews": float(table["renews"].mean()),
        "unexplained": len(found.unexplained),
        "effective_size": {"median": float(table["ess"].median()), "least": float(table["ess"].min())},
        "segments": {
            str(segment): {"members": len(rows), **{name: float(rows[name].sum()) for name, _ in COURSES}}
            for segment, rows in table.groupby("segment", observed=True)
        },
    }


def _show(found: Vectors, folder: Path, screen: Screen) -> None:
    rows = []
    for segment, part in found.table.groupby("segment", observed=True):
        shares = (f"{part[name].mean():.0%}" for name, _ in COURSES)
        rows.append((str(segment), f"{len(part):,}", *shares, f"{part['next_90'].sum():,.0f}",
                     f"{part['renews'].mean():.0%}"))  # fmt: skip
    heads = ("segment", "members", "on track", "drifting", "away", "next milestone in 90 days", "renew")
    screen.table(f"Where the members stand on {found.as_of}", heads, rows)
    size = found.table["ess"]
    screen.show(
        f"Effective particles of {found.particles:,}: {size.median():,.0f} in the median, {size.min():,.0f} at least; "
        f"members that no particle explains: {len(found.unexplained):,}"
    )
    if len(found.unexplained):
        screen.note(
            f"{len(found.unexplained):,} members have something in their history that the scenario holds impossible: "
            "see the column `impossible`"
        )
    screen.show(f"Members one by one: {folder / 'vectors.csv'}. Page: {folder / 'report.html'}")
    screen.show(f"A scenario with `start: {found.as_of}` and `book: {folder / 'book.parquet'}` starts from here.")

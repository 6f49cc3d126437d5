"""`membersim fit`: the assumptions that a history tells, as joint draws."""

from __future__ import annotations

import shlex
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

from cyclopts import Parameter, validators

from simulation.cli.history import read_source
from simulation.cli.reading import Columns, Exported, LeaveOut, Query, Table
from simulation.cli.screen import INTERRUPTED, SCREEN, BadInput, Screen, refused
from simulation.cli.workers import Cluster, Workers
from simulation.progress import progress_bar

if TYPE_CHECKING:
    from simulation.evidence.fit import Fit

__all__ = ["fit"]


def fit(
    source: str | None = None,
    *,
    scenario: Path,
    out: Annotated[Path | None, Parameter(name=["--out", "-o"], help="Overlay to write, .yaml.")] = None,
    columns: Columns = None,
    table: Table = None,
    query: Query = None,
    exported: Exported = None,
    quarantine: LeaveOut = False,
    trials: Annotated[int, Parameter(validator=validators.Number(gte=100))] = 1024,
    largest: Annotated[int, Parameter(validator=validators.Number(gte=100))] = 10_000,
    seed: Annotated[int, Parameter(validator=validators.Number(gte=0, lt=2**32))] = 1,
    workers: Workers = None,
    cluster: Cluster = "",
    screen: Screen = SCREEN,
) -> int:
    """Fit the assumptions of a scenario to a history, and write them as an overlay with joint draws.

    Beside the overlay stand its draws and a page that says what the history tells, what stays prior and what the
    scenario does not explain.

    Parameters
    ----------
    source
        A history: a CSV, Parquet or Excel file, or the URL of a database; by default what the scenario names.
    scenario
        The model; its assumptions are the priors.
    out
        <name>_fitted.yaml beside the scenario by default; in another folder it needs --allow-outside to be used.
    trials
        Histories to simulate in the first round; the second has 60% of that.
    largest
        Members looked at, at most; of more, a sample by segment and quarter of joining.
    """
    import simulation as sim
    from simulation.evidence.fit import fit as solve
    from simulation.evidence.overlay import check_place

    plan = sim.load(scenario)
    if source is None and plan.history is None:
        raise BadInput("name a history: a file, the URL of a database, or a --scenario that has one")
    goal = out or scenario.with_name(f"{scenario.stem}_fitted.yaml")
    if goal.suffix not in (".yaml", ".yml"):
        raise BadInput(f"expected an overlay .yaml to write, not {goal}")
    if not screen.allow_outside:
        try:
            check_place(goal, plan)
        except ValueError as error:
            raise refused(error) from None
    read = read_source(
        source, plan, columns=columns, table=table, query=query, exported=exported, quarantine=quarantine
    )
    words = ["membersim", "fit", *([source] if source else []), "--scenario", str(scenario)]
    command = shlex.join(words)
    try:
        with progress_bar("Simulating histories") as progress:
            found = solve(read, plan, trials=(trials, max(100, (6 * trials) // 10)), largest=largest, seed=seed,
                          workers=workers, progress=progress)  # fmt: skip
    except KeyboardInterrupt:
        screen.note(f"Interrupted; nothing is written. To start again: {command}")
        screen.result({"interrupted": True, "command": command})
        return INTERRUPTED
    except ValueError as error:
        raise refused(error) from None
    files = write_fit(found, goal)
    _show(found, goal, screen)
    screen.result({**facts(found), "interrupted": False, "files": files, "command": command})
    return 0


def write_fit(found: Fit, path: Path) -> list[Path]:
    """Write the overlay of a fit, its draws and its page."""
    from simulation.evidence.overlay import write_overlay
    from simulation.report.fit import fit_page
    from simulation.report.page import rendered

    source = f"history {found.start} to {found.end}, sha256 {found.fingerprint}"
    prior = [one.name for one in found.quantities if one.how == "prior"]
    notes = [
        f"Fitted to the {source}.",
        "Joint draws: one row sets all numbers together; never draw a column on its own.",
        f"The history hardly narrows these priors: {', '.join(prior) or 'none'}.",
        *(f"{path} stays prior: {why}." for path, why in found.kept.items()),
    ]
    files = write_overlay(path, found.scenario, "fitted", found.columns, found.draws, source=source, evidence="own",
                          fixed=found.fixed, notes=notes)  # fmt: skip
    page = path.with_name(f"{path.stem}_report.html")
    page.write_text(rendered(fit_page(found)), encoding="utf-8")
    return [*files, page]


def facts(found: Fit) -> dict[str, Any]:
    """What was fitted, for a program; base units."""
    from dataclasses import asdict

    def plain(one: Any) -> dict[str, Any]:
        return asdict(one) | {"kind": None if one.kind is None else one.kind.name}

    return {
        "history": found.fingerprint,
        "start": found.start,
        "end": found.end,
        "members": found.members,
        "joined": found.joined,
        "present": found.present,
        "left_out": found.nowhere,
        "share": found.share,
        "quantities": [plain(one) for one in found.quantities],
        "identified": [plain(one) for one in found.identified],
        "not_explained": [{"summary": name, "standard_deviations": z} for name, z in found.surprises],
        "unknown_events": found.unknown_events,
        "stays_prior": found.kept,
        "matters": [asdict(one) | {"telling": one.telling} for one in found.matters],
        "further": found.latent.further,
        "strange": found.strange,
        "held_out": {"coverage_of_90": found.latent.coverage, "scale": found.latent.scale},
        "simulated": found.latent.trials,
    }


def _show(found: Fit, path: Path, screen: Screen) -> None:
    from simulation.report.fit import interval, shown, warnings

    told = [one for one in (*found.quantities, *found.identified) if one.how != "prior"]
    screen.table(
        f"What the history tells ({found.start} to {found.end}: {found.joined:,} joined, {found.present:,} were there)",
        ("number", "fitted", "90% interval", "prior spread left"),
        [(one.name, shown(one, one.median), interval(one), f"{one.left:.0%}" if one.how == "simulated" else "seen")
         for one in told],
    )  # fmt: skip
    prior = [one.name for one in found.quantities if one.how == "prior"]
    if prior:
        screen.show(f"Hardly told, they keep about their priors: {', '.join(prior)}")
    for line in warnings(found):
        screen.note(line)
    if found.surprises:
        screen.note("Off by standard deviations:")
        for name, z in found.surprises[:8]:
            screen.note(f"  {name}: {z:+.1f}")
    screen.show(f"Wrote {path}. Page: {path.with_name(path.stem + '_report.html')}. To run it: membersim run {path}")

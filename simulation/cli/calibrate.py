"""`membersim calibrate`: what nobody can see, such that the scenario reproduces what planners know."""

from __future__ import annotations

import shlex
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

from cyclopts import Parameter, validators

from simulation.cli.screen import INTERRUPTED, SCREEN, BadInput, Screen, refused
from simulation.cli.workers import Cluster, Workers
from simulation.progress import progress_bar

if TYPE_CHECKING:
    from simulation.evidence.calibrate import Calibration

__all__ = ["calibrate"]


def calibrate(
    file: Path,
    *,
    free: Annotated[list[str] | None, Parameter(help="Path of a number that may change; can be repeated.")] = None,
    replications: Annotated[int, Parameter(validator=validators.Number(gte=20))] = 200,
    rounds: Annotated[int, Parameter(validator=validators.Number(gte=1))] = 4,
    seed: Annotated[int, Parameter(validator=validators.Number(gte=0, lt=2**32))] = 1,
    workers: Workers = None,
    cluster: Cluster = "",
    out: Annotated[Path | None, Parameter(name=["--out", "-o"], help="Overlay to write, .yaml.")] = None,
    screen: Screen = SCREEN,
) -> int:
    """Find the hidden assumptions that reproduce the `known:` facts of a scenario, and write them as an overlay.

    The overlay extends the scenario with joint draws: one row sets all numbers together. What the table shows of each
    fact was simulated with these draws, as a run of the overlay simulates them, with luck that was not used before.

    Parameters
    ----------
    file
        A scenario with `known:`.
    free
        By default its assumptions, vectors, work and renewals of the segments that a fact is about, and known takes.
    replications
        Futures of each round, and of the check at the end.
    rounds
        Rounds at most.
    out
        <name>_calibrated.yaml beside the scenario by default; in another folder it needs --allow-outside to be used.
    """
    import os

    import simulation as sim
    from simulation.evidence.calibrate import calibrate as solve
    from simulation.evidence.calibrate.told import facts, write_calibration
    from simulation.evidence.overlay import check_place
    from simulation.runs import todays_members
    from simulation.scenario.errors import Misfit

    plan = sim.load(file)
    goal = out or file.with_name(f"{file.stem}_calibrated.yaml")
    if goal.suffix not in (".yaml", ".yml"):
        raise BadInput(f"expected an overlay .yaml to write, not {goal}")
    if not screen.allow_outside:
        try:
            check_place(goal, plan)
        except ValueError as error:
            raise refused(error) from None
    command = shlex.join(["membersim", "calibrate", str(file)])
    try:
        with progress_bar("Calibrating") as progress:
            found = solve(
                plan, book=todays_members(plan), free=free or (), replications=replications, rounds=rounds, seed=seed,
                workers=workers or os.cpu_count() or 1, progress=progress,
            )  # fmt: skip
    except KeyboardInterrupt:
        screen.note(f"Interrupted; nothing is written. To start again: {command}")
        screen.result({"interrupted": True, "command": command})
        return INTERRUPTED
    except (Misfit, ValueError) as error:
        if type(error) not in (Misfit, ValueError):
            raise
        raise BadInput(str(error)) from None
    files = write_calibration(found, goal)
    _show(found, goal, screen)
    screen.result({**facts(found), "interrupted": False, "files": files})
    return 0


def _show(found: Calibration, path: Path, screen: Screen) -> None:
    from simulation.evidence.calibrate.told import in_words, number_of, range_of, stays, unmet, wider

    screen.table(
        f"What is known, and what {found.checked} futures of the draws give",
        ("known", "range", "before", "mean", "+/-", "10% to 90%", ""),
        [(one.path, range_of(one), number_of(one, one.before), number_of(one, one.after), number_of(one, 2 * one.error),
          f"{number_of(one, one.p10)} to {number_of(one, one.p90)}",
          "reproduced" if one.reproduced else f"off by {number_of(one, one.misfit)}") for one in found.facts],
        text=(0, 1, 6),
    )  # fmt: skip
    for sentence in unmet(found) + wider(found):
        screen.show(sentence)
    learned = [one for one in found.found if not one.stays_prior]
    screen.table(
        "What was learned",
        ("number", "before", "found", "90% range", "prior spread left"),
        [(one.unknown.path, *(in_words(one.unknown.kind, value) for value in (one.before, one.value)),
          f"{in_words(one.unknown.kind, one.low)} to {in_words(one.unknown.kind, one.high)}", f"{one.left:.0%}")
         for one in learned],
    )  # fmt: skip
    others = stays(found)
    if others:
        screen.show(
            f"The facts say next to nothing about {len(others)} others, which keep their priors: {', '.join(others)}"
        )
    screen.show(f"Wrote {path} ({found.simulations} simulated futures). To run it: membersim run {path}")

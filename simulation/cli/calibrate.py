"""`membersim calibrate`: what nobody can see, such that the scenario reproduces what planners know."""

from __future__ import annotations

import shlex
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

from cyclopts import Parameter, validators

from simulation.cli.screen import INTERRUPTED, SCREEN, BadInput, Screen
from simulation.progress import progress_bar

if TYPE_CHECKING:
    from simulation.evidence.calibrate import Calibration, Fact

__all__ = ["calibrate"]


def calibrate(
    file: Path,
    *,
    free: Annotated[list[str] | None, Parameter(help="Path of a number that may change; can be repeated.")] = None,
    replications: Annotated[int, Parameter(validator=validators.Number(gte=1))] = 4,
    rounds: Annotated[int, Parameter(validator=validators.Number(gte=1))] = 6,
    seed: Annotated[int, Parameter(validator=validators.Number(gte=0, lt=2**32))] = 1,
    workers: Annotated[int | None, Parameter(validator=validators.Number(gte=1))] = None,
    out: Annotated[Path | None, Parameter(name=["--out", "-o"], help="Overlay to write, .yaml.")] = None,
    screen: Screen = SCREEN,
) -> int:
    """Find the hidden assumptions that reproduce the `known:` facts of a scenario, and write them as an overlay.

    The overlay extends the scenario with joint draws: one row sets all numbers together, and reproduces what is known.

    Parameters
    ----------
    file
        A scenario with `known:`.
    free
        By default its assumptions, vectors, work and renewals of the segments that a fact is about, and known takes.
    replications
        Futures of each trial.
    rounds
        Steps at most.
    out
        <name>_calibrated.yaml beside the scenario by default.
    """
    import os

    import simulation as sim
    from simulation.evidence.calibrate import calibrate as solve
    from simulation.runs import todays_members
    from simulation.scenario.errors import Misfit

    plan = sim.load(file)
    goal = out or file.with_name(f"{file.stem}_calibrated.yaml")
    if goal.suffix not in (".yaml", ".yml"):
        raise BadInput(f"expected an overlay .yaml to write, not {goal}")
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


def write_calibration(found: Calibration, path: Path) -> list[Path]:
    """Write the overlay of a calibration and its draws."""
    from simulation.evidence.overlay import write_overlay

    columns = {one.unknown.path: one.unknown.kind for one in found.found}
    kinds = {known.evidence for known in found.scenario.known.values()}
    evidence = kinds.pop() if len(kinds) == 1 else "prior"
    notes = [
        "Calibrated: joint draws that reproduce the known facts of the scenario. One row sets all numbers together.",
        *(f"{one.path}: known {_range(one)}, simulated {_number(one, one.after)}" for one in found.facts),
        f"Next to nothing was learned about: {', '.join(_stays(found)) or 'none'}.",
    ]
    source = "calibrated on " + "; ".join(dict.fromkeys(one.source or one.path for one in found.facts))
    return write_overlay(path, found.scenario, "calibrated", columns, found.draws, source=source,
                         evidence=evidence or "prior", notes=notes)  # fmt: skip


def facts(found: Calibration) -> dict[str, Any]:
    """What was found, for a program; base units."""
    return {
        "known": [
            {"path": one.path, "low": one.low, "high": one.high, "before": one.before, "after": one.after,
             "error": one.error, "misfit": one.misfit, "reproduced": one.reproduced}
            for one in found.facts
        ],
        "unknowns": [
            {"path": one.unknown.path, "before": one.before, "value": one.value, "low": one.low, "high": one.high,
             "left": one.left, "stays_prior": one.stays_prior}
            for one in found.found
        ],
        "simulations": found.simulations,
    }  # fmt: skip


def _show(found: Calibration, path: Path, screen: Screen) -> None:
    screen.table(
        "What is known, and what the scenario gives",
        ("known", "range", "before", "calibrated", "+/-", ""),
        [(one.path, _range(one), _number(one, one.before), _number(one, one.after), _number(one, 2 * one.error),
          "reproduced" if one.reproduced else f"off by {_number(one, one.misfit)}") for one in found.facts],
        text=(0, 1, 5),
    )  # fmt: skip
    learned = [one for one in found.found if not one.stays_prior]
    screen.table(
        "What was learned",
        ("number", "before", "found", "90% range", "prior spread left"),
        [(one.unknown.path, *(_written(one.unknown.kind, value) for value in (one.before, one.value)),
          f"{_written(one.unknown.kind, one.low)} to {_written(one.unknown.kind, one.high)}", f"{one.left:.0%}")
         for one in learned],
    )  # fmt: skip
    stays = _stays(found)
    if stays:
        screen.show(
            f"The facts say next to nothing about {len(stays)} others, which keep their priors: {', '.join(stays)}"
        )
    screen.show(f"Wrote {path} ({found.simulations} simulated futures)")


def _stays(found: Calibration) -> list[str]:
    return [one.unknown.path for one in found.found if one.stays_prior]


def _written(kind: Any, value: float) -> str:
    """A value to three digits, in a unit of its kind."""
    from simulation.scenario.quantities import MONEY

    if kind is MONEY:
        return f"{value / 100:,.2f}"
    units = {text: size for text, size in kind.candidates if size > 0}
    name = next(iter(units), "")
    size = units.get(name, 1.0)
    return f"{value / size:.3g}{name}" if name.startswith("%") else f"{value / size:.3g} {name}".strip()


def _kind(one: Fact) -> Any:
    from simulation.scenario.schema.objective import KNOWN_MEASURES

    return KNOWN_MEASURES[one.path.rpartition(".")[2]]


def _number(one: Fact, value: float) -> str:
    return _written(_kind(one), value)


def _range(one: Fact) -> str:
    low, high = _number(one, one.low), _number(one, one.high)
    return low if one.low == one.high else f"{low} to {high}"

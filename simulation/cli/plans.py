"""The scenarios that a comparison names on the command line: whole files, and overlays laid over the base."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

from simulation.cli.screen import BadInput

if TYPE_CHECKING:
    from simulation.scenario import Scenario

__all__ = ["days_of", "load_plans"]


def load_plans(
    base: Path, alternatives: Sequence[Path], horizon: str = "", *, overlays: Sequence[Path] = ()
) -> dict[str, Scenario]:
    """Load the base, under the name "base", and its alternatives, each under the name of its file.

    Parameters
    ----------
    base
        A scenario.
    alternatives
        Files that extend a scenario or are one, and overlays, which are laid over the base.
    horizon
        Another horizon for all of them.
    overlays
        Laid over all of them in this order, below what an alternative itself lays over the base.

    Raises
    ------
    ScenarioError
        When a file is wrong.
    BadInput
        When two alternatives cannot be told apart.
    """
    import simulation as sim
    from simulation.scenario.files import stands_alone

    longer: list[Any] = [{"horizon": horizon}] if horizon else []
    plans = {"base": sim.load(base, overlays=[*overlays, *longer])}
    for path in alternatives:
        name = path.stem if path.stem not in plans else f"{path.resolve().parent.name}/{path.stem}"
        if name in plans:
            raise BadInput(f"{path} is named twice; name each alternative once")
        alone = stands_alone(path)
        file, over = (path, [*overlays]) if alone else (base, [*overlays, path])
        plans[name] = sim.load(file, overlays=[*over, *longer])
    return plans


def days_of(scenario: Scenario, spans: str) -> dict[str, int]:
    """Days from the start for spans such as "1 year, 30 months, 90 days", the shortest first.

    Raises
    ------
    BadInput
        For what is no span of whole months or days.
    """
    from simulation.scenario.errors import Misfit
    from simulation.scenario.schema.scenario import Horizon

    found: dict[str, int] = {}
    for text in filter(None, (one.strip() for one in spans.split(","))):
        try:
            end = Horizon.model_validate(text).end(scenario.start)
        except (Misfit, ValueError):
            raise BadInput(f"--at expects spans such as '1 year,30 months,90 days', not {text!r}") from None
        found[text] = (end - scenario.start).days
    if not found:
        raise BadInput("--at names no span; try --at '1 year,3 years'")
    return dict(sorted(found.items(), key=lambda item: item[1]))

"""The scenario that a request names, with the changes that its visitor made."""

from __future__ import annotations

from collections.abc import Mapping
from functools import lru_cache
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from simulation.experiment.store import Store
    from simulation.scenario import Scenario
    from simulation.scenario.book import Book

__all__ = ["book_of", "plan_of", "store_of"]


def plan_of(request: Mapping[str, Any]) -> Scenario:
    """The scenario of a request: `scenario` is the path of its file, `overlay` what is laid over it.

    Raises
    ------
    ScenarioError
        When they are wrong.
    """
    import simulation as sim

    overlay = request.get("overlay")
    return sim.load(request["scenario"], overlays=[overlay] if overlay else [])


def book_of(plan: Scenario, request: Mapping[str, Any]) -> Book | None:
    """Today's members of a scenario; None when it names none."""
    from simulation.runs import todays_members

    return todays_members(plan, quarantine=bool(request.get("quarantine")))


@lru_cache(maxsize=1)
def store_of() -> Store:
    """Where finished replications are kept: the store of the command line."""
    from simulation.experiment.store import Store

    return Store.default()

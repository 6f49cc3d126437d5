"""A scenario with something taken away, to see in paired futures what that does."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, Any

from simulation.scenario.errors import ScenarioError

if TYPE_CHECKING:
    from simulation.scenario import Scenario

__all__ = ["over_days", "without_intervention", "without_setbacks"]


def without_intervention(scenario: Scenario, name: str) -> Scenario:
    """The scenario without one of its interventions, and without what is assumed about it.

    Raises
    ------
    ValueError
        When there is no such intervention, or it is assumed jointly with something else.
    """
    if name not in scenario.interventions:
        raise ValueError(f"there is no intervention {name!r}; there are {', '.join(scenario.interventions)}")

    def change(tree: dict[str, Any]) -> None:
        tree["interventions"] = {key: one for key, one in tree["interventions"].items() if key != name}
        _forget(tree, f"interventions.{name}.")

    return _changed(scenario, change, f"without {name}")


def without_setbacks(scenario: Scenario) -> Scenario:
    """The scenario in which nobody meets a setback.

    Raises
    ------
    ValueError
        When setbacks are assumed jointly with something else.
    """

    def change(tree: dict[str, Any]) -> None:
        tree["segments"] = {
            name: {key: one for key, one in segment.items() if key != "setbacks"}
            for name, segment in tree["segments"].items()
        }
        for name in tree["segments"]:
            _forget(tree, f"segments.{name}.setbacks.")

    return _changed(scenario, change, "without setbacks")


def over_days(scenario: Scenario, days: int) -> Scenario:
    """The scenario up to a day only; as it is when it cannot be cut there."""
    if days >= scenario.days:
        return scenario

    def change(tree: dict[str, Any]) -> None:
        tree["horizon"] = f"{days} days"
        tree.pop("objectives", None)

    try:
        return _changed(scenario, change, f"over {days} days")
    except ValueError:
        return scenario


def _forget(tree: dict[str, Any], prefix: str) -> None:
    for part in ("assumptions", "known"):
        if part in tree:
            tree[part] = {key: one for key, one in tree[part].items() if not key.startswith(prefix)}
            if not tree[part]:
                del tree[part]


def _changed(scenario: Scenario, change: Callable[[dict[str, Any]], None], what: str) -> Scenario:
    from simulation.scenario.files import from_mapping

    tree = scenario.resolved()
    tree.pop("levers", None)  # they may name what is taken away, and nothing is bought here
    change(tree)
    try:
        return from_mapping(tree, folder=scenario.root, allow_outside=True)
    except ScenarioError as error:
        raise ValueError(f"{scenario.name} {what} is no scenario that can be run: {error}") from None

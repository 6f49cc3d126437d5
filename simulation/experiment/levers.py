"""From an allocation, so many steps of each lever, to the scenario that it buys."""

from __future__ import annotations

from typing import Any

from simulation.scenario import Scenario, ScenarioError, from_mapping
from simulation.scenario.assumptions import rounded
from simulation.scenario.errors import Misfit
from simulation.scenario.levers import OFF, values
from simulation.scenario.places import at_place, graft, put
from simulation.scenario.quantities import Quantity, parse, written
from simulation.scenario.schema import Lever
from simulation.scenario.units import MONTH

__all__ = ["Levels", "Levers"]

Levels = tuple[int, ...]
"""An allocation: steps of each lever, in the order of the scenario; 0 is nothing bought."""
Tree = dict[str, Any]
Path = tuple[str, ...]


class Levers:
    """The levers of a scenario, as a grid of whole steps.

    Parameters
    ----------
    scenario
        With at least one lever.

    Attributes
    ----------
    names : tuple of str
        The levers.
    tops : tuple of int
        The most steps of each.

    Raises
    ------
    ValueError
        When the scenario has no levers.
    """

    def __init__(self, scenario: Scenario) -> None:
        if not scenario.levers:
            raise ValueError("the scenario has no 'levers': nothing to spend a budget on")
        self.scenario = scenario
        self.names = tuple(scenario.levers)
        self._levers = tuple(scenario.levers.values())
        self._values = tuple(values(scenario, lever) for lever in self._levers)
        self._tree = scenario.resolved()
        self.tops = tuple(
            lever.hire.at_most if lever.hire else 1 if lever.switch else len(settings) - 1
            for lever, settings in zip(self._levers, self._values, strict=True)
        )

    @property
    def nothing(self) -> Levels:
        """Nothing bought."""
        return (0,) * len(self.names)

    @property
    def as_written(self) -> Levels | None:
        """The allocation that the scenario as written stands for; None when it is not on the grid."""
        digest = self.scenario.digest()
        levels: list[int] = []
        for lever, settings in zip(self._levers, self._values, strict=True):
            if lever.change is None:
                levels.append(1 if lever.switch else 0)
                continue
            here = at_place(self._tree, tuple(lever.change.path.split(".")))
            levels.append(next((place for place, value in enumerate(settings) if _says(here, value)), 0))
        found = tuple(levels)
        return found if self.scenario_at(found).digest() == digest else None

    def scenario_at(self, levels: Levels) -> Scenario:
        """The scenario that an allocation buys, without levers; as it is where the allocation changes nothing.

        Raises
        ------
        ScenarioError
            When its parts do not go together; every problem begins with the allocation.
        ValueError
            When a level is outside its lever.
        """
        tree, paths = self._changed(levels)
        if not paths:
            return self.scenario
        try:
            bought = {key: part for key, part in tree.items() if key != "levers"}
            return from_mapping(bought, folder=self.scenario.root, allow_outside=True)
        except ScenarioError as error:
            file = str(self.scenario.source_files[0]) if self.scenario.source_files else ""
            said = ", ".join(f"{name} = {text}" for name, text in self.written(levels).items())
            raise ScenarioError(
                type(one)(file, None, None, one.path, f"{one.message} (with the levers {said})")
                for one in error.problems
            ) from None

    def overlay(self, levels: Levels) -> Tree:
        """What an allocation changes, as an overlay on the scenario; what is bought is no lever any more."""
        tree, paths = self._changed(levels)
        found: Tree = {"levers": None} if paths else {}
        for path in paths:
            graft(found, self._tree, tree, path)
        return found

    def extra_cost(self, levels: Levels, days: float | None = None) -> float:
        """Cost of an allocation that the scenario does not count, in currency units.

        Parameters
        ----------
        levels
            The allocation.
        days
            Up to this day from the start; the whole horizon by default. A month is 365.25/12 days.
        """
        months = (self.scenario.days if days is None else days) / MONTH
        cents = sum(
            level * (lever.cost.one_off + months * lever.cost.per_month)
            for lever, level in zip(self._levers, levels, strict=True)
        )
        return cents / 100.0

    def written(self, levels: Levels) -> dict[str, str]:
        """What an allocation buys, in words, by lever."""
        return {
            name: self.setting(place, level) for place, (name, level) in enumerate(zip(self.names, levels, strict=True))
        }

    def setting(self, place: int, level: int) -> str:
        """A step of one lever in words: "2 people", "75%", "on"."""
        lever = self._levers[place]
        if lever.hire is not None:
            return "1 person" if level == 1 else f"{level} people"
        if lever.switch is not None:
            return "on" if level else "off"
        value = self._values[place][level]
        return str(written(value.kind, value.value))

    def what(self, place: int) -> str:
        """What a lever does, in words."""
        lever = self._levers[place]
        if lever.hire is not None:
            since = lever.hire.date or self.scenario.start
            return f"people for the team {lever.hire.team}, decided on {since}"
        return f"the intervention {lever.switch}" if lever.change is None else lever.change.path

    def _changed(self, levels: Levels) -> tuple[Tree, list[Path]]:
        """The scenario in full with an allocation bought, and the paths that it changed."""
        if len(levels) != len(self.tops) or any(
            not 0 <= level <= top for level, top in zip(levels, self.tops, strict=True)
        ):
            raise ValueError(f"levels from {self.nothing} to {self.tops} are possible, got {levels}")
        tree, paths = self._tree, list[Path]()
        for place, (lever, level) in enumerate(zip(self._levers, levels, strict=True)):
            for path, value in self._settings(place, lever, level, tree):
                if isinstance(value, Quantity) and _says(at_place(self._tree, path), value):
                    continue
                plain = written(value.kind, value.value) if isinstance(value, Quantity) else value
                tree = put(tree, path, plain)
                paths.append(path)
        return tree, paths

    def _settings(self, place: int, lever: Lever, level: int, tree: Tree) -> list[tuple[Path, Any]]:
        """What a step of a lever sets, by path."""
        if lever.hire is not None:
            if level == 0:
                return []
            path = ("teams", lever.hire.team, "hires")
            written_hire = self._tree["levers"][self.names[place]]["hire"]
            kept = {key: written_hire[key] for key in ("lead_time", "ramp") if key in written_hire}
            hire = {"date": lever.hire.date or self.scenario.start, "people": level, **kept}
            return [(path, [*at_place(tree, path), hire])]
        if lever.switch is not None:
            at = ("interventions", lever.switch)
            return [] if level else [((*at, *below.split(".")), value) for below, value in OFF.items()]
        assert lever.change is not None
        return [(tuple(lever.change.path.split(".")), self._values[place][level])]


def _says(here: Any, value: Quantity) -> bool:
    """Whether a number as it is written in the scenario is this value."""
    try:
        return here is not None and rounded(value.kind, parse(value.kind, here)) == value.value
    except Misfit:
        return False

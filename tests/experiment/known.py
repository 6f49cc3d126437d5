"""A scenario of three assumptions, and known functions of them in place of the simulation."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from types import SimpleNamespace
from typing import Any

import numpy as np

from simulation.experiment.question import Question
from simulation.experiment.sensitivity import Design, Sensitivity, analysed
from simulation.scenario import from_mapping

PI = 3.141592653589793


def scenario() -> Any:
    """Three assumptions, uniform between -pi and pi."""
    calls = {
        name: {"when": {"joined": "1 day"}, "effects": [{"renewal_lift": {"points": 0}}]}
        for name in ("one", "two", "three")
    }
    return from_mapping(
        {
            "name": "Ishigami",
            "start": "2027-01-01",
            "horizon": "6 months",
            "segments": {"only": {"desired_outcome": {"required": "works"}, "arr": 100}},
            "interventions": calls,
            "assumptions": {
                f"interventions.{name}.effects.0.renewal_lift.points": {"uniform": {"low": -PI, "high": PI}}
                for name in calls
            },
        }
    )


class Futures:
    """In place of the simulation: the assumption values of every setting, and its luck."""

    def __init__(self, settings: Any, plan: Any) -> None:
        self.assumption_values = settings.values([plan])
        self.luck = settings.luck
        self.points = settings.points().tolist()
        periods = [SimpleNamespace(label="early", end_day=90), SimpleNamespace(label="late", end_day=181)]
        self.frame = SimpleNamespace(start=date(2027, 1, 1), days=181, currency="USD", periods=periods)
        self.facts = SimpleNamespace(name="Ishigami", description="", digest="0" * 64)
        self.seed, self.version, self.replications = 1, "0", len(settings)


@dataclass(frozen=True)
class Known(Question):
    """A function of the three assumptions, plus luck of a standard deviation; constant in the first period."""

    function: Any = None
    luck: float = 0.0

    def read(self, forecast: Any) -> Any:
        draws = np.random.default_rng(1).standard_normal(forecast.luck.max() + 1)
        return self.function(*forecast.assumption_values.values()) + self.luck * draws[forecast.luck]

    def over_time(self, forecast: Any) -> Any:
        return np.column_stack([np.zeros(len(forecast.luck)), self.read(forecast)])

    def moment(self, forecast: Any) -> str:
        return "2027-07-01"


@dataclass(frozen=True)
class Chosen(Known):
    """Known functions of the options, found by their futures."""

    options: Any = None

    def read(self, forecast: Any) -> Any:
        draws = np.random.default_rng(1).standard_normal((3, forecast.luck.max() + 1))
        place, function = self.options[forecast.facts.name]
        return function(*forecast.assumption_values.values()) + self.luck * draws[place, forecast.luck]


def choose(options: Any, luck: float = 0.0, points: int = 64) -> Sensitivity:
    """Analyse a choice between known functions, each with luck of its own."""
    plan = scenario()
    design = Design.of([plan], points, seed=1)
    futures: Any = {}
    for name in options:
        futures[name] = Futures(design.settings, plan)
        futures[name].facts.name = name
    placed = {name: (place, function) for place, (name, function) in enumerate(options.items())}
    return analysed(dict.fromkeys(options, plan), design, futures, Chosen(options=placed, luck=luck), seed=1)


def analyse(function: Any, luck: float = 0.0, points: int = 2048) -> Sensitivity:
    """Analyse a known function as the measure of the scenario."""
    plan = scenario()
    design = Design.of([plan], points, seed=1)
    futures: Any = {"base": Futures(design.settings, plan)}
    return analysed({"base": plan}, design, futures, Known(function=function, luck=luck), seed=1)

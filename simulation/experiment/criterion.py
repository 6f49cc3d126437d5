"""What a budget is to maximise: a mean, the chance of an objective, or the mean of the worst futures.

Each is the mean of one score per future, so that plans are compared future by future whatever is maximised.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

import numpy as np

from simulation.forecast.beside import met
from simulation.forecast.facts import ScenarioFacts
from simulation.forecast.measures import MEASURES, measure_named
from simulation.forecast.statistics import Float

if TYPE_CHECKING:
    from simulation.forecast import Forecast
    from simulation.scenario import Scenario

__all__ = ["Criterion", "criterion_of"]

OBJECTIVES = "objectives."


@dataclass(frozen=True)
class Criterion:
    """What is maximised.

    Attributes
    ----------
    name
        The measure, or the objective.
    measure
        The measure whose values it is made of.
    tail
        Share of the worst futures whose mean counts; None for all of them.
    objective
        Facts of the objective whose chance counts; None for a mean.
    """

    name: str
    measure: str
    tail: float | None = None
    objective: dict[str, Any] | None = field(default=None, compare=False)

    @property
    def kind(self) -> str:
        """Return "mean", "chance" or "tail"."""
        return "chance" if self.objective is not None else "mean" if self.tail is None else "tail"

    @property
    def unit(self) -> str:
        """Unit of the score, as that of measures."""
        return "share" if self.objective is not None else measure_named(self.measure).unit

    @property
    def title(self) -> str:
        """What it is, in words."""
        if self.objective is not None:
            return f"Chance to meet {self.name}"
        title = measure_named(self.measure).title
        words = title if title.isupper() else title[0].lower() + title[1:]
        return f"Expected {words}" if self.tail is None else f"Mean {words} of the worst {self.tail:.0%} of futures"

    def values(self, forecast: Forecast, extra_cost: Callable[[float | None], float]) -> Float:
        """The measure in each future, [R].

        Parameters
        ----------
        forecast
            The futures.
        extra_cost
            Cost up to a day (None: the horizon) that the forecast does not know of; contribution is less by it.

        Raises
        ------
        ValueError
            When the measure is not defined in some future, and its mean is wanted.
        """
        day, where = None, {}
        if self.objective is not None:
            day = self.objective["day"]
            where = {key: self.objective[key] for key in ("segment", "milestone", "kind") if self.objective[key]}
        values = forecast.measure(self.measure, within=forecast.frame.days if day is None else day, **where)
        found = np.asarray(values.to_numpy(), np.float64)
        if self.objective is None and not np.isfinite(found).all():
            raise ValueError(f"{self.measure} is not defined in {int((~np.isfinite(found)).sum())} of the futures")
        sign = {"contribution": -1.0, "cost": 1.0}.get(self.measure, 0.0)
        return found + sign * extra_cost(day) if sign else found

    def threshold(self, values: Float) -> float:
        """Where the worst futures end: an order statistic of a sample. 0 where it is not needed."""
        if self.tail is None:
            return 0.0
        place = max(0, int(np.ceil(self.tail * len(values))) - 1)
        return float(np.sort(values)[place])

    def scores(self, values: Float, threshold: float) -> Float:
        """The scores of futures, [R], whose mean is maximised.

        Notes
        -----
        For the worst share a of futures the score is ``t - max(t - Y, 0) / a``: for any threshold t its mean is at
        most the mean of the worst share a, and equal to it at the a-quantile (Rockafellar & Uryasev 2000). With t
        taken from other futures it is therefore a careful estimate, and one that is an average over futures.
        """
        if self.objective is not None:
            return met(values, self.objective["at_least"], self.objective["at_most"]).astype(np.float64)
        if self.tail is None:
            return values
        worst: Float = threshold - np.maximum(threshold - values, 0.0) / self.tail
        return worst


def criterion_of(scenario: Scenario, maximise: str, tail: float | None = None) -> Criterion:
    """Read what to maximise: the name of a measure of which more is better, or of an objective of the scenario.

    Parameters
    ----------
    scenario
        With the objectives.
    maximise
        A measure, an objective, or ``objectives.<name>`` for an objective that is called like a measure.
    tail
        0 < tail < 1: the mean of this share of futures, the worst ones, instead of all.

    Raises
    ------
    ValueError
        When there is no such thing, with the nearest right name.
    """
    wishes = {one["name"]: one for one in ScenarioFacts.of(scenario).objectives}
    good = [name for name, one in MEASURES.items() if one.better > 0]
    if tail is not None and not 0.0 < tail < 1.0:
        raise ValueError(f"the share of the worst futures must be above 0 and below 1, got {tail}")
    wish = wishes.get(maximise.removeprefix(OBJECTIVES))
    if wish is not None and (maximise not in good or maximise.startswith(OBJECTIVES)):
        if tail is not None:
            raise ValueError("the chance of an objective counts all futures; the worst ones are for measures")
        return Criterion(wish["name"], wish["measure"], None, wish)
    if maximise in good:
        return Criterion(maximise, maximise, tail)
    if maximise in MEASURES:
        raise ValueError(f"more {MEASURES[maximise].title.lower()} is not better; maximise another measure")
    from simulation.forecast.selection import hint

    raise ValueError(f"there is no measure or objective {maximise!r} to maximise{hint(maximise, (*wishes, *good))}")

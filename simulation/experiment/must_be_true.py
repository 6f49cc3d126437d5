"""What must be true for an objective, how one would notice early that it is not, and where the plan fails."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np
import numpy.typing as npt

from simulation.experiment.conditions import Condition, Requirements, requirements
from simulation.experiment.discovery import Discovery, discover
from simulation.experiment.indicators import Indicator, Indicators
from simulation.forecast.beside import met
from simulation.forecast.selection import hint
from simulation.shown import Shown

if TYPE_CHECKING:
    from matplotlib.axes import Axes

    from simulation.forecast import Forecast
    from simulation.scenario import Scenario

__all__ = ["Evidence", "MustBeTrue", "must_be_true", "objective_met"]


@dataclass(frozen=True)
class Evidence:
    """What is known of an assumption.

    Attributes
    ----------
    path, kind
        Its path, and the kind of quantity.
    plan
        The number that the plan states at that path, as it is written; empty when it states none.
    low, middle, high
        P10, median and P90 of its draws, base units.
    source, evidence, owner, review_by, comment
        As the scenario states them.
    """

    path: str
    kind: str
    plan: str
    low: float
    middle: float
    high: float
    source: str | None
    evidence: str | None
    owner: str | None
    review_by: str | None
    comment: str | None


@dataclass(frozen=True, eq=False)
class MustBeTrue(Shown):
    """What must be true for an objective.

    Attributes
    ----------
    objective
        As in `ScenarioFacts.objectives`.
    forecast
        The futures.
    requirements
        Sets of conditions that suffice.
    indicators
        Leading indicator by condition, of all conditions of the sets (or of the best one); None where there is none.
    likely
        Share of the futures in which each of these conditions holds.
    evidence
        By path, for every assumption.
    discovery
        Where the plan fails.
    """

    objective: dict[str, Any]
    forecast: Forecast
    requirements: Requirements
    indicators: dict[Condition, Indicator | None]
    likely: dict[Condition, float]
    evidence: dict[str, Evidence]
    discovery: Discovery

    def plot(self, *, ax: Axes | None = None) -> Axes:
        """Draw the chance to meet the objective by the value of each assumption that a condition names.

        Parameters
        ----------
        ax
            Where to draw; by default on a new figure.
        """
        return self._drawn(ax)


def objective_met(forecast: Forecast, name: str) -> tuple[dict[str, Any], npt.NDArray[np.bool_]]:
    """The facts of an objective, and in which futures it is met: bool[R]; undefined values do not meet it.

    Raises
    ------
    ValueError
        When there is no such objective, with the nearest one.
    """
    known = {str(one["name"]): one for one in forecast.facts.objectives}
    if name not in known:
        raise ValueError(f"unknown objective {name!r}{hint(name, tuple(known))}")
    one = known[name]
    options: Any = {key: one[key] for key in ("segment", "milestone", "kind") if one[key] is not None}
    options |= {} if one["day"] is None else {"within": one["day"]}
    values = forecast.measure(one["measure"], **options).to_numpy()
    return one, np.asarray(met(values, one["at_least"], one["at_most"]), np.bool_)


def must_be_true(forecast: Forecast, scenario: Scenario, objective: str, probability: float = 0.8) -> MustBeTrue:
    """Find what must be true for an objective to be met with a probability.

    Parameters
    ----------
    forecast
        Futures of the scenario, best a thousand or more: half of them are held out to judge what the other half
        suggests.
    scenario
        Where the assumptions come from.
    objective
        Name of an objective of the scenario.
    probability
        Between 0 and 1.

    Returns
    -------
    MustBeTrue

    Raises
    ------
    ValueError
        When the objective is unknown, its measure makes no sense, the probability is not between 0 and 1, or the
        scenario states no assumptions.
    """
    if not forecast.has_assumptions:
        raise ValueError("the scenario states no assumptions, so there is nothing that could be true or not")
    one, hits = objective_met(forecast, objective)
    values, groups = forecast.assumption_values, np.asarray(forecast.points, np.int64)
    wanted = requirements(values, hits, groups, probability)
    sets = wanted.sets or (() if wanted.best is None else (wanted.best,))
    conditions = list(dict.fromkeys(each for found in sets for each in found.conditions))
    readings = Indicators(forecast, forecast.frame.days if one["day"] is None else int(one["day"]))
    holds = {each: each.holds(values) for each in conditions}
    return MustBeTrue(
        objective=one,
        forecast=forecast,
        requirements=wanted,
        indicators={each: readings.of(holds[each]) for each in conditions},
        likely={each: float(holds[each].mean()) for each in conditions},
        evidence=_evidence(forecast, scenario),
        discovery=discover(values, hits, groups),
    )


def _evidence(forecast: Forecast, scenario: Scenario) -> dict[str, Evidence]:
    from simulation.scenario.assumptions import value_at
    from simulation.scenario.draws import drawn_kinds

    kinds, plan = drawn_kinds(scenario), scenario.resolved()
    stated = {}
    for name, assumption in scenario.assumptions.items():
        for path in assumption.joint.paths if assumption.joint is not None else (name,):
            stated[path] = assumption
    found = {}
    for path, draws in forecast.assumption_values.items():
        one, written = stated[path], value_at(plan, path.split("."))
        written = written.get("value") if isinstance(written, dict) else written
        low, middle, high = (float(value) for value in np.quantile(draws, [0.1, 0.5, 0.9]))
        found[path] = Evidence(
            path=path,
            kind=kinds[path].name,
            plan="" if written is None or isinstance(written, dict) else str(written),
            low=low,
            middle=middle,
            high=high,
            source=one.source,
            evidence=one.evidence,
            owner=one.owner,
            review_by=None if one.review_by is None else one.review_by.isoformat(),
            comment=one.comment,
        )
    return found

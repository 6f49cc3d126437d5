"""What a delivery and a setback do to the milestones reached, in paired futures of the model."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

import numpy as np

from simulation.evidence.attribution.observed import DELIVERY, Observed, of_forecast
from simulation.evidence.variants import over_days, without_intervention, without_setbacks
from simulation.forecast.statistics import Float
from simulation.progress import Progress

if TYPE_CHECKING:
    from simulation.engine.ledger import Frame
    from simulation.scenario import Scenario
    from simulation.scenario.book import Book

__all__ = ["Responses", "responses"]


@dataclass(frozen=True, eq=False)
class Responses:
    """Members more that reach each milestone.

    Attributes
    ----------
    deliveries
        Intervention -> float64[M]: for each delivery of it to a member of the milestone's segment.
    setbacks
        "escalations" and "setbacks" -> float64[M]: for each one, of the milestone's segment; negative where they hold
        members back.
    team_of
        Intervention -> its team; None where no team is needed, so that nobody waits for it.
    futures
        Pairs of futures behind each number; 0: stated, not simulated.
    problems
        What could not be found, in sentences.
    """

    deliveries: Mapping[str, Float] = field(default_factory=dict)
    setbacks: Mapping[str, Float] = field(default_factory=dict)
    team_of: Mapping[str, str | None] = field(default_factory=dict)
    futures: int = 0
    problems: tuple[str, ...] = ()


def responses(
    scenario: Scenario,
    *,
    days: int,
    told: frozenset[str],
    book: Book | None = None,
    replications: int = 40,
    seed: int = 1,
    workers: int | None = None,
    progress: Progress | None = None,
) -> Responses:
    """Measure the responses by running the scenario without each intervention, and without setbacks.

    Parameters
    ----------
    scenario, book
        As forecast.
    days
        Up to this day.
    told
        Events of the history; where it tells nothing of interventions or setbacks, nothing is run.
    replications, seed, workers, progress
        As in `simulation.run`; the same futures with and without.

    Returns
    -------
    Responses
        The difference in members reaching each milestone, over the number of deliveries (escalations, setbacks) that
        make it; 0 where there is none. A mean effect: a first delivery may do more than a last one.
    """
    from simulation.runs import run

    whole = over_days(scenario, days)
    problems: list[str] = []
    others: dict[str, Scenario] = {}
    if "intervention" in told:
        for name in scenario.interventions:
            try:
                others[name] = without_intervention(whole, name)
            except ValueError as error:
                problems.append(str(error))
    if {"setback", "escalated"} & told and any(one.setbacks is not None for one in scenario.segments.values()):
        try:
            others[""] = without_setbacks(whole)
        except ValueError as error:
            problems.append(str(error))
    if not others:
        return Responses(team_of={name: one.team for name, one in scenario.interventions.items()})
    each = len(others) + 1

    def counted(place: int, one: Scenario) -> tuple[Observed, Frame]:
        def watch(done: int, total: int) -> None:
            if progress is not None:
                progress(place * total + done, each * total)

        forecast = run(one, replications=replications, seed=seed, workers=workers, book=book, progress=watch)
        return of_forecast(forecast, days), forecast.frame

    base, frame = counted(0, whole)
    segment = [frame.segments.index(key[0]) for key in frame.milestones]
    deliveries: dict[str, Float] = {}
    setbacks: dict[str, Float] = {}
    for place, (name, one) in enumerate(others.items(), 1):
        found, _ = counted(place, one)
        gain = (base.milestone("reached") - found.milestone("reached")).mean(axis=0)
        if name:
            number = base.deliveries[:, frame.interventions.index(name), :, DELIVERY.index("delivered")].mean(axis=0)
            deliveries[name] = _each(gain, number[segment])
        else:
            for kind in ("escalations", "setbacks"):
                setbacks[kind] = _each(gain, base.flow(kind).mean(axis=0)[segment])
    teams = {name: one.team for name, one in scenario.interventions.items()}
    return Responses(deliveries, setbacks, teams, replications, tuple(problems))


def _each(gain: Float, number: Float) -> Float:
    found: Float = np.where(number > 0, gain / np.where(number > 0, number, 1), 0.0)
    return found

"""The journey: how the members move through adoption, value and growth."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from simulation.app.jobs.job import Picture, Tell
from simulation.app.tasks.plan import plan_of
from simulation.app.tasks.refining import refined

if TYPE_CHECKING:
    from simulation.forecast import Forecast

__all__ = ["picture_of", "work"]


def work(request: Mapping[str, Any], tell: Tell) -> Picture:
    """Simulate the scenario of a request, and show how its members move."""
    return picture_of(refined(plan_of(request), request, tell, picture_of))


def picture_of(forecast: Forecast) -> dict[str, Any]:
    """What the page shows of a journey.

    Returns
    -------
    dict
        name, replications, periods (month, quarter or week), sentence; segments, each a key of `moves` (all of them
        together last, where there are several); stages: milestone -> its stage; and moves: segment -> the table of
        `Forecast.journey`, index what, name and moment, columns P10, P50, P90.
    """
    from simulation.report.fans import period_word
    from simulation.report.journey import movement

    table = forecast.journey()
    segments = list(dict.fromkeys(table.index.get_level_values("segment")))
    return {
        "name": forecast.facts.name,
        "replications": forecast.replications,
        "periods": period_word(forecast),
        "headline": movement(forecast),
        "segments": segments,
        "stages": {name: stage for _, name, stage, _ in forecast.frame.milestones},
        "moves": {one: table.xs(one, level="segment") for one in segments},
    }

"""The forecast: the first futures at once, then more and more of them, and a picture each time."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict
from typing import TYPE_CHECKING, Any

from simulation.app.jobs.job import Picture, Tell
from simulation.app.tasks.plan import book_of, plan_of
from simulation.app.tasks.refining import FIRST, refined

if TYPE_CHECKING:
    from simulation.forecast import Forecast

__all__ = ["FANS", "picture_of", "warm", "work"]

FANS = ("arr", "members", "new", "expansion", "churn", "contribution", "on_track_share", "renewal_rate")
"""Measures that are drawn over time."""


def work(request: Mapping[str, Any], tell: Tell) -> Picture:
    """Forecast the scenario of a request (`plan_of`): `replications` futures with `seed`."""
    from simulation.inputs import warnings_of

    plan, wanted = plan_of(request), int(request["replications"])
    noticed = {"warnings": warnings_of(plan, book_of(plan, request))}
    forecast = refined(plan, request, tell, lambda one: picture_of(one, wanted) | noticed)
    return picture_of(forecast, wanted) | {"warnings": [*noticed["warnings"], *forecast.warnings]}


def picture_of(forecast: Forecast, wanted: int) -> dict[str, Any]:
    """What the page shows of a forecast.

    Returns
    -------
    dict
        name, currency, periods (month, quarter or week), replications, wanted; headline and tiles as
        `report.answer.answer` writes them, its caution in notices; objectives, a list of `report.answer.Wish`, and
        figures, a list of `report.keyfigures.KeyFigure`, as mappings; and bands: measure -> segment ("" for all) ->
        table of `forecast.courses.bands`. What is not counted by segment, such as contribution, has all alone.
    """
    from simulation.forecast.courses import bands
    from simulation.forecast.measures import measure_named
    from simulation.report.answer import answer, wishes
    from simulation.report.fans import period_word
    from simulation.report.keyfigures import key_figures

    said = answer(forecast)
    segments = forecast.frame.segments
    whole: dict[str, Any] = {"": {}}
    parts = whole | ({one: {"segment": one} for one in segments} if len(segments) > 1 else {})
    of = {one: parts if "segment" in measure_named(one).filters else whole for one in FANS}
    return {
        "name": forecast.facts.name,
        "currency": forecast.frame.currency,
        "periods": period_word(forecast),
        "replications": forecast.replications,
        "wanted": wanted,
        "headline": said.headline,
        "tiles": [asdict(one) for one in said.tiles],
        "notices": [said.caution] if said.caution else [],
        "objectives": [asdict(one) for one in wishes(forecast)],
        "figures": [asdict(one) for one in key_figures(forecast)],
        "bands": {
            measure: {part: bands(forecast, measure, **where) for part, where in of[measure].items()}
            for measure in FANS
        },
    }


def warm() -> None:
    """Load everything that a first forecast needs: the compiled engine above all."""
    import simulation as sim
    from simulation.scenario import from_mapping

    tiny = {
        "name": "warm",
        "start": "2027-01-01",
        "horizon": "2 months",
        "segments": {
            "all": {
                "desired_outcome": {"required": "warm"},
                "arr": 100,
                "arrivals": {"per_month": 5},
                "journey": {"first": {"stage": "adoption", "after": "2 months"}},
                "renewal": {"probability": "90%"},
            }
        },
    }
    picture_of(sim.run(from_mapping(tiny), replications=FIRST), FIRST)

"""The figures that a planner asks for first, as P10, P50 and P90, each with its window named."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import timedelta
from typing import TYPE_CHECKING, Any

import numpy as np

from simulation.forecast.measures import measure_named
from simulation.forecast.statistics import Float, percentiles, ratio
from simulation.report.words import at_end, end_of, name

if TYPE_CHECKING:
    from simulation.forecast import Forecast

__all__ = ["RATES", "KeyFigure", "figure_of", "key_figures", "last_year"]

ALWAYS = frozenset({"members", "arr", "new", "expansion", "churn", "cost", "contribution", "revenue"})
"""Shown even when they are zero in every future."""
RATES = ("nrr", "grr", "logo_churn", "renewal_rate", "first_renewal_rate")
"""Rates of a window, which they name: over twelve months they are others than over the whole horizon."""


@dataclass(frozen=True)
class KeyFigure:
    """One figure over the futures.

    Attributes
    ----------
    group, label
        Heading that names the window, and words for the measure.
    unit
        Unit of the measures.
    low, middle, high
        P10, P50 and P90; NaN when it is defined in no future.
    mean
        Mean over the futures in which it is defined.
    futures
        In how many futures it is defined.
    same
        Whether it is equal in all of these.
    name
        Key for files: the measure, or "measure: part".
    """

    group: str
    label: str
    unit: str
    low: float
    middle: float
    high: float
    mean: float
    futures: int
    same: bool
    name: str


def figure_of(values: Float, unit: str, label: str = "", group: str = "", key: str = "") -> KeyFigure:
    """Describe the futures [replication] of one measure."""
    values = np.asarray(values, np.float64)
    known = values[~np.isnan(values)]
    low, middle, high = (float(one) for one in percentiles(values[:, None], (10, 50, 90))[:, 0])
    mean = float(known.mean()) if len(known) else float("nan")
    same = len(known) > 0 and bool((known == known[0]).all())
    return KeyFigure(group, label, unit, low, middle, high, mean, len(known), same, key)


def last_year(forecast: Forecast) -> str | None:
    """Name of the window of the last twelve months, where the horizon is longer than that."""
    wanted = f"T12:{forecast.frame.periods[-1].label}"
    found = [one for one in forecast.frame.windows if one.name == wanted and one.start_day > 0]
    return found[0].name if found else None


def key_figures(forecast: Forecast) -> list[KeyFigure]:
    """Return the key figures; flows that are zero in every future are left out, but for the main ones."""
    frame = forecast.frame
    end = frame.start + timedelta(days=frame.days)
    whole = f"from the start to {end_of(end)}"
    parts = [
        *_stocks(forecast, at_end(end)[0].upper() + at_end(end)[1:]),
        *_flows(forecast, whole[0].upper() + whole[1:]),
    ]
    parts += [*_rates(forecast, f"Rates, {whole}"), *_teams(forecast, f"Teams, {whole}")]
    return [*parts, *_money(forecast, f"Money, {whole}")]


def _one(forecast: Forecast, group: str, measure: str, label: str = "", **where: Any) -> KeyFigure:
    what = measure_named(measure)
    part = next((str(where[key]) for key in ("kind", "team") if key in where), "")
    key = f"{measure}: {part}" if part else measure
    values = forecast.measure(measure, **where).to_numpy()
    return figure_of(values, what.unit, label or what.title, group, key)


def _some(forecast: Forecast, group: str, measures: dict[str, str]) -> Iterator[KeyFigure]:
    for measure, label in measures.items():
        one = _one(forecast, group, measure, label)
        if measure in ALWAYS or one.mean != 0:
            yield one


def _stocks(forecast: Forecast, group: str) -> Iterator[KeyFigure]:
    stocks = {"members": "", "arr": "", "on_track_share": "", "journey_complete": "", "in_grace": ""}
    yield from _some(forecast, group, stocks)


def _flows(forecast: Forecast, group: str) -> Iterator[KeyFigure]:
    yield from _some(
        forecast,
        group,
        {"joined": "Members joined", "referred": "", "left": "", "returned": "", "new": "", "returned_arr": ""},
    )
    yield _one(forecast, group, "expansion")
    kinds = {kind for _, _, _, kind in forecast.frame.milestones if kind is not None}
    kinds |= {"intervention"} if forecast.frame.interventions else set()
    for kind in sorted(kinds):
        one = _one(forecast, group, "expansion", f"… by {name(kind)}", kind=kind)
        if kind != "intervention" or one.mean:
            yield one
    yield from _some(forecast, group, {"uplift": "", "contraction": "", "churn": ""})


def _rates(forecast: Forecast, group: str) -> Iterator[KeyFigure]:
    year = last_year(forecast)
    rates = {one: measure_named(one).title for one in RATES}
    if year is not None:
        for measure, title in rates.items():
            yield _one(forecast, "Rates, over the last 12 months", measure, f"{title}, last 12 months", window=year)
    for measure, title in rates.items():
        yield _one(forecast, group, measure, title if year is None else f"{title}, whole horizon")
    if any(kind for _, _, _, kind in forecast.frame.milestones):
        yield _one(forecast, group, "take_rate")
    expansion, new = (forecast.measure(one).to_numpy() for one in ("expansion", "new"))
    if expansion.any():
        label = "Expansion's part of new ARR and expansion"
        yield figure_of(ratio(expansion, expansion + new), "share", label, group, "expansion_share")
    yield _one(forecast, group, "quick_ratio", "Quick ratio: (new + expansion) / (churn + contraction)")


def _teams(forecast: Forecast, group: str) -> Iterator[KeyFigure]:
    for team in forecast.frame.teams:
        for measure, words in (("utilisation", "use"), ("wait", "mean wait"), ("hours", "hours of work")):
            one = _one(forecast, group, measure, f"{name(team)}: {words}", team=team)
            if one.futures and (one.mean or measure != "hours"):
                yield one


def _money(forecast: Forecast, group: str) -> Iterator[KeyFigure]:
    labels = {"revenue": "", "fees": "", "intervention_cost": "", "team_cost": "", "cost": "", "contribution": ""}
    yield from _some(forecast, group, labels)

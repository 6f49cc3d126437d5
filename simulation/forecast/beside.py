"""What was stated or wished, beside what the simulation gives: stated rates, and objectives."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import numpy as np
import pandas as pd

from simulation.engine.ledger import Frame
from simulation.forecast.facts import ScenarioFacts
from simulation.forecast.futures import Futures, headings
from simulation.forecast.measures import measure_named
from simulation.forecast.selection import Selection
from simulation.forecast.spans import spans_of
from simulation.forecast.stated import FIRST_VALUE, MONTH_DAYS, Stated
from simulation.forecast.statistics import Float, Probability, proportion
from simulation.forecast.tables import first_value

POOLED = frozenset({"renewal_rate", "first_renewal_rate", "take_rate"})
"""Rates of counts: the sums over all futures are divided."""
COLUMNS = [
    "segment", "quantity", "stated", "stated_low", "stated_high", "source",
    "simulated", "low", "high", "outcomes", "unit", "note",
]  # fmt: skip


def stated_beside_simulated(futures: Futures, facts: ScenarioFacts, assumptions: dict[str, Float]) -> pd.DataFrame:
    """Stated beside simulated rates; see `Forecast.stated_beside_simulated`."""
    rows = []
    for one in facts.stated:
        value, low, high, note = one.value, one.low, one.high, one.note
        draws = assumptions.get(one.path)
        if draws is not None and len(draws):
            value = float(np.mean(draws))
            low, high = (float(limit) for limit in np.quantile(draws, [0.1, 0.9]))
            note = "assumed: the mean of the values that were tried, and the range that holds 80% of them"
        simulated, remark = _simulated(futures, one)
        note = "; ".join(part for part in (note, remark) if part)
        rows.append(
            (
                one.segment or "all",
                one.quantity,
                value,
                low,
                high,
                one.source,
                simulated.value,
                simulated.low,
                simulated.high,
                simulated.futures,
                one.unit,
                note,
            )
        )
    numbers = ["stated", "stated_low", "stated_high", "simulated", "low", "high"]
    return pd.DataFrame(rows, columns=COLUMNS).astype(dict.fromkeys(numbers, float))


def _simulated(futures: Futures, one: Stated) -> tuple[Probability, str]:
    """Return the simulated value with its interval and number of outcomes, and a remark."""
    if one.measure == FIRST_VALUE:
        return _median_months(futures, one.segment)
    frame = futures.counts.frame
    selection = Selection(segment=one.segment, milestone=one.milestone)
    if one.measure in POOLED:
        return futures.rate(one.measure, spans_of(frame), selection), ""
    spans, remark = spans_of(frame), "over the horizon"
    year = _first_year(frame)
    if measure_named(one.measure).nature != "stock" and year is not None:
        spans, remark = spans_of(frame, window=year), "over the first 12 months"
    column = futures.describe(futures.values(one.measure, spans, selection), ())
    mean, low, high = (float(column[name][0]) for name in ("mean", "low", "high"))
    return Probability(mean, low, high, int(column["futures"][0])), remark


def _first_year(frame: Frame) -> str | None:
    years = [one.name for one in frame.windows if one.start_day == 0 and 365 <= one.end_day <= 366]
    return years[0] if years else None


def _median_months(futures: Futures, segment: str | None) -> tuple[Probability, str]:
    """Median time to the end of adoption of joiners, months, by straight lines between the counted days."""
    table = first_value(futures)
    known = table.index.get_level_values("segment")
    name = segment if segment in known else known[-1]  # "all" comes last; the only segment is all
    part = table.loc[name]
    part = part[part["observed"] > 0]
    outcomes = round(float(part["observed"].max()) * len(futures.points)) if len(part) else 0
    days = np.concatenate([[0.0], part.index.to_numpy(np.float64)])
    middle, slow, fast = (_crossing(days, part[column].to_numpy(np.float64)) for column in ("share", "low", "high"))
    remark = "simulated: when half of the joiners have completed adoption, read between days 30, 60, 90, 180 and 365"
    if np.isnan(middle):
        remark = "simulated: fewer than half of the joiners complete adoption within 365 days"
    return Probability(middle, fast, slow, outcomes), remark


def _crossing(days: Float, shares: Float) -> float:
    """Months at which the share first reaches one half; NaN when it does not."""
    rising = np.maximum.accumulate(np.concatenate([[0.0], shares]))
    after = np.nonzero(rising >= 0.5)[0]
    if len(after) == 0:
        return float("nan")
    place = int(after[0])
    part = (0.5 - rising[place - 1]) / (rising[place] - rising[place - 1])
    return float(days[place - 1] + part * (days[place] - days[place - 1])) / MONTH_DAYS


def objectives(futures: Futures, facts: ScenarioFacts, wanted: tuple[float, ...]) -> pd.DataFrame:
    """Objectives with their probabilities; see `Forecast.objectives`."""
    rows = [_objective(futures, one, wanted) for one in facts.objectives]
    names = [
        "objective",
        "measure",
        "selection",
        "until",
        "at_least",
        "at_most",
        "probability",
        "low",
        "high",
    ]
    names += ["mean", *headings(wanted), "futures", "note"]
    return pd.DataFrame(rows, columns=names).set_index("objective")


def _objective(futures: Futures, one: dict[str, Any], wanted: tuple[float, ...]) -> dict[str, Any]:
    frame = futures.counts.frame
    chosen = {key: one[key] for key in ("segment", "milestone", "kind") if one[key] is not None}
    day = frame.days if one["day"] is None else one["day"]
    row: dict[str, Any] = {
        "objective": one["name"],
        "measure": one["measure"],
        "selection": ", ".join(chosen.values()),
        "until": frame.start + timedelta(days=day),
        "at_least": np.nan if one["at_least"] is None else one["at_least"],
        "at_most": np.nan if one["at_most"] is None else one["at_most"],
        "futures": 0,
        "note": "",
    }
    try:
        spans = spans_of(frame, within=day)
        values = futures.values(one["measure"], spans, Selection(**chosen))
    except ValueError as problem:  # an objective that makes no sense must not cost the whole report
        return {**row, "note": str(problem)}
    chance = proportion(values[:, 0], met(values[:, 0], one["at_least"], one["at_most"]), futures.groups)
    column = futures.describe(values, wanted)
    numbers = {name: float(column[name][0]) for name in ("mean", *headings(wanted))}
    shares = {"probability": chance.value, "low": chance.low, "high": chance.high}
    return {**row, **shares, **numbers, "futures": chance.futures}


def met(values: Float, at_least: float | None, at_most: float | None) -> np.ndarray[Any, np.dtype[np.bool_]]:
    """Whether each value lies within the targets, limits included; NaN never does."""
    within = ~np.isnan(values)
    if at_least is not None:
        within &= values >= at_least
    if at_most is not None:
        within &= values <= at_most
    return within

"""Futures of the baselines: what a forecaster without the model would have said, from the same past."""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING

import numpy as np
import numpy.typing as npt

from simulation.evidence.backtest.baselines.contracts import MODELS
from simulation.evidence.backtest.baselines.members import Arriving, Present, contract_members, returning_members
from simulation.evidence.backtest.baselines.series import ets, last_value, seasonal_naive
from simulation.evidence.backtest.casts import BASELINES
from simulation.evidence.backtest.observed import observed
from simulation.evidence.backtest.spells import Spells, next_months, spells_of

if TYPE_CHECKING:
    from simulation.evidence.history import History
    from simulation.scenario import Scenario

__all__ = ["by_series", "days_before", "rivals_of"]

Float = npt.NDArray[np.float64]
Method = Callable[[], Float]
FUTURES = 400
"""Futures of a baseline."""


def days_before(past: History, origin: dt.date, step: int) -> list[dt.date]:
    """Days a step apart from the first whole step of a history to the origin."""
    days = [origin]
    assert past.begins is not None
    while next_months(days[-1], -step) >= past.begins.replace(day=1):
        days.append(next_months(days[-1], -step))
    return days[::-1]


def by_series(series: Float, step: int, steps: int, rng: np.random.Generator) -> dict[str, Method]:
    """Baselines that carry on a series of steps; one raises ValueError when the series is too short for it."""
    season = 12 // step
    methods: dict[str, Method] = {
        "last_value": lambda: last_value(series, steps, FUTURES, rng),
        "ets": lambda: ets(series, steps, max(season, 1), FUTURES, rng),
    }
    if season > 1:
        methods["seasonal_naive"] = lambda: seasonal_naive(series, steps, season, FUTURES, rng)
    return methods


def rivals_of(
    past: History,
    scenario: Scenario,
    origin: dt.date,
    step: int,
    steps: int,
    measures: Sequence[str],
    rng: np.random.Generator,
    missing: dict[tuple[str, str], str],
) -> dict[str, dict[str, Float]]:
    """Futures of every baseline by measure; why one gives nothing goes into `missing`."""
    days = days_before(past, origin, step)
    before = observed(past, days, measures).values if len(days) > 1 else {one: np.zeros(0) for one in measures}
    found: dict[str, dict[str, Float]] = {name: {} for name in BASELINES}
    for measure in measures:
        for name, method in by_series(before[measure], step, steps, rng).items():
            _try(found, missing, name, measure, method)
    spells = spells_of(past, {name: one.term for name, one in scenario.segments.items()}, origin)
    present, arriving = _present(spells, origin), _arriving(spells, past, origin)
    for name in MODELS:
        try:
            futures = contract_members(name, spells.risk_table(), present, arriving, steps, step, FUTURES, rng)
        except ValueError as error:
            missing[name, "members"] = str(error)
            continue
        found[name] = {measure: values for measure, values in futures.items() if measure in measures}
    _try(found, missing, "bgbb", "members", lambda: _bgbb(spells, arriving, step, steps, rng))
    return found


def _try(
    found: dict[str, dict[str, Float]],
    missing: dict[tuple[str, str], str],
    name: str,
    measure: str,
    method: Callable[[], Float],
) -> None:
    try:
        found[name][measure] = method()
    except ValueError as error:
        missing[name, measure] = str(error)


def _bgbb(spells: Spells, arriving: Arriving, step: int, steps: int, rng: np.random.Generator) -> Float:
    if (spells.term != step).any():
        raise ValueError(f"needs steps of one term, and terms are {', '.join(map(str, np.unique(spells.term)))} months")
    return returning_members(spells.taken().grouped(), arriving, steps, FUTURES // 2, rng)


def _present(spells: Spells, origin: dt.date) -> Present:
    """Members of the origin in groups."""
    here = spells.of(spells.here)
    won, due = spells.next_due()
    months = (due.astype("M8[M]") - np.datetime64(origin, "M")).astype(np.int64)
    rows, members = np.unique(np.stack([won, np.maximum(months, 0), here.term], axis=1), axis=0, return_counts=True)
    return Present(rows[:, 0], rows[:, 1], rows[:, 2], members.astype(np.int64))


def _arriving(spells: Spells, past: History, origin: dt.date) -> Arriving:
    """Who joined in up to three years before the origin; all joining in the first month is a cohort, not a rate."""
    assert past.begins is not None
    end, first = np.datetime64(origin, "M"), np.datetime64(past.begins, "M")
    months = min(36, int((end - first).astype(int)) - 1)
    came = spells.begin[spells.first & (spells.begun & (spells.seen == spells.begin))].astype("M8[M]")
    joined = int(((came >= end - months) & (came > first)).sum())
    return Arriving(joined, float(months), int(np.median(spells.term)) if len(spells) else 12)

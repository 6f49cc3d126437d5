"""New members of a history: how many join a month, and what they pay."""

from __future__ import annotations

import datetime as dt
import math
from collections.abc import Sequence
from typing import TYPE_CHECKING

import numpy as np
import numpy.typing as npt

from simulation.evidence.backtest.fitters import DRAWS, Draft
from simulation.evidence.backtest.rates import LEAST, QUARTER, carry_on
from simulation.evidence.backtest.spells import Spells
from simulation.evidence.history import CODE

if TYPE_CHECKING:
    from simulation.evidence.history import History

__all__ = ["amounts", "arrivals"]

Float = npt.NDArray[np.float64]
FEW, YEAR = 20, 12
"""Fewer amounts than this do not say how much they scatter."""
SURE = 1e-4
MOST = 120
"""Months before the origin that are looked at."""


def arrivals(
    draft: Draft, name: str, season: Sequence[float], past: History, spells: Spells, origin: dt.date, months: int
) -> None:
    """New members per month: level, growth and season by the quarters before the origin, as uncertain as they are.

    `season` is what the scenario states, by calendar month; the past can change its quarters.
    """
    end = np.datetime64(origin, "M")
    first = spells.seen.min().astype("M8[M]")
    known = int(min(MOST, (end - first).astype(int) - 1))
    place = f"segments.{name}.arrivals"
    if known < 1:
        draft.notes.append(f"{name}: less than two months are past; arrivals stay as in the scenario.")
        return
    came = spells.begin[spells.first & (spells.begun & (spells.seen == spells.begin))].astype("M8[M]")
    # Those of the first month are a cohort with which the record begins, not a rate.
    ago = (end - 1 - came).astype(np.int64)[(came >= end - known) & (came > first)]
    count = np.bincount(ago, minlength=known)[::-1].astype(np.float64)
    node = draft.tree["segments"][name]["arrivals"]
    node["growth"] = "0% per year"
    if count.sum() == 0:
        node["per_month"] = 0
        draft.notes.append(f"{name}: nobody joined in the {known} months before {origin}; so none is expected.")
        return
    if known >= 2 * YEAR and len(np.unique(np.flatnonzero(count) % YEAR)) == 1:
        _by_years(draft, name, count, origin)
        return
    stated = np.asarray(season, np.float64)
    stated = stated / stated.mean() if stated.mean() > SURE else np.ones(12)
    node["season"] = [float(f"{one:.5g}") for one in stated]
    stated = np.roll(stated, 1 - origin.month)  # from the origin
    quarters = known // QUARTER
    by_quarter = count[known - quarters * QUARTER :].reshape(-1, QUARTER).sum(axis=1)
    if quarters < 2 or by_quarter.mean() < LEAST:
        scatter = _scatter(count)
        draws = draft.rng.gamma((count.sum() + 0.5) / scatter, scatter / known, DRAWS)
        draft.set(f"{place}.per_month", draws)
        draft.notes.append(f"{name}: {count.mean():,.1f} a month joined in the {known} months before {origin}.")
        return
    usual = np.maximum(stated.reshape(4, QUARTER).mean(axis=1), SURE)
    exposure = QUARTER * usual[np.arange(-quarters, 0) % 4]
    rate = carry_on(by_quarter, exposure, max(1, -(-months // QUARTER)), DRAWS, draft.rng)
    by_month = np.roll(stated * np.repeat(rate.season, QUARTER), origin.month - 1)
    node["season"] = [float(f"{one:.5g}") for one in by_month]
    node["growth"] = f"{100 * rate.growth.mean():.6f}% per year"
    draft.draws[f"{place}.growth"] = rate.growth
    draft.set(f"{place}.per_month", rate.start)
    draft.notes.append(
        f"{name}: by {quarters} quarters before {origin}, {rate.start.mean():,.1f} a month should join at first, "
        f"and {rate.growth.mean():+.0%} a year; by quarter {', '.join(f'{one:.0%}' for one in rate.season)} of that."
    )


def _by_years(draft: Draft, name: str, count: Float, origin: dt.date) -> None:
    """Cohorts that all join in the same month of the year: a level, as far off as the years were from each other."""
    node, place = draft.tree["segments"][name]["arrivals"], f"segments.{name}.arrivals.per_month"
    years = len(count) // YEAR
    came = count[len(count) - years * YEAR :].reshape(-1, YEAR)
    by_year, month = came.sum(axis=1), int(came.sum(axis=0).argmax())
    node["season"] = [0.0] * YEAR
    node["season"][(origin.month - 1 + month) % YEAR] = float(YEAR)
    mean = by_year.mean()
    extra = max(float(by_year.var(ddof=1)) - mean, 0.0) / mean**2  # beyond luck
    level = draft.rng.gamma(by_year.sum() + 0.5, 1 / (years * YEAR), DRAWS)
    if extra > SURE:
        # A coming year differs as past ones did, and their mean is as uncertain as their number lets it be.
        sigma = math.sqrt(math.log1p(extra) * (1 + 1 / years))
        level *= np.exp(sigma * draft.rng.standard_normal(DRAWS) - sigma**2 / 2)
    draft.set(place, level)
    draft.notes.append(f"{name}: {mean:,.0f} a year joined in the {years} years before {origin}, all in one month.")


def _scatter(count: Float) -> float:
    """Variance of monthly counts over their mean, at least 1."""
    return max(1.0, float(count.var(ddof=1) / count.mean())) if len(count) > 2 else 1.0


def amounts(draft: Draft, name: str, past: History, origin: dt.date, recent: int) -> None:
    """ARR of new members: lognormal, by the amounts of those who joined."""
    frame, since = past.frame, np.datetime64(origin, "M") - recent
    rows = (past.codes == CODE["joined"]) & (frame["date"].to_numpy() >= since.astype("M8[us]"))
    if "segment" in frame and len(frame["segment"].cat.categories) > 1:
        rows &= (frame["segment"] == name).to_numpy()
    value = frame["value"].to_numpy()[rows]
    value = value[value > 0]
    if not len(value):
        return
    logs = np.log(value)
    if len(value) < FEW or np.ptp(logs) < 1e-9:
        draft.tree["segments"][name]["arr"] = float(round(float(np.exp(logs.mean())), 2))
        return
    spread = float(logs.std(ddof=1))
    draft.tree["segments"][name]["arr"] = {"lognormal": {"median": 1.0, "spread": float(f"{spread:.6g}")}}
    median = np.exp(logs.mean() + spread / math.sqrt(len(logs)) * draft.rng.standard_normal(DRAWS))
    draft.set(f"segments.{name}.arr.lognormal.median", median)

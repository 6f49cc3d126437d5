"""New members of a history: how many join a month, and what they pay."""

from __future__ import annotations

import datetime as dt
import math
from typing import TYPE_CHECKING

import numpy as np
import numpy.typing as npt

from simulation.evidence.backtest.fitters import DRAWS, Draft
from simulation.evidence.backtest.spells import Spells
from simulation.evidence.history import CODE

if TYPE_CHECKING:
    from simulation.evidence.history import History

__all__ = ["amounts", "arrivals"]

Float = npt.NDArray[np.float64]
FEW = 20
"""Fewer amounts than this do not say how much they scatter."""
SURE = 1e-4


def arrivals(draft: Draft, name: str, past: History, spells: Spells, origin: dt.date, recent: int) -> None:
    """New members per month: the mean of the months before the origin, as uncertain as they scatter."""
    end = np.datetime64(origin, "M")
    first = np.datetime64(past.first_day or origin, "M")
    months = int(min(recent, (end - first).astype(int) - 1))
    place = f"segments.{name}.arrivals"
    if months < 1:
        draft.notes.append(f"{name}: less than two months are past; arrivals stay as in the scenario.")
        return
    came = spells.begin[spells.first & spells.begun].astype("M8[M]")
    # Those of the first month are a cohort with which the record begins, not a rate.
    count = np.bincount((end - 1 - came).astype(np.int64)[(came >= end - months) & (came > first)], minlength=months)
    total = int(count[:months].sum())
    node = draft.tree["segments"][name]["arrivals"]
    node["growth"] = "0% per year"
    if total == 0:
        node["per_month"] = 0
        draft.notes.append(f"{name}: nobody joined in the {months} months before {origin}; so none is expected.")
        return
    scatter = _scatter(count[:months].astype(np.float64))
    draws = draft.rng.gamma((total + 0.5) / scatter, scatter / months, DRAWS)
    season = np.asarray(node.get("season", [1.0] * 12), np.float64)
    draft.set(f"{place}.per_month", draws / max(season.mean(), SURE))
    draft.notes.append(f"{name}: {total / months:,.1f} a month joined in the {months} months before {origin}.")


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

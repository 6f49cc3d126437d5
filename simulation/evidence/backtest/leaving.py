"""Leaving during a term, and coming back after it: hazards, as uncertain as the past scatters."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

from simulation.evidence.backtest.fitters import DRAWS, Draft
from simulation.evidence.backtest.spells import Spells

__all__ = ["coming_back", "leaving"]

SURE = 1e-4


def leaving(draft: Draft, name: str, spells: Spells, early: npt.NDArray[np.bool_]) -> None:
    """A hazard of leaving during the term: leavings over member-years, by calendar quarter for their scatter."""
    until = np.datetime64(spells.until, "D")
    end = np.where(spells.here, until, spells.end)
    quarters = np.arange(spells.begin.min().astype("M8[M]"), until.astype("M8[M]") + 1, 3).astype("M8[D]")
    exposure, left = [], []
    for low, high in zip(quarters[:-1], quarters[1:], strict=True):
        time = np.clip((np.minimum(end, high) - np.maximum(spells.begin, low)).astype(np.float64), 0, None).sum()
        exposure.append(time / 365.25)
        left.append(int((early & (spells.end >= low) & (spells.end < high)).sum()))
    years, lost = np.array(exposure[-12:]), np.array(left[-12:], np.float64)
    if years.sum() <= 0 or lost.sum() == 0:
        return
    rate = lost.sum() / years.sum()
    scatter = max(1.0, float((((lost - rate * years) ** 2) / np.maximum(rate * years, SURE)).mean()))
    draws = draft.rng.gamma((lost.sum() + 0.5) / scatter, scatter / years.sum(), DRAWS)
    draft.tree["segments"][name]["mid_term_churn"] = {"rate": "1 per year"}
    draft.set(f"segments.{name}.mid_term_churn.rate", draws, "per year")
    draft.notes.append(
        f"{name}: {lost.sum():,.0f} left during a term in the last {3 * len(years)} months, {rate:.1%} a year."
    )


def coming_back(draft: Draft, name: str, spells: Spells) -> None:
    """A hazard of returning, of those who leave from now on."""
    until = np.datetime64(spells.until, "D")
    order = spells.member[1:] == spells.member[:-1]
    away = np.where(order, spells.begin[1:] - spells.end[:-1], until - spells.end[:-1]).astype(np.float64)
    away = away[~np.isnat(spells.end[:-1])]
    years, back = np.clip(away, 0, None).sum() / 365.25, int(order.sum())
    draws = draft.rng.gamma(back + 0.5, 1 / max(years, SURE), DRAWS)
    draft.tree["segments"][name]["win_back"] = {"rate": "1 per year"}
    draft.set(f"segments.{name}.win_back.rate", draws, "per year")
    draft.notes.append(
        f"{name}: {back:,} came back in {years:,.0f} years of absence; who left before the origin stays away."
    )

"""Leaving during a term, and coming back after it: hazards, as uncertain as the past scatters."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import numpy.typing as npt

from simulation.evidence.backtest.fitters import DRAWS, Draft
from simulation.evidence.backtest.rates import LEAST, QUARTER, Rate, carry_on
from simulation.evidence.backtest.spells import Spells

if TYPE_CHECKING:
    from simulation.evidence.history import History

__all__ = ["by_season", "coming_back", "leaving"]

SURE = 1e-4
FLAT = 0.03
"""A season that falls less than this share below the mean is none."""
MOST = 120
"""Months before the origin that are looked at."""


def leaving(draft: Draft, name: str, spells: Spells, early: npt.NDArray[np.bool_], months: int) -> Rate | None:
    """A hazard of leaving during the term: leavings over member-years, by quarter up to the origin.

    Returns
    -------
    Rate or None
        How it goes on; None: too few left to say.
    """
    until = np.datetime64(spells.until, "D")
    end = np.where(spells.here, until, spells.end)
    last = until.astype("M8[M]")
    known = int(min(MOST, (last - spells.seen.min().astype("M8[M]")).astype(int) + 1))
    edges = np.arange(last - known // QUARTER * QUARTER, last + 1, QUARTER).astype("M8[D]")
    exposure, left = [], []
    for low, high in zip(edges[:-1], edges[1:], strict=True):
        time = np.clip((np.minimum(end, high) - np.maximum(spells.seen, low)).astype(np.float64), 0, None).sum()
        exposure.append(time / 365.25)
        left.append(int((early & (spells.end >= low) & (spells.end < high)).sum()))
    years, lost = np.array(exposure), np.array(left, np.float64)
    used = years > 0
    years, lost = years[used], lost[used]
    if lost.sum() == 0:
        return None
    rate = lost.sum() / years.sum()
    found = None
    if len(years) < 2 or lost.mean() < LEAST:
        scatter = max(1.0, float((((lost - rate * years) ** 2) / np.maximum(rate * years, SURE)).mean()))
        draws = draft.rng.gamma((lost.sum() + 0.5) / scatter, scatter / years.sum(), DRAWS)
    else:
        quarters = max(1, -(-months // QUARTER))
        found = carry_on(lost, years, quarters, DRAWS, draft.rng)
        # The engine's hazard knows no season: what is known of the quarters ahead is their mean.
        draws = found.level * found.season[np.arange(quarters) % 4].mean()
    draft.tree["segments"][name]["mid_term_churn"] = {"rate": "1 per year"}
    draft.set(f"segments.{name}.mid_term_churn.rate", draws, "per year")
    draft.notes.append(
        f"{name}: {lost.sum():,.0f} left during a term in {len(years)} quarters, {rate:.1%} a year; {draws.mean():.1%} "
        "is expected."
    )
    return found


def by_season(draft: Draft, name: str, past: History, spells: Spells, rate: Rate) -> dict[str, str]:
    """Let today's members leave more in some quarters than in others, where terms mean nothing.

    The engine's hazard knows no season, but its renewals have their days: what the quarters have above the lowest one
    is lost at made-up ends of terms, as many of which lie in a quarter as it takes.

    Returns
    -------
    dict
        Member -> segment of the fit; empty without a season.
    """
    lowest = float(rate.season.min())
    if 1 - lowest < FLAT or set(spells.term.tolist()) != {12}:
        return {}
    new, ids = f"{name}_here_1", past.by_member().member_id
    here = [ids[one] for one in spells.member[spells.here].tolist()]
    draft.split(name, new, {"renewal": {}, "mid_term_churn": {"rate": "1 per year"}})
    draft.set(f"segments.{new}.mid_term_churn.rate", rate.level * lowest, "per year")
    draft.set(f"segments.{new}.renewal.probability", np.exp(-rate.level * (1 - lowest)))
    above = rate.season - lowest
    quarter = draft.rng.choice(4, len(here), p=above / above.sum())
    days = (quarter + draft.rng.random(len(here))) * 365.0 / 4
    draft.dues |= dict(zip(here, days.tolist(), strict=True))
    return dict.fromkeys(here, new)


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

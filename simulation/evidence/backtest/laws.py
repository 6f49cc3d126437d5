"""What a history shows directly of staying: who renews, who leaves early, who returns."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import numpy.typing as npt

from simulation.evidence.backtest.fitters import Draft
from simulation.evidence.backtest.leaving import by_season, coming_back, leaving
from simulation.evidence.backtest.renewing import renewing
from simulation.evidence.backtest.returning import returning
from simulation.evidence.backtest.spells import Spells
from simulation.evidence.history import CODE

if TYPE_CHECKING:
    from simulation.evidence.history import History
    from simulation.scenario import Scenario

__all__ = ["is_plain", "staying"]

BY_CHANCE = 0.95
"""When more than this share leaves during a term, terms mean nothing: seven days of a year are near the end of one."""


def is_plain(scenario: Scenario, name: str) -> bool:
    """Whether nothing but the member decides about staying: no journey, no team, no effect of the vector."""
    segment = scenario.segments[name]
    renewal = segment.renewal
    state = (renewal.not_adopted, renewal.no_value, renewal.escalation, renewal.sensitivity)
    churn = segment.mid_term_churn
    return (
        not segment.journey
        and not any(state)
        and renewal.grace is None
        and not scenario.interventions
        and (churn is None or churn.sensitivity == 0)
    )


def staying(draft: Draft, name: str, past: History, spells: Spells, months: int) -> dict[str, str]:
    """Renewal, leaving during the term, and return, of a segment without a journey.

    Returns
    -------
    dict
        Member -> segment of the fit, for those who were sorted by what is known of them.
    """
    gone = ~spells.here
    early = gone & ~spells.at_due
    no_terms = bool(gone.any() and early.sum() > BY_CHANCE * gone.sum())
    if no_terms:
        early = gone  # by chance alone some leave near the end of a term
    else:
        early &= ~_unplaced(spells, early)
    rate = leaving(draft, name, spells, early, months) if early.any() else None
    if (~spells.first).any() and _by_term(spells):
        return returning(draft, name, past, spells, months)
    renewals = bool((past.codes == CODE["renewed"]).any())
    if no_terms and not renewals and rate is not None:
        draft.tree["segments"][name]["renewal"] = {}
        moved = by_season(draft, name, past, spells, rate)
    else:
        moved = renewing(draft, name, past, spells, early, months)
    if (~spells.first).any():
        coming_back(draft, name, spells)
    else:
        draft.tree["segments"][name].pop("win_back", None)
    for new in set(moved.values()):
        for part in ("mid_term_churn", "win_back"):
            if f"segments.{new}.{part}.rate" in draft.draws:
                continue
            draft.tree["segments"][new].pop(part, None)
            if part in draft.tree["segments"][name]:
                draft.tree["segments"][new][part] = {"rate": "1 per year"}
                draft.set(f"segments.{new}.{part}.rate", draft.draws[f"segments.{name}.{part}.rate"], "per year")
    return moved


def _unplaced(spells: Spells, early: npt.NDArray[np.bool_]) -> npt.NDArray[np.bool_]:
    """Leavings of whom nobody knows when the term ended, and which are taken for lost renewals as most others are."""
    known = ~spells.here & spells.begun
    if known.any() and early[known].mean() >= 0.5:
        return np.zeros(len(spells), bool)
    unplaced: npt.NDArray[np.bool_] = ~spells.here & ~spells.begun & (spells.won() == 0)
    return unplaced


def _by_term(spells: Spells) -> bool:
    """Whether members return when a yearly term would have begun, and leave then: gifts, seasons, congresses."""
    again, first = spells.of(~spells.first), spells.of(spells.first)
    place = np.searchsorted(first.member, again.member)
    anchor, term = first.begin[place], first.term[place]
    months = (again.begin.astype("M8[M]") - anchor.astype("M8[M]")).astype(np.int64)
    return bool(
        (term == 12).all() and (months % term == 0).mean() > 0.9 and spells.at_due.sum() > 0.9 * (~spells.here).sum()
    )

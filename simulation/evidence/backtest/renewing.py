"""Renewal of contracts by the number of the term: a beta-discrete-Weibull law, with good and bad years."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

import numpy as np
import numpy.typing as npt

from simulation.evidence.backtest.baselines.contracts import survival
from simulation.evidence.backtest.fitters import DRAWS, Draft
from simulation.evidence.backtest.spells import Spells
from simulation.evidence.backtest.strata import strata
from simulation.evidence.backtest.years import Learnt, Years, learn

if TYPE_CHECKING:
    from simulation.evidence.history import History

__all__ = ["renewal_law", "renewing"]

Float = npt.NDArray[np.float64]
SURE = 1e-4
CENTRE, SCALE = (0.0, 1.0, 0.0), (1.5, 1.5, 0.5)
"""Normal prior of the logarithms of alpha, beta and c: at c = 1 the law is the shifted beta-geometric.

A year's lost renewals and a member's changing mind look alike in one cohort, so c needs a prior that leans on 1.
"""


def renewal_law(due: Float, won: Float, alone: bool) -> tuple[Years, Float]:
    """Learn the law of renewal and its years.

    Parameters
    ----------
    due, won
        float64[numbers, years], by number of the renewal and calendar year.
    alone
        Whether they are a single cohort, of which every year is a tenure.

    Returns
    -------
    tuple
        What is thought, and the rate that the law alone has for each number.
    """
    steps = np.arange(len(due) + 1, dtype=np.float64)

    def rates(law: Float) -> Float:
        alive = np.maximum(survival("bdw", law, steps), 1e-300)
        return np.clip(alive[1:] / alive[:-1], 1e-9, 1 - 1e-9)

    def log_likelihood(law: Float, levels: Float) -> float:
        rate = rates(law)
        logit = (np.log(rate) - np.log1p(-rate))[:, None] + levels
        return float(-(won * np.logaddexp(0, -logit) + (due - won) * np.logaddexp(0, logit)).sum())

    known = learn(log_likelihood, CENTRE, SCALE, due.shape[1], alone=alone)
    return known, rates(known.law)


def renewing(
    draft: Draft, name: str, past: History, spells: Spells, early: npt.NDArray[np.bool_], months: int
) -> dict[str, str]:
    """Renewal by the number of the term, as Beta laws of members of one tenure.

    A member's own probability does not change in the engine, and its Beta law gives the shifted beta-geometric. What
    the law says of members who have won k renewals is put into a Beta law of theirs, with the same next renewal and
    the same survival over the horizon. Members whose beginning is not known have a law of their own, by the number of
    the renewal since the record began; new members have that of the others, if it tells anything.

    Parameters
    ----------
    early
        bool[spells], who left during a term: neither won nor lost the renewal at its end.

    Returns
    -------
    dict
        Member -> segment of the fit.
    """
    moved: dict[str, str] = {}
    told = False
    for label, rows in (("here", spells.begun), ("before", ~spells.begun)):
        own = spells.of(rows)
        years, due, won = own.by_number_and_year(early[rows])
        if not due.any():
            continue
        moved |= _one_law(draft, name, label, past, own, (years, due, won), months, new=not told)
        told = True
    if not told:
        draft.notes.append(f"{name}: no renewal was due before the origin; the scenario's own numbers stand.")
    return moved


def _one_law(
    draft: Draft, name: str, label: str, past: History, spells: Spells,
    table: tuple[npt.NDArray[np.int64], Float, Float], months: int, new: bool,
) -> dict[str, str]:  # fmt: skip
    """The law of some members, for them by tenure and, if `new`, for who joins."""
    years, due, won = table
    whose = f"{name}, who joined before the record begins" if label == "before" else name
    known, by_term = renewal_law(due, won, label == "before" or bool(((due > 0).sum(axis=0) <= 1).all()))
    drawn = known.draw(draft.rng, DRAWS, max(1, -(-months // 12)))
    here = spells.of(spells.here)
    tenure = spells.next_due()[0]
    term = int(spells.term[0])
    ahead = max(2, -(-months // term))
    ids = past.by_member().member_id
    moved: dict[str, str] = {}
    count = np.bincount(tenure, minlength=1)
    for number, own in enumerate(strata(np.arange(len(count)).tolist(), count), 1):
        part = f"{name}_{label}_{number}"
        chosen = np.isin(tenure, own)
        draft.split(name, part, {})
        _beta_law(draft, part, drawn, round(float(tenure[chosen].mean())), ahead, term)
        moved |= {ids[one]: part for one in here.member[chosen].tolist()}
    if new:
        _beta_law(draft, name, drawn, 0, ahead, term)
    words = ", ".join(f"{100 * rate:.0f}%" for rate in by_term[:5])
    draft.notes.append(
        f"{whose}: {won.sum():,.0f} of {due.sum():,.0f} renewals were won in {years[0]} to {years[-1]}; by their "
        f"number {words}. {known.words()}"
    )
    return moved


def _beta_law(draft: Draft, name: str, drawn: list[Learnt], tenure: int, ahead: int, term: int) -> None:
    """The Beta law of renewal of members of one tenure, draw by draw: its first renewal and who is left at the end."""
    ends = []
    for one in drawn:
        alive = np.maximum(survival("bdw", one.law, tenure + np.arange(ahead + 1)), 1e-300)
        rate = np.clip(alive[1:] / alive[:-1], 1e-4, 1 - 1e-4)
        year = np.minimum((np.arange(ahead) * term / 12).astype(int), len(one.ahead) - 1)
        rate = 1 / (1 + np.exp(-np.log(rate / (1 - rate)) - one.ahead[year]))
        end = float(rate.prod())
        # Members keep their own probability, so those who are left renew no less than at first.
        mean = min(float(rate[0]), end ** (1 / ahead))
        size = _size(mean, end, ahead)
        ends.append((max(mean * size, SURE), max((1 - mean) * size, SURE)))
    draft.tree["segments"][name]["renewal"] = {"probability": {"beta": {}}}
    draft.set(f"segments.{name}.renewal.probability.beta.a", [a for a, _ in ends])
    draft.set(f"segments.{name}.renewal.probability.beta.b", [b for _, b in ends])


def _size(mean: float, survives: float, renewals: int) -> float:
    """a + b of the Beta law with this mean of which so many survive several renewals."""
    from scipy.optimize import brentq
    from scipy.special import betaln

    def gap(log_size: float) -> float:
        size = math.exp(log_size)
        a, b = mean * size, (1 - mean) * size
        return float(betaln(a + renewals, b) - betaln(a, b)) - math.log(max(survives, 1e-300))

    low, high = math.log(0.05), math.log(2000.0)
    if gap(low) <= 0:
        return 0.05
    return 2000.0 if gap(high) >= 0 else math.exp(float(brentq(gap, low, high, xtol=1e-4)))

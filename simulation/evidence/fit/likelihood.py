"""The likelihood of a history's summaries, learned from simulated histories.

The coordinates of the unknowns are regressed on the summaries: the fitted values are a few statistics that say about
as much as all summaries (Fearnhead & Prangle 2012). The statistics, in turn, are regressed on the coordinates, which
gives their mean and spread: a normal synthetic likelihood, so that where the trials were drawn does not matter.
Every trial serves both regressions: its statistics are those of a regression on the other folds, and so no better than
a new history's (cross-fitting). What the second regression does not know of the mean widens the likelihood.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field, replace

import numpy as np
import numpy.typing as npt

from simulation.evidence.unknowns import FAR

__all__ = ["Likelihood", "calibrated", "sharpened"]

Float = npt.NDArray[np.float64]
SCALES = np.array([0.7, 0.8, 0.9, 1.0, 1.1, 1.2, 1.35, 1.5, 1.7, 2.0, 2.5])
NOMINAL = 0.9
SPREADS, HOLD, LOOKED = np.array([0.7, 0.8, 0.9, 1.0, 1.12, 1.25]), 0.02, 1_000
"""What the spread of one statistic is tried at, how little it leaves 1 for luck, and the points that are looked at."""
FOLDS, RIDGE = 5, 0.02
"""Of the regression on summaries; the penalty, by trial, is that of a prior on their standardised coefficients."""
TOLD, PENALTY = 0.1, (2.0, 8.0)
"""Least squared correlation of a statistic with its coordinate, and the ridge penalties, in trials, of lines and of
squares in the mean of a statistic."""
ENOUGH, FEWEST, POOL = 50, 15, 2_000
"""How many points of the pool the posterior of a held-out history must be worth; the histories that are used in any
case; and the points of the pool that are looked at."""


@dataclass(frozen=True, eq=False)
class Likelihood:
    """Statistics of summaries, and how they depend on the unknowns.

    Attributes
    ----------
    told
        int64[S], the coordinate that each statistic tells.
    trials
        Statistics of the trials it was learned from, each by the regression on the others.
    """

    middle: Float
    size: Float
    weights: Float
    means: Float
    precision: Float
    root: Float
    centre: Float
    width: Float
    told: npt.NDArray[np.int64]
    trials: Float = field(repr=False)

    @classmethod
    def fit(cls, w: Float, summaries: Float) -> Likelihood:
        """Learn from trials: their coordinates [N, K] and summaries [N, S]."""
        centre, width = w.mean(axis=0), w.std(axis=0) + 1e-9
        w = (w - centre) / width
        middle: Float = np.asarray(np.nanmedian(summaries, axis=0), np.float64)
        size: Float = np.asarray(np.nanstd(summaries, axis=0) + 1e-6)
        x = _features(_standard(summaries, middle, size))
        weights, told = _ridge(x, w), np.empty_like(w)
        fold = np.arange(len(x)) % FOLDS
        for number in range(FOLDS):
            own = fold == number
            told[own] = x[own] @ _ridge(x[~own], w[~own])
        # A statistic that does not tell its own coordinate to other trials would only add noise that looks like news.
        gap = (told - told.mean(axis=0)) / (told.std(axis=0) + 1e-12)
        useful = np.mean(gap * w, axis=0) ** 2 > TOLD
        weights, told = weights[:, useful], told[:, useful]
        basis = _features(w)
        gram = basis.T @ basis + np.diag(np.repeat([1e-9, *PENALTY], [1, w.shape[1], w.shape[1]]))
        means = np.asarray(np.linalg.solve(gram, basis.T @ told), np.float64)
        errors = told - basis @ means
        used = float(np.trace(np.linalg.solve(gram, basis.T @ basis)))
        cover = errors.T @ errors / max(len(told) - used, len(told) / 3)
        cover += np.eye(len(cover)) * 1e-4 * np.trace(cover) / max(len(cover), 1)
        root = np.linalg.cholesky(np.linalg.inv(gram))
        precision = np.asarray(np.linalg.inv(cover), np.float64)
        return cls(middle, size, weights, means, precision, root, centre, width, np.flatnonzero(useful), told)

    def statistics(self, summaries: Float) -> Float:
        """Statistics of summaries: [N, K]."""
        return _features(_standard(np.atleast_2d(summaries), self.middle, self.size)) @ self.weights

    def nearest(self, own: Float, summaries: Float, count: int) -> npt.NDArray[np.int64]:
        """The trials whose statistics are nearest to those of a history."""
        gap = self.statistics(summaries) - self.statistics(own)
        return np.argsort(np.einsum("ni,ij,nj->n", gap, self.precision, gap))[:count]

    def log(self, statistics: Float, w: Float, scale: float) -> Float:
        """Log likelihood of statistics [H, K] at coordinates [N, K]: [H, N]."""
        basis = _features(np.clip((w - self.centre) / self.width, -6, 6))
        root = np.linalg.cholesky(self.precision)
        a, b = statistics @ root, basis @ self.means @ root
        distance: Float = (a**2).sum(axis=1)[:, None] + (b**2).sum(axis=1) - 2 * a @ b.T
        wider = 1 + ((basis @ self.root) ** 2).sum(axis=1)
        found: Float = -0.5 * (distance / (wider * scale**2) + len(self.precision) * np.log(wider))
        return found

    def target(self, own: Float, place: Callable[[Float], Float], scale: float) -> Callable[[Float], Float]:
        """Log of likelihood x prior on the scale of the priors, for one history."""
        statistics = self.statistics(own)

        def log(z: Float) -> Float:
            inside = (np.abs(z) <= FAR).all(axis=1)
            found = self.log(statistics, place(np.clip(z, -FAR, FAR)), scale)[0] - 0.5 * (z**2).sum(axis=1)
            return np.where(inside, found, -np.inf)

        return log


def _ridge(x: Float, y: Float) -> Float:
    penalty = np.eye(x.shape[1]) * RIDGE * len(x)
    penalty[0, 0] = 0.0
    return np.asarray(np.linalg.solve(x.T @ x + penalty, x.T @ y))


def _standard(summaries: Float, middle: Float, size: Float) -> Float:
    """Summaries in standard deviations, limited, with what is missing in the middle."""
    return np.asarray(np.clip(np.nan_to_num((summaries - middle) / size), -4.0, 4.0))


def _features(x: Float) -> Float:
    return np.concatenate([np.ones((len(x), 1)), x, x**2 - 1.0], axis=1)


def sharpened(fine: Likelihood, pool: Float, truth: Float, statistics: Float) -> Likelihood:
    """The likelihood with the spread of each statistic such that it tells its own coordinate neither more nor less.

    Most trials lie further from the answer than what is asked, and the spread of some statistics grows with distance.
    So each in turn is given the spread at which intervals of 50% and 90% of its coordinate cover held-out truths best.

    Parameters
    ----------
    pool
        Coordinates [N, K] that could have been drawn as those of the held-out histories were.
    truth, statistics
        Coordinates [H, K] and statistics [H, S] of held-out histories.
    """
    pool = pool[:: max(1, len(pool) // LOOKED)]
    spread = np.ones(len(fine.told))
    for place, column in enumerate(fine.told):
        below = pool[:, column] < truth[:, column, None]
        costs = []
        for wider in SPREADS:
            trial = spread.copy()
            trial[place] = wider
            log = replace(fine, precision=fine.precision / np.outer(trial, trial)).log(statistics, pool, 1.0)
            weights = np.exp(log - log.max(axis=1, keepdims=True))
            weights /= weights.sum(axis=1, keepdims=True)
            worth = 1 / (weights**2).sum(axis=1)
            usable = worth >= min(FEWEST, np.sort(worth)[-FEWEST])
            apart = np.abs((weights * below).sum(axis=1)[usable] - 0.5)
            missed = abs(np.mean(apart <= NOMINAL / 2) - NOMINAL) + abs(np.mean(apart <= 0.25) - 0.5)
            costs.append(missed + HOLD * abs(np.log(wider)))
        spread[place] = SPREADS[int(np.argmin(costs))]
    return replace(fine, precision=fine.precision / np.outer(spread, spread))


def calibrated(fine: Likelihood, pool: Float, w: Float, z: Float, statistics: Float) -> tuple[float, float]:
    """The scale of the likelihood at which 90% intervals cover held-out truths best, and the coverage there.

    The points `z` of the held-out histories, with their `statistics`, were drawn as the pool was (its coordinates are
    `w`), so the pool weighted by the likelihood is their posterior. Where that rests on too few points of the pool,
    its intervals would be too narrow: such histories are left out.
    """
    step = max(1, len(pool) // POOL)
    pool, w = pool[::step], w[::step]
    log = fine.log(statistics, w, 1.0)
    weights = np.exp(log - log.max(axis=1, keepdims=True))
    worth = weights.sum(axis=1) ** 2 / (weights**2).sum(axis=1)
    usable = worth >= min(ENOUGH, np.sort(worth)[-FEWEST])
    log, z = log[usable], z[usable]
    below = [pool[:, column] < z[:, column, None] for column in range(z.shape[1])]
    coverages = []
    for scale in SCALES:
        weights = np.exp((log - log.max(axis=1, keepdims=True)) / scale**2)
        weights /= weights.sum(axis=1, keepdims=True)
        ranks = np.array([np.sum(weights * one, axis=1) for one in below])
        coverages.append(float(np.mean(np.abs(ranks - 0.5) <= NOMINAL / 2)))
    best = int(np.argmin(np.abs(np.array(coverages) - NOMINAL)))
    return float(SCALES[best]), coverages[best]

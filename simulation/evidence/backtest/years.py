"""Good and bad years: a level common to all members, learnt together with a law.

A year's level, on the logit scale, is a random walk (what made a year better or worse than the law does not vanish on
New Year's Eve) and something of its own. How far each of the two moves is not known; few years say little of it, so
both have a weakly informative prior, and everything that is forecast is averaged over what is thought of them after the
past. Because the years explain part of the past, the parameters of the law are less certain than if its members were
independent.

In a single cohort every year is a tenure, and a trend of the years cannot be told from the law. Then it belongs to the
law: the levels have no mean and no linear trend (the normalisation of Deaton & Paxson 1994, in Studies in the Economics
of Aging, 331-362).
"""

from __future__ import annotations

import itertools
import math
from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

__all__ = ["Learnt", "Years", "learn"]

Float = npt.NDArray[np.float64]
USUAL = 0.1
"""Mean of the exponential prior of a move that is not 0, logit points: one of the kind that leans on no years at all
(Simpson et al. 2017, Statistical Science 32, 1-28), with 5% beyond 0.3. Where 80% stay, a year's move of 0.1 makes it
78 or 82%.

Its scale is a choice: 0.1 was picked after a look at published survival cohorts and at the donors' forecast from 1999,
and while their years from 2002 on were known. So a backtest on these is no blind test of the bands.
"""
MOVES: Float = np.array([0.0, 0.03, 0.07, 0.14, 0.28, 0.56])
"""Values over which is averaged, logit points, of the walk and of what a year has of its own; 0 is as likely as all
others together, as in `rates`."""
STEP = 1e-2
WIDEST = 3.0
"""Standard deviation of a direction that neither data nor prior say anything of, in units of the prior."""


@dataclass(frozen=True)
class Learnt:
    """One draw of what the past teaches.

    Attributes
    ----------
    law
        Parameters of the law, as its likelihood takes them.
    levels
        float64[years], logit points by which each past year was above the law.
    ahead
        float64[years ahead], the same of the coming years.
    """

    law: Float
    levels: Float
    ahead: Float


@dataclass(frozen=True)
class Years:
    """What is thought of a law and of the years after the past, by settings (walk, own) of how far they move.

    Attributes
    ----------
    settings, weights
        float64[S, 2], and the posterior probability of each, float64[S].
    roots
        By setting: levels are this matrix times independent moves.
    centres, covariances
        Laplace approximation of each: parameters of the law over their prior's scale, then moves.
    centre, scale
        Normal prior of the law's parameters.
    """

    settings: Float
    weights: Float
    roots: tuple[Float, ...]
    centres: tuple[Float, ...]
    covariances: tuple[Float, ...]
    centre: Float
    scale: Float

    @property
    def tau(self) -> float:
        """Posterior mean of the standard deviation of the walk's move in a year, logit points."""
        return float(self.weights @ self.settings[:, 0])

    @property
    def own(self) -> float:
        """Posterior mean of the standard deviation of what a year has of its own, logit points."""
        return float(self.weights @ self.settings[:, 1])

    @property
    def last(self) -> float:
        """Posterior mean of the last year's level, logit points."""
        size = len(self.centre)
        ends = [float((root @ one[size:])[-1]) for root, one in zip(self.roots, self.centres, strict=True) if len(root)]
        return float(self.weights @ np.array(ends)) if ends else 0.0

    @property
    def law(self) -> Float:
        """Posterior mean of the law's parameters."""
        mean: Float = self.centre + self.scale * (
            self.weights @ np.array([one[: len(self.centre)] for one in self.centres])
        )
        return mean

    def words(self) -> str:
        """What is thought of the years, in a sentence."""
        return (
            f"From year to year the level moves by {self.tau:.2f} logit points, and a year has {self.own:.2f} of its "
            f"own; last it was {self.last:+.2f}."
        )

    def draw(self, rng: np.random.Generator, count: int, ahead: int) -> list[Learnt]:
        """Draws from the posterior of the law and the years, and of so many years ahead."""
        found: list[Learnt] = []
        size = len(self.centre)
        for at in rng.choice(len(self.weights), count, p=self.weights).tolist():
            one = rng.multivariate_normal(self.centres[at], self.covariances[at], method="svd")
            levels = self.roots[at] @ one[size:]
            walk, own = self.settings[at].tolist()
            moves = _walked(levels, walk, own, rng) + walk * np.cumsum(rng.standard_normal(ahead))
            law = self.centre + self.scale * one[:size]
            found.append(Learnt(law, levels, moves + own * rng.standard_normal(ahead)))
        return found


def learn(
    log_likelihood: Callable[[Float, Float], float],
    centre: npt.ArrayLike,
    scale: npt.ArrayLike,
    years: int,
    *,
    alone: bool,
) -> Years:
    """Learn a law and the levels of its years.

    Parameters
    ----------
    log_likelihood
        Of (parameters of the law, levels of the years in logit points).
    centre, scale
        Mean and standard deviation of the normal prior of the parameters.
    years
        How many years are past.
    alone
        Whether every year is a tenure, as in a single cohort.

    Notes
    -----
    For each setting the posterior is taken as normal about its maximum, and the setting's marginal likelihood as
    Laplace's (Tierney & Kadane 1986, JASA 81, 82-86), as integrated nested Laplace approximations do.
    """
    from scipy.optimize import minimize

    middle, width = np.asarray(centre, np.float64), np.asarray(scale, np.float64)
    size = len(middle)
    settings = np.array(list(itertools.product(MOVES, MOVES)))
    roots = [_root(_spread(years, walk, own), alone) for walk, own in settings.tolist()]
    evidence, centres, covariances = [], [], []
    law = np.zeros(size)
    for root in roots:

        def loss(x: Float, root: Float = root) -> float:
            return 0.5 * float(x @ x) - log_likelihood(middle + width * x[:size], root @ x[size:])

        start = np.concatenate([law, np.zeros(root.shape[1])])
        found = minimize(loss, start, method="BFGS", options={"gtol": 1e-2, "maxiter": 200})
        point = np.asarray(found.x, np.float64)
        law = point[:size]
        values, vectors = np.linalg.eigh(_curvature(loss, point))
        values = np.maximum(values, WIDEST**-2)
        evidence.append(-float(found.fun) - 0.5 * float(np.log(values).sum()))
        centres.append(point)
        covariances.append((vectors / values) @ vectors.T)
    weight = np.array(evidence) + _belief(settings[:, 0]) + _belief(settings[:, 1])
    weight = np.exp(weight - weight.max())
    return Years(
        settings, weight / weight.sum(), tuple(roots), tuple(centres), tuple(covariances), middle, width
    )  # fmt: skip


def _belief(moves: Float) -> Float:
    """Log prior of a standard deviation: half at 0, half exponential."""
    above = np.exp(-MOVES[1:] / USUAL) * np.gradient(MOVES[1:])
    table: Float = np.log(np.concatenate([[0.5], 0.5 * above / above.sum()]))
    return table[np.searchsorted(MOVES, moves)]


def _spread(years: int, walk: float, own: float) -> Float:
    """Covariance of the levels of past years."""
    year = np.arange(1, years + 1)
    covariance: Float = walk**2 * np.minimum(year[:, None], year) + own**2 * np.eye(years)
    return covariance


def _root(covariance: Float, alone: bool) -> Float:
    """A matrix whose product with its transpose is the covariance; of levels alone without mean and trend."""
    years = len(covariance)
    if alone and covariance.any():
        trend = np.stack([np.ones(years), np.arange(years)])[: min(years, 2)]
        cross = covariance @ trend.T
        covariance = covariance - cross @ np.linalg.solve(trend @ cross, cross.T)
    values, vectors = np.linalg.eigh(covariance)
    there = values > 1e-9
    root: Float = vectors[:, there] * np.sqrt(values[there])
    return root


def _walked(levels: Float, walk: float, own: float, rng: np.random.Generator) -> float:
    """Where the walk stands after the past, given its levels."""
    if walk == 0 or not len(levels):
        return 0.0
    cross = walk**2 * np.arange(1, len(levels) + 1)
    gain = np.linalg.solve(_spread(len(levels), walk, own), cross)
    left = max(walk**2 * len(levels) - float(gain @ cross), 0.0)
    return float(gain @ levels) + math.sqrt(left) * float(rng.standard_normal())


def _curvature(loss: Callable[[Float], float], at: Float) -> Float:
    """Second derivatives by central differences."""
    size = len(at)
    curve, shift = np.zeros((size, size)), STEP * np.eye(size)
    for i in range(size):
        for j in range(i, size):
            ends = [loss(at + s * shift[i] + t * shift[j]) for s, t in ((1, 1), (1, -1), (-1, 1), (-1, -1))]
            curve[i, j] = curve[j, i] = (ends[0] - ends[1] - ends[2] + ends[3]) / (4 * STEP**2)
    return curve

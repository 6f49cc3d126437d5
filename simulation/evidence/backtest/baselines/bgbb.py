"""BG/BB: a model of yearly chances to come, where who stays away may return or be gone for good.

Fader, Hardie & Shang (2010), Marketing Science 29(6), 1086-1108. While interested, a member takes each chance with
probability p; before each chance it loses interest for ever with probability theta. p varies over members as
Beta(alpha, beta), theta as Beta(gamma, delta). What is known of a member is x, how many of n chances it took, and t,
the number of the last one it took.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from simulation.evidence.backtest.baselines.contracts import BOUND, covariance_at

__all__ = ["BgbbFit", "Chances", "PosteriorGrid", "active", "fit_bgbb", "log_likelihood", "posterior_grid"]

Float = npt.NDArray[np.float64]
Int = npt.NDArray[np.int64]
GRID = 40


@dataclass(frozen=True)
class Chances:
    """Members by what is known of them: all with one x, t and n together.

    Attributes
    ----------
    taken, last, chances
        int64[G]: x, t, n.
    members
        int64[G]: how many such members.
    """

    taken: Int
    last: Int
    chances: Int
    members: Int

    @classmethod
    def of_panel(cls, panel: npt.ArrayLike) -> Chances:
        """Group a panel of 0 and 1, members by chances (the joining itself is none)."""
        came = np.asarray(panel, np.int64)
        places = np.arange(1, came.shape[1] + 1)
        key = np.stack([came.sum(1), (came * places).max(1, initial=0), np.full(len(came), came.shape[1])], axis=1)
        return cls.of_members(key)

    @classmethod
    def of_members(cls, key: npt.ArrayLike) -> Chances:
        """Group members by the rows (x, t, n)."""
        rows, count = np.unique(np.asarray(key, np.int64).reshape(-1, 3), axis=0, return_counts=True)
        return cls(rows[:, 0], rows[:, 1], rows[:, 2], count.astype(np.int64))


@dataclass(frozen=True)
class BgbbFit:
    """Logarithms of (alpha, beta, gamma, delta) at the maximum, their covariance, and the log-likelihood."""

    log_parameters: Float
    covariance: Float
    log_likelihood: float

    @property
    def parameters(self) -> tuple[float, float, float, float]:
        """(alpha, beta, gamma, delta)."""
        a, b, c, d = np.exp(self.log_parameters).tolist()
        return a, b, c, d

    def draw(self, rng: np.random.Generator) -> Float:
        """Logarithms of parameters as uncertain as their estimate."""
        drawn = rng.multivariate_normal(self.log_parameters, self.covariance, method="svd")
        return np.clip(drawn, -BOUND, BOUND)


def log_likelihood(log_parameters: npt.ArrayLike, data: Chances) -> float:
    """Log-likelihood of grouped members (equation 5 of the paper)."""
    from scipy.special import betaln, logsumexp

    a, b, c, d = np.exp(np.asarray(log_parameters, np.float64))
    x, t, n = data.taken, data.last, data.chances
    gaps = np.arange(int((n - t).max(initial=0)))
    gone = (
        betaln(a + x[:, None], b + (t - x)[:, None] + gaps)
        + betaln(c + 1, d + t[:, None] + gaps)
        - betaln(a, b)
        - betaln(c, d)
    )
    gone = np.where(gaps < (n - t)[:, None], gone, -np.inf)
    here = betaln(a + x, b + n - x) - betaln(a, b) + betaln(c, d + n) - betaln(c, d)
    return float((data.members * logsumexp(np.concatenate([here[:, None], gone], axis=1), axis=1)).sum())


def fit_bgbb(data: Chances) -> BgbbFit:
    """Fit by maximum likelihood.

    Raises
    ------
    ValueError
        No member had a chance.
    """
    from scipy.optimize import minimize

    if not len(data.members) or data.chances.max() < 1:
        raise ValueError("needs members that had a chance to come again, and there are none")

    def loss(p: Float) -> float:
        return -log_likelihood(p, data)

    bounds = [(-BOUND, BOUND)] * 4
    starts = ((0.0, 0.0, 0.0, 1.0), (0.5, -0.5, -0.5, 0.5), (1.0, 1.0, 0.0, 2.5))
    found = [minimize(loss, np.asarray(start), method="L-BFGS-B", bounds=bounds) for start in starts]
    best = min(found, key=lambda result: float(result.fun))
    best = minimize(
        loss, best.x, method="Nelder-Mead", bounds=bounds, options={"xatol": 1e-6, "fatol": 1e-6, "maxiter": 4000}
    )
    point = np.asarray(best.x, np.float64)
    return BgbbFit(point, covariance_at(loss, point), -float(best.fun))


def active(log_parameters: npt.ArrayLike, members: float, chances: npt.ArrayLike) -> Float:
    """Members expected to take a chance, by its number from joining: N E[p] E[(1 - theta)^t]."""
    from scipy.special import betaln

    a, b, c, d = np.exp(np.asarray(log_parameters, np.float64))
    t = np.asarray(chances, np.float64)
    result: Float = members * a / (a + b) * np.exp(betaln(c, d + t) - betaln(c, d))
    return result


@dataclass(frozen=True)
class PosteriorGrid:
    """What is thought of a member: nodes of p and theta, the weight of each, and there the chance to be interested."""

    p: Float
    theta: Float
    weight: Float
    alive: Float


def posterior_grid(log_parameters: npt.ArrayLike, taken: int, last: int, chances: int) -> PosteriorGrid:
    """Law of p, theta and interest of a member of whom x, t and n are known.

    On a grid of quantile midpoints of the two Betas, so that the prior weights of its nodes are equal.
    """
    p, theta = _grid(np.exp(np.asarray(log_parameters, np.float64)))
    log_p, log_q = np.log(p), np.log1p(-p)
    stay = np.log1p(-theta)
    alive = np.exp(taken * log_p + (chances - taken) * log_q + chances * stay)
    gaps = np.arange(chances - last)[:, None]
    gone = np.exp(taken * log_p + (last - taken + gaps) * log_q + np.log(theta) + (last + gaps) * stay).sum(axis=0)
    weight = alive + gone
    return PosteriorGrid(p, theta, weight / weight.sum(), np.clip(alive / np.maximum(weight, 1e-300), 0.0, 1.0))


def _grid(parameters: Float) -> tuple[Float, Float]:
    from scipy.special import betaincinv

    a, b, c, d = parameters
    levels = (np.arange(GRID) + 0.5) / GRID
    p = np.clip(betaincinv(a, b, levels), 1e-12, 1 - 1e-12)
    theta = np.clip(betaincinv(c, d, levels), 1e-12, 1 - 1e-12)
    every = np.meshgrid(p, theta, indexing="ij")
    return every[0].ravel(), every[1].ravel()

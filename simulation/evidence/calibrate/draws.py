"""Joint draws of the unknowns under which the facts come out as they were stated.

Randomised maximum likelihood (Kitanidis 1995; Oliver, He & Reynolds 1996): each draw starts at a draw of the prior and
moves as little as it can to where the facts have values that were drawn from what was stated. Where the facts are told
well they decide, and what they do not tell keeps its prior; both hold for a curved surface, too.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import numpy.typing as npt

from simulation.evidence.calibrate.surface import Surface
from simulation.evidence.unknowns import FAR

__all__ = ["joint_draws", "nearest_point", "scores"]

Float = npt.NDArray[np.float64]
STEPS, HALVINGS = 15, 6
PASSES, FARTHEST = 6, 3.0
"""How often the aim is corrected, and how far at most, in spreads of a fact."""
LEAST = 0.1
"""Share of its variance that a fact keeps at least, when the surface is not sure either."""


def nearest_point(surfaces: Sequence[Surface], unknowns: int) -> Float:
    """The point nearest to the middle of the prior at which every fact, in its spreads, is 0: [K]."""
    start, aim = np.zeros((1, unknowns)), np.zeros((1, len(surfaces)))
    return np.asarray(_aimed(surfaces, start, aim, start)[0])


def scores(unknowns: int, facts: int, number: int, seed: int) -> Float:
    """Evenly spread standard normal scores, for where each draw starts and what it aims at: [number, unknowns + facts].

    They stay the same from round to round, so that each draw is simulated where it was and corrected by what that gave.
    """
    from scipy.special import ndtri
    from scipy.stats.qmc import LatinHypercube

    return np.asarray(ndtri(LatinHypercube(unknowns + facts, rng=np.random.default_rng(seed)).random(number)))


def joint_draws(surfaces: Sequence[Surface], point: Float, normal: Float, last: Float) -> tuple[Float, Float]:
    """Draws about a point, and where they came from.

    Parameters
    ----------
    surfaces
        Of the facts, in spreads from the middle of what was stated.
    point
        Where the facts have their middles: the prior is moved there, for where a scenario starts tells nothing.
    normal
        `scores`.
    last
        [number, K], the draws of the round before.

    Returns
    -------
    draws, origins
        [number, K] each.

    Notes
    -----
    The curvature of the surfaces makes the mean of a fact differ from its value at the mean: the aim is corrected
    until the mean over the draws is what was stated. What the surfaces themselves do not know for sure is a part of
    the spread of a fact, so the draws are given less.
    """
    origins = np.clip(point + normal[:, : len(point)], -FAR, FAR)
    aims = normal[:, len(point) :]
    near = _aimed(surfaces, origins, aims, last)
    unsure = np.stack([one.variance(near).mean() for one in surfaces])
    return _aimed(surfaces, origins, aims * np.sqrt(np.maximum(1 - unsure, LEAST)), near), origins


def _aimed(surfaces: Sequence[Surface], origins: Float, aims: Float, z: Float) -> Float:
    """The nearest points at which the facts have the values aimed at, on average without bias."""
    shift = np.zeros(len(surfaces))
    for _ in range(PASSES):
        z = _moved(surfaces, origins, aims + shift, z)
        gap = (_means(surfaces, z) - aims).mean(axis=0)
        shift = np.clip(shift - gap, -FARTHEST, FARTHEST)
    return z


def _moved(surfaces: Sequence[Surface], origins: Float, aims: Float, z: Float) -> Float:
    """Minimise |facts - aims|^2 + |z - origin|^2 for each draw, by damped Gauss-Newton steps."""

    def cost(at: Float) -> Float:
        return np.asarray(((_means(surfaces, at) - aims) ** 2).sum(axis=1) + ((at - origins) ** 2).sum(axis=1))

    here = cost(z)
    for _ in range(STEPS):
        slopes = np.stack([one.slopes(z) for one in surfaces], axis=1)
        gram = slopes @ slopes.transpose(0, 2, 1) + np.eye(len(surfaces))
        short = aims - _means(surfaces, z) - np.einsum("nfk,nk->nf", slopes, origins - z)
        goal = origins + np.einsum("nfk,nf->nk", slopes, np.linalg.solve(gram, short[..., None])[..., 0])
        step, open_ = np.clip(goal, -FAR, FAR) - z, np.ones(len(z), bool)
        for _ in range(HALVINGS):
            there = cost(z + step)
            better = open_ & (there < here)
            z = np.where(better[:, None], z + step, z)
            here = np.where(better, there, here)
            open_ &= ~better
            step = step / 2
        if open_.all():
            break
    return z


def _means(surfaces: Sequence[Surface], z: Float) -> Float:
    return np.stack([one.mean(z) for one in surfaces], axis=1)

"""What nobody sees, by simulation and regression on summaries in two rounds.

Round one simulates at draws from the prior, and learns from them a likelihood of the summaries (a regression
adjustment as of Beaumont et al. 2002 and Blum & Francois 2010, written as a normal synthetic likelihood). Round two
repeats that where round one says the answer lies. The spread of the likelihood is scaled so that 90% intervals cover
90% of what made histories that were simulated in round two.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
import numpy.typing as npt

from simulation.evidence.fit.coordinates import Coordinates
from simulation.evidence.fit.likelihood import Likelihood, calibrated, sharpened
from simulation.evidence.fit.sampler import sample
from simulation.evidence.fit.summaries import Summaries
from simulation.evidence.fit.trials import Trials, simulated
from simulation.evidence.unknowns import FAR, Unknown, values
from simulation.progress import Progress
from simulation.scenario import Scenario

if TYPE_CHECKING:
    from simulation.scenario.book import Book

__all__ = ["Latent", "Shared", "fit_latent", "first_round"]

Float = npt.NDArray[np.float64]
WIDER = 2.0
"""By how much the variance of round one is enlarged where round two looks."""
PRIOR_POOL = 20_000
CHECKS = 120
LATER = 1_000_000
"""Number of the first future of round two; those of round one are less."""


@dataclass(frozen=True, eq=False)
class Shared:
    """Round one: it depends on the design only, so fits of histories of one design can share it."""

    scenario: Scenario
    book: Book | None
    unknowns: tuple[Unknown, ...]
    reader: Summaries
    trials: Trials


@dataclass(frozen=True, eq=False)
class Latent:
    """What was found.

    Attributes
    ----------
    draws
        float64[D, K], on the scale of the priors.
    scale
        By how much held-out histories widened the likelihood (1: not at all).
    coverage
        Share of held-out intervals of 90% that held the truth, at that scale, over all unknowns.
    observed, expected, spread
        Summaries of the history; and their mean and standard deviation in histories simulated at the draws.
    further
        Share of those that are as far from the middle as the history, all summaries together.
    names
        Of the summaries.
    trials
        Simulated histories in both rounds.
    """

    unknowns: tuple[Unknown, ...]
    draws: Float
    scale: float
    coverage: float
    observed: Float
    expected: Float
    spread: Float
    further: float
    names: tuple[str, ...]
    trials: int

    def surprises(self) -> list[tuple[str, float]]:
        """Summaries by how far they are from what the fitted scenario gives, in standard deviations, largest first."""
        z = (self.observed - self.expected) / self.spread
        order = np.argsort(-np.abs(z))
        return [(self.names[place], float(z[place])) for place in order]


def first_round(
    scenario: Scenario, unknowns: Sequence[Unknown], reader: Summaries, trials: int, *, book: Book | None = None,
    seed: int = 1, workers: int | None = None, progress: Progress | None = None,
) -> Shared:  # fmt: skip
    """Simulate histories at draws from the prior."""
    from scipy.special import ndtri
    from scipy.stats import qmc

    points = qmc.Sobol(len(unknowns), seed=seed).random_base2((trials - 1).bit_length())[:trials]
    z = np.clip(ndtri(np.clip(points, 1e-6, 1 - 1e-6)), -FAR, FAR)
    found = simulated(scenario, unknowns, z, reader, book=book, seed=seed, workers=workers, progress=progress)
    return Shared(scenario, book, tuple(unknowns), reader, found)


def fit_latent(
    shared: Shared, observed: dict[str, float], trials: int, *, draws: int = 500, checks: int = CHECKS, seed: int = 1,
    workers: int | None = None, progress: Progress | None = None,
) -> Latent:  # fmt: skip
    """Find the unknowns of a history by its summaries.

    Parameters
    ----------
    shared
        Round one.
    observed
        Summaries of the history; those that are missing or not a number are left out.
    trials
        Simulated histories of round two.
    draws
        How many joint draws to return.
    checks
        Histories to simulate at the draws, to be compared with this one.
    """
    random = np.random.default_rng(seed)
    unknowns, first = shared.unknowns, shared.trials
    own = np.array([observed.get(name, np.nan) for name in first.names])
    use = np.isfinite(own) & (np.isfinite(first.summaries).mean(axis=0) > 0.5)
    own = own[use]
    coordinates = Coordinates(shared.scenario, unknowns)

    def place(z: Float) -> Float:
        return coordinates.of(z, values(unknowns, z))

    early = first.summaries[:, use]
    rough = Likelihood.fit(place(first.z), early)
    pool = np.clip(random.standard_normal((PRIOR_POOL, len(unknowns))), -FAR, FAR)
    around = rough.target(own, place, np.sqrt(WIDER))
    proposals = sample(around, _best(pool, around, 240), 160, 80, random, every=2)
    where = proposals[random.permutation(len(proposals))]
    second = simulated(
        shared.scenario, unknowns, where[:trials], shared.reader, book=shared.book, first=LATER, seed=seed,
        workers=workers, progress=progress,
    )  # fmt: skip
    near = rough.nearest(own, early, max(len(first) // 2, 200))
    known = np.concatenate([first.z[near], second.z])
    fine = Likelihood.fit(place(known), np.concatenate([early[near], _aligned(second, first.names)[:, use]]))
    others = where[trials:]
    held, possible = fine.trials[-len(second) :], place(others)
    fine = sharpened(fine, possible, place(second.z), held)
    scale, coverage = calibrated(fine, others, possible, second.z, held)
    target = fine.target(own, place, scale)
    found = sample(target, _best(where, target, 240), 200, 120, random)
    chosen = found[random.choice(len(found), draws, replace=False)]
    chosen = np.clip(chosen, -FAR, FAR)
    check = simulated(
        shared.scenario, unknowns, chosen[random.integers(len(chosen), size=checks)], shared.reader,
        book=shared.book, first=LATER + trials, seed=seed, workers=workers,
        progress=progress and _continued(progress, trials),
    )  # fmt: skip
    like = _aligned(check, first.names)[:, use]
    return Latent(
        unknowns, chosen, scale, coverage, own, np.nanmean(like, axis=0), np.nanstd(like, axis=0) + 1e-6,
        _further(own, like), tuple(np.array(first.names, object)[use].tolist()), len(first) + len(second) + len(check),
    )  # fmt: skip


def _continued(progress: Progress, done: int) -> Progress:
    return lambda number, total: progress(done + number, done + total)


def _further(own: Float, like: Float) -> float:
    """Share of simulated histories that are as far from the middle of the others as the history, or further."""
    size = like.std(axis=0) + 1e-6
    middle, half = like.mean(axis=0), len(like) // 2
    scaled, mine = np.nan_to_num((like - middle) / size), np.nan_to_num((own - middle) / size)
    cover = 0.8 * np.cov(scaled[:half].T) + 0.2 * np.eye(len(own))
    inverse = np.linalg.inv(np.atleast_2d(cover))
    others = np.einsum("ni,ij,nj->n", scaled[half:], inverse, scaled[half:])
    return float((1 + np.sum(others >= mine @ inverse @ mine)) / (1 + len(others)))


def _aligned(trials: Trials, names: tuple[str, ...]) -> Float:
    at = {name: column for column, name in enumerate(trials.names)}
    missing = np.full(len(trials), np.nan)
    return np.stack([trials.summaries[:, at[name]] if name in at else missing for name in names], axis=1)


def _best(points: Float, target: Callable[[Float], Float], count: int) -> Float:
    """Points to start walking from: drawn by their weight, different ones."""
    log = target(points)
    keep = np.argsort(-log)[: 4 * count]
    random = np.random.default_rng(len(points))
    gumbel = log[keep] / 4 + random.gumbel(size=len(keep))  # flattened, so that walkers start apart
    return points[keep[np.argsort(-gumbel)[:count]]]

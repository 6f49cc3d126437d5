"""What nobody sees, by simulation and regression on summaries in two rounds.

Round one simulates at draws from the prior, and regresses the coordinates of the unknowns on the summaries: the
fitted values are a few statistics that say about as much as all summaries (Fearnhead & Prangle 2012). Their mean and
spread, in turn, are regressed on the unknowns, which gives a likelihood (a regression adjustment as of Beaumont et al.
2002 and Blum & Francois 2010, written as a normal synthetic likelihood, so that where the trials were drawn does not
matter). Round two repeats both where round one says the answer lies. The spread of the likelihood is scaled so that
90% intervals cover 90% of what made held-out simulated histories.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from simulation.evidence.fit.coordinates import Coordinates
from simulation.evidence.fit.sampler import sample
from simulation.evidence.fit.summaries import Summaries
from simulation.evidence.fit.trials import Trials, simulated
from simulation.evidence.unknowns import FAR, Unknown, values
from simulation.progress import Progress
from simulation.scenario import Scenario

__all__ = ["Latent", "Shared", "fit_latent", "first_round"]

Float = npt.NDArray[np.float64]
WIDER = 2.0
"""By how much the variance of round one is enlarged where round two looks."""
SCALES = np.array([0.7, 0.8, 0.9, 1.0, 1.1, 1.2, 1.35, 1.5, 1.7, 2.0, 2.5])
NOMINAL = 0.9
PRIOR_POOL = 20_000
CHECKS, ENOUGH = 120, 50
TOLD, PENALTY = 0.1, (2.0, 8.0)
"""Least squared correlation of a statistic with its coordinate, and the ridge penalties, in trials, of lines and of
squares in the mean of a statistic."""
LATER = 1_000_000
"""Number of the first future of round two; those of round one are less."""


@dataclass(frozen=True, eq=False)
class Shared:
    """Round one: it depends on the design only, so fits of histories of one design can share it."""

    scenario: Scenario
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
    scenario: Scenario, unknowns: Sequence[Unknown], reader: Summaries, trials: int, *, seed: int = 1,
    workers: int | None = None, progress: Progress | None = None,
) -> Shared:  # fmt: skip
    """Simulate histories at draws from the prior."""
    from scipy.special import ndtri
    from scipy.stats import qmc

    points = qmc.Sobol(len(unknowns), seed=seed).random(trials)
    z = np.clip(ndtri(np.clip(points, 1e-6, 1 - 1e-6)), -FAR, FAR)
    found = simulated(scenario, unknowns, z, reader, seed=seed, workers=workers, progress=progress)
    return Shared(scenario, tuple(unknowns), reader, found)


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
        Simulated histories of round two: three quarters give the likelihood, the rest are held out.
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

    early, half = first.summaries[:, use], len(first) // 2
    rough = _Likelihood.fit(first.z[:half], early[:half], first.z[half:], early[half:], place)
    pool = np.clip(random.standard_normal((PRIOR_POOL, len(unknowns))), -FAR, FAR)
    around = rough.target(own, place, np.sqrt(WIDER))
    proposals = sample(around, _best(pool, around, 240), 240, 200, random, every=2)
    where = proposals[random.permutation(len(proposals))]
    second = simulated(
        shared.scenario, unknowns, where[:trials], shared.reader, first=LATER, seed=seed, workers=workers,
        progress=progress,
    )  # fmt: skip
    summaries = _aligned(second, first.names)[:, use]
    modelled, near = (3 * trials) // 4, rough.nearest(own, early, max(half, 200))
    fine = _Likelihood.fit(first.z[near], early[near], second.z[:modelled], summaries[:modelled], place)
    scale, coverage = _scale(fine, where[trials:], second.z[modelled:], summaries[modelled:], place)
    target = fine.target(own, place, scale)
    found = sample(target, _best(where, target, 240), 300, 200, random)
    chosen = found[random.choice(len(found), draws, replace=False)]
    chosen = np.clip(chosen, -FAR, FAR)
    check = simulated(
        shared.scenario, unknowns, chosen[random.integers(len(chosen), size=checks)], shared.reader,
        first=LATER + trials, seed=seed, workers=workers, progress=progress and _continued(progress, trials),
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


@dataclass(frozen=True, eq=False)
class _Likelihood:
    """Statistics of summaries, and how they depend on the unknowns."""

    middle: Float
    size: Float
    weights: Float
    means: Float
    precision: Float
    centre: Float
    width: Float

    @classmethod
    def fit(
        cls, z: Float, summaries: Float, other_z: Float, others: Float, place: Callable[[Float], Float]
    ) -> _Likelihood:
        """Learn the statistics from trials, and the likelihood from others."""
        w = place(other_z)
        centre, width = w.mean(axis=0), w.std(axis=0) + 1e-9
        w, learned = (w - centre) / width, (place(z) - centre) / width
        middle: Float = np.asarray(np.nanmedian(summaries, axis=0), np.float64)
        size = np.nanstd(summaries, axis=0) + 1e-6
        # Ridge regression: the penalty is that of a prior on coefficients of standardised summaries.
        x = _features(_standard(summaries, middle, size))
        penalty = np.eye(x.shape[1]) * 0.02 * len(x)
        penalty[0, 0] = 0.0
        weights = np.linalg.solve(x.T @ x + penalty, x.T @ learned)
        rest = _features(_standard(others, middle, size)) @ weights
        # A statistic that does not tell its own coordinate to other trials would only add noise that looks like news.
        gap = (rest - rest.mean(axis=0)) / (rest.std(axis=0) + 1e-12)
        told = np.mean(gap * w, axis=0) ** 2 > TOLD
        weights, rest = weights[:, told], rest[:, told]
        basis = _features(w)
        slack = np.diag(np.repeat([0.0, *PENALTY], [1, w.shape[1], w.shape[1]]))
        means = np.asarray(np.linalg.solve(basis.T @ basis + slack, basis.T @ rest), np.float64)
        errors = rest - basis @ means
        freedom = max(len(rest) - basis.shape[1], len(rest) // 3)
        cover = errors.T @ errors / freedom
        cover += np.eye(len(cover)) * 1e-4 * np.trace(cover) / len(cover)
        return cls(middle, size, weights, means, np.linalg.inv(cover), centre, width)

    def statistics(self, summaries: Float) -> Float:
        """Statistics of summaries: [N, K]."""
        return _features(_standard(np.atleast_2d(summaries), self.middle, self.size)) @ self.weights

    def nearest(self, own: Float, summaries: Float, count: int) -> npt.NDArray[np.int64]:
        """The trials whose statistics are nearest to those of a history."""
        gap = self.statistics(summaries) - self.statistics(own)
        return np.argsort(np.einsum("ni,ij,nj->n", gap, self.precision, gap))[:count]

    def log(self, statistics: Float, w: Float, scale: float) -> Float:
        """Log likelihood of statistics [H, K] at coordinates [N, K]: [H, N]."""
        mean = _features(np.clip((w - self.centre) / self.width, -6, 6)) @ self.means
        root = np.linalg.cholesky(self.precision)
        a, b = statistics @ root, mean @ root
        distance: Float = (a**2).sum(axis=1)[:, None] + (b**2).sum(axis=1) - 2 * a @ b.T
        return -0.5 * distance / scale**2

    def target(self, own: Float, place: Callable[[Float], Float], scale: float) -> Callable[[Float], Float]:
        """Log of likelihood x prior on the scale of the priors, for one history."""
        statistics = self.statistics(own)

        def log(z: Float) -> Float:
            inside = (np.abs(z) <= FAR).all(axis=1)
            found = self.log(statistics, place(np.clip(z, -FAR, FAR)), scale)[0] - 0.5 * (z**2).sum(axis=1)
            return np.where(inside, found, -np.inf)

        return log


def _standard(summaries: Float, middle: Float, size: Float) -> Float:
    """Summaries in standard deviations, limited, with what is missing in the middle."""
    return np.asarray(np.clip(np.nan_to_num((summaries - middle) / size), -4.0, 4.0))


def _features(x: Float) -> Float:
    return np.concatenate([np.ones((len(x), 1)), x, x**2 - 1.0], axis=1)


def _scale(
    fine: _Likelihood, pool: Float, z: Float, summaries: Float, place: Callable[[Float], Float]
) -> tuple[float, float]:
    """The scale at which 90% intervals cover held-out truths best, and the coverage there.

    The held-out points were drawn as the pool was, so the pool weighted by the likelihood is their posterior. Where
    that rests on too few points of the pool, its intervals would be too narrow: such histories are left out.
    """
    log = fine.log(fine.statistics(summaries), place(pool), 1.0)
    weights = np.exp(log - log.max(axis=1, keepdims=True))
    worth = weights.sum(axis=1) ** 2 / (weights**2).sum(axis=1)
    usable = worth >= ENOUGH if (worth >= ENOUGH).sum() >= 15 else worth >= np.sort(worth)[-15:][0]
    log, z = log[usable], z[usable]
    coverages = []
    order = np.argsort(pool, axis=0)
    for scale in SCALES:
        weights = np.exp((log - log.max(axis=1, keepdims=True)) / scale**2)
        weights /= weights.sum(axis=1, keepdims=True)
        inside = []
        for column in range(z.shape[1]):
            total = np.cumsum(weights[:, order[:, column]], axis=1)
            rank = np.searchsorted(pool[order[:, column], column], z[:, column])
            below = np.where(rank > 0, total[np.arange(len(z)), np.maximum(rank - 1, 0)], 0.0)
            inside.append(np.abs(below - 0.5) <= NOMINAL / 2)
        coverages.append(float(np.mean(inside)))
    best = int(np.argmin(np.abs(np.array(coverages) - NOMINAL)))
    return float(SCALES[best]), coverages[best]

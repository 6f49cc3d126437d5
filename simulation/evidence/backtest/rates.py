"""How a rate goes on: a level that wanders, a trend that fades, and a season, learnt from counts by quarter.

A structural time series of the logarithm of the rate (Harvey 1989, ch. 4), averaged over how far its parts move by the
likelihood of the past: so a short or steady history is forecast by its mean, a restless one by its last quarters, and
a season counts as far as it has shown itself. A quarter in which something happened once is known by being far off
(a multi-process model, Harrison & Stevens 1976, JRSS B 38, 205-247; both states are collapsed to one after each
quarter).
"""

from __future__ import annotations

import itertools
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

__all__ = ["LEAST", "QUARTER", "Rate", "carry_on"]

Float = npt.NDArray[np.float64]
QUARTER = 3
"""Months."""
LEAST = 5.0
"""Counts smaller than this on average have no logarithm to speak of."""
FADES = (0.85, 0.98)
"""What is left of a trend after a quarter: most trends of rates fade within a year or two, some last (the ends of the
usual range of a damped trend, Hyndman & Athanasopoulos 2021, 8.2)."""
WANDERS = (0.0, 0.02, 0.05, 0.1, 0.2, 0.4)
"""Standard deviations of a quarter's move of the level, on the log scale."""
SCATTERS = (0.0, 0.05, 0.15)
"""Standard deviations of what a quarter has of its own, beyond chance."""
TREND = 0.03
"""Standard deviation of a trend's growth in a quarter, at any time: it starts so, and moves by as much as fades."""
TRENDS = (0.0, *FADES)
"""Kinds of trend: none, or one that fades so."""
SEASONS = (0.0, 0.1, 0.3)
"""Standard deviations of a season's factor."""
GROWTH = 0.3
"""Standard deviation of the prior of growth in a year, on the log scale: 19 of 20 rates grow by -45% to +80%."""
STRONGEST = (0.05, 10.0)
"""Factors of a year: beyond these is no growth that a plan can have."""
SHOCKED, SHOCK = 0.03, 0.5
"""Share of the quarters in which something happens once, and its standard deviation on the log scale."""
LEVEL, SLOPE = 0, 1
STATES = 6


@dataclass(frozen=True)
class Rate:
    """Draws of how a rate goes on.

    Attributes
    ----------
    start
        float64[draws], rate at the origin without season.
    growth
        float64[draws], relative growth in a year.
    season
        float64[4], factor of each quarter from the origin; their mean is 1.
    level
        float64[draws], mean rate over the horizon, without season.
    """

    start: Float
    growth: Float
    season: Float
    level: Float


def carry_on(count: Float, exposure: Float, quarters: int, draws: int, rng: np.random.Generator) -> Rate:
    """Learn a rate and carry it on.

    Parameters
    ----------
    count, exposure
        float64[T] by quarter up to the origin, the last one last; their ratio is the rate. T >= 2.
    quarters
        Length of the horizon.
    draws
        Number of draws.
    rng
        Luck.
    """
    log = np.log((count + 0.5) / exposure)
    chance = 1.0 / (count + 0.5)
    settings = list(itertools.product(WANDERS, SCATTERS, TRENDS, SEASONS))
    fits = [_filtered(log, chance, *one) for one in settings]
    weight = np.array([fit[0] + _belief(one) for fit, one in zip(fits, settings, strict=True)])
    weight = np.exp(weight - weight.max())
    weight /= weight.sum()
    season = np.exp(sum(share * fit[1][2:] for share, fit in zip(weight, fits, strict=True)))
    step = np.arange(1, quarters + 1)
    reach = float(((step - step.mean()) ** 2).sum())
    start, growth, level = np.zeros(draws), np.zeros(draws), np.zeros(draws)
    for draw, at in enumerate(rng.choice(len(settings), draws, p=weight).tolist()):
        wander, scatter, fades, _ = settings[at]
        _, mean, covariance = fits[at]
        state = rng.multivariate_normal(mean[:2], covariance[:2, :2], method="svd")
        path, slope, here = np.zeros(quarters), float(state[SLOPE]), float(state[LEVEL])
        for place in range(quarters):
            slope = fades * slope + _bends(fades) * rng.standard_normal()
            here += slope + wander * rng.standard_normal()
            path[place] = here + scatter * rng.standard_normal()
        slanted = float(np.polyfit(step, path, 1)[0]) if quarters > 1 else 0.0
        # A restless path of a few quarters is no growth: its slope has a prior, and is learnt from these quarters.
        bend = slanted * reach / (reach + (wander**2 + scatter**2) / (GROWTH / 4) ** 2) if quarters > 1 else 0.0
        # What single quarters have of their own is not in the line, but belongs into the spread of each.
        own = scatter**2 * max(0.0, 1 - 2 / quarters) + (slanted - bend) ** 2 * reach / quarters
        level[draw] = path.mean() + np.sqrt(own) * rng.standard_normal()
        start[draw], growth[draw] = level[draw] - bend * quarters / 2, 4 * bend
    by_year = np.clip(growth, *np.log(STRONGEST))
    return Rate(np.exp(start), np.expm1(by_year), season / season.mean(), np.exp(level))


def _bends(fades: float) -> float:
    """Standard deviation of a quarterly move of the trend."""
    return TREND * float(np.sqrt(1 - fades**2)) if fades else 0.0


def _belief(setting: tuple[float, ...]) -> float:
    """Log prior of a setting: each part is as likely to be still as to move by one of its other values."""
    parts = zip(setting, (WANDERS, SCATTERS, TRENDS, SEASONS), strict=True)
    return float(sum(np.log(0.5 if one == 0 else 0.5 / (len(values) - 1)) for one, values in parts))


def _filtered(
    log: Float, chance: Float, wander: float, scatter: float, fades: float, season: float
) -> tuple[float, Float, Float]:
    """Kalman filter: log-likelihood, and mean and covariance of level, slope and four seasons, the next one first."""
    mean = np.zeros(STATES)
    mean[LEVEL] = log[:4].mean()
    covariance = np.diag([1.0, TREND**2 * (fades > 0), *[season**2] * 4])
    # Factors of the four quarters: they add up to 0.
    covariance[2:, 2:] -= season**2 / 4
    move = np.eye(STATES)
    move[LEVEL, SLOPE] = fades
    move[SLOPE, SLOPE] = fades
    move[2:, 2:] = np.roll(np.eye(4), 1, axis=1)  # the next quarter's factor comes first
    noise = np.zeros((STATES, STATES))
    noise[LEVEL, LEVEL] = wander**2
    noise[SLOPE, SLOPE] = _bends(fades) ** 2
    total = 0.0
    for place, (value, spread) in enumerate(zip(log, chance, strict=True)):
        if place:
            mean = move @ mean
            covariance = move @ covariance @ move.T + noise
        seen = covariance[LEVEL] + covariance[2]
        usual = float(seen[LEVEL] + seen[2]) + spread + scatter**2
        variance = np.array([usual, usual + SHOCK**2])
        gap = float(value - mean[LEVEL] - mean[2])
        log_chance = np.log([1 - SHOCKED, SHOCKED]) - 0.5 * (np.log(variance) + gap * gap / variance)
        total += float(np.logaddexp(*log_chance))
        usually, shocked = np.exp(log_chance - np.logaddexp(*log_chance))
        # How far the gap moves the states, in the mean over both, and what is left of their spread.
        share = usually / variance[0] + shocked / variance[1]
        apart = usually * shocked * (gap / variance[0] - gap / variance[1]) ** 2
        mean = mean + seen * share * gap
        covariance = covariance + np.outer(seen, seen) * (apart - share)
    mean[2:] = np.roll(mean[2:], -1)  # from the last quarter to the first one ahead
    return float(total), mean, covariance

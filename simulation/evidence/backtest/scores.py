"""How good a forecast distribution was, once the value is known: scores, coverage, PIT and bias.

A forecast is a sample: an array of futures. Every score here is 0 for a forecast that says the value exactly, and
smaller is better.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

__all__ = ["LEVELS", "Score", "bands_of", "crps", "pit_histogram", "pit_ends", "score", "wis"]

Float = npt.NDArray[np.float64]
LEVELS = (0.5, 0.8, 0.9, 0.95)
"""Central bands whose coverage is counted."""
WIS_ALPHAS = (0.02, 0.05, 0.1, 0.2, 0.3, 0.4, 0.5, 0.6, 0.7, 0.8, 0.9)
"""One less the central bands of the weighted interval score, as the COVID-19 Forecast Hub has them."""


@dataclass(frozen=True)
class Score:
    """Scores of one forecast of one number.

    Attributes
    ----------
    actual, mean, median
        In the unit of the measure.
    crps, wis
        Continuous ranked probability score and weighted interval score, in the unit of the measure.
    low, high
        Ends of the central bands of `LEVELS`, in their order.
    pit_low, pit_high
        Share of futures below the value, and below or at it. Equal for a continuous measure.
    """

    actual: float
    mean: float
    median: float
    crps: float
    wis: float
    low: tuple[float, ...]
    high: tuple[float, ...]
    pit_low: float
    pit_high: float

    @property
    def bias(self) -> float:
        """Mean less the value: positive when too much was forecast."""
        return self.mean - self.actual

    @property
    def inside(self) -> tuple[bool, ...]:
        """Whether each band of `LEVELS` holds the value; its ends belong to it."""
        return tuple(low <= self.actual <= high for low, high in zip(self.low, self.high, strict=True))


def score(futures: npt.ArrayLike, actual: float) -> Score:
    """Score one forecast.

    Parameters
    ----------
    futures
        Values in the simulated futures, at least 2; NaN (a rate of nothing) is left out.
    actual
        What came.

    Raises
    ------
    ValueError
        Fewer than 2 futures, or the value is not finite.
    """
    sample = np.asarray(futures, np.float64)
    sample = np.sort(sample[~np.isnan(sample)])
    if len(sample) < 2 or not np.isfinite(actual):
        raise ValueError("a score needs at least 2 futures and a value")
    low, high = bands_of(sample, LEVELS)
    return Score(
        actual=float(actual),
        mean=float(sample.mean()),
        median=float(np.quantile(sample, 0.5)),
        crps=crps(sample, actual),
        wis=wis(sample, actual),
        low=tuple(low.tolist()),
        high=tuple(high.tolist()),
        pit_low=float(np.searchsorted(sample, actual, "left") / len(sample)),
        pit_high=float(np.searchsorted(sample, actual, "right") / len(sample)),
    )


def bands_of(sample: Float, levels: tuple[float, ...]) -> tuple[Float, Float]:
    """Ends of central bands: quantiles (1 - level) / 2 and (1 + level) / 2."""
    share = np.asarray(levels)
    return np.quantile(sample, (1 - share) / 2), np.quantile(sample, (1 + share) / 2)


def crps(sample: npt.ArrayLike, actual: float) -> float:
    """Continuous ranked probability score of the sample's empirical distribution.

    E|X - y| - E|X - X'| / 2 (Gneiting & Raftery 2007, JASA 102, 359-378), as scoringrules computes it.
    """
    import scoringrules

    values = np.sort(np.asarray(sample, np.float64))
    return float(scoringrules.crps_ensemble(float(actual), values, sorted_ensemble=True, backend="numpy"))


def wis(sample: npt.ArrayLike, actual: float) -> float:
    """Weighted interval score over the bands of `WIS_ALPHAS` and the median.

    Bracher, Ray, Gneiting & Reich (2021), PLoS Comput. Biol. 17, e1008618.
    """
    values, alpha = np.asarray(sample, np.float64), np.asarray(WIS_ALPHAS)
    low, high = np.quantile(values, alpha / 2), np.quantile(values, 1 - alpha / 2)
    # Written out: scoringrules 0.10 takes the median itself for the distance to it.
    intervals = high - low + 2 / alpha * (np.maximum(low - actual, 0.0) + np.maximum(actual - high, 0.0))
    miss = 0.5 * abs(float(actual) - float(np.median(values)))
    return float((miss + (alpha / 2 * intervals).sum()) / (len(alpha) + 0.5))


def pit_ends(futures: npt.ArrayLike, actual: float) -> tuple[float, float]:
    """F(y-) and F(y) of the sample's distribution function at the value."""
    sample = np.sort(np.asarray(futures, np.float64))
    left, right = np.searchsorted(sample, actual, "left"), np.searchsorted(sample, actual, "right")
    return float(left / len(sample)), float(right / len(sample))


def pit_histogram(low: npt.ArrayLike, high: npt.ArrayLike, bins: int = 10) -> Float:
    """Heights of the non-randomised PIT histogram; 1 everywhere when forecasts are calibrated.

    Each value spreads its weight evenly over [F(y-), F(y)], so a count needs no random number (Czado, Gneiting &
    Held 2009, Biometrics 65, 1254-1261).

    Parameters
    ----------
    low, high
        `pit_low` and `pit_high` of each score.
    bins
        Number of bars.

    Returns
    -------
    float64[bins]
        Their mean is 1.
    """
    starts, ends = np.asarray(low, np.float64), np.asarray(high, np.float64)
    edges = np.linspace(0.0, 1.0, bins + 1)
    width = np.maximum(ends - starts, 1e-12)
    # A sample's jump at 1 would fall out of the last bar.
    starts = np.minimum(starts, 1.0 - 1e-12)
    share = np.clip((edges[None, :] - starts[:, None]) / width[:, None], 0.0, 1.0)
    share[:, -1] = 1.0
    heights: Float = np.diff(share.mean(axis=0)) * bins
    return heights

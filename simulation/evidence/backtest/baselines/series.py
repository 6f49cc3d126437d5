"""Baselines that know nothing of members: they continue a series of numbers."""

from __future__ import annotations

import math
import warnings
from typing import Any

import numpy as np
import numpy.typing as npt

__all__ = ["LEAST_FOR_ETS", "ets", "last_value", "seasonal_naive"]

Float = npt.NDArray[np.float64]
LEAST_FOR_ETS = 8
"""Values that exponential smoothing needs: fewer do not tell a trend from noise."""
ETS_FITS = 8
"""Refits to series that the fitted model draws: the parametric bootstrap of its parameters."""


def last_value(series: npt.ArrayLike, steps: int, draws: int, rng: np.random.Generator) -> Float:
    """Continue with the last value: a random walk without drift.

    Parameters
    ----------
    series
        Past values, in order; at least 2.
    steps
        How far ahead.
    draws
        Number of futures.
    rng
        Luck.

    Returns
    -------
    float64[draws, steps]

    Raises
    ------
    ValueError
        The series is too short.

    Notes
    -----
    The variance of a step is not known but estimated from the past steps: each future has a draw of its own from
    the posterior under Jeffreys' prior, so bands of a short series are those of Student's t.
    """
    return seasonal_naive(series, steps, 1, draws, rng)


def seasonal_naive(series: npt.ArrayLike, steps: int, season: int, draws: int, rng: np.random.Generator) -> Float:
    """Continue with the value of a season ago: a seasonal random walk (Hyndman & Athanasopoulos 2021, 5.5).

    Parameters and notes as of `last_value`; `season` is its length in steps, and the series needs one more value.
    """
    past = np.asarray(series, np.float64)
    if len(past) < season + 1 or len(past) < 2:
        raise ValueError(f"needs {max(season + 1, 2)} past values, and there are {len(past)}")
    moves = past[season:] - past[:-season]
    scale = np.sqrt((moves**2).sum() / rng.chisquare(len(moves), draws))
    ahead = np.zeros((draws, steps))
    for step in range(steps):
        base = past[len(past) - season + step] if step < season else ahead[:, step - season]
        ahead[:, step] = base + scale * rng.standard_normal(draws)
    return ahead


def ets(series: npt.ArrayLike, steps: int, season: int, draws: int, rng: np.random.Generator) -> Float:
    """Exponential smoothing in state space form, the form chosen by AICc (Hyndman, Koehler, Ord & Snyder 2008).

    As of `last_value`, with at least `LEAST_FOR_ETS` values. Errors are additive; level, trend, damped trend, and
    each with an additive season where three seasons are past. Parameter uncertainty by parametric bootstrap: futures
    are drawn from models refitted to series that the chosen one draws, each continued from the real end.
    """
    past = np.asarray(series, np.float64)
    if len(past) < LEAST_FOR_ETS:
        raise ValueError(f"needs {LEAST_FOR_ETS} past values, and there are {len(past)}")
    if np.ptp(past) == 0:
        return np.full((draws, steps), past[-1])
    seasonal = season > 1 and len(past) >= 3 * season
    forms = [(trend, damped, own) for trend, damped in ((None, False), ("add", False), ("add", True))
             for own in ({None, "add"} if seasonal else {None})]  # fmt: skip
    import statsmodels.tsa.exponential_smoothing.ets  # noqa: F401 - it sets filters of its own when it is imported

    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # short series warn of their starting values
        fits = []
        for trend, damped, own in sorted(forms, key=str):
            try:
                fits.append((_fitted(past, trend, damped, own, season), (trend, damped, own)))
            except (ValueError, np.linalg.LinAlgError):
                continue
        if not fits:
            raise ValueError("exponential smoothing cannot be fitted to this series")
        best, form = min(fits, key=lambda fit: fit[0].aicc if math.isfinite(fit[0].aicc) else fit[0].aic)
        seeds = rng.integers(0, 2**31, 2 * ETS_FITS)
        parts = []
        for number in range(ETS_FITS):
            try:
                drawn = best.simulate(len(past), anchor="start", rng=int(seeds[2 * number]))
                again = _fitted(np.asarray(drawn), *form, season)
                own_fit = best.model.smooth(_together(best, again))
            except (ValueError, np.linalg.LinAlgError):
                own_fit = best
            share = math.ceil(draws / ETS_FITS)
            ahead = own_fit.simulate(steps, anchor="end", repetitions=share, rng=int(seeds[2 * number + 1]))
            parts.append(np.asarray(ahead).reshape(steps, share).T)
    every: Float = np.concatenate(parts)[:draws]
    if not np.isfinite(every).all():
        raise ValueError("exponential smoothing does not stay finite on this series")
    return every


def _fitted(past: Float, trend: str | None, damped: bool, season_form: str | None, season: int) -> Any:
    from statsmodels.tsa.exponential_smoothing.ets import ETSModel

    model = ETSModel(
        past, error="add", trend=trend, damped_trend=damped, seasonal=season_form,
        seasonal_periods=season if season_form else None,
    )  # fmt: skip
    return model.fit(disp=False, maxiter=200)


def _together(best: Any, again: Any) -> Float:
    """Smoothing parameters of the refit, starting states of the real series."""
    parameters = np.array(best.params, np.float64)
    names = list(best.model.param_names)
    for place, name in enumerate(names):
        if name.startswith(("smoothing", "damping")):
            parameters[place] = np.asarray(again.params)[place]
    return parameters

"""The value of information for a decision: what knowing would be worth, because one would choose better.

EVPI = E[max over options of the utility] - max over options of E[utility], and EVPPI the same with the expectation
given only what would be learnt in place of the utility: E[max E[U | x]] - max E[U]. Estimated from a sample by
regression of the differences between options on x (Strong, Oakley & Brennan 2014, Medical Decision Making 34(3)).
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import numpy as np
import numpy.typing as npt
import pandas as pd

from simulation.experiment.assumed import Float
from simulation.experiment.regression import conditional_mean

__all__ = ["ENOUGH", "EVERYTHING", "LUCK_TOO", "value_of_information"]

Flags = npt.NDArray[np.bool_]
EVERYTHING = "all assumptions"
LUCK_TOO = "all assumptions and luck"
DRAWS = 500
"""Draws of the conditional means behind each standard error."""
FEW = 30
"""With fewer points there is no estimate."""
ENOUGH = 128
"""With fewer points and much luck the estimates are too high: the regression takes some of the luck for a cause."""
COLUMNS = ("evppi", "error", "share")


def value_of_information(
    utilities: Mapping[str, Float],
    assumptions: Mapping[str, Float],
    groups: Mapping[str, Sequence[str]],
    *,
    lucky: Mapping[str, Float] | None = None,
    seed: int = 1,
) -> pd.DataFrame:
    """Value of knowing groups of assumptions before choosing an option.

    Parameters
    ----------
    utilities
        float64[P] for each option, in the unit of the utility (more is better): at assumption point p, from one
        future or as a mean of several; the options of one p meet the same luck.
    assumptions
        float64[P] for each path: the values at the points.
    groups
        Paths of each thing that could be learnt, by its name; one path, or several learnt together.
    lucky
        float64[F] for each option, single futures: for the value of knowing even luck. None leaves that row out.
    seed
        Of the draws behind the standard errors.

    Returns
    -------
    DataFrame
        Index of the names, the most valuable first, then `EVERYTHING` (the EVPI: knowing every assumption, not
        luck) and `LUCK_TOO`, a bound that no study reaches; `evppi` and its standard `error` in the unit of the
        utility, and `share` of the EVPI.

    Raises
    ------
    ValueError
        With fewer than two options or 30 points.

    Notes
    -----
    The error joins that of the regression (posterior draws of the conditional mean, as Strong et al. do) and that
    of the finite sample of points. An EVPPI is never below zero; its estimate is slightly above zero for what has
    no value, and clearly with fewer than `ENOUGH` points and much luck.
    """
    options = list(utilities)
    if len(options) < 2:
        raise ValueError("the value of information needs at least two options to choose from")
    table = np.array([utilities[one] for one in options], np.float64)
    known = np.asarray(np.isfinite(table).all(axis=0), np.bool_)
    if known.sum() < FEW:
        raise ValueError(f"the value of information needs at least {FEW} points, there are {int(known.sum())}")
    # Against the best option: luck that all share cancels, and the best itself is exactly zero.
    best = int(table[:, known].mean(axis=1).argmax())
    gains = np.delete(table - table[best], best, axis=0)[:, known]
    every = sorted({path for paths in groups.values() for path in paths})
    rng = np.random.default_rng((seed, 0xE7))
    rows = {name: _evppi(gains, _columns(assumptions, paths, known), rng) for name, paths in groups.items()}
    rows = dict(sorted(rows.items(), key=lambda item: -item[1][0]))
    rows[EVERYTHING] = _evppi(gains, _columns(assumptions, every, known), rng)
    if lucky is not None:
        futures = np.array([lucky[one] for one in options], np.float64)
        futures = futures[:, np.isfinite(futures).all(axis=0)]
        ahead = (futures - futures[futures.mean(axis=1).argmax()]).max(axis=0)
        rows[LUCK_TOO] = (float(ahead.mean()), float(ahead.std(ddof=1) / np.sqrt(len(ahead))))
    found = pd.DataFrame(rows.values(), columns=["evppi", "error"], index=pd.Index(list(rows), name="known"))
    whole = float(found.loc[EVERYTHING, "evppi"])  # type: ignore[arg-type]
    found["share"] = found["evppi"] / whole if whole > 0 else np.nan
    return found


def _columns(assumptions: Mapping[str, Float], paths: Sequence[str], known: Flags) -> Float:
    return np.column_stack([np.asarray(assumptions[path], np.float64)[known] for path in paths])


def _evppi(gains: Float, causes: Float, rng: np.random.Generator) -> tuple[float, float]:
    """EVPPI and its standard error from gains [options - 1, P] over the best option."""
    fits = [conditional_mean(gain, causes) for gain in gains]
    means = np.array([fit.mean for fit in fits])
    better = np.maximum(means.max(axis=0), 0.0)
    value = float(better.mean()) - max(0.0, float(means.mean(axis=1).max()))
    draws = np.array([fit.draws(DRAWS, rng) for fit in fits])
    each = np.maximum(draws.max(axis=0), 0.0).mean(axis=1) - np.maximum(draws.mean(axis=2).max(axis=0), 0.0)
    sampling = float(better.std(ddof=1)) / float(np.sqrt(len(better)))
    return max(value, 0.0), float(np.hypot(each.std(ddof=1), sampling))

"""Distributions as the engines read them: a record per distribution and one shared table of numbers.

A draw is one uniform through the inverse distribution function. Constant, exponential, normal, lognormal
and uniform laws have it in closed form. Every other continuous family becomes a table of quantiles, equally
spaced in the normal score of u (fine in both tails, never finer than the draws themselves), with straight
lines between. An empirical distribution is a step table.
"""

from __future__ import annotations

import warnings
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from functools import lru_cache
from typing import TYPE_CHECKING, Any

import numpy as np
import numpy.typing as npt

from simulation.model.jit import compiled, inlined
from simulation.model.special import exp, log, ndtri

if TYPE_CHECKING:
    from simulation.scenario.distributions import Distribution

CONSTANT, EXPONENTIAL, NORMAL, LOGNORMAL, UNIFORM, TABLE, STEPS, WEIGHTED_STEPS = range(8)

DIST = np.dtype([("kind", "i4"), ("n", "i4"), ("offset", "i8"), ("p0", "f8"), ("p1", "f8")], align=True)
"""One distribution: its kind, its stretch of the table (n numbers from offset), and two parameters."""

TABLE_SIZE = 4097
_REACH = 8.3  # the normal score of the most extreme uniform draw is 8.21
_STEP = 2 * _REACH / (TABLE_SIZE - 1)
_PER_STEP = 1.0 / _STEP
_LAST = TABLE_SIZE - 2
_SMALLEST = 2.0**-53

_CLOSED: dict[str, tuple[int, tuple[str, ...]]] = {
    "constant": (CONSTANT, ("value",)),
    "exponential": (EXPONENTIAL, ("mean",)),
    "normal": (NORMAL, ("mean", "sd")),
    "lognormal": (LOGNORMAL, ("median", "spread")),
    "uniform": (UNIFORM, ("low", "high")),
}

Row = tuple[int, tuple[float, ...], npt.NDArray[np.float64]]
_NOTHING = np.empty(0)

Tables = dict["Distribution", npt.NDArray[np.float64]]
"""Quantile tables by distribution; each has TABLE_SIZE numbers that never decrease."""

_kept: Tables | None = None


@contextmanager
def keeping(tables: Tables) -> Iterator[None]:
    """Use these quantile tables, and add those that are missing when they are first wanted.

    So a run keeps the tables that it used, and a rerun draws from the same ones whatever the libraries of
    the day would say. It holds for every thread of the process.
    """
    global _kept
    before, _kept = _kept, tables
    try:
        yield
    finally:
        _kept = before


def _row(distribution: Distribution) -> Row:
    """Kind, parameters and numbers of one distribution: kept, remembered, or new."""
    tables = _kept
    if tables is not None and distribution in tables:
        return TABLE, (), tables[distribution]
    kind, parameters, numbers = _compile_one(distribution)
    if tables is not None and kind == TABLE:
        numbers = tables.setdefault(distribution, numbers)
    return kind, parameters, numbers


@lru_cache(maxsize=1024)
def _compile_one(distribution: Distribution) -> Row:
    """Give kind, parameters and numbers of one distribution; remembered, as most recur."""
    parameters = dict(distribution.params)
    closed = _CLOSED.get(distribution.family)
    if closed is not None and set(parameters) == set(closed[1]):
        return closed[0], tuple(float(parameters[name]) for name in closed[1]), _NOTHING
    if distribution.values is not None:
        return _steps(distribution)
    return TABLE, (), _quantiles(distribution)


def _steps(distribution: Distribution) -> Row:
    """Tabulate an empirical distribution: sorted values, then cumulative shares if weighted."""
    values = np.asarray(distribution.values, float)
    if values.size == 0 or not np.isfinite(values).all():
        raise ValueError("an empirical distribution needs at least one value, all finite")
    order = np.argsort(values, kind="stable")
    weights: Any = getattr(distribution, "weights", None)
    if weights is None:
        return STEPS, (), values[order]
    shares = np.cumsum(np.asarray(weights, float)[order])
    return WEIGHTED_STEPS, (), np.concatenate([values[order], shares / shares[-1]])


def _quantiles(distribution: Distribution) -> npt.NDArray[np.float64]:
    """Tabulate the quantile function over the normal score; finite, and never decreasing.

    Raises
    ------
    ValueError
        When the family gives no number inside its support (impossible parameters).
    """
    from scipy.special import ndtr  # heavy, and most scenarios need it only for a few distributions

    middle = (TABLE_SIZE - 1) // 2
    z = (np.arange(TABLE_SIZE) - middle) * _STEP
    u = np.clip(ndtr(z), _SMALLEST, 1.0 - _SMALLEST)
    with warnings.catch_warnings():  # some families complain about their last few points, mended below
        warnings.simplefilter("ignore", RuntimeWarning)
        x: npt.NDArray[np.float64] = np.array(distribution.ppf(u), dtype=float)
    finite = np.isfinite(x)
    if not finite[middle] or np.isnan(x).mean() > 0.01:
        raise ValueError(f"distribution {distribution.family} {dict(distribution.params)} has no quantiles")
    x = np.asarray(np.interp(z, z[finite], x[finite]))  # beyond the last finite value: that value
    # outwards from the median, so that one bad point far in a tail spoils only what lies beyond it
    x[middle:] = np.maximum.accumulate(x[middle:])
    x[middle::-1] = np.minimum.accumulate(x[middle::-1])
    return x


def compile_distributions(
    distributions: Iterable[Distribution],
) -> tuple[npt.NDArray[np.void], npt.NDArray[np.float64]]:
    """Turn distributions into what compiled code reads.

    Parameters
    ----------
    distributions : iterable of Distribution
        In base units. Equal ones share their stretch of the table.

    Returns
    -------
    records : structured array of dtype DIST, shape (number of distributions,)
        In the order given.
    table : float64 array
        Never empty.

    Raises
    ------
    ValueError
        When a distribution has no finite quantiles.
    """
    wanted = list(distributions)
    records = np.zeros(len(wanted), DIST)
    stretches: list[npt.NDArray[np.float64]] = []
    places: dict[int, int] = {}
    end = 0
    for i, distribution in enumerate(wanted):
        kind, parameters, numbers = _row(distribution)
        record = records[i]
        record["kind"] = kind
        record["p0"], record["p1"] = (*parameters, 0.0, 0.0)[:2]
        record["n"] = numbers.size // 2 if kind == WEIGHTED_STEPS else numbers.size
        if numbers.size:
            if id(numbers) not in places:
                places[id(numbers)] = end
                stretches.append(numbers)
                end += numbers.size
            record["offset"] = places[id(numbers)]
    return records, np.concatenate(stretches) if stretches else np.zeros(1)


@inlined
def _table_quantile(offset: int, table: npt.NDArray[np.float64], z: float) -> float:
    position = (z + _REACH) * _PER_STEP
    cell = min(max(int(position), 0), _LAST)
    share = min(max(position - cell, 0.0), 1.0)
    left = float(table[offset + cell])
    right = float(table[offset + cell + 1])
    return left if share == 0.0 else left + share * (right - left)


@inlined
def _step_quantile(offset: int, n: int, table: npt.NDArray[np.float64], u: float) -> float:
    return float(table[offset + min(int(u * n), n - 1)])


@inlined
def _weighted_quantile(offset: int, n: int, table: npt.NDArray[np.float64], u: float) -> float:
    low = 0
    high = n - 1
    while low < high:
        middle = (low + high) // 2
        if table[offset + n + middle] > u:
            high = middle
        else:
            low = middle + 1
    return float(table[offset + low])


@compiled
def draw_quantile(record: Any, table: npt.NDArray[np.float64], u: float) -> float:
    """Give the quantile at u of a compiled distribution; from compiled code.

    Parameters
    ----------
    record : element of the records of `compile_distributions`
    table : float64 array
        The table of the same call.
    u : float
        In (0, 1), ends excluded.

    Returns
    -------
    float
        In the base unit of the distribution.
    """
    kind = record.kind
    first = float(record.p0)
    second = float(record.p1)
    if kind == CONSTANT:
        return first
    if kind == EXPONENTIAL:
        return -first * log(1.0 - u)
    if kind == UNIFORM:
        return first + (second - first) * u
    if kind == STEPS:
        return _step_quantile(record.offset, record.n, table, u)
    if kind == WEIGHTED_STEPS:
        return _weighted_quantile(record.offset, record.n, table, u)
    z = ndtri(u)  # one place for all that need it: it is long, and inlined
    if kind == LOGNORMAL:
        return first * exp(second * z)
    if kind == NORMAL:
        return first + second * z
    return _table_quantile(record.offset, table, z)

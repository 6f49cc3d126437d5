"""Distributions of a scenario: a family, its parameters in base units, and quantiles.

Everything random is drawn by inverse CDF (DESIGN 3.7), so a quantile function is all that a family needs.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from functools import lru_cache
from typing import Any, Final, cast

import numpy as np
from numpy.typing import ArrayLike, NDArray

FAMILIES: Final[dict[str, tuple[tuple[str, ...], tuple[str, ...]]]] = {
    "constant": (("value",), ()),
    "exponential": (("mean",), ()),
    "normal": (("mean", "sd"), ()),
    "lognormal": (("median",), ("spread",)),
    "triangular": (("low", "likely", "high"), ()),
    "uniform": (("low", "high"), ()),
    "beta": ((), ("a", "b")),
}
"""The families with names of their own: parameters in the unit of the field, then those without unit."""

_Array = NDArray[np.float64]


@dataclass(frozen=True, slots=True)
class Distribution:
    """A distribution of one number, in the base unit of its field.

    Attributes
    ----------
    family : str
        ``constant``, ``exponential``, ``normal``, ``lognormal``, ``triangular``, ``uniform``, ``beta``,
        ``empirical`` or the name of a continuous family of `scipy.stats`.
    params : tuple of (str, float)
        Parameters in base units (money: cents). A family of scipy has its shapes, then ``loc`` and ``scale``;
        ``beta`` has ``a``, ``b`` and, when it was stretched, ``loc`` and ``scale``.
    values : tuple of float or None
        The sorted values of an empirical distribution.
    weights : tuple of float or None
        Their weights, which sum to 1; None when all weigh the same.
    """

    family: str
    params: tuple[tuple[str, float], ...] = ()
    values: tuple[float, ...] | None = None
    weights: tuple[float, ...] | None = None

    @property
    def is_constant(self) -> bool:
        """True when every draw is the same number."""
        return self.family == "constant"

    @property
    def value(self) -> float:
        """The number of a constant distribution.

        Raises
        ------
        ValueError
            When the distribution is not constant.
        """
        if self.family != "constant":
            raise ValueError(f"a {self.family} distribution has no single value")
        return self.params[0][1]

    def parameter(self, name: str) -> float:
        """One parameter by name, in base units."""
        return dict(self.params)[name]

    def ppf(self, u: ArrayLike) -> _Array:
        """Quantiles: the inverse of the cumulative distribution.

        Parameters
        ----------
        u : array_like of float
            Probabilities within (0, 1), any shape.

        Returns
        -------
        ndarray of float
            The same shape, in base units.
        """
        share = np.asarray(u, dtype=np.float64)
        p = dict(self.params)
        match self.family:
            case "constant":
                return np.full(share.shape, p["value"])
            case "uniform":
                return p["low"] + (p["high"] - p["low"]) * share
            case "triangular":
                return _triangular(share, p["low"], p["likely"], p["high"])
            case "exponential":
                return -p["mean"] * np.log1p(-share)
            case "normal":
                return p["mean"] + p["sd"] * _normal_quantile(share)
            case "lognormal":
                return p["median"] * np.exp(p["spread"] * _normal_quantile(share))
            case "empirical":
                return self._step(share)
        return np.asarray(_frozen(self).ppf(share), dtype=np.float64)

    def mean(self) -> float:
        """The mean, in base units; infinite or not a number where the family has none."""
        p = dict(self.params)
        match self.family:
            case "constant":
                return p["value"]
            case "uniform":
                return (p["low"] + p["high"]) / 2.0
            case "triangular":
                return (p["low"] + p["likely"] + p["high"]) / 3.0
            case "exponential" | "normal":
                return p["mean"]
            case "lognormal":
                return p["median"] * math.exp(p["spread"] ** 2 / 2.0)
            case "empirical":
                return float(np.average(np.array(self.values), weights=self.weights))
        return float(_frozen(self).mean())

    def support(self) -> tuple[float, float]:
        """The smallest and the largest possible number, in base units."""
        p = dict(self.params)
        match self.family:
            case "constant":
                return p["value"], p["value"]
            case "uniform" | "triangular":
                return p["low"], p["high"]
            case "exponential":
                return 0.0, math.inf
            case "normal":
                return (-math.inf, math.inf) if p["sd"] > 0 else (p["mean"], p["mean"])
            case "lognormal":
                return (0.0, math.inf) if p["spread"] > 0 else (p["median"], p["median"])
            case "empirical":
                assert self.values is not None
                return self.values[0], self.values[-1]
            case "beta":
                low, width = p.get("loc", 0.0), p.get("scale", 1.0)
                return low, low + width
        low, high = _frozen(self).support()
        return float(low), float(high)

    def _step(self, share: _Array) -> _Array:
        values = np.array(self.values)
        if self.weights is None:
            place = np.floor(share * len(values)).astype(np.int64)
        else:
            place = np.searchsorted(np.cumsum(self.weights), share, side="right")
        return cast(_Array, values[np.clip(place, 0, len(values) - 1)])


def constant(value: float) -> Distribution:
    """A distribution with one possible value, in base units."""
    return Distribution("constant", (("value", float(value)),))


def _triangular(u: _Array, low: float, likely: float, high: float) -> _Array:
    if high == low:
        return np.full(u.shape, low)
    turn = (likely - low) / (high - low)
    up = low + np.sqrt(u * (high - low) * (likely - low))
    down = high - np.sqrt((1.0 - u) * (high - low) * (high - likely))
    return np.where(u < turn, up, down)


def _normal_quantile(u: _Array) -> _Array:
    from scipy.special import ndtri

    return np.asarray(ndtri(u), dtype=np.float64)


@lru_cache(maxsize=1024)
def _frozen(distribution: Distribution) -> Any:
    from scipy import stats

    return getattr(stats, distribution.family)(**dict(distribution.params))


@lru_cache(maxsize=1)
def scipy_families() -> dict[str, tuple[str, ...]]:
    """Every continuous family of `scipy.stats` by name, with the names of its shapes."""
    from scipy import stats

    found = {}
    for name in dir(stats):
        family = getattr(stats, name)
        if isinstance(family, stats.rv_continuous):
            shapes = family.shapes
            found[name] = tuple(shapes.replace(" ", "").split(",")) if shapes else ()
    return found

"""Renewal models of contracts, where who has left stays away: geometric, shifted beta-geometric, beta-discrete-Weibull.

All say the share S(t) that survives t renewals, and are fitted by maximum likelihood to how many were up for their
t-th renewal and how many renewed. They are the models of Fader & Hardie (2007), J. Interactive Marketing 21, 76-90,
and Fader, Hardie, Liu, Davin & Steenburgh (2018), J. Interactive Marketing 43, 1-16.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

__all__ = ["MODELS", "ContractFit", "RiskTable", "covariance_at", "fit_contracts", "survival"]

Float = npt.NDArray[np.float64]
BOUND = 12.0
"""The logarithm of a parameter stays within +- this; at the bound members are all alike."""


@dataclass(frozen=True)
class RiskTable:
    """How many were up for their t-th renewal, and how many renewed; t = 1, 2, ... from place 0.

    Attributes
    ----------
    due, won
        float64[T].
    """

    due: Float
    won: Float

    @classmethod
    def of_survivors(cls, survivors: npt.ArrayLike) -> RiskTable:
        """Make the table of one cohort: members at the start and after each renewal."""
        counts = np.asarray(survivors, np.float64)
        return cls(due=counts[:-1], won=counts[1:])


def _geometric(p: Float, t: Float) -> Float:
    result: Float = np.exp(-t * np.exp(p[0]))
    return result


def _beta_geometric(p: Float, t: Float) -> Float:
    from scipy.special import betaln

    a, b = np.exp(p[:2])
    result: Float = np.exp(betaln(a, b + t) - betaln(a, b))
    return result


def _beta_weibull(p: Float, t: Float) -> Float:
    return _beta_geometric(p, t ** np.exp(p[2]))


@dataclass(frozen=True)
class Model:
    """A model: its name on screens, the names of its parameters, and S(t) of their logarithms."""

    title: str
    parameters: tuple[str, ...]
    survives: Callable[[Float, Float], Float]
    starts: tuple[tuple[float, ...], ...]


MODELS: dict[str, Model] = {
    "geometric": Model("Geometric", ("hazard",), _geometric, ((-1.5,),)),
    "sbg": Model("Shifted beta-geometric", ("alpha", "beta"), _beta_geometric, ((0.0, 0.0), (-0.5, 1.0), (1.0, 2.5))),
    "bdw": Model(
        "Beta-discrete-Weibull",
        ("alpha", "beta", "c"),
        _beta_weibull,
        ((0.0, 0.0, 0.0), (-0.5, 1.0, 0.3), (1.0, 2.5, -0.3), (3.0, 4.0, 0.2)),
    ),
}


@dataclass(frozen=True)
class ContractFit:
    """A fitted model.

    Attributes
    ----------
    model
        Key of `MODELS`.
    log_parameters, covariance
        Logarithms of the parameters at the maximum, and their covariance from the curvature there.
    log_likelihood
        At the maximum.
    """

    model: str
    log_parameters: Float
    covariance: Float
    log_likelihood: float

    @property
    def parameters(self) -> dict[str, float]:
        """The parameters by name."""
        names = MODELS[self.model].parameters
        return dict(zip(names, np.exp(self.log_parameters).tolist(), strict=True))

    def draw(self, rng: np.random.Generator) -> Float:
        """Logarithms of parameters as uncertain as their estimate: normal, within the bounds of the fit."""
        drawn = rng.multivariate_normal(self.log_parameters, self.covariance, method="svd")
        return np.clip(drawn, -BOUND, BOUND)


def survival(model: str, log_parameters: npt.ArrayLike, renewals: npt.ArrayLike) -> Float:
    """Share that survives so many renewals."""
    return MODELS[model].survives(np.asarray(log_parameters, np.float64), np.asarray(renewals, np.float64))


def fit_contracts(model: str, table: RiskTable) -> ContractFit:
    """Fit a model by maximum likelihood: at each renewal, won out of due are binomial with S(t) / S(t - 1).

    For whole cohorts this is the likelihood of the papers, but for the order of leaving.

    Raises
    ------
    ValueError
        Nothing was due.
    """
    from scipy.optimize import minimize

    if not len(table.due) or table.due.sum() <= 0:
        raise ValueError("needs renewals that were due, and there are none")
    one, steps = MODELS[model], np.arange(len(table.due) + 1, dtype=np.float64)

    def loss(p: Float) -> float:
        alive = np.maximum(one.survives(p, steps), 1e-300)
        rate = np.clip(alive[1:] / alive[:-1], 1e-12, 1 - 1e-12)
        return -float((table.won * np.log(rate) + (table.due - table.won) * np.log1p(-rate)).sum())

    found = []
    for start in one.starts:
        bounds = [(-BOUND, BOUND)] * len(start)
        if model == "bdw":
            bounds[2] = (-2.0, 2.0)
        found.append(minimize(loss, np.asarray(start), method="L-BFGS-B", bounds=bounds))
    best = min(found, key=lambda result: float(result.fun))
    point = np.asarray(best.x, np.float64)
    return ContractFit(model, point, covariance_at(loss, point), -float(best.fun))


def covariance_at(loss: Callable[[Float], float], at: Float, widest: float = 1.0) -> Float:
    """Inverse of the curvature; a direction that the data say nothing of has the standard deviation `widest`."""
    size, step = len(at), 1e-3
    curve = np.zeros((size, size))
    shift = np.eye(size) * step
    for i in range(size):
        for j in range(i, size):
            ends = [loss(at + s * shift[i] + t * shift[j]) for s, t in ((1, 1), (1, -1), (-1, 1), (-1, -1))]
            curve[i, j] = curve[j, i] = (ends[0] - ends[1] - ends[2] + ends[3]) / (4 * step * step)
    values, vectors = np.linalg.eigh(curve)
    result: Float = (vectors / np.maximum(values, widest**-2)) @ vectors.T
    return result

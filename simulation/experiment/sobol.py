"""Which assumption matters: Sobol indices, with luck as a factor of its own.

The design is Saltelli's (2002), made by SALib, whose estimators read it (Saltelli et al. 2010). Its unit cube
holds the level of each assumption in its distribution. Luck is one more factor: of the two futures that a base
sample starts from, the first has replication 2i and the second 2i + 1, so the indices share out the whole variance
of a future, and 1 - (total index of luck) is the part that knowing every assumption would remove.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd

from simulation.experiment.assumed import Float, Int, Settings

__all__ = ["LUCK", "Indices", "indices", "saltelli"]

LUCK = "luck"
RESAMPLES = 400
"""Bootstrap samples behind every interval."""
LEVEL = 0.95
FEW = 8
"""With fewer base samples there are no indices."""


@dataclass(frozen=True, eq=False)
class Indices:
    """Sobol indices of Y outcomes for K assumptions and luck (the last factor).

    Attributes
    ----------
    factors
        Names of the K + 1 factors.
    labels
        Names of the Y outcomes.
    first, total
        float64[Y, K+1]; the effect of a factor alone, and with all its interactions, as a share of the variance.
    share
        float64[Y, K]; what an assumption alone explains of the variance that is not luck: S / (1 - T of luck).
    unknown
        float64[Y]; the part of the variance that is not luck, 1 - T of luck.
    variance
        float64[Y], squared units.
    samples
        int64[Y], base samples used; those in which the outcome is undefined are left out.
    ends
        For each of first, total, share and unknown the low and the high end of its 95% interval: percentiles of
        the bootstrap over base samples.

    Notes
    -----
    An outcome that does not vary, or has too few defined samples, has NaN indices. Estimates are not clipped: a
    small index can come out below zero.
    """

    factors: tuple[str, ...]
    labels: tuple[str, ...]
    first: Float
    total: Float
    share: Float
    unknown: Float
    variance: Float
    samples: Int
    ends: dict[str, tuple[Float, Float]]

    @property
    def assumptions(self) -> tuple[str, ...]:
        """Factors without luck."""
        return self.factors[:-1]

    def table(self, place: int = 0) -> pd.DataFrame:
        """Return the indices of one outcome, a row a factor, the largest total first."""
        columns: dict[str, Float] = {}
        for name in ("first", "total", "share"):
            low, high = self.ends[name]
            for key, array in ((name, getattr(self, name)), (f"{name}_low", low), (f"{name}_high", high)):
                row = array[place]
                columns[key] = row if name != "share" else np.append(row, np.nan)
        table = pd.DataFrame(columns, index=pd.Index(self.factors, name="factor"))
        return table.sort_values("total", ascending=False, kind="stable", na_position="last")

    def to_frame(self) -> pd.DataFrame:
        """Return the indices of every outcome, a row an outcome and factor."""
        parts = {label: self.table(place).loc[list(self.factors)] for place, label in enumerate(self.labels)}
        return pd.concat(parts, names=["outcome", "factor"])


def saltelli(names: Sequence[str], points: int, seed: int) -> Settings:
    """Lay out the settings for Sobol indices: `points` * (K + 3) of them.

    Parameters
    ----------
    names
        The K assumptions.
    points
        Base samples, at least 1; a power of two is best (it balances the Sobol sequence). A larger number keeps the
        settings of a smaller one and adds to them.
    seed
        Scrambles the sequence.
    """
    from SALib.sample import sobol as sampling

    problem = _problem(names)
    width = len(names) + 3
    sequence = np.random.default_rng((seed, 0x50B01))
    cube = sampling.sample(problem, _power(points), calc_second_order=False, seed=sequence)[: points * width]
    # The last factor is luck: only the blocks' last two futures (luck exchanged, everything exchanged) take the other.
    place, block = np.arange(len(cube)) % width, np.arange(len(cube)) // width
    luck = 2 * block + (place >= width - 2)
    levels = np.clip(cube[:, : len(names)], 1e-9, 1 - 1e-9)
    return Settings(tuple(names), levels, luck.astype(np.int64))


def indices(names: Sequence[str], outcomes: Float, labels: Sequence[str], seed: int = 1) -> Indices:
    """Sobol indices of outcomes at the settings of `saltelli`.

    Parameters
    ----------
    names
        The K assumptions.
    outcomes
        float64[P, Y], one row a setting, in its order.
    labels
        Names of the Y columns.
    seed
        Of the bootstrap.
    """
    width, columns = len(names) + 3, outcomes.shape[1]
    blocks = outcomes.reshape(-1, width, columns)
    found = [_one(names, blocks[..., column], seed) for column in range(columns)]

    def stacked(name: str) -> Float:
        return np.array([one[name] for one in found], np.float64)

    both = ("first", "total", "share", "unknown")
    return Indices(
        factors=(*names, LUCK),
        labels=tuple(labels),
        first=stacked("first"),
        total=stacked("total"),
        share=stacked("share"),
        unknown=stacked("unknown"),
        variance=stacked("variance"),
        samples=stacked("samples").astype(np.int64),
        ends={name: (stacked(f"{name}_low"), stacked(f"{name}_high")) for name in both},
    )


def _one(names: Sequence[str], blocks: Float, seed: int) -> dict[str, Any]:
    """Indices of one outcome, from its blocks [N, K + 3]."""
    from SALib.analyze.sobol import first_order, total_order

    blocks = blocks[np.isfinite(blocks).all(axis=1)]
    size, last = len(blocks), len(names)
    sources = blocks[:, [0, -1]]
    variance = float(np.var(sources)) if size else np.nan
    if size < FEW or not np.ptp(blocks) > 0 or not variance > 0:
        nothing: dict[str, Any] = {"variance": variance, "samples": size}
        for name, shape in (("first", last + 1), ("total", last + 1), ("share", last), ("unknown", ())):
            nothing |= {key: np.full(shape, np.nan) for key in (name, f"{name}_low", f"{name}_high")}
        return nothing
    blocks = (blocks - sources.mean()) / np.sqrt(variance)
    one, other, changed = blocks[:, 0], blocks[:, -1], blocks[:, 1:-1]
    # The first column is the sample itself, the others its bootstrap.
    rows = np.random.default_rng((seed, 0xB007)).integers(size, size=(size, RESAMPLES))
    rows = np.concatenate([np.arange(size)[:, None], rows], axis=1)
    firsts, totals = [], []
    for factor in range(last + 1):
        three = one[rows], changed[rows, factor], other[rows]
        # Saltelli's estimator is sharp for small effects, Jansen's (1999) for large ones.
        both = first_order(*three), 1 - total_order(three[2], three[1], three[0])
        firsts.append(min(both, key=lambda many: float(np.std(many[1:]))))
        totals.append(total_order(*three))
    many_first, many_total = np.array(firsts).T, np.array(totals).T
    first, total = many_first[0], many_total[0]
    many_first, many_total = many_first[1:], many_total[1:]
    found: dict[str, Any] = {"first": first, "total": total, "variance": variance, "samples": size}
    found["unknown"] = 1 - total[last]
    with np.errstate(divide="ignore", invalid="ignore"):
        found["share"] = first[:last] / found["unknown"]
        many_share = many_first[:, :last] / (1 - many_total[:, last:])
    samples = {"first": many_first, "total": many_total, "share": many_share, "unknown": 1 - many_total[:, last]}
    for name, many in samples.items():
        tails = 100 * np.array([(1 - LEVEL) / 2, (1 + LEVEL) / 2])
        found[f"{name}_low"], found[f"{name}_high"] = np.nanpercentile(many, tails, axis=0)
    return found


def _problem(names: Sequence[str]) -> dict[str, Any]:
    factors = [*names, LUCK]
    return {"num_vars": len(factors), "names": factors, "bounds": [[0.0, 1.0]] * len(factors)}


def _power(points: int) -> int:
    """Return the power of two that is not below a number: the sequence is balanced there, and SciPy warns elsewhere."""
    return 1 << max(points - 1, 0).bit_length()

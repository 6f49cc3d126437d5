"""Tornado: each assumption at its P10 and its P90, all others at their medians, on the same futures."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

import numpy as np
import pandas as pd

from simulation.experiment.assumed import Float, Settings

if TYPE_CHECKING:
    from simulation.scenario import Scenario

__all__ = ["tornado", "tornado_settings"]

LOW, MIDDLE, HIGH = 0.1, 0.5, 0.9
LEVEL = 0.95


def tornado_settings(scenarios: Sequence[Scenario], names: Sequence[str], replications: int) -> Settings:
    """Lay out the settings of a tornado: (2 K + 1) * `replications` of them, the medians first.

    A joint group has no order of its own: its rows are taken in the order of their first column.
    """
    marks = {name: _marks(scenarios, name) for name in names}
    middle = np.array([marks[name][1] for name in names])
    rows = [middle]
    for place, name in enumerate(names):
        for end in (0, 2):
            row = middle.copy()
            row[place] = marks[name][end]
            rows.append(row)
    levels = np.repeat(np.array(rows), replications, axis=0)
    luck = np.tile(np.arange(replications, dtype=np.int64), len(rows))
    return Settings(tuple(names), levels, luck)


def tornado(names: Sequence[str], outcome: Float, replications: int) -> pd.DataFrame:
    """Effects of each assumption at its P10 and P90 on one outcome.

    Parameters
    ----------
    names
        The K assumptions.
    outcome
        float64[(2 K + 1) * replications] at the settings of `tornado_settings`.
    replications
        Futures of each setting.

    Returns
    -------
    DataFrame
        Index factor, the widest swing first; `at_low` and `at_high`, the mean difference to all at their medians,
        each with its 95% interval (`_from`, `_to`: Student's t over the paired differences of the futures); `swing`,
        the mean absolute distance between both ends; `base`, the mean at the medians; `futures`, how many had a
        defined outcome throughout. The differences leave luck out: both ends meet the same.
    """
    table = outcome.reshape(-1, replications)
    base, rows = table[0], []
    for place in range(len(names)):
        low, high = table[1 + 2 * place] - base, table[2 + 2 * place] - base
        known = np.isfinite(low) & np.isfinite(high)
        row: list[float] = []
        for one in (low[known], high[known]):
            half = _half(one)
            mean = float(one.mean()) if len(one) else np.nan
            row += [mean, mean - half, mean + half]
        swing = abs(row[3] - row[0])
        rows.append((*row, swing, float(np.nanmean(base)) if known.any() else np.nan, int(known.sum())))
    columns = [
        "at_low",
        "at_low_from",
        "at_low_to",
        "at_high",
        "at_high_from",
        "at_high_to",
        "swing",
        "base",
        "futures",
    ]
    found = pd.DataFrame(rows, columns=columns, index=pd.Index(names, name="factor"))
    return found.sort_values("swing", ascending=False, kind="stable", na_position="last")


def _marks(scenarios: Sequence[Scenario], name: str) -> tuple[float, float, float]:
    """Levels of an assumption at its P10, median and P90."""
    one = next(scenario.assumptions[name] for scenario in scenarios if name in scenario.assumptions)
    if one.joint is None:
        return LOW, MIDDLE, HIGH
    first = np.array([row[0] for row in one.joint.rows])
    order = np.argsort(first, kind="stable")
    low, middle, high = ((float(order[min(int(q * len(first)), len(first) - 1)]) + 0.5) / len(first)
                         for q in (LOW, MIDDLE, HIGH))  # fmt: skip
    return low, middle, high


def _half(values: Float) -> float:
    """Half the width of the interval of a mean."""
    from scipy.special import stdtrit

    if len(values) < 2:
        return float("nan")
    quantile = float(stdtrit(len(values) - 1, (1 + LEVEL) / 2))
    return quantile * float(np.std(values, ddof=1)) / float(np.sqrt(len(values)))

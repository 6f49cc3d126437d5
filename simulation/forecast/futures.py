"""The futures of a forecast: values of any measure, and their statistics."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import pandas as pd

from simulation.forecast.counts import Counts
from simulation.forecast.measures import measure_named
from simulation.forecast.selection import Selection
from simulation.forecast.spans import Spans
from simulation.forecast.statistics import Float, Groups, Probability, means, percentiles, share


@dataclass(frozen=True, eq=False)
class Futures:
    """Counts with what is needed to judge their uncertainty.

    Attributes
    ----------
    points
        int64[R], assumption point of each replication.
    has_assumptions
        Whether replications of a point share anything; if not, each is independent.
    """

    counts: Counts
    points: Groups
    has_assumptions: bool

    @property
    def groups(self) -> Groups:
        """Which replications are not independent of each other: int64[R]."""
        return self.points if self.has_assumptions else np.arange(len(self.points), dtype=np.int64)

    def values(self, name: str, spans: Spans, selection: Selection = Selection()) -> Float:  # noqa: B008
        """Values of a measure: [R, N]."""
        return measure_named(name).read(self.counts, spans, selection)

    def rate(self, name: str, spans: Spans, selection: Selection) -> Probability:
        """Ratio of sums over all futures of a share of counts, in the one span given."""
        measure = measure_named(name)
        assert measure.bottom is not None
        top = np.asarray(measure.top(self.counts, spans, selection)[:, 0], np.float64)
        bottom = np.asarray(measure.bottom(self.counts, spans, selection)[:, 0], np.float64)
        return share(top, bottom, self.groups)

    def describe(self, values: Float, wanted: tuple[float, ...]) -> dict[str, Float]:
        """Mean with its interval, percentiles and number of defined futures of values [R, N]."""
        mean, low, high, futures = means(values, self.groups)
        columns: dict[str, Float] = {"mean": mean, "low": low, "high": high}
        columns |= dict(zip(headings(wanted), percentiles(values, wanted), strict=True))
        return {**columns, "futures": futures.astype(np.float64)}

    def table(self, values: Float, index: pd.Index, wanted: tuple[float, ...]) -> pd.DataFrame:
        """Return `describe` as a table with a row for each of the N columns of values."""
        return pd.DataFrame(self.describe(values, wanted), index=index).astype({"futures": int})


def headings(wanted: Sequence[float], prefix: str = "") -> list[str]:
    """Names of percentile columns, such as P10.

    Raises
    ------
    ValueError
        When a percentile is not within 0 and 100.
    """
    for one in wanted:
        if not 0 <= one <= 100:
            raise ValueError(f"a percentile must lie within 0 and 100, not {one}")
    return [f"{prefix}P{one:g}" for one in wanted]

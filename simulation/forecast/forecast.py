"""The forecast: the distribution of ledgers, and the questions that can be put to it."""

from __future__ import annotations

from collections.abc import Sequence
from functools import cached_property
from os import PathLike
from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal, Unpack

import numpy as np
import pandas as pd
import xarray as xr

from simulation.engine.ledger import Frame, Ledger, RunResult
from simulation.forecast import beside, dataset, files, pasts, tables
from simulation.forecast.counts import Counts
from simulation.forecast.facts import ScenarioFacts
from simulation.forecast.futures import Futures
from simulation.forecast.journey import journey
from simulation.forecast.measures import measure_named
from simulation.forecast.percentile_futures import percentile_futures
from simulation.forecast.selection import Part, Selection, Where, split_where
from simulation.forecast.spans import Spans, spans_of
from simulation.forecast.spread import Spread, effects, split
from simulation.forecast.statistics import Float, Probability, proportion
from simulation.shown import Shown

if TYPE_CHECKING:
    from matplotlib.axes import Axes

By = Literal["horizon", "period", "window"]
USUAL = (10, 50, 90)


class Forecast(Shown):
    """The simulated futures of a scenario.

    Parameters
    ----------
    result
        The run: frame, ledger, seed, replications, assumption points and their draws.
    facts
        What is kept of the scenario.
    version
        Version of the program that ran it.
    label
        What its user calls this run, such as "Budget" or "3+9"; may be empty.

    Raises
    ------
    ValueError
        When an identity of the ledger is violated, or the lengths of the run's lists differ.

    Notes
    -----
    Money is in currency units, shares are fractions, waits are days. 0/0 is NaN: such a future is left out of
    means, percentiles and probabilities, and the number of futures counted is stated.
    """

    def __init__(self, result: RunResult, facts: ScenarioFacts, version: str, label: str = "") -> None:
        result.ledger.check(result.frame)
        size = result.ledger.replications
        lengths = {len(result.replications), len(result.points), *map(len, result.assumption_values.values())}
        if lengths != {size} or size == 0:
            raise ValueError(f"a run of {size} replications has lists of {sorted(lengths)}")
        self.result, self.facts, self.version, self.label = result, facts, version, label
        teams = tuple(facts.team_of.get(name) for name in result.frame.interventions)
        points = np.asarray(result.points, np.int64)
        self._futures = Futures(Counts(result.frame, result.ledger, teams), points, self.has_assumptions)

    @classmethod
    def from_result(cls, result: RunResult, scenario: Any, label: str = "", book: str = "") -> Forecast:
        """Make a forecast of a finished run of a scenario, with the digest of its book (`Book.content`)."""
        from simulation import __version__

        return cls(result, ScenarioFacts.of(scenario, book), __version__, label)

    @property
    def frame(self) -> Frame:
        """What the axes mean: names, periods, windows."""
        return self.result.frame

    @property
    def ledger(self) -> Ledger:
        """The exact counts."""
        return self.result.ledger

    @property
    def seed(self) -> int:
        """Seed of the run."""
        return self.result.seed

    @property
    def replications(self) -> int:
        """Number of futures."""
        return self.ledger.replications

    @property
    def points(self) -> list[int]:
        """Assumption point of each replication."""
        return self.result.points

    @property
    def assumption_values(self) -> dict[str, Float]:
        """Draw of each assumption in each replication, base units, by dotted path."""
        return self.result.assumption_values

    @property
    def has_assumptions(self) -> bool:
        """Whether anything but luck differs between futures."""
        return bool(self.result.assumption_values)

    @cached_property
    def data(self) -> xr.Dataset:
        """Every measure with its natural dimensions: replication, segment, period and the others."""
        data = dataset.build(self._futures.counts, self.result.replications, self.points)
        return data.assign_attrs(
            name=self.facts.name,
            currency=self.frame.currency,
            start=self.frame.start.isoformat(),
            days=self.frame.days,
            seed=self.seed,
            version=self.version,
            label=self.label,
            scenario_digest=self.facts.digest,
        )

    @property
    def warnings(self) -> tuple[str, ...]:
        """What the simulation noticed about the scenario, in sentences."""
        return pasts.warnings(self.ledger)

    def measure(
        self,
        name: str,
        *,
        by: By = "horizon",
        **where: Unpack[Where],
    ) -> xr.DataArray:
        """All futures of one measure.

        Parameters
        ----------
        name
            A key of `MEASURES`.
        by
            "horizon" (one number a future), "period" or "window" (one for each).
        where
            period, window or within (days from the start): one span, instead of `by`; and segment, milestone,
            kind, intervention, team: what to narrow it to.

        Returns
        -------
        DataArray
            Dimension `replication`, and `period` or `window` when asked by these.

        Raises
        ------
        ValueError
            For unknown names, with the nearest right one, and filters that make no sense.
        """
        values, spans = self._values(name, where, by)
        measure = measure_named(name)
        attrs = {"unit": measure.unit, "long_name": measure.title}
        coords: dict[str, Any] = {"replication": self.result.replications}
        if by != "horizon" and not {"period", "window", "within"} & where.keys():
            coords[by] = list(spans.labels)
            return xr.DataArray(values, coords, ["replication", by], name, attrs)
        coords[spans.kind] = spans.labels[0]
        return xr.DataArray(values[:, 0], coords, ["replication"], name, attrs)

    def summary(
        self,
        percentiles: Sequence[float] = USUAL,
        by: By = "period",
        segment: str | None = None,
        measures: Sequence[str] | None = None,
    ) -> pd.DataFrame:
        """Mean and percentiles of the measures.

        Returns
        -------
        DataFrame
            Index measure, and period or window; columns mean, low and high (95% Monte Carlo interval of the
            mean), the percentiles, and futures (in how many it is defined).
        """
        return tables.summary(self._futures, tuple(percentiles), by, segment, measures)

    def probability(
        self,
        name: str,
        *,
        at_least: float | None = None,
        at_most: float | None = None,
        **where: Unpack[Where],
    ) -> Probability:
        """Probability that a measure meets a target, limits included, over the horizon or another span.

        Returns
        -------
        Probability
            With its Monte Carlo interval; `float()` gives the value.
        """
        if at_least is None and at_most is None:
            raise ValueError("give at_least, at_most or both")
        values = self._values(name, where)[0][:, 0]
        return proportion(values, beside.met(values, at_least, at_most), self._futures.groups)

    def milestones(self, within: float | str | None = None, percentiles: Sequence[float] = USUAL) -> pd.DataFrame:
        """Cohorts by milestone: members expected there, offers, take rate, ARR per take, expansion.

        Parameters
        ----------
        within
            Days from the start, or the name of a window; None is the horizon.
        """
        spans = spans_of(self.frame, window=within) if isinstance(within, str) else spans_of(self.frame, within=within)
        return tables.milestones(self._futures, self.facts, spans, tuple(percentiles))

    def waterfall(
        self,
        segment: str | None = None,
        *,
        period: str | None = None,
        window: str | None = None,
        percentiles: Sequence[float] = USUAL,
    ) -> pd.DataFrame:
        """ARR from open to close by step, signed: the means add up to the mean of the close."""
        spans = spans_of(self.frame, period=period, window=window)
        return tables.waterfall(self._futures, spans, Selection(segment=segment), tuple(percentiles))

    def percentile_futures(
        self,
        measure: str = "arr",
        percentiles: Sequence[float] = USUAL,
        by: Literal["horizon", "period"] = "period",
        **where: Unpack[Where],
    ) -> pd.DataFrame:
        """Futures near percentiles of a measure, whose rows add up to the cent.

        Percentiles do not add up; a future does. Each is the mean of the nearest 5% of the futures, at least 10,
        by their rank in `measure` over the horizon or the span that `where` names.

        Returns
        -------
        DataFrame
            Index future (P10, ...), segment ("all", then each where there are several) and period. Columns futures
            (of how many it is the mean), <measure>_of_these (their mean), and steps of members, ARR and
            contribution: close = open + new + returned + expansion + uplift - contraction - churn, contribution =
            revenue + fees - cost. Cost is known for all segments together only.

        Raises
        ------
        ValueError
            When the measure is unknown, or undefined in every future.
        """
        time, selection = split_where(where)
        spans = spans_of(self.frame, **time)
        return percentile_futures(self._futures, measure, spans, selection, percentiles, by)

    def journey(self, percentiles: Sequence[float] = USUAL) -> pd.DataFrame:
        """Members by stage and course at every moment, milestones reached in every period: percentiles of each.

        Returns
        -------
        DataFrame
            Index segment, what ("stage", "course", "reached"), name and moment; see `simulation.forecast.journey`.
        """
        return journey(self._futures, tuple(percentiles))

    def renewal_by_term(self, segment: str | None = None) -> pd.DataFrame:
        """Renewals won and lost (means per future) and their rate by number of the term (20 = and later)."""
        return tables.renewal_by_term(self._futures, segment)

    def first_value(self) -> pd.DataFrame:
        """Share of the joiners observed for so many days that complete adoption within them."""
        return tables.first_value(self._futures)

    def luck_and_ignorance(self, name: str, **where: Unpack[Where]) -> Spread:
        """Split the variance of a measure into luck and what we do not know."""
        values = self._values(name, where)[0][:, 0]
        return split(values, np.asarray(self.points, np.int64), self.has_assumptions)

    def assumption_effects(self, name: str, **where: Unpack[Where]) -> pd.DataFrame:
        """Which assumption moves a measure: rank correlation and linear share, strongest first."""
        values = self._values(name, where)[0][:, 0]
        return effects(values, np.asarray(self.points, np.int64), self.assumption_values)

    def stated_beside_simulated(self) -> pd.DataFrame:
        """Stated beside simulated: renewal, first renewal, take, time to first value, and the knowns."""
        return beside.stated_beside_simulated(self._futures, self.facts, self.assumption_values)

    def objectives(self, percentiles: Sequence[float] = (10, 90)) -> pd.DataFrame:
        """Each objective with its probability and interval, mean and percentiles."""
        return beside.objectives(self._futures, self.facts, tuple(percentiles))

    def save(self, path: str | PathLike[str]) -> Path:
        """Write the forecast to a NetCDF file, without loss, and return its path."""
        target = Path(path)
        files.save(target, self.data, self.result, self.facts, self.version, self.label)
        return target

    @classmethod
    def load(cls, path: str | PathLike[str]) -> Forecast:
        """Read a forecast that `save` wrote."""
        return cls(*files.load(Path(path)))

    def equals(self, other: Forecast) -> bool:
        """Whether two forecasts have the same scenario, seed, draws and counts, to the last bit."""
        mine, yours = self.assumption_values, other.assumption_values
        return (
            self.facts == other.facts
            and (self.seed, self.points) == (other.seed, other.points)
            and self.result.replications == other.result.replications
            and list(mine) == list(yours)
            and all(np.array_equal(mine[path], yours[path]) for path in mine)
            and self.ledger.equals(other.ledger)
        )

    def plot(self, measure: str = "arr", *, ax: Axes | None = None, **where: Unpack[Part]) -> Axes:
        """Draw the fan of a measure over the periods: median, P25 to P75, P10 to P90.

        Parameters
        ----------
        measure
            A key of `MEASURES`.
        ax
            Where to draw; by default on a new figure.
        where
            segment, milestone, kind, intervention, team: what to narrow it to.
        """
        return self._drawn(ax, measure=measure, **where)

    def _values(self, name: str, where: Where, by: str = "horizon") -> tuple[Float, Spans]:
        time, selection = split_where(where)
        spans = spans_of(self.frame, by=by, **time)
        return self._futures.values(name, spans, selection), spans

    def __repr__(self) -> str:
        """Return what it is, in a line."""
        return f"<Forecast of {self.facts.name!r}: {self.replications} futures, {self.frame.days} days>"

"""The comparison: for every measure the distribution of the difference between scenarios, future by future."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from os import PathLike
from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal, Unpack

import numpy as np
import pandas as pd
import xarray as xr

from simulation.experiment.best import Best, best_of
from simulation.experiment.hours import hours_of
from simulation.experiment.pairs import Difference, difference, difference_of_chances, point_means
from simulation.forecast import MEASURES, Forecast
from simulation.forecast.beside import met
from simulation.forecast.files import write_netcdf
from simulation.forecast.measures import measure_named
from simulation.forecast.selection import Where
from simulation.forecast.spans import edge
from simulation.forecast.statistics import Float, Groups, means, proportion
from simulation.shown import Shown

if TYPE_CHECKING:
    from matplotlib.axes import Axes

__all__ = ["BASE", "Comparison"]

By = Literal["horizon", "period", "window"]
BASE = "base"
PARTS = {"segment": "segments", "intervention": "interventions", "team": "teams"}
"""Selections by what a scenario may or may not have, and where its frame names them."""


class Comparison(Shown):
    """Scenarios that were run on the same futures.

    Parameters
    ----------
    forecasts
        By name: first the base, which is called "base", then the alternatives. They have the same seed, the same
        futures and the same periods.

    Raises
    ------
    ValueError
        When they do not.

    Notes
    -----
    A difference is alternative less base, in each future. What a scenario does not have (a team, an intervention,
    a segment) counts as zero in it.
    """

    def __init__(self, forecasts: Mapping[str, Forecast]) -> None:
        self.forecasts = dict(forecasts)
        self._read: dict[Any, xr.DataArray] = {}  # a report asks for the same measures again and again
        self._work: pd.DataFrame | None = None
        if next(iter(self.forecasts), None) != BASE or len(self.forecasts) < 2:
            raise ValueError("a comparison needs a base and at least one alternative")
        for name, one in self.forecasts.items():
            if (one.seed, one.result.replications) != (self.base.seed, self.base.result.replications):
                raise ValueError(f"{name} was not run on the same futures as the base")
            if (one.frame.start, one.frame.periods) != (self.base.frame.start, self.base.frame.periods):
                raise ValueError(f"{name} does not have the same periods as the base")
            if one.frame.currency != self.base.frame.currency:
                raise ValueError(f"{name} is in {one.frame.currency}, the base in {self.base.frame.currency}")

    @property
    def base(self) -> Forecast:
        """What the others are compared with."""
        return self.forecasts[BASE]

    @property
    def alternatives(self) -> dict[str, Forecast]:
        """The others by name."""
        return {name: one for name, one in self.forecasts.items() if name != BASE}

    @property
    def replications(self) -> int:
        """Number of futures."""
        return self.base.replications

    @property
    def groups(self) -> Groups:
        """Which futures are not independent of each other, because they share a draw of assumptions: int64[R]."""
        if any(one.has_assumptions for one in self.forecasts.values()):
            return np.asarray(self.base.points, np.int64)
        return np.arange(self.replications, dtype=np.int64)

    def values(self, scenario: str, measure: str, *, by: By = "horizon", **where: Unpack[Where]) -> xr.DataArray:
        """All futures of a measure of one scenario; see `Forecast.measure`.

        Raises
        ------
        ValueError
            For what no scenario has, with the nearest right name.
        """
        key = (scenario, measure, by, tuple(sorted(where.items())))
        if key not in self._read:
            self._read[key] = self._values(scenario, measure, by, where)
        return self._read[key]

    def difference(self, measure: str, alternative: str, *, by: By = "horizon", **where: Unpack[Where]) -> xr.DataArray:
        """Difference of a measure in each future, alternative less base; parameters as of `Forecast.measure`."""
        with np.errstate(invalid="ignore"):
            gap = self.values(self._known(alternative), measure, by=by, **where) - self.values(
                BASE, measure, by=by, **where
            )
        what = measure_named(measure)
        return gap.rename(measure).assign_attrs(unit=what.unit, long_name=f"{what.title}: {alternative} less base")

    def describe(self, measure: str, alternative: str, **where: Unpack[Where]) -> Difference:
        """Distribution of the difference of a measure over the horizon or another span."""
        base, other = (
            self.values(one, measure, **where).to_numpy().astype(np.float64) for one in (BASE, self._known(alternative))
        )
        return difference(base, other, self.groups, measure_named(measure).better)

    def table(self, measures: Iterable[str] | None = None, **where: Unpack[Where]) -> pd.DataFrame:
        """Every measure of every alternative.

        Parameters
        ----------
        measures
            By default all that can be read.
        where
            One span of time, by default the horizon, and a selection, as of `Forecast.measure`.

        Returns
        -------
        DataFrame
            Index alternative and measure; base and other (means), mean (of the difference) with its paired 95%
            interval low and high, P10, P50, P90, better (probability that the alternative is better) with
            better_low and better_high, equal (share of futures without a difference), factor (of variance that
            pairing saved) with factor_low and factor_high, futures, further (futures to settle the sign).
        """
        rows = []
        for alternative in self.alternatives:
            for name in MEASURES if measures is None else measures:
                try:
                    row = self._row(name, alternative, where)
                except ValueError:
                    if measures is not None:
                        raise
                    continue  # a measure that this span or selection does not have
                rows.append({"alternative": alternative, "measure": name, **row})
        return pd.DataFrame(rows).set_index(["alternative", "measure"])

    def by_part(self, part: str, measures: Sequence[str]) -> pd.DataFrame:
        """Rows of `table` for each segment, intervention or team, with a column of that name before them."""
        names = dict.fromkeys(one for each in self.forecasts.values() for one in getattr(each.frame, PARTS[part]))
        selections: list[tuple[str, Any]] = [(name, {part: name}) for name in names]
        tables = [self.table(measures, **where).assign(**{part: name}) for name, where in selections]
        if not tables:
            return pd.DataFrame()
        whole = pd.concat(tables).set_index(part, append=True)
        return whole.reorder_levels(["alternative", part, "measure"])

    def leads(self, measure: str, alternative: str, **where: Unpack[Where]) -> pd.DataFrame:
        """When an alternative is ahead: the mean difference of each period with its paired 95% interval.

        Returns
        -------
        DataFrame
            Index period; mean, low, high, and lead: 1 where the alternative is better at 95%, -1 where it is worse, 0
            where neither is established or the measure has no better side.
        """
        gap = self.difference(measure, alternative, by="period", **where)
        mean, low, high, _ = means(gap.to_numpy().astype(np.float64), self.groups)
        side = np.where(low > 0, 1, np.where(high < 0, -1, 0)) * self.direction(measure)
        index = pd.Index([str(one) for one in gap["period"].to_numpy()], name="period")
        return pd.DataFrame({"mean": mean, "low": low, "high": high, "lead": side}, index=index)

    def over(self, spans: Mapping[str, int], measures: Sequence[str]) -> pd.DataFrame:
        """Rows of `table` for several spans from the start, given as days by name; the index begins with span.

        Raises
        ------
        ValueError
            For a span that this run does not count apart.
        """
        parts = []
        for span, day in spans.items():
            edge(self.base.frame, day)
            for name in measures:
                try:
                    parts.append(self.table([name], within=day).assign(span=span))
                except ValueError:
                    continue  # a rate of a closed cohort that was not kept for this span
        if not parts:
            return pd.DataFrame()
        return pd.concat(parts).set_index("span", append=True).reorder_levels(["span", "alternative", "measure"])

    def objectives(self) -> pd.DataFrame:
        """Each objective with its probability in every scenario.

        Returns
        -------
        DataFrame
            Index scenario and objective; probability with its interval low and high; base, the probability in the base,
            and their difference with difference_low and difference_high (`difference_of_chances`); futures. All of
            a row is over the same futures: those in which the measure is defined in that scenario and in the base.
        """
        wishes: dict[str, dict[str, Any]] = {}
        for one in self.forecasts.values():
            for wish in one.facts.objectives:
                wishes.setdefault(wish["name"], wish)
        rows = []
        for title, wish in wishes.items():
            try:
                hits = {name: self._hits(name, wish) for name in self.forecasts}
            except ValueError:
                continue  # `check` and the run's own report say why it cannot be read
            base, met_in_base = hits[BASE]
            for name, (values, hit) in hits.items():
                known = ~np.isnan(values) & ~np.isnan(base)
                groups = self.groups[known]
                chance, before = (proportion(values[known], one[known], groups) for one in (hit, met_in_base))
                gap = hit[known].astype(np.float64) - met_in_base[known]
                none = 0.0 if known.any() else np.nan
                ends = (none, none, none) if name == BASE else difference_of_chances(gap, groups)
                rows.append((name, title, chance.value, chance.low, chance.high, before.value, *ends, int(known.sum())))
        columns = [
            "scenario", "objective", "probability", "low", "high", "base", "difference", "difference_low",
            "difference_high", "futures",
        ]  # fmt: skip
        return pd.DataFrame(rows, columns=columns).set_index(["scenario", "objective"])

    @staticmethod
    def direction(measure: str) -> int:
        """1 where more of a measure is better, -1 where less is, 0 where it depends."""
        return measure_named(measure).better

    def best(self, measure: str = "contribution", **where: Unpack[Where]) -> Best | None:
        """Which scenario is best by the mean of a measure, said only when it is established; see `best_of`.

        Futures in which the measure is undefined in any scenario are left out; None when fewer than two independent
        ones remain.
        """
        values = {name: self.values(name, measure, **where).to_numpy().astype(np.float64) for name in self.forecasts}
        known = np.isfinite(np.stack(list(values.values()))).all(axis=0)
        samples = {name: point_means(one[known], self.groups[known]) for name, one in values.items()}
        if len(samples[BASE]) < 2:
            return None
        return best_of(samples, measure_named(measure).better, futures=int(known.sum()))

    def work(self) -> pd.DataFrame:
        """Where the hours go: deliveries and hours of each intervention in each scenario, by team.

        Returns
        -------
        DataFrame
            Index scenario, team ("" for tech-touch) and intervention; delivered, hours and wait (days) as means
            over the futures, and for the alternatives delivered_more, hours_more with hours_low and hours_high
            (paired 95% interval).
        """
        if self._work is None:
            self._work = hours_of(self)
        return self._work

    def to_dataset(self) -> xr.Dataset:
        """Differences of every measure: dimensions alternative, replication and period."""
        parts: dict[str, xr.DataArray] = {}
        for name in MEASURES:
            gaps = [self.difference(name, one, by="period") for one in self.alternatives]
            together = xr.concat(gaps, pd.Index(list(self.alternatives), name="alternative"))
            parts[name] = together.assign_attrs(
                unit=MEASURES[name].unit, long_name=f"{MEASURES[name].title}: alternative less base"
            )
        frame = self.base.frame
        return xr.Dataset(parts).assign_attrs(
            base=self.base.facts.name,
            currency=frame.currency,
            start=frame.start.isoformat(),
            seed=self.base.seed,
            version=self.base.version,
        )

    def save(self, path: str | PathLike[str]) -> Path:
        """Write the differences to a NetCDF file and return its path."""
        target = Path(path)
        write_netcdf(target, {None: self.to_dataset()})
        return target

    def plot(self, measure: str | None = None, alternative: str | None = None, *, ax: Axes | None = None) -> Axes:
        """Draw the differences: of the main measures in percent, or of one measure over the periods.

        Parameters
        ----------
        measure
            A key of `MEASURES`; None draws the main ones side by side.
        alternative
            Only this one; by default all, over the periods in a panel each.
        ax
            Where to draw; by default on a new figure.
        """
        return self._drawn(ax, measure=measure, alternative=alternative)

    def _values(self, scenario: str, measure: str, by: By, where: Where) -> xr.DataArray:
        for what, names in PARTS.items():
            part = where.get(what)
            if part is not None and part not in getattr(self.forecasts[scenario].frame, names):
                owner = next((one for one in self.forecasts.values() if part in getattr(one.frame, names)), None)
                if owner is not None:
                    there = owner.measure(measure, by=by, **where)
                    return xr.full_like(there, np.nan if measure_named(measure).nature == "ratio" else 0.0)
        return self.forecasts[scenario].measure(measure, by=by, **where)

    def _row(self, name: str, alternative: str, where: Where) -> dict[str, Any]:
        one = self.describe(name, alternative, **where)
        base, other = (self.values(scenario, name, **where).to_numpy() for scenario in (BASE, alternative))
        return {
            "base": _mean(base), "other": _mean(other), "mean": one.mean, "low": one.low, "high": one.high,
            "P10": one.p10, "P50": one.p50, "P90": one.p90,
            "better": one.better.value, "better_low": one.better.low, "better_high": one.better.high,
            "equal": one.equal, "factor": one.pairing.factor, "factor_low": one.pairing.low,
            "factor_high": one.pairing.high, "futures": one.futures, "further": one.further,
        }  # fmt: skip

    def _hits(self, scenario: str, wish: Mapping[str, Any]) -> tuple[Float, np.ndarray[Any, np.dtype[np.bool_]]]:
        where: Any = {key: wish[key] for key in ("segment", "milestone", "kind") if wish[key] is not None}
        if wish["day"] is not None:
            where["within"] = wish["day"]
        values = self.values(scenario, wish["measure"], **where).to_numpy().astype(np.float64)
        return values, met(values, wish["at_least"], wish["at_most"])

    def _known(self, alternative: str) -> str:
        if alternative not in self.alternatives:
            raise ValueError(f"unknown alternative {alternative!r}; there are {', '.join(self.alternatives)}")
        return alternative

    def __repr__(self) -> str:
        """Return what it is, in a line."""
        return f"<Comparison of {', '.join(self.forecasts)}: {self.replications} futures>"


def _mean(values: Float) -> float:
    known = values[np.isfinite(values)]
    return float(known.mean()) if len(known) else float("nan")

"""A grid of scenarios: numbers set by path, each cell run on the same futures as the others."""

from __future__ import annotations

import itertools
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
import numpy.typing as npt

from simulation.progress import Interrupted, Progress
from simulation.runs import Engine, run, todays_members
from simulation.shown import Shown

if TYPE_CHECKING:
    import pandas as pd
    from matplotlib.axes import Axes

    from simulation.experiment.store import Store
    from simulation.forecast import Forecast
    from simulation.scenario import Scenario
    from simulation.scenario.quantities import Kind

__all__ = ["MEASURES", "Axis", "Sweep", "SweepInterrupted", "axes_of", "cell_of", "sweep"]

Float = npt.NDArray[np.float64]
MEASURES = ("arr", "members", "nrr", "churn", "expansion", "contribution")
"""What is read of each cell when nothing else is asked for."""
MOST = 10_000
"""Cells of a grid."""


@dataclass(frozen=True)
class Axis:
    """A number of the scenario and the values that it takes.

    Attributes
    ----------
    path
        Dotted, as in `assumptions`.
    values
        In base units.
    labels
        As a scenario file has them.
    """

    path: str
    values: tuple[float, ...]
    labels: tuple[str | int | float, ...]


class SweepInterrupted(Interrupted):
    """A sweep was stopped; `sweep` has the cells that were finished."""

    def __init__(self, found: Sweep) -> None:
        super().__init__()
        self.sweep = found


@dataclass(frozen=True)
class Sweep(Shown):
    """A grid and what came out of its finished cells.

    Attributes
    ----------
    name, currency
        Of the scenario.
    axes
        The first varies slowest.
    measures
        What was read.
    futures
        float64[R] of each measure over the horizon, by cell: the place on each axis.
    groups
        int64[R], replications of one group are not independent of each other.
    """

    name: str
    currency: str
    axes: tuple[Axis, ...]
    measures: tuple[str, ...]
    futures: dict[tuple[int, ...], dict[str, Float]]
    groups: npt.NDArray[np.int64]

    @property
    def cells(self) -> int:
        """How many cells the grid has."""
        return int(np.prod([len(axis.values) for axis in self.axes]))

    def table(self, percentiles: Sequence[float] = (10, 50, 90)) -> pd.DataFrame:
        """A row for each finished cell and measure.

        Returns
        -------
        DataFrame
            A column for each axis (the value as a scenario file has it), then measure, unit, mean, low and high
            (95% Monte Carlo interval of the mean), the percentiles and futures (in how many it is defined).
        """
        import pandas as pd

        from simulation.forecast.futures import headings
        from simulation.forecast.measures import measure_named
        from simulation.forecast.statistics import means
        from simulation.forecast.statistics import percentiles as quantiles

        rows: list[dict[str, Any]] = []
        for cell, measure in itertools.product(sorted(self.futures), self.measures):
            values = self.futures[cell][measure][:, None]
            mean, low, high, count = (one[0] for one in means(values, self.groups))
            ends = quantiles(values, tuple(percentiles))[:, 0]
            rows.append(
                {axis.path: axis.labels[place] for axis, place in zip(self.axes, cell, strict=True)}
                | {"measure": measure, "unit": measure_named(measure).unit, "mean": mean, "low": low, "high": high}
                | dict(zip(headings(percentiles), ends, strict=True))
                | {"futures": int(count)}
            )
        return pd.DataFrame(rows)

    def plot(self, *, ax: Axes | None = None) -> Axes:
        """Draw the mean of each measure over the settings, a panel a measure.

        Parameters
        ----------
        ax
            Where to draw; by default on a new figure.
        """
        return self._drawn(ax)


def sweep(
    scenario: Scenario | str | Path,
    settings: Mapping[str, Iterable[object]],
    *,
    measures: Sequence[str] = MEASURES,
    replications: int = 200,
    seed: int = 1,
    engine: Engine = "compiled",
    workers: int | None = None,
    progress: Progress | None = None,
    quarantine: bool = False,
    store: Store | None = None,
) -> Sweep:
    """Run a scenario at every combination of some of its numbers.

    Parameters
    ----------
    scenario
        A scenario, or the path of its file.
    settings
        Values by dotted path, as a scenario file has them: ``{"segments.firms.renewal.probability": ["85%", "90%"]}``.
        An assumption on such a number gives way to the value.
    measures
        What to read of each cell, over the whole horizon.
    replications, seed, engine, workers, quarantine, store
        As in `simulation.run`; the same for every cell.
    progress
        Called with (replications done, replications in all), over all cells.

    Raises
    ------
    ScenarioError
        When the scenario is wrong, or a cell is impossible.
    ValueError
        When a path names no number, a value does not fit, or a measure is unknown.
    SweepInterrupted
        On Ctrl-C (a KeyboardInterrupt); `.sweep` has the finished cells. With a store nothing else is lost either.
    """
    from simulation.forecast.measures import measure_named
    from simulation.scenario import load

    plan = load(scenario) if isinstance(scenario, str | Path) else scenario
    axes = axes_of(plan, settings)
    for measure in measures:
        measure_named(measure)
    cells = list(itertools.product(*(range(len(axis.values)) for axis in axes)))
    plans = [cell_of(plan, axes, cell) for cell in cells]  # all of them first: what is wrong is said at once
    book = todays_members(plan, quarantine=quarantine)
    found = Sweep(
        plan.name, plan.currency, axes, tuple(measures), {}, np.arange(replications) // (2 if plan.assumptions else 1)
    )

    def watch(place: int) -> Progress:
        def call(done: int, total: int) -> None:
            if progress is not None:
                progress((place + 1) * replications - total + done, len(cells) * replications)

        return call

    forecast: Forecast
    for place, (cell, one) in enumerate(zip(cells, plans, strict=True)):
        try:
            forecast = run(
                one,
                replications=replications,
                seed=seed,
                engine=engine,
                workers=workers,
                progress=watch(place),
                book=book,
                store=store,
            )
        except KeyboardInterrupt:
            raise SweepInterrupted(found) from None
        # The futures of the measures are kept, not the whole ledgers: a grid of those would fill the memory.
        found.futures[cell] = {measure: forecast.measure(measure).to_numpy() for measure in measures}
    return found


def axes_of(scenario: Scenario, settings: Mapping[str, Iterable[object]]) -> tuple[Axis, ...]:
    """The axes of a grid.

    Raises
    ------
    ValueError
        When a path names no number (with the nearest that does), a value does not fit there, or there are none.
    """
    from simulation.scenario.assumptions import kind_at, rounded
    from simulation.scenario.errors import Misfit
    from simulation.scenario.quantities import parse, written

    axes = []
    for path, given in settings.items():
        try:
            kind: Kind | None = kind_at(path, scenario._tree, set())
            assert kind is not None  # the scenario was read: nothing is wrong in it
            values = tuple(dict.fromkeys(rounded(kind, parse(kind, _plain(one))) for one in given))
        except Misfit as misfit:
            raise ValueError(f"{path}: {misfit}") from None
        if not values:
            raise ValueError(f"{path}: expected at least one value")
        axes.append(Axis(path, values, tuple(written(kind, value) for value in values)))
    if not axes:
        raise ValueError("expected at least one path with its values")
    cells = int(np.prod([float(len(axis.values)) for axis in axes]))
    if cells > MOST:
        raise ValueError(f"a grid of {cells:,} cells is more than the {MOST:,} that are possible")
    return tuple(axes)


def cell_of(scenario: Scenario, axes: Sequence[Axis], cell: Sequence[int]) -> Scenario:
    """The scenario of one cell; assumptions on its numbers give way, and levers have no part in it.

    Raises
    ------
    ScenarioError
        When its values do not go together; every problem names the cell.
    ValueError
        When a number is drawn jointly with others.
    """
    from simulation.scenario import ScenarioError, from_mapping
    from simulation.scenario.places import put

    tree = {key: part for key, part in scenario.resolved().items() if key != "levers"}
    paths = {axis.path for axis in axes}
    for name, assumption in scenario.assumptions.items():
        both = paths.intersection(assumption.joint.paths if assumption.joint is not None else ())
        if both:
            raise ValueError(f"{min(both)}: drawn together with others by the assumption {name!r}, so it cannot be set")
    if "assumptions" in tree:
        tree["assumptions"] = {path: one for path, one in tree["assumptions"].items() if path not in paths}
    for axis, place in zip(axes, cell, strict=True):
        tree = put(tree, tuple(axis.path.split(".")), axis.labels[place])
    try:
        return from_mapping(tree, folder=scenario.root, allow_outside=True)
    except ScenarioError as error:
        said = ", ".join(f"{axis.path} = {axis.labels[place]}" for axis, place in zip(axes, cell, strict=True))
        raise ScenarioError(
            type(one)(one.file, None, None, one.path, f"{one.message} (in the cell {said})") for one in error.problems
        ) from None


def _plain(value: object) -> object:
    """A value from a command line: a number where it is one."""
    if not isinstance(value, str):
        return value
    text = value.strip()
    for kind in (int, float):
        try:
            return kind(text)
        except ValueError:
            continue
    return text

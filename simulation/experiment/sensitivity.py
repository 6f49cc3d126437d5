"""Which assumption matters, for a measure and for a choice between scenarios."""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal

import numpy as np
import pandas as pd

from simulation.experiment.assumed import Float, Settings, paths_of, run_at
from simulation.experiment.information import ENOUGH, FEW, value_of_information
from simulation.experiment.question import Question
from simulation.experiment.sobol import Indices, indices, saltelli
from simulation.experiment.tornado import tornado, tornado_settings
from simulation.forecast.spread import Spread, split
from simulation.forecast.statistics import Probability, proportion
from simulation.progress import Progress
from simulation.shown import Shown

if TYPE_CHECKING:
    from matplotlib.axes import Axes

    from simulation.experiment.store import Store
    from simulation.forecast import Forecast
    from simulation.scenario import Scenario
    from simulation.scenario.book import Book

__all__ = ["Choice", "Design", "Sensitivity", "sensitivity"]

TORNADO = 32
"""Futures of each end of the tornado."""
FIRST = 8
IS_BEST, LEAD = "best", "lead"


@dataclass(frozen=True, eq=False)
class Design:
    """The settings of one analysis: first those of the tornado, then those of the Sobol indices.

    In this order more Sobol points only add settings at the end.
    """

    names: tuple[str, ...]
    settings: Settings
    tornado: int

    @classmethod
    def of(cls, scenarios: list[Scenario], points: int, seed: int) -> Design:
        """Lay out the settings for all assumptions of some scenarios.

        Raises
        ------
        ValueError
            When none states an assumption.
        """
        names = tuple(paths_of(scenarios))
        if not names:
            raise ValueError("the scenario states no assumptions, so all of its spread is luck")
        ends, cube = tornado_settings(scenarios, names, TORNADO), saltelli(names, points, seed)
        levels, luck = np.concatenate([ends.levels, cube.levels]), np.concatenate([ends.luck, cube.luck])
        # The first base samples tell the whole sequence.
        first = slice(len(ends) + FIRST * (len(names) + 3))
        told = hashlib.sha256(repr(names).encode() + levels[first].tobytes() + luck[first].tobytes())
        return cls(names, Settings(names, levels, luck, told.hexdigest()), len(ends))

    @property
    def width(self) -> int:
        """Settings of one base sample."""
        return len(self.names) + 3

    def sources(self, values: Float) -> tuple[Float, Float]:
        """Independent futures: of each base sample the first and the last, from values of the Sobol settings."""
        blocks = values.reshape(-1, self.width)
        return blocks[:, 0], blocks[:, -1]

    def points(self, values: Float) -> Float:
        """Values at independent assumption points: the first of each base sample, met with two lucks, and the last."""
        blocks = values.reshape(-1, self.width)
        found: Float = np.concatenate([(blocks[:, 0] + blocks[:, -2]) / 2, blocks[:, -1]])
        return found


@dataclass(frozen=True, eq=False)
class Choice:
    """What is known of a choice between scenarios, and what would be worth knowing.

    Attributes
    ----------
    favourite
        The option with the best mean.
    means
        Mean of the measure by option, over independent futures.
    chances
        Probability that the option is better than every other one. Where several are equally good none is.
    tied
        Probability that several are equally good and none is better; with it the chances sum to 1.
    indices
        Of two outcomes: `lead`, the favourite's merit less that of the best of the others, and `best`, whether it
        is better than every other one (`lead` above zero).
    information
        See `value_of_information`; None when there are too few points.
    learnt_from
        Assumption points behind it; with fewer than `information.ENOUGH` it is biased upwards.
    """

    favourite: str
    means: dict[str, float]
    chances: dict[str, Probability]
    tied: Probability
    indices: Indices
    information: pd.DataFrame | None
    learnt_from: int

    @property
    def flattered(self) -> bool:
        """Whether the value of information rests on so few points that it is too high."""
        return self.information is not None and self.learnt_from < ENOUGH


@dataclass(frozen=True, eq=False)
class Sensitivity(Shown):
    """Which assumption matters.

    Attributes
    ----------
    question
        The measure and its moment.
    futures
        The simulated futures by scenario: all settings, first those of the tornado.
    design
        What the futures are.
    tornado
        See `tornado`; of the base.
    now, over_time
        Sobol indices of the base at the moment, and of every period.
    spread
        Luck and ignorance, as every forecast splits them: from the pairs that differ in luck only.
    values
        Text and numbers of each assumption at its P10, median and P90, base units: columns path, low, middle, high.
    choice
        Of the base and its alternatives; None without alternatives.
    """

    question: Question
    futures: dict[str, Forecast]
    design: Design
    tornado: pd.DataFrame
    now: Indices
    over_time: Indices
    spread: Spread
    values: pd.DataFrame
    choice: Choice | None

    @property
    def base(self) -> Forecast:
        """Futures of the base."""
        return next(iter(self.futures.values()))

    def ends(self, factor: str) -> dict[str, Any]:
        """Value of an assumption at its P10, median and P90, with its kind; a row of `values`."""
        return {str(key): value for key, value in self.values.to_dict("index")[factor].items()}

    @property
    def points(self) -> int:
        """Base samples of the Sobol indices."""
        return (len(self.design.settings) - self.design.tornado) // self.design.width

    def plot(
        self, view: Literal["tornado", "spread", "over time", "information"] = "tornado", *, ax: Axes | None = None
    ) -> Axes:
        """Draw how far each assumption moves the measure, or what its spread comes from.

        Parameters
        ----------
        view
            Which picture.
        ax
            Where to draw; by default on a new figure.
        """
        return self._drawn(ax, view=view)


def sensitivity(
    scenario: Scenario | str | Path,
    alternatives: Mapping[str, Scenario | str | Path] | None = None,
    *,
    question: Question | None = None,
    points: int = 256,
    seed: int = 1,
    workers: int | None = None,
    progress: Progress | None = None,
    books: Mapping[str, Book | None] | None = None,
    store: Store | None = None,
) -> Sensitivity:
    """Find out which assumptions a measure, or a choice between scenarios, depends on.

    Parameters
    ----------
    scenario
        A scenario with assumptions, or the path of its file.
    alternatives
        Other scenarios by name, for the choice. All meet the same assumption levels and the same luck.
    question
        What to measure; by default ARR at the horizon, and contribution when there are alternatives.
    points
        Base samples of the Sobol indices, best a power of two. Each scenario runs points * (K + 3) futures for its
        K assumptions, and 32 * (2 K + 1) for the tornado.
    seed
        Of the futures and of the design.
    workers, progress
        As in `simulation.run`.
    books
        Today's members by scenario ("base" is the first), when they are loaded already.
    store
        Where finished futures are kept: another measure, or more points, runs only what is not there yet.

    Returns
    -------
    Sensitivity

    Raises
    ------
    ScenarioError
        When a scenario or its book is wrong.
    ValueError
        When there are no assumptions, or the question makes no sense.
    Interrupted
        On Ctrl-C (a KeyboardInterrupt); what had finished is in the store.
    """
    from simulation.experiment.compare import books_of, loaded
    from simulation.scenario import load

    if points < 1:
        raise ValueError(f"points must be 1 or more, got {points}")
    question = question or Question("contribution" if alternatives else "arr")
    _ = question.what
    if alternatives:
        plans = loaded(scenario, alternatives)
    else:
        plans = {"base": load(scenario) if isinstance(scenario, str | Path) else scenario}
    design = Design.of(list(plans.values()), points, seed)
    members = books_of(plans) if books is None else books
    futures: dict[str, Forecast] = {}
    total = len(design.settings) * len(plans)
    for name, plan in plans.items():
        futures[name] = run_at(
            plan,
            design.settings,
            book=members[name],
            seed=seed,
            workers=workers,
            progress=_part(progress, len(design.settings) * len(futures), total),
            store=store,
        )
    return analysed(plans, design, futures, question, seed)


def analysed(
    plans: Mapping[str, Scenario], design: Design, futures: dict[str, Forecast], question: Question, seed: int
) -> Sensitivity:
    """Read the answer from finished futures."""
    base, cut = next(iter(futures.values())), design.tornado
    values = question.read(base)
    rows = question.over_time(base)[cut:]
    labels = [one.label for one in base.frame.periods]
    names = design.names
    return Sensitivity(
        question=question,
        futures=futures,
        design=design,
        tornado=tornado(names, values[:cut], TORNADO),
        now=indices(names, values[cut:, None], [question.moment(base)], seed),
        over_time=indices(names, rows, labels, seed),
        spread=split(values[cut:], np.asarray(base.points, np.int64)[cut:], True),
        values=_ends(list(plans.values()), names),
        choice=_choice(plans, design, futures, question, seed) if len(plans) > 1 else None,
    )


def _choice(
    plans: Mapping[str, Scenario], design: Design, futures: dict[str, Forecast], question: Question, seed: int
) -> Choice:
    values = {name: question.read(one)[design.tornado :] for name, one in futures.items()}
    merit = {name: question.merit(one) for name, one in values.items()}
    single = {name: np.concatenate(design.sources(one)) for name, one in merit.items()}
    table = np.array(list(single.values()))
    known = np.isfinite(table).all(axis=0)
    means = table[:, known].mean(axis=1) if known.any() else np.full(len(table), np.nan)
    places = list(merit)
    favourite = places[int(np.nanargmax(means))] if known.any() else places[0]
    alone, each = np.where(known, 1.0, np.nan), np.arange(table.shape[1])
    wins = {name: _lead(single, name) > 0 for name in places}
    chances = {name: proportion(alone, win, each) for name, win in wins.items()}
    tied = proportion(alone, ~np.any(list(wins.values()), axis=0), each)
    lead = _lead(merit, favourite)
    outcomes = np.column_stack([lead, np.where(np.isfinite(lead), lead > 0, np.nan)])
    information, learnt_from = None, 0
    if known.sum() >= FEW:
        assumed: dict[str, Float] = {}
        for one in futures.values():
            for path, column in one.assumption_values.items():
                assumed.setdefault(path, design.points(column[design.tornado :]))
        utilities = {name: design.points(one) for name, one in merit.items()}
        learnt_from = int(np.isfinite(np.array(list(utilities.values()))).all(axis=0).sum())
        information = value_of_information(utilities, assumed, learnable(plans), lucky=single, seed=seed)
    shown = {name: float(np.nanmean(np.concatenate(design.sources(one)))) for name, one in values.items()}
    moved = indices(design.names, outcomes, [LEAD, IS_BEST], seed)
    return Choice(favourite, shown, chances, tied, moved, information, learnt_from)


def _lead(merit: Mapping[str, Float], option: str) -> Float:
    """Merit of an option less that of the best of the others; NaN where one of them is not known."""
    lead: Float = merit[option] - np.max([one for name, one in merit.items() if name != option], axis=0)
    return lead


def learnable(plans: Mapping[str, Scenario]) -> dict[str, tuple[str, ...]]:
    """What could be learnt: each assumption, and together those of one owner or one source, where several are.

    The names of groups are "owner: x" and "source: y".
    """
    scenarios = list(plans.values())
    found = dict(paths_of(scenarios))
    together: dict[str, list[str]] = {}
    for name, paths in paths_of(scenarios).items():
        one = next(plan.assumptions[name] for plan in scenarios if name in plan.assumptions)
        for what, text in (("owner", one.owner), ("source", one.source)):
            if text:
                together.setdefault(f"{what}: {text}", []).extend(paths)
    everything = {path for paths in found.values() for path in paths}
    for name, group in together.items():
        if len(group) > 1 and set(group) != everything and name not in found:
            found[name] = tuple(group)
    return found


def _ends(scenarios: list[Scenario], names: tuple[str, ...]) -> pd.DataFrame:
    """Values of each assumption at its P10, median and P90; of a joint group that of its first column."""
    from simulation.scenario.draws import drawn_kinds

    settings = tornado_settings(scenarios, names, 1)
    values, paths = settings.values(scenarios), paths_of(scenarios)
    kinds = {path: kind.name for one in scenarios for path, kind in drawn_kinds(one).items()}
    rows = []
    for place, name in enumerate(names):
        path = paths[name][0]
        column = values[path]
        rows.append((path, kinds[path], column[1 + 2 * place], column[0], column[2 + 2 * place], len(paths[name])))
    columns = ["path", "kind", "low", "middle", "high", "fields"]
    return pd.DataFrame(rows, columns=columns, index=pd.Index(names, name="factor"))


def _part(progress: Progress | None, before: int, total: int) -> Callable[[int, int], None] | None:
    if progress is None:
        return None
    return lambda done, size: progress(before + done, total)

"""Run scenarios on the same futures: the same people, the same luck, the same draws of shared assumptions."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from simulation.experiment.comparison import Comparison
from simulation.experiment.precision import Rule, pair_means
from simulation.progress import Interrupted, Progress
from simulation.runs import MAX_REPLICATIONS, Engine, run, todays_members

if TYPE_CHECKING:
    from simulation.experiment.store import Store
    from simulation.forecast import Forecast
    from simulation.scenario import Scenario
    from simulation.scenario.book import Book

__all__ = ["ComparisonInterrupted", "compare", "books_of"]

BLOCK = 64
"""Futures after which every scenario has had its turn, so that an interruption leaves all of them equally far."""


class ComparisonInterrupted(Interrupted):
    """A comparison was stopped; `comparison` has the futures that every scenario had finished, if any."""

    def __init__(self, comparison: Comparison | None) -> None:
        super().__init__()
        self.comparison = comparison


def compare(
    base: Scenario | str | Path,
    alternatives: Mapping[str, Scenario | str | Path],
    *,
    replications: int = 200,
    seed: int = 1,
    engine: Engine = "compiled",
    workers: int | None = None,
    progress: Progress | None = None,
    quarantine: bool = False,
    store: Store | None = None,
    precision: float | None = None,
    measure: str = "contribution",
    max_replications: int = MAX_REPLICATIONS,
) -> Comparison:
    """Compare scenarios future by future.

    Parameters
    ----------
    base
        What the others are compared with: a scenario, or the path of its file.
    alternatives
        Scenarios by the name under which they are reported.
    replications, seed, engine, workers, quarantine, store
        As in `simulation.run`; the same for every scenario.
    progress
        Called with (replications done, replications in all), over all scenarios.
    precision
        Add futures until the 95% interval of the mean difference of `measure` over the horizon is this narrow in
        every alternative: half its width over the difference, such as 0.1. `replications` is then the fewest.
    measure, max_replications
        What `precision` is about, and where it stops even so.

    Returns
    -------
    Comparison

    Raises
    ------
    ScenarioError
        When a scenario or its book is wrong.
    ValueError
        When there is no alternative, or scenarios differ in their start, horizon, periods or currency.
    ComparisonInterrupted
        On Ctrl-C (a KeyboardInterrupt); `.comparison` is made of the futures that all had finished, if any.

    Notes
    -----
    Future i of each scenario has the same random numbers: a person who is there in both meets the same luck
    (DESIGN section 4), and an assumption that both state is drawn at the same place of its distribution.
    """
    plans = loaded(base, alternatives)
    books = books_of(plans, quarantine=quarantine)
    done: dict[str, Forecast] = {}
    at_work = ""
    goal = Goal(precision, measure, max(replications, max_replications)) if precision is not None else None
    target, expected = 0, replications
    try:
        while target < expected:
            target = min(target + BLOCK, expected)
            for at_work, plan in plans.items():
                done[at_work] = run(
                    plan,
                    replications=target,
                    seed=seed,
                    engine=engine,
                    workers=workers,
                    progress=_part(progress, sum(one.replications for one in done.values()), expected * len(plans)),
                    book=books[at_work],
                    kept=done.get(at_work),
                    store=store,
                )
            if goal is not None and target == expected:
                expected, enough = goal.next(Comparison(done))
                if enough is not None:
                    done = {name: only(one, set(range(max(enough, replications)))) for name, one in done.items()}
    except Interrupted as stop:
        if stop.forecast is not None:
            done[at_work] = stop.forecast
        raise ComparisonInterrupted(_common(done)) from None
    return Comparison(done)


@dataclass(frozen=True)
class Goal:
    """How narrow the intervals of the differences shall be."""

    precision: float
    measure: str
    most: int

    def reached(self, comparison: Comparison) -> float:
        """Half the width of the interval over the mean, in the alternative where that is largest."""
        rule = Rule(self.precision)
        series = [pair_means(comparison.difference(self.measure, one)) for one in comparison.alternatives]
        return max(float(rule.widths(one)[-1]) if len(one) else float("inf") for one in series)

    def next(self, comparison: Comparison) -> tuple[int, int | None]:
        """How many futures there shall be next, and how many are enough, once that is known.

        What is enough depends on the futures alone, and not on the portions in which they came.
        """
        rule = Rule(self.precision)
        have = comparison.replications
        series = [pair_means(comparison.difference(self.measure, one)) for one in comparison.alternatives]
        stops = [rule.stop(one) for one in series]
        if None not in stops:
            return have, 2 * max(stop for stop in stops if stop is not None)
        wanted = 2 * max(rule.expected(one) for one, stop in zip(series, stops, strict=True) if stop is None)
        # Early estimates are poor: at most double, and at least one more pair.
        return min(max(min(wanted, 2 * have), have + 2), self.most), None


def loaded(base: Scenario | str | Path, alternatives: Mapping[str, Scenario | str | Path]) -> dict[str, Scenario]:
    """Load what is a path, and refuse what cannot be compared; the base comes first, under the name "base".

    Raises
    ------
    ScenarioError, ValueError
        As in `compare`.
    """
    from simulation.scenario import load

    if not alternatives:
        raise ValueError("there is no alternative to compare with the base")
    plans: dict[str, Scenario] = {}
    for name, one in {"base": base, **alternatives}.items():
        if name == "base" and plans:
            raise ValueError("an alternative cannot be called 'base'")
        plans[name] = load(one) if isinstance(one, str | Path) else one
    first = plans["base"]
    for name, plan in plans.items():
        for what in ("start", "end", "periods", "fiscal_year_starts", "currency"):
            mine, yours = getattr(first, what), getattr(plan, what)
            if mine != yours:
                words = what.replace("_", " ")
                raise ValueError(f"{name} cannot be compared: its {words} is {yours}, that of the base is {mine}")
    return plans


def books_of(plans: Mapping[str, Scenario], *, quarantine: bool = False) -> dict[str, Book | None]:
    """Today's members of each scenario; read once where scenarios agree on what a row means."""
    books: dict[str, Book | None] = {}
    for name, plan in plans.items():
        alike = (other for other in books if plans[other].book == plan.book and plans[other].segments == plan.segments)
        twin = next(alike, None)
        books[name] = todays_members(plan, quarantine=quarantine) if twin is None else books[twin]
    return books


def _part(progress: Progress | None, before: int, total: int) -> Progress | None:
    if progress is None:
        return None
    return lambda done, _: progress(before + done, total)


def _common(done: dict[str, Forecast]) -> Comparison | None:
    """What an interruption leaves: the futures that every scenario has that had its turn."""
    if len(done) < 2:
        return None
    numbers = set.intersection(*(set(one.result.replications) for one in done.values()))
    if not numbers:
        return None
    return Comparison({name: only(one, numbers) for name, one in done.items()})


def only(forecast: Forecast, numbers: set[int]) -> Forecast:
    """Return the forecast of some of the futures, by their numbers."""
    from simulation.forecast import Forecast

    return Forecast(forecast.result.select(numbers), forecast.facts, forecast.version)

"""Why a forecast moved: from an old run to a new one in steps that add up to the cent.

Every step is a scenario changed from old to new in one respect, run on the same seed and the same futures, so that
its row is a paired difference. The order of the steps is fixed and stated; another order would share the
interactions out differently, but no order changes the total.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

import numpy as np
import numpy.typing as npt

from simulation.experiment.between import Step, steps_between
from simulation.forecast import Forecast
from simulation.forecast.measures import Measure, measure_named
from simulation.forecast.statistics import means
from simulation.progress import Progress
from simulation.runs import run
from simulation.shown import Shown

if TYPE_CHECKING:
    import pandas as pd
    from matplotlib.axes import Axes

    from simulation.experiment.bridge_people import People
    from simulation.experiment.store import Store
    from simulation.scenario import Scenario
    from simulation.scenario.book import Book

__all__ = ["ALL", "Bridge", "FinishedRun", "Row", "bridge", "common_day"]

Int = npt.NDArray[np.int64]
Float = npt.NDArray[np.float64]
PROGRAM, LUCK = "program", "another seed"
ALL = "all"


@dataclass(frozen=True)
class FinishedRun:
    """A run with what it was made of: its scenario, and today's members of its day."""

    forecast: Forecast
    scenario: Scenario
    book: Book | None = None

    @property
    def name(self) -> str:
        """What to call it."""
        return self.forecast.label or f"{self.scenario.name}, {self.scenario.start}"


@dataclass(frozen=True)
class Row:
    """What one step changed.

    Attributes
    ----------
    name
        The step.
    cents
        By segment, hundredths of the measure's unit: whole numbers, so that sums are exact. `ALL` is their sum,
        or the only one where the measure knows no segments.
    low, high
        95% interval of the row for all segments, from paired futures, in the measure's unit.
    notes
        What had to be done so that the step could be made.
    """

    name: str
    cents: dict[str, int]
    low: float
    high: float
    notes: tuple[str, ...] = ()

    @property
    def value(self) -> float:
        """The row for all segments, in the measure's unit."""
        return self.cents[ALL] / 100


@dataclass(frozen=True)
class Bridge(Shown):
    """From the old forecast to the new one.

    Attributes
    ----------
    measure
        What is bridged.
    since, until
        A stock is read at `until`; a flow is summed from `since` to `until`.
    old, new
        Means of the two runs over the same futures, hundredths, by segment; `ALL` is their sum.
    rows
        The steps in their order; their sum is new less old, segment by segment.
    replications
        Futures that both runs have.
    people
        The row of time and the book, person by person; None where there are no two books, or it was not asked for.
    """

    old_name: str
    new_name: str
    currency: str
    measure: Measure
    since: dt.date
    until: dt.date
    old: dict[str, int]
    new: dict[str, int]
    rows: tuple[Row, ...]
    replications: int
    people: People | None = field(default=None, compare=False)

    def table(self) -> pd.DataFrame:
        """The bridge by segment: index step and segment, columns value, low and high (for all segments alone)."""
        import pandas as pd

        levels = [("old", self.old, None), *((row.name, row.cents, row) for row in self.rows), ("new", self.new, None)]
        return pd.DataFrame(
            [
                {
                    "step": name,
                    "segment": segment,
                    "value": cents / 100,
                    "low": row.low if row is not None and segment == ALL else np.nan,
                    "high": row.high if row is not None and segment == ALL else np.nan,
                }
                for name, values, row in levels
                for segment, cents in values.items()
            ]
        ).set_index(["step", "segment"])

    def plot(self, *, ax: Axes | None = None) -> Axes:
        """Draw the way from the old mean to the new one, step by step.

        Parameters
        ----------
        ax
            Where to draw; by default on a new figure.
        """
        return self._drawn(ax)


@dataclass(frozen=True)
class _Level:
    """A forecast on the way: futures of the measure by segment, [R] each, in hundredths."""

    futures: dict[str, Float]

    def cents(self, segments: Sequence[str]) -> dict[str, int]:
        """Means rounded where they are smallest, so that the sum over segments is exact."""
        found = {one: round(float(self.futures[one].mean())) for one in segments if one in self.futures}
        return {ALL: sum(found.values()), **({} if list(found) == [ALL] else found)}

    @property
    def whole(self) -> Float:
        total: Float = np.sum(list(self.futures.values()), axis=0)
        return total


def bridge(
    old: FinishedRun,
    new: FinishedRun,
    *,
    measure: str = "arr",
    people: bool = True,
    workers: int | None = None,
    progress: Progress | None = None,
    store: Store | None = None,
) -> Bridge:
    """Say why a forecast moved.

    Parameters
    ----------
    old, new
        The two runs.
    measure
        A level such as arr or members, read at the last day that both runs reach, or a sum such as contribution,
        from the start of the new run to that day. A ratio cannot be bridged; its parts can.
    people
        Whether to share the row of time and the book out by person; for arr alone, and where both have a book.
    workers, store
        As in `simulation.run`.
    progress
        Called with (replications done, replications in all), over all steps.

    Raises
    ------
    ValueError
        When the runs cannot be bridged: other currency, no common future or day, a measure that is a ratio.
    Interrupted
        On Ctrl-C. With a store, what was finished is kept.
    """
    what = measure_named(measure)
    numbers = sorted(set(old.forecast.result.replications) & set(new.forecast.result.replications))
    _refuse(old, new, what, numbers)
    until = common_day(old.forecast, new.forecast)
    read = _Reader(what, new.scenario.start, until, numbers)
    seed = old.forecast.seed
    steps = list(steps_between(old.scenario, new.scenario))
    runs = 3 + len(steps)
    ran = 0
    there: dict[tuple[str, int], Forecast] = {}

    def simulated(scenario: Scenario, book: Book | None, seed: int) -> Forecast:
        nonlocal ran
        ran += 1
        place, key = ran, (scenario.digest(), seed)
        if key in there:  # nothing changed in this step
            return there[key]

        def watch(done: int, total: int) -> None:
            if progress is not None:
                progress(place * len(numbers) - total + done, runs * len(numbers))

        there[key] = run(
            scenario, replications=numbers, seed=seed, workers=workers, book=book, store=store, progress=watch
        )  # fmt: skip
        return there[key]

    first, last = read(old.forecast), read(new.forecast)
    levels: list[tuple[str, _Level, tuple[str, ...]]] = []
    again = read(simulated(old.scenario, old.book, seed))
    levels.append((PROGRAM, again, ()))
    if new.forecast.seed != seed:
        seed = new.forecast.seed
        levels.append((LUCK, read(simulated(old.scenario, old.book, seed)), ()))
    books: dict[str, Book | None] = {}
    for step in steps:
        final = step.scenario is new.scenario
        books[step.name] = new.book if final else _book_for(step, new)
        levels.append((step.name, read(simulated(step.scenario, books[step.name], seed)), step.notes))
    rows = _rows(first, levels, last, np.array(numbers) // 2)
    who = None
    # The new book as the first step reads it: a segment is a place in the order of its own scenario.
    again_read = books[steps[0].name] if steps else None
    if people and measure == "arr" and old.book is not None and again_read is not None:
        from simulation.experiment.bridge_people import people_of

        row = next(one for one in rows if one.name == steps[0].name)
        who = people_of(
            (old.scenario, old.book), (steps[0].scenario, again_read), seed, numbers, until, row, workers
        )  # fmt: skip
    return Bridge(
        old.name, new.name, new.scenario.currency, what, new.scenario.start, until,
        first.cents(list(first.futures)), last.cents(list(last.futures)), rows, len(numbers), who,
    )  # fmt: skip


def _rows(
    first: _Level, levels: list[tuple[str, _Level, tuple[str, ...]]], last: _Level, pairs: Int
) -> tuple[Row, ...]:
    """Differences of neighbouring levels.

    The new run is the last level run again by the program of today; what that changes belongs to the program,
    as does what running the old one again changed.
    """
    segments = list(
        dict.fromkeys(one for _, level, _ in [*levels, ("", first, ()), ("", last, ())] for one in level.futures)
    )
    cents = [level.cents(segments) for level in (first, *(level for _, level, _ in levels), last)]
    whole = [level.whole for level in (first, *(level for _, level, _ in levels), last)]
    end = _differences(cents[-2], cents[-1])
    rows = []
    for place, (name, _, notes) in enumerate(levels):
        change = _differences(cents[place], cents[place + 1])
        futures = whole[place + 1] - whole[place]
        if place == 0:
            change = {one: change.get(one, 0) + end.get(one, 0) for one in {**change, **end}}
            futures = futures + whole[-1] - whole[-2]
        _, low, high, _ = means(futures[:, None] / 100, pairs)
        rows.append(Row(name, change, float(low[0]), float(high[0]), notes))
    return tuple(rows)


def _differences(before: dict[str, int], after: dict[str, int]) -> dict[str, int]:
    return {one: after.get(one, 0) - before.get(one, 0) for one in {**before, **after}}


def _book_for(step: Step, new: FinishedRun) -> Book | None:
    """The new book as the scenario of a step reads it: segments may stand in another order there."""
    if new.book is None:
        return None
    from simulation.scenario.book import load_book

    return load_book(new.book.path, step.scenario, quarantine=bool(new.book.excluded.members))


class _Reader:
    """Reads a measure of a forecast at a common day, by segment where it has them."""

    def __init__(self, measure: Measure, since: dt.date, until: dt.date, numbers: list[int]) -> None:
        self.measure, self.since, self.until, self.numbers = measure, since, until, numbers

    def __call__(self, forecast: Forecast) -> _Level:
        start = forecast.frame.start
        until, since = (self.until - start).days, (self.since - start).days
        place = {number: at for at, number in enumerate(forecast.result.replications)}
        rows = [place[number] for number in self.numbers]
        segmented = "segment" in self.measure.filters
        futures = {}
        for segment in forecast.frame.segments if segmented else (ALL,):
            part = segment if segmented else None
            values = forecast.measure(self.measure.name, within=until, segment=part).to_numpy()
            if self.measure.nature == "flow" and since > 0:
                values = values - forecast.measure(self.measure.name, within=since, segment=part).to_numpy()
            futures[segment] = np.rint(values[rows] * 100)
        return _Level(futures)


def _refuse(old: FinishedRun, new: FinishedRun, measure: Measure, numbers: list[int]) -> None:
    one, other = old.forecast.frame, new.forecast.frame
    if one.currency != other.currency:
        raise ValueError(f"the old run is in {one.currency}, the new one in {other.currency}")
    if other.start < one.start:
        raise ValueError(f"the old run starts on {one.start}, after the new one ({other.start}): change their order")
    if measure.nature == "ratio":
        raise ValueError(f"{measure.name} is a ratio: its parts can be bridged, such as arr, expansion or churn")
    if len(numbers) < 2:
        raise ValueError("the two runs have fewer than two futures in common")


def common_day(old: Forecast, new: Forecast) -> dt.date:
    """The last day that both runs count up to."""
    days = [{one.frame.start + dt.timedelta(days=int(edge)) for edge in one.frame.cell_edges[1:]} for one in (old, new)]
    both = {day for day in days[0] & days[1] if day > new.frame.start}
    if not both:
        raise ValueError(
            f"the old run ends on {max(days[0])}, and there is no day after the start of the new one "
            f"({new.frame.start}) up to which both have counted"
        )
    return max(both)

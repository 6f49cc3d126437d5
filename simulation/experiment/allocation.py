"""The best allocation of a budget over levers: search on few futures, choose on others, measure on others again.

Three sets of futures that share no number. The search tries many allocations on the first; its best one is partly
lucky there, so the best few are sampled anew until one of them is chosen with a promised probability (Kim & Nelson
2001), and what is said of the chosen one is measured on a third set, which had no part in any choice.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import AbstractContextManager, contextmanager, nullcontext
from dataclasses import dataclass, field

import numpy as np

from simulation.experiment.answer import Answer, Effort
from simulation.experiment.contenders import Contender, choose, measured
from simulation.experiment.criterion import Criterion
from simulation.experiment.levers import Levels
from simulation.experiment.plans import Measuring
from simulation.experiment.search import Point, Search
from simulation.experiment.selection import Selection
from simulation.experiment.trials import Outcome, Trial, Trials
from simulation.forecast.statistics import Float, means
from simulation.progress import Interrupted, Progress

__all__ = ["AllocationInterrupted", "Stage", "allocate"]

Stage = Callable[[str], AbstractContextManager[Progress]]
"""Shows a part of the work with its progress, such as `simulation.progress.progress_bar`."""
CONTENDERS = 8
"""Allocations that are sampled anew, at most."""
CAPS = 5
"""Caps of the frontier above 0, evenly up to the spend."""


class AllocationInterrupted(Interrupted):
    """`allocate` was stopped; `answer` is the best so far, or None."""

    def __init__(self, answer: Answer | None) -> None:
        super().__init__()
        self.answer = answer


def allocate(
    trial: Trial,
    tops: Levels,
    criterion: Criterion,
    spend: float,
    *,
    zone: float | None = None,
    level: float = 0.95,
    effort: Effort | None = None,
    also: Mapping[str, Levels] | None = None,
    stage: Stage | None = None,
) -> Answer:
    """Find the best allocation of anything that can be tried; see `budget`.

    Parameters
    ----------
    trial
        Tries an allocation on futures.
    tops
        The most steps of each lever.
    criterion, spend, zone, level, effort, stage
        As in `budget`.
    also
        Allocations to measure beside the chosen one, by name.

    Raises
    ------
    ValueError
        When an argument is out of its range.
    AllocationInterrupted
        On Ctrl-C (a KeyboardInterrupt), with the best answer so far.
    """
    if not 0.0 <= spend < np.inf:
        raise ValueError(f"the spend must be an amount of money, at least 0, got {spend}")
    if zone is not None and not 0.0 < zone < np.inf:
        raise ValueError(f"the smallest difference that matters must be more than 0, got {zone}")
    if not 0.5 < level < 1.0:
        raise ValueError(f"the promised probability must be above 0.5 and below 1, got {level}")
    work = _Work(trial, tops, criterion, spend, zone or 0.0, level, effort or Effort(), stage)
    try:
        work.search()
        work.choose()
        return work.measure(also or {})
    except KeyboardInterrupt:
        raise AllocationInterrupted(work.so_far()) from None


@dataclass
class _Work:
    """The three parts of the work, and what they have found so far."""

    trial: Trial
    tops: Levels
    criterion: Criterion
    spend: float
    zone: float
    level: float
    effort: Effort
    stage: Stage | None
    chosen: Levels | None = None
    contenders: list[Contender] = field(default_factory=list)
    selection: Selection | None = None

    def __post_init__(self) -> None:
        self.nothing: Levels = (0,) * len(self.tops)
        self.screening = range(self.effort.screening)
        self.measuring = range(self.effort.screening, self.effort.screening + self.effort.measuring)
        self.trials = Trials(self._told)
        self.searched = Search(self._point, self.tops)
        self._thresholds: dict[Levels, float] = {}
        self._progress: Progress | None = None
        self._done = self._total = 0

    def search(self) -> None:
        """Try allocations under the whole spend and under every cap of the frontier."""
        each = max(2, self.effort.allocations // (4 * CAPS))
        with self._showing("Searching allocations", self.effort.allocations * self.effort.screening):
            self.searched.run(self.spend, max(1, self.effort.allocations - each * CAPS - 1))
            for cap in self._caps()[:-1]:
                self.searched.run(cap, each)

    def choose(self) -> None:
        """Sample the best allocations anew and choose one."""
        self.zone = self.zone or self._usual_zone()
        listed = self._listed()
        if len(listed) == 1:
            self.chosen = listed[0]
            return
        with self._showing("Choosing among the best", len(listed) * self.effort.choosing):
            self.contenders, self.selection = choose(
                self._scores, listed, self.criterion,
                start=self.measuring.stop, most=self.effort.choosing, zone=self.zone, level=self.level,
            )  # fmt: skip
        self.chosen = self.contenders[0].levels

    def measure(self, also: Mapping[str, Levels]) -> Answer:
        """Measure the chosen allocation, its next steps, the frontier and others on new futures."""
        assert self.chosen is not None
        steps = [self._after(self.chosen, place) for place in range(len(self.tops))]
        frontier = self._frontier(self.chosen)
        close = (one.levels for one in self.contenders)
        wanted = {self.nothing, *also.values(), *close, *(one for _, one in frontier), *(one for one in steps if one)}
        new = [one for one in wanted if self.criterion.tail is not None and one not in self.searched.points]
        total = len(wanted) * len(self.measuring) + len(new) * len(self.screening)
        with self._showing("Measuring the plans", total):
            for levels in sorted(wanted):
                self._threshold(levels)
                self.trials.at(levels, self.measuring)
        return self._answer(self.measuring, self.chosen, steps, frontier, also, fresh=True)

    def so_far(self) -> Answer | None:
        """The best answer without any further trial, measured where the search was."""
        known = self.searched.points
        if len(known) < 2:  # nothing bought is the first one, and no answer
            return None
        best = self.chosen or self.searched.best(self.spend)
        self.zone = self.zone or self._usual_zone()
        after = [self._after(best, place) for place in range(len(self.tops))]
        steps = [one if one in known else None for one in after]
        frontier = self._frontier(best)
        return self._answer(self.screening, best, steps, frontier, {}, fresh=False)

    def _answer(
        self,
        numbers: Sequence[int],
        best: Levels,
        steps: Sequence[Levels | None],
        frontier: Sequence[tuple[float, Levels]],
        also: Mapping[str, Levels],
        *,
        fresh: bool,
    ) -> Answer:
        on = Measuring(self.trials, self.criterion, numbers, self._threshold)
        return Answer(
            recommended=on.plan(best, self.nothing),
            nothing=on.plan(self.nothing, self.nothing),
            others={name: on.plan(levels, self.nothing) for name, levels in also.items()},
            steps=[on.step(place, best, after) for place, after in enumerate(steps)],
            frontier=[(cap, on.plan(levels, self.nothing)) for cap, levels in frontier],
            contenders=measured(self.contenders, on.difference) if fresh else self.contenders,
            selection=self.selection,
            zone=self.zone,
            level=self.level,
            tried=dict(self.searched.points),
            futures=self.trials.futures,
            fresh=fresh,
        )

    def _caps(self) -> list[float]:
        """Caps of the frontier, rising from 0 (what costs nothing) to the spend."""
        return [self.spend * part / CAPS for part in range(CAPS + 1)] if self.spend else [0.0]

    def _frontier(self, chosen: Levels) -> list[tuple[float, Levels]]:
        """The best allocation for each cap: the chosen one where it keeps the cap, else the best of the search."""
        return [(cap, chosen if self.searched.fits(chosen, cap) else self.searched.best(cap)) for cap in self._caps()]

    def _usual_zone(self) -> float:
        """The smallest difference that matters, when nobody says it; see `budget`."""
        if self.criterion.unit == "share":
            return 0.01
        usual = 0.01 * self.spend if self.criterion.unit == "money" else 0.0
        return usual or max(0.005 * max(abs(one.score) for one in self.searched.points.values()), 1e-9)

    def _listed(self) -> list[Levels]:
        """The allocations under the cap that the search leaves in doubt: its best, those of the frontier, others."""
        best, points = self.searched.best(self.spend), self.searched.points
        fine = [one for one in points if one != best and self.searched.fits(one, self.spend)]
        top, groups = self._scores(best, self.screening), np.array(self.screening) // 2
        cheaper = {self.searched.best(cap) for cap in self._caps()}
        found = [best]
        for levels in sorted(fine, key=lambda one: (one not in cheaper, -points[one].score)):
            behind = (top - self._scores(levels, self.screening))[:, None]
            mean, low, _, _ = (float(one[0]) for one in means(behind, groups))
            # One and a half half-widths of its interval, so that the best one is rarely left out by bad luck.
            if not mean - 1.5 * (mean - low) > self.zone:
                found.append(levels)
        return found[:CONTENDERS]

    def _after(self, levels: Levels, place: int) -> Levels | None:
        """The allocation with one step more of a lever; None at its most."""
        if levels[place] >= self.tops[place]:
            return None
        return (*levels[:place], levels[place] + 1, *levels[place + 1 :])

    def _point(self, levels: Levels) -> Point:
        """A trial of the search; what nothing costs is not spent."""
        cost = self.trials.at(levels, self.screening).cost - self.trials.at(self.nothing, self.screening).cost
        return Point(float(self._scores(levels, self.screening).mean()), float(cost.mean()))

    def _scores(self, levels: Levels, numbers: Sequence[int]) -> Float:
        return self.criterion.scores(self.trials.at(levels, numbers).value, self._threshold(levels))

    def _threshold(self, levels: Levels) -> float:
        """Where the worst futures end, always from the futures of the search: elsewhere it would follow luck."""
        if self.criterion.tail is None:
            return 0.0
        if levels not in self._thresholds:
            self._thresholds[levels] = self.criterion.threshold(self.trials.at(levels, self.screening).value)
        return self._thresholds[levels]

    def _told(self, levels: Levels, numbers: Sequence[int], _: Progress | None) -> Outcome:
        """Try an allocation, and tell the progress of the part."""
        before = self._done

        def tell(done: int, total: int) -> None:
            self._done = before + done
            if self._progress is not None:
                self._progress(min(self._done, self._total), self._total)

        found = self.trial(levels, numbers, tell)
        tell(len(numbers), len(numbers))
        return found

    @contextmanager
    def _showing(self, what: str, total: int) -> Iterator[None]:
        """Show a part of the work, of so many futures."""
        with nullcontext() if self.stage is None else self.stage(what) as progress:
            self._progress, self._done, self._total = progress, 0, total
            yield

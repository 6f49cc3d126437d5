"""Twins: the same member in two scenarios. Who gains, and what is direct and what is displacement."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np
import numpy.typing as npt
import pandas as pd

from simulation.engine.crew import Crew
from simulation.engine.plan import Plan
from simulation.engine.pseudonym import pseudonyms
from simulation.engine.replicate import make_engine, plan_at, points_of
from simulation.experiment.assumed import paths_of
from simulation.experiment.outcomes import COURSES, Outcomes, outcomes_of
from simulation.forecast.statistics import Float, means
from simulation.model.state import STAGES
from simulation.progress import Interrupted, Progress
from simulation.shown import Shown

if TYPE_CHECKING:
    from matplotlib.axes import Axes

    from simulation.scenario import Scenario
    from simulation.scenario.book import Book

__all__ = ["GROUPS", "OUTCOMES", "ROLES", "Twins", "changed", "twins"]

Int = npt.NDArray[np.int64]
ROLES = ("direct", "displacement", "other", "only in the alternative", "only in the base")
OUTCOMES = ("members", "arr", "revenue", "expansion", "reached", "escalations", "waited")
MONEY = frozenset({"arr", "revenue", "expansion"})
GROUPS = {"segment": 0, "start": 1, "course": 2, "stage": 3}
"""What members are grouped by: segment, today's or joining later, starting course, starting stage."""
STARTS = ("members today", "join later")


@dataclass(frozen=True, eq=False)
class Twins(Shown):
    """Effects of an alternative on members, from pairs of lives of the same person in the same future.

    Attributes
    ----------
    sums
        int64[R, segment, start, course, stage, role, outcome]: difference of each outcome, summed over members;
        money in cents, waits in seconds.
    counts
        int64[R, segment, start, course, stage, role], members.
    groups
        Which replications are not independent.
    segments
        Names along the first group.
    people
        Index member (a pseudonym): segment, course and stage at the start, arr (mean difference at the end, currency
        units per year), members (mean difference in being one at the end), and treated (share of the futures in which
        the member is directly affected); those of today.
    changed
        What the scenarios define differently: interventions, segments, selling.
    name, currency
        Of the alternative.
    """

    sums: Int
    counts: Int
    groups: Int
    segments: tuple[str, ...]
    people: pd.DataFrame
    changed: dict[str, frozenset[str]]
    name: str
    currency: str

    @property
    def replications(self) -> int:
        """Number of futures."""
        return len(self.sums)

    def roles(self) -> pd.DataFrame:
        """Sum of the difference by role; the rows add up to the last one, exactly.

        Returns
        -------
        DataFrame
            Index role and outcome; affected (members of that role, mean over the futures), mean, low, high (paired
            95% interval) of the summed difference. Money in currency units, waits in days.
        """
        return self._table(self._marginal(()), self._marginal((), counts=True), [()], [])

    def benefits(self, by: str) -> pd.DataFrame:
        """Who benefits, by one of `GROUPS`.

        Returns
        -------
        DataFrame
            Index group, role and outcome ("all" roles together come last); columns as of `roles`, and each: the mean
            difference for each member of the role in that group, with each_low and each_high.
        """
        names = {"segment": self.segments, "start": STARTS, "course": COURSES, "stage": STAGES}[by]
        keep = (GROUPS[by] + 1,)
        labels = [(name,) for name in names]
        return self._table(self._marginal(keep), self._marginal(keep, counts=True), labels, [by])

    def plot(self, *, ax: Axes | None = None) -> Axes:
        """Draw the effect on ARR at the end for each member, by where members started.

        Parameters
        ----------
        ax
            Where to draw; by default on a new figure.
        """
        return self._drawn(ax)

    def _marginal(self, keep: tuple[int, ...], *, counts: bool = False) -> Int:
        """Sum over the groups that are not kept: [R, group, role(, outcome)]."""
        array = self.counts if counts else self.sums
        drop = tuple(axis for axis in range(1, 5) if axis not in keep)
        total: Int = array.sum(axis=drop)
        return total if keep else total[:, None]

    def _table(self, sums: Int, counts: Int, labels: Sequence[tuple[str, ...]], names: Sequence[str]) -> pd.DataFrame:
        rows = []
        for g, label in enumerate(labels):
            for r, role in enumerate([*ROLES, "all"]):
                chosen: Any = slice(None) if role == "all" else [r]
                number = counts[:, g, chosen].sum(axis=1).astype(np.float64)
                if not number.any():
                    continue
                for o, outcome in enumerate(OUTCOMES):
                    scale = 100.0 if outcome in MONEY else 86_400.0 if outcome == "waited" else 1.0
                    total = sums[:, g, chosen, o].sum(axis=1) / scale
                    mean, low, high, _ = (float(one[0]) for one in means(total[:, None], self.groups))
                    each, least, most = _each(total, number, self.groups)
                    rows.append((*label, role, outcome, number.mean(), mean, low, high, each, least, most))
        columns = ["affected", "mean", "low", "high", "each", "each_low", "each_high"]
        index = [*names, "role", "outcome"]
        return pd.DataFrame(rows, columns=[*index, *columns]).set_index(index)


def twins(
    base: Scenario,
    alternative: Scenario,
    *,
    books: tuple[Book | None, Book | None] | None = None,
    replications: int = 40,
    seed: int = 1,
    engine: str = "compiled",
    workers: int | None = None,
    progress: Progress | None = None,
) -> Twins:
    """Run two scenarios on the same futures and match every member with itself.

    Parameters
    ----------
    base, alternative
        The scenarios.
    books
        Today's members of each; by default those that they name.
    replications, seed, engine, workers, progress
        As in `simulation.run`. They are run with their event logs, which are read and dropped one by one, so futures
        of a store are of no use here.

    Raises
    ------
    Interrupted
        On Ctrl-C: nothing is kept.

    Notes
    -----
    A member is affected *directly* when in either life it receives an intervention (or a quota push) that the
    scenarios define differently, or when its segment is defined differently. Every other member that is there in both
    lives can differ for one reason only: a shared team served it earlier or later; that is *displacement*. Where no
    scenario has a team there is none to be displaced by: such members are *other*. People who are there in one life
    only were referred, or joined, in that one alone.
    """
    from simulation.runs import todays_members

    own = books or (todays_members(base), todays_members(alternative))
    pair = _Pair(base, alternative, own, seed, engine)
    points = points_of(base, range(replications))
    found: dict[int, _Matched] = {}

    def done(part: dict[int, _Matched]) -> None:
        found.update(part)
        if progress is not None:
            progress(len(found), replications)

    try:
        pair.share_out(points.items(), done, workers=workers)
    except KeyboardInterrupt:
        raise Interrupted from None
    assumed = bool(base.assumptions or alternative.assumptions)
    groups = np.arange(replications, dtype=np.int64) // (2 if assumed else 1)
    return Twins(
        np.stack([found[number].sums for number in range(replications)]),
        np.stack([found[number].counts for number in range(replications)]),
        groups,
        pair.segments,
        pair.people([found[number] for number in range(replications)]),
        pair.changed,
        alternative.name,
        alternative.currency,
    )


def changed(base: Scenario, alternative: Scenario) -> dict[str, frozenset[str]]:
    """What two scenarios define differently, of what can affect a member directly: names by kind.

    An assumption about a part makes it different where only one scenario has it.
    """
    trees = [(one.resolved(), _assumed(one)) for one in (base, alternative)]
    found: dict[str, frozenset[str]] = {}
    for kind in ("segments", "interventions"):
        mine, yours = (
            {name: _text(part, assumed, f"{kind}.{name}.") for name, part in tree.get(kind, {}).items()}
            for tree, assumed in trees
        )
        found[kind] = frozenset(name for name in {*mine, *yours} if mine.get(name) != yours.get(name))
    selling = {_text(tree.get("selling", {}), assumed, "selling.") for tree, assumed in trees}
    found["selling"] = frozenset({"quota"} if len(selling) > 1 else ())
    return found


def _assumed(scenario: Scenario) -> dict[str, Any]:
    """What is assumed about each path; a joint group is about all of its paths."""
    stated = scenario.resolved().get("assumptions", {})
    return {path: [name, stated[name]] for name, paths in paths_of([scenario]).items() for path in paths}


def _text(part: Any, assumed: Mapping[str, Any], start: str) -> str:
    """A part as text, with the assumptions about it."""
    about = {path: one for path, one in assumed.items() if path.startswith(start)}
    return json.dumps([part, about], sort_keys=True, default=str)


@dataclass(frozen=True, eq=False)
class _Matched:
    """Differences of one replication."""

    sums: Int
    counts: Int
    book: tuple[Int, Int, Int]  # of each row of the book: difference in arr, in being a member, and directly affected
    origin: tuple[Int, Int, Int]  # segment, course, stage of each row of the book


class _Pair(Crew[tuple[int, list[int]], "dict[int, _Matched]"]):
    """Engines of the threads, one of each scenario for each."""

    def __init__(
        self, base: Scenario, alternative: Scenario, books: tuple[Book | None, Book | None], seed: int, engine: str
    ) -> None:
        super().__init__()
        self.scenarios, self.books, self.seed, self.engine = (base, alternative), books, seed, engine
        self.changed = changed(base, alternative)
        self.rest = ROLES.index("displacement" if base.teams or alternative.teams else "other")
        self.segments = tuple(dict.fromkeys([*base.segments, *alternative.segments]))
        rows = plan_at(base, books[0], seed, 0)
        self.keys = np.sort(rows.tables["book"]["key"][: rows.sizes["book"]])

    def work(self, item: tuple[int, list[int]]) -> dict[int, _Matched]:
        """Run the replications of one assumption point in both scenarios."""
        point, replications = item
        if self.stop.is_set():
            return {}
        plans = [plan_at(one, book, self.seed, point) for one, book in zip(self.scenarios, self.books, strict=True)]
        engines = getattr(self.mine, "engines", None)
        if engines is None:
            engines = self.mine.engines = [make_engine(self.engine, plan, log=True) for plan in plans]
        else:
            for engine, plan in zip(engines, plans, strict=True):
                engine.load(plan)
        found = {}
        for number in replications:
            lives = [
                outcomes_of(engine.run(self.seed, number), plan) for engine, plan in zip(engines, plans, strict=True)
            ]
            found[number] = self.matched(plans, lives)
        return found

    def matched(self, plans: list[Plan], lives: list[Outcomes]) -> _Matched:
        """Match the members of two lives and sum their differences by group and role."""
        base, other = lives
        _, mine, yours = np.intersect1d(base.key, other.key, return_indices=True)
        alone = np.ones(len(base.key), bool)
        alone[mine] = False
        new = np.ones(len(other.key), bool)
        new[yours] = False
        direct = self._direct(plans, base, other, mine, yours)
        parts = [
            (base, mine, np.where(direct, 0, self.rest), _values(other, yours) - _values(base, mine), plans[0]),
            (other, np.nonzero(new)[0], np.full(new.sum(), 3), _values(other, np.nonzero(new)[0]), plans[1]),
            (base, np.nonzero(alone)[0], np.full(alone.sum(), 4), -_values(base, np.nonzero(alone)[0]), plans[0]),
        ]
        shape = (len(self.segments), len(STARTS), len(COURSES), len(STAGES), len(ROLES))
        sums = np.zeros((*shape, len(OUTCOMES)), np.int64)
        counts = np.zeros(shape, np.int64)
        for life, rows, role, gaps, plan in parts:
            names = np.array([self.segments.index(name) for name in plan.frame.segments], np.int64)
            place = (
                names[life.segment[rows]], np.where(life.today[rows], 0, 1), life.course[rows], life.stage[rows], role,
            )  # fmt: skip
            np.add.at(sums, place, gaps)
            np.add.at(counts, place, 1)
        return _Matched(sums, counts, *self._of_book(base, other, mine, yours, direct))

    def _direct(self, plans: list[Plan], base: Outcomes, other: Outcomes, mine: Int, yours: Int) -> Any:
        direct = np.zeros(len(mine), bool)
        for life, rows, plan in ((base, mine, plans[0]), (other, yours, plans[1])):
            places = [k for k, name in enumerate(plan.intervention_names) if name in self.changed["interventions"]]
            direct |= (life.deliveries[rows][:, places] > 0).any(axis=1)
            if self.changed["selling"]:
                direct |= life.pushes[rows] > 0
            segments = [s for s, name in enumerate(plan.frame.segments) if name in self.changed["segments"]]
            direct |= np.isin(life.segment[rows], segments)
        return direct

    def _of_book(self, base: Outcomes, other: Outcomes, mine: Int, yours: Int, direct: Any) -> Any:
        """Differences and origin of each row of the book, in the order of their keys."""
        size = len(self.keys)
        place = np.minimum(np.searchsorted(self.keys, base.key[mine]), max(size - 1, 0))
        if not size:
            nothing = np.zeros(0, np.int64)
            return (nothing,) * 3, (nothing,) * 3
        known = self.keys[place] == base.key[mine]
        place, mine, yours, direct = place[known], mine[known], yours[known], direct[known]
        values = (other.arr[yours] - base.arr[mine], other.present[yours] - base.present[mine], direct.astype(np.int64))
        origin = (base.segment[mine], base.course[mine], base.stage[mine])
        return tuple(_spread(one, place, size) for one in values), tuple(_spread(one, place, size) for one in origin)

    def people(self, found: list[_Matched]) -> pd.DataFrame:
        """Mean effects on the members of today, under their pseudonyms."""
        arr, members, treated = (np.mean([one.book[k] for one in found], axis=0) for k in range(3))
        segment = found[0].origin[0]
        course, stage = (np.stack([one.origin[k] for one in found]) for k in (1, 2))
        names = list(self.scenarios[0].segments)
        table = pd.DataFrame(
            {
                "segment": [names[place] for place in segment],
                "course": [COURSES[one] for one in _usual(course, len(COURSES))],
                "stage": [STAGES[one] for one in _usual(stage, len(STAGES))],
                "arr": arr / 100.0,
                "members": members,
                "treated": treated,
            },
            index=pd.Index(pseudonyms(self.keys.tolist()), name="member"),
        )
        return table.sort_values("arr", ascending=False, kind="stable")


def _values(life: Outcomes, rows: Int) -> Int:
    """Outcomes of some members, in the order of `OUTCOMES`: whole cents, whole seconds."""
    waited = np.rint(life.waited[rows] * 86_400).astype(np.int64)
    columns = (life.present, life.arr, life.revenue, life.expansion, life.reached, life.escalations)
    return np.stack([*(one[rows] for one in columns), waited], axis=1)


def _spread(values: Int, place: Int, size: int) -> Int:
    whole = np.zeros(size, np.int64)
    whole[place] = values
    return whole


def _usual(codes: Int, size: int) -> Int:
    """Most frequent code of each member over the futures; what a book does not say is drawn in each."""
    counts = np.stack([(codes == code).sum(axis=0) for code in range(size)])
    usual: Int = counts.argmax(axis=0)
    return usual


def _each(total: Float, number: Float, groups: Int) -> tuple[float, float, float]:
    """Mean difference for each member: a ratio of sums over the futures, with its linearised 95% interval."""
    if number.sum() <= 0:
        return float("nan"), float("nan"), float("nan")
    value = float(total.sum() / number.sum())
    residual = (total - value * number) / number.mean()
    mean, low, high, _ = (float(one[0]) for one in means(residual[:, None], groups))
    return value, value + low - mean, value + high - mean

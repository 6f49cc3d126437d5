"""The worklist: for which members an intervention gains most for an hour of its team, as far as the model knows."""

from __future__ import annotations

import datetime as dt
from collections.abc import Hashable, Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Literal

import numpy as np
import numpy.typing as npt
import pandas as pd

from simulation.engine.crew import Crew
from simulation.engine.replicate import make_engine, plan_at, points_of
from simulation.evidence.variants import without_intervention
from simulation.experiment.outcomes import COURSES, Outcomes, outcomes_of
from simulation.forecast.statistics import Float, means
from simulation.model.state import STAGES
from simulation.progress import Interrupted, Progress
from simulation.shown import Shown

if TYPE_CHECKING:
    from simulation.scenario import Scenario
    from simulation.scenario.book import Book

__all__ = ["GAINS", "LABEL", "Worklist", "worklist"]

Int = npt.NDArray[np.int64]
Gain = Literal["revenue", "arr"]
GAINS: tuple[Gain, ...] = ("revenue", "arr")
LABEL = "model-based until a pilot confirms it"
WHOLE = ""
"""The plan with every intervention, among those without one."""
SELDOM = 0.1
"""Who gets an intervention in a smaller share of the futures is not on its list."""
MEASURES = ("revenue", "arr", "present", "reached", "expansion")


@dataclass(frozen=True, eq=False)
class Worklist(Shown):
    """Members by what an intervention gains for an hour.

    Attributes
    ----------
    table
        One row a member and intervention, the best first: intervention, rank (within it), member_id (the
        organisation's own), segment, stage and course (the usual ones at the start), renews_on, arr (now), chance (of
        getting it in the plan), hours (of the team, expected), expected (gain, shrunk to that of like members; what is
        ranked), per_hour (expected over hours; NaN without a team), gain with low and high (mean and paired 95%
        interval of this member alone), stays (points of the chance to be a member at the end), milestones, expansion,
        reason (words), holdout (whether to be left alone, at random), basis (`LABEL`).
    summary
        Index intervention: members listed, hours, expected gain, per_hour, low and high (paired 95% interval of the
        gain of all listed).
    gain
        What counts: "revenue" over the horizon, or "arr" at its end; currency units.
    futures
        How many, with and without.
    seed
        Of futures and holdout.
    """

    table: pd.DataFrame
    summary: pd.DataFrame
    gain: Gain
    futures: int
    seed: int
    currency: str
    until: dt.date


def worklist(
    scenario: Scenario,
    book: Book,
    *,
    interventions: Sequence[str] | None = None,
    gain: Gain = "revenue",
    holdout: float = 0.1,
    replications: int = 100,
    seed: int = 1,
    engine: str = "compiled",
    workers: int | None = None,
    progress: Progress | None = None,
) -> Worklist:
    """Rank the members of a book by the expected gain of each intervention per hour of its team.

    Parameters
    ----------
    scenario, book
        The plan and today's members.
    interventions
        Which; all by default.
    gain
        Recurring revenue over the horizon, or ARR at its end.
    holdout
        Share of the listed members that are marked to be left alone, drawn at random among neighbours in rank, so
        that what the list promises can be tested; 0 for none.
    replications, seed, engine, workers, progress
        As in `simulation.run`; more replications give narrower intervals.

    Raises
    ------
    ValueError
        For an unknown intervention, or one that cannot be taken out; a share that is none; a book without members.
    Interrupted
        On Ctrl-C: nothing is kept.

    Notes
    -----
    The gain of a member is the difference between its life with the whole plan and its life in the plan without the
    intervention, in the same future with the same luck, so it includes what a team does with the hours that are freed.
    Of a single member the mean of such differences is uncertain, and the largest of many uncertain means is too large;
    they are shrunk to the mean of members of the same segment, stage and course by their own variance over the sum of
    it and the variance between members (empirical Bayes; Efron & Morris 1973). Not risk is ranked: a member who leaves
    anyway gains nothing.
    """
    names = list(scenario.interventions) if interventions is None else list(interventions)
    others = {name: without_intervention(scenario, name) for name in names}
    if not 0 <= holdout < 1:
        raise ValueError(f"the holdout is a share from 0 to below 1, not {holdout}")
    if gain not in GAINS:
        raise ValueError(f"gain must be one of {', '.join(GAINS)}, not {gain!r}")
    if not len(book) or not names:
        raise ValueError("there is nobody to list: no member in the book, or no intervention in the scenario")
    lives = _Lives(
        scenario,
        others,
        book,
        seed,
        engine,
        _hours_each(scenario, book, names, replications, seed, workers),
    )
    points = points_of(scenario, range(replications))
    found: dict[int, _Future] = {}

    def done(part: dict[int, _Future]) -> None:
        found.update(part)
        if progress is not None:
            progress(len(found), replications)

    try:
        lives.share_out(points.items(), done, workers=workers)
    except KeyboardInterrupt:
        raise Interrupted from None
    futures = [found[number] for number in range(replications)]
    groups = np.arange(replications, dtype=np.int64) // (2 if scenario.assumptions else 1)
    tables, rows = [], []
    for place, name in enumerate(names):
        table, row = _listed(name, place, futures, groups, scenario, book, gain)
        tables.append(table)
        rows.append(row)
    table = pd.concat(tables, ignore_index=True)
    table["holdout"] = _held_out(table, holdout, seed)
    table["basis"] = LABEL
    columns = ["intervention", "members", "hours", "expected", "per_hour", "low", "high"]
    summary = pd.DataFrame(rows, columns=columns).set_index("intervention")
    return Worklist(table, summary, gain, replications, seed, scenario.currency, scenario.end)


@dataclass(frozen=True, eq=False)
class _Future:
    """One future of every member of the book.

    Attributes
    ----------
    gaps
        int64[interventions, members, MEASURES]: with less without.
    hours
        float64[interventions, members].
    deliveries
        int64[interventions, members].
    course, stage
        int64[members], at the start.
    """

    gaps: Int
    hours: Float
    deliveries: Int
    course: Int
    stage: Int


class _Lives(Crew[tuple[int, list[int]], "dict[int, _Future]"]):
    """Runs the futures with every intervention, and without each."""

    def __init__(
        self,
        scenario: Scenario,
        others: dict[str, Scenario],
        book: Book,
        seed: int,
        engine: str,
        hours: Mapping[str, float],
    ) -> None:
        super().__init__()
        self.scenarios, self.book, self.seed, self.engine = {WHOLE: scenario, **others}, book, seed, engine
        self.hours = hours

    def work(self, item: tuple[int, list[int]]) -> dict[int, _Future]:
        """Run the replications of one assumption point."""
        point, replications = item
        if self.stop.is_set():
            return {}
        plans = {name: plan_at(one, self.book, self.seed, point) for name, one in self.scenarios.items()}
        engines = getattr(self.mine, "engines", None)
        if engines is None:
            engines = self.mine.engines = {name: make_engine(self.engine, one, log=True) for name, one in plans.items()}
        else:
            for name, one in plans.items():
                engines[name].load(one)
        plan = plans[WHOLE]
        found = {}
        for number in replications:
            life = outcomes_of(engines[WHOLE].run(self.seed, number), plan)
            rows = _rows(life, self.book)
            mine = _measured(life, rows)
            gaps, hours, deliveries = [], [], []
            for name in self.hours:
                other = outcomes_of(engines[name].run(self.seed, number), plans[name])
                gaps.append(mine - _measured(other, _rows(other, self.book)))
                place = plan.intervention_names.index(name)
                deliveries.append(life.deliveries[rows, place])
                hours.append(self.hours[name] * deliveries[-1])
            found[number] = _Future(
                np.array(gaps), np.array(hours), np.array(deliveries), life.course[rows], life.stage[rows]
            )
        return found


def _hours_each(
    scenario: Scenario, book: Book, names: Sequence[str], replications: int, seed: int, workers: int | None
) -> dict[str, float]:
    """Team hours of a delivery of each intervention, on average over the futures."""
    from simulation.runs import run

    forecast = run(scenario, book=book, replications=replications, seed=seed, workers=workers)
    found = {}
    for name in names:
        hours, delivered = (
            float(forecast.measure(measure, intervention=name).sum()) for measure in ("work_hours", "delivered")
        )
        found[name] = hours / delivered if delivered else 0.0
    return found


def _rows(life: Outcomes, book: Book) -> Int:
    """Place of every member of the book among those of a life."""
    order = np.argsort(life.key)
    rows: Int = order[np.searchsorted(life.key[order], book.key)]
    return rows


def _measured(life: Outcomes, rows: Int) -> Int:
    return np.stack([getattr(life, name)[rows] for name in MEASURES], axis=1).astype(np.int64)


def _listed(
    name: str, place: int, futures: list[_Future], groups: Int, scenario: Scenario, book: Book, gain: Gain
) -> tuple[pd.DataFrame, tuple[object, ...]]:
    """Rows of one intervention, the best first, and its summary."""
    gaps = np.stack([one.gaps[place] for one in futures]).astype(np.float64)  # [futures, members, MEASURES]
    gaps[..., [MEASURES.index(one) for one in ("revenue", "arr", "expansion")]] /= 100
    hours = np.stack([one.hours[place] for one in futures])
    chance = np.stack([one.deliveries[place] > 0 for one in futures]).mean(axis=0)
    due = np.flatnonzero(chance >= SELDOM)
    values = gaps[..., MEASURES.index(gain)]
    mean, low, high, _ = means(values, groups)
    course, stage = (_usual(np.stack([getattr(one, what) for one in futures])) for what in ("course", "stage"))
    cohort = (book.segment.astype(np.int64) * 10 + stage) * 10 + course
    expected = np.full(len(book), np.nan)
    for each in np.unique(cohort[due]):
        own = due[cohort[due] == each]
        expected[own] = _shrunk(mean[own], ((high - low)[own] / (2 * 1.959964)) ** 2)
    spent = hours.mean(axis=0)
    with np.errstate(divide="ignore", invalid="ignore"):
        per_hour = np.where(spent > 0, expected / np.where(spent > 0, spent, 1), np.nan)
    team = scenario.interventions[name].team
    order = due[np.argsort(-(expected if team is None else per_hour)[due], kind="stable")]
    segments = list(scenario.segments)
    renews = [scenario.start + dt.timedelta(days=int(np.floor(book.renews_on[one]))) for one in order]
    average = gaps.mean(axis=0)[order]
    table = pd.DataFrame({
        "intervention": name,
        "rank": np.arange(1, len(order) + 1),
        "member_id": [book.member_id[one] for one in order],
        "segment": [segments[book.segment[one]] for one in order],
        "stage": [STAGES[stage[one]] for one in order],
        "course": [COURSES[course[one]] for one in order],
        "renews_on": renews,
        "arr": book.arr[order] / 100,
        "chance": chance[order],
        "hours": spent[order],
        "expected": expected[order],
        "per_hour": per_hour[order] if team is not None else np.nan,
        "gain": mean[order],
        "low": low[order],
        "high": high[order],
        "stays": average[:, MEASURES.index("present")],
        "milestones": average[:, MEASURES.index("reached")],
        "expansion": average[:, MEASURES.index("expansion")],
    })  # fmt: skip
    table["reason"] = [_reason(row, scenario.currency) for row in table.to_dict("records")]
    total, least, most, _ = (float(one[0]) for one in means(values[:, order].sum(axis=1)[:, None], groups))
    spent_all = float(spent[order].sum())
    rate = total / spent_all if team is not None and spent_all > 0 else float("nan")
    return table, (name, len(order), spent_all, total, rate, least, most)


def _shrunk(mean: Float, variance: Float) -> Float:
    """Empirical-Bayes means of like members."""
    between = max(0.0, float(mean.var(ddof=1)) - float(variance.mean())) if len(mean) > 1 else 0.0
    centre = float(mean.mean())
    weight = np.where(between + variance > 0, between / np.where(between + variance > 0, between + variance, 1), 1.0)
    shrunk: Float = centre + weight * (mean - centre)
    return shrunk


def _usual(codes: Int) -> Int:
    """Most frequent code of each member over the futures."""
    counts = np.stack([(codes == code).sum(axis=0) for code in range(int(codes.max(initial=0)) + 1)])
    usual: Int = counts.argmax(axis=0)
    return usual


def _reason(row: Mapping[Hashable, Any], currency: str) -> str:
    """Why, in words: where the member stands, and what the intervention changes."""

    def at(name: str) -> float:
        return float(row[name])

    stage = {"complete": "journey complete"}.get(str(row["stage"]), f"in {row['stage']}")
    parts = []
    if abs(at("stays")) >= 0.005:
        parts.append(f"{at('stays'):+.0%} chance to stay")
    if abs(at("milestones")) >= 0.05:
        parts.append(f"{at('milestones'):+.1f} milestones")
    if abs(at("expansion")) >= 0.5:
        parts.append(f"{at('expansion'):+,.0f} {currency} expansion")
    what = ", ".join(parts) if parts else "hardly any change"
    return f"{row['course']}, {stage}, renews on {row['renews_on']}; with it {what}"


def _held_out(table: pd.DataFrame, share: float, seed: int) -> list[bool]:
    """Members to be left alone: one at random of every so many neighbours in rank, the same in every list."""
    if not share or table.empty:
        return [False] * len(table)
    best = table.groupby("member_id", sort=False)["rank"].min().sort_values(kind="stable")
    rng = np.random.default_rng((seed, 0x401D))
    ids, held = list(best.index), set()
    size = max(1, round(1 / share))
    for first in range(0, len(ids), size):
        block = ids[first : first + size]
        chosen = int(rng.integers(size))  # a last, shorter block has the same chance for each of its members
        if chosen < len(block):
            held.add(block[chosen])
    return [one in held for one in table["member_id"]]

"""How much of a gain rests on own data, on published figures and on priors."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from itertools import combinations
from math import comb
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd

from simulation.experiment.compare import books_of, only
from simulation.experiment.comparison import BASE, Comparison
from simulation.experiment.deciding import deciding, luck_of_difference
from simulation.experiment.pairs import Difference
from simulation.forecast.statistics import means
from simulation.progress import Progress
from simulation.runs import Engine, run
from simulation.scenario.assumptions import replaced, value_at
from simulation.scenario.provenance import FIELDS

if TYPE_CHECKING:
    from simulation.experiment.store import Store
    from simulation.scenario import Scenario

__all__ = ["CLASSES", "Borrowed", "borrowed", "effect_numbers", "neutral"]

CLASSES = ("prior", "published", "own")
"""Kinds of evidence of an effect. What states none counts as a prior."""
NONE: frozenset[str] = frozenset()
REST = "everything else"
"""What is left: costs, prices, hours, and more or less of what the base does too."""
NOTHING: dict[str, Any] = {
    "turn_toward": "0%", "magnitude": 1, "advance": "0 months", "shorten": "0%",
    "demonstrate_value": "0%", "resolve_setback": "0%", "renewal_lift": 0, "take_lift": 0,
}  # fmt: skip
"""What an effect of each kind is when it does nothing."""


@dataclass(frozen=True)
class Borrowed:
    """What a gain rests on.

    Attributes
    ----------
    gain
        The difference as it is.
    without_priors
        The difference with every effect that rests on a prior set to nothing; the same as `gain` when there is none.
    parts
        Index evidence, with "everything else" last; numbers (of the scenario, that carry the difference),
        mean, low, high (paired 95% interval of the part; the means add up to the gain exactly), share (of the mean
        gain, NaN where the gain is not clearly different from zero), first and last (what is lost when that class
        is taken away first or last; apart where effects work together or replace each other), and better (probability
        of being better without that class alone; NaN for everything else, or without a better side).
    variance
        Share of the variance of the difference by evidence of the assumptions, with "luck" and "not attributed" (what
        goes with no single assumption); empty without assumptions.
    inseparable
        Paths of effects that are drawn jointly with others, and were left as they are.
    """

    gain: Difference
    without_priors: Difference
    parts: pd.DataFrame
    variance: pd.Series[float]
    inseparable: tuple[str, ...]

    @property
    def futures(self) -> int:
        """Futures behind it."""
        return self.gain.futures


@dataclass(frozen=True)
class EffectNumber:
    """A number that makes an alternative different.

    Attributes
    ----------
    path
        Where it stands.
    evidence
        One of `CLASSES`.
    nothing
        What stands there when the difference is taken away: what the base has, or an effect of nothing.
    assumption
        What the base assumes about it; None for nothing.
    """

    path: str
    evidence: str
    nothing: Any
    assumption: Any


def borrowed(
    comparison: Comparison,
    plans: Mapping[str, Scenario],
    alternative: str,
    *,
    measure: str = "contribution",
    replications: int | None = None,
    engine: Engine = "compiled",
    workers: int | None = None,
    quarantine: bool = False,
    progress: Progress | None = None,
    store: Store | None = None,
) -> Borrowed:
    """Decompose the difference of a measure by the evidence of the effects that make it.

    Parameters
    ----------
    comparison
        The finished comparison.
    plans
        Its scenarios, by the same names.
    alternative, measure
        Which difference.
    replications
        Use the first so many futures only; None uses all.
    engine, workers, quarantine, progress, store
        As in `simulation.run`.

    Raises
    ------
    ScenarioError
        When a scenario without some of its effects is impossible.
    Interrupted
        On Ctrl-C.

    Notes
    -----
    The alternative is run again, on the same futures, without the effects of each class, of each two and of all
    (priors, published, own). An effect is taken away by setting its number to what the base has there, or to what
    does nothing (a turn of 0%, a factor of 1, 0 logit points). What rests on a class is what is lost by taking it
    away, as a mean over all orders of taking the classes away: its Shapley value (Shapley 1953, "A value for n-person
    games"), so that effects that work together, or replace each other, are shared out evenly. What is left in the end
    comes from costs, prices, hours, and from doing more or less of what the base does too. The numbers that both
    scenarios share (renewal, arrivals, journey) are not taken away: they are the world in which the gain is made.
    The variance is split by squared correlations of the difference with each assumption, less what chance alone
    gives, and by the split into luck and what is not known.
    """
    count = comparison.replications if replications is None else min(replications, comparison.replications)
    numbers = sorted(comparison.base.result.replications)[:count]
    forecasts = {name: only(comparison.forecasts[name], set(numbers)) for name in (BASE, alternative)}
    found, inseparable = effect_numbers(plans[BASE], plans[alternative])
    there = [evidence for evidence in CLASSES if any(one.evidence == evidence for one in found)]
    sets = [frozenset(taken) for size in range(1, len(there) + 1) for taken in combinations(there, size)]
    without = {NONE: Comparison(forecasts)}

    def watch(done: int, total: int) -> None:
        if progress is not None:
            progress((len(without) - 1) * count + done, len(sets) * count)

    for taken in sets:
        plan = neutral(plans[alternative], [one for one in found if one.evidence in taken])
        forecast = run(
            plan,
            replications=numbers,
            seed=comparison.base.seed,
            engine=engine,
            workers=workers,
            progress=watch,
            book=books_of({alternative: plan}, quarantine=quarantine)[alternative],
            store=store,
        )
        without[taken] = Comparison({BASE: forecasts[BASE], alternative: forecast})
    return Borrowed(
        without[NONE].describe(measure, alternative),
        without.get(frozenset({"prior"}), without[NONE]).describe(measure, alternative),
        _parts(without, alternative, measure, found),
        _variance(without[NONE], alternative, measure),
        inseparable,
    )


def effect_numbers(base: Scenario, alternative: Scenario) -> tuple[list[EffectNumber], tuple[str, ...]]:
    """Numbers by which an alternative works otherwise than the base, and those that cannot be taken away alone.

    They are the sizes of effects of interventions, take and turn of a quota, and numbers of segments.
    """
    mine, yours = base.resolved(), alternative.resolved()
    assumed, before = yours.get("assumptions", {}), mine.get("assumptions", {})
    joint = {path for one in alternative.assumptions.values() if one.joint is not None for path in one.joint.paths}
    found: list[EffectNumber] = []
    inseparable: list[str] = []
    for path, nothing in [*_effects(yours), *_quota(yours), *_of_segments(yours)]:
        steps = path.split(".")
        here, there = value_at(yours, steps), value_at(mine, steps)
        if not _same_effect(mine, yours, steps):
            there = None
        if _plain(here) == _plain(there) and _plain(assumed.get(path)) == _plain(before.get(path)):
            continue
        if there is None and nothing is None:
            continue  # a new part of a segment: there is nothing to put in its place
        if path in joint:
            inseparable.append(path)
            continue
        stated = assumed[path].get("evidence") if path in assumed else None
        if stated is None and isinstance(here, Mapping):
            stated = here.get("evidence")
        evidence = stated if stated in CLASSES else "prior"
        found.append(
            EffectNumber(
                path, evidence, nothing if there is None else there, None if there is None else before.get(path)
            )
        )
    return found, tuple(inseparable)


def neutral(alternative: Scenario, numbers: list[EffectNumber]) -> Scenario:
    """Return an alternative without some of the numbers by which it works otherwise."""
    from simulation.scenario.files import from_mapping

    tree = alternative.resolved()
    assumptions = dict(tree.get("assumptions", {}))
    for one in numbers:
        tree = replaced(tree, one.path.split("."), one.nothing)
        assumptions.pop(one.path, None)
        for path in [path for path in assumptions if path.startswith(f"{one.path}.")]:
            del assumptions[path]  # about a parameter of a distribution that is gone
        if one.assumption is not None:
            assumptions[one.path] = one.assumption
    return from_mapping({**tree, "assumptions": assumptions}, folder=alternative.root, allow_outside=True)


def _effects(tree: Mapping[str, Any]) -> Iterator[tuple[str, Any]]:
    """Path of the size of every effect, and its value when it does nothing."""
    for name, intervention in tree.get("interventions", {}).items():
        for place, effect in enumerate(intervention.get("effects") or ()):
            ((kind, value),) = effect.items()
            path = f"interventions.{name}.effects.{place}.{kind}"
            if kind == "shorten":
                yield from ((f"{path}.{milestone}", NOTHING[kind]) for milestone in value)
            elif kind == "magnitude":
                yield f"{path}.factor", NOTHING[kind]
            elif isinstance(value, Mapping) and "points" in value:
                yield f"{path}.points", NOTHING[kind]
            else:
                yield path, NOTHING[kind]


def _quota(tree: Mapping[str, Any]) -> Iterator[tuple[str, Any]]:
    selling = tree.get("selling")
    if isinstance(selling, Mapping) and "quota" in selling:
        yield from (("selling.quota.take", "0%"), ("selling.quota.turn", "0 deg"))


def _of_segments(tree: Mapping[str, Any]) -> Iterator[tuple[str, Any]]:
    """Path of every number of the segments; None: only what the base has can stand in its place."""

    def walk(node: Any, path: str) -> Iterator[tuple[str, Any]]:
        if isinstance(node, Mapping) and not ("value" in node and set(node) <= {"value", *FIELDS}):
            for key, child in node.items():
                yield from walk(child, f"{path}.{key}")
        elif not isinstance(node, bool | None):
            yield path, None

    for name, segment in tree.get("segments", {}).items():
        yield from walk(segment, f"segments.{name}")


def _same_effect(mine: Mapping[str, Any], yours: Mapping[str, Any], steps: list[str]) -> bool:
    """Whether the base has an effect of the same kind, on the same milestone, in the same place."""
    return steps[0] != "interventions" or (value_at(mine, steps[:5]) is not None)


def _plain(value: Any) -> Any:
    """A number without where it comes from."""
    if isinstance(value, Mapping):
        rest = {key: _plain(one) for key, one in value.items() if key not in FIELDS}
        return rest["value"] if set(rest) == {"value"} else rest
    return value


def _parts(
    without: Mapping[frozenset[str], Comparison], alternative: str, measure: str, found: list[EffectNumber]
) -> pd.DataFrame:
    """Share a gain out, from the differences without each set of classes."""
    gaps = {key: one.difference(measure, alternative).to_numpy().astype(np.float64) for key, one in without.items()}
    whole, groups = without[NONE].describe(measure, alternative), without[NONE].groups
    there = max(without, key=len)
    rows = []
    for evidence in (*CLASSES, REST):
        numbers = sum(one.evidence == evidence for one in found)
        first = last = 0.0
        better = float("nan")
        if evidence == REST:
            part, first, last = gaps[there], float("nan"), float("nan")
        elif evidence not in there:
            part, better = np.zeros_like(gaps[NONE]), whole.better.value
        else:
            others = [key for key in gaps if evidence not in key]
            lost = {key: gaps[key] - gaps[key | {evidence}] for key in others}
            weight = {key: 1 / (len(there) * comb(len(there) - 1, len(key))) for key in others}
            part = np.sum([weight[key] * lost[key] for key in others], axis=0)
            first, last = (float(means(lost[key][:, None], groups)[0][0]) for key in (NONE, there - {evidence}))
            better = without[frozenset({evidence})].describe(measure, alternative).better.value
        mean, low, high, _ = (float(one[0]) for one in means(part[:, None], groups))
        share = mean / whole.mean if whole.settled else float("nan")
        rows.append((evidence, numbers, mean, low, high, share, first, last, better))
    columns = ["evidence", "numbers", "mean", "low", "high", "share", "first", "last", "better"]
    return pd.DataFrame(rows, columns=columns).set_index("evidence")


def _variance(comparison: Comparison, alternative: str, measure: str) -> pd.Series[float]:
    """Shares of the variance of a difference, adding up to 1."""
    spread = luck_of_difference(comparison, alternative, measure)
    table = deciding(comparison, alternative, measure)
    if table.empty or not np.isfinite(spread.luck_share):
        return pd.Series(dtype=float)
    points = len(np.unique(comparison.base.points))
    # A correlation of nothing still has a square of about 1 / points.
    explained = ((table["share"] * (points - 1) - 1) / (points - 2)).clip(lower=0.0).fillna(0.0)
    kinds = table["evidence"].where(table["evidence"].isin(CLASSES), "prior")
    by = explained.groupby(kinds).sum()
    known = spread.ignorance_share
    total = max(1.0, float(by.sum()))
    shares = {evidence: float(by.get(evidence, 0.0)) / total * known for evidence in CLASSES}
    shares["not attributed"] = max(0.0, known - sum(shares.values()))
    shares["luck"] = spread.luck_share
    return pd.Series(shares, dtype=float)

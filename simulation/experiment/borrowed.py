"""How much of a gain rests on own data, on published figures and on priors."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
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
"""Evidence in the order in which its effects are taken away. What states none counts as a prior."""
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
        mean, low, high (paired 95% interval of the part; the means add up to the gain exactly), and share (of the mean
        gain, NaN where the gain is not clearly different from zero).
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
    The alternative is run again, on the same futures, with its effects taken away class by class: first those that
    rest on priors, then published ones, then own. An effect is taken away by setting its number to what the base has
    there, or to what does nothing (a turn of 0%, a factor of 1, 0 logit points). What each step loses is what rests
    on that class; what is left in the end comes from costs, prices, hours, and from doing more or less of what the
    base does too. Effects that work together are counted where they are taken away first, so the share of priors is,
    if anything, too large. The numbers that both scenarios share (renewal, arrivals, journey) are not taken away: they
    are the world in which the gain is made.
    The variance is split by squared correlations of the difference with each assumption, less what chance alone
    gives, and by the split into luck and what is not known.
    """
    count = comparison.replications if replications is None else min(replications, comparison.replications)
    numbers = sorted(comparison.base.result.replications)[:count]
    forecasts = {name: only(comparison.forecasts[name], set(numbers)) for name in (BASE, alternative)}
    found, inseparable = effect_numbers(plans[BASE], plans[alternative])
    steps: list[Comparison] = [Comparison(forecasts)]
    for place, evidence in enumerate(CLASSES):
        chosen = [one for one in found if one.evidence in CLASSES[: place + 1]]
        if not any(one.evidence == evidence for one in chosen):
            steps.append(steps[-1])
            continue
        plan = neutral(plans[alternative], chosen)
        forecast = run(
            plan,
            replications=numbers,
            seed=comparison.base.seed,
            engine=engine,
            workers=workers,
            progress=progress,
            book=books_of({alternative: plan}, quarantine=quarantine)[alternative],
            store=store,
        )
        steps.append(Comparison({BASE: forecasts[BASE], alternative: forecast}))
    return Borrowed(
        steps[0].describe(measure, alternative),
        steps[1].describe(measure, alternative),
        _parts(steps, alternative, measure, found),
        _variance(steps[0], alternative, measure),
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


def _parts(steps: list[Comparison], alternative: str, measure: str, found: list[EffectNumber]) -> pd.DataFrame:
    gaps = [one.difference(measure, alternative).to_numpy().astype(np.float64) for one in steps]
    whole = steps[0].describe(measure, alternative)
    rows = []
    for place, evidence in enumerate([*CLASSES, REST]):
        part = gaps[place] - gaps[place + 1] if evidence != REST else gaps[place]
        mean, low, high, _ = (float(one[0]) for one in means(part[:, None], steps[0].groups))
        numbers = sum(one.evidence == evidence for one in found)
        share = mean / whole.mean if whole.settled else float("nan")
        rows.append((evidence, numbers, mean, low, high, share))
    columns = ["evidence", "numbers", "mean", "low", "high", "share"]
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

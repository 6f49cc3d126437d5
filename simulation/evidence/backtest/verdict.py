"""The verdict of a backtest in plain words: per assumption, and on the whole."""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np
import pandas as pd

from simulation.evidence.backtest.casts import BASELINES, MODEL, Backtest, Cast, table_of
from simulation.evidence.backtest.observed import MEASURES

__all__ = ["CLOSE", "HOLDS", "Verdict", "overall", "rivals", "verdicts", "verdicts_of_parts"]

HOLDS = {"yes": "holds", "narrow": "bands too narrow", "behind": "a baseline is closer", "open": "open"}
"""Words for `Verdict.holds`."""
FEW = 4
"""Fewer values settle nothing."""
MANY, FAR = 8, 0.2
"""A baseline that is better on fewer independent values is no verdict yet, unless on `FEW` and by this share."""
CLOSE = 0.02
"""A CRPS within this share of the best baseline's is as good."""
NARROW, DOUBTFUL = 0.02, 0.1
"""Below these chances of so few hits, a band is called too narrow, or is not settled."""


@dataclass(frozen=True)
class Verdict:
    """What a backtest says of a measure.

    Attributes
    ----------
    measure, assumption
        What was scored, and what of the scenario it rests on.
    holds
        "yes": the bands cover and no baseline is better; "narrow": the bands hold less than they promise; "behind": a
        baseline was closer; or "open": too few values to say.
    words
        The verdict in a sentence or two.
    best
        The best baseline; empty: none could be made.
    skill
        1 - CRPS / CRPS of the best baseline; NaN without one.
    values, inside
        Number of values, and how many were in the 80% band.
    independent
        How many independent values they are worth, about.
    cause, segment
        The cause of leaving, or the segment, that alone is judged; empty: all.
    """

    measure: str
    assumption: str
    holds: str
    words: str
    best: str
    skill: float
    values: int
    inside: int
    independent: int
    cause: str = ""
    segment: str = ""


def verdicts(found: Backtest) -> list[Verdict]:
    """A verdict of every measure that the model was scored on."""
    table = found.table()
    if table.empty:
        return []
    return [
        _of(table[table["measure"] == measure], measure)
        for measure in found.measures
        if _happened(table[(table["measure"] == measure) & (table["method"] == MODEL)])
    ]


def verdicts_of_parts(found: Backtest) -> list[Verdict]:
    """A verdict of every cause of leaving, and of every segment's measures."""
    parts: dict[tuple[str, str, str], list[Cast]] = {}
    for cast in (*found.by_cause, *found.by_segment):
        parts.setdefault((cast.cause, cast.segment, cast.measure), []).append(cast)
    judged = []
    for (cause, segment, measure), casts in parts.items():
        table = table_of(casts)
        if _happened(table[table["method"] == MODEL]):
            whole = _of(table, measure)
            about = f"leaving: {cause}" if cause else f"{segment}: {whole.assumption}"
            judged.append(replace(whole, assumption=about, cause=cause, segment=segment))
    return judged


def _happened(own: pd.DataFrame) -> bool:
    """Whether the model was scored, on more than that nothing was expected and nothing came."""
    return len(own) > 0 and bool((own["actual"] != 0).any() or (own["mean"] != 0).any())


def rivals(table: pd.DataFrame) -> dict[str, tuple[float, float]]:
    """Mean CRPS of each baseline and of the model on the same forecasts, of one measure."""
    model = table[table["method"] == MODEL].set_index(["origin", "step"])["crps"]
    pairs: dict[str, tuple[float, float]] = {}
    for name in BASELINES:
        own = table[table["method"] == name].set_index(["origin", "step"])["crps"]
        if len(own):
            pairs[name] = float(own.mean()), float(model.loc[own.index].mean())
    return pairs


def _of(table: pd.DataFrame, measure: str) -> Verdict:
    watched = MEASURES[measure]
    own = table[table["method"] == MODEL]
    values, inside = len(own), int(own["inside_80%"].sum())
    wide = int(own["inside_95%"].sum())
    pairs = rivals(table)
    # A rival that could be made for a few forecasts only is judged on these.
    best = min(pairs, key=lambda name: pairs[name][0] / max(pairs[name][1], 1e-12)) if pairs else ""
    skill = float("nan")
    if best:
        theirs, ours = pairs[best]
        skill = 1 - ours / theirs if theirs > 0 else (0.0 if ours == 0 else -np.inf)
    behind = bool(best) and skill < -CLOSE
    worth = _independent(own, watched.nature == "stock")
    worse = behind and (worth >= MANY or (worth >= FEW and skill < -FAR))
    chance = min(_chance_of_so_few(hits / values, worth, level) for hits, level in ((inside, 0.8), (wide, 0.95)))
    narrow, doubtful = chance < NARROW, chance < DOUBTFUL
    mean = float(own["actual"].mean())
    bias = float(own["bias"].mean())
    lean = "" if not mean else f" On average it was {abs(bias) / abs(mean):.0%} too {'high' if bias > 0 else 'low'}."
    cover = f"{inside} of {values} values fell into the 80% band, {wide} into the 95% band"
    if not best:
        against = "no baseline could be made"
    elif behind:
        by = f"was better by {-skill:.0%}" if np.isfinite(skill) else "said it exactly"
        against = f"{BASELINES[best]} {by}"
    elif skill > CLOSE:
        against = f"it was better than every baseline, by {skill:.0%} than the next ({BASELINES[best]})"
    else:
        against = f"it was as good as the best baseline ({BASELINES[best]})"
    holds = "narrow" if narrow else "behind" if worse else "open" if doubtful or behind or values < FEW else "yes"
    alone = f"{worth} independent one{'s' if worth > 1 else ''}"
    apart = f" They hang together, and are worth about {alone}." if worth < values else ""
    why = (
        " The bands are too narrow." if narrow
        else " Fewer than promised, but too few values to tell that from chance." if doubtful
        else " Too few independent values to say more." if values < FEW or (behind and not worse)
        else ""
    )  # fmt: skip
    words = f"{cover}; {against}.{apart}{why}{lean}"
    return Verdict(measure, watched.assumption, holds, words, best, skill, values, inside, worth)


def _independent(own: pd.DataFrame, stock: bool) -> int:
    """How many independent values the forecasts of a measure are worth, about.

    A stock carries its error on from step to step, so a horizon is worth one value, and only once: horizons that
    overlap have the same luck in common. A flow is counted anew each step, so each step is worth one.
    """
    if not stock:
        return len(own["day"].unique())
    horizon = max((day - origin).days for day, origin in zip(own["day"], own["origin"], strict=True))
    span = (max(own["day"]) - min(own["origin"])).days
    whole: int = min(len(own["origin"].unique()), max(1, round(span / horizon)))
    return whole


def _chance_of_so_few(share: float, values: int, level: float) -> float:
    """Chance of such a share of hits, or a smaller one, in independent bands that hold what they promise."""
    from scipy.stats import binom

    return float(binom.cdf(round(share * values), values, level))


def overall(found: Backtest) -> str:
    """The verdict on the whole in a sentence."""
    every = verdicts(found)
    main = next((one for one in every if one.measure in ("arr", "members")), None)
    if main is None:
        return "Nothing could be scored."
    good = sum(one.holds == "yes" for one in every)
    lead = {
        "yes": "held, as far as this past shows",
        "narrow": "was too sure of itself",
        "behind": "was less close than a simple baseline",
        "open": "is neither confirmed nor refuted by this past",
    }[main.holds]
    what = "ARR" if main.measure == "arr" else "members"
    return (
        f"The forecast of {what} {lead}: {main.inside} of {main.values} values fell into the 80% band. "
        f"{good} of {len(every)} measures hold."
    )

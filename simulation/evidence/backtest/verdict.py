"""The verdict of a backtest in plain words: per assumption, and on the whole."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import pandas as pd

from simulation.evidence.backtest.observed import MEASURES
from simulation.evidence.backtest.trial import BASELINES, MODEL, Backtest

__all__ = ["CLOSE", "Verdict", "overall", "rivals", "verdicts"]

FEW = 4
"""Fewer values settle nothing."""
MANY, FAR = 8, 0.2
"""A baseline that is better on fewer values is no verdict yet, unless it is better by this share."""
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
        "yes": the bands cover and no baseline is better; "no"; or "open": too few values to say.
    words
        The verdict in a sentence or two.
    best
        The best baseline; empty: none could be made.
    skill
        1 - CRPS / CRPS of the best baseline; NaN without one.
    values, inside
        Number of values, and how many were in the 80% band.
    """

    measure: str
    assumption: str
    holds: str
    words: str
    best: str
    skill: float
    values: int
    inside: int


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
    worse = behind and (values >= MANY or skill < -FAR)
    chance = min(_chance_of_at_most(inside, values, 0.8), _chance_of_at_most(wide, values, 0.95))
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
    holds = "no" if narrow or worse else "open" if doubtful or behind or values < FEW else "yes"
    why = (
        " The bands are too narrow." if narrow
        else " Fewer than promised, but too few values to tell that from chance." if doubtful
        else " Too few values to say more." if values < FEW or (behind and not worse)
        else ""
    )  # fmt: skip
    return Verdict(measure, watched.assumption, holds, f"{cover}; {against}.{why}{lean}", best, skill, values, inside)


def _chance_of_at_most(hits: int, values: int, share: float) -> float:
    """Chance of so few hits in independent bands that hold what they promise.

    Horizons of one origin hang together, so this calls bands too narrow rather too often than too rarely.
    """
    from scipy.stats import binom

    return float(binom.cdf(hits, values, share))


def overall(found: Backtest) -> str:
    """The verdict on the whole in a sentence."""
    every = verdicts(found)
    main = next((one for one in every if one.measure in ("arr", "members")), None)
    if main is None:
        return "Nothing could be scored."
    good = sum(one.holds == "yes" for one in every)
    lead = {
        "yes": "can be trusted as far as this past shows",
        "no": "cannot be trusted as it stands",
        "open": "is not settled by this past",
    }[main.holds]
    what = "ARR" if main.measure == "arr" else "members"
    return f"The forecast of {what} {lead}: {main.words} Of {len(every)} measures {good} hold."

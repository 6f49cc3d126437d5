"""What a backtest found: every forecast beside what came, and the tables of their scores."""

from __future__ import annotations

import datetime as dt
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

import numpy as np
import numpy.typing as npt
import pandas as pd

from simulation.evidence.backtest.baselines.contracts import MODELS
from simulation.evidence.backtest.observed import MEASURES
from simulation.evidence.backtest.scores import LEVELS, Score
from simulation.shown import Shown

if TYPE_CHECKING:
    from matplotlib.axes import Axes

__all__ = ["BASELINES", "MODEL", "Backtest", "Cast", "table_of"]

Float = npt.NDArray[np.float64]
MODEL = "membersim"
BASELINES: dict[str, str] = {
    "last_value": "Last value",
    "seasonal_naive": "Seasonal naive",
    "ets": "Exponential smoothing (ETS)",
    **{name: model.title for name, model in MODELS.items()},
    "bgbb": "BG/BB",
}
"""Baselines by name, with their titles."""


@dataclass(frozen=True)
class Cast:
    """One forecast of one measure at one origin and horizon, and what came.

    Attributes
    ----------
    origin, day
        First day of the forecast, and the day up to which (or on which) it was measured.
    step
        Number of the step, from 1.
    method
        `MODEL` or a key of `BASELINES`.
    measure
        Key of `MEASURES`.
    score
        Against what came.
    cause, segment
        The cause of leaving, or the segment, that alone is counted; empty: all.
    """

    origin: dt.date
    day: dt.date
    step: int
    method: str
    measure: str
    score: Score
    cause: str = ""
    segment: str = ""


@dataclass(frozen=True)
class Backtest(Shown):
    """A finished backtest.

    Attributes
    ----------
    name, currency
        Of the scenario.
    fingerprint
        Of the history.
    origins, step, steps
        Days of the forecasts; months of a step; number of steps.
    casts
        Every score of the whole.
    notes
        By origin: what was fitted, and what could not be.
    missing
        Baseline -> measure -> why it gives nothing.
    past
        By measure: days and values of the whole history at steps, for pictures.
    by_cause, by_segment
        Scores of parts: leaving by cause, and the main measures by segment.
    warnings
        What was noticed when the history was read.
    """

    name: str
    currency: str
    fingerprint: str
    fitter: str
    origins: tuple[dt.date, ...]
    step: int
    steps: int
    casts: tuple[Cast, ...]
    notes: dict[dt.date, tuple[str, ...]]
    missing: dict[tuple[str, str], str] = field(default_factory=dict)
    past: dict[str, tuple[tuple[dt.date, ...], Float]] = field(default_factory=dict)
    interrupted: bool = False
    by_cause: tuple[Cast, ...] = ()
    by_segment: tuple[Cast, ...] = ()
    warnings: tuple[str, ...] = ()

    def causes(self) -> pd.DataFrame:
        """Leaving by cause: mean scores of the model and of its best baseline, on the same forecasts.

        Columns cause, values, came, mean, inside_80%, inside_95%, crps, best, best_crps.
        """
        return _parts(self.by_cause, ("cause",))

    def segments(self) -> pd.DataFrame:
        """Mean scores by segment, as `causes` has them; empty when there is one segment.

        Columns segment, measure, and from values on those of `causes`.
        """
        return _parts(self.by_segment, ("segment", "measure"))

    @property
    def measures(self) -> tuple[str, ...]:
        """Measures that were scored."""
        there = {cast.measure for cast in self.casts}
        return tuple(one for one in MEASURES if one in there)

    def table(self) -> pd.DataFrame:
        """Every score: a row a measure, origin, step and method."""
        return table_of(self.casts)

    def plot(self, measure: str | None = None, *, ax: Axes | None = None) -> Axes:
        """Draw what came, and each origin's forecast as a fan.

        Parameters
        ----------
        measure
            One of `measures`; by default the first.
        ax
            Where to draw; by default on a new figure.
        """
        return self._drawn(ax, measure=measure)

    def summary(self) -> pd.DataFrame:
        """Mean scores by measure and method over origins and steps, on the forecasts that all its rivals made.

        Columns n, crps, wis, bias, coverage of each level, and skill: 1 - CRPS / CRPS of the model.
        """
        table = self.table()
        rows = []
        for (measure, method), own in table.groupby(["measure", "method"], sort=False):
            model = table[(table["measure"] == measure) & (table["method"] == MODEL)]
            same = model.merge(own[["origin", "step"]], on=["origin", "step"])
            ours = float(same["crps"].mean()) if len(same) else np.nan
            row = {"measure": measure, "method": method, "n": len(own)}
            row |= {name: float(own[name].mean()) for name in ("crps", "wis", "bias", "actual")}
            row |= {f"inside_{level:.0%}": float(own[f"inside_{level:.0%}"].mean()) for level in LEVELS}
            row["model_crps"] = ours
            rows.append(row)
        return pd.DataFrame(rows)


def table_of(casts: Sequence[Cast]) -> pd.DataFrame:
    """Scores as a table: a row a cast."""
    rows = []
    for cast in casts:
        one = cast.score
        row = {
            "measure": cast.measure, "origin": cast.origin, "day": cast.day, "step": cast.step,
            "method": cast.method, "actual": one.actual, "mean": one.mean, "median": one.median,
            "crps": one.crps, "wis": one.wis, "bias": one.bias,
        }  # fmt: skip
        for level, low, high, inside in zip(LEVELS, one.low, one.high, one.inside, strict=True):
            row |= {f"low_{level:.0%}": low, f"high_{level:.0%}": high, f"inside_{level:.0%}": inside}
        rows.append({**row, "pit_low": one.pit_low, "pit_high": one.pit_high})
    return pd.DataFrame(rows)


def _parts(casts: Sequence[Cast], keys: tuple[str, ...]) -> pd.DataFrame:
    """Mean scores of the model and of its best baseline by some fields of the casts."""
    parts: dict[tuple[str, ...], list[Cast]] = {}
    for one in casts:
        parts.setdefault(tuple(getattr(one, key) for key in keys), []).append(one)
    rows = []
    for part, own in parts.items():
        ours = [one.score for one in own if one.method == MODEL]
        theirs: dict[str, list[float]] = {}
        for one in own:
            if one.method != MODEL:
                theirs.setdefault(one.method, []).append(one.score.crps)
        rivals = {name: float(np.mean(scores)) for name, scores in theirs.items() if len(scores) == len(ours)}
        best = min(rivals, key=lambda name: rivals[name]) if rivals else ""
        inside = np.array([one.inside for one in ours]).sum(axis=0)
        rows.append({
            **dict(zip(keys, part, strict=True)), "values": len(ours),
            "came": float(np.mean([one.actual for one in ours])), "mean": float(np.mean([one.mean for one in ours])),
            **{f"inside_{level:.0%}": int(hits) for level, hits in zip(LEVELS, inside, strict=True)},
            "crps": float(np.mean([one.crps for one in ours])), "best": best, "best_crps": rivals.get(best, np.nan),
        })  # fmt: skip
    return pd.DataFrame(rows)

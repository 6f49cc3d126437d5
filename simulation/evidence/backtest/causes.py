"""Leaving by cause: competing causes have hazards of their own, which add up to the hazard of leaving."""

from __future__ import annotations

import datetime as dt
from typing import TYPE_CHECKING

import numpy as np
import numpy.typing as npt

from simulation.evidence.backtest.rates import LEAST, QUARTER, carry_on
from simulation.evidence.backtest.spells import next_months
from simulation.evidence.history import CODE

if TYPE_CHECKING:
    from simulation.evidence.history import History

__all__ = ["causes_of", "left_by_cause", "split_by_cause"]

Float = npt.NDArray[np.float64]
MOST = 40
"""Quarters before the origin that are looked at."""


def causes_of(past: History) -> tuple[str, ...]:
    """Causes of leaving that are common enough to be forecast: on average `LEAST` a quarter; none when there is one."""
    rows = past.codes == CODE["left"]
    names = past.frame["name"].astype(object).fillna("").to_numpy()[rows]
    words, count = np.unique(names.astype(str), return_counts=True)
    assert past.begins is not None and past.last_day is not None
    quarters = max((past.last_day - past.begins).days / 91.3, 1.0)
    common = tuple(str(one) for one in words[count >= LEAST * quarters] if one)
    return common if len(common) > 1 else ()


def left_by_cause(history: History, days: list[dt.date], cause: str) -> Float:
    """How many left for a cause from each day to the next."""
    settled = history.settled()
    moments = np.array(days, "M8[D]").astype("M8[us]")
    place = np.searchsorted(moments, settled.frame["date"].to_numpy(), side="right") - 1
    rows = (settled.codes == CODE["left"]) & (settled.frame["name"] == cause).to_numpy()
    rows &= (place >= 0) & (place < len(days) - 1)
    return np.bincount(place[rows], minlength=len(days) - 1).astype(np.float64)


def split_by_cause(
    past: History, origin: dt.date, causes: tuple[str, ...], left: Float, step: int, rng: np.random.Generator
) -> dict[str, Float]:
    """Leavings of the futures by cause.

    Parameters
    ----------
    past
        What was known on the origin.
    causes
        As of `causes_of`; the rest is one more, which is not returned.
    left
        float64[futures, steps], all who leave.
    step
        Months of a step.

    Returns
    -------
    dict
        Cause -> float64[futures, steps].

    Notes
    -----
    A leaving has a cause with a probability in proportion to its hazard (Prentice et al. 1978, Biometrics 34, 541-554).
    Each hazard has a level, a trend and a season of its own (`rates`).
    """
    futures, steps = left.shape
    days = [origin]
    assert past.begins is not None
    while len(days) <= MOST and next_months(days[-1], -QUARTER) >= past.begins.replace(day=1):
        days.append(next_months(days[-1], -QUARTER))
    days.reverse()
    counts = [left_by_cause(past, days, cause) for cause in causes]
    rest = (past.codes == CODE["left"]).sum() - sum(one.sum() for one in counts)
    quarter = np.arange(steps) * step // QUARTER
    hazards = []
    for count in counts:
        rate = carry_on(count, np.ones(len(count)), max(1, -(-steps * step // QUARTER)), futures, rng)
        path = rate.start[:, None] * (1 + rate.growth[:, None]) ** ((quarter + 0.5) / 4)
        hazards.append(path * rate.season[quarter % 4])
    hazards.append(np.full((futures, steps), max(float(rest), 0.0) / max(len(days) - 1, 1)))
    share = np.stack(hazards, axis=-1)
    share /= share.sum(axis=-1, keepdims=True)
    drawn = rng.multinomial(np.round(left).astype(np.int64), share)
    return {cause: drawn[..., place].astype(np.float64) for place, cause in enumerate(causes)}

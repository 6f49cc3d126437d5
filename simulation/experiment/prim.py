"""PRIM: boxes of causes in which something happens often (the patient rule induction method).

Friedman & Fisher (1999), "Bump hunting in high-dimensional data", Statistics and Computing 9: a box is peeled
patiently, a twentieth of its cases at a time, on the side that leaves the highest mean, and pasted where it peeled
too much. Bryant & Lempert (2010), "Thinking inside the box", Technological Forecasting and Social Change 77:
coverage and density of a box, and a quasi-p-value for each of its limits.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

Float = npt.NDArray[np.float64]
Flags = npt.NDArray[np.bool_]

Limit = tuple[int, str]
"""Place of a cause, and the side of it that is limited."""
LOW, HIGH = "low", "high"

__all__ = ["HIGH", "LOW", "Box", "Limit", "find_box", "quasi_p"]

PEEL = 0.05
"""Share of the cases in the box that one step takes off."""
LEAST_CASES = 10
SIGNIFICANT = 0.05


@dataclass(frozen=True, eq=False)
class Box:
    """Limits of the causes.

    Attributes
    ----------
    low, high
        float64[K]; a case is inside when low <= x <= high everywhere. Infinite: no limit.
    """

    low: Float
    high: Float

    @classmethod
    def whole(cls, causes: int) -> Box:
        """Return the box without limits."""
        return cls(np.full(causes, -np.inf), np.full(causes, np.inf))

    def inside(self, x: Float) -> Flags:
        """Which cases are inside: bool[n]."""
        return np.asarray(((x >= self.low) & (x <= self.high)).all(axis=1), np.bool_)

    def limits(self) -> list[Limit]:
        """Limits that there are: place of the cause, and which side."""
        lows = [(int(place), LOW) for place in np.nonzero(np.isfinite(self.low))[0]]
        return lows + [(int(place), HIGH) for place in np.nonzero(np.isfinite(self.high))[0]]

    def at(self, limit: Limit) -> float:
        """Where a limit is."""
        place, side = limit
        return float(self.low[place] if side == LOW else self.high[place])

    def moved(self, limit: Limit, value: float) -> Box:
        """Return the box with one limit elsewhere."""
        place, side = limit
        low, high = self.low.copy(), self.high.copy()
        (low if side == LOW else high)[place] = value
        return Box(low, high)

    def without(self, limit: Limit) -> Box:
        """Return the box without one limit."""
        return self.moved(limit, -np.inf if limit[1] == LOW else np.inf)


def find_box(x: Float, y: Float, least_mass: float = 0.05) -> Box:
    """Find the box in which y is high.

    Of all boxes that peeling goes through, the one that wins most: mass * (density - base rate), the weighted
    relative accuracy. It is pasted, and limits that could be chance (`quasi_p` above 5%) are taken off again.

    Parameters
    ----------
    x
        float64[n, K], causes.
    y
        float64[n] within 0 and 1: what is looked for.
    least_mass
        A box keeps at least this share of the cases, and ten.

    Returns
    -------
    Box
        The whole box when no limit helps.
    """
    box = best = Box.whole(x.shape[1])
    least = max(LEAST_CASES, least_mass * len(y))
    best_gain, base = 0.0, float(y.mean())
    while (smaller := _peeled(box, x, y, least)) is not None:
        box = smaller
        inside = box.inside(x)
        gain = float(inside.mean()) * (float(y[inside].mean()) - base)
        if gain > best_gain:
            best, best_gain = box, gain
    best = _pasted(best, x, y)
    while best.limits():
        chances = {limit: quasi_p(best, limit, x, y) for limit in best.limits()}
        worst = max(chances, key=chances.__getitem__)
        if chances[worst] <= SIGNIFICANT:
            break
        best = best.without(worst)
    return best


def quasi_p(box: Box, limit: Limit, x: Float, y: Float) -> float:
    """Chance of so many hits in the box if a limit did nothing, so that the density were as without it."""
    from scipy.special import bdtrc

    inside, wider = box.inside(x), box.without(limit).inside(x)
    cases, hits = int(inside.sum()), round(float(y[inside].sum()))
    rate = float(y[wider].mean())
    if hits <= 0 or rate >= 1:
        return 1.0
    return float(bdtrc(hits - 1, cases, rate))


def _peeled(box: Box, x: Float, y: Float, least: float) -> Box | None:
    """Take off the slice that leaves the highest mean; None when the box would become too small."""
    inside = box.inside(x)
    here, hits = x[inside], y[inside]
    best: tuple[float, int, Box] | None = None
    for place in range(x.shape[1]):
        column = here[:, place]
        for side, tail in ((LOW, PEEL), (HIGH, 1 - PEEL)):
            cut = float(np.quantile(column, tail))
            keep = column >= cut if side == LOW else column <= cut
            if keep.all():  # many equal values: take them off together
                keep = column > cut if side == LOW else column < cut
            if keep.sum() < least:
                continue
            rest = column[keep]
            smaller = box.moved((place, side), float(rest.min() if side == LOW else rest.max()))
            found = (float(hits[keep].mean()), int(keep.sum()), smaller)
            if best is None or found[:2] > best[:2]:
                best = found
    return None if best is None else best[2]


def _pasted(box: Box, x: Float, y: Float) -> Box:
    """Move limits outwards again, a slice at a time, as long as the mean rises."""
    inside = box.inside(x)
    mean, step = float(y[inside].mean()), max(1, round(PEEL * int(inside.sum())))
    for limit in box.limits():
        column = np.sort(x[box.without(limit).inside(x), limit[0]])
        beyond = column[column < box.at(limit)][::-1] if limit[1] == LOW else column[column > box.at(limit)]
        wider = box.moved(limit, float(beyond[step - 1])) if len(beyond) > step else box.without(limit)
        if float(y[wider.inside(x)].mean()) > mean:
            return _pasted(wider, x, y)
    return box

"""What is not known exactly, as a planner reads it: from, to, in a unit, with its source and its owner."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
import numpy.typing as npt

from simulation.scenario.quantities import MONEY, Kind, kind_named

if TYPE_CHECKING:
    from simulation.scenario.schema import Assumption, Scenario

__all__ = ["ENDS", "Range", "in_words", "ranges"]

ENDS = (0.1, 0.5, 0.9)
"""Where a range begins, its middle and its end: eight of ten draws lie within."""


@dataclass(frozen=True)
class Range:
    """One number that is not known exactly.

    Attributes
    ----------
    path
        What it is, as a dotted path.
    low, middle, high
        10th percentile, median and 90th percentile, as text with a unit.
    together
        Name of the group with which it is drawn; empty when it is drawn alone.
    source, evidence, owner, review_by, comment
        Where it comes from; empty where the scenario does not say.
    """

    path: str
    low: str
    middle: str
    high: str
    together: str
    source: str
    evidence: str
    owner: str
    review_by: str
    comment: str


def ranges(scenario: Scenario) -> list[Range]:
    """The assumptions of a scenario as ranges, in the order of the file; joint ones number by number."""
    found = []
    for name, one in scenario.assumptions.items():
        if one.joint is not None:
            columns = zip(one.joint.paths, one.joint.kinds, np.asarray(one.joint.rows).T, strict=True)
            for path, kind, draws in columns:
                found.append(_range(path, kind_named(kind), np.quantile(draws, ENDS), one, name))
        elif one.distribution is not None and one.kind is not None:
            ends = np.array([float(one.distribution.ppf(np.array(end))) for end in ENDS])
            found.append(_range(name, kind_named(one.kind), ends, one))
    return found


def in_words(kind: Kind, value: float) -> str:
    """A value in base units as text of three digits in the largest unit in which it is one or more."""
    if kind is MONEY:
        return f"{value / 100:,.{_places(value / 100)}f}"
    units = kind.candidates or (("", 1.0),)
    unit, size = next((one for one in units if abs(value) >= one[1]), units[-1 if kind.name == "duration" else 0])
    number = f"{value / size:,.{_places(value / size)}f}"
    return f"{number}{unit}" if unit.startswith("%") else f"{number} {unit}".strip()


def _range(path: str, kind: Kind, ends: npt.NDArray[np.float64], one: Assumption, together: str = "") -> Range:
    low, middle, high = (in_words(kind, float(end)) for end in ends)
    origin = (getattr(one, key) for key in ("source", "evidence", "owner", "review_by", "comment"))
    return Range(path, low, middle, high, together, *("" if key is None else str(key) for key in origin))


def _places(number: float) -> int:
    """Digits after the point so that there are three in all, and none for nothing."""
    size = abs(number)
    shown = 0 if size >= 100 else 1 if size >= 10 else 2
    while shown and round(number, shown) == round(number, shown - 1):
        shown -= 1
    return shown

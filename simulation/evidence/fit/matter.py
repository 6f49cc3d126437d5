"""What a scenario has no mechanism for, and whether it matters: do members renew and progress otherwise after it?

A wider spread of directions can stand for almost any turn that nobody sees, so what is looked at here is what no
direction can imitate: a difference after events that are seen, and between earlier and later in the record.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
import numpy.typing as npt

from simulation.evidence.history.vocabulary import CODE
from simulation.evidence.observables.lives import MONTH, Lives
from simulation.evidence.observables.observables import decisions

if TYPE_CHECKING:
    from simulation.scenario import Scenario

__all__ = ["LATER", "Matter", "matters", "unknown_events"]

Float = npt.NDArray[np.float64]
Int = npt.NDArray[np.int64]
Bool = npt.NDArray[np.bool_]
AFTER = 6 * MONTH
"""Days after an event in which it is looked for in what a member does."""
TELLING = 3.0
"""Standard deviations beyond which an event matters; luck alone gets there once in 370 times."""


LATER = "later half"
"""What stands for an event where the later half of what was seen is compared with the earlier."""


@dataclass(frozen=True)
class Matter:
    """An event, and what members do within half a year after it, beside others in the same place.

    Attributes
    ----------
    event
        Its word, or `LATER`.
    what
        "renewals" or "milestones".
    ratio
        Odds of renewing, or of reaching the next milestone within the next month, after it, over those of others
        (Mantel & Haenszel 1959).
    z
        How far their number is from what it would be if the event did not matter, in standard deviations.
    seen
        Renewals, or member-months, after it.
    """

    event: str
    what: str
    ratio: float
    z: float
    seen: int

    @property
    def telling(self) -> bool:
        """Whether that is more than luck."""
        return abs(self.z) > TELLING


def unknown_events(lives: Lives) -> dict[str, int]:
    """Events that cannot come out of the scenario, with their number: a fit ascribes them to something else."""
    segments = list(lives.scenario.segments.values())
    mechanisms = {
        "setback": any(one.setbacks is not None for one in segments),
        "escalated": any(one.setbacks is not None for one in segments),
        "returned": any(one.win_back is not None for one in segments),
        "grace": any(one.renewal.grace is not None for one in segments),
        "contracted": any(one.renewal.contraction is not None for one in segments),
        "referred": any(one.advocacy is not None for one in segments),
        "price": any(one.price.changes for one in segments),
    }
    counts = {word: len(lives.rows(word)) for word, there in mechanisms.items() if not there}
    return {word: count for word, count in counts.items() if count}


def matters(lives: Lives) -> list[Matter]:
    """Compare what members do after events without mechanism, and in the later half, with what others do.

    Notes
    -----
    Renewals are compared within segment, number of the renewal and adoption; reaching the next milestone within
    segment, milestone, month since the one before and, up to half a year, month since joining (a log-rank test with
    an exposure that comes and goes). So what is told by tenure and by where a member stands is no misfit. The halves
    are compared only where nothing in the scenario has a date.
    """
    found = []
    for what, (stratum, member, time, yes) in (("renewals", _renewals(lives)), ("milestones", _steps(lives))):
        exposures = {event: _Last(lives, event).within(member, time) for event in unknown_events(lives)}
        if len(time) and not _dated(lives.scenario):
            exposures[LATER] = time > np.median(time)
        for event, after in exposures.items():
            if after.any() and not after.all():
                found.append(Matter(event, what, *_mantel_haenszel(stratum, after, yes), int(after.sum())))
    return found


def _dated(scenario: Scenario) -> bool:
    """Whether something changes at a date, or with time, for everybody."""
    return (
        any(one.price.changes or one.price.uplift for one in scenario.segments.values())
        or any(one.when.trigger == "on" for one in scenario.interventions.values())
        or bool(scenario.teams)
    )


class _Last:
    """When an event last happened to a member."""

    def __init__(self, lives: Lives, event: str) -> None:
        rows = np.flatnonzero(lives.event == CODE[event])
        self.far = lives.days + 1e6
        self.member = lives.member[rows]
        self.at = self.member * self.far + lives.time[rows]
        self.time = lives.time[rows]

    def within(self, member: Int, time: Float) -> Bool:
        """Whether it happened to each of some members within `AFTER` days before each of some times."""
        place = np.searchsorted(self.at, member * self.far + time) - 1
        there = place >= 0
        place = np.maximum(place, 0)
        return np.asarray(there & (self.member[place] == member) & (self.time[place] > time - AFTER), bool)


def _renewals(lives: Lives) -> tuple[Int, Int, Float, Bool]:
    """Stratum, member, time and outcome of each renewal."""
    made = decisions(lives)
    stratum = (lives.segment[made.member] * 100 + np.minimum(made.number, 49)) * 2 + made.adopted
    return stratum, made.member, made.time, made.won


def _steps(lives: Lives) -> tuple[Int, Int, Float, Bool]:
    """Stratum, member, begin and outcome of each month in which a member was on its way to a milestone."""
    parts: list[tuple[Int, Int, Float, Bool]] = []
    begin = lives.joined
    months = int(np.ceil(lives.days / MONTH))
    for number in range(lives.hits.shape[1]):
        hit = lives.hits[:, number]
        with np.errstate(invalid="ignore"):
            until = np.fmin(np.where(np.isnan(hit), np.inf, hit), np.minimum(lives.left, lives.days))
            since = np.arange(months) * MONTH
            starts = begin[:, None] + since
            member, month = np.nonzero((starts < until[:, None]) & (starts + MONTH <= lives.days))
        reached = ~np.isnan(hit[member]) & (hit[member] <= starts[member, month] + MONTH)
        # Who was there when the record began has been a member for long.
        tenure = np.nan_to_num((starts[member, month] - lives.joined[member]) // MONTH, nan=np.inf)
        longer = np.minimum(tenure, AFTER // MONTH).astype(np.int64)
        stratum = ((lives.segment[member] * 100 + number) * 1000 + month) * 10 + longer
        parts.append((stratum.astype(np.int64), member, starts[member, month], reached))
        begin = hit
    return tuple(np.concatenate(one) for one in zip(*parts, strict=True))  # type: ignore[return-value]


def _mantel_haenszel(stratum: Int, after: Bool, yes: Bool) -> tuple[float, float]:
    """Common odds ratio over strata, with half a case more in either cross product, and the score's z."""
    number = np.unique(stratum, return_inverse=True)[1]
    a, b, c, d = (
        np.bincount(number, one.astype(float)) for one in (after & yes, after & ~yes, ~after & yes, ~after & ~yes)
    )
    n = a + b + c + d
    expected = (a + b) * (a + c) / n
    variance = float(np.sum((a + b) * (c + d) * (a + c) * (b + d) / (n**2 * np.maximum(n - 1, 1))))
    ratio = (np.sum(a * d / n) + 0.5) / (np.sum(b * c / n) + 0.5)
    return float(ratio), float(np.sum(a - expected)) / np.sqrt(variance) if variance > 0 else 0.0

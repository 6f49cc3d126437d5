"""Summaries of lives for fitting: many numbers, each smooth in what nobody sees, the same of histories and futures."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import numpy.typing as npt

from simulation.evidence.fit.pricing import met, varies
from simulation.evidence.observables.lives import MONTH, Lives
from simulation.evidence.observables.observables import Decisions, adopted_on, decisions
from simulation.scenario.schema import Segment

if TYPE_CHECKING:
    from simulation.scenario import Scenario

__all__ = ["Summaries"]

Float = npt.NDArray[np.float64]
Bool = npt.NDArray[np.bool_]
CUTS = (0.5, 0.8, 1.2, 2.0, 3.5)
"""At which multiples of the time that a milestone takes on average, as first believed, those who reached it count."""
QUARTERS = (0.25, 0.5, 0.75, 1.0)
"""Parts of the record at which those who were there at its start are counted."""
RIDGE = 0.5
"""Penalty of the renewal model's coefficients but the first: it must have an answer for few renewals too."""


class Summaries:
    """Reads summaries off lives.

    Parameters
    ----------
    scenario
        As first believed: its journeys and paces set where shares are read, once for all lives that are compared.
    usage
        Whether usage is there to be summarised.

    Notes
    -----
    By milestone: the share that reached it within some days of the one before, of those seen that long. Between
    successive milestones: the correlation of the logarithms of both spans, which shows how long a pace lasts. Of
    renewals: the shares won by year and by adoption, and the coefficients of a logistic regression on adoption, recent
    milestones, recent usage and, where a price changes within the record, what a renewal met of it. Of takes: shares.
    Of usage: spread between and within members and its persistence. Those are of members who joined within the record,
    but for takes. Of those who were there before: the shares that still are, and that reached each milestone, at four
    moments of the record; and the share that left in its second half, by whether they reached a milestone in the first.
    """

    def __init__(self, scenario: Scenario, *, usage: bool) -> None:
        from simulation.engine.plan_segments import reference_velocity

        self.usage = usage
        self.cuts: list[Float] = []
        for segment in scenario.segments.values():
            pace = max(reference_velocity(segment.vector), 0.1)
            months = np.array([max(float(one.after), 0.05) for one in segment.journey.values()])
            self.cuts.append(np.outer(months / pace * MONTH, CUTS))

    def of(self, lives: Lives) -> dict[str, float]:
        """Every summary by name."""
        found: dict[str, float] = {}
        made, adopted = decisions(lives), adopted_on(lives)
        usage = _usage_table(lives) if self.usage else None
        for place, (name, segment) in enumerate(lives.scenario.segments.items()):
            every = lives.segment == place
            own = every & ~np.isnan(lives.joined)
            found |= _from_the_start(lives, every & ~own, segment, name)
            if segment.journey:
                found |= self._journey(lives, own, segment, place, name)
            found |= _renewals(lives, made, own, name, usage, bool((adopted > 0).any()))
            found |= _takes(lives, every, segment, name)
            if usage is not None:
                found |= _usage(lives, usage, own, name)
        return found

    def _journey(self, lives: Lives, own: Bool, segment: Segment, place: int, name: str) -> dict[str, float]:
        found: dict[str, float] = {}
        before = np.where(own, lives.joined, np.nan)
        spans = []
        for number, milestone in enumerate(segment.journey):
            hit = np.where(own, lives.hits[:, number], np.nan)
            with np.errstate(invalid="ignore"):
                span = hit - before
                for cut, days in zip(CUTS, self.cuts[place][number], strict=True):
                    seen = before + days <= lives.days
                    found[f"{name}: {milestone} reached within {cut:g} x its time"] = _logit(
                        np.sum(seen & (span <= days)), np.sum(seen)
                    )
                spans.append(np.log(np.maximum(span, 0.25)))
            before = hit
        names = list(segment.journey)
        for first in range(len(spans)):
            for second in range(first + 1, min(first + 3, len(spans))):
                what = f"{name}: {names[first]} and {names[second]} go together"
                found[what] = _correlation(spans[first], spans[second])
        return found


def _from_the_start(lives: Lives, own: Bool, segment: Segment, name: str) -> dict[str, float]:
    """Summaries of members who were there when the record began: who they are is the same in every trial."""
    found: dict[str, float] = {}
    if not own.any():
        return found
    left, hits = lives.left[own], lives.hits[own]
    for part in QUARTERS:
        found[f"{name}: at the start and still at {part:.0%}"] = _logit(np.sum(left > part * lives.days), len(left))
        for number, milestone in enumerate(segment.journey):
            with np.errstate(invalid="ignore"):
                reached = (hits[:, number] >= 0) & (hits[:, number] <= part * lives.days)
            found[f"{name}: at the start and {milestone} reached by {part:.0%}"] = _logit(reached.sum(), len(left))
    middle = lives.days / 2
    with np.errstate(invalid="ignore"):
        moved = ((hits >= 0) & (hits <= middle)).any(axis=1)
    for words, group in (("with", moved), ("without", ~moved)):
        there = group & (left > middle)
        what = f"{name}: at the start and kept after half {words} a milestone"
        found[what] = _logit(np.sum(there & np.isinf(left)), np.sum(there))
    return found


def _renewals(
    lives: Lives, made: Decisions, own: Bool, name: str, usage: Float | None, adoption: bool
) -> dict[str, float]:
    found: dict[str, float] = {}
    mine = own[made.member]
    member, won, number = made.member[mine], made.won[mine], made.number[mine]
    adopted, time = made.adopted[mine], made.time[mine]
    for year in (1, 2, 3):
        here = number == year
        found[f"{name}: renewal {year}"] = _logit(np.sum(won & here), np.sum(here))
    if adoption:
        found[f"{name}: renewal of adopted"] = _logit(np.sum(won & adopted), np.sum(adopted))
        found[f"{name}: renewal of not adopted"] = _logit(np.sum(won & ~adopted), np.sum(~adopted))
    hits = lives.hits[member]
    with np.errstate(invalid="ignore"):
        recent = ((hits <= time[:, None]) & (hits > time[:, None] - 6 * MONTH)).sum(axis=1).astype(float)
        reached = (hits <= time[:, None]).sum(axis=1) / np.maximum(number, 1)
    columns = [np.ones(len(won)), ~adopted, recent - 0.5, reached - 1.0]
    labels = ["renewal level", "renewal on not adopted", "renewal on recent milestones", "renewal on milestones a term"]
    rows = lives.rows("value_recognised")
    if len(rows):
        last = np.full(len(lives), -np.inf)
        first = np.full(len(lives), np.inf)
        np.maximum.at(last, lives.member[rows], lives.time[rows])
        np.minimum.at(first, lives.member[rows], lives.time[rows])
        columns.append((first[member] > time).astype(float))
        labels.append("renewal on no value")
    if varies(lives.scenario, name):
        columns.append(met(lives.scenario, name, time))
        labels.append("renewal on price")
    if usage is not None:
        month = np.clip((time / MONTH).astype(int) - 1, 0, usage.shape[1] - 1)
        recent_usage = usage[member, month] - np.nanmean(usage)
        columns.append(np.nan_to_num(recent_usage))
        labels.append("renewal on recent usage")
    weights = _logistic(np.stack(columns, axis=1).astype(float), won.astype(float))
    return found | {f"{name}: {label}": float(one) for label, one in zip(labels, weights, strict=True)}


def _takes(lives: Lives, own: Bool, segment: Segment, name: str) -> dict[str, float]:
    found = {}
    offered, taken = (lives.rows(word) for word in ("offered", "taken"))
    offered, taken = (rows[own[lives.member[rows]]] for rows in (offered, taken))
    for number, (milestone, one) in enumerate(segment.journey.items()):
        if one.opportunity is not None:
            counts = [np.sum(lives.place[rows] == number) for rows in (taken, offered)]
            found[f"{name}: take of {milestone}"] = _logit(*counts)
    return found


def _usage_table(lives: Lives) -> Float:
    """Logarithm of usage by member and month; NaN where there is none."""
    months = max(1, int(np.ceil(lives.days / MONTH)))
    table = np.full((len(lives), months), np.nan)
    seen = (lives.usage > 0) & (lives.usage_month >= 0) & (lives.usage_month < months)
    table[lives.usage_member[seen], lives.usage_month[seen]] = np.log(lives.usage[seen])
    return table


def _usage(lives: Lives, usage: Float, own: Bool, name: str) -> dict[str, float]:
    mine = usage[own]
    mine = mine[(~np.isnan(mine)).sum(axis=1) >= 3]
    found = {f"{name}: usage {what}": np.nan for what in ("spread", "within", "lasting 1", "lasting 4", "lasting 9")}
    if len(mine) < 10:
        return found
    middle = np.nanmean(mine, axis=1, keepdims=True)
    found[f"{name}: usage spread"] = float(np.log(np.nanstd(mine) + 1e-3))
    found[f"{name}: usage within"] = float(np.log(np.sqrt(np.nanmean((mine - middle) ** 2)) + 1e-3))
    for lag in (1, 4, 9):
        if mine.shape[1] > lag + 1:
            pairs = mine[:, :-lag].ravel(), mine[:, lag:].ravel()
            found[f"{name}: usage lasting {lag}"] = _correlation(*pairs)
    hit = lives.hits[own, 0] - lives.joined[own]
    start = np.floor(lives.joined[own] / MONTH).astype(int)
    first = np.array([np.nanmean(row[s : s + 3]) if np.isfinite(row[s : s + 3]).any() else np.nan
                      for row, s in zip(usage[own], start, strict=True)])  # fmt: skip
    found[f"{name}: usage and the first milestone"] = _correlation(first, np.log(np.maximum(hit, 0.25)))
    return found


def _logit(top: np.generic | int, bottom: np.generic | int) -> float:
    """Logit of a share of counts, with half a count more on each side."""
    return float(np.log((float(top) + 0.5) / (float(bottom) - float(top) + 0.5)))


def _correlation(first: Float, second: Float) -> float:
    """Fisher's z of the correlation of what both have."""
    both = np.isfinite(first) & np.isfinite(second)
    if both.sum() < 8:
        return 0.0
    a, b = first[both], second[both]
    scale = a.std() * b.std()
    if scale == 0.0:
        return 0.0
    return float(np.arctanh(np.clip(np.mean((a - a.mean()) * (b - b.mean())) / scale, -0.98, 0.98)))


def _logistic(x: Float, y: Float) -> Float:
    """Coefficients of a logistic regression with a small ridge penalty, by Newton steps."""
    weights = np.zeros(x.shape[1])
    penalty = np.full(x.shape[1], RIDGE)
    penalty[0] = 0.05
    for _ in range(12):
        share = 1.0 / (1.0 + np.exp(-np.clip(x @ weights, -30, 30)))
        slope = x.T @ (y - share) - penalty * weights
        curve = (x * (share * (1 - share))[:, None]).T @ x + np.diag(penalty)
        step = np.linalg.solve(curve, slope)
        weights = weights + step
        if np.abs(step).max() < 1e-8:
            break
    return weights

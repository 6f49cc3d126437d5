"""Rates and shares that a history shows directly: setbacks, grace, contraction and return."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

import numpy as np
import numpy.typing as npt

from simulation.engine.layout import intervention_names
from simulation.evidence.history.vocabulary import CODE, COMES
from simulation.evidence.observables.lives import Lives

if TYPE_CHECKING:
    from simulation.scenario.schema import Segment

__all__ = ["hazards_of"]

Float = npt.NDArray[np.float64]
Bool = npt.NDArray[np.bool_]
INSTANT = 1e-6
FEW = 5
"""Fewer cases than this leave a number as it is."""


def hazards_of(lives: Lives, random: np.random.Generator, draws: int) -> Iterator[tuple[str, Float, int]]:
    """Path, draws (base units) and number of cases of every rate and share that the lives show.

    Notes
    -----
    A constant hazard with n cases in a total time T has a gamma posterior, of n + 1/2 over T; a share a beta one, with
    half a case more on either side (Jeffreys). A setback that an intervention may have ended counts as seen for as
    long as none had come. A hazard of return counts within the time in which a return is possible.
    """
    spans = _Spans(lives)
    for place, (name, segment) in enumerate(lives.scenario.segments.items()):
        own = lives.segment[lives.member] == place
        path = f"segments.{name}"
        for below, kind, cases, total in _of_segment(lives, spans, own, segment):
            if kind == "share" and total >= FEW:
                yield f"{path}.{below}", random.beta(cases + 0.5, total - cases + 0.5, draws), int(total)
            elif kind != "share" and cases >= FEW and total > 0:
                rate = random.gamma(cases + 0.5, 1 / total, draws)
                yield f"{path}.{below}", np.log(2) / rate if kind == "median" else rate, int(cases)


def _of_segment(lives: Lives, spans: _Spans, own: Bool, segment: Segment) -> Iterator[tuple[str, str, float, float]]:
    """Path below the segment, kind, cases, and the time or the cases that they are out of."""

    def count(word: str) -> float:
        return float(np.sum(own & spans.inside & (lives.event == CODE[word])))

    if segment.setbacks is not None:
        free, open_, resolved = spans.setbacks
        yield "setbacks.rate", "rate", count("setback"), float(free[own].sum())
        yield "setbacks.resolves_itself", "median", float(resolved[own].sum()), float(open_[own].sum())
    if segment.renewal.grace is not None:
        recovered = count("recovered")
        yield "renewal.grace.recovery", "share", recovered, recovered + float((own & spans.lost_in_grace).sum())
    contraction = segment.renewal.contraction
    if contraction is not None and contraction.sensitivity == 0:
        yield "renewal.contraction.probability", "share", count("contracted"), count("renewed") + count("recovered")
    if segment.win_back is not None:
        within = np.inf if segment.win_back.within is None else segment.win_back.within
        away, back = spans.away(within)
        yield "win_back.rate", "rate", float(back[own].sum()), float(away[own].sum())


class _Spans:
    """The time from each row to the next of the same member, and what holds meanwhile."""

    def __init__(self, lives: Lives) -> None:
        self.lives = lives
        member, time = lives.member, lives.time
        last = np.append(member[1:] != member[:-1], True)[: len(member)]
        until = np.where(last, lives.days, np.append(time[1:], 0.0)[: len(member)])
        self.span: Float = np.maximum(until - np.maximum(time, 0.0), 0.0)
        self.first = np.append(True, last[:-1])[: len(member)]
        self.inside = time >= 0.0

    def _since(self, on: Bool, off: Bool) -> Bool:
        """Whether, after each row, the last of both kinds was one that turns on; off at a member's first row."""
        place = np.arange(len(on))
        turned = np.maximum.accumulate(np.where(on | off | self.first, place, 0))
        state: Bool = on[turned]
        return state

    def _before(self, state: Bool) -> Bool:
        """What held just before each row, of what holds after it."""
        before: Bool = np.append(False, state[:-1])[: len(state)] & ~self.first
        return before

    def _codes(self, *words: str) -> Bool:
        return np.isin(self.lives.event, [CODE[one] for one in words])

    @property
    def lost_in_grace(self) -> Bool:
        """Whether a member leaves whose grace had begun."""
        grace = self._since(self._codes("grace"), self._codes("recovered", "left"))
        return self._codes("left") & self._before(grace) & self.inside

    @property
    def setbacks(self) -> tuple[Float, Float, Bool]:
        """After each row: time as a member without a setback, with one that is untreated; and whether one ended."""
        lives = self.lives
        names = intervention_names(lives.scenario)
        healing = [
            number for number, name in enumerate(names)
            if any(one.kind == "resolve_setback" for one in lives.scenario.interventions[name].effects)
        ]  # fmt: skip
        treated = self._codes("intervention") & np.isin(lives.place, healing)
        begins, ends = self._codes("setback"), self._codes("resolved", "left")
        member = self._since(self._codes(*COMES), self._codes("left"))
        open_ = self._since(begins, ends)
        untreated = self._since(begins, ends | treated)
        before = self._before(untreated)
        far = lives.days + 1e6
        healed = np.sort((lives.member * far + lives.time)[treated])
        now = lives.member * far + lives.time
        near = np.searchsorted(healed, now + INSTANT) > np.searchsorted(healed, now - INSTANT)
        resolved = self._codes("resolved") & before & ~near & self.inside
        return self.span * (member & ~open_), self.span * (member & untreated), resolved

    def away(self, within: float) -> tuple[Float, Bool]:
        """After each row: time away in which a return is possible; and whether the member came back within it."""
        lives = self.lives
        left = self._codes("left")
        gone = self._since(left, self._codes(*COMES))
        turned = np.maximum.accumulate(np.where(left | self.first, np.arange(len(left)), 0))
        since = lives.time - lives.time[turned]
        span = np.minimum(self.span, np.maximum(within - since, 0.0))
        return span * gone, self._codes("returned") & self._before(gone) & (since <= within + INSTANT) & self.inside

"""Observables: shares and rates that planners can state, that a history shows and that a simulated future gives.

One definition serves them all. An observable is a ratio of sums over members, so that those of several futures are
pooled by adding.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
import numpy.typing as npt

from simulation.evidence.history.vocabulary import CODE
from simulation.evidence.observables.lives import MONTH, Lives, vector_at

if TYPE_CHECKING:
    from simulation.scenario.schema import Segment

__all__ = ["Decisions", "Ratio", "decisions", "observables", "usage_spread"]

Float = npt.NDArray[np.float64]
Int = npt.NDArray[np.int64]
Bool = npt.NDArray[np.bool_]
FIRST_VALUE_DAYS, REACH_DAYS, YEARS = (30, 90, 180), (90, 180, 365), 5
ON_TRACK, QUARTER = np.pi / 4, 3 * MONTH
INSTANT = 1e-6
"""Days within which two events are at one moment: histories are exact to a microsecond."""
LATE = 0.9
"""Share of a term after which leaving counts as a missed renewal and not as leaving during the term."""


@dataclass(frozen=True)
class Ratio:
    """A ratio of sums, and how many counts it rests on."""

    top: float
    bottom: float

    @property
    def value(self) -> float:
        """The ratio; NaN where nothing is counted."""
        return self.top / self.bottom if self.bottom > 0 else float("nan")

    def __add__(self, other: Ratio) -> Ratio:
        """Pool with another one."""
        return Ratio(self.top + other.top, self.bottom + other.bottom)


@dataclass(frozen=True, eq=False)
class Decisions:
    """Renewals decided in the record, of members who joined in it.

    Attributes
    ----------
    member, time
        Whose, and when (days; a renewal won in grace has the time at which grace began).
    number
        Of the renewal: 1 is the first.
    won
        Whether the member went on.
    adopted
        Whether adoption was complete then.
    """

    member: Int
    time: Float
    number: Int
    won: Bool
    adopted: Bool


def decisions(lives: Lives) -> Decisions:
    """Read the renewals of members out of their lives.

    A member who leaves is taken to have missed a renewal when grace had begun or 90% of the term was over;
    otherwise it has left during the term.
    """
    rows = lives.rows("joined", "renewed", "grace", "recovered", "left", "returned")
    rows = rows[~np.isnan(lives.joined[lives.member[rows]])]
    rows = rows[lives.time[rows] >= lives.joined[lives.member[rows]]]
    who, event, time = lives.member[rows], lives.event[rows], lives.time[rows]
    back = np.zeros(len(lives), bool)
    back[who[event == CODE["returned"]]] = True  # whose terms have begun anew are left out
    term = np.array([one.term for one in _segments(lives)])[lives.segment[who]] * MONTH
    same = np.append(False, who[1:] == who[:-1])[: len(who)]
    previous, since = np.append(-9, event[:-1])[: len(who)], time - np.append(0.0, time[:-1])[: len(who)]
    in_grace = same & (previous == CODE["grace"])
    won = (event == CODE["renewed"]) | (event == CODE["recovered"])
    lost = (event == CODE["left"]) & same & (in_grace | (since >= LATE * term))
    decided = (won | lost) & ~back[who]
    when = np.where(in_grace, np.append(0.0, time[:-1])[: len(who)], time)
    renewals = np.cumsum(won)
    begin = np.searchsorted(who, who)
    number = 1 + (renewals - won) - np.concatenate([[0], renewals])[begin]
    adopted = adopted_on(lives)[who] <= when
    # Near the end a win is known and a loss not yet, so what cannot be over with its grace is left out.
    graces = [0.0 if one.renewal.grace is None else one.renewal.grace.length for one in _segments(lives)]
    decided &= when + np.array(graces)[lives.segment[who]] < lives.days
    return Decisions(who[decided], when[decided], number[decided], won[decided], adopted[decided])


def _segments(lives: Lives) -> list[Segment]:
    return list(lives.scenario.segments.values())


def adopted_on(lives: Lives) -> Float:
    """When each member completed adoption: days; infinite: not yet."""
    done = np.full(len(lives), np.inf)
    for place, segment in enumerate(_segments(lives)):
        own = lives.segment == place
        last = [number for number, one in enumerate(segment.journey.values()) if one.stage == "adoption"]
        if not last:
            done[own] = -np.inf
        else:
            hit = lives.hits[own, last[-1]]
            done[own] = np.where(np.isnan(hit), np.inf, hit)
    return done


def observables(lives: Lives) -> dict[str, Ratio]:
    """Every observable that the lives can tell, by its path among the `known` of a scenario.

    Notes
    -----
    first_value_D, journey.M.reached_D: of those who joined at least D days before the end, the share that completed
    adoption (reached M) within D days, those who left meanwhile included. renewal_year_K: share of the K-th
    renewals that was won; renewal_adopted and renewal_not_adopted: of all renewals, by whether adoption was
    complete; only of members who joined in the record. journey.M.with.I.reached_D: the same as reached_D of those to
    whom intervention I was delivered within the D days and before they reached M; without: of all others. Who gets it
    is no accident, so their difference is not its effect. journey.M.take_rate: taken of those offered. still_on_track:
    of members on track (|direction| < 45 degrees) on the first day of a month, the share that still is, and is a
    member, three months later. usage_spread: see `usage_spread`. A vector is not in a history, so that has no
    still_on_track.
    """
    found: dict[str, Ratio] = {}
    made = decisions(lives)
    adopted = adopted_on(lives) - lives.joined
    delivery = _delivery(lives)
    for place, (name, segment) in enumerate(lives.scenario.segments.items()):
        own = lives.segment == place
        path = f"segments.{name}"
        for days in FIRST_VALUE_DAYS:
            found[f"{path}.first_value_{days}"] = _within(adopted, own & (lives.joined + days <= lives.days), days)
        mine = own[made.member]
        for year in range(1, YEARS + 1):
            found[f"{path}.renewal_year_{year}"] = _share(made.won, mine & (made.number == year))
        found[f"{path}.renewal_adopted"] = _share(made.won, mine & made.adopted)
        found[f"{path}.renewal_not_adopted"] = _share(made.won, mine & ~made.adopted)
        offered, taken = lives.rows("offered"), lives.rows("taken")
        for number, (milestone, one) in enumerate(segment.journey.items()):
            here = f"{path}.journey.{milestone}"
            reached = lives.hits[:, number] - lives.joined
            for days in REACH_DAYS:
                seen = own & (lives.joined + days <= lives.days)
                found[f"{here}.reached_{days}"] = _within(reached, seen, days)
                for intervention, delivered in delivery.items():
                    had = delivered <= np.fmin(reached, days) + INSTANT
                    found[f"{here}.with.{intervention}.reached_{days}"] = _within(reached, seen & had, days)
                    found[f"{here}.without.{intervention}.reached_{days}"] = _within(reached, seen & ~had, days)
            if one.opportunity is not None:
                counts = [
                    float(np.sum(own[lives.member[rows]] & (lives.place[rows] == number))) for rows in (taken, offered)
                ]
                found[f"{here}.take_rate"] = Ratio(*counts)
        found[f"{path}.usage_spread"] = usage_spread(lives, own)
    return found | _persistence(lives)


def _delivery(lives: Lives) -> dict[str, Float]:
    """When each intervention was first delivered to each member, days after joining; infinite: not yet."""
    from simulation.engine.layout import intervention_names

    rows = lives.rows("intervention")
    found = {}
    for number, name in enumerate(intervention_names(lives.scenario)):
        first = np.full(len(lives), np.inf)
        here = rows[lives.place[rows] == number]
        np.minimum.at(first, lives.member[here], lives.time[here])
        found[name] = first - lives.joined
    return found


def _within(spans: Float, counted: Bool, days: int) -> Ratio:
    with np.errstate(invalid="ignore"):
        return Ratio(float(np.sum(counted & (spans <= days))), float(np.sum(counted)))


def _share(won: Bool, counted: Bool) -> Ratio:
    return Ratio(float(np.sum(won & counted)), float(np.sum(counted)))


def usage_spread(lives: Lives, own: Bool) -> Ratio:
    """Mean over months of the standard deviation, between members, of the logarithm of usage; months of 20 or more."""
    mine = own[lives.usage_member] & (lives.usage > 0)
    month, value = lives.usage_month[mine], np.log(lives.usage[mine])
    top = bottom = 0.0
    for one in np.unique(month):
        here = value[month == one]
        if len(here) >= 20:
            top, bottom = top + float(np.std(here, ddof=1)), bottom + 1.0
    return Ratio(top, bottom)


def _persistence(lives: Lives) -> dict[str, Ratio]:
    if not len(lives.direction) or np.isnan(lives.direction).all():
        return {}
    times = np.arange(0.0, lives.days - QUARTER, MONTH)
    if not len(times):
        return {}
    before, _, there = vector_at(lives, times)
    after, _, stayed = vector_at(lives, times + QUARTER)
    started = there & (np.abs(before) < ON_TRACK)
    kept = started & stayed & (np.abs(after) < ON_TRACK)
    return {
        f"segments.{name}.still_on_track": Ratio(
            float(kept[lives.segment == place].sum()), float(started[lives.segment == place].sum())
        )
        for place, name in enumerate(lives.scenario.segments)
    }

"""The rows of an attribution: how much of a change in ARR each cause accounts for, by one stated rule."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from fractions import Fraction
from typing import Any, Literal

import numpy as np

from simulation.engine.ledger import Frame
from simulation.evidence.attribution.observed import DELIVERY, FLOWS, MILESTONE, Observed
from simulation.evidence.attribution.responses import Responses
from simulation.evidence.attribution.shapley import factor_values, fractions

__all__ = ["ROWS", "Expected", "Part", "Row", "expected_of", "rows_of"]

Part = Literal["opening", "new", "expansion", "price", "renewals"]
Array = Any
"""float64, or objects that are exact fractions: the same rule for both."""


@dataclass(frozen=True)
class Row:
    """A cause.

    Attributes
    ----------
    part
        Part of the ARR that it changes.
    title
        In words.
    reach
        Whether it is a part of "milestones not reached".
    """

    part: Part
    title: str
    reach: bool = False


ROWS: dict[str, Row] = {
    "restated_arr": Row("opening", "ARR at the start: data restated, or another book"),
    "joined": Row("new", "New members: how many"),
    "arr_per_new": Row("new", "New members: ARR of each"),
    "returned": Row("new", "Members who came back"),
    "members": Row("expansion", "Number of members who could reach a milestone"),
    "plan": Row("expansion", "Not reached: plan not delivered", reach=True),
    "waiting": Row("expansion", "Not reached: waiting for a team", reach=True),
    "plan_or_waiting": Row("expansion", "Not reached: plan not delivered, or waiting for a team", reach=True),
    "setbacks": Row("expansion", "Not reached: setbacks", reach=True),
    "restated": Row("expansion", "Not reached: data restated, had been reached before", reach=True),
    "pace_or_direction": Row("expansion", "Not reached: pace or direction", reach=True),
    "not_ready": Row("expansion", "Not ready when it came to the offer"),
    "not_reached_or_ready": Row("expansion", "Not reached, or not ready"),
    "not_taken": Row("expansion", "Offered and not taken"),
    "not_ready_or_taken": Row("expansion", "Not ready, or not taken"),
    "not_reached_ready_or_taken": Row("expansion", "Not reached, not ready or not taken"),
    "arr_per_take": Row("expansion", "ARR of each take"),
    "pushed": Row("expansion", "Sales pushed before the milestone"),
    "recurring": Row("expansion", "Recurring prices of interventions, and other expansion"),
    "uplift": Row("price", "Prices and other changes of ARR"),
    "left": Row("renewals", "Renewals: how many left"),
    "arr_per_left": Row("renewals", "Renewals: ARR of each who left"),
    "contraction": Row("renewals", "Renewals: went on with less"),
}
"""Every cause, in order. Of `plan`, `waiting` and `plan_or_waiting` only those are used that the data can tell."""


@dataclass(frozen=True, eq=False)
class Expected:
    """The mean future: arrays as of `Observed` with F = 1, exact fractions or floats."""

    exposure: Array
    milestones: Array
    flows: Array
    deliveries: Array


def expected_of(forecast: Observed, *, exact: bool) -> Expected:
    """The mean over the futures of a forecast."""

    def mean(counts: Array) -> Array:
        if not exact:
            return counts.mean(axis=0, keepdims=True)
        return fractions(counts.sum(axis=0, keepdims=True)) / Fraction(len(counts))

    return Expected(
        *(mean(one) for one in (forecast.exposure, forecast.milestones, forecast.flows, forecast.deliveries))
    )


def rows_of(
    expected: Expected, observed: Observed, frame: Frame, told: frozenset[str], responses: Responses | None = None
) -> dict[str, Array]:
    """Share of every cause in the difference between what was observed and what was expected.

    Parameters
    ----------
    expected
        Floats or fractions; the result has the same type.
    observed
        F futures, or a history.
    frame
        Of the forecast.
    told
        Events that the history has: what it does not tell is not told apart in any future.
    responses
        What deliveries and setbacks do; None leaves "not reached" in one row.

    Returns
    -------
    dict
        Row -> [F], cents; they add up to the difference in ARR at the end.

    Notes
    -----
    Expansion of a milestone = members (days of membership in its segment) x reached per member x offered per reached
    (ready) x taken per offered x ARR per take; new ARR = joiners x ARR of each; churn = leavers x ARR of each. In each
    product the factors share by Shapley's rule. Within "reached per member" the parts add up, so each has its own
    change (deliveries, waits, escalations less than expected for so many members, times the response of the milestone)
    and the rest is pace or direction (the Owen value). A factor whose own base is zero, or that the history does not
    tell, cannot be told from the next and shares a row with it.
    """
    exact = expected.exposure.dtype.kind == "O"
    turn: Callable[[Array], Array] = fractions if exact else (lambda counts: counts.astype(np.float64))
    zero: Array = fractions(np.zeros(observed.futures)) if exact else np.zeros(observed.futures)
    rows = dict.fromkeys(ROWS, zero)

    def gap(name: str) -> Array:
        place = FLOWS.index(name)
        return (turn(observed.flows[..., place]) - expected.flows[..., place]).sum(axis=1)

    def pair(number: str, total: str) -> tuple[Array, Array]:
        """Share of a number, and of the amount of each, in the change of their product."""
        places = (FLOWS.index(number), FLOWS.index(total))
        actual, mean = [turn(observed.flows[..., k]) for k in places], [expected.flows[..., k] for k in places]
        each, usual = _ratio(actual[1], actual[0]), _ratio(mean[1], mean[0])
        each, usual = np.where(actual[0] == 0, usual, each), np.where(mean[0] == 0, each, usual)
        of_number, of_each = factor_values([mean[0], usual], [actual[0], each])
        return ((actual[0] - mean[0]) * of_number).sum(axis=1), ((each - usual) * of_each).sum(axis=1)

    rows["restated_arr"] = gap("open")
    rows["joined"], rows["arr_per_new"] = pair("joined", "new")
    rows["returned"] = gap("returned")
    rows["uplift"] = gap("uplift")
    left, each = pair("left", "churn")
    rows["left"], rows["arr_per_left"] = -left, -each
    rows["contraction"] = -gap("contraction")
    rows["pushed"] = _milestone_gap(expected, observed, turn, "pushed_expansion")
    rows["recurring"] = gap("expansion") - rows["pushed"] - _milestone_gap(expected, observed, turn, "expansion")
    rows |= _of_milestones(expected, observed, frame, told, responses, turn)
    return rows


def _milestone_gap(expected: Expected, observed: Observed, turn: Callable[[Array], Array], name: str) -> Array:
    place = MILESTONE.index(name)
    return (turn(observed.milestones[..., place]) - expected.milestones[..., place]).sum(axis=1)


def _of_milestones(
    expected: Expected,
    observed: Observed,
    frame: Frame,
    told: frozenset[str],
    responses: Responses | None,
    turn: Callable[[Array], Array],
) -> dict[str, Array]:
    """Rows of expansion by offers: five factors of every milestone."""
    segment = [frame.segments.index(key[0]) for key in frame.milestones]
    mean, actual = (_Chain(one) for one in (
        [expected.exposure[:, segment], *(expected.milestones[..., k] for k in range(4))],
        [turn(observed.exposure)[:, segment], *(turn(observed.milestones[..., k]) for k in range(4))],
    ))  # fmt: skip
    # Who cannot be counted, or is not told, shares a row with what comes next.
    alone = (mean.members == 0) | (actual.members == 0)
    for one in (mean, actual):
        one.members = np.where(alone, 1, one.members)
    no_offers = _gap_in(mean, actual, "offered", "taken") | ("offered" not in told)
    for one in (mean, actual):
        one.offered = np.where(no_offers, one.taken, one.offered)
    unreached = _gap_in(mean, actual, "reached", "offered") | ("milestone" not in told)
    for one in (mean, actual):
        one.reached = np.where(unreached, one.offered, one.reached)
    usual, happened = mean.factors(actual), actual.factors(mean)
    values = factor_values(usual, happened)
    shares = [(now - before) * value for now, before, value in zip(happened, usual, values, strict=True)]

    def sum_of(share: Array, where: Array | None = None) -> Array:
        return (share if where is None else np.where(where, share, 0 * share)).sum(axis=1)

    rows = {
        "members": sum_of(shares[0]),
        "not_ready": sum_of(shares[2], ~no_offers),
        "not_ready_or_taken": sum_of(shares[2], no_offers & ~unreached),
        "not_reached_or_ready": sum_of(shares[1], unreached & ~no_offers),
        "not_reached_ready_or_taken": sum_of(shares[1], unreached & no_offers),
        "not_taken": sum_of(shares[3]),
        "arr_per_take": sum_of(shares[4]),
    }
    rest = sum_of(shares[1], ~unreached)
    parts = _drivers(expected, observed, frame, told, responses, turn)
    for name, change in parts.items():
        told_apart = np.where(unreached | alone, 0 * change, change) / actual.members
        share = sum_of(told_apart * values[1])
        rows[name] = rows.get(name, 0 * share) + share
        rest = rest - share
    return rows | {"pace_or_direction": rest}


def _drivers(
    expected: Expected,
    observed: Observed,
    frame: Frame,
    told: frozenset[str],
    responses: Responses | None,
    turn: Callable[[Array], Array],
) -> dict[str, Array]:
    """Members more that reach each milestone because of what the data tell, [F, M]."""
    segment = [frame.segments.index(key[0]) for key in frame.milestones]
    found: dict[str, Array] = {}
    if "recorded" in told:
        found["restated"] = -turn(observed.restated)
    if responses is None:
        return found
    before, now = expected.exposure, turn(observed.exposure)
    growth = _ratio(now, before)  # what a plan for so many members expects

    def more(actual: Array, mean: Array) -> Array:
        """[F, M]: how much more than expected for so many members, by segment of the milestone."""
        return (actual - mean * growth)[:, segment]

    def add(name: str, change: Array, response: Array) -> None:
        each = np.array([Fraction(one) for one in response], object) if before.dtype.kind == "O" else response
        found[name] = found.get(name, 0 * change) + change * each

    if "intervention" in told:
        for name, response in responses.deliveries.items():
            place = frame.interventions.index(name)
            asked, mean_asked = (
                one[..., DELIVERY.index("requested")] - one[..., DELIVERY.index("refused")]
                for one in (turn(observed.deliveries[:, place]), expected.deliveries[:, place])
            )
            done, mean_done = (
                one[..., DELIVERY.index("delivered")]
                for one in (turn(observed.deliveries[:, place]), expected.deliveries[:, place])
            )
            if responses.team_of.get(name) is None:
                add("plan", more(done, mean_done), response)
            elif "requested" in told:
                add("plan", more(asked, mean_asked), response)
                add("waiting", more(done - asked, mean_done - mean_asked), response)
            else:
                add("plan_or_waiting", more(done, mean_done), response)
    for event, kind in (("escalated", "escalations"), ("setback", "setbacks")):
        if event in told and kind in responses.setbacks:
            place = FLOWS.index(kind)
            add(
                "setbacks", more(turn(observed.flows[..., place]), expected.flows[..., place]), responses.setbacks[kind]
            )
            break  # an escalation is a setback too
    return found


class _Chain:
    """From members to ARR: days of membership, members reaching, offers, takes, cents."""

    def __init__(self, counts: list[Array]) -> None:
        self.members, self.reached, self.offered, self.taken, self.arr = counts

    def factors(self, other: _Chain) -> list[Array]:
        """The five factors; one that nothing here tells is that of the other."""
        mine, yours = self._levels(), other._levels()
        found = [mine[0]]
        for (base, top), (theirs, their_top) in zip(
            zip(mine[:-1], mine[1:], strict=True), zip(yours[:-1], yours[1:], strict=True), strict=True
        ):
            found.append(np.where(base == 0, _ratio(their_top, theirs), _ratio(top, base)))
        return found

    def _levels(self) -> list[Array]:
        return [self.members, self.reached, self.offered, self.taken, self.arr]


def _gap_in(mean: _Chain, actual: _Chain, base: str, top: str) -> Array:
    """Where something comes of nothing: the base is zero and what follows is not."""
    parts = [(getattr(one, base) == 0) & (getattr(one, top) != 0) for one in (mean, actual)]
    return np.asarray(parts[0] | parts[1], bool)


def _ratio(top: Array, base: Array) -> Array:
    """Quotient; 0 where the base is 0."""
    none = base == 0
    return np.where(none, 0 * (top + base), top / np.where(none, 1, base))

"""The work of the milestone ahead of a particle, which is not drawn but integrated out.

With M the running maximum of progress since the last milestone, and f and S density and survival function of that
milestone's lognormal work, it has not come yet with probability S(M), and comes with density f(M) v while velocity
v > 0 and progress is at its running maximum. Of a date that is known to an interval (a day, mostly) the probability is
S(M) at its begin less S(M) at its end.
"""

from __future__ import annotations

import math
from typing import Any

from simulation.evidence.filter.records import FAR, MOMENT, NARROW
from simulation.model.jit import compiled, inlined
from simulation.model.journey import aim
from simulation.model.special import exp, log, ndtri
from simulation.model.state import MONTH, NEVER, World
from simulation.model.tables import member_at, milestone_at, opportunity_at, segment_at


@inlined
def ahead(w: World, m: Any) -> Any:
    """Row of the milestone ahead of a particle."""
    return milestone_at(w, segment_at(w, m.seg).first_milestone + m.next)


@compiled
def standard_work(g: Any, side: Any, peak: float) -> float:
    """`peak` pace-months as a standard normal quantile of the work of a milestone."""
    if side.scale <= 0.0:  # nothing is left of the work
        return NEVER if peak >= side.shift else -NEVER
    x = (peak - side.shift) / side.scale
    if x <= 0.0:
        return -NEVER
    return (log(x) - g.log_after) / max(g.spread, NARROW)


@compiled
def survival(g: Any, side: Any, peak: float) -> float:
    """Probability S that the work of a milestone is more than `peak` pace-months."""
    return 0.5 * math.erfc(standard_work(g, side, peak) * math.sqrt(0.5))


@compiled
def density(g: Any, side: Any, peak: float) -> float:
    """Density f of the work of a milestone at `peak`, per pace-month."""
    z = standard_work(g, side, peak)
    x = peak - side.shift
    if not -40.0 < z < 40.0:
        return 0.0
    return math.exp(-0.5 * z * z) / (math.sqrt(2.0 * math.pi) * max(g.spread, NARROW) * x)


@compiled
def between(g: Any, side: Any, low: float, high: float) -> float:
    """Probability that the work of a milestone is from `low` to `high` pace-months, exact in both tails."""
    a = standard_work(g, side, low)
    b = standard_work(g, side, high)
    if a > 0.0:
        return 0.5 * (math.erfc(a * math.sqrt(0.5)) - math.erfc(b * math.sqrt(0.5)))
    return 0.5 * (math.erfc(-b * math.sqrt(0.5)) - math.erfc(-a * math.sqrt(0.5)))


@compiled
def hide_work(w: World, i: int, side: Any, peak: float) -> None:
    """Forget the work that was drawn for the milestone ahead; progress so far was `peak` at most."""
    m = member_at(w, i)
    side.peak = peak
    side.counted = peak
    side.jumped = NEVER
    side.shift = 0.0
    side.scale = 1.0
    m.t_hit = NEVER
    if m.need < NEVER:
        m.need = FAR
        side.scale = opportunity_at(w, i, m.next).short
        if side.scale <= 0.0:
            reach_at_once(side, m.t)


@compiled
def reach_at_once(side: Any, t: float) -> None:
    """Nothing is left of the work ahead: like a jump over all of it."""
    side.counted = -1.0
    side.jumped = t


@compiled
def unhit(w: World, i: int, side: Any) -> float:
    """Log of the chance that the milestone ahead has not come while progress grew since it was counted last.

    Nothing is counted while the milestone may have come already.
    """
    m = member_at(w, i)
    if m.need == NEVER or side.peak <= side.counted or m.t < side.open:
        return 0.0
    before = survival(ahead(w, m), side, side.counted)
    after = survival(ahead(w, m), side, side.peak)
    side.counted = side.peak
    if after <= 0.0:
        return -NEVER
    return math.log(after / before)


@compiled
def hit(w: World, i: int, t: float, side: Any, within: bool) -> float:
    """Log density of reaching the milestone ahead at `t` and not before: f(M) v / S(M counted).

    Of a jump, and `within` an interval that ends at `t`, it is the probability of the work between.
    """
    m = member_at(w, i)
    if m.need == NEVER:
        return -NEVER
    before = survival(ahead(w, m), side, side.counted)
    weight = 0.0
    if within or abs(side.jumped - t) <= MOMENT:
        weight = between(ahead(w, m), side, side.counted, side.peak)
    elif m.vel > 0.0 and m.done >= side.peak * (1.0 - 1e-12):
        weight = density(ahead(w, m), side, side.peak) * m.vel / MONTH
    if weight <= 0.0 or before <= 0.0:
        return -NEVER
    return math.log(weight) - math.log(before)


@compiled
def draw_work(w: World, i: int, u: float, side: Any) -> None:
    """Draw the work of the milestone ahead, given that it is more than the running maximum of progress."""
    m = member_at(w, i)
    if m.need < NEVER:
        g = ahead(w, m)
        rest = survival(g, side, side.peak)
        if rest > 0.0:
            m.need = side.shift + side.scale * exp(g.log_after - max(g.spread, NARROW) * ndtri(u * rest))
        else:
            m.need = side.peak
        m.need = max(m.need, side.peak, m.done)
        aim(w, i)

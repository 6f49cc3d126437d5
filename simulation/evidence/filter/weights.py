"""What an observation does to a particle, and how likely it was."""

from __future__ import annotations

import math
from typing import Any

from simulation.evidence.filter.course import is_due, unasked
from simulation.evidence.filter.particle import (
    catch_up_journey,
    chance_to_renew,
    come_again,
    mute,
    settle_in,
    take_delivery,
)
from simulation.evidence.filter.records import (
    COUNTS,
    LEAST,
    O_ASKED,
    O_DELIVERED,
    O_ESCALATED,
    O_GRACE,
    O_INTERACTION,
    O_LEFT,
    O_MILESTONE,
    O_MOVED,
    O_OPENS,
    O_PRESENT,
    O_RATING,
    O_RECOGNISED,
    O_RECOVERED,
    O_RENEWED,
    O_RESOLVED,
    O_RETURNED,
    O_SETBACK,
    O_USAGE,
    TOLD_COURSE,
    TOLD_INTERACTIONS,
    UNRULY,
)
from simulation.evidence.filter.sight import usual_usage
from simulation.evidence.filter.work import hide_work, hit, unhit
from simulation.model.jit import compiled
from simulation.model.journey import settle
from simulation.model.life import live
from simulation.model.membership import leave
from simulation.model.renewal import renew
from simulation.model.setbacks import clear_setback, escalate, open_setback
from simulation.model.state import INTERACTION, K_RECOVERED, K_RENEWED, NEVER, World
from simulation.model.tables import member_at, segment_at

SAME = 1.5  # days between a due date and a leaving that is the answer to it
OUT_OF_STEP = 1e-3  # likelihood of a particle that stood elsewhere on the journey than a milestone says
LEAST_NOISE = 0.05  # log standard deviation of a usage that is stated to be exact


@compiled
def usage_likelihood(noise: float, value: float, mean: float, told: int) -> float:
    """Log likelihood of a month's usage at its mean: Poisson for counts, else lognormal (0 says nothing then)."""
    if mean <= 0.0:
        return -NEVER
    if told & COUNTS:
        return value * math.log(mean) - mean  # without the factorial, the same for all
    if value <= 0.0:
        return 0.0
    z = (math.log(value) - math.log(mean)) / max(noise, LEAST_NOISE)
    return -0.5 * z * z


@compiled
def rating_likelihood(noise: float, value: float, direction: float) -> float:
    """Log likelihood of a rating: (1 + cos direction) / 2 and normal noise, cut off at 0 and 1."""
    mean = 0.5 * (1.0 + math.cos(direction))
    if value >= 1.0:
        return math.log(max(0.5 * math.erfc((1.0 - mean) / (noise * math.sqrt(2.0))), LEAST))
    if value <= 0.0:
        return math.log(max(0.5 * math.erfc(mean / (noise * math.sqrt(2.0))), LEAST))
    z = (value - mean) / noise
    return -0.5 * z * z


@compiled
def asked_for(w: World, i: int, k: int, t: float, side: Any, told: int) -> float:
    """Log of how well a request for `k` by the rule `off_course` fits a particle: there was an interaction at `t`."""
    if not told & TOLD_INTERACTIONS:
        live(w, i, t, INTERACTION)
        mute(w, i, told)
    return 0.0 if t >= side.silent and is_due(w, i, k, t, side.covered) else math.log(UNRULY)


@compiled
def observe(w: World, i: int, o: Any, t: float, side: Any, sight: Any, number: int) -> float:
    """Let one observation happen to a particle that has been brought to `t`; its log likelihood.

    A milestone is weighed here and passed later, when all particles have been weighed.
    """
    m = member_at(w, i)
    s = segment_at(w, m.seg)
    what = o.what
    told = sight.told
    if what == O_RETURNED:
        if m.present == 0:
            come_again(w, i, t, told)
        return 0.0
    if m.present == 0:
        return 0.0
    if what == O_MILESTONE:
        if catch_up_journey(w, i, o.a, t, side, told) and m.need < NEVER:
            return math.log(OUT_OF_STEP)  # when the last one was reached is not known: other explanations are better
        return hit(w, i, t, side, o.high >= o.low)
    if what == O_PRESENT:
        if o.a >= -1 and m.next != o.a + 1:
            settle_in(w, i, o.a, t, side, told)
            return math.log(OUT_OF_STEP)
        hide_work(w, i, side, m.done)
        return 0.0
    weight = unhit(w, i, side)
    if what == O_OPENS:
        side.open = max(side.open, o.high)
    elif what == O_DELIVERED:
        take_delivery(w, i, o.a, t, side, told, number)
    elif what == O_ASKED:
        weight += asked_for(w, i, o.a, t, side, told)
    elif what == O_MOVED:
        m.seg = o.a
    elif what == O_RECOGNISED:
        m.pending = 0
        m.recognised = 1
        m.last_recognised = t
    elif what == O_SETBACK:
        open_setback(w, i, t, NEVER)
        side.opened = t
        mute(w, i, told)
    elif what == O_RESOLVED:
        clear_setback(w, i)
        mute(w, i, told)
    elif what == O_ESCALATED:
        escalate(w, i, t)
        settle(w, i, t)
        mute(w, i, told)
    elif what == O_INTERACTION:
        live(w, i, t, INTERACTION)
        mute(w, i, told)
        if told & TOLD_COURSE:
            weight += unasked(w, i, t, side, sight)
    elif what == O_USAGE:
        if o.value >= 0.0 and side.days > 0.0:
            weight += usage_likelihood(s.noise_mag, o.value, usual_usage(sight, m.seg) * side.used / side.days, told)
        side.used = 0.0
        side.days = 0.0
    elif what == O_RATING:
        weight += rating_likelihood(o.low, o.value, m.base + m.kick)
    elif what in (O_RENEWED, O_RECOVERED):
        if what == O_RENEWED:
            weight += math.log(max(chance_to_renew(w, i, t), LEAST))
        m.grace = 0
        renew(w, i, t, K_RENEWED if what == O_RENEWED else K_RECOVERED)
        mute(w, i, told)
    elif what == O_GRACE:
        weight += math.log(max(1.0 - chance_to_renew(w, i, t), LEAST))
        m.grace = 1
    elif what == O_LEFT:
        if m.grace != 0:
            m.grace = 0  # weighed when the renewal was missed
        elif abs(t - m.due) < SAME:
            weight += math.log(max(1.0 - chance_to_renew(w, i, t), LEAST))
        elif m.hazard_now > 0.0:
            weight += math.log(m.hazard_now)
        clear_setback(w, i)
        leave(w, i, t)
    return weight

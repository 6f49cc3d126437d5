"""One particle: a member of the model that lives by the model's own events, while the history tells the rest."""

from __future__ import annotations

import math
from typing import Any

from simulation.evidence.filter.course import unasked
from simulation.evidence.filter.records import (
    BITS,
    LEAST,
    MOMENT,
    NARROW,
    P_CARRY,
    P_EFFECT,
    TOLD_COURSE,
    TOLD_INTERACTIONS,
    TOLD_SETBACKS,
    TOLD_VALUE,
)
from simulation.evidence.filter.work import ahead, hide_work, reach_at_once, survival
from simulation.model.draws import draw, luck, luck_pair
from simulation.model.effects import apply, refactor
from simulation.model.expansion import lift_at
from simulation.model.jit import compiled
from simulation.model.journey import reach, set_need, settle, sync
from simulation.model.life import live, next_event
from simulation.model.membership import begin, new_member, start_clocks
from simulation.model.renewal import anchor, renew, renewal_logit, set_due
from simulation.model.setbacks import clear_setback
from simulation.model.special import exp, logistic, ndtri
from simulation.model.state import (
    E_ADVANCE,
    E_RENEWAL_LIFT,
    E_SHORTEN,
    INTERACTION,
    K_RENEWED,
    NEVER,
    P_BACK,
    Key,
    World,
)
from simulation.model.tables import effect_at, intervention_at, member_at, segment_at
from simulation.model.triggers import retime
from simulation.model.vector import redraw


@compiled
def mute(w: World, i: int, told: int) -> None:
    """Switch off the clocks whose events come from the history, or are integrated out."""
    m = member_at(w, i)
    m.t_renew = NEVER
    m.hazard_left = NEVER
    m.t_hazard = NEVER
    m.t_referral = NEVER
    if told & TOLD_INTERACTIONS:
        m.t_inter = NEVER
    if told & TOLD_SETBACKS:
        m.t_setback = NEVER
        m.t_resolve = NEVER
        m.t_escalate = NEVER
    retime(m)


@compiled
def come_in(w: World, i: int, key: Key, seg: int, t: float, side: Any, told: int) -> None:
    """Let a particle join at `t`, with the work ahead as the model draws it."""
    new_member(w, i, key, seg)
    begin(w, i, t)
    side.open = -NEVER
    side.opened = NEVER
    side.covered = 0.0
    side.silent = -NEVER
    for k in range(min(w.size_intervention, BITS)):
        v = intervention_at(w, k)
        if v.coverage >= 1.0 or luck(w, key, v.p_cover, 0) < v.coverage:
            side.covered += 2.0**k
    side.used = 0.0
    side.days = 0.0
    settle(w, i, t)
    mute(w, i, told)


@compiled
def advance(w: World, i: int, t: float, side: Any, told: int, sight: Any) -> float:
    """Let a particle live until `t`; log of its chance not to have left by then, nor to have been seen off course."""
    m = member_at(w, i)
    stayed = 0.0
    start = m.t
    if m.present == 0:
        return stayed
    while True:
        at, what = next_event(m)
        if at >= t:
            break
        stayed -= m.hazard_now * (at - m.t)
        side.used += m.pace * (at - m.t)
        live(w, i, at, what)
        mute(w, i, told)
        side.peak = max(side.peak, m.done)
        if what == INTERACTION and told & TOLD_COURSE:
            stayed += unasked(w, i, at, side, sight)
    stayed -= m.hazard_now * (t - m.t)
    side.used += m.pace * (t - m.t)
    side.days += t - start
    sync(w, i, t)
    m.hazard_left = NEVER
    side.peak = max(side.peak, m.done)
    return stayed


@compiled
def live_unseen(w: World, i: int, t: float, side: Any, told: int, sight: Any) -> float:
    """Live from joining to the record's begin, where all is as drawn; log of the chance to be a member still."""
    m = member_at(w, i)
    stayed = 0.0
    while m.due < t:
        stayed += advance(w, i, m.due, side, 0, sight)
        stayed += math.log(max(chance_to_renew(w, i, m.due), LEAST))
        renew(w, i, m.due, K_RENEWED)
        mute(w, i, 0)
    stayed += advance(w, i, t, side, 0, sight)
    if told & TOLD_SETBACKS:  # of one that is open at the begin the history would tell
        clear_setback(w, i)
    mute(w, i, told)
    return stayed


@compiled
def pass_milestone(w: World, i: int, t: float, side: Any, told: int, within: bool) -> None:
    """Put a particle past the milestone ahead; after a jump, or in an interval, it carries what is left of it.

    In an interval the work is drawn from what it can have been, and progress beyond it counts for the next milestone.
    """
    m = member_at(w, i)
    if m.need == NEVER:
        return
    carry = 0.0
    lost = max(0.0, side.peak - m.done)
    spilt = within or abs(side.jumped - t) <= MOMENT
    if spilt and side.peak > side.counted:
        g = ahead(w, m)
        high = survival(g, side, side.counted)
        low = survival(g, side, side.peak)
        u = low + (high - low) * luck(w, m.key, P_CARRY, m.next + 64 * m.cycle)
        if 0.0 < u < 1.0:
            work = exp(g.log_after - max(g.spread, NARROW) * ndtri(u))
            carry = min(max(0.0, side.peak - side.shift - side.scale * work), side.peak - max(0.0, side.counted))
    recognised = m.recognised
    since = m.last_recognised
    reach(w, i, t, max(0.0, carry - lost))
    if told & TOLD_VALUE:
        m.recognised = recognised
        m.last_recognised = since
        m.pending = 1
    hide_work(w, i, side, 0.0)
    if carry > 0.0:  # the same jump, or interval, may reach further
        side.peak = carry
        if not within:
            side.jumped = t


@compiled
def catch_up_journey(w: World, i: int, milestone: int, t: float, side: Any, told: int) -> bool:
    """Pass the milestones before local milestone `milestone` that the history misses; whether there are any."""
    m = member_at(w, i)
    missed = False
    for _ in range(segment_at(w, m.seg).n_milestones):
        if m.need == NEVER or m.next == milestone:
            break
        pass_milestone(w, i, t, side, told, False)
        missed = True
    return missed


@compiled
def take_delivery(w: World, i: int, k: int, t: float, side: Any, told: int, number: int) -> None:
    """Let intervention `k` take effect; what a short circuit leaves of work that is not drawn is kept as a map."""
    m = member_at(w, i)
    v = intervention_at(w, k)
    for e in range(v.first_effect, v.first_effect + v.n_effects):
        f = effect_at(w, e)
        u, life = 0.5, 0.5
        if f.certain == 0:
            u, life = luck_pair(w, m.key, P_EFFECT, number * 64 + e)
        amount = draw(w, f.amount, u)
        if f.kind == E_SHORTEN and m.need < NEVER and ahead(w, m).name == f.milestone:
            # Work beyond the running maximum stays beyond it: all that is measured in work moves with it.
            side.shift = (1.0 - amount) * side.shift + amount * m.done
            side.peak = (1.0 - amount) * side.peak + amount * m.done
            side.counted = (1.0 - amount) * side.counted + amount * m.done
            side.scale *= 1.0 - amount
            if side.scale <= 0.0:
                reach_at_once(side, t)
        else:
            apply(w, i, e, t, amount, u, life)
        if f.kind == E_ADVANCE:
            side.peak = max(side.peak, m.done)
            side.jumped = t
    settle(w, i, t)
    mute(w, i, told)


@compiled
def chance_to_renew(w: World, i: int, t: float) -> float:
    """Chance of a particle to renew at `t`, with the lifts of what was delivered to it."""
    return logistic(renewal_logit(w, i, member_at(w, i).vel) + lift_at(w, i, E_RENEWAL_LIFT, -1, t))


@compiled
def come_again(w: World, i: int, t: float, told: int) -> None:
    """Let a former member return: the vector redrawn over the absence, the journey where it was."""
    m = member_at(w, i)
    u, v = luck_pair(w, m.key, P_BACK, m.spell)
    redraw(m, segment_at(w, m.seg), t - m.last_inter, ndtri(u), ndtri(v))
    refactor(w, i, t)
    m.last_inter = t
    m.last_renewal = t
    m.price_t = t
    anchor(w, i, t)
    start_clocks(w, i, t)
    set_due(w, i)
    settle(w, i, t)
    mute(w, i, told)


@compiled
def settle_in(w: World, i: int, milestone: int, t: float, side: Any, told: int) -> None:
    """Put a particle after the stated milestone though it did not come there by itself."""
    m = member_at(w, i)
    if m.next != milestone + 1:
        m.next = 0
        m.cycle = 0
        for _ in range(milestone + 1):
            reach(w, i, t, 0.0)
        m.done = 0.0
        set_need(w, i)
    hide_work(w, i, side, m.done)

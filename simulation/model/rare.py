"""Everything that happens to a member but an interaction, behind one address.

The hot path of the engines is the interaction. All else is compiled once, as one function that the engines call by the
address that the world holds. Linked into each of the functions above it, as Numba does with what they call, this code
made compiling take four times as long, and it pushed the hot loop out of registers.
"""

from __future__ import annotations

from simulation.model.ahead import look_ahead, look_ahead_in_past
from simulation.model.effects import deliver, deliver_in_vain, expire
from simulation.model.expansion import close_windows, offer_if_ready, push
from simulation.model.jit import callback, compiled
from simulation.model.journey import reach, rehazard, settle, sync
from simulation.model.life import (
    AFTER,
    CATCH_UP,
    COMPLETE,
    DELIVER,
    LEAVING,
    LOOK_AHEAD,
    POPULATE,
    PUSH_SALE,
    REFERRAL,
)  # fmt: skip
from simulation.model.membership import come_back, join, leave, refer
from simulation.model.people import populate
from simulation.model.renewal import decide_renewal
from simulation.model.requests import consider_causes, lose_patience
from simulation.model.setbacks import escalate, resolve, setback, shift
from simulation.model.state import (
    CAUSE,
    ENDLESS,
    ESCALATION,
    EXPIRY,
    HIT,
    IDLE,
    JOIN,
    NEVER,
    RENEWAL,
    RESOLUTION,
    RETURN,
    SETBACK,
    SHIFT,
    WINDOW,
    World,
)
from simulation.model.tables import intervention_at, member_at, quota_at, segment_at, slot_at, world_at
from simulation.model.triggers import mark_approach, mark_course

CROWD = 10_000  # events of one member at one moment; more feed each other for ever


@compiled
def live_rare(w: World, i: int, t: float, what: int) -> None:
    """Let every private event happen that is not an interaction."""
    m = member_at(w, i)
    if t == w.moment and i == w.who:
        w.crowd += 1
        if w.crowd > CROWD:
            w.overflow |= ENDLESS
            m.t_hit = NEVER
            return
    else:
        w.moment = t
        w.who = i
        w.crowd = 0
    if what != CAUSE:  # a cause that comes to nothing must leave no trace, not even of rounding
        sync(w, i, t)
    if what == HIT:
        if segment_at(w, m.seg).watches_approach != 0:
            mark_approach(w, i, t)
        reach(w, i, t, 0.0)
        settle(w, i, t)
    elif what == EXPIRY:
        expire(w, i, t)
        settle(w, i, t)
    elif what == RESOLUTION:
        resolve(w, i, t)
    elif what == ESCALATION:
        escalate(w, i, t)
        settle(w, i, t)
    elif what == SHIFT:
        shift(w, i, t)
        settle(w, i, t)
    elif what == SETBACK:
        setback(w, i, t)
    elif what == WINDOW:
        close_windows(w, i, t)
    elif what == RENEWAL:
        if decide_renewal(w, i, t):
            leave(w, i, t)
        elif segment_at(w, m.seg).hazard_dist >= 0:
            settle(w, i, t)
    elif what == LEAVING:
        leave(w, i, t)
    elif what == RETURN:
        come_back(w, i, t)
    elif what == REFERRAL:
        refer(w, i, t)
    elif what == JOIN:
        join(w, i, t)
    elif what == CAUSE:
        consider_causes(w, i, t)
    else:
        lose_patience(w, i, t)
        settle(w, i, t)


@compiled
def after_interaction(w: World, i: int, t: float) -> None:
    """What is tested at interactions: off course, approaching, hazard, offers."""
    m = member_at(w, i)
    s = segment_at(w, m.seg)
    if w.past == 0:
        if s.course_angle < NEVER:
            mark_course(w, i, t)
        if s.watches_approach != 0:
            mark_approach(w, i, t)
    if s.hazard_dist >= 0:
        rehazard(w, i)
    if m.n_open > 0:
        offer_if_ready(w, i, t)


@compiled
def catch_hits(w: World, i: int, t: float) -> None:
    """Let every hit due by `t` happen: hits come before any other event of a member at the same time."""
    m = member_at(w, i)
    while m.t_hit <= t and w.overflow == 0:
        live_rare(w, i, m.t_hit, HIT)


@compiled
def complete(w: World, i: int, k: int, t: float, spell: int) -> None:
    """Complete a service that was started in the member's `spell`; without effect when it has left since."""
    m = member_at(w, i)
    slot = slot_at(w, i, k)
    slot.state = IDLE
    m.serving -= 1
    if m.present != 0 and m.spell == spell:
        catch_hits(w, i, t)
        if intervention_at(w, k).n_effects > 0:
            sync(w, i, t)
        deliver(w, i, k, t, slot.occurrence)
    else:
        deliver_in_vain(w, i, k, t)


@compiled
def push_sale(w: World, i: int, j: int, amount: int, t: float, q: int) -> int:
    """Push local milestone `j`'s opportunity on the quota day `q`; the ARR sold, cents."""
    sync(w, i, t)
    day = quota_at(w, q)
    sold = push(w, i, j, amount, t, day.take, day.turn, day.month)
    settle(w, i, t)
    return amount if sold else 0


@callback
def act(address: int, i: int, t: float, what: int, a: int, b: int, c: int) -> int:
    """Let `what` happen to member `i` at `t`, in the world at an address."""
    w = world_at(address)
    if what == LOOK_AHEAD:
        return look_ahead(w, i, t) if w.past == 0 else look_ahead_in_past(w, i, t)
    elif what == AFTER:
        after_interaction(w, i, t)
    elif what == COMPLETE:
        complete(w, i, a, t, b)
    elif what == PUSH_SALE:
        return push_sale(w, i, a, b, t, c)
    elif what == CATCH_UP:
        catch_hits(w, i, t)
        sync(w, i, t)
    elif what == DELIVER:
        deliver(w, i, a, t, b)
    elif what == POPULATE:
        populate(w)
    else:
        live_rare(w, i, t, what)
    return 0

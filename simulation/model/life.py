"""A member's own events: which comes next, and what happens then. Both engines advance time by these two calls.

An engine calls `next_event`, lets time come to it, and calls `live`. Requests that an event raises are left in
`w.ask` (`run.n_ask` of them) and converted referrals in `w.birth`, for the engine to take.
"""

from __future__ import annotations

from typing import Any

import numpy as np

from simulation.model.effects import deliver, deliver_in_vain, expire
from simulation.model.expansion import close_windows, push
from simulation.model.jit import compiled, inlined
from simulation.model.journey import reach, settle, sync
from simulation.model.membership import come_back, join, leave, refer
from simulation.model.random import uniform_times_and_two
from simulation.model.renewal import decide_renewal
from simulation.model.requests import consider_causes, lose_patience
from simulation.model.setbacks import escalate, resolve, setback, shift
from simulation.model.special import log, ndtri
from simulation.model.state import (
    CAUSE,
    ESCALATION,
    EXPIRY,
    HIT,
    IDLE,
    INTERACTION,
    JOIN,
    K_INTERACTION,
    NEVER,
    P_INTERACTION,
    PATIENCE,
    RENEWAL,
    RESOLUTION,
    RETURN,
    SETBACK,
    SHIFT,
    WINDOW,
    World,
)  # fmt: skip
from simulation.model.tables import member_at, quota_at, segment_at, slot_at
from simulation.model.tally import log_row
from simulation.model.triggers import mark_approach, mark_course
from simulation.model.vector import observe, redraw

# What a private event is: its class, and two that share a class with another.
LEAVING = 18  # the mid-term hazard, in the class of renewal or leaving
REFERRAL = 19  # an occasion to refer, in the class of return
CLASS_OF = np.array([*range(18), RENEWAL, RETURN], np.int64)


@compiled
def rare_event(m: Any) -> int:
    """Which of a member's rare events is due at its earliest rare time, simultaneous ones in class order."""
    t = m.t_rare
    if m.t_expiry <= t:
        return EXPIRY
    if m.t_resolve <= t:
        return RESOLUTION
    if m.t_escalate <= t:
        return ESCALATION
    if m.t_shift <= t:
        return SHIFT
    if m.t_setback <= t:
        return SETBACK
    if m.t_window <= t:
        return WINDOW
    if m.t_renew <= t:
        return RENEWAL
    if m.t_hazard <= t:
        return LEAVING
    if m.t_return <= t:
        return RETURN
    if m.t_referral <= t:
        return REFERRAL
    if m.t_join <= t:
        return JOIN
    if m.t_cause <= t:
        return CAUSE
    return PATIENCE


@inlined
def next_event(m: Any) -> tuple[float, int]:
    """Time and kind of a member's next private event; (NEVER, ...) when none will come.

    A hit due at a time comes before every other event of that member at that time.
    """
    t = m.t_inter
    what = INTERACTION
    if m.t_rare <= t:
        rare = rare_event(m)
        if m.t_rare < t or CLASS_OF[rare] < INTERACTION:
            t = m.t_rare
            what = rare
    if m.t_hit <= t and m.t_hit < NEVER:
        t = m.t_hit
        what = HIT
    return t, what


@inlined
def interact(w: World, i: int, t: float) -> None:
    """One interaction: the base is redrawn, the kick fades, and what is tested at interactions is tested."""
    m = member_at(w, i)
    s = segment_at(w, m.seg)
    sync(w, i, t)
    number = np.uint32(m.n_inter)
    # One block serves the three draws of an interaction: its redraw, and the gap to the next one.
    u, a, b = uniform_times_and_two(w.seed, w.replication, m.key, P_INTERACTION, number)
    redraw(m, s, t - m.last_inter, ndtri(a), ndtri(b))
    m.last_inter = t
    m.n_inter = number + np.uint32(1)
    m.t_inter = t - s.interaction_gap * log(u)
    if w.past == 0:
        if s.noise_dir > 0.0 or s.noise_mag > 0.0:
            observe(w, i, m.n_inter)
        if s.watches_course != 0:
            mark_course(w, i, t)
        if s.watches_approach != 0:
            mark_approach(w, i, t)
    log_row(w, i, t, K_INTERACTION, -1, m.done)
    settle(w, i, t)


@compiled
def live_rare(w: World, i: int, t: float, what: int) -> None:
    """Let every private event happen that is not an interaction."""
    m = member_at(w, i)
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


@inlined
def live(w: World, i: int, t: float, what: int) -> None:
    """Let member `i`'s private event `what` happen at `t`."""
    if what == INTERACTION:
        interact(w, i, t)
    else:
        live_rare(w, i, t, what)


@compiled
def catch_hits(w: World, i: int, t: float) -> None:
    """Let every hit due by `t` happen: hits come before any other event of a member at the same time."""
    m = member_at(w, i)
    while m.t_hit <= t:
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

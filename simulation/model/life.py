"""A member's own events: which comes next, and what happens then. Both engines advance time by these two calls.

An engine calls `next_event`, lets time come to it, and calls `live`. Requests that an event raises are left in
`ask_at(w, n)` (`w.n_ask` of them) and converted referrals in `birth_at(w, n)`, for the engine to take.
"""

from __future__ import annotations

from typing import Any

import numpy as np

from simulation.model.ahead import BASE, KICK, LOGMAG, PACE, TIME, VELOCITY, place_ahead
from simulation.model.jit import compiled, inlined
from simulation.model.journey import aim_until, sync
from simulation.model.state import (
    CAUSE,
    ESCALATION,
    EXPIRY,
    HIT,
    INTERACTION,
    JOIN,
    K_INTERACTION,
    NEVER,
    PATIENCE,
    RENEWAL,
    RESOLUTION,
    RETURN,
    SETBACK,
    SHIFT,
    WINDOW,
    World,
)
from simulation.model.tables import call_act, member_at, number_from, segment_at
from simulation.model.tally import log_row
from simulation.model.vector import observed_direction, set_course

# What a private event is: its class, and two that share a class with another.
LEAVING = 18  # the mid-term hazard, in the class of renewal or leaving
REFERRAL = 19  # an occasion to refer, in the class of return
AFTER, COMPLETE, PUSH_SALE, POPULATE, CATCH_UP, DELIVER, LOOK_AHEAD = range(20, 27)  # what else `rare.act` does
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
    n = place_ahead(w, m, t)
    if n < 0:
        n = call_act(w.at_act, w.at_world, i, t, LOOK_AHEAD, 0, 0, 0)
    a = w.at_ahead
    m.base = number_from(a, BASE + n + 1).x
    m.kick = number_from(a, KICK + n + 1).x
    m.logmag = number_from(a, LOGMAG + n + 1).x
    m.pace = number_from(a, PACE + n).x
    m.vel = number_from(a, VELOCITY + n).x
    m.last_inter = t
    m.t_inter = number_from(a, TIME + n + 2).x
    m.n_inter += np.uint32(1)
    log_row(w, i, t, K_INTERACTION, -1, m.done)
    aim_until(w, i, m.t_inter)
    set_course(w, i, t)
    if (
        s.hazard_dist >= 0
        or m.n_open > 0
        or (w.past == 0 and s.course_angle < NEVER and abs(observed_direction(w, i)) >= s.course_angle)
        or m.need - m.done <= s.approach_within
    ):
        call_act(w.at_act, w.at_world, i, t, AFTER, 0, 0, 0)


@inlined
def live(w: World, i: int, t: float, what: int) -> None:
    """Let member `i`'s private event `what` happen at `t`."""
    if what == INTERACTION:
        interact(w, i, t)
    else:
        call_act(w.at_act, w.at_world, i, t, what, 0, 0, 0)


@compiled
def complete(w: World, i: int, k: int, t: float, spell: int) -> None:
    """Complete a service that was started in the member's `spell`; without effect when it has left since."""
    call_act(w.at_act, w.at_world, i, t, COMPLETE, k, spell, 0)


@compiled
def push_sale(w: World, i: int, j: int, amount: int, t: float, q: int) -> int:
    """Push local milestone `j`'s opportunity on the quota day `q`; the ARR sold, cents."""
    return call_act(w.at_act, w.at_world, i, t, PUSH_SALE, j, amount, q)


@compiled
def populate(w: World) -> None:
    """Write every member who is there at the start or will arrive; referrals come as they are made."""
    call_act(w.at_act, w.at_world, 0, 0.0, POPULATE, 0, 0, 0)


@compiled
def catch_up(w: World, i: int, t: float) -> None:
    """Bring a member to `t` before something is done to it: hits due by then happen first."""
    call_act(w.at_act, w.at_world, i, t, CATCH_UP, 0, 0, 0)


@compiled
def deliver(w: World, i: int, k: int, t: float, occurrence: int) -> None:
    """Deliver intervention `k` to a present member that has been brought to `t`."""
    call_act(w.at_act, w.at_world, i, t, DELIVER, k, occurrence, 0)

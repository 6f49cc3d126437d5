"""Advancing one member alone up to its next touch of something shared (lazy local advance)."""

from __future__ import annotations

from simulation.engine.calendar import A_MEMBER, A_REQUEST, schedule
from simulation.engine.desk import desk_of
from simulation.model.jit import compiled
from simulation.model.life import CLASS_OF, live, next_event
from simulation.model.membership import new_member
from simulation.model.state import CAUSE, FULL_MEMBERS, NEVER, QUOTA, World
from simulation.model.tables import ask_at, birth_at, member_at, quota_at, slot_at
from simulation.model.triggers import retime


@compiled
def resume(w: World, i: int) -> None:
    """Go on with member `i`: alone if it can, else with its next event in the calendar."""
    m = member_at(w, i)
    if m.waiting == 0:
        run_alone(w, i)
    if m.waiting > 0:
        m.version += 1
        t, what = next_event(m)
        schedule(w, t, CLASS_OF[what], m.key, A_MEMBER, i, 0, m.version)


@compiled
def run_alone(w: World, i: int) -> None:
    """Advance a member through its private events up to its next touch, the next quota day or the end."""
    m = member_at(w, i)
    stop = min(m.t_hold, w.end)
    barrier = NEVER
    if desk_of(w).next_quota < w.size_quota:
        barrier = quota_at(w, desk_of(w).next_quota).day
    while True:
        t, what = next_event(m)
        if t >= stop or t > barrier or (t == barrier and CLASS_OF[what] > QUOTA):
            break
        live(w, i, t, what)
        if w.n_ask > 0:
            take_asks(w)
            break
        if w.overflow != 0:
            break


@compiled
def take_asks(w: World) -> None:
    """Put the requests that the last event raised in the calendar."""
    for n in range(w.n_ask):
        ask = ask_at(w, n)
        slot = slot_at(w, ask.member, ask.intervention)
        schedule(w, ask.time, CAUSE, member_at(w, ask.member).key, A_REQUEST, ask.member, ask.intervention, slot.token)
    w.n_ask = 0


@compiled
def welcome(w: World) -> None:
    """Let the referred become members to come, and run each up to its first touch."""
    while w.n_birth > 0 and w.overflow == 0:
        w.n_birth -= 1
        birth = birth_at(w, w.n_birth)
        if birth.time >= w.end:
            continue
        i = w.n_members
        if i >= w.size_member:
            w.overflow |= FULL_MEMBERS
            return
        w.n_members = i + 1
        new_member(w, i, birth.key, birth.segment)
        m = member_at(w, i)
        m.referred = 1
        m.t_join = birth.time
        retime(m)
        resume(w, i)

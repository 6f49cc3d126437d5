"""Advancing one member alone up to its next touch of something shared (lazy local advance)."""

from __future__ import annotations

from typing import Any

from simulation.engine.calendar import A_MEMBER, A_REQUEST, schedule
from simulation.engine.desk import desk_of, session_at
from simulation.model.jit import compiled, inlined
from simulation.model.life import CLASS_OF, live, next_event
from simulation.model.membership import new_member
from simulation.model.state import BOOKED, BY_SESSION, CAUSE, FULL_MEMBERS, NEVER, QUOTA, WAITING, World
from simulation.model.tables import ask_at, birth_at, intervention_at, member_at, quota_at, slot_at
from simulation.model.triggers import retime


@compiled
def resume(w: World, i: int) -> None:
    """Go on with member `i`: alone as far as it can, then with its next event in the calendar while it waits."""
    m = member_at(w, i)
    goes_on = True
    while goes_on:
        start = first_start(w, i)
        goes_on = run_alone(w, i, start) or (m.waiting == 0 and start < NEVER)
    if m.waiting > 0:
        m.version += 1
        t, what = next_event(m)
        schedule(w, t, CLASS_OF[what], m.key, A_MEMBER, i, 0, m.version)


@compiled
def first_start(w: World, i: int) -> float:
    """Before when no service can start that a member waits for: never without one, at once for that of a team.

    Who waits for a session alone need not be stepped through the calendar until the next one. Where sessions are full
    for months, that was two thirds of the calendar's entries.
    """
    m = member_at(w, i)
    first = NEVER
    if m.waiting > 0:
        for k in range(w.size_intervention):
            slot = slot_at(w, i, k)
            if slot.state == WAITING and intervention_at(w, k).delivery == BY_SESSION:
                first = min(first, next_session(w, k, slot.last_request))
            elif slot.state == WAITING or slot.state == BOOKED:
                return -NEVER
    return first


@compiled
def next_session(w: World, k: int, t: float) -> float:
    """Date of the first session of intervention `k` that is still to be held, and not before `t`."""
    v = intervention_at(w, k)
    number = session_at(w, k).n
    if t > v.first:
        number = max(number, int((t - v.first) / v.session_every))
    while session_date(v, number) < t:
        number += 1
    return session_date(v, number)


@inlined
def session_date(v: Any, number: int) -> float:
    """Date of session `number` of an intervention, from 0."""
    date: float = v.first + number * v.session_every
    return date


@compiled
def run_alone(w: World, i: int, start: float) -> bool:
    """Advance a member through its private events before `start`, its next touch, the next quota day or the end.

    True when it has raised a request: then it may wait for something else than before.
    """
    m = member_at(w, i)
    stop = min(min(m.t_hold, start), w.end)
    barrier = NEVER
    if desk_of(w).next_quota < w.size_quota:
        barrier = quota_at(w, desk_of(w).next_quota).day
    while w.overflow == 0:
        t, what = next_event(m)
        if t >= stop or t > barrier or (t == barrier and CLASS_OF[what] > QUOTA):
            return False
        live(w, i, t, what)
        if w.n_ask > 0:
            take_asks(w)
            return True
    return False


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

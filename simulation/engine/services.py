"""Requests, queues, servers and sessions of the compiled engine: what members share.

Each function that may let a team's queue move gives the team, or -1; `dispatch` looks at the queue after all earlier
classes of that time.
"""

from __future__ import annotations

import numpy as np

from simulation.engine.advance import resume, session_date, take_asks
from simulation.engine.calendar import (
    A_COMPLETION,
    A_DISPATCH,
    A_SESSION,
    leave_line,
    line_up,
    next_time,
    queue_of,
    schedule,
)
from simulation.engine.desk import (
    attendee_at,
    batch_at,
    desk_of,
    dispatched_at,
    length_at,
    post_at,
    session_at,
    waiter_at,
)  # fmt: skip
from simulation.model.draws import draw, luck
from simulation.model.jit import compiled, inlined
from simulation.model.life import complete
from simulation.model.requests import ramp_at, service_days, start_service, start_work
from simulation.model.state import (
    BOOKED,
    BY_SESSION,
    COMPLETION,
    DISPATCH,
    FULL_BATCHES,
    NEVER,
    SERVING,
    SESSION,
    WAITING,
    World,
)  # fmt: skip
from simulation.model.tables import intervention_at, member_at, server_at, slot_at, team_at


@compiled
def want_dispatch(w: World, team: int, t: float) -> None:
    """See to it that a team's queue is looked at once at `t`, after all earlier classes; at once if none is left."""
    if next_time(w) > t:
        dispatch(w, team, t)
    elif dispatched_at(w, team).t != t:
        dispatched_at(w, team).t = t
        schedule(w, t, DISPATCH, np.uint64(team), A_DISPATCH, team, 0, 0)


@compiled
def request(w: World, i: int, k: int, t: float, token: int) -> int:
    """Let a request join its queue, if it is still wanted."""
    slot = slot_at(w, i, k)
    if slot.state != WAITING or slot.token != token:
        return -1
    v = intervention_at(w, k)
    key = member_at(w, i).key
    if v.delivery == BY_SESSION:
        line_up(w, w.size_team + k, v.priority, slot.rank, slot.last_request, key, i, k, token)
        return -1
    line_up(w, v.team, v.priority, slot.rank, slot.last_request, key, i, k, token)
    return int(v.team)


@compiled
def fastest_idle(w: World, team: int, t: float) -> int:
    """The idle server of a team with the highest ramp at `t`, the first of equals; -1 when none is idle."""
    best = -1
    speed = 0.0
    first = team_at(w, team).first_server
    for s in range(first, first + team_at(w, team).n_servers):
        if post_at(w, s).busy == 0 and server_at(w, s).start <= t < server_at(w, s).stop:
            ramp = ramp_at(w, s, t)
            if ramp > speed:
                speed = ramp
                best = s
                if ramp >= 1.0:
                    break
    return best


@compiled
def next_waiter(w: World, q: int) -> bool:
    """Drop what is no longer wanted from the head of a queue; whether somebody wanted is left."""
    while length_at(w, q).n > 0:
        e = waiter_at(queue_of(w, q), 0)
        if e.token == 0:
            for n in range(batch_at(w, e.a).n):
                if still_booked(w, e.a, n):
                    return True
        else:
            slot = slot_at(w, e.a, e.k)
            if slot.state == WAITING and slot.token == e.token:
                return True
        leave_line(w, q)
    return False


@inlined
def still_booked(w: World, batch: int, n: int) -> bool:
    """Whether the n-th attendee of a session job still wants to come."""
    b = batch_at(w, batch)
    a = attendee_at(w, b.first + n)
    slot = slot_at(w, a.member, b.k)
    booked: bool = slot.state == BOOKED and slot.token == a.token
    return booked


@compiled
def dispatch(w: World, team: int, t: float) -> None:
    """Start the waiting on the idle servers of a team, until one of both is used up."""
    while next_waiter(w, team):
        server = fastest_idle(w, team, t)
        if server < 0:
            return
        e = waiter_at(queue_of(w, team), 0)
        i = int(e.a)
        k = int(e.k)
        job = e.token == 0
        leave_line(w, team)
        s = post_at(w, server)
        s.busy = 1
        s.k = k
        s.member = i
        s.batch = -1
        if job:
            start_session(w, i, server, team, t)
        else:
            m = member_at(w, i)
            effort = slot_at(w, i, k).effort
            days = service_days(w, team, server, effort, t)
            start_work(w, k, m.seg, effort, t, days)
            start_service(w, i, k, t)
            s.spell = m.spell
            slot_at(w, i, k).until = t + days
            m.t_hold = min(m.t_hold, t + days)
            schedule(w, t + days, COMPLETION, m.key, A_COMPLETION, server, k, 0)
            resume(w, i)


@compiled
def start_session(w: World, batch: int, server: int, team: int, t: float) -> None:
    """Start a session job: effects come to all who attend when it completes."""
    b = batch_at(w, batch)
    k = int(b.k)
    v = intervention_at(w, k)
    effort = max(0.0, draw(w, v.effort_dist, luck(w, v.key, v.p_effort, b.number)))
    days = service_days(w, team, server, effort, t)
    post_at(w, server).batch = batch
    first = -1
    for n in range(b.n):
        a = attendee_at(w, b.first + n)
        if not still_booked(w, batch, n):
            a.member = -1
            continue
        i = int(a.member)
        m = member_at(w, i)
        if first < 0:
            first = i
            start_work(w, k, m.seg, effort, t, days)
        start_service(w, i, k, t)
        a.spell = m.spell
        slot_at(w, i, k).until = t + days
        m.t_hold = min(m.t_hold, t + days)
    for n in range(b.n):
        i = int(attendee_at(w, b.first + n).member)
        if i >= 0:
            resume(w, i)
    schedule(w, t + days, COMPLETION, member_at(w, first).key, A_COMPLETION, server, k, 0)


@compiled
def finish(w: World, i: int, k: int, t: float, spell: int) -> None:
    """Complete a member's service and go on with it."""
    m = member_at(w, i)
    m.t_hold = NEVER
    if m.serving > 1:
        for other in range(w.size_intervention):
            if other != k and slot_at(w, i, other).state == SERVING:
                m.t_hold = min(m.t_hold, slot_at(w, i, other).until)
    complete(w, i, k, t, spell)
    take_asks(w)
    resume(w, i)


@compiled
def completion(w: World, server: int, t: float) -> int:
    """Free a server and complete what it did."""
    s = post_at(w, server)
    k = int(s.k)
    s.busy = 0
    if s.batch < 0:
        finish(w, s.member, k, t, s.spell)
    else:
        b = batch_at(w, s.batch)
        for n in range(b.n):
            a = attendee_at(w, b.first + n)
            if a.member >= 0:
                finish(w, a.member, k, t, a.spell)
    return int(intervention_at(w, k).team)


@compiled
def hold_session(w: World, k: int, t: float) -> int:
    """Hold a session for the first who wait, or book them for one that the team has to start."""
    v = intervention_at(w, k)
    d = desk_of(w)
    number = session_at(w, k).n
    session_at(w, k).n = number + 1
    schedule(w, session_date(v, number + 1), SESSION, np.uint64(k), A_SESSION, k, 0, 0)
    q = w.size_team + k
    first = d.n_attendees
    batch = d.n_batches
    n = 0
    rank = 0.0
    while n < v.size and next_waiter(w, q):
        e = waiter_at(queue_of(w, q), 0)
        if first + n >= d.size_attendee or batch >= d.size_batch:
            w.overflow |= FULL_BATCHES
            return -1
        if n == 0:
            rank = e.rank
        a = attendee_at(w, first + n)
        a.member = e.a
        a.token = e.token
        slot_at(w, e.a, k).state = BOOKED
        leave_line(w, q)
        n += 1
    if n == 0:
        return -1
    if v.team >= 0:
        b = batch_at(w, batch)
        b.first = first
        b.n = n
        b.k = k
        b.number = number
        d.n_batches += 1
        d.n_attendees += n
        line_up(w, v.team, v.priority, rank, t, member_at(w, attendee_at(w, first).member).key, batch, k, 0)
        return int(v.team)
    for place in range(n):
        i = int(attendee_at(w, first + place).member)
        start_service(w, i, k, t)
        finish(w, i, k, t, member_at(w, i).spell)
    return -1

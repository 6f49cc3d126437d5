"""The compiled engine: each member is advanced alone until it touches something shared (lazy local advance).

Members meet only through teams, sessions and quotas. A member runs through its own events up to its next touch: a
request that it raises, the completion of a service that has started, a quota day. Only touches enter the calendar. A
member who waits has its next private event in the calendar, one at a time, for the moment at which its service starts
is not known yet. That is exact, and it keeps a member's record in cache for hundreds of events.
"""

from __future__ import annotations

from dataclasses import replace
from typing import NamedTuple

import numpy as np

from simulation.engine.calendar import (
    ENTRY,
    WAITER,
    drop_first_entry,
    drop_first_waiter,
    sift_entry_up,
    sift_waiter_up,
)  # fmt: skip
from simulation.engine.plan import Plan
from simulation.engine.world import Memory, Room
from simulation.model.draws import draw, luck
from simulation.model.expansion import best_push
from simulation.model.jit import compiled, inlined
from simulation.model.life import CLASS_OF, complete, live, next_event, populate, push_sale
from simulation.model.membership import new_member
from simulation.model.requests import ramp_at, service_days, start_service, start_work
from simulation.model.state import (
    BOOKED,
    BY_SESSION,
    CAPACITY,
    CAUSE,
    COLLISION,
    COMPLETION,
    DISPATCH,
    FULL_BATCHES,
    FULL_CALENDAR,
    FULL_MEMBERS,
    FULL_QUEUE,
    NEVER,
    QUOTA,
    SERVING,
    SESSION,
    WAITING,
    Key,
    Records,
    World,
)  # fmt: skip
from simulation.model.tables import (
    ask_at,
    birth_at,
    intervention_at,
    member_at,
    quota_at,
    server_at,
    slot_at,
    sold_at,
    team_at,
)
from simulation.model.tally import Q_QUEUE_SECONDS, close_books, spread_seconds
from simulation.model.triggers import retime

A_MEMBER, A_REQUEST, A_COMPLETION, A_CAPACITY, A_SESSION, A_QUOTA, A_DISPATCH = range(7)

SERVER_STATE = np.dtype([("busy", "i4"), ("member", "i4"), ("k", "i4"), ("batch", "i4"), ("spell", "i4")], align=True)
BATCH = np.dtype([("first", "i4"), ("n", "i4"), ("k", "i4"), ("number", "i4")], align=True)
ATTENDEE = np.dtype([("member", "i4"), ("token", "u4"), ("spell", "i4")], align=True)


class Desk(NamedTuple):
    """What only this engine holds: the calendar, queues, servers and session jobs."""

    counts: np.ndarray  # int64: 0 calendar entries, 1 batches, 2 attendees, 3 next quota day
    calendar: Records  # ENTRY
    queues: Records  # WAITER[T + K, room]: of the teams, then those who wait for a session
    lengths: np.ndarray  # int64[T + K]
    servers: Records  # SERVER_STATE
    dispatched: np.ndarray  # float64[T]: the time for which a dispatch is in the calendar
    batches: Records  # BATCH
    attendees: Records  # ATTENDEE
    sessions: np.ndarray  # int64[K]: sessions held so far
    pushed: Records  # WAITER: scratch for quota days


def make_desk(plan: Plan, room: Room) -> Desk:
    """Allocate the engine's own memory."""
    teams, k = len(plan.frame.teams), len(plan.intervention_names)
    return Desk(
        counts=np.zeros(4, np.int64),
        calendar=np.zeros(room.calendar, ENTRY),
        queues=np.zeros((teams + k, room.queue), WAITER),
        lengths=np.zeros(teams + k, np.int64),
        servers=np.zeros(plan.sizes["server"], SERVER_STATE),
        dispatched=np.zeros(teams),
        batches=np.zeros(room.batches, BATCH),
        attendees=np.zeros(room.batches, ATTENDEE),
        sessions=np.zeros(k, np.int64),
        pushed=np.zeros(room.members + 1 if plan.sizes["quota"] else 1, WAITER),
    )


@compiled
def schedule(w: World, d: Desk, t: float, cls: int, key: Key, kind: int, a: int, b: int, token: int) -> None:
    """Put an entry in the calendar."""
    n = d.counts[0]
    if n >= len(d.calendar) - 1:
        w.overflow |= FULL_CALENDAR
        return
    e = d.calendar[n]
    e.t = t
    e.key = key
    e.cls = cls
    e.kind = kind
    e.a = a
    e.b = b
    e.token = token
    d.counts[0] = n + 1
    sift_entry_up(d.calendar, n)


@compiled
def line_up(
    w: World, d: Desk, q: int, priority: int, rank: float, t: float, key: Key, a: int, k: int, token: int
) -> None:
    """Let a request or a session job (token 0) wait in a queue."""
    n = d.lengths[q]
    if n >= d.queues.shape[1] - 1:
        w.overflow |= FULL_QUEUE
        return
    e = d.queues[q, n]
    e.priority = priority
    e.rank = rank
    e.requested = t
    e.key = key
    e.a = a
    e.k = k
    e.token = token
    d.lengths[q] = n + 1
    sift_waiter_up(d.queues[q], n)


@compiled
def want_dispatch(w: World, d: Desk, team: int, t: float) -> None:
    """See to it that a team's queue is looked at once at `t`, after all earlier classes."""
    if d.dispatched[team] != t:
        d.dispatched[team] = t
        schedule(w, d, t, DISPATCH, np.uint64(team), A_DISPATCH, team, 0, 0)


@compiled
def resume(w: World, d: Desk, i: int) -> None:
    """Go on with member `i`: alone if it can, else with its next event in the calendar."""
    m = member_at(w, i)
    if m.waiting == 0:
        run_alone(w, d, i)
    if m.waiting > 0:
        m.version += 1
        t, what = next_event(m)
        if t < w.end:
            schedule(w, d, t, CLASS_OF[what], m.key, A_MEMBER, i, 0, m.version)


@compiled
def run_alone(w: World, d: Desk, i: int) -> None:
    """Advance a member through its private events up to its next touch, the next quota day or the end."""
    m = member_at(w, i)
    stop = min(m.t_hold, w.end)
    barrier = NEVER
    if d.counts[3] < w.size_quota:
        barrier = quota_at(w, d.counts[3]).day
    while True:
        t, what = next_event(m)
        if t >= stop or t > barrier or (t == barrier and CLASS_OF[what] > QUOTA):
            break
        live(w, i, t, what)
        if w.n_ask > 0:
            take_asks(w, d)
            break
        if w.overflow != 0:
            break


@compiled
def take_asks(w: World, d: Desk) -> None:
    """Put the requests that the last event raised in the calendar."""
    for n in range(w.n_ask):
        ask = ask_at(w, n)
        slot = slot_at(w, ask.member, ask.intervention)
        schedule(
            w, d, ask.time, CAUSE, member_at(w, ask.member).key, A_REQUEST, ask.member, ask.intervention, slot.token
        )
    w.n_ask = 0


@compiled
def welcome(w: World, d: Desk) -> None:
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
        resume(w, d, i)


@compiled
def request(w: World, d: Desk, i: int, k: int, t: float, token: int) -> None:
    """Let a request join its queue, if it is still wanted."""
    slot = slot_at(w, i, k)
    if slot.state != WAITING or slot.token != token:
        return
    v = intervention_at(w, k)
    q = v.team
    if v.delivery == BY_SESSION:
        q = w.size_team + k
    line_up(w, d, q, v.priority, slot.rank, slot.requested, member_at(w, i).key, i, k, token)
    if v.delivery != BY_SESSION:
        want_dispatch(w, d, v.team, t)


@compiled
def fastest_idle(w: World, d: Desk, team: int, t: float) -> int:
    """The idle server of a team with the highest ramp at `t`, the first of equals; -1 when none is idle."""
    best = -1
    speed = -1.0
    first = team_at(w, team).first_server
    for s in range(first, first + team_at(w, team).n_servers):
        if d.servers[s].busy == 0 and server_at(w, s).start <= t < server_at(w, s).stop:
            ramp = ramp_at(w, s, t)
            if ramp > speed and ramp > 0.0:
                speed = ramp
                best = s
    return best


@compiled
def next_waiter(w: World, d: Desk, q: int) -> bool:
    """Drop what is no longer wanted from the head of a queue; whether somebody wanted is left."""
    while d.lengths[q] > 0:
        e = d.queues[q, 0]
        if e.token == 0:
            for n in range(d.batches[e.a].n):
                if still_booked(w, d, e.a, n):
                    return True
        else:
            slot = slot_at(w, e.a, e.k)
            if slot.state == WAITING and slot.token == e.token:
                return True
        drop_first_waiter(d.queues[q], d.lengths[q])
        d.lengths[q] -= 1
    return False


@inlined
def still_booked(w: World, d: Desk, batch: int, n: int) -> bool:
    """Whether the n-th attendee of a session job still wants to come."""
    b = d.batches[batch]
    a = d.attendees[b.first + n]
    slot = slot_at(w, a.member, b.k)
    return slot.state == BOOKED and slot.token == a.token


@compiled
def dispatch(w: World, d: Desk, team: int, t: float) -> None:
    """Start the waiting on the idle servers of a team, until one of both is used up."""
    while True:
        if not next_waiter(w, d, team):
            return
        server = fastest_idle(w, d, team, t)
        if server < 0:
            return
        e = d.queues[team, 0]
        i = e.a
        k = e.k
        job = e.token == 0
        drop_first_waiter(d.queues[team], d.lengths[team])
        d.lengths[team] -= 1
        s = d.servers[server]
        s.busy = 1
        s.k = k
        s.member = i
        s.batch = -1
        if job:
            start_session(w, d, i, server, team, t)
        else:
            m = member_at(w, i)
            effort = slot_at(w, i, k).effort
            days = service_days(w, team, server, effort, t)
            start_work(w, k, m.seg, effort, t, days)
            start_service(w, i, k, t)
            s.spell = m.spell
            slot_at(w, i, k).until = t + days
            m.t_hold = min(m.t_hold, t + days)
            schedule(w, d, t + days, COMPLETION, m.key, A_COMPLETION, server, k, 0)
            resume(w, d, i)


@compiled
def start_session(w: World, d: Desk, batch: int, server: int, team: int, t: float) -> None:
    """Start a session job: effects come to all who attend when it completes."""
    b = d.batches[batch]
    k = b.k
    effort = max(
        0.0,
        draw(
            w,
            intervention_at(w, k).effort_dist,
            luck(w, intervention_at(w, k).key, intervention_at(w, k).p_effort, b.number),
        ),
    )
    days = service_days(w, team, server, effort, t)
    d.servers[server].batch = batch
    first = -1
    for n in range(b.n):
        if not still_booked(w, d, batch, n):
            d.attendees[b.first + n].member = -1
            continue
        i = d.attendees[b.first + n].member
        m = member_at(w, i)
        if first < 0:
            first = i
            start_work(w, k, m.seg, effort, t, days)
        start_service(w, i, k, t)
        d.attendees[b.first + n].spell = m.spell
        slot_at(w, i, k).until = t + days
        m.t_hold = min(m.t_hold, t + days)
    for n in range(b.n):
        if d.attendees[b.first + n].member >= 0:
            resume(w, d, d.attendees[b.first + n].member)
    schedule(w, d, t + days, COMPLETION, member_at(w, first).key, A_COMPLETION, server, k, 0)


@compiled
def finish(w: World, d: Desk, i: int, k: int, t: float, spell: int) -> None:
    """Complete a member's service and go on with it."""
    m = member_at(w, i)
    m.t_hold = NEVER
    if m.serving > 1:
        for other in range(w.size_intervention):
            if other != k and slot_at(w, i, other).state == SERVING:
                m.t_hold = min(m.t_hold, slot_at(w, i, other).until)
    complete(w, i, k, t, spell)
    take_asks(w, d)
    resume(w, d, i)


@compiled
def completion(w: World, d: Desk, server: int, t: float) -> None:
    """Free a server and complete what it did."""
    s = d.servers[server]
    k = s.k
    s.busy = 0
    if s.batch < 0:
        finish(w, d, s.member, k, t, s.spell)
    else:
        b = d.batches[s.batch]
        for n in range(b.n):
            a = d.attendees[b.first + n]
            if a.member >= 0:
                finish(w, d, a.member, k, t, a.spell)
    want_dispatch(w, d, intervention_at(w, k).team, t)


@compiled
def hold_session(w: World, d: Desk, k: int, t: float) -> None:
    """Hold a session for the first who wait, or book them for one that the team has to start."""
    v = intervention_at(w, k)
    number = d.sessions[k]
    d.sessions[k] += 1
    following = v.first + d.sessions[k] * v.session_every
    if following < w.end:
        schedule(w, d, following, SESSION, np.uint64(k), A_SESSION, k, 0, 0)
    q = w.size_team + k
    first = d.counts[2]
    batch = d.counts[1]
    n = 0
    rank = 0.0
    while n < v.size and next_waiter(w, d, q):
        e = d.queues[q, 0]
        if first + n >= len(d.attendees) or batch >= len(d.batches):
            w.overflow |= FULL_BATCHES
            return
        if n == 0:
            rank = e.rank
        a = d.attendees[first + n]
        a.member = e.a
        a.token = e.token
        slot_at(w, e.a, k).state = BOOKED
        drop_first_waiter(d.queues[q], d.lengths[q])
        d.lengths[q] -= 1
        n += 1
    if n == 0:
        return
    if v.team >= 0:
        b = d.batches[batch]
        b.first = first
        b.n = n
        b.k = k
        b.number = number
        d.counts[1] += 1
        d.counts[2] += n
        line_up(w, d, v.team, v.priority, rank, t, member_at(w, d.attendees[first].member).key, batch, k, 0)
        want_dispatch(w, d, v.team, t)
        return
    for place in range(n):
        i = d.attendees[first + place].member
        start_service(w, i, k, t)
        finish(w, d, i, k, t, member_at(w, i).spell)


@compiled
def quota_day(w: World, d: Desk, t: float) -> None:
    """Push on a quota day: the largest opportunities first, until the quota is met or the pushes are spent."""
    q = d.counts[3]
    day = quota_at(w, q)
    d.counts[3] = q + 1
    n = 0
    if sold_at(w, day.month).n < day.amount:
        for i in range(w.n_members):
            amount, j = best_push(w, i)
            if j >= 0 and n < len(d.pushed) - 1:
                e = d.pushed[n]
                e.priority = 0
                e.rank = -float(amount)
                e.requested = 0.0
                e.key = member_at(w, i).key
                e.a = i
                e.k = j
                sift_waiter_up(d.pushed, n)
                n += 1
    pushes = 0
    while n > 0 and pushes < day.pushes and sold_at(w, day.month).n < day.amount:
        e = d.pushed[0]
        i = e.a
        amount = int(-e.rank)
        push_sale(w, i, e.k, amount, t, q)
        drop_first_waiter(d.pushed, n)
        n -= 1
        pushes += 1
        if member_at(w, i).waiting > 0:
            resume(w, d, i)
    for i in range(w.n_members):
        if member_at(w, i).waiting == 0:
            resume(w, d, i)


@compiled
def simulate(w: World, d: Desk, vals: np.ndarray) -> None:
    """Run one replication from a fresh world to the end of the horizon."""
    open_desk(w, d)
    populate(w)
    if w.overflow != 0:
        return
    at_start = w.n_members
    for i in range(at_start):
        resume(w, d, i)
        welcome(w, d)
    while d.counts[0] > 0 and w.overflow == 0:
        e = d.calendar[0]
        t = e.t
        if t >= w.end:
            break
        kind = e.kind
        a = e.a
        b = e.b
        token = e.token
        drop_first_entry(d.calendar, d.counts[0])
        d.counts[0] -= 1
        if kind == A_MEMBER:
            m = member_at(w, a)
            if m.version == token and m.waiting > 0:
                _, what = next_event(m)
                live(w, a, t, what)
                take_asks(w, d)
                resume(w, d, a)
        elif kind == A_REQUEST:
            request(w, d, a, b, t, token)
        elif kind == A_COMPLETION:
            completion(w, d, a, t)
        elif kind == A_CAPACITY:
            want_dispatch(w, d, a, t)
        elif kind == A_SESSION:
            hold_session(w, d, a, t)
        elif kind == A_QUOTA:
            quota_day(w, d, t)
        else:
            d.dispatched[a] = -1.0
            dispatch(w, d, a, t)
        welcome(w, d)
    if w.overflow == 0:
        finish_books(w, vals)


@compiled
def open_desk(w: World, d: Desk) -> None:
    """Clear the engine's memory and put what the plan dates in the calendar."""
    d.counts[:] = 0
    d.lengths[:] = 0
    d.sessions[:] = 0
    d.dispatched[:] = -1.0
    for s in range(len(d.servers)):
        d.servers[s].busy = 0
    for team in range(w.size_team):
        first = team_at(w, team).first_server
        for s in range(first, first + team_at(w, team).n_servers):
            start = server_at(w, s).start
            if 0.0 <= start < w.end:
                schedule(w, d, start, CAPACITY, np.uint64(team), A_CAPACITY, team, s, 0)
    for k in range(w.size_intervention):
        if intervention_at(w, k).delivery == BY_SESSION and intervention_at(w, k).first < w.end:
            schedule(w, d, intervention_at(w, k).first, SESSION, np.uint64(k), A_SESSION, k, 0, 0)
    for q in range(w.size_quota):
        schedule(w, d, quota_at(w, q).day, QUOTA, np.uint64(q), A_QUOTA, q, 0, 0)


@compiled
def finish_books(w: World, vals: np.ndarray) -> None:
    """Count what still waits at the end, the cohorts of the windows, and look for keys that collide."""
    keys = np.empty(w.n_members, np.uint64)
    for i in range(w.n_members):
        keys[i] = member_at(w, i).key
        if member_at(w, i).waiting > 0:
            for k in range(w.size_intervention):
                slot = slot_at(w, i, k)
                if (slot.state == WAITING or slot.state == BOOKED) and intervention_at(w, k).team >= 0:
                    spread_seconds(w, intervention_at(w, k).team, Q_QUEUE_SECONDS, slot.requested, w.end, 1)
    keys.sort()
    for i in range(1, w.n_members):
        if keys[i] == keys[i - 1]:
            w.overflow |= COLLISION
    close_books(w, vals)


class CompiledEngine:
    """Runs replications of one plan in memory of its own; one for each thread.

    Parameters
    ----------
    plan
        The scenario at one assumption point.
    log
        Whether the event log is written.
    room
        Memory to start with, such as another engine's; it grows as needed.
    """

    def __init__(self, plan: Plan, *, log: bool = False, room: Room | None = None) -> None:
        self.plan = plan
        self.log = log
        self.room = room or Room.for_plan(plan, log=log)
        self._allocate()

    def _allocate(self) -> None:
        self.memory = Memory(self.plan, self.room)
        self.desk = make_desk(self.plan, self.room)
        self.vals = np.zeros(self.plan.frame.cells + 1, np.int64)

    def load(self, plan: Plan) -> None:
        """Take another plan of the same scenario, in the same memory where it has room."""
        self.plan = plan
        if Room.for_plan(plan, log=self.log).members > self.room.members:
            self.room = replace(self.room, members=plan.expected)
            self._allocate()
        else:
            self.memory.load(plan)

    def run(self, seed: int, replication: int) -> Memory:
        """Run one replication; the memory that it leaves is valid until the next call.

        Raises
        ------
        RunawayError
            When it cannot end, or two members' keys collide (one run in 10**11 of ten thousand members).
        """
        while True:
            self.memory.start(seed, replication, log=self.log)
            simulate(self.memory.world, self.desk, self.vals)
            overflow = int(self.memory.world["overflow"])
            if overflow == 0:
                return self.memory
            self.room = self.room.grown(overflow)
            self._allocate()

"""The compiled engine: each member is advanced alone until it touches something shared (lazy local advance).

Members meet only through teams, sessions and quotas. A member runs through its own events up to its next touch: a
request that it raises, the completion of a service that has started, a quota day. Only touches enter the calendar. A
member who waits has its next private event in the calendar, one at a time, for the moment at which its service starts
is not known yet. That is exact, and it keeps a member's record in cache for hundreds of events.
"""

from __future__ import annotations

from dataclasses import replace

import numpy as np

from simulation.engine.advance import resume, take_asks, welcome
from simulation.engine.calendar import (
    A_CAPACITY,
    A_COMPLETION,
    A_DISPATCH,
    A_MEMBER,
    A_QUOTA,
    A_REQUEST,
    A_SESSION,
    clear_calendar,
    drop_first_entry,
    drop_first_waiter,
    insert_waiter,
    next_time,
    schedule,
)  # fmt: skip
from simulation.engine.desk import Desk, desk_of, dispatched_at, entry_at, length_at, post_at, session_at, waiter_at
from simulation.engine.plan import Plan
from simulation.engine.services import completion, dispatch, hold_session, request, want_dispatch
from simulation.engine.world import Memory, Room
from simulation.model.expansion import best_push
from simulation.model.jit import compiled
from simulation.model.life import live, next_event, populate, push_sale
from simulation.model.state import (
    BOOKED,
    BY_SESSION,
    CAPACITY,
    COLLISION,
    QUOTA,
    SESSION,
    WAITING,
    World,
)  # fmt: skip
from simulation.model.tables import intervention_at, member_at, quota_at, server_at, slot_at, sold_at, team_at
from simulation.model.tally import Q_QUEUE_SECONDS, close_books, spread_seconds


@compiled
def quota_day(w: World, t: float) -> None:
    """Push on a quota day: the largest opportunities first, until the quota is met or the pushes are spent."""
    d = desk_of(w)
    q = d.next_quota
    day = quota_at(w, q)
    d.next_quota = q + 1
    heap = d.at_pushed
    n = 0
    if sold_at(w, day.month).n < day.amount:
        for i in range(w.n_members):
            amount, j = best_push(w, i)
            if j >= 0 and n < d.size_pushed - 1:
                insert_waiter(heap, n, d.size_pushed - 1, 0, -float(amount), 0.0, member_at(w, i).key, i, j, 0)
                n += 1
    pushes = 0
    while n > 0 and pushes < day.pushes and sold_at(w, day.month).n < day.amount:
        e = waiter_at(heap, 0)
        i = int(e.a)
        amount = int(-e.rank)
        push_sale(w, i, e.k, amount, t, q)
        drop_first_waiter(heap, n)
        n -= 1
        pushes += 1
        if member_at(w, i).waiting > 0:
            resume(w, i)
    for i in range(w.n_members):
        if member_at(w, i).waiting == 0:
            resume(w, i)


@compiled
def simulate(w: World, vals: np.ndarray) -> None:
    """Run one replication from a fresh world to the end of the horizon."""
    open_desk(w)
    populate(w)
    if w.overflow != 0:
        return
    at_start = w.n_members
    for i in range(at_start):
        resume(w, i)
        welcome(w)
    while w.overflow == 0 and next_time(w) < w.end:
        e = entry_at(desk_of(w).at_now, 0)
        kind, t, a, b, token = int(e.kind), e.t, int(e.a), int(e.b), e.token
        drop_first_entry(w)
        team = happen(w, kind, t, a, b, token)
        welcome(w)
        if team >= 0:
            want_dispatch(w, team, t)
            welcome(w)
    if w.overflow == 0:
        finish_books(w, vals)


@compiled
def happen(w: World, kind: int, t: float, a: int, b: int, token: int) -> int:
    """Let an entry of the calendar happen; the team whose queue may move then, or -1."""
    if kind == A_MEMBER:
        m = member_at(w, a)
        if m.version == token and m.waiting > 0:
            _, what = next_event(m)
            live(w, a, t, what)
            take_asks(w)
            resume(w, a)
        return -1
    if kind == A_REQUEST:
        return request(w, a, b, t, token)
    if kind == A_COMPLETION:
        return completion(w, a, t)
    if kind == A_CAPACITY:
        return a
    if kind == A_SESSION:
        return hold_session(w, a, t)
    if kind == A_QUOTA:
        quota_day(w, t)
    elif kind == A_DISPATCH:
        dispatched_at(w, a).t = -1.0
        dispatch(w, a, t)
    return -1


@compiled
def open_desk(w: World) -> None:
    """Clear the engine's memory and put what the plan dates in the calendar."""
    d = desk_of(w)
    clear_calendar(w)
    d.n_batches = 0
    d.n_attendees = 0
    d.next_quota = 0
    for q in range(d.size_length):
        length_at(w, q).n = 0
    for s in range(d.size_post):
        post_at(w, s).busy = 0
    for team in range(w.size_team):
        dispatched_at(w, team).t = -1.0
        first = team_at(w, team).first_server
        for s in range(first, first + team_at(w, team).n_servers):
            if server_at(w, s).start >= 0.0:
                schedule(w, server_at(w, s).start, CAPACITY, np.uint64(team), A_CAPACITY, team, 0, 0)
    for k in range(w.size_intervention):
        session_at(w, k).n = 0
        if intervention_at(w, k).delivery == BY_SESSION:
            schedule(w, intervention_at(w, k).first, SESSION, np.uint64(k), A_SESSION, k, 0, 0)
    for q in range(w.size_quota):
        schedule(w, quota_at(w, q).day, QUOTA, np.uint64(q), A_QUOTA, q, 0, 0)


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
                    spread_seconds(w, intervention_at(w, k).team, Q_QUEUE_SECONDS, slot.last_request, w.end, 1)
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
        self.desk = Desk(self.plan, self.room)
        self.memory.world["at_desk"] = self.desk.address
        self.vals = np.zeros(self.plan.frame.cells + 1, np.int64)

    def load(self, plan: Plan) -> None:
        """Take another plan of the same scenario, in the same memory where it has room."""
        self.plan = plan
        if Room.for_plan(plan, log=self.log).members > self.room.members:
            self.room = replace(self.room, members=plan.expected)
            self._allocate()
        else:
            self.memory.load(plan)
            self.memory.world["at_desk"] = self.desk.address

    def run(self, seed: int, replication: int) -> Memory:
        """Run one replication; the memory that it leaves is valid until the next call.

        Raises
        ------
        RunawayError
            When it cannot end, or two members' keys collide (one run in 10**11 of ten thousand members).
        """
        while True:
            self.memory.start(seed, replication, log=self.log)
            simulate(self.memory.world, self.vals)
            overflow = int(self.memory.world["overflow"])
            if overflow == 0:
                self.memory.keep_past()
                return self.memory
            self.room = self.room.grown(overflow)
            self._allocate()

"""The readable engine, on SimPy: one process a member, one a team, one a service, one a series of sessions.

It says what the compiled engine does, in the simplest way: everything that happens is an event in one calendar, in
the order (time, class, member key). How a member behaves is in `simulation.model`, and is the same for both engines.
They write the same event log, bit for bit.
"""

from __future__ import annotations

import contextlib
from collections.abc import Callable, Sequence

import numpy as np
import simpy

from simulation.engine.plan import Plan
from simulation.engine.population import Population
from simulation.engine.simpy_clock import Clock
from simulation.engine.simpy_teams import Sessions, Steps, Team, request
from simulation.engine.world import Memory, Room
from simulation.model.expansion import best_push
from simulation.model.life import CLASS_OF, complete, live, next_event, populate, push_sale
from simulation.model.membership import new_member
from simulation.model.state import BOOKED, BY_SESSION, COLLISION, FULL_MEMBERS, QUOTA, WAITING, Records
from simulation.model.tally import Q_QUEUE_SECONDS, close_books, spread_seconds
from simulation.model.triggers import retime

CLASSES = [int(cls) for cls in CLASS_OF]
UserProcess = Callable[[simpy.Environment, Population], Steps]
"""A user's process: a generator function of (env, population)."""


class OutOfRoom(Exception):
    """The memory of the replication is too small, or it cannot end: see the world's `overflow`."""


class Replication:
    """One simulated future: the clock, today's members and those to come, teams, sessions and the quota."""

    def __init__(self, plan: Plan, memory: Memory, processes: Sequence[UserProcess] = ()) -> None:
        self.plan, self.memory, self.world = plan, memory, memory.world
        self.clock = Clock()
        self.end = float(self.world["end"])
        self.teams = [Team(self, number) for number in range(plan.sizes["team"])]
        deliveries = self.table("intervention")["delivery"][: plan.sizes["intervention"]]
        self.sessions = {k: Sessions(self, k) for k in np.flatnonzero(deliveries == BY_SESSION).tolist()}
        self.lives: list[simpy.Process] = []
        self.clock.process(self.sell())
        population = Population(self)
        for process in processes:
            self.clock.process(process(self.clock, population))

    def table(self, name: str) -> Records:
        """Rows of a table of the plan."""
        return self.memory.arrays[name]

    def member(self, i: int) -> np.void:
        """Record of a member: a view, always up to date."""
        record: np.void = self.memory.arrays["member"][i]
        return record

    def slot(self, i: int, k: int) -> np.void:
        """Record of a member and intervention: a view."""
        record: np.void = self.memory.arrays["slot"][i * self.plan.sizes["intervention"] + k]
        return record

    def run(self) -> None:
        """Run to the end of the horizon and close the books."""
        populate(self.world)
        self.follow_up()
        for i in range(int(self.world["n_members"])):
            self.lives.append(self.clock.process(self.life(i)))
        self.clock.run(until=self.end)
        self.follow_up()
        self.close()

    def life(self, i: int) -> Steps:
        """Process of one member: its own events, one after the other."""
        member = self.member(i)
        key = int(member["key"])
        while True:
            time, what = next_event(member)
            try:
                yield self.clock.at(time, CLASSES[what], key)
            except simpy.Interrupt:
                continue  # something else has changed the member: look again
            live(self.world, i, time, what)
            self.follow_up()

    def changed(self, i: int) -> None:
        """Tell a member's process that something else has changed the member."""
        self.lives[i].interrupt()
        self.follow_up()

    def complete(self, i: int, k: int, spell: int) -> None:
        """Complete a service now that was started in the member's `spell`."""
        complete(self.world, i, k, self.clock.now, spell)
        self.changed(i)

    def follow_up(self) -> None:
        """Take the requests and the converted referrals that the last event has left."""
        if self.world["overflow"]:
            raise OutOfRoom
        asks, births = int(self.world["n_ask"]), int(self.world["n_birth"])
        if asks:
            self.world["n_ask"] = 0
            for ask in self.memory.arrays["ask"][:asks]:
                request(self, int(ask["member"]), int(ask["intervention"]))
        if births:
            self.world["n_birth"] = 0
            for birth in self.memory.arrays["birth"][:births]:
                if birth["time"] < self.end:
                    self.welcome(birth)

    def welcome(self, birth: np.void) -> None:
        """Let somebody who was referred be a member to come."""
        i = int(self.world["n_members"])
        if i >= self.world["size_member"]:
            self.world["overflow"] |= FULL_MEMBERS
            raise OutOfRoom
        self.world["n_members"] = i + 1
        new_member(self.world, i, birth["key"], int(birth["segment"]))
        member = self.member(i)
        member["referred"] = 1
        member["t_join"] = birth["time"]
        retime(member)
        self.lives.append(self.clock.process(self.life(i)))

    def sell(self) -> Steps:
        """Process of selling under a quota: on each quota day push the largest opportunities first."""
        for q in range(self.plan.sizes["quota"]):
            day = self.table("quota")[q]
            yield self.clock.at(float(day["day"]), QUOTA, q)
            sold = self.memory.arrays["sold"]["n"]
            if sold[day["month"]] >= day["amount"]:
                continue
            best = [(*best_push(self.world, i), i) for i in range(len(self.lives))]
            chances = sorted((-amount, int(self.member(i)["key"]), i, j) for amount, j, i in best if j >= 0)
            for amount, _, i, j in chances[: day["pushes"]]:
                if sold[day["month"]] >= day["amount"]:
                    break
                push_sale(self.world, i, j, -amount, self.clock.now, q)
                self.changed(i)

    def close(self) -> None:
        """Count those who still wait at the end, and the closed cohorts; look for keys that collide."""
        n, interventions = int(self.world["n_members"]), self.table("intervention")
        members = self.memory.arrays["member"][:n]
        for i in np.flatnonzero(members["waiting"]).tolist():
            for k in range(self.plan.sizes["intervention"]):
                slot, team = self.slot(i, k), int(interventions[k]["team"])
                if slot["state"] in (WAITING, BOOKED) and team >= 0:
                    since = float(slot["last_request"])
                    spread_seconds(self.world, team, Q_QUEUE_SECONDS, since, self.end, 1)
        if len(np.unique(members["key"])) < n:
            self.world["overflow"] |= COLLISION
        close_books(self.world, np.zeros(self.plan.frame.cells + 1, np.int64))


class SimpyEngine:
    """Runs replications of one plan, like the compiled engine but in plain view, and open to a user's processes.

    Parameters
    ----------
    plan
        The scenario at one assumption point.
    log
        Whether the event log is written.
    room
        Memory to start with; it grows as needed.
    processes
        Generator functions (env, population), each started as a process at the start of every replication; a
        replication that runs out of memory starts again, and they with it.
    """

    def __init__(
        self, plan: Plan, *, log: bool = False, room: Room | None = None, processes: Sequence[UserProcess] = ()
    ) -> None:
        self.plan, self.log, self.processes = plan, log, tuple(processes)
        self.room = room or Room.for_plan(plan, log=log)

    def load(self, plan: Plan) -> None:
        """Take another plan of the same scenario."""
        self.plan = plan

    def run(self, seed: int, replication: int) -> Memory:
        """Run one replication.

        Raises
        ------
        RunawayError
            When it cannot end, or two members' keys collide.
        """
        while True:
            memory = Memory(self.plan, self.room)
            memory.start(seed, replication, log=self.log)
            with contextlib.suppress(OutOfRoom):
                Replication(self.plan, memory, self.processes).run()
            overflow = int(memory.world["overflow"])
            if overflow == 0:
                memory.keep_past()
                return memory
            self.room = self.room.grown(overflow)

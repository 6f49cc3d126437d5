"""Teams and sessions in the SimPy engine: who waits, who is served by whom, and when."""

from __future__ import annotations

from collections.abc import Generator
from dataclasses import dataclass, field
from heapq import heappop, heappush
from typing import TYPE_CHECKING, Any

import simpy

from simulation.model.draws import draw, luck
from simulation.model.requests import ramp_at, service_days, start_service, start_work
from simulation.model.state import BOOKED, CAPACITY, COMPLETION, DISPATCH, SESSION, WAITING

if TYPE_CHECKING:
    from simulation.engine.simpy_engine import Replication

Steps = Generator[simpy.Event, Any, Any]
"""What a process is: a generator of the events that it waits for."""


@dataclass(order=True)
class Job:
    """What waits in a queue: the request of one member, or a session for those who are booked for it.

    Attributes
    ----------
    place
        (priority, rank, time of the request, member key, intervention): the least is served first.
    k
        Intervention.
    people
        (member, token of its request) of each who is to come.
    effort
        Hours of work.
    state
        State of the requests as long as they are wanted.
    """

    place: tuple[int, float, float, int, int]
    k: int = field(compare=False)
    people: list[tuple[int, int]] = field(compare=False)
    effort: float = field(compare=False)
    state: int = field(compare=False)


class Queue:
    """Jobs in their order; what has been withdrawn is dropped when its turn comes."""

    def __init__(self, replication: Replication) -> None:
        self._replication = replication
        self._jobs: list[Job] = []

    def join(self, job: Job) -> None:
        """Let a job wait."""
        heappush(self._jobs, job)

    def __len__(self) -> int:
        """Number of jobs that are still wanted."""
        return sum(bool(self.wanted(job)) for job in self._jobs)

    def wanted(self, job: Job) -> list[int]:
        """Members who still want to come: those whose request is still the one that the job was made for."""
        slots = ((i, token, self._replication.slot(i, job.k)) for i, token in job.people)
        return [i for i, token, slot in slots if slot["state"] == job.state and slot["token"] == token]

    def first(self) -> Job | None:
        """Job whose turn it is, if any; it stays in the queue."""
        while self._jobs:
            if self.wanted(self._jobs[0]):
                return self._jobs[0]
            heappop(self._jobs)
        return None

    def pop(self) -> Job:
        """Take the first job out."""
        return heappop(self._jobs)


class Team:
    """A team: a queue, and people as servers who are there from a day on until a day.

    One process looks at the queue whenever something may start, after everything else at that time; each service
    is a process of its own.
    """

    def __init__(self, replication: Replication, number: int) -> None:
        self.replication, self.number = replication, number
        self.world, self.clock = replication.world, replication.clock
        self.queue = Queue(replication)
        row = replication.table("team")[number]
        first = int(row["first_server"])
        people = replication.table("server")[first : first + int(row["n_servers"])]
        self.servers = [(first + n, float(one["start"]), float(one["stop"])) for n, one in enumerate(people)]
        self.busy: set[int] = set()
        self._call = self.clock.event()
        self.clock.process(self.work())
        for _, start, _ in self.servers:
            if start >= 0.0:
                self.clock.process(self.arrive(start))

    def join(self, job: Job) -> None:
        """Let a job wait for the team."""
        self.queue.join(job)
        self.call()

    def call(self) -> None:
        """See to it that the team looks at its queue once now, after all earlier classes."""
        if not self._call.triggered:
            self.clock.trigger_at(self._call, self.clock.now, DISPATCH, self.number)

    def arrive(self, start: float) -> Steps:
        """Process of a person who starts work on a day to come."""
        yield self.clock.at(start, CAPACITY, self.number)
        self.call()

    def work(self) -> Steps:
        """Process of the team: start what waits on who is idle, until one of both is used up."""
        while True:
            yield self._call
            self._call = self.clock.event()
            while self.queue.first() is not None and (server := self.fastest_idle()) is not None:
                self.busy.add(server)
                self.clock.process(self.serve(server, self.queue.pop()))

    def fastest_idle(self) -> int | None:
        """The idle server with the highest productivity now, the first of equals."""
        now = self.clock.now
        idle = [n for n, start, stop in self.servers if start <= now < stop and n not in self.busy]
        speeds = [(ramp_at(self.world, n, now), -n) for n in idle]
        speed, n = max(speeds, default=(0.0, 0))
        return -n if speed > 0.0 else None

    def serve(self, server: int, job: Job) -> Steps:
        """Process of one service: its duration is fixed at the start, its effects come at the end."""
        start = self.clock.now
        members = self.queue.wanted(job)
        first = self.replication.member(members[0])
        days = service_days(self.world, self.number, server, job.effort, start)
        start_work(self.world, job.k, int(first["seg"]), job.effort, start, days)
        spells = []
        for i in members:
            start_service(self.world, i, job.k, start)
            spells.append(int(self.replication.member(i)["spell"]))
            self.replication.changed(i)
        yield self.clock.at(start + days, COMPLETION, int(first["key"]), job.k)
        self.busy.remove(server)
        for i, spell in zip(members, spells, strict=True):
            self.replication.complete(i, job.k, spell)
        self.call()


class Sessions:
    """The group sessions of one intervention: every so often, for the first of those who wait."""

    def __init__(self, replication: Replication, k: int) -> None:
        self.replication, self.k = replication, k
        self.intervention = replication.table("intervention")[k]
        self.queue = Queue(replication)
        replication.clock.process(self.run())

    def join(self, job: Job) -> None:
        """Let a member wait for the next session."""
        self.queue.join(job)

    def run(self) -> Steps:
        """Process of the sessions, numbered from 0; one that nobody waits for is not held."""
        number = 0
        first, every = float(self.intervention["first"]), float(self.intervention["session_every"])
        while True:
            yield self.replication.clock.at(first + number * every, SESSION, self.k)
            waiting: list[Job] = []
            while len(waiting) < self.intervention["size"] and self.queue.first() is not None:
                waiting.append(self.queue.pop())
            if waiting:
                self.hold(number, waiting)
            number += 1

    def hold(self, number: int, waiting: list[Job]) -> None:
        """Book those who come for a job of the team; without a team the session is over at once."""
        world, now = self.replication.world, self.replication.clock.now
        people = [person for job in waiting for person in job.people]
        for i, _ in people:
            self.replication.slot(i, self.k)["state"] = BOOKED
        row = self.intervention
        if row["team"] >= 0:
            share = luck(world, row["key"], int(row["p_effort"]), number)
            effort = max(0.0, draw(world, int(row["effort_dist"]), share))
            priority, rank, _, key, _ = waiting[0].place
            job = Job((priority, rank, now, key, self.k), self.k, people, effort, BOOKED)
            self.replication.teams[int(row["team"])].join(job)
            return
        for i, _ in people:
            start_service(world, i, self.k, now)
            self.replication.complete(i, self.k, int(self.replication.member(i)["spell"]))


def request(replication: Replication, i: int, k: int) -> None:
    """Let a member's request wait, at its frozen rank, for a team or for the next session."""
    row, slot = replication.table("intervention")[k], replication.slot(i, k)
    key = int(replication.member(i)["key"])
    place = (int(row["priority"]), float(slot["rank"]), float(slot["last_request"]), key, k)
    job = Job(place, k, [(i, int(slot["token"]))], float(slot["effort"]), WAITING)
    (replication.sessions.get(k) or replication.teams[int(row["team"])]).join(job)

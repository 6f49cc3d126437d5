"""The journey in SimPy, as fast as it gets: one process a member, which itself finds the earliest of its clocks.

`in_simpy_conditions` and `in_simpy_clocks` are written as its guide and its examples teach.
"""

from __future__ import annotations

import math
import time
from collections.abc import Generator
from typing import Any

import simpy

from tests.benchmarks.journey.chance import Chance
from tests.benchmarks.journey.person import Numbers, Person, Tally
from tests.benchmarks.journey.record import Record
from tests.benchmarks.journey.specification import Journey, Start

Steps = Generator[simpy.Event, Any, None]


class Member:
    """A person as a process, with a second one while it waits for a call."""

    def __init__(self, env: simpy.Environment, team: simpy.Resource, person: Person) -> None:
        self.env, self.team, self.person = env, team, person
        self.call: simpy.Process | None = None
        self.life = env.process(self.live())

    def live(self) -> Steps:
        """Go from event to event; a call that ends interrupts, for the next event may come at another time then."""
        env, person = self.env, self.person
        touch = env.now + person.chance.exponential(person.numbers.gap)
        while True:
            hit = person.hit()
            due = person.renewals[0] if person.renewals else math.inf
            try:
                yield env.timeout(max(0.0, min(hit, touch, due) - env.now))
            except simpy.Interrupt:
                person.called(env.now)
                continue
            if hit <= touch and hit <= due:
                person.reach(env.now)
            elif touch <= due:
                touch = env.now + person.chance.exponential(person.numbers.gap)
                if person.interact(env.now):
                    self.call = env.process(self.be_called())
            elif not person.renew(env.now):
                if self.call is not None and self.call.is_alive:
                    self.call.interrupt()
                return

    def be_called(self) -> Steps:
        """Wait for the team, talk, and tell the member; whoever leaves no longer waits."""
        env, person = self.env, self.person
        with self.team.request() as place:
            try:
                yield place
            except simpy.Interrupt:
                person.tally.events += 1
                return
            journey = person.numbers.journey
            length = journey.effort * math.exp(journey.effort_spread * person.chance.normal())
            person.call_starts(env.now, length)
            end = env.now + length
            try:
                yield env.timeout(length)
            except simpy.Interrupt:
                yield env.timeout(end - env.now)
        if person.present:
            self.life.interrupt()
        else:
            person.called(env.now)


def run(journey: Journey, start: Start, seed: int) -> Record:
    """Simulate the journey."""
    before = time.process_time()
    env = simpy.Environment()
    team = simpy.Resource(env, journey.people)
    numbers, chance, tally = Numbers(journey), Chance(seed), Tally()
    for i in range(journey.members):
        Member(env, team, Person(numbers, start, i, chance, tally))
    env.run(until=journey.days)
    return tally.record(journey, time.process_time() - before)

"""The journey in SimPy after its example of a machine shop: a process for each clock of a member, and interrupts.

There a machine works in one process and breaks in another, which interrupts it; here a member works towards its
milestone in one, interacts in another, which turns its vector, and renews in a third.
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
    """A person and its processes."""

    def __init__(self, env: simpy.Environment, team: simpy.Resource, person: Person) -> None:
        self.env, self.team, self.person = env, team, person
        self.work = env.process(self.working())
        self.contact = env.process(self.interacting())
        self.call: simpy.Process | None = None
        env.process(self.renewing())

    def working(self) -> Steps:
        """Work towards the milestone ahead; whatever turns the vector interrupts."""
        env, person = self.env, self.person
        while person.present and person.need < math.inf:
            hit = person.hit()
            try:
                yield env.timeout(max(0.0, hit - env.now)) if hit < math.inf else env.event()
            except simpy.Interrupt:
                continue
            person.reach(env.now)

    def turned(self) -> None:
        """Tell the work that the vector is another."""
        if self.work.is_alive:
            self.work.interrupt()

    def interacting(self) -> Steps:
        """Interact as long as it is a member."""
        env, person = self.env, self.person
        while person.present:
            try:
                yield env.timeout(person.chance.exponential(person.numbers.gap))
            except simpy.Interrupt:
                return
            if person.interact(env.now):
                self.call = env.process(self.be_called())
            self.turned()

    def renewing(self) -> Steps:
        """Renew once a year or leave, and then nothing goes on."""
        env, person = self.env, self.person
        while person.renewals:
            yield env.timeout(person.renewals[0] - env.now)
            if not person.renew(env.now):
                for process in (self.work, self.contact, self.call):
                    if process is not None and process.is_alive:
                        process.interrupt()
                return

    def be_called(self) -> Steps:
        """Wait for the team, talk, and turn the member; whoever leaves no longer waits."""
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
        person.called(env.now)
        self.turned()


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

"""What the forms of the journey in SimPy share: a member that may ask for a call, and the run."""

from __future__ import annotations

import math
import time
from collections.abc import Callable, Generator
from typing import Any

import simpy

from tests.benchmarks.journey.chance import Chance
from tests.benchmarks.journey.person import Numbers, Person, Tally
from tests.benchmarks.journey.record import Contender, Record
from tests.benchmarks.journey.specification import Journey, Start

Steps = Generator[simpy.Event, Any, None]


class Asking:
    """A person that asks a team for a call. Leaving interrupts the wait; a call that has begun goes on to its end."""

    def __init__(self, env: simpy.Environment, team: simpy.Resource, person: Person) -> None:
        self.env, self.team, self.person = env, team, person
        self.call: simpy.Process | None = None

    def be_called(self) -> Steps:
        """Wait for the team, and talk."""
        env, person = self.env, self.person
        with self.team.request() as place:
            try:
                yield place
            except simpy.Interrupt:
                person.tally.events += 1
                return
            length = self.begin_call()
            end = env.now + length
            try:
                yield env.timeout(length)
            except simpy.Interrupt:
                yield env.timeout(end - env.now)
        self.call_is_over()

    def begin_call(self) -> float:
        """Draw the length of a call that begins, days."""
        journey, person = self.person.numbers.journey, self.person
        length = journey.effort * math.exp(journey.effort_spread * person.chance.normal())
        person.call_starts(self.env.now, length)
        return length

    def call_is_over(self) -> None:
        """Let the call take effect."""
        raise NotImplementedError


def contender(member: Callable[[simpy.Environment, simpy.Resource, Person], Asking]) -> Contender:
    """Make the run of a form of member."""

    def run(journey: Journey, start: Start, seed: int) -> Record:
        before = time.process_time()
        env = simpy.Environment()
        team = simpy.Resource(env, journey.people)
        numbers, chance, tally = Numbers(journey), Chance(seed), Tally()
        for i in range(journey.members):
            member(env, team, Person(numbers, start, i, chance, tally))
        env.run(until=journey.days)
        return tally.record(journey, time.process_time() - before)

    return run

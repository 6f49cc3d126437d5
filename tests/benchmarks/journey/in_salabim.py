"""The journey in salabim as its documentation teaches it: a component a member, a resource for the team."""

from __future__ import annotations

import math
import time
from collections.abc import Generator
from typing import Any

import salabim

from tests.benchmarks.journey.chance import Chance
from tests.benchmarks.journey.person import Numbers, Person, Tally
from tests.benchmarks.journey.record import Record
from tests.benchmarks.journey.specification import Journey, Start

Steps = Generator[Any, Any, None]


class Member(salabim.Component):  # type: ignore[misc]
    """A person; a call that ends activates it, for its next event may come at another time then."""

    def setup(self, person: Person, team: salabim.Resource) -> None:
        """Keep who it is and whom it can ask."""
        self.person, self.team = person, team
        self.call: Call | None = None
        self.called = False

    def process(self) -> Steps:
        """Go from event to event."""
        env, person = self.env, self.person
        touch = env.now() + person.chance.exponential(person.numbers.gap)
        while True:
            hit = person.hit()
            due = person.renewals[0] if person.renewals else math.inf
            yield self.hold(till=max(env.now(), min(hit, touch, due)))
            if self.called:
                self.called = False
                person.called(env.now())
            elif hit <= touch and hit <= due:
                person.reach(env.now())
            elif touch <= due:
                touch = env.now() + person.chance.exponential(person.numbers.gap)
                if person.interact(env.now()):
                    self.call = Call(member=self, team=self.team)
            elif not person.renew(env.now()):
                if self.call is not None and self.call.isrequesting():
                    self.call.cancel()
                    person.tally.events += 1
                return


class Call(salabim.Component):  # type: ignore[misc]
    """One call: waits for somebody of the team, talks, and tells the member."""

    def setup(self, member: Member, team: salabim.Resource) -> None:
        """Keep who is called."""
        self.member, self.team = member, team

    def process(self) -> Steps:
        """Wait, talk, tell."""
        env, member, person = self.env, self.member, self.member.person
        yield self.request(self.team)
        journey = person.numbers.journey
        length = journey.effort * math.exp(journey.effort_spread * person.chance.normal())
        person.call_starts(env.now(), length)
        yield self.hold(length)
        self.release()
        if person.present:
            member.called = True
            member.activate()
        else:
            person.called(env.now())


def run(journey: Journey, start: Start, seed: int) -> Record:
    """Simulate the journey; monitors are off, and processes are generators: both are faster."""
    before = time.process_time()
    salabim.yieldless(False)
    env = salabim.Environment(trace=False, random_seed=None)
    team = salabim.Resource("callers", capacity=journey.people, monitor=False)
    numbers, chance, tally = Numbers(journey), Chance(seed), Tally()
    for i in range(journey.members):
        Member(person=Person(numbers, start, i, chance, tally), team=team)
    env.run(till=journey.days)
    return tally.record(journey, time.process_time() - before)

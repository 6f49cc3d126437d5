"""The journey in SimPy after its example of a machine shop: a process for each clock of a member, and interrupts.

There a machine works in one process and breaks in another, which interrupts it; here a member works towards its
milestone in one, interacts in another, which turns its vector, and renews in a third.
"""

from __future__ import annotations

import math

import simpy

from tests.benchmarks.journey.in_simpy import Asking, Steps, contender
from tests.benchmarks.journey.person import Person


class Member(Asking):
    """A person and its processes."""

    def __init__(self, env: simpy.Environment, team: simpy.Resource, person: Person) -> None:
        super().__init__(env, team, person)
        self.work = env.process(self.working())
        self.contact = env.process(self.interacting())
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

    def call_is_over(self) -> None:
        """Turn the member."""
        self.person.called(self.env.now)
        self.turned()

    def turned(self) -> None:
        """Tell the work that the vector is another."""
        if self.work.is_alive:
            self.work.interrupt()


run = contender(Member)

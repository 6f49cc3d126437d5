"""The journey in SimPy, as fast as it gets: one process a member, which itself finds the earliest of its clocks.

`in_simpy_conditions` and `in_simpy_clocks` are written as its guide and its examples teach.
"""

from __future__ import annotations

import math

import simpy

from tests.benchmarks.journey.in_simpy import Asking, Steps, contender
from tests.benchmarks.journey.person import Person


class Member(Asking):
    """A person as a process, with a second one while it waits for a call."""

    def __init__(self, env: simpy.Environment, team: simpy.Resource, person: Person) -> None:
        super().__init__(env, team, person)
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

    def call_is_over(self) -> None:
        """Tell the member, if there is still one."""
        if self.person.present:
            self.life.interrupt()
        else:
            self.person.called(self.env.now)


run = contender(Member)

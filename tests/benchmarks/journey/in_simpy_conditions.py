"""The journey in SimPy as its guide has a process wait for the first of several events: `yield hit | touch | due`.

One process a member, with an event for each of its clocks, of which SimPy finds the earliest.
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
        self.called, self.left = env.event(), env.event()
        env.process(self.live())

    def live(self) -> Steps:
        """Wait for what comes first: the milestone at the present pace, an interaction, a renewal, or a call's end."""
        env, person = self.env, self.person
        hit, touch, due = self.next_hit(), self.next_touch(), self.next_due()
        while True:
            happened = yield hit | touch | due | self.called
            if self.called in happened:
                self.called = env.event()
                person.called(env.now)
            elif due in happened:
                if not person.renew(env.now):
                    self.left.succeed()
                    return
                due = self.next_due()
                continue
            elif touch in happened:
                touch = self.next_touch()
                if person.interact(env.now):
                    env.process(self.be_called())
            else:
                person.reach(env.now)
            hit = self.next_hit()

    def next_hit(self) -> simpy.Event:
        """Event of the milestone ahead, which never comes at a pace that leads away."""
        hit = self.person.hit()
        return self.env.timeout(max(0.0, hit - self.env.now)) if hit < math.inf else self.env.event()

    def next_touch(self) -> simpy.Event:
        """Event of the next interaction."""
        return self.env.timeout(self.person.chance.exponential(self.person.numbers.gap))

    def next_due(self) -> simpy.Event:
        """Event of the next renewal."""
        renewals = self.person.renewals
        return self.env.timeout(renewals[0] - self.env.now) if renewals else self.env.event()

    def be_called(self) -> Steps:
        """Wait for the team or for leaving, talk, and tell the member."""
        env, person = self.env, self.person
        with self.team.request() as place:
            yield place | self.left
            if not place.triggered:
                person.tally.events += 1
                return
            yield env.timeout(self.begin_call())
        self.call_is_over()

    def call_is_over(self) -> None:
        """Tell the member, if there is still one."""
        if self.person.present:
            self.called.succeed()
        else:
            self.person.called(self.env.now)


run = contender(Member)

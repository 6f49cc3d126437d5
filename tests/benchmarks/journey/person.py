"""A member of the journey in plain Python, for contenders that keep an object a member: its state and what changes it.

What is left to the contenders is time: who waits for what, and how long.
"""

from __future__ import annotations

import math
from dataclasses import dataclass, field

import numpy as np

from tests.benchmarks.journey.chance import Chance
from tests.benchmarks.journey.record import Record
from tests.benchmarks.journey.specification import MONTH, Journey, Start


@dataclass
class Tally:
    """What is counted while a run goes on."""

    interactions: int = 0
    reached: list[int] = field(default_factory=lambda: [0] * 4)
    taken: int = 0
    due: int = 0
    renewed: int = 0
    requested: int = 0
    waits: list[float] = field(default_factory=list)
    busy: float = 0.0
    events: int = 0

    def record(self, journey: Journey, cpu: float) -> Record:
        """Close the run."""
        return Record(
            cpu=cpu,
            interactions=self.interactions,
            reached=tuple(self.reached),
            taken=self.taken,
            due=self.due,
            renewed=self.renewed,
            requested=self.requested,
            waits=np.array(self.waits),
            busy=self.busy / (journey.days * journey.people),
            events=self.events,
        )


class Numbers:
    """The numbers of the journey that a member needs, computed once."""

    def __init__(self, journey: Journey) -> None:
        self.journey = journey
        self.gap = MONTH / journey.per_month
        self.reference = journey.reference
        self.take = math.log(journey.take / (1.0 - journey.take))
        self.renewal = math.log(journey.renewal / (1.0 - journey.renewal))


class Person:
    """One member; times in days. `advance` brings it to a time, the others are what happens to it then."""

    __slots__ = (
        "asked", "base", "chance", "done", "kick", "last", "log_magnitude", "milestone", "need", "numbers", "present",
        "renewals", "talked", "tally", "velocity", "waiting",
    )  # fmt: skip

    def __init__(self, numbers: Numbers, start: Start, i: int, chance: Chance, tally: Tally) -> None:
        self.numbers, self.chance, self.tally = numbers, chance, tally
        self.base, self.log_magnitude = float(start.direction[i]), float(start.log_magnitude[i])
        self.renewals: list[float] = start.renewals[i].tolist()
        self.kick = 0.0
        self.talked = max(float(start.joined[i]), -chance.exponential(numbers.gap))  # the last interaction
        self.last = 0.0
        self.done = 0.0
        self.milestone = -1
        self.present = True
        self.waiting = False
        self.asked = -math.inf
        self._next()
        self._aim()

    def _aim(self) -> None:
        self.velocity = math.exp(self.log_magnitude) * math.cos(self.base + self.kick)

    def _next(self) -> None:
        journey = self.numbers.journey
        self.milestone += 1
        self.done = 0.0
        self.need = math.inf
        if self.milestone < len(journey.work):
            self.need = journey.work[self.milestone] * math.exp(journey.work_spread * self.chance.normal())

    def advance(self, now: float) -> None:
        """Let progress run to `now`."""
        if self.need < math.inf:
            self.done = max(0.0, self.done + self.velocity * (now - self.last) / MONTH)
        self.last = now

    def hit(self) -> float:
        """Time of the next milestone as things stand."""
        if self.velocity <= 0.0 or self.need == math.inf:
            return math.inf
        return self.last + max(0.0, self.need - self.done) / self.velocity * MONTH

    def interact(self, now: float) -> bool:
        """Redraw the vector; True when the member now asks for a call."""
        journey, chance, tally = self.numbers.journey, self.chance, self.tally
        self.advance(now)
        x = math.exp((self.talked - now) / journey.memory)
        self.base = (
            journey.typical
            + x * (self.base - journey.typical)
            + journey.spread * math.sqrt(1.0 - x * x) * chance.normal()
        )
        self.kick *= x
        y = math.exp((self.talked - now) / journey.magnitude_memory)
        self.log_magnitude = (
            y * self.log_magnitude + journey.magnitude_spread * math.sqrt(1.0 - y * y) * chance.normal()
        )
        self.talked = now
        self._aim()
        tally.interactions += 1
        tally.events += 1
        off = abs(self.base + self.kick) >= journey.off_course
        if off and not self.waiting and now >= self.asked + journey.cooldown:
            self.waiting = True
            self.asked = now
            tally.requested += 1
            tally.events += 1
            return True
        return False

    def reach(self, now: float) -> None:
        """Reach the milestone ahead and answer its offer."""
        numbers, tally = self.numbers, self.tally
        self.advance(now)
        tally.reached[self.milestone] += 1
        tally.events += 3
        if self.chance.happens(numbers.take + numbers.journey.take_sensitivity * (self.velocity - numbers.reference)):
            tally.taken += 1
        self._next()

    def renew(self, now: float) -> bool:
        """Decide the renewal that is due; False when the member leaves, and with it what it waits for."""
        numbers, tally = self.numbers, self.tally
        self.advance(now)
        self.renewals.pop(0)
        tally.due += 1
        tally.events += 1
        logit = numbers.renewal + numbers.journey.renewal_sensitivity * (self.velocity - numbers.reference)
        self.present = self.chance.happens(logit)
        tally.renewed += self.present
        return self.present

    def called(self, now: float) -> None:
        """A call is over: it halves the angle of a member who is still there."""
        self.waiting = False
        self.tally.events += 1
        if self.present:
            self.advance(now)
            self.kick -= self.numbers.journey.share * (self.base + self.kick)
            self._aim()

    def call_starts(self, now: float, length: float) -> None:
        """Count a call that starts."""
        self.tally.events += 1
        self.tally.waits.append(now - self.asked)
        self.tally.busy += max(0.0, min(length, self.numbers.journey.days - now))

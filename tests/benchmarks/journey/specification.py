"""The journey that all contenders simulate: its numbers, and the members it starts with.

A member's vector (direction, log magnitude) is an Ornstein-Uhlenbeck process redrawn at Poisson interactions; progress
runs at `magnitude * cos(direction)` between them and never below zero. Four milestones, each with an offer at the hit.
A yearly renewal from a random day of the year. A member found off course at an interaction asks a team for a call, at
most once in a quarter, in order of request; the call halves the angle, and that kick fades like the vector's memory.
"""

from __future__ import annotations

import math
from dataclasses import dataclass, field
from datetime import date, timedelta
from typing import Any

import numpy as np
from numpy.typing import NDArray

MONTH = 365.25 / 12.0
"""Days of the mean month."""


@dataclass(frozen=True)
class Journey:
    """The numbers of the journey; days, radians and pace-months."""

    members: int = 10_000
    start: date = date(2027, 1, 1)
    months: int = 36
    per_month: float = 2.0  # interactions
    typical: float = math.radians(35.0)
    spread: float = math.radians(35.0)
    memory: float = 4.0 * MONTH
    magnitude_spread: float = 0.4
    magnitude_memory: float = 7.0 * MONTH
    work: tuple[float, ...] = (3.0, 4.0, 6.0, 8.0)  # medians
    work_spread: float = 0.25
    take: float = 0.6
    take_sensitivity: float = 1.5
    renewal: float = 0.9
    renewal_sensitivity: float = 1.2
    off_course: float = math.radians(90.0)
    cooldown: float = 90.0
    share: float = 0.5  # of the angle that a call takes away
    effort_spread: float = 0.5  # lognormal
    people_per_thousand: int = 2
    effort: float = 1.40  # median days of one person; with it the team is about 65% busy

    @property
    def people(self) -> int:
        """Size of the team."""
        return max(1, self.people_per_thousand * self.members // 1000)

    @property
    def days(self) -> int:
        """Length of the horizon."""
        return (date(self.start.year + self.months // 12, self.start.month, self.start.day) - self.start).days

    @property
    def reference(self) -> float:
        """Mean velocity of the stationary vector."""
        return math.exp(self.magnitude_spread**2 / 2.0) * math.cos(self.typical) * math.exp(-(self.spread**2) / 2.0)

    def scenario(self) -> dict[str, Any]:
        """The same numbers as a scenario of membersim; the members come as a book."""
        stages = ("adoption", "value", "value", "growth")
        return {
            "name": "Side by side",
            "start": self.start.isoformat(),
            "horizon": f"{self.months} months",
            "segments": {
                "members": {
                    "desired_outcome": {"required": "The journey's end"},
                    "arr": 1000,
                    "term": "12 months",
                    "vector": {
                        "direction": {
                            "typical": f"{self.typical} rad", "spread": f"{self.spread} rad",
                            "memory": f"{self.memory} days",
                        },
                        "magnitude": {
                            "typical": 1.0, "spread": self.magnitude_spread,
                            "memory": f"{self.magnitude_memory} days",
                        },
                        "interactions": f"{self.per_month} per month",
                    },
                    "journey": {
                        f"m{n}": {
                            "stage": stages[n], "after": f"{work} months", "spread": self.work_spread,
                            "opportunity": {
                                "kind": "upsell", "arr": 100, "take": self.take,
                                "sensitivity": self.take_sensitivity, "window": "60 days",
                            },
                        }
                        for n, work in enumerate(self.work)
                    },
                    "renewal": {"probability": self.renewal, "sensitivity": self.renewal_sensitivity},
                }
            },
            "teams": {"callers": {"people": self.people, "hours_per_month": 160}},
            "interventions": {
                "call": {
                    "when": {"off_course": f"{self.off_course} rad"},
                    "who": {"cooldown": f"{self.cooldown} days"},
                    "team": "callers",
                    "effort": {
                        "lognormal": {"median": f"{self.effort * 160.0 / MONTH} hours", "spread": self.effort_spread}
                    },
                    "effects": [{"turn_toward": self.share}],
                }
            },
        }  # fmt: skip


@dataclass(frozen=True)
class Start:
    """The members at the start, an array a field: radians, log of the pace, and days.

    `renewals` holds the days of each member's yearly renewals in the horizon (members, years).
    """

    direction: NDArray[np.float64]
    log_magnitude: NDArray[np.float64]
    joined: NDArray[np.int64]
    renewals: NDArray[np.float64] = field(repr=False)

    @classmethod
    def drawn(cls, journey: Journey, seed: int) -> Start:
        """Vectors from their stationary law, and a day of the last year on which each member has joined."""
        rng = np.random.default_rng(seed)
        n = journey.members
        joined = -rng.integers(1, 365, n)
        years = journey.months // 12
        calendar = np.array([_anniversaries(journey.start, -ago, years) for ago in range(365)], np.float64)
        return cls(
            direction=journey.typical + journey.spread * rng.standard_normal(n),
            log_magnitude=journey.magnitude_spread * rng.standard_normal(n),
            joined=joined,
            renewals=calendar[-joined],
        )


def _anniversaries(start: date, joined: int, years: int) -> list[int]:
    """Days from the start of the yearly anniversaries of a day; that of 29 February is the 28th."""
    day = start + timedelta(days=joined)
    leap = (day.month, day.day) == (2, 29)
    return [(date(day.year + n, day.month, 28 if leap else day.day) - start).days for n in range(1, years + 1)]

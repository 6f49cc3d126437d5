"""Teams: finite capacity that delivers interventions."""

from __future__ import annotations

import datetime as dt
import math
from typing import Literal

from pydantic import Field, model_validator

from simulation.scenario.errors import Misfit
from simulation.scenario.schema.base import (
    Day,
    Duration,
    Money,
    MonthlyHours,
    Part,
    People,
    SomePeople,
    SomeShare,
    Span,
)  # fmt: skip


class Ramp(Part):
    """A new person works at a share of full speed that rises evenly to 100%."""

    start: SomeShare = Field(alias="from", description="Share of full speed on the first day.")
    over: Span = Field(description="Time until full speed.")


class Hire(Part):
    """People who join the team."""

    date: Day = Field(description="The day of the decision to hire.")
    people: SomePeople = Field(description="How many.")
    lead_time: Duration = Field(default=0.0, description="From the decision to the first working day.")
    ramp: Ramp | None = Field(default=None, description="How they get up to speed. Absent: at once.")


class Leavers(Part):
    """People who leave the team, after finishing their work."""

    date: Day = Field(description="Their last day.")
    people: SomePeople = Field(description="How many.")


class Team(Part):
    """A team: as many servers as it has people, and one queue."""

    people: People = Field(description="People at the start.")
    hours_per_month: MonthlyHours = Field(description="Working hours of one person in a month.")
    available_share: SomeShare = Field(default=1.0, description="Share of those hours that is free for interventions.")
    cost_per_month: Money = Field(default=0, description="Loaded cost of one person in a month.")
    order: Literal["first_come", "revenue", "risk"] = Field(
        default="first_come", description="Who is served first among requests of the same priority."
    )
    hires: tuple[Hire, ...] = Field(default=(), description="People who join.")
    leavers: tuple[Leavers, ...] = Field(default=(), description="People who leave.")

    @model_validator(mode="after")
    def _enough_people_to_leave(self) -> Team:
        moves: list[tuple[dt.date, int, int, int]] = []
        for place, hire in enumerate(self.hires):
            moves.append((_later(hire.date, hire.lead_time), 0, hire.people, place))
        moves.extend((leave.date, 1, -leave.people, place) for place, leave in enumerate(self.leavers))
        people, wrong = self.people, []
        for day, _, change, place in sorted(moves):
            if people + change < 0:
                message = f"{-change} cannot leave on {day}: the team has {people} then"
                wrong.append((("leavers", place, "people"), message, False))
            people = max(0, people + change)
        if wrong:
            raise Misfit.of(wrong)
        return self

    def people_ever(self, end: dt.date) -> int:
        """The largest number that works in the team before `end`, at least 0."""
        return self.people + sum(h.people for h in self.hires if _later(h.date, h.lead_time) < end)


def _later(day: dt.date, days: float) -> dt.date:
    return min(day + dt.timedelta(days=math.ceil(days)), dt.date(9000, 1, 1)) if days < 1e6 else dt.date.max

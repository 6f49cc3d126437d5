"""A segment: members who share a Desired Outcome, how they arrive, move and leave."""

from __future__ import annotations

import math
from collections.abc import Mapping
from typing import Annotated, Any

from pydantic import BeforeValidator, Field, WithJsonSchema, model_validator

from simulation.scenario.distributions import constant
from simulation.scenario.errors import Misfit, one_of, shown
from simulation.scenario.quantities import NUMBER, Bounds, parse
from simulation.scenario.schema.base import (
    MONTHS,
    Count,
    Duration,
    DurationDistribution,
    Factor,
    Growth,
    MoneyDistribution,
    MonthlyCount,
    Name,
    Part,
    Rate,
    Reference,
    Share,
    Span,
    TermMonths,
    Text,
    Turn,
    YesNo,
)  # fmt: skip
from simulation.scenario.schema.journey import Milestone
from simulation.scenario.schema.price import Price
from simulation.scenario.schema.renewal import MidTermChurn, Renewal, WinBack
from simulation.scenario.schema.vector import Observed, Setbacks, Vector


class Experience(Part):
    """Appropriate Experience: how these members expect to be served."""

    touch: Text = Field(default="", description="How the segment is served, in words (tech, high-touch, ...).")
    patience: Span | None = Field(
        default=None, description="How long a member waits for a team before it turns away. Absent: for ever."
    )
    turn: Turn = Field(default=0.0, description="How far a member turns away when its patience ends.")


class DesiredOutcome(Part):
    """Required Outcome and Appropriate Experience: what makes these members one segment."""

    required: Text = Field(description="The Required Outcome, in the members' words.")
    experience: Experience = Field(default=Experience(), description="The Appropriate Experience.")


def _season(raw: object) -> object:
    bounds = Bounds(at_least=0.0, at_most=1000.0)
    wrong: list[tuple[tuple[str | int, ...], str, bool]] = []
    factors = [1.0] * 12
    if isinstance(raw, Mapping):
        pairs: list[tuple[str | int, Any]] = list(raw.items())
    elif isinstance(raw, (list, tuple)) and len(raw) == 12:
        pairs = list(enumerate(raw))
    else:
        raise Misfit(f"expected month names with factors, or a list of 12 factors, not {shown(raw)}")
    for key, value in pairs:
        if isinstance(key, str) and key not in MONTHS:
            wrong.append(((key,), f"unknown month: {one_of(MONTHS, key)}", True))
            continue
        try:
            factors[MONTHS.index(key) if isinstance(key, str) else key] = parse(NUMBER, value, bounds)
        except Misfit as misfit:
            wrong.extend(misfit.under(key))
    if wrong:
        raise Misfit.of(wrong)
    return tuple(factors)


_FACTOR: dict[str, Any] = {"x-quantity": NUMBER.name}
Season = Annotated[
    tuple[float, ...],
    BeforeValidator(_season),
    WithJsonSchema(
        {
            "anyOf": [
                {"type": "object", "propertyNames": {"enum": list(MONTHS)}, "additionalProperties": _FACTOR},
                {"type": "array", "items": _FACTOR, "minItems": 12, "maxItems": 12},
            ]
        }
    ),
]


class Arrivals(Part):
    """New members: a Poisson process."""

    per_month: MonthlyCount = Field(default=0.0, description="New members per mean month at the start.")
    growth: Growth = Field(default=0.0, description="Yearly growth of the arrival rate, compounding.")
    season: Season = Field(
        default=(1.0,) * 12,
        description="Factor on the arrival rate by calendar month. Absent: 1 in every month.",
    )


class Population(Part):
    """Members present at the start, without a file."""

    members: Count = Field(description="How many members are there at the start.")
    tenure: DurationDistribution = Field(default=constant(0.0), description="How long ago each of them joined.")


class Advocacy(Part):
    """Members with a strongly positive vector and recognised value refer others."""

    rate: Rate = Field(description="Referrals of a member that is an advocate.")
    velocity: Factor = Field(default=0.5, description="A member is an advocate at this velocity or more.")
    needs_value: YesNo = Field(default=True, description="Whether an advocate must have recognised value.")
    converts: Share = Field(description="Share of referrals that become members.")
    segment: Reference | None = Field(
        default=None, description="The segment that the referred join. Absent: the advocate's own."
    )
    delay: Duration = Field(default=0.0, description="From the referral to joining.")


class Segment(Part):
    """One segment: its Desired Outcome, money, vector, journey, renewal and growth."""

    desired_outcome: DesiredOutcome = Field(description="What these members share.")
    arr: MoneyDistribution = Field(description="Recurring revenue of a new member, per year.")
    term: TermMonths = Field(default=12, description="Contract term, in calendar months from joining.")
    arrivals: Arrivals = Field(default=Arrivals(), description="New members.")
    population: Population | None = Field(default=None, description="Members at the start who are in no book.")
    vector: Vector = Field(default=Vector(), description="The success vector of the members.")
    observed: Observed = Field(default=Observed(), description="What the organisation sees of the vector.")
    setbacks: Setbacks | None = Field(default=None, description="Issues that members meet. Absent: none.")
    journey: dict[Name, Milestone] = Field(default={}, description="The Success Milestones, in order.")
    cycle: YesNo = Field(default=False, description="Whether the growth milestones start again after the last one.")
    renewal: Renewal = Field(default=Renewal(), description="The decision at the end of each term.")
    mid_term_churn: MidTermChurn | None = Field(default=None, description="Leaving during a term. Absent: never.")
    win_back: WinBack | None = Field(default=None, description="Return of members that left. Absent: never.")
    price: Price = Field(default=Price(), description="Price changes and the response to them.")
    advocacy: Advocacy | None = Field(default=None, description="Referrals. Absent: none.")

    def __eq__(self, other: object) -> bool:
        # The order of the milestones counts, and dictionaries compare without it.
        return super().__eq__(other) and isinstance(other, Segment) and [*self.journey] == [*other.journey]

    @model_validator(mode="after")
    def _cycle_has_growth(self) -> Segment:
        growth = [milestone for milestone in self.journey.values() if milestone.stage == "growth"]
        if self.cycle and not growth:
            raise Misfit("a cycle repeats the growth milestones, and the journey has none", ("cycle",))
        if self.cycle and math.fsum(milestone.after for milestone in growth) < 0.01:
            raise Misfit("a cycle needs growth milestones with at least 0.01 months of 'after'", ("cycle",))
        return self

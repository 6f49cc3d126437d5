"""Milestones of a journey and the opportunities that they open."""

from __future__ import annotations

from typing import Literal

from pydantic import Field

from simulation.scenario.schema.base import (
    LogSpread,
    MoneyDistribution,
    Number,
    PaceMonths,
    Part,
    Share,
    Span,
)

Stage = Literal["adoption", "value", "growth"]
ExpansionKind = Literal["upsell", "cross_sell", "add_on", "seats"]


class Opportunity(Part):
    """The expansion attached to a milestone, offered once within its window."""

    kind: ExpansionKind = Field(description="The kind of expansion.")
    arr: MoneyDistribution = Field(description="Recurring revenue added when it is taken, per year.")
    take: Share = Field(description="Probability of taking it at the reference velocity; 0% and 100% are final.")
    sensitivity: Number = Field(default=0.0, description="Logit points of the take probability per unit of velocity.")
    window: Span = Field(description="How long after the milestone it can be offered.")


class Milestone(Part):
    """A Success Milestone: an achievement of the member, not a phase of the vendor."""

    stage: Stage = Field(description="The stage: adoption, value or growth, in that order along the journey.")
    after: PaceMonths = Field(description="Median progress needed since the previous milestone.")
    spread: LogSpread = Field(
        default=0.0, description="Standard deviation of the logarithm of 'after' between members."
    )
    self_evident: Share = Field(default=0.0, description="Probability that the member recognises this value unaided.")
    opportunity: Opportunity | None = Field(default=None, description="The expansion it opens. Absent: none.")

"""The decision to stay, and its neighbours: grace, contraction, leaving early, coming back."""

from __future__ import annotations

from pydantic import Field

from simulation.scenario.distributions import constant
from simulation.scenario.schema.base import (
    Number,
    Part,
    RateDistribution,
    Share,
    ShareDistribution,
    Span,
)  # fmt: skip


class Grace(Part):
    """Time given after a missed renewal, during which the revenue stays."""

    length: Span = Field(description="How long grace lasts.")
    recovery: Share = Field(description="Probability that the member renews at the end of grace.")


class Contraction(Part):
    """A renewing member may renew for less."""

    probability: Share = Field(description="Probability of contracting at a renewal, at the reference velocity.")
    share: ShareDistribution = Field(description="Share of the recurring revenue that is given up.")
    sensitivity: Number = Field(
        default=0.0,
        description="Logit points by which a unit of velocity lowers the probability of contracting.",
    )


class Renewal(Part):
    """Logistic regression of renewing on the member's state; penalties are logit points."""

    probability: ShareDistribution = Field(
        default=constant(1.0),
        description="Probability of renewing at the reference velocity, no penalties; may vary by member.",
    )
    not_adopted: Number = Field(default=0.0, description="Logit points lost while adoption is not complete.")
    no_value: Number = Field(
        default=0.0, description="Logit points lost when no value was recognised since the last renewal."
    )
    escalation: Number = Field(default=0.0, description="Logit points lost while an escalation is open.")
    sensitivity: Number = Field(default=0.0, description="Logit points per unit of velocity above the reference.")
    grace: Grace | None = Field(default=None, description="Grace after a missed renewal. Absent: none.")
    contraction: Contraction | None = Field(default=None, description="Renewing for less. Absent: never.")


class MidTermChurn(Part):
    """A hazard of leaving during a term."""

    rate: RateDistribution = Field(description="Hazard of leaving at the reference velocity; may vary by member.")
    sensitivity: Number = Field(
        default=0.0, description="By how much a unit of velocity lowers the logarithm of the hazard."
    )


class WinBack(Part):
    """A hazard of returning after leaving."""

    rate: RateDistribution = Field(description="Hazard of returning; may vary by member.")
    within: Span | None = Field(
        default=None, description="Returns happen only this long after leaving. Absent: for ever."
    )
    arr: Share = Field(default=1.0, description="Share of the former recurring revenue with which a member returns.")

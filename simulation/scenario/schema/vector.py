"""The success vector of a segment, what is seen of it, and what turns it."""

from __future__ import annotations

from pydantic import Field

from simulation.scenario.schema.base import Angle, LogSpread, Part, PositiveFactor, Rate, Span, Turn
from simulation.scenario.units import MONTH


class Direction(Part):
    """The angle off the Desired Outcome: a stationary Ornstein-Uhlenbeck process."""

    typical: Angle = Field(default=0.0, description="The angle around which members move; 0 = straight at the outcome.")
    spread: Turn = Field(default=0.0, description="Standard deviation of the base direction.")
    memory: Span = Field(default=4 * MONTH, description="Time after which a deviation has fallen to 1/e.")


class Magnitude(Part):
    """The pace: log-normal, and its logarithm an Ornstein-Uhlenbeck process."""

    typical: PositiveFactor = Field(default=1.0, description="Median pace; 1 = typical.")
    spread: LogSpread = Field(default=0.0, description="Standard deviation of the logarithm of the pace.")
    memory: Span = Field(default=7 * MONTH, description="Time after which a deviation has fallen to 1/e.")


class OutcomeShifts(Part):
    """What the member needs changes: a turn with a fair random sign."""

    rate: Rate = Field(description="How often the needed outcome shifts.")
    turn: Turn = Field(description="How far a shift turns the member.")


class Vector(Part):
    """The success vector: direction and magnitude, redrawn only at interactions."""

    direction: Direction = Field(default=Direction(), description="The angle off the Desired Outcome.")
    magnitude: Magnitude = Field(default=Magnitude(), description="The pace.")
    interactions: Rate = Field(default=0.0, description="How often a member interacts; the vector changes only then.")
    outcome_shifts: OutcomeShifts | None = Field(
        default=None, description="Shifts of the needed outcome. Absent: none."
    )


class Observed(Part):
    """What the organisation sees: the truth and a noise, drawn at interactions and held."""

    direction_noise: Turn = Field(default=0.0, description="Standard deviation of the error of the observed direction.")
    usage_noise: LogSpread = Field(
        default=0.0, description="Standard deviation of the error of the logarithm of usage."
    )


class Setbacks(Part):
    """Issues that members meet: Poisson, at most one open at a time."""

    rate: Rate = Field(description="How often a member meets a setback.")
    resolves_itself: Span = Field(description="Median time after which an untreated setback resolves itself.")
    escalates_after: Span = Field(description="Age at which an open setback escalates.")
    turn: Turn = Field(description="How far an escalation turns the member away.")

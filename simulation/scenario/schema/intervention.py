"""Interventions: one general mechanism for everything that the organisation does."""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import Field, model_validator

from simulation.scenario.errors import Misfit
from simulation.scenario.quantities import WHOLE
from simulation.scenario.schema.base import (
    Duration,
    Factor,
    HoursDistribution,
    Money,
    OneOrList,
    Part,
    Period,
    QuantityOf,
    Rank,
    Reference,
    Share,
    Turn,
    YesNo,
)  # fmt: skip
from simulation.scenario.schema.effect import Effect
from simulation.scenario.schema.when import When


class Range(Part):
    """Limits of a quantity, both included; absent = no limit."""

    at_least: float | None = None
    at_most: float | None = None

    @model_validator(mode="after")
    def _in_order(self) -> Range:
        if self.at_least is not None and self.at_most is not None and self.at_least > self.at_most:
            raise Misfit("at_least must not exceed at_most", ("at_least",))
        return self


class UsageRange(Range):
    """Limits of the observed usage (pace; 1 = typical)."""

    at_least: Factor | None = Field(default=None, description="At least this usage.")
    at_most: Factor | None = Field(default=None, description="At most this usage.")


class MoneyRange(Range):
    """Limits of the recurring revenue per year."""

    at_least: Money | None = Field(default=None, description="At least this much.")
    at_most: Money | None = Field(default=None, description="At most this much.")


class TenureRange(Range):
    """Limits of the time since joining."""

    at_least: Duration | None = Field(default=None, description="At least this long.")
    at_most: Duration | None = Field(default=None, description="At most this long.")


class RiskRange(Range):
    """Limits of the risk: 1 - P(renew) at the observed vector."""

    at_least: Share | None = Field(default=None, description="At least this risk.")
    at_most: Share | None = Field(default=None, description="At most this risk.")


MemberStage = Literal["adoption", "value", "growth", "complete"]


class Who(Part):
    """The audience, as seen at the request; every condition must hold."""

    segments: Annotated[tuple[Reference, ...], OneOrList()] | None = Field(
        default=None, description="Only these segments. Absent: all."
    )
    stage: Annotated[tuple[MemberStage, ...], OneOrList()] | None = Field(
        default=None,
        description="Only members working on a milestone of these stages; complete = none left. Absent: any.",
    )
    off_course: Turn | None = Field(
        default=None, description="Only members whose observed angle is this or more. Absent: any."
    )
    on_course: Turn | None = Field(
        default=None, description="Only members whose observed angle is less than this. Absent: any."
    )
    usage: UsageRange | None = Field(default=None, description="Only members with this observed usage. Absent: any.")
    arr: MoneyRange | None = Field(default=None, description="Only members with this recurring revenue. Absent: any.")
    tenure: TenureRange | None = Field(default=None, description="Only members who joined this long ago. Absent: any.")
    risk: RiskRange | None = Field(default=None, description="Only members at this risk of not renewing. Absent: any.")
    value_recognised: YesNo | None = Field(
        default=None, description="Only members who have, or have not, recognised value. Absent: any."
    )
    cooldown: Duration = Field(default=0.0, description="Least time between two requests of a member.")
    coverage: Share = Field(default=1.0, description="Share of members who can get it at all, one draw per member.")


class Session(Part):
    """A group session: one job for the first members waiting."""

    size: Annotated[int, QuantityOf(WHOLE, at_least=1.0, at_most=1_000_000.0)] = Field(
        description="How many members take part at most."
    )
    every: Period = Field(description="Time between sessions.")
    first: Duration = Field(default=0.0, description="Time from the start of the scenario to the first session.")


class Cost(Part):
    """What an intervention costs beside its team."""

    per_delivery: Money = Field(default=0, description="For each delivery.")
    per_month: Money = Field(default=0, description="In every month.")
    one_off: Money = Field(default=0, description="Once, at the start.")


class InterventionPrice(Part):
    """What a member pays for it."""

    fee: Money = Field(default=0, description="Fee of one delivery.")
    recurring: Money = Field(default=0, description="Recurring revenue that a delivery adds, per year (expansion).")


class Intervention(Part):
    """Something the organisation does for a member."""

    when: When = Field(description="What causes a request.")
    who: Who = Field(default=Who(), description="Who is asked.")
    team: Reference | None = Field(default=None, description="The team that delivers it. Absent: tech-touch.")
    effort: HoursDistribution | None = Field(
        default=None, description="Working hours of one delivery (or one session)."
    )
    session: Session | None = Field(default=None, description="Delivery in group sessions. Absent: one by one.")
    accept: Share = Field(default=1.0, description="Probability that a member accepts the request.")
    priority: Rank = Field(default=100, description="Rank in the queue; lower is served first.")
    effects: tuple[Effect, ...] = Field(default=(), description="What a delivery does, in order.")
    cost: Cost = Field(default=Cost(), description="What it costs.")
    price: InterventionPrice = Field(default=InterventionPrice(), description="What the member pays.")

    @model_validator(mode="after")
    def _delivery(self) -> Intervention:
        wrong: list[tuple[tuple[str | int, ...], str, bool]] = []
        if self.team is not None and self.effort is None:
            wrong.append((("team",), "a team needs an 'effort' in hours", False))
        if self.effort is not None and self.team is None:
            wrong.append((("effort",), "an effort needs the 'team' that makes it", False))
        if self.when.trigger == "off_course" and self.who.cooldown <= 0.0:
            at = ("who", "cooldown") if "cooldown" in self.who.model_fields_set else ("when", "off_course")
            wrong.append((at, "the trigger off_course needs a 'who: {cooldown: ...}' of more than 0 days", False))
        if wrong:
            raise Misfit.of(wrong)
        return self

"""Levers: what a budget may buy, each in whole steps from nothing to the most."""

from __future__ import annotations

from typing import Annotated, Any

from pydantic import BeforeValidator, Field, WithJsonSchema, model_validator

from simulation.scenario.errors import Misfit
from simulation.scenario.schema.base import Day, Duration, Money, Part, Reference, SomePeople, Text
from simulation.scenario.schema.team import Ramp

WAYS = ("hire", "change", "switch")


def _as_written(raw: object) -> object:
    if isinstance(raw, (list, tuple, dict)):
        raise Misfit("expected one number, with its unit where it has one")
    return raw


# Only the path says what is measured, so the text stays as it is until the whole scenario is known.
AsWritten = Annotated[Any, BeforeValidator(_as_written), WithJsonSchema({"x-quantity": "any"})]


class Hiring(Part):
    """People who can be added to a team."""

    team: Reference = Field(description="The team.")
    at_most: SomePeople = Field(description="The most people that can be hired.")
    date: Day | None = Field(default=None, description="The day of the decision to hire. Absent: the start.")
    lead_time: Duration = Field(default=0.0, description="From the decision to the first working day.")
    ramp: Ramp | None = Field(default=None, description="How they get up to speed. Absent: at once.")


class Change(Part):
    """A number of the scenario that can be set, in even steps or to one of several values."""

    path: Text = Field(description="The dotted path of the number, as under assumptions.")
    low: AsWritten | None = Field(
        default=None,
        alias="from",
        description="The value when nothing is bought. Unit: that of the path. Absent: none, with choices.",
    )
    high: AsWritten | None = Field(
        default=None,
        alias="to",
        description="The value when all is bought. Unit: that of the path. Absent: none, with choices.",
    )
    step: AsWritten | None = Field(
        default=None,
        description="The distance between two values. Unit: that of the path. Absent: none, with choices.",
    )
    choices: tuple[AsWritten, ...] | None = Field(
        default=None,
        description="The values themselves, the one when nothing is bought first, instead of from, to and step. "
        "Unit: that of the path. Absent: none.",
    )

    @model_validator(mode="after")
    def _one_form(self) -> Change:
        steps = {"from": self.low, "to": self.high, "step": self.step}
        if self.choices is not None:
            given = [key for key, value in steps.items() if value is not None]
            if given:
                raise Misfit("with 'choices' there is no 'from', 'to' or 'step'", (given[0],))
            if len(self.choices) < 2:
                raise Misfit("expected at least two choices", ("choices",))
        else:
            missing = [key for key, value in steps.items() if value is None]
            if missing:
                raise Misfit(f"expected 'from', 'to' and 'step', or 'choices'; {missing[0]!r} is missing")
        return self


class LeverCost(Part):
    """What each step of a lever costs beside what the scenario itself counts as cost."""

    one_off: Money = Field(default=0, description="For each step, once, at the start.")
    per_month: Money = Field(default=0, description="For each step, in every month of the horizon.")


class Lever(Part):
    """Something a budget may buy: people, another value of a number, or an intervention."""

    hire: Hiring | None = Field(default=None, description="People for a team; each is one step. Absent: no people.")
    change: Change | None = Field(default=None, description="A number that can be set. Absent: no number.")
    switch: Reference | None = Field(
        default=None, description="An intervention that is off when it is not bought. Absent: no intervention."
    )
    cost: LeverCost = Field(
        default=LeverCost(), description="What each step costs beside the costs that the scenario counts. Absent: 0."
    )

    @model_validator(mode="after")
    def _one_way(self) -> Lever:
        given = [way for way in WAYS if getattr(self, way) is not None]
        if len(given) != 1:
            raise Misfit(f"expected exactly one of {', '.join(WAYS)}, not {' and '.join(given) or 'none'}")
        return self

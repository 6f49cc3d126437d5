"""Objectives to manage against, and facts that planners know."""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping
from typing import Any, Literal, get_args

from pydantic import Field, GetJsonSchemaHandler, model_validator
from pydantic_core import CoreSchema

from simulation.scenario.errors import Misfit, one_of, shown
from simulation.scenario.quantities import DURATION, MONEY, NUMBER, SHARE, Bounds, Kind, parse, parse_whole
from simulation.scenario.schema.base import Day, Part, Reference, Span
from simulation.scenario.schema.journey import ExpansionKind

MEASURES: dict[str, tuple[Kind, str]] = {
    "members": (NUMBER, "Members at the end of the window."),
    "joined": (NUMBER, "Members who joined in the window."),
    "referred": (NUMBER, "Members who joined by referral in the window."),
    "left": (NUMBER, "Members who left in the window."),
    "arr": (MONEY, "Recurring revenue per year at the end of the window."),
    "new": (MONEY, "Recurring revenue of new members."),
    "returned": (MONEY, "Recurring revenue of members who came back."),
    "expansion": (MONEY, "Recurring revenue added by expansion."),
    "uplift": (MONEY, "Recurring revenue added by prices."),
    "contraction": (MONEY, "Recurring revenue lost by contraction."),
    "churn": (MONEY, "Recurring revenue lost by leaving."),
    "nrr": (SHARE, "Net revenue retention of the window."),
    "grr": (SHARE, "Gross revenue retention of the window."),
    "renewal_rate": (SHARE, "Renewals won of those decided in the window."),
    "first_year_renewal": (SHARE, "First renewals won of those decided in the window; of terms of 12 months."),
    "revenue": (MONEY, "Recurring revenue earned in the window."),
    "fees": (MONEY, "Fees earned in the window."),
    "cost": (MONEY, "Cost of teams and interventions in the window."),
    "contribution": (MONEY, "Revenue and fees minus cost."),
    "reached": (NUMBER, "Milestones reached in the window."),
    "offered": (NUMBER, "Opportunities offered in the window."),
    "taken": (NUMBER, "Opportunities taken in the window."),
    "take_rate": (SHARE, "Opportunities taken of those offered in the window."),
    "on_track": (NUMBER, "Members on track at the end of the window."),
    "away": (NUMBER, "Members turned away at the end of the window."),
    "escalations": (NUMBER, "Escalations in the window."),
    "wait": (DURATION, "Mean wait for a team."),
}
"""What an objective can measure: the kind of its target and what it is."""

_RATIOS = ("nrr", "grr")


class Objective(Part):
    """An expected result for the next 30/60/90 days, or any window from the start.

    Attributes
    ----------
    at_least, at_most : float or None
        Targets in the base unit of the measure: cents, fractions, days or counts.
    """

    measure: Literal[
        "members", "joined", "referred", "left", "arr", "new", "returned", "expansion", "uplift",
        "contraction", "churn", "nrr", "grr", "renewal_rate", "first_year_renewal", "revenue", "fees", "cost",
        "contribution",
        "reached", "offered", "taken", "take_rate", "on_track", "away", "escalations", "wait",
    ] = Field(description="What is measured.")  # fmt: skip
    within: Span | None = Field(default=None, description="The window, from the start of the scenario.")
    by: Day | None = Field(default=None, description="The window ends at the start of this day.")
    at_least: float | None = Field(
        default=None, description="The target: at least this much, in the unit of the measure."
    )
    at_most: float | None = Field(
        default=None, description="The target: at most this much, in the unit of the measure."
    )
    segment: Reference | None = Field(default=None, description="Only this segment. Absent: all.")
    milestone: Reference | None = Field(default=None, description="Only this milestone. Absent: all.")
    kind: ExpansionKind | None = Field(default=None, description="Only this kind of expansion. Absent: all.")

    @model_validator(mode="before")
    @classmethod
    def _targets(cls, raw: object) -> object:
        if not isinstance(raw, Mapping):
            return raw
        fields = dict(raw)
        wrong: list[tuple[tuple[str | int, ...], str, bool]] = []
        kind = MEASURES.get(str(raw.get("measure")), (NUMBER, ""))[0]
        limit = 10.0 if raw.get("measure") in _RATIOS else 1.0
        for key in ("at_least", "at_most"):
            if key in fields and str(raw.get("measure")) in MEASURES:
                try:
                    bounds = Bounds(at_least=0.0, at_most=limit) if kind is SHARE else Bounds()
                    read = parse_whole if kind is MONEY else parse
                    fields[key] = read(kind, fields[key], bounds)
                except Misfit as misfit:
                    wrong.extend(misfit.under(key))
            else:
                fields.pop(key, None)
        if "at_least" not in raw and "at_most" not in raw:
            wrong.append(((), "expected a target: 'at_least' or 'at_most'", False))
        if ("within" in raw) == ("by" in raw):
            wrong.append(((), "expected a window: either 'within' or 'by'", False))
        if wrong:
            raise Misfit.of(wrong)
        return fields

    @classmethod
    def __get_pydantic_json_schema__(cls, schema: CoreSchema, handler: GetJsonSchemaHandler) -> dict[str, Any]:
        form = handler.resolve_ref_schema(super().__get_pydantic_json_schema__(schema, handler))
        for key in ("at_least", "at_most"):
            form["properties"][key] = {
                "x-quantity": "any",
                "description": form["properties"][key]["description"],
            }
        return form


assert set(get_args(Objective.model_fields["measure"].annotation)) == set(MEASURES)

KNOWN_MEASURES: dict[str, Kind] = {
    "first_year_renewal": SHARE, "renewal_rate": SHARE, "nrr": SHARE, "grr": SHARE,
    "time_to_first_value": DURATION, "take_rate": SHARE, "reached": NUMBER, "members": NUMBER,
    "arr": MONEY, "churn": MONEY, "expansion": MONEY, "joined": NUMBER, "left": NUMBER,
    **{f"first_value_{days}": SHARE for days in (30, 90, 180)},
    **{f"reached_{days}": SHARE for days in (90, 180, 365)},
    **{f"renewal_year_{year}": SHARE for year in range(1, 6)},
    "renewal_adopted": SHARE, "renewal_not_adopted": SHARE, "still_on_track": SHARE, "usage_spread": NUMBER,
}  # fmt: skip
"""What can be known of a segment (``segments.<name>.<measure>``), of a milestone or of all members (``<measure>``).

Those in the last rows are read out of lives: see `simulation.evidence.observables`. Reach may be stated by whether an
intervention was delivered: ``segments.<name>.journey.<milestone>.with.<intervention>.reached_180``, or ``without``.
"""

OF_SEGMENTS = tuple(
    one
    for one in KNOWN_MEASURES
    if one.startswith(("first_value_", "renewal_year_"))
    or one in ("renewal_adopted", "renewal_not_adopted", "still_on_track", "usage_spread")
)
"""What can be known of a segment only."""
OF_MILESTONES = ("reached_90", "reached_180", "reached_365")
"""What can be known of a milestone only."""


class Known(Part):
    """A fact that planners can state; ``membersim calibrate`` solves for the rest.

    Attributes
    ----------
    low, high : float
        The fact lies between these, in the base unit of its measure; equal for a single value.
    """

    low: float
    high: float
    source: str | None = None
    evidence: Literal["own", "published", "prior"] | None = None
    owner: str | None = None
    review_by: dt.date | None = None
    comment: str | None = None

    @property
    def between(self) -> tuple[float, float]:
        """Both limits, in the base unit of the measure."""
        return self.low, self.high


def read_known(measure: str, raw: object) -> tuple[float, float]:
    """Both ends of a known fact, from ``{between: [low, high]}``, ``{value: x}`` or a plain number."""
    kind = KNOWN_MEASURES.get(measure)
    if kind is None:
        raise Misfit(f"unknown measure: {one_of(KNOWN_MEASURES, measure)}", key=True)
    bounds = Bounds(at_least=0.0, at_most=None if kind is not SHARE else 10.0 if measure in _RATIOS else 1.0)
    if not isinstance(raw, Mapping):
        value = parse(kind, raw, bounds)
        return value, value
    if ("between" in raw) == ("value" in raw):
        raise Misfit("expected either 'between: [low, high]' or 'value'")
    if "value" in raw:
        try:
            value = parse(kind, raw["value"], bounds)
        except Misfit as misfit:
            raise Misfit.of(misfit.under("value")) from None
        return value, value
    ends = raw["between"]
    if not isinstance(ends, (list, tuple)) or len(ends) != 2:
        raise Misfit(f"expected two limits, such as [62%, 68%], not {shown(ends)}", ("between",))
    read: list[float] = []
    for place, end in enumerate(ends):
        try:
            read.append(parse(kind, end, bounds))
        except Misfit as misfit:
            raise Misfit.of(misfit.under("between", place)) from None
    if read[0] > read[1]:
        raise Misfit("the first limit must not exceed the second", ("between",))
    return read[0], read[1]

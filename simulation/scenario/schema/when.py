"""What causes a request for an intervention."""

from __future__ import annotations

import datetime as dt
import math
from typing import Any, Literal, get_args

from pydantic import Field, GetJsonSchemaHandler, model_validator
from pydantic_core import CoreSchema

from simulation.scenario.errors import Misfit, shown
from simulation.scenario.quantities import ANGLE, DURATION, PACE, Bounds, Kind, parse
from simulation.scenario.schema.base import Fields, Part, only_key, read_day
from simulation.scenario.units import YEAR

Trigger = Literal[
    "joined",
    "reached",
    "approaching",
    "taken",
    "off_course",
    "setback",
    "escalation",
    "renewal_due",
    "every",
    "on",
]
_DELAYED: dict[str, tuple[str, bool]] = {
    "joined": ("This long after a member joined.", False),
    "setback": ("This long after a setback (the detection delay), if it is still open.", False),
    "escalation": ("This long after an escalation, if it is still open.", False),
    "renewal_due": ("This long before a renewal is due.", False),
    "every": ("Every such time of a member's age.", True),
}
_MILESTONE = {
    "reached": "When a member reaches this milestone.",
    "taken": "When a member takes the opportunity of this milestone.",
}
TRIGGERS: tuple[str, ...] = get_args(Trigger)


class When(Part):
    """The cause of a request; in the file a mapping with one key, the trigger.

    Attributes
    ----------
    trigger : str
        Which event causes the request.
    delay : float
        Days: after joining, a setback or an escalation, before a renewal, or the period of ``every``.
    milestone : str or None
        For ``reached``, ``approaching`` and ``taken``.
    within : float
        Pace-months, for ``approaching``.
    angle : float
        Radians, for ``off_course``.
    dates : tuple of date
        For ``on``.
    """

    trigger: Trigger
    delay: float = Field(default=0.0)
    milestone: str | None = None
    within: float = 0.0
    angle: float = 0.0
    dates: tuple[dt.date, ...] = ()

    @model_validator(mode="before")
    @classmethod
    def _from_file(cls, raw: object) -> object:
        trigger, value = only_key(raw, TRIGGERS, "trigger")
        fields: dict[str, Any] = {"trigger": trigger}
        if trigger in _DELAYED:
            least = 1 / 24 if _DELAYED[trigger][1] else 0.0
            limits = Bounds(at_least=least, at_most=200 * YEAR)
            fields["delay"] = _quantity(DURATION, value, limits, trigger)
        elif trigger in _MILESTONE:
            fields["milestone"] = _milestone(value, trigger)
        elif trigger == "off_course":
            fields["angle"] = _quantity(ANGLE, value, Bounds(at_least=0.0, at_most=math.pi), trigger)
        elif trigger == "approaching":
            spec = Fields(value, ("milestone", "within"), (trigger,))
            fields["milestone"] = spec.read("milestone", lambda text: _milestone(text))
            limits = Bounds(above=0.0, at_most=2400.0)
            fields["within"] = spec.read("within", lambda text: parse(PACE, text, limits))
            spec.done()
        else:
            fields["dates"] = _dates(value)
        return fields

    @classmethod
    def __get_pydantic_json_schema__(cls, schema: CoreSchema, handler: GetJsonSchemaHandler) -> dict[str, Any]:
        forms: dict[str, Any] = {
            trigger: {"x-quantity": DURATION.name, "description": f"{text} Unit: days."}
            for trigger, (text, _) in _DELAYED.items()
        }
        forms.update({trigger: {"type": "string", "description": text} for trigger, text in _MILESTONE.items()})
        forms["off_course"] = {
            "x-quantity": ANGLE.name,
            "description": "At an interaction at which the observed angle is this or more. Unit: degrees.",
        }
        forms["approaching"] = {
            "type": "object",
            "additionalProperties": False,
            "required": ["milestone", "within"],
            "description": "When at most this much progress toward the milestone is left; once, the first time.",
            "properties": {
                "milestone": {"type": "string", "description": "The milestone."},
                "within": {"x-quantity": PACE.name, "description": "Progress left. Unit: pace-months."},
            },
        }
        date: dict[str, Any] = {"type": "string", "format": "date"}
        forms["on"] = {
            "anyOf": [date, {"type": "array", "items": date, "minItems": 1}],
            "description": "On this date, or on each of these dates.",
        }
        return {
            "type": "object",
            "title": "When",
            "description": "What causes a request: exactly one trigger.",
            "minProperties": 1,
            "maxProperties": 1,
            "additionalProperties": False,
            "properties": {trigger: forms[trigger] for trigger in TRIGGERS},
        }


def _quantity(kind: Kind, value: object, limits: Bounds, *at: str) -> float:
    try:
        return parse(kind, value, limits)
    except Misfit as misfit:
        raise Misfit.of(misfit.under(*at)) from None


def _milestone(value: object, *at: str) -> str:
    if not isinstance(value, str):
        raise Misfit(f"expected the name of a milestone, not {shown(value)}", at)
    return value


def _dates(value: object) -> tuple[dt.date, ...]:
    many = isinstance(value, (list, tuple))
    items: list[object] = list(value) if isinstance(value, (list, tuple)) else [value]
    wrong: list[tuple[tuple[str | int, ...], str, bool]] = []
    dates: list[dt.date] = []
    for place, item in enumerate(items):
        try:
            dates.append(read_day(item))
        except Misfit as misfit:
            wrong.extend(misfit.under("on", place) if many else misfit.under("on"))
    if not items:
        wrong.append((("on",), "expected at least one date", False))
    if len(set(dates)) != len(dates):
        wrong.append((("on",), "the same date is given twice", False))
    if wrong:
        raise Misfit.of(wrong)
    return tuple(sorted(dates))

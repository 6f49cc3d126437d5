"""What a delivered intervention does to a member."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Literal, get_args

from pydantic import Field, GetJsonSchemaHandler, model_validator
from pydantic_core import CoreSchema

from simulation.scenario.distribution_reader import parse_distribution
from simulation.scenario.distributions import Distribution
from simulation.scenario.errors import Misfit, shown
from simulation.scenario.quantities import DURATION, NUMBER, PACE, SHARE, Bounds, Kind, parse
from simulation.scenario.schema.base import Fields, Part, only_key
from simulation.scenario.units import YEAR

EffectKind = Literal[
    "turn_toward",
    "magnitude",
    "advance",
    "shorten",
    "demonstrate_value",
    "resolve_setback",
    "renewal_lift",
    "take_lift",
]
KINDS: tuple[str, ...] = get_args(EffectKind)
_LIFE = Bounds(above=0.0, at_most=200 * YEAR)
_BOUNDS: dict[str, tuple[Kind, Bounds]] = {
    "turn_toward": (SHARE, Bounds()),
    "magnitude": (NUMBER, Bounds(above=0.0)),
    "advance": (PACE, Bounds(at_least=0.0)),
    "shorten": (SHARE, Bounds(at_least=0.0, at_most=1.0)),
    "demonstrate_value": (SHARE, Bounds(at_least=0.0, at_most=1.0)),
    "resolve_setback": (SHARE, Bounds(at_least=0.0, at_most=1.0)),
    "renewal_lift": (NUMBER, Bounds()),
    "take_lift": (NUMBER, Bounds()),
}
_WHOLE = {"turn_toward": Bounds(at_most=1.0)}
"""Limits of a plain number only: a draw beyond them is cut off there."""


class Effect(Part):
    """One effect; in the file a mapping with one key, the kind.

    Attributes
    ----------
    kind : str
        What it changes.
    amount : Distribution
        Share of the angle (``turn_toward``), factor (``magnitude``), pace-months (``advance``), share of
        the remaining work (``shorten``), probability (``demonstrate_value``, ``resolve_setback``) or logit
        points (lifts).
    milestone : str or None
        The milestone that is shortened.
    milestones : tuple of str or None
        The milestones whose opportunities a ``take_lift`` helps; None = all.
    lasts, median_life : float or None
        Days that a ``magnitude`` factor lasts, or the median of its exponential life; neither = for good.
    half_life : float or None
        Days after which a lift has halved; None = it stays.
    """

    kind: EffectKind
    amount: Distribution
    milestone: str | None = None
    milestones: tuple[str, ...] | None = None
    lasts: float | None = Field(default=None)
    median_life: float | None = None
    half_life: float | None = None

    @model_validator(mode="before")
    @classmethod
    def _from_file(cls, raw: object) -> object:
        kind, value = only_key(raw, KINDS, "effect")
        fields: dict[str, Any] = {"kind": kind}
        if kind == "magnitude":
            spec = Fields(value, ("factor", "lasts", "median_life"), (kind,))
            fields["amount"] = spec.read("factor", lambda item: _amount(kind, item))
            fields["lasts"] = spec.read("lasts", _life, None)
            fields["median_life"] = spec.read("median_life", _life, None)
            if fields["lasts"] is not None and fields["median_life"] is not None:
                spec.fail("give either 'lasts' or 'median_life', not both", "median_life")
            spec.done()
        elif kind == "shorten":
            if not isinstance(value, Mapping) or len(value) != 1:
                raise Misfit(
                    f"expected one milestone and a share, such as {{first_value: 25%}}, not {shown(value)}",
                    (kind,),
                )
            ((name, share),) = value.items()
            fields["milestone"] = str(name)
            fields["amount"] = _amount(kind, share, kind, str(name))
        elif kind in ("renewal_lift", "take_lift") and isinstance(value, Mapping) and "points" in value:
            keys = ("points", "half_life", "milestones") if kind == "take_lift" else ("points", "half_life")
            spec = Fields(value, keys, (kind,))
            fields["amount"] = spec.read("points", lambda item: _amount(kind, item))
            fields["half_life"] = spec.read("half_life", _life, None)
            fields["milestones"] = spec.read("milestones", _names, None)
            spec.done()
        else:
            certain = value is True and kind in ("demonstrate_value", "resolve_setback")
            fields["amount"] = _amount(kind, 1.0 if certain else value, kind)
        return fields

    @classmethod
    def __get_pydantic_json_schema__(cls, schema: CoreSchema, handler: GetJsonSchemaHandler) -> dict[str, Any]:
        return _json_form()


def _amount(kind: str, value: object, *at: str) -> Distribution:
    if isinstance(value, Distribution):
        return value
    unit, limits = _BOUNDS[kind]
    try:
        amount = parse_distribution(unit, value, limits)
        if amount.is_constant and kind in _WHOLE:
            parse(unit, value if isinstance(value, (str, int, float)) else amount.value, _WHOLE[kind])
        return amount
    except Misfit as misfit:
        raise Misfit.of(misfit.under(*at)) from None


def _life(value: object) -> float:
    return parse(DURATION, value, _LIFE)


def _names(value: object) -> tuple[str, ...]:
    items = value if isinstance(value, (list, tuple)) else [value]
    if not items or not all(isinstance(item, str) for item in items):
        raise Misfit(f"expected names of milestones, not {shown(value)}")
    return tuple(items)


def _json_form() -> dict[str, Any]:
    def mapping(required: str, **properties: dict[str, Any]) -> dict[str, Any]:
        form = {"type": "object", "additionalProperties": False, "required": [required]}
        return {**form, "properties": properties}

    def amount(kind: str) -> dict[str, Any]:
        return {"x-distribution": _BOUNDS[kind][0].name}

    def life(text: str) -> dict[str, Any]:
        return {"x-quantity": DURATION.name, "description": f"{text} Unit: days. Default: for good."}

    yes = {"const": True}
    points = {**amount("renewal_lift"), "description": "Logit points."}
    half_life = life("Time after which the lift has halved.")
    names = {"type": "array", "items": {"type": "string"}, "minItems": 1}
    milestones = {
        "anyOf": [{"type": "string"}, names],
        "description": "The milestones whose opportunities are helped. Default: all.",
    }
    forms: dict[str, dict[str, Any]] = {
        "turn_toward": {
            **amount("turn_toward"),
            "description": "Share of the angle taken away, at most 100%; negative backfires.",
        },
        "magnitude": {
            **mapping(
                "factor",
                factor={**amount("magnitude"), "description": "Factor on the pace. Unit: none."},
                lasts=life("How long it lasts."),
                median_life=life("Median of its exponential life."),
            ),
            "description": "A factor on the pace.",
        },
        "advance": {**amount("advance"), "description": "Progress given at once. Unit: pace-months."},
        "shorten": {
            "type": "object",
            "minProperties": 1,
            "maxProperties": 1,
            "additionalProperties": amount("shorten"),
            "description": "Share of the remaining work of one milestone that is taken away.",
        },
        "demonstrate_value": {
            "anyOf": [yes, amount("demonstrate_value")],
            "description": "Probability that the member recognises the value it has reached; true = 100%.",
        },
        "resolve_setback": {
            "anyOf": [yes, amount("resolve_setback")],
            "description": "Probability that the open setback is resolved; true = 100%.",
        },
        "renewal_lift": {
            "anyOf": [amount("renewal_lift"), mapping("points", points=points, half_life=half_life)],
            "description": "Logit points on renewing.",
        },
        "take_lift": {
            "anyOf": [
                amount("take_lift"),
                mapping("points", points=points, half_life=half_life, milestones=milestones),
            ],
            "description": "Logit points on taking opportunities.",
        },
    }
    return {
        "type": "object",
        "title": "Effect",
        "description": "What a delivery does: exactly one effect.",
        "minProperties": 1,
        "maxProperties": 1,
        "additionalProperties": False,
        "properties": {kind: forms[kind] for kind in KINDS},
    }

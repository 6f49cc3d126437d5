"""Selling policies: objectives (offers at milestones only) or a monthly quota."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Annotated, Any

from pydantic import Field, GetJsonSchemaHandler, model_validator
from pydantic_core import CoreSchema

from simulation.scenario.errors import Misfit, nearest, shown
from simulation.scenario.schema.base import Money, OneOrList, Part, Reference, Share, SomePeople, Turn


class Quota(Part):
    """A team below its quota pushes unreached opportunities five days before a month's end."""

    team: Reference = Field(description="The team that carries the quota.")
    segments: Annotated[tuple[Reference, ...], OneOrList()] | None = Field(
        default=None, description="Members of these segments are pushed. Absent: all."
    )
    per_month: Money = Field(description="Expansion to be sold in a calendar month, recurring revenue per year.")
    pushes: SomePeople = Field(description="Most pushes in a month.")
    take: Share = Field(description="Probability that a pushed member takes the opportunity.")
    turn: Turn = Field(default=0.0, description="How far each push turns a member away.")


class Selling(Part):
    """``objectives``, or ``{quota: {...}}``.

    Attributes
    ----------
    quota : Quota or None
        None for selling by objectives.
    """

    quota: Quota | None = None

    @model_validator(mode="before")
    @classmethod
    def _from_file(cls, raw: object) -> object:
        if raw == "objectives":
            return {}
        if isinstance(raw, str):
            guess = nearest(raw, ("objectives", "quota"))
            hint = f"; did you mean {guess!r}?" if guess else ""
            raise Misfit(f"expected 'objectives' or 'quota: {{...}}', not {shown(raw)}{hint}")
        if not isinstance(raw, Mapping):
            raise Misfit(f"expected 'objectives' or 'quota: {{...}}', not {shown(raw)}")
        return raw

    @classmethod
    def __get_pydantic_json_schema__(cls, schema: CoreSchema, handler: GetJsonSchemaHandler) -> dict[str, Any]:
        full = handler.resolve_ref_schema(super().__get_pydantic_json_schema__(schema, handler))
        quota = {**full["properties"]["quota"]}
        return {
            "title": "Selling",
            "description": "Offers only at milestones (objectives), or a monthly quota.",
            "anyOf": [
                {"const": "objectives"},
                {"type": "object", "additionalProperties": False, "properties": {"quota": quota}},
            ],
        }

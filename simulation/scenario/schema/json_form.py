"""The JSON Schema of the YAML form: text with units, numbers with provenance, distributions."""

from __future__ import annotations

from typing import Any, Final

from pydantic import BaseModel, GetJsonSchemaHandler
from pydantic.json_schema import GenerateJsonSchema
from pydantic_core import CoreSchema

from simulation.scenario.distributions import FAMILIES, Distribution
from simulation.scenario.provenance import EVIDENCE
from simulation.scenario.quantities import Kind, kinds, written
from simulation.scenario.schema.base import QuantityOf

DIALECT: Final = "https://json-schema.org/draft/2020-12/schema"
"""The dialect: draft 2020-12."""

_ORIGIN: Final[dict[str, Any]] = {
    "source": {"type": "string", "description": "What says so."},
    "evidence": {
        "enum": list(EVIDENCE),
        "description": "Own data, a published figure, or nobody's measurement.",
    },
    "owner": {"type": "string", "description": "Who answers for it."},
    "review_by": {"type": "string", "format": "date", "description": "When it should be looked at again."},
    "comment": {"type": "string", "description": "Anything else."},
}


def json_schema(scenario: type[BaseModel], *, overlay: bool = False) -> dict[str, Any]:
    """JSON Schema (draft 2020-12) of scenario files.

    Every field has a description with its unit and its default. A file that passes may still be refused by
    `load`, which also checks references, orders and limits that depend on each other.

    Parameters
    ----------
    scenario : type
        The class of scenarios.
    overlay : bool, optional
        For a file that is laid over another one: nothing is required, and null is allowed everywhere.
    """
    schema: dict[str, Any] = scenario.model_json_schema(schema_generator=_Generator)
    definitions: dict[str, Any] = schema.pop("$defs", {})
    schema = {
        "$schema": DIALECT,
        "title": "membersim scenario",
        **{k: v for k, v in schema.items() if k != "title"},
    }
    schema["properties"]["extends"] = {
        "type": "string",
        "description": "Another scenario file that this one is laid over; null removes a key. Default: none.",
    }
    schema["properties"]["assumptions"] |= {"additionalProperties": _assumption()}
    schema["properties"]["known"] |= {"additionalProperties": _fact()}
    schema["description"] = "A plan: segments and their journeys, teams, interventions, and what is not known."
    for kind in kinds():
        definitions[f"quantity.{kind.name}"] = _quantity(kind)
        definitions[f"distribution.{kind.name}"] = _distribution(kind)
    definitions["quantity.any"] = _sourced({"type": ["number", "string"]}, "A number, with its unit where it has one.")
    schema["$defs"] = definitions
    found: dict[str, Any] = _filled(schema)
    everything = found.pop("$defs")
    used, waiting = set[str](), _used(found)
    while waiting:
        used |= waiting
        waiting = set().union(*(_used(everything[name]) for name in waiting)) - used
    found["$defs"] = {name: form for name, form in everything.items() if name in used}
    loosened: dict[str, Any] = _loosened(found)
    return loosened if overlay else found


class _Generator(GenerateJsonSchema):
    """Pydantic's generator; a field with a default that is no plain number is described, not quoted."""

    def default_schema(self, schema: Any) -> dict[str, Any]:
        return self.generate_inner(schema["schema"])


def describe(part: type[BaseModel], schema: CoreSchema, handler: GetJsonSchemaHandler) -> dict[str, Any]:
    """The form of one part: pydantic's, with unit and default in every description."""
    reference = handler(schema)
    form = handler.resolve_ref_schema(reference)
    for name, field in part.model_fields.items():
        key = field.alias or name
        found = form.get("properties", {}).get(key)
        if found is None:
            continue
        found.pop("title", None)
        found.pop("default", None)
        if "anyOf" in found:
            options = [option for option in found.pop("anyOf") if option != {"type": "null"}]
            found |= options[0] if len(options) == 1 else {"anyOf": options}
        mark = _mark(field)
        said, _, absent = (field.description or "").partition(" Absent: ")
        text = [said]
        if mark is not None:
            text.append(f"Unit: {mark.kind.unit}.")
        if not field.is_required():
            default = _default(field.default, mark)
            if default is not None:
                found["default"] = default
            if "Default: " not in said:
                text.append(f"Default: {absent.rstrip('.') or _in_words(field.default, default)}.")
        found["description"] = " ".join(part for part in text if part)
    form.pop("title", None)
    form["description"] = (part.__doc__ or "").split("\n\n")[0].strip()
    return dict(reference)


def _mark(field: Any) -> QuantityOf | None:
    marks = [mark for mark in field.metadata if isinstance(mark, QuantityOf)]
    if marks:
        return marks[0]
    for option in getattr(field.annotation, "__args__", ()):
        for mark in getattr(option, "__metadata__", ()):
            if isinstance(mark, QuantityOf):
                return mark
    return None


def _default(value: Any, mark: QuantityOf | None) -> str | int | float | bool | None:
    if isinstance(value, Distribution) and mark is not None:
        return written(mark.kind, value.value)
    if mark is not None and isinstance(value, (int, float)):
        return written(mark.kind, value)
    if isinstance(value, (bool, str)):
        return value
    return None


def _in_words(value: Any, default: object) -> str:
    if isinstance(value, BaseModel):
        return "each field has its default"
    if isinstance(default, bool):
        return "true" if default else "false"
    if value in (None, (), {}):
        return "none"
    return str(default) if default else "empty" if default == "" else str(default)


def _sourced(form: dict[str, Any], description: str) -> dict[str, Any]:
    """A form, or the same with its provenance."""
    wrapper = {
        "type": "object",
        "additionalProperties": False,
        "required": ["value"],
        "properties": {"value": {**form, "description": description}, **_ORIGIN},
    }
    return {"description": description, "anyOf": [form, wrapper]}


def _plain(kind: Kind) -> dict[str, Any]:
    if kind.whole and not kind.pattern:
        return {"type": "integer"}
    if not kind.bare:
        return {"anyOf": [{"type": "string", "pattern": kind.pattern}, {"const": 0}]}
    return {"anyOf": [{"type": "number"}, {"type": "string", "pattern": kind.pattern}]}


def _quantity(kind: Kind) -> dict[str, Any]:
    return _sourced(_plain(kind), f"{kind.expected[0].upper()}{kind.expected[1:]}.")


def _distribution(kind: Kind) -> dict[str, Any]:
    unit = {"x-quantity": kind.name}
    number = {"x-quantity": "number"}

    def parameters(names: tuple[str, ...], bare: tuple[str, ...], optional: tuple[str, ...] = ()) -> dict[str, Any]:
        properties = {**dict.fromkeys((*names, *optional), unit), **dict.fromkeys(bare, number)}
        form = {"type": "object", "additionalProperties": False, "required": [*names, *bare]}
        return {**form, "properties": properties}

    def only(family: str, form: dict[str, Any]) -> dict[str, Any]:
        shape = {"type": "object", "additionalProperties": False, "required": [family]}
        return {**shape, "properties": {family: form}}

    values = {"type": "array", "items": unit, "minItems": 1}
    weights = {"type": "array", "items": number}
    measured = [
        values,
        {"type": "object", "additionalProperties": False, "required": ["values"],
         "properties": {"values": values, "weights": weights}},
        {"type": "object", "additionalProperties": False, "required": ["file"],
         "properties": {"file": {"type": "string"}, "column": {"type": "string"}}},
    ]  # fmt: skip
    families = [
        only(
            family,
            {"anyOf": [parameters(*names), unit]} if family == "constant" else parameters(*names, stretch),
        )
        for family, names in FAMILIES.items()
        for stretch in [("loc", "scale") if family == "beta" else ()]
    ]
    other = {
        "type": "object",
        "description": "A continuous family of scipy.stats: its shapes, loc and scale.",
        "minProperties": 1,
        "maxProperties": 1,
        "propertyNames": {"pattern": "^[a-z][a-z0-9_]+$", "not": {"enum": [*FAMILIES, "empirical", "value"]}},
        "additionalProperties": {"type": "object", "additionalProperties": {"x-quantity": "any"}},
    }
    short = [parameters(("median",), ("spread",)), parameters(("mean", "sd"), ())]
    form = {"anyOf": [_plain(kind), *short, *families, only("empirical", {"anyOf": measured}), other]}
    text = f"A distribution: a constant ({kind.expected}), {{median, spread}}, {{mean, sd}} or {{family: ...}}."
    return _sourced(form, text)


def _assumption() -> dict[str, Any]:
    properties = {
        **_ORIGIN,
        "joint": {"type": "string", "description": "CSV or Parquet file; each row sets all its fields."},
        "columns": {
            "type": "object",
            "additionalProperties": {"type": "string"},
            "description": "The path that each column sets, where its name is not the path.",
        },
        "sha256": {
            "type": "string",
            "description": "Digest of the file; when given, another file is an error.",
        },
    }
    return {
        "type": "object",
        "description": "A distribution in the unit of the field, or draws that belong together.",
        "minProperties": 1,
        "properties": properties,
    }


def _fact() -> dict[str, Any]:
    number = {"x-quantity": "any"}
    return {
        "anyOf": [
            {"type": ["number", "string"]},
            {
                "type": "object",
                "additionalProperties": False,
                "properties": {
                    "between": {"type": "array", "items": number, "minItems": 2, "maxItems": 2,
                                "description": "The fact lies between these two."},
                    "value": {**number, "description": "The fact."},
                    **_ORIGIN,
                },
                "oneOf": [{"required": ["between"]}, {"required": ["value"]}],
            },
        ]
    }  # fmt: skip


def _filled(form: Any) -> Any:
    """Replace the marks of fields by references to the definitions of their kinds."""
    if isinstance(form, list):
        return [_filled(item) for item in form]
    if not isinstance(form, dict):
        return form
    out = {key: _filled(value) for key, value in form.items() if key not in ("x-quantity", "x-distribution")}
    for mark, folder in (("x-quantity", "quantity"), ("x-distribution", "distribution")):
        if isinstance(form.get(mark), str):
            out["$ref"] = f"#/$defs/{folder}.{form[mark]}"
    return out


_ONLY_IN_WHOLE: Final = ("required", "minProperties", "maxProperties", "oneOf")


def _loosened(form: Any) -> Any:
    """The same for overlays: nothing is required, and null is allowed wherever a value is."""
    if isinstance(form, list):
        return [_loosened(item) for item in form]
    if not isinstance(form, dict):
        return form
    out = {key: _loosened(value) for key, value in form.items() if key not in _ONLY_IN_WHOLE}
    if isinstance(out.get("type"), str):
        out["type"] = [out["type"], "null"]
    elif isinstance(out.get("type"), list):
        out["type"] = [*out["type"], "null"]
    if isinstance(out.get("enum"), list):
        out["enum"] = [*out["enum"], None]
    for mapping in ("properties", "$defs"):  # their keys are names, not words of JSON Schema
        if isinstance(form.get(mapping), dict):
            out[mapping] = {name: _loosened(item) for name, item in form[mapping].items()}
    return out


def _used(form: Any) -> set[str]:
    if isinstance(form, list):
        return set().union(*map(_used, form)) if form else set()
    if not isinstance(form, dict):
        return set()
    here = {str(form["$ref"]).removeprefix("#/$defs/")} if isinstance(form.get("$ref"), str) else set()
    return here.union(*(_used(value) for value in form.values()))

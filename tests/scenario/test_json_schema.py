"""The JSON Schema of scenario files."""

from __future__ import annotations

import datetime as dt
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from ruamel.yaml import YAML

from simulation.scenario.schema import json_schema
from tests.strategies import scenarios

jsonschema = pytest.importorskip("jsonschema")
SCHEMA = json_schema()
REFERENCE = Path(__file__).parents[2] / "scenarios" / "reference.yaml"


def as_json(tree: Any) -> Any:
    if isinstance(tree, dict):
        return {key: as_json(item) for key, item in tree.items()}
    if isinstance(tree, list):
        return [as_json(item) for item in tree]
    return tree.isoformat() if isinstance(tree, dt.date) else tree


def complaints(tree: Any, schema: dict[str, Any] = SCHEMA) -> list[str]:
    found = jsonschema.Draft202012Validator(schema).iter_errors(as_json(tree))
    return [f"{'.'.join(map(str, error.absolute_path))}: {error.message[:200]}" for error in found]


def test_it_is_a_schema() -> None:
    jsonschema.Draft202012Validator.check_schema(SCHEMA)
    jsonschema.Draft202012Validator.check_schema(json_schema(overlay=True))
    assert SCHEMA["$schema"].endswith("2020-12/schema")


def test_the_reference_scenario_passes() -> None:
    assert complaints(YAML(typ="safe", pure=True).load(REFERENCE)) == []


@settings(max_examples=40, deadline=None, suppress_health_check=list(HealthCheck))
@given(scenarios())
def test_what_can_be_loaded_passes(data: dict[str, Any]) -> None:
    assert complaints(data) == []


@pytest.mark.parametrize(
    ("tree", "path"),
    [
        ({"nam": "x"}, ""),
        ({"segments": {"a": {"arr": "5 days"}}}, "segments.a.arr"),
        ({"segments": {"a": {"term": 12}}}, "segments.a.term"),
        ({"teams": {"a": {"order": "riks"}}}, "teams.a.order"),
        ({"interventions": {"a": {"when": {"joined": "3 days", "reached": "x"}}}}, "interventions.a.when"),
        ({"interventions": {"a": {"effects": [{"turn": "3%"}]}}}, "interventions.a.effects.0"),
    ],
)
def test_it_finds_what_is_wrong(tree: Any, path: str) -> None:
    assert any(found.startswith(f"{path}: ") for found in complaints(tree))


def test_an_overlay_needs_nothing_and_may_remove() -> None:
    over = {"extends": "a.yaml", "segments": {"a": {"arr": None, "journey": {"b": None}}, "c": None}}
    assert complaints(over, json_schema(overlay=True)) == []
    assert complaints(over) != []


def test_every_field_has_a_description_with_its_unit_and_default() -> None:
    silent = []
    for name, form in [("Scenario", SCHEMA), *SCHEMA["$defs"].items()]:
        if name.startswith(("quantity.", "distribution.")):
            continue
        for key, field in form.get("properties", {}).items():
            text = field.get("description", "")
            measured = field.get("$ref", "").startswith(("#/$defs/quantity.", "#/$defs/distribution."))
            optional = key not in form.get("required", []) and name not in ("When", "Effect")
            if not text or (measured and name != "Objective" and "Unit: " not in text and name != "Effect"):
                silent.append(f"{name}.{key}")
            elif optional and "Default: " not in text:
                silent.append(f"{name}.{key} has no default")
    assert silent == []

"""The reference scenario uses every field of every mechanism, and says unit and default of each."""

from __future__ import annotations

import re
import typing
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from pydantic import BaseModel
from ruamel.yaml import YAML

from simulation.scenario import load
from simulation.scenario.provenance import FIELDS
from simulation.scenario.schema import Assumption, Effect, Horizon, JointDraws, Known, Scenario, When
from simulation.scenario.schema.effect import KINDS
from simulation.scenario.schema.when import TRIGGERS

PATH = Path(__file__).parents[2] / "scenarios" / "reference.yaml"
TEXT = PATH.read_text(encoding="utf-8")
TREE: dict[str, Any] = YAML(typ="safe", pure=True).load(TEXT)
# Their YAML form is not that of their fields; what they may hold is listed by the test.
OTHERWISE = {When, Effect, Horizon, Assumption, JointDraws, Known}

IN_COMMENTS = ["BookRef.sha256", "HistoryRef.file", "HistoryRef.query"]


def classes(annotation: Any) -> Iterator[type[BaseModel]]:
    if isinstance(annotation, type) and issubclass(annotation, BaseModel):
        yield annotation
        for field in annotation.model_fields.values():
            yield from classes(field.annotation)
    for inner in typing.get_args(annotation):
        yield from classes(inner)


def keys(tree: Any) -> Iterator[str]:
    if isinstance(tree, dict):
        yield from tree
        for item in tree.values():
            yield from keys(item)
    elif isinstance(tree, list):
        for item in tree:
            yield from keys(item)


def used(part: type[BaseModel], annotation: Any, tree: Any) -> Iterator[str]:
    """The keys that the file gives to parts of one class."""
    if isinstance(annotation, type) and issubclass(annotation, BaseModel):
        if not isinstance(tree, dict):
            return
        if annotation is part:
            yield from tree
        for name, field in annotation.model_fields.items():
            yield from used(part, field.annotation, tree.get(field.alias or name))
        return
    for inner in typing.get_args(annotation):
        yield from used(part, inner, tree)
        if isinstance(tree, dict):
            for item in tree.values():
                yield from used(part, inner, item)
        elif isinstance(tree, list):
            for item in tree:
                yield from used(part, inner, item)


def test_it_loads_without_errors_and_warnings() -> None:
    scenario = load(PATH)
    assert scenario.warnings == ()
    assert scenario.at_point(7, 0).assumptions == {}


def test_every_field_of_the_schema_occurs_in_it() -> None:
    missing = []
    for part in sorted(set(classes(Scenario)) - OTHERWISE, key=lambda part: part.__name__):
        found = set(used(part, Scenario, TREE))
        missing += [
            f"{part.__name__}.{f.alias or n}" for n, f in part.model_fields.items() if (f.alias or n) not in found
        ]
    # A digest in the file would have to be changed with the data, and a history has one of two homes: in comments.
    assert missing == IN_COMMENTS and TEXT.count("# sha256: ") == 2


def test_every_trigger_effect_and_form_occurs_in_it() -> None:
    acts = TREE["interventions"].values()
    assert {key for act in acts for key in act["when"]} == set(TRIGGERS)
    assert {key for act in acts for effect in act.get("effects", ()) for key in effect} == set(KINDS)
    assert {"lasts", "median_life", "half_life", "milestones", "points"} <= set(keys(TREE))
    assert set(FIELDS) <= set(keys(TREE["segments"])) and set(FIELDS) <= set(keys(TREE["assumptions"]))
    assert {"joint", "columns"} <= set(keys(TREE["assumptions"]))
    assert {"between", "value"} <= set(keys(TREE["known"]))


def test_every_field_is_explained_with_its_default() -> None:
    lines = [line.partition("#") for line in TEXT.splitlines()]
    silent = []
    for part in set(classes(Scenario)) - OTHERWISE:
        for name, field in part.model_fields.items():
            key = field.alias or name
            words = ("default", "required") if not field.is_required() else ("required",)
            told = any(
                re.search(rf"(^|[ {{]){key}:", line) and any(word in comment for word in words)
                for line, _, comment in lines
            )
            if not told and not isinstance(field.default, BaseModel):
                silent.append(f"{part.__name__}.{key}")
    assert sorted(silent) == [one for one in IN_COMMENTS if one != "HistoryRef.file"]  # a book has one too

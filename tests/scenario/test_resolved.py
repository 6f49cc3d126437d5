"""A scenario written out in full reads back as the same scenario."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

from hypothesis import HealthCheck, given, settings
from ruamel.yaml import YAML

from simulation.scenario import from_mapping, load
from tests.strategies import scenarios

Write = Callable[..., Path]
REFERENCE = Path(__file__).parents[2] / "scenarios" / "reference.yaml"


@settings(max_examples=100, deadline=None, suppress_health_check=list(HealthCheck))
@given(scenarios())
def test_resolved_reads_back_as_the_same(data: dict[str, Any]) -> None:
    scenario = from_mapping(data)
    full = scenario.resolved()
    again = from_mapping(full)
    assert again == scenario and again.provenance == scenario.provenance
    assert again.resolved() == full and again.digest() == scenario.digest()


def test_the_text_of_a_scenario_is_a_scenario_file(write: Write) -> None:
    scenario = load(REFERENCE)
    again = from_mapping(YAML(typ="safe", pure=True).load(scenario.to_yaml()), folder=REFERENCE.parent)
    assert again == scenario and again.digest() == scenario.digest()
    small = load(write())
    assert load(write(small.to_yaml(), "full.yaml")) == small


def test_the_order_of_milestones_counts(write: Write, small: str) -> None:
    first = load(write(small.replace("stage: value", "stage: adoption")))
    tree = first.resolved()
    journey = tree["segments"]["people"]["journey"]
    tree["segments"]["people"]["journey"] = dict(reversed(journey.items()))
    other = from_mapping(tree)
    assert other != first and other.digest() != first.digest()


def test_defaults_are_filled_in_with_units(write: Write) -> None:
    full = load(write()).resolved()
    people = full["segments"]["people"]
    assert people["term"] == "12 months"
    assert people["vector"]["direction"] == {"typical": "30 deg", "spread": "0 deg", "memory": "4 months"}
    assert people["renewal"]["probability"] == "80%" and people["renewal"]["no_value"] == 0
    assert people["arrivals"] == {"per_month": 5, "growth": "0% per year", "season": [1.0] * 12}
    assert full["interventions"]["welcome"]["who"] == {"cooldown": "0 days", "coverage": "100%"}
    assert full["fiscal_year_starts"] == "January" and full["selling"] == "objectives"
    assert "setbacks" not in people  # a mechanism that is off has no default


def test_the_digest_changes_with_what_is_said_and_with_data_files(write: Write, small: str) -> None:
    digest = load(write()).digest()
    assert load(write(small, "other.yaml")).digest() == digest
    assert load(write(small.replace("term", "term") + "# a comment\n")).digest() == digest
    assert load(write(small.replace("80%", "81%"))).digest() != digest
    write("member_id\n1\n", "book.csv")
    one = load(write(small + "book: book.csv\n"))
    write("member_id\n2\n", "book.csv")
    two = load(write(small + "book: book.csv\n"))
    assert len({digest, one.digest(), two.digest()}) == 3


def test_paths_are_relative_to_the_folder_of_the_scenario(write: Write, small: str, tmp_path: Path) -> None:
    write("member_id\n", "data/book.csv")
    scenario = load(write(small + "book: data/book.csv\n"))
    assert scenario.resolved()["book"]["file"] == "data/book.csv"
    assert str(tmp_path) not in str(scenario.resolved())
    assert from_mapping(scenario.resolved(), folder=tmp_path) == scenario

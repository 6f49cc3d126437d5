"""Where numbers come from."""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable
from pathlib import Path

import pytest

from simulation.scenario import Provenance, ScenarioError, from_mapping, load

Write = Callable[..., Path]


def test_any_number_can_say_where_it_comes_from(write: Write, small: str) -> None:
    text = small.replace("probability: 80%", "probability: {value: 80%, source: report, evidence: published}")
    text = text.replace("typical: 30 deg", "typical: {value: 30 deg, owner: ann, review_by: 2027-06-30}")
    text = text.replace("{turn_toward: 30%}", "{turn_toward: {value: {mean: 30%, sd: 1%}, evidence: prior}}")
    text = text.replace("arr: 100\n", "arr: {lognormal: {median: {value: 100, comment: guess}, spread: 0}}\n")
    scenario = load(write(text))
    assert scenario.provenance == {
        "segments.people.renewal.probability": Provenance("report", "published"),
        "segments.people.vector.direction.typical": Provenance(owner="ann", review_by=dt.date(2027, 6, 30)),
        "interventions.welcome.effects.0.turn_toward": Provenance(evidence="prior"),
        "segments.people.arr.lognormal.median": Provenance(comment="guess"),
    }
    bare = load(write())
    assert scenario.segments["people"].renewal == bare.segments["people"].renewal
    assert scenario.segments["people"].vector == bare.segments["people"].vector


def test_a_draw_is_not_what_was_measured(write: Write, small: str) -> None:
    text = small.replace("probability: 80%", "probability: {value: 80%, source: report}")
    text += "assumptions: {segments.people.renewal.probability: {uniform: {low: 70%, high: 90%}}}\n"
    scenario = load(write(text))
    assert list(scenario.provenance) == ["segments.people.renewal.probability"]
    assert scenario.at_point(1, 1).provenance == {}


def test_names_may_be_words_of_the_wrapper(write: Write, small: str) -> None:
    text = small.replace("people:\n", "value:\n").replace("start: {stage", "value: {stage")
    text = text.replace("result:\n", "source:\n").replace("{turn_toward: 30%}", "{shorten: {value: 25%}}")
    scenario = load(write(text))
    assert list(scenario.segments) == ["value"]
    assert list(scenario.segments["value"].journey) == ["value", "source"]
    assert scenario.interventions["welcome"].effects[0].milestone == "value"


@pytest.mark.parametrize(
    ("spec", "path", "expected"),
    [
        ("{value: 80%, evidence: published?}", "probability.evidence", "did you mean 'published'?"),
        ("{value: 80%, source: 5}", "probability.source", "expected text, not 5"),
        ("{value: 80, source: x}", "probability", "for a percentage write '80%'"),
        ("{value: {probability: 1, not_adopted: 2}, source: x}", "probability.value", "not to a mapping"),
    ],
)
def test_wrong_provenance(write: Write, small: str, spec: str, path: str, expected: str) -> None:
    with pytest.raises(ScenarioError) as caught:
        load(write(small.replace("probability: 80%", f"probability: {spec}")))
    problem = caught.value.problems[0]
    assert problem.path == f"segments.people.renewal.{path}" and expected in problem.message
    assert problem.line == 16


@pytest.mark.parametrize("group", ["assumptions", "known"])
def test_a_review_in_another_age_is_one_clear_error(group: str) -> None:
    """Found by fuzzing: it was an error of the library that checks the fields."""
    said = {"value": 0.9} if group == "known" else {"uniform": {"low": 0.8, "high": 0.9}}
    path = "segments.a.renewal.probability" if group == "assumptions" else "segments.a.renewal_rate"
    one = {"desired_outcome": {"required": "x"}, "arr": 1, "journey": {}, "renewal": {"probability": 0.9}}
    plan = {"name": "p", "start": "2027-01-01", "horizon": "3 months", "segments": {"a": one}}
    with pytest.raises(ScenarioError, match="expected a date from 1900-01-01 to 2400-01-01, not 7673-09-30"):
        from_mapping(plan | {group: {path: said | {"review_by": "7673-09-30"}}})

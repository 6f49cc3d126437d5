"""Numbers not known exactly: found by path, read in their own unit, drawn by key."""

from __future__ import annotations

import datetime as dt
import hashlib
import time
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from simulation.scenario import Scenario, ScenarioError, from_mapping, load
from tests.strategies import scenarios

Write = Callable[..., Path]


def with_assumptions(write: Write, small: str, *lines: str) -> Scenario:
    return load(write(small + "assumptions:\n" + "".join(f"  {line}\n" for line in lines)))


def test_a_distribution_is_read_in_the_unit_of_the_field(write: Write, small: str) -> None:
    scenario = with_assumptions(
        write,
        small,
        "segments.people.renewal.probability: {uniform: {low: 70%, high: 90%}, source: x, evidence: prior}",
        "segments.people.vector.direction.typical: {normal: {mean: 20 deg, sd: 1 deg}, review_by: 2027-05-01}",
        "interventions.welcome.effects.0.turn_toward: {triangular: {low: 0%, likely: 10%, high: 20%}}",
        "interventions.welcome.effort: {median: 2 hours, spread: 0.1, owner: ann}",
        "teams.care.people: {empirical: [2, 3]}",
        "segments.people.arr: {median: 120, spread: 0.1}",
    )
    probability = scenario.assumptions["segments.people.renewal.probability"]
    assert probability.distribution is not None
    assert probability.distribution.params == (("low", 0.7), ("high", 0.9))
    assert (probability.source, probability.evidence, probability.kind) == ("x", "prior", "share")
    assert scenario.assumptions["segments.people.vector.direction.typical"].review_by == dt.date(2027, 5, 1)
    values = scenario.assumption_values(7, 3)
    assert list(values) == list(scenario.assumptions)
    point = scenario.at_point(7, 3)
    people = point.segments["people"]
    assert people.renewal.probability.value == values["segments.people.renewal.probability"]
    assert people.vector.direction.typical == values["segments.people.vector.direction.typical"]
    assert people.arr.value == values["segments.people.arr"] == int(people.arr.value)
    welcome = point.interventions["welcome"]
    assert welcome.effects[0].amount.value == values["interventions.welcome.effects.0.turn_toward"]
    assert welcome.effort is not None and welcome.effort.value == values["interventions.welcome.effort"]
    assert point.teams["care"].people == values["teams.care.people"]
    assert point.assumptions == {} and point.known == scenario.known
    # Everything else is as it was.
    assert people.model_copy(update={"renewal": None, "vector": None, "arr": None}) == scenario.segments[
        "people"
    ].model_copy(update={"renewal": None, "vector": None, "arr": None})


def test_a_parameter_and_a_field_left_out_can_be_uncertain(write: Write, small: str) -> None:
    scenario = with_assumptions(
        write,
        small.replace("arr: 100\n", "arr: {lognormal: {median: 100, spread: 0.3}}\n"),
        "segments.people.arr.lognormal.median: {uniform: {low: 90, high: 110}}",
        "segments.people.renewal.no_value: {uniform: {low: 0, high: 1}}",
        "segments.people.price.response.renewal: {uniform: {low: -1, high: 0}}",
    )
    values = scenario.assumption_values(1, 0)
    people = scenario.at_point(1, 0).segments["people"]
    assert people.arr.params == (("median", values["segments.people.arr.lognormal.median"]), ("spread", 0.3))
    assert people.renewal.no_value == values["segments.people.renewal.no_value"]
    assert people.price.response.renewal == values["segments.people.price.response.renewal"]


REFUSED = [
    ("segments.people.renewal.probabilty: {uniform: {low: 1%, high: 2%}}", "did you mean 'probability'?"),
    ("segments.persons.arr: {uniform: {low: 1, high: 2}}", "there is no 'segments.persons'"),
    ("segments.people.renewal: {uniform: {low: 1%, high: 2%}}", "this is no number"),
    ("segments.people.arr.lognormal.median: {uniform: {low: 1, high: 2}}", "there is no 'lognormal' below 100"),
    ("segments.people.desired_outcome.required: {uniform: {low: 1, high: 2}}", "this is no number but 'works'"),
    ("segments.people.journey.result.stage: {uniform: {low: 1, high: 2}}", "this is no number"),
    ("interventions.welcome.effects.3.turn_toward: {uniform: {low: 1%, high: 2%}}", "no entry '3' in this list of 1"),
    ("horizon: {uniform: {low: 1 month, high: 2 months}}", "expected the path of a number"),
    ("segments.people.arr: {}", "a distribution is missing"),
    ("segments.people.arr: {source: x}", "a distribution is missing"),
    ("segments.people.arr: 5", "expected a distribution such as"),
    ("segments.people.arr: {uniform: {low: 1 day, high: 2}}", "an amount of money"),
    ("segments.people.arr: {uniform: {low: 1, high: 2}, sorce: x}", "did you mean 'source'?"),
    ("segments.people.renewal.probability: {normal: {mean: 90%, sd: 2%}}", "impossible here: must be at most 100%"),
    ("segments.people.vector.direction.memory: {uniform: {low: -1 day, high: 9 days}}", "impossible here"),
    ("teams.care.people: {uniform: {low: 1, high: 5}}", "impossible here: expected a whole number"),
]  # fmt: skip


@pytest.mark.parametrize(
    ("line", "said"), REFUSED, ids=[line.split(":")[0] + str(i) for i, (line, _) in enumerate(REFUSED)]
)
def test_says_what_cannot_be_assumed(write: Write, small: str, line: str, said: str) -> None:
    with pytest.raises(ScenarioError) as caught:
        with_assumptions(write, small, line)
    (problem,) = caught.value.problems
    assert said in problem.message and problem.path.startswith("assumptions.") and problem.line == 27


def test_draws_depend_on_seed_point_and_path_only(write: Write, small: str) -> None:
    one = "segments.people.renewal.probability: {uniform: {low: 70%, high: 90%}}"
    two = "segments.people.arrivals.per_month: {uniform: {low: 1, high: 9}}"
    alone, both = with_assumptions(write, small, one), with_assumptions(write, small, two, one)
    path = one.split(":")[0]
    assert alone.assumption_values(7, 5)[path] == both.assumption_values(7, 5)[path]
    draws = {(seed, point): alone.assumption_values(seed, point)[path] for seed in (1, 2) for point in range(50)}
    assert len(set(draws.values())) == 100
    assert alone.at_point(7, 5) == alone.at_point(7, 5)


def test_the_draw_is_the_documented_one(write: Write, small: str) -> None:
    from simulation.model.random import purpose, uniform64

    path = "segments.people.arrivals.per_month"
    scenario = with_assumptions(write, small, f"{path}: {{uniform: {{low: 0, high: 1}}}}")
    key = int.from_bytes(hashlib.blake2b(f"assumption\x1f{path}".encode(), digest_size=8).digest(), "little")
    u = uniform64(np.uint32(7), np.uint32(3), np.uint64(key), np.uint32(purpose("assumption", path)), np.uint32(0))
    assert scenario.assumption_values(7, 3)[path] == u


def test_draws_follow_their_distribution(write: Write, small: str) -> None:
    from scipy import stats

    path = "segments.people.arrivals.per_month"
    scenario = with_assumptions(write, small, f"{path}: {{gamma: {{a: 3, scale: 2}}}}")
    draws = [scenario.assumption_values(11, point)[path] for point in range(2000)]
    assert stats.kstest(draws, stats.gamma(3, scale=2).cdf).pvalue > 0.001


def test_rows_of_a_joint_file_stay_together(write: Write, small: str) -> None:
    write(
        "p,segments.people.vector.direction.typical,age\n" + "".join(f"{i}%,{i},{i} days\n" for i in range(1, 51)),
        "d.csv",
    )
    scenario = with_assumptions(
        write,
        small,
        "fitted: {joint: d.csv, source: history, evidence: own, "
        "columns: {p: segments.people.renewal.probability, age: interventions.welcome.when.joined}}",
    )
    group = scenario.assumptions["fitted"]
    assert group.joint is not None and group.source == "history" and len(group.joint.rows) == 50
    seen = set()
    for point in range(200):
        at = scenario.at_point(3, point)
        share = at.segments["people"].renewal.probability.value
        assert at.interventions["welcome"].when.delay == round(share * 100)
        # A plain number is in the unit in which the scenario writes the field: degrees.
        assert at.segments["people"].vector.direction.typical == pytest.approx(np.deg2rad(share * 100))
        seen.add(share)
    assert 45 <= len(seen) <= 50


@pytest.mark.parametrize(
    ("spec", "table", "said"),
    [
        ("joint: d.csv", "segments.people.renewal.probabilit\n5%\n", "did you mean 'probability'?"),
        ("joint: draw.csv", "x\n1\n", "'draw.csv': no such file"),
        ("joint: d.csv, colums: {}", "x\n1\n", "did you mean 'columns'?"),
        ("joint: d.csv, columns: {y: a}", "segments.people.arr\n1\n", "no such column in d.csv"),
        ("joint: d.csv", "segments.people.arr\n1\n-5\n", "column 'segments.people.arr' has -5: must be at least 0"),
        ("joint: d.csv", "segments.people.arr\n1\nx\n", "line 3, column 'segments.people.arr': expected an amount"),
        ("joint: d.csv", "segments.people.term\n3\n5\n", "unit is missing"),
        (f"joint: d.csv, sha256: {'0' * 64}", "segments.people.arr\n1\n", "another one than stated"),
    ],
)  # fmt: skip
def test_a_joint_file_that_cannot_be_used(write: Write, small: str, spec: str, table: str, said: str) -> None:
    write(table, "d.csv")
    with pytest.raises(ScenarioError) as caught:
        with_assumptions(write, small, f"fitted: {{{spec}}}")
    assert said in str(caught.value)


def test_one_number_has_one_assumption(write: Write, small: str) -> None:
    write("segments.people.arr\n1\n", "d.csv")
    with pytest.raises(ScenarioError, match="is set by the assumption 'fitted' already"):
        with_assumptions(write, small, "fitted: {joint: d.csv}", "segments.people.arr: {uniform: {low: 1, high: 2}}")


def test_draws_that_are_impossible_together_name_the_assumption(write: Write, small: str) -> None:
    scenario = with_assumptions(
        write,
        small.replace("arr: 100\n", "arr: {uniform: {low: 100, high: 200}}\n"),
        "segments.people.arr.uniform.low: {uniform: {low: 100, high: 190}}",
        "segments.people.arr.uniform.high: {uniform: {low: 110, high: 200}}",
    )
    with pytest.raises(ScenarioError) as caught:
        for point in range(100):
            scenario.at_point(1, point)
    (problem,) = caught.value.problems
    assert problem.path == "assumptions.segments.people.arr.uniform"
    assert "an impossible draw at point" in problem.message and "low <= high" in problem.message


@settings(max_examples=60, deadline=None, suppress_health_check=list(HealthCheck))
@given(scenarios(), st.integers(0, 2**40), st.integers(0, 1000))
def test_a_point_is_the_scenario_that_its_numbers_say(data: dict[str, object], seed: int, point: int) -> None:
    at = from_mapping(data).at_point(seed, point)
    again = from_mapping(at.resolved())
    assert again == at and again.digest() == at.digest()


def test_a_point_is_fast(write: Write, small: str) -> None:
    names = ["arrivals.per_month", "renewal.not_adopted", "renewal.no_value", "renewal.sensitivity",
             "vector.magnitude.spread", "vector.magnitude.typical"]  # fmt: skip
    scenario = with_assumptions(
        write, small, *(f"segments.people.{name}: {{lognormal: {{median: 1, spread: 0.01}}}}" for name in names)
    )
    scenario.at_point(1, 0)
    began = time.perf_counter()
    for point in range(100):
        scenario.at_point(1, point)
    assert (time.perf_counter() - began) / 100 < 0.02  # 0.3 ms alone on one core; busy machines are slower

"""The interview: ranges as people type them, clear refusals, and the way to a calibrated overlay."""

from __future__ import annotations

from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

import simulation as sim
from simulation.evidence.calibrate import calibrate
from simulation.evidence.calibrate.told import write_calibration
from simulation.evidence.interview import (
    Answer,
    Range,
    questions,
    read_answers,
    read_range,
    shown_range,
    write_interview,
)
from simulation.scenario import ScenarioError
from simulation.scenario.errors import Misfit
from simulation.scenario.quantities import DURATION, SHARE
from simulation.scenario.schema.objective import KNOWN_MEASURES

SMALL = """
name: Small
start: 2027-01-01
horizon: 24 months
segments:
  all:
    desired_outcome: {required: it works}
    arr: 100
    arrivals: {per_month: 30}
    journey:
      started: {stage: adoption, after: 2 months, spread: 0.4}
      working:
        stage: value
        after: 2 months
        opportunity: {kind: upsell, arr: 50, take: 50%, window: 30 days}
    renewal: {probability: 80%}
known:
  segments.all.renewal_rate: {between: [70%, 75%], source: the ledger, evidence: own}
"""


@pytest.fixture
def small(tmp_path: Path) -> Path:
    path = tmp_path / "small.yaml"
    path.write_text(SMALL, encoding="utf-8")
    return path


@pytest.mark.parametrize(
    ("measure", "text", "low", "high"),
    [
        ("first_value_30", "5 to 9", 0.05, 0.09), ("renewal_rate", "62-68%", 0.62, 0.68),
        ("renewal_rate", "62 – 68 %", 0.62, 0.68), ("renewal_rate", "65% ± 3", 0.62, 0.68),
        ("renewal_rate", "65 +/- 3%", 0.62, 0.68), ("renewal_rate", "at least 80%", 0.8, 1.0),
        ("renewal_rate", "5 to 9 of 100", 0.05, 0.09), ("take_rate", "1/4", 0.25, 0.25),
        ("take_rate", "between 30 and 40 percent", 0.3, 0.4), ("take_rate", "62,5%", 0.625, 0.625),
        ("take_rate", "up to 10%", 0.0, 0.1), ("take_rate", "0.5%", 0.005, 0.005), ("nrr", "98 to 104", 0.98, 1.04),
        ("take_rate", "2 of 1000", 0.002, 0.002), ("arr", "1.2M to 1.4M", 1.2e8, 1.4e8), ("arr", "900k", 9e7, 9e7),
        ("arr", "1,200,000", 1.2e8, 1.2e8), ("members", "4,900 to 5,100", 4900, 5100),
        ("time_to_first_value", "2 to 3 weeks", 14, 21), ("time_to_first_value", "6 weeks - 50 days", 42, 50),
    ],
)  # fmt: skip
def test_what_people_type(measure: str, text: str, low: float, high: float) -> None:
    found = read_range(measure, text)
    assert (found.low, found.high) == pytest.approx((low, high))


@pytest.mark.parametrize(
    ("measure", "text", "said"),
    [
        ("take_rate", "0.5", "write 0.5% or 50%"), ("take_rate", "0.3 to 0.4", "can be read two ways"),
        ("take_rate", "about 50%", "leaves open how sure"), ("take_rate", "9 to 5", "larger number"),
        ("take_rate", "50 to 120", "more than 100 percent"), ("take_rate", "many", "cannot be read"),
        ("take_rate", "45 deg", "no unit of a share"), ("take_rate", "1 to 2 to 3", "cannot be read"),
        ("take_rate", "1.2.3%", "no number"), ("take_rate", "5 of 0", "cannot be read"), ("take_rate", "", "is empty"),
        ("take_rate", "9" * 90, "too long"), ("time_to_first_value", "2 to 3", "has no unit"),
        ("arr", "at least 5", "no upper end"), ("members", "5 apples", "not expected"),
        ("take_rate", "at least 5 to 9", "cannot be read"),
    ],
)  # fmt: skip
def test_what_is_refused_says_how_to_write_it(measure: str, text: str, said: str) -> None:
    with pytest.raises(Misfit, match=said):
        read_range(measure, text)


@given(st.sampled_from(sorted(KNOWN_MEASURES)), st.integers(1, 999), st.integers(0, 1000))
def test_what_is_shown_can_be_typed_again(measure: str, low: int, more: int) -> None:
    kind = KNOWN_MEASURES[measure]
    scale = 1e-3 if kind is SHARE else 100.0
    one = Range(low * scale, min((low + more) * scale, 1.0) if kind is SHARE else (low + more) * scale, kind)
    if kind is DURATION:
        one = Range(float(low), float(low + more), kind)
    again = read_range(measure, shown_range(one))
    assert (again.low, again.high) == pytest.approx((one.low, one.high), rel=1e-6)


@given(st.text(max_size=40))
def test_no_text_is_an_internal_error(text: str) -> None:
    for measure in ("take_rate", "arr", "time_to_first_value"):
        try:
            found = read_range(measure, text)
        except Misfit:
            continue
        assert found.low <= found.high


def test_questions_hold_what_is_known_already_and_no_angle(small: Path) -> None:
    asked = {one.path: one for one in questions(sim.load(small))}
    assert asked["segments.all.renewal_rate"].answer == "70% to 75%"
    assert asked["segments.all.renewal_rate"].source == "the ledger"
    assert asked["segments.all.first_value_30"].answer == ""
    assert "segments.all.journey.working.take_rate" in asked
    assert "segments.all.journey.started.take_rate" not in asked
    words = " ".join(one.text + one.example + one.unit for one in asked.values()).lower()
    assert not any(word in words for word in ("degree", "deg ", "angle", "direction", "vector"))


def test_answers_that_cannot_be_read_or_contradict_each_other_are_all_named(small: Path) -> None:
    answers = {
        "segments.all.first_value_30": Answer("40 to 50"),
        "segments.all.first_value_90": Answer("10 to 20"),
        "segments.all.renewal_year_1": Answer("most"),
        "segments.all.nothing": Answer("5"),
    }
    with pytest.raises(ScenarioError) as error:
        read_answers(sim.load(small), answers)
    text = str(error.value)
    assert "cannot fall with time" in text and "“most” cannot be read" in text and "is no question" in text
    assert len(error.value.problems) == 3


def test_an_empty_answer_takes_a_fact_away(small: Path) -> None:
    known = read_answers(sim.load(small), {"segments.all.renewal_rate": Answer(""), "nrr": Answer("")})
    assert known == {"segments.all.renewal_rate": None}


def test_from_the_interview_to_a_calibrated_overlay(small: Path) -> None:
    """What was answered is reproduced, within twice the standard error and the range that was stated."""
    plan = sim.load(small)
    answers = {
        "segments.all.first_value_90": Answer("55 to 65", "the course records", "own", "Ana"),
        "segments.all.journey.working.take_rate": Answer("28-32%", "sales", "prior"),
    }
    overlay = write_interview(small.with_name("interview.yaml"), plan, answers)
    told = sim.load(overlay)
    fact = told.known["segments.all.first_value_90"]
    assert (fact.low, fact.high, fact.source, fact.evidence, fact.owner) == (
        0.55, 0.65, "the course records", "own", "Ana",
    )  # fmt: skip
    assert "segments.all.renewal_rate" in told.known  # what was known stays
    found = calibrate(told, replications=40, rounds=3, seed=3, workers=2)
    for one in found.facts:
        assert one.misfit <= 2 * one.error, one.path
    write_calibration(found, small.with_name("calibrated.yaml"))
    calibrated = sim.load(small.with_name("calibrated.yaml"))
    assert calibrated.assumptions["calibrated"].joint is not None
    forecast = sim.run(calibrated, replications=8, seed=1)
    take = float(forecast.data["taken"].sum() / forecast.data["offered"].sum())
    assert 0.2 < take < 0.4

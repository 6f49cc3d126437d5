"""Calibration reproduces what is known from a wrong start, and says what stays prior."""

from __future__ import annotations

import json
import math
import shutil
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from simulation.cli import main
from simulation.evidence.calibrate import calibrate
from simulation.evidence.overlay import write_overlay
from simulation.evidence.unknowns import Unknown, latent_of, values
from simulation.runs import todays_members
from simulation.scenario import from_mapping, load
from simulation.scenario.quantities import DURATION, SHARE

SEGMENT: dict[str, Any] = {
    "desired_outcome": {"required": "works"},
    "arr": 100,
    "term": "12 months",
    "arrivals": {"per_month": 30},
    "vector": {
        "direction": {"typical": "30 deg", "spread": "30 deg", "memory": "4 months"},
        "magnitude": {"spread": 0.3, "memory": "7 months"},
        "interactions": "2 per month",
    },
    "journey": {"first_value": {"stage": "adoption", "after": "1 month", "spread": 0.3}},
    "renewal": {"probability": "60%", "not_adopted": 1.0, "sensitivity": 0.5},
}
PLAN: dict[str, Any] = {
    "name": "Club",
    "start": "2024-01-01",
    "horizon": "24 months",
    "segments": {"person": SEGMENT},
    "known": {
        "segments.person.first_year_renewal": {"between": ["76%", "82%"], "source": "a survey"},
        "segments.person.first_value_90": {"between": ["24%", "32%"], "source": "a survey"},
    },
}
# What the wrong start gives is outside of both ranges: about 56% and 85%.


def test_wrong_start_is_put_right() -> None:
    found = calibrate(from_mapping(PLAN), replications=8, workers=1)
    for fact in found.facts:
        assert not fact.low <= fact.before <= fact.high
        # The mean of 32 futures with other luck.
        assert fact.reproduced, fact
        assert fact.error < 0.01
    by_path = {one.unknown.path: one for one in found.found}
    assert by_path["segments.person.renewal.probability"].value > 0.7
    assert by_path["segments.person.journey.first_value.after"].value > 1.5
    stays = {path for path, one in by_path.items() if one.stays_prior}
    assert "segments.person.vector.magnitude.memory" in stays
    assert "segments.person.renewal.probability" not in stays
    assert np.array_equal(found.draws[len(found.draws) // 2], [one.value for one in found.found])


WRONG = """
extends: {plan}
segments: {{individual: {{renewal: {{probability: {{value: {{beta: {{a: 6, b: 0.8}}}}}}}}}}}}
assumptions: {{segments.individual.renewal.probability.beta.b: null}}
"""


@pytest.mark.soak
def test_association_is_put_right(tmp_path: Path) -> None:
    folder = Path(__file__).parents[3] / "scenarios"
    shutil.copytree(folder, tmp_path / "scenarios")
    wrong = tmp_path / "scenarios" / "wrong.yaml"
    wrong.write_text(WRONG.format(plan="association.yaml"), encoding="utf-8")
    plan = load(wrong)
    found = calibrate(plan, book=todays_members(plan), replications=2)
    for fact in found.facts:
        assert abs(fact.before - (fact.low + fact.high) / 2) > 0.08
        assert fact.reproduced, fact


def test_reach_with_and_without_a_training_tells_its_effect() -> None:
    training = {"when": {"joined": "5 days"}, "who": {"coverage": "50%"}, "effects": [{"advance": "0.3 months"}],
                "cost": {"per_delivery": 1}}  # fmt: skip
    reach = "segments.person.journey.first_value"
    known = {f"{reach}.with.training.reached_90": {"between": ["82%", "86%"], "source": "a survey"},
             f"{reach}.without.training.reached_90": {"between": ["63%", "67%"], "source": "a survey"}}  # fmt: skip
    plan = from_mapping(PLAN | {"interventions": {"training": training}, "known": known})
    found = calibrate(plan, replications=8, workers=1)
    assert all(fact.reproduced for fact in found.facts), found.facts
    assert not found.facts[0].low <= found.facts[0].before <= found.facts[0].high
    effect = next(one for one in found.found if one.unknown.path == "interventions.training.effects.0.advance")
    assert effect.value > 0.3
    assert not effect.stays_prior


def test_only_what_is_free_moves() -> None:
    plan = from_mapping(PLAN | {"known": {"segments.person.first_year_renewal": {"value": "75%"}}})
    found = calibrate(plan, free=["segments.person.renewal.probability"], replications=12, workers=1)
    assert [one.unknown.path for one in found.found] == ["segments.person.renewal.probability"]
    assert found.facts[0].reproduced
    with pytest.raises(ValueError, match="state a number to start from"):
        calibrate(plan, free=["segments.person.renewal.no_value"])


def test_priors_keep_within_limits() -> None:
    unknowns = latent_of(from_mapping(PLAN), "person")
    assert len(unknowns) == 10
    z = np.array([[-9.0], [0.0], [9.0]]) * np.ones(len(unknowns))
    table = values(unknowns, z)
    assert (np.diff(table, axis=0) > 0).all()
    typical = [one.path.endswith("direction.typical") for one in unknowns].index(True)
    assert 0 < table[0, typical] < table[2, typical] < math.pi / 2
    assert table[1, typical] == pytest.approx(math.radians(30))
    assert Unknown("x", SHARE, 0.5, "logit").value(1.0) == pytest.approx(1 / (1 + math.exp(-1)))


def test_overlay_sets_all_numbers_together(tmp_path: Path) -> None:
    plan = _written(tmp_path)
    columns = {"segments.person.renewal.probability": SHARE, "segments.person.vector.magnitude.memory": DURATION}
    draws = np.array([[0.5, 100.0], [0.61234567, 123.456789]])
    write_overlay(tmp_path / "over.yaml", load(plan), "found", columns, draws, source="a test", evidence="own")
    over = load(tmp_path / "over.yaml")
    joint = over.assumptions["found"].joint
    assert joint is not None
    assert joint.paths == tuple(columns)
    assert np.array_equal(joint.rows, draws)
    assert over.assumptions["found"].source == "a test"


def test_command(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    plan = _written(tmp_path)
    words = ["calibrate", str(plan), "--replications", "1", "--rounds", "2", "--workers", "1", "--json",
             "--free", "segments.person.renewal.probability"]  # fmt: skip
    assert main(words) == 0
    found = json.loads(capsys.readouterr().out)
    assert [one["path"] for one in found["known"]] == list(PLAN["known"])
    over = load(tmp_path / "plan_calibrated.yaml")
    assert over.assumptions["calibrated"].source == "calibrated on a survey"
    assert main(words + ["--free", "segments.person.nonsense"]) == 2


def _written(folder: Path) -> Path:
    path = folder / "plan.yaml"
    path.write_text(json.dumps(PLAN), encoding="utf-8")  # JSON is YAML
    return path

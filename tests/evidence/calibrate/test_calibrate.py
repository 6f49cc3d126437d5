"""Calibration reproduces what is known from a wrong start, and says what stays prior."""

from __future__ import annotations

import json
import math
import shutil
from pathlib import Path
from typing import Any

import numpy as np
import pytest

import simulation as sim
from simulation.cli import main
from simulation.evidence.calibrate import calibrate
from simulation.evidence.calibrate.facts import Aim
from simulation.evidence.calibrate.told import unmet, write_calibration
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


def test_a_run_of_the_draws_gives_back_what_was_stated(tmp_path: Path) -> None:
    """From a wrong start, for the overlay as it is run, with a seed of its own."""
    found = calibrate(load(_written(tmp_path)), replications=60, rounds=3, workers=1)
    for fact in found.facts:
        assert not fact.low <= fact.before <= fact.high
        assert fact.reproduced, fact
        assert fact.p10 < fact.after < fact.p90
        # As sure as was stated, within what 60 futures tell of a spread; the start alone leaves several times that.
        assert fact.spread < 2 * fact.tolerance
    by_path = {one.unknown.path: one for one in found.found}
    assert by_path["segments.person.renewal.probability"].value > 0.7
    assert by_path["segments.person.journey.first_value.after"].value > 1.5
    stays = {path for path, one in by_path.items() if one.stays_prior}
    assert "segments.person.vector.magnitude.memory" in stays
    assert "segments.person.renewal.probability" not in stays
    assert np.array_equal(found.draws[len(found.draws) // 2], [one.value for one in found.found])
    write_calibration(found, tmp_path / "calibrated.yaml")
    forecast = sim.run(load(tmp_path / "calibrated.yaml"), replications=80, seed=5, workers=1)
    won, lost = (forecast.data[f"first_renewals_{one}"].sum(("segment", "period")).values for one in ("won", "lost"))
    rate = won / (won + lost)
    pairs = rate.reshape(-1, 2)
    error = pairs.mean(axis=1).std(ddof=1) / np.sqrt(len(pairs))
    # Level .001 for the run's own luck, and what the surfaces may miss the middle by: half a spread (.0075).
    assert abs(rate.mean() - 0.79) < 3.3 * error + 0.0075


WRONG = """
extends: {plan}
segments: {{individual: {{renewal: {{probability: {{value: {{beta: {{a: {a}, b: {b}}}}}}}, no_value: {no_value}}}}}}}
assumptions: {{segments.individual.renewal.probability.beta.b: null}}
"""


@pytest.mark.soak
@pytest.mark.parametrize(("a", "b", "no_value"), [(6, 0.8, 0.8), (2, 2.2, 0.8), (3.2, 1.2, 2.5)])
def test_association_is_put_right(tmp_path: Path, a: float, b: float, no_value: float) -> None:
    """What a run of the overlay gives lies within what is known; 1,000 futures of about 0.25 s each, and 100 more."""
    folder = Path(__file__).parents[3] / "scenarios"
    shutil.copytree(folder, tmp_path / "scenarios")
    wrong = tmp_path / "scenarios" / "wrong.yaml"
    wrong.write_text(WRONG.format(plan="association.yaml", a=a, b=b, no_value=no_value), encoding="utf-8")
    plan = load(wrong)
    found = calibrate(plan, book=todays_members(plan))
    for fact in found.facts:
        assert abs(fact.before - (fact.low + fact.high) / 2) > 0.04
        assert fact.reproduced, fact
        assert fact.spread < 2.5 * fact.tolerance, fact
    write_calibration(found, wrong.with_name("calibrated.yaml"))
    forecast = sim.run(load(wrong.with_name("calibrated.yaml")), replications=100, seed=5, workers=2)
    told = forecast.stated_beside_simulated().groupby("quantity")["simulated"].last()
    print(found.facts, told)  # with -s: the figures of a soak
    # Standard errors of 100 futures are about .0015 and .001.
    assert 0.637 < told["First renewal rate"] < 0.663
    assert 0.778 < told["Renewal rate"] < 0.812


def test_reach_with_and_without_a_training_tells_its_effect() -> None:
    training = {"when": {"joined": "5 days"}, "who": {"coverage": "50%"}, "effects": [{"advance": "0.3 months"}],
                "cost": {"per_delivery": 1}}  # fmt: skip
    reach = "segments.person.journey.first_value"
    known = {f"{reach}.with.training.reached_90": {"between": ["82%", "86%"], "source": "a survey"},
             f"{reach}.without.training.reached_90": {"between": ["63%", "67%"], "source": "a survey"}}  # fmt: skip
    plan = from_mapping(PLAN | {"interventions": {"training": training}, "known": known})
    found = calibrate(plan, replications=80, rounds=3, workers=1)
    assert all(fact.reproduced for fact in found.facts), found.facts
    assert not found.facts[0].low <= found.facts[0].before <= found.facts[0].high
    effect = next(one for one in found.found if one.unknown.path == "interventions.training.effects.0.advance")
    assert effect.value > 0.3
    assert not effect.stays_prior


def test_members_may_differ_where_the_scenario_does_not_say_how() -> None:
    """Without a spread all reach a milestone on the same day, and a share by then is 0 or 1."""
    alike = {key: value for key, value in SEGMENT.items() if key != "vector"}
    alike["journey"] = {"first_value": {"stage": "adoption", "after": "1.5 months"}}
    known = {"segments.person.first_value_90": {"between": ["45%", "55%"]}}
    plan = from_mapping(PLAN | {"segments": {"person": alike}, "known": known})
    found = calibrate(plan, replications=60, rounds=3, workers=1)
    assert {f"segments.person.vector.{name}.spread" for name in ("direction", "magnitude")} < {
        one.unknown.path for one in found.found
    }
    (fact,) = found.facts
    assert fact.reproduced and fact.p10 > 0.2 and fact.p90 < 0.8


def test_only_what_is_free_moves() -> None:
    plan = from_mapping(PLAN | {"known": {"segments.person.first_year_renewal": {"value": "75%"}}})
    found = calibrate(plan, free=["segments.person.renewal.probability"], replications=20, rounds=3, workers=1)
    assert [one.unknown.path for one in found.found] == ["segments.person.renewal.probability"]
    assert found.facts[0].reproduced
    with pytest.raises(ValueError, match="state a number to start from"):
        calibrate(plan, free=["segments.person.renewal.no_value"])
    with pytest.raises(ValueError, match="at least 20 futures"):
        calibrate(plan, replications=10)


def test_what_else_is_assumed_varies_in_the_trials() -> None:
    """A draw is run with every other assumption drawn, too: the facts are read that way."""
    taken = {"segments.person.renewal.probability": {"uniform": {"low": "30%", "high": "90%"}}}
    plan = from_mapping(PLAN | {"assumptions": taken, "known": {"segments.person.first_year_renewal": "60%"}})
    free = ["segments.person.journey.first_value.after"]
    found = calibrate(plan, free=free, replications=20, rounds=1, workers=1)
    assert found.facts[0].spread > 0.1


def test_what_cannot_be_met_is_named() -> None:
    twice = {"segments.person.first_year_renewal": {"between": ["62%", "64%"]},
             "segments.person.renewal_year_1": {"between": ["76%", "78%"]}}  # fmt: skip
    probability, after = "segments.person.renewal.probability", "segments.person.journey.first_value.after"
    plan = from_mapping(PLAN | {"known": twice})
    contradiction = unmet(calibrate(plan, free=[probability], replications=40, rounds=3, workers=1))
    assert len(contradiction) == 2
    assert "Alone it can be met" in contradiction[0] and "contradicts other facts" in contradiction[0]
    plan = from_mapping(PLAN | {"known": {"segments.person.first_year_renewal": {"between": ["94%", "96%"]}}})
    (missing,) = unmet(calibrate(plan, free=[after], replications=20, rounds=2, workers=1))
    assert "what may change does not bring it there" in missing


def test_joint_draws_are_not_torn_apart(tmp_path: Path) -> None:
    plan = _written(tmp_path)
    columns = {"segments.person.renewal.probability": SHARE, "segments.person.vector.magnitude.memory": DURATION}
    draws = np.array([[0.5, 100.0], [0.6, 123.0]])
    write_overlay(tmp_path / "over.yaml", load(plan), "found", columns, draws, source="a test", evidence="own")
    with pytest.raises(ValueError, match=r"renewal.probability is set together with other numbers"):
        calibrate(load(tmp_path / "over.yaml"), free=["segments.person.renewal.probability"])


def test_how_a_range_is_read() -> None:
    known = from_mapping(PLAN | {"known": {
        "nrr": {"between": ["99%", "103%"]}, "grr": "91%",
        "segments.person.time_to_first_value": {"between": ["2 days", "100 days"]},
        "churn": {"between": [0, 400]},
        "segments.person.first_year_renewal": {"between": ["62%", "68%"]},
    }}).known  # fmt: skip
    aims = [Aim.of(path, one) for path, one in known.items()]
    assert [one.scale for one in aims] == ["log", "log", "log", "plain", "logit"]
    assert (aims[0].middle, aims[0].tolerance) == (pytest.approx(1.01, abs=1e-3), pytest.approx(0.01, rel=0.01))
    assert aims[1].tolerance == 0.005  # nothing is known to the last digit
    assert aims[2].middle == pytest.approx(math.sqrt(200))
    assert aims[2].away(np.array([2.0, math.sqrt(200), 100.0])) == pytest.approx([-2, 0, 2])
    assert (aims[3].middle, aims[3].tolerance) == (200 * 100, 100 * 100)
    assert aims[4].away(np.array([0.62, 0.65, 0.68])) == pytest.approx([-2, 0, 2], abs=0.05)
    assert all(np.isfinite(one.away(np.array([0.0, 1.0]))).all() for one in aims)


def test_luck_on_a_curved_scale_is_taken_off() -> None:
    """The mean of shares is what was stated when the mean on the scale is below by what luck lifts it."""
    known = from_mapping(PLAN | {"known": {"segments.person.first_year_renewal": {"between": ["86%", "90%"]}}}).known
    (aim,) = (Aim.of(path, one) for path, one in known.items())
    values = 0.88 + 0.03 * np.random.default_rng(1).standard_normal(20_000)
    away = aim.away(values)
    assert away.mean() > 0.25
    # Less than a tenth of a spread is left, the next order.
    assert abs(away.mean() + aim.lifted(float(away.var()))) < 0.1


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
    words = ["calibrate", str(plan), "--replications", "20", "--rounds", "1", "--workers", "1", "--json",
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

"""What a gain rests on: parts that add up, effects that are gone, and nothing else that has changed."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

import simulation as sim
from simulation.experiment.borrowed import CLASSES, Borrowed, borrowed, effect_numbers, neutral
from simulation.scenario import Scenario
from tests.experiment.cases import plan, segment, training

EFFECTS = [
    {"turn_toward": {"value": "50%", "source": "own trial", "evidence": "own"}},
    {"shorten": {"live": {"value": "50%", "source": "somebody", "evidence": "published"}}},
    {"magnitude": {"factor": 1.3, "lasts": "3 months"}},
]
PATH = "interventions.training.effects.2.magnitude.factor"


def _alternative(**fields: Any) -> Scenario:
    assumed = {PATH: {"uniform": {"low": 1.0, "high": 1.6}, "evidence": "prior"}}
    assumed["segments.a.arrivals.per_month"] = {"uniform": {"low": 2, "high": 4}}
    one = training(effects=EFFECTS, cost={"one_off": 100})
    return plan(**{"interventions": {"training": one}, "assumptions": assumed} | fields)


@pytest.fixture(scope="module")
def found() -> Borrowed:
    """Training with effects of all three kinds of evidence, by milestones reached."""
    plans = {"base": plan(), "training": _alternative()}
    done = sim.compare(plans["base"], {"training": plans["training"]}, replications=40)
    return borrowed(done, plans, "training", measure="reached", replications=30)


def test_parts_add_up(found: Borrowed) -> None:
    assert found.futures == 30
    assert found.parts["mean"].sum() == pytest.approx(found.gain.mean)
    assert found.parts["numbers"].tolist() == [1, 1, 1, 0]
    assert found.without_priors.mean == pytest.approx(found.gain.mean - found.parts.loc["prior", "first"])
    assert found.without_priors.better.value == found.parts.loc["prior", "better"]
    assert (found.parts.loc[list(CLASSES), "mean"] > 0).all()
    assert found.parts.loc["everything else", "mean"] == 0.0  # a cost reaches no milestone
    assert found.variance.sum() == pytest.approx(1.0)
    assert (found.variance >= 0).all()


def test_effects_that_replace_each_other_share_what_they_bring() -> None:
    """Either of two equal effects would do: taken away first each loses nothing, taken away last all."""

    def one(evidence: str) -> dict[str, Any]:
        effect = {"turn_toward": {"value": "100%", "evidence": evidence, "source": "s"}}
        return training(effects=[effect]) | {"cost": {"per_delivery": 0}}

    def other(*names: str) -> Scenario:
        return plan(interventions={name: one(name) for name in names}, assumptions={})

    plans = {"base": plan(assumptions={}), "both": other("prior", "own")}
    alone = {"prior": other("prior"), "own": other("own")}
    done = sim.compare(plans["base"], {"both": plans["both"], **alone}, replications=30)
    rests = borrowed(done, plans, "both", measure="reached")
    parts, gain = rests.parts, rests.gain.mean
    assert parts["mean"].sum() == pytest.approx(gain) and parts["numbers"].tolist() == [1, 0, 1, 0]
    for evidence, twin in (("prior", "own"), ("own", "prior")):
        only_twin, only_this = (done.describe("reached", name) for name in (twin, evidence))
        row = parts.loc[evidence]
        assert row["first"] == pytest.approx(gain - only_twin.mean)
        assert row["last"] == pytest.approx(only_this.mean)
        assert row["mean"] == pytest.approx((row["first"] + row["last"]) / 2)
        assert row["better"] == only_twin.better.value
    assert abs(parts.loc["prior", "first"]) < 0.1 * gain < parts.loc["prior", "mean"]
    assert parts.loc["published", "better"] == rests.gain.better.value and parts.loc["published", "mean"] == 0.0


def test_a_cost_is_not_borrowed() -> None:
    plans = {"base": plan(), "training": _alternative()}
    done = sim.compare(plans["base"], {"training": plans["training"]}, replications=6)
    one = borrowed(done, plans, "training", measure="cost")
    assert one.parts.loc["everything else", "mean"] == pytest.approx(100)
    assert not one.parts.loc[list(CLASSES), "mean"].any()


def test_without_all_effects_members_live_as_in_the_base() -> None:
    base, other = plan(), _alternative()
    numbers, inseparable = effect_numbers(base, other)
    assert {one.path: one.evidence for one in numbers} == {
        "interventions.training.effects.0.turn_toward": "own",
        "interventions.training.effects.1.shorten.live": "published",
        PATH: "prior",
    }
    assert inseparable == ()
    bare = neutral(other, numbers)
    assert PATH not in bare.assumptions and "segments.a.arrivals.per_month" in bare.assumptions
    done = sim.compare(base, {"bare": bare}, replications=8)
    for measure in ("arr", "members", "reached", "churn"):
        assert not done.difference(measure, "bare", by="period").to_numpy().any(), measure
    assert done.difference("cost", "bare").to_numpy() == pytest.approx(np.full(8, 100.0))


def test_numbers_of_segments_and_of_both_scenarios() -> None:
    shared = training(effects=EFFECTS)
    base = plan(interventions={"training": shared})
    faster = segment() | {"arrivals": {"per_month": {"value": 5, "evidence": "published"}}}
    other = plan(interventions={"training": shared}, segments={"a": faster, "b": segment(20, 2)}, assumptions={})
    numbers, _ = effect_numbers(plan(interventions={"training": shared}, assumptions={}), other)
    assert [(one.path, one.evidence) for one in numbers] == [("segments.a.arrivals.per_month", "published")]
    back = neutral(other, numbers)
    assert back.segments == base.segments


def test_a_quota_rests_on_its_take_and_its_turn() -> None:
    team = {"crew": {"people": 1, "hours_per_month": 20}}
    quota = {"quota": {"team": "crew", "per_month": 100, "pushes": 5, "turn": "20 deg",
                       "take": {"value": "6%", "evidence": "published"}}}  # fmt: skip
    numbers, _ = effect_numbers(plan(teams=team), plan(teams=team, selling=quota))
    assert {one.path: (one.evidence, one.nothing) for one in numbers} == {
        "selling.quota.take": ("published", "0%"),
        "selling.quota.turn": ("prior", "0 deg"),
    }
    assert neutral(plan(teams=team, selling=quota), numbers).selling.quota is not None


def test_drawn_jointly_stays(tmp_path: Any) -> None:
    (tmp_path / "draws.csv").write_text(f"{PATH},interventions.training.effects.0.turn_toward\n1.2,0.1\n1.3,0.2\n")
    from simulation.scenario import load

    text = _alternative(assumptions={}).to_yaml()
    assert "assumptions: {}" in text
    joint = "assumptions: {fitted: {joint: draws.csv}}"
    (tmp_path / "plan.yaml").write_text(text.replace("assumptions: {}", joint))
    numbers, inseparable = effect_numbers(plan(assumptions={}), load(tmp_path / "plan.yaml"))
    assert PATH in inseparable
    assert [one.path for one in numbers] == ["interventions.training.effects.1.shorten.live"]

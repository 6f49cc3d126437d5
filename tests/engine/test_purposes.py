"""Two decisions of a plan never share their random numbers by accident."""

from __future__ import annotations

from typing import Any

import pytest

from simulation.engine import purposes
from simulation.engine.plan import make_plan
from simulation.model.random import purpose
from simulation.model.state import COMMON_PURPOSES
from simulation.scenario import ScenarioError, from_mapping

TWINS = ("milestone_98098", "campaign_23065")
"""Found by search: the work before the one and the acceptance of the other have the same hash."""


def plan(milestone: str, campaign: str) -> dict[str, Any]:
    """A scenario with a milestone and an intervention."""
    segment = {
        "desired_outcome": {"required": "More"},
        "arr": 100,
        "journey": {milestone: {"stage": "adoption", "after": "2 months"}},
        "renewal": {"probability": 0.9},
    }
    tech_touch = {"when": {"joined": "3 days"}, "effects": [{"advance": "1 month"}]}
    return {
        "name": "Plan", "start": "2027-01-01", "horizon": "1 months",
        "segments": {"one": segment, "other": segment}, "interventions": {campaign: tech_touch},
    }  # fmt: skip


def test_a_real_collision_is_one_clear_error() -> None:
    milestone, campaign = TWINS
    assert purpose("work", milestone) == purpose("accept", campaign)
    with pytest.raises(ScenarioError) as caught:
        make_plan(from_mapping(plan(milestone, campaign)))
    (problem,) = caught.value.problems
    assert f"the draw of 'accept' for '{campaign}' and the draw of 'work' for '{milestone}'" in problem.message
    assert f"give '{campaign}' another name" in problem.message


@pytest.mark.parametrize(("milestone", "campaign"), [(TWINS[0], "campaign"), ("milestone", TWINS[1])])
def test_either_alone_is_fine_and_segments_may_share_milestones(milestone: str, campaign: str) -> None:
    table = make_plan(from_mapping(plan(milestone, campaign))).tables
    assert table["milestone"]["p_work"].tolist() == [purpose("work", milestone)] * 2
    assert table["intervention"]["p_accept"].tolist() == [purpose("accept", campaign)]


def test_the_models_own_draws_are_kept_apart_too(monkeypatch: pytest.MonkeyPatch) -> None:
    renewal = COMMON_PURPOSES["P_RENEWAL"]
    monkeypatch.setattr(purposes, "purpose", lambda kind, name: renewal if kind == "take" else purpose(kind, name))
    with pytest.raises(ScenarioError, match="the draw of 'take' for 'milestone' and the model's own draw of 'renewal'"):
        make_plan(from_mapping(plan("milestone", "campaign")))


def test_the_models_own_draws_all_differ() -> None:
    assert len(set(COMMON_PURPOSES.values())) == len(COMMON_PURPOSES) > 15


def test_assumptions_need_no_such_check(monkeypatch: pytest.MonkeyPatch) -> None:
    """Their keys hold 64 bits of the path: equal purposes do not make equal draws."""
    data = plan("milestone", "campaign")
    uniform = {"uniform": {"low": 0, "high": 1}}
    paths = [f"segments.{one}.renewal.probability" for one in ("one", "other")]
    scenario = from_mapping({**data, "assumptions": {path: {**uniform, "source": "prior"} for path in paths}})
    monkeypatch.setattr("simulation.model.random.purpose", lambda kind, name="": 7)
    draws = scenario.assumption_values(1, 0)
    assert draws[paths[0]] != draws[paths[1]]


def test_too_many_names_are_one_clear_error() -> None:
    data = plan("milestone", "campaign")
    data["segments"] = {f"s{n}": data["segments"]["one"] for n in range(63)}
    with pytest.raises(ScenarioError, match="at most 62 segments"):
        make_plan(from_mapping(data))

"""Two lives of one member: the same until something differs, and the reason is named."""

from __future__ import annotations

import pytest

from simulation.engine.pseudonym import pseudonyms
from simulation.experiment.lives import explain
from simulation.experiment.twins import twins
from tests.experiment.cases import plan, training


def test_lives_part_at_what_only_one_has() -> None:
    base = plan(interventions={})
    other = plan(interventions={"training": training(when={"every": "60 days"})})
    member = twins(base, other, replications=1).people.query("segment == 'a' and treated > 0").index[0]
    lives = explain(base, other, member)
    assert lives.segment == "a" and lives.member == member
    first = lives.table["parted"].to_numpy().argmax()
    before, after = lives.table.iloc[:first], lives.table.iloc[first]
    assert (before["base"] == before["alternative"]).all()
    assert after["base"] != after["alternative"]
    assert lives.parted == after["date"]
    assert "training" in lives.cause and "the base does not have" in lives.cause


def test_an_untouched_member_has_one_life() -> None:
    base, other = plan(), plan(interventions={"training": training()})
    member = twins(base, other, replications=1).people.query("segment == 'b'").index[0]
    lives = explain(base, other, member)
    assert lives.parted is None and not lives.table["parted"].any()
    assert (lives.table["base"] == lives.table["alternative"]).all()


def test_a_shared_team_is_named() -> None:
    team = {"crew": {"people": 1, "hours_per_month": 10}}
    call = {"when": {"every": "50 days"}, "team": "crew", "effort": "1 hour", "who": {"segments": "b"}}
    visit = training(team="crew", effort="9 hours", priority=1, when={"every": "40 days"})
    base, other = (
        plan(teams=team, interventions={"call": call}),
        plan(teams=team, interventions={"call": call, "visit": visit}),
    )
    people = twins(base, other, replications=1).people.query("segment == 'b'").index
    causes = [explain(base, other, member).cause for member in people[:8]]
    assert any("a shared team serves the member at another time" in cause for cause in causes)


def test_a_member_that_is_not_there() -> None:
    with pytest.raises(ValueError, match="there is no member 'nobody' in future 0"):
        explain(plan(), plan(), "nobody")
    assert pseudonyms([1]) != ["nobody"]

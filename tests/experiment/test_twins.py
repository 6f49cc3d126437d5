"""Twins: rows that add up to the ledgers' difference exactly, and roles that are what they say."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pytest

import simulation as sim
from simulation.experiment.outcomes import outcomes_of
from simulation.experiment.twins import OUTCOMES, ROLES, changed, twins
from simulation.scenario import Scenario, from_mapping
from tests.experiment.cases import mapping, plan, segment, training

TEAM = {"crew": {"people": 1, "hours_per_month": 12, "cost_per_month": 100}}
BUSY = {
    "call": {
        "when": {"every": "60 days"}, "team": "crew", "effort": "1 hour", "effects": [{"turn_toward": "30%"}],
        "who": {"segments": "b"},
    },
}  # fmt: skip


def _totals(base: Scenario, other: Scenario, replications: int, measure: str) -> np.ndarray:
    done = sim.compare(base, {"other": other}, replications=replications)
    return np.rint(done.difference(measure, "other").to_numpy() * 100).astype(np.int64)


@pytest.mark.parametrize(
    "fields",
    [
        {"interventions": {"training": training()}},
        {"teams": TEAM, "interventions": {**BUSY, "visit": training(team="crew", effort="3 hours", priority=1)}},
        {"segments": {"a": segment(arrivals=5), "b": segment(20, 2)}},
    ],
)
def test_rows_add_up_to_the_difference_of_the_ledgers(fields: dict[str, Any]) -> None:
    base = plan(**({"teams": TEAM, "interventions": BUSY} if "teams" in fields else {}), assumptions={})
    other = plan(**fields, assumptions={})
    found = twins(base, other, replications=4)
    every = found.sums.sum(axis=(1, 2, 3, 4, 5))
    for measure in ("arr", "expansion", "members", "reached"):
        total = _totals(base, other, 4, measure)
        scale = 1 if measure in ("arr", "expansion") else 100
        assert np.array_equal(every[:, OUTCOMES.index(measure)] * scale, total), measure
    revenue = _totals(base, other, 4, "revenue")
    assert np.abs(every[:, OUTCOMES.index("revenue")] - revenue).max() <= 200  # each member is rounded to a cent
    table = found.roles()
    assert table.loc["all", "mean"].to_numpy() == pytest.approx(
        table.drop("all", level="role").groupby("outcome", sort=False)["mean"].sum().to_numpy()
    )


def test_nothing_is_displaced_where_nothing_is_shared() -> None:
    found = twins(plan(), plan(interventions={"training": training()}), replications=6)
    for role in ("displacement", "other"):
        assert not found.sums[..., ROLES.index(role), :].any()
    assert not found.counts[..., ROLES.index("displacement")].any()  # there is no team
    assert found.counts[..., ROLES.index("other")].any()
    assert found.sums[..., 0, :].any()
    assert set(found.roles().index.get_level_values("role")) == {"direct", "other", "all"}
    by = found.benefits("segment")
    assert ("b", "direct", "arr") not in by.index
    assert by.loc[("b", "all", "arr"), "mean"] == 0.0


def test_a_shared_team_displaces() -> None:
    base = plan(teams=TEAM, interventions=BUSY, assumptions={})
    other = plan(
        teams=TEAM, assumptions={}, interventions={**BUSY, "visit": training(team="crew", effort="8 hours", priority=1)}
    )
    found = twins(base, other, replications=6)
    waits = found.sums[..., ROLES.index("displacement"), OUTCOMES.index("waited")]
    assert waits.sum() > 0
    only_b = found.benefits("segment").loc[("b", "displacement", "waited")]
    assert only_b["mean"] > 0 and only_b["each"] == pytest.approx(only_b["mean"] / only_b["affected"])


def test_a_changed_segment_is_direct_and_newcomers_stand_apart() -> None:
    found = twins(plan(assumptions={}), plan(segments={"a": segment(arrivals=5), "b": segment(20, 2)}, assumptions={}),
                  replications=4)  # fmt: skip
    assert found.changed["segments"] == {"a"}
    assert found.counts[..., ROLES.index("only in the alternative")].any()
    assert not found.counts[..., ROLES.index("only in the base")].any()
    assert not found.benefits("segment").loc["b"]["mean"].any()


def test_what_is_defined_differently() -> None:
    base = plan(interventions={"training": training()})
    assert not any(changed(base, plan(interventions={"training": training()})).values())
    effects = training(effects=[{"turn_toward": "40%"}])
    assert changed(base, plan(interventions={"training": effects}))["interventions"] == {"training"}
    assumed = {
        **mapping()["assumptions"],
        "interventions.training.effects.0.turn_toward": {"uniform": {"low": 0, "high": 0.5}},
    }
    other = plan(interventions={"training": training()}, assumptions=assumed)
    assert changed(base, other)["interventions"] == {"training"}
    quota = {"quota": {"team": "crew", "per_month": 100, "pushes": 5, "take": "6%"}}
    assert changed(plan(teams=TEAM), plan(teams=TEAM, selling=quota))["selling"]


def test_a_joint_draw_is_about_all_of_its_paths(tmp_path: Path) -> None:
    (tmp_path / "draws.csv").write_text("renewal,take\n30%,3%\n40%,5%\n")
    fields = {"teams": TEAM, "selling": {"quota": {"team": "crew", "per_month": 100, "pushes": 5, "take": "6%"}}}
    columns = {"renewal": "segments.a.renewal.probability", "take": "selling.quota.take"}
    base, other = (
        from_mapping(mapping(**fields, assumptions=assumed), folder=tmp_path)
        for assumed in ({}, {"fitted": {"joint": "draws.csv", "columns": columns}})
    )
    assert changed(base, other) == {"segments": {"a"}, "interventions": frozenset(), "selling": {"quota"}}
    apart = {"assumptions": {"fitted": {"joint": "one.csv", "columns": {"renewal": columns["renewal"]}}}}
    (tmp_path / "one.csv").write_text("renewal\n30%\n40%\n")
    longer = {"horizon": "20 months", "objectives": {}}  # so that they renew
    alone = twins(
        from_mapping(mapping(**longer, assumptions={}), folder=tmp_path),
        from_mapping(mapping(**longer, **apart), folder=tmp_path),
        replications=4,
    )
    table = alone.roles()["mean"]
    assert table["direct", "arr"] == table["all", "arr"] < 0


def test_people_are_those_of_today_and_threads_do_not_matter() -> None:
    other = plan(interventions={"training": training()})
    one, two = (twins(plan(), other, replications=4, workers=workers) for workers in (1, 2))
    assert np.array_equal(one.sums, two.sums)
    assert one.people.equals(two.people)
    assert len(one.people) == 50
    assert set(one.people["segment"]) == {"a", "b"}
    today = one.sums[:, :, 0, :, :, :2, OUTCOMES.index("arr")].sum()
    assert one.people["arr"].sum() * 100 * 4 == pytest.approx(today)


def test_outcomes_of_a_journey_that_goes_round() -> None:
    from simulation.engine.replicate import ledger_rows, make_engine, plan_at

    around = segment(40, 4) | {"cycle": True}
    around["journey"] = {**around["journey"], "grown": {"stage": "growth", "after": "1 month", "spread": 0.2}}
    compiled = plan_at(plan(segments={"a": around}, assumptions={}, objectives={}), None, 1, 0)
    memory = make_engine("compiled", compiled, log=True).run(1, 0)
    life = outcomes_of(memory, compiled)
    opening = ledger_rows(memory, compiled)["opening"][0]
    assert np.bincount(life.stage[life.today], minlength=4).tolist() == opening[2:6].tolist()
    assert np.bincount(life.course[life.today], minlength=3).tolist() == opening[6:9].tolist()

"""The bridge: its rows add up to the cent, each holds what changed and nothing else, people add up to their row."""

from __future__ import annotations

from collections.abc import Callable
from copy import deepcopy
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from ruamel.yaml import YAML

import simulation as sim
from simulation.experiment.between import steps_between
from simulation.experiment.bridge import ALL, Bridge, FinishedRun, bridge
from simulation.experiment.bridge_people import CAME, FUTURE, LEFT, STAYED
from simulation.forecast import Forecast
from simulation.runs import todays_members

PLAN: dict[str, Any] = {
    "name": "Firm",
    "start": "2027-01-01",
    "horizon": "15 months",
    "book": "old.csv",
    "segments": {
        "people": {
            "desired_outcome": {"required": "A growing practice"},
            "arr": 320,
            "term": "6 months",
            "arrivals": {"per_month": 4, "growth": "10% per year"},
            "journey": {
                "first_value": {"stage": "adoption", "after": "2 months"},
                "certified": {
                    "stage": "value", "after": "2 months",
                    "opportunity": {"kind": "add_on", "arr": 120, "take": "60%", "window": "60 days"},
                },
            },
            "renewal": {"probability": "85%", "not_adopted": 1.0},
        },
        "firms": {
            "desired_outcome": {"required": "Staff certified"},
            "arr": 3500,
            "arrivals": {"per_month": 1},
            "journey": {"live": {"stage": "adoption", "after": "3 months"}},
            "renewal": {"probability": "80%"},
        },
    },
    "teams": {"success": {"people": 1, "hours_per_month": 120, "cost_per_month": 8000}},
    "interventions": {
        "training": {
            "when": {"joined": "3 days"}, "team": "success", "effort": "2 hours",
            "effects": [{"shorten": {"first_value": "25%"}}], "who": {"segments": ["people"]},
        },
    },
    "assumptions": {
        "segments.people.renewal.not_adopted": {"uniform": {"low": 0.5, "high": 1.5}, "source": "prior"},
    },
    "objectives": {"q1": {"measure": "arr", "within": "90 days", "at_least": 1000}},
}  # fmt: skip
HEADER = "member_id,segment,arr,joined,renews_on\n"
OLD = [f"P{i},people,{300 + i},2026-0{1 + i % 6}-1{i % 10},2027-0{1 + i % 6}-1{i % 10}" for i in range(20)]
OLD += [f"F{i},firms,{3000 + 10 * i},2026-0{1 + i}-15,2027-0{1 + i}-15" for i in range(6)]
NEW = [one.replace("2027-01", "2027-07").replace("2027-02", "2027-08").replace("2027-03", "2027-09") for one in OLD[2:]]
NEW += ["P90,people,999,2027-02-01,2027-08-01", "P91,people,500,2027-03-01,2027-09-01"]

Make = Callable[..., FinishedRun]


@pytest.fixture
def make(tmp_path: Path) -> Make:
    """Runs of the plan with changes, each in a file of its own."""
    (tmp_path / "old.csv").write_text(HEADER + "\n".join(OLD) + "\n")
    (tmp_path / "new.csv").write_text(HEADER + "\n".join(NEW) + "\n")

    def run(change: Callable[[dict[str, Any]], object] | None = None, label: str = "", **options: Any) -> FinishedRun:
        plan = deepcopy(PLAN)
        if change is not None:
            change(plan)
        path = tmp_path / f"{len(list(tmp_path.iterdir()))}.yaml"
        YAML().dump(plan, path)
        scenario = sim.load(path)
        book = todays_members(scenario)
        forecast = sim.run(scenario, book=book, label=label, **{"replications": 12, "seed": 3, **options})
        return FinishedRun(forecast, scenario, book)

    return run


def later(plan: dict[str, Any]) -> None:
    plan |= {"start": "2027-04-01", "horizon": "12 months", "book": "new.csv"}


def believed(plan: dict[str, Any]) -> None:
    plan["segments"]["firms"]["renewal"]["probability"] = "60%"
    plan["assumptions"]["segments.people.renewal.not_adopted"]["uniform"]["high"] = 3


def planned(plan: dict[str, Any]) -> None:
    plan["interventions"]["training"]["effects"] = [{"shorten": {"first_value": "75%"}}]
    plan["interventions"]["call"] = {"when": {"renewal_due": "30 days"}, "effects": [{"renewal_lift": 1.0}]}
    plan["assumptions"]["interventions.call.effects.0.renewal_lift"] = {"uniform": {"low": 0.5, "high": 1.5}}


def priced(plan: dict[str, Any]) -> None:
    plan["segments"]["firms"]["price"] = {"uplift": "5% per year"}
    plan["segments"]["people"]["arr"] = 400


def everything(plan: dict[str, Any]) -> None:
    for change in (later, believed, planned, priced):
        change(plan)


def check_sums(found: Bridge) -> None:
    """The rows add up to the total exactly, in whole cents, together and in every segment."""
    for segment in {*found.old, *found.new}:
        total = found.new.get(segment, 0) - found.old.get(segment, 0)
        assert sum(row.cents.get(segment, 0) for row in found.rows) == total
    parts = [found.old, found.new, *(row.cents for row in found.rows)]
    assert all(isinstance(cents, int) for one in parts for cents in one.values())
    assert all(one[ALL] == sum(one[key] for key in one if key != ALL) for one in parts if len(one) > 1)
    if found.people is not None:
        row = next(one for one in found.rows if one.name.startswith("time"))
        groups = found.people.groups
        for segment in row.cents.keys() - {ALL}:
            assert sum(cents for (_, there), cents in groups.items() if there == segment) == row.cents[segment]
        assert sum(groups.values()) == row.cents[ALL]


@pytest.mark.parametrize("measure", ["arr", "members", "contribution", "expansion", "cost"])
def test_rows_add_up_exactly(make: Make, measure: str) -> None:
    found = bridge(make(label="Budget"), make(everything, label="3+9"), measure=measure)
    check_sums(found)
    assert [row.name for row in found.rows] == [
        "program", "time passed and the new book", "assumptions", "plan", "price",
    ]  # fmt: skip
    assert (found.old_name, found.new_name) == ("Budget", "3+9")
    assert found.rows[0].cents[ALL] == 0
    if measure == "arr":
        assert all(row.cents[ALL] != 0 for row in found.rows[1:])
        assert all(row.low <= row.value <= row.high for row in found.rows)
        assert str(found.until) == "2028-04-01"
        table = found.table()
        assert table.loc[("plan", ALL), "value"] == found.rows[3].value
        totals = table.xs(ALL, level="segment")["value"]
        np.testing.assert_allclose(totals.iloc[:-1].sum(), totals.iloc[-1], atol=1e-6)


def test_the_ends_are_the_two_runs(make: Make) -> None:
    old, new = make(), make(everything)
    found = bridge(old, new, people=False)
    assert found.old[ALL] / 100 == pytest.approx(old.forecast.measure("arr").to_numpy().mean(), abs=0.02)
    assert found.new[ALL] / 100 == pytest.approx(new.forecast.measure("arr").to_numpy().mean(), abs=0.02)


@pytest.mark.parametrize(
    ("change", "step"),
    [(later, "time passed and the new book"), (believed, "assumptions"), (planned, "plan"), (priced, "price")],
)
def test_what_did_not_change_is_exactly_zero(make: Make, change: Any, step: str) -> None:
    def steady(plan: dict[str, Any]) -> None:
        del plan["segments"]["people"]["arrivals"]["growth"]

    def both(plan: dict[str, Any]) -> None:
        steady(plan)
        change(plan)

    found = bridge(make(steady), make(both), people=False)
    check_sums(found)
    for row in found.rows:
        assert (row.cents[ALL] != 0) == (row.name == step), row.name


def test_a_run_and_itself(make: Make) -> None:
    one = make()
    found = bridge(one, one)
    check_sums(found)
    assert all(cents == 0 for row in found.rows for cents in row.cents.values())
    assert all((row.low, row.high) == (0, 0) for row in found.rows)


def test_another_seed_is_a_row_of_its_own(make: Make) -> None:
    found = bridge(make(), make(seed=4), people=False)
    check_sums(found)
    assert {row.name for row in found.rows if row.cents[ALL]} == {"another seed"}


def test_another_program_is_a_row_of_its_own(make: Make) -> None:
    """Runs whose kept futures are not what the program makes of their scenarios today."""
    old, new, other = make(), make(planned), make(seed=9)
    from dataclasses import replace

    kept = Forecast(replace(other.forecast.result, seed=3), old.forecast.facts, "0.0.9")
    found = bridge(replace(old, forecast=kept), new, people=False)
    check_sums(found)
    assert {row.name for row in found.rows if row.cents[ALL]} == {"program", "plan"}
    end = Forecast(replace(other.forecast.result, seed=3), new.forecast.facts, "0.0.9")
    found = bridge(old, replace(new, forecast=end), people=False)
    check_sums(found)
    assert {row.name for row in found.rows if row.cents[ALL]} == {"program", "plan"}


def test_steps_that_do_not_stand_alone_go_together(make: Make) -> None:
    def renamed(plan: dict[str, Any]) -> None:
        later(plan)
        journey = plan["segments"]["people"]["journey"]
        plan["segments"]["people"]["journey"] = {"hello": journey.pop("first_value"), **journey}
        plan["interventions"]["training"]["effects"] = [{"shorten": {"hello": "25%"}}]

    found = bridge(make(), make(renamed), people=False)
    check_sums(found)
    names = [row.name for row in found.rows]
    assert names == ["program", "time passed and the new book and assumptions and plan", "price"]
    assert any("is no possible scenario" in note for note in found.rows[1].notes)


def test_what_has_happened_is_no_event_any_more(make: Make) -> None:
    def dated(plan: dict[str, Any]) -> None:
        plan["teams"]["success"]["hires"] = [{"date": "2027-02-01", "people": 2}, {"date": "2027-06-01", "people": 1}]
        plan["segments"]["firms"]["price"] = {"changes": [{"date": "2027-03-01", "change": "10%"}]}

    def after(plan: dict[str, Any]) -> None:
        later(plan)
        plan["teams"]["success"] |= {"people": 3, "hires": [{"date": "2027-06-01", "people": 1}]}
        plan["segments"]["firms"]["arr"] = 3850

    found = bridge(make(dated), make(after), people=False)
    check_sums(found)
    assert {row.name for row in found.rows if row.cents[ALL]} == {"time passed and the new book", "assumptions"}
    notes = " ".join(found.rows[1].notes)
    assert "3 people" in notes and "a change of price has happened" in notes and "arrivals have grown to 4.1" in notes


def test_people(make: Make) -> None:
    found = bridge(make(), make(everything))
    assert found.people is not None
    table = found.people.table
    assert table["group"].value_counts().to_dict() == {STAYED: 24, LEFT: 2, CAME: 2}
    assert not table["member"].str.contains("P|F").any() and table["member"].is_unique
    assert table["change"].abs().is_monotonic_decreasing
    assert (table[table["group"] == LEFT]["expected_new"] == 0).all()
    assert table[table["group"] == CAME]["arr_new"].sum() == 1499
    assert {group for group, _ in found.people.groups} == {STAYED, LEFT, CAME, FUTURE}
    np.testing.assert_array_equal(np.round(table["expected_new"] - table["expected_old"], 2), table["change"])


def test_another_order_of_segments_changes_nobody(make: Make) -> None:
    def turned(plan: dict[str, Any]) -> None:
        plan["segments"] = dict(reversed(plan["segments"].items()))

    found = bridge(make(), make(turned))
    assert found.people is not None
    assert not any(row.cents[ALL] for row in found.rows)
    assert not found.people.table["change"].any() and not any(found.people.groups.values())
    own = {f"{300 + i:.2f}": "people" for i in range(20)} | {f"{3000 + 10 * i:.2f}": "firms" for i in range(6)}
    assert [own[f"{arr:.2f}"] for arr in found.people.table["arr_new"]] == found.people.table["segment"].tolist()


def test_people_are_the_whole_level_where_nobody_joins(make: Make) -> None:
    """Without arrivals every dollar of ARR is somebody's of the book: the members' sums are the ledger's."""

    def closed(plan: dict[str, Any]) -> None:
        for segment in plan["segments"].values():
            segment["arrivals"] = {"per_month": 0}

    def moved(plan: dict[str, Any]) -> None:
        closed(plan)
        later(plan)

    found = bridge(make(closed), make(moved))
    check_sums(found)
    assert found.people is not None
    table = found.people.table
    for column, total in (("expected_old", found.old), ("expected_new", found.new)):
        assert table[column].sum() == pytest.approx(total[ALL] / 100, abs=0.01 * len(table))
    future = sum(cents for (group, _), cents in found.people.groups.items() if group == FUTURE)
    assert abs(future) <= len(table)  # cents of rounding


@pytest.mark.parametrize(
    ("base", "overlay", "changed"),
    [
        ("association", "training", {"plan"}),
        ("saas", "consulting_addon", {"plan"}),
        ("saas", "tee_up", {"plan"}),
        ("saas", "quota_selling", {"plan"}),
    ],
)
def test_steps_of_shipped_plans(base: str, overlay: str, changed: set[str]) -> None:
    old, new = (sim.load(f"scenarios/{name}.yaml") for name in (base, overlay))
    steps = list(steps_between(old, new))
    assert [step.name for step in steps] == ["time passed and the new book", "assumptions", "plan", "price"]
    before = [old, *(step.scenario for step in steps)]
    found = {
        step.name
        for step, last in zip(steps, before, strict=False)
        if step.scenario is not last and step.scenario.model_dump() != last.model_dump()
    }
    assert found == changed


def test_what_cannot_be_bridged(make: Make) -> None:
    def in_euro(plan: dict[str, Any]) -> None:
        plan["currency"] = "EUR"

    def far(plan: dict[str, Any]) -> None:
        plan |= {"start": "2028-04-01", "horizon": "3 months"}
        del plan["book"]
        plan["segments"]["people"]["population"] = {"members": 5}

    old = make()
    with pytest.raises(ValueError, match="nrr is a ratio"):
        bridge(old, old, measure="nrr")
    with pytest.raises(ValueError, match="in USD, the new one in EUR"):
        bridge(old, make(in_euro))
    with pytest.raises(ValueError, match="change their order"):
        bridge(make(later), old)
    with pytest.raises(ValueError, match="no day after the start of the new one"):
        bridge(old, make(far))
    with pytest.raises(ValueError, match="did you mean"):
        bridge(old, old, measure="contributions")

"""`membersim sensitivity` and `membersim must-be-true`, with the real engine on a small plan."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pandas as pd
import pytest

PLAN = """\
name: Small
start: 2027-01-01
horizon: 12 months
periods: quarter
segments:
  people:
    desired_outcome: {required: works}
    arr: 100
    arrivals: {per_month: 10}
    population: {members: 30}
    journey: {start: {stage: adoption, after: 1 month}}
    renewal: {probability: 80%}
interventions:
  call: {when: {renewal_due: 20 days}, effects: [{renewal_lift: {points: 0.3}}], cost: {per_delivery: 4}}
assumptions:
  segments.people.arrivals.per_month: {uniform: {low: 4, high: 16}, owner: marketing, source: history, evidence: own}
  interventions.call.effects.0.renewal_lift.points: {uniform: {low: -1, high: 2}, owner: success}
objectives:
  grown: {measure: members, by: 2027-10-01, at_least: 110}
  sure: {measure: members, by: 2027-10-01, at_least: 10}
  never: {measure: members, by: 2027-10-01, at_least: 9000}
"""
OVERLAY = """\
name: No calls
interventions: {call: null}
assumptions: {interventions.call.effects.0.renewal_lift.points: null}
"""


@pytest.fixture
def plan(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv("MEMBERSIM_STORE", str(tmp_path / "store"))
    (tmp_path / "small.yaml").write_text(PLAN)
    (tmp_path / "no_calls.yaml").write_text(OVERLAY)
    return Path("small.yaml")


def test_sensitivity_answers_in_a_sentence_and_files(call: Any, plan: Path) -> None:
    status, out, _ = call("sensitivity", plan, "--measure", "members", "--at", "9 months", "--points", 32, "--json")
    result = json.loads(out)
    assert status == 0 and not result["interrupted"]
    assert result["answer"].startswith(
        "Most of what we do not know about Members at the end of September 2027 comes from"
    )
    assert "people: new members a month" in result["answer"]
    assert result["futures"] == 32 * 5 + 32 * 5 and result["at"] == "2027-10-01"
    by_factor = {row["factor"]: row for row in result["tables"]["sobol"]}
    calls = "interventions.call.effects.0.renewal_lift.points"
    assert by_factor[calls]["total"] == 0.0  # renewals are due in a year at the earliest
    assert by_factor["segments.people.arrivals.per_month"]["first"] > 0.5
    folder = Path("reports/small-sensitivity")
    for name in (
        "report.html",
        "sensitivity.json",
        "tables/tornado.csv",
        "tables/sobol_over_time.csv",
        "figures/over_time.png",
    ):
        assert (folder / name).is_file()
    page = (folder / "report.html").read_text()
    assert result["answer"] in page and "https:" not in page


def test_another_measure_runs_nothing_again(call: Any, plan: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    assert call("sensitivity", plan, "--points", 16)[0] == 0
    from simulation.engine import replicate

    def again(*_: Any, **__: Any) -> Any:
        raise AssertionError("a future was simulated again")

    monkeypatch.setattr(replicate, "make_engine", again)
    status, out, _ = call("sensitivity", plan, "--points", 16, "--measure", "joined", "--json")
    assert status == 0 and json.loads(out)["measure"] == "joined"


def test_an_interrupted_sensitivity_goes_on(call: Any, plan: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    from simulation.engine import replicate

    whole = json.loads(call("sensitivity", plan, "--points", 16, "--out", "whole", "--no-store", "--json")[1])
    rows, seen = replicate.ledger_rows, []

    def stop(*options: Any) -> Any:
        seen.append(1)
        if len(seen) == 100:
            raise KeyboardInterrupt
        return rows(*options)

    monkeypatch.setattr(replicate, "ledger_rows", stop)
    status, out, err = call("sensitivity", plan, "--points", 16, "--workers", 1, "--json")
    part = json.loads(out)
    assert status == 130 and part["interrupted"] and not Path("reports/small-sensitivity/report.html").exists()
    assert "To go on from there: membersim sensitivity small.yaml" in err
    status, out, _ = call("sensitivity", plan, "--points", 16, "--json")
    # Of the point at which it was stopped all is done again.
    assert status == 0 and 0 <= len(seen) - (100 + 16 * 5 + 32 * 5 - 99) <= 8
    assert json.loads(out)["tables"] == whole["tables"]


def test_the_choice_between_scenarios(call: Any, plan: Path) -> None:
    status, out, _ = call("sensitivity", plan, "no_calls.yaml", "--at", "18 months", "--points", 32, "--json")
    result = json.loads(out)
    assert status == 0 and result["measure"] == "contribution" and result["favourite"] in ("base", "no_calls")
    assert "best contribution of 2 options" in result["answer"]
    worth = {row["known"]: row["evppi"] for row in result["tables"]["value_of_information"]}
    assert worth["all assumptions and luck"] >= worth["all assumptions"] >= 0
    options = {row["option"]: row["best"] for row in result["tables"]["options"]}
    assert sum(options.values()) + result["equally_good"] == pytest.approx(1.0)
    assert result["information_points"] == 64 and result["information_too_high"]
    assert result["at"] == "2028-07-01"  # the horizon grew
    assert Path("reports/small+no_calls-sensitivity/figures/lead.png").is_file()


def test_sensitivity_takes_overlays_over_every_scenario(call: Any, plan: Path) -> None:
    Path("dear.yaml").write_text("segments: {people: {arr: 1000}}\n")
    words = ("sensitivity", plan, "no_calls.yaml", "--measure", "arr", "--points", 8, "--json")
    plain = json.loads(call(*words, "--out", "plain")[1])
    found = json.loads(call(*words, "--overlay", "dear.yaml")[1])
    means, dear = ({row["option"]: row["mean"] for row in one["tables"]["options"]} for one in (plain, found))
    assert dear == {name: pytest.approx(10 * mean) for name, mean in means.items()}
    assert Path(found["folder"]).name == "small+dear+no_calls-sensitivity"
    assert "--overlay dear.yaml" in found["command"]


def test_sensitivity_leaves_bad_rows_out_when_asked(call: Any, plan: Path) -> None:
    plan.write_text(
        PLAN.replace("    population: {members: 30}\n", "").replace("segments:", "book: book.csv\nsegments:")
    )
    Path("book.csv").write_text(
        "member_id,segment,arr,joined,renews_on\nA,people,100,2026-02-01,2027-02-01\nB,people,-5,2026-02-01,2027-02-01\n"
    )
    status, _, err = call("sensitivity", plan, "--points", 8)
    assert status == 2 and "book.csv:3" in err
    status, out, err = call("sensitivity", plan, "--points", 8, "--quarantine", "--json")
    assert status == 0 and "--quarantine" in json.loads(out)["command"]
    assert "Quarantine left out 1 of 2 members" in err


@pytest.mark.parametrize(
    "words",
    [
        ("sensitivity", "small.yaml", "--points", 8),
        ("must-be-true", "small.yaml", "--objective", "grown", "--replications", 20),
        ("sweep", "small.yaml", "--set", "segments.people.arr=100,200", "--replications", 20),
    ],
)
@pytest.mark.parametrize("kept", [True, False])
def test_what_to_do_after_an_interruption(
    call: Any, plan: Path, monkeypatch: pytest.MonkeyPatch, words: tuple[Any, ...], kept: bool
) -> None:
    from simulation.engine import replicate

    def stop(*_: Any) -> Any:
        raise KeyboardInterrupt

    monkeypatch.setattr(replicate, "ledger_rows", stop)
    status, _, err = call(*words, "--workers", 1, *(() if kept else ("--no-store",)))
    assert status == 130
    assert ("To go on from there: membersim" in err) is kept
    assert ("start again: membersim" in err and "--no-store" in err.rpartition("start again:")[2]) is not kept


def test_a_cost_that_is_not_known_is_a_factor_of_contribution(call: Any, plan: Path) -> None:
    price = "interventions.call.cost.per_delivery"
    plan.write_text(PLAN.replace("assumptions:", f"assumptions:\n  {price}: {{uniform: {{low: 1, high: 900}}}}"))
    status, out, _ = call("sensitivity", plan, "--measure", "contribution", "--points", 16, "--json")
    found = json.loads(out)
    bars = {row["factor"]: row for row in found["tables"]["tornado"]}
    assert status == 0 and bars[price]["at_low"] > 0 > bars[price]["at_high"]
    assert found["tables"]["sobol"][0]["factor"] == price


@pytest.mark.parametrize(
    ("words", "message"),
    [
        (["--measure", "membres"], "did you mean 'members'"),
        (["--segment", "peple"], "did you mean 'people'"),
        (["--at", "soon"], "--at expects spans"),
        (["--at", "1 month, 2 months"], "one span"),
        (["--at", "100 days"], "counted days"),
        (["--measure", "contribution", "--segment", "people"], "cannot be narrowed by segment"),
    ],
)
def test_sensitivity_refuses_before_it_simulates(call: Any, plan: Path, words: list[str], message: str) -> None:
    status, _, err = call("sensitivity", plan, *words)
    assert status == 2 and message in err and "Traceback" not in err
    assert not Path("reports").exists()


def test_sensitivity_needs_assumptions(call: Any, tmp_path: Path) -> None:
    (tmp_path / "known.yaml").write_text(PLAN[: PLAN.index("assumptions:")])
    status, _, err = call("sensitivity", "known.yaml")
    assert status == 2 and "states no assumptions" in err


def test_must_be_true_names_the_condition_its_evidence_and_its_sign(call: Any, plan: Path) -> None:
    status, out, _ = call("must-be-true", plan, "--objective", "grown", "--replications", 600, "--json")
    result = json.loads(out)
    assert status == 0 and result["suffices"] and not result["already"]
    row = result["tables"]["conditions"][0]
    assert row["path"] == "segments.people.arrivals.per_month" and row["direction"] == "at least"
    # 80 more members in nine months need about 8.9 a month, and more to be sure of it
    assert 8.5 < row["threshold"] < 12 and row["plan"] == "10"
    assert (row["source"], row["owner"], row["evidence"]) == ("history", "marketing", "own")
    assert row["chance_low"] >= 0.8 and 0.3 < row["set_likely"] < 0.7
    assert row["indicator"] in ("joined", "new", "reached") and row["indicator_until"] < "2027-10-01"
    assert row["false_alarm"] < 0.25 < row["detection"]
    box = result["tables"]["where_the_plan_fails"][0]
    assert (box["path"], box["direction"]) == ("segments.people.arrivals.per_month", "at most")
    assert "The plan misses “grown” in" in result["failures"][0]
    folder = Path("reports/small-must-be-true")
    table = pd.read_csv(folder / "tables" / "conditions.csv")
    assert table["threshold"].iloc[0] == pytest.approx(row["threshold"])
    assert result["answer"] in (folder / "report.html").read_text()
    assert (folder / "figures" / "chances.png").is_file() and (folder / "figures" / "weakness_1.png").is_file()


def test_must_be_true_when_it_is_sure_and_when_it_cannot_be(call: Any, plan: Path) -> None:
    for goal, words in (("sure", "Nothing more must be true"), ("never", "No set of up to 3 conditions")):
        status, out, _ = call("must-be-true", plan, "--objective", goal, "--replications", 200, "--json")
        assert status == 0 and words in json.loads(out)["answer"]
        assert (goal == "sure") == json.loads(out)["already"]


@pytest.mark.parametrize(
    ("words", "message"),
    [
        ([], "name an objective with --objective: grown, sure, never"),
        (["--objective", "gorwn"], "did you mean 'grown'"),
        (["--objective", "grown", "--probability", "80"], "--probability"),
        (["--objective", "grown", "--probability", "100%"], "between 0% and 100%"),
    ],
)
def test_must_be_true_refuses_before_it_simulates(call: Any, plan: Path, words: list[str], message: str) -> None:
    status, _, err = call("must-be-true", plan, *words)
    assert status == 2 and message in err and "Traceback" not in err
    assert not Path("reports").exists()

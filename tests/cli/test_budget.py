"""`membersim budget` on a small plan whose best allocation is known, and what it does when stopped or misused."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pandas as pd
import pytest

import simulation as sim
from simulation import runs
from simulation.progress import Interrupted

Call = Callable[..., tuple[int, str, str]]

# A new member a month more brings about 12 x 600 in segment a (half a year of 1,200 on average) and 12 x 300 in b,
# and costs 2,000 in both: linear returns. With 6,000 the best is all of a (two steps) and one step of b.
PLAN = """\
name: Two segments
start: 2027-01-01
horizon: 12 months
segments:
  a:
    desired_outcome: {required: works}
    arr: 1200
    arrivals: {per_month: 1}
    journey: {start: {stage: adoption, after: 1 month}}
    renewal: {probability: 90%}
  b:
    desired_outcome: {required: works}
    arr: 600
    arrivals: {per_month: 1}
    journey: {start: {stage: adoption, after: 1 month}}
    renewal: {probability: 90%}
objectives:
  many: {measure: members, within: 365 days, at_least: 40}
levers:
  campaign_a:
    change: {path: segments.a.arrivals.per_month, from: 1, to: 3, step: 1}
    cost: {one_off: 2000}
  campaign_b:
    change: {path: segments.b.arrivals.per_month, from: 1, to: 5, step: 1}
    cost: {one_off: 2000}
"""
QUICK = ("--screening", 20, "--choosing", 100, "--replications", 60, "--workers", 1)


@pytest.fixture(autouse=True)
def with_levers(plan: Path) -> Path:
    plan.write_text(PLAN)
    return plan


def test_the_best_allocation_is_found_reported_and_can_be_run(plan: Path, call: Call) -> None:
    status, out, _ = call("budget", plan, "--spend", 6000, "--matters", 500, *QUICK, "--json")
    found = json.loads(out)
    assert status == 0 and found["recommended"] == {"campaign_a": "3", "campaign_b": "2"}
    folder = Path(found["folder"])
    assert folder == Path("reports/small-budget")
    names = {Path(one).relative_to(folder).as_posix() for one in found["files"]}
    assert {"report.html", "recommended.yaml", "budget.json", "tables/plans.csv", "figures/frontier.png"} <= names
    plans = pd.read_csv(folder / "tables" / "plans.csv").set_index("plan")
    best = plans.loc["recommended"]
    assert best["spend"] == 6_000 and best["gain_low"] < 2 * 5_200 + 1_600 < best["gain_high"]
    assert found["tables"]["plans"][0]["gain"] == pytest.approx(best["gain"])
    first, second = found["tables"]["next_steps"]
    assert first["next"] == "" and first["gain"] is None
    assert second["next"] == "3" and second["spend"] == 2_000
    assert second["gain_per_unit_of_spend_low"] < 0.8 < second["gain_per_unit_of_spend_high"]
    caps = [row["cap"] for row in found["tables"]["frontier"]]
    assert caps == [0, 1_200, 2_400, 3_600, 4_800, 6_000]
    assert all(row["spend"] <= row["cap"] for row in found["tables"]["frontier"])

    scenario = sim.load(plan, overlays=[folder / "recommended.yaml"])
    assert (scenario.segments["a"].arrivals.per_month, scenario.segments["b"].arrivals.per_month) == (3, 2)
    assert call("run", plan, "--overlay", folder / "recommended.yaml", "--replications", 2, "--json")[0] == 0
    page = (folder / "report.html").read_text()
    assert "campaign a (3)" in page and "Kim &amp; Nelson" in page


def test_people_get_short_tables(plan: Path, call: Call) -> None:
    status, out, err = call("budget", plan, "--spend", 4000, "--maximise", "many", *QUICK)
    assert status == 0
    assert out.startswith("With $4,000 to spend, buy campaign") and "chance to meet many" in out.splitlines()[0]
    for title in ("What to buy", "One step more of each lever", "What other spends buy"):
        assert title in out
    assert "recommended.yaml" in out


def test_the_worst_futures_can_be_maximised(plan: Path, call: Call) -> None:
    words = ("--spend", 4000, "--worst", "20%", "--maximise", "arr")
    found = json.loads(call("budget", plan, *words, *QUICK, "--json")[1])
    assert (found["kind"], found["worst"]) == ("tail", 0.2) and "worst 20%" in found["answer"]
    assert found["recommended"]["campaign_a"] == "3"


def test_nothing_to_spend_buys_nothing(plan: Path, call: Call) -> None:
    status, out, _ = call("budget", plan, "--spend", 0, *QUICK)
    assert status == 0 and "better than to buy nothing" in out
    folder = Path("reports/small-budget")
    assert sim.load(plan, overlays=[folder / "recommended.yaml"]).digest() == sim.load(plan).digest()


def test_ctrl_c_keeps_the_best_so_far_and_the_rest_goes_on(
    plan: Path, call: Call, monkeypatch: pytest.MonkeyPatch
) -> None:
    real, calls = runs.run, 0

    def stopping(after: int) -> Callable[..., Any]:
        def run(*arguments: Any, **options: Any) -> Any:
            nonlocal calls
            calls += 1
            if calls > after:
                raise Interrupted
            return real(*arguments, **options)

        return run

    words = ("budget", plan, "--spend", 6000, "--matters", 500, *QUICK, "--json")
    with monkeypatch.context() as patch:
        patch.setattr(runs, "run", stopping(7))
        status, out, err = call(*words)
    stopped = json.loads(out)
    assert status == 130 and stopped["interrupted"] and not stopped["fresh"] and stopped["tried"] == 7
    assert "To go on from there: membersim budget" in err
    assert "looks better than it is" in Path("reports/small-budget/report.html").read_text()
    status, out, _ = call(*words)
    assert status == 0 and json.loads(out)["recommended"] == {"campaign_a": "3", "campaign_b": "2"}
    with monkeypatch.context() as patch:
        patch.setattr(runs, "run", stopping(0))
        status, out, err = call(*words)
    assert status == 130 and json.loads(out) == {"interrupted": True, "command": json.loads(out)["command"]}


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (("--maximise", "contributoin"), "did you mean 'contribution'?"),
        (("--maximise", "churn"), "is not better"),
        (("--maximise", "many", "--worst", "10%"), "counts all futures"),
        (("--worst", "120%"), "--worst: expected a share"),
        (("--sure", "40%"), "above 0.5"),
        (("--matters", "0"), "matters"),
    ],
)
def test_bad_input_is_one_message(plan: Path, call: Call, words: tuple[str, ...], said: str) -> None:
    status, out, err = call("budget", plan, "--spend", 4000, *words)
    assert status == 2 and out == "" and said in err and "Traceback" not in err


def test_a_scenario_without_levers_is_refused(plan: Path, call: Call) -> None:
    plan.write_text(PLAN.partition("levers:")[0])
    status, _, err = call("budget", plan, "--spend", 4000)
    assert status == 2 and "the scenario has no 'levers'" in err

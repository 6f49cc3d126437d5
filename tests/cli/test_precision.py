"""--precision and --label on `membersim run`."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path

import pytest

Call = Callable[..., tuple[int, str, str]]


def test_precision_on_the_command_line(call: Call, plan: Path) -> None:
    words = ("run", plan, "--replications", 10, "--precision", "2%", "--measure", "joined", "--out", "one")
    status, out, _ = call(*words, "--json")
    shown = json.loads(out)
    assert status == 0 and 30 <= shown["replications"] < 200
    assert shown["precision"]["reached"] <= 0.02 == shown["precision"]["precision"]
    status, out, _ = call(*words)
    assert f"After {shown['replications']} futures the mean of Members joined is known within" in out
    again = call("rerun", "one", "--json")
    assert json.loads(again[1])["identical"]


def test_a_goal_that_is_not_reached_is_said(call: Call, plan: Path) -> None:
    words = ("run", plan, "--replications", 10, "--precision", "0.1%", "--measure", "joined")
    status, out, _ = call(*words, "--max-replications", 20)
    assert status == 0 and "After 20 futures, the most allowed" in out and "only within" in out


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (("--precision", "often"), "--precision: expected a share such as 1% or 0.01, not 'often'"),
        (("--precision", "0"), "--precision: expected a share"),
        (("--precision", "1%", "--measure", "arrr"), "--measure: "),
    ],
)
def test_wrong_goals(call: Call, plan: Path, words: tuple[str, ...], said: str) -> None:
    status, _, message = call("run", plan, *words)
    assert status == 2 and said in message and "Traceback" not in message


def test_a_label_is_shown_and_kept(call: Call, plan: Path) -> None:
    status, out, _ = call("run", plan, "--replications", 2, "--label", "Budget", "--out", "one")
    assert status == 0 and "Small (Budget)" in out
    assert json.loads(Path("one/run.json").read_text())["label"] == "Budget"
    assert "Small: Budget" in Path("one/report.html").read_text()

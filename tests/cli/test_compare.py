"""`membersim compare` from the command line, with the real engine on a small plan."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

Call = Callable[..., tuple[int, str, str]]
EXTENDING = """\
extends: small.yaml
name: Small, dearer
segments:
  individual:
    arr: 400
"""
OVERLAY = """\
interventions:
  call:
    when: {joined: 5 days}
    effects: [{turn_toward: 40%}]
    cost: {per_delivery: 3}
"""


@pytest.fixture
def others(plan: Path) -> tuple[Path, Path]:
    """A file that extends the plan, and an overlay that extends nothing."""
    extending, overlay = Path("dearer.yaml"), Path("call.yaml")
    extending.write_text(EXTENDING)
    overlay.write_text(OVERLAY)
    return extending, overlay


def test_compares_what_extends_and_what_is_laid_over(call: Call, plan: Path, others: tuple[Path, Path]) -> None:
    status, out, err = call("compare", plan, *others, "--replications", 6, "--twins", 2, "--at", "6 months", "--json")
    assert status == 0, err
    said = json.loads(out)
    folder = Path("reports/small-vs-dearer-vs-call")
    assert said["alternatives"] == {"dearer": "Small, dearer", "call": "Small"}
    assert (folder / "report.html").is_file() and (folder / "differences.nc").is_file()
    assert (folder / "tables" / "over_spans.csv").is_file() and (folder / "tables" / "who_benefits_call.csv").is_file()
    rows = {(row["alternative"], row["measure"]): row for row in said["differences"]}
    assert rows["dearer", "members"]["equal"] == 1.0
    assert rows["dearer", "arr"]["better"] == 1.0
    record = json.loads((folder / "comparison.json").read_text())
    assert [one["name"] for one in record["scenarios"]] == ["base", "dearer", "call"]
    assert all((folder / name).is_file() for name in record["files"])


def test_a_longer_span_than_the_horizon(call: Call, plan: Path, others: tuple[Path, Path]) -> None:
    words = ("--replications", 2, "--twins", 0, "--at", "1 year,3 years")
    status, out, _ = call("compare", plan, others[0], *words, "--out", "longer")
    assert status == 0
    assert "Report: longer/report.html" in out
    assert "3 years" in Path("longer/tables/over_spans.csv").read_text()


def test_lives_side_by_side(call: Call, book_plan: Path, tmp_path: Path) -> None:
    (book_plan.parent / "call.yaml").write_text(OVERLAY)
    status, out, err = call("compare", book_plan, book_plan.parent / "call.yaml", "--explain", "Zoe-4711", "--json")
    assert status == 0, err
    found = json.loads(out)["explain"][0]
    assert found["events"][0]["base"].startswith("present")
    assert "Zoe" not in out
    status, _, err = call("compare", book_plan, book_plan.parent / "call.yaml", "--explain", "Zoe-4712")
    assert status == 2 and "did you mean 'Zoe-4711'" in err


@pytest.mark.parametrize(
    ("words", "message"),
    [
        ((), "at least one alternative"),
        (("dearer.yaml", "--measure", "arrr"), "did you mean 'arr'"),
        (("dearer.yaml", "--measure", "members_open"), "no better side"),
        (("dearer.yaml", "--at", "soon"), "expects spans"),
        (("dearer.yaml", "--at", "17 days"), "day 17 is not counted apart"),
        (("dearer.yaml", "dearer.yaml", "dearer.yaml"), "named twice"),
        (("nothing.yaml",), "nothing.yaml"),
    ],
)
def test_bad_input(call: Call, plan: Path, others: Any, words: tuple[str, ...], message: str) -> None:
    status, out, err = call("compare", plan, *words, "--replications", 2, "--twins", 0)
    assert (status, out) == (2, "")
    assert message in err and "Traceback" not in err


def test_a_measure_that_no_future_has(call: Call, plan: Path, others: tuple[Path, Path]) -> None:
    plan.write_text(plan.read_text().replace("24 months", "5 months").replace("50", "0"))
    words = ("--measure", "renewal_rate", "--replications", 4, "--twins", 2, "--out", "one")
    status, out, err = call("compare", plan, others[0], *words, "--json")
    assert status == 0, err
    said = json.loads(out)
    assert "undefined in every future" in said["answer"][0] and "Warning" not in err
    assert said["best"] == {"measure": "renewal_rate", "leader": None, "established": False, "rivals": []}
    status, out, err = call("compare", plan, *others, *words)
    assert status == 0, err
    assert "no scenario can be called the best" in out


@pytest.mark.parametrize(("asked", "reached"), [("90%", True), ("0.1%", False)])
def test_whether_the_precision_was_reached(call: Call, plan: Path, others: Any, asked: str, reached: bool) -> None:
    words = ("--measure", "arr", "--replications", 10, "--max-replications", 12, "--twins", 0, "--borrowed", 0)
    status, out, _ = call("compare", plan, *others, *words, "--precision", asked, "--out", "one", "--json")
    said = json.loads(out)
    found = said["precision"]
    assert status == 0 and (found["measure"], found["asked"]) == ("arr", float(asked[:-1]) / 100)
    assert (found["reached"] <= found["asked"]) is reached
    text = "as asked." if reached else "as asked; --max-replications allows more."
    assert sum("known" in one and one.endswith(text) for one in said["answer"]) == 1
    assert json.loads(Path("one/comparison.json").read_text())["precision"] == found


@pytest.mark.parametrize("words", [(), ("--no-store",)])
def test_interrupted_after_the_futures(
    call: Call, plan: Path, others: Any, words: tuple[str, ...], monkeypatch: pytest.MonkeyPatch
) -> None:
    from simulation.experiment import borrowed as module
    from simulation.progress import Interrupted

    def stopped(*_: Any, **__: Any) -> None:
        raise Interrupted

    monkeypatch.setattr(module, "borrowed", stopped)
    status, out, err = call(
        "compare", plan, others[1], "--replications", 4, "--twins", 2, "--out", "one", "--json", *words
    )
    assert status == 130
    record = json.loads(Path("one/comparison.json").read_text())
    assert record["interrupted"] and record["missing"] == json.loads(out)["missing"] == ["what call rests on"]
    assert "Missing: what call rests on." in err
    assert ("go on from there: " in err) is (not words) and ("To start again: " in err) is bool(words)
    assert ("--no-store" in err) is bool(words)


def test_a_wrong_span_is_refused_before_the_run(
    call: Call, plan: Path, others: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    from simulation.experiment import compare as module

    def started(*_: Any, **__: Any) -> None:
        raise AssertionError("it was simulated")

    monkeypatch.setattr(module, "compare", started)
    status, _, err = call("compare", plan, others[0], "--at", "17 days")
    assert status == 2 and "--at: day 17 is not counted apart" in err


def test_interrupted(call: Call, plan: Path, others: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    from simulation.experiment import compare as module

    def stopped(*_: Any, **__: Any) -> None:
        raise module.ComparisonInterrupted(None)

    monkeypatch.setattr(module, "compare", stopped)
    status, _, err = call("compare", plan, others[0])
    assert status == 130
    assert "membersim compare small.yaml dearer.yaml --replications 200 --seed 1" in err

"""The command `worklist`."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path

import pytest

Call = Callable[..., tuple[int, str, str]]
CALLS = """\
teams: {care: {people: 1, hours_per_month: 100}}
interventions:
  call: {when: {every: 60 days}, team: care, effort: 1 hour, effects: [{turn_toward: 30%}]}
"""


@pytest.fixture
def calls(book_plan: Path) -> Path:
    """The plan with a book, and calls."""
    book_plan.write_text(book_plan.read_text() + CALLS)
    return book_plan


def test_the_file_has_the_ids_and_the_screen_has_not(call: Call, calls: Path) -> None:
    status, out, err = call("worklist", calls, "--replications", 4, "--workers", 1)
    assert status == 0 and "model-based until a pilot confirms it" in out and "Zoe" not in out + err
    rows = Path("reports/small-worklist/worklist.csv").read_text()
    assert "Zoe-4711" in rows and "Max-0815" in rows
    book = calls.parent / "data" / "book.csv"
    status, out, _ = call("worklist", book, "--scenario", calls, "--replications", 4, "--workers", 1, "--json")
    said = json.loads(out)
    assert status == 0 and {row["member_id"] for row in said["members"]} == {"Zoe-4711", "Max-0815"}


@pytest.mark.parametrize(("words", "expected"), [
    (("--intervention", "cal"), "no intervention 'cal'"),
    (("--gain", "luck"), "luck"),
])  # fmt: skip
def test_bad_input(call: Call, calls: Path, words: tuple[str, ...], expected: str) -> None:
    status, _, err = call("worklist", calls, "--replications", 4, *words)
    assert status == 2 and expected in err and "Traceback" not in err


def test_without_a_book_or_a_plan(call: Call, plan: Path, calls: Path) -> None:
    status, _, err = call("worklist", plan)
    assert status == 2 and "names no book" in err
    status, _, err = call("worklist", calls.parent / "data" / "book.csv")
    assert status == 2 and "--scenario" in err

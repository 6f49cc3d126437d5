"""The command `attribute`, on an engine that only pretends: its futures are empty, so all that happened is a gain."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

Call = Callable[..., tuple[int, str, str]]
EVENTS = """\
member_id,date,event,name,value
Zoe-4711,2027-01-10,joined,,320
Zoe-4711,2027-03-01,milestone,first_value,
Max-0815,2027-02-01,joined,,400.05
"""


@pytest.fixture
def done(call: Call, plan: Path, engine: Any) -> Path:
    """A finished run, and what happened since."""
    Path("actuals.csv").write_text(EVENTS)
    assert call("run", plan, "--replications", 4, "--no-store", "--out", "done")[0] == 0
    return Path("done")


def test_its_rows_add_up_to_the_miss(call: Call, done: Path) -> None:
    words = ("attribute", done, "actuals.csv", "--exported", "2027-04-05")
    status, out, err = call(*words)
    assert status == 0 and "720.05" in out and "Zoe" not in out + err and "All together" in out
    status, out, _ = call(*words, "--json")
    said = json.loads(out)
    assert status == 0 and said["until"] == "2027-04-01"
    assert round(sum(row["amount"] for row in said["causes"]), 2) == said["totals"][0]["miss"] == 720.05
    names = {path.name for path in (done / "attribution").iterdir()}
    assert {"causes.csv", "totals.csv", "claim.csv", "report.html", "causes.png", "attribution.json"} <= names


@pytest.mark.parametrize(("words", "expected"), [
    (("--until", "2027-06-01"), "not to day 151"),
    (("--until", "2027-03-18"), "not counted apart"),
    (("--until", "soon"), "expected a day"),
    (("--exported", "2027-01-02"), "2027-01-10"),
])  # fmt: skip
def test_bad_input(call: Call, done: Path, words: tuple[str, ...], expected: str) -> None:
    options = ("--exported", "2027-04-05") if "--exported" not in words else ()
    status, _, err = call("attribute", done, "actuals.csv", *options, *words)
    assert status == 2 and expected in err and "Traceback" not in err

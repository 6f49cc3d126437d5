"""The commands `history` and `snapshot`."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path

import pytest

EVENTS = """\
member_id,date,event,name,value
Zoe-4711,2025-03-01,joined,,320
Zoe-4711,2025-06-01,milestone,first_value,
Max-0815,2026-05-01,joined,,400
"""


@pytest.fixture
def events(at_work: Path) -> Path:
    """A history of two members."""
    path = at_work / "events.csv"
    path.write_text(EVENTS)
    return path


def test_it_counts_by_event_and_year(call: Callable[..., tuple[int, str, str]], events: Path) -> None:
    status, out, _ = call("history", events, "--exported", "2027-01-01", "--json")
    said = json.loads(out)
    assert status == 0 and said["events"]["joined"] == {"2025": 1, "2026": 1}
    assert (said["members"], said["rows"], said["quarantined"]) == (2, 3, None) and len(said["fingerprint"]) == 64
    status, out, err = call("history", events, "--exported", "2027-01-01")
    assert status == 0 and "2 members, 3 rows" in out and "Zoe" not in out + err


def test_a_wrong_row_is_refused_and_quarantine_says_the_share(
    call: Callable[..., tuple[int, str, str]], events: Path, plan: Path
) -> None:
    events.write_text(EVENTS + "Max-0815,2026-06-01,milestone,frist_value,\n")
    words = ("history", events, "--scenario", plan, "--exported", "2027-01-01")
    status, _, err = call(*words)
    assert status == 2 and "events.csv:5: name:" in err and "did you mean 'first_value'" in err
    status, out, err = call(*words, "--quarantine", "--out", "good.parquet")
    assert status == 0 and "1 of 2 members (50.0%)" in err and Path("good.parquet").is_file()
    assert call("history", "good.parquet", "--json")[0] == 0


def test_ten_wrong_rows_are_shown_and_all_with_json(call: Callable[..., tuple[int, str, str]], events: Path) -> None:
    events.write_text(EVENTS + "Max-0815,2026-06-31,interaction,,\n" * 12)
    status, _, err = call("history", events, "--exported", "2027-01-01")
    lines = err.splitlines()
    assert status == 2 and len(lines) == 12 and "events.csv:5: date:" in lines[0]
    assert lines[10:] == ["... and 2 more faults: 2 in date", "`--json` lists every one."]
    status, out, _ = call("history", events, "--exported", "2027-01-01", "--json")
    assert status == 2 and len(json.loads(out)["problems"]) == 12


@pytest.mark.parametrize(("words", "expected"), [
    ((), "name a history"),
    (("missing.csv",), "does not exist"),
    (("events.csv", "--exported", "soon"), "expected a day"),
    (("events.csv", "--out", "x.doc"), "expected .csv or .parquet"),
    (("sqlite:///none.db", "--table", "t"), "none.db: the history does not exist"),
    (("nodb://u:secret@h/d", "--table", "t"), "driver"),
])  # fmt: skip
def test_bad_input(
    words: tuple[str, ...], expected: str, call: Callable[..., tuple[int, str, str]], events: Path
) -> None:
    status, _, err = call("history", *words)
    assert status == 2 and expected in err and "Traceback" not in err and "secret" not in err


def test_snapshots_become_a_history(call: Callable[..., tuple[int, str, str]], at_work: Path) -> None:
    export = at_work / "export.csv"
    export.write_text("member_id,arr,joined\nA,10,2025-01-01\nB,20,2025-01-01\n")
    assert call("snapshot", export, "--archive", "kept", "--date", "2026-01-01")[0] == 0
    export.write_text("member_id,arr,joined\nA,10,2025-01-01\n")
    status, out, _ = call("snapshot", export, "--archive", "kept", "--date", "2026-02-01", "--json")
    said = json.loads(out)
    assert status == 0 and said["history"]["events"]["left"] == {"2026": 1}
    assert said["snapshots"] == ["2026-01-01", "2026-02-01"]
    assert call("history", "kept/history.parquet", "--exported", "2026-02-01")[0] == 0
    status, _, err = call("snapshot", export, "--archive", "kept", "--date", "2026-01-15")
    assert status == 2 and "goes to 2026-02-01 already" in err
    export.write_text("member_id,arr\nA,10\nA,ten\n")
    status, _, err = call("snapshot", export, "--archive", "kept", "--date", "2026-03-01")
    assert status == 2 and "export.csv:3: arr:" in err and "export.csv:3: member_id: stands there already" in err


def test_a_panel_of_years(call: Callable[..., tuple[int, str, str]], at_work: Path) -> None:
    (at_work / "panel.csv").write_text("id,1995,1996,1997\n1,1,0,1\n2,1,1,0\n")
    status, out, _ = call("history", "panel.csv", "--panel", "--out", "panel.parquet", "--json")
    assert status == 0 and json.loads(out)["events"]["returned"] == {"1997": 1}
    assert call("history", "panel.parquet", "--json")[0] == 0

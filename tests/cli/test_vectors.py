"""`membersim vectors`: what it writes, and what it says of a history that cannot tell everything."""

from __future__ import annotations

import json
from pathlib import Path

import pandas as pd
import pytest

from simulation.cli.app import main

PLAN = {
    "name": "Rowing club", "start": "2027-01-01", "horizon": "12 months",
    "segments": {"person": {
        "desired_outcome": {"required": "rows every week"}, "arr": 300, "renewal": {"probability": "85%"},
        "vector": {
            "direction": {"typical": "30 deg", "spread": "30 deg"}, "magnitude": {"typical": 1.0, "spread": 0.4},
            "interactions": "2 per month",
        },
        "journey": {"first_row": {"stage": "adoption", "after": "2 months", "spread": 0.4}},
    }},
}  # fmt: skip
ROWS = "member_id,date,event,name\na,2025-03-01,joined,\na,2026-03-01,renewed,\nb,2026-05-01,joined,\n"


@pytest.mark.parametrize("milestone", ["", "b,2026-07-01,milestone,first_row\n"])
def test_command(tmp_path: Path, capsys: pytest.CaptureFixture[str], milestone: str) -> None:
    (tmp_path / "plan.yaml").write_text(json.dumps(PLAN), encoding="utf-8")
    (tmp_path / "history.csv").write_text(ROWS + milestone, encoding="utf-8")
    words = ["vectors", str(tmp_path / "history.csv"), "--scenario", str(tmp_path / "plan.yaml")]
    words += ["--as-of", "2026-10-01", "--particles", "64", "--draws", "16", "--out", str(tmp_path / "out"), "--json"]
    assert main(words) == 0
    screen = capsys.readouterr()
    assert json.loads(screen.out)["members"] == 2
    assert ("no row `milestone`" in screen.err) == (not milestone)
    table = pd.read_csv(tmp_path / "out" / "vectors.csv")
    assert len(table) == 2
    assert table[["on_track", "drifting", "away"]].sum(axis=1).to_numpy() == pytest.approx(1, abs=1e-3)
    assert len(pd.read_parquet(tmp_path / "out" / "book.parquet")) == 2 * 16

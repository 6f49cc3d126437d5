"""Where an overlay of found numbers may be written: it must be possible to load it."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from simulation import load
from simulation.cli import main
from simulation.evidence.overlay import check_place, write_overlay
from simulation.scenario import ScenarioError, from_mapping
from simulation.scenario.quantities import SHARE

PLAN = {
    "name": "Contracts",
    "start": "2027-01-01",
    "horizon": "12 months",
    "segments": {
        "contract": {
            "desired_outcome": {"required": "covered"},
            "arr": 100,
            "arrivals": {"per_month": 5},
            "renewal": {"probability": "75%"},
        }
    },
}


@pytest.fixture
def plan(tmp_path: Path) -> Path:
    path = tmp_path / "plans" / "plan.yaml"
    path.parent.mkdir()
    path.write_text(from_mapping(PLAN).to_yaml())
    return path


def test_what_may_be_written_can_be_loaded_and_what_may_not_cannot(plan: Path, tmp_path: Path) -> None:
    columns, draws = {"segments.contract.renewal.probability": SHARE}, np.array([[0.7], [0.8]])
    scenario = load(plan)
    for place in (plan.with_name("over.yaml"), tmp_path / "above.yaml"):
        check_place(place, scenario)
        write_overlay(place, scenario, "found", columns, draws, source="a test", evidence="own")
        assert load(place).assumptions["found"].joint is not None
    elsewhere = tmp_path / "other" / "over.yaml"
    with pytest.raises(ValueError, match=r"extends plan\.yaml, which lies outside"):
        check_place(elsewhere, scenario)
    write_overlay(elsewhere, scenario, "found", columns, draws, source="a test", evidence="own")
    with pytest.raises(ScenarioError, match="outside"):
        load(elsewhere)
    assert load(elsewhere, allow_outside=True).assumptions["found"].joint is not None


@pytest.mark.parametrize("command", ["fit", "calibrate"])
def test_commands_say_so_before_they_work(
    plan: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str], command: str
) -> None:
    """The history is not there and nothing is known, which is not even looked at."""
    words = {"fit": ["fit", "none.csv", "--scenario", str(plan)], "calibrate": ["calibrate", str(plan)]}[command]
    assert main([*words, "-o", str(tmp_path / "other" / "over.yaml")]) == 2
    said = " ".join(capsys.readouterr().err.split())
    assert "lies outside its folder" in said and "--allow-outside" in said
    assert not (tmp_path / "other").exists()

"""The tasks of the import and of the interview, without a browser."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

import simulation as sim
from simulation.app.tasks import importing, interview
from simulation.scenario import ScenarioError
from tests.app.asking import Teller, ask

MEMBERS = "member id,joined,dues\n1,03/04/2025,100\n2,05/04/2025,110\n"


def request(here: Path, **more: Any) -> dict[str, Any]:
    """A request to import a list of members."""
    (here / "members.csv").write_text(MEMBERS, encoding="utf-8")
    return {"files": [str(here / "members.csv")], "exported": "2026-07-01"} | more


def test_questions_come_first_and_then_the_result(tmp_path: Path) -> None:
    tell = Teller()
    asked = importing.work(request(tmp_path), tell)
    assert asked["open"] == 1 and asked["result"] is False
    (question,) = [one for one in asked["questions"] if one["proposal"] is None]
    assert question["group"] == "members.csv" and [value for value, _ in question["options"]] == [True, False]
    found = importing.work(request(tmp_path, given=[[question["path"], False]], totals={"all": {"members": 3}}), tell)
    assert found["open"] == 0 and found["headline"].startswith("2 members who pay 210 USD a year")
    assert found["checks"][0]["missing_members"] == 1 and found["saved"] == []
    assert tell.steps[0] == (1, 3)


def test_what_was_saved_is_not_written_over_and_serves_next_month(tmp_path: Path) -> None:
    given = [[["files", "members", "columns", "joined", "day_first"], True]]
    asked = request(tmp_path, given=given, folder=str(tmp_path / "kept"))
    found = importing.work(asked, Teller())
    assert sim.load(found["saved"][0]).segments
    with pytest.raises(ValueError, match="an import 'kept' already"):
        importing.work(asked, Teller())
    later = request(tmp_path)
    later["files"].append(str(tmp_path / "kept" / "import.yaml"))
    again = importing.work(later, Teller())
    assert again["questions"] == [] and again["headline"] == found["headline"]
    assert any("the same file as last time" in one for one in again["changes"])


def test_files_are_named_as_the_visitor_knows_them(tmp_path: Path) -> None:
    (tmp_path / "odd.parquet").write_bytes(b"PAR1 nothing")
    with pytest.raises(ScenarioError) as error:
        importing.work({"files": [str(tmp_path / "odd.parquet")]}, Teller())
    assert str(error.value).startswith("odd.parquet: the file cannot be read as Parquet")
    with pytest.raises(ValueError, match="one of them holds the members"):
        importing.work({"files": []}, Teller())


def test_an_answer_that_cannot_be_read_is_told_by_its_question(tmp_path: Path) -> None:
    answers = {"segments.players.first_value_90": {"text": "some", "source": "", "evidence": "own", "owner": ""}}
    with pytest.raises(ScenarioError, match=r"^Of 100 new members, .* “some” leaves open how sure it is"):
        interview.work(ask(tmp_path, answers=answers), Teller())
    assert not list(tmp_path.glob("*_interview*"))


def test_files_of_an_interview_never_replace_earlier_ones(tmp_path: Path) -> None:
    answers = {"segments.players.first_value_90": {"text": "60-70%", "source": "", "evidence": "own", "owner": ""}}
    first = interview.work(ask(tmp_path, answers=answers), Teller())
    second = interview.work(ask(tmp_path, answers=answers), Teller())
    assert first["files"] == ["club_interview.yaml", "club_calibrated.yaml", "club_calibrated_draws.parquet"]
    assert second["files"] == ["club_interview_2.yaml", "club_calibrated_2.yaml", "club_calibrated_2_draws.parquet"]
    assert first["facts"][0]["stated"] == "60% to 70%"

"""`membersim import`: accepted, answered at a terminal, from a mapping; what is wrong is said."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from simulation.cli import main
from simulation.cli.importing import _value
from simulation.cli.screen import BadInput
from simulation.intake import Question, read_import

MEMBERS = "member id,joined,dues\n1,03/04/2025,100\n2,05/04/2025,110\n"
COURSES = "member id,course,completed\n1,Onboarding,2025-06-01\n2,Onboarding,2025-07-01\n"


@pytest.fixture
def files(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> list[str]:
    (tmp_path / "members.csv").write_text(MEMBERS, encoding="utf-8")
    (tmp_path / "courses.csv").write_text(COURSES, encoding="utf-8")
    monkeypatch.chdir(tmp_path)
    return ["members.csv", "courses.csv", "--exported", "2026-07-01"]


def run(capsys: pytest.CaptureFixture[str], *words: str) -> tuple[int, dict[str, object]]:
    """Exit status and JSON object of the command."""
    capsys.readouterr()
    status = main(["import", *words, "--json"])
    return status, json.loads(capsys.readouterr().out)


def test_what_nothing_decides_must_be_answered(files: list[str], capsys: pytest.CaptureFixture[str]) -> None:
    status, said = run(capsys, *files, "--accept")
    assert status == 2 and 'files.members.columns.joined.day_first=..."' in str(said["error"])
    assert not Path("imported").exists()


def test_accepted_and_answered(files: list[str], capsys: pytest.CaptureFixture[str]) -> None:
    answer = ["--answer", "files.members.columns.joined.day_first=true"]
    status, said = run(capsys, *files, "--accept", *answer, "--total", "members=2", "--total", "arr=0.21k")
    assert status == 0 and (said["members"], said["arr"]) == (2, 210.0)
    (total,) = said["totals"]  # type: ignore[misc]
    assert total["agrees"] is True
    assert {path.name for path in Path("imported").iterdir()} == {
        "book.csv", "history.parquet", "plan.yaml", "import.yaml", "does_not_fit.csv",
    }  # fmt: skip
    assert Path("imported/book.csv").read_text("utf-8").splitlines()[1] == (
        "1,members,100.0,2025-04-03,2027-04-03,onboarding"
    )
    status, said = run(capsys, *files, "--mapping", "imported/import.yaml", "--out", "next")
    assert status == 0 and said["members"] == 2
    assert any("the same file as last time" in str(one) for one in said["changes"])  # type: ignore[attr-defined]
    assert read_import(Path("next/import.yaml")).totals["all"].arr == 210


def test_asked_at_a_terminal(
    files: list[str], capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    # Month first; of members.csv all right; of courses.csv the stage later; then the control totals.
    typed = iter(["maybe", "2", "", "99", "", "1", "2", "", "2", "0.2k"])
    monkeypatch.setattr("sys.stdin.isatty", lambda: True)
    monkeypatch.setattr("builtins.input", lambda text: next(typed))
    assert main(["import", *files]) == 0
    out = capsys.readouterr().out
    assert "does the day come first" in out and "expected one of" in out and "expected a number from 1 to" in out
    assert "10.00 too much" in out and next(typed, None) is None
    kept = read_import(Path("imported/import.yaml"))
    assert kept.files["members"].columns["joined"].day_first is False
    assert kept.journey["onboarding"].stage == "value" and kept.totals["all"].members == 2


@pytest.mark.parametrize(
    ("words", "message"),
    [
        (["members.csv"], "say --accept"),
        (["members.csv", "--accept", "--answer", "files.member=1"], "there is no question"),
        (["members.csv", "--accept", "--total", "people=3"], "expected a control total"),
        (["nothing.csv", "--accept"], "does not exist"),
        ([], "name the exports"),
    ],
)
def test_bad_input(words: list[str], message: str, files: list[str], capsys: pytest.CaptureFixture[str]) -> None:
    if "say --accept" in message:
        Path("members.csv").write_text(MEMBERS.replace("/04/", "/14/"), encoding="utf-8")
    status, said = run(capsys, *words)
    assert status == 2 and message in str(said["error"])
    assert not Path("imported").exists()


def test_into_a_scenario(files: list[str], tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """The plan lies beside the scenario that it extends, and starts from the imported members."""
    import simulation as sim

    folder = tmp_path / "plans"
    folder.mkdir()
    (folder / "club.yaml").write_text(
        "name: Club\nstart: 2025-01-01\nhorizon: 12 months\nsegments:\n  all:\n"
        "    desired_outcome: {required: it works}\n    arr: 100\n"
        "    journey: {onboarded: {stage: adoption, after: 1 month}}\n    renewal: {probability: 80%}\n",
        encoding="utf-8",
    )
    words = [*files, "--accept", "--scenario", "plans/club.yaml"]
    answer = ["--answer", "files.members.columns.joined.day_first=yes"]
    status, said = run(capsys, *words, *answer, "--out", "elsewhere")
    assert status == 2 and "must lie in that of the scenario" in str(said["error"])
    status, _ = run(capsys, *words, *answer, "--answer", "files.courses.happened.Onboarding=milestone onboarde")
    assert status == 2
    status, _ = run(capsys, *words, *answer, "--answer", "files.courses.happened.Onboarding=milestone onboarded")
    assert status == 0
    plan = sim.load(folder / "club_imported.yaml")
    assert (plan.name, str(plan.start)) == ("Club, members of 2026-07-01", "2026-07-01")
    assert plan.book is not None and plan.history is not None
    assert (folder / "imported" / "book.csv").read_text("utf-8").count("all") == 2


@pytest.mark.parametrize(
    ("typed", "ends"),
    [("0 to 10", [0, 10]), ("0-10", [0, 10]), ("-100 to 100", [-100, 100]), ("1, 5", [1, 5]), ("0.5 4.5", [0.5, 4.5])],
)
def test_the_ends_of_a_scale_as_people_write_them(typed: str, ends: list[float]) -> None:
    assert _value(Question(("files", "survey", "scale"), "Which?", (), [0, 1], ""), typed) == ends


@pytest.mark.parametrize("typed", ["a b", "1 to", "1 2 3", ""])
def test_what_is_no_scale_is_said(typed: str) -> None:
    with pytest.raises(BadInput, match="expected two numbers"):
        _value(Question(("files", "survey", "scale"), "Which?", (), [0, 1], ""), typed)

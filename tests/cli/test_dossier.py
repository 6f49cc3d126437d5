"""`membersim dossier` accounts for a run; a shared folder is verified without the book."""

from __future__ import annotations

import json
import shutil
import subprocess
from collections.abc import Callable
from pathlib import Path

import pytest

from tests.cli.conftest import BOOK, BOOK_PLAN, PLAN

Call = Callable[..., tuple[int, str, str]]
ASSUMED = """\
assumptions:
  segments.individual.renewal.probability:
    triangular: {low: 85%, likely: 93%, high: 95%}
    source: "Survey <2026> & more"
    owner: membership team
    review_by: 2027-06-30
"""


@pytest.fixture
def run(call: Call, tmp_path: Path) -> Path:
    """A finished run with a book of two and an assumption."""
    (tmp_path / "data").mkdir()
    (tmp_path / "data" / "book.csv").write_text(BOOK)
    (tmp_path / "plan.yaml").write_text(BOOK_PLAN + ASSUMED)
    assert call("run", "plan.yaml", "--replications", 6, "--out", "out")[0] == 0
    return Path("out")


def git(*words: str) -> None:
    who = ["-c", "user.name=Ada Owner", "-c", "user.email=ada@example.org"]
    subprocess.run(["git", *who, *words], check=True, capture_output=True)


def test_totals_agree_or_are_said(call: Call, run: Path) -> None:
    status, out, said = call("dossier", run, "--total", "members=2", "--total", "arr=720", "--json")
    found = json.loads(out)
    assert status == 0 and [one["agrees"] for one in found["totals"]] == [True, True] and not said
    status, _, said = call("dossier", run, "--total", "members=3")
    assert status == 0 and "control total of Members: 3 was stated, the forecast starts from 2" in said
    text = (run / "dossier.html").read_text()
    assert "Control totals that do not agree: Members." in text
    assert "$720.00" in text and "membersim rerun out<" in text  # as it can be pasted
    status, _, said = call("dossier", run, "--total", "corporate.members=3")
    assert status == 2 and "there is no segment 'corporate'; the plan has individual" in said


def test_totals_are_tied_to_the_file_of_the_book_by_themselves(call: Call, run: Path) -> None:
    found = json.loads(call("dossier", run, "--json")[1])["totals"]
    assert [(one["source"], one["book"], one["simulated"]) for one in found] == [(None, 2, 2), (None, 720, 720)]
    Path("data/book.csv").write_text(BOOK + "Bad-1,nobody,100,2026-05-01,2027-05-01\n")
    assert call("run", "plan.yaml", "--replications", 6, "--quarantine", "--out", "less")[0] == 0
    found = json.loads(call("dossier", "less", "--json")[1])["totals"]
    assert [(one["book"], one["simulated"]) for one in found] == [(3, 2), (820, 720)]


def test_the_plan_is_found_from_another_folder(
    call: Call, run: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    if shutil.which("git") is None:
        pytest.skip("there is no git")
    git("init", "-q")
    git("add", "plan.yaml")
    git("commit", "-qm", "First")
    (tmp_path / "elsewhere").mkdir()
    monkeypatch.chdir(tmp_path / "elsewhere")
    assert json.loads(call("dossier", Path("..", run), "--json")[1])["changes"] == 0


def test_the_register_has_who_says_so(call: Call, run: Path) -> None:
    assert call("dossier", run)[0] == 0
    text = (run / "dossier.html").read_text()
    for word in ("membership team", "2027-06-30", "Survey &lt;2026&gt; &amp; more", "triangular"):
        assert word in text
    assert "Zoe-4711" not in text and "Max-0815" not in text
    assert "membersim run plan.yaml" in text and json.loads((run / "run.json").read_text())["data"][0]["sha256"] in text
    assert "not under version control" in text and "has not been backtested" in text
    assert call("rerun", run)[0] == 0


def test_who_changed_what_and_why(call: Call, run: Path, tmp_path: Path) -> None:
    if shutil.which("git") is None:
        pytest.skip("there is no git")
    plan = tmp_path / "plan.yaml"
    git("init", "-q")
    git("add", "plan.yaml")
    git("commit", "-qm", "As the board saw it")
    plan.write_text(plan.read_text().replace("take: 60%", "take: 40%"))
    git("commit", "-qam", "Take rates were too high: pilot of May")
    plan.write_text(plan.read_text().replace("per_month: 9", "per_month: 8"))
    status, out, _ = call("dossier", run, "--json")
    assert status == 0 and json.loads(out)["changes"] == 2
    text = (run / "dossier.html").read_text()
    assert "Ada Owner" in text and "Take rates were too high: pilot of May" in text and "60%" in text and "40%" in text
    assert "not committed yet" in text and "The file of the plan has been changed since this run." in text


def test_the_backtest_beside_it_is_the_scorecard(call: Call, run: Path, tmp_path: Path) -> None:
    verdict = {"measure": "arr", "assumption": "renewal", "holds": "no", "words": "Bands were too narrow."}
    scores = {"measure": "arr", "method": "model", "crps": 12.5, "bias": None, "inside_80%": 0.75, "inside_95%": 1.0}
    record = {
        "name": "Small", "finished": "2026-11-01", "verdict": "One of two holds.", "verdicts": [verdict],
        "summary": [scores], "history": "abc", "command": "membersim backtest h.csv",
    }  # fmt: skip
    (tmp_path / "other").mkdir()
    (tmp_path / "other" / "backtest.json").write_text(json.dumps(record))
    assert call("dossier", run)[0] == 0
    text = (run / "dossier.html").read_text()
    assert "One of two holds." in text and "Bands were too narrow." in text and "75%" in text and "12.5" in text


def test_a_shared_run_is_verified_without_the_book(call: Call, run: Path, tmp_path: Path) -> None:
    assert call("dossier", run, "--share", "shared")[0] == 0
    (tmp_path / "data" / "book.csv").unlink()
    moved = tmp_path / "elsewhere"
    Path("shared").rename(moved)
    for path in moved.rglob("*"):
        content = path.read_bytes() if path.is_file() else b""
        assert b"Zoe-4711" not in content and str(tmp_path).encode() not in content, path
    status, out, _ = call("verify", moved, "--json")
    found = json.loads(out)
    assert status == 0 and found["passed"] and len(found["checks"]) == 7
    assert found["not_verified"] and "renewals" in found["not_verified"][0]
    assert "Not verified are: What the members of the book did" in (moved / "README.txt").read_text()


def test_the_history_of_members_is_not_shared_and_not_read(call: Call, tmp_path: Path) -> None:
    (tmp_path / "data").mkdir()
    (tmp_path / "data" / "book.csv").write_text(BOOK)
    (tmp_path / "data" / "kept.csv").write_text("member_id,date,event,value\nZoe-4711,2025-03-01,joined,320\n")
    (tmp_path / "data" / "draws.csv").write_text("renewal\n90%\n93%\n")
    columns = "{renewal: segments.individual.renewal.probability}"
    joint = f"assumptions:\n  told:\n    joint: data/draws.csv\n    columns: {columns}\n"
    (tmp_path / "plan.yaml").write_text(BOOK_PLAN + joint + "history: data/kept.csv\n")
    assert call("run", "plan.yaml", "--replications", 6, "--out", "out")[0] == 0
    assert call("dossier", "out", "--share", "away")[0] == 0
    told = b"".join(path.read_bytes() for path in Path("away").rglob("*") if path.is_file())
    assert b"Zoe" not in told
    assert [path.suffix for path in Path("away/data").iterdir()] == [".csv"]  # the draws
    assert call("verify", "away", "--replications", 4)[0] == 0
    (tmp_path / "data" / "kept.csv").unlink()
    assert call("rerun", "out")[0] == 0
    assert call("run", "plan.yaml", "--replications", 6, "--out", "again")[0] == 0


def test_without_a_book_every_count_is_verified(call: Call, plan: Path) -> None:
    assert call("run", plan, "--replications", 4, "--out", "out")[0] == 0
    assert call("dossier", "out", "--share", "shared")[0] == 0
    status, out, _ = call("verify", "shared", "--json")
    found = json.loads(out)
    assert status == 0 and found["checks"][-1]["name"] == "Every count, simulated again" and not found["not_verified"]


@pytest.mark.parametrize("what", ["tables/summary.csv", "plan.yaml", "forecast.nc"])
def test_what_was_changed_is_found(call: Call, run: Path, what: str) -> None:
    assert call("dossier", run, "--share", "shared")[0] == 0
    path = Path("shared", what)
    if what == "forecast.nc":
        assert call("run", "plan.yaml", "--replications", 6, "--seed", 2, "--out", "other")[0] == 0
        shutil.copy("other/forecast.nc", path)
    else:
        path.write_text(path.read_text().replace("93%", "94%").replace("1", "2", 1))
    status, out, _ = call("verify", "shared", "--json")
    assert status == 1 and not json.loads(out)["passed"]
    assert what in json.loads(out)["checks"][0]["found"]


def test_folders_that_are_something_else(call: Call, run: Path, tmp_path: Path) -> None:
    (tmp_path / "mine").mkdir()
    (tmp_path / "mine" / "letter.txt").write_text("keep")
    for goal in ("mine", run, "plan.yaml"):
        status, _, said = call("dossier", run, "--share", goal)
        assert status == 2 and "--share" in said
    status, _, said = call("verify", "mine")
    assert status == 2 and "is no shared run" in said
    status, _, said = call("dossier", "mine")
    assert status == 2 and "holds no finished run" in said


@pytest.mark.parametrize(
    ("key", "value", "expected"),
    [
        ("data", 5, "data: "), ("data", [{"path": "book.file"}], "data.0.file: "), ("root", [], "root: "),
        ("book", {"a": 1}, "book.file: "), ("packages", 5, "packages: "), ("command", 'run "x', "command: "),
        ("files", ["../secret.txt"], "is no file within the folder"), ("files", ["/etc/passwd"], "is no file within"),
        ("scenario", "a: [", "holds no plan"), ("scenario", "- 1", "holds no plan"),
    ],
)  # fmt: skip
def test_a_record_that_no_run_wrote_is_told(call: Call, run: Path, key: str, value: object, expected: str) -> None:
    record = json.loads((run / "run.json").read_text())
    (run / "run.json").write_text(json.dumps(record | {key: value}))
    for words in (("rerun", run), ("report", run), ("dossier", run, "--share", "away")):
        status, _, said = call(*words)
        if key == "scenario" and words[0] != "rerun":  # the others read the forecast's plan
            continue
        assert status == 2 and expected in said and "internal error" not in said
        assert not Path("away").exists()


def test_draws_that_are_others_now_are_not_shared(call: Call, tmp_path: Path) -> None:
    (tmp_path / "data").mkdir()
    (tmp_path / "data" / "draws.csv").write_text("renewal\n90%\n93%\n")
    columns = "{renewal: segments.individual.renewal.probability}"
    (tmp_path / "plan.yaml").write_text(
        PLAN + f"assumptions:\n  told:\n    joint: data/draws.csv\n    columns: {columns}\n"
    )
    assert call("run", "plan.yaml", "--replications", 4, "--out", "out")[0] == 0
    (tmp_path / "data" / "draws.csv").write_text("renewal\n91%\n93%\n")
    status, _, said = call("dossier", "out", "--share", "away")
    assert status == 2 and "is not the file any more that the run read" in said and not Path("away").exists()


def test_an_overlay_of_the_run_is_no_change_since_then(call: Call, run: Path, tmp_path: Path) -> None:
    overlay = tmp_path / "gloom.yaml"
    overlay.write_text("segments: {individual: {arr: 200}}\n")
    assert call("run", "plan.yaml", "--overlay", overlay, "--replications", 4, "--out", "over")[0] == 0
    assert call("dossier", "over")[0] == 0
    assert "has been changed since this run" not in Path("over/dossier.html").read_text()
    overlay.write_text("segments: {individual: {arr: 201}}\n")
    assert call("dossier", "over")[0] == 0
    assert "has been changed since this run" in Path("over/dossier.html").read_text()
    overlay.unlink()
    assert call("dossier", "over")[0] == 0
    assert "has been changed since this run" not in Path("over/dossier.html").read_text()


def test_whatever_was_done_to_a_shared_folder_is_told_without_a_fault(call: Call, run: Path) -> None:
    assert call("dossier", run, "--share", "shared")[0] == 0
    plan = Path("shared/plan.yaml").read_text()
    record = json.loads(Path("shared/shared.json").read_text())
    spoilt: list[tuple[str, bytes, int]] = [
        ("digests.json", b"{}", 1),
        ("tables/summary.csv", b"\xff\xfe", 1),
        ("shared.json", json.dumps(record | {"data": [{}]}).encode(), 2),
        ("shared.json", json.dumps(record | {"files": 5}).encode(), 2),
        ("plan.yaml", b"a: &all [*all]\n", 2),
        ("plan.yaml", b"a: " + 5000 * b"[", 2),
        ("plan.yaml", plan.replace("individual", "others").encode(), 1),
    ]
    for name, content, expected in spoilt:
        path = Path("shared", name)
        good = path.read_bytes()
        path.write_bytes(content)
        status, _, said = call("verify", "shared", "--replications", 2)
        assert status == expected and "fault of membersim" not in said, (name, content[:20], said)
        path.write_bytes(good)
    assert call("verify", "shared", "--replications", 2)[0] == 0

"""`membersim new`, on the scenarios as they are shipped."""

from __future__ import annotations

import json
import re
from pathlib import Path
from typing import Any

import pytest

from simulation.cli import starters as module
from simulation.cli.starters import shipped_folder, starters

SHIPPED = """\
# A comment that stays.
name: The shipped one   # replaced
start: 2027-01-01
book: data/book.csv
segments:
  one: {arr: {empirical: {file: data/more/sizes.csv, column: arr}}}
"""


@pytest.fixture
def shipped(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    folder = tmp_path / "shipped"
    (folder / "data" / "more").mkdir(parents=True)
    (folder / "association.yaml").write_text(SHIPPED)
    (folder / "training.yaml").write_text("# An overlay.\nextends: association.yaml\n")
    (folder / "other.yaml").write_text("extends: saas.yaml\n")
    (folder / "data" / "book.csv").write_text("member_id\n")
    (folder / "data" / "more" / "sizes.csv").write_text("arr\n")
    (folder / "data" / "unused.csv").write_text("arr\n")
    monkeypatch.setattr(module, "shipped_folder", lambda: folder)
    return folder


def test_copies_the_scenario_and_only_the_data_it_reads(call: Any, shipped: Path, at_work: Path) -> None:
    status, out, err = call("new", "myplan", "--json")
    assert status == 0 and err == ""
    assert json.loads(out) == {
        "scenario": "myplan/myplan.yaml",
        "from": "association",
        "files": [
            "myplan/myplan.yaml",
            "myplan/training.yaml",
            "myplan/data/book.csv",
            "myplan/data/more/sizes.csv",
        ],
    }
    copied = {path.relative_to(at_work).as_posix() for path in Path("myplan").resolve().rglob("*.*")}
    assert copied == set(json.loads(out)["files"])
    text = Path("myplan/myplan.yaml").read_text()
    assert text == SHIPPED.replace("name: The shipped one   # replaced", 'name: "myplan"')
    assert Path("myplan/training.yaml").read_text() == '# An overlay.\nextends: "myplan.yaml"\n'


def test_the_name_may_be_a_path_and_a_file(call: Any, shipped: Path) -> None:
    Path("plans").mkdir()
    status, out, _ = call("new", "plans/next year.yaml")
    assert status == 0 and "membersim check" in out
    assert Path("plans/next year/next year.yaml").is_file()


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (["there"], "exists already"),
        (["new", "--from", "asociation"], "did you mean association?"),
        (["new", "--from", "training"], "no starter"),
        (["new", "--from", "../association"], "no starter"),
        (["no/where/new"], "no/where is not a folder"),
        ([""], "not a name"),
        ([".."], "exists already"),
    ],
)
def test_refusals_leave_everything_as_it_was(call: Any, shipped: Path, words: list[str], said: str) -> None:
    Path("there").mkdir()
    before = sorted(Path().rglob("*"))
    status, out, err = call("new", *words)
    assert (status, out) == (2, "")
    assert said in err
    assert sorted(Path().rglob("*")) == before


def test_the_shipped_scenarios_are_found() -> None:
    assert shipped_folder().is_dir()
    for path in starters().values():
        assert not re.search(r"^extends", path.read_text("utf-8"), re.MULTILINE)


@pytest.mark.parametrize("name", sorted(starters()))
def test_every_starter_starts(call: Any, name: str) -> None:
    assert call("new", "mine", "--from", name)[0] == 0
    status, out, err = call("check", *Path("mine").glob("*.yaml"), "--replications", 0, "--json")
    assert (status, [one["problems"] for one in json.loads(out)["files"] if one["problems"]]) == (0, []), err

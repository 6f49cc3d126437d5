"""Who changed what in a plan: names and subjects of every kind."""

from __future__ import annotations

import shutil
import subprocess
from pathlib import Path

import pytest

from simulation.scenario.versions import changes_of

pytestmark = pytest.mark.skipif(shutil.which("git") is None, reason="there is no git")


def committed(file: Path, subjects: list[str]) -> None:
    """Write a file as often as there are subjects, with a number that counts up."""
    who = ["git", "-C", str(file.parent), "-c", "user.name=Ada Owner", "-c", "user.email=ada@example.org"]
    subprocess.run([*who, "init", "-q"], check=True)
    for number, subject in enumerate(subjects):
        file.write_text(f"people: {number}\nsame: 1\n")
        subprocess.run([*who, "add", "."], check=True)
        subprocess.run([*who, "commit", "-qm", subject], check=True)


@pytest.mark.parametrize("name", ["plan.yaml", "plän.yaml", "two words.yaml", ":top.yaml"])
@pytest.mark.parametrize("subject", ["More people", "More\x85people", "Mehr Leute für März"])
def test_one_change_is_one_change(tmp_path: Path, name: str, subject: str) -> None:
    committed(tmp_path / name, ["First", subject])
    found = changes_of([tmp_path / name])
    assert found is not None
    assert [(one.path, one.before, one.after, one.by, one.why) for one in found] == [
        ("people", "0", "1", "Ada Owner", subject)
    ]


def test_a_file_that_holds_itself_is_no_end_of_it(tmp_path: Path) -> None:
    file = tmp_path / "plan.yaml"
    committed(file, ["First"])
    file.write_text("people: &all [*all]\n")
    assert {one.after for one in changes_of([file]) or ()} == {""}

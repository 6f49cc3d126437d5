"""`membersim bridge`."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path

import pytest

from tests.cli.conftest import BOOK

Call = Callable[..., tuple[int, str, str]]


@pytest.fixture
def runs(call: Call, book_plan: Path) -> tuple[Path, Path]:
    """Two finished runs: a budget, and the same plan a quarter later with another book and another belief."""
    later = book_plan.with_name("later.yaml")
    text = book_plan.read_text().replace("2027-01-01", "2027-04-01").replace("24 months", "21 months")
    later.write_text(text.replace("93%", "90%").replace("book.csv", "book_april.csv"))
    lines = [BOOK.splitlines()[0], "Max-0815,individual,450,2026-05-01,2027-05-01"]
    lines += ["Eva-0007,individual,320,2027-02-01,2028-02-01"]
    (book_plan.parent / "data" / "book_april.csv").write_text("\n".join(lines) + "\n")
    for name, plan in (("budget", book_plan), ("april", later)):
        status, _, said = call("run", plan, "--replications", 6, "--out", name, "--label", name.title())
        assert status == 0, said
    return Path("budget"), Path("april")


def test_rows_add_up(call: Call, runs: tuple[Path, Path]) -> None:
    status, out, _ = call("bridge", *runs, "--json")
    shown = json.loads(out)
    assert status == 0 and (shown["from"]["name"], shown["to"]["name"]) == ("Budget", "April")
    total = shown["to"]["cents"]["all"] - shown["from"]["cents"]["all"]
    assert sum(row["cents"]["all"] for row in shown["rows"]) == total != 0
    row = next(one for one in shown["rows"] if one["step"] == "time passed and the new book")
    assert sum(one["cents"] for one in shown["people"]["groups"]) == row["cents"]["all"]
    assert len(shown["people"]["largest"]) == 3
    folder = Path(shown["folder"])
    names = {"bridge.csv", "bridge.png", "bridge.json", "bridge_people.csv", "bridge_groups.csv"}
    assert {path.name for path in folder.iterdir()} == names
    for path in folder.glob("*.csv"):
        assert not any(name in path.read_text() for name in ("Zoe", "Max-", "Eva"))  # no id leaves the book
    status, out, _ = call("bridge", *runs)
    assert status == 0 and "time passed and the new book" in out and "left since" in out
    assert call("bridge", *runs, "--measure", "contribution", "--no-people")[0] == 0


def test_a_book_that_has_moved(call: Call, runs: tuple[Path, Path]) -> None:
    book = Path("plans/data/book.csv")
    book.rename("kept.csv")
    status, _, said = call("bridge", *runs)
    assert status == 2 and "book.csv: no such file" in said and "say with --old-book where it is" in said
    assert call("bridge", *runs, "--old-book", "kept.csv")[0] == 0
    book.write_text(BOOK + "New-0001,individual,1,2026-05-01,2027-05-01\n")
    status, _, said = call("bridge", *runs)
    assert status == 2 and "not the file of this run" in said


def test_what_cannot_be_bridged(call: Call, runs: tuple[Path, Path], plan: Path) -> None:
    old, new = runs
    for words, reason in (
        ((old, "nowhere"), "holds no finished run"),
        ((old, new, "--measure", "nrr"), "nrr is a ratio"),
        ((old, new, "--measure", "ar"), "arr"),
        ((new, old), "change their order"),
        ((old, new, "--new-book", "nowhere.csv"), "nowhere.csv: no such file"),
    ):
        status, _, said = call("bridge", *words)
        assert status == 2 and reason in said and "Traceback" not in said

"""`membersim workbook` and `membersim overlay`, and `membersim report`."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path

import openpyxl
import pytest

Call = Callable[..., tuple[int, str, str]]


def test_there_and_back(call: Call, book_plan: Path) -> None:
    status, out, said = call("workbook", book_plan, "--out", "plan.xlsx", "--json")
    assert status == 0 and json.loads(out)["sheets"] == ["Read me", "Assumptions", "Levers", "Numbers"], said
    status, out, _ = call("overlay", "plan.xlsx", "--base", book_plan)
    assert status == 0 and "Nothing was changed" in out and not Path("plan.yaml").exists()
    book = openpyxl.load_workbook("plan.xlsx")
    page = book["Numbers"]
    heads = [one.value for one in page[1]]
    row = next(one for one in range(2, page.max_row + 1) if str(page.cell(one, heads.index("Path") + 1).value).endswith(
        "arrivals.per_month"))  # fmt: skip
    page.cell(row, 2).value = 5
    page.cell(row, heads.index("Owner") + 1).value = "sales"
    book.save("plan.xlsx")
    status, out, said = call("overlay", "plan.xlsx", "--base", book_plan, "--out", "more.yaml", "--json")
    found = json.loads(out)
    assert status == 0 and {one["cell"] for one in found["changes"]} == {f"Numbers!B{row}", f"Numbers!F{row}"}, said
    text = Path("more.yaml").read_text()
    assert "owner: sales" in text and f"extends: {book_plan.as_posix()}" in text
    assert call("overlay", "plan.xlsx", "--base", book_plan)[0] == 0
    page.cell(row, 2).value = "lots"
    book.save("plan.xlsx")
    status, out, said = call("overlay", "plan.xlsx", "--base", book_plan)
    assert status == 2 and f"plan.xlsx: Numbers!B{row}: expected" in said


def test_a_workbook_of_another_plan_is_refused(call: Call, book_plan: Path) -> None:
    assert call("workbook", book_plan, "--out", "plan.xlsx")[0] == 0
    other = book_plan.with_name("other.yaml")
    other.write_text(book_plan.read_text().replace("93%", "91%"))
    status, _, said = call("overlay", "plan.xlsx", "--base", other)
    assert status == 2 and "was made from another plan" in said
    status, _, said = call("overlay", "plan.xlsx", "--base", book_plan, "--out", book_plan)
    assert status == 0  # nothing was changed, so nothing is written
    assert call("workbook", book_plan, "--out", "plan.csv")[0] == 2


@pytest.fixture
def finished(call: Call, book_plan: Path) -> tuple[Path, Path]:
    """Two finished runs of one plan; in the second fewer renew."""
    later = book_plan.with_name("later.yaml")
    later.write_text(book_plan.read_text().replace("93%", "90%"))
    for name, plan in (("old", book_plan), ("new", later)):
        status, _, said = call("run", plan, "--replications", 6, "--out", Path("reports", name), "--label", name)
        assert status == 0, said
    return Path("reports/old"), Path("reports/new")


def test_the_workbook_of_a_run_has_its_forecast(call: Call, finished: tuple[Path, Path]) -> None:
    status, _, said = call("workbook", finished[0], "--out", "run.xlsx")
    assert status == 0, said
    book = openpyxl.load_workbook("run.xlsx")
    assert book.sheetnames[:3] == ["Read me", "Summary", "Forecast"]
    forecast = book["Forecast"]
    heads = [one.value for one in forecast[1]]
    assert forecast.max_row == 25 and {"ARR P10", "ARR P50", "ARR P90"} <= set(heads)
    first = forecast.cell(2, heads.index("ARR P50") + 1)
    assert first.data_type == "n" and "#,##0" in first.number_format
    assert forecast.cell(2, heads.index("From") + 1).is_date
    status, _, said = call("workbook", finished[0], "--overlay", "x.yaml", "--out", "run.xlsx")
    assert status == 2 and "leave it out" in said


def test_a_report_takes_up_what_lies_beside_the_run(call: Call, finished: tuple[Path, Path]) -> None:
    old, new = finished
    page = new / "report.html"
    assert "No earlier run of this plan is here" in page.read_text()
    before = json.loads((new / "run.json").read_text())
    status, out, said = call("report", new, "--since", old, "--json")
    assert status == 0 and json.loads(out)["causes"] is False, said
    assert "Since “old” the mean of ARR" in page.read_text() and "93% → 90%" in page.read_text()
    after = json.loads((new / "run.json").read_text())
    assert set(before["files"]) <= set(after["files"]) and after["finished"] == before["finished"]
    assert call("bridge", old, new, "--no-people", "--out", "reports/why")[0] == 0
    status, out, _ = call("report", new, "--json")
    assert status == 0 and json.loads(out)["causes"] is True
    status, _, said = call("report", new, "--since", new)
    assert status == 2 and "cannot be compared" in said
    assert call("rerun", new)[0] == 0


def test_running_a_changed_plan_again_says_what_moved(call: Call, book_plan: Path) -> None:
    assert call("run", book_plan, "--replications", 4, "--out", "reports/plan")[0] == 0
    book_plan.write_text(book_plan.read_text().replace("93%", "90%"))
    assert call("run", book_plan, "--replications", 4, "--out", "reports/plan")[0] == 0
    assert "93% → 90%" in Path("reports/plan/report.html").read_text()

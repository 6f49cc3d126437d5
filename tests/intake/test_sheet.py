"""Exports as they lie there: titles above the header, totals below the rows, blank and ragged rows."""

from __future__ import annotations

from pathlib import Path

import pytest

from simulation.intake import read_sheet
from simulation.intake.sheet import plain_name
from simulation.scenario import ScenarioError


def sheet(tmp_path: Path, text: str, encoding: str = "utf-8"):  # type: ignore[no-untyped-def]
    path = tmp_path / "members 2026-12.csv"
    path.write_bytes(text.encode(encoding))
    return read_sheet(path)


def test_a_title_above_the_header_and_totals_below_the_rows(tmp_path: Path) -> None:
    text = "Members of the guild;;\n;;\nNr;Name;Beitrag\n1;Ä;10\n;;\n2;Ö;N/A\nSumme:;;10\nextra\n"
    found = sheet(tmp_path, text, "cp1252")
    assert found.header == ("Nr", "Name", "Beitrag") and found.name == "members"
    assert found.lines == [4, 6]
    assert found.columns == {"Nr": ["1", "2"], "Name": ["Ä", "Ö"], "Beitrag": ["10", ""]}
    assert found.totals == [{"Nr": "Summe:", "Beitrag": "10"}]
    assert [(one.line, one.reason) for one in found.left] == [(7, "row of totals"), (8, "wrong number of cells")]


def test_a_title_in_a_workbook(tmp_path: Path) -> None:
    from openpyxl import Workbook

    book = Workbook()
    for row in (["Export of December"], [], ["id", "joined"], [7, "2026-01-01"], ["Total", None]):
        book.active.append(row)
    book.save(tmp_path / "export.xlsx")
    found = read_sheet(tmp_path / "export.xlsx")
    assert found.header == ("id", "joined") and found.columns["id"] == ["7"] and found.lines == [4]


def test_columns_without_a_name_or_with_the_same_one(tmp_path: Path) -> None:
    assert sheet(tmp_path, "a,,a\n1,2,3\n").header == ("a", "column 2", "a (2)")


@pytest.mark.parametrize(
    ("name", "plain"),
    [("2026-12 Members (3).csv", "members"), ("Invoices_Q4_20261231.xlsx", "invoices_q4"), ("12.csv", "file")],
)
def test_the_name_of_an_export_stays_the_same_next_month(name: str, plain: str) -> None:
    assert plain_name(Path(name)) == plain


@pytest.mark.parametrize(("text", "said"), [("", "is empty"), ("a,b\n", "no rows"), ("a,b\n\n,\n", "no rows")])
def test_what_holds_nothing_is_refused(tmp_path: Path, text: str, said: str) -> None:
    with pytest.raises(ScenarioError, match=said):
        sheet(tmp_path, text)

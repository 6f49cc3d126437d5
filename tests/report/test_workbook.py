"""The forecast as a workbook."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import numpy as np
import openpyxl
import pytest

from simulation.forecast import Forecast
from simulation.report.workbook import write_workbook
from tests.report.cases import empty, forecast, hostile


def test_numbers_are_those_of_the_forecast(tmp_path: Path) -> None:
    made = forecast(replications=12)
    file = tmp_path / "run.xlsx"
    assert write_workbook(file, None, made) == ["Read me", "Summary", "Forecast", "Objectives", "Milestones"]
    book = openpyxl.load_workbook(file)
    page = book["Forecast"]
    heads = [one.value for one in page[1]]
    wanted = np.percentile(made.measure("arr", by="period").to_numpy(), 50, axis=0)
    found = [page.cell(row, heads.index("ARR P50") + 1).value for row in range(2, page.max_row + 1)]
    assert found == pytest.approx(list(wanted), abs=1e-5)
    chances = [row[5].value for row in book["Objectives"].iter_rows(min_row=2)]
    assert chances == pytest.approx(made.objectives()["probability"].tolist(), abs=1e-6)
    for name in book.sheetnames[1:]:
        assert list(book[name].tables) == [name] and book[name].freeze_panes is not None
    assert book["Summary"]["A1"].value.startswith("ARR ")


@pytest.mark.parametrize("odd", [hostile, empty, lambda: empty(replications=3, members=5, days=400)])
def test_odd_forecasts_are_written_and_no_cell_is_a_formula(odd: Callable[[], Forecast], tmp_path: Path) -> None:
    file = tmp_path / "odd.xlsx"
    write_workbook(file, None, odd())
    cells = [one for page in openpyxl.load_workbook(file) for row in page.iter_rows() for one in row]
    assert len(cells) > 50 and not [one.coordinate for one in cells if one.data_type == "f"]


def test_there_must_be_something_to_write(tmp_path: Path) -> None:
    with pytest.raises(ValueError, match="a plan or a forecast"):
        write_workbook(tmp_path / "x.xlsx", None)
    assert not list(tmp_path.iterdir())

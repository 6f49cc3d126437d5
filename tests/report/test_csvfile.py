"""Tables as CSV files."""

from datetime import date
from pathlib import Path

import pandas as pd
import pytest

from simulation.report.csvfile import neutral, write_bytes, write_csv


@pytest.mark.parametrize("text", ["=1+1", "+1", "-1", "@x", "\t=1", "\r=1", "\n=1", "  =1", "＝1"])  # noqa: RUF001
def test_formulas_are_neutralised(text: str) -> None:
    assert neutral(text) == f"'{text}"


@pytest.mark.parametrize("value", [-1, -1.5, 0, None, True, "plain", "a=b", "", "x-1", date(2027, 1, 1)])
def test_everything_else_stays(value: object) -> None:
    assert neutral(value) is value


def test_numbers_come_back_as_they_were(tmp_path: Path) -> None:
    table = pd.DataFrame({"-name": ["=x", 'y, "z"\nw'], "value": [-0.1, 1e300], "until": [date(2027, 1, 2)] * 2})
    table.index.name = "@index"
    write_csv(tmp_path / "t.csv", table)
    back = pd.read_csv(tmp_path / "t.csv")
    assert list(back.columns) == ["'@index", "'-name", "value", "until"]
    assert back["value"].tolist() == [-0.1, 1e300]
    assert back["'-name"].tolist() == ["'=x", 'y, "z"\nw'] and back["until"].tolist() == ["2027-01-02"] * 2


def test_a_failed_write_leaves_the_old_file_and_no_other(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    target = tmp_path / "a.csv"
    write_bytes(target, b"old")

    def fail(*_: object) -> None:
        raise OSError("disk full")

    monkeypatch.setattr("os.replace", fail)
    with pytest.raises(OSError, match="disk full"):
        write_bytes(target, b"new")
    assert target.read_bytes() == b"old" and [path.name for path in tmp_path.iterdir()] == ["a.csv"]

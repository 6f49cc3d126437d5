"""Control totals: the gap is shown, and the rows that explain it."""

from __future__ import annotations

import datetime as dt
from pathlib import Path

import pytest

from simulation.intake import Imported, build, propose, read_sheet
from simulation.intake.mapping import Total
from simulation.intake.reconcile import reconcile

MEMBERS = """member id,type,joined,dues,status
1,A,2025-01-05,100,active
2,A,2025-02-05,110,active
3,B,2025-03-05,1000,active
4,A,not yet,120.5,active
5,B,2025-03-06,700,pending
6,B,2025-03-06,900,pending
6,B,2025-03-06,900,pending
"""


@pytest.fixture
def imported(tmp_path: Path) -> Imported:
    path = tmp_path / "members.csv"
    path.write_text(MEMBERS, encoding="utf-8")
    day = dt.date(2026, 7, 1)
    proposal = propose([read_sheet(path)], exported=day)
    return build(proposal.sheets, proposal.mapping(), exported=day)


def test_a_total_that_agrees(imported: Imported) -> None:
    (check,) = reconcile(imported, {"all": Total(members=3, arr=1210)})
    assert check.agrees and not check.causes


def test_a_gap_is_explained_by_the_rows_that_make_it(imported: Imported) -> None:
    (check,) = reconcile(imported, {"all": Total(members=4, arr=1330.5)})
    assert (check.missing_members, check.missing_arr) == (1, 120.5)
    assert check.explained == (("unreadable date",),)
    cause = next(one for one in check.causes if one.reason == "unreadable date")
    assert [line for _, line in cause.rows] == [5]


def test_a_gap_of_several_causes(imported: Imported) -> None:
    (check,) = reconcile(imported, {"all": Total(members=6, arr=2930.5)})
    assert len(check.explained) == 1 and set(check.explained[0]) == {"unreadable date", "status that is no membership"}


def test_by_segment(imported: Imported) -> None:
    checks = reconcile(imported, {"a": Total(members=3), "b": Total(arr=2600)})
    assert checks[0].explained == (("unreadable date",),)
    assert checks[1].explained == (("status that is no membership",),)


def test_a_gap_that_nothing_explains_says_so(imported: Imported) -> None:
    (check,) = reconcile(imported, {"all": Total(members=4, arr=5000)})
    assert not check.agrees and check.explained == () and check.causes

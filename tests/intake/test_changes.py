"""Next month nothing is asked, and what has changed is said."""

from __future__ import annotations

from pathlib import Path

import pytest

import simulation as sim
from simulation.intake import build, propose, read_import, read_sheet
from simulation.intake.changes import changes, matched
from simulation.intake.write import write_imported
from simulation.scenario import ScenarioError
from tests.intake import exports
from tests.intake.exports import EXPORTED, Truth

OLD = """member id,type,joined,dues
1,A,2025-01-05,100
2,A,2025-02-05,110
"""
NEW = """member id,type,joined,dues,city
1,A,2025-01-05,100,Bern
2,A,2025-02-05,110,Genf
3,C,2026-07-05,90,Zug
4,A,2026-07-05,130,Zug
"""


def imported_once(tmp_path: Path, text: str = OLD) -> Path:
    """An import of a list of members; its folder."""
    path = tmp_path / "members_2026-06.csv"
    path.write_text(text, encoding="utf-8")
    proposal = propose([read_sheet(path)], exported=EXPORTED)
    found = build(proposal.sheets, proposal.mapping(), exported=EXPORTED)
    write_imported(found, proposal.sheets, tmp_path / "first")
    return tmp_path / "first"


def test_what_has_changed(tmp_path: Path) -> None:
    mapping = read_import(imported_once(tmp_path) / "import.yaml")
    later = tmp_path / "members_2026-07.csv"
    later.write_text(NEW, encoding="utf-8")
    sheets = matched([read_sheet(later)], mapping)
    found = build(sheets, mapping, exported=EXPORTED)
    news = changes(found, sheets)
    assert "members_2026-07.csv: new columns: city" in news
    assert "members_2026-07.csv: 2 rows before, 4 now" in news
    assert any("new in 'type'" in one and "'C'" in one for one in news)
    assert any("members: 2 on 2027-01-01, 3 on 2027-01-01; ARR 210.00, now 340.00 (+61.9%)" in one for one in news)
    assert [one.reason for one in found.misfits] == ["unknown segment"]


def test_the_same_files_again_change_nothing(guild: Truth, tmp_path: Path) -> None:
    proposal = propose([read_sheet(path) for path in guild.files], exported=EXPORTED)
    found = build(proposal.sheets, proposal.mapping(), exported=EXPORTED)
    write_imported(found, proposal.sheets, tmp_path / "out")
    mapping = read_import(tmp_path / "out" / "import.yaml")
    sheets = matched([read_sheet(path) for path in guild.files], mapping)
    again = build(sheets, mapping, exported=EXPORTED)
    assert again.history == found.history and again.book.equals(found.book)
    news = changes(again, sheets)
    assert sum("the same file as last time" in one for one in news) == len(guild.files)
    assert not any("new" in one for one in news)


def test_next_month_of_the_messy_exports_asks_nothing(guild: Truth, tmp_path: Path) -> None:
    proposal = propose([read_sheet(path) for path in guild.files], exported=EXPORTED)
    found = build(proposal.sheets, proposal.mapping(), exported=EXPORTED)
    write_imported(found, proposal.sheets, tmp_path / "out")
    mapping = read_import(tmp_path / "out" / "import.yaml")
    (tmp_path / "next").mkdir()
    other = exports.write(tmp_path / "next", seed=8)
    sheets = matched([read_sheet(path) for path in other.files], mapping)
    assert set(sheets) == set(mapping.files)
    later = build(sheets, mapping, exported=EXPORTED)
    assert len(later.book) == len(other.book)
    assert round(later.book["arr"].sum() * 100) == other.book["arr"].sum()


def test_a_first_scenario_of_the_exports_can_be_run(guild: Truth, tmp_path: Path) -> None:
    proposal = propose([read_sheet(path) for path in guild.files], exported=EXPORTED)
    found = build(proposal.sheets, proposal.mapping(), exported=EXPORTED)
    files = write_imported(found, proposal.sheets, tmp_path / "out")
    assert all(path.exists() for path in files)
    plan = sim.load(tmp_path / "out" / "plan.yaml")
    forecast = sim.run(plan, replications=2, seed=1)
    first = float(forecast.data["members"].isel(period=0).sum("segment").mean())
    assert abs(first - len(found.book)) < 0.2 * len(found.book)


def test_a_list_of_members_alone_tells_renewals_by_the_terms_that_were_outlived(tmp_path: Path) -> None:
    rows = [f"{n},A,2024-01-05,,100" for n in range(8)]  # two ends of a term behind each, and the third ahead
    rows += [f"{n},A,2024-01-05,2026-02-01,100" for n in range(8, 16)]  # one outlived; struck off 27 days late
    path = imported_once(tmp_path, "\n".join(["member id,type,joined,left on,dues", *rows]) + "\n")
    renewal = sim.load(path / "plan.yaml").segments["a"].renewal.probability
    assert renewal.value == pytest.approx(0.75)  # 24 outlived, 8 left
    (tmp_path / "stayed").mkdir()
    path = imported_once(
        tmp_path / "stayed", "\n".join(["member id,type,joined,dues", *(one.replace(",,", ",") for one in rows[:8])])
    )
    assert sim.load(path / "plan.yaml").segments["a"].renewal.probability.value == pytest.approx(
        0.8
    )  # nobody left: a guess


def test_a_file_that_is_none_of_the_mapping_is_refused(tmp_path: Path) -> None:
    mapping = read_import(imported_once(tmp_path) / "import.yaml")
    other = tmp_path / "something.csv"
    other.write_text("a,b\n1,2\n", encoding="utf-8")
    with pytest.raises(ScenarioError, match="is none of the exports of the mapping"):
        matched([read_sheet(other)], mapping)


def test_a_mapping_that_was_changed_wrongly_is_refused_with_its_line(tmp_path: Path) -> None:
    path = imported_once(tmp_path) / "import.yaml"
    text = path.read_text("utf-8").replace("holds: members", "holds: member")
    path.write_text(text, encoding="utf-8")
    with pytest.raises(ScenarioError, match=r"import.yaml:\d+:\d+: files.members.holds"):
        read_import(path)

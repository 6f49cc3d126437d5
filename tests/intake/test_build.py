"""An import of messy exports gives back, to the cent and the day, what really happened."""

from __future__ import annotations

import datetime as dt
from collections import Counter
from pathlib import Path

import pandas as pd
import pytest

import simulation as sim
from simulation.evidence.history import read_history
from simulation.intake import Imported, Mapping, Sheet, build, propose, read_sheet
from simulation.intake.write import write_imported
from simulation.runs import todays_members
from simulation.scenario import ScenarioError
from simulation.scenario.book import load_book
from tests.intake.exports import ADDON, EXPORTED, Truth

SEGMENTS = {"Einzelmitglied": "individual", "Firmenmitglied": "corporate"}


def understood(guild: Truth) -> tuple[dict[str, Sheet], Mapping]:
    """The exports and their mapping, with the answers that only a person can give."""
    proposal = propose([read_sheet(path) for path in guild.files], guild.scenario, exported=EXPORTED)
    for question in proposal.open:
        proposal.answer(question, SEGMENTS[question.path[-1]])
    for question in proposal.questions:
        if question.path[-1] == ADDON:
            proposal.answer(question, "taken certified")
    return proposal.sheets, proposal.mapping()


@pytest.fixture(scope="module")
def imported(guild: Truth) -> Imported:
    sheets, mapping = understood(guild)
    return build(sheets, mapping, exported=EXPORTED, scenario=guild.scenario)


def test_the_book_is_exactly_that_of_the_truth(guild: Truth, imported: Imported) -> None:
    true = guild.book.set_index("member_id").sort_index()
    read = imported.book.set_index("member_id").sort_index()
    assert list(read.index) == list(true.index) and len(read) > 100
    assert (read["segment"] == true["segment"]).all()
    assert ((read["arr"] * 100).round().astype(int) == true["arr"]).all()
    for name in ("joined", "renews_on", "open_setback"):
        days = pd.to_datetime(read[name]).dt.normalize()
        same = (days == true[name].astype("datetime64[us]")) | (days.isna() & true[name].isna())
        assert same.all(), name
    assert (read["milestone"] == true["milestone"]).all()


def test_the_history_is_exactly_that_of_the_truth(guild: Truth, imported: Imported) -> None:
    columns = ["member_id", "date", "event", "name", "value", "segment"]
    words = ["joined", "returned", "left", "renewed", "milestone", "taken", "setback", "resolved", "escalated"]

    def rows(frame: pd.DataFrame) -> list[tuple[object, ...]]:
        frame = frame[frame["event"].isin(words)][columns].astype({"event": str, "name": object, "member_id": str})
        frame["name"] = frame["name"].fillna("").astype(str).where(frame["event"] != "left", "")
        # What is lost by leaving is not in the exports, nor what a setback costs.
        frame["value"] = (
            frame["value"].where(frame["event"].isin(["joined", "returned", "renewed", "taken"]), 0).round(2)
        )
        frame["date"] = frame["date"].dt.normalize()
        return sorted(map(tuple, frame.astype({"date": str, "segment": str}).to_numpy().tolist()))

    assert rows(imported.history.frame) == rows(guild.history)
    assert len(rows(guild.history)) > 500


def test_what_does_not_fit_is_said_with_file_and_line(guild: Truth, imported: Imported) -> None:
    found = Counter((Path(one.file).name, one.reason) for one in imported.misfits)
    assert found == {
        ("Mitglieder_2026-12.csv", "copy of a row"): 1,
        ("Mitglieder_2026-12.csv", "no day of joining"): 1,
        ("Mitglieder_2026-12.csv", "status that is no membership"): 1,
        ("Mitglieder_2026-12.csv", "impossible date"): 1,
        ("Mitglieder_2026-12.csv", "joins after the export"): 1,
        ("Mitglieder_2026-12.csv", "empty member id"): 1,
        ("invoices 2026-12.xlsx", "nobody in the list of members"): 1,
        ("courses.csv", "copy of a row"): 1,
        ("courses.csv", "nobody in the list of members"): 1,
        ("courses.csv", "after the export"): 1,
    }
    wrong = next(one for one in imported.misfits if one.reason == "impossible date")
    line = guild.files[0].read_text("cp1252").splitlines()[wrong.line - 1]
    assert "31.02.2026" in line and wrong.column == "Eintritt" and "no such day" in wrong.message


def test_use_has_every_whole_month_also_the_empty_ones(guild: Truth, imported: Imported) -> None:
    logins = pd.read_parquet(guild.files[3])
    use = imported.history.frame[imported.history.frame["event"] == "usage"]
    assert (use["value"] == 0).any()
    logins["month"] = logins["login_at"].dt.to_period("M")
    counts = logins.groupby(["user_id", "month"]).size()
    months = use["date"].dt.to_period("M")
    for member, month, value in zip(use["member_id"].astype(str), months, use["value"], strict=True):
        assert value == counts.get((member, month), 0)


def test_ratings_lie_between_0_and_1(imported: Imported) -> None:
    rows = imported.history.frame[imported.history.frame["event"] == "rating"]
    assert len(rows) > 100 and rows["value"].between(0, 1).all()
    assert set((rows["value"] * 10).round(9) % 1) == {0.0}


def test_the_book_and_the_history_pass_the_readers(guild: Truth, imported: Imported, tmp_path: Path) -> None:
    from simulation.evidence.history import write_history

    imported.book.to_csv(tmp_path / "book.csv", index=False)
    plan = guild.scenario.model_copy(update={"start": EXPORTED})
    assert len(load_book(tmp_path / "book.csv", plan)) == len(imported.book)
    write_history(imported.history, tmp_path / "history.parquet")
    again = read_history(tmp_path / "history.parquet", scenario=guild.scenario, exported=EXPORTED)
    assert again == imported.history


def small(tmp_path: Path, **files: str) -> list[Sheet]:
    """Exports of a few rows."""
    sheets = []
    for name, text in files.items():
        path = tmp_path / f"{name}.csv"
        path.write_text(text.replace("; ", "\n"), encoding="utf-8")
        sheets.append(read_sheet(path))
    return sheets


def test_a_later_milestone_implies_the_earlier_ones(tmp_path: Path) -> None:
    sheets = small(
        tmp_path,
        members="member id,joined,dues; 1,2026-01-05,100; 2,2026-01-05,100",
        courses="member id,course,completed; 1,Onboarding,2026-02-01; 1,Certification,2026-03-01; "
        "2,Certification,2026-03-07; 2,Onboarding,2026-05-01",
    )
    proposal = propose(sheets, exported=dt.date(2026, 7, 1))
    found = build(proposal.sheets, proposal.mapping(), exported=dt.date(2026, 7, 1))
    assert found.journeys == {"members": ("onboarding", "certification")}
    second = found.history.of_members(["2"]).frame
    hits = second[second["event"] == "milestone"].set_index("name")
    assert str(hits.loc["onboarding", "date"].date()) == "2026-03-07"
    assert str(hits.loc["onboarding", "date_low"].date()) == "2026-01-05"
    assert str(hits.loc["certification", "date"].date()) == "2026-03-07"


def test_merged_records_are_one_member(tmp_path: Path) -> None:
    sheets = small(
        tmp_path,
        members="member id,joined,dues,merged into; 007,2025-01-05,100,; 12,2025-02-05,100,7; 13,2025-02-05,100,12",
        courses="member id,course,completed; 13,Onboarding,2026-02-01",
    )
    proposal = propose(sheets, exported=dt.date(2026, 7, 1))
    found = build(proposal.sheets, proposal.mapping(), exported=dt.date(2026, 7, 1))
    assert list(found.book["member_id"]) == ["007"]
    assert (found.history.frame["event"] == "milestone").sum() == 1
    assert [one.reason for one in found.misfits] == ["merged into another record"] * 2


def test_a_member_of_two_rows_that_contradict_each_other_counts_once(tmp_path: Path) -> None:
    sheets = small(tmp_path, members="id,joined,dues; 1,2025-01-05,100; 1,2025-03-05,120; 2,2025-01-05,80")
    proposal = propose(sheets, exported=dt.date(2026, 7, 1))
    found = build(proposal.sheets, proposal.mapping(), exported=dt.date(2026, 7, 1))
    assert list(found.book["arr"]) == [100, 80]
    assert [(one.line, one.reason) for one in found.misfits] == [(3, "member twice")]


def test_monthly_invoices_are_no_renewals(tmp_path: Path) -> None:
    months = [dt.date(2025, 1, 1) + pd.DateOffset(months=k) for k in range(15)]
    lines = [
        f"1,{day:%Y-%m-%d},{10 if k < 8 else 12},{day:%Y-%m-%d},{(day + pd.offsets.MonthEnd(0)):%Y-%m-%d}"
        for k, day in enumerate(months)
    ]
    sheets = small(
        tmp_path,
        members="member id,joined,dues; 1,2025-01-01,144",
        invoices="; ".join(["member id,invoice date,amount,period start,period end", *lines]),
    )
    proposal = propose(sheets, exported=dt.date(2026, 4, 1))
    found = build(proposal.sheets, proposal.mapping(), exported=dt.date(2026, 4, 1))
    frame = found.history.frame
    rows = [(str(e), str(d.date()), v) for e, d, v in zip(frame["event"], frame["date"], frame["value"], strict=True)]
    assert rows == [("joined", "2025-01-01", 120.0), ("arr", "2025-09-01", 144.0), ("renewed", "2026-01-01", 144.0)]


def test_only_members_who_stay_are_said_to_be_no_fair_sample(tmp_path: Path) -> None:
    sheets = small(tmp_path, members="member id,joined,dues; 1,2026-01-05,100; 2,2026-01-05,100")
    proposal = propose(sheets, exported=dt.date(2026, 7, 1))
    found = build(proposal.sheets, proposal.mapping(), exported=dt.date(2026, 7, 1))
    assert any("nobody who has left" in note for note in found.notes)


def test_a_column_that_has_gone_is_an_error_that_names_the_nearest(tmp_path: Path) -> None:
    sheets = small(tmp_path, members="member id,joined,dues; 1,2026-01-05,100")
    mapping = propose(sheets, exported=dt.date(2026, 7, 1)).mapping()
    changed = small(tmp_path, members="member id,joined on,dues; 1,2026-01-05,100")
    with pytest.raises(ScenarioError, match=r"files.members.columns.joined.*did you mean 'joined on'"):
        build({"members": changed[0]}, mapping, exported=dt.date(2026, 7, 1))


def test_an_id_that_looks_like_a_formula_is_made_harmless_everywhere(tmp_path: Path) -> None:
    (tmp_path / "members.csv").write_text(
        "member id,joined,dues\n=cmd|' /C calc'!A0,2025-04-13,100\n-7,2025-04-14,100\nAB-7,2025-04-15,100\n"
    )
    (tmp_path / "courses.csv").write_text(
        "member id,date,course\n=CMD|' /C calc'!A0,2025-05-13,Basics\n-7,2025-05-14,Basics\n"
    )
    sheets = [read_sheet(tmp_path / one) for one in ("members.csv", "courses.csv")]
    proposal = propose(sheets, exported=dt.date(2026, 1, 1))
    found = build(proposal.sheets, proposal.mapping(), exported=dt.date(2026, 1, 1))
    ids = {"'=cmd|' /C calc'!A0", "'-7", "AB-7"}
    assert set(found.book["member_id"]) == ids == set(found.history.frame["member_id"])
    reached = found.history.frame.query("event == 'milestone'")
    assert set(reached["member_id"]) == ids - {"AB-7"}
    write_imported(found, proposal.sheets, tmp_path / "imported")
    # Read back: book and history name the same members, as the organisation does.
    plan = sim.load(tmp_path / "imported" / "plan.yaml")
    book = todays_members(plan)
    assert book is not None and set(book.member_id) == {one.removeprefix("'") for one in ids}
    assert plan.history is not None and plan.history.file is not None
    history = read_history(plan.history.file, scenario=plan)
    assert set(history.frame["member_id"]) == set(book.member_id)
    lines = (tmp_path / "imported" / "book.csv").read_text().splitlines()
    assert not any(line.startswith(("=", "-", "+", "@")) for line in lines)

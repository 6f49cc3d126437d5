"""What an export is and how it is read is proposed with a reason; what nothing decides is asked."""

from __future__ import annotations

import datetime as dt
from pathlib import Path

import pytest

from simulation.intake import Proposal, build, propose, read_sheet
from simulation.scenario import ScenarioError
from tests.intake.exports import EXPORTED, Truth

DAY = dt.date(2026, 7, 1)


def proposed(tmp_path: Path, **files: str) -> Proposal:
    """The proposal for exports of a few rows."""
    paths = []
    for name, text in files.items():
        paths.append(tmp_path / f"{name}.csv")
        paths[-1].write_text(text.replace("; ", "\n"), encoding="utf-8")
    return propose([read_sheet(path) for path in paths], exported=DAY)


def value(proposal: Proposal, path: str) -> object:
    """What is proposed at a path."""
    return next(one.proposal for one in proposal.questions if ".".join(one.path) == path)


def test_files_and_columns_of_the_messy_exports_are_recognised(guild: Truth) -> None:
    proposal = propose([read_sheet(path) for path in guild.files], guild.scenario, exported=EXPORTED)
    kinds = {name: spec["holds"] for name, spec in proposal.tree["files"].items()}
    assert kinds == {
        "mitglieder": "members", "invoices": "invoices", "courses": "courses", "logins": "logins",
        "tickets": "events", "nps_survey": "ratings",
    }  # fmt: skip
    found = {
        (name, key): column["column"]
        for name, spec in proposal.tree["files"].items() for key, column in spec["columns"].items()
    }  # fmt: skip
    assert found == {
        ("mitglieder", "member_id"): "Mitglieds-Nr.", ("mitglieder", "joined"): "Eintritt",
        ("mitglieder", "segment"): "Mitgliedsart", ("mitglieder", "arr"): "Jahresbeitrag",
        ("mitglieder", "left"): "Austritt", ("mitglieder", "status"): "Status",
        ("invoices", "member_id"): "Customer", ("invoices", "date"): "Invoice Date",
        ("invoices", "amount"): "Amount", ("invoices", "item"): "Item", ("invoices", "from"): "Period Start",
        ("invoices", "until"): "Period End", ("invoices", "status"): "Status",
        ("courses", "member_id"): "Member ID", ("courses", "date"): "Completed On", ("courses", "kind"): "Course Title",
        ("courses", "status"): "Result", ("logins", "member_id"): "user_id", ("logins", "date"): "login_at",
        ("tickets", "member_id"): "Account", ("tickets", "date"): "Created at", ("tickets", "kind"): "Activity",
        ("nps_survey", "member_id"): "member", ("nps_survey", "date"): "response date", ("nps_survey", "score"): "NPS",
    }  # fmt: skip
    assert proposal.tree["ids"] == "without leading zeros"
    assert proposal.tree["files"]["courses"]["columns"]["date"]["day_first"] is False
    courses = proposal.tree["files"]["courses"]["happened"]
    assert courses["Certification Exam"] == "milestone certified"
    assert not any(event for word, event in courses.items() if word != "Certification Exam")
    assert proposal.tree["files"]["logins"]["first"] == "milestone first_login"
    # Only what no file can tell is asked: which German word is which segment.
    assert {one.path[-1] for one in proposal.open} == {"Einzelmitglied", "Firmenmitglied"}
    assert all(one.why for one in proposal.questions)


def test_an_order_of_day_and_month_that_nothing_decides_is_asked(tmp_path: Path) -> None:
    text = "member id,joined,dues; 1,03/04/2025,10; 2,05/04/2025,10; 3,04/04/2025,10"
    proposal = proposed(tmp_path, members=text)
    assert [".".join(one.path) for one in proposal.open] == ["files.members.columns.joined.day_first"]
    with pytest.raises(ScenarioError, match="does the day come first"):
        proposal.mapping()
    proposal.answer(proposal.open[0], True)
    assert proposal.mapping().files["members"].columns["joined"].day_first is True


def test_days_to_come_decide_it(tmp_path: Path) -> None:
    proposal = proposed(tmp_path, members="member id,joined,dues; 1,05/11/2026,10; 2,06/06/2026,10")
    assert value(proposal, "files.members.columns.joined.day_first") is False


def test_the_order_of_the_rows_decides_it(tmp_path: Path) -> None:
    rows = [f"{k},{day:%d/%m/%Y},10" for k, day in enumerate(
        dt.date(2025, month, day) for month in (1, 2, 3) for day in (2, 4, 6, 8, 9))]  # fmt: skip
    proposal = proposed(tmp_path, members="; ".join(["member id,joined,dues", *rows]))
    assert value(proposal, "files.members.columns.joined.day_first") is True


def test_other_dates_of_the_file_decide_it(tmp_path: Path) -> None:
    text = "member id,joined,renewal date,dues; 1,03/04/2025,25/12/2026,10; 2,05/04/2025,26/12/2026,10"
    proposal = proposed(tmp_path, members=text)
    assert value(proposal, "files.members.columns.joined.day_first") is True


def test_without_a_list_of_members_nothing_can_be_done(tmp_path: Path) -> None:
    with pytest.raises(ScenarioError, match="none of the files holds the members"):
        proposed(tmp_path, logins="user,login at; 1,2026-01-01; 1,2026-01-02; 2,2026-01-02")


def test_another_column_raises_other_questions(tmp_path: Path) -> None:
    text = "member id,joined,created,dues; 1,2025-04-03,03/04/2025,10; 2,2025-04-05,05/04/2025,10"
    proposal = proposed(tmp_path, members=text)
    assert not proposal.open
    question = next(one for one in proposal.questions if one.path[-2:] == ("joined", "column"))
    proposal.answer(question, "created")
    assert [one.path[-1] for one in proposal.open] == ["day_first"]
    proposal.answer(proposal.open[0], False)
    mapping = proposal.mapping()
    assert mapping.files["members"].columns["joined"].column == "created"


def test_a_column_can_be_said_not_to_be_there(tmp_path: Path) -> None:
    proposal = proposed(tmp_path, members="member id,joined,renewal,dues; 1,2025-04-03,2027-01-01,10")
    question = next(one for one in proposal.questions if one.path[-2:] == ("renews_on", "column"))
    assert question.proposal == "renewal"
    proposal.answer(question, "")
    assert "renews_on" not in proposal.mapping().files["members"].columns


def test_without_a_scenario_segments_and_milestones_are_proposed(guild: Truth) -> None:
    proposal = propose([read_sheet(path) for path in guild.files], exported=EXPORTED)
    mapping = proposal.mapping()
    assert list(mapping.journey) == ["first_login", "certification_exam"]
    assert [one.stage for one in mapping.journey.values()] == ["adoption", "value"]
    assert mapping.currency == "EUR"
    assert set(mapping.files["mitglieder"].columns["segment"].values.values()) == {"einzelmitglied", "firmenmitglied"}


def test_another_kind_asks_for_its_own_columns(tmp_path: Path) -> None:
    proposal = proposed(
        tmp_path,
        members="member id,joined,dues; 1,2025-04-03,10; 2,2025-05-03,10",
        things="member id,when,what; 1,2025-06-03,Onboarding; 2,2025-06-03,Onboarding",
    )
    question = next(one for one in proposal.questions if one.path == ("files", "things", "holds"))
    for kind in ("invoices", "logins", "ratings", "courses", "events", "members"):
        proposal.answer(question, kind)
        assert proposal.tree["files"]["things"]["holds"] == kind
    proposal.answer(question, "ratings")
    assert ("files", "things", "columns", "score", "column") in [one.path for one in proposal.open]


def test_a_needed_column_cannot_be_said_not_to_be_there(tmp_path: Path) -> None:
    proposal = proposed(tmp_path, members="member id,joined,dues; 1,2025-04-03,10; 2,2025-05-03,10")
    question = next(one for one in proposal.questions if one.path[-2:] == ("joined", "column"))
    assert "" not in [value for value, _ in question.options]
    proposal.answer(question, "")
    assert [one.path for one in proposal.open] == [question.path]


@pytest.mark.parametrize("heading", ["next renewal", "cancelled on"])
def test_days_that_may_lie_ahead_are_not_turned_to_lie_behind(tmp_path: Path, heading: str) -> None:
    ahead = "; ".join(f"M{day:03d},2024-08-{day:02d},100,{day:02d}/08/2026" for day in range(1, 7))
    proposal = proposed(tmp_path, members=f"member id,joined,annual dues,{heading}; {ahead}")
    key = "renews_on" if heading == "next renewal" else "left"
    assert value(proposal, f"files.members.columns.{key}.column") == heading
    assert value(proposal, f"files.members.columns.{key}.day_first") is None
    joined = "; ".join(f"M{day:03d},{day:02d}/08/2026,100" for day in range(1, 7))
    behind = proposed(tmp_path, members=f"member id,joined,annual dues; {joined}")
    assert value(behind, "files.members.columns.joined.day_first") is False


@pytest.mark.parametrize("score", [150, -3])
def test_scores_that_are_all_the_same_have_a_scale(tmp_path: Path, score: int) -> None:
    members = "member id,joined,segment,annual dues; " + "; ".join(
        f"M{day},2024-01-{day},x,100" for day in range(10, 20)
    )
    survey = "member id,date,score; " + "; ".join(f"M{day},2025-01-{day},{score}" for day in range(10, 20))
    proposal = proposed(tmp_path, members=members, survey=survey)
    found = build(proposal.sheets, proposal.mapping(), exported=DAY)
    assert (found.history.frame["event"] == "rating").sum() == 10


@pytest.mark.parametrize("scale", [[5, 5], [float("nan"), 5], [0, float("inf")]])
def test_a_scale_has_two_ends(tmp_path: Path, scale: list[float]) -> None:
    proposal = proposed(
        tmp_path, members="member id,joined,segment,annual dues; M1,2024-01-13,x,100",
        survey="member id,date,score; M1,2025-01-13,3",
    )  # fmt: skip
    question = next(one for one in proposal.questions if one.path[-1] == "scale")
    proposal.answer(question, scale)
    with pytest.raises(ScenarioError, match="two different numbers"):
        proposal.mapping()

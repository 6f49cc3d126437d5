"""A plan as sheets, and what was changed in them as an overlay."""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable
from pathlib import Path
from typing import Any

import openpyxl
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

import simulation as sim
from simulation.report.workbook import write_workbook
from simulation.scenario import Scenario, ScenarioError
from simulation.scenario.workbook import ABOUT, Changes, about, changes_of, plan_sheets, read_plan
from simulation.scenario.workbook.reading import Found, GivenBack
from tests.strategies import scenarios

SHIPPED = sorted(path.name for path in Path("scenarios").glob("*.yaml"))
REFERENCE = Path("scenarios/reference.yaml")
PEOPLE = "teams.success.people"
TAKE = "segments.midmarket.journey.savings_proven.opportunity.take"
Edit = Callable[[Any], None]


def cell(book: Any, sheet: str, key: str, title: str) -> Any:
    """The cell of a row and a column."""
    page = book[sheet]
    heads = [one.value for one in page[1]]
    by = heads.index("Lever" if sheet == "Levers" else "Path") + 1
    row = next(number for number in range(2, page.max_row + 1) if page.cell(number, by).value == key)
    return page.cell(row, heads.index(title) + 1)


def given_back(tmp_path: Path, edit: Edit, scenario: Scenario | None = None) -> Changes:
    """What comes back after somebody has changed cells of a workbook."""
    plan = scenario or sim.load(REFERENCE)
    file = tmp_path / "plan.xlsx"
    write_workbook(file, plan)
    book = openpyxl.load_workbook(file)
    edit(book)
    book.save(file)
    return changes_of(plan, read_plan(file, plan_sheets(plan)), Path("plan.xlsx"))


def messages(found: Changes) -> list[str]:
    return [str(one) for one in found.problems]


@pytest.mark.parametrize("name", SHIPPED)
def test_nothing_changed_is_no_overlay(name: str, tmp_path: Path) -> None:
    plan = sim.load(Path("scenarios", name))
    file = tmp_path / "plan.xlsx"
    write_workbook(file, plan)
    read = read_plan(file, plan_sheets(plan))
    found = changes_of(plan, read, file)
    assert (found.overlay, found.changes, found.problems, found.notes) == ({}, [], [], [])
    assert read.about["Fingerprint"] == about(plan)["Fingerprint"]
    assert len(read.rows["Numbers"]) == len(plan_sheets(plan)[2].rows) > 20


def test_real_tables_and_native_formats(tmp_path: Path) -> None:
    file = tmp_path / "plan.xlsx"
    write_workbook(file, sim.load(REFERENCE))
    book = openpyxl.load_workbook(file)
    assert book.sheetnames == [ABOUT, "Assumptions", "Levers", "Numbers"]
    for name in book.sheetnames[1:]:
        page = book[name]
        assert list(page.tables) == [name] and page.freeze_panes == "B2"
    share = cell(book, "Numbers", "teams.success.available_share", "Value")
    assert isinstance(share.value, float) and share.number_format == "0.0%"
    money = cell(book, "Numbers", "teams.success.cost_per_month", "Value")
    assert money.data_type == "n" and "#,##0.00" in money.number_format
    after = cell(book, "Numbers", "segments.midmarket.journey.first_value.after", "Value")
    assert (after.value, cell(book, "Numbers", "segments.midmarket.journey.first_value.after", "Unit").value) == (
        2, "months",
    )  # fmt: skip


def test_changes_come_back_with_owner_and_comment(tmp_path: Path) -> None:
    def edit(book: Any) -> None:
        cell(book, "Numbers", PEOPLE, "Value").value = 7
        cell(book, "Numbers", PEOPLE, "Owner").value = "finance"
        cell(book, "Numbers", PEOPLE, "Comment").value = "board of May"
        cell(book, "Numbers", TAKE, "Value").value = 0.35
        cell(book, "Numbers", "segments.midmarket.journey.first_value.after", "Unit").value = "weeks"
        cell(book, "Levers", "onboarding_reach", "To").value = 0.9
        cell(book, "Levers", "class_size", "Choices").value = "6; 10"
        cell(book, "Levers", "success_people", "At most").value = 2
        cell(book, "Levers", "success_people", "Owner").value = "people"
        cell(book, "Levers", "success_people", "Comment").value = "one desk less"

    found = given_back(tmp_path, edit)
    assert messages(found) == []
    assert {one.path for one in found.changes} >= {PEOPLE, TAKE, "levers.class_size.change.choices"}
    assert found.overlay["teams"]["success"]["people"]["value"] == 7
    assert found.overlay["teams"]["success"]["people"]["owner"] == "finance"
    changed = sim.load(REFERENCE, overlays=[found.overlay])
    assert changed.teams["success"].people == 7
    assert changed.provenance[PEOPLE].comment == "board of May"
    assert changed.levers["class_size"].change.choices == (6, 10)
    people = changed.provenance["levers.success_people.hire.at_most"]
    assert (people.owner, people.comment) == ("people", "one desk less")
    assert "cost" not in found.overlay["levers"]["success_people"]
    base = sim.load(REFERENCE)
    before, after = (
        {str(row[sheet.key].value): row for sheet in plan_sheets(one) for row in sheet.rows} for one in (base, changed)
    )
    others = {key for key in before if before[key] != after[key]}
    assert others == {
        PEOPLE, TAKE, "segments.midmarket.journey.first_value.after", "onboarding_reach", "class_size",
        "success_people",
    }  # fmt: skip


def test_a_source_does_not_outlive_the_number_that_it_measured(tmp_path: Path) -> None:
    measured = "segments.midmarket.renewal.probability"

    def edit(book: Any) -> None:
        cell(book, "Numbers", f"{measured}.beta.a", "Value").value = 12

    found = given_back(tmp_path, edit)
    assert messages(found) == [] and "measured the old number" in found.notes[0]
    plan = sim.load(REFERENCE, overlays=[found.overlay])
    origin = plan.provenance[measured]
    assert (origin.source, origin.evidence, origin.owner) == (None, None, "finance")
    assert found.overlay["segments"]["midmarket"]["renewal"]["probability"]["value"] == {"beta": {"a": 12, "b": 2}}

    def with_source(book: Any) -> None:
        edit(book)
        cell(book, "Numbers", f"{measured}.beta.a", "Source").value = "Finance, renewals 2025-2027"

    told = given_back(tmp_path, with_source)
    assert told.notes == []
    again = sim.load(REFERENCE, overlays=[told.overlay]).provenance[measured]
    assert (again.source, again.evidence) == ("Finance, renewals 2025-2027", "own")


def test_ranges_are_changed_taken_away_and_added(tmp_path: Path) -> None:
    turn = "interventions.onboarding.effects.0.turn_toward.mean"

    def narrower(book: Any) -> None:
        cell(book, "Assumptions", turn, "High").value = 0.4
        page = book["Assumptions"]
        heads = [one.value for one in page[1]]
        row = page.max_row + 1
        for title, value in {"Path": "teams.success.available_share", "Low": 0.5, "High": 0.8, "Owner": "ops"}.items():
            page.cell(row, heads.index(title) + 1).value = value

    found = given_back(tmp_path, narrower)
    assert messages(found) == []
    changed = sim.load(REFERENCE, overlays=[found.overlay])
    ends = changed.assumptions[turn].distribution.ppf([0.0, 1.0])
    assert list(ends) == pytest.approx([0.0, 0.4])
    assert changed.assumptions["teams.success.available_share"].owner == "ops"

    def known(book: Any) -> None:
        for title in ("Distribution", "Low", "Likely", "High"):
            cell(book, "Assumptions", turn, title).value = None

    gone = given_back(tmp_path, known)
    assert gone.overlay == {"assumptions": {turn: None}}
    assert turn not in sim.load(REFERENCE, overlays=[gone.overlay]).assumptions


def test_parameters_of_other_distributions_are_text(tmp_path: Path) -> None:
    joined = "segments.midmarket.arrivals.per_month"

    def wider(book: Any) -> None:
        assert cell(book, "Assumptions", joined, "Parameters").value == "median: 6; spread: 0.2"
        cell(book, "Assumptions", joined, "Parameters").value = "median: 6; spread: 0.3"

    found = given_back(tmp_path, wider)
    assert messages(found) == [] and "measured the old range" in found.notes[0]
    changed = sim.load(REFERENCE, overlays=[found.overlay]).assumptions[joined]
    assert (changed.owner, changed.source) == ("sales", None)
    assert changed.distribution.ppf([0.5])[0] == pytest.approx(6)

    def another(book: Any) -> None:
        for title, value in {
            "Distribution": "triangular",
            "Parameters": None,
            "Low": 4,
            "Likely": 6,
            "High": 9,
        }.items():
            cell(book, "Assumptions", joined, title).value = value
        cell(book, "Assumptions", joined, "Source").value = "Sales plan 2028"

    found = given_back(tmp_path, another)
    assert messages(found) == [] and found.notes == []
    changed = sim.load(REFERENCE, overlays=[found.overlay]).assumptions[joined]
    assert list(changed.distribution.ppf([0.0, 1.0])) == pytest.approx([4, 9]) and changed.source == "Sales plan 2028"

    def both(book: Any) -> None:
        cell(book, "Assumptions", joined, "Low").value = 4

    assert "either Low, Likely and High, or Parameters" in messages(given_back(tmp_path, both))[0]


def test_every_error_names_sheet_and_cell(tmp_path: Path) -> None:
    places: dict[str, str] = {}

    def edit(book: Any) -> None:
        for key, title, value in (
            (PEOPLE, "Value", "many"), (PEOPLE, "Evidence", "hearsay"), (PEOPLE, "Review by", "soon"),
            ("teams.success.hours_per_month", "Value", "=100+20"), ("teams.success.available_share", "Value", "#REF!"),
            ("teams.success.cost_per_month", "Unit", "GBP"), (TAKE, "Value", dt.date(2027, 1, 1)),
        ):  # fmt: skip
            one = cell(book, "Numbers", key, title)
            one.value = value
            places[f"{key} {title}"] = f"Numbers!{one.coordinate}"
        path = cell(book, "Numbers", "segments.midmarket.journey.first_value.after", "Path")
        path.value = "segments.midmarket.journey.first_valu.after"
        places["path"] = f"Numbers!{path.coordinate}"
        lever = cell(book, "Levers", "conference", "Lever")
        lever.value = "conferences"
        places["lever"] = f"Levers!{lever.coordinate}"

    said = messages(given_back(tmp_path, edit))
    for place, word in (
        (f"{PEOPLE} Value", "a whole number"), (f"{PEOPLE} Evidence", "own, published or prior"),
        (f"{PEOPLE} Review by", "a date such as"), ("teams.success.hours_per_month Value", "a formula without a value"),
        ("teams.success.available_share Value", "#REF!"), ("teams.success.cost_per_month Unit", "the unit of money is"),
        (f"{TAKE} Value", "a date"), ("path", "did you mean"), ("lever", "did you mean 'conference'"),
    ):  # fmt: skip
        assert any(f"plan.xlsx: {places[place]}: " in one and word in one for one in said), (place, said)


def test_what_the_scenario_refuses_is_told_by_cell(tmp_path: Path) -> None:
    def edit(book: Any) -> None:
        cell(book, "Numbers", TAKE, "Value").value = 45

    found = given_back(tmp_path, edit)
    with pytest.raises(ScenarioError) as refused:
        sim.load(REFERENCE, overlays=[found.overlay])
    assert found.cell_of(refused.value.problems[0].path).startswith("Numbers!B")


@pytest.mark.parametrize(("title", "value"), [("Low", 0.9), ("Likely", 0.95), ("High", -0.5)])
def test_ends_that_do_not_go_together_are_told_by_the_cell_that_was_changed(
    tmp_path: Path, title: str, value: float
) -> None:
    turn, where = "interventions.onboarding.effects.0.turn_toward.mean", list[str]()

    def edit(book: Any) -> None:
        changed = cell(book, "Assumptions", turn, title)
        changed.value = value
        where.append(f"Assumptions!{changed.coordinate}")

    found = given_back(tmp_path, edit)
    if found.problems:  # what the sheet shows by itself
        told = [one.path for one in found.problems]
    else:
        with pytest.raises(ScenarioError) as refused:
            sim.load(REFERENCE, overlays=[found.overlay])
        told = [found.cell_of(one.path) for one in refused.value.problems]
    assert told == where


def test_text_that_begins_like_a_formula_stays_text(tmp_path: Path) -> None:
    evil = '=HYPERLINK("x")'

    def edit(book: Any) -> None:
        cell(book, "Numbers", PEOPLE, "Comment").value = f"'{evil}"

    overlay = given_back(tmp_path, edit).overlay
    plan = sim.load(REFERENCE, overlays=[overlay])
    assert plan.provenance[PEOPLE].comment == evil

    def look(book: Any) -> None:
        for page in book.worksheets:
            for row in page.iter_rows():
                assert all(one.data_type != "f" for one in row)

    assert given_back(tmp_path, look, plan).overlay == {}


def test_no_workbook_no_plan(tmp_path: Path) -> None:
    sheets = plan_sheets(sim.load(REFERENCE))
    file = tmp_path / "x.xlsx"
    file.write_bytes(b"PK\x03\x04 nothing")
    with pytest.raises(ScenarioError, match="damaged or something else"):
        read_plan(file, sheets)
    openpyxl.Workbook().save(file)
    with pytest.raises(ScenarioError, match="none of the sheets"):
        read_plan(file, sheets)
    with pytest.raises(ScenarioError, match="No such file"):
        read_plan(tmp_path / "none.xlsx", sheets)


@settings(max_examples=25, deadline=None, suppress_health_check=[HealthCheck.too_slow, HealthCheck.data_too_large])
@given(scenarios(), st.data())
def test_edits_are_what_the_changed_plan_says(tree: dict[str, Any], data: st.DataObject) -> None:
    """Whatever numbers somebody makes a little smaller, the overlay gives a plan whose sheets hold just these."""
    plan = sim.from_mapping(tree)
    sheets = plan_sheets(plan)
    numbers = [row for row in sheets[2].rows if isinstance(row["Value"].value, int | float)]
    picked = data.draw(st.lists(st.sampled_from(range(len(numbers))), unique=True, max_size=4))
    wanted = {}
    rows: dict[str, list[dict[str, Found]]] = {}
    for sheet in sheets:
        rows[sheet.name] = []
        for place, row in enumerate(sheet.rows):
            cells = {title: Found(one.value, f"{sheet.name}!{title}{place}") for title, one in row.items()}
            if sheet.name == "Numbers" and any(row is numbers[one] for one in picked):
                old = row["Value"].value
                assert isinstance(old, int | float)
                new = old - 1 if isinstance(old, int) and old > 1 and row["Unit"].value == "" else round(old * 0.9, 6)
                wanted[str(row["Path"].value)] = new
                cells["Value"] = Found(new, f"Numbers!B{place}")
            rows[sheet.name].append(cells)
    found = changes_of(plan, GivenBack({}, rows, []), Path("plan.xlsx"))
    try:
        changed = sim.from_mapping(laid_over(plan.resolved(), found.overlay))
    except ScenarioError as error:  # a number that the plan cannot have is told by its cell
        assert all(found.cell_of(one.path) for one in error.problems)
        return
    now = {str(row["Path"].value): row["Value"].value for row in plan_sheets(changed)[2].rows}
    before = {str(row["Path"].value): row["Value"].value for row in sheets[2].rows}
    refused = {one.path for one in found.problems}
    assert {path: now[path] for path in now} == pytest.approx(
        {path: wanted.get(path, value) for path, value in before.items()} if not refused else now, rel=1e-9
    )


def laid_over(base: Any, over: Any) -> Any:
    """What an overlay makes of plain values: mappings merge, null takes away, a number with its source is replaced."""
    if not isinstance(base, dict) or not isinstance(over, dict) or "value" in over or "value" in base:
        return over
    merged = dict(base)
    for key, value in over.items():
        if value is None:
            merged.pop(key, None)
        else:
            merged[key] = laid_over(merged.get(key), value)
    return merged


@pytest.mark.parametrize(
    "text", ["'tis a guess", "#TODO", "#1 PRIORITY", "#URGENT!", "=1+1", "-5 would be better", "'"]
)
def test_a_comment_is_a_text_whatever_it_begins_with(tmp_path: Path, text: str) -> None:
    said = {"value": 3, "source": "the team", "evidence": "own", "comment": text}
    plan = sim.load(REFERENCE, overlays=[{"teams": {"success": {"people": said}}}])
    found = given_back(tmp_path, lambda book: None, plan)
    assert (found.overlay, found.changes, found.problems) == ({}, [], [])


@pytest.mark.parametrize("error", ["#N/A", "#DIV/0!", "#SPILL!"])
def test_an_error_of_a_spreadsheet_is_no_value(tmp_path: Path, error: str) -> None:
    def spoil(book: Any) -> None:
        cell(book, "Numbers", "teams.success.hours_per_month", "Value").value = error

    assert f"holds the error {error}" in messages(given_back(tmp_path, spoil))[0]

"""The book: what its rows become, and every fault of every row at once."""

import csv
import datetime as dt
import io
import math
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

import simulation.scenario.book.book as book_module
from simulation.model.random import book_key
from simulation.scenario.book import NONE_REACHED, UNKNOWN, BookError, load_book
from simulation.scenario.schema import Scenario
from simulation.scenario.schema.scenario import BookRef

START = dt.date(2027, 1, 1)
COLUMNS = [
    "member_id", "segment", "arr", "joined", "renews_on", "milestone", "progress", "direction", "magnitude",
    "value_recognised_on", "open_setback", "cycle",
]  # fmt: skip
GOOD = {
    "member_id": "M-1",
    "segment": "individual",
    "arr": "1200.50",
    "joined": "2024-03-15",
    "renews_on": "2027-03-15",
    "milestone": "first_value",
    "progress": "1.5",
    "direction": "-45",
    "magnitude": "1.25",
    "value_recognised_on": "2026-12-01",
    "open_setback": "2026-12-31",
    "cycle": "",
}
CORPORATE = {"segment": "corporate", "milestone": "", "progress": ""}


def scenario(columns: dict[str, str] | None = None, segments: int = 3, currency: str = "USD") -> Scenario:
    """Three segments: with grace and setbacks, with a term of two years, with a cycle."""
    outcome = {"required": "a growing practice"}
    growth = {"stage": "growth", "after": "6 months"}
    every = {
        "individual": {
            "desired_outcome": outcome,
            "arr": 320,
            "journey": {
                "first_value": {"stage": "adoption", "after": "2 months"},
                "certified": {"stage": "value", "after": "4 months"},
            },
            "setbacks": {
                "rate": "1 per year",
                "resolves_itself": "60 days",
                "escalates_after": "30 days",
                "turn": "70 deg",
            },
            "renewal": {"probability": "93%", "grace": {"length": "30 days", "recovery": "50%"}},
        },
        "corporate": {"desired_outcome": outcome, "arr": 5000, "term": "24 months"},
        "chapter": {"desired_outcome": outcome, "arr": 900, "journey": {"more": growth}, "cycle": True},
    }
    raw: dict[str, Any] = {
        "name": "Test",
        "currency": currency,
        "start": START.isoformat(),
        "horizon": "12 months",
        "segments": dict(list(every.items())[:segments]),
    }
    if columns is not None:
        raw["book"] = {"file": "book.csv", "columns": columns}
    return Scenario.model_validate(raw)


PLAN = scenario()


def write(folder: Path, *rows: dict[str, str], delimiter: str = ",", name: str = "book.csv") -> Path:
    """Write rows, each a change to GOOD with an id of its own."""
    path = folder / name
    with path.open("w", newline="", encoding="utf-8") as file:
        writer = csv.DictWriter(file, COLUMNS, delimiter=delimiter)
        writer.writeheader()
        for number, row in enumerate(rows, start=1):
            writer.writerow({**GOOD, "member_id": f"M-{number}", **row})
    return path


def days(date: str) -> float:
    return float((dt.date.fromisoformat(date) - START).days)


def test_every_column_in_base_units(tmp_path: Path) -> None:
    bare = dict.fromkeys(COLUMNS[5:], "")
    path = write(
        tmp_path,
        {},
        {**bare, "segment": "corporate", "arr": "$5,000", "renews_on": "2029-01-01", "joined": "2027-01-01"},
        {**bare, "milestone": "none", "progress": "0", "renews_on": "2026-12-05"},
        {**bare, "segment": "chapter", "milestone": "more", "cycle": "2"},
    )
    book = load_book(path, PLAN)
    assert len(book) == 4
    assert book.member_id == ["M-1", "M-2", "M-3", "M-4"]
    assert book.key.tolist() == [book_key(name) for name in book.member_id]
    assert book.segment.tolist() == [0, 1, 0, 2]
    assert book.arr.tolist() == [120050, 500000, 120050, 120050]
    assert book.joined.tolist() == [days("2024-03-15"), 0, days("2024-03-15"), days("2024-03-15")]
    assert book.renews_on.tolist() == [days("2027-03-15"), 731, -27, days("2027-03-15")]
    assert book.milestone.tolist() == [0, UNKNOWN, NONE_REACHED, 0]
    np.testing.assert_array_equal(book.progress, [1.5, math.nan, 0, math.nan])
    np.testing.assert_array_equal(book.direction, [-math.pi / 4, math.nan, math.nan, math.nan])
    np.testing.assert_array_equal(book.magnitude, [1.25, math.nan, math.nan, math.nan])
    np.testing.assert_array_equal(book.value_recognised_on, [-31, math.nan, math.nan, math.nan])
    np.testing.assert_array_equal(book.open_setback, [-1, math.nan, math.nan, math.nan])
    assert book.cycle.tolist() == [0, 0, 0, 2]
    kinds = ("uint64", "int32", "int64", "float64", "float64", "int32")
    fields = ("key", "segment", "arr", "joined", "renews_on", "milestone")
    assert [getattr(book, name).dtype for name in fields] == list(kinds)
    assert book.total_arr == 120050 * 3 + 500000
    assert book.excluded.members == 0 and book.excluded.total_arr == 0
    assert book.warnings == ()
    assert len(book.digest) == 64
    assert "M-1" not in repr(book)


@pytest.mark.parametrize(
    ("text", "cents"),
    [
        ("0", 0), ("1200", 120000), ("1200.5", 120050), ("1,200.50", 120050), ("$1,200.50", 120050),
        ("$ 1200", 120000), ("USD 1,200", 120000), ("1,200.50 USD", 120050), ("1200.50$", 120050), (".5", 50),
        ("1.2e3", 120000), (" 7 ", 700), ("0.005", 0), ("333.3333", 33333),
        ("8,999,999,999.99", 899999999999),
    ],
)  # fmt: skip
def test_money(tmp_path: Path, text: str, cents: int) -> None:
    assert load_book(write(tmp_path, {"arr": text}), PLAN).arr.tolist() == [cents]


@pytest.mark.parametrize(
    ("change", "column", "fragment"),
    [
        ({"member_id": ""}, "member_id", "is empty"),
        ({"member_id": "a\nb"}, "member_id", "line break"),
        ({"member_id": "a\0b"}, "member_id", "unprintable"),
        ({"member_id": "x" * 300}, "member_id", "at most 256"),
        ({"segment": "indvidual"}, "segment", "did you mean 'individual'?"),
        ({"segment": ""}, "segment", "expected one of individual, corporate or chapter"),
        ({"arr": ""}, "arr", "is empty"),
        ({"arr": "-5"}, "arr", "negative"),
        ({"arr": "$-5"}, "arr", "negative"),
        ({"arr": "(5.00)"}, "arr", "negative"),
        ({"arr": "nan"}, "arr", "expected 1200.50, 1,200.50 or $1,200.50"),
        ({"arr": "inf"}, "arr", "expected 1200.50"),
        ({"arr": "1e300"}, "arr", "absurd"),
        ({"arr": "10000000001"}, "arr", "absurd"),
        ({"arr": "1.200,50"}, "arr", "expected 1200.50"),
        ({"arr": "1,20"}, "arr", "expected 1200.50"),
        ({"arr": "\u20ac5"}, "arr", "the scenario counts in USD"),
        ({"arr": "5 EUR"}, "arr", "is in EUR"),
        ({"arr": "\u0661\u0662"}, "arr", "expected 1200.50"),
        ({"arr": "1" * 5000}, "arr", "too long"),
        ({"joined": ""}, "joined", "is empty"),
        ({"joined": "03/04/2026"}, "joined", "expected year-month-day such as 2027-01-31"),
        ({"joined": "3.4.26"}, "joined", "mistaken"),
        ({"joined": "46023"}, "joined", "formats as a date"),
        ({"joined": "2026-02-30"}, "joined", "no such day"),
        ({"joined": "0001-01-01"}, "joined", "1900-2200"),
        ({"joined": "soon"}, "joined", "not a date"),
        ({"joined": "2027-01-02"}, "joined", "after the start, 2027-01-01"),
        ({"renews_on": "2024-03-15"}, "renews_on", "does not lie after joined"),
        ({"renews_on": "2020-03-15"}, "renews_on", "does not lie after joined"),
        ({"renews_on": "2026-12-01"}, "renews_on", "31 days past due"),
        ({"renews_on": "2028-01-02"}, "renews_on", "2028-01-01 at the latest"),
        ({**CORPORATE, "renews_on": "2026-12-31"}, "renews_on", "no grace"),
        ({"milestone": "certifed"}, "milestone", "did you mean 'certified'?"),
        ({"milestone": "more"}, "milestone", "segment 'individual' has no milestone 'more'"),
        ({"milestone": ""}, "progress", "write none"),
        ({"progress": "-0.1"}, "progress", "negative"),
        ({"progress": "1e9"}, "progress", "absurd"),
        ({"progress": "1,5"}, "progress", "write a point"),
        ({"progress": "NaN"}, "progress", "leave the cell empty"),
        ({"direction": "180.5"}, "direction", "-180 to 180"),
        ({"direction": "-181"}, "direction", "-180 to 180"),
        ({"direction": "1e999"}, "direction", "far too large"),
        ({"magnitude": "0"}, "magnitude", "more than 0"),
        ({"magnitude": "-1"}, "magnitude", "more than 0"),
        ({"magnitude": "1001"}, "magnitude", "absurd"),
        ({"value_recognised_on": "2027-01-02"}, "value_recognised_on", "after the start"),
        ({"value_recognised_on": "2024-03-14"}, "value_recognised_on", "before joined"),
        ({"open_setback": "2027-01-02"}, "open_setback", "after the start"),
        ({"open_setback": "2024-03-14"}, "open_setback", "before joined"),
        ({"cycle": "1"}, "cycle", "does not repeat"),
        ({"cycle": "-1"}, "cycle", "is no cycle"),
        ({"cycle": "1.5"}, "cycle", "whole number"),
        ({"segment": "chapter", "milestone": "none", "cycle": "1"}, "cycle", "last milestone"),
    ],
)  # fmt: skip
def test_one_fault(tmp_path: Path, change: dict[str, str], column: str, fragment: str) -> None:
    path = write(tmp_path, {}, change, {})
    with pytest.raises(BookError) as caught:
        load_book(path, PLAN)
    [problem] = caught.value.problems
    assert (problem.file, problem.line, problem.path) == (str(path), 3, column)
    assert problem.column == COLUMNS.index(column) + 1
    assert fragment in problem.message
    assert "\n" not in str(problem) and len(problem.message) < 250
    book = load_book(path, PLAN, quarantine=True)
    assert book.member_id == ["M-1", "M-3"]
    assert book.excluded.line.tolist() == [3]
    assert len(book.excluded.reasons[0]) == 1


def test_the_edges_of_time_are_allowed(tmp_path: Path) -> None:
    rows = [
        {"renews_on": "2027-01-01"},  # due on the first day
        {"renews_on": "2028-01-01"},  # a whole term away
        {"renews_on": "2026-12-02"},  # grace ends on the first day
        {"joined": "2027-01-01", "value_recognised_on": "2027-01-01", "open_setback": "2027-01-01"},
        {"joined": "2024-03-15T18:30:00"},
    ]
    book = load_book(write(tmp_path, *rows), PLAN)
    assert book.renews_on[:3].tolist() == [0, 365, -30]
    assert book.joined[-1] == days("2024-03-15")


def test_all_faults_at_once_in_the_order_of_lines(tmp_path: Path) -> None:
    path = write(
        tmp_path,
        {"arr": "-1", "segment": "x", "joined": "1/2/2020"},
        {},
        {"member_id": "M-2"},
        {"direction": "200", "magnitude": "0"},
    )
    with pytest.raises(BookError) as caught:
        load_book(path, PLAN)
    found = [(problem.line, problem.path) for problem in caught.value.problems]
    assert [line for line, _ in found] == [2, 2, 2, 4, 5, 5]
    expected = {2: {"arr", "segment", "joined"}, 4: {"member_id"}, 5: {"direction", "magnitude"}}
    assert {line: {path for at, path in found if at == line} for line, _ in found} == expected
    assert "stands already on line 3" in str(caught.value)


def test_the_text_of_the_error_is_capped_and_counts_the_rest(tmp_path: Path) -> None:
    path = write(tmp_path, *[{"arr": "-1"}] * 70, *[{"magnitude": "0"}] * 10)
    with pytest.raises(BookError) as caught:
        load_book(path, PLAN)
    assert len(caught.value.problems) == 80
    lines = str(caught.value).splitlines()
    assert len(lines) == 11
    assert lines[-1] == "... and 70 more faults: 60 in arr, 10 in magnitude"


def test_quarantine_says_how_many_and_how_much(tmp_path: Path) -> None:
    path = write(
        tmp_path,
        {"arr": "100", "magnitude": "0", "direction": "999"},
        {"arr": "-7"},
        {"arr": "oops"},
        {"arr": "50.25", "segment": "M-1"},
        {"arr": "10"},
        {"arr": "20", "member_id": "M-5"},
    )
    book = load_book(path, PLAN, quarantine=True)
    left = book.excluded
    assert book.member_id == ["M-5"] and book.arr.tolist() == [1000]
    assert left.line.tolist() == [2, 3, 4, 5, 7]
    assert left.members == 5 and left.total_arr == 10000 + 5025 + 2000 and left.unknown_arr == 2
    assert left.reasons[0] == ("direction out of range", "magnitude not positive")
    assert left.reasons[-1] == ("duplicate member id (first on line 6)",)
    assert "M-" not in repr(left.reasons), "reasons are kept with a run and must not name members"
    with pytest.raises(BookError, match="no good row"):
        load_book(write(tmp_path, {"arr": "-1"}), PLAN, quarantine=True)


def test_keys_that_collide_are_an_error_even_in_quarantine(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(book_module, "book_key", lambda name: 7 if name in ("M-1", "M-3") else book_key(name))
    path = write(tmp_path, {}, {}, {})
    for quarantine in (False, True):
        with pytest.raises(BookError, match=r"lines \[2, 4\] share one"):
            load_book(path, PLAN, quarantine=quarantine)


def test_setbacks_of_segments_without_them_are_ignored_and_told(tmp_path: Path) -> None:
    book = load_book(write(tmp_path, CORPORATE, {}), PLAN)
    np.testing.assert_array_equal(book.open_setback, [math.nan, -1])
    assert book.warnings == ("1 open setbacks are in segments without setbacks: ignored",)


def test_the_total_must_fit(tmp_path: Path) -> None:
    path = write(tmp_path, *[{"arr": "9000000000"}] * 1200)
    with pytest.raises(BookError, match="ARR of all members together is absurd"):
        load_book(path, PLAN)


def test_columns_are_mapped(tmp_path: Path) -> None:
    path = tmp_path / "book.csv"
    path.write_text("Id,Fee,Since,Due,Milestones\nA,10,2026-01-01,2027-02-01,\n")
    names = {"member_id": "Id", "arr": "Fee", "joined": "Since", "renews_on": "Due"}
    book = load_book(path, scenario(names, segments=1))
    assert book.member_id == ["A"] and book.segment.tolist() == [0]
    assert book.warnings == ("column 'Milestones' is not used; is it 'milestone'?",)
    with pytest.raises(BookError) as caught:
        load_book(path, scenario({**names, "ar": "Fee", "renews_on": "due"}, segments=2))
    text = str(caught.value)
    assert "book.columns.ar: there is no such column of a book" in text and "did you mean 'arr'" in text
    assert "book.columns.renews_on: there is no column 'due'" in text and "did you mean 'Due'" in text
    assert "segment: there is no column 'segment' in the header" in text


def test_all_missing_columns_are_named_with_the_nearest(tmp_path: Path) -> None:
    path = tmp_path / "book.csv"
    path.write_text("\nMember ID,segment,arr,arr,joind\n1,2,3,4,5\n")
    with pytest.raises(BookError) as caught:
        load_book(path, PLAN, quarantine=True)
    assert {problem.path for problem in caught.value.problems} == {"member_id", "arr", "joined", "renews_on"}
    assert {problem.line for problem in caught.value.problems} == {2}
    text = str(caught.value)
    assert "book: {columns: {member_id: 'Member ID'}}" in text
    assert "more than once in the header: columns 3 and 4" in text


def test_the_digest_is_checked_when_the_scenario_states_it(tmp_path: Path) -> None:
    path = write(tmp_path, {})
    digest = load_book(path, PLAN).digest
    for stated in (digest, "0" * 64):
        book = BookRef.model_validate({"file": str(path), "sha256": stated})
        plan = PLAN.model_copy(update={"book": book})
        if stated == digest:
            assert len(load_book(path, plan)) == 1
        else:
            with pytest.raises(BookError, match="asks for a book of digest 0000"):
                load_book(path, plan)


IDS = st.text(min_size=1, max_size=12).filter(lambda text: text.isprintable() and text == text.strip())
AMOUNTS = st.integers(0, 10**9)


@st.composite
def rows(draw: st.DrawFn) -> dict[str, Any]:
    """Draw one good row: the values that the book must give back."""
    joined = draw(st.integers(-20000, 0))
    milestone = draw(st.sampled_from(["", "none", "first_value", "certified"]))
    number = st.floats(0, 1000, allow_subnormal=False)
    since = st.none() | st.integers(joined, 0)
    return {
        "arr": draw(AMOUNTS),
        "joined": joined,
        "renews_on": draw(st.integers(max(joined + 1, -30), 365)),
        "milestone": milestone,
        "progress": draw(number) if milestone else None,
        "direction": draw(st.none() | st.floats(-180, 180)),
        "magnitude": draw(st.none() | st.floats(0.001, 1000)),
        "value_recognised_on": draw(since),
        "open_setback": draw(since),
    }


def as_text(row: dict[str, Any]) -> dict[str, str]:
    text = {name: "" if value is None else str(value) for name, value in row.items()}
    for name in ("joined", "renews_on", "value_recognised_on", "open_setback"):
        if row[name] is not None:
            text[name] = (START + dt.timedelta(days=row[name])).isoformat()
    text["arr"] = f"{row['arr'] // 100:,}.{row['arr'] % 100:02d}"
    return text


@settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(st.dictionaries(IDS, rows(), min_size=1, max_size=8), st.sampled_from(",;\t"))
def test_good_books_come_back(tmp_path: Path, members: dict[str, dict[str, Any]], delimiter: str) -> None:
    texts = [{"member_id": name, "cycle": "", **as_text(row)} for name, row in members.items()]
    book = load_book(write(tmp_path, *texts, delimiter=delimiter), PLAN)
    assert book.member_id == list(members)
    for name in set(GOOD) - {"member_id", "segment", "milestone", "direction", "cycle"}:
        expected = [math.nan if row[name] is None else row[name] for row in members.values()]
        np.testing.assert_array_equal(getattr(book, name), expected)
    degrees = [math.nan if row["direction"] is None else row["direction"] for row in members.values()]
    np.testing.assert_array_equal(book.direction, np.deg2rad(degrees))
    codes = {"": UNKNOWN, "none": NONE_REACHED, "first_value": 0, "certified": 1}
    assert book.milestone.tolist() == [codes[row["milestone"]] for row in members.values()]


@settings(max_examples=150, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(st.lists(st.tuples(st.sampled_from(COLUMNS), st.text(max_size=12)), max_size=6), st.booleans())
def test_garbage_in_cells_is_never_a_surprise(tmp_path: Path, changes: list[tuple[str, str]], quarantine: bool) -> None:
    text = io.StringIO()
    writer = csv.DictWriter(text, COLUMNS)
    writer.writeheader()
    writer.writerows({**GOOD, "member_id": f"M-{i}", name: cell} for i, (name, cell) in enumerate(changes))
    writer.writerow(GOOD)
    path = tmp_path / "book.csv"
    path.write_bytes(text.getvalue().encode("utf-8", "surrogatepass"))
    try:
        book = load_book(path, PLAN, quarantine=quarantine)
    except BookError as error:
        assert error.problems and str(error)
    else:
        assert len(book) + book.excluded.members == len(changes) + 1

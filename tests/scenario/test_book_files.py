"""The files of a book: formats, encodings, exact lines, and hostile files in bounded time."""

import codecs
import datetime as dt
import io
import os
import sys
import time
import zipfile
from collections.abc import Callable
from decimal import Decimal
from pathlib import Path
from typing import Any

import numpy as np
import openpyxl
import pyarrow as pa
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from pyarrow import parquet

from simulation.scenario.book import Book, BookError, load_book
from simulation.scenario.schema import Scenario

PLAN = Scenario.model_validate(
    {
        "name": "Test",
        "start": "2027-01-01",
        "horizon": "12 months",
        "segments": {
            "people": {
                "desired_outcome": {"required": "a growing practice"},
                "arr": 320,
                "journey": {"first_value": {"stage": "adoption", "after": "2 months"}},
            }
        },
    }
)
HEADER = "member_id,segment,arr,joined,renews_on,milestone,direction,value_recognised_on"
ROWS = [
    "7,people,1200.5,2024-03-15,2027-03-15,first_value,-45.5,2026-12-01",
    "8,people,80,2026-12-31,2027-12-31,,,",
]
TEXT = "\n".join([HEADER, *ROWS]) + "\n"
TABLE: dict[str, list[Any]] = {
    "member_id": [7, 8],
    "segment": ["people", "people"],
    "arr": [1200.5, 80.0],
    "joined": [dt.date(2024, 3, 15), dt.date(2026, 12, 31)],
    "renews_on": [dt.date(2027, 3, 15), dt.date(2027, 12, 31)],
    "milestone": ["first_value", None],
    "direction": [-45.5, None],
    "value_recognised_on": [dt.date(2026, 12, 1), None],
}


def load(folder: Path, content: bytes | str, name: str = "book.csv", **options: Any) -> Book:
    path = folder / name
    path.write_bytes(content.encode() if isinstance(content, str) else content)
    return load_book(path, PLAN, **options)


def refused(folder: Path, content: bytes | str, name: str = "book.csv") -> str:
    """Return the text of the error."""
    with pytest.raises(BookError) as caught:
        load(folder, content, name)
    assert len(str(caught.value)) < 20_000
    return str(caught.value)


def parquet_bytes(table: pa.Table, **options: Any) -> bytes:
    sink = io.BytesIO()
    parquet.write_table(table, sink, **options)
    return sink.getvalue()


def sheet(rows: list[list[Any]], title: str = "Members", more: int = 0) -> bytes:
    workbook = openpyxl.Workbook()
    active = workbook.active
    assert active is not None
    active.title = title
    for row in rows:
        active.append(row)
    for number in range(more):
        workbook.create_sheet(f"More {number}")
    sink = io.BytesIO()
    workbook.save(sink)
    return sink.getvalue()


def sheet_rows() -> list[list[Any]]:
    return [list(TABLE), *(list(row) for row in zip(*TABLE.values(), strict=True))]


def repack(workbook: bytes, change: Callable[[str, bytes], bytes]) -> bytes:
    """Change the parts of a workbook."""
    sink = io.BytesIO()
    with (
        zipfile.ZipFile(io.BytesIO(workbook)) as old,
        zipfile.ZipFile(sink, "w", zipfile.ZIP_DEFLATED, compresslevel=1) as new,
    ):
        for name in old.namelist():
            new.writestr(name, change(name, old.read(name)))
    return sink.getvalue()


def same(one: Book, other: Book) -> None:
    assert one.member_id == other.member_id
    for name in ("key", *HEADER.split(",")[1:]):
        np.testing.assert_array_equal(getattr(one, name), getattr(other, name))


def test_the_formats_agree(tmp_path: Path) -> None:
    text = load(tmp_path, TEXT)
    assert text.member_id == ["7", "8"] and text.arr.tolist() == [120050, 8000]
    same(text, load(tmp_path, sheet(sheet_rows()), "book.xlsx"))
    same(text, load(tmp_path, parquet_bytes(pa.table(TABLE)), "book.parquet"))


@pytest.mark.parametrize(
    "change",
    [
        lambda text: text.replace(",", ";"),
        lambda text: text.replace(",", "\t"),
        lambda text: text.replace("\n", "\r\n"),
        lambda text: text.replace("\n", "\r"),
        lambda text: text.replace(",", ", "),
        lambda text: "\n\n" + text.replace("\n", "\n\n") + ",,,,,,,\n \n",
        lambda text: text.replace("\n", ",,\n"),
        lambda text: text.replace("people", '"people"'),
        lambda text: text.rstrip("\n"),
    ],
)
def test_dialects_of_text(tmp_path: Path, change: Callable[[str], str]) -> None:
    plain = load(tmp_path, TEXT)
    same(plain, load(tmp_path, change(TEXT)))
    same(plain, load(tmp_path, codecs.BOM_UTF8 + change(TEXT).encode(), "book.txt"))


def test_encodings(tmp_path: Path) -> None:
    text = TEXT.replace("\n8", "\nZo\u00eb")
    assert load(tmp_path, text).member_id == ["7", "Zo\u00eb"]
    book = load(tmp_path, text.encode("cp1252"))
    assert book.member_id == ["7", "Zo\u00eb"]
    assert book.warnings == ("is not UTF-8: read as Windows-1252; check names with accents",)
    assert "UTF-16" in refused(tmp_path, text.encode("utf-16"))
    assert "NUL bytes" in refused(tmp_path, text.encode("utf-16-le"))
    broken = text.encode("cp1252").replace(b"Zo\xeb", b"Zo\x81")
    assert "book.csv:3: the book has byte 0x81, which is neither UTF-8" in refused(tmp_path, broken)


def test_lines_are_exact_below_cells_of_several_lines(tmp_path: Path) -> None:
    text = HEADER + ',note\n1,people,5,2026-01-01,2027-02-01,,,,"one\ntwo\r\n\nfour"\n'
    text += "2,people,-5,2026-01-01,2027-02-01,,,,\n\n"
    text += '3,people,5,2026-01-01,2027-02-01,,,,"a\nb"\n4,people,x,2026-01-01,2027-02-01,,,,\n'
    with pytest.raises(BookError) as caught:
        load(tmp_path, text)
    assert [problem.line for problem in caught.value.problems] == [6, 10]
    book = load(tmp_path, text, quarantine=True)
    assert book.member_id == ["1", "3"] and book.warnings == ("column 'note' is not used",)


def test_rows_that_are_no_rows(tmp_path: Path) -> None:
    good = "people,5,2026-01-01,2027-02-01"
    text = "member_id,segment,arr,joined,renews_on\n"
    text += f'1,{good}\n2,{good},more\n3,people\n"4"x,{good}\n5,{good}\n"6,{good}\n7,{good}\n'
    with pytest.raises(BookError) as caught:
        load(tmp_path, text)
    lines = str(caught.value).splitlines()
    assert [problem.line for problem in caught.value.problems] == [3, 4, 5, 7]
    assert "has 6 cells, but the header has 5; quote cells" in lines[0]
    assert "has 2 cells, but the header has 5" in lines[1]
    assert "unbalanced" in lines[2]
    assert "a quotation mark opened here is never closed" in lines[3]
    book = load(tmp_path, text, quarantine=True)
    assert book.member_id == ["1", "5"]
    assert book.excluded.line.tolist() == [3, 4, 5, 7] and book.excluded.unknown_arr == 4


@pytest.mark.parametrize(
    ("name", "content", "fragment"),
    [
        ("book.csv", "", "the book is empty"),
        ("book.csv", " \n\n", "the book is empty"),
        ("book.csv", HEADER, "has a header, but no members"),
        ("book.csv", HEADER + "\n\n,,,,,,,\n", "has a header, but no members"),
        ("book.parquet", b"", "the book is empty"),
        ("book.xlsx", sheet([]), "the book is empty"),
        ("book.xlsx", sheet([list(TABLE)]), "has a header, but no members"),
        ("book.parquet", parquet_bytes(pa.table(TABLE).slice(0, 0)), "has a header, but no members"),
        ("book.json", "{}", "has the ending '.json': expected .csv, .tsv, .txt, .parquet"),
        ("book.xls", b"\xd0\xcf\x11\xe0", "save it as .xlsx"),
        ("book.csv", sheet([list(TABLE)]), "is named as text but is Excel inside"),
        ("book.xlsx", TEXT, "is named as Excel but is text inside"),
        ("book.xlsx", b"PK\x03\x04" + bytes(100), "cannot be read as an Excel workbook"),
        ("book.parquet", b"PAR1" + bytes(100), "cannot be read as Parquet"),
    ],
)
def test_files_that_are_no_book(tmp_path: Path, name: str, content: bytes | str, fragment: str) -> None:
    assert fragment in refused(tmp_path, content, name)


def test_files_that_cannot_be_opened(tmp_path: Path) -> None:
    (tmp_path / "folder.csv").mkdir()
    os.mkfifo(tmp_path / "pipe.csv")
    found = {}
    for name in ("missing.csv", "folder.csv", "pipe.csv", "nul\0.csv", "x" * 300 + ".csv"):
        with pytest.raises(BookError) as caught:
            load_book(tmp_path / name, PLAN)
        found[name[:6]] = str(caught.value)
    assert "does not exist" in found["missin"]
    assert "is not a file" in found["folder"] and "is not a file" in found["pipe.c"]
    assert "cannot be opened" in found["nul\0.c"] and "cannot be opened" in found["xxxxxx"]


def test_faults_in_a_sheet_name_the_cell(tmp_path: Path) -> None:
    rows: list[list[Any]] = [["a list", "of members"] + [None] * 6, [None] * 8, *sheet_rows()]
    text = refused(tmp_path, sheet(rows), "book.xlsx")
    assert "book.xlsx:1: member_id: there is no column 'member_id' in the header" in text
    rows = [["a list of members"] + [None] * 7, [None] * 8, *sheet_rows()]
    assert load(tmp_path, sheet(rows), "book.xlsx").line.tolist() == [4, 5]  # a title is no header
    wrong = [9, "people", 5, 46023, dt.datetime(2027, 5, 5, 12), "none", True, None]
    rows = [[None] * 8, *sheet_rows(), wrong]
    with pytest.raises(BookError) as caught:
        load(tmp_path, sheet(rows), "book.xlsx")
    assert [p.path for p in caught.value.problems] == ["joined (cell D5)", "direction (cell G5)"]
    assert {p.line for p in caught.value.problems} == {5}
    assert "formats as a date" in str(caught.value)


def test_the_first_visible_sheet_is_read(tmp_path: Path) -> None:
    book = load(tmp_path, sheet(sheet_rows(), more=2), "book.xlsx")
    assert book.warnings == ("has 3 sheets: only the first, 'Members', is read",)
    assert len(book) == 2


def test_excel_without_its_library(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "openpyxl", None)
    assert "pip install 'membersim[excel]'" in refused(tmp_path, sheet(sheet_rows()), "book.xlsx")


@pytest.mark.parametrize(
    ("column", "values"),
    [
        ("member_id", pa.array(["7", "8"]).dictionary_encode()),
        ("member_id", pa.array([b"7", b"8"])),
        ("member_id", pa.array([7.0, 8.0])),
        ("member_id", pa.array(["7", "8"], pa.large_string())),
        ("arr", pa.array([Decimal("1200.50"), Decimal(80)], pa.decimal128(20, 2))),
        ("arr", pa.array([1200.5, 80], pa.float32())),
        ("arr", pa.array(["$1,200.50", "80"])),
        ("joined", pa.array(["2024-03-15", "2026-12-31"])),
        ("joined", pa.array([dt.datetime(2024, 3, 15, 23), dt.datetime(2026, 12, 31)], pa.timestamp("ns"))),
        ("joined", pa.array(TABLE["joined"]).cast(pa.timestamp("us", "UTC"))),
        ("joined", pa.array(TABLE["joined"], pa.date64())),
        ("direction", pa.array([-45.5, float("nan")])),
    ],
)
def test_types_of_parquet(tmp_path: Path, column: str, values: Any) -> None:
    table = pa.table({**TABLE, column: values, "other": [[1], [2]]})
    book = load(tmp_path, parquet_bytes(table), "book.parquet")
    same(load(tmp_path, TEXT), book)
    assert book.warnings == ("column 'other' is not used",)


def test_faults_in_parquet_name_the_row(tmp_path: Path) -> None:
    table = pa.table({**TABLE, "arr": [1.0, None], "joined": [dt.date(1, 1, 1), dt.date(2026, 1, 1)]})
    with pytest.raises(BookError) as caught:
        load(tmp_path, parquet_bytes(table), "book.parquet")
    assert [(p.line, p.path) for p in caught.value.problems] == [(1, "joined"), (2, "arr")]
    nested = pa.table({**TABLE, "arr": [[1.0], [2.0]]})
    assert "holds list" in refused(tmp_path, parquet_bytes(nested), "book.parquet")


def test_faults_before_damage_are_kept(tmp_path: Path) -> None:
    table = pa.table({name: values * 40_000 for name, values in TABLE.items()})
    content = bytearray(parquet_bytes(table, row_group_size=20_000, compression="none", use_dictionary=False))
    middle = len(content) // 2
    content[middle : middle + 5_000] = bytes(5_000)
    text = refused(tmp_path, bytes(content), "book.parquet")
    assert "stands already on line 1" in text


def hostile_row(count: int) -> Callable[[str, bytes], bytes]:
    def change(name: str, part: bytes) -> bytes:
        long = b"<row>" + b"<c/>" * count + b"</row><row "
        return part.replace(b"<row ", long, 1) if "sheet1" in name else part

    return change


def hostile(kind: str) -> tuple[str, bytes]:
    """Build a file that costs a careless reader everything."""
    if kind == "one long line":
        return "book.csv", b"x" * (32 << 20)
    if kind == "NULs":
        return "book.csv", bytes(32 << 20)
    if kind == "a long line below the header":
        return "book.csv", TEXT.encode() + b"y" * (8 << 20)
    if kind == "ten million columns":
        return "book.csv", b"," * 10_000_000 + b"\n"
    if kind == "a thousand columns":
        return "book.csv", ",".join(f"c{i}" for i in range(1000)).encode() + b"\n" + b"," * 999
    if kind == "a quotation mark never closed":
        return "book.csv", TEXT.encode() + b'"9' + b",people\n" * 4_000_000
    if kind == "too many faults":
        return "book.csv", HEADER.encode() + b"\n" + b"a,b,c,d,e,f,g,h\n" * 40_000
    if kind == "too many lines":
        return "book.csv", TEXT.encode() + b"\r" * 20_000_000
    if kind == "rows of nothing":
        return "book.csv", TEXT.encode() + b"\n" * (1 << 20) + b"x"
    workbook = sheet(sheet_rows())
    if kind == "a zip bomb":
        zeros = b" " * (100 << 20)
        return "book.xlsx", repack(workbook, lambda name, part: part + zeros if "sheet1" in name else part)
    if kind == "a row of many cells":
        return "book.xlsx", repack(workbook, hostile_row(5_000_000))
    if kind == "a row far down":
        far = b'<row r="999999999999"'
        return "book.xlsx", repack(workbook, lambda name, part: part.replace(b'<row r="3"', far))
    if kind == "entities":
        bomb = b'<!DOCTYPE x [<!ENTITY a "ha">'
        for old, new in zip("abcdefghi", "bcdefghij", strict=True):
            bomb += f'<!ENTITY {new} "{f"&{old};" * 20}">'.encode()
        bomb += b"]>"

        def change(name: str, part: bytes) -> bytes:
            if "sheet1" not in name:
                return part
            return bomb + part.replace(b"<v>7</v>", b"<v>&j;</v>")

        return "book.xlsx", repack(workbook, change)
    if kind == "a workbook cut short":
        return "book.xlsx", workbook[: len(workbook) // 2]
    if kind == "Parquet cut short":
        content = parquet_bytes(pa.table(TABLE))
        return "book.parquet", content[: len(content) // 2]
    if kind == "a text repeated":
        table = pa.table(TABLE).take([0] * 20_000)
        word = pa.DictionaryArray.from_arrays(pa.array([0] * 20_000, pa.int32()), ["x" * (32 << 20)])
        table = table.set_column(0, "member_id", word)
        return "book.parquet", parquet_bytes(table, dictionary_pagesize_limit=1 << 30, store_schema=False)
    assert kind == "many columns of Parquet"
    return "book.parquet", parquet_bytes(pa.table({f"c{i}": [1] for i in range(5000)}))


@pytest.mark.parametrize(
    ("kind", "fragment"),
    [
        ("one long line", "has a line of more than"),
        ("NULs", "has a line of more than"),
        ("a long line below the header", "book.csv:4: the book has a line of more than"),
        ("ten million columns", "has a line of more than"),
        ("a thousand columns", "has 1,000 columns; at most 256"),
        ("a quotation mark never closed", "book.csv:4: a quotation mark opened here is never closed"),
        ("too many faults", "more than 50,000 faults: reading stopped here"),
        ("too many lines", "has more than 20,000,000 lines"),
        ("rows of nothing", "has 1 cell, but the header has 8"),
        ("a zip bomb", "unpacks to more than"),
        ("a row of many cells", "elements"),
        ("a row far down", "more than 1,048,576 rows"),
        ("entities", "cannot be read as an Excel workbook"),
        ("a workbook cut short", "cannot be read as an Excel workbook"),
        ("Parquet cut short", "cannot be read as Parquet"),
        ("a text repeated", "at most 256 characters"),
        ("many columns of Parquet", "has 5,000 columns"),
    ],
)
def test_hostile_files_have_a_bounded_cost(
    tmp_path: Path, kind: str, fragment: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("simulation.scenario.sheets.excel.MAX_UNPACKED", 99 << 20)
    monkeypatch.setattr("simulation.scenario.book.rows.MAX_FINDINGS", 50_000)
    name, content = hostile(kind)
    path = tmp_path / name
    path.write_bytes(content)
    begin = time.perf_counter()
    with pytest.raises(BookError) as caught:
        load_book(path, PLAN)
    assert fragment in str(caught.value)
    assert len(str(caught.value)) < 20_000
    assert time.perf_counter() - begin < 30


FILES = {
    "book.csv": TEXT.encode(),
    "book.xlsx": sheet(sheet_rows()),
    "book.parquet": parquet_bytes(pa.table(TABLE)),
}


@settings(max_examples=150, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(st.sampled_from(sorted(FILES)), st.binary(max_size=300), st.booleans())
def test_garbage_is_never_a_surprise(tmp_path: Path, name: str, garbage: bytes, headed: bool) -> None:
    magic = {"book.csv": HEADER.encode() + b"\n", "book.xlsx": b"PK\x03\x04", "book.parquet": b"PAR1"}[name]
    path = tmp_path / name
    path.write_bytes(magic + garbage if headed else garbage)
    with pytest.raises(BookError):
        load_book(path, PLAN)


@settings(max_examples=200, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    st.sampled_from(sorted(FILES)),
    st.lists(st.tuples(st.floats(0, 1, exclude_max=True), st.integers(0, 255)), min_size=1, max_size=4),
    st.floats(0, 1),
    st.booleans(),
)
def test_damaged_books_are_never_a_surprise(
    tmp_path: Path, name: str, bytes_changed: list[tuple[float, int]], kept: float, quarantine: bool
) -> None:
    content = bytearray(FILES[name])
    for place, value in bytes_changed:
        content[int(place * len(content))] = value
    if kept < 0.5:
        del content[int(2 * kept * len(content)) :]
    path = tmp_path / name
    path.write_bytes(content)
    try:
        book = load_book(path, PLAN, quarantine=quarantine)
    except BookError as error:
        assert error.problems and str(error)
    else:
        assert len(book) >= 1

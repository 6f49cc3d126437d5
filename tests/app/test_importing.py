"""The import in a browser: messy exports end to end, a broken file, and the plan chosen on the left."""

from __future__ import annotations

import re
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

import simulation as sim
from simulation.intake import read_import
from tests.app.club import write_club
from tests.app.conftest import PATIENCE, Served, Visit, start_server, stop_server
from tests.intake import exports

expect = pytest.importorskip("playwright.sync_api", reason="browser tests need playwright").expect
expect.set_options(timeout=PATIENCE)
Visits = Callable[..., Visit]


@pytest.fixture(scope="module")
def guild(tmp_path_factory: pytest.TempPathFactory) -> exports.Truth:
    """The exports of a simulated guild."""
    return exports.write(tmp_path_factory.mktemp("exports"))


def give(one: Visit, *files: Path) -> None:
    """Upload files, and wait until the page lists them."""
    one.view.locator(".upload input[type=file]").set_input_files([str(path) for path in files])
    for path in files:
        expect(one.view.locator(".given-files", has_text=path.name)).to_be_visible()


def read(one: Visit) -> Any:
    """Read the files; the headline."""
    one.view.get_by_label("Day of the export").fill(exports.EXPORTED.isoformat())
    one.view.get_by_role("button", name="Read the files").click()
    return one.view.locator(".headline:visible")


def test_messy_exports_become_a_plan(visit: Visits, server: Served, guild: exports.Truth) -> None:
    one = visit()
    one.tab("Import")
    give(one, *guild.files)
    expect(read(one)).to_contain_text(f"{len(guild.book)} members who pay")
    expect(one.view.locator(".headline:visible")).to_contain_text("10 rows did not fit")
    one.view.get_by_label("All members: Members").fill(str(len(guild.book) + 1))
    expect(one.view.get_by_text("All members: 1 member too few")).to_be_visible()
    one.view.get_by_label("All members: Members").fill(str(len(guild.book)))
    expect(one.view.get_by_text("All members: agrees")).to_be_visible()
    one.view.get_by_text("Row by row").click()
    expect(one.view.get_by_text("'31.02.2026': there is no such day in the calendar")).to_be_visible()
    one.view.get_by_label("Folder").fill("guild")
    one.view.get_by_role("button", name="Save").click()
    expect(one.view.get_by_text("Saved: guild/plan.yaml, guild/book.csv")).to_be_visible()
    one.view.get_by_role("button", name="Open the plan").click()
    expect(one.page.locator(".bar-title")).to_have_text("First plan of the imported members")
    assert sim.load(server.folder / "guild" / "plan.yaml").start == exports.EXPORTED
    assert read_import(server.folder / "guild" / "import.yaml").totals["all"].members == len(guild.book)
    # Once more under the same name: what is there stays.
    one.view.get_by_role("button", name="Save").click()
    expect(one.view.get_by_role("alert")).to_contain_text("already: choose another name")


def test_a_broken_file_is_refused_and_nothing_is_lost(visit: Visits, guild: exports.Truth, tmp_path: Path) -> None:
    broken = tmp_path / "broken.xlsx"
    broken.write_bytes(b"PK\x03\x04 this is no workbook")
    one = visit()
    one.tab("Import")
    give(one, *guild.files)
    expect(read(one)).to_contain_text("members who pay")
    one.view.get_by_label("All members: Members").fill("7")
    expect(one.view.get_by_text(re.compile("members too many"))).to_be_visible()
    give(one, broken)
    one.view.get_by_role("button", name="Read the files").click()
    expect(one.view.get_by_role("alert")).to_contain_text("broken.xlsx: the file cannot be read as an Excel workbook")
    expect(one.view.locator(".headline:visible")).to_contain_text("members who pay")
    expect(one.view.get_by_label("All members: Members")).to_have_value("7")
    assert one.view.locator(".given-files .q-chip").count() == len(guild.files) + 1
    one.view.locator(".given-files .q-chip", has_text="broken.xlsx").locator(".q-chip__icon--remove").click()
    one.view.get_by_role("button", name="Read the files").click()
    expect(one.view.get_by_role("alert")).to_be_hidden()
    expect(one.view.locator(".headline:visible")).to_contain_text("members who pay")


def test_what_no_file_can_answer_is_asked(visit: Visits, tmp_path: Path) -> None:
    members = tmp_path / "members.csv"
    members.write_text("member id,joined,dues\n1,03/04/2025,100\n2,05/04/2025,110\n", encoding="utf-8")
    one = visit()
    one.tab("Import")
    give(one, members)
    one.view.get_by_role("button", name="Read the files").click()
    expect(one.view.get_by_text("1 question below that no file can answer")).to_be_visible()
    expect(one.view.locator(".headline:visible")).to_have_count(0)
    one.view.get_by_label(re.compile("does the day come first")).click()
    one.page.get_by_role("option", name=re.compile("^day first")).click()
    expect(one.view.locator(".headline:visible")).to_contain_text("2 members who pay 210 USD a year")
    expect(one.view.get_by_text("no file can answer")).to_be_hidden()


def test_what_was_given_is_gone_when_the_server_ends(
    chromium: Any, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("TMPDIR", str(tmp_path))
    served = start_server(write_club(tmp_path / "plans"), tmp_path / "store", "--workers", "1")
    try:
        page = chromium.new_page()
        page.goto(served.url)
        page.get_by_role("tab", name="What it rests on").click()
        page.get_by_role("tab", name="Import").click()
        given = {"name": "members.csv", "mimeType": "text/csv", "buffer": b"member id,joined\nM1,2024-01-01\n"}
        page.locator(".upload input[type=file]").first.set_input_files(given)
        expect(page.locator(".given-files")).to_contain_text("members.csv")
        assert list(tmp_path.glob("membersim-*/exports/members.csv"))
    finally:
        stop_server(served)
    assert not list(tmp_path.glob("membersim-*"))

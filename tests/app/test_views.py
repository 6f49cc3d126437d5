"""The views in a browser: journey, benefits, what it depends on, what must be true, budget, objectives, evidence."""

from __future__ import annotations

import re
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from tests.app.asking import EXPORTED, HISTORY, MORE
from tests.app.club import CLUB
from tests.app.conftest import PATIENCE, Served, Visit

expect = pytest.importorskip("playwright.sync_api", reason="browser tests need playwright").expect
expect.set_options(timeout=PATIENCE)
Visits = Callable[..., Visit]
BARS = ".js-plotly-plot .barlayer .trace"
DOTS = ".js-plotly-plot .scatterlayer .trace"


@pytest.fixture(scope="module", autouse=True)
def shop(server: Served) -> None:
    """A scenario with assumptions, objectives and levers."""
    text = CLUB.replace("ARRIVALS", "10").replace("The club", "The shop") + MORE
    (server.folder / "shop.yaml").write_text(text)


def look(visit: Visit, tab: str, heading: str) -> Any:
    """Open a view and wait until it is there."""
    view = visit.tab(tab)
    expect(view.get_by_role("heading", name=heading, exact=True)).to_be_visible()
    return view


def start(view: Any, place: int = 0) -> None:
    view.get_by_role("button", name="Run").nth(place).click()


def test_the_journey_plays_and_stops_and_takes_the_keys(visit: Visits) -> None:
    one = visit()
    one.choose("The club")
    view = look(one, "Journey", "The journey")
    start(view)
    expect(view.locator(".headline")).to_contain_text("past adoption", timeout=4 * PATIENCE)  # the server warms up
    expect(one.status).to_have_text("200 futures")
    when = view.locator(".player-when")
    expect(when).to_have_text("End of 2027")
    view.get_by_role("button", name="Play").click()
    expect(when).not_to_have_text("End of 2027")
    view.get_by_role("button", name="Pause").click()
    expect(view.get_by_role("button", name="Play")).to_be_visible()
    before = when.inner_text()
    one.slider("Moment").press("ArrowRight")
    expect(when).not_to_have_text(before)
    one.slider("Moment").press("ArrowLeft")
    expect(when).to_have_text(before)
    expect(view.locator(BARS).first).to_be_attached()


def test_who_benefits_from_what_is_changed(visit: Visits) -> None:
    one = visit()
    one.choose("The club")
    view = look(one, "Who benefits", "Who benefits")
    start(view)
    expect(view.get_by_role("alert")).to_contain_text("Change something")
    one.page.get_by_role("switch", name="Newsletter").click()
    one.pick("Futures", "10, quick")
    start(view)
    expect(view.locator(".headline")).to_contain_text("“my changes”")
    expect(view.get_by_role("alert")).to_be_hidden()
    expect(view.get_by_text("Direct and displaced")).to_be_visible()
    view.get_by_text("Who benefits", exact=True).last.click()
    expect(view.locator("table.told").first).to_be_visible()


def test_what_it_depends_on_and_its_report(visit: Visits) -> None:
    one = visit()
    one.choose("The shop")
    view = look(one, "What it depends on", "What it depends on")
    one.pick("Of what", "Members at the end")
    one.pick("How thoroughly", "quick")
    start(view)
    expect(view.locator(".headline")).to_contain_text("Members at the end of 2027")
    expect(view.locator(DOTS).first).to_be_attached()
    with one.page.expect_download() as saved:
        view.get_by_role("button", name="Download report").click()
    assert saved.value.suggested_filename == "sensitivity.html"
    assert "The shop" in Path(saved.value.path()).read_text(encoding="utf-8")


def test_what_is_worth_knowing_before_a_choice(visit: Visits) -> None:
    one = visit()
    one.choose("The shop")
    view = look(one, "What it depends on", "What it depends on")
    beside = view.get_by_label("To choose from, beside the scenario as it is")
    expect(beside).to_be_hidden()
    one.open_group("Teams")
    one.slider("Coaches: people").press("ArrowRight")
    expect(beside).to_be_visible()
    one.put_aside("three_coaches")
    beside.click()
    one.page.get_by_role("option", name="three coaches", exact=True).click()
    one.page.keyboard.press("Escape")
    one.pick("Of what", "Contribution")
    one.pick("How thoroughly", "quick")
    start(view)
    expect(view.locator(".headline")).to_contain_text("has the best contribution of 2 options")
    expect(view.get_by_role("heading", name="Which to choose")).to_be_visible()
    expect(view.get_by_role("heading", name="What it is worth to know before choosing")).to_be_visible()
    expect(view.locator(BARS).first).to_be_attached()


def test_what_must_be_true_for_an_objective(visit: Visits) -> None:
    one = visit()
    one.choose("The shop")
    view = look(one, "What must be true", "What must be true")
    one.pick("Objective", "price rise")
    one.pick("Futures", "400, quick")
    start(view)
    expect(view.locator(".headline")).to_contain_text("Nothing more must be true: “price rise” is met in 100%")


def test_a_budget_is_refused_without_levers_and_its_plan_can_be_put_aside(visit: Visits) -> None:
    one = visit()
    one.choose("The club")
    view = look(one, "Budget", "Spend a budget")
    start(view)
    expect(view.get_by_role("alert")).to_contain_text("no levers")
    one.choose("The shop")
    view.get_by_label("At most").fill("50000")
    one.pick("So that it brings the most", "Chance of “many”")
    one.pick("How thoroughly", "quick, rough")
    start(view)
    expect(view.locator(".headline")).to_be_visible(timeout=4 * PATIENCE)
    expect(view.get_by_text("What each spend buys")).to_be_visible()


def test_objectives_and_their_windows(visit: Visits) -> None:
    one = visit()
    one.choose("The shop")
    view = look(one, "Objectives", "Objectives")
    start(view)
    expect(one.status).to_have_text("200 futures")
    expect(view.locator(".headline")).to_contain_text("Within 30 days")
    expect(view.locator(".ytick text").first).to_contain_text("many")
    # Nobody reaches anything within 30 days: the first window with something to show is open.
    days = view.get_by_role("button", name="90 days", exact=True)
    expect(days).to_have_attribute("aria-pressed", "true")
    expect(view.locator(DOTS).first).to_be_attached()
    view.get_by_role("button", name="30 days", exact=True).click()
    expect(view.get_by_text("Hardly any milestone is reached within 30 days")).to_be_visible()
    days.click()
    expect(view.locator(DOTS).first).to_be_attached()


def test_a_broken_history_is_told_and_a_good_one_answers(visit: Visits, tmp_path: Path) -> None:
    one = visit()
    one.choose("The club")
    view = look(one, "Evidence", "Evidence")
    start(view)
    expect(view.get_by_role("alert").first).to_have_text("Upload a history first")
    (tmp_path / "broken.csv").write_text("member_id,date,event\nA,someday,joined\nB,2027-02-30,sneezed\n")
    (tmp_path / "good.csv").write_text(HISTORY)
    (tmp_path / "picture.png").write_bytes(b"\x89PNG")
    chosen = view.locator("input[type=file]")
    chosen.set_input_files(tmp_path / "broken.csv")
    expect(view.locator(".given-files", has_text="broken.csv")).to_be_visible()
    start(view)
    alert = view.get_by_role("alert").first
    expect(alert).to_contain_text("broken.csv:2: date")
    expect(alert).to_contain_text("broken.csv:3: event")
    view.locator("input[type=file]").set_input_files(tmp_path / "good.csv")
    expect(view.locator(".given-files", has_text="good.csv")).to_be_visible()
    view.get_by_label("Day of the export").fill(EXPORTED)
    start(view)
    expect(view.locator(".headline").first).to_contain_text("of 2 members are on track")
    expect(alert).to_be_hidden()
    view.locator("input[type=file]").set_input_files(tmp_path / "broken.csv")  # nothing is lost by a broken file
    expect(view.locator(".given-files", has_text="broken.csv")).to_be_visible()
    start(view)
    expect(alert).to_contain_text("broken.csv:2")
    expect(view.locator(".headline").first).to_contain_text("of 2 members are on track")


def test_why_it_came_out_as_it_did(visit: Visits, tmp_path: Path) -> None:
    one = visit()
    one.choose("The club")
    view = look(one, "Evidence", "Evidence")
    (tmp_path / "good.csv").write_text(HISTORY)
    view.locator("input[type=file]").set_input_files(tmp_path / "good.csv")
    expect(view.locator(".given-files", has_text="good.csv")).to_be_visible()
    view.get_by_label("Day of the export").fill(EXPORTED)
    start(view, 2)
    expect(view.locator(".headline")).to_contain_text(
        re.compile("ARR before 1 April 2027 is .* below what was expected")
    )
    expect(view.locator(BARS).first).to_be_attached()
    expect(view.get_by_label("Which forecast")).to_have_value("the scenario as it is here, forecast now")


@pytest.mark.parametrize(
    ("name", "heading"),
    [
        ("Forecast", "What is likely to happen"),
        ("Journey", "The journey"),
        ("Objectives", "Objectives"),
        ("What it depends on", "What it depends on"),
    ],
)
def test_on_a_phone_nothing_is_cut(visit: Visits, name: str, heading: str) -> None:
    one = visit(viewport={"width": 390, "height": 844}, color_scheme="dark")
    one.page.locator(".q-header button").first.click()
    one.choose("The shop")
    one.page.mouse.click(380, 500)
    view = look(one, name, heading)
    start(view)
    expect(view.locator(".headline")).to_be_visible()
    expect(one.status).to_have_text(re.compile(r"^[\d,]+ futures$"), timeout=4 * PATIENCE)
    expect(view.locator(".js-plotly-plot .xtitle, .js-plotly-plot .x3title").first).to_be_attached()
    one.page.wait_for_timeout(500)  # figures glide to their place
    assert one.page.evaluate("document.documentElement.scrollWidth") <= 390
    assert one.cut() == [], "every text of a figure lies within it"

"""The page in a browser: run, cancel, turn, compare, save, several visitors, a broken file, and no mouse."""

from __future__ import annotations

import re
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

import simulation as sim
from simulation.report.answer import answer
from tests.app.club import FANS
from tests.app.conftest import PATIENCE, Served, Visit

expect = pytest.importorskip("playwright.sync_api", reason="browser tests need playwright").expect
expect.set_options(timeout=PATIENCE)
Visits = Callable[..., Visit]
FIGURE = ".js-plotly-plot .scatterlayer .trace"


def test_a_forecast_refines_until_all_futures_are_there(visit: Visits) -> None:
    one = visit()
    one.choose("The club")
    one.run()
    expect(one.status).to_have_text("200 futures")
    expect(one.view.locator(".headline")).to_contain_text("ARR at the end of 2027 will be between")
    expect(one.view.locator(FIGURE).first).to_be_attached()
    expect(one.view.get_by_text("Chance to meet the objectives")).to_be_visible()
    one.view.get_by_text("All figures").click()
    cell = one.view.locator("table.figures span", has_text=re.compile(r"^Renewal rate$")).first
    assert "Contracts renewed" in cell.get_attribute("title")
    one.view.get_by_label("Over time").click()
    one.page.get_by_role("option", name="Members", exact=True).click()
    expect(one.view.locator(".ytitle")).to_have_text("Members")


def test_a_refusal_goes_once_a_scenario_is_chosen(visit: Visits) -> None:
    one = visit()
    one.view.get_by_role("button", name="Run").click()
    expect(one.view.get_by_role("alert").first).to_contain_text("Choose a scenario first")
    one.choose("The club")
    expect(one.view.get_by_role("alert").first).not_to_be_visible()


def test_the_report_is_one_page_to_keep(visit: Visits, tmp_path: Path) -> None:
    one = visit()
    one.choose("The club")
    one.run()
    expect(one.status).to_have_text("200 futures")
    with one.page.expect_download() as waiting:
        one.view.get_by_role("button", name="Download report").click()
    assert waiting.value.suggested_filename == "club.html"
    waiting.value.save_as(tmp_path / "club.html")
    text = (tmp_path / "club.html").read_text()
    assert "ARR at the end of 2027 will be between" in text and "200 simulated futures" in text


def test_cancel_stops_the_work_and_keeps_what_is_there(visit: Visits) -> None:
    one = visit()
    one.choose("The city")
    one.run()
    expect(one.view.locator(".headline")).to_contain_text("ARR")
    one.view.get_by_role("button", name="Cancel").click()
    expect(one.status).to_have_text(re.compile(r"Stopped after [\d,]+ futures"))
    done = int(re.sub(r"\D", "", one.status.inner_text()))
    assert 4 <= done < 200
    expect(one.view.locator(FIGURE).first).to_be_attached()
    expect(one.view.get_by_role("button", name="Run")).to_be_enabled()


def test_a_slider_changes_the_scenario_and_undo_brings_it_back(visit: Visits) -> None:
    one = visit()
    one.choose("The club")
    one.open_group("Coaching")
    one.slider("Members who accept").press("ArrowRight")
    change = one.page.locator(".changes")
    expect(change).to_contain_text("60% → 65%")
    expect(one.page.locator(".bar-title")).to_have_text("The club · 1 change")
    one.page.get_by_role("button", name="Undo all").click()
    expect(change).to_be_hidden()
    expect(one.page.locator(".bar-title")).to_have_text("The club")


def test_a_switch_and_a_choice(visit: Visits) -> None:
    one = visit()
    one.choose("The club")
    one.page.get_by_role("switch", name="Newsletter").click()
    expect(one.page.locator(".changes")).to_contain_text("on → off")
    one.open_group("Selling")
    expect(one.page.get_by_role("slider", name="Quota a month")).to_be_hidden()
    one.page.get_by_label("Selling policy").click()
    one.page.get_by_role("option", name="Monthly quota: coaches").click()
    expect(one.page.get_by_role("slider", name="Quota a month")).to_be_visible()
    one.run()
    expect(one.status).to_have_text("200 futures")


def test_the_seed_chooses_the_futures(visit: Visits, server: Served) -> None:
    one = visit()
    one.choose("The club")
    one.page.get_by_label("Seed").fill("7")
    one.run()
    expect(one.status).to_have_text("200 futures")
    right = answer(sim.run(server.folder / "club.yaml", replications=200, seed=7))
    expect(one.view.locator(".headline")).to_have_text(right.headline)


def test_a_segment_is_offered_where_a_measure_is_counted_by_segment(visit: Visits, server: Served) -> None:
    (server.folder / "fans.yaml").write_text(FANS)
    one = visit()
    one.choose("↳ The club and its fans")
    one.run()
    expect(one.status).to_have_text("200 futures")
    one.pick("Segment", "Fans")
    expect(one.view.locator(FIGURE).first).to_be_attached()
    one.pick("Over time", "Contribution")
    expect(one.view.get_by_label("Segment", exact=True)).to_be_hidden()
    expect(one.view.locator(".ytitle")).to_have_text("Contribution, EUR a month")
    one.choose("The club")  # whose answer nobody has asked for yet
    expect(one.view.locator(".headline")).to_be_hidden()


def test_what_ifs_are_compared_on_the_same_futures(visit: Visits) -> None:
    one = visit()
    one.choose("The club")
    one.open_group("Coaching")
    one.slider("Members who accept").press("ArrowRight")
    expect(one.page.locator(".changes")).to_contain_text("60% → 65%")
    one.put_aside("Everybody is coached")
    one.tab("Compare")
    one.view.get_by_label("Add a scenario").click()
    one.page.get_by_role("option", name=re.compile("The club with more coaches")).click()
    expect(one.view.locator(".what-if")).to_have_count(2)
    one.view.get_by_role("button", name="Compare").click()
    expect(one.status).to_have_text("600 futures")
    heads = one.view.locator("table.figures").last.locator("thead th")
    expect(heads).to_have_text(["", "As it is", "Everybody is coached", "more coaches"])
    expect(one.view.locator(FIGURE).first).to_be_attached()


def test_an_overlay_is_saved_beside_its_base_and_can_be_run(visit: Visits, server: Served) -> None:
    one = visit()
    one.choose("The club")
    one.open_group("Teams")
    one.slider("Coaches: people").press("ArrowRight")
    expect(one.page.locator(".changes")).to_contain_text("2 people → 3 people")
    one.page.locator(".side-foot").get_by_role("button", name="Save").click()
    dialog = one.page.locator(".dialog:visible")
    dialog.get_by_label("Name").fill("Three coaches")
    expect(dialog.locator(".diff .plus")).to_have_text(re.compile(r"\+\s+people: 3"))
    dialog.get_by_role("button", name="Save").click()
    expect(one.page.locator(".bar-title")).to_have_text("Three coaches")
    saved = sim.load(server.folder / "three_coaches.yaml")
    assert saved.teams["coaches"].people == 3
    assert saved.source_files[1].name == "club.yaml"

    one.open_group("Teams")
    one.slider("Coaches: people").press("ArrowRight")
    expect(one.page.locator(".changes")).to_contain_text("3 people → 4 people")
    one.page.locator(".side-foot").get_by_role("button", name="Save").click()
    dialog.get_by_label("Name").fill("More coaches")
    expect(dialog.get_by_text("Replace the file of that name")).to_be_visible()
    expect(dialog.get_by_role("button", name="Save")).to_be_disabled()


def test_two_visitors_do_not_wait_for_each_other(visit: Visits) -> None:
    ann, bob = visit(), visit()
    ann.choose("The city")
    ann.run()
    expect(ann.view.locator(".headline")).to_contain_text("ARR")
    bob.choose("The club")
    bob.run()
    expect(bob.status).to_have_text("200 futures")
    expect(ann.view.get_by_role("button", name="Cancel")).to_be_visible()
    expect(bob.page.locator(".bar-title")).to_have_text("The club")
    expect(ann.page.locator(".bar-title")).to_have_text("The city")


def test_a_broken_file_says_what_is_wrong_and_harms_nothing(visit: Visits) -> None:
    one = visit()
    one.page.get_by_text("1 file cannot be read").click()
    broken = one.page.locator(".broken")
    expect(broken).to_contain_text("broken.yaml:3")
    expect(broken).to_contain_text("did you mean 'horizon'?")
    one.choose("The club")
    one.run()
    expect(one.status).to_have_text("200 futures")


def test_what_is_wrong_with_changes_is_said_where_they_are_run(visit: Visits, server: Served) -> None:
    one = visit()
    path = server.folder / "doomed.yaml"
    path.write_text("extends: club.yaml\nname: The doomed club\n")
    one.page.reload()
    one.choose("↳ The doomed club")
    path.write_text("extends: club.yaml\nname: The doomed club\nhorizon: soon\n")
    try:
        one.run()
        expect(one.view.get_by_role("alert").first).to_contain_text("expected a length of time")
    finally:
        path.unlink()


def test_everything_can_be_reached_without_a_mouse(visit: Visits) -> None:
    one = visit()
    one.choose("The club")
    one.open_group("Coaching")
    one.page.evaluate("document.activeElement.blur()")
    reached = []
    for _ in range(60):
        one.page.keyboard.press("Tab")
        reached.append(_focused(one.page))
    for wanted in ("Scenario", "Members who accept", "Run", "Forecast", "Switch between dark and light"):
        assert any(wanted in name for name in reached), (wanted, reached)
    one.page.locator(".side-foot").get_by_role("button", name="Run").focus()
    one.page.keyboard.press("Enter")
    expect(one.status).to_have_text("200 futures")


def test_a_page_for_a_telephone_folds_its_settings(visit: Visits) -> None:
    one = visit(viewport={"width": 390, "height": 844})
    expect(one.page.get_by_label("Scenario", exact=True).first).not_to_be_in_viewport()
    one.page.get_by_label("Show or hide the settings").click()
    one.choose("The club")
    one.run()
    expect(one.status).to_have_text("200 futures")
    wide = one.page.evaluate("document.documentElement.scrollWidth")
    assert wide <= 390, "nothing sticks out"


def test_on_a_telephone_a_scenario_is_chosen_on_the_first_page(visit: Visits) -> None:
    one = visit(viewport={"width": 390, "height": 844})
    beginning = one.page.locator(".start")
    expect(beginning).to_be_in_viewport()
    one.tab("Import")
    expect(beginning).to_be_hidden()
    one.tab("Forecast")
    beginning.get_by_role("button", name="The club", exact=True).click()
    expect(one.page.locator(".bar-title")).to_have_text("The club")
    expect(beginning).to_be_hidden()
    for title in ("Outlook", "What it rests on", "Forecast", "Objectives"):
        expect(one.page.get_by_role("tab", name=title, exact=True)).to_be_in_viewport(ratio=1)


def test_who_loads_the_page_again_goes_on_where_he_was(visit: Visits, tmp_path: Path) -> None:
    one = visit()
    one.choose("The club")
    one.open_group("Coaching")
    one.slider("Members who accept").press("ArrowRight")
    expect(one.page.locator(".changes")).to_contain_text("60% → 65%")
    one.put_aside("Everybody is coached")
    one.run()
    expect(one.status).to_have_text("200 futures")
    said = one.view.locator(".headline").inner_text()
    (tmp_path / "history.csv").write_text("member_id,date,event\n")
    one.tab("What you know").get_by_label("Who answers").fill("the coaches")
    one.tab("Evidence").locator("input[type=file]").set_input_files(tmp_path / "history.csv")
    expect(one.view.locator(".given-files")).to_contain_text("history.csv, 21 bytes")
    one.page.reload()
    expect(one.view.locator(".given-files")).to_contain_text("history.csv, 21 bytes")
    expect(one.page.locator(".bar-title")).to_have_text("The club · 1 change")
    expect(one.page.locator(".changes")).to_contain_text("60% → 65%")
    expect(one.tab("What you know").get_by_label("Who answers")).to_have_value("the coaches")
    expect(one.view.get_by_text("the change that you have made has no part in this")).to_be_visible()
    one.tab("Forecast")
    expect(one.view.locator(".headline")).to_have_text(said)
    expect(one.status).to_have_text("200 futures")
    one.tab("Compare")
    expect(one.view.locator(".what-if")).to_have_count(1)
    # Another visitor begins at the beginning.
    expect(visit().page.locator(".start")).to_be_visible()


def test_dark_and_light(visit: Visits) -> None:
    one = visit(color_scheme="dark")
    expect(one.page.locator("body")).to_have_class(re.compile("body--dark"))
    one.page.get_by_label("Switch between dark and light").click()
    expect(one.page.locator("body")).to_have_class(re.compile("body--light"))


def _focused(page: Any) -> str:
    """What has the focus, by the words that a screen reader would say."""
    return str(
        page.evaluate(
            "(() => { const e = document.activeElement; const n = e.closest('[aria-label]');"
            " return (n ? n.getAttribute('aria-label') : '') + ' ' + (e.innerText || '').slice(0, 60); })()"
        )
    )

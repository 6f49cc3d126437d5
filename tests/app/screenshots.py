"""The pictures of the README: `python -m tests.app.screenshots` takes them anew, of the shipped scenarios and samples.

It needs Chromium, as the browser tests do, and a few minutes; finished futures come from MEMBERSIM_STORE. Look at every
picture before it is committed.
"""

from __future__ import annotations

import os
import sys
import tempfile
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from shutil import copytree
from typing import Any

import pandas as pd

import simulation as sim
from tests.app.conftest import ARGUMENTS, CHROMIUM, PATIENCE, Visit, start_server, stop_server

ROOT = Path(__file__).parents[2]
GOAL = ROOT / "reports" / "screenshots"
SCENARIO, WHAT_IF = "Professional association, 2027", "Professional association, 2027, with training"
DESKTOP, PHONE = {"width": 1400, "height": 900}, {"width": 390, "height": 844}
HISTORY_UNTIL = "2029-01-01"


@dataclass
class Camera:
    """A browser, the page, and where its scenarios are."""

    browser: Any
    url: str
    folder: Path

    def visit(self, **options: Any) -> Visit:
        """Open the page."""
        context = self.browser.new_context(**{"viewport": DESKTOP} | options)
        context.set_default_timeout(PATIENCE)
        page = context.new_page()
        page.goto(self.url)
        page.locator(".views").wait_for()
        return Visit(page, self.url)


def ended(one: Visit) -> None:
    """Wait until the work of the view has ended."""
    one.page.wait_for_function(
        "() => [...document.querySelectorAll('.work-words')].some(e => e.offsetParent && "
        "/^[\\d,]+ (futures|members)$/.test(e.innerText))"
    )
    one.page.wait_for_timeout(1500)


def save(one: Any, name: str) -> None:
    """Take the picture."""
    one.screenshot(path=GOAL / f"{name}.png")


def page_desktop(camera: Camera) -> None:
    """The forecast while futures arrive, with something turned."""
    one = camera.visit()
    one.choose(SCENARIO)
    one.open_group("Onboarding training")
    one.slider("Members who accept").press("ArrowRight")
    one.run()
    one.view.locator(".headline", has_text="ARR").wait_for()
    one.page.wait_for_timeout(1500)
    save(one.page, "page_desktop")
    one.view.get_by_role("button", name="Cancel").click()


def page_phone(camera: Camera) -> None:
    """The same on a telephone in the dark."""
    one = camera.visit(viewport=PHONE, color_scheme="dark")
    one.page.locator(".start").get_by_role("button", name=SCENARIO, exact=True).click()
    one.page.locator(".bar-title", has_text=SCENARIO[:12]).wait_for()
    one.view.get_by_role("button", name="Run").click()
    ended(one)
    save(one.page, "page_phone")


def journey_desktop(camera: Camera) -> None:
    """The journey, half way through."""
    one = camera.visit()
    one.choose(SCENARIO)
    one.tab("Journey").get_by_role("button", name="Run").click()
    ended(one)
    for _ in range(12):
        one.slider("Moment").press("ArrowRight")
    one.page.wait_for_timeout(1500)
    save(one.page, "journey_desktop")


def compare_desktop(camera: Camera) -> None:
    """Two what-ifs beside the base."""
    one = camera.visit()
    one.choose(SCENARIO)
    one.tab("Compare").get_by_label("Add a scenario").click()
    one.page.get_by_role("option", name=WHAT_IF, exact=True).click()
    one.view.locator(".what-if").wait_for()
    one.view.get_by_role("button", name="Compare").click()
    ended(one)
    save(one.page, "compare_desktop")


def evidence_desktop(camera: Camera) -> None:
    """Where members stand by a history: one future of the language school of the notebooks, as it would be written."""
    opened = {"start": "2026-01-01", "horizon": "36 months", "objectives": None}
    text = {"extends": "school.yaml", **opened, "segments": {"learners": {"population": None}}}
    plan = sim.from_mapping({**text, "assumptions": None}, folder=str(camera.folder))
    rows = sim.History.from_events(sim.events(plan, seed=3, engine="compiled"), plan, usage_seed=1).frame
    file = camera.folder / "events.csv"
    pd.DataFrame(rows).to_csv(file, index=False)
    one = camera.visit()
    one.choose("Harbour Language School")
    one.tab("Evidence").locator("input[type=file]").set_input_files(file)
    one.view.locator(".given-files", has_text="events.csv").wait_for()
    one.view.get_by_label("Day of the export").fill(HISTORY_UNTIL)
    one.view.get_by_role("button", name="Run").first.click()
    ended(one)
    save(one.page, "evidence_desktop")


def reports(camera: Camera) -> None:
    """The first pages of the committed samples."""
    for sample, name, width in (
        ("sample", "report_desktop", 1120), ("sample", "report_phone", 390),
        ("sample-comparison", "comparison_desktop", 1120),
    ):  # fmt: skip
        page = camera.browser.new_page(viewport={"width": width, "height": 1500})
        page.goto((ROOT / "reports" / sample / "report.html").as_uri())
        if name.endswith("desktop"):  # the whole first page
            high = page.evaluate("document.querySelector('nav').getBoundingClientRect().top")
            page.set_viewport_size({"width": width, "height": int(high)})
        save(page, name)


PICTURES: tuple[Callable[[Camera], None], ...] = (
    page_desktop, page_phone, journey_desktop, compare_desktop, evidence_desktop, reports,
)  # fmt: skip


def main(wanted: list[str]) -> None:
    """Take the pictures that are named, or all."""
    from playwright.sync_api import sync_playwright

    with tempfile.TemporaryDirectory() as place, sync_playwright() as started:
        folder = Path(place, "plans")
        copytree(ROOT / "scenarios", folder)
        (folder / "school.yaml").write_text((ROOT / "notebooks" / "school.yaml").read_text("utf-8"), "utf-8")
        store = Path(os.environ.get("MEMBERSIM_STORE", Path(place, "store")))
        served = start_server(folder, store, "--workers", "1")
        browser = started.chromium.launch(executable_path=CHROMIUM, args=list(ARGUMENTS))
        try:
            for one in PICTURES:
                if not wanted or one.__name__ in wanted:
                    one(Camera(browser, served.url, folder))
                    print(one.__name__)
        finally:
            browser.close()
            stop_server(served)


if __name__ == "__main__":
    main(sys.argv[1:])

"""A real server on a free port, and headless browsers that watch what the page does behind its visitor's back."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
import time
import urllib.request
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest

import simulation as sim
from tests.app.club import write_club

CHROMIUM = shutil.which("chromium") or shutil.which("chromium-browser")
ARGUMENTS = (
    "--no-sandbox", "--disable-gpu", "--disable-background-networking", "--disable-component-update", "--no-first-run",
)  # fmt: skip
PATIENCE = float(os.environ.get("MEMBERSIM_PATIENCE", 240_000))
"""Milliseconds that a busy machine may take for anything; no test asserts a time."""
CUT = """[...document.querySelectorAll('.js-plotly-plot')].filter(plot => plot.checkVisibility()).flatMap(plot => {
  const whole = plot.getBoundingClientRect();
  return [...plot.querySelectorAll('.main-svg text')].filter(text => {
    const box = text.getBoundingClientRect();
    return box.width > 0 && (box.left < whole.left - 1 || box.right > whole.right + 1);
  }).map(text => text.textContent);
})"""


@dataclass
class Served:
    """A server at work: its address and the folder of its scenarios."""

    url: str
    folder: Path
    process: subprocess.Popen[str]


def start_server(folder: Path, store: Path, *options: str) -> Served:
    """Start `membersim app` for a folder and wait until it answers."""
    outside = {key: value for key, value in os.environ.items() if not key.startswith(("PYTEST", "NICEGUI"))}
    code = "from simulation.cli import main; raise SystemExit(main())"
    process = subprocess.Popen(
        [sys.executable, "-c", code, "app", str(folder), "--port", "0", "--no-browser", "--json", *options],
        stdout=subprocess.PIPE, text=True, env=outside | {"MEMBERSIM_STORE": str(store)}, cwd=Path.cwd(),
    )  # fmt: skip
    assert process.stdout is not None
    said = ""
    while not said.rstrip().endswith("}"):
        line = process.stdout.readline()
        assert line, f"the server ended: {said}"
        said += line
    served = Served(json.loads(said)["url"], folder, process)
    end = time.monotonic() + PATIENCE / 1000
    while True:
        try:
            with urllib.request.urlopen(served.url, timeout=60):
                return served
        except OSError:
            assert time.monotonic() < end and process.poll() is None, "the server does not answer"
            time.sleep(0.2)


def stop_server(served: Served) -> None:
    """End a server as Ctrl-C does."""
    served.process.terminate()
    try:
        served.process.wait(20)
    except subprocess.TimeoutExpired:
        served.process.kill()


@pytest.fixture(scope="session")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Served]:
    """The server that the tests share; each of them has a visit of its own."""
    pytest.importorskip("nicegui", reason="the page needs nicegui")
    folder = write_club(tmp_path_factory.mktemp("plans"))
    # Where nobody has compiled the model yet, that comes first: no visit is to wait for it.
    sim.run(folder / "club.yaml", replications=2)
    served = start_server(folder, tmp_path_factory.mktemp("store"), "--workers", "2")
    yield served
    stop_server(served)


@pytest.fixture(scope="session")
def chromium() -> Iterator[Any]:
    """The browser of this machine, without a window."""
    playwright = pytest.importorskip("playwright.sync_api", reason="browser tests need playwright")
    if CHROMIUM is None:
        pytest.skip("browser tests need Chromium: apt-get install chromium")
    with playwright.sync_playwright() as started:
        browser = started.chromium.launch(executable_path=CHROMIUM, args=list(ARGUMENTS))
        yield browser
        browser.close()


@dataclass
class Visit:
    """A visitor with a browser of his own: the page, and what it asked for and complained of."""

    page: Any
    url: str
    elsewhere: list[str] = field(default_factory=list)
    complaints: list[str] = field(default_factory=list)

    def choose(self, title: str) -> None:
        """Choose a scenario."""
        self.page.get_by_label("Scenario", exact=True).first.click()
        self.page.get_by_role("option", name=title, exact=True).click()
        self.page.locator(".bar-title", has_text=title.removeprefix("↳ ")).wait_for()

    def open_group(self, title: str) -> None:
        """Show the controls of a group."""
        self.page.locator(".controls").get_by_text(title, exact=True).click()

    def slider(self, label: str) -> Any:
        """What takes the keys of a slider."""
        return self.page.get_by_role("slider", name=label).locator(".q-slider__track-container")

    def tab(self, title: str) -> Any:
        """Open a view, through its group, and return it."""
        from simulation.app.views import VIEWS

        group = next(one.group for one in VIEWS if one.title == title)
        self.page.get_by_role("tab", name=group, exact=True).click()
        self.page.get_by_role("tab", name=title, exact=True).click()
        return self.view

    def put_aside(self, name: str) -> None:
        """Keep the changes as a what-if."""
        self.page.locator(".side-foot").get_by_role("button", name="Compare").click()
        dialog = self.page.locator(".dialog:visible")
        dialog.get_by_label("What to call it").fill(name)
        dialog.get_by_role("button", name="Keep").click()
        dialog.wait_for(state="hidden")

    def pick(self, label: str, option: str) -> None:
        """Choose one of several in the view."""
        self.view.get_by_label(label, exact=True).click()
        self.page.get_by_role("option", name=option, exact=True).click()

    def cut(self) -> list[str]:
        """Texts of figures that stick out of them."""
        return list(self.page.evaluate(CUT))

    @property
    def view(self) -> Any:
        """The view that is looked at."""
        return self.page.locator(".view:visible")

    @property
    def status(self) -> Any:
        """How far the work of the view is."""
        return self.view.get_by_role("status").first

    def run(self) -> None:
        """Run the forecast from the drawer."""
        self.page.locator(".side-foot").get_by_role("button", name="Run").click()


@pytest.fixture
def visit(chromium: Any, server: Served) -> Iterator[Callable[..., Visit]]:
    """Open the page as another visitor; in the end nothing was asked of another host, and nothing was complained of."""
    visits: list[tuple[Visit, Any]] = []

    def opened(url: str = "", **options: Any) -> Visit:
        context = chromium.new_context(**{"viewport": {"width": 1400, "height": 900}} | options)
        context.set_default_timeout(PATIENCE)
        page = context.new_page()
        one = Visit(page, url or server.url)
        host = one.url.split("/")[2]
        page.on("request", lambda request: _note_request(one, request.url, host))
        page.on("websocket", lambda socket: _note_request(one, socket.url, host))
        page.on("console", lambda said: one.complaints.append(said.text) if said.type == "error" else None)
        page.on("pageerror", lambda error: one.complaints.append(str(error)))
        page.goto(one.url)
        page.locator(".views").wait_for()
        visits.append((one, context))
        return one

    yield opened
    for one, context in visits:
        context.close()
        assert one.elsewhere == [], "the page works offline"
        assert one.complaints == []


def _note_request(visit: Visit, url: str, host: str) -> None:
    if not url.startswith(("data:", "blob:")) and url.split("/")[2] != host:
        visit.elsewhere.append(url)

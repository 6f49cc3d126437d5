"""The page: scenario and controls on the left, the views as tabs on the right; one desk a browser tab."""

from __future__ import annotations

import asyncio
from pathlib import Path

from nicegui import context, ui

from simulation.app.desk import Desk
from simulation.app.jobs.bench import Bench
from simulation.app.plans import Plans
from simulation.app.views import VIEWS
from simulation.app.views.setup import Side

__all__ = ["page"]

QUIET = """<script>
  addEventListener("unhandledrejection", event => {
    if (/Resize must be passed a displayed plot/.test(event.reason)) event.preventDefault();
  });
</script>"""
"""A figure in a tab that is put away is told to resize, and complains; it is sized again when it is shown."""
SHEETS = ("page.css", "views.css")
EVERY = 0.1
"""Seconds between two looks at the jobs."""
FOLDS = 900
"""Pixels of width below which the drawer folds away."""


async def page(bench: Bench, plans: Plans) -> None:
    """Build the page of one visitor."""
    client = context.client
    desk = Desk(bench, plans, owner=client.id)
    client.on_delete(desk.close)
    ui.add_head_html(QUIET)
    for sheet in SHEETS:
        ui.add_css((Path(__file__).parent / "look" / sheet).read_text(encoding="utf-8"))
    ui.colors(primary="#0072b2", secondary="#57606a", positive="#009e73", negative="#d55e00", warning="#e69f00")
    found = await asyncio.to_thread(plans.found)

    views = _Views(desk)
    drawer = ui.left_drawer(bordered=True).props(f"width=348 breakpoint={FOLDS}").classes("side")

    async def run() -> None:
        views.run("forecast")
        if await ui.run_javascript("window.innerWidth", timeout=10.0) < FOLDS:  # it lies over the answer
            drawer.hide()

    with drawer:
        Side(desk, found, run)
    _bar(desk, drawer)
    ui.timer(EVERY, desk.tick)


def _bar(desk: Desk, drawer: ui.left_drawer) -> None:
    """The line on top: what is looked at, and dark or light."""
    dark = ui.dark_mode(None)

    async def switch() -> None:
        # At first it follows the system, and only the browser knows what that is.
        dark.set_value(not await ui.run_javascript("document.body.classList.contains('body--dark')", timeout=10.0))

    with ui.header(elevated=False).classes("bar"):
        ui.button(icon="menu", on_click=drawer.toggle).props('flat round dense aria-label="Show or hide the settings"')
        ui.html('<span class="brand">membersim</span>', sanitize=False)
        title = ui.label().classes("bar-title")
        ui.space()
        scheme = ui.button(icon="contrast").props('flat round dense aria-label="Switch between dark and light"')
        scheme.on_click(switch)

    def retitle() -> None:
        count = len(desk.turned)
        changed = f" · {count} change{'' if count == 1 else 's'}" if count else ""
        title.text = "" if desk.scenario is None else desk.scenario.name + changed

    desk.on_change(retitle)


class _Views:
    """The tabs; each view is built when it is first looked at."""

    def __init__(self, desk: Desk) -> None:
        self.desk = desk
        self.built: set[str] = set()
        with ui.tabs().props("inline-label no-caps outside-arrows mobile-arrows align=left").classes("views") as tabs:
            for view in VIEWS:
                ui.tab(view.key, label=view.title, icon=view.icon)
        self.panels: dict[str, ui.tab_panel] = {}
        with ui.tab_panels(tabs, animated=False, keep_alive=True).classes("panels") as self.shell:
            for view in VIEWS:
                self.panels[view.key] = ui.tab_panel(view.key).classes("view")
        self.shell.on_value_change(lambda event: self.build(event.value))
        self.open(VIEWS[0].key)

    def open(self, key: str) -> None:
        """Show a view."""
        self.shell.set_value(key)
        self.build(key)

    def build(self, key: str) -> None:
        """Build a view, once."""
        if key not in self.built:
            self.built.add(key)
            with self.panels[key]:
                next(one for one in VIEWS if one.key == key).show(self.desk)

    def run(self, key: str) -> None:
        """Show a view and start its work."""
        self.open(key)
        self.desk.runners[key]()

"""The page: scenario and controls on the left, the views as tabs on the right; one desk a browser tab."""

from __future__ import annotations

import asyncio
from pathlib import Path

from nicegui import context, ui

from simulation.app.desk import Desk
from simulation.app.jobs.bench import Bench
from simulation.app.plans import Plans
from simulation.app.views import VIEWS, setup

__all__ = ["page"]

CSS = Path(__file__).parent / "look" / "page.css"
EVERY = 0.15
"""Seconds between two looks at the jobs."""


async def page(bench: Bench, plans: Plans) -> None:
    """Build the page of one visitor."""
    client = context.client
    desk = Desk(bench, plans, owner=client.id)
    ui.add_css(CSS.read_text(encoding="utf-8"))
    dark = ui.dark_mode(None)
    client.on_delete(desk.close)
    found = await asyncio.to_thread(plans.found)

    with ui.header().classes("bar"):
        drawer_button = ui.button(icon="menu").props('flat round dense aria-label="Scenario and controls"')
        ui.html('<span class="brand">membersim</span>', sanitize=False)
        title = ui.label().classes("bar-title")
        ui.space()
        scheme = ui.button(icon="contrast").props('flat round dense aria-label="Switch between dark and light"')
        scheme.on_click(lambda: dark.set_value(not dark.value))
    with ui.left_drawer(bordered=True).props("width=340 breakpoint=900").classes("side") as drawer:
        setup.show_side(desk, found)
    drawer_button.on_click(drawer.toggle)

    shown: set[str] = set()
    panels: dict[str, ui.tab_panel] = {}

    def open_view(key: str) -> None:
        """Build a view when it is first looked at."""
        if key in shown:
            return
        shown.add(key)
        view = next(one for one in VIEWS if one.key == key)
        with panels[key]:
            view.show(desk)

    with ui.tabs().props("inline-label no-caps outside-arrows mobile-arrows align=left").classes("views") as tabs:
        for view in VIEWS:
            ui.tab(view.key, label=view.title, icon=view.icon)
    with ui.tab_panels(tabs, animated=False, keep_alive=True).classes("panels") as shell:
        for view in VIEWS:
            panels[view.key] = ui.tab_panel(view.key).classes("view")
    shell.on_value_change(lambda event: open_view(event.value))
    shell.set_value(VIEWS[0].key)
    open_view(VIEWS[0].key)

    def retitle() -> None:
        changed = " (changed)" if desk.overlay else ""
        title.text = "" if desk.scenario is None else desk.scenario.name + changed

    desk.on_change(retitle)
    retitle()
    ui.timer(EVERY, desk.tick)

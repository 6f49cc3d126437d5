"""The page: scenario and controls on the left, the views on the right; one desk a browser tab."""

from __future__ import annotations

import asyncio
from pathlib import Path

from nicegui import Client, app, context, ui
from nicegui.client import ClientConnectionTimeout

from simulation.app.desk import Desk
from simulation.app.desks import Desks
from simulation.app.views import VIEWS
from simulation.app.views.setup import Side
from simulation.app.views.start import Start

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
COMES = 60.0
"""Seconds that a browser has to connect to the page that it has loaded."""
OWNER = "desk"
"""Where a browser tab remembers the id of its desk."""


async def page(desks: Desks) -> None:
    """Build the page of one visitor."""
    client = context.client
    ui.add_head_html(QUIET)
    for sheet in SHEETS:
        ui.add_css((Path(__file__).parent / "look" / sheet).read_text(encoding="utf-8"))
    ui.colors(primary="#0072b2", secondary="#57606a", positive="#009e73", negative="#d55e00", warning="#e69f00")
    dark = ui.dark_mode(None)
    try:  # which tab this is, only the browser knows
        await client.connected(COMES)
    except ClientConnectionTimeout:
        return
    desk = desks.sit(app.storage.tab.get(OWNER, ""), client.id, _is_open)
    app.storage.tab[OWNER] = desk.owner
    client.on_delete(lambda: desks.leave(desk, client.id))
    found = await asyncio.to_thread(desks.plans.found)

    drawer = ui.left_drawer(bordered=True).props(f"width=348 breakpoint={FOLDS}").classes("side")
    _bar(desk, drawer, dark)
    views = _Views(desk)

    async def run() -> None:
        views.run("forecast")
        if await ui.run_javascript("window.innerWidth", timeout=10.0) < FOLDS:  # it lies over the answer
            drawer.hide()

    with drawer:
        side = Side(desk, found, run)
    with views.above:
        Start(desk, found, side.choose)
    views.open(desk.kept.get("view", VIEWS[0].key))
    ui.timer(EVERY, lambda: desk.tick() if desks.holds(desk, client.id) else None)


def _is_open(page: str) -> bool:
    """Whether the page of an id is in front of somebody."""
    client = Client.instances.get(page)
    return client is not None and client.has_socket_connection


def _bar(desk: Desk, drawer: ui.left_drawer, dark: ui.dark_mode) -> None:
    """The line on top: what is looked at, and dark or light."""

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
    retitle()


class _Views:
    """The views under a menu of two lines, groups and the views of one; each view is built when first looked at.

    Attributes
    ----------
    above
        A place between the menu and the view, for views that need a scenario.
    """

    def __init__(self, desk: Desk) -> None:
        self.desk, self.now = desk, ""
        self.built: set[str] = set()
        self.of = {view.key: view.group for view in VIEWS}
        self.alone = {view.key for view in VIEWS if view.alone}
        self.last = {view.group: view.key for view in reversed(VIEWS)}
        self.lines: dict[str, ui.tabs] = {}
        with ui.column().classes("views"):
            self.groups = _line("Groups of views").classes("groups")
            with self.groups:
                for group in self.names():
                    ui.tab(group)
            for group in self.names():
                self.lines[group] = _line(group).classes("of-group")
                with self.lines[group]:
                    for view in VIEWS:
                        if view.group == group:
                            ui.tab(view.key, label=view.title, icon=view.icon)
                self.lines[group].on_value_change(lambda event: self.open(event.value))
        self.groups.on_value_change(lambda event: self.open(self.last[event.value]))
        self.above = ui.column().classes("above")
        self.panels: dict[str, ui.tab_panel] = {}
        with ui.tab_panels(animated=False, keep_alive=True).classes("panels") as self.shell:
            for view in VIEWS:
                self.panels[view.key] = ui.tab_panel(view.key).classes("view")

    def names(self) -> list[str]:
        """The groups in their order."""
        return list(dict.fromkeys(self.of.values()))

    def open(self, key: str) -> None:
        """Show a view."""
        if key == self.now:
            return
        group = self.of[key]
        self.now = self.desk.kept["view"] = self.last[group] = key
        self.groups.set_value(group)
        for one, line in self.lines.items():
            line.visible = one == group
        self.lines[group].set_value(key)
        self.shell.set_value(key)
        self.above.visible = key not in self.alone
        if key not in self.built:
            self.built.add(key)
            with self.panels[key]:
                next(one for one in VIEWS if one.key == key).show(self.desk)

    def run(self, key: str) -> None:
        """Show a view and start its work."""
        self.open(key)
        self.desk.runners[key]()


def _line(title: str) -> ui.tabs:
    """A line of the menu."""
    line = ui.tabs().props("inline-label no-caps outside-arrows mobile-arrows align=left")
    line.props["aria-label"] = title
    return line

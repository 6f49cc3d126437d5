"""The beginning: which scenario is looked at, where every visitor sees it, also on a telephone."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial

from nicegui import ui

from simulation.app.desk import Desk
from simulation.app.plans import Plan
from simulation.app.views.setup import titles_of

__all__ = ["Start"]


class Start:
    """The scenarios of the folder, to choose one; gone once one is chosen. Making one puts it on the page.

    Parameters
    ----------
    choose
        Chooses the scenario of a key.
    """

    def __init__(self, desk: Desk, found: list[Plan], choose: Callable[[str], None]) -> None:
        titles = titles_of(found)
        place = ui.column().classes("card start")
        with place:
            ui.label("Which scenario?").classes("title").props('role="heading" aria-level="2"')
            if not titles:
                ui.label(
                    "There is none in this folder that can be read. “membersim new myplan” makes one, and Import, "
                    "under “What it rests on”, makes one from your own exports."
                ).classes("muted")
            with ui.row().classes("start-choices"):
                for key, title in titles.items():
                    one = ui.button(title, on_click=partial(choose, key)).props("outline no-caps align=left")
                    one.classes("start-choice").mark(f"start-{key}")

        def watch() -> None:
            place.visible = desk.scenario is None

        desk.on_change(watch)
        watch()

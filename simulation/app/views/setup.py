"""The scenario: which one, what is changed in it, and what it assumes."""

from __future__ import annotations

import asyncio

from nicegui import ui

from simulation.app.desk import Desk
from simulation.app.plans import Plan
from simulation.scenario import ScenarioError

__all__ = ["show", "show_side"]


def show_side(desk: Desk, found: list[Plan]) -> None:
    """Build the drawer: the choice of a scenario and its controls."""
    good = {one.key: one.title for one in found if not one.problems}
    trouble = ui.column().classes("trouble").props('role="alert"')
    trouble.visible = False

    async def choose(key: str) -> None:
        try:
            scenario = await asyncio.to_thread(desk.plans.scenario, key)
        except ScenarioError as error:
            trouble.clear()
            trouble.visible = True
            with trouble:
                for problem in error.problems:
                    ui.label(str(problem))
            return
        trouble.visible = False
        desk.choose(key, scenario)

    ui.select(good, label="Scenario", on_change=lambda event: choose(event.value)).classes("wide").mark("scenario")


def show(desk: Desk) -> None:
    """Build the view of the assumptions."""
    ui.label("Assumptions")

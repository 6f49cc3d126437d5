"""Objectives: the chance of each, what to expect of every milestone, and why the last forecast was missed."""

from __future__ import annotations

from typing import Any

from nicegui import ui

from simulation.app.desk import Desk
from simulation.app.figures.objectives import chances, expected
from simulation.app.jobs.job import Picture
from simulation.app.views.inquiry import Inquiry
from simulation.app.views.plot import Plot
from simulation.app.views.told import card

__all__ = ["show"]

ALL = "all milestones"
"""The rows of sums of `simulation.evidence.objectives`, which is slow to load."""


def show(desk: Desk) -> None:
    """Build the view."""
    last: dict[str, Any] = {}

    def draw(picture: Picture) -> None:
        last.update(picture)
        days = {int(one): f"{one} days" for one in dict.fromkeys(picture["table"]["days"])}
        if list(choice.options) != list(days):
            table = picture["table"]
            known = [one for one in days if table.loc[table["days"] == one, "reach"].max() >= 1]
            choice.set_options(days, value=min(known or days, default=None))
        wishes = chances(picture["wishes"])
        none.visible = wishes is None
        none.text = "This scenario states no objectives that can be read." if wishes is None else ""
        met.draw_or_clear(wishes)
        redraw()

    def redraw() -> None:
        if not last or choice.value is None:
            return
        table = last["table"]
        part = table[(table["days"] == choice.value) & (table["milestone"] != ALL)]
        for plot, quantity in ((reached, "reach"), (added, "arr")):
            plot.draw_or_clear(expected(part, quantity, last["currency"]))
        nothing.text = f"Hardly any milestone is reached within {choice.value} days."
        nothing.visible = not part["reach_P90"].max() > 0

    view = Inquiry(
        desk, "objectives", draw, title="Objectives",
        about="How likely each objective is, and what to expect of every milestone within 30, 60 and 90 days: numbers "
        "to manage against. Below the lower end is a reason to ask why.",
        empty="Run it to see the chances.",
    )  # fmt: skip
    with view.result:
        with card(
            "Chance to meet each objective",
            "The share of the simulated futures in which it is met; the line is its 95% interval.",
        ):
            none = ui.label().classes("muted")
            met = Plot("The chance to meet each objective")
        with card(
            "What to expect",
            "Dots are means; 8 of 10 futures lie within the bar. Expected numbers add up, ranges do not.",
        ):
            choice = ui.toggle({}, on_change=redraw).props("no-caps unelevated").mark("days")
            nothing = ui.label().classes("muted")
            reached = Plot("Members expected to reach each milestone")
            added = Plot("Recurring revenue that takes add at each milestone")

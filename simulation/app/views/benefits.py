"""Who benefits from a what-if: every member matched with itself, direct effects and what falls on others."""

from __future__ import annotations

from typing import Any

from nicegui import ui

from simulation.app.desk import Desk
from simulation.app.figures.benefits import gains, roles
from simulation.app.jobs.job import Picture
from simulation.app.views.plot import Plot
from simulation.app.views.told import Answer, Details, card, intro
from simulation.app.views.work import Work
from simulation.report.words import name

__all__ = ["show"]

FUTURES = {10: "10, quick", 40: "40, usual", 100: "100, thorough"}


def show(desk: Desk) -> None:
    """Build the view."""

    def draw(picture: Picture) -> None:
        answer.draw(picture)
        result.visible = True
        figure = gains(picture["gains"], picture["currency"])
        by_group.clear() if figure is None else by_group.draw(figure)
        by_role.draw(roles(picture["roles"], picture["currency"]))
        details.draw(picture)

    def offer() -> None:
        there = {one.name: name(one.name) for one in desk.what_ifs}
        if desk.overlay:
            there = {"": "my changes, as they are now"} | there
        which.set_options(there, value=which.value if which.value in there else next(iter(there), None))

    def request() -> dict[str, Any]:
        base = desk.request(overlay={}, replications=futures.value)
        if which.value is None:
            raise ValueError("change something, or put a what-if aside, and see who benefits from it")
        if which.value == "":
            return base | {"other": {"name": "my changes", "scenario": base["scenario"], "overlay": desk.overlay}}
        chosen = next(one for one in desk.what_ifs if one.name == which.value)
        return base | {"other": {"name": chosen.name, "scenario": chosen.scenario, "overlay": chosen.overlay}}

    intro(
        "Who benefits",
        "The same people with the same luck in both scenarios: who gains by a what-if, who loses, and what "
        "falls on others because they share a team.",
    )
    with ui.row().classes("asks"):
        which = ui.select({}, label="Benefits of").classes("choice").mark("which")
        futures = ui.select(FUTURES, value=40, label="Futures").classes("choice").mark("futures")
    offer()
    desk.on_change(offer)
    Work(desk, "benefits", draw, request)
    answer = Answer("Change something in the drawer, then run it to see who gains.")
    result = ui.column().classes("wide")
    result.visible = False
    with result:
        with card(
            "ARR at the end, for each member",
            "The mean difference between a member's two lives, with its 95% interval, by where it started.",
        ):
            by_group = Plot("Effect on recurring revenue for each member, by segment, start, course and stage")
        with card(
            "Direct and displaced",
            "Directly affected: receives something that the scenarios define differently. Others can differ only "
            "because a shared team serves them earlier or later. The rows add up exactly.",
        ):
            by_role = Plot("Effect on recurring revenue of those directly affected and of others")
    details = Details("benefits")

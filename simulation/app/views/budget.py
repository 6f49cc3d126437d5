"""A budget: what to buy, what other spends would buy, and what the next step of each lever brings."""

from __future__ import annotations

from typing import Any

from nicegui import ui

from simulation.app.desk import Desk, WhatIf
from simulation.app.figures.budget import frontier, next_steps
from simulation.app.jobs.job import Picture
from simulation.app.views.inquiry import Inquiry
from simulation.app.views.keeping import keep
from simulation.app.views.plot import Plot
from simulation.app.views.told import card
from simulation.report.words import name

__all__ = ["show"]

GOALS = {"contribution": "Contribution", "arr": "ARR at the end", "members": "Members at the end"}
NAME = "recommended for"
EFFORTS = {"quick": "quick, rough", "usual": "usual"}
WORST = {0.0: "all futures", 0.2: "the worst fifth", 0.1: "the worst tenth"}


def show(desk: Desk) -> None:
    """Build the view."""
    last: dict[str, Any] = {}

    def draw(picture: Picture) -> None:
        last.update(picture)
        unit, currency = picture["unit"], picture["currency"]
        spends.draw_or_clear(
            frontier(
                picture["frontier"], picture["tried"], picture["recommended"], spend=picture["spend"], unit=unit,
                title=picture["title"], currency=currency,
            )
        )  # fmt: skip
        nexts.draw_or_clear(next_steps(picture["next_steps"], per=picture["per"], unit=unit, currency=currency))
        take.visible = bool(picture["overlay"]) and not picture["changed"]

    def adopt() -> None:
        try:
            desk.put_aside(WhatIf(f"{NAME} {last['spend']:,.0f}", last["scenario"], last["overlay"]))
        except ValueError as error:
            ui.notify(str(error).capitalize())
            return
        ui.notify("The recommended plan is among your what-ifs: compare it, or see who benefits.")

    def goals() -> dict[str, str]:
        wishes = () if desk.scenario is None else desk.scenario.objectives
        return GOALS | {one: f"Chance of “{name(one)}”" for one in wishes}

    def offer() -> None:
        found = goals()
        goal.set_options(found, value=goal.value if goal.value in found else "contribution")
        spend.props["suffix"] = "" if desk.scenario is None else desk.scenario.currency
        spend.update()

    def request() -> dict[str, Any]:
        if not spend.value or spend.value < 0:
            raise ValueError("Say how much may be spent: a number above 0.")
        return desk.request(spend=float(spend.value), maximise=goal.value, effort=effort.value, worst=worst.value)

    view = Inquiry(
        desk, "budget", draw, request, title="Spend a budget",
        about="Which of the scenario's levers to buy, and how much of each, so that it brings the most. It may well "
        "say that much of the money is better kept.",
        empty="Run it to see what to buy. Stopped early, it shows the best plan so far.", noun="",
    )  # fmt: skip
    with view.asks:
        spend = keep(desk, "spend", ui.number("At most", value=100_000, min=0, step=10_000, format="%.0f"))
        spend.classes("choice").props("outlined dense")
        goal = view.choice(goals(), "So that it brings the most", "contribution", wide=True)
        worst = view.choice(WORST, "Counting", 0.0)
        effort = view.choice(EFFORTS, "How thoroughly", "usual")
    offer()
    desk.on_change(offer)
    with view.result:
        take = ui.button("Put this plan aside as a what-if", icon="playlist_add", on_click=adopt)
        take.props("outline no-caps")
        with card(
            "What each spend buys",
            "The gain of the best plan found for each spend, above buying nothing, on futures that had no part in the "
            "search. Spend is the expected cost over the horizon.",
        ):
            spends = Plot("Gain of the best plan for each spend, with its interval and the range of 8 in 10 futures")
        with card(
            "The next step of each lever",
            "One step more of each lever on top of the recommended plan: what it brings for what it costs, and its 95% "
            "interval.",
        ):
            nexts = Plot("Gain of the next step of each lever for each unit of its spend")

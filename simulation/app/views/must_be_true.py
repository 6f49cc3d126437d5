"""What must be true for an objective, how one would notice early that it is not, and where the plan fails."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from nicegui import ui

from simulation.app.desk import Desk
from simulation.app.figures.must_be_true import chance, weakness
from simulation.app.jobs.job import Picture
from simulation.app.views.plot import Plot
from simulation.app.views.tables import table
from simulation.app.views.told import Answer, Details, card, intro
from simulation.app.views.work import Work
from simulation.report.words import name

__all__ = ["show"]

CHANCES = {0.5: "50%", 0.7: "70%", 0.8: "80%", 0.9: "90%", 0.95: "95%"}
FUTURES = {400: "400, quick", 1000: "1,000, usual", 4000: "4,000, thorough"}
HEADS = ("It must be true that", "In the plan", "Likely", "Evidence", "Owner", "What would speak against it")


def show(desk: Desk) -> None:
    """Build the view."""

    def draw(picture: Picture) -> None:
        answer.draw(picture)
        result.clear()
        with result:
            for place, one in enumerate(picture["sets"], 1):
                with card(f"Set {place}" if len(picture["sets"]) > 1 else "The conditions"):
                    ui.label(_judged(one, picture["suffices"])).classes("prose")
                    table(HEADS, [_row(each) for each in one["conditions"]], words=(0, 1, 3, 4, 5))
            if picture["chances"]:
                with card("Chance to meet it, by assumption", "Each dot is a tenth of the futures."):
                    for one in picture["chances"]:
                        Plot(f"Chance to meet the objective by {one['label']}").draw(
                            chance(one, picture["probability"])
                        )
            for one in picture["boxes"]:
                with card(
                    "Where the plan fails", "Each dot is a future; in the box the objective is missed more often."
                ):
                    ui.label(one["sentence"]).classes("prose")
                    Plot("Futures by two assumptions, met and missed").draw(weakness(one))
        details.draw(picture)

    def offer() -> None:
        names = {} if desk.scenario is None else {one: name(one) for one in desk.scenario.objectives}
        objective.set_options(names, value=next(iter(names), None))

    def request() -> dict[str, Any]:
        if desk.scenario is not None and objective.value is None:
            raise ValueError("this scenario states no objectives; state one first")
        return desk.request(objective=objective.value, probability=probability.value, replications=futures.value)

    intro(
        "What must be true",
        "The smallest sets of conditions that make an objective as likely as you ask, who owns them, and an "
        "early reading that would speak against each.",
    )
    with ui.row().classes("asks"):
        objective = ui.select({}, label="Objective").classes("choice").mark("objective")
        probability = ui.select(CHANCES, value=0.8, label="Wanted chance").classes("choice")
        futures = ui.select(FUTURES, value=1000, label="Futures").classes("choice").mark("futures")
    offer()
    desk.on_change(offer)
    Work(desk, "must_be_true", draw, request)
    answer = Answer("Run it to see what the objective hangs on.")
    result = ui.column().classes("wide")
    details = Details("must_be_true")


def _judged(one: Mapping[str, Any], suffices: bool) -> str:
    """What a set of conditions is worth."""
    met = f"Then the objective is met in {one['chance']:.0%} of the futures (at least {one['low']:.0%})."
    return f"{met} Today it is {one['likely']:.0%} likely.{'' if suffices else ' It does not suffice.'}"


def _row(one: Mapping[str, Any]) -> list[str | list[str]]:
    """A condition with its evidence, owner and early reading."""
    evidence, source = one["evidence"] or "not stated", one["source"]
    return [
        one["words"],
        one["plan"] or "–",
        f"{one['likely']:.0%}",
        [evidence, "" if source == evidence else source],
        one["owner"] or "nobody",
        one["signal"],
    ]

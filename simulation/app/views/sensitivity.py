"""What the answer depends on: which assumption moves it, how far, and how much of its spread is luck."""

from __future__ import annotations

from typing import Any

from nicegui import ui

from simulation.app.desk import Desk
from simulation.app.figures.sensitivity import layers, sobol, tornado
from simulation.app.jobs.job import Picture
from simulation.app.views.plot import Plot
from simulation.app.views.told import Answer, Details, card, intro
from simulation.app.views.work import Work
from simulation.report.definitions import definition

__all__ = ["show"]

MEASURES = {
    "arr": "ARR at the end", "contribution": "Contribution", "members": "Members at the end",
    "nrr": "Net revenue retention", "renewal_rate": "Renewal rate", "expansion": "Expansion",
}  # fmt: skip
CARE = {16: "quick", 64: "usual", 256: "thorough"}


def show(desk: Desk) -> None:
    """Build the view of the sensitivity."""

    def draw(picture: Picture) -> None:
        answer.draw(picture)
        result.visible = True
        swing = tornado(picture["tornado"], title=picture["title"], unit=picture["unit"], currency=picture["currency"])
        for plot, figure in (
            (swings, swing), (shares, sobol(picture["sobol"])), (areas, layers(picture["layers"])),
        ):  # fmt: skip
            plot.clear() if figure is None else plot.draw(figure)
        details.draw(picture)

    def request() -> dict[str, Any]:
        return desk.request(measure=measure.value, points=care.value)

    intro(
        "What it depends on",
        "Which of the things that we do not know moves the answer, how far, and how much is luck, which no "
        "study removes.",
    )
    with ui.row().classes("asks"):
        measure = ui.select(MEASURES, value="arr", label="Of what").classes("choice").mark("measure")
        care = ui.select(CARE, value=64, label="How thoroughly").classes("choice").mark("care")
    meaning = ui.label(definition("arr")).classes("muted small")
    measure.on_value_change(lambda: meaning.set_text(definition(measure.value)))
    Work(desk, "sensitivity", draw, request)
    answer = Answer("Run it to see which assumption matters. It takes the longer, the more assumptions there are.")
    result = ui.column().classes("wide")
    result.visible = False
    with result:
        with card(
            "How far each assumption moves it",
            "Each assumption at its low (P10) and its high end (P90), all others at their middle (the line).",
        ):
            swings = Plot("Bars: the measure with each assumption at its low and at its high end")
        with card(
            "What its spread comes from",
            "The part of the spread that would go if only this were known (alone), and the part that would stay if all "
            "else were known (with its interactions); lines are 95% intervals.",
        ):
            shares = Plot("The part of the spread that comes from each assumption and from luck, with intervals")
        with card("Over time", "What the spread of each period comes from."):
            areas = Plot("Areas: what the spread of each period comes from")
    details = Details("sensitivity")

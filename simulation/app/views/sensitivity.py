"""What the answer depends on: which assumption moves it, how far, how much is luck, and what is worth knowing."""

from __future__ import annotations

from typing import Any

from nicegui import ui

from simulation.app.desk import Desk
from simulation.app.figures.sensitivity import layers, options, sobol, tornado, worth
from simulation.app.jobs.job import Picture
from simulation.app.views.inquiry import Inquiry, others
from simulation.app.views.plot import Plot
from simulation.app.views.told import card
from simulation.report.definitions import definition
from simulation.report.words import name

__all__ = ["show"]

MEASURES = {
    "arr": "ARR at the end", "contribution": "Contribution", "members": "Members at the end",
    "nrr": "Net revenue retention, whole horizon", "renewal_rate": "Renewal rate, whole horizon",
    "expansion": "Expansion",
}  # fmt: skip
CARE = {16: "quick", 64: "usual", 256: "thorough"}
NOTHING = "Nothing: the choice is the same whatever the assumptions are."
TOO_FEW = "So few futures cannot say it: choose to look more thoroughly."
PART = (
    "The part of the spread that would go if only this were known (alone), and the part that would stay if all else "
    "were known (with its interactions); lines are 95% intervals."
)


def show(desk: Desk) -> None:
    """Build the view of the sensitivity."""

    def draw(picture: Picture) -> None:
        currency, chosen = picture["currency"], picture["choice"]
        what = {"title": picture["title"], "unit": picture["unit"], "currency": currency}
        swings.draw_or_clear(tornado(picture["tornado"], **what))
        shares.draw_or_clear(sobol(picture["sobol"]))
        areas.draw_or_clear(layers(picture["layers"]))
        decision.visible = chosen is not None
        if chosen is not None:
            means.draw(options(chosen["options"], **what))
            lead.draw_or_clear(sobol(chosen["lead"]))
            leads.text = f"The lead of “{chosen['favourite']}” over the next best."
            value.draw_or_clear(worth(chosen["information"], **what))
            worthless.visible = value.empty
            worthless.text = NOTHING if chosen["information"] is not None else TOO_FEW

    def there() -> dict[str, str]:
        return {key: name(one["name"]) for key, one in others(desk).items()}

    def offer() -> None:
        found = there()
        beside.set_options(found, value=[key for key in beside.value or [] if key in found])
        beside.visible = bool(found)

    def request() -> dict[str, Any]:
        asked = {"measure": measure.value, "points": care.value}
        if not beside.value:
            return desk.request(**asked)
        found = others(desk)
        return desk.request(overlay={}, alternatives=[found[key] for key in beside.value], **asked)

    view = Inquiry(
        desk, "sensitivity", draw, request, title="What it depends on",
        about="Which of the things that we do not know moves the answer, how far, and how much is luck, which no study "
        "removes. With what-ifs beside the scenario: which to choose, and what it is worth to know more before.",
        empty="Run it to see which assumption matters. It takes the longer, the more assumptions there are.",
    )  # fmt: skip
    with view.asks:
        measure = view.choice(MEASURES, "Of what", "arr", wide=True)
        care = view.choice(CARE, "How thoroughly", 64)
        beside = view.choice(there(), "To choose from, beside the scenario as it is", [], several=True, wide=True)
        beside.props("use-chips")
        meaning = ui.label(definition("arr")).classes("muted small wide")
    measure.on_value_change(lambda: meaning.set_text(definition(measure.value)))
    offer()
    desk.on_change(offer)
    with view.result:
        with ui.column().classes("wide") as decision:
            with card("Which to choose", "The mean of each, and in how many futures it is better than all others."):
                means = Plot("The mean of each scenario with the share of futures in which it is the best")
            with card("What the choice hangs on", PART):
                leads = ui.label().classes("muted")
                lead = Plot("The part of the spread of the lead that comes from each assumption and from luck")
            with card(
                "What it is worth to know before choosing",
                "How much more one could expect if this were known before the choice, because one would choose "
                "otherwise where it speaks for that; lines are 95% intervals. A study that costs more is not worth it.",
            ):
                worthless = ui.label().classes("muted")
                value = Plot("What knowing each assumption before choosing is worth, with its interval")
        with card(
            "How far each assumption moves it",
            "Each assumption at its low (P10) and its high end (P90), all others at their middle (the line); of the "
            "scenario as it is.",
        ):
            swings = Plot("Bars: the measure with each assumption at its low and at its high end")
        with card("What its spread comes from", PART):
            shares = Plot("The part of the spread that comes from each assumption and from luck, with intervals")
        with card("Over time", "What the spread of each period comes from."):
            areas = Plot("Areas: what the spread of each period comes from")

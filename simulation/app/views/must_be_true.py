"""What must be true for an objective, how one would notice early that it is not, and where the plan fails."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from nicegui import ui

from simulation.app.desk import Desk
from simulation.app.figures.must_be_true import chance, weakness
from simulation.app.jobs.job import Picture
from simulation.app.views.inquiry import Inquiry
from simulation.app.views.plot import Plot
from simulation.app.views.told import card, facts
from simulation.report.words import name

__all__ = ["show"]

CHANCES = {0.5: "50%", 0.7: "70%", 0.8: "80%", 0.9: "90%", 0.95: "95%"}
FUTURES = {400: "400, quick", 1000: "1,000, usual", 4000: "4,000, thorough"}


def show(desk: Desk) -> None:
    """Build the view."""

    def draw(picture: Picture) -> None:
        view.result.clear()
        with view.result:
            for place, one in enumerate(picture["sets"], 1):
                with card(f"Set {place}" if len(picture["sets"]) > 1 else "The conditions"):
                    ui.label(_judged(one, picture["suffices"])).classes("prose")
                    for each in one["conditions"]:
                        ui.label(each["words"]).classes("strong")
                        facts(_about(each))
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

    def there() -> dict[str, str]:
        return {} if desk.scenario is None else {one: name(one) for one in desk.scenario.objectives}

    def offer() -> None:
        found = there()
        objective.set_options(found, value=objective.value if objective.value in found else next(iter(found), None))

    def request() -> dict[str, Any]:
        if desk.scenario is not None and objective.value is None:
            raise ValueError("This scenario states no objectives; state one first.")
        return desk.request(objective=objective.value, probability=probability.value, replications=futures.value)

    view = Inquiry(
        desk, "must_be_true", draw, request, title="What must be true",
        about="The smallest sets of conditions that make an objective as likely as you ask, who owns them, and an "
        "early reading that would speak against each.",
        empty="Run it to see what the objective hangs on.",
    )  # fmt: skip
    with view.asks:
        objective = view.choice(there(), "Objective", wide=True)
        probability = view.choice(CHANCES, "Wanted chance", 0.8)
        futures = view.choice(FUTURES, "Futures", 1000)
    offer()
    desk.on_change(offer)


def _judged(one: Mapping[str, Any], suffices: bool) -> str:
    """What a set of conditions is worth."""
    met = f"Where this holds, the objective is met in {one['chance']:.0%} of the futures (at least {one['low']:.0%}). "
    return f"{met}It holds in {one['likely']:.0%} of all futures.{'' if suffices else ' It does not suffice.'}"


def _about(one: Mapping[str, Any]) -> list[tuple[str, str]]:
    """What is known of a condition: what the plan says, its evidence and owner, and an early reading."""
    evidence, source = one["evidence"] or "not stated", one["source"]
    return [
        ("In the plan", one["plan"] or "–"),
        ("How likely it holds", f"{one['likely']:.0%}"),
        ("Evidence", evidence if source in ("", evidence) else f"{evidence}: {source}"),
        ("Owner", one["owner"] or "nobody"),
        ("What would speak against it", one["signal"]),
    ]

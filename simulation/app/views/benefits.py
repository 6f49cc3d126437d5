"""Who benefits from a what-if: every member matched with itself, direct effects and what falls on others."""

from __future__ import annotations

from typing import Any

from simulation.app.desk import Desk
from simulation.app.figures.benefits import gains, roles
from simulation.app.jobs.job import Picture
from simulation.app.views.inquiry import Inquiry, others
from simulation.app.views.plot import Plot
from simulation.app.views.told import card
from simulation.report.words import name

__all__ = ["show"]

FUTURES = {10: "10, quick", 40: "40, usual", 100: "100, thorough"}


def show(desk: Desk) -> None:
    """Build the view."""

    def draw(picture: Picture) -> None:
        by_group.draw_or_clear(gains(picture["gains"], picture["currency"]))
        by_role.draw(roles(picture["roles"], picture["currency"]))

    def there() -> dict[str, str]:
        return {key: name(one["name"]) for key, one in others(desk).items()}

    def offer() -> None:
        found = there()
        which.set_options(found, value=which.value if which.value in found else next(iter(found), None))
        which.visible = bool(found)

    def request() -> dict[str, Any]:
        asked = desk.request(overlay={}, replications=futures.value)
        if which.value is None:
            raise ValueError("Change something, or put a what-if aside, and see who benefits from it.")
        return asked | {"other": others(desk)[which.value]}

    view = Inquiry(
        desk, "benefits", draw, request, title="Who benefits",
        about="The same people with the same luck in both scenarios: who gains by a what-if, who loses, and what "
        "falls on others because they share a team.",
        empty="Change something in the settings, then run it to see who gains.",
    )  # fmt: skip
    with view.asks:
        which = view.choice(there(), "Benefits of", wide=True)
        futures = view.choice(FUTURES, "Futures", 40)
    offer()
    desk.on_change(offer)
    with view.result:
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

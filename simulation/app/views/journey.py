"""The journey: how the members move through adoption, value and growth, played over time."""

from __future__ import annotations

from typing import Any

from nicegui import ui

from simulation.app.desk import Desk
from simulation.app.figures.journey import moves, over_time
from simulation.app.jobs.job import Picture
from simulation.app.views.plot import Plot
from simulation.app.views.told import Answer, card, intro
from simulation.app.views.work import Work
from simulation.report.words import name

__all__ = ["show"]


def show(desk: Desk) -> None:
    """Build the view."""
    last: dict[str, Any] = {}

    def draw(picture: Picture) -> None:
        answer.draw(picture)
        last.update(picture)
        segments = {one: name(one) for one in picture["segments"]}
        if list(choice.options) != list(segments):
            choice.set_options(segments, value=picture["segments"][-1])
        choice.visible = len(segments) > 1
        redraw()

    def redraw() -> None:
        if not last or choice.value not in last["moves"]:
            return
        table, periods = last["moves"][choice.value], last["periods"]
        played.draw(moves(table, last["stages"], periods))
        stages.draw(over_time(table, "stage", periods))
        courses.draw(over_time(table, "course", periods))
        result.visible = True

    intro(
        "The journey",
        "Where the members stand in their journey, and how that changes. Bars show the middle future, lines on "
        "them 8 of 10 futures, grey marks the start.",
    )
    Work(desk, "journey", draw)
    answer = Answer("Run it to see the members move. Press Play below the picture, or drag its slider.")
    result = ui.column().classes("wide")
    result.visible = False
    with result:
        with card("Moment by moment", "Where the middle future has the members, and where 8 of 10 futures have them."):
            choice = ui.select({}, label="Segment", on_change=redraw).classes("choice").mark("segment")
            played = Plot("Members by stage and course, and milestones reached, moment by moment")
        with card(
            "By stage, over time",
            "The stage of the milestone that a member works towards; complete once the last one is reached.",
        ):
            stages = Plot("Members by stage over time, with the range of 8 in 10 futures")
        with card(
            "By course, over time",
            "On track: heading for the outcome that the member wants, or nearly so; away: heading away from it; "
            "drifting: between the two.",
        ):
            courses = Plot("Members on track, drifting and away over time, with the range of 8 in 10 futures")

"""The journey: how the members move through adoption, value and growth, played over time."""

from __future__ import annotations

from typing import Any

from nicegui import ui

from simulation.app.desk import Desk
from simulation.app.figures.journey import moments_of, moves, over_time
from simulation.app.jobs.job import Picture
from simulation.app.views.plot import Plot
from simulation.app.views.told import Answer, card, intro
from simulation.app.views.work import Work
from simulation.report.words import name

__all__ = ["show"]

PAUSE = 0.7
"""Seconds between two moments."""


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
        slider.props(f"max={len(moments_of(table)) - 1}")
        show_moment()
        stages.draw(over_time(table, "stage", periods))
        courses.draw(over_time(table, "course", periods))
        result.visible = True

    def show_moment() -> None:
        if not last:
            return
        table = last["moves"][choice.value]
        moments = moments_of(table)
        at = min(int(slider.value), len(moments) - 1)
        when.text = moments[at][1]
        played.draw(moves(table, last["stages"], last["periods"], at))

    def play() -> None:
        clock.active = not clock.active
        if clock.active and slider.value >= len(moments_of(last["moves"][choice.value])) - 1:
            slider.value = 0
        show_button()

    def step() -> None:
        if slider.value >= len(moments_of(last["moves"][choice.value])) - 1:
            clock.active = False
            show_button()
        else:
            slider.value += 1

    def show_button() -> None:
        button.text = "Pause" if clock.active else "Play"
        button.icon = "pause" if clock.active else "play_arrow"

    intro(
        "The journey",
        "Where the members stand in their journey, and how that changes. Bars show the middle future, lines on "
        "them 8 of 10 futures, grey marks the start.",
    )
    Work(desk, "journey", draw)
    answer = Answer("Run it to see the members move. Then press Play, or drag the slider.")
    result = ui.column().classes("wide")
    result.visible = False
    with result:
        with card("Moment by moment", "Where the middle future has the members, and where 8 of 10 futures have them."):
            choice = ui.select({}, label="Segment", on_change=redraw).classes("choice").mark("segment")
            with ui.row().classes("player"):
                button = ui.button("Play", icon="play_arrow", on_click=play).props("unelevated no-caps").mark("play")
                slider = ui.slider(min=0, max=1, value=1, on_change=show_moment)
                slider.props('aria-label="Moment" markers snap').classes("player-slider").mark("moment")
                when = ui.label().classes("player-when").props('role="status"')
            played = Plot("Members by stage and course, and milestones reached, at the moment of the slider")
            clock = ui.timer(PAUSE, step, active=False)
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

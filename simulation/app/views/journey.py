"""The journey: how the members move through adoption, value and growth, played over time."""

from __future__ import annotations

from typing import Any

from nicegui import ui

from simulation.app.desk import Desk
from simulation.app.figures.journey import moments_of, moves, over_time
from simulation.app.jobs.job import Picture
from simulation.app.views.inquiry import Inquiry
from simulation.app.views.plot import Plot
from simulation.app.views.told import card
from simulation.report.words import name

__all__ = ["show"]

PAUSE = 0.7
"""Seconds between two moments."""


def show(desk: Desk) -> None:
    """Build the view."""
    last: dict[str, Any] = {}

    def draw(picture: Picture) -> None:
        first = not last
        last.update(picture)
        segments = {one: name(one).capitalize() for one in picture["segments"]}
        if dict(segment.options) != segments:
            segment.set_options(segments, value=picture["segments"][-1])
        segment.visible = len(segments) > 1
        redraw(to_the_end=first)

    def redraw(to_the_end: bool = False) -> None:
        if not last or segment.value not in last["moves"]:
            return
        table, periods = last["moves"][segment.value], last["periods"]
        end = len(moments_of(table)) - 1
        slider.props(f"max={end}")
        if to_the_end or slider.value > end:
            slider.value = end
        show_moment()
        stages.draw(over_time(table, "stage", periods))
        courses.draw(over_time(table, "course", periods))

    def show_moment() -> None:
        if not last:
            return
        table = last["moves"][segment.value]
        moments = moments_of(table)
        at = min(int(slider.value), len(moments) - 1)
        when.text = moments[at][1]
        played.draw(moves(table, last["stages"], last["periods"], at))

    def play() -> None:
        clock.active = not clock.active
        if clock.active and slider.value >= len(moments_of(last["moves"][segment.value])) - 1:
            slider.value = 0
        show_button()

    def step() -> None:
        if slider.value >= len(moments_of(last["moves"][segment.value])) - 1:
            clock.active = False
            show_button()
        else:
            slider.value += 1

    def show_button() -> None:
        button.text = "Pause" if clock.active else "Play"
        button.icon = "pause" if clock.active else "play_arrow"

    view = Inquiry(
        desk, "journey", draw, title="The journey",
        about="Where the members stand in their journey, and how that changes.",
        empty="Run it to see the members move. Then press Play, or drag the slider.",
    )  # fmt: skip
    with view.result:
        with card("Moment by moment"):
            segment = view.choice({}, "Segment")
            segment.on_value_change(lambda: redraw())
            with ui.row().classes("player"):
                button = ui.button("Play", icon="play_arrow", on_click=play).props("unelevated no-caps")
                slider = ui.slider(min=0, max=1, value=1, on_change=show_moment)
                slider.props('aria-label="Moment" markers snap').classes("player-slider")
                when = ui.label().classes("player-when").props('role="status"')
            ui.label("Bars: the middle future. Lines on them: 8 of 10 futures. Upright marks: the start.").classes(
                "muted small"
            )
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

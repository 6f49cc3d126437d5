"""The forecast: what is likely, in words and as fans that narrow while the futures arrive."""

from __future__ import annotations

from nicegui import ui

from simulation.app.desk import Desk
from simulation.app.figures.fan import fan
from simulation.app.jobs.job import Picture
from simulation.app.views.plot import Plot
from simulation.app.views.work import Work

__all__ = ["show"]


def show(desk: Desk) -> None:
    """Build the view."""
    headline = ui.label().classes("headline")

    def draw(picture: Picture) -> None:
        headline.text = picture["headline"]
        table = picture["bands"]["arr"][""]
        plot.draw(fan(table, "arr", currency=picture["currency"], periods=picture["periods"]))

    Work(desk, "forecast", draw)
    plot = Plot("How ARR may develop")

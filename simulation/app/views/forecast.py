"""The forecast: what is likely, in words and as fans that narrow while the futures arrive."""

from __future__ import annotations

from collections.abc import Mapping
from itertools import groupby
from typing import Any

from nicegui import events, ui

from simulation.app.desk import Desk
from simulation.app.figures.fan import fan
from simulation.app.jobs.job import Picture
from simulation.app.tasks.forecast import FANS
from simulation.app.views.plot import Plot
from simulation.app.views.report import ReportButton
from simulation.app.views.words import Cell, about, called, table
from simulation.app.views.work import Work
from simulation.forecast.measures import measure_named
from simulation.report.definitions import definition
from simulation.report.words import name, number, span

__all__ = ["show"]


def show(desk: Desk) -> None:
    """Build the view."""
    _View(desk)


class _View:
    def __init__(self, desk: Desk) -> None:
        self.desk = desk
        self.picture: Picture | None = None
        self.empty = ui.column().classes("empty")
        with self.empty:
            ui.icon("show_chart").classes("empty-icon")
            ui.label("What is likely to happen?").classes("title")
            ui.label(
                "Choose a scenario, change what you like, and press Run. The first picture is there within moments and "
                "gets sharper while more futures are simulated."
            ).classes("muted")
        self.work = Work(desk, "forecast", self.draw, label="Run")
        self.filled = ui.column().classes("wide")
        self.filled.visible = False
        with self.filled:
            self.headline = ui.label().classes("headline")
            self.caution = ui.label().classes("muted caution")
            self.tiles = ui.row().classes("tiles")
            with ui.column().classes("card"):
                with ui.row().classes("card-head"):
                    titles = {one: measure_named(one).title for one in FANS}
                    self.measure = ui.select(titles, value="arr", label="Over time", on_change=self.redraw)
                    self.measure.props("outlined dense options-dense").classes("pick").mark("measure")
                    self.segment = ui.select({"": "All members"}, value="", label="Segment", on_change=self.redraw)
                    self.segment.props("outlined dense options-dense").classes("pick")
                self.meaning = ui.label().classes("muted small")
                self.plot = Plot("How it may develop: the middle, half of the futures, and eight of ten futures")
            self.objectives = ui.column().classes("card")
            self.noticed = ui.column().classes("card noticed")
            with ui.expansion("All figures").classes("card wide"):
                self.figures = ui.html(sanitize=False).classes("wide")
            ReportButton(desk, self._shown)
        desk.on_change(self._other)

    def draw(self, picture: Picture) -> None:
        """Show what is known by now."""
        self.picture = picture
        self.empty.visible, self.filled.visible = False, True
        self.headline.text = picture["headline"]
        self.caution.text = picture["caution"]
        self.caution.visible = bool(picture["caution"])
        segments = {"": "All members", **{one: name(one).capitalize() for one in picture["segments"]}}
        self.segment.set_options(segments, value=self.segment.value if self.segment.value in segments else "")
        self.segment.visible = len(picture["segments"]) > 1
        _tiles(self.tiles, picture)
        _objectives(self.objectives, picture)
        self.figures.set_content(_figures(picture))
        _noticed(self.noticed, picture["warnings"])
        self.redraw()

    def redraw(self, _: events.ValueChangeEventArguments[str] | None = None) -> None:
        """Draw the fan that is asked for."""
        if self.picture is None:
            return
        measure = str(self.measure.value)
        self.meaning.text = definition(measure)
        bands = self.picture["bands"][measure][self.segment.value]
        self.plot.draw(fan(bands, measure, currency=self.picture["currency"], periods=self.picture["periods"]))

    def _shown(self) -> dict[str, Any]:
        """The request whose answer is shown."""
        assert self.work.job is not None and self.picture is not None
        return {**self.work.job.request, "replications": self.picture["replications"]}

    def _other(self) -> None:
        """After another scenario was chosen, the old answer is none any more."""
        if self.picture is not None and self.desk.jobs.get("forecast") is not None and not self.desk.turned:
            asked = self.desk.jobs["forecast"].request.get("scenario")
            if self.desk.key and asked != str(self.desk.plans.path(self.desk.key)):
                self.picture = None
                self.empty.visible, self.filled.visible = True, False


def _tiles(place: ui.row, picture: Picture) -> None:
    place.clear()
    with place:
        for tile in picture["tiles"]:
            with about(ui.column().classes("tile"), _about(tile["title"])):
                ui.label(tile["title"]).classes("tile-title")
                ui.label(tile["value"]).classes("tile-value")
                ui.label(tile["likely"]).classes("tile-likely").props('aria-label="In eight of ten futures"')
                if tile["today"]:
                    ui.label(tile["today"]).classes("tile-today")


def _about(title: str) -> str:
    """What the figure of a tile means, and its range."""
    known = {"ARR": "arr", "Members": "members", "Net revenue": "nrr", "Contribution": "contribution"}
    found = next((definition(measure) for start, measure in known.items() if title.startswith(start)), "")
    return f"{found} The large number is the middle; below it, where eight of ten futures lie.".strip()


def _objectives(place: ui.column, picture: Picture) -> None:
    place.clear()
    place.visible = bool(picture["objectives"])
    with place:
        ui.label("Chance to meet the objectives").classes("title")
        for wish in picture["objectives"]:
            with ui.row().classes("wish"):
                with ui.column().classes("wish-words"):
                    ui.label(wish["title"].capitalize()).classes("strong")
                    ui.label(wish["target"] + (f": {wish['note']}" if wish["note"] else "")).classes("muted small")
                if wish["chance"] == wish["chance"]:
                    _chance(wish)


def _chance(wish: Mapping[str, Any]) -> None:
    said = (
        f"Met in {wish['chance']:.0%} of the simulated futures; so many futures leave {wish['low']:.0%} to "
        f"{wish['high']:.0%} open. Expected: {wish['expected']}, in eight of ten futures {wish['likely']}."
    )
    with about(ui.row().classes("wish-chance"), said):
        bar = ui.linear_progress(wish["chance"], show_value=False).props("rounded size=10px")
        called(bar, f"Chance of {wish['title']}")
        ui.label(f"{wish['chance']:.0%}").classes("wish-number")


def _noticed(place: ui.column, warnings: list[str]) -> None:
    """What is allowed in the scenario, but deserves a look."""
    place.clear()
    place.visible = bool(warnings)
    with place:
        ui.label("Worth a look").classes("title")
        for one in warnings:
            ui.label(one[:1].upper() + one[1:]).classes("muted small")


def _figures(picture: Picture) -> str:
    """All key figures, in a table for each span."""
    parts = []
    for group, members in groupby(picture["figures"], key=lambda one: str(one["group"])):
        rows = [_figure(one, picture["currency"]) for one in members]
        parts.append(table((group, "Middle", "Eight of ten futures"), rows))
    return "".join(parts)


def _figure(one: Mapping[str, Any], currency: str) -> list[Cell | str]:
    known = definition(str(one["name"]).split(":")[0])
    likely = "the same in all" if one["same"] else span(one["low"], one["high"], one["unit"], currency)
    return [
        Cell(one["label"], about=known),
        number(one["middle"], one["unit"], currency, one["high"] - one["low"]),
        likely,
    ]

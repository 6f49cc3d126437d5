"""The forecast: what is likely, in words and as fans that narrow while the futures arrive."""

from __future__ import annotations

from collections.abc import Mapping
from itertools import groupby
from typing import Any

from nicegui import ui

from simulation.app.desk import Desk
from simulation.app.figures.fan import fan
from simulation.app.jobs.job import Picture
from simulation.app.tasks.forecast import FANS
from simulation.app.views.inquiry import Inquiry
from simulation.app.views.plot import Plot
from simulation.app.views.report import ReportButton
from simulation.app.views.told import card
from simulation.app.views.words import Cell, about, called, table
from simulation.forecast.measures import measure_named
from simulation.report.definitions import definition
from simulation.report.words import MISSING, between, name, short, step_of

__all__ = ["show"]

EVERYBODY = ""
"""The key of all segments together."""


def show(desk: Desk) -> None:
    """Build the view."""
    last: dict[str, Any] = {}

    def draw(picture: Picture) -> None:
        last.update(picture)
        _tiles(tiles, picture)
        _objectives(objectives, picture)
        figures.set_content(_figures(picture))
        _noticed(noticed, picture["warnings"])
        redraw()

    def redraw() -> None:
        if not last:
            return
        key = str(measure.value)
        bands, there = last["bands"][key], segment.value
        words = {one: name(one).capitalize() or "All members" for one in bands}
        if dict(segment.options) != words:
            segment.set_options(words, value=there if there in words else EVERYBODY)
        segment.visible = len(words) > 1
        meaning.text = definition(key)
        plot.draw(fan(bands[segment.value], key, currency=last["currency"], periods=last["periods"]))

    def shown() -> dict[str, Any]:
        """The request whose answer is shown."""
        assert view.work.job is not None
        return {**view.work.job.request, "replications": last["replications"]}

    view = Inquiry(
        desk, "forecast", draw, title="What is likely to happen",
        about="Choose a scenario, change what you like, and press Run. The first picture is there within moments and "
        "gets sharper while more futures are simulated.",
    )  # fmt: skip
    with view.result:
        tiles = ui.row().classes("tiles")
        with card("How it may develop", "The middle of the simulated futures, and where half and eight of ten lie."):
            with ui.row().classes("asks"):
                measure = view.choice({one: measure_named(one).title for one in FANS}, "Over time", "arr")
                segment = view.choice({EVERYBODY: "All members"}, "Segment", EVERYBODY)
            measure.on_value_change(redraw)
            segment.on_value_change(redraw)
            meaning = ui.label().classes("muted small")
            plot = Plot("How it may develop: the middle, half of the futures, and eight of ten futures")
        objectives = ui.column().classes("card")
        noticed = ui.column().classes("card noticed")
        with ui.expansion("All figures").classes("card wide"):
            figures = ui.html(sanitize=False).classes("wide")
    with view.foot:
        ReportButton(desk, shown)


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
        ui.label("Chance to meet the objectives").classes("title").props('role="heading" aria-level="3"')
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
        ui.label("Worth a look").classes("title").props('role="heading" aria-level="3"')
        for one in warnings:
            ui.label(one[:1].upper() + one[1:]).classes("muted small")


def _figures(picture: Picture) -> str:
    """All key figures, those of each span below its heading."""
    rows: list[list[Cell | str]] = []
    for group, members in groupby(picture["figures"], key=lambda one: str(one["group"])):
        rows.append([group])
        rows += [_figure(one, picture["currency"]) for one in members]
    return table(("", "Middle", "Eight of ten futures"), rows)


def _figure(one: Mapping[str, Any], currency: str) -> list[Cell | str]:
    low, high, unit = one["low"], one["high"], one["unit"]
    likely = "the same in all" if one["same"] else "nearly the same in all" if one["futures"] else MISSING
    if high > low:
        likely = between(low, high, unit, currency, "to")
    middle = short(one["middle"], unit, currency, step_of(high - low, 5), max(abs(low), abs(high)))
    return [Cell(one["label"], about=definition(str(one["name"]).split(":")[0])), middle, likely]

"""Compare: up to five what-ifs beside the scenario, on the same people with the same luck."""

from __future__ import annotations

import asyncio
from typing import Any

import pandas as pd
from nicegui import events, ui

from simulation.app.desk import MOST_WHAT_IFS, Desk, WhatIf
from simulation.app.figures.difference import colour_of, courses, sizes
from simulation.app.jobs.job import Picture
from simulation.app.tasks.compare import FANS, MEASURES
from simulation.app.views.plot import Plot
from simulation.app.views.report import ReportButton
from simulation.app.views.words import Cell, called, table
from simulation.app.views.work import Work
from simulation.forecast.measures import measure_named
from simulation.report.comparison_words import amount, interval
from simulation.report.definitions import definition
from simulation.report.words import name, number

__all__ = ["show"]


def show(desk: Desk) -> None:
    """Build the view."""
    _View(desk)


class _View:
    def __init__(self, desk: Desk) -> None:
        self.desk = desk
        self.picture: Picture | None = None
        with ui.column().classes("card"):
            ui.label("What to compare").classes("title")
            self.base = ui.label().classes("muted")
            self.listed = ui.column().classes("wide what-ifs")
            with ui.row().classes("card-head"):
                self.other = ui.select({}, label="Add a scenario of this folder").props("outlined dense options-dense")
                self.other.classes("pick").mark("add-scenario").on_value_change(self._add)
                better = {one: measure_named(one).title for one in MEASURES if measure_named(one).better}
                self.measure = ui.select(better, value="contribution", label="Decide by")
                self.measure.props("outlined dense options-dense").classes("pick")
        self.work = Work(desk, "compare", self.draw, self._request, label="Compare", icon="compare_arrows")
        self.filled = ui.column().classes("wide")
        self.filled.visible = False
        with self.filled:
            self.headline = ui.label().classes("headline")
            self.points = ui.column().classes("points")
            with ui.column().classes("card"):
                ui.label("How large is the difference?").classes("title")
                self.size_says = ui.label().classes("muted small")
                self.sizes = Plot("The difference of each what-if with its uncertainty")
            with ui.column().classes("card"):
                ui.label("How does it develop?").classes("title")
                titles = {one: measure_named(one).title for one in FANS}
                self.over = ui.select(titles, value="arr", label="Over time", on_change=self._redraw)
                self.over.props("outlined dense options-dense").classes("pick")
                self.course = Plot("How the difference develops over time")
            with ui.column().classes("card") as self.objectives:
                ui.label("Chance to meet the objectives").classes("title")
                self.chances = ui.html(sanitize=False).classes("wide")
            with ui.column().classes("card"):
                ui.label("What changes").classes("title")
                ui.label(
                    "Averages over the whole horizon, of levels at its end; below, how sure they are (95% interval)."
                ).classes("muted small")
                self.table = ui.html(sanitize=False).classes("wide")
            ReportButton(desk, self._shown)
        desk.on_change(self._changed)
        self._changed()

    def draw(self, picture: Picture) -> None:
        """Show what is known by now."""
        self.picture = picture
        self.filled.visible = True
        self.headline.text = picture["headline"]
        self.points.clear()
        with self.points:
            for text in picture["points"]:
                ui.label(text).classes("muted")
        what = measure_named(picture["measure"])
        self.size_says.text = (
            f"{what.title} over the whole horizon, less that of the scenario as it is. Dot: average; thin line: how "
            "sure the average is (95% interval); broad line: where eight of ten futures lie."
        )
        self.sizes.draw(sizes(picture["table"], picture["measure"], currency=picture["currency"]))
        self._redraw()
        self.chances.set_content(_chances(picture))
        self.objectives.visible = not picture["chances"].empty
        self.table.set_content(_changes(picture))

    def _redraw(self, _: events.ValueChangeEventArguments[str] | None = None) -> None:
        if self.picture is not None:
            tables = self.picture["bands"][str(self.over.value)]
            how: dict[str, Any] = {one: self.picture[one] for one in ("currency", "periods")}
            self.course.draw(courses(tables, str(self.over.value), **how))

    def _shown(self) -> dict[str, Any]:
        """The request whose answer is shown."""
        assert self.work.job is not None and self.picture is not None
        return {**self.work.job.request, "replications": self.picture["replications"]}

    def _request(self) -> dict[str, Any]:
        if not self.desk.what_ifs:
            raise ValueError(
                "There is nothing to compare yet: change something at the left and press Compare there, or add a "
                "scenario of this folder."
            )
        asked = [{"name": one.name, "scenario": one.scenario, "overlay": one.overlay} for one in self.desk.what_ifs]
        return self.desk.request(overlay={}, what_ifs=asked, measure=self.measure.value)

    async def _add(self, event: events.ValueChangeEventArguments[str | None]) -> None:
        """Take another scenario of the folder as a what-if."""
        if event.value is None:
            return
        title = dict(self.other.options)[event.value]
        self.other.set_value(None)
        try:
            self.desk.put_aside(WhatIf(title, str(self.desk.plans.path(event.value)), {}))
        except ValueError as error:
            self.work.complain(str(error).capitalize())

    def _changed(self) -> None:
        """After the scenario or the what-ifs have changed."""
        scenario = self.desk.scenario
        self.base.text = (
            "Choose a scenario first."
            if scenario is None
            else f"“{scenario.name}” as it is, with each of these on the same people and the same luck:"
        )
        self.listed.clear()
        with self.listed:
            for place, one in enumerate(self.desk.what_ifs):
                with ui.row().classes("what-if"):
                    ui.element("span").classes("dot").style(f"background: {colour_of(place)}")
                    ui.label(one.name).classes("strong")
                    ui.space()
                    remove = ui.button(icon="close", on_click=lambda _, name=one.name: self.desk.drop(name))
                    called(remove.props("flat round dense size=sm"), f"Remove {one.name}")
            if not self.desk.what_ifs:
                ui.label(
                    "Nothing yet. Change something at the left and press Compare there; up to "
                    f"{MOST_WHAT_IFS} what-ifs can stand side by side."
                ).classes("muted")
        ui.timer(0.0, self._offer, once=True)

    async def _offer(self) -> None:
        """Offer the other scenarios of the folder, those that can be compared."""
        scenario = self.desk.scenario
        found = await asyncio.to_thread(self.desk.plans.alike, scenario) if scenario is not None else []
        names = {one.name for one in self.desk.what_ifs}
        self.other.set_options(
            {one.key: one.title for one in found if one.key != self.desk.key and one.title not in names}
        )
        self.other.visible = bool(self.other.options)


def _chances(picture: Picture) -> str:
    """The chance of each objective, as it is and with each what-if."""
    found: pd.DataFrame = picture["chances"]
    wide = found.pivot(index="objective", columns="scenario", values="probability")
    rows: list[list[Cell | str]] = []
    for objective in dict.fromkeys(found["objective"]):
        chances = [float(wide.loc[objective, one]) for one in ("base", *picture["names"])]
        rows.append([name(objective).capitalize(), *("–" if one != one else f"{one:.0%}" for one in chances)])
    return table(("", "As it is", *map(name, picture["names"])), rows)


def _changes(picture: Picture) -> str:
    """Every measure: as it is, and the difference of each what-if with how sure it is."""
    found: pd.DataFrame = picture["table"].set_index(["alternative", "measure"])
    rows = []
    for measure in MEASURES:
        ours = {one: found.loc[(one, measure)] for one in picture["names"] if (one, measure) in found.index}
        if any(float(row["futures"]) for row in ours.values()):
            rows.append(_row(measure, ours, picture["names"], picture["currency"]))
    return table(("", "As it is", *map(name, picture["names"])), rows)


def _row(measure: str, rows: dict[str, Any], names: list[str], currency: str) -> list[Cell | str]:
    what = measure_named(measure)
    base = float(next(iter(rows.values()))["base"])
    cells: list[Cell | str] = [Cell(what.title, about=definition(measure))]
    cells.append(number(base, what.unit, currency, abs(base) / 20))
    for one in names:
        if one not in rows:
            cells.append("–")
            continue
        mean, low, high = (float(rows[one][key]) for key in ("mean", "low", "high"))
        side = what.better * (1 if low > 0 else -1 if high < 0 else 0)
        kind = "better" if side > 0 else "worse" if side < 0 else ""
        text = amount(mean, what.unit, currency, high - low)
        cells.append(Cell(text, interval(low, high, what.unit, currency), kind=kind))
    return cells

"""Compare: up to five what-ifs beside the scenario, on the same people with the same luck."""

from __future__ import annotations

import asyncio
from pathlib import PurePath
from typing import Any

import pandas as pd
from nicegui import events, ui

from simulation.app.desk import MOST_WHAT_IFS, Desk, WhatIf
from simulation.app.figures.difference import colour_of, courses, sizes
from simulation.app.jobs.job import Picture
from simulation.app.tasks.compare import FANS, MEASURES
from simulation.app.views.inquiry import Inquiry
from simulation.app.views.plot import Plot
from simulation.app.views.report import ReportButton
from simulation.app.views.told import card
from simulation.app.views.words import Cell, about, called, table
from simulation.forecast.measures import measure_named
from simulation.report.comparison_words import amount, interval
from simulation.report.definitions import definition
from simulation.report.keyfigures import RATES
from simulation.report.words import MISSING, name, number, short, step_of

__all__ = ["show"]

LARGE = 10_000
"""From here on numbers are told in thousands and millions."""


def show(desk: Desk) -> None:
    """Build the view."""
    last: dict[str, Any] = {}

    def draw(picture: Picture) -> None:
        last.update(picture)
        meaning.text = definition(picture["measure"])
        size.draw(sizes(picture["table"], picture["measure"], currency=picture["currency"]))
        redraw()
        chances.set_content(_chances(picture))
        objectives.visible = not picture["chances"].empty
        changes.set_content(_changes(picture))

    def redraw() -> None:
        if last:
            how: dict[str, Any] = {one: last[one] for one in ("currency", "periods")}
            course.draw(courses(last["bands"][over.value], over.value, **how))

    def shown() -> dict[str, Any]:
        """The request whose answer is shown."""
        assert view.work.job is not None
        return {**view.work.job.request, "replications": last["replications"]}

    def request() -> dict[str, Any]:
        if not desk.what_ifs:
            raise ValueError(
                "There is nothing to compare yet: change something in the settings and press Compare there, or add a "
                "scenario of this folder."
            )
        return desk.request(overlay={}, what_ifs=[dict(vars(one)) for one in desk.what_ifs], measure=measure.value)

    def add(event: events.ValueChangeEventArguments[str | None]) -> None:
        """Take another scenario of the folder as a what-if, by the name of its file, as the command line does."""
        if event.value is None:
            return
        other.set_value(None)
        short_name = PurePath(event.value).stem
        taken = any(one.name == short_name for one in desk.what_ifs)
        try:
            desk.put_aside(WhatIf(event.value if taken else short_name, str(desk.plans.path(event.value)), {}))
        except ValueError as error:
            view.work.complain(str(error))

    def changed() -> None:
        """After the scenario or the what-ifs have changed."""
        base.text = (
            "Choose a scenario first."
            if desk.scenario is None
            else f"“{desk.scenario.name}” as it is, with each of these on the same people and the same luck:"
        )
        _list(listed, desk)
        ui.timer(0.0, offer, once=True)

    async def offer() -> None:
        """Offer the other scenarios of the folder, those that can be compared."""
        found = [] if desk.scenario is None else await asyncio.to_thread(desk.plans.alike, desk.scenario)
        there = {one.scenario for one in desk.what_ifs if not one.overlay}
        other.set_options(
            {one.key: one.title for one in found if one.key != desk.key and str(desk.plans.path(one.key)) not in there}
        )
        other.visible = bool(other.options)

    view = Inquiry(
        desk, "compare", draw, request, title="Compare",
        about="What-ifs beside the scenario as it is: which is better, by how much, and how sure that is.",
        label="Compare", icon="compare_arrows",
    )  # fmt: skip
    with view.asks, ui.column().classes("card"):
        base = ui.label().classes("muted")
        listed = ui.column().classes("wide what-ifs")
        with ui.row().classes("asks"):
            other = view.choice({}, "Add a scenario", wide=True)
            other.on_value_change(add)
            better = {one: measure_named(one).title for one in MEASURES if measure_named(one).better}
            measure = view.choice(better, "Decide by", "contribution")
    with view.result:
        with card(
            "How large is the difference?",
            "Over the whole horizon, less that of the scenario as it is.",
        ):
            meaning = ui.label().classes("muted small")
            ui.label(
                "Dot: average; thin line: how sure it is (95% interval); broad line: where eight of ten futures lie."
            ).classes("muted small")
            size = Plot("The difference of each what-if with its uncertainty")
        with card("How does it develop?", "Lines: the middle of the futures; areas: where eight of ten futures lie."):
            over = view.choice({one: measure_named(one).title for one in FANS}, "Over time", "arr")
            over.on_value_change(redraw)
            course = Plot("How the difference develops over time")
        objectives = card("Chance to meet the objectives", "The share of the futures in which each is met.")
        with objectives:
            chances = ui.html(sanitize=False).classes("wide")
        with card(
            "What changes",
            "Averages over the whole horizon, of levels at its end; below, how sure they are (95% interval).",
        ):
            changes = ui.html(sanitize=False).classes("wide")
    with view.foot:
        ReportButton(desk, shown)
    desk.on_change(changed)
    changed()


def _list(place: ui.column, desk: Desk) -> None:
    """List the what-ifs, each with the colour that it has in the figures."""
    place.clear()
    with place:
        for order, one in enumerate(desk.what_ifs):
            with ui.row().classes("what-if"):
                ui.element("span").classes("dot").style(f"background: {colour_of(order)}")
                about(ui.label(name(one.name)).classes("strong"), PurePath(one.scenario).name)
                ui.space()
                remove = ui.button(icon="close", on_click=lambda _, name=one.name: desk.drop(name))
                called(remove.props("flat round dense size=sm"), f"Remove {one.name}")
        if not desk.what_ifs:
            ui.label(
                "Nothing yet. Change something in the settings and press Compare there; up to "
                f"{MOST_WHAT_IFS} what-ifs can stand side by side."
            ).classes("muted")


def _chances(picture: Picture) -> str:
    """The chance of each objective, as it is and with each what-if."""
    found: pd.DataFrame = picture["chances"]
    wide = found.pivot(index="objective", columns="scenario", values="probability")
    rows: list[list[Cell | str]] = []
    for objective in dict.fromkeys(found["objective"]):
        chances = [float(wide.loc[objective, one]) for one in ("base", *picture["names"])]
        title = Cell(name(objective).capitalize(), about=picture["targets"].get(objective, ""))
        rows.append([title, *(MISSING if one != one else f"{one:.0%}" for one in chances)])
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
    when = ", whole horizon" if measure in RATES else ""
    cells: list[Cell | str] = [Cell(f"{what.title}{when}", about=definition(measure))]
    large = abs(base) >= LARGE and what.unit in ("money", "members", "count")
    step = step_of(base) if large else abs(base) / 20
    cells.append((short if large else number)(base, what.unit, currency, step))
    for one in names:
        if one not in rows:
            cells.append(MISSING)
            continue
        mean, low, high = (float(rows[one][key]) for key in ("mean", "low", "high"))
        side = what.better * (1 if low > 0 else -1 if high < 0 else 0)
        kind = "better" if side > 0 else "worse" if side < 0 else ""
        text = amount(mean, what.unit, currency, high - low)
        sure = "in every future" if low == high else interval(low, high, what.unit, currency)
        cells.append(Cell(text, sure, kind=kind))
    return cells

"""The sections on the outcome: key figures, how they develop, where ARR comes from, milestones, objectives."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING, Any

import numpy as np

from simulation.forecast.measures import measure_named
from simulation.report.answer import wishes
from simulation.report.bars import STEPS
from simulation.report.gallery import Gallery
from simulation.report.keyfigures import KeyFigure, figure_of, key_figures, last_year
from simulation.report.page import Block, Cell, Section, Table, Text
from simulation.report.words import MISSING, between, name, number

if TYPE_CHECKING:
    from simulation.forecast import Forecast

__all__ = ["development", "figures", "milestones", "objectives", "way_of_arr"]

NEXT = ("30 days", "60 days", "90 days")
SOON = (
    "joined", "left", "arr", "new", "expansion", "churn", "renewals_due", "renewal_rate", "reached", "taken",
    "contribution",
)  # fmt: skip
WHOLE = 5.0
"""A spread from which on counts are shown without decimals."""
BY_SEGMENT = ("members", "arr", "nrr", "grr", "renewal_rate", "first_renewal_rate", "expansion", "churn")


def figures(forecast: Forecast) -> Section:
    """Key figures: over the horizon, in the next 30, 60 and 90 days, and by segment."""
    blocks: list[Block] = [
        Text(
            "P50 is the middle of the simulated futures: as many lie below it as above. One in ten lies below P10 "
            "and one in ten above P90. The P10 of two measures need not come from the same future, so the rows "
            "of a column do not add up."
        )
    ]
    halves: tuple[list[list[Cell | str]], list[list[Cell | str]]] = ([], [])
    group = ""
    for one in key_figures(forecast):
        rows = halves[one.unit == "share" and "track" not in one.name or bool(halves[1])]
        if one.group != group:
            rows.append([one.group])
            group = one.group
        rows.append([Cell(one.label, _defined(one, forecast)), *_three(one, forecast.frame.currency)])
    for rows, caption in zip(halves, ("Members and ARR", "Rates, teams and money"), strict=True):
        blocks.append(Table(["", "P10", "P50", "P90"], rows, caption=caption, narrow=True))
    blocks += _soon(forecast)
    if len(forecast.frame.segments) > 1:
        blocks.append(_by_segment(forecast))
    return Section("figures", "Key figures", blocks)


def development(gallery: Gallery) -> Section | str:
    """How the main measures may develop over time; ARR is on the first page."""
    pictures: list[Block] = []
    for key, what in (
        ("members", "the number of members"), ("expansion_by_period", "expansion"),
        ("churn_by_period", "churned ARR"), ("contribution", "contribution"),
    ):  # fmt: skip
        pictures += gallery.picture(key, f"Fan chart of {what} over time: median, P25 to P75 and P10 to P90.")
    retention = "Fan charts of net and gross revenue retention over the twelve months up to each period's end."
    pictures += gallery.picture("retention", retention)
    if not pictures:
        return "How it may develop: there are no members and no money in any future."
    text = Text(
        "The line is the middle future of each date; the dark band holds half of the futures, the light band "
        "four out of five. A single future moves up and down within the bands."
    )
    return Section("development", "How it may develop", [text, *pictures])


ENOUGH = 50
"""Futures from which on those near a percentile differ from those near another."""
COHERENT = {
    "new": (1, "+ new"), "returned_arr": (1, "+ returned"), "expansion": (1, "+ expansion"),
    "uplift": (1, "+ price uplift"), "contraction": (-1, "− contraction"), "churn": (-1, "− churn"),
}  # fmt: skip


def way_of_arr(forecast: Forecast, gallery: Gallery) -> Section | str:
    """The waterfall of ARR, and what expansion is made of."""
    if "waterfall" not in gallery:
        return "Where ARR comes from: there is none in any future."
    table, currency = forecast.waterfall(), forecast.frame.currency
    rows: list[list[Cell | str]] = []
    for step, row in table.iterrows():
        spread = float(row["P90"] - row["P10"])
        cells = [number(float(row[column]), "money", currency, spread) for column in ("mean", "P10", "P50", "P90")]
        rows.append([STEPS[str(step)], *cells])
    pictures = gallery.picture(
        "waterfall", "Waterfall of ARR from the start to the end: mean of each step with its P10 to P90."
    )
    pictures += gallery.picture("expansion", "Expansion over the horizon by milestone: median and bands.")
    text = Text(
        "ARR at the end is ARR at the start plus what is new, returned, expanded and raised in price, less what is "
        "contracted and churned. The means add up exactly; the P10, P50 and P90 of single steps do not."
    )
    columns = ["Step", "Mean", "P10", "P50", "P90"]
    blocks: list[Block] = [text, *pictures, Table(columns, rows, caption="Steps of ARR", narrow=True)]
    if forecast.replications >= ENOUGH:
        blocks.append(_percentile_futures(forecast))
    return Section("arr", "Where ARR comes from", blocks)


def _percentile_futures(forecast: Forecast) -> Table:
    """Futures near P10, P50 and P90 of ARR: columns that add up, for a plan that needs one number a line."""
    table = forecast.percentile_futures("arr", by="horizon").xs("all", level="segment").droplevel("period")
    currency = forecast.frame.currency
    whole = table[["arr_open", *COHERENT]].round()  # so that what is shown adds up, not only what is exported
    whole["arr"] = whole["arr_open"] + sum(sign * whole[key] for key, (sign, _) in COHERENT.items())
    lines = {
        "arr_open": "ARR at the start",
        **{key: label for key, (_, label) in COHERENT.items()},
        "arr": "ARR at the end",
    }
    rows: list[list[Cell | str]] = [
        [label, *(number(float(value), "money", currency) for value in whole[key])]
        for key, label in lines.items()
        if key in ("arr_open", "arr") or whole[key].any()
    ]
    count = int(table["futures"].iloc[0])
    caption = (
        f"Futures that add up: each column is the mean of the {count} futures whose ARR at the end ranks nearest to "
        "its percentile. Percentiles of single lines do not add up, for no future is poor in every line at once"
    )
    return Table(["", *(f"Near {one} of ARR" for one in table.index)], rows, caption=caption)


def milestones(forecast: Forecast) -> Section | str:
    """The milestone cohorts: who is expected at which milestone, and the expansion there."""
    if not forecast.frame.milestones:
        return "Milestones: the scenario has no journey."
    known = [one.name for one in forecast.frame.windows]
    blocks: list[Block] = [
        Text(
            "Expected members at a milestone, times the share that takes its opportunity, times the ARR of a take, is "
            "the expansion to manage against. The stated take is that of a member at the typical pace; those who "
            "arrive at a milestone are faster, so the simulated one may differ. An opportunity is only offered to a "
            "member who is ready for it."
        )
    ]
    if "90 days" in known and forecast.frame.days > 90:
        blocks.append(_cohorts(forecast, "90 days", "In the first 90 days"))
    blocks.append(_cohorts(forecast, "horizon", "Over the whole horizon"))
    return Section("milestones", "Members at milestones", blocks)


def objectives(forecast: Forecast) -> Section | str:
    """The objectives with their chances."""
    found = wishes(forecast)
    if not found:
        return "Objectives: the scenario states none; the chance to reach a result appears once one is stated."
    rows: list[list[Cell | str]] = []
    for one in found:
        if np.isnan(one.chance):
            chance = Cell(MISSING, one.note or "undefined in every future")
        else:
            chance = Cell(f"{one.chance:.0%}", f"{one.low:.0%} to {one.high:.0%}", one.chance)
        rows.append([one.title, chance, Cell(one.expected, one.likely), one.target])
    columns = ["Objective", "Chance (95% interval)", "Expected (P10 to P90)", "What is wanted"]
    text = Text(
        "A missed objective means that members did not reach the milestone, renew or expand as hoped. The interval is "
        "the error of simulating a limited number of futures; it is not the risk itself."
    )
    return Section("objectives", "Chance to meet the objectives", [text, Table(columns, rows, words=(0, 3))])


def _three(one: KeyFigure, currency: str) -> list[str]:
    spread = one.high - one.low
    if one.unit in ("members", "count"):
        spread = max(spread, WHOLE)  # a future has whole members
    return [number(value, one.unit, currency, spread) for value in (one.low, one.middle, one.high)]


def _defined(one: KeyFigure, forecast: Forecast) -> str:
    """Say in how many futures a figure is defined, where not in all."""
    if one.futures == forecast.replications:
        return ""
    if one.futures == 0:
        return "undefined: nothing to divide by in any future"
    return f"defined in {one.futures} of {forecast.replications} futures"


def _ranged(one: KeyFigure, currency: str) -> Cell:
    """P50, with P10 to P90 below it."""
    ends = between(one.low, one.high, one.unit, currency, "to") if one.high > one.low else ""
    return Cell(_three(one, currency)[1], ends)


def _soon(forecast: Forecast) -> Iterator[Table]:
    known = {one.name for one in forecast.frame.windows}
    windows = [one for one in NEXT if one in known]
    if not windows:
        return
    rows: list[list[Cell | str]] = []
    for measure in SOON:
        what = measure_named(measure)
        if measure in ("reached", "taken") and not forecast.frame.milestones:
            continue
        cells: list[Cell | str] = []
        for window in windows:
            values = forecast.measure(measure, window=window).to_numpy()
            cells.append(_ranged(figure_of(values, what.unit), forecast.frame.currency))
        rows.append([f"{what.title}{' at the end' if what.nature == 'stock' else ''}", *cells])
    titles = [f"first {one}" for one in windows]
    yield Table(["", *titles], rows, caption="The next weeks: P50, and P10 to P90 below it", narrow=True)


def _by_segment(forecast: Forecast) -> Table:
    year = last_year(forecast)
    rows: list[list[Cell | str]] = []
    for segment in forecast.frame.segments:
        cells: list[Cell | str] = [name(segment)]
        for measure in BY_SEGMENT:
            where: dict[str, Any] = {"segment": segment}
            if year is not None and measure_named(measure).unit == "share":
                where["window"] = year
            values = forecast.measure(measure, **where).to_numpy()
            cells.append(_ranged(figure_of(values, measure_named(measure).unit), forecast.frame.currency))
        rows.append(cells)
    titles = [measure_named(one).title for one in BY_SEGMENT]
    span = "the last 12 months" if year is not None else "the whole horizon"
    caption = f"By segment: levels at the end, rates over {span}, flows over the whole horizon"
    return Table(["Segment", *titles], rows, caption=caption)


def _cohorts(forecast: Forecast, window: str, caption: str) -> Table:
    table, currency = forecast.milestones(window), forecast.frame.currency
    pushed = bool(table["pushed"].any())
    rows: list[list[Cell | str]] = []
    for _, row in table.iterrows():
        about = ", ".join(name(one) for one in (row["segment"], row["stage"], row["kind"]) if one)
        members = figure_cell(row, "members", "count", "")
        cells: list[Cell | str] = [Cell(name(row["milestone"]), about), members]
        if row["kind"]:
            cells += [
                number(row["offered"], "count"),
                Cell(number(row["take_rate"], "share"), f"stated {number(row['stated_take'], 'share')}"),
                number(row["arr_per_take"], "money", currency),
                figure_cell(row, "expansion", "money", currency),
            ]
        else:
            cells += [MISSING] * 4
        if pushed and not row["kind"]:
            cells.append(MISSING)
        elif pushed:
            sold = number(row["push_expansion"], "money", currency)
            pushes = f"{number(row['push_taken'], 'count')} of {number(row['pushed'], 'count')} pushes"
            cells.append(Cell(sold, pushes))
        rows.append(cells)
    columns = ["Milestone", "Members expected", "Offered", "Taken", "ARR of a take", "Expansion expected"]
    return Table(
        [*columns, *(["Sold by pushing"] if pushed else [])], rows, caption=f"{caption}: means, and P10 to P90"
    )


def figure_cell(row: Any, column: str, unit: str, currency: str) -> Cell:
    """Return the mean of a cohort's column, with P10 to P90 below it."""
    low, high = float(row[f"{column}_P10"]), float(row[f"{column}_P90"])
    spread = high - low if high > low else float("nan")
    ends = between(low, high, unit, currency, "to") if high > low else ""
    return Cell(number(float(row[column]), unit, currency, spread), ends)

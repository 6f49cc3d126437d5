"""The first page of a comparison: what it is worth, what must be true, where it comes from, what it rests on."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING

from simulation.experiment.moved import moved
from simulation.forecast.measures import measure_named
from simulation.report.background import Background
from simulation.report.board import record
from simulation.report.borrowed import borrowed_sentence
from simulation.report.comparison_words import amount, interval, lower_first
from simulation.report.page import Block, Cell, Section, Table, Text
from simulation.report.words import MISSING, day, name, number

if TYPE_CHECKING:
    from simulation.experiment.borrowed import Borrowed
    from simulation.experiment.comparison import Comparison
    from simulation.experiment.pairs import Difference
    from simulation.experiment.payback import Payback

__all__ = ["comparison_board"]

Row = list[Cell | str]


def comparison_board(
    comparison: Comparison,
    measure: str,
    results: Mapping[str, Payback],
    said: Sequence[str],
    rests_on: Mapping[str, Borrowed],
    background: Background,
) -> list[Section]:
    """Return the sections of the first page.

    Parameters
    ----------
    measure
        What is decided by.
    results
        Payback of each alternative.
    said
        Which assumption decides, in sentences.
    rests_on
        What the difference of each alternative rests on; may be empty.
    """
    return [
        _worth(comparison, measure, results),
        _moved(comparison),
        _true(comparison, measure, said),
        _rests(comparison, measure, rests_on),
        record(background),
    ]


def _worth(comparison: Comparison, measure: str, results: Mapping[str, Payback]) -> Section:
    """Differences that a decision needs, and the chances of the objectives."""
    shown = list(dict.fromkeys([measure, "arr", "members", "cost"]))
    currency = comparison.base.frame.currency
    rows: list[Row] = [
        [
            measure_named(each).title,
            *(_gap(comparison.describe(each, one), each, currency) for one in comparison.alternatives),
        ]
        for each in shown
    ]
    rows.append(["Paid back", *(_paid(results[one]) for one in comparison.alternatives)])
    columns = ["Mean difference", *(_title(one) for one in comparison.alternatives)]
    caption = "Against the base, with 95% intervals"
    blocks: list[Block] = [Table(columns, rows, caption=caption, narrow=True), *_chances(comparison)]
    return Section("worth", "What it is worth", blocks)


def _gap(one: Difference, measure: str, currency: str) -> Cell:
    what = measure_named(measure)
    if one.futures == 0:
        return Cell(MISSING, "undefined")
    if one.equal == 1.0:
        return Cell("the same", "in every future")
    width = one.high - one.low if one.high > one.low else math.nan
    ends = interval(one.low, one.high, what.unit, currency) if one.high > one.low else "in every future"
    better = "" if math.isnan(one.better.value) or measure == "cost" else f"; better in {one.better.value:.0%}"
    return Cell(amount(one.mean, what.unit, currency, width), f"{ends}{better}")


def _paid(one: Payback) -> Cell:
    """By when an alternative is paid back in half of the futures, and in how many it is not."""
    if one.cost.mean <= 0:
        return Cell(MISSING, "costs no more")
    late = f"not in {1 - one.within.value:.0%} of the futures"
    return Cell(one.median or "not in half", late)


def _chances(comparison: Comparison) -> Sequence[Block]:
    """The chance of each objective in every scenario."""
    table = comparison.objectives()
    if table.empty:
        return []
    rows: list[Row] = []
    for wish in dict.fromkeys(table.index.get_level_values("objective")):
        base = table.loc[("base", wish)]
        cells: Row = [name(str(wish)), f"{base['probability']:.0%}" if base["futures"] else MISSING]
        for one in comparison.alternatives:
            row = table.loc[(one, wish)]
            if not row["futures"]:
                cells.append(MISSING)
                continue
            points = f"{round(row['difference'] * 100):+d} points".replace("-", "−")
            cells.append(Cell(f"{row['probability']:.0%}", points))
        rows.append(cells)
    columns = ["Objective", "Base", *(_title(one) for one in comparison.alternatives)]
    return [Table(columns, rows, caption="Chance to meet the objectives", narrow=True)]


def _true(comparison: Comparison, measure: str, said: Sequence[str]) -> Section:
    """Which assumption decides."""
    if not said:
        what = lower_first(measure_named(measure).title)
        why = "the plans take every number as exactly known"
        if comparison.base.has_assumptions:
            why = "none of them turns its sign often enough"
        said = [f"No single assumption decides the difference in {what}: {why}."]
    return Section("true", "What must be true", [Text(one) for one in said])


def _moved(comparison: Comparison) -> Section:
    """Where the difference of ARR comes from: flows that add up."""
    title, currency = "Where the difference comes from", comparison.base.frame.currency
    found = {one: moved(comparison.base, other) for one, other in comparison.alternatives.items()}
    known = {one: bridge for one, bridge in found.items() if bridge is not None}
    if not known:
        return Section("moved", title, [Text("The scenarios count up to different days: their ARR cannot be split.")])
    first = next(iter(known.values()))
    spread = {one: max((row.high - row.low for row in bridge.rows), default=math.nan) for one, bridge in known.items()}
    steps = list(dict.fromkeys(row.name for bridge in known.values() for row in bridge.rows if row.low or row.high))
    rows: list[Row] = []
    for step in steps:
        cells: Row = [step]
        for bridge in known.values():
            row = next((each for each in bridge.rows if each.name == step), None)
            cells.append(
                Cell(amount(row.value, "money", currency, row.high - row.low),
                     interval(row.low, row.high, "money", currency)) if row is not None else MISSING
            )  # fmt: skip
        rows.append(cells)
    total: Row = [f"ARR on {day(first.until)}"]
    for one, bridge in known.items():
        change = (bridge.new["all"] - bridge.old["all"]) / 100
        of = f"from {number(bridge.old['all'] / 100, 'money', currency, spread[one])}"
        total.append(Cell(amount(change, "money", currency, spread[one]), of))
    columns = ["Difference in ARR because of", *(_title(one) for one in known)]
    return Section("moved", title, [Table(columns, [*rows, total], narrow=True)])


def _rests(comparison: Comparison, measure: str, rests_on: Mapping[str, Borrowed]) -> Section:
    """How much rests on own evidence."""
    currency = comparison.base.frame.currency
    said = [borrowed_sentence(one, found, measure, currency) for one, found in rests_on.items()]
    if not said:
        said = ["Not asked for: `membersim compare` with `--borrowed 100` tells it."]
    return Section("rests", "What it rests on", [Text(one) for one in said])


def _title(text: str) -> str:
    plain = name(text)
    return plain[0].upper() + plain[1:]

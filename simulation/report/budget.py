"""The page on a budget: what to buy, what it brings, what the next dollar would bring, and how sure that is."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
import pandas as pd

from simulation import __version__
from simulation.report import budget_figures as figures
from simulation.report.album import Album
from simulation.report.budget_words import (
    amount,
    answer,
    between,
    bought,
    instead,
    money,
    per,
    points,
    rate,
    sure,
    verdict,
)
from simulation.report.csvfile import write_bytes, write_csv
from simulation.report.page import Block, Cell, Facts, Page, Section, Table, Text, rendered
from simulation.report.words import MISSING, name, span

if TYPE_CHECKING:
    from simulation.experiment.budget import Budget
    from simulation.experiment.plans import Estimate, Plan

__all__ = ["budget_page", "budget_tables", "write_budget"]


def budget_tables(found: Budget) -> dict[str, pd.DataFrame]:
    """Return the tables by the name of their file."""
    result, levers = found.answer, found.levers
    plans = {"recommended": result.recommended, "nothing": result.nothing, **result.others}
    steps = [
        {
            "lever": levers.names[step.place],
            "now": levers.setting(step.place, result.recommended.levels[step.place]),
            "next": "" if step.levels is None else levers.setting(step.place, step.levels[step.place]),
            **_columns("gain", step.gain),
            **_columns("spend", step.spend),
            **_columns("gain_per_unit_of_spend", step.per_unit),
        }
        for step in result.steps
    ]
    frontier = [{"cap": cap, **_row(found, plan)} for cap, plan in result.frontier]
    contenders = [
        {
            **levers.written(one.levels),
            **_columns("difference", one.difference),
            "told_apart": one.told_apart,
            "dropped": one.dropped,
            "futures": one.futures,
        }
        for one in result.contenders
    ]
    base = result.tried[result.nothing.levels].score
    tried = [
        {**levers.written(levels), "score": point.score, "gain": point.score - base, "spend": point.spend}
        for levels, point in sorted(result.tried.items(), key=lambda item: -item[1].score)
    ]
    return {
        "plans": pd.DataFrame([{"plan": key, **_row(found, plan)} for key, plan in plans.items()]),
        "next_steps": pd.DataFrame(steps),
        "frontier": pd.DataFrame(frontier),
        "contenders": pd.DataFrame(contenders),
        "tried": pd.DataFrame(tried),
    }


def write_budget(found: Budget, folder: Path) -> list[Path]:
    """Write report.html, tables/*.csv and figures/*.png; return the files, report.html first."""
    album = Album()
    page = budget_page(found, album)
    files = [folder / "report.html"]
    write_bytes(files[0], rendered(page).encode())
    for key, table in budget_tables(found).items():
        if len(table):
            files.append(folder / "tables" / f"{key}.csv")
            write_csv(files[-1], table)
    return [*files, *album.write(folder / "figures")]


def budget_page(found: Budget, album: Album) -> Page:
    """The page, its figures kept in an album."""
    scenario, result = found.scenario, found.answer
    notices = [] if result.fresh else [_halfway()]
    sections = [
        _plans(found),
        Section("frontier", "What other spends buy", _frontier(found, album)),
        Section("next", "The next step of each lever", _steps(found, album)),
    ]
    if result.contenders:
        sections.append(Section("contenders", "The plans that came closest", _contenders(found, album)))
    sections.append(_method(found))
    return Page(
        title=scenario.name,
        description=scenario.description,
        subtitle=f"{found.criterion.title}, at most {money(found, found.spend)}; {result.futures:,} simulated futures "
        f"of {len(result.tried)} allocations and more, money in {scenario.currency}",
        headline=answer(found),
        points=points(found),
        objectives=[],
        hint="Spend is expected cost over the horizon above that of nothing bought. Contribution is net of it.",
        notices=notices,
        sections=sections,
        footer=f"Made by membersim {__version__} with seed {found.seed}.",
        kind="Budget",
    )


def _plans(found: Budget) -> Section:
    result, levers = found.answer, found.levers
    plans = {"Recommended": result.recommended, "Nothing bought": result.nothing}
    plans |= {key[0].upper() + key[1:]: plan for key, plan in result.others.items()}
    rows: list[list[Cell | str]] = []
    for place, lever in enumerate(levers.names):
        label = Cell(name(lever), levers.what(place))
        rows.append([label, *(levers.setting(place, plan.levels[place]) for plan in plans.values())])
    rows.append([found.criterion.title, *(_cell(found, plan.score) for plan in plans.values())])
    rows.append(["Gain over nothing bought", *(_cell(found, plan.gain) for plan in plans.values())])
    if np.isfinite(result.recommended.p10):
        rows.append(["P10 to P90 of the gain", *(_spread(found, plan) for plan in plans.values())])
    rows.append(["Spend", *(_cell(found, plan.spend, "money") for plan in plans.values())])
    return Section("plans", "What to buy", [Table(["", *plans], rows)])


def _frontier(found: Budget, album: Album) -> list[Block]:
    blocks: list[Block] = [
        *album.add(
            "frontier", figures.frontier(found),
            "Gain of the best plan found for each spend, with its interval and the spread over futures.",
        )
    ]  # fmt: skip
    rows: list[list[Cell | str]] = [
        [
            money(found, cap),
            bought(found, plan.levels),
            _cell(found, plan.spend, "money"),
            _cell(found, plan.gain),
            _spread(found, plan),
        ]
        for cap, plan in found.answer.frontier
    ]
    columns = ["At most", "Best plan found", "Spend", "Gain", "P10 to P90"]
    return [*blocks, Table(columns, rows, words=(0, 1))]


def _steps(found: Budget, album: Album) -> list[Block]:
    levers, scale = found.levers, per(found)
    rows: list[list[Cell | str]] = []
    for step in found.answer.steps:
        now = levers.setting(step.place, found.answer.recommended.levels[step.place])
        if step.levels is None:
            at_most = found.answer.recommended.levels[step.place] >= levers.tops[step.place]
            why = "all of it is bought" if at_most else "not tried"
            rows.append([name(levers.names[step.place]), now, Cell(MISSING, why), MISSING, MISSING, MISSING])
            continue
        gain = step.per_unit
        shown = Cell(MISSING, "costs nothing more") if np.isnan(gain.mean) else Cell(
            rate(found, gain.mean * scale), f"{rate(found, gain.low * scale)} to {rate(found, gain.high * scale)}"
        )  # fmt: skip
        rows.append([
            name(levers.names[step.place]), now, levers.setting(step.place, step.levels[step.place]),
            _cell(found, step.gain), _cell(found, step.spend, "money"), shown,
        ])  # fmt: skip
    of = f"{found.scenario.currency} {scale:,.0f}"
    text = Text(
        "One step more of each lever on top of the recommended plan, whatever the cap: what it brings, what it costs, "
        "and the one for a unit of the other."
    )
    columns = ["Lever", "Now", "Next", "Gain", "Spend", f"Gain for {of} more"]
    picture = album.add(
        "next_steps", figures.next_steps(found), "Gain of the next step of each lever for each unit of its spend."
    )
    return [text, *picture, Table(columns, rows, words=(0, 1, 2))]


def _contenders(found: Budget, album: Album) -> list[Block]:
    rows: list[list[Cell | str]] = []
    for place, one in enumerate(found.answer.contenders, 1):
        gap = MISSING if place == 1 else _cell(found, one.difference)
        words = bought(found, one.levels) if place == 1 else instead(found, one.levels)
        rows.append([f"plan {place}", words, gap, verdict(found, place - 1), f"{one.futures:,}"])
    picture = album.add(
        "contenders", figures.contenders(found), "Difference of each plan from the recommended one, with intervals."
    )
    columns = ["", "Buys", "Above the recommended", "Verdict", "Futures of the choice"]
    return [Text(sure(found)), *picture, Table(columns, rows, words=(0, 1, 3))]


def _halfway() -> str:
    return (
        "The work was interrupted: this is the best plan so far, measured on the futures of the search, where the best "
        "one looks better than it is."
    )


def _method(found: Budget) -> Section:
    effort, criterion = found.effort, found.criterion
    pairs = [
        ("Search", f"up to {effort.allocations} allocations on the same {effort.screening} futures; a surface through "
         "all trials (cubic radial functions with a linear part, Regis & Shoemaker 2007) says where to try next, and "
         "exchanges of steps between levers are looked at to the end. Three levers that pay only together can be "
         "missed."),
        ("Choice", f"the plans that the search left in doubt, at most 8, on up to {effort.choosing} other futures "
         "each: the fully sequential procedure of Kim & Nelson (2001) on the variances of differences."),
        ("Measurement", f"{effort.measuring} futures that had no part in search or choice, the same for every plan; "
         "so the gain is not flattered by having been chosen. A plan is worse when the whole interval of its "
         "difference from the recommended one lies below zero there (Bonferroni, 95% together). "
         "Intervals rest on the means over assumption points."),
        ("Spend", "expected cost over the horizon above that of nothing bought, on the futures of the search; measured "
         "again on the others it may be a little off the cap."),
    ]  # fmt: skip
    if criterion.tail is not None:
        pairs.append(
            ("Worst futures", f"the mean of the worst {criterion.tail:.0%}, with their limit taken from the futures of "
             "the search (Rockafellar & Uryasev 2000): a careful estimate.")
        )  # fmt: skip
    pairs.append(("Scenario", f"{found.scenario.name}, SHA-256 {found.scenario.digest()}"))
    return Section("method", "Method", [Facts(pairs)])


def _row(found: Budget, plan: Plan) -> dict[str, object]:
    return {
        **found.levers.written(plan.levels),
        **_columns("score", plan.score),
        **_columns("spend", plan.spend),
        **_columns("gain", plan.gain),
        "gain_P10": plan.p10,
        "gain_P50": plan.p50,
        "gain_P90": plan.p90,
    }


def _columns(key: str, one: Estimate) -> dict[str, float]:
    return {key: one.mean, f"{key}_low": one.low, f"{key}_high": one.high}


def _cell(found: Budget, one: Estimate, unit: str = "") -> Cell:
    interval = between(found, one, unit) if one.high > one.low else ""
    return Cell(amount(found, one.mean, one, unit), interval)


def _spread(found: Budget, plan: Plan) -> str:
    if not np.isfinite(plan.p10):
        return MISSING
    return span(plan.p10, plan.p90, found.criterion.unit, found.scenario.currency)

"""Who benefits: effects on members by where they started, and what is direct and what is displacement."""

from __future__ import annotations

import math
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd
from matplotlib.figure import Figure

from simulation.experiment.twins import GROUPS
from simulation.report.album import Album
from simulation.report.comparison_words import amount, interval
from simulation.report.page import Block, Cell, Section, Table, Text
from simulation.report.style import BLUE, INK, MUTED, drawn, new_figure, title, value_axis
from simulation.report.words import MISSING, name, number, span, two_lines

if TYPE_CHECKING:
    from simulation.experiment.twins import Twins

__all__ = ["WORDS", "benefits", "benefits_section", "gains", "twin_tables", "who_gains"]

HEADINGS = {
    "segment": "by segment", "start": "today's members and those who join", "course": "by course at the start",
    "stage": "by stage at the start",
}  # fmt: skip
WORDS = {
    "direct": "directly affected", "displacement": "others: displacement", "other": "others: no team to share",
    "only in the alternative": "only in the alternative", "only in the base": "only in the base", "all": "all",
}  # fmt: skip
UNITS = {"members": "members", "arr": "money", "revenue": "money", "expansion": "money", "reached": "count",
         "escalations": "count", "waited": "days"}  # fmt: skip


@drawn
def benefits(found: Twins, currency: str, alternative: str) -> Figure | None:
    """Draw the effect on ARR at the end for each member, by where members started; None when there is none."""
    table = gains(found)
    if not table["each"].any():
        return None
    rows: list[tuple[str, Any]] = []
    for heading, part in table.groupby("heading", sort=False):
        rows.append((str(heading), None))
        rows += [(name(str(one["group"]), 26), one) for _, one in part.iterrows()]
    figure = new_figure(1.3 + 0.3 * len(rows))
    ax = figure.add_subplot()
    for place, (_, one) in enumerate(rows):
        y = len(rows) - 1 - place
        if one is None:
            continue
        if np.isfinite(one["each_low"]):
            ax.plot([one["each_low"], one["each_high"]], [y, y], color=BLUE, linewidth=2.4)
        ax.plot(one["each"], y, "o", color=BLUE, markersize=6)
    ax.axvline(0, color=INK, linewidth=0.9)
    ax.set_yticks(range(len(rows))[::-1], [two_lines(label, 26) for label, _ in rows])
    for tick, (_, one) in zip(ax.get_yticklabels(), rows, strict=True):
        if one is None:
            tick.set(color=MUTED, weight="bold", fontsize=9)
    ax.tick_params(axis="y", length=0)
    ax.set_ylim(-0.6, len(rows) - 0.4)
    value_axis(ax, "money", currency, axis="x", ticks=5)
    ax.set_xlabel(f"{currency} of ARR at the end for each member, with 95% interval", loc="right")
    title(figure, f"Who benefits from {name(alternative, 30)}")
    return figure


def gains(found: Twins) -> pd.DataFrame:
    """The effect on ARR at the end by where members started, in the order in which it is shown.

    Returns
    -------
    DataFrame
        heading (what groups them), group, affected (members), mean, low and high (of the sum, currency units per
        year), each, each_low and each_high (for each member). What has one group only is left out.
    """
    parts = []
    for by, heading in HEADINGS.items():
        table = found.benefits(by)
        groups = list(dict.fromkeys(table.index.get_level_values(by)))
        if len(groups) < 2:
            continue
        whole = table.xs(("all", "arr"), level=("role", "outcome")).loc[groups]
        parts.append(whole.rename_axis("group").reset_index().assign(heading=heading))
    columns = ["heading", "group", "affected", "mean", "low", "high", "each", "each_low", "each_high"]
    return pd.concat(parts)[columns].reset_index(drop=True) if parts else pd.DataFrame(columns=columns)


def who_gains(found: Twins, currency: str, alternative: str) -> list[str]:
    """Say who benefits, in sentences; the first is the answer."""
    roles, plain = found.roles().xs("arr", level="outcome"), f"“{name(alternative)}”"
    whole: Any = roles.loc["all"]

    def money(one: Any, key: str = "mean", low: str = "low", high: str = "high") -> str:
        left, right = float(one[low]), float(one[high])
        text = number(abs(float(one[key])), "money", currency, right - left)
        if not right > left:
            return text
        if left * right > 0:  # the words before and after say the direction
            near, far = sorted([abs(left), abs(right)])
            return f"{text} (95% interval {span(near, far, 'money', currency)})"
        return f"{text} (95% interval {interval(left, right, 'money', currency)})"

    if not roles["mean"].any():
        return [f"Nobody ends with another ARR with {plain}: whatever it changes, it changes no member's ARR here."]
    word = "higher" if whole["mean"] > 0 else "lower"
    known = whole["low"] > 0 or whole["high"] < 0
    verdict = "is" if known else "may be"
    said = [f"With {plain} ARR at the end {verdict} {word} by {money(whole)}, summed over members."]
    table = gains(found)
    sure = table[(table["each_low"] > 0) | (table["each_high"] < 0)]
    each_of = sure["each"].to_numpy()
    for best, words in ((each_of.argmax(), "gain"), (each_of.argmin(), "lose")) if len(sure) else ():
        one: Any = sure.iloc[int(best)]
        if (one["each"] > 0) == (words == "gain"):
            each = money(one, "each", "each_low", "each_high")
            said.append(f"By member, “{name(str(one['group']))}” {words} most ({one['heading']}): {each} each.")
    if "direct" in roles.index:
        direct: Any = roles.loc["direct"]
        said.append(
            f"Directly affected are {direct['affected']:,.0f} of {whole['affected']:,.0f} members; their ARR is "
            f"{'higher' if direct['mean'] > 0 else 'lower'} by {money(direct)} in all."
        )
    if "displacement" in roles.index and roles.loc["displacement"]["mean"]:
        other: Any = roles.loc["displacement"]
        said.append(
            f"Others share the teams and are served earlier or later: their ARR is "
            f"{'higher' if other['mean'] > 0 else 'lower'} by {money(other)} in all."
        )
    return said


def benefits_section(twins: Mapping[str, Twins], currency: str, album: Album) -> Section | str:
    """Who gains, and what is direct and what is displacement."""
    if not twins:
        return "Who benefits: not asked for (--twins), or interrupted before."
    futures = next(iter(twins.values())).replications
    blocks: list[Block] = [
        Text(
            f"Each member is matched with itself: the same person, with the same luck, in both scenarios, in the first "
            f"{futures:,} futures. Directly affected is who receives, in either life, something that the scenarios "
            "define differently. All others can differ for one reason only: a shared team served them earlier or later "
            "(displacement); where no scenario has a team there is none of that. Some people are there in one life "
            "only: who joins by referral depends on others. The rows add up exactly to the whole difference in these "
            "futures."
        )
    ]
    for alternative, found in twins.items():
        table = found.roles()
        rows: list[list[Cell | str]] = []
        roles = list(dict.fromkeys(table.index.get_level_values("role")))
        for role in roles:
            one: Any = table.loc[role]
            rows.append(
                [
                    Cell(WORDS[role], f"{number(float(one['affected'].iloc[0]), 'members')} members"),
                    *(_sum(one.loc[key], key, currency) for key in ("arr", "members", "revenue")),
                    _each(one.loc["arr"], "arr", currency),
                    _each(one.loc["waited"], "waited", currency),
                ]
            )
        columns = ["", "ARR at the end", "Members", "Revenue", "ARR for each", "Waiting for each"]
        plain = name(alternative)
        blocks += album.add(
            f"benefits_{alternative}".replace("/", "-"),
            benefits(found, currency, alternative),
            f"Effect of {plain} on ARR at the end for each member, by segment, start, course and stage.",
        )
        blocks.append(Table(columns, rows, caption=f"{plain}: direct effect and displacement, with 95% intervals"))
        blocks.append(_groups(found, currency, plain))
    return Section("twins", "Who benefits", blocks)


def twin_tables(twins: Mapping[str, Twins]) -> dict[str, pd.DataFrame]:
    """Tables for files: direct and displaced, groups, and the members of today under their pseudonyms."""
    tables: dict[str, pd.DataFrame] = {}
    for alternative, found in twins.items():
        key = alternative.replace("/", "-")
        tables[f"direct_and_displaced_{key}"] = found.roles()
        parts = [found.benefits(by).rename_axis(index={by: "group"}) for by in GROUPS]
        tables[f"who_benefits_{key}"] = pd.concat(parts, keys=list(GROUPS), names=["by"])
        tables[f"members_{key}"] = found.people
    return tables


def _groups(found: Twins, currency: str, alternative: str) -> Table:
    rows: list[list[Cell | str]] = []
    for by, heading in HEADINGS.items():
        table = found.benefits(by)
        groups = list(dict.fromkeys(table.index.get_level_values(by)))
        if len(groups) < 2:
            continue
        rows.append([heading[0].upper() + heading[1:]])
        for group in groups:
            one: Any = table.xs((group, "all"), level=(by, "role"))
            direct = table.loc[(group, "direct", "arr"), "affected"] if (group, "direct", "arr") in table.index else 0.0
            total = float(one["affected"].iloc[0])
            rows.append(
                [
                    Cell(name(str(group)), f"{number(total, 'members')} members"),
                    f"{direct / total:.0%}" if total else MISSING,
                    _each(one.loc["arr"], "arr", currency),
                    _sum(one.loc["arr"], "arr", currency),
                    _sum(one.loc["members"], "members", currency),
                    _each(one.loc["reached"], "reached", currency),
                ]
            )
    columns = ["", "Directly affected", "ARR for each", "ARR at the end", "Members", "Milestones for each"]
    return Table(columns, rows, caption=f"{alternative}: who benefits")


def _sum(one: Any, outcome: str, currency: str) -> Cell:
    return _cell(float(one["mean"]), float(one["low"]), float(one["high"]), UNITS[outcome], currency)


def _each(one: Any, outcome: str, currency: str) -> Cell:
    unit = "ratio" if UNITS[outcome] in ("members", "count") else UNITS[outcome]
    return _cell(float(one["each"]), float(one["each_low"]), float(one["each_high"]), unit, currency)


def _cell(value: float, low: float, high: float, unit: str, currency: str) -> Cell:
    width = high - low if high > low else math.nan
    return Cell(amount(value, unit, currency, width), interval(low, high, unit, currency) if high > low else "")

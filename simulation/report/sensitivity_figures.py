"""Pictures of a sensitivity: tornado, Sobol indices with intervals, shares over time, the value of information."""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING

import numpy as np
import pandas as pd
from matplotlib.figure import Figure

from simulation.experiment.information import EVERYTHING, LUCK_TOO
from simulation.experiment.sobol import LUCK
from simulation.forecast import Measure
from simulation.report.amounts import amount
from simulation.report.style import (
    BLUE,
    GREEN,
    INK,
    MUTED,
    ORANGE,
    PURPLE,
    RED,
    SKY,
    YELLOW,
    drawn,
    legend,
    new_figure,
    title,
    value_axis,
)
from simulation.report.words import date_ticks, money_unit, path_words, two_lines

if TYPE_CHECKING:
    from simulation.experiment.sensitivity import Sensitivity

__all__ = [
    "information", "layer_colours", "layers_over_time", "shares_over_time", "sobol", "tornado", "worth_knowing",
]  # fmt: skip

MOST = 12
"""Rows of a figure."""
LAYERS = 5
"""Assumptions with an area of their own."""
COLOURS = (ORANGE, BLUE, GREEN, RED, PURPLE)
LABEL = 26
OTHERS, TOGETHER = "other assumptions", "several together"


@drawn
def tornado(found: Sensitivity) -> Figure | None:
    """Draw how far each assumption moves the measure between its P10 and its P90; None when nothing does."""
    table = found.tornado[found.tornado["swing"] > 0].head(MOST)
    if table.empty:
        return None
    what, currency = found.question.what, found.base.frame.currency
    base = float(table["base"].iloc[0])
    figure = new_figure(1.6 + 0.56 * len(table))
    ax = figure.add_subplot()
    rows = np.arange(len(table))[::-1]
    for row, (factor, one) in zip(rows, table.iterrows(), strict=True):
        value = found.ends(str(factor))
        for end, colour, label in (
            ("low", SKY, "assumption at its P10"),
            ("high", ORANGE, "assumption at its P90"),
        ):
            effect = float(one[f"at_{end}"])
            ax.barh(row, effect, left=base, color=colour, height=0.6, label=label if row == rows[0] else "")
            ax.plot([base + one[f"at_{end}_from"], base + one[f"at_{end}_to"]], [row, row], color=INK, linewidth=1.2)
            other = float(one["at_high" if end == "low" else "at_low"])
            farthest = max(float(one["at_low_to"]), float(one["at_high_to"]), 0.0)
            nearest = min(float(one["at_low_from"]), float(one["at_high_from"]), 0.0)
            right = effect > other or (effect == other and end == "high")  # the larger one stands on the right
            ax.annotate(
                amount(float(value[end]), str(value["kind"]), currency),
                (base + (farthest if right else nearest), row),
                xytext=(5 if right else -5, 0), textcoords="offset points",
                ha="left" if right else "right", va="center", fontsize=8.5, color=MUTED,
            )  # fmt: skip
    ax.axvline(base, color=INK, linewidth=0.9)
    ax.set_yticks(rows, [path_words(str(factor), LABEL) for factor in table.index])
    ax.set_ylim(-0.7, len(table) - 0.3)
    ax.margins(x=0.16)
    value_axis(ax, what.unit, currency, axis="x", ticks=5)
    ax.grid(visible=False, axis="y")
    ax.set_xlabel(f"{_unit(what, currency)}; line: all assumptions at their medians", loc="right")
    title(figure, f"How far each assumption moves {what.title}")
    legend(figure, ax, columns=2)
    return figure


@drawn
def sobol(table: pd.DataFrame, heading: str) -> Figure | None:
    """Draw Sobol indices with their intervals: alone, and with interactions; None when they are not known."""
    table = table[table["total"].notna()]
    if table.empty:
        return None
    kept = table.drop(index=LUCK).head(MOST - 1)
    table = pd.concat([kept, table.loc[[LUCK]]])
    figure = new_figure(1.7 + 0.5 * len(table))
    ax = figure.add_subplot()
    rows = np.arange(len(table))[::-1]
    for row, (factor, one) in zip(rows, table.iterrows(), strict=True):
        colour = MUTED if factor == LUCK else BLUE
        first = row == rows[0]
        for name, shift, face, label in (
            ("first", 0.13, colour, "alone"), ("total", -0.13, "white", "with its interactions"),
        ):  # fmt: skip
            low, high, middle = (float(np.clip(one[key], 0, 1)) for key in (f"{name}_low", f"{name}_high", name))
            ax.plot([low, high], [row + shift] * 2, color=colour, linewidth=1.5, zorder=2)
            ax.plot(
                middle, row + shift, "o", color=colour, markerfacecolor=face, markersize=6.5, zorder=3,
                clip_on=False, label=label if first else "",
            )  # fmt: skip
    words = ["luck" if factor == LUCK else path_words(str(factor), LABEL) for factor in table.index]
    ax.set_yticks(rows, words)
    ax.set_ylim(-0.6, len(table) - 0.4)
    ax.set_xlim(-0.02, 1.02)
    value_axis(ax, "share", "", axis="x", ticks=5)
    ax.set_xlabel("% of the variance (Sobol index) with 95% interval", loc="right")
    title(figure, heading)
    legend(figure, ax, columns=2)
    return figure


@drawn
def shares_over_time(found: Sensitivity) -> Figure | None:
    """Draw what the spread of every period comes from, as areas; None with fewer than two periods that have any."""
    layers, frame = layers_over_time(found), found.base.frame
    if layers is None:
        return None
    names = [str(name) for name in layers]
    figure = new_figure(3.2 + 0.2 * len(names))
    ax = figure.add_subplot()
    days = [(end - frame.start).days for end in layers.index]
    ax.stackplot(
        days, *(layers[name] for name in names), colors=layer_colours(names),
        labels=[two_lines(words, 60) for words in names], linewidth=0.6, edgecolor="white",
    )  # fmt: skip
    ticks = date_ticks(frame.start, frame.start + timedelta(days=frame.days), 6)
    ax.set_xticks([(one - frame.start).days for one in ticks], list(ticks.values()))
    ax.set_xlim(days[0], days[-1])
    ax.set_ylim(0, 1)
    value_axis(ax, "share", "", ticks=5)
    ax.grid(visible=False)
    ax.set_ylabel("% of the variance of a period")
    title(figure, f"What the spread of {found.question.what.title} comes from, over time")
    legend(figure, ax, columns=1)
    return figure


def layers_over_time(found: Sensitivity) -> pd.DataFrame | None:
    """What the spread of every period comes from: a row a period by its end, a column a layer, rows sum to 1.

    The strongest assumptions in words, then `OTHERS`, `TOGETHER` and `LUCK`; None with fewer than two periods that
    have any spread.
    """
    indices, frame = found.over_time, found.base.frame
    known = np.asarray(np.isfinite(indices.first).all(axis=1), np.bool_)
    if known.sum() < 2:
        return None
    shares = np.clip(indices.first[known], 0, None)
    together = np.clip(1 - shares.sum(axis=1), 0, None)
    scale = shares.sum(axis=1) + together
    order = np.argsort(-shares[:, :-1].mean(axis=0), kind="stable")
    top = [place for place in order[:LAYERS] if shares[:, place].mean() > 0.01]
    rest = [place for place in order if place not in top]
    layers = {path_words(indices.factors[place]): shares[:, place] for place in top}
    if rest:
        layers[OTHERS] = shares[:, rest].sum(axis=1)
    layers |= {TOGETHER: together, LUCK: shares[:, -1]}
    ends = [frame.start + timedelta(days=one.end_day) for one, ok in zip(frame.periods, known, strict=True) if ok]
    return pd.DataFrame({words: layer / scale for words, layer in layers.items()}, index=pd.Index(ends, name="until"))


def layer_colours(names: list[str]) -> list[str]:
    """Return the colour of each layer of `layers_over_time`."""
    fixed = {OTHERS: YELLOW, TOGETHER: MUTED, LUCK: SKY}
    return [fixed.get(name) or COLOURS[place] for place, name in enumerate(names)]


@drawn
def information(found: Sensitivity) -> Figure | None:
    """Draw what knowing would be worth before choosing; None when nothing is, or when it is not known."""
    table = worth_knowing(found)
    if table is None or table.empty:
        return None
    what, currency = found.question.what, found.base.frame.currency
    figure = new_figure(1.5 + 0.5 * len(table))
    ax = figure.add_subplot()
    rows = np.arange(len(table))[::-1]
    for row, one in zip(rows, table.to_dict("records"), strict=True):
        ax.barh(row, one["value"], color=MUTED if one["together"] else GREEN, height=0.6)
        ax.plot([one["low"], one["high"]], [row, row], color=INK, linewidth=1.3)
    ax.set_yticks(rows, [two_lines(str(one), LABEL) for one in table.index])
    ax.set_xlim(left=0)
    value_axis(ax, what.unit, currency, axis="x", ticks=5)
    ax.grid(visible=False, axis="y")
    ax.set_xlabel(f"{_unit(what, currency)}; whiskers: 95% interval", loc="right")
    title(figure, "What knowing it before choosing is worth")
    return figure


def worth_knowing(found: Sensitivity) -> pd.DataFrame | None:
    """What knowing each assumption before choosing is worth, the most valuable first, then everything together.

    Returns
    -------
    DataFrame
        Index: what would be known, in words; value with its 95% interval low and high, in the unit of the measure, and
        together, whether it is all of them. Empty where nothing is worth anything; None without a choice, or with too
        few points to say.
    """
    if found.choice is None or found.choice.information is None:
        return None
    table = found.choice.information
    if not table["evppi"].max() > 0:
        return pd.DataFrame(columns=["value", "low", "high", "together"])
    together = [name for name in (EVERYTHING, LUCK_TOO) if name in table.index]
    kept = [*table.index.drop(together)[: MOST - len(together)], *together]
    value, error = table.loc[kept, "evppi"], 1.96 * table.loc[kept, "error"]
    last = [one in together for one in kept]
    words = [str(one) if all_ else path_words(str(one)) for one, all_ in zip(kept, last, strict=True)]
    columns = {"value": value, "low": (value - error).clip(lower=0.0), "high": value + error, "together": last}
    return pd.DataFrame(columns).set_axis(words)


def _unit(what: Measure, currency: str) -> str:
    """Return the measure with its unit, where its name does not say it."""
    return what.title if what.unit in ("members", "count") else f"{what.title}, {money_unit(currency, what.unit)}"

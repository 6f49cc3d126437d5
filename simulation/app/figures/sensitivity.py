"""What an answer depends on: how far each assumption moves it, what its spread comes from, what is worth knowing."""

from __future__ import annotations

import pandas as pd
import plotly.graph_objects as go

from simulation.app.figures.look import (
    BLUE,
    GREEN,
    GREY,
    ORANGE,
    PURPLE,
    RED,
    SKY,
    YELLOW,
    date_axis,
    figure,
    label,
    plain,
    row_axis,
    unit_words,
    value_axis,
    whiskers,
)
from simulation.report.comparison_words import lower_first
from simulation.report.words import number

__all__ = ["layers", "options", "sobol", "tornado", "worth"]

MOST, ROW = 10, 46
LUCK = "luck"
LAST = {"other assumptions": YELLOW, "several together": GREY, LUCK: SKY}


def tornado(table: pd.DataFrame, *, title: str, unit: str, currency: str) -> go.Figure | None:
    """Draw how far each assumption moves a measure between its P10 and its P90; None when nothing does.

    Parameters
    ----------
    table
        `report.sensitivity.swings`.
    title, unit
        Of the measure.
    """
    table = table[table["swing"] > 0].head(MOST)
    if table.empty:
        return None
    base = float(table["base"].iloc[0])
    made = figure(x=unit_words(title, unit, currency), height=120 + ROW * len(table),
                  hover="closest")  # fmt: skip
    rows = list(range(len(table)))
    for end, colour, words in (("low", SKY, "at its low end (P10)"), ("high", ORANGE, "at its high end (P90)")):
        effect, left, right = (table[f"at_{end}{key}"].to_numpy() for key in ("", "_from", "_to"))
        hover = [
            f"{plain(one['label'])} at {plain(one[f'{end}_text'])}:<br>{title} "
            f"{number(base + one[f'at_{end}'], unit, currency, one['swing'])}, a change of "
            f"{number(one[f'at_{end}'], unit, currency, one['swing'])}"
            for one in table.to_dict("records")
        ]
        made.add_bar(
            y=rows, x=effect, base=base, orientation="h", name=words, marker={"color": colour}, width=0.56,
            customdata=hover, hovertemplate="%{customdata}<extra></extra>",
            error_x=whiskers(effect, left, right),
        )  # fmt: skip
    ends = table[["at_low_from", "at_low_to", "at_high_from", "at_high_to"]]
    for row, one in zip(rows, table.to_dict("records"), strict=True):
        ahead = one["at_low"] > one["at_high"]  # the larger effect stands on the right
        far = max(one["at_low_to"], one["at_high_to"], 0.0), min(one["at_low_from"], one["at_high_from"], 0.0)
        texts = (one["low_text"], one["high_text"]) if ahead else (one["high_text"], one["low_text"])
        for at, text, anchor, shift in ((far[0], texts[0], "left", 5), (far[1], texts[1], "right", -5)):
            made.add_annotation(x=base + at, y=row, text=plain(text), showarrow=False, xanchor=anchor, xshift=shift,
                                font={"size": 11})  # fmt: skip
    made.add_vline(x=base, line={"color": GREY, "width": 1.4})
    values = (base + ends).to_numpy().ravel()
    made.update_layout(barmode="overlay")
    made.update_xaxes(**value_axis([*values, base], unit, currency, room=(0.42, 0.32), ticks=3))
    made.update_yaxes(**row_axis([label(one) for one in table["label"]]))
    return made


def sobol(table: pd.DataFrame) -> go.Figure | None:
    """Draw which part of the variance each assumption and luck explain, alone and together; None when not known.

    Parameters
    ----------
    table
        Index the assumption in words, luck last; first and total with _low and _high.
    """
    table = table[table["total"].notna()]
    if table.empty:
        return None
    table = pd.concat([table.drop(index=LUCK).head(MOST), table.loc[[LUCK]]])
    made = figure(x="% of the spread (variance)", height=110 + ROW * len(table), hover="closest")
    rows = list(range(len(table)))
    for key, words, shift, symbol in (
        ("first", "alone", -0.13, "circle"), ("total", "with its interactions", 0.13, "circle-open"),
    ):  # fmt: skip
        low, middle, high = (table[f"{key}{end}"].clip(0, 1).to_numpy() for end in ("_low", "", "_high"))
        colours = [GREY if one == LUCK else BLUE for one in table.index]
        for row, left, right, colour in zip(rows, low, high, colours, strict=True):
            made.add_scatter(x=[left, right], y=[row + shift] * 2, mode="lines", showlegend=False, hoverinfo="skip",
                             line={"color": colour, "width": 1.8})  # fmt: skip
        made.add_scatter(
            x=middle, y=[row + shift for row in rows], mode="markers", name=words,
            customdata=list(zip(low, high, strict=True)),
            marker={"symbol": symbol, "size": 10, "color": colours, "line": {"width": 2, "color": colours}},
            hovertemplate=f"{words}: %{{x:.0%}} (%{{customdata[0]:.0%}} to %{{customdata[1]:.0%}})<extra></extra>",
        )  # fmt: skip
    made.update_xaxes(range=[-0.03, 1.03], tickvals=[0, 0.25, 0.5, 0.75, 1], tickformat=".0%", showgrid=True)
    made.update_yaxes(**row_axis([label(str(one)) for one in table.index]))
    return made


def layers(table: pd.DataFrame | None) -> go.Figure | None:
    """Draw what the spread of every period comes from, as areas; None where there is nothing to draw.

    Parameters
    ----------
    table
        A row a period by its end, a column a layer; rows sum to 1.
    """
    if table is None:
        return None
    made = figure(x="end of each period", y="% of the spread (variance)", height=360)
    for name, colour in zip(table, (BLUE, ORANGE, GREEN, PURPLE, RED, *[GREY] * len(table)), strict=False):
        made.add_scatter(
            x=list(table.index), y=table[name], name=plain(str(name)), stackgroup="all", mode="lines",
            line={"width": 0.5, "color": LAST.get(str(name), colour)}, fillcolor=LAST.get(str(name), colour),
            hovertemplate="%{y:.0%}",
        )  # fmt: skip
    made.update_xaxes(**date_axis(table.index[0], table.index[-1]))
    made.update_layout(legend_traceorder="reversed")  # as the areas lie on each other
    made.update_yaxes(range=[0, 1], tickformat=".0%")
    return made


def options(table: pd.DataFrame, *, title: str, unit: str, currency: str) -> go.Figure:
    """Draw in which share of the futures each option is better than every other one, its mean beside its name.

    Parameters
    ----------
    table
        Index the option in words; mean, best, best_low, best_high and favourite, as in the options of
        `report.sensitivity.sensitivity_tables`.
    title, unit
        Of the measure.
    """
    made = figure(x="futures in which it is better than every other, %", height=100 + ROW * len(table),
                  hover="closest")  # fmt: skip
    spread = float(table["mean"].max() - table["mean"].min())
    means = [number(float(one), unit, currency, spread) for one in table["mean"]]
    words = [str(one) for one in table.index]
    hover = [
        f"{plain(word)}: {plain(title)} {plain(mean)} on average<br>the best in {best:.0%} of the futures<br>"
        f"95% interval {low:.0%} to {high:.0%}"
        for word, mean, best, low, high in zip(
            words, means, table["best"], table["best_low"], table["best_high"], strict=True
        )
    ]
    made.add_bar(
        y=list(range(len(table))), x=table["best"], orientation="h", width=0.5, customdata=hover,
        marker={"color": [BLUE if one else SKY for one in table["favourite"]]},
        hovertemplate="%{customdata}<extra></extra>",
        error_x=whiskers(table["best"], table["best_low"], table["best_high"]),
    )  # fmt: skip
    made.update_layout(showlegend=False)
    made.update_xaxes(range=[0, 1.03], tickvals=[0, 0.25, 0.5, 0.75, 1], tickformat=".0%", showgrid=True)
    made.update_yaxes(**row_axis([f"{label(word)}<br>{plain(mean)}" for word, mean in zip(words, means, strict=True)]))
    return made


def worth(table: pd.DataFrame | None, *, title: str, unit: str, currency: str) -> go.Figure | None:
    """Draw what knowing each assumption before choosing is worth; None where that is nothing or not known.

    Parameters
    ----------
    table
        `report.sensitivity_figures.worth_knowing`.
    title, unit
        Of the measure.
    """
    if table is None or table.empty:
        return None
    made = figure(x=f"worth in {unit_words(lower_first(title), unit, currency)}", height=90 + 38 * len(table),
                  hover="closest")  # fmt: skip
    hover = [
        f"{plain(str(known))}: {number(one['value'], unit, currency, one['high'] - one['low'])}<br>95% interval "
        f"{number(one['low'], unit, currency)} to {number(one['high'], unit, currency)}"
        for known, one in zip(table.index, table.to_dict("records"), strict=True)
    ]
    made.add_bar(
        y=list(range(len(table))), x=table["value"], orientation="h", width=0.55, customdata=hover,
        marker={"color": [SKY if one else GREEN for one in table["together"]]},
        hovertemplate="%{customdata}<extra></extra>",
        error_x=whiskers(table["value"], table["low"], table["high"]),
    )  # fmt: skip
    made.update_layout(showlegend=False)
    made.update_xaxes(**value_axis([*table["value"], *table["high"]], unit, currency, zero=True, ticks=2))
    made.update_yaxes(**row_axis([label(str(one)) for one in table.index]))
    return made

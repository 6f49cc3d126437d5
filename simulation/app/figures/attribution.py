"""Why a forecast was missed: from what was expected to what came, cause by cause, each beside what luck does to it."""

from __future__ import annotations

from collections.abc import Mapping

import pandas as pd
import plotly.graph_objects as go

from simulation.app.figures.look import BLUE, GREY, ORANGE, figure, label, plain, row_axis, tint, value_axis
from simulation.report.words import number

__all__ = ["causes"]


def causes(table: pd.DataFrame, total: Mapping[str, float], currency: str) -> go.Figure:
    """Draw the steps from the expected to the actual ARR.

    Parameters
    ----------
    table
        title, amount, P10, P90, percentile and flag of each cause; amounts add up to the difference.
    total
        expected and actual.
    """
    rows = len(table) + 2
    made = figure(x=f"ARR, {currency}", height=110 + 38 * rows, hover="closest")
    starts = total["expected"] + table["amount"].cumsum().shift(fill_value=0.0).to_numpy()
    low, high, amount = (table[key].to_numpy() for key in ("P10", "P90", "amount"))
    middle = list(range(1, rows - 1))
    made.add_bar(
        y=middle, x=high - low, base=starts + low, orientation="h", width=0.78, marker={"color": tint(GREY, 0.28)},
        name="what luck does in 8 of 10 futures", hoverinfo="skip",
    )  # fmt: skip
    hover = [
        f"{plain(one['title'])}: {number(one['amount'], 'money', currency)}<br>in 8 of 10 futures "
        f"{number(one['P10'], 'money', currency)} to {number(one['P90'], 'money', currency)}<br>"
        f"{number(one['percentile'], 'share')} of the futures are lower"
        for one in table.to_dict("records")
    ]
    flags = table["flag"].to_numpy(bool)
    for adds, words, colour in ((True, "added", BLUE), (False, "lost", ORANGE)):
        which = [place for place in range(len(table)) if (amount[place] >= 0) == adds]
        if which:
            shapes = ["/" if flags[one] else "" for one in which]
            made.add_bar(
                y=[middle[one] for one in which], x=amount[which], base=starts[which], orientation="h", width=0.4,
                name=words, customdata=[hover[one] for one in which], hovertemplate="%{customdata}<extra></extra>",
                marker={"color": colour, "pattern": {"shape": shapes, "fgcolor": "#111111", "size": 6}},
            )  # fmt: skip
    if flags.any():
        made.add_bar(x=[None], y=[None], name="more than luck does", orientation="h",
                     marker={"color": GREY, "pattern": {"shape": "/", "fgcolor": "#111111"}})  # fmt: skip
    edges = [*starts, total["actual"]]
    for row, at in enumerate(edges):
        made.add_shape(type="line", x0=at, x1=at, y0=row + (0.3 if row == 0 else 0.2), y1=row + 0.8,
                       line={"color": GREY, "width": 1, "dash": "dot"})  # fmt: skip
    made.add_scatter(
        x=[total["expected"], total["actual"]], y=[0, rows - 1], mode="markers", showlegend=False,
        marker={"symbol": "diamond", "size": 13, "color": GREY},
        customdata=[number(total[key], "money", currency) for key in ("expected", "actual")],
        hovertemplate="%{customdata}<extra></extra>",
    )  # fmt: skip
    seen = [*(starts + low), *(starts + high), *edges, *(starts + amount)]
    ends = [f"expected<br>{plain(number(total['expected'], 'money', currency, 1e4))}",
            f"actual<br>{plain(number(total['actual'], 'money', currency, 1e4))}"]  # fmt: skip
    made.update_layout(barmode="overlay")
    made.update_xaxes(**value_axis(seen, "money", currency, ticks=3))
    made.update_yaxes(**row_axis([ends[0], *(label(str(one), 26) for one in table["title"]), ends[1]]))
    return made

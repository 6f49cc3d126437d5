"""Shares with their intervals: renewal by number of the term, and time to the end of adoption."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd
from matplotlib.figure import Figure

from simulation.report.renewal_curve import RenewalCurve, renewal_curve
from simulation.report.style import BLUE, GREEN, ORANGE, PURPLE, RED, SKY, drawn, legend, new_figure, title, value_axis
from simulation.report.words import name

if TYPE_CHECKING:
    from simulation.forecast import Forecast

__all__ = ["RenewalTerms", "first_value", "renewal_by_term", "renewal_terms"]

SEGMENT_COLOURS = (BLUE, ORANGE, GREEN, PURPLE, RED, SKY)
MARKS = "osD^vP"
ENOUGH = 30
"""Renewals, over all futures, below which the rate of a term is too rough to draw."""


@dataclass(frozen=True)
class RenewalTerms:
    """Simulated renewal by number of the term, and the curve beside it.

    Attributes
    ----------
    table
        Index term (those with renewals); won, lost, rate, low, high, beta_geometric.
    steady
        Those rows of it that rest on `ENOUGH` renewals or more.
    overall
        Renewal rate over all terms.
    curve
        Through the first and the overall rate; None when there is none, for the reason in `why_not`.
    """

    table: pd.DataFrame
    steady: pd.DataFrame
    overall: float
    curve: RenewalCurve | None
    why_not: str = ""


def renewal_terms(forecast: Forecast, segment: str | None = None) -> RenewalTerms | None:
    """Return renewal by number of the term; None when no renewal was decided."""
    known = forecast.renewal_by_term()
    names = list(dict.fromkeys(known.index.get_level_values("segment")))
    chosen = segment if segment is not None else names[-1]  # "all" comes last; the only segment is all
    table = known.loc[chosen]
    decided = (table["won"] + table["lost"]).to_numpy(np.float64)
    if not decided.any():
        return None
    overall = float(table["won"].sum() / decided.sum())
    curve, why_not = None, ""
    try:
        curve = renewal_curve(float(table["rate"].iloc[0]), overall)
    except ValueError as problem:
        why_not = str(problem) if decided[0] else "no first renewal was decided"
    rates = np.full(len(table), np.nan) if curve is None else curve.rate(table.index.to_numpy(np.float64))
    table = table.assign(beta_geometric=rates)
    steady = table[decided * forecast.replications >= ENOUGH]
    return RenewalTerms(table[decided > 0], steady, overall, curve, why_not)


@drawn
def renewal_by_term(forecast: Forecast, segment: str | None = None) -> Figure | None:
    """Draw the renewal rate by number of the term, and the beta-geometric curve through the same two rates."""
    found = renewal_terms(forecast, segment)
    if found is None or found.steady.empty:
        return None
    table = found.steady
    figure = new_figure(3.6)
    ax = figure.add_subplot()
    if found.curve is not None:
        terms = np.arange(1, max(10, int(table.index.max())) + 1)
        ax.plot(
            terms, found.curve.rate(terms), color=ORANGE, linewidth=1.8, linestyle=(0, (5, 2)),
            label="differences between members alone (beta-geometric)",
        )  # fmt: skip
    errors: Any = np.abs(table[["low", "high"]].to_numpy(np.float64).T - table["rate"].to_numpy(np.float64))
    ax.errorbar(
        table.index, table["rate"], yerr=np.nan_to_num(errors), fmt="o", color=BLUE, markersize=5, linewidth=1.4,
        capsize=2.5, label="simulated, 95% interval", clip_on=False, zorder=3,
    )  # fmt: skip
    ax.axhline(found.overall, color=GREEN, linewidth=1.2, linestyle=(0, (1, 1.5)), label="simulated, overall")
    last = int(table.index.max())
    shown = sorted({1, 2, 3, 5, 7, 10, 12, 15, 17, 20} & set(range(1, max(10, last) + 1)))
    ax.set_xticks(shown, ["20+" if one == 20 else str(one) for one in shown])
    value_axis(ax, "share", "")
    if float(table["high"].max()) > 0.98:
        ax.set_ylim(top=1.01)
    ax.set_xlabel("number of the renewal, counted from joining")
    ax.set_ylabel("renewed, % of those decided")
    title(figure, "Renewal by number of terms" + (f": {name(segment, 24)}" if segment else ""))
    legend(figure, ax, columns=1)
    return figure


@drawn
def first_value(forecast: Forecast) -> Figure | None:
    """Draw the share of joiners that completes adoption within so many days; None when no one joins."""
    table = forecast.first_value()
    table = table[table["observed"] > 0]
    names = [one for one in dict.fromkeys(table.index.get_level_values("segment")) if one != "all"]
    names = names or list(dict.fromkeys(table.index.get_level_values("segment")))
    if not names:
        return None
    figure = new_figure(3.3)
    ax = figure.add_subplot()
    for place, segment in enumerate(names[: len(SEGMENT_COLOURS)]):
        part = table.loc[segment]
        errors: Any = np.abs(part[["low", "high"]].to_numpy(np.float64).T - part["share"].to_numpy(np.float64))
        ax.errorbar(
            part.index, part["share"], yerr=np.nan_to_num(errors), color=SEGMENT_COLOURS[place],
            marker=MARKS[place], markersize=5, linewidth=1.4, capsize=2.5, label=name(segment, 24),
        )  # fmt: skip
    ax.set_xticks([30, 60, 90, 180, 365])
    ax.set_xlim(0, 380)
    ax.set_ylim(0, 1.02)
    value_axis(ax, "share", "")
    ax.set_xticks([30, 60, 90, 180, 365])
    ax.set_xlabel("days since joining")
    ax.set_ylabel("adoption complete, % of joiners")
    title(figure, "How soon joiners complete adoption")
    if len(names) > 1:
        legend(figure, ax, columns=3)
    return figure

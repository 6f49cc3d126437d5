"""The page "how good have our forecasts been": archived forecasts and human calls by the same scores."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pandas as pd
from markupsafe import Markup
from matplotlib.figure import Figure

from simulation.evidence.backtest.observed import MEASURES
from simulation.evidence.backtest.scores import LEVELS
from simulation.report.csvfile import write_bytes, write_csv
from simulation.report.page import Page, Picture, Section, Table, Text, rendered
from simulation.report.style import BLUE, DPI, INK, ORANGE, drawn, legend, png, svg, title, value_axis
from simulation.report.words import date_ticks, day, money_unit, number

if TYPE_CHECKING:
    from simulation.evidence.archive import Entry, Scored

__all__ = ["scores_table", "summary_table", "write_scores"]

Found = Sequence[tuple["Entry", list["Scored"]]]
SHOWN = ("arr", "members", "expansion", "joined", "left")
"""Measures with a picture."""


def scores_table(found: Found) -> pd.DataFrame:
    """Every score: a row a forecast, measure, day and forecaster."""
    rows: list[dict[str, Any]] = []
    for entry, scored in found:
        for one in scored:
            own = one.score
            row: dict[str, Any] = {
                "entry": one.entry, "name": entry.facts["name"], "by": one.by, "measure": one.measure, "day": one.day,
                "actual": own.actual, "mean": own.mean, "median": own.median, "bias": own.bias, "crps": own.crps,
                "wis": own.wis,
            }  # fmt: skip
            for level, low, high, inside in zip(LEVELS, own.low, own.high, own.inside, strict=True):
                row |= {f"low_{level:.0%}": low, f"high_{level:.0%}": high, f"inside_{level:.0%}": inside}
            rows.append(row)
    return pd.DataFrame(rows)


def summary_table(scores: pd.DataFrame) -> pd.DataFrame:
    """Mean scores by measure and forecaster."""
    numbers = ["actual", "bias", "crps", "wis", *(f"inside_{level:.0%}" for level in LEVELS)]
    grouped = scores.groupby(["measure", "by"], sort=False)
    table = grouped[numbers].mean().astype(float)
    table.insert(0, "n", grouped.size())
    return table.reset_index()


def write_scores(found: Found, skipped: Sequence[str], folder: Path) -> list[Path]:
    """Write report.html, tables and figures."""
    scores = scores_table(found)
    summary = summary_table(scores)
    currency = str(found[0][0].facts["currency"])
    files = [folder / "report.html"]
    pictures = []
    for measure in SHOWN:
        own = scores[scores["measure"] == measure]
        if own.empty:
            continue
        figure = against_actuals(own, measure, currency)
        files.append(folder / "figures" / f"{measure}.png")
        write_bytes(files[-1], png(figure))
        figure.set_layout_engine("none")
        alt = f"{MEASURES[measure].title}: archived forecasts with their 80% bands, human calls, and what came"
        pictures.append(Picture(Markup(svg(figure, f"score-{measure}")), alt))  # noqa: S704 - made here
    write_bytes(files[0], rendered(_page(found, summary, pictures, skipped, currency)).encode())
    for name, table in (("scores", scores), ("summary", summary)):
        files.append(folder / "tables" / f"{name}.csv")
        write_csv(files[-1], table)
    return files


@drawn
def against_actuals(own: pd.DataFrame, measure: str, currency: str) -> Figure:
    """Draw 80% bands of archived forecasts and calls, and what came."""
    figure = Figure(figsize=(5.0, 3.1), dpi=DPI, layout="constrained")
    ax: Any = figure.subplots()  # its stubs know no dates
    model = own[own["by"] == "membersim"]
    calls = own[~own["by"].str.startswith("membersim")]
    for number_, (_, one) in enumerate(model.groupby("entry", sort=False)):
        one = one.sort_values("day")
        first = "forecast, 80% band" if number_ == 0 else None
        ax.fill_between(
            list(one["day"]), one["low_80%"], one["high_80%"], color=BLUE, alpha=0.25, linewidth=0, label=first
        )
        ax.plot(list(one["day"]), one["median"], color=BLUE, linewidth=1.3)
    if len(calls):
        ends = [calls["median"] - calls["low_80%"], calls["high_80%"] - calls["median"]]
        ax.errorbar(
            list(calls["day"]), calls["median"], ends, color=ORANGE, fmt="s", markersize=4, capsize=3,
            label="human call, P10 to P90",
        )  # fmt: skip
    came = own.drop_duplicates("day").sort_values("day") if MEASURES[measure].nature == "stock" else model
    came = came.drop_duplicates("day").sort_values("day")
    ax.plot(list(came["day"]), came["actual"], color=INK, marker="o", markersize=3, linewidth=1.0, label="what came")
    ticks = date_ticks(min(own["day"]), max(own["day"]), 6)
    ax.set_xticks(list(ticks), list(ticks.values()))
    value_axis(ax, MEASURES[measure].unit, currency)
    unit = money_unit(currency, MEASURES[measure].unit)
    title(figure, f"{MEASURES[measure].title}{f' ({unit})' if MEASURES[measure].unit == 'money' else ''}")
    legend(figure, ax, columns=3)
    return figure


def _page(found: Found, summary: pd.DataFrame, pictures: list[Picture], skipped: Sequence[str], currency: str) -> Page:
    model = summary[summary["by"] == "membersim"]
    main = model[model["measure"].isin(["arr", "members"])]
    main = main if len(main) else model
    first = main.iloc[0]
    what = MEASURES[str(first["measure"])].title
    headline = (
        f"{first['inside_80%']:.0%} of {int(first['n'])} values of {what} fell into the 80% band that was forecast for "
        "them."
    )
    rows = []
    for _, row in summary.iterrows():
        unit = MEASURES[str(row["measure"])].unit
        rows.append([
            MEASURES[str(row["measure"])].title, str(row["by"]), f"{int(row['n'])}",
            *(number(float(row[name]), unit, currency) for name in ("actual", "bias", "crps", "wis")),
            *(f"{row[f'inside_{level:.0%}']:.0%}" for level in LEVELS),
        ])  # fmt: skip
    heads = ["Measure", "By", "Values", "Came", "Bias", "CRPS", "WIS", *(f"in {level:.0%}" for level in LEVELS)]
    kept = [
        [entry.id, str(entry.facts["name"]), day(entry.start), day(entry.days[-1]), str(entry.facts["made"])[:10]]
        for entry, _ in found
    ]
    points = [_against(summary, str(by)) for by in summary["by"].unique() if not str(by).startswith("membersim")]
    sections = [
        Section("pictures", "Forecasts and what came", pictures),
        Section("scores", "Scores", [Table(heads, rows, words=(0, 1))]),
        Section(
            "archive",
            "Archived forecasts",
            [Table(["Id", "Forecast", "From", "To", "Made"], kept, words=(0, 1, 2, 3, 4))],
        ),
        Section(
            "method",
            "How to read this",
            [
                Text(
                    "Forecasts were archived as made and cannot have been changed since. CRPS and WIS measure the "
                    "distance of a whole distribution from the value, in the unit of the measure: smaller is better. "
                    "A human call is scored as the (log)normal law that has its two ends as P10 and P90; beside it "
                    "stands the model's forecast of the same number."
                )
            ],
        ),
    ]
    return Page(
        title="How good have our forecasts been?",
        description="",
        subtitle=f"{len(found)} archived forecasts",
        headline=headline,
        points=[one for one in points if one],
        objectives=[],
        hint="",
        notices=[f"Not scored: {text}" for text in skipped],
        sections=sections,
        footer="Made by membersim.",
        kind="Track record",
    )


def _against(summary: pd.DataFrame, by: str) -> str:
    """How a human forecaster did against the model, in a sentence."""
    theirs = summary[summary["by"] == by].set_index("measure")["crps"]
    ours = summary[summary["by"] == f"membersim, as {by}"].set_index("measure")["crps"]
    both = theirs.index.intersection(ours.index)
    if not len(both):
        return ""
    better = [MEASURES[str(one)].title for one in both if theirs[one] < ours[one]]
    worse = [MEASURES[str(one)].title for one in both if theirs[one] >= ours[one]]
    parts = [f"closer than the model on {', '.join(better)}"] if better else []
    parts += [f"not closer on {', '.join(worse)}"] if worse else []
    return f"{by}: {'; '.join(parts)}."

"""The page of a backtest: the verdict first, then pictures, then every table."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
from markupsafe import Markup
from matplotlib.figure import Figure

from simulation.evidence.backtest.casts import BASELINES, MODEL
from simulation.evidence.backtest.observed import MEASURES
from simulation.evidence.backtest.verdict import HOLDS, overall, verdicts, verdicts_of_parts
from simulation.report.backtest_figures import coverage, fan_against_actuals, pit, skill
from simulation.report.csvfile import write_bytes, write_csv
from simulation.report.page import Page, Picture, Section, Table, Text, rendered
from simulation.report.style import png, svg
from simulation.report.words import day, name, number

if TYPE_CHECKING:
    import pandas as pd

    from simulation.evidence.backtest.casts import Backtest

__all__ = ["write_backtest"]

HOW = (
    "On each origin the scenario was fitted to what had been recorded by that morning and to nothing later, simulated "
    "from the members of that day, and compared with what came. A band holds a value when the value lies within its "
    "ends. CRPS (continuous ranked probability score) measures how far a whole distribution is from the value, in the "
    "unit of the measure: 0 is perfect, and for one number it is the absolute error. WIS (weighted interval score) "
    "does the same by bands. Baselines see the same past; their spread includes that of their parameters."
)


def write_backtest(found: Backtest, folder: Path) -> list[Path]:
    """Write report.html, tables/*.csv and figures/*.png; return the files, report.html first."""
    drawings: dict[str, tuple[Figure, str]] = {}
    scored = [one.measure for one in verdicts(found)]
    table = found.table()
    for measure in scored:
        title = MEASURES[measure].title
        drawings[f"fan_{measure}"] = fan_against_actuals(found, measure), f"{title}: forecasts as bands, and what came"
        bars = skill(found, measure)
        if bars is not None:
            drawings[f"skill_{measure}"] = bars, f"{title}: mean CRPS of the model and of every baseline"
    if scored:
        drawings["pit"] = pit(found, tuple(scored)), "Histogram of where values fell within their forecasts"
        drawings["coverage"] = coverage(found), "Share of the values inside each band, by measure"
    files = [folder / "report.html"]
    pictures: dict[str, Picture] = {}
    for drawing, (figure, alt) in drawings.items():
        files.append(folder / "figures" / f"{drawing}.png")
        write_bytes(files[-1], png(figure))
        figure.set_layout_engine("none")
        pictures[drawing] = Picture(Markup(svg(figure, drawing.replace("_", "-"))), alt)  # noqa: S704 - made here
    write_bytes(files[0], rendered(_page(found, pictures, scored)).encode())
    parts = (("causes", found.causes()), ("segments", found.segments()))
    for label, one in (("scores", table), ("summary", found.summary()), *parts):
        if one.empty:
            continue
        files.append(folder / "tables" / f"{label}.csv")
        write_csv(files[-1], one)
    return files


def _page(found: Backtest, pictures: dict[str, Picture], live: list[str]) -> Page:
    every, parts = verdicts(found), verdicts_of_parts(found)
    sections = [
        Section(
            "verdict",
            "Verdict by assumption",
            [
                Table(
                    ["Assumption", "measured by", "verdict"],
                    [[name(one.assumption), MEASURES[one.measure].title, HOLDS[one.holds]] for one in (*every, *parts)],
                )
            ],
        )
    ]
    causes = found.causes()
    if len(causes):
        words = [Text(f"{name(one.cause)}: {one.words}") for one in parts if one.cause]
        sections.append(Section("causes", "Leaving by cause", [*words, *_parts(found, causes, "left", "Cause")]))
    by_segment = found.segments()
    if len(by_segment):
        tables = [
            table
            for measure, own in by_segment.groupby("measure", sort=False)
            for table in _parts(found, own, str(measure), "Segment")
        ]
        words = [
            Text(f"{name(one.segment)}, {MEASURES[one.measure].title.lower()}: {one.words}")
            for one in parts
            if one.segment
        ]
        sections.append(Section("segments", "Scores by segment", [*words, *tables]))
    for measure in live:
        own = [pictures[one] for one in (f"fan_{measure}", f"skill_{measure}") if one in pictures]
        sections.append(Section(measure, MEASURES[measure].title, own))
    both = [pictures[one] for one in ("coverage", "pit") if one in pictures]
    if both:
        sections.append(Section("calibration", "Are the bands honest?", both))
    sections.append(Section("scores", "Scores by horizon", [_by_step(found, one) for one in live]))
    sections.append(Section("origins", "Scores by origin", [_by_origin(found, one) for one in live]))
    notes = [Text(f"{day(origin)}: {note}") for origin, own in found.notes.items() for note in own]
    if notes:
        sections.append(Section("fits", "What was fitted, by origin", notes))
    gaps = [
        [BASELINES.get(method, "membersim"), MEASURES[measure].title, why]
        for (method, measure), why in found.missing.items()
    ]
    if gaps:
        table = Table(["Method", "Measure", "Why it was not scored"], gaps, words=(0, 1, 2))
        sections.append(Section("missing", "What could not be scored", [table]))
    sections.append(Section("method", "How this was done", [Text(HOW)]))
    first, last = found.origins[0], found.origins[-1]
    when = day(first) if first == last else f"{day(first)} to {day(last)}"
    count = f"{len(found.origins)} origin{'s' * (len(found.origins) > 1)}"
    return Page(
        title=found.name,
        description="",
        subtitle=f"{count}, {when}; {found.steps} steps of {found.step} months; history {found.fingerprint[:12]}",
        headline=overall(found),
        points=[f"{MEASURES[one.measure].title}: {one.words}" for one in every if one.measure in live],
        objectives=[],
        hint="",
        notices=[
            *(["The backtest was interrupted: later origins are missing."] if found.interrupted else []),
            *(f"The history: {one}." for one in found.warnings),
        ],
        sections=sections,
        footer="Made by membersim. That a model was right before does not make it right tomorrow.",
        kind="Backtest",
    )


def _parts(found: Backtest, parts: pd.DataFrame, measure: str, what: str) -> list[Table]:
    """Scores of parts of a measure, in two tables that fit a phone; the first column of `parts` names them."""
    came, against = [], []
    for one in parts.to_dict("records"):
        part = name(str(one[parts.columns[0]]))
        inside = [f"{one[f'inside_{level}']} of {one['values']}" for level in ("80%", "95%")]
        came.append([part, *(_said(found, measure, one[key]) for key in ("came", "mean")), *inside])
        best = BASELINES.get(str(one["best"]), "none could be made")
        theirs = _said(found, measure, one["best_crps"])
        against.append([part, _said(found, measure, one["crps"]), theirs, best])
    title = MEASURES[measure].title
    return [
        Table([what, "came", "forecast", "in 80%", "in 95%"], came, caption=title),
        Table([what, "CRPS", "best baseline's", "which"], against, caption=f"{title}: scores"),
    ]


def _by_step(found: Backtest, measure: str) -> Table:
    table = found.table()
    own = table[table["measure"] == measure]
    rows = []
    for step in range(1, found.steps + 1):
        one = own[(own["step"] == step) & (own["method"] == MODEL)]
        others = own[(own["step"] == step) & (own["method"] != MODEL)].groupby("method")["crps"].mean()
        best = f"{BASELINES[str(others.idxmin())]}" if len(others) else ""
        rows.append([
            f"{step * found.step} months", str(len(one)), _said(found, measure, one["actual"].mean()),
            _said(found, measure, one["mean"].mean()), _said(found, measure, one["bias"].mean()),
            _said(found, measure, one["crps"].mean()), _said(found, measure, one["wis"].mean()),
            *(f"{100 * one[f'inside_{level}'].mean():.0f}%" for level in ("50%", "80%", "90%", "95%")),
            _said(found, measure, others.min() if len(others) else np.nan), best,
        ])  # fmt: skip
    heads = ["Horizon", "n", "came", "forecast", "bias", "CRPS", "WIS", "in 50%", "in 80%", "in 90%", "in 95%"]
    return Table(
        [*heads, "best baseline's CRPS", "which"], rows, words=(0, len(heads) + 1), caption=MEASURES[measure].title
    )


def _by_origin(found: Backtest, measure: str) -> Table:
    table = found.table()
    own = table[table["measure"] == measure]
    methods = [one for one in (MODEL, *BASELINES) if (own["method"] == one).any()]
    rows = []
    for origin in found.origins:
        one = own[own["origin"] == origin].groupby("method")["crps"].mean()
        rows.append([day(origin), *(_said(found, measure, one.get(method, np.nan)) for method in methods)])
    return Table(
        ["Origin", *(BASELINES.get(method, "membersim") for method in methods)], rows,
        caption=f"{MEASURES[measure].title}: mean CRPS",
    )  # fmt: skip


def _said(found: Backtest, measure: str, value: float) -> str:
    return number(float(value), MEASURES[measure].unit, found.currency)

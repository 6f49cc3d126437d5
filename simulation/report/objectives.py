"""The 30, 60 and 90-day objectives by milestone as a page to print and a table."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any

import pandas as pd

from simulation.evidence.objectives import ALL
from simulation.report.csvfile import write_bytes, write_csv
from simulation.report.page import Cell, Page, Section, Table, Text, rendered
from simulation.report.words import day, name, number, span

if TYPE_CHECKING:
    from simulation.forecast import Forecast

__all__ = ["OBJECTIVE_COLUMNS", "objective_rows", "objectives_page", "write_objectives"]

OBJECTIVE_COLUMNS = ("milestone", "members reach it", "P10 to P90", "takes", "P10 to P90", "ARR added", "P10 to P90")
UNITS = {"reach": "members", "take": "count", "arr": "money"}


def write_objectives(forecast: Forecast, table: pd.DataFrame, folder: Path) -> None:
    """Write objectives.csv and report.html."""
    write_csv(folder / "objectives.csv", table)
    write_bytes(folder / "report.html", rendered(objectives_page(forecast, table)).encode())


def objective_rows(table: pd.DataFrame, currency: str) -> list[tuple[str, ...]]:
    """Rows of one window for people, in `OBJECTIVE_COLUMNS`; a segment is a heading where there are several."""
    segments = list(dict.fromkeys(table.index.get_level_values("segment")))
    rows: list[tuple[str, ...]] = []
    blank = ("",) * (len(OBJECTIVE_COLUMNS) - 1)
    for segment in segments:
        if len(segments) > 1:
            rows.append((name(segment), *blank))
        part = table[table.index.get_level_values("segment") == segment]
        indent = "  " if len(segments) > 1 else ""
        for milestone, row in zip(part.index.get_level_values("milestone"), part.to_dict("records"), strict=True):
            sells = milestone == ALL or bool(row["kind"])
            cells = [
                text for quantity in UNITS for text in _cells(row, quantity, currency, quantity == "reach" or sells)
            ]
            rows.append((indent + name(str(milestone)), *cells))
    return rows


def _cells(row: dict[Any, Any], quantity: str, currency: str, shown: bool) -> tuple[str, str]:
    if not shown:
        return "", ""
    low, high, unit = row[f"{quantity}_P10"], row[f"{quantity}_P90"], UNITS[quantity]
    return number(row[quantity], unit, currency, high - low), span(low, high, unit, currency)


def _in_words(days: int, whole: dict[Any, Any], currency: str) -> str:
    """What is expected of all milestones within a window, in a sentence."""
    reached = f"Within {days} days {whole['reach']:,.0f} milestones are reached"
    if whole["arr_P90"] <= 0:
        return f"{reached}, and hardly any offer is taken."
    added = number(whole["arr"], "money", currency, whole["arr_P90"] - whole["arr_P10"])
    return f"{reached}, and takes add {added} of ARR ({span(whole['arr_P10'], whole['arr_P90'], 'money', currency)})."


def objectives_page(forecast: Forecast, table: pd.DataFrame) -> Page:
    """The page: one table for each window."""
    frame, currency = forecast.frame, forecast.frame.currency
    windows = list(dict.fromkeys(table.index.get_level_values("days")))
    sections, points = [], []
    for length in windows:
        part = table[table.index.get_level_values("days") == length]
        until = part["until"].iloc[0]
        rows = [[Cell(one) for one in row] if any(row[1:]) else [row[0]] for row in objective_rows(part, currency)]
        title = f"Within {length} days: before {day(until)}"
        sections.append(Section(f"days{length}", title, [Table(OBJECTIVE_COLUMNS, rows)]))
        points.append(_in_words(length, part.iloc[-1].to_dict(), currency))
    sections.append(
        Section("reading", "How to read this", [
            Text(
                "An objective is what is expected to have happened by then, to manage against. In 8 of 10 simulated "
                "futures the number lies between P10 and P90; below P10 is a reason to ask why, once: of many numbers "
                "some lie outside by luck alone. Expected numbers add up, percentiles do not. Takes are of "
                "opportunities that were offered; sales pushed for a quota do not count."
            )
        ])
    )  # fmt: skip
    return Page(
        title=forecast.facts.name,
        description=forecast.facts.description,
        subtitle=f"From {day(frame.start)}; {forecast.replications:,} simulated futures",
        headline=points[0],
        points=points[1:],
        objectives=(),
        hint="In brackets: P10 to P90.",
        notices=list(forecast.warnings),
        sections=sections,
        footer="The same numbers for a program: objectives.csv.",
        kind="Objectives",
    )

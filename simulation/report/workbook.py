"""A workbook for a finance team: the forecast as tables with native formats, and the plan to change and give back."""

from __future__ import annotations

import datetime as dt
import io
import re
from collections.abc import Sequence
from datetime import timedelta
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from simulation.forecast.measures import measure_named
from simulation.forecast.statistics import percentiles
from simulation.report.answer import answer, wishes
from simulation.report.csvfile import neutral, write_bytes
from simulation.report.keyfigures import key_figures
from simulation.report.palette import BLUE
from simulation.report.words import SYMBOLS, name
from simulation.scenario.workbook import ABOUT, Cell, Column, PlanSheet, about, plan_sheets

if TYPE_CHECKING:
    from simulation.forecast import Forecast
    from simulation.scenario import Scenario

__all__ = ["write_workbook"]

MEASURES = (
    "members", "arr", "joined", "left", "new", "expansion", "uplift", "contraction", "churn", "renewal_rate", "revenue",
    "cost", "contribution",
)  # fmt: skip
"""Columns of the forecast by period."""
UNITS = {"share": "percent", "money": "money", "members": "whole", "count": "whole"}
FONT = "Calibri"
INPUT, HEAD, MUTED = "FFF8E1", "1F4E79", "57606A"
WIDE = 16
"""Columns that fit on a printed page."""
CONTROL = re.compile(r"[\x00-\x08\x0b\x0c\x0e-\x1f]")
EVIDENCE = '"own,published,prior"'
Values = list[Cell]


def write_workbook(path: Path, scenario: Scenario | None, forecast: Forecast | None = None) -> list[str]:
    """Write a workbook.

    Parameters
    ----------
    path
        The file, .xlsx; it appears complete or not at all.
    scenario
        The plan: sheets Assumptions, Levers and Numbers, which `membersim overlay` reads back. None leaves them out.
    forecast
        Its forecast: sheets Summary, Forecast, Objectives and Milestones. None leaves them out.

    Returns
    -------
    list of str
        Names of the sheets.

    Raises
    ------
    ValueError
        There is neither a plan nor a forecast.
    """
    from openpyxl import Workbook

    if scenario is None and forecast is None:
        raise ValueError("a workbook needs a plan or a forecast")
    currency = forecast.frame.currency if scenario is None and forecast else getattr(scenario, "currency", "")
    book = Workbook()
    book.remove(book.active)
    _read_me(book, scenario, forecast)
    for sheet in [*(_of_forecast(forecast) if forecast else []), *(plan_sheets(scenario) if scenario else [])]:
        head = [answer(forecast).headline] if forecast is not None and sheet.name == "Summary" else []
        _write(book, sheet, currency, head)
    if forecast is not None:
        _chart(book, currency)
    stream = io.BytesIO()
    book.save(stream)
    write_bytes(path, stream.getvalue())
    return list(book.sheetnames)


def _read_me(book: Any, scenario: Scenario | None, forecast: Forecast | None) -> None:
    from openpyxl.styles import Alignment, Font

    sheet = book.create_sheet(ABOUT)
    facts: list[tuple[str, str]] = list(about(scenario).items()) if scenario else []
    if forecast is not None:
        called = f"{forecast.facts.name}: {forecast.label}" if forecast.label else forecast.facts.name
        futures = f"{forecast.replications:,}, seed {forecast.seed}, membersim {forecast.version}"
        facts += [("Forecast", called), ("Futures", futures)]
        facts += [("Ranges", "P10 to P90: 80% of the simulated futures lie within.")]
    if scenario is not None:
        facts += [
            ("To change", "Type over the yellow cells of Assumptions, Levers and Numbers; headings and paths stay."),
            ("Give back", "membersim overlay THIS_FILE.xlsx --base PLAN.yaml writes what you changed as an overlay."),
            ("A range", "Low, Likely and High of a triangular or uniform distribution; emptied, the number is known."),
            ("A new range", "A new row of Assumptions with a path from Numbers, Low and High."),
            ("Your evidence", "own, published or prior. A new number needs a source of its own; owner and comment "
                              "stay with it."),
        ]  # fmt: skip
    for number, (term, text) in enumerate(facts, 1):
        sheet.cell(number, 1, term).font = Font(name=FONT, bold=True)
        sheet.cell(number, 2, _safe(text)).alignment = Alignment(wrap_text=True, vertical="top")
    sheet.column_dimensions["A"].width, sheet.column_dimensions["B"].width = 16, 100
    sheet.sheet_view.showGridLines = False
    _to_print(sheet, pages=1)


def _write(book: Any, content: PlanSheet, currency: str, head: Sequence[str]) -> None:
    """A sheet with one real table, frozen headings and formats that count."""
    from openpyxl.styles import Alignment, Font, PatternFill
    from openpyxl.utils import get_column_letter
    from openpyxl.worksheet.datavalidation import DataValidation
    from openpyxl.worksheet.table import Table, TableStyleInfo

    sheet = book.create_sheet(content.name)
    for number, text in enumerate(head, 1):
        sheet.cell(number, 1, _safe(text)).font = Font(name=FONT, bold=True, size=12)
    top = len(head) + 2 if head else 1
    plan = any(not column.editable for column in content.columns)
    for place, column in enumerate(content.columns, 1):
        cell = sheet.cell(top, place, _safe(column.title))
        cell.font, cell.fill = Font(name=FONT, bold=True, color="FFFFFF"), PatternFill("solid", fgColor=HEAD)
        side = "right" if any(row[column.title].style != "text" for row in content.rows[:1]) else "left"
        cell.alignment = Alignment(wrap_text=True, vertical="center", horizontal=side, indent=side == "left")
        sheet.column_dimensions[get_column_letter(place)].width = column.width
    sheet.row_dimensions[top].height = 30
    formats = _formats(currency)
    for number, row in enumerate(content.rows or ({},), top + 1):
        for place, column in enumerate(content.columns, 1):
            one = row.get(column.title, Cell(None))
            cell = sheet.cell(number, place, _safe(one.value))
            cell.number_format = formats[one.style]
            if isinstance(one.value, str):
                cell.alignment = Alignment(horizontal="left", indent=1)
            if plan:
                if column.editable:
                    cell.fill = PatternFill("solid", fgColor=INPUT)
                else:
                    cell.font = Font(name=FONT, color=MUTED)
    last = top + max(1, len(content.rows))
    end = get_column_letter(len(content.columns))
    table = Table(displayName=content.name.replace(" ", ""), ref=f"A{top}:{end}{last}")
    table.tableStyleInfo = TableStyleInfo(name="TableStyleLight1", showRowStripes=not plan)
    sheet.add_table(table)
    sheet.freeze_panes = sheet.cell(top + 1, 2)
    titles = [column.title for column in content.columns]
    if "Evidence" in titles:
        letter = get_column_letter(titles.index("Evidence") + 1)
        choice = DataValidation(type="list", formula1=EVIDENCE, allow_blank=True)
        choice.add(f"{letter}{top + 1}:{letter}{last + 500}")
        sheet.add_data_validation(choice)
    _to_print(sheet, pages=1 + len(titles) // WIDE)
    sheet.print_title_rows = f"{top}:{top}"
    sheet.print_title_cols = "A:A"


def _chart(book: Any, currency: str) -> None:
    """ARR by period as a native chart beside the summary: it follows the cells of the forecast."""
    from openpyxl.chart import LineChart, Reference

    sheet = book["Forecast"]
    heads = [cell.value for cell in sheet[1]]
    first = heads.index("ARR P10") + 1
    chart = LineChart()
    chart.title, chart.y_axis.title = "ARR at the end of each period", currency
    ends = Reference(sheet, min_col=first, max_col=first + 2, min_row=1, max_row=sheet.max_row)
    chart.add_data(ends, titles_from_data=True)
    chart.set_categories(Reference(sheet, min_col=1, min_row=2, max_row=sheet.max_row))
    for one, dash in zip(chart.series, ("dash", "solid", "dash"), strict=True):
        one.graphicalProperties.line.solidFill, one.graphicalProperties.line.dashStyle = BLUE.lstrip("#"), dash
        one.smooth = False
    chart.legend.position = "b"
    chart.y_axis.number_format, chart.height, chart.width = "#,##0", 9, 20
    chart.x_axis.delete = chart.y_axis.delete = False  # openpyxl hides them otherwise
    book["Summary"].add_chart(chart, "I3")


def _to_print(sheet: Any, pages: int) -> None:
    sheet.page_setup.orientation, sheet.page_setup.paperSize = "landscape", sheet.PAPERSIZE_A4
    sheet.page_setup.fitToWidth, sheet.page_setup.fitToHeight = pages, 0
    sheet.sheet_properties.pageSetUpPr.fitToPage = True


def _formats(currency: str) -> dict[str, str]:
    symbol = f"[${SYMBOLS[currency]}]" if currency in SYMBOLS else f"[${currency}] " if currency.isalnum() else ""
    money = f"{symbol}#,##0.00;-{symbol}#,##0.00"
    large = f"{symbol}#,##0;-{symbol}#,##0"
    return {
        "text": "General", "number": "General", "whole": "#,##0", "percent": "0.0%", "money": money, "large": large,
        "date": "yyyy-mm-dd", "decimal": "#,##0.0",
    }  # fmt: skip


def _safe(value: Any) -> Any:
    """A cell that no spreadsheet takes for a formula, without characters that a workbook cannot hold."""
    return neutral(CONTROL.sub("", value)) if isinstance(value, str) else value


def _of_forecast(forecast: Forecast) -> list[PlanSheet]:
    return [_summary(forecast), _periods(forecast), *_objectives(forecast), *_milestones(forecast)]


def _sheet(title: str, columns: Sequence[tuple[str, int]], rows: Sequence[Values]) -> PlanSheet:
    heads = tuple(Column(head, width) for head, width in columns)
    return PlanSheet(
        title, heads[0].title, heads,
        tuple({head.title: cell for head, cell in zip(heads, row, strict=True)} for row in rows),
    )  # fmt: skip


def _number(value: float, unit: str) -> Cell:
    style = UNITS.get(unit, "decimal")
    plain = float(value)
    if not np.isfinite(plain):
        return Cell(None)
    return Cell(round(plain, 6), "large" if style == "money" else style)


def _summary(forecast: Forecast) -> PlanSheet:
    rows = [
        [Cell(one.group), Cell(one.label), *(_number(value, one.unit) for value in (one.low, one.middle, one.high)),
         _number(one.mean, one.unit), Cell(one.unit)]
        for one in key_figures(forecast)
    ]  # fmt: skip
    columns = [("When", 44), ("Figure", 44), ("P10", 15), ("P50", 15), ("P90", 15), ("Mean", 15), ("Unit", 10)]
    return _sheet("Summary", columns, rows)


def _periods(forecast: Forecast) -> PlanSheet:
    """Every main measure by period: P10, P50 and P90 in columns of their own."""
    frame = forecast.frame
    columns: list[tuple[str, int]] = [("Period", 11), ("From", 12), ("To", 12)]
    rows: list[Values] = []
    for one in frame.periods:
        first, last = int(frame.cell_edges[one.first_cell]), int(frame.cell_edges[one.last_cell_exclusive])
        days = [frame.start + timedelta(days=first), frame.start + timedelta(days=last - 1)]
        rows.append([Cell(one.label), *(Cell(day, "date") for day in days)])
    for measure in MEASURES:
        what = measure_named(measure)
        values = forecast.measure(measure, by="period").to_numpy().reshape(forecast.replications, -1)
        ends = percentiles(np.asarray(values, np.float64), (10, 50, 90))
        columns += [(f"{what.title} {label}", 14) for label in ("P10", "P50", "P90")]
        for place, row in enumerate(rows):
            row += [_number(float(ends[at, place]), what.unit) for at in range(3)]
    return _sheet("Forecast", columns, rows)


def _objectives(forecast: Forecast) -> list[PlanSheet]:
    found, table = wishes(forecast), forecast.objectives()
    if not found:
        return []
    rows: list[Values] = []
    for one in found:
        row: Any = table.loc[one.key]
        unit = measure_named(row["measure"]).unit
        until: dt.date = row["until"]
        limits = [_number(float(row[key]), unit) for key in ("at_least", "at_most")]
        ends = [_number(float(row[key]), unit) for key in ("P10", "mean", "P90")]
        chances = [_number(each, "share") for each in (one.chance, one.low, one.high)]
        rows.append([Cell(one.title), Cell(one.target), Cell(until, "date"), *limits, *chances, *ends, Cell(one.note)])
    columns = [
        ("Objective", 26), ("What is wanted", 52), ("Before", 12), ("At least", 13), ("At most", 13), ("Chance", 10),
        ("Chance, from", 10), ("Chance, to", 10), ("P10", 13), ("Mean", 13), ("P90", 13), ("Remark", 30),
    ]  # fmt: skip
    return [_sheet("Objectives", columns, rows)]


def _milestones(forecast: Forecast) -> list[PlanSheet]:
    table = forecast.milestones()
    if table.empty:
        return []
    numbers = (
        ("members", "count", "Members"), ("members_P10", "count", "Members P10"),
        ("members_P90", "count", "Members P90"), ("offered", "count", "Offered"), ("taken", "count", "Taken"),
        ("take_rate", "share", "Take rate"), ("stated_take", "share", "Stated take rate"),
        ("arr_per_take", "money", "ARR of a take"), ("expansion", "money", "Expansion"),
        ("expansion_P10", "money", "Expansion P10"), ("expansion_P90", "money", "Expansion P90"),
    )  # fmt: skip
    shown = [one for one in numbers if one[0] in table.columns]
    rows: list[Values] = [
        [*(Cell(name(str(row[key] or ""))) for key in ("segment", "milestone", "stage", "kind")),
         *(_number(float(row[key]), unit) for key, unit, _ in shown)]
        for _, row in table.iterrows()
    ]  # fmt: skip
    columns = [("Segment", 20), ("Milestone", 24), ("Stage", 11), ("Opportunity", 13)]
    return [_sheet("Milestones", [*columns, *((title, 14) for _, _, title in shown)], rows)]

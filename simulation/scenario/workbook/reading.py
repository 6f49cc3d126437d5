"""The sheets of a plan as somebody gave them back: cells with their addresses."""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

from simulation.scenario.errors import Problem, ScenarioError, nearest
from simulation.scenario.sheets import TableError
from simulation.scenario.sheets.excel import opened
from simulation.scenario.sheets.guard import unguarded
from simulation.scenario.workbook.cells import Native
from simulation.scenario.workbook.sheets import ABOUT, PlanSheet

__all__ = ["Found", "GivenBack", "Row", "read_plan"]

MOST_ROWS: Final = 20_000
ERRORS: Final = (
    "#NULL!", "#DIV/0!", "#VALUE!", "#REF!", "#NAME?", "#NUM!", "#N/A", "#GETTING_DATA", "#SPILL!", "#CALC!", "#FIELD!",
    "#BLOCKED!", "#CONNECT!", "#BUSY!", "#UNKNOWN!", "#EXTERNAL!", "#PYTHON!", "#TIMEOUT!",
)  # fmt: skip
"""What a spreadsheet shows in place of a value; any other text with a # is a text."""
HEADER_WITHIN: Final = 20
"""The headings stand in one of the first rows."""


@dataclass(frozen=True)
class Found:
    """What a cell holds, and where it is: "Numbers!B7"."""

    value: Native
    address: str


Row = Mapping[str, Found]
"""The cells of a row by heading."""


@dataclass(frozen=True)
class GivenBack:
    """A workbook that was read.

    Attributes
    ----------
    about
        What its first sheet says of the plan.
    rows
        By sheet: rows as cells by heading.
    problems
        What is wrong with cells, whatever the plan.
    """

    about: dict[str, str]
    rows: dict[str, list[dict[str, Found]]]
    problems: list[Problem]


def read_plan(path: Path, sheets: tuple[PlanSheet, ...]) -> GivenBack:
    """Read the sheets of a plan from a workbook.

    Parameters
    ----------
    path
        The workbook.
    sheets
        Which sheets to look for, with their headings. A sheet that is missing has no rows.

    Raises
    ------
    ScenarioError
        The file is no workbook, or a sheet lacks its key column.
    """
    try:
        with path.open("rb") as file:
            size = path.stat().st_size
            values = opened(file, size)
            about, problems = _about(values), list[Problem]()
            grids = {one.name: _grid(values, one.name) for one in sheets}
            formulas = opened(file, size, values=False)
            texts = {one.name: _grid(formulas, one.name) for one in sheets}
    except OSError as error:
        raise ScenarioError([Problem(str(path), None, None, "", error.strerror or str(error))]) from None
    except TableError as error:
        raise ScenarioError([Problem(str(path), None, None, "", error.message)]) from None
    rows = {}
    for one in sheets:
        grid, text = grids[one.name], texts[one.name]
        rows[one.name] = [] if grid is None or text is None else _rows(path, one, grid, text, problems)
    if all(grid is None for grid in grids.values()):
        names = ", ".join(one.name for one in sheets)
        raise ScenarioError([Problem(str(path), None, None, "", f"has none of the sheets {names}: it is no plan")])
    return GivenBack(about, rows, problems)


def _about(workbook: Any) -> dict[str, str]:
    grid = _grid(workbook, ABOUT) or []
    return {str(row[0]): str(row[1]) for row in grid if len(row) > 1 and row[0] is not None and row[1] is not None}


def _grid(workbook: Any, name: str) -> list[tuple[Any, ...]] | None:
    if name not in workbook.sheetnames:
        return None
    sheet = workbook[name]
    sheet.reset_dimensions()  # what the file says of its size is not trusted
    rows: list[tuple[Any, ...]] = []
    for row in sheet.iter_rows(values_only=True, max_col=40):
        rows.append(row)
        if len(rows) > MOST_ROWS:
            raise TableError(f"has more than {MOST_ROWS:,} rows on the sheet {name!r}")
    return rows


def _rows(
    path: Path, sheet: PlanSheet, grid: list[tuple[Any, ...]], formulas: list[tuple[Any, ...]], problems: list[Problem]
) -> list[dict[str, Found]]:
    from openpyxl.utils import get_column_letter

    titles = [column.title for column in sheet.columns]
    head = next((place for place, row in enumerate(grid[:HEADER_WITHIN]) if sheet.key in row), None)
    if head is None:
        message = f"there is no column {sheet.key!r}: the headings must stay as they were exported"
        raise ScenarioError([Problem(str(path), None, None, sheet.name, message)])
    columns: dict[str, int] = {}
    for place, title in enumerate(grid[head]):
        if title in titles:
            columns[str(title)] = place
        elif title is not None and (guess := nearest(str(title), [one for one in titles if one not in grid[head]])):
            at = f"{sheet.name}!{get_column_letter(place + 1)}{head + 1}"
            problems.append(Problem(str(path), None, None, at, f"unknown column {title!r}; did you mean {guess!r}?"))
    editable = {column.title for column in sheet.columns if column.editable} | {sheet.key}
    found = []
    for number, row in enumerate(grid[head + 1 :], head + 2):
        cells: dict[str, Found] = {}
        for title, place in columns.items():
            address = f"{sheet.name}!{get_column_letter(place + 1)}{number}"
            value = row[place] if place < len(row) else None
            written = formulas[number - 1] if number <= len(formulas) else ()
            formula = written[place] if place < len(written) else None
            if title in editable:
                problems += _faults(path, address, value, formula)
            cells[title] = Found(_native(value), address)
        if any(cell.value is not None and cell.value != "" for cell in cells.values()):
            found.append(cells)
    return found


def _faults(path: Path, address: str, value: Any, formula: Any) -> list[Problem]:
    """What is wrong with a cell that a formula fills."""
    is_formula = not isinstance(formula, str | int | float | bool | dt.date | type(None)) or (
        isinstance(formula, str) and formula.startswith("=")
    )
    if is_formula and value is None:
        message = "holds a formula without a value: open the workbook in a spreadsheet program and save it"
        return [Problem(str(path), None, None, address, message)]
    if value in ERRORS:
        return [Problem(str(path), None, None, address, f"holds the error {value}")]
    return []


def _native(value: Any) -> Native:
    if isinstance(value, dt.datetime):
        return value.date() if value.time() == dt.time() else value.isoformat(" ")
    if isinstance(value, str):
        return unguarded(value)
    return value if isinstance(value, int | float | bool | dt.date | type(None)) else str(value)

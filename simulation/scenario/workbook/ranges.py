"""A number that is not known exactly, as cells of a row: Low, Likely and High, or the parameters in words."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any, Final

from simulation.scenario.errors import Misfit, one_of
from simulation.scenario.quantities import Kind
from simulation.scenario.workbook.cells import Native, written_in
from simulation.scenario.workbook.reading import Found, Row
from simulation.scenario.workbook.sheets import RANGES

__all__ = ["RANGE", "distribution", "listed", "range_text", "text_in"]

RANGE: Final = ("Distribution", "Low", "Likely", "High", "Parameters", "Unit")
"""Columns that together say how a number may lie."""
Wrong = Callable[[str, str], None]


def distribution(
    path: str, kind: Kind, row: Row, at: str, currency: str, wrong: Wrong, places: dict[str, str]
) -> dict[str, Any] | None:
    """A distribution as it is written in a scenario.

    Parameters
    ----------
    path, kind
        Of the number.
    row, at
        The row, and the address of its path.
    wrong
        Called with an address and what is wrong there.
    places
        Takes which cell sets which path of the scenario.

    Returns
    -------
    dict or None
        None when a cell is wrong.
    """
    family = text_in(row, "Distribution")
    cells = {key: row[key.capitalize()] for key in ("low", "likely", "high") if key.capitalize() in row}
    cells = {key: cell for key, cell in cells.items() if cell.value not in (None, "")}
    parameters = row.get("Parameters", Found(None, at))
    if parameters.value not in (None, "") and cells:
        wrong(parameters.address, "either Low, Likely and High, or Parameters, and not both")
        return None
    if cells or family in RANGES:
        family = family or ("triangular" if "likely" in cells else "uniform")
        if family not in RANGES:
            wrong(row["Distribution"].address, f"Low, Likely and High are of {one_of(RANGES, family)[9:]}")
            return None
        return _range(path, kind, family, cells, row, at, currency, wrong, places)
    spec: dict[str, Any] = {}
    for part in str(parameters.value).split(";"):
        key, colon, text = part.partition(":")
        if not colon:
            wrong(parameters.address, "expected parameters such as 'median: 91; spread: 0.06'")
            return None
        plain = text.strip()
        try:
            spec[key.strip()] = float(plain) if "." in plain or "e" in plain else int(plain)
        except ValueError:
            spec[key.strip()] = plain
    where = f"assumptions.{path}"
    places[where] = parameters.address
    return {family: spec} if family else spec


def _range(
    path: str,
    kind: Kind,
    family: str,
    cells: Mapping[str, Found],
    row: Row,
    at: str,
    currency: str,
    wrong: Wrong,
    places: dict[str, str],
) -> dict[str, Any] | None:
    """A triangular or uniform distribution."""
    unit = text_in(row, "Unit")
    spec: dict[str, Any] = {}
    fine = True
    for key in RANGES[family]:
        if key not in cells:
            where = row[key.capitalize()].address if key.capitalize() in row else at
            wrong(where, f"this is empty, and a {family} distribution needs its {key} value")
            fine = False
    for key, cell in cells.items():
        places[f"assumptions.{path}.{family}.{key}"] = cell.address
        if key not in RANGES[family]:
            wrong(cell.address, f"a {family} distribution has no {key}: leave it empty, or call it triangular")
            fine = False
            continue
        try:
            spec[key] = written_in(kind, cell.value, unit, currency)
        except Misfit as misfit:
            wrong(cell.address, str(misfit))
            fine = False
    return {family: spec} if fine else None


def text_in(row: Row, title: str) -> str:
    """The text of a cell; "" where there is none."""
    value = row[title].value if title in row else None
    return "" if value is None else str(value).strip()


def listed(spec: Any) -> str:
    """Parameters for people."""
    return ", ".join(f"{key} {value}" for key, value in spec.items()) if isinstance(spec, Mapping) else str(spec)


def range_text(before: Mapping[str, Native] | None) -> str:
    """What a row said before, for people."""
    if before is None:
        return ""
    parts = [str(before[title]) for title in ("Low", "Likely", "High", "Parameters") if before.get(title) is not None]
    return " to ".join(parts)

"""One export as it lies there: every cell as text, without blank rows and rows of totals."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path

from simulation.scenario.errors import Problem, ScenarioError
from simulation.scenario.sheets import TableError, open_sheet

__all__ = ["Left", "Sheet", "read_sheet"]

NOTHING = frozenset({
    "n/a", "na", "#n/a", "#na", "nan", "null", "nil", "none", "-", "--", "---", "?", "unknown", "k.a.", "tbd", "#ref!",
    "#value!", "#null!", "(blank)", "(leer)",
})  # fmt: skip
"""Words that stand in exports where nothing is known."""
_TOTAL = re.compile(r"(grand |sub)?total\w*|sum|summe|gesamt\w*|zwischensumme|somme|totaal|totale", re.IGNORECASE)


@dataclass(frozen=True)
class Left:
    """A row of a file that is not used: its line, the column that is the cause (or blank), and why."""

    line: int
    column: str
    reason: str
    message: str


@dataclass(frozen=True, eq=False)
class Sheet:
    """A file of rows.

    Attributes
    ----------
    path, name
        Where it is, and what it is called: the name of the file without ending and digits.
    digest
        SHA-256 of its bytes, in hex.
    header
        Names of the columns, made different where two are the same.
    lines
        Line in the file of each row.
    columns
        Cells of each column, stripped; blank for the words in `NOTHING`.
    left
        Rows that are none: totals, and rows of another width.
    totals
        The cells of rows of totals, by column.
    warnings
        What was noticed and is no error.
    """

    path: Path
    name: str
    digest: str
    header: tuple[str, ...]
    lines: list[int] = field(repr=False)
    columns: dict[str, list[str]] = field(repr=False)
    left: list[Left] = field(repr=False)
    totals: list[dict[str, str]]
    warnings: tuple[str, ...]

    def __len__(self) -> int:
        return len(self.lines)


def plain_name(path: Path) -> str:
    """The name of an export that stays the same next month: without digits at its edges.

    >>> plain_name(Path("2026-12 Members (3).csv"))
    'members'
    """
    words = [word for word in re.split(r"[\W_]+", path.stem.lower()) if word and not word.isdigit()]
    words = [re.sub(r"\d{4,}$", "", word) or word for word in words]
    return "_".join(words) or "file"


def read_sheet(path: str | Path) -> Sheet:
    """Read an export.

    Parameters
    ----------
    path
        Delimited text (`,` `;` tab; UTF-8 or Windows-1252), Parquet, or the first visible sheet of a workbook.

    Raises
    ------
    ScenarioError
        The file cannot be read at all, or has no rows.
    """
    path = Path(path)
    try:
        with open_sheet(path, set()) as (table, digest):
            header = _different(table.header)
            positions = list(range(len(header)))
            lines: list[int] = []
            cells: list[list[str]] = [[] for _ in header]
            left: list[Left] = []
            for chunk in table.chunks(positions):
                lines += chunk.lines
                left += [Left(fault.line, "", fault.reason, fault.message) for fault in chunk.faults]
                for column, more in zip(cells, chunk.columns, strict=True):
                    column += more
            warnings = tuple(table.warnings)
    except TableError as error:
        raise ScenarioError([Problem(str(path), error.line, None, "", f"the file {error.message}")]) from None
    if not lines:
        raise ScenarioError([Problem(str(path), None, None, "", "the file has a header, but no rows")])
    rows = [tuple(_clean(cell) for cell in row) for row in zip(*cells, strict=True)]
    keep, totals = _sorted_out(header, lines, rows, left)
    columns = {name: [rows[place][at] for place in keep] for at, name in enumerate(header)}
    return Sheet(
        path, plain_name(path), digest, tuple(header), [lines[place] for place in keep], columns,
        sorted(left, key=lambda one: one.line), totals, warnings,
    )  # fmt: skip


def _clean(cell: str) -> str:
    text = cell.strip().strip("\ufeff\u00a0").strip()
    return "" if text.lower() in NOTHING else text


def _different(names: Sequence[str]) -> list[str]:
    """Names of columns: none blank, none twice."""
    seen: dict[str, int] = {}
    result = []
    for place, name in enumerate(names, start=1):
        name = name.strip().strip("\ufeff") or f"column {place}"
        seen[name] = seen.get(name, 0) + 1
        result.append(name if seen[name] == 1 else f"{name} ({seen[name]})")
    return result


def _sorted_out(
    header: list[str], lines: list[int], rows: list[tuple[str, ...]], left: list[Left]
) -> tuple[list[int], list[dict[str, str]]]:
    """Places of the rows that are rows; notes the others."""
    keep: list[int] = []
    totals: list[dict[str, str]] = []
    for place, row in enumerate(rows):
        filled = [cell for cell in row if cell]
        if not filled:
            continue
        if _TOTAL.fullmatch(filled[0].rstrip(": ")) and (len(filled) < len(row) or len(row) == 2):
            totals.append({name: cell for name, cell in zip(header, row, strict=True) if cell})
            left.append(Left(lines[place], "", "row of totals", "holds totals, and is no row of the data"))
            continue
        keep.append(place)
    return keep, totals

"""Opens the file of a book and finds the columns in it."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from simulation.scenario.book.errors import BookError
from simulation.scenario.errors import Problem, nearest, one_of, shown
from simulation.scenario.sheets import Table, open_sheet

if TYPE_CHECKING:
    from simulation.scenario.schema import Scenario

__all__ = ["OpenedBook", "open_table"]

REQUIRED = ("member_id", "segment", "arr", "joined", "renews_on")
OPTIONAL = ("milestone", "progress", "direction", "magnitude", "value_recognised_on", "open_setback", "cycle", "draw")
MAX_NAME = 200  # characters of a column's name


@dataclass(frozen=True)
class OpenedBook:
    """A book whose header fits: `columns` maps our names to positions in the file."""

    table: Table
    digest: str
    columns: dict[str, int]
    warnings: list[str]


@contextmanager
def open_table(path: Path, scenario: Scenario) -> Iterator[OpenedBook]:
    """Open a book and find its columns.

    Raises
    ------
    TableError
        The file cannot be read at all.
    BookError
        Columns are missing; all of them are named.
    """
    with open_sheet(path, set(_names(scenario).values())) as (table, digest):
        columns, warnings = _columns(path, table, scenario)
        yield OpenedBook(table, digest, columns, warnings)


def _names(scenario: Scenario) -> dict[str, str]:
    """Return the name in the file of each column."""
    given = scenario.book.columns if scenario.book else {}
    return {name: given.get(name, name) for name in REQUIRED + OPTIONAL}


def _columns(path: Path, table: Table, scenario: Scenario) -> tuple[dict[str, int], list[str]]:
    names = _names(scenario)
    given = scenario.book.columns if scenario.book else {}
    problems: list[Problem] = []

    def wrong(place: str, message: str, line: int | None = table.header_line) -> None:
        problems.append(Problem(str(path), line, None, place, message))

    for name in given:
        if name not in names:
            wrong(f"book.columns.{name}", f"there is no such column of a book: {one_of(names, name)}", None)
    header = [name[:MAX_NAME] for name in table.header]
    plain = [name for name in header if name and name.isprintable()]
    columns: dict[str, int] = {}
    free = [name for name in plain if name not in names.values()]
    for name, called in names.items():
        places = [i for i, word in enumerate(header) if word == called]
        if len(places) > 1:
            spots = " and ".join(str(i + 1) for i in places)
            wrong(name, f"column {shown(called)} stands more than once in the header: columns {spots}")
        elif places:
            columns[name] = places[0]
        elif name in given:
            wrong(
                f"book.columns.{name}",
                f"there is no column {shown(called)} in the file: {one_of(plain, called)}",
            )
        elif name in REQUIRED and not (name == "segment" and len(scenario.segments) == 1):
            close = nearest(name, free)
            hint = f"; is it {shown(close)}? Then write book: {{columns: {{{name}: {shown(close)}}}}}" if close else ""
            wrong(name, f"there is no column {name!r} in the header{hint}")
    if problems:
        raise BookError(problems)
    warnings = []
    missing = [called for name, called in names.items() if name not in columns]
    for position, word in enumerate(header):
        if position in columns.values():
            continue
        close = nearest(word, missing)
        what = f"column {shown(word)}" if word else f"column {position + 1}, which has no name,"
        warnings.append(f"{what} is not used" + (f"; is it {close!r}?" if close else ""))
    return columns, warnings

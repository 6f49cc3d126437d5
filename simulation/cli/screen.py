"""What a command shows: tables for people, one JSON object for programs, messages on standard error."""

from __future__ import annotations

import json
import math
import sys
from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

from cyclopts import Parameter

if TYPE_CHECKING:
    from rich.console import Console

__all__ = [
    "BAD_INPUT",
    "FAULT",
    "INTERRUPTED",
    "READER_GONE",
    "SCREEN",
    "BadInput",
    "Screen",
    "plain",
    "problem_fields",
    "refused",
]

FAULT, BAD_INPUT, INTERRUPTED, READER_GONE = 1, 2, 130, 141
"""Exit statuses other than 0."""


class BadInput(Exception):
    """The user asked for something that cannot be done; the text says what to do instead."""


@Parameter(name="*")
@dataclass(frozen=True)
class Screen:
    """The options that every command has, and the two ways to show a result."""

    json: Annotated[
        bool, Parameter(help="Print one JSON object on standard output and nothing else.", show_default=False)
    ] = False
    debug: Annotated[bool, Parameter(help="Show the traceback of an internal error.", show_default=False)] = False

    allow_outside: Annotated[
        bool,
        Parameter(help="Let a scenario name files outside its folder (extends, book, ...).", show_default=False),
    ] = False

    def show(self, text: str = "") -> None:
        """Print a line for a person; silent with --json."""
        if not self.json:
            _console(sys.stdout).print(text, soft_wrap=True)

    def table(
        self,
        title: str,
        columns: Sequence[str],
        rows: Iterable[Sequence[str]],
        *,
        text: Collection[int] = (0,),
    ) -> None:
        """Print a table for a person; silent with --json.

        Parameters
        ----------
        text
            Positions of the columns that are text; the others are numbers and align right.
        """
        if self.json:
            return
        from rich import box
        from rich.table import Table

        table = Table(title=title, title_justify="left", title_style="bold", box=box.SIMPLE_HEAD)
        for number, column in enumerate(columns):
            table.add_column(column, justify="left" if number in text else "right", overflow="fold")
        for row in rows:
            table.add_row(*row)
        _console(sys.stdout).print(table)

    def note(self, text: str) -> None:
        """Print a line on standard error, also with --json."""
        _console(sys.stderr).print(text, soft_wrap=True)

    def result(self, value: dict[str, Any]) -> None:
        """Print the machine-readable object; silent without --json."""
        if self.json:
            print(json.dumps(plain(value), allow_nan=False, indent=2))


SCREEN = Screen()
"""The options as they are when none is given."""


def refused(error: ValueError) -> BadInput:
    """What a plain ValueError of the library, or a simulation without an end, tells the user.

    Raises
    ------
    ValueError
        The error itself where it is of a kind of its own, such as a ScenarioError, which says more.
    """
    if type(error) is ValueError:
        return BadInput(str(error))
    from simulation.engine.world import RunawayError

    if isinstance(error, RunawayError):
        return BadInput(f"a scenario cannot be simulated to its end: {error}")
    raise error


def plain(value: Any) -> Any:
    """Turn a value into what JSON can hold: numbers that are not finite become null."""
    if isinstance(value, dict):
        return {str(key): plain(item) for key, item in value.items()}
    if isinstance(value, list | tuple | set | frozenset):
        return [plain(item) for item in value]
    if hasattr(value, "tolist") and not isinstance(value, str):  # numpy scalars and arrays
        return plain(value.tolist())
    if value is None or isinstance(value, bool | int | str):
        return value
    if isinstance(value, float):
        return value if math.isfinite(value) else None
    if isinstance(value, Path):
        return value.as_posix()
    return str(value)


def problem_fields(problem: Any) -> dict[str, Any]:
    """One problem of a scenario or its book as a plain mapping."""
    return {name: getattr(problem, name, None) for name in ("file", "line", "column", "path", "message")}


def _console(stream: Any) -> Console:
    from rich.console import Console

    # Names in scenarios are free text: square brackets and colons in them are no markup.
    width = None if stream.isatty() else 120
    return Console(file=stream, markup=False, highlight=False, emoji=False, width=width)

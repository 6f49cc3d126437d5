"""Texts on the page: what is wrong, what a number means, and tables of them."""

from __future__ import annotations

import html
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, TypeVar

from nicegui import ui

from simulation.scenario.errors import Problem

__all__ = ["Cell", "about", "alike", "called", "complain", "placed", "table", "unbroken"]

MOST, PLACES = 20, 5
"""Causes that are listed, and of each the places."""
VALUES = re.compile(r"'[^']*'|\d[\d.,:/-]*")
"""What differs between two messages of one cause: what they quote, numbers and days."""
Some = TypeVar("Some", bound=ui.element)


@dataclass(frozen=True)
class Cell:
    """A cell of a table.

    Attributes
    ----------
    text, sub
        What it says, and a smaller line below.
    about
        What that means, for whoever points at it.
    kind
        CSS classes, such as "better" or "words".
    """

    text: str
    sub: str = ""
    about: str = ""
    kind: str = ""


def table(head: Sequence[str], rows: Sequence[Sequence[Cell | str]], kind: str = "") -> str:
    """A table as HTML, in one piece because it is drawn anew several times a minute.

    Parameters
    ----------
    head
        What the columns hold; the first one names the rows.
    rows
        Their cells; texts are taken literally, nothing in them is markup. A row of one cell is a heading within the
        table.
    """
    top = "".join(f'<th scope="col">{html.escape(one)}</th>' for one in head)
    inner = f"<thead><tr>{top}</tr></thead><tbody>{''.join(_row(row, head) for row in rows)}</tbody>"
    return f'<div class="table-place" tabindex="0"><table class="figures {kind}">{inner}</table></div>'


def _row(cells: Sequence[Cell | str], head: Sequence[str]) -> str:
    if len(cells) == 1 and len(head) > 1:
        text = html.escape(cells[0] if isinstance(cells[0], str) else cells[0].text)
        return f'<tr class="group"><th colspan="{len(head)}" scope="colgroup">{text}</th></tr>'
    return f"<tr>{''.join(_cell(one, head[place], 'td' if place else 'th') for place, one in enumerate(cells))}</tr>"


def about(element: Some, text: str) -> Some:
    """Say what an element means to whoever points at it; its own title, because it may be drawn anew any moment."""
    element.props["title"] = text
    element.update()
    return element


def unbroken(text: str) -> str:
    """A sentence in which no line ends between a minus sign and its number."""
    return text.replace("\N{MINUS SIGN}", "\N{MINUS SIGN}\N{WORD JOINER}")


def called(element: Some, text: str) -> Some:
    """Say what an element is to whoever cannot see it; names are free text, and in a line of props a quotation mark in
    one would begin another property, such as a script."""
    element.props["aria-label"] = text
    element.update()
    return element


def _cell(cell: Cell | str, of: str, tag: str) -> str:
    one = Cell(cell) if isinstance(cell, str) else cell
    title = f' title="{html.escape(one.about)}"' if one.about else ""
    known = "defined" if one.about else ""
    text = f'<span class="{known}"{title}>{html.escape(unbroken(one.text))}</span>'
    sub = f'<div class="muted small">{html.escape(unbroken(one.sub))}</div>' if one.sub else ""
    scope = ' scope="row"' if tag == "th" else ""
    return f'<{tag}{scope} class="{html.escape(one.kind)}" data-of="{html.escape(of)}">{text}{sub}</{tag}>'


def complain(place: ui.column, message: str, problems: Sequence[Any] = ()) -> None:
    """Show in a place what is wrong: a line for each cause with how often it is there, or the message where a file has
    no part in it."""
    place.clear()
    place.visible = True
    causes = alike([one if isinstance(one, Mapping) else problem_fields(one) for one in problems])
    with place:
        for text in [_told(one) for one in causes[:MOST]] or [message]:
            ui.label(text).classes("mono" if problems else "")
        if len(causes) > MOST:
            ui.label(f"and {len(causes) - MOST} more")


def alike(problems: Sequence[Mapping[str, Any]]) -> list[list[Mapping[str, Any]]]:
    """Put the problems of one cause together: the same message in the same field of the same file, whatever value it
    quotes and in whichever segment it is."""
    causes: dict[tuple[str, str, str], list[Mapping[str, Any]]] = {}
    for one in problems:
        field = str(one["path"] or "").rpartition(".")[2]
        causes.setdefault((str(one["file"]), field, VALUES.sub("…", str(one["message"]))), []).append(one)
    return list(causes.values())


def _told(cause: Sequence[Mapping[str, Any]]) -> str:
    """One cause in a line: its first place, and where else it is."""
    text, rest = placed(cause[0]), cause[1:]
    if not rest:
        return text
    places = [f"line {one['line']}" if one["line"] else str(one["path"]) for one in rest[:PLACES]]
    more = ", ..." if len(rest) > PLACES else ""
    return f"{text} · {len(cause):,} times, also in {', '.join(dict.fromkeys(places))}{more}"


def placed(problem: Mapping[str, Any]) -> str:
    """One problem of a file in a line."""
    place = problem["file"] or "", problem["line"], problem["column"], problem["path"] or ""
    return str(Problem(*place, problem["message"] or ""))


def problem_fields(problem: Problem) -> dict[str, Any]:
    """A problem as a task tells it."""
    return {one: getattr(problem, one) for one in ("file", "line", "column", "path", "message")}

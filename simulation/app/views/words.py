"""Texts on the page: what is wrong, what a number means, and tables of them."""

from __future__ import annotations

import html
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, TypeVar

from nicegui import ui

from simulation.scenario.errors import Problem

__all__ = ["Cell", "about", "called", "complain", "placed", "table"]

MOST = 20
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
        Their cells; texts are taken literally, nothing in them is markup.
    """
    top = "".join(f'<th scope="col">{html.escape(one)}</th>' for one in head)
    body = "".join(
        f"<tr>{''.join(_cell(one, 'th' if place == 0 else 'td') for place, one in enumerate(row))}</tr>" for row in rows
    )
    inner = f"<thead><tr>{top}</tr></thead><tbody>{body}</tbody>"
    return f'<div class="scroll"><table class="figures {kind}">{inner}</table></div>'


def about(element: Some, text: str) -> Some:
    """Say what an element means to whoever points at it; its own title, because it may be drawn anew any moment."""
    element.props["title"] = text
    element.update()
    return element


def called(element: Some, text: str) -> Some:
    """Say what an element is to whoever cannot see it; names are free text, and in a line of props a quotation mark in
    one would begin another property, such as a script."""
    element.props["aria-label"] = text
    element.update()
    return element


def _cell(cell: Cell | str, tag: str) -> str:
    one = Cell(cell) if isinstance(cell, str) else cell
    title = f' title="{html.escape(one.about)}"' if one.about else ""
    known = "defined" if one.about else ""
    text = f'<span class="{known}"{title}>{html.escape(one.text)}</span>'
    sub = f'<div class="muted small">{html.escape(one.sub)}</div>' if one.sub else ""
    scope = ' scope="row"' if tag == "th" else ""
    return f'<{tag}{scope} class="{html.escape(one.kind)}">{text}{sub}</{tag}>'


def complain(place: ui.column, message: str, problems: Sequence[Any] = ()) -> None:
    """Show in a place what is wrong: each problem of a file with its line, or the message where there are none."""
    place.clear()
    place.visible = True
    with place:
        for text in [placed(one) for one in problems[:MOST]] or [message]:
            ui.label(text).classes("mono" if problems else "")
        if len(problems) > MOST:
            ui.label(f"and {len(problems) - MOST} more")


def placed(problem: Any) -> str:
    """One problem of a file in a line, from a `Problem` or from a mapping of its fields."""
    if not isinstance(problem, Mapping):
        return str(problem)
    place = problem["file"] or "", problem["line"], problem["column"], problem["path"] or ""
    return str(Problem(*place, problem["message"] or ""))

"""What a finished piece of work says: the answer in a sentence, what else to know, details, and the report."""

from __future__ import annotations

import html
from collections.abc import Mapping, Sequence
from typing import Any

from nicegui import ui

from simulation.app.jobs.job import Picture

__all__ = ["Answer", "Details", "card", "intro", "table"]


def intro(title: str, text: str) -> None:
    """Put the question of a view on the page: its title, and what it answers."""
    ui.label(title).classes("view-title").props('role="heading" aria-level="2"')
    ui.label(text).classes("muted view-intro")


def card(title: str, meaning: str = "") -> ui.column:
    """Return a card with a title; what it means is told where the title is pointed at."""
    place = ui.column().classes("card")
    with place:
        head = ui.label(title).classes("title").props('role="heading" aria-level="3"')
        if meaning:
            head.classes("defined").props('tabindex="0"').tooltip(meaning)
    return place


class Answer:
    """The answer and the sentences after it; making one puts their place on the page.

    Parameters
    ----------
    empty
        What is said before there is an answer.
    """

    def __init__(self, empty: str) -> None:
        self.empty = ui.label(empty).classes("muted before")
        self.place = ui.column().classes("answer wide")

    def draw(self, picture: Picture) -> None:
        """Show the headline, points and notices of a picture."""
        self.empty.visible = False
        self.place.clear()
        with self.place:
            ui.label(picture["headline"]).classes("headline")
            for one in picture.get("points", ()):
                ui.label(one).classes("point")
            for one in picture.get("notices", ()):
                ui.label(one).classes("notice")


class Details:
    """Tables and explanations behind an answer, folded; and the report to keep. Making one puts it on the page.

    Parameters
    ----------
    name
        What the file of the report is called, without ending.
    """

    def __init__(self, name: str) -> None:
        self.name = name
        self.place = ui.column().classes("details wide")

    def draw(self, picture: Picture) -> None:
        """Show the sections of a picture, and its report, where it has them."""
        sections, report = picture.get("sections", ()), picture.get("report")
        self.place.clear()
        with self.place:
            for one in sections:
                with ui.expansion(one["title"]).classes("card wide"):
                    for block in one["blocks"]:
                        _block(block)
            if report:
                save = ui.button("Download report", icon="download").props("outline no-caps").mark("report")
                save.on_click(lambda: ui.download.content(report, f"{self.name}.html", "text/html"))


def table(
    columns: Sequence[str],
    rows: Sequence[Sequence[str | Sequence[str]]],
    *,
    words: Sequence[int] = (0,),
    caption: str = "",
) -> None:
    """Put a table on the page.

    Parameters
    ----------
    rows
        Cells: a text, or a text and a smaller line below it; a row of one cell is a heading within the table.
    words
        Positions of the columns of words; the others hold numbers and align right.
    """
    head = "".join(f'<th scope="col"{_align(place, words)}>{_safe(one)}</th>' for place, one in enumerate(columns))
    body = []
    for row in rows:
        if len(row) == 1 and len(columns) > 1:
            body.append(f'<tr class="group"><th colspan="{len(columns)}" scope="colgroup">{_cell(row[0])}</th></tr>')
        else:
            cells = (f"<td{_align(place, words)}>{_cell(one)}</td>" for place, one in enumerate(row))
            body.append(f"<tr>{''.join(cells)}</tr>")
    above = f"<caption>{_safe(caption)}</caption>" if caption else ""
    text = f'<table class="told">{above}<thead><tr>{head}</tr></thead><tbody>{"".join(body)}</tbody></table>'
    with ui.element("div").classes("table-place").props('tabindex="0"'):
        ui.html(text, sanitize=False)  # every text in it was escaped above


def _block(block: Mapping[str, Any]) -> None:
    match block["kind"]:
        case "text":
            ui.label(block["text"]).classes("prose")
        case "facts":
            if block["caption"]:
                ui.label(block["caption"]).classes("muted")
            pairs = "".join(f"<dt>{_safe(term)}</dt><dd>{_safe(text)}</dd>" for term, text in block["pairs"])
            ui.html(f'<dl class="facts">{pairs}</dl>', sanitize=False)  # escaped above
        case "table":
            table(block["columns"], block["rows"], words=block["words"], caption=block["caption"])


def _cell(cell: str | Sequence[str]) -> str:
    if isinstance(cell, str):
        return _safe(cell)
    text, *below = cell
    return _safe(text) + (f'<span class="sub">{_safe(below[0])}</span>' if below and below[0] else "")


def _align(place: int, words: Sequence[int]) -> str:
    return "" if place in words else ' class="number"'


def _safe(text: str) -> str:
    return html.escape(text)

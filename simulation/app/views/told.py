"""What a finished piece of work says: the answer in a sentence, what else to know, details, and the report."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from functools import partial
from typing import Any

from nicegui import events, ui

from simulation.app.jobs.job import Picture
from simulation.app.views.tables import safe, table
from simulation.app.views.words import unbroken

__all__ = ["Answer", "Details", "card", "facts", "intro"]

WIDE = 3
"""Tables of more columns stand as blocks on a telephone."""


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


def facts(pairs: Sequence[Sequence[str]]) -> None:
    """Put terms with what is said of each on the page."""
    rows = "".join(f"<dt>{safe(term)}</dt><dd>{safe(text)}</dd>" for term, text in pairs)
    ui.html(f'<dl class="facts">{rows}</dl>', sanitize=False)  # escaped above


class Answer:
    """The answer and the sentences after it; making one puts their place on the page.

    Parameters
    ----------
    empty
        What is said before there is an answer.
    """

    def __init__(self, empty: str) -> None:
        self.empty = ui.label(empty).classes("muted before")
        self.empty.visible = bool(empty)
        self.place = ui.column().classes("answer wide")

    def draw(self, picture: Picture) -> None:
        """Show the headline, points and notices of a picture."""
        self.empty.visible = False
        self.place.clear()
        with self.place:
            headline = ui.label(unbroken(picture["headline"])).classes("headline")
            if picture.get("hint"):
                headline.tooltip(picture["hint"])
            for one in picture.get("points", ()):
                ui.label(unbroken(one)).classes("point")
            for one in picture.get("notices", ()):
                ui.label(unbroken(one)).classes("notice")

    def clear(self) -> None:
        """Take the answer away."""
        self.empty.visible = bool(self.empty.text)
        self.place.clear()


class Details:
    """Tables and explanations behind an answer, folded; and the report to keep. Making one puts it on the page.

    Parameters
    ----------
    name
        What the file of the report is called, without ending.
    """

    def __init__(self, name: str) -> None:
        self.name = name
        self._open: set[str] = set()
        self.place = ui.column().classes("details wide")

    def draw(self, picture: Picture) -> None:
        """Show the sections of a picture, and its report, where it has them."""
        sections, report = picture.get("sections", ()), picture.get("report")
        self.place.clear()
        with self.place:
            for one in sections:
                part = ui.expansion(one["title"], value=one["title"] in self._open).classes("card wide")
                part.on_value_change(partial(self._note, one["title"]))
                with part:
                    for block in one["blocks"]:
                        _block(block)
            if report:
                save = ui.button("Download report", icon="download").props("outline no-caps").mark("report")
                save.on_click(lambda: ui.download.content(report, f"{self.name}.html", "text/html"))

    def _note(self, title: str, event: events.ValueChangeEventArguments[Any]) -> None:
        """Remember what is unfolded, so that it stays so when the next picture comes."""
        if event.value:
            self._open.add(title)
        else:
            self._open.discard(title)


def _block(block: Mapping[str, Any]) -> None:
    match block["kind"]:
        case "text":
            ui.label(block["text"]).classes("prose")
        case "facts":
            if block["caption"]:
                ui.label(block["caption"]).classes("muted")
            facts(block["pairs"])
        case "table":
            columns = block["columns"]
            wide = len(columns) > WIDE
            table(columns, block["rows"], words=block["words"], caption=block["caption"], stacks=wide)

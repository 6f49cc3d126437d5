"""The report's page: what it is made of, and its rendering. Everything from a scenario is escaped."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any

from jinja2 import Environment, PackageLoader, StrictUndefined
from markupsafe import Markup, escape

from simulation.report.words import MINUS

__all__ = ["Block", "Cell", "Facts", "Page", "Picture", "Section", "Table", "Text", "Tile", "rendered"]


@dataclass(frozen=True)
class Cell:
    """A cell: its text, a smaller line below it, and a share from 0 to 1 that is drawn as a bar."""

    text: str
    sub: str = ""
    bar: float | None = None


@dataclass(frozen=True)
class Table:
    """A table.

    Attributes
    ----------
    columns
        Headings.
    rows
        Cells, or plain text; a row of one text alone is a heading within the table.
    words
        Positions of the columns of words; the others hold numbers and align right.
    caption
        Above the table.
    narrow
        Whether it may stand beside pictures and other narrow tables.
    """

    columns: Sequence[str]
    rows: Sequence[Sequence[Cell | str]]
    words: Sequence[int] = (0,)
    caption: str = ""
    narrow: bool = False

    @property
    def kind(self) -> str:
        """What a page does with it: narrow tables stand beside pictures."""
        return "beside" if self.narrow else "table"

    @property
    def stacks(self) -> bool:
        """Whether on a telephone each row stands as a block, because side by side its cells would not fit."""
        return len(self.columns) > 4 or (len(self.columns) > 3 and len(self.words) > 1)

    def cells(self) -> list[list[Cell]]:
        """Return the rows with every cell a `Cell`."""
        return [[Cell(one) if isinstance(one, str) else one for one in row] for row in self.rows]


@dataclass(frozen=True)
class Picture:
    """A figure: SVG that the report made itself, what it shows in words, and a remark below it."""

    svg: Markup
    alt: str
    caption: str = ""
    kind: str = "beside"


@dataclass(frozen=True)
class Text:
    """A paragraph."""

    text: str
    kind: str = "text"


@dataclass(frozen=True)
class Facts:
    """Terms with what they are or mean."""

    pairs: Sequence[tuple[str, str]]
    caption: str = ""
    kind: str = "facts"


Block = Table | Picture | Text | Facts


@dataclass(frozen=True)
class Tile:
    """A figure of the first page: what it is, its middle, its range, and what it is today."""

    title: str
    value: str
    likely: str = ""
    today: str = ""


@dataclass(frozen=True)
class Section:
    """A part of the page; neighbouring pictures and narrow tables stand side by side where there is room."""

    key: str
    title: str
    blocks: Sequence[Block] = field(default=())

    def groups(self) -> list[tuple[str, list[Block]]]:
        """Return the blocks in runs of one kind."""
        runs: list[tuple[str, list[Block]]] = []
        for block in self.blocks:
            if runs and runs[-1][0] == block.kind == "beside":
                runs[-1][1].append(block)
            else:
                runs.append((block.kind, [block]))
        return runs


@dataclass(frozen=True)
class Page:
    """The whole page.

    Attributes
    ----------
    title, description, subtitle
        Name and description of the scenario, and a line on the run.
    headline, points, objectives
        The answer.
    hint
        How to read its ranges.
    notices
        What to beware of: few futures, warnings, rows that were left out.
    kind
        What is reported, above the title.
    tiles
        The main figures, below the headline.
    board
        Sections of the first page: who decides reads them and stops. Without them the page has one part.
    appendix
        Sections for those who check: method and special terms.
    """

    title: str
    description: str
    subtitle: str
    headline: str
    points: Sequence[str]
    objectives: Sequence[str]
    hint: str
    notices: Sequence[str]
    sections: Sequence[Section]
    footer: str
    kind: str = "Forecast"
    tiles: Sequence[Tile] = ()
    board: Sequence[Section] = ()
    appendix: Sequence[Section] = ()

    def parts(self) -> list[tuple[str, str, Sequence[Section]]]:
        """Return what follows the first page, part by part: key, title ("" for no heading) and sections."""
        if not self.board:
            return [("", "", [*self.sections, *self.appendix])]
        parts = [("details", "In detail", self.sections), ("appendix", "Appendix", self.appendix)]
        return [one for one in parts if one[2]]


JOINED = "\u2060"
"""Keeps a minus sign and the currency after it on one line."""


def coded(text: str) -> Markup:
    """Return text for the page; what stands between backticks is a command or a name in a file."""
    parts = re.sub(f"{MINUS}(?=[^0-9 ])", f"{MINUS}{JOINED}", text).split("`")
    if len(parts) % 2 == 0:
        return escape("`".join(parts))
    return Markup("").join(
        Markup("<code>{}</code>").format(part) if place % 2 else part for place, part in enumerate(parts)
    )


def rendered(page: Page) -> str:
    """Return the page as HTML that needs nothing else."""
    environment = Environment(
        loader=PackageLoader("simulation.report"),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    environment.filters["coded"] = coded
    styles: Any = environment.loader
    source, _, _ = styles.get_source(environment, "style.css")
    return environment.get_template("report.html").render(page=page, style=Markup(source)) + "\n"

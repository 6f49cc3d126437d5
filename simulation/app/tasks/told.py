"""What a report's page says, as plain data: its words and tables for a view, and the page itself to keep."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from simulation.report.page import Block, Facts, Page, Section, Table, Text, rendered

__all__ = ["sections_of", "told"]


def told(page: Page) -> dict[str, Any]:
    """Return the words of a page.

    Returns
    -------
    dict
        headline, points, hint and notices; sections, each with title and blocks; and report, the page as HTML. A
        block has a kind: "text" with text, "facts" with pairs and caption, or "table" with columns, words (positions
        of the columns of words), caption and rows of cells, each a pair of a text and a smaller line below it.
        Pictures are left out: the page draws its own.
    """
    return {
        "headline": page.headline,
        "points": list(page.points),
        "hint": page.hint,
        "notices": list(page.notices),
        "sections": sections_of([*page.board, *page.sections, *page.appendix]),
        "report": rendered(page),
    }


def sections_of(sections: Sequence[Section]) -> list[dict[str, Any]]:
    """Return sections as `told` does, those without words left out."""
    parts = [
        {"title": one.title, "blocks": [_block(block) for block in one.blocks if not _is_picture(block)]}
        for one in sections
    ]
    return [one for one in parts if one["blocks"]]


def _is_picture(block: Block) -> bool:
    return not isinstance(block, Table | Text | Facts)


def _block(block: Block) -> dict[str, Any]:
    match block:
        case Text():
            return {"kind": "text", "text": block.text}
        case Facts():
            return {"kind": "facts", "pairs": [list(pair) for pair in block.pairs], "caption": block.caption}
        case Table():
            return {
                "kind": "table",
                "columns": list(block.columns),
                "words": list(block.words),
                "caption": block.caption,
                "rows": [[[cell.text, cell.sub] for cell in row] for row in block.cells()],
            }
    raise TypeError(f"a picture is not told: {block.alt}")

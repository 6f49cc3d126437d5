"""Tables on the page: every text escaped, every heading that has a meaning says it, rows scroll where they are wide."""

from __future__ import annotations

import html
from collections.abc import Sequence

from nicegui import ui

from simulation.report.definitions import DEFINITIONS

__all__ = ["safe", "table"]

ENDS = DEFINITIONS["P10, P50, P90"]
COURSE = (
    "The probability that the member is on this course. On track: heading for what it wants, or nearly so; away: "
    "heading away from it; drifting: between the two."
)
MEANINGS = {
    "p10 to p90": ENDS,
    "p10": ENDS,
    "p90": ENDS,
    "95% interval": DEFINITIONS["95% interval"],
    "in 8 of 10 futures": ENDS,
    "8 of 10 futures": ENDS,
    "members reach it": "Members expected to reach the milestone within the window.",
    "takes": "Opportunities that members are expected to take, of those offered at milestones.",
    "arr added": DEFINITIONS["Expansion"],
    "arr at the end": DEFINITIONS["ARR"],
    "arr for each": "The difference of ARR at the end between a member's two lives, on average.",
    "revenue": DEFINITIONS["Recurring revenue"],
    "waiting for each": DEFINITIONS["Wait"],
    "on track": COURSE,
    "drifting": COURSE,
    "away": COURSE,
    "next in 90 days": "The chance to reach the next milestone within 90 days.",
    "renews": "The chance to renew at the next renewal.",
    "likely": "The share of the futures in which the condition holds.",
    "spend": "Expected cost over the horizon above that of nothing bought.",
    "gain": "What it brings above nothing bought, on futures that had no part in the search.",
    "alone, of the variance": "The part of the spread that would go if only this were known.",
    "with its interactions": "The part of the spread that would stay if everything else were known.",
    "futures below": "The share of the simulated futures with a lower value.",
}
"""What headings of tables mean."""


def table(
    columns: Sequence[str],
    rows: Sequence[Sequence[str | Sequence[str]]],
    *,
    words: Sequence[int] = (0,),
    caption: str = "",
    stacks: bool = False,
) -> None:
    """Put a table on the page.

    Parameters
    ----------
    rows
        Cells: a text, or a text and a smaller line below it; a row of one cell is a heading within the table.
    words
        Positions of the columns of words; the others hold numbers and align right.
    stacks
        Whether on a telephone each row stands as a block, a line a cell, because it would be too wide.
    """
    head = "".join(f'<th scope="col"{_align(place, words)}>{_defined(one)}</th>' for place, one in enumerate(columns))
    body = []
    for row in rows:
        if len(row) == 1 and len(columns) > 1:
            body.append(f'<tr class="group"><th colspan="{len(columns)}" scope="colgroup">{_cell(row[0])}</th></tr>')
        else:
            cells = (
                f'<td{_align(place, words)} data-of="{safe(columns[place])}">{_cell(one)}</td>'
                for place, one in enumerate(row)
            )
            body.append(f"<tr>{''.join(cells)}</tr>")
    above = f"<caption>{safe(caption)}</caption>" if caption else ""
    kind = "told stacks" if stacks else "told"
    text = f'<table class="{kind}">{above}<thead><tr>{head}</tr></thead><tbody>{"".join(body)}</tbody></table>'
    with ui.element("div").classes("table-place").props('tabindex="0"'):
        ui.html(text, sanitize=False)  # every text in it was escaped above


def _cell(cell: str | Sequence[str]) -> str:
    if isinstance(cell, str):
        return safe(cell)
    text, *below = cell
    return safe(text) + (f'<span class="sub">{safe(below[0])}</span>' if below and below[0] else "")


def _defined(heading: str) -> str:
    """A heading, with what it means where that is known."""
    meaning = MEANINGS.get(heading.lower())
    return f'<span class="defined" title="{safe(meaning)}">{safe(heading)}</span>' if meaning else safe(heading)


def _align(place: int, words: Sequence[int]) -> str:
    return "" if place in words else ' class="number"'


def safe(text: str) -> str:
    """Return free text as HTML that shows it."""
    return html.escape(text)

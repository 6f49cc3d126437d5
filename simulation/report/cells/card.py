"""A card: a heading, a few sentences, a small table. Plain HTML that takes its colours from the notebook."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from markupsafe import Markup, escape

__all__ = ["ROWS", "Card"]

ROWS = 16
"""Rows of a card; who wants all of them asks for the table."""
LEFT = Markup(' style="text-align: left"')


@dataclass(frozen=True)
class Card:
    """What a notebook shows of a result.

    Attributes
    ----------
    title
        What it is, in a line.
    said
        Sentences below it.
    heads, rows
        A table; its first `words` columns are text, the others numbers. Rows beyond `ROWS` are left out, and counted.
    note
        What to know about the table.
    """

    title: str
    said: Sequence[str] = ()
    heads: Sequence[str] = ()
    rows: Sequence[Sequence[str]] = ()
    note: str = ""
    words: int = 1

    def html(self) -> str:
        """The card as HTML, escaped."""
        parts = [self._line(Markup("<strong>{}</strong>").format(self.title))]
        parts += [self._line(escape(one)) for one in self.said if one]
        if self.rows:
            shown = self.rows[:ROWS]
            head = self._row(self.heads, "th")
            body = Markup("").join(self._row(row, "td") for row in shown)
            parts.append(Markup("<table><thead>{}</thead><tbody>{}</tbody></table>").format(head, body))
        rest = len(self.rows) - ROWS
        notes = [self.note] if self.note else []
        notes += [f"{rest:,} more rows."] if rest > 0 else []
        if notes:
            parts.append(self._line(Markup("<small>{}</small>").format(" ".join(notes))))
        # A dollar sign is a dollar sign: the classes keep MathJax away, in its old and new versions.
        return str(Markup('<div class="tex2jax_ignore mathjax_ignore">{}</div>').format(Markup("").join(parts)))

    def _line(self, text: Markup) -> Markup:
        return Markup('<p style="margin: 0.35em 0">{}</p>').format(text)

    def _row(self, cells: Sequence[str], tag: str) -> Markup:
        texts = Markup("").join(
            Markup("<{0}{1}>{2}</{0}>").format(Markup(tag), LEFT if place < self.words else "", escape(text))
            for place, text in enumerate(cells)
        )
        return Markup("<tr>{}</tr>").format(texts)

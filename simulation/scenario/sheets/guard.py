"""Texts that a spreadsheet would take for a formula: an apostrophe guards them where they are written."""

from typing import Final

__all__ = ["formula_like", "guarded", "unguarded"]

FORMULA: Final = ("=", "+", "-", "@", "\t", "\r", "\n", "＝", "＋", "－", "＠")  # noqa: RUF001
"""How a text starts that a spreadsheet takes for a formula, the full-width forms included (OWASP, CSV injection)."""


def formula_like(text: str) -> bool:
    """Whether a spreadsheet would take a text for a formula."""
    return text.lstrip(" ").startswith(FORMULA)


def guarded(text: str) -> str:
    """A text as it is written into a table: with an apostrophe where a spreadsheet would take it for a formula.

    >>> guarded("=cmd|' /C calc'!A0"), guarded("AB-7")
    ("'=cmd|' /C calc'!A0", 'AB-7')
    """
    return f"'{text}" if formula_like(text) else text


def unguarded(text: str) -> str:
    """The text that was `guarded`."""
    return text[1:] if text.startswith("'") and formula_like(text[1:]) else text

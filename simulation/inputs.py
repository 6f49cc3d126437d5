"""What went into a run, as its report says it: the book without its rows, and what deserves a look."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from simulation.scenario.book import Book
    from simulation.scenario.schema import Scenario

__all__ = ["book_facts", "warnings_of"]


def warnings_of(scenario: Scenario, book: Book | None) -> list[str]:
    """What is allowed in a scenario and its book, but deserves a look."""
    return [*scenario.warnings, *(() if book is None else (f"the book {one}" for one in book.warnings))]


def book_facts(book: Book | None) -> dict[str, Any] | None:
    """What the book is, without any of its rows."""
    if book is None:
        return None
    out = book.excluded
    return {
        "file": book.path.name,
        "sha256": book.digest,
        "members": len(book),
        "arr": book.total_arr / 100,
        "left_out": {"members": out.members, "arr": out.total_arr / 100, "arr_unknown": out.unknown_arr},
    }

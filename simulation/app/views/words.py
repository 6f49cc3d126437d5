"""Texts on the page: what is wrong, and what a number means."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from nicegui import ui

from simulation.scenario.errors import Problem

__all__ = ["complain", "placed"]

MOST = 20


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

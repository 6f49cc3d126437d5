"""What a visitor has typed stays with his desk, so that it is there when the page is built anew."""

from __future__ import annotations

from typing import Any, TypeVar

from nicegui.elements.mixins.value_element import ValueElement

from simulation.app.desk import Desk

__all__ = ["keep"]

Field = TypeVar("Field", bound=ValueElement[Any])


def keep(desk: Desk, key: str, field: Field) -> Field:
    """Have the desk keep what a field holds, and give back what it kept.

    Parameters
    ----------
    key
        Where the desk keeps it; one for every field of the page.
    """
    if key in desk.kept and desk.kept[key] in getattr(field, "options", [desk.kept[key]]):
        field.set_value(desk.kept[key])  # what can no longer be chosen is forgotten
    field.on_value_change(lambda event: desk.kept.__setitem__(key, event.value))
    return field

"""What shows itself in a notebook. A result does not know how it looks: it hands itself to the report, when asked."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from matplotlib.axes import Axes

__all__ = ["Shown"]


class Shown:
    """A result that is a small table as the last line of a notebook's cell, and that can be drawn."""

    __slots__ = ()

    def _repr_html_(self) -> str:
        from simulation.report.cells import html

        return html(self)

    def _drawn(self, ax: Axes | None, **what: Any) -> Axes:
        from simulation.report.cells import draw

        return draw(self, ax, **what)

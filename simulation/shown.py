"""What shows itself in a notebook. A result does not know how it looks: it hands itself to the report, when asked."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from matplotlib.axes import Axes

__all__ = ["Shown"]


class Shown:
    """A result that is a small table as the last line of a notebook's cell, and that can be drawn."""

    __slots__ = ()

    def __init_subclass__(cls, **options: Any) -> None:
        super().__init_subclass__(**options)
        if "__repr__" not in cls.__dict__:  # IPython would take the one of a dataclass, which says all that it holds
            cls._repr_pretty_ = Shown._repr_pretty_  # type: ignore[method-assign]

    def _repr_html_(self) -> str:
        from simulation.report.cells import html

        return html(self)

    def _repr_pretty_(self, printer: Any, cycle: bool) -> None:
        """A line where there is no HTML, as in a terminal: all that it holds would fill pages."""
        from simulation.report.cells import heading

        printer.text(f"<{type(self).__name__}: {heading(self)}>")

    def _drawn(self, ax: Axes | None, **what: Any) -> Axes:
        from simulation.report.cells import draw

        return draw(self, ax, **what)

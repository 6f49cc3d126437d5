"""A figure on the page: made at the first picture, replaced at every other, with a text for those who cannot see it."""

from __future__ import annotations

from typing import Any

import plotly.graph_objects as go
from nicegui import ui

from simulation.app.figures.look import CONFIG
from simulation.app.views.words import called

__all__ = ["Plot"]


class Plot:
    """A place for a figure; making one puts it on the page.

    Parameters
    ----------
    says
        What the figure shows, for screen readers.
    """

    def __init__(self, says: str = "") -> None:
        self.place = ui.column().classes("plot")
        if says:
            called(self.place.props("role=img"), says)
        self._plot: ui.plotly | None = None

    def draw(self, figure: go.Figure) -> None:
        """Show a figure."""
        data: dict[str, Any] = {**figure.to_plotly_json(), "config": CONFIG}
        if self._plot is None:
            with self.place:
                self._plot = ui.plotly(data).classes("wide")
        else:
            self._plot.update_figure(data)

    def draw_or_clear(self, figure: go.Figure | None) -> None:
        """Show a figure, or nothing where there is none."""
        self.clear() if figure is None else self.draw(figure)

    @property
    def empty(self) -> bool:
        """Whether no figure is shown."""
        return self._plot is None

    def clear(self) -> None:
        """Take the figure away."""
        self.place.clear()
        self._plot = None

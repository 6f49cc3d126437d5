"""Where a picture is drawn: on a figure of its own, or in a notebook, on the axes that its user gives."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from typing import Any

import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure

__all__ = ["Canvas", "asked_for", "drawn_on"]

SCALE = 1.25
"""Figures of notebooks are this much larger than those of reports, which must be legible on a telephone."""
DPI = 110
NOTHING = "Nothing to draw: it is zero or undefined in every future."


class Canvas:
    """Where a notebook wants a picture: on an axes, or on a new figure that Matplotlib shows."""

    def __init__(self, ax: Axes | None) -> None:
        self.own = ax is None
        self._figure: Any = _Panel(ax) if ax is not None else _shown_figure()

    def figure(self, height: float, width: float) -> Figure:
        """What the picture takes for its figure."""
        if self.own:
            self._figure.set_size_inches(SCALE * width, SCALE * height)
        figure: Figure = self._figure
        return figure

    def close(self) -> None:
        """Give up what was begun, or a notebook would show it."""
        if self.own:
            from matplotlib import pyplot

            pyplot.close(self._figure)

    def axes(self) -> Axes:
        """The axes that was drawn on, the first one if there are several."""
        ax: Axes = self._figure.axes[0]
        return ax

    def empty(self) -> Axes:
        """An axes that says that there is nothing to draw."""
        ax = self.figure(1.0, 5.0).add_subplot()
        ax.set_axis_off()
        ax.text(0.0, 0.5, NOTHING, transform=ax.transAxes, va="center")
        return ax


def _shown_figure() -> Any:
    """A figure that Matplotlib shows.

    Made before any style is set: what a notebook's backend sets when it is first asked for a figure would else be
    undone with the style, and later figures would not be shown.
    """
    from matplotlib import pyplot

    return pyplot.figure(dpi=DPI, layout="constrained", facecolor="white")


class _Panel:
    """One axes of somebody else's figure, in the place of a figure with one panel."""

    def __init__(self, ax: Axes) -> None:
        self.axes = [ax]

    def add_subplot(self) -> Axes:
        return self.axes[0]

    def subplots(self, rows: int = 1, columns: int = 1, *, squeeze: bool = True, **_: Any) -> Any:
        if rows * columns != 1:
            raise ValueError(f"this picture has {rows * columns} panels: it needs a figure of its own, without ax")
        return self.axes[0] if squeeze else np.array([self.axes])

    def suptitle(self, text: str, *, weight: str, size: float, **_: Any) -> None:
        self.axes[0].set_title(text, loc="left", weight=weight, size=size)

    def legend(self, handles: Any, labels: Any, **look: Any) -> None:
        self.axes[0].legend(handles, labels, handlelength=look["handlelength"])


_ASKED: ContextVar[Canvas | None] = ContextVar("canvas", default=None)


def asked_for() -> Canvas | None:
    """The canvas of `drawn_on`, if any."""
    return _ASKED.get()


@contextmanager
def drawn_on(ax: Axes | None) -> Iterator[Canvas]:
    """Draw the picture of the block on an axes; on a new figure of Matplotlib's when it is None."""
    canvas = Canvas(ax)
    token = _ASKED.set(canvas)
    try:
        yield canvas
    except BaseException:
        canvas.close()
        raise
    finally:
        _ASKED.reset(token)

"""Results in a notebook: a small table as the last line of a cell, and a picture on a Matplotlib axes."""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from matplotlib.axes import Axes

    from simulation.report.cells.card import Card

__all__ = ["draw", "heading", "html"]

# By the name of the class, so that showing a forecast does not load the code of all other results.
_HOMES = {
    "Scenario": "plans", "Forecast": "plans",
    "Comparison": "whatif", "Twins": "whatif", "Lives": "whatif", "Sweep": "whatif", "Bridge": "whatif",
    "Sensitivity": "decisions", "MustBeTrue": "decisions", "Budget": "decisions", "Worklist": "decisions",
    "History": "evidence", "Fit": "evidence", "Calibration": "evidence", "Vectors": "evidence", "Backtest": "evidence",
    "Reliability": "evidence",
    "Attribution": "evidence",
}  # fmt: skip


def html(found: object) -> str:
    """Return a result as HTML without colours of its own, so that it suits light and dark notebooks."""
    return _card(found).html()


def heading(found: object) -> str:
    """Return what a result is, in a line."""
    return _card(found).title


def draw(found: object, ax: Axes | None = None, **what: Any) -> Axes:
    """Draw a result and return the axes: the one given, or the first of a new figure.

    Raises
    ------
    ValueError
        When a picture with several panels is to be drawn on one axes.
    """
    from simulation.report.canvas import drawn_on

    picture = _view(found, "PICTURES")
    with drawn_on(ax) as canvas:
        figure = picture(found, **what)
        return canvas.empty() if figure is None else canvas.axes()


def _card(found: object) -> Card:
    card: Card = _view(found, "CARDS")(found)
    return card


def _view(found: object, views: str) -> Any:
    name = next(one.__name__ for one in type(found).__mro__ if one.__name__ in _HOMES)
    return getattr(import_module(f"{__name__}.{_HOMES[name]}"), views)[name]

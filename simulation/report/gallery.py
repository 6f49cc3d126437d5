"""The figures of a report by name: each drawn once, and kept as PNG for its file and SVG for the page."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING

from markupsafe import Markup
from matplotlib.figure import Figure

from simulation.forecast.courses import course
from simulation.report import bars, curves, fans
from simulation.report.page import Picture
from simulation.report.style import png, svg

if TYPE_CHECKING:
    from simulation.forecast import Forecast

__all__ = ["Gallery"]


Drawing = Callable[["Forecast"], Figure | None]


def _fan(forecast: Forecast, measure: str) -> Figure | None:
    """Draw a fan, unless the measure is zero in every future."""
    return fans.fan(forecast, measure) if course(forecast, measure)[1].any() else None


def _where_members_are(draw: Drawing, measure: str = "members") -> Drawing:
    """Draw, unless there is no member (or no ARR) at any time in any future."""
    return lambda forecast: draw(forecast) if course(forecast, measure)[1].any() else None


DRAWINGS: dict[str, Drawing] = {
    "arr": lambda forecast: _fan(forecast, "arr"),
    "members": lambda forecast: _fan(forecast, "members"),
    "expansion_by_period": lambda forecast: _fan(forecast, "expansion"),
    "churn_by_period": lambda forecast: _fan(forecast, "churn"),
    "contribution": lambda forecast: _fan(forecast, "contribution"),
    "retention": fans.retention,
    "waterfall": _where_members_are(bars.waterfall, "arr"),
    "expansion": bars.expansion,
    "stages": _where_members_are(fans.stages),
    "first_value": curves.first_value,
    "courses": _where_members_are(fans.courses),
    "renewal_by_term": curves.renewal_by_term,
    "team_use": lambda forecast: fans.team_fan(forecast, "utilisation"),
    "team_wait": lambda forecast: fans.team_fan(forecast, "wait"),
    "team_queue": lambda forecast: fans.team_fan(forecast, "queue_mean"),
    "intervention_hours": bars.intervention_hours,
    "luck_and_ignorance": bars.luck_and_ignorance,
    "assumption_effects": bars.assumption_effects,
}
"""Name of the file -> what draws it; None when there is nothing to draw."""


class Gallery:
    """The figures of a forecast.

    Parameters
    ----------
    forecast
        What they show.
    drawn
        Called after each figure.
    """

    def __init__(self, forecast: Forecast, drawn: Callable[[], None] = lambda: None) -> None:
        self.png: dict[str, bytes] = {}
        self._svg: dict[str, Markup] = {}
        for name, draw in DRAWINGS.items():
            figure = draw(forecast)
            if figure is not None:
                self.png[name] = png(figure)
                figure.set_layout_engine("none")  # laid out once is enough
                self._svg[name] = Markup(svg(figure, name.replace("_", "-")))  # noqa: S704 - made here
            drawn()

    def __contains__(self, name: str) -> bool:
        return name in self.png

    def picture(self, name: str, alt: str, caption: str = "") -> list[Picture]:
        """Return the figure for the page, with what it shows in words; nothing when there is none."""
        return [Picture(self._svg[name], alt, caption)] if name in self else []

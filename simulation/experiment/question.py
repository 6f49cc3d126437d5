"""What is asked of every future: a measure, at a moment and over time."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import timedelta
from typing import Any

from simulation.experiment.assumed import Float
from simulation.forecast import Forecast, Measure
from simulation.forecast.measures import measure_named

__all__ = ["Question"]


@dataclass(frozen=True)
class Question:
    """A measure with what it is narrowed to, and the moment at which it is read.

    Attributes
    ----------
    measure
        A key of `MEASURES`.
    day
        Days from the start; None is the horizon.
    where
        segment, milestone, kind, intervention or team, as in `Forecast.measure`.
    """

    measure: str = "arr"
    day: int | None = None
    where: dict[str, str] = field(default_factory=dict)

    @property
    def what(self) -> Measure:
        """The measure.

        Raises
        ------
        ValueError
            For an unknown name, with the nearest right one.
        """
        return measure_named(self.measure)

    def read(self, forecast: Forecast) -> Float:
        """Values at the moment: float64[R]; a flow is summed from the start."""
        options: Any = {**self.where, **({} if self.day is None else {"within": self.day})}
        return forecast.measure(self.measure, **options).to_numpy()

    def over_time(self, forecast: Forecast) -> Float:
        """Values of every period: float64[R, T]."""
        options: Any = self.where
        return forecast.measure(self.measure, by="period", **options).to_numpy()

    def moment(self, forecast: Forecast) -> str:
        """The day at which it is read: the exclusive end, as year-month-day."""
        frame = forecast.frame
        return (frame.start + timedelta(days=frame.days if self.day is None else self.day)).isoformat()

    def merit(self, values: Float) -> Float:
        """Values with the sign that makes more of them better."""
        return -values if self.what.better < 0 else values

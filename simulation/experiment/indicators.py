"""Leading indicators: what can be seen early, and by when it would prove a condition on an assumption false."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date, timedelta
from typing import Any

import numpy as np
import numpy.typing as npt

from simulation.forecast import Forecast
from simulation.forecast.measures import measure_named
from simulation.forecast.statistics import Float

__all__ = ["Indicator", "Indicators"]

Flags = npt.NDArray[np.bool_]

OF_SEGMENTS = (
    "renewal_rate", "first_renewal_rate", "joined", "referred", "left", "returned", "new", "churn", "contraction",
    "uplift", "expansion", "on_track_share", "setbacks", "escalations", "impatient", "recognised",
)  # fmt: skip
OF_MILESTONES = ("reached", "offered", "taken", "take_rate")
OF_INTERVENTIONS = ("delivered", "refused", "wait", "work_hours")
OF_TEAMS = ("utilisation", "wait")
"""Measures that may lead: what an organisation counts anyway. All are counted from the start, stocks at the day."""

FALSE_ALARM = 0.1
"""A true condition gives a false alarm in one future in ten."""
TELLING = 0.5
"""An indicator is good enough when it finds half of the futures in which the condition is false."""
FEW = 10


@dataclass(frozen=True)
class Indicator:
    """A reading that would speak against a condition.

    Attributes
    ----------
    measure, where
        What is read, counted from the start of the plan.
    day
        When: days from the start (exclusive).
    until
        The same as a date.
    below
        Whether a reading below the threshold, or else above it, speaks against the condition.
    threshold
        P10 (or P90) of the futures in which the condition holds, in the unit of the measure.
    false_alarm
        Share of the held-out futures in which the condition holds and the reading speaks against it.
    detection
        Share of the held-out futures in which it does not hold and the reading says so.
    """

    measure: str
    where: dict[str, str]
    day: int
    until: date
    below: bool
    threshold: float
    false_alarm: float
    detection: float

    @property
    def telling(self) -> bool:
        """Whether it finds at least half of the futures in which the condition is false."""
        return self.detection >= TELLING


class Indicators:
    """Early readings of a forecast.

    Parameters
    ----------
    forecast
        The futures.
    last
        Day before which readings must be taken; the moment of the objective.
    """

    def __init__(self, forecast: Forecast, last: int) -> None:
        self.forecast = forecast
        self.days = [int(day) for day in forecast.frame.cell_edges[1:] if day < last]
        self.half = np.asarray(forecast.points, np.int64) % 2 == 0
        self._readings: dict[int, list[tuple[str, dict[str, str], Float]]] = {}

    def of(self, holds: Flags) -> Indicator | None:
        """Return the earliest telling indicator of a condition; the most telling one where none finds half.

        Parameters
        ----------
        holds
            bool[R], in which futures the condition holds.

        Notes
        -----
        Measure, day and threshold are chosen in the futures of even assumption points; the error rates are those of
        the odd ones. None when the condition holds, or does not, in too few futures.
        """
        parts = [holds & self.half, ~holds & self.half, holds & ~self.half, ~holds & ~self.half]
        if min(int(part.sum()) for part in parts) < FEW:
            return None
        best: tuple[float, Indicator] | None = None
        for day in self.days:
            for measure, where, values in self._at(day):
                found = self._judged(measure, where, day, values, parts)
                if found is not None and (best is None or found[0] > best[0]):
                    best = found
            if best is not None and best[0] >= TELLING:
                return best[1]
        return None if best is None else best[1]

    def _judged(
        self, measure: str, where: dict[str, str], day: int, values: Float, parts: list[Flags]
    ) -> tuple[float, Indicator] | None:
        """Detection in the search half, with the indicator as it fares in the other half."""
        true, false = (values[part][np.isfinite(values[part])] for part in parts[:2])
        if min(len(true), len(false)) < FEW:
            return None
        below = bool(false.mean() < true.mean())
        threshold = float(np.quantile(true, FALSE_ALARM if below else 1 - FALSE_ALARM))
        if (true == np.round(true)).all():  # of counts the next whole number says the same
            threshold = float(np.ceil(threshold) if below else np.floor(threshold))

        def alarms(part: Flags) -> float:
            chosen = values[part]
            return float((chosen < threshold if below else chosen > threshold).mean())

        until = self.forecast.frame.start + timedelta(days=day)
        rates = alarms(parts[2]), alarms(parts[3])
        return alarms(parts[1]), Indicator(measure, where, day, until, below, threshold, *rates)

    def _at(self, day: int) -> list[tuple[str, dict[str, str], Float]]:
        """Every reading at a day that differs between futures."""
        if day not in self._readings:
            found = []
            for measure, where in self._series():
                options: Any = {"within": day, **where}
                values = self.forecast.measure(measure, **options).to_numpy()
                known = values[np.isfinite(values)]
                if len(known) >= 4 * FEW and np.ptp(known) > 0:
                    found.append((measure, where, values))
            self._readings[day] = found
        return self._readings[day]

    def _series(self) -> Iterator[tuple[str, dict[str, str]]]:
        frame = self.forecast.frame
        for measure in OF_SEGMENTS:
            assert "segment" in measure_named(measure).filters
            for segment in frame.segments:
                yield measure, {"segment": segment} if len(frame.segments) > 1 else {}
        for segment, milestone, _, kind in frame.milestones:
            for measure in OF_MILESTONES if kind is not None else OF_MILESTONES[:1]:
                yield measure, {"milestone": f"{segment}.{milestone}" if len(frame.segments) > 1 else milestone}
        for intervention in frame.interventions:
            for measure in OF_INTERVENTIONS:
                yield measure, {"intervention": intervention}
        for team in frame.teams:
            for measure in OF_TEAMS:
                yield measure, {"team": team}

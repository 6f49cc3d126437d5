"""What the scenario states about rates, to be put beside what the simulation gives."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from simulation.forecast.measures import MEASURES

MONTH_DAYS = 365.25 / 12
FIRST_VALUE = "time to first value"
KNOWN_AS = {"first_year_renewal": "first_renewal_rate", "time_to_first_value": FIRST_VALUE}
"""Names of knowns that are called otherwise among the measures."""


@dataclass(frozen=True)
class Stated:
    """One stated quantity.

    Attributes
    ----------
    segment
        Its segment; None is the whole organisation.
    measure
        The measure that it is compared with, or `FIRST_VALUE`.
    unit
        Unit of the values: that of the measure, or "months".
    value, low, high
        The stated value, or its range.
    source
        Where exactly this number comes from; "" when the scenario does not say.
    path
        Dotted path, which an assumption may override.
    milestone
        For the take of a milestone.
    note
        What the number is.
    """

    segment: str | None
    measure: str
    unit: str
    value: float | None
    low: float | None
    high: float | None
    source: str
    path: str
    milestone: str | None = None
    note: str = ""

    @property
    def quantity(self) -> str:
        """Words for the quantity."""
        title = MEASURES[self.measure].title if self.measure in MEASURES else "Time to first value"
        return title if self.milestone is None else f"{title}: {self.milestone}"


def stated_by(scenario: Any) -> list[Stated]:
    """Return what a scenario states: renewal, take and time to first value by segment, and its knowns.

    The first-year renewal has a row without a value where it is not known: the simulated one is shown.
    """
    rows: list[Stated] = []
    for segment in scenario.segments:
        rows += _of_segment(scenario, segment)
    knowns = [_known(path, known) for path, known in scenario.known.items()]
    rows += [one for one in knowns if one is not None and one.segment in (None, *scenario.segments)]
    covered = {(one.segment, one.measure) for one in rows}
    for segment in scenario.segments:
        if (segment, "first_renewal_rate") not in covered:
            rows.append(Stated(segment, "first_renewal_rate", "share", None, None, None, "", ""))
    order = [*scenario.segments, None]
    return sorted(rows, key=lambda one: order.index(one.segment))


def _of_segment(scenario: Any, segment: str) -> list[Stated]:
    # Here, because Numba comes with it, and reading a forecast never needs that.
    from simulation.engine.plan_segments import reference_velocity

    one = scenario.segments[segment]
    path = f"segments.{segment}.renewal.probability"
    value = float(one.renewal.probability.mean())
    note = "stated for a member of average course and pace who has completed adoption and recognised value"
    source = _source(scenario, path)
    rows = [Stated(segment, "renewal_rate", "share", value, None, None, source, path, note=note)]
    for milestone, each in one.journey.items():
        if each.opportunity is not None:
            path = f"segments.{segment}.journey.{milestone}.opportunity.take"
            take, source = float(each.opportunity.take), _source(scenario, path)
            note = "stated for a member of average course and pace"
            rows.append(Stated(segment, "take_rate", "share", take, None, None, source, path, milestone, note))
    months = sum(float(each.after) for each in one.journey.values() if each.stage == "adoption")
    if months > 0:
        velocity = reference_velocity(one.vector)
        note = (
            "stated for a member of typical pace who heads straight for the outcome; on average members make "
            f"{velocity:.0%} of that progress a month"
        )
        path = f"segments.{segment}.journey"
        rows.append(Stated(segment, FIRST_VALUE, "months", months, None, None, "", path, note=note))
    return rows


def _known(path: str, known: Any) -> Stated | None:
    """Return a known as a stated quantity, when there is a measure to compare it with."""
    keys = path.split(".")
    measure = KNOWN_AS.get(keys[-1], keys[-1])
    if measure == FIRST_VALUE:
        unit, scale = "months", MONTH_DAYS
    elif measure in MEASURES:
        unit = MEASURES[measure].unit
        scale = 100.0 if unit == "money" else 1.0
    else:
        return None
    segment = keys[1] if keys[0] == "segments" and len(keys) >= 3 else None
    milestone = keys[3] if segment is not None and len(keys) == 5 else None
    low, high = float(known.low) / scale, float(known.high) / scale
    value = low if low == high else None
    return Stated(
        segment, measure, unit, value, low, high, known.source or "", path, milestone, "known, to compare with"
    )


def _source(scenario: Any, path: str) -> str:
    origin = scenario.provenance.get(path)
    return "" if origin is None else origin.source or ""

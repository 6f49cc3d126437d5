"""How the members move through the journey, in a sentence."""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING

from simulation.report.words import at_end, between

if TYPE_CHECKING:
    from simulation.forecast import Forecast

__all__ = ["movement"]


def movement(forecast: Forecast) -> str:
    """Return who is past adoption today and at the end, with P10 to P90."""
    from simulation.forecast.statistics import percentiles

    frame = forecast.frame
    when = at_end(frame.start + timedelta(days=frame.days))
    members = forecast.measure("members").to_numpy().astype(float)
    adopting = forecast.measure("in_adoption").to_numpy().astype(float)
    share = forecast.measure("on_track_share").to_numpy().astype(float)
    low, middle, high = percentiles((members - adopting)[:, None], (10, 50, 90))[:, 0]
    text = f"{when[0].upper()}{when[1:]}, {middle:,.0f} members will be past adoption"
    if high > low:
        text += f" ({between(float(low), float(high), 'members', word='to')} in 8 of 10 futures)"
    left, mid, right = percentiles(share[:, None], (10, 50, 90))[:, 0]
    if mid == mid:  # nobody is a member at the end: nothing to say of them
        text += f", and {mid:.0%} of all members on track"
        text += f" ({between(float(left), float(right), 'share', word='to')})" if right > left else ""
    return f"{text}."

"""How renewing responds to the price: told where some renewals met a dated change of price, and others did not."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import numpy.typing as npt

from simulation.evidence.observables.lives import MONTH, Lives
from simulation.evidence.observables.observables import decisions
from simulation.evidence.unknowns import Unknown, unknown_at
from simulation.scenario.quantities import NUMBER

if TYPE_CHECKING:
    from simulation.scenario import Scenario

__all__ = ["met", "responses", "varies"]

Float = npt.NDArray[np.float64]
FEW = 20
"""Fewer renewals than this that met a change of price, or that did not, tell nothing of the response."""
FARTHEST, WIDTH = 3.0, 0.5
"""Logit points for each 10% of price beyond which no response is looked for, and the width of the prior within these
limits: about 0.7 on either side of what is stated. A stated 0 is no answer: it is the default."""


def varies(scenario: Scenario, name: str) -> bool:
    """Whether a dated change of the price of a segment falls into the scenario's time."""
    changes = scenario.segments[name].price.changes
    return any(0 < (one.date - scenario.start).days < scenario.days and not one.grandfather for one in changes)


def met(scenario: Scenario, name: str, time: Float) -> Float:
    """By how many tenths the price of renewals is up on a term before: dated changes since, and the uplift.

    Parameters
    ----------
    time
        Of the renewals, days.

    Returns
    -------
    float64[N]
        1 is 10% more, as `price.response` counts.
    """
    segment = scenario.segments[name]
    factor = np.full(len(time), (1 + segment.price.uplift) ** (segment.term / 12))
    for one in segment.price.changes:
        day = (one.date - scenario.start).days
        if not one.grandfather:
            factor *= np.where((time - segment.term * MONTH < day) & (day <= time), 1 + one.change, 1.0)
    result: Float = (factor - 1) / 0.1
    return result


def responses(lives: Lives) -> tuple[list[Unknown], dict[str, str]]:
    """Responses of renewing to the price that lives can tell; and, by path, why others stay prior."""
    found: list[Unknown] = []
    kept: dict[str, str] = {}
    made = decisions(lives)
    announced = lives.member[lives.rows("price")]
    for place, (name, segment) in enumerate(lives.scenario.segments.items()):
        path = f"segments.{name}.price.response.renewal"
        mine = lives.segment[made.member] == place
        if varies(lives.scenario, name):
            up = met(lives.scenario, name, made.time[mine])
            some = int((up != up.min(initial=0.0)).sum()) if len(up) else 0
            if min(some, len(up) - some) >= FEW:
                found.append(_unknown(lives.scenario, path, segment.price.response.renewal))
            else:
                kept[path] = f"{some:,} of {len(up):,} renewals met a change of price, too few to tell"
        elif (lives.segment[announced] == place).any():
            kept[path] = "the history has changes of price, and the scenario no `price: changes:` within the record"
        elif segment.price.uplift or segment.price.changes or segment.price.response.renewal:
            kept[path] = "no price changed within the record for some renewals and not for others"
    return found, kept


def _unknown(scenario: Scenario, path: str, stated: float) -> Unknown:
    if path in scenario.assumptions:
        own = unknown_at(scenario, path)
        if own is not None:
            return own
    centre = min(max(stated, -0.9 * FARTHEST), 0.9 * FARTHEST)
    return Unknown(path, NUMBER, centre, "logit", WIDTH, -FARTHEST, FARTHEST)

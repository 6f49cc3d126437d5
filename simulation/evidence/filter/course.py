"""What a request says of the course: by the rule `off_course` those are asked who are seen off it, and no others."""

from __future__ import annotations

import math
from typing import Any

from simulation.evidence.filter.records import UNRULY
from simulation.evidence.filter.sight import request_at
from simulation.model.jit import compiled
from simulation.model.requests import in_audience
from simulation.model.state import T_OFF_COURSE, World
from simulation.model.tables import intervention_at, member_at
from simulation.model.tally import stage_of
from simulation.model.vector import observed_direction


@compiled
def is_due(w: World, i: int, k: int, t: float, covered: float) -> bool:
    """Whether intervention `k` by the rule `off_course` is for a particle at an interaction at `t`."""
    v = intervention_at(w, k)
    if (int(covered) >> k) & 1 == 0 or abs(observed_direction(w, i)) < v.angle:
        return False
    member_at(w, i).stage = stage_of(w, i)
    return in_audience(w, i, k, t)


@compiled
def unasked(w: World, i: int, t: float, side: Any, sight: Any) -> float:
    """Log of the chance that an interaction led to no request by the rule `off_course`.

    Nobody is asked who is being served, or was asked within the cooldown, as the history tells. Where those who refuse
    are not recorded, a particle for whom nothing came of it has refused, and is left alone for the cooldown.
    """
    weight = 0.0
    for k in range(w.size_intervention):
        v = intervention_at(w, k)
        seen = request_at(sight, k)
        if v.trigger == T_OFF_COURSE and seen.reveals > 0.0:
            free = seen.busy == 0.0 and t >= seen.asked + v.cooldown and t >= side.silent
            if free and is_due(w, i, k, t, side.covered):
                weight += math.log(1.0 - (1.0 - UNRULY) * seen.reveals)
                if seen.reveals < 1.0:
                    side.silent = t + v.cooldown
    return weight

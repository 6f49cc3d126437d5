"""How long those have been members who were there when the record began, where nobody says when they joined."""

from __future__ import annotations

import math
from typing import Any

import numpy as np

from simulation.evidence.filter.records import RECORD
from simulation.model.draws import draw
from simulation.model.jit import compiled
from simulation.model.state import MONTH, World
from simulation.model.tables import member_at, segment_at

TERMS = 64  # of membership that are told apart


@compiled
def tenure(w: World, duty: Any, u: float) -> float:
    """Days of membership before the record begins, of somebody of whom the day of joining is not known.

    As the segment's population says, else any day of the last ten years alike. Where the phase of its terms is known,
    it joined a whole number of them before.
    """
    s = segment_at(w, duty.seg)
    days = u * RECORD
    if s.tenure_dist >= 0:
        days = max(0.0, draw(w, s.tenure_dist, u))
    if not math.isnan(duty.phase):
        term = s.term * MONTH
        days = term * math.floor(days / term) + (term - duty.phase)
    return days


@compiled
def condition_on_tenure(w: World, weights: np.ndarray, duty: Any, t: float) -> None:
    """Take out of the weights at `t` that long memberships are rare: the population's tenures say so already."""
    s = segment_at(w, duty.seg)
    if s.tenure_dist < 0:
        return
    term = s.term * MONTH
    total = np.zeros(TERMS)
    count = np.zeros(TERMS)
    for i in range(len(weights)):
        place = min(TERMS - 1, int((t - member_at(w, i).since) / term))
        total[place] += math.exp(weights[i])
        count[place] += 1.0
    for i in range(len(weights)):
        place = min(TERMS - 1, int((t - member_at(w, i).since) / term))
        if total[place] > 0.0:
            weights[i] -= math.log(total[place] / count[place])

"""One decision, one draw: the member's luck by purpose and occurrence, for everything but the hot interaction."""

from __future__ import annotations

import numpy as np

from simulation.model.jit import compiled
from simulation.model.quantiles import draw_quantile
from simulation.model.random import uniform64, uniform_pair
from simulation.model.special import log
from simulation.model.state import NEVER, Key, World
from simulation.model.tables import distribution_at, numbers


@compiled
def luck(w: World, key: Key, purpose: int, occurrence: int) -> float:
    """Uniform in (0, 1) of one decision."""
    return uniform64(w.seed, w.replication, key, purpose, np.uint32(occurrence))


@compiled
def luck_pair(w: World, key: Key, purpose: int, occurrence: int) -> tuple[float, float]:
    """Two independent uniforms of one decision."""
    return uniform_pair(w.seed, w.replication, key, purpose, np.uint32(occurrence))


@compiled
def draw(w: World, distribution: int, u: float) -> float:
    """Quantile of a distribution of the plan at `u`."""
    return draw_quantile(distribution_at(w, distribution), numbers(w), u)


@compiled
def exponential(mean: float, u: float) -> float:
    """Quantile of the exponential at `u`; an infinite mean gives never."""
    if mean == NEVER:
        return NEVER
    return -mean * log(u)


@compiled
def cents(amount: float) -> int:
    """Round an amount of cents half up."""
    return int(np.floor(amount + 0.5))

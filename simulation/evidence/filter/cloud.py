"""The cloud of particles of one member: their weights, and resampling.

References
----------
Gordon, Salmond & Smith (1993), "Novel approach to nonlinear/non-Gaussian Bayesian state estimation", IEE Proc. F 140.
Carpenter, Clifford & Fearnhead (1999), "Improved particle filter for nonlinear problems": systematic resampling; here
of sorted particles, so that neighbours stand for each other.
"""

from __future__ import annotations

import math
from typing import Any, NamedTuple

import numpy as np

from simulation.evidence.filter.records import P_BLUR, P_PARTICLE, P_RESAMPLE
from simulation.model.draws import luck, luck_pair
from simulation.model.jit import compiled, inlined
from simulation.model.journey import settle
from simulation.model.random import key_of_draw
from simulation.model.special import ndtri
from simulation.model.state import NEVER, Key, Records, World
from simulation.model.tables import member_at
from simulation.model.vector import set_velocity

BLUR = 0.1
"""Share of the standard deviation by which copies are moved apart, with the shrinkage that keeps mean and variance
(Liu & West 2001): else a well-measured magnitude leaves copies of few particles, and with them of few directions."""
DEGENERATE = 0.5  # resample when the effective share of the particles is below this


class Cloud(NamedTuple):
    """The arrays of one member's particles, and room for copying them."""

    weights: np.ndarray  # float64[n], logs
    sides: Records  # SIDE
    members: Records  # MEMBER, those of the world
    opportunities: Records
    modifiers: Records
    spare_sides: Records
    spare_members: Records
    spare_opportunities: Records
    spare_modifiers: Records
    ranks: np.ndarray  # float64[n]
    origin: np.ndarray  # int64[n]


@compiled
def rescale(weights: np.ndarray) -> float:
    """Shift log weights so that the largest is 0; by how much, or -inf when all particles are impossible."""
    most = -NEVER
    for weight in weights:
        most = max(most, weight)
    if most > -NEVER:
        for i in range(len(weights)):
            weights[i] -= most
    return most


@compiled
def effective_size(weights: np.ndarray) -> float:
    """Effective sample size (Kish): squared sum of the weights over their sum of squares."""
    total = 0.0
    squares = 0.0
    for weight in weights:
        x = math.exp(weight)
        total += x
        squares += x * x
    return total * total / squares


@compiled
def mean_weight(weights: np.ndarray) -> float:
    """Mean of the weights."""
    total = 0.0
    for weight in weights:
        total += math.exp(weight)
    return total / len(weights)


@compiled
def choose(weights: np.ndarray, order: np.ndarray, u: float, origin: np.ndarray) -> None:
    """Systematic choice of `len(origin)` particles in an order, with one uniform number."""
    total = 0.0
    for weight in weights:
        total += math.exp(weight)
    step = total / len(origin)
    reached = math.exp(weights[order[0]])
    source = 0
    for i in range(len(origin)):
        point = (i + u) * step
        while reached < point and source < len(order) - 1:
            source += 1
            reached += math.exp(weights[order[source]])
        origin[i] = order[source]


@inlined
def particle_key(w: World, key: Key, number: int) -> Any:
    """Key of a particle: a draw, for it is nobody's identity."""
    return key_of_draw(w.seed, w.replication, key, P_PARTICLE, np.uint32(number))


@compiled
def resample(w: World, c: Cloud, key: Key, generation: int) -> None:
    """Resample the particles; each copy goes on with a key, and so with luck, of its own."""
    n = len(c.weights)
    for i in range(n):
        c.ranks[i] = c.members[i].vel + 0.25 * c.members[i].done
        c.spare_members[i] = c.members[i]
        c.spare_sides[i] = c.sides[i]
    for i in range(n * w.journey):
        c.spare_opportunities[i] = c.opportunities[i]
    for i in range(n * w.modifiers):
        c.spare_modifiers[i] = c.modifiers[i]
    base, base_sd = spread_of(w, c.weights, True)
    mag, mag_sd = spread_of(w, c.weights, False)
    choose(c.weights, np.argsort(c.ranks), luck(w, key, P_RESAMPLE, generation), c.origin)
    keep = math.sqrt(1.0 - BLUR * BLUR)
    for i in range(n):
        source = c.origin[i]
        c.members[i] = c.spare_members[source]
        m = member_at(w, i)
        m.key = particle_key(w, key, (generation + 1) * 1048576 + i)
        c.sides[i] = c.spare_sides[source]
        for j in range(w.journey):
            c.opportunities[i * w.journey + j] = c.spare_opportunities[source * w.journey + j]
        for e in range(w.modifiers):
            c.modifiers[i * w.modifiers + e] = c.spare_modifiers[source * w.modifiers + e]
        c.weights[i] = 0.0
        if m.present != 0:
            u, v = luck_pair(w, m.key, P_BLUR, 0)
            m.base = base + keep * (m.base - base) + BLUR * base_sd * ndtri(u)
            m.logmag = mag + keep * (m.logmag - mag) + BLUR * mag_sd * ndtri(v)
            set_velocity(m)
            settle(w, i, m.t)


@compiled
def spread_of(w: World, weights: np.ndarray, direction: bool) -> tuple[float, float]:
    """Weighted mean and standard deviation of the particles' base, or of their log magnitude."""
    total = 0.0
    first = 0.0
    second = 0.0
    for i in range(len(weights)):
        x = math.exp(weights[i])
        value = member_at(w, i).logmag
        if direction:
            value = member_at(w, i).base
        total += x
        first += x * value
        second += x * value * value
    mean = first / total
    return mean, math.sqrt(max(0.0, second / total - mean * mean))

"""The cloud of particles of one member: their weights, resampling, and the filter over all that happened.

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

from simulation.evidence.filter.particle import (
    advance,
    come_in,
    hide_work,
    live_unseen,
    pass_milestone,
    settle_in,
    unhit,
)
from simulation.evidence.filter.prospect import keep_draws, look_ahead, summarise
from simulation.evidence.filter.records import (
    O_ASKED,
    O_DELIVERED,
    O_DROPPED,
    O_INTERACTION,
    O_LEFT,
    O_MILESTONE,
    O_NOTED,
    O_PAUSE,
    O_PRESENT,
    P_BLUR,
    P_PARTICLE,
    P_RESAMPLE,
    P_TENURE,
)
from simulation.evidence.filter.sight import end_requests, forget_requests, request_at
from simulation.evidence.filter.tenure import condition_on_tenure, tenure
from simulation.evidence.filter.weights import observe
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


@compiled
def start(w: World, c: Cloud, duty: Any, seen: bool, sight: Any) -> None:
    """Let all particles join; the work ahead is hidden at once unless the record begins later."""
    forget_requests(sight)
    for i in range(len(c.weights)):
        key = particle_key(w, duty.key, i)
        joins = duty.start
        if duty.unseen != 0:
            joins -= tenure(w, duty, luck(w, key, P_TENURE, 0))
        come_in(w, i, key, duty.seg, joins, c.sides[i], sight.told if seen else 0)
        member_at(w, i).arr = duty.arr
        hide = c.sides[i]
        if seen:
            hide_work(w, i, hide, 0.0)
        else:
            hide.peak = 0.0
            hide.counted = 0.0
            hide.jumped = NEVER
            hide.shift = 0.0
            hide.scale = 1.0
        c.weights[i] = 0.0


@compiled
def weigh(w: World, c: Cloud, duty: Any, o: Any, sight: Any, number: int) -> float:
    """Bring every particle to an observation and weigh it; the shift of the log weights, -inf: impossible."""
    t = o.t
    weights, sides = c.weights, c.sides  # out of the tuple once: each time counts a reference, at 5 ns
    for i in range(len(weights)):
        if o.what == O_PRESENT:
            weights[i] += live_unseen(w, i, t, sides[i], sight.told, sight)
        else:
            weights[i] += advance(w, i, t, sides[i], sight.told, sight)
    if o.what == O_PRESENT and duty.unseen != 0:
        condition_on_tenure(w, weights, duty, t)
    for i in range(len(weights)):
        if o.what == O_PAUSE:
            weights[i] += unhit(w, i, sides[i])
        else:
            weights[i] += observe(w, i, o, t, sides[i], sight, number)
    return rescale(weights)


@compiled
def note(w: World, o: Any, sight: Any) -> None:
    """Note of an observation what is the same for all particles: which requests are under way, and since when."""
    if o.what == O_ASKED or o.what == O_NOTED:
        request_at(sight, o.a).asked = o.t
        request_at(sight, o.a).busy = o.value  # 1: granted, 0: refused
    elif o.what == O_DELIVERED or o.what == O_DROPPED:
        request_at(sight, o.a).busy = 0.0
    elif o.what == O_LEFT:
        end_requests(sight)


@compiled
def give_up(w: World, c: Cloud, o: Any, told: int) -> None:
    """Go on after what no particle can explain: all weigh the same, and are put where the history says."""
    for i in range(len(c.weights)):
        c.weights[i] = 0.0
        c.sides[i].counted = c.sides[i].peak
        if o.what == O_PRESENT:
            settle_in(w, i, max(o.a, -1), o.t, c.sides[i], told)


@compiled
def filter_member(
    w: World,
    c: Cloud,
    duty: Any,
    rows: Records,
    sight: Any,
    out: np.ndarray,
    draws: Records,
) -> None:
    """Filter one member. The last of its rows is a pause on the day of inference.

    Parameters
    ----------
    w
        World with room for the particles, in its past; its start is the day of inference.
    c
        The particles.
    duty, rows
        The member, and the rows of all.
    sight
        What the history lets one see: SIGHT.
    out, draws
        float64[len(COLUMNS)] and DRAW[...], written.
    """
    told = sight.told
    seen = rows[duty.first].what != O_PRESENT or (rows[duty.first].t <= duty.start and duty.unseen == 0)
    start(w, c, duty, seen, sight)
    generation = 0
    impossible = 0
    likelihood = 0.0
    for r in range(duty.first, duty.last):
        o = rows[r]
        if o.what == O_INTERACTION and o.a >= 0:
            request_at(sight, o.a).busy = 1.0  # the request that came of it is the next row
        shift = weigh(w, c, duty, o, sight, r - duty.first)
        if shift == -NEVER:
            impossible += 1
            give_up(w, c, o, told)
        else:
            likelihood += shift
        note(w, o, sight)
        if o.what == O_MILESTONE:
            for i in range(len(c.weights)):
                if member_at(w, i).present != 0:
                    pass_milestone(w, i, max(o.t, member_at(w, i).t), c.sides[i], told, o.high >= o.low)
        if r < duty.last - 1 and effective_size(c.weights) < DEGENERATE * len(c.weights):
            likelihood += math.log(mean_weight(c.weights))
            resample(w, c, duty.key, generation)
            generation += 1
    out[7] = effective_size(c.weights)
    out[8] = likelihood + math.log(mean_weight(c.weights))
    out[9] = impossible
    summarise(w, c.weights, sight, out)
    for i in range(len(c.weights)):
        c.ranks[i] = c.members[i].vel + 0.25 * c.members[i].done
    order = np.argsort(c.ranks)
    kept = c.origin[: len(draws)]
    choose(c.weights, order, luck(w, duty.key, P_RESAMPLE, 1048576), kept)
    keep_draws(w, kept, draws)
    look_ahead(w, c.weights, c.sides, duty, sight, out)


@compiled
def filter_members(
    w: World,
    c: Cloud,
    duties: Records,
    rows: Records,
    sight: Any,
    out: np.ndarray,
    draws: Records,
) -> None:
    """Filter some members, one after the other; `draws` is DRAW[members, draws]."""
    for place in range(len(duties)):
        filter_member(w, c, duties[place], rows, sight, out[place], draws[place])

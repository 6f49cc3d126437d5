"""The filter: a cloud of particles is taken through all that happened to a member."""

from __future__ import annotations

import math
from typing import Any

import numpy as np

from simulation.evidence.filter.cloud import (
    DEGENERATE,
    Cloud,
    choose,
    effective_size,
    mean_weight,
    particle_key,
    resample,
    rescale,
)
from simulation.evidence.filter.particle import advance, come_in, live_unseen, pass_milestone, settle_in
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
    P_RESAMPLE,
    P_TENURE,
)
from simulation.evidence.filter.sight import end_requests, forget_requests, request_at
from simulation.evidence.filter.tenure import condition_on_tenure, tenure
from simulation.evidence.filter.weights import observe
from simulation.evidence.filter.work import hide_work, unhit
from simulation.model.draws import luck
from simulation.model.jit import compiled
from simulation.model.state import NEVER, Records, World
from simulation.model.tables import member_at


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

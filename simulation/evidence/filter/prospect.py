"""What the particles of a member say on the day of inference: its course, its next milestone, its renewal."""

from __future__ import annotations

import math
from typing import Any

import numpy as np

from simulation.evidence.filter.particle import advance, chance_to_renew, draw_work, mute
from simulation.evidence.filter.records import HORIZONS, P_REST, TOLD_INTERACTIONS, TOLD_SETBACKS
from simulation.model.draws import exponential, luck, luck_pair
from simulation.model.jit import compiled
from simulation.model.renewal import renew
from simulation.model.setbacks import next_setback
from simulation.model.special import exp
from simulation.model.state import K_RENEWED, NEVER, P_FIRST, P_SETBACK, Records, World
from simulation.model.tables import member_at, segment_at
from simulation.model.triggers import retime
from simulation.model.vector import course_of


@compiled
def summarise(w: World, weights: np.ndarray, sides: Records, work: np.ndarray, out: np.ndarray) -> None:
    """Weighted means over the particles: courses, velocity, angle, magnitude, work done."""
    total = 0.0
    out[:3] = 0.0
    out[10:15] = 0.0
    for i in range(len(weights)):
        m = member_at(w, i)
        x = math.exp(weights[i])
        total += x
        out[course_of(m)] += x
        out[10] += x * m.vel
        out[11] += x * m.vel * m.vel
        out[12] += x * abs(m.base + m.kick)
        out[13] += x * m.pace
        if m.need < NEVER:
            out[14] += x * min(1.0, m.done / work[segment_at(w, m.seg).first_milestone + m.next])
        else:
            out[14] += x
    out[:3] /= total
    out[10:15] /= total
    out[11] = math.sqrt(max(0.0, out[11] - out[10] * out[10]))


@compiled
def keep_draws(w: World, kept: np.ndarray, draws: Records) -> None:
    """Write down chosen particles as draws from the posterior."""
    for place in range(len(kept)):
        m = member_at(w, kept[place])
        row = draws[place]
        row.direction = m.base + m.kick
        row.magnitude = exp(m.logmag) * m.factor
        row.progress = m.done if m.need < NEVER else 0.0
        row.value_on = m.last_recognised if m.recognised != 0 else np.nan
        row.milestone = m.next - 1
        row.cycle = m.cycle


@compiled
def look_ahead(w: World, weights: np.ndarray, sides: Records, duty: Any, told: int, out: np.ndarray) -> None:
    """Let each particle live on: chances of the next milestone within HORIZONS and of the next renewal.

    Leaving counts against the milestone: by mid-term churn, and at the end of a term that comes before it.
    """
    total = 0.0
    out[3:7] = 0.0
    for i in range(len(weights)):
        total += math.exp(weights[i])
    for i in range(len(weights)):
        x = math.exp(weights[i]) / total
        if x == 0.0:
            continue
        m = member_at(w, i)
        s = segment_at(w, m.seg)
        draw_work(w, i, luck(w, m.key, P_REST, m.next + 64 * m.cycle), sides[i])
        restart_clocks(w, i, told)
        due = duty.due
        if m.grace != 0:
            due = max(0.0, due + s.grace_length)
        aimed = m.next + 64 * m.cycle
        waits = True
        stays = 1.0
        h = 0
        while h < len(HORIZONS) or due < NEVER:
            stop = due
            if h < len(HORIZONS):
                stop = min(due, HORIZONS[h])
            stays *= math.exp(advance(w, i, stop, sides[i], 0))
            if waits and m.next + 64 * m.cycle != aimed:
                waits = False
                for later in range(h, len(HORIZONS)):
                    out[3 + later] += x * stays
            if stop == due:
                chance = chance_to_renew(w, i, due)
                if m.grace != 0:
                    chance = s.grace_recovery
                out[6] += x * stays * chance
                stays *= chance
                due = NEVER
                m.grace = 0
                renew(w, i, stop, K_RENEWED)
                mute(w, i, 0)
            else:
                h += 1


@compiled
def restart_clocks(w: World, i: int, told: int) -> None:
    """Draw what comes next from the clocks whose events the history has told until today."""
    m = member_at(w, i)
    s = segment_at(w, m.seg)
    if told & TOLD_INTERACTIONS and s.interaction_gap < NEVER:
        m.t_inter = exponential(s.interaction_gap, luck(w, m.key, P_FIRST, m.spell + 1))
    if told & TOLD_SETBACKS:
        next_setback(w, i, 0.0)
        if m.setback != 0 and s.setback_life > 0.0:
            _, u = luck_pair(w, m.key, P_SETBACK, m.n_setback + np.uint32(1))
            m.t_resolve = exponential(s.setback_life, u)
    retime(m)

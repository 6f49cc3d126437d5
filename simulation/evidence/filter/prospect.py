"""What the particles of a member say on the day of inference: its course, its next milestone, its renewal."""

from __future__ import annotations

import math
from typing import Any

import numpy as np

from simulation.evidence.filter.particle import chance_to_renew, mute
from simulation.evidence.filter.records import HORIZONS, P_REST, TOLD_INTERACTIONS, TOLD_SETBACKS
from simulation.evidence.filter.sight import cancel_deliveries, request_at, usual_work
from simulation.evidence.filter.work import draw_work
from simulation.model.draws import exponential, luck, luck_pair
from simulation.model.jit import compiled
from simulation.model.journey import sync
from simulation.model.life import complete, live, next_event
from simulation.model.renewal import renew
from simulation.model.requests import next_patience
from simulation.model.setbacks import next_setback
from simulation.model.special import exp
from simulation.model.state import (
    BOOKED,
    IDLE,
    K_RENEWED,
    NEVER,
    P_FIRST,
    P_SETBACK,
    SERVING,
    T_SETBACK,
    Records,
    World,
)
from simulation.model.tables import ask_at, cause_at, member_at, segment_at, slot_at
from simulation.model.tally import stage_of
from simulation.model.triggers import forget_causes, mark_presence, mark_renewal, mark_setback, retime
from simulation.model.vector import course_of


@compiled
def summarise(w: World, weights: np.ndarray, sight: Any, out: np.ndarray) -> None:
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
            out[14] += x * min(1.0, m.done / usual_work(sight, segment_at(w, m.seg).first_milestone + m.next))
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
def look_ahead(w: World, weights: np.ndarray, sides: Records, duty: Any, sight: Any, out: np.ndarray) -> None:
    """Let each particle live on: chances of the next milestone within HORIZONS and of the next renewal.

    Leaving counts against the milestone: by mid-term churn, and at the end of a term, or of its grace, before it. The
    plan's interventions go on, each delivered as long after a request as in the history.
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
        restart_clocks(w, i, sides[i], sight.told)
        open_plan(w, i, sides[i], sight)
        due = duty.due
        if m.grace != 0:
            due = max(0.0, due + s.grace_length)
        aimed = m.next + 64 * m.cycle
        waits = True
        stays = 1.0
        kept = 1.0  # of those who miss the renewal and of those who do not, who is a member after the grace
        ends = NEVER
        h = 0
        while h < len(HORIZONS) or due < NEVER:
            stop = min(due, ends)
            if h < len(HORIZONS):
                stop = min(stop, HORIZONS[h])
            if w.past == 0 and stop >= w.end:  # the plan ends there
                stays *= math.exp(live_on(w, i, w.end - 1.0, sight))
                cancel_deliveries(sight)
                close_plan(w, i)
            stays *= math.exp(live_on(w, i, stop, sight))
            if waits and m.next + 64 * m.cycle != aimed:
                waits = False
                for later in range(h, len(HORIZONS)):
                    out[3 + later] += x * stays
            if stop == ends:
                stays *= kept
                ends = NEVER
            elif stop == due:
                chance = chance_to_renew(w, i, due)
                if m.grace != 0:
                    chance = s.grace_recovery
                elif s.grace_length > 0.0:
                    kept = chance + (1.0 - chance) * s.grace_recovery
                    ends = due + s.grace_length
                out[6] += x * stays * (chance if ends == NEVER else kept)
                if ends == NEVER:
                    stays *= chance
                due = NEVER
                m.grace = 0
                renew(w, i, stop, K_RENEWED)
                mute(w, i, 0)
            else:
                h += 1
        close_plan(w, i)


@compiled
def open_plan(w: World, i: int, side: Any, sight: Any) -> None:
    """Let a particle's interventions be caused from the start on; requests under way are delivered in their time."""
    m = member_at(w, i)
    w.past = 0
    m.stage = stage_of(w, i)
    m.course = course_of(m)
    m.change = -1
    m.due_cell = 0  # nothing is counted by due date here
    m.waiting = 0
    m.serving = 0
    m.t_patience = NEVER
    for k in range(w.size_intervention):
        slot = slot_at(w, i, k)
        cause_at(w, i, k).x = NEVER
        slot.state = IDLE
        slot.impatient = 0
        slot.tick = 0
        seen = request_at(sight, k)
        slot.last_request = seen.asked
        seen.pending = NEVER
        if seen.busy != 0.0:
            slot.state = BOOKED
            m.waiting += 1
            seen.pending = max(0.0, seen.asked + seen.lag)
    m.t_cause = NEVER
    mark_presence(w, i, 0.0, True)
    mark_renewal(w, i)
    if m.setback != 0 and side.opened < NEVER:
        mark_setback(w, i, T_SETBACK, side.opened, m.setback_number)
    next_patience(w, i)


@compiled
def close_plan(w: World, i: int) -> None:
    """Forget the plan: the other particles are still in the past."""
    forget_causes(w, i, -1)
    w.past = 1
    w.n_ask = 0
    w.n_change = 0
    w.n_birth = 0
    w.overflow = 0


@compiled
def live_on(w: World, i: int, t: float, sight: Any) -> float:
    """Let a particle live until `t`, interventions included; log of its chance not to have left in mid-term by then."""
    m = member_at(w, i)
    stayed = 0.0
    while w.overflow == 0:
        at, what = next_event(m)
        k = 0
        due = NEVER
        for one in range(w.size_intervention):
            if request_at(sight, one).pending < due:
                k, due = one, request_at(sight, one).pending
        served = due < NEVER and due <= at
        if served:
            at = max(m.t, due)
        if at >= t:
            break
        stayed -= m.hazard_now * (at - m.t)
        if served:
            request_at(sight, k).pending = NEVER
            sync(w, i, at)
            m.waiting -= 1
            m.serving += 1
            slot_at(w, i, k).state = SERVING
            next_patience(w, i)
            complete(w, i, k, at, m.spell)
        else:
            live(w, i, at, what)
        for n in range(w.n_ask):
            asked = request_at(sight, ask_at(w, n).intervention)
            asked.pending = at + asked.lag
        w.n_ask = 0
        mute(w, i, 0)
    stayed -= m.hazard_now * (t - m.t)
    sync(w, i, t)
    m.hazard_left = NEVER
    return stayed


@compiled
def restart_clocks(w: World, i: int, side: Any, told: int) -> None:
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
            due = side.opened + s.escalates_after
            if m.escalated == 0 and 0.0 < due < m.t_resolve:
                m.t_escalate = due
    retime(m)

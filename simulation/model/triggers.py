"""What can cause an intervention: marking, per member and intervention, when its next cause is due."""

from __future__ import annotations

from typing import Any

import numpy as np

from simulation.model.jit import compiled, inlined
from simulation.model.state import (
    IDLE,
    INSTANT,
    NEVER,
    T_APPROACHING,
    T_EVERY,
    T_JOINED,
    T_OFF_COURSE,
    T_ON,
    T_RENEWAL_DUE,
    World,
)  # fmt: skip
from simulation.model.tables import cause_at, intervention_at, member_at, milestone_at, number_at, segment_at, slot_at
from simulation.model.vector import observed_direction


@inlined
def retime(m: Any) -> None:
    """Recompute the earliest of a member's rare times."""
    m.t_rare = min(
        min(min(m.t_shift, m.t_setback), min(m.t_resolve, m.t_escalate)),
        min(
            min(min(m.t_expiry, m.t_window), min(m.t_renew, m.t_hazard)),
            min(min(m.t_return, m.t_cause), min(min(m.t_join, m.t_referral), m.t_patience)),
        ),
    )


@compiled
def mark(w: World, i: int, k: int, t: float, occurrence: int) -> None:
    """Mark a cause of intervention `k` for member `i` at `t`; causes before the start never fire."""
    if t < 0.0 or w.past != 0:
        return
    m = member_at(w, i)
    if cause_at(w, i, k).x <= t:  # a jump can pass the same milestone twice at one moment: the first cause stands
        return
    cause_at(w, i, k).x = t
    slot_at(w, i, k).marked = np.uint32(occurrence)
    if t < m.t_cause:
        m.t_cause = t
    retime(m)


@compiled
def next_cause(w: World, i: int) -> None:
    """Recompute the earliest marked cause of a member."""
    m = member_at(w, i)
    first = NEVER
    for k in range(w.size_intervention):
        first = min(first, cause_at(w, i, k).x)
    m.t_cause = first
    retime(m)


@compiled
def forget_causes(w: World, i: int, trigger: int) -> None:
    """Unmark the causes of one trigger (-1: of all)."""
    for k in range(w.size_intervention):
        if trigger < 0 or intervention_at(w, k).trigger == trigger:
            cause_at(w, i, k).x = NEVER
    next_cause(w, i)


@compiled
def mark_milestone(w: World, i: int, trigger: int, milestone: int, t: float, cycle: int) -> None:
    """Mark the interventions that react to a milestone (segment-major index) being reached or taken."""
    name = milestone_at(w, milestone).name
    for k in range(w.size_intervention):
        if intervention_at(w, k).trigger == trigger and intervention_at(w, k).milestone == name:
            mark(w, i, k, t, cycle)


@compiled
def mark_setback(w: World, i: int, trigger: int, t: float, number: int) -> None:
    """Mark the interventions that react to a setback or an escalation, each after its detection delay."""
    for k in range(w.size_intervention):
        if intervention_at(w, k).trigger == trigger:
            mark(w, i, k, t + intervention_at(w, k).delay, number)


@compiled
def mark_presence(w: World, i: int, t: float, joining: bool) -> None:
    """Mark the timed causes of a member who joins, returns or is in the book: joined, every, on."""
    m = member_at(w, i)
    for k in range(w.size_intervention):
        v = intervention_at(w, k)
        slot = slot_at(w, i, k)
        if v.trigger == T_JOINED:
            if joining:
                mark(w, i, k, m.since + v.delay, 0)
        elif v.trigger == T_EVERY:
            while m.since + (slot.tick + 1) * v.every < t:
                slot.tick += 1
            mark_tick(w, i, k)
        elif v.trigger == T_ON:
            while slot.tick < v.n_dates and number_at(w, v.first_date + slot.tick).x < t:
                slot.tick += 1
            mark_tick(w, i, k)


@compiled
def mark_tick(w: World, i: int, k: int) -> None:
    """Mark the next tick of a clocked intervention; ticks count a member's age, dates the plan's list."""
    m = member_at(w, i)
    v = intervention_at(w, k)
    slot = slot_at(w, i, k)
    if v.trigger == T_EVERY:
        age = (slot.tick + 1) * v.every
        # beyond these, this tick and all later ones find no audience
        if age <= v.tenure_high + INSTANT and (v.stages >> m.stage) != 0:
            mark(w, i, k, m.since + age, slot.tick + 1)
    elif v.trigger == T_ON and slot.tick < v.n_dates:
        mark(w, i, k, number_at(w, v.first_date + slot.tick).x, slot.tick)


@inlined
def renewal_number(m: Any) -> int:
    """Identity of a member's coming renewal: its membership and, within that, its term from 1; never used again."""
    number: Any = (np.int64(m.spell) << 16) | (np.int64(m.anchor_terms) + 1)
    return number


@compiled
def mark_renewal(w: World, i: int) -> None:
    """Mark the interventions ahead of the coming renewal: at max(last renewal, due - lead)."""
    m = member_at(w, i)
    for k in range(w.size_intervention):
        if intervention_at(w, k).trigger == T_RENEWAL_DUE:
            cause_at(w, i, k).x = NEVER
            mark(w, i, k, max(m.last_renewal, m.due - intervention_at(w, k).delay), renewal_number(m))


@compiled
def mark_course(w: World, i: int, t: float) -> None:
    """Test `off_course` at an interaction: observed |direction| at least the angle."""
    m = member_at(w, i)
    off = abs(observed_direction(w, i))
    for k in range(w.size_intervention):
        v = intervention_at(w, k)
        if v.trigger == T_OFF_COURSE and off >= v.angle:
            slot = slot_at(w, i, k)
            if slot.state == IDLE and t >= slot.last_request + v.cooldown - INSTANT:  # else it would be dropped at once
                mark(w, i, k, t, m.n_inter)


@compiled
def mark_approach(w: World, i: int, t: float) -> None:
    """Test `approaching`: remaining work at most `within`, once for each milestone and cycle."""
    m = member_at(w, i)
    s = segment_at(w, m.seg)
    if m.next >= s.n_milestones or w.past != 0:  # what a past life approached, which may not be the one that stays
        return
    name = milestone_at(w, s.first_milestone + m.next).name
    for k in range(w.size_intervention):
        v = intervention_at(w, k)
        if (
            v.trigger == T_APPROACHING
            and v.milestone == name
            and slot_at(w, i, k).tick <= m.cycle
            and m.need - m.done <= v.within
        ):
            slot_at(w, i, k).tick = m.cycle + 1
            mark(w, i, k, t, m.cycle)

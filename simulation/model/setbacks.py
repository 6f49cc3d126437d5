"""What happens to a member unasked: outcome shifts, setbacks, their resolution and escalation."""

from __future__ import annotations

import numpy as np

from simulation.model.draws import exponential, luck_pair
from simulation.model.jit import compiled
from simulation.model.state import (
    K_ESCALATED,
    K_RESOLVED,
    K_SETBACK,
    K_SHIFT,
    NEVER,
    P_SETBACK,
    P_SHIFT,
    T_ESCALATION,
    T_SETBACK,
    World,
)  # fmt: skip
from simulation.model.tables import member_at, segment_at
from simulation.model.tally import F_ESCALATIONS, F_SETBACKS, F_SHIFTS, add_flow, cell_of, log_row
from simulation.model.triggers import forget_causes, mark_setback, retime
from simulation.model.vector import set_velocity, turn_away


@compiled
def next_shift(w: World, i: int, t: float) -> None:
    """Draw when the coming outcome shift arrives."""
    m = member_at(w, i)
    s = segment_at(w, m.seg)
    m.t_shift = NEVER
    if s.shift_gap < NEVER:
        u, _ = luck_pair(w, m.key, P_SHIFT, m.n_shift)
        m.t_shift = t + exponential(s.shift_gap, u)


@compiled
def shift(w: World, i: int, t: float) -> None:
    """Shift the Desired Outcome: turn the member by the stated angle to a fair random side."""
    m = member_at(w, i)
    _, side = luck_pair(w, m.key, P_SHIFT, m.n_shift)
    if side < 0.5:
        m.kick -= segment_at(w, m.seg).shift_turn
    else:
        m.kick += segment_at(w, m.seg).shift_turn
    set_velocity(m)
    m.n_shift += np.uint32(1)
    next_shift(w, i, t)
    retime(m)
    log_row(w, i, t, K_SHIFT, -1, m.done)
    add_flow(w, m.seg, cell_of(w, t), F_SHIFTS, 1)


@compiled
def next_setback(w: World, i: int, t: float) -> None:
    """Draw when the coming setback arrives."""
    m = member_at(w, i)
    s = segment_at(w, m.seg)
    m.t_setback = NEVER
    if s.setback_gap < NEVER:
        u, _ = luck_pair(w, m.key, P_SETBACK, m.n_setback)
        m.t_setback = t + exponential(s.setback_gap, u)


@compiled
def setback(w: World, i: int, t: float) -> None:
    """Let a setback arrive; while another is open it is dropped, but numbered."""
    m = member_at(w, i)
    s = segment_at(w, m.seg)
    number = m.n_setback
    m.n_setback += np.uint32(1)
    if m.setback == 0:
        _, life = luck_pair(w, m.key, P_SETBACK, number)
        m.setback_number = number
        open_setback(w, i, t, exponential(s.setback_life, life))
        log_row(w, i, t, K_SETBACK, -1, m.done)
        add_flow(w, m.seg, cell_of(w, t), F_SETBACKS, 1)
        mark_setback(w, i, T_SETBACK, t, number)
    next_setback(w, i, t)
    retime(m)


@compiled
def open_setback(w: World, i: int, t: float, life: float) -> None:
    """Open a setback at `t` that would resolve itself after `life` days."""
    m = member_at(w, i)
    s = segment_at(w, m.seg)
    m.setback = 1
    m.t_resolve = t + life
    m.t_escalate = NEVER
    if s.escalates_after < life:
        m.t_escalate = t + s.escalates_after
    retime(m)


@compiled
def escalate(w: World, i: int, t: float) -> None:
    """Escalate the open setback: only now it turns the member away."""
    m = member_at(w, i)
    m.t_escalate = NEVER
    m.escalated = 1
    retime(m)
    turn_away(m, segment_at(w, m.seg).setback_turn)
    log_row(w, i, t, K_ESCALATED, -1, m.done)
    add_flow(w, m.seg, cell_of(w, t), F_ESCALATIONS, 1)
    mark_setback(w, i, T_ESCALATION, t, m.setback_number)


@compiled
def clear_setback(w: World, i: int) -> None:
    """Forget the open setback and the causes that wait for its detection."""
    m = member_at(w, i)
    m.setback = 0
    m.escalated = 0
    m.t_resolve = NEVER
    m.t_escalate = NEVER
    forget_causes(w, i, T_SETBACK)
    forget_causes(w, i, T_ESCALATION)


@compiled
def resolve(w: World, i: int, t: float) -> None:
    """Resolve the open setback."""
    clear_setback(w, i)
    log_row(w, i, t, K_RESOLVED, -1, member_at(w, i).done)

"""The journey: progress along straight lines, exact milestone hits, value and its recognition."""

from __future__ import annotations

from simulation.model.draws import luck
from simulation.model.expansion import is_adopted, offer_if_ready, open_opportunity
from simulation.model.jit import compiled, inlined
from simulation.model.special import exp, ndtri
from simulation.model.state import (
    K_MILESTONE,
    K_RECOGNISED,
    MONTH,
    NEVER,
    PER_DAY,
    S_ADOPTION,
    T_REACHED,
    World,
)  # fmt: skip
from simulation.model.tables import ledger_at, member_at, milestone_at, opportunity_at, segment_at
from simulation.model.tally import (
    F_RECOGNISED,
    FIRST_VALUE_DAYS,
    M_REACHED,
    N_FIRST,
    add_flow,
    add_milestone,
    cell_of,
    log_row,
    set_stage,
)  # fmt: skip
from simulation.model.triggers import mark_approach, mark_milestone, retime
from simulation.model.vector import set_course

SURELY = 1.0 - 1e-9  # beyond any error of rounding


@inlined
def sync(w: World, i: int, t: float) -> None:
    """Write a member's progress and spent hazard at `t`; called only at its own events."""
    m = member_at(w, i)
    dt = t - m.t
    if dt > 0.0:
        if m.need < NEVER:
            m.done = max(0.0, m.done + m.vel * (dt * PER_DAY))
        if m.hazard_now > 0.0:
            m.hazard_left -= m.hazard_now * dt
        m.t = t


@inlined
def peek_progress(w: World, i: int, t: float) -> float:
    """Progress of a member at `t` without writing it."""
    m = member_at(w, i)
    if m.need < NEVER and m.present != 0 and t > m.t:
        return max(0.0, m.done + m.vel * ((t - m.t) * PER_DAY))
    return m.done


@compiled
def rehazard(w: World, i: int) -> None:
    """Recompute the mid-term hazard at the present velocity and when its budget is spent; none in grace."""
    m = member_at(w, i)
    s = segment_at(w, m.seg)
    m.hazard_now = 0.0
    m.t_hazard = NEVER
    if m.present != 0 and m.grace == 0 and m.hazard_rate > 0.0:
        m.hazard_now = m.hazard_rate * exp(-s.hazard_sensitivity * (m.vel - s.reference))
        if m.hazard_now > 0.0:
            m.t_hazard = m.t + max(0.0, m.hazard_left) / m.hazard_now
    retime(m)


@inlined
def aim(w: World, i: int) -> None:
    """Recompute when a member hits its next milestone, from its present progress and velocity."""
    m = member_at(w, i)
    hit = NEVER
    if m.vel > 0.0 and m.need < NEVER and m.present != 0:
        hit = m.t
        rest = m.need - m.done
        if rest > 0.0:
            hit += rest / m.vel * MONTH
    m.t_hit = hit


@inlined
def aim_until(w: World, i: int, t: float) -> None:
    """`aim` just after an event at which the member was synced; a hit beyond `t` may be left for later.

    The vector changes at the next interaction, so a hit after it is not worth its division.
    """
    m = member_at(w, i)
    if m.vel * ((t - m.t) * PER_DAY) < (m.need - m.done) * SURELY:
        m.t_hit = NEVER
    else:
        aim(w, i)


@compiled
def settle(w: World, i: int, t: float) -> None:
    """Follow up after an event that moved a member's vector or progress: hits, course, offers."""
    aim(w, i)
    if segment_at(w, member_at(w, i).seg).hazard_dist >= 0:
        rehazard(w, i)
    set_course(w, i, t)
    if member_at(w, i).n_open > 0:
        offer_if_ready(w, i, t)


@compiled
def set_need(w: World, i: int) -> None:
    """Set the work of the milestone ahead: median times a member-level lognormal; never when complete."""
    m = member_at(w, i)
    s = segment_at(w, m.seg)
    m.need = NEVER
    if m.next < s.n_milestones:
        g = milestone_at(w, s.first_milestone + m.next)
        m.need = (
            exp(g.log_after + g.spread * ndtri(luck(w, m.key, g.p_work, m.cycle))) * opportunity_at(w, i, m.next).short
        )


@compiled
def recognise(w: World, i: int, t: float) -> None:
    """Count the value that a member has reached as recognised by it."""
    m = member_at(w, i)
    m.pending = 0
    m.recognised = 1
    m.last_recognised = t
    log_row(w, i, t, K_RECOGNISED, -1, m.done)
    add_flow(w, m.seg, cell_of(w, t), F_RECOGNISED, 1)


@compiled
def reach(w: World, i: int, t: float, carry: float) -> None:
    """Reach the milestone ahead at `t`, carrying `carry` pace-months of a jump beyond it."""
    m = member_at(w, i)
    s = segment_at(w, m.seg)
    j = m.next
    milestone = s.first_milestone + j
    g = milestone_at(w, milestone)
    cycle = m.cycle
    was_adopted = is_adopted(m, s)
    m.done = carry
    opportunity_at(w, i, j).short = 1.0
    log_row(w, i, t, K_MILESTONE, g.name, carry)
    add_milestone(w, milestone, cell_of(w, t), M_REACHED, 1)
    open_opportunity(w, i, j, t)
    m.next += 1
    if m.next >= s.n_milestones and s.cycle != 0:
        m.next = s.n_adoption + s.n_value
        m.cycle += 1
    if g.stage != S_ADOPTION:
        if luck(w, m.key, g.p_evident, cycle) < g.self_evident:
            recognise(w, i, t)
        else:
            m.pending = 1
    set_need(w, i)
    if m.need == NEVER:
        m.done = 0.0
    if w.past == 0:
        set_stage(w, i, t)
        if is_adopted(m, s) and not was_adopted and m.joined != 0:
            for d in range(N_FIRST):
                days = FIRST_VALUE_DAYS[d]
                if m.since + days <= w.end and t - m.since <= days:
                    ledger_at(w, w.o_first + (m.seg * N_FIRST + d) * 2 + 1).n += 1
        mark_milestone(w, i, T_REACHED, milestone, t, cycle)


@compiled
def jump(w: World, i: int, t: float, work: float) -> None:
    """Advance a member by `work` pace-months at once: every milestone passed is hit, in order, with the excess."""
    m = member_at(w, i)
    if m.need == NEVER:
        return
    m.done = max(0.0, m.done + work)
    while m.need < NEVER and m.done >= m.need and w.overflow == 0:
        mark_approach(w, i, t)
        reach(w, i, t, m.done - m.need)

"""Expansion: opportunities open at milestones, are offered when the member is ready, and pushed under a quota."""

from __future__ import annotations

from typing import Any

import numpy as np

from simulation.model.draws import cents, draw, luck
from simulation.model.jit import compiled
from simulation.model.special import exp, logistic
from simulation.model.state import (
    CLOSED,
    E_TAKE_LIFT,
    K_DECLINED,
    K_LAPSED,
    K_OFFERED,
    K_PUSH_TAKEN,
    K_PUSHED,
    K_TAKEN,
    NEVER,
    OPEN,
    P_PUSH,
    SOLD,
    T_TAKEN,
    World,
)  # fmt: skip
from simulation.model.tables import (
    day_at,
    effect_at,
    member_at,
    milestone_at,
    modifier_at,
    opportunity_at,
    segment_at,
    sold_at,
)
from simulation.model.tally import (
    F_EXPANSION,
    M_EXPANSION,
    M_LAPSED,
    M_OFFERED,
    M_PUSH_EXPANSION,
    M_PUSH_TAKEN,
    M_PUSHED,
    M_TAKEN,
    add_milestone,
    cell_of,
    change_arr,
    log_row,
)  # fmt: skip
from simulation.model.triggers import mark_milestone, retime
from simulation.model.vector import observed_velocity, turn_away

HALF = np.log(2.0)


@compiled
def lift_at(w: World, i: int, kind: int, milestone: int, t: float) -> float:
    """Sum of a member's lifts of one kind at `t`, logit points; `milestone` is a name's index or -1."""
    total = 0.0
    for e in range(w.size_effect):
        f = effect_at(w, e)
        if f.kind == kind and (milestone < 0 or (f.milestones >> milestone) & 1):
            lift = modifier_at(w, i, f.slot)
            if lift.value != 0.0:
                total += lift.value * exp(-HALF * (t - lift.since) / f.half_life)
    return total


@compiled
def opportunity_arr(w: World, i: int, milestone: int, cycle: int) -> int:
    """ARR of a member's opportunity at a milestone (segment-major index) and cycle, cents per year."""
    g = milestone_at(w, milestone)
    return max(0, cents(draw(w, g.arr_dist, luck(w, member_at(w, i).key, g.p_arr, cycle))))


@compiled
def book_expansion(w: World, i: int, t: float, amount: int) -> None:
    """Add expansion ARR to a member, and to the month's sales where a quota counts its segment."""
    m = member_at(w, i)
    change_arr(w, i, t, F_EXPANSION, amount, 1)
    if segment_at(w, m.seg).in_quota != 0 and w.past == 0:
        sold_at(w, day_at(w, int(t)).month).n += amount


@compiled
def open_opportunity(w: World, i: int, j: int, t: float) -> None:
    """Open the opportunity of the local milestone `j` just reached, unless a push has sold it already.

    In a repeated journey an opportunity that is still open from the last cycle gives way to the new one.
    """
    m = member_at(w, i)
    s = segment_at(w, m.seg)
    g = milestone_at(w, s.first_milestone + j)
    o = opportunity_at(w, i, j)
    if g.kind < 0 or w.past != 0:
        return
    if o.state == SOLD:
        o.state = CLOSED
        return
    if o.state == OPEN:
        lapse(w, i, j, t)
    o.state = OPEN
    o.cycle = m.cycle
    o.close = t + g.window
    m.n_open += 1
    next_window(w, i)


@compiled
def next_window(w: World, i: int) -> None:
    """Recompute when the next of a member's open windows closes."""
    m = member_at(w, i)
    first = NEVER
    for j in range(segment_at(w, m.seg).n_milestones):
        if opportunity_at(w, i, j).state == OPEN:
            first = min(first, opportunity_at(w, i, j).close)
    m.t_window = first
    retime(m)


@compiled
def lapse(w: World, i: int, j: int, t: float) -> None:
    """Close an opportunity that was not offered in its window."""
    m = member_at(w, i)
    g = segment_at(w, m.seg).first_milestone + j
    opportunity_at(w, i, j).state = CLOSED
    m.n_open -= 1
    log_row(w, i, t, K_LAPSED, milestone_at(w, g).name, m.done)
    add_milestone(w, g, cell_of(w, t), M_LAPSED, 1)


@compiled
def close_windows(w: World, i: int, t: float) -> None:
    """Lapse every opportunity whose window closes at `t`."""
    m = member_at(w, i)
    for j in range(segment_at(w, m.seg).n_milestones):
        if opportunity_at(w, i, j).state == OPEN and opportunity_at(w, i, j).close <= t:
            lapse(w, i, j, t)
    next_window(w, i)


@compiled
def drop_opportunities(w: World, i: int) -> None:
    """Forget the open opportunities of a member who leaves."""
    m = member_at(w, i)
    for j in range(segment_at(w, m.seg).n_milestones):
        if opportunity_at(w, i, j).state == OPEN:
            opportunity_at(w, i, j).state = CLOSED
    m.n_open = 0
    m.t_window = NEVER


@compiled
def is_adopted(m: Any, s: Any) -> bool:
    """Whether a member has completed the adoption stage."""
    return m.next >= s.n_adoption or m.cycle > 0


@compiled
def offer_if_ready(w: World, i: int, t: float) -> None:
    """Offer what is open, in journey order, once adoption is complete and the observed velocity is positive."""
    m = member_at(w, i)
    s = segment_at(w, m.seg)
    if not is_adopted(m, s) or observed_velocity(w, i) <= 0.0:
        return
    for j in range(s.n_milestones):
        if opportunity_at(w, i, j).state == OPEN and t < opportunity_at(w, i, j).close:
            offer(w, i, j, t)
    next_window(w, i)


@compiled
def take_probability(w: World, i: int, milestone: int, t: float) -> float:
    """Chance that a member takes a milestone's offer at `t`; a stated 0 or 1 is final."""
    m = member_at(w, i)
    g = milestone_at(w, milestone)
    if g.take <= 0.0 or g.take >= 1.0:
        return g.take
    lift = lift_at(w, i, E_TAKE_LIFT, g.name, t)
    return logistic(g.take_logit + g.sensitivity * (m.vel - segment_at(w, m.seg).reference) + lift)


@compiled
def offer(w: World, i: int, j: int, t: float) -> None:
    """Offer the opportunity of the local milestone `j`; the member takes or declines it."""
    m = member_at(w, i)
    milestone = segment_at(w, m.seg).first_milestone + j
    g = milestone_at(w, milestone)
    o = opportunity_at(w, i, j)
    cell = cell_of(w, t)
    o.state = CLOSED
    m.n_open -= 1
    log_row(w, i, t, K_OFFERED, g.name, m.done)
    add_milestone(w, milestone, cell, M_OFFERED, 1)
    if luck(w, m.key, g.p_take, o.cycle) < take_probability(w, i, milestone, t):
        amount = opportunity_arr(w, i, milestone, o.cycle)
        book_expansion(w, i, t, amount)
        add_milestone(w, milestone, cell, M_TAKEN, 1)
        add_milestone(w, milestone, cell, M_EXPANSION, amount)
        log_row(w, i, t, K_TAKEN, g.name, m.done)
        mark_milestone(w, i, T_TAKEN, milestone, t, o.cycle)
    else:
        log_row(w, i, t, K_DECLINED, g.name, m.done)


@compiled
def best_push(w: World, i: int) -> tuple[int, int]:
    """Largest unreached, unsold opportunity of a member: its ARR in cents and local milestone (-1 = none)."""
    m = member_at(w, i)
    s = segment_at(w, m.seg)
    best = 0
    which = -1
    if m.present == 0 or s.in_quota == 0:
        return best, which
    for j in range(s.n_milestones):
        cycle = m.cycle
        if j < m.next:
            if s.cycle == 0 or milestone_at(w, s.first_milestone + j).stage != 2:
                continue
            cycle += 1
        if milestone_at(w, s.first_milestone + j).kind >= 0 and opportunity_at(w, i, j).state == CLOSED:
            amount = opportunity_arr(w, i, s.first_milestone + j, cycle)
            if amount > best:
                best = amount
                which = j
    return best, which


@compiled
def push(w: World, i: int, j: int, amount: int, t: float, take: float, angle: float, month: int) -> bool:
    """Push an opportunity before its milestone under a quota; taken or not, the member turns away.

    The caller brings the member to `t` before and settles it after. A refused push leaves the offer to its milestone.
    """
    m = member_at(w, i)
    milestone = segment_at(w, m.seg).first_milestone + j
    g = milestone_at(w, milestone)
    cell = cell_of(w, t)
    taken = luck(w, m.key, P_PUSH, month) < take
    turn_away(m, angle)
    log_row(w, i, t, K_PUSHED, g.name, m.done)
    add_milestone(w, milestone, cell, M_PUSHED, 1)
    if taken:
        opportunity_at(w, i, j).state = SOLD
        book_expansion(w, i, t, amount)
        add_milestone(w, milestone, cell, M_PUSH_TAKEN, 1)
        add_milestone(w, milestone, cell, M_PUSH_EXPANSION, amount)
        log_row(w, i, t, K_PUSH_TAKEN, g.name, m.done)
        cycle = m.cycle
        if j < m.next:
            cycle += 1
        mark_milestone(w, i, T_TAKEN, milestone, t, cycle)
    return taken

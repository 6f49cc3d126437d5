"""What a delivered intervention does to a member: effects in their listed order, then cost and price."""

from __future__ import annotations

from simulation.model.draws import draw, exponential, luck_pair
from simulation.model.expansion import HALF, book_expansion
from simulation.model.jit import compiled
from simulation.model.journey import jump, peek_progress, recognise, settle
from simulation.model.setbacks import resolve
from simulation.model.special import exp
from simulation.model.state import (
    E_ADVANCE,
    E_DEMONSTRATE,
    E_MAGNITUDE,
    E_RENEWAL_LIFT,
    E_RESOLVE,
    E_SHORTEN,
    E_TAKE_LIFT,
    E_TURN,
    EFFECTS,
    K_DELIVERED,
    K_EXPIRED,
    K_UNDELIVERED,
    NEVER,
    World,
)  # fmt: skip
from simulation.model.tables import (
    effect_at,
    intervention_at,
    member_at,
    milestone_at,
    modifier_at,
    opportunity_at,
    segment_at,
)
from simulation.model.tally import (
    F_FEES,
    I_DELIVERED,
    I_FEES,
    I_RECURRING,
    add_flow,
    add_intervention,
    cell_of,
    log_row,
)  # fmt: skip
from simulation.model.triggers import retime
from simulation.model.vector import set_velocity, turn_toward

N_EFFECTS = len(EFFECTS)


@compiled
def deliver(w: World, i: int, k: int, t: float, occurrence: int) -> None:
    """Deliver intervention `k` to a present member at `t`; the caller has brought it to `t`."""
    m = member_at(w, i)
    v = intervention_at(w, k)
    cell = cell_of(w, t)
    for e in range(v.first_effect, v.first_effect + v.n_effects):
        u, life = 0.5, 0.5
        if effect_at(w, e).certain == 0:
            u, life = luck_pair(w, m.key, effect_at(w, e).p_amount, occurrence)
        apply(w, i, e, t, draw(w, effect_at(w, e).amount, u), u, life)
    add_intervention(w, k, m.seg, cell, I_DELIVERED, 1)
    if v.fee != 0:
        add_flow(w, m.seg, cell, F_FEES, v.fee)
        add_intervention(w, k, m.seg, cell, I_FEES, v.fee)
    if v.recurring != 0:
        book_expansion(w, i, t, v.recurring)
        add_intervention(w, k, m.seg, cell, I_RECURRING, v.recurring)
    log_row(w, i, t, K_DELIVERED, k, peek_progress(w, i, t))
    if v.n_effects > 0:
        settle(w, i, t)


@compiled
def deliver_in_vain(w: World, i: int, k: int, t: float) -> None:
    """Complete a service for somebody who has left: it costs, and has no effect."""
    m = member_at(w, i)
    add_intervention(w, k, m.seg, cell_of(w, t), I_DELIVERED, 1)
    log_row(w, i, t, K_UNDELIVERED, k, m.done)


@compiled
def apply(w: World, i: int, e: int, t: float, amount: float, u: float, life: float) -> None:
    """Apply one effect; for those that happen with a chance, `u` decides against the amount."""
    m = member_at(w, i)
    f = effect_at(w, e)
    if f.kind == E_TURN:
        turn_toward(m, amount)
    elif f.kind == E_MAGNITUDE:
        set_factor(w, i, e, t, amount, life)
    elif f.kind == E_ADVANCE:
        jump(w, i, t, amount)
    elif f.kind == E_SHORTEN:
        shorten(w, i, f.milestone, amount)
    elif f.kind == E_DEMONSTRATE:
        if m.pending != 0 and life < amount:
            recognise(w, i, t)
    elif f.kind == E_RESOLVE:
        if m.setback != 0 and life < amount:
            resolve(w, i, t)
    elif f.kind == E_RENEWAL_LIFT or f.kind == E_TAKE_LIFT:
        lift = modifier_at(w, i, f.slot)
        old = 0.0
        if lift.value != 0.0:
            old = lift.value * exp(-HALF * (t - lift.since) / f.half_life)
        lift.value = old + amount
        lift.since = t


@compiled
def shorten(w: World, i: int, name: int, share: float) -> None:
    """Take away a share of the work that is left to a milestone, under way or still ahead."""
    m = member_at(w, i)
    s = segment_at(w, m.seg)
    for j in range(s.n_milestones):
        if milestone_at(w, s.first_milestone + j).name == name:
            if j == m.next:
                m.need = m.done + (1.0 - share) * max(0.0, m.need - m.done)
            elif j > m.next or s.cycle != 0:
                opportunity_at(w, i, j).short *= 1.0 - share


@compiled
def set_factor(w: World, i: int, e: int, t: float, factor: float, life: float) -> None:
    """Set a factor on a member's magnitude for its life; delivered again, the effect starts anew."""
    f = effect_at(w, e)
    slot = modifier_at(w, i, f.slot)
    slot.value = factor
    slot.since = NEVER
    if f.lasts < NEVER:
        slot.since = t + f.lasts
    elif f.median_life < NEVER:
        slot.since = t + exponential(f.median_life / HALF, life)
    refactor(w, i, t)


@compiled
def refactor(w: World, i: int, t: float) -> bool:
    """Recompute a member's factor and its next expiry, dropping what has expired; True when something had."""
    m = member_at(w, i)
    expired = False
    m.factor = 1.0
    m.t_expiry = NEVER
    for e in range(w.size_effect):
        f = effect_at(w, e)
        if f.kind == E_MAGNITUDE:
            slot = modifier_at(w, i, f.slot)
            if slot.value != 0.0 and slot.since <= t:
                slot.value = 0.0
                expired = True
            if slot.value != 0.0:
                m.factor *= slot.value
                m.t_expiry = min(m.t_expiry, slot.since)
    set_velocity(m)
    retime(m)
    return expired


@compiled
def expire(w: World, i: int, t: float) -> None:
    """Let magnitude factors expire at `t`."""
    refactor(w, i, t)
    log_row(w, i, t, K_EXPIRED, -1, member_at(w, i).done)

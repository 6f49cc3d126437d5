"""Coming and going: joining, leaving, returning, and referring others."""

from __future__ import annotations

import numpy as np

from simulation.model.draws import cents, draw, exponential, luck, luck_pair
from simulation.model.effects import refactor
from simulation.model.expansion import drop_opportunities
from simulation.model.jit import compiled
from simulation.model.journey import set_need, settle
from simulation.model.random import member_key_child
from simulation.model.renewal import anchor, list_factor, member_logit, set_due
from simulation.model.setbacks import clear_setback, next_setback, next_shift
from simulation.model.special import ndtri
from simulation.model.state import (
    BOOKED,
    D_REFERRAL,
    FULL_BIRTHS,
    IDLE,
    K_JOINED,
    K_LEFT,
    K_REFERRED,
    K_RETURNED,
    K_WITHDRAWN,
    NEVER,
    P_ARR,
    P_BACK,
    P_FIRST,
    P_HAZARD,
    P_PROBABILITY,
    P_REFERRAL,
    P_RETURN,
    WAITING,
    Key,
    World,
)  # fmt: skip
from simulation.model.tables import (
    birth_at,
    cause_at,
    intervention_at,
    ledger_at,
    member_at,
    modifier_at,
    opportunity_at,
    segment_at,
    slot_at,
)
from simulation.model.tally import (
    F_ADOPTION,
    F_ARR_RETURNED,
    F_CHURN,
    F_JOINED,
    F_LEFT,
    F_NEW,
    F_ON_TRACK,
    F_REFERRED,
    F_RETURNED,
    FIRST_VALUE_DAYS,
    I_WITHDRAWN,
    N_FIRST,
    Q_QUEUE,
    Q_QUEUE_SECONDS,
    add_flow,
    add_intervention,
    add_team,
    cell_of,
    change_arr,
    log_row,
    set_stage,
    spread_seconds,
)  # fmt: skip
from simulation.model.triggers import forget_causes, mark_presence, retime
from simulation.model.vector import redraw, set_course, start_vector


@compiled
def new_member(w: World, i: int, key: Key, seg: int) -> None:
    """Write the blank records of a person who is not a member yet; nothing is due."""
    blank_member(w, i, key, seg)
    for k in range(w.size_intervention):
        slot = slot_at(w, i, k)
        cause_at(w, i, k).x = NEVER
        slot.last_request = -NEVER
        slot.rank = 0.0
        slot.effort = 0.0
        slot.until = NEVER
        slot.occurrence = 0
        slot.marked = 0
        slot.token = 0
        slot.tick = 0
        slot.state = IDLE
        slot.impatient = 0
    for j in range(w.journey):
        opportunity_at(w, i, j).state = 0
        opportunity_at(w, i, j).close = NEVER
        opportunity_at(w, i, j).cycle = 0
        opportunity_at(w, i, j).short = 1.0
    for e in range(w.modifiers):
        modifier_at(w, i, e).value = 0.0
        modifier_at(w, i, e).since = NEVER


@compiled
def blank_member(w: World, i: int, key: Key, seg: int) -> None:
    """Write a blank record of a member; a past life writes nothing else."""
    m = member_at(w, i)
    m.key = key
    m.seg = seg
    m.t = 0.0
    m.t_hit = NEVER
    m.t_inter = NEVER
    m.t_shift = NEVER
    m.t_setback = NEVER
    m.t_resolve = NEVER
    m.t_escalate = NEVER
    m.t_expiry = NEVER
    m.t_window = NEVER
    m.t_renew = NEVER
    m.t_hazard = NEVER
    m.t_return = NEVER
    m.t_cause = NEVER
    m.t_join = NEVER
    m.t_referral = NEVER
    m.t_patience = NEVER
    m.t_hold = NEVER
    m.t_rare = NEVER
    m.need = NEVER
    m.done = 0.0
    m.arr = 0
    m.n_inter = 0
    m.seen = 0
    m.n_shift = 0
    m.n_setback = 0
    m.n_referral = 0
    m.setback_number = 0
    m.next = 0
    m.cycle = 0
    m.terms = 0
    m.anchor_terms = 0
    m.spell = 0
    m.waiting = 0
    m.serving = 0
    m.n_open = 0
    m.seq = 0
    m.change = -1
    m.version = 0
    m.present = 0
    m.grace = 0
    m.setback = 0
    m.escalated = 0
    m.pending = 0
    m.recognised = 0
    m.course = 0
    m.stage = 0
    m.joined = 0
    m.referred = 0
    m.left_arr = 0
    m.noise_dir = 0.0
    m.noise_mag = 0.0
    m.due = NEVER
    m.last_renewal = -NEVER
    m.last_recognised = -NEVER
    m.hazard_left = 0.0
    m.hazard_now = 0.0
    m.hazard_rate = 0.0
    m.due_cell = 0
    m.anchor_day = 0
    m.anchor_fraction = 0.0
    m.base = 0.0
    m.kick = 0.0
    m.logmag = 0.0
    m.factor = 1.0
    m.pace = 1.0
    m.vel = 0.0
    m.last_inter = 0.0
    m.since = 0.0
    m.price_t = 0.0
    m.logit_p = 0.0


@compiled
def start_clocks(w: World, i: int, t: float) -> None:
    """Start what runs while a person is a member: interactions, shifts, setbacks, hazard, referrals.

    A gap that leaving broke off has used its draw; its rest is memoryless, so a return begins with the next number.
    """
    m = member_at(w, i)
    s = segment_at(w, m.seg)
    m.present = 1
    m.t = t
    m.t_inter = NEVER
    if s.interaction_gap < NEVER:
        m.t_inter = t + exponential(s.interaction_gap, luck(w, m.key, P_FIRST, m.spell))
    if m.spell > 0:
        m.n_shift += np.uint32(1)
        m.n_setback += np.uint32(1)
        m.n_referral += np.uint32(1)
    next_shift(w, i, t)
    next_setback(w, i, t)
    if s.hazard_dist >= 0:
        rate, budget = luck_pair(w, m.key, P_HAZARD, m.spell)
        if m.spell == 0:
            m.hazard_rate = max(0.0, draw(w, s.hazard_dist, rate))
        m.hazard_left = exponential(1.0, budget)
    if w.past == 0:
        next_referral(w, i, t)
    retime(m)


@compiled
def begin(w: World, i: int, t: float) -> None:
    """Make a person a member from `t` on with a fresh vector and journey; ARR and log are the caller's."""
    m = member_at(w, i)
    m.t_join = NEVER
    m.since = t
    m.last_inter = t
    m.last_renewal = t
    m.last_recognised = -NEVER
    m.price_t = t
    m.logit_p = member_logit(w, m.seg, luck(w, m.key, P_PROBABILITY, 0))
    start_vector(w, i)
    set_need(w, i)
    anchor(w, i, t)
    start_clocks(w, i, t)
    set_due(w, i)


@compiled
def join(w: World, i: int, t: float) -> None:
    """Let a new member join at `t`, at the list price of the day."""
    m = member_at(w, i)
    s = segment_at(w, m.seg)
    begin(w, i, t)
    if w.past == 0:
        cell = cell_of(w, t)
        m.joined = 1
        arr = max(0, cents(draw(w, s.arr_dist, luck(w, m.key, P_ARR, 0)) * list_factor(w, m.seg, t)))
        add_flow(w, m.seg, cell, F_REFERRED if m.referred != 0 else F_JOINED, 1)
        change_arr(w, i, t, F_NEW, arr, 1)
        log_row(w, i, t, K_JOINED, -1, 0.0)
        enter_states(w, i, t)
        for d in range(N_FIRST):
            if t + FIRST_VALUE_DAYS[d] <= w.end:
                ledger_at(w, w.o_first + (m.seg * N_FIRST + d) * 2).n += 1
                if s.n_adoption == 0:
                    ledger_at(w, w.o_first + (m.seg * N_FIRST + d) * 2 + 1).n += 1
        mark_presence(w, i, t, True)
    settle(w, i, t)


@compiled
def enter_states(w: World, i: int, t: float) -> None:
    """Count a present member in its stage and course."""
    m = member_at(w, i)
    cell = cell_of(w, t)
    add_flow(w, m.seg, cell, F_ADOPTION + m.stage, 1)
    add_flow(w, m.seg, cell, F_ON_TRACK + m.course, 1)
    set_stage(w, i, t)
    set_course(w, i, t)


@compiled
def withdraw(w: World, i: int, t: float) -> None:
    """Withdraw a member's waiting requests."""
    m = member_at(w, i)
    if m.waiting == 0:
        return
    for k in range(w.size_intervention):
        slot = slot_at(w, i, k)
        if slot.state == WAITING or slot.state == BOOKED:
            slot.state = IDLE
            cell = cell_of(w, t)
            log_row(w, i, t, K_WITHDRAWN, k, m.done)
            add_intervention(w, k, m.seg, cell, I_WITHDRAWN, 1)
            team = intervention_at(w, k).team
            if team >= 0:
                add_team(w, team, cell, Q_QUEUE, -1)
                spread_seconds(w, team, Q_QUEUE_SECONDS, slot.last_request, t, 1)
    m.waiting = 0
    m.t_patience = NEVER


@compiled
def leave(w: World, i: int, t: float) -> None:
    """Let a member leave at `t`; its clocks stop, its journey and its numbering stay for a return."""
    m = member_at(w, i)
    s = segment_at(w, m.seg)
    if w.past == 0:
        cell = cell_of(w, t)
        withdraw(w, i, t)
        drop_opportunities(w, i)
        clear_setback(w, i)
        forget_causes(w, i, -1)
        add_flow(w, m.seg, cell, F_LEFT, 1)
        add_flow(w, m.seg, cell, F_ADOPTION + m.stage, -1)
        add_flow(w, m.seg, cell, F_ON_TRACK + m.course, -1)
        m.left_arr = m.arr
        change_arr(w, i, t, F_CHURN, m.arr, -1)
        log_row(w, i, t, K_LEFT, -1, m.done)
    m.present = 0
    m.t_hit = NEVER
    m.t_inter = NEVER
    m.t_shift = NEVER
    m.t_setback = NEVER
    m.t_expiry = NEVER
    m.t_renew = NEVER
    m.t_hazard = NEVER
    m.t_referral = NEVER
    m.hazard_now = 0.0
    if s.return_dist >= 0 and w.past == 0:
        rate, budget = luck_pair(w, m.key, P_RETURN, m.spell)
        if m.spell > 0:
            rate, _ = luck_pair(w, m.key, P_RETURN, 0)
        rate = draw(w, s.return_dist, rate)
        if rate > 0.0:
            wait = exponential(1.0 / rate, budget)
            if wait <= s.return_within:
                m.t_return = t + wait
    m.spell += 1
    retime(m)


@compiled
def come_back(w: World, i: int, t: float) -> None:
    """Let a former member return: new contract, the vector redrawn over the absence, the journey where it was."""
    m = member_at(w, i)
    s = segment_at(w, m.seg)
    u, v = luck_pair(w, m.key, P_BACK, m.spell)
    redraw(m, s, t - m.last_inter, ndtri(u), ndtri(v))
    refactor(w, i, t)  # what expired meanwhile, unseen
    m.last_inter = t
    m.t_return = NEVER
    arr = cents(m.left_arr * s.return_arr)
    m.price_t = t
    m.last_renewal = t
    anchor(w, i, t)
    start_clocks(w, i, t)
    set_due(w, i)
    add_flow(w, m.seg, cell_of(w, t), F_RETURNED, 1)
    change_arr(w, i, t, F_ARR_RETURNED, arr, 1)
    log_row(w, i, t, K_RETURNED, -1, m.done)
    enter_states(w, i, t)
    mark_presence(w, i, t, False)
    settle(w, i, t)


@compiled
def next_referral(w: World, i: int, t: float) -> None:
    """Draw when the member's next occasion to refer somebody comes."""
    m = member_at(w, i)
    s = segment_at(w, m.seg)
    m.t_referral = NEVER
    if s.referral_gap < NEVER:
        u, _ = luck_pair(w, m.key, P_REFERRAL, m.n_referral)
        m.t_referral = t + exponential(s.referral_gap, u)


@compiled
def refer(w: World, i: int, t: float) -> None:
    """Take an occasion to refer: a member on a strong vector with recognised value may bring a new member."""
    m = member_at(w, i)
    s = segment_at(w, m.seg)
    number = m.n_referral
    m.n_referral += np.uint32(1)
    if m.vel >= s.referral_velocity and (s.needs_value == 0 or m.recognised != 0):
        _, u = luck_pair(w, m.key, P_REFERRAL, number)
        if u < s.referral_converts:
            log_row(w, i, t, K_REFERRED, -1, m.done)
            n = w.n_birth
            if n >= w.size_birth:
                w.overflow |= FULL_BIRTHS
            else:
                birth = birth_at(w, n)
                birth.time = t + s.referral_delay
                birth.key = member_key_child(D_REFERRAL, m.key, np.uint64(number))
                birth.segment = s.referral_segment
                w.n_birth = n + 1
    next_referral(w, i, t)
    retime(m)

"""Who is there: today's members from the book, warm, and those who will arrive."""

from __future__ import annotations

import math

import numpy as np

from simulation.model.dates import add_months, civil_from_days
from simulation.model.draws import cents, draw, exponential, luck, luck_pair
from simulation.model.jit import compiled
from simulation.model.journey import set_need, settle
from simulation.model.membership import new_member, start_clocks
from simulation.model.past import contract_of, draw_past, is_missed, is_stated, set_contract, stated_place
from simulation.model.quantiles import CONSTANT
from simulation.model.random import member_key_child
from simulation.model.renewal import list_factor, member_logit, set_due
from simulation.model.setbacks import open_setback
from simulation.model.special import exp, log, ndtri
from simulation.model.state import (
    D_ARRIVAL,
    D_STATED,
    FULL_MEMBERS,
    K_PRESENT,
    MONTH,
    NEVER,
    P_ARR,
    P_ARRIVAL,
    P_LAST,
    P_PROBABILITY,
    P_SETBACK,
    P_TENURE,
    World,
)  # fmt: skip
from simulation.model.tables import book_at, distribution_at, ledger_at, member_at, milestone_at, number_at, segment_at
from simulation.model.tally import N_OPEN, chain, log_row, stage_of
from simulation.model.triggers import mark_presence, mark_renewal, retime
from simulation.model.vector import course_of, set_velocity, start_vector

TRIES = 256  # draws of the work that is left beyond a stated progress


@compiled
def populate(w: World) -> None:
    """Write every member who is there at the start or will arrive; referrals come as they are made."""
    for b in range(w.size_book):
        enter(w, b)
    for seg in range(w.size_segment):
        arrive(w, seg)


@compiled
def arrive(w: World, seg: int) -> None:
    """Thin a segment's arrivals from a Poisson process on (time, height) that no scenario changes.

    Heights come in layers [0, 1), [1, 2), [2, 4), ... per month, each a process of its own; a point is kept when its
    height is below the rate of the moment. So a changed rate keeps or drops a person, and never renames one.
    """
    s = segment_at(w, seg)
    low = 0.0
    high = 1.0
    layer = 0
    while low < s.arrival_bound:
        t = 0.0
        n = 0
        while True:
            ordinal = (np.uint64(layer) << np.uint64(32)) | np.uint64(n)
            key = member_key_child(D_ARRIVAL, s.domain, ordinal)
            u, v = luck_pair(w, key, P_ARRIVAL, 0)
            t += exponential(MONTH / (high - low), u)
            if t >= w.end:
                break
            if low + v * (high - low) < arrival_rate(w, seg, t):
                i = w.n_members
                if i >= w.size_member:
                    w.overflow |= FULL_MEMBERS
                    return
                w.n_members = i + 1
                new_member(w, i, key, seg)
                member_at(w, i).t_join = t
                retime(member_at(w, i))
            n += 1
        low = high
        high *= 2.0
        layer += 1


@compiled
def arrival_rate(w: World, seg: int, t: float) -> float:
    """Arrivals per month of a segment at `t`: growth, season, and the response to the list price."""
    s = segment_at(w, seg)
    rate = s.arrivals * exp(log(1.0 + s.growth) * t / 365.25)
    if s.season >= 0:
        _, month, _ = civil_from_days(w.start_day + int(t))
        rate *= number_at(w, s.season + month - 1).x
    if s.response_joining != 0.0:
        rate *= max(0.0, 1.0 + s.response_joining * (list_factor(w, seg, t) - 1.0) / 0.1)
    return rate


@compiled
def enter(w: World, b: int) -> None:
    """Let a row of the book be a member at the start: what the row states is truth, the rest is drawn."""
    row = book_at(w, b)
    i = w.n_members
    if i >= w.size_member:
        w.overflow |= FULL_MEMBERS
        return
    w.n_members = i + 1
    m = member_at(w, i)
    new_member(w, i, row.key, row.seg)
    s = segment_at(w, row.seg)
    joined = row.joined
    if math.isnan(joined):
        # 0.0 - x and not -x: a time of -0.0 is equal to 0.0, but not the same in the event log
        joined = 0.0 - max(0.0, math.floor(draw(w, s.tenure_dist, luck(w, row.key, P_TENURE, 0))))
    known = joined >= 0.0 or is_complete(w, b)
    if known:
        start_from_row(w, i, b, joined)
    else:
        draw_past(w, i, b, joined)
    m.key = row.key
    m.since = joined
    m.price_t = -0.5  # a price change on the first day meets today's members
    apply_row(w, i, b)
    m.spell = 0
    m.n_inter = 0
    m.seen = 0
    m.n_shift = 0
    m.n_setback = 0
    m.n_referral = 0
    m.arr = row.arr
    if row.arr < 0:
        m.arr = max(0, cents(draw(w, s.arr_dist, luck(w, row.key, P_ARR, 0))))
    rate = m.hazard_rate
    start_clocks(w, i, 0.0)
    if not known:
        m.hazard_rate = rate  # a survivor's own; the rest of its budget is memoryless and drawn anew
    open_books(w, i)
    mark_presence(w, i, 0.0, True)
    mark_renewal(w, i)
    settle(w, i, 0.0)
    retime(m)


@compiled
def is_complete(w: World, b: int) -> bool:
    """Whether a row leaves nothing to its past: journey and vector are stated, and nothing else depends on it."""
    row = book_at(w, b)
    s = segment_at(w, row.seg)
    if row.milestone < -1 or math.isnan(row.direction) or math.isnan(row.magnitude):
        return False
    if math.isnan(row.progress) and (row.milestone + 1 < s.n_milestones or s.cycle != 0):
        return False
    if math.isnan(row.value_on) and (row.milestone >= s.n_adoption or row.cycle > 0):
        return False
    if s.setback_gap < NEVER or s.no_value != 0.0:
        return False
    if s.hazard_dist >= 0 and distribution_at(w, s.hazard_dist).kind != CONSTANT:
        return False
    return distribution_at(w, s.probability_dist).kind == CONSTANT


@compiled
def open_books(w: World, i: int) -> None:
    """Count a member of the book in the opening."""
    m = member_at(w, i)
    o = w.o_opening + m.seg * N_OPEN
    m.stage = stage_of(w, i)
    m.course = course_of(m)
    ledger_at(w, o).n += 1
    ledger_at(w, o + 1).n += m.arr
    ledger_at(w, o + 2 + m.stage).n += 1
    ledger_at(w, o + 6 + m.course).n += 1
    chain(w, i, -1, m.arr)
    if m.grace != 0:
        ledger_at(w, o + 9).n += 1
    log_row(w, i, 0.0, K_PRESENT, last_milestone(w, i), m.done)


@compiled
def last_milestone(w: World, i: int) -> int:
    """Name of the milestone that a member reached last; -1: none yet."""
    m = member_at(w, i)
    s = segment_at(w, m.seg)
    if m.cycle > 0 and m.next == s.n_adoption + s.n_value:
        return milestone_at(w, s.first_milestone + s.n_milestones - 1).name
    if m.next == 0:
        return -1
    return milestone_at(w, s.first_milestone + m.next - 1).name


@compiled
def start_from_row(w: World, i: int, b: int, joined: float) -> None:
    """Put a member at the start without a past: it joins today, or its row states milestone and vector."""
    m = member_at(w, i)
    s = segment_at(w, m.seg)
    m.logit_p = member_logit(w, m.seg, luck(w, m.key, P_PROBABILITY, 0))
    start_vector(w, i)
    set_need(w, i)
    ago = exponential(s.interaction_gap, luck(w, m.key, P_LAST, 0))
    m.last_inter = max(joined, -ago)
    day, n = contract_of(w, b, joined)
    set_contract(m, day)
    m.anchor_terms = n - 1
    m.terms = n - 1
    m.last_renewal = joined
    if n > 1:
        m.last_renewal = float(add_months(m.anchor_day, (n - 1) * s.term) - w.start_day)
    set_due(w, i)
    if is_missed(w, b):
        m.grace = 1
        m.t_renew = m.due + s.grace_length
        retime(m)


@compiled
def apply_row(w: World, i: int, b: int) -> None:
    """Let what a row states stand over what was drawn."""
    m = member_at(w, i)
    row = book_at(w, b)
    s = segment_at(w, m.seg)
    if row.milestone > -2:
        stated_milestone(w, i, b)
    if not math.isnan(row.direction):
        m.base = row.direction
        m.kick = 0.0
    if not math.isnan(row.magnitude):
        m.logmag = log(row.magnitude)
        m.factor = 1.0
    if row.value_on > -NEVER:
        m.last_recognised = row.value_on
        m.recognised = 1
        m.pending = 0
    elif row.value_on == -NEVER:
        m.last_recognised = -NEVER
        m.recognised = 0
        m.pending = 1 if m.next > s.n_adoption else 0
    if not math.isnan(row.setback_on) and s.setback_life > 0.0:
        _, u = luck_pair(w, member_key_child(D_STATED, row.key, np.uint64(0)), P_SETBACK, 0)
        open_setback(w, i, 0.0, exponential(s.setback_life, u))
        m.t_escalate = NEVER
        m.escalated = 0
        due = row.setback_on + s.escalates_after
        if due < 0.0:
            m.escalated = 1
        elif due < m.t_resolve:
            m.t_escalate = due
    set_velocity(m)


@compiled
def stated_milestone(w: World, i: int, b: int) -> None:
    """Put a member after its stated milestone, with its stated progress; work left is drawn beyond the progress."""
    m = member_at(w, i)
    row = book_at(w, b)
    s = segment_at(w, m.seg)
    if is_stated(w, i, b) and m.since < 0.0 and math.isnan(row.progress) and m.need > m.done:
        return
    m.next, m.cycle = stated_place(w, b)
    m.done = 0.0
    if not math.isnan(row.progress):
        m.done = row.progress
    if m.next > s.n_adoption and m.recognised == 0:
        m.pending = 1
    set_need(w, i)
    if m.need == NEVER:
        m.done = 0.0
    elif m.need <= m.done:
        g = milestone_at(w, s.first_milestone + m.next)
        for attempt in range(TRIES):
            key = member_key_child(D_STATED, row.key, np.uint64(attempt))
            need = exp(g.log_after + g.spread * ndtri(luck(w, key, g.p_work, m.cycle)))
            if need > m.done:
                m.need = need
                break

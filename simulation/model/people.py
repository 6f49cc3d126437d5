"""Who is there: today's members from the book, warm, and those who will arrive."""

from __future__ import annotations

import math
from typing import Any

import numpy as np

from simulation.model.dates import add_months, civil_from_days
from simulation.model.draws import cents, draw, exponential, luck, luck_pair
from simulation.model.jit import compiled, inlined
from simulation.model.journey import set_need, settle, sync
from simulation.model.life import live, next_event
from simulation.model.membership import begin, blank_member, new_member, start_clocks
from simulation.model.quantiles import CONSTANT
from simulation.model.random import key_of_draw, member_key_child
from simulation.model.renewal import list_factor, member_logit, set_due
from simulation.model.setbacks import clear_setback, open_setback
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
    P_PAST,
    P_PROBABILITY,
    P_SETBACK,
    P_TENURE,
    RENEWAL,
    World,
)  # fmt: skip
from simulation.model.tables import book_at, distribution_at, ledger_at, member_at, milestone_at, number_at, segment_at
from simulation.model.tally import N_OPEN, chain, log_row, stage_of
from simulation.model.triggers import mark_presence, mark_renewal, retime
from simulation.model.vector import course_of, set_velocity, start_vector

BUDGET = 10_000  # events of past lives that are tried for one member before one life is made to stay
MORE = 90_000  # further events when a life has come at least half the way: half way is the square root of all of it
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
    log_row(w, i, 0.0, K_PRESENT, -1, m.done)


@compiled
def contract_terms(w: World, b: int, joined: float) -> int:
    """Terms from joining to the row's renewal: its first renewal is at least half a term after joining."""
    row = book_at(w, b)
    term = segment_at(w, row.seg).term
    day = w.start_day + int(math.floor(row.renews_on))
    first = w.start_day + joined + 0.5 * term * MONTH
    n = 1
    while add_months(day, -n * term) >= first:
        n += 1
    return n


@compiled
def contract_of(w: World, b: int, joined: float) -> tuple[int, int]:
    """First day of a row's contract, and the number of terms from there to the row's renewal."""
    row = book_at(w, b)
    term = segment_at(w, row.seg).term
    if math.isnan(row.renews_on):  # a synthetic member: terms run from joining
        day = w.start_day + int(math.floor(joined))
        n = 1
        while add_months(day, n * term) <= w.start_day:
            n += 1
        return day, n
    n = contract_terms(w, b, joined)
    return add_months(w.start_day + int(math.floor(row.renews_on)), -n * term), n


@inlined
def set_contract(m: Any, day: int) -> None:
    """Set a member's contract, at its first term."""
    m.anchor_day = day
    m.anchor_fraction = 0.0
    m.anchor_terms = 0


@compiled
def is_missed(w: World, b: int) -> bool:
    """Whether the row's renewal date has passed, so that the member is in grace."""
    return book_at(w, b).renews_on < 0.0


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
def draw_past(w: World, i: int, b: int, joined: float) -> None:
    """Draw a member's life from joining until today, given that it is still a member (and its stated milestone).

    Exact by rejection: past lives are simulated with the model itself, without interventions, until one is still a
    member today. Survivors are better than joiners, in vector, journey and own renewal probability.
    """
    m = member_at(w, i)
    row = book_at(w, b)
    w.past = 1
    w.budget = BUDGET
    day, terms = contract_of(w, b, joined)
    attempt = 0
    furthest = joined
    more = MORE
    while True:
        if w.budget <= 0 and furthest > 0.5 * joined:
            w.budget += more
            more = 0
        stays = w.budget <= 0
        w.budget -= 20  # a life costs something even when nothing happens in it
        # a digest for each attempt took a twelfth of the time that pasts take
        blank_member(w, i, key_of_draw(w.seed, w.replication, row.key, P_PAST, np.uint32(attempt)), row.seg)
        lives = relive(w, i, b, joined, day, terms, stays)
        if stays:
            w.n_forced += 1
            break
        if lives and (row.milestone < -1 or is_stated(w, i, b)):
            break
        furthest = max(furthest, m.t)
        attempt += 1
    w.past = 0


@compiled
def relive(w: World, i: int, b: int, joined: float, day: int, n: int, stays: bool) -> bool:
    """Simulate one past life up to the start; False when it left before. With `stays` it never leaves.

    Its contract is of `n` terms from `day` to the row's renewal. A setback that its row states arrives on its day, and
    is still open today.
    """
    m = member_at(w, i)
    s = segment_at(w, m.seg)
    begin(w, i, joined)
    if stays:
        m.hazard_left = NEVER
    set_contract(m, day)
    set_due(w, i)
    settle(w, i, joined)
    missed = is_missed(w, b)
    ahead = -1  # a life that has passed the stated milestone cannot come back to it
    if s.cycle == 0 and book_at(w, b).milestone >= -1:
        ahead = book_at(w, b).milestone + 1
    opens = NEVER
    if not math.isnan(book_at(w, b).setback_on) and s.setback_life > 0.0:
        opens = book_at(w, b).setback_on
    while True:
        t, what = next_event(m)
        if opens < min(t, 0.0):
            sync(w, i, opens)
            clear_setback(w, i)
            open_setback(w, i, opens, NEVER)
            opens = NEVER
            continue
        if t >= 0.0 or w.overflow != 0:
            break
        w.budget -= 1
        if stays and what == RENEWAL and m.grace == 0 and m.anchor_terms == n - 1 and missed:
            sync(w, i, t)
            m.grace = 1
            m.t_renew = t + s.grace_length
            retime(m)
            continue
        terms = m.anchor_terms
        live(w, i, t, what)
        if not stays and ((ahead >= 0 and m.next > ahead) or (missed and m.anchor_terms > n - 1)):
            return False
        if m.present == 0:
            if not stays:
                return False
            m.present = 1
            start_clocks(w, i, t)
            m.hazard_left = NEVER
            m.anchor_terms = terms + 1
            m.last_renewal = t
            set_due(w, i)
            settle(w, i, t)
    renewed = not missed and not math.isnan(book_at(w, b).renews_on)  # its row states a renewal date to come
    if m.grace != 0 and renewed:
        if not stays:
            return False
        m.grace = 0
        m.terms += 1
        m.anchor_terms += 1
        set_due(w, i)
    sync(w, i, 0.0)
    return True


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


@inlined
def stated_place(w: World, b: int) -> tuple[int, int]:
    """Milestone ahead and cycle of a row that states the milestone reached last."""
    row = book_at(w, b)
    s = segment_at(w, row.seg)
    ahead, cycle = row.milestone + 1, row.cycle
    if ahead >= s.n_milestones and s.cycle != 0:
        return s.n_adoption + s.n_value, cycle + 1
    return ahead, cycle


@inlined
def is_stated(w: World, i: int, b: int) -> bool:
    """Whether a member is where its row says in its journey."""
    m = member_at(w, i)
    ahead, cycle = stated_place(w, b)
    return bool(m.next == ahead and m.cycle == cycle)


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

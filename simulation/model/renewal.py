"""Renewal at the end of each term: its probability at the vector before the decision, price, contraction, grace."""

from __future__ import annotations

import math

from simulation.model.dates import add_months
from simulation.model.draws import cents, draw, luck, luck_pair
from simulation.model.expansion import is_adopted, lift_at
from simulation.model.jit import compiled
from simulation.model.special import exp, log, logistic, logit
from simulation.model.state import (
    E_RENEWAL_LIFT,
    K_CONTRACTED,
    K_GRACE,
    K_RECOVERED,
    K_RENEWED,
    NEVER,
    P_CONTRACTION,
    P_GRACE,
    P_RENEWAL,
    World,
)  # fmt: skip
from simulation.model.tables import ledger_at, member_at, price_at, segment_at
from simulation.model.tally import (
    F_CONTRACTION,
    F_DUE,
    F_FIRST_LOST,
    F_FIRST_WON,
    F_GRACE,
    F_LOST,
    F_UPLIFT,
    F_WON,
    N_TERMS,
    add_flow,
    cell_of,
    change_arr,
    log_row,
)  # fmt: skip
from simulation.model.triggers import mark_renewal, renewal_number, retime
from simulation.model.vector import observed_velocity


@compiled
def anchor(w: World, i: int, t: float) -> None:
    """Start a member's contract at `t`: terms are calendar months from that day, at that hour."""
    m = member_at(w, i)
    day = math.floor(t)
    m.anchor_day = w.start_day + int(day)
    m.anchor_fraction = t - day
    m.anchor_terms = 0


@compiled
def set_due(w: World, i: int) -> None:
    """Set the coming due date: whole terms from the anchor date, the day clipped to its month."""
    m = member_at(w, i)
    months = (m.anchor_terms + 1) * segment_at(w, m.seg).term
    m.due = float(add_months(m.anchor_day, months) - w.start_day) + m.anchor_fraction
    m.t_renew = max(m.due, m.last_renewal)  # a grace that outlasts the term ends after the next due date
    retime(m)
    if w.past == 0:
        mark_renewal(w, i)


@compiled
def price_factor(w: World, i: int, t: float) -> float:
    """Factor on a member's ARR if it renews at `t`: dated changes since its last price, and a term's uplift."""
    m = member_at(w, i)
    s = segment_at(w, m.seg)
    factor = 1.0
    for p in range(s.first_price, s.first_price + s.n_prices):
        change = price_at(w, p)
        if change.grandfather == 0 and m.price_t < change.day <= t:
            factor *= change.factor
    if s.uplift != 0.0:
        for _ in range(s.term // 12):
            factor *= 1.0 + s.uplift
        if s.term % 12 != 0:
            factor *= exp(log(1.0 + s.uplift) * ((s.term % 12) / 12.0))
    return factor


@compiled
def list_factor(w: World, seg: int, t: float) -> float:
    """Factor on the ARR of those who join at `t`: every dated price change so far."""
    s = segment_at(w, seg)
    factor = 1.0
    for p in range(s.first_price, s.first_price + s.n_prices):
        if price_at(w, p).day <= t:
            factor *= price_at(w, p).factor
    return factor


@compiled
def renewal_logit(w: World, i: int, velocity: float) -> float:
    """Logit of renewing at a velocity, without price and lifts."""
    m = member_at(w, i)
    s = segment_at(w, m.seg)
    x = m.logit_p + s.sensitivity * (velocity - s.reference)
    if not is_adopted(m, s):
        x -= s.not_adopted
    if m.last_recognised < m.last_renewal and not (m.need == NEVER and velocity > 0.0):
        x -= s.no_value
    if m.escalated != 0:
        x -= s.escalation
    return x


@compiled
def renewal_probability(w: World, i: int, t: float) -> float:
    """Chance that a member renews at `t`, at its true vector before the decision."""
    m = member_at(w, i)
    s = segment_at(w, m.seg)
    x = renewal_logit(w, i, m.vel)
    if w.past == 0:
        x += s.response_renewal * (price_factor(w, i, t) - 1.0) / 0.1
        x += lift_at(w, i, E_RENEWAL_LIFT, -1, t)
    return logistic(x)


@compiled
def risk(w: World, i: int) -> float:
    """Risk of a member: 1 - P(renew) at the observed vector, without price and lifts."""
    return 1.0 - logistic(renewal_logit(w, i, observed_velocity(w, i)))


@compiled
def decide_renewal(w: World, i: int, t: float) -> bool:
    """Decide what is due at `t`, a renewal or the end of a grace; True when the member leaves now."""
    m = member_at(w, i)
    s = segment_at(w, m.seg)
    if m.grace != 0:
        m.grace = 0
        add_flow(w, m.seg, cell_of(w, t), F_GRACE, -1)
        if luck(w, m.key, P_GRACE, renewal_number(m)) < s.grace_recovery:
            renew(w, i, t, K_RECOVERED)
            return False
        count_renewal(w, i, False)
        return True
    m.due_cell = cell_of(w, t)
    add_flow(w, m.seg, m.due_cell, F_DUE, 1)
    if luck(w, m.key, P_RENEWAL, renewal_number(m)) < renewal_probability(w, i, t):
        renew(w, i, t, K_RENEWED)
        return False
    if s.grace_length > 0.0:
        m.grace = 1
        m.t_renew = t + s.grace_length
        retime(m)
        add_flow(w, m.seg, cell_of(w, t), F_GRACE, 1)
        log_row(w, i, t, K_GRACE, -1, m.done)
        return False
    count_renewal(w, i, False)
    return True


@compiled
def count_renewal(w: World, i: int, won: bool) -> None:
    """Count a decided renewal in the cell of its due date and under its number among the member's decisions.

    Lost ones are numbered, too, so a contract after a return goes on where the last one ended; the first renewal is
    the first decision of a member who has never left.

    Only renewals that are due within the horizon, with their grace, are counted: near its end a loss is not known yet
    while a win is, and of those in grace at the start the wins are not in the book's lapsed. What ends with the
    horizon ends after it.
    """
    m = member_at(w, i)
    number = m.terms
    m.terms = number + 1
    ends = max(m.due, m.last_renewal) + segment_at(w, m.seg).grace_length
    if w.past != 0 or m.due < 0.0 or ends >= w.end:
        return
    column = F_LOST
    first = F_FIRST_LOST
    if won:
        column = F_WON
        first = F_FIRST_WON
    add_flow(w, m.seg, m.due_cell, column, 1)
    if number == 0 and m.spell == 0:
        add_flow(w, m.seg, m.due_cell, first, 1)
    ledger_at(w, w.o_terms + (m.seg * N_TERMS + min(number, N_TERMS - 1)) * 2 + (0 if won else 1)).n += 1


@compiled
def renew(w: World, i: int, t: float, kind: int) -> None:
    """Renew a member for another term from its anchor: price first, then a possible contraction."""
    m = member_at(w, i)
    s = segment_at(w, m.seg)
    count_renewal(w, i, True)
    number = renewal_number(m)
    factor = 1.0
    if w.past == 0:
        factor = price_factor(w, i, t)
    m.anchor_terms += 1
    if factor != 1.0:
        change_arr(w, i, t, F_UPLIFT, cents(m.arr * factor) - m.arr, 1)
    m.price_t = t
    log_row(w, i, t, kind, -1, m.done)
    if s.contraction_share >= 0 and w.past == 0:
        u, v = luck_pair(w, m.key, P_CONTRACTION, number)
        x = s.contraction_logit - s.contraction_sensitivity * (m.vel - s.reference)
        x += s.response_contraction * (factor - 1.0) / 0.1
        if u < logistic(x):
            lost = min(max(0, cents(m.arr * draw(w, s.contraction_share, v))), m.arr)
            change_arr(w, i, t, F_CONTRACTION, lost, -1)
            log_row(w, i, t, K_CONTRACTED, -1, m.done)
    m.last_renewal = t
    set_due(w, i)


@compiled
def member_logit(w: World, seg: int, u: float) -> float:
    """Logit of a member's own renewal probability, the quantile at `u` limited to [0, 1]."""
    return logit(min(1.0, max(0.0, draw(w, segment_at(w, seg).probability_dist, u))))

"""The renewals of a past life, drawn first: its own probability, its luck, and its pace on the eve of each.

The eve of a renewal is the last interaction before it: its vector is the one that the decision reads. Pace is an
Ornstein-Uhlenbeck process that nothing else touches in a past without interventions, so its values on the eves can be
drawn first, and those between them afterwards, given both ends (`ahead.look_ahead_in_past`). No velocity is beyond the
pace; a life that would not renew at its pace straight at its outcome, adopted, with its value recognised and nothing
open, does not renew. Measured on the association: 45% of the lives that are tried end so, each at the cost of a few
events.
"""

from __future__ import annotations

import math

import numpy as np

from simulation.model.ahead import AFAR, bridge
from simulation.model.dates import add_months
from simulation.model.draws import exponential
from simulation.model.jit import compiled
from simulation.model.random import uniform64, uniform_pair, uniform_times_and_two
from simulation.model.renewal import member_logit
from simulation.model.special import exp, logistic, ndtri, ndtri_of_draw
from simulation.model.state import (
    EVES,
    NEVER,
    P_GRACE,
    P_INTERACTION,
    P_LAST,
    P_PROBABILITY,
    P_RENEWAL,
    P_START,
    Key,
    World,
)  # fmt: skip
from simulation.model.tables import book_at, eve_at, member_at, segment_at
from simulation.model.vector import set_velocity

SHORTEST_MONTH = 28.0
ENDLESS_MEMORY = 1e9  # days; beyond, the correlation over a gap may be rounded to 1


@compiled
def note_renewals(w: World, b: int, day: int, terms: int) -> None:
    """Note the renewals that lie behind a row's member, of a contract of `terms` terms from `day` to the row's renewal.

    None where the pace does not limit the chance of renewing (a penalty below 0), or where the next term may be over
    before a grace is.
    """
    w.n_renewals = 0
    s = segment_at(w, book_at(w, b).seg)
    if min(s.not_adopted, min(s.no_value, s.escalation)) < 0.0 or not s.mag_memory < ENDLESS_MEMORY:
        return
    if s.grace_length >= SHORTEST_MONTH * s.term:
        return
    n = 0
    while n < EVES and n + 1 < terms:
        due = float(add_months(day, (n + 1) * s.term) - w.start_day)
        if due >= 0.0:
            break
        eve_at(w, n).renewal = due
        n += 1
    w.n_renewals = n


@compiled
def foresee(w: World, key: Key, seg: int, joined: float) -> float:
    """Look at a life's renewals before it is lived; the one that it cannot outlive, or never if it may stay.

    A renewal needs a look when its luck asks for more than a pace of 0; for those the eves are drawn, one by one.
    """
    s = segment_at(w, seg)
    w.n_eves = 0
    if w.n_renewals == 0:
        return NEVER
    logit_p = member_logit(w, seg, uniform64(w.seed, w.replication, key, P_PROBABILITY, np.uint32(0)))
    standing = logistic(logit_p - s.sensitivity * s.reference)
    logmag = 0.0
    since = joined
    begins = joined
    for k in range(w.n_renewals):
        number = np.uint32(k + 1)  # a life's renewals are numbered from 1
        luck = uniform64(w.seed, w.replication, key, P_RENEWAL, number)
        if luck < standing:
            continue
        n = w.n_eves
        if n == 0:
            _, v = uniform_pair(w.seed, w.replication, key, P_START, np.uint32(0))
            logmag = s.mag_log + s.mag_spread * ndtri(v)
        u, z, _ = uniform_times_and_two(w.seed, w.replication, key, P_LAST, number)
        due = eve_at(w, k).renewal
        eve = due - exponential(s.interaction_gap, u)
        if eve > begins:
            r = exp(-(eve - since) / s.mag_memory)
            logmag = s.mag_log + r * (logmag - s.mag_log) + s.mag_spread * math.sqrt(1.0 - r * r) * ndtri_of_draw(z)
            since = eve
        else:
            eve = -NEVER
        begins = due
        eve_at(w, n).due = due
        eve_at(w, n).time = eve
        eve_at(w, n).logmag = logmag
        w.n_eves = n + 1
        best = exp(logmag) if s.sensitivity >= 0.0 else -exp(logmag)
        if luck < logistic(logit_p + s.sensitivity * (best - s.reference)):
            continue
        if s.grace_length == 0.0:
            return due
        if due + s.grace_length >= 0.0:
            continue
        if uniform64(w.seed, w.replication, key, P_GRACE, number) >= s.grace_recovery:
            return due
    return NEVER


@compiled
def leap(w: World, i: int, t: float) -> None:
    """Bring a past life to `t` by its last interaction before it, when those since `w.followed` were not followed."""
    m = member_at(w, i)
    s = segment_at(w, m.seg)
    u, y, z = uniform_times_and_two(w.seed, w.replication, m.key, P_INTERACTION, m.n_inter)
    m.n_inter += np.uint32(1)
    last = t - exponential(s.interaction_gap, u)
    rest = AFAR
    goal = 0.0
    k = 0
    while k < w.n_eves and eve_at(w, k).due < t:
        k += 1
    if k < w.n_eves:
        eve = eve_at(w, k).time
        if t > eve:
            last = eve
        if last <= eve:
            rest = eve - last
            goal = eve_at(w, k).logmag
    if last > w.followed:
        dt = last - m.last_inter
        x = exp(-dt / s.dir_memory)
        m.base = x * m.base + (s.dir_typical * (1.0 - x) + s.dir_spread * math.sqrt(1.0 - x * x) * ndtri_of_draw(y))
        m.kick *= x
        stay, pull, spread = bridge(exp(-dt / s.mag_memory), exp(-rest / s.mag_memory))
        m.logmag = (
            s.mag_log * (1.0 - stay - pull) + stay * m.logmag + pull * goal + s.mag_spread * spread * ndtri_of_draw(z)
        )
        m.last_inter = last
        set_velocity(m)
    w.followed = t

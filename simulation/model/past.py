"""The past of today's members: lives from joining until the start, drawn until one fits what a row of the book says.

Exact by rejection: past lives are simulated with the model itself, without interventions, until one is still a member
today, and where its row says in its journey. Survivors are better than joiners, in vector, journey and own renewal
probability. Two things make it cheap, and change no law. The renewals of a life are looked at first (`past_renewals`),
for most lives cannot outlive them at any direction; and where nothing asks for a member's interactions one by one,
because its journey is complete, only the last one before its vector is read is drawn.
"""

from __future__ import annotations

import math
from typing import Any

import numpy as np

from simulation.model.ahead import (
    BASE,
    KICK,
    LOGMAG,
    PACE,
    TIME,
    VELOCITY,
    look_ahead_in_past,
    next_in_past,
    place_ahead,
)  # fmt: skip
from simulation.model.dates import add_months
from simulation.model.jit import compiled, inlined
from simulation.model.journey import SURELY, aim_until, settle, sync
from simulation.model.life import live, next_event
from simulation.model.membership import begin, blank_member, start_clocks
from simulation.model.past_renewals import foresee, leap, note_renewals
from simulation.model.random import key_of_draw
from simulation.model.renewal import set_due
from simulation.model.setbacks import clear_setback, open_setback
from simulation.model.state import AHEAD, ESCALATION, MONTH, NEVER, P_PAST, PER_DAY, RENEWAL, SHIFT, World
from simulation.model.tables import book_at, member_at, number_from, segment_at, tried_at
from simulation.model.triggers import retime

BUDGET = 10_000  # events of past lives that are tried for one member before one life is made to stay
MORE = 90_000  # further events when a life has come at least half the way: half way is the square root of all of it
LIFE, LOOK = 20, 4  # what a life costs in which nothing happens, and what a look at its renewals costs


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
def draw_past(w: World, i: int, b: int, joined: float) -> None:
    """Draw a member's life from joining until today, given that it is still a member (and its stated milestone)."""
    w.past = 1
    day, terms = contract_of(w, b, joined)
    note_renewals(w, b, day, terms)
    if w.recalls == 0 or not recall(w, i, b, joined, day, terms):
        tried_at(w, b).n = search(w, i, b, joined, day, terms)
    if tried_at(w, b).n < 0:
        w.n_forced += 1
    w.past = 0


@compiled
def search(w: World, i: int, b: int, joined: float, day: int, terms: int) -> int:
    """Try one life after the other until one fits; its number, or -1 less its number when it was made to stay."""
    w.budget = BUDGET
    attempt = 0
    furthest = joined
    more = MORE
    while True:
        if w.budget <= 0 and furthest > 0.5 * joined:
            w.budget += more
            more = 0
        if w.budget <= 0:
            try_life(w, i, b, joined, day, terms, attempt, True)
            return -1 - attempt
        w.budget -= LOOK
        ends = foresee(w, life_key(w, b, attempt), book_at(w, b).seg, joined)
        if ends == NEVER:
            w.budget -= LIFE
            if try_life(w, i, b, joined, day, terms, attempt, False):
                return attempt
            ends = member_at(w, i).t
        furthest = max(furthest, ends)
        attempt += 1


@compiled
def recall(w: World, i: int, b: int, joined: float, day: int, terms: int) -> bool:
    """Live the life again that is known to stay."""
    known = tried_at(w, b).n
    if known < 0:
        return try_life(w, i, b, joined, day, terms, -1 - known, True)
    foresee(w, life_key(w, b, known), book_at(w, b).seg, joined)
    return try_life(w, i, b, joined, day, terms, known, False)


@inlined
def life_key(w: World, b: int, attempt: int) -> Any:
    """Key of a life that is tried; a digest for each took a twelfth of the time that pasts take."""
    return key_of_draw(w.seed, w.replication, book_at(w, b).key, P_PAST, np.uint32(attempt))


@compiled
def try_life(w: World, i: int, b: int, joined: float, day: int, terms: int, attempt: int, stays: bool) -> bool:
    """Live one past life, after `foresee`; whether it fits the row. With `stays` it never leaves, and always fits."""
    if stays:
        w.n_eves = 0
    blank_member(w, i, life_key(w, b, attempt), book_at(w, b).seg)
    lives = relive(w, i, b, joined, day, terms, stays)
    return stays or (lives and (book_at(w, b).milestone < -1 or is_stated(w, i, b)))


@compiled
def relive(w: World, i: int, b: int, joined: float, day: int, n: int, stays: bool) -> bool:
    """Simulate one past life up to the start; False when it left before. With `stays` it never leaves.

    Its contract is of `n` terms from `day` to the row's renewal. A setback that its row states arrives on its day, and
    is still open today.
    """
    m = member_at(w, i)
    s = segment_at(w, m.seg)
    begin(w, i, joined)
    m.t_inter, _ = next_in_past(w, 0, joined, m.t_inter - joined)
    w.followed = NEVER
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
        if m.need == NEVER and w.followed == NEVER and m.hazard_rate == 0.0:
            w.followed = m.t
            m.t_inter = NEVER
        if m.hazard_now == 0.0:
            stride(w, i, min(min(m.t_rare, opens), 0.0))
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
        if w.followed < t and what in (RENEWAL, SHIFT, ESCALATION):
            leap(w, i, t)
        live(w, i, t, what)
        if not stays and ((ahead >= 0 and m.next > ahead) or (missed and m.anchor_terms > n - 1)):
            return False
        if m.present == 0:
            if not stays:
                return False
            m.present = 1
            start_clocks(w, i, t)
            w.followed = NEVER
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
    if w.followed < 0.0:
        leap(w, i, 0.0)
    sync(w, i, 0.0)
    return True


@compiled
def stride(w: World, i: int, stop: float) -> None:
    """Go through a past life's interactions before `stop` in one go, as far as no milestone is hit between them.

    Nothing but progress happens there. One by one, as `life.interact` takes them, they were most of what a past cost.
    """
    m = member_at(w, i)
    if m.t_inter >= stop:
        return
    a = w.at_ahead
    while m.t_inter < stop:
        n = place_ahead(w, m, m.t_inter)
        if n < 0:
            n = look_ahead_in_past(w, i, m.t_inter)
        first = n
        before = m.t
        done = m.done
        need = m.need
        velocity = m.vel
        t = m.t_inter
        while n < AHEAD and t < stop:
            work = velocity * ((t - before) * PER_DAY)
            if work >= (need - done) * SURELY:
                break
            done = max(0.0, done + work) if need < NEVER else done
            before = t
            velocity = number_from(a, VELOCITY + n).x
            n += 1
            t = number_from(a, TIME + n + 1).x
        if n == first:
            break
        w.budget -= n - first
        m.n_inter += np.uint32(n - first)
        m.t = before
        m.last_inter = before
        m.t_inter = t
        m.done = done
        m.base = number_from(a, BASE + n).x
        m.kick = number_from(a, KICK + n).x
        m.logmag = number_from(a, LOGMAG + n).x
        m.pace = number_from(a, PACE + n - 1).x
        m.vel = velocity
        if n < AHEAD:
            break
    aim_until(w, i, m.t_inter)

"""The journey in steps of a thirtieth of a month, in NumPy: what models of the kind of Starsim or Vivarium do.

In each step all members move, some interact (at most once), milestones and renewals that fall into the step are
counted, and the team goes on with its calls. What happens within a step has no order.
"""

from __future__ import annotations

import math
import time

import numpy as np

from tests.benchmarks.journey.record import Record
from tests.benchmarks.journey.specification import MONTH, Journey, Start

STEP = MONTH / 30.0


def run(journey: Journey, start: Start, seed: int) -> Record:
    """Simulate the journey."""
    before = time.process_time()
    rng = np.random.default_rng(seed)
    n = journey.members
    base, logmag, kick = start.direction.copy(), start.log_magnitude.copy(), np.zeros(n)
    velocity = np.exp(logmag) * np.cos(base)
    talked = np.maximum(start.joined, -rng.exponential(MONTH / journey.per_month, n))
    medians = np.array([*journey.work, np.inf])
    ahead = np.zeros(n, np.int64)
    done = np.zeros(n)
    need = medians[0] * np.exp(journey.work_spread * rng.standard_normal(n))
    present, waiting = np.ones(n, bool), np.zeros(n, bool)
    asked = np.full(n, -np.inf)
    years = np.zeros(n, np.int64)
    due_on = np.concatenate([start.renewals, np.full((n, 1), np.inf)], 1)
    due = due_on[:, 0].copy()
    chance = -math.expm1(-STEP * journey.per_month / MONTH)
    take, renewal = (math.log(p / (1.0 - p)) for p in (journey.take, journey.renewal))
    queue = np.zeros(0, np.int64)  # who waits, in order
    work = np.zeros(0)  # days of work that each of these still is
    waits: list[np.ndarray] = []
    interactions = taken = n_due = renewed = requested = ended = withdrawn = 0
    reached = np.zeros(len(journey.work), np.int64)
    busy = 0.0
    for step in range(round(journey.days / STEP)):
        now = (step + 1) * STEP
        # progress and milestones
        moving = np.flatnonzero(present & (ahead < len(journey.work)))
        done[moving] = np.maximum(0.0, done[moving] + velocity[moving] * (STEP / MONTH))
        hit = moving[done[moving] >= need[moving]]
        if len(hit):
            reached += np.bincount(ahead[hit], minlength=len(reached))
            logit = take + journey.take_sensitivity * (velocity[hit] - journey.reference)
            taken += int((rng.random(len(hit)) * (1.0 + np.exp(-logit)) < 1.0).sum())
            ahead[hit] += 1
            done[hit] = 0.0
            need[hit] = medians[ahead[hit]] * np.exp(journey.work_spread * rng.standard_normal(len(hit)))
        # interactions
        who = np.flatnonzero(present & (rng.random(n) < chance))
        interactions += len(who)
        dt = now - talked[who]
        x, y = np.exp(-dt / journey.memory), np.exp(-dt / journey.magnitude_memory)
        base[who] = (
            journey.typical
            + x * (base[who] - journey.typical)
            + journey.spread * np.sqrt(1.0 - x * x) * rng.standard_normal(len(who))
        )
        kick[who] *= x
        logmag[who] = y * logmag[who] + journey.magnitude_spread * np.sqrt(1.0 - y * y) * rng.standard_normal(len(who))
        talked[who] = now
        velocity[who] = np.exp(logmag[who]) * np.cos(base[who] + kick[who])
        # requests
        off = np.abs(base[who] + kick[who]) >= journey.off_course
        asks = who[off & ~waiting[who] & (now >= asked[who] + journey.cooldown)]
        waiting[asks], asked[asks] = True, now
        requested += len(asks)
        queue = np.concatenate([queue, asks])
        work = np.concatenate([work, journey.effort * np.exp(journey.effort_spread * rng.standard_normal(len(asks)))])
        # renewals
        up = np.flatnonzero(present & (due <= now))
        if len(up):
            n_due += len(up)
            logit = renewal + journey.renewal_sensitivity * (velocity[up] - journey.reference)
            stays = rng.random(len(up)) * (1.0 + np.exp(-logit)) < 1.0
            renewed += int(stays.sum())
            present[up[~stays]] = False
            years[up] += 1
            due[up] = due_on[up, years[up]]
        # the team: everybody works on one call until it is over, and takes the next at the next step
        withdrawn += int((~present[queue[journey.people :]]).sum())
        stay = np.ones(len(queue), bool)
        stay[journey.people :] = present[queue[journey.people :]]
        queue, work = queue[stay], work[stay]
        at_work = slice(0, journey.people)
        fresh = queue[at_work][waiting[queue[at_work]]]
        waits.append(now - asked[fresh])
        waiting[fresh] = False
        busy += float(np.minimum(work[at_work], STEP).sum())
        work[at_work] -= STEP
        over = work <= 0.0
        over[journey.people :] = False
        called = queue[over]
        ended += len(called)
        queue, work = queue[~over], work[~over]
        called = called[present[called]]
        kick[called] -= journey.share * (base[called] + kick[called])
        velocity[called] = np.exp(logmag[called]) * np.cos(base[called] + kick[called])
    wait = np.concatenate(waits)
    return Record(
        cpu=time.process_time() - before,
        interactions=interactions,
        reached=tuple(int(count) for count in reached),
        taken=taken,
        due=n_due,
        renewed=renewed,
        requested=requested,
        waits=wait,
        busy=busy / (journey.days * journey.people),
        events=int(interactions + 3 * reached.sum() + n_due + requested + withdrawn + len(wait) + ended),
    )

"""The success vector: its base redrawn at interactions, the kick of all that turns a member, and its velocity.

The base direction and the log magnitude are Ornstein-Uhlenbeck processes seen only at the member's interactions
(exact transition law, so no time step): base' = typical + r (base - typical) + spread sqrt(1 - r^2) z with
r = exp(-dt / memory). What turns a member adds to one kick, which fades by the same r at interactions.
"""

from __future__ import annotations

import math
from typing import Any

import numpy as np

from simulation.model.jit import compiled, inlined
from simulation.model.random import uniform_pair
from simulation.model.special import cos, exp, ndtri
from simulation.model.state import P_NOISE, P_START, World
from simulation.model.tables import member_at, segment_at
from simulation.model.tally import F_ON_TRACK, add_flow, cell_of

DRIFTING = math.radians(45.0)
AWAY = math.radians(90.0)


@inlined
def set_velocity(m: Any) -> None:
    """Recompute magnitude and velocity of a member record from base, kick, log magnitude and factors."""
    m.pace = exp(m.logmag) * m.factor
    m.vel = m.pace * cos(m.base + m.kick)


@compiled
def start_vector(w: World, i: int) -> None:
    """Draw a member's base from its stationary law, without a kick."""
    m = member_at(w, i)
    s = segment_at(w, m.seg)
    u, v = uniform_pair(w.seed, w.replication, m.key, P_START, np.uint32(0))
    m.base = s.dir_typical + s.dir_spread * ndtri(u)
    m.kick = 0.0
    m.logmag = s.mag_log + s.mag_spread * ndtri(v)
    m.factor = 1.0
    set_velocity(m)


@inlined
def redraw(m: Any, s: Any, dt: float, z_direction: float, z_magnitude: float) -> None:
    """Redraw a member's base after `dt` days with two standard normal draws, and let the kick fade."""
    x = exp(-dt * (1.0 / s.dir_memory))
    m.base = x * m.base + (s.dir_typical * (1.0 - x) + s.dir_spread * math.sqrt(1.0 - x * x) * z_direction)
    m.kick *= x
    y = exp(-dt * (1.0 / s.mag_memory))
    m.logmag = y * m.logmag + (s.mag_log * (1.0 - y) + s.mag_spread * math.sqrt(1.0 - y * y) * z_magnitude)
    set_velocity(m)


@inlined
def observe(w: World, i: int) -> None:
    """Look at a member: the errors of observation are those of its last interaction, drawn when somebody looks."""
    m = member_at(w, i)
    s = segment_at(w, m.seg)
    if s.noise_dir > 0.0 or s.noise_mag > 0.0:
        draw_noise(w, m, s)


@compiled
def draw_noise(w: World, m: Any, s: Any) -> None:
    """Draw the errors of observation that hold until the next interaction, unless they are drawn."""
    look = m.n_inter + np.uint32(1)
    if m.seen != look:
        m.seen = look
        u, v = uniform_pair(w.seed, w.replication, m.key, P_NOISE, m.n_inter)
        m.noise_dir = s.noise_dir * ndtri(u)
        m.noise_mag = s.noise_mag * ndtri(v)


@inlined
def observed_direction(w: World, i: int) -> float:
    """Direction as the organisation sees it, radians."""
    m = member_at(w, i)
    observe(w, i)
    direction: float = m.base + m.kick + m.noise_dir
    return direction


@compiled
def observed_usage(w: World, i: int) -> float:
    """Magnitude as the organisation sees it: what activity data show."""
    m = member_at(w, i)
    observe(w, i)
    usage: float = m.pace * exp(m.noise_mag)
    return usage


@compiled
def observed_velocity(w: World, i: int) -> float:
    """Velocity at the observed vector, pace-months per month."""
    return observed_usage(w, i) * cos(observed_direction(w, i))


@compiled
def turn_away(m: Any, angle: float) -> None:
    """Turn a member away by `angle` (radians) on the side where it is, not beyond 180 degrees."""
    direction = m.base + m.kick
    room = max(0.0, math.pi - abs(direction))
    if direction >= 0.0:
        m.kick += min(angle, room)
    else:
        m.kick -= min(angle, room)
    set_velocity(m)


@compiled
def turn_toward(m: Any, share: float) -> None:
    """Take `share` of a member's angle away, all of it at most; a negative share backfires and turns it away."""
    if share < 0.0:
        turn_away(m, -share * abs(m.base + m.kick))
    else:
        m.kick -= min(share, 1.0) * (m.base + m.kick)
        set_velocity(m)


@inlined
def course_of(m: Any) -> int:
    """Course of a member: 0 on track, 1 drifting, 2 away."""
    off = abs(m.base + m.kick)
    if off < DRIFTING:
        return 0
    return 1 if off < AWAY else 2


@inlined
def set_course(w: World, i: int, t: float) -> None:
    """Book whether a member is on track, drifting or away when that changed."""
    m = member_at(w, i)
    course = course_of(m)
    if course != m.course:
        cell = cell_of(w, t)
        add_flow(w, m.seg, cell, F_ON_TRACK + m.course, -1)
        add_flow(w, m.seg, cell, F_ON_TRACK + course, 1)
        m.course = course

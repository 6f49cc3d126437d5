"""Interactions computed ahead, sixteen at a time, are bit for bit those that one call after the other makes."""

from __future__ import annotations

import numba
import numpy as np
import pytest

from simulation.engine.plan import make_plan
from simulation.engine.world import Memory, Room
from simulation.model.ahead import BASE, KICK, LOGMAG, PACE, TIME, VELOCITY, look_ahead, place_ahead
from simulation.model.membership import new_member
from simulation.model.random import uniform_times_and_two
from simulation.model.special import cos, cos_of_direction, exp, log, log_of_draw, ndtri, ndtri_of_draw
from simulation.model.state import AHEAD, P_INTERACTION
from simulation.model.vector import redraw, set_velocity
from simulation.scenario import from_mapping
from tests.futures import scenario, segment

KEY = np.uint64(0xFEDCBA9876543210)


@numba.njit
def both(words: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    one, other = np.empty(len(words)), np.empty(len(words))
    for n in range(len(words)):
        u = (words[n] + 0.5) * 2.3283064365386963e-10
        one[n], other[n] = ndtri(u), ndtri_of_draw(u)
    return one, other


def test_normal_quantiles_without_branches_have_the_same_bits() -> None:
    """At every word near the ends, the middle and the two borders of the formula, and at a million others."""
    last = 2**32 - 1
    borders = [int(x * 2**32) for x in (0.075, 0.5, 0.925)]
    near = [np.arange(max(0, x - 5000), min(last, x + 5000) + 1) for x in (0, *borders, last)]
    words = np.concatenate([*near, np.random.default_rng(1).integers(0, last, 1_000_000)]).astype(np.float64)
    one, other = both(words)
    assert np.array_equal(one.view(np.int64), other.view(np.int64))


def test_logarithms_without_branches_have_the_same_bits() -> None:
    for u in (2.0**-53, 1e-9, 0.3, 0.5, 0.75, 1.0 - 2.0**-53):
        assert log(u) == log_of_draw(u)


def test_cosines_without_branches_have_the_same_bits() -> None:
    for x in np.random.default_rng(1).normal(0.0, 20.0, 1000):
        assert cos(x) == cos_of_direction(x)


@pytest.fixture(scope="module")
def memory() -> Memory:
    """A world with one member that has a vector, a kick and a factor."""
    vector = {
        "direction": {"typical": "35 deg", "spread": "35 deg", "memory": "4 months"},
        "magnitude": {"typical": 1.2, "spread": 0.4, "memory": "7 months"},
        "interactions": "3 per month",
    }
    plan = make_plan(from_mapping(scenario(days=30, segment=segment(vector=vector))))
    memory = Memory(plan, Room.for_plan(plan, log=False))
    memory.start(7, 3, log=False)
    return memory


def set_out(memory: Memory, number: int) -> np.void:
    """Put the member before its interaction of that number."""
    new_member(memory.world, 0, KEY, 0)
    m: np.void = memory.arrays["member"][0]
    m["base"], m["kick"], m["logmag"], m["factor"] = 0.9, -0.4, 0.2, 1.3
    m["last_inter"], m["t_inter"], m["n_inter"] = 3.25, 11.5, number
    set_velocity(m)
    return m


def step(memory: Memory, m: np.void) -> None:
    """Let the member's next interaction happen, by one draw after the other."""
    s, t, number = memory.arrays["segment"][0], float(m["t_inter"]), int(m["n_inter"])
    u, y, z = uniform_times_and_two(7, 3, KEY, P_INTERACTION, number)
    redraw(m, s, t - m["last_inter"], ndtri(y), ndtri(z))
    m["last_inter"], m["t_inter"], m["n_inter"] = t, t - s["interaction_gap"] * log(u), (number + 1) % 2**32


@pytest.mark.parametrize("first", [0, 5, 2**32 - 3])
def test_what_is_ahead_is_what_happens(memory: Memory, first: int) -> None:
    """Every place holds what single steps lead to, and is known as the member's own as long as nothing else comes."""
    m, row = set_out(memory, first), memory.arrays["ahead"]["x"]
    look_ahead(memory.world, 0, m["t_inter"])
    for n in range(AHEAD):
        assert place_ahead(memory.world, m, m["t_inter"]) == n
        step(memory, m)
        assert [row[BASE + n + 1], row[KICK + n + 1], row[LOGMAG + n + 1]] == [m["base"], m["kick"], m["logmag"]]
        assert [row[PACE + n], row[VELOCITY + n]] == [m["pace"], m["vel"]]
        assert [row[TIME + n + 1], row[TIME + n + 2]] == [m["last_inter"], m["t_inter"]]
    assert place_ahead(memory.world, m, m["t_inter"]) == -1


@pytest.mark.parametrize("field", ["key", "base", "kick", "logmag", "factor", "last_inter", "t_inter", "n_inter"])
def test_what_is_ahead_of_another_vector_is_not_used(memory: Memory, field: str) -> None:
    m = set_out(memory, 0)
    look_ahead(memory.world, 0, m["t_inter"])
    step(memory, m)
    m[field] += m[field].dtype.type(1)
    assert place_ahead(memory.world, m, m["t_inter"]) == -1


@pytest.mark.parametrize("place", [0, 1, 9, AHEAD - 1])
def test_a_turn_or_a_factor_changes_what_is_ahead(memory: Memory, place: int) -> None:
    """After it the rest is computed again, and is what single steps lead to."""
    m, row = set_out(memory, 0), memory.arrays["ahead"]["x"]
    look_ahead(memory.world, 0, m["t_inter"])
    for _ in range(place):
        step(memory, m)
    m["kick"], m["factor"] = m["kick"] + 0.7, 1.1
    set_velocity(m)
    assert place_ahead(memory.world, m, m["t_inter"]) == -1
    assert look_ahead(memory.world, 0, m["t_inter"]) == place
    for n in range(place, AHEAD):
        assert place_ahead(memory.world, m, m["t_inter"]) == n
        step(memory, m)
        assert [row[KICK + n + 1], row[PACE + n], row[VELOCITY + n]] == [m["kick"], m["pace"], m["vel"]]


def test_it_does_not_matter_where_a_look_ahead_begins(memory: Memory) -> None:
    m, row = set_out(memory, 0), memory.arrays["ahead"]["x"]
    look_ahead(memory.world, 0, m["t_inter"])
    last = row[[BASE + AHEAD, LOGMAG + AHEAD, TIME + AHEAD]].copy()
    for _ in range(3):
        step(memory, m)
    memory.world["ahead_left"] = 0  # forgotten
    assert look_ahead(memory.world, 0, m["t_inter"]) == 0
    n = AHEAD - 3
    assert row[[BASE + n, LOGMAG + n, TIME + n]].tolist() == last.tolist()


def test_exponentials_keep_their_limits() -> None:
    assert [exp(x) for x in (-np.inf, -746.0, 710.0, np.inf)] == [0.0, 0.0, np.inf, np.inf]
    assert np.isnan(exp(np.nan))

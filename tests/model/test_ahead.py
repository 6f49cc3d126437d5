"""Draws made ahead, eight at a time, are bit for bit those that one call makes."""

from __future__ import annotations

import numba
import numpy as np

from simulation.model.ahead import draw_ahead
from simulation.model.random import uniform_times_and_two
from simulation.model.special import log, log_of_draw, ndtri, ndtri_of_draw
from simulation.model.state import AHEAD, P_INTERACTION, WORLD


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


def test_draws_ahead_are_those_of_their_numbers() -> None:
    header = np.zeros(1, WORLD)
    drawn = np.full(3 * AHEAD, np.nan)
    world = header[0]
    world["seed"], world["replication"], world["at_ahead"] = 7, 3, drawn.ctypes.data
    key = np.uint64(0xFEDCBA9876543210)
    for first in (0, 5, 2**32 - 3):
        draw_ahead(world, key, first)
        assert (int(world["ahead_key"]), int(world["ahead_first"]), int(world["ahead_left"])) == (key, first, AHEAD)
        for n in range(AHEAD):
            u, a, b = uniform_times_and_two(7, 3, key, P_INTERACTION, (first + n) % 2**32)
            assert drawn[n::AHEAD].tolist() == [log(u), ndtri(a), ndtri(b)]

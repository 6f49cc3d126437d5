"""Where a plan fails: a planted box is found, independent noise gives none."""

from __future__ import annotations

import numpy as np
import pytest

from simulation.experiment.discovery import Discovery, Weakness, discover
from simulation.experiment.prim import HIGH, LOW, Box, find_box, quasi_p


def sample(futures: int, seed: int) -> tuple[dict[str, np.ndarray], np.ndarray, np.random.Generator]:
    """Six uniform assumptions in pairs of futures, and the point of each future."""
    rng = np.random.default_rng(seed)
    groups = np.repeat(np.arange(futures // 2), 2)
    return {name: np.repeat(rng.random(futures // 2), 2) for name in "abcdef"}, groups, rng


def planted(futures: int, seed: int) -> Discovery:
    """Missed in 80% of the futures where a < 0.45 and b > 0.5, in 15% of the others."""
    x, groups, rng = sample(futures, seed)
    risky = (x["a"] < 0.45) & (x["b"] > 0.5)
    return discover(x, rng.random(futures) >= np.where(risky, 0.8, 0.15), groups)


@pytest.mark.parametrize("seed", range(4))
def test_a_planted_box_is_found(seed: int) -> None:
    found = planted(2000, seed)
    assert len(found.weaknesses) == 1
    one = found.weaknesses[0]
    limits = {(limit.path, limit.at_least): limit for limit in one.limits}
    assert set(limits) == {("a", False), ("b", True)}
    assert limits["a", False].value == pytest.approx(0.45, abs=0.1)
    assert limits["b", True].value == pytest.approx(0.5, abs=0.1)
    assert all(limit.quasi_p < 0.001 for limit in one.limits)
    assert one.density.low > 0.5 and one.coverage > 0.4 and one.mass == pytest.approx(0.225, abs=0.08)


def test_the_density_is_that_of_held_out_futures() -> None:
    """Over 30 samples the intervals of the density hold the true share of misses within the box that was found."""
    held = 0
    for seed in range(30):
        one = planted(1000, 100 + seed).weaknesses[0]
        low, high = np.zeros(6), np.ones(6)
        for limit in one.limits:
            (low if limit.at_least else high)["abcdef".index(limit.path)] = limit.value
        inside = np.clip(np.minimum(high, [0.45, 1, 1, 1, 1, 1]) - np.maximum(low, [0, 0.5, 0, 0, 0, 0]), 0, None)
        risky = float(np.prod(inside) / np.prod(high - low))
        held += one.density.low <= 0.8 * risky + 0.15 * (1 - risky) <= one.density.high
    assert held >= 26  # of 96.7% intervals, p < 0.02


def test_independent_noise_gives_no_box() -> None:
    """The level is 5% for all boxes together: more than 6 of 60 samples with a box has p < 0.04."""
    false = 0
    for seed in range(60):
        x, groups, rng = sample(400, seed)
        false += bool(discover(x, rng.random(400) < 0.6, groups).weaknesses)
    assert false <= 6


def test_two_boxes_one_after_the_other() -> None:
    x, groups, rng = sample(4000, 1)
    risky = (x["a"] < 0.2) | (x["b"] > 0.8)
    found = discover(x, rng.random(4000) >= np.where(risky, 0.9, 0.05), groups)
    assert {limit.path for one in found.weaknesses for limit in one.limits} >= {"a", "b"}
    assert len(found.weaknesses) >= 2 and sum(one.coverage for one in found.weaknesses) > 0.75


def test_what_is_said_of_a_later_box_leaves_out_the_earlier_ones() -> None:
    x, groups, rng = sample(4000, 1)
    missed = rng.random(4000) < np.where((x["a"] < 0.3) | (x["b"] < 0.3), 0.85, 0.1)
    first, second = discover(x, ~missed, groups).weaknesses[:2]
    judged = groups % 2 == 1
    rest = judged & ~_within(first, x)
    here = rest & _within(second, x)
    assert (judged & _within(second, x)).sum() > here.sum(), "the boxes overlap"
    assert second.density.value == pytest.approx(missed[here].mean())
    assert second.mass == pytest.approx(here.sum() / judged.sum())
    (limit,) = second.limits
    column = x[limit.path][:, None]
    box = Box.whole(1).moved((0, LOW if limit.at_least else HIGH), limit.value)
    expected = quasi_p(box, box.limits()[0], column[rest], missed[rest].astype(float))
    assert limit.quasi_p == expected, "of the held-out futures"


def _within(one: Weakness, x: dict[str, np.ndarray]) -> np.ndarray:
    """In which futures the limits hold: bool[R]."""
    held = [x[limit.path] >= limit.value if limit.at_least else x[limit.path] <= limit.value for limit in one.limits]
    return np.asarray(np.all(held, axis=0))


def test_nothing_to_discover() -> None:
    x, groups, _ = sample(100, 1)
    for met in (np.ones(100, bool), np.zeros(100, bool)):
        assert discover(x, met, groups).weaknesses == ()
    assert discover({"a": np.ones(100)}, np.arange(100) % 3 > 0, groups).weaknesses == ()


def test_quasi_p_is_the_binomial_tail() -> None:
    """Ten cases, five hits; inside the limit four cases with three hits: P(Bin(4, 0.5) >= 3) = 5/16."""
    x, y = np.arange(10.0)[:, None], np.array([1.0, 1, 0, 1, 0, 0, 1, 0, 1, 0])
    box = Box.whole(1).moved((0, HIGH), 3.0)
    assert quasi_p(box, (0, HIGH), x, y) == pytest.approx(5 / 16)
    assert box.limits() == [(0, HIGH)] and box.inside(x).sum() == 4
    assert box.moved((0, LOW), 1.0).limits() == [(0, LOW), (0, HIGH)]


@pytest.mark.parametrize(
    ("seed", "high_a", "low_b", "coverage", "density"),
    [(0, 0.453, 0.502, 0.595, 0.801), (1, 0.463, 0.493, 0.659, 0.807), (2, 0.448, 0.503, 0.605, 0.810)],
)
def test_boxes_are_those_of_ema_workbench(
    seed: int, high_a: float, low_b: float, coverage: float, density: float
) -> None:
    """Reference: ema_workbench 2.5.3, default PRIM, the box of its trajectory that wins most accuracy."""
    rng = np.random.default_rng(seed)
    x = rng.random((1000, 6))
    y = (rng.random(1000) < np.where((x[:, 0] < 0.45) & (x[:, 1] > 0.5), 0.8, 0.15)).astype(np.float64)
    box = find_box(x, y)
    inside = box.inside(x)
    assert box.limits() == [(1, LOW), (0, HIGH)]
    assert (box.high[0], box.low[1]) == pytest.approx((high_a, low_b), abs=0.005)
    assert float(y[inside].sum() / y.sum()) == pytest.approx(coverage, abs=0.01)
    assert float(y[inside].mean()) == pytest.approx(density, abs=0.01)


def test_equal_values_are_peeled_together() -> None:
    x = np.repeat([[0.0], [1.0], [2.0]], 100, axis=0)
    y = np.repeat([0.1, 0.9, 0.1], 100)
    box = find_box(x, y)
    assert box.low[0] == 1.0 and box.high[0] == 1.0

"""Paired statistics: coverage over many experiments, the variance factor, and the size of a sample."""

from __future__ import annotations

import numpy as np
import pytest
from scipy import stats

from simulation.experiment.pairs import (
    difference,
    difference_of_chances,
    futures_to_settle,
    mean_difference,
    pairing,
    point_means,
)

EXPERIMENTS = 4_000


def _futures(rng: np.random.Generator, points: int, gap: float) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Two futures a point: shared assumptions, shared luck, a difference that depends on both, and is skewed."""
    point, luck = np.repeat(rng.normal(0, 2, points), 2), rng.normal(0, 1, 2 * points)
    base = 10 + point + luck
    other = base + gap * (1 + 0.5 * np.repeat(rng.exponential(1, points) - 1, 2)) + 0.3 * rng.normal(0, 1, 2 * points)
    return base, other, np.repeat(np.arange(points), 2)


@pytest.mark.parametrize("points", [10, 50])
def test_intervals_of_the_mean_difference_cover(points: int) -> None:
    """The 95% interval has the truth in 95% of the experiments; skew costs up to 2% at ten points."""
    rng = np.random.default_rng(1)
    inside = 0
    for _ in range(EXPERIMENTS):
        one = difference(*_futures(rng, points, 0.5), 1)
        inside += one.low <= 0.5 <= one.high
    error = np.sqrt(0.05 * 0.95 / EXPERIMENTS)
    assert 0.95 - 3 * error - 0.2 / points <= inside / EXPERIMENTS <= 0.95 + 3 * error


def test_intervals_of_the_variance_factor_cover() -> None:
    """The true factor lies in the 95% jackknife interval in 95% of the experiments, +- 3%."""
    rng = np.random.default_rng(2)
    covered = 0
    truth = (4 + 0.5) * 2 / (0.3**2 / 2)
    for _ in range(2_000):
        base, _, groups = _futures(rng, 60, 0.0)
        one = pairing(base, base + 0.3 * rng.normal(0, 1, len(base)), groups)
        covered += one.low <= truth <= one.high
    assert covered / 2_000 == pytest.approx(0.95, abs=0.03)


def test_the_factor_is_what_unpaired_futures_would_have() -> None:
    rng = np.random.default_rng(4)
    base, other, groups = _futures(rng, 400, 0.5)
    one = pairing(base, other, groups)
    first, second = point_means(base, groups), point_means(other, groups)
    shuffled = [np.var(rng.permutation(second) - first, ddof=1) for _ in range(2_000)]
    assert one.unpaired * 400 == pytest.approx(np.mean(shuffled), rel=0.01)
    assert one.factor == pytest.approx(one.unpaired / one.paired)


def test_no_difference_and_no_variance() -> None:
    groups = np.repeat(np.arange(3), 2)
    same = difference(np.arange(6.0), np.arange(6.0), groups, 1)
    assert (same.mean, same.low, same.high, same.equal, same.better.value) == (0.0, 0.0, 0.0, 1.0, 0.0)
    assert same.pairing.factor == np.inf and np.isnan(same.further)
    flat = difference(np.ones(6), np.ones(6), groups, 1)
    assert np.isnan(flat.pairing.factor)


def test_undefined_futures_are_left_out() -> None:
    base = np.array([1.0, np.nan, 3.0, 4.0, np.inf, 5.0])
    one = difference(base, np.array([2.0, 2.0, np.nan, 6.0, np.inf, 5.0]), np.arange(6), -1)
    assert one.futures == 4
    assert one.mean == pytest.approx((1 + 2 + 0 + 0) / 4)
    assert one.better.value == 0.0 and one.equal == 0.5


@pytest.mark.parametrize(("only_base", "only_other"), [(0.0, 0.0), (0.01, 0.04), (0.0, 0.06), (0.3, 0.2)])
def test_intervals_of_a_difference_of_chances_cover(only_base: float, only_other: float) -> None:
    """The 95% interval has the truth in no less than 95% of the experiments, within three standard errors."""
    rng = np.random.default_rng(7)
    size, truth = 60, only_other - only_base
    inside = 0
    for _ in range(EXPERIMENTS // 4):
        gaps = rng.choice([-1.0, 0.0, 1.0], size, p=[only_base, 1 - only_base - only_other, only_other])
        mean, low, high = difference_of_chances(gaps, np.arange(size))
        assert mean == gaps.mean() and low <= mean <= high
        inside += low <= truth <= high
    share = inside / (EXPERIMENTS // 4)
    assert share >= 0.95 - 3 * np.sqrt(0.05 * 0.95 / (EXPERIMENTS // 4)) - 0.005


def test_intervals_that_hold_together_are_those_of_a_smaller_error() -> None:
    gaps = np.random.default_rng(3).normal(1, 2, 30)
    mean, low, high = mean_difference(gaps, np.arange(30), several=4)
    half = stats.t.ppf(1 - 0.05 / 8, 29) * gaps.std(ddof=1) / np.sqrt(30)
    assert (mean, low, high) == pytest.approx((gaps.mean(), gaps.mean() - half, gaps.mean() + half))
    one, four = (difference_of_chances(np.sign(gaps), np.arange(30), several) for several in (1, 4))
    assert four[1] < one[1] < one[2] < four[2]


def test_equal_futures_do_not_make_a_difference_of_chances_certain() -> None:
    mean, low, high = difference_of_chances(np.zeros(40), np.arange(40))
    assert mean == 0.0 and -0.1 < low < 0 < high < 0.1
    assert np.isnan(difference_of_chances(np.zeros(0), np.zeros(0, np.int64))).all()


def test_size_of_a_sample() -> None:
    gaps = np.array([-1.0, 1.0] * 20) + 0.1
    further = futures_to_settle(gaps, futures=80)
    spread = gaps.std(ddof=1)
    exact = ((1.96 + 0.8416) * spread / 0.1) ** 2  # the normal quantiles: t is close at this size
    assert (further / 2 + 40) == pytest.approx(exact, rel=0.01)
    assert futures_to_settle(gaps + 2, futures=80) == 0.0
    assert np.isnan(futures_to_settle(np.array([-1.0, 1.0]), futures=2))


@pytest.mark.parametrize("mean", [0.1, 0.5, 0.9])
@pytest.mark.parametrize("points", [5, 6, 8, 12])
def test_the_size_is_the_smallest_that_is_enough(points: int, mean: float) -> None:
    gaps = np.tile([-1.0, 1.0], points)[:points]
    gaps = (gaps - gaps.mean()) / gaps.std(ddof=1) + mean
    further = futures_to_settle(gaps, futures=points)
    if further == 0.0:  # settled already
        assert mean > stats.t.ppf(0.975, points - 1) / np.sqrt(points)
        return

    def enough(size: int) -> bool:
        return bool(np.sqrt(size) * mean >= stats.t.ppf(0.975, size - 1) + stats.norm.ppf(0.8))

    size = points + int(further)
    assert enough(size) and (further == 1 or not enough(size - 1))


@pytest.mark.parametrize("gaps", [[0.9, 1.1, 0.3, -0.8], [2.0, 0.1], [1.0, -0.5, 0.2]])
def test_too_few_points_name_no_number(gaps: list[float]) -> None:
    assert np.isnan(futures_to_settle(np.array(gaps), futures=2 * len(gaps)))

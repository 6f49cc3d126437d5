"""Percentiles, intervals and the variance split, against scipy and hand-made cases."""

import math

import numpy as np
import pytest
from scipy import stats

from simulation.forecast.spread import effects, split, twins
from simulation.forecast.statistics import means, percentiles, proportion, ratio, share

PAIRS = np.repeat(np.arange(100), 2)


def test_ratio_is_nan_only_for_zero_by_zero():
    assert np.array_equal(ratio([0, 1, 3], [0, 0, 4]), [np.nan, np.inf, 0.75], equal_nan=True)


def test_percentiles_skip_nan_and_keep_infinity():
    values = np.array([[1, np.nan, np.nan, 1], [2, 5, np.nan, 2], [4, 7, np.nan, np.inf]], float)
    found = percentiles(values, (0, 50, 90))
    assert found[:, 0].tolist() == [1, 2, pytest.approx(3.6)]
    assert found[:, 1].tolist() == [5, 6, pytest.approx(6.8)]
    assert np.isnan(found[:, 2]).all()
    assert found[:, 3].tolist() == [1, 2, np.inf]


def test_interval_of_a_mean_is_the_t_interval_of_the_pair_means():
    values = np.random.default_rng(1).normal(size=200)
    mean, low, high, count = means(values[:, None], PAIRS)
    pair = values.reshape(-1, 2).mean(axis=1)
    expected = stats.t.interval(0.95, 99, pair.mean(), stats.sem(pair))
    assert (low[0], high[0]) == pytest.approx(expected)
    assert (mean[0], count[0]) == (pytest.approx(values.mean()), 200)
    _, low, high, _ = means(values[:, None], np.arange(200))
    expected = stats.t.interval(0.95, 199, values.mean(), stats.sem(values))
    assert (low[0], high[0]) == pytest.approx(expected)


def test_means_count_what_is_defined():
    values = np.array([[1.0, np.nan], [3.0, np.nan], [np.nan, np.nan], [5.0, np.nan]])
    mean, low, high, count = means(values, np.arange(4))
    assert (mean[0], count.tolist()) == (3.0, [3, 0])
    assert low[0] < 3 < high[0]
    assert np.isnan([mean[1], low[1], high[1]]).all()
    assert np.isnan(means(np.ones((1, 1)), np.zeros(1, np.int64))[1])


def test_wilson_interval_of_independent_futures():
    values = np.arange(10.0)
    found = proportion(values, values < 8, np.arange(10))
    assert (found.value, found.low, found.high) == pytest.approx((0.8, 0.4901625, 0.9433178), abs=1e-6)
    assert float(found) == 0.8
    sure = proportion(values, values < 99, np.arange(10))
    assert (sure.value, sure.high) == (1, 1)
    assert sure.low == pytest.approx(0.7224672, abs=1e-6)


def test_undefined_futures_are_counted_not_guessed():
    values = np.array([1.0, np.nan, 3.0, 4.0])
    found = proportion(values, values > 2, np.arange(4))
    assert (found.value, found.futures, found.undefined) == (pytest.approx(2 / 3), 3, 1)
    assert "undefined in 1" in str(found)
    nothing = proportion(np.full(2, np.nan), np.zeros(2, bool), np.arange(2))
    assert np.isnan(float(nothing))


def test_futures_that_share_everything_count_as_one():
    values = np.repeat(np.arange(100.0), 2)
    paired, single = (proportion(values, values < 50, groups) for groups in (PAIRS, np.arange(200)))
    plain = proportion(values[::2], values[::2] < 50, np.arange(100))
    assert paired.high - paired.low == pytest.approx(plain.high - plain.low, rel=0.02)
    assert paired.high - paired.low > 1.35 * (single.high - single.low)


def test_intervals_cover_as_often_as_they_say():
    """95% intervals of 2,000 runs with shared assumptions cover 95% of the time, within 4.6 standard errors (2.2%)."""
    rng = np.random.default_rng(3)
    hit = {"mean": 0, "probability": 0, "rate": 0}
    for _ in range(2000):
        shared = np.repeat(rng.normal(size=100), 2)
        values = shared + rng.normal(size=200)
        _, low, high, _ = means(values[:, None], PAIRS)
        hit["mean"] += low[0] <= 0 <= high[0]
        chance = proportion(values, values <= 0, PAIRS)
        hit["probability"] += chance.low <= 0.5 <= chance.high
        trials = rng.poisson(50, 200)
        luck = rng.binomial(trials, stats.norm.cdf(0.3 * shared))
        rate = share(luck.astype(float), trials.astype(float), PAIRS)
        hit["rate"] += rate.low <= 0.5 <= rate.high
    error = 4.6 * math.sqrt(0.95 * 0.05 / 2000)
    assert all(abs(number / 2000 - 0.95) < error for number in hit.values()), hit


def test_share_of_certain_trials_is_wilson_of_the_trials():
    found = share(np.full(4, 5.0), np.full(4, 5.0), np.arange(4))
    assert (found.value, found.high, found.futures) == (1, 1, 20)
    assert found.low == pytest.approx(1 / (1 + 1.959964**2 / 20), abs=1e-6)
    assert np.isnan(share(np.zeros(3), np.zeros(3), np.arange(3)).value)


def test_split_by_hand():
    values = np.array([1.0, 3.0, 5.0, 5.0, 8.0, 6.0])
    found = split(values, np.array([0, 0, 1, 1, 2, 2]), True)
    luck = (4 / 2 + 0 + 4 / 2) / 3
    ignorance = np.var([2, 5, 7], ddof=1) - luck / 2
    assert (found.luck, found.ignorance, found.pairs) == (pytest.approx(luck), pytest.approx(ignorance), 3)
    assert found.ignorance_share == pytest.approx(ignorance / (luck + ignorance))
    assert found.luck_share + found.ignorance_share == pytest.approx(1)
    assert "%" in str(found)
    assert found.to_frame()["pairs"].item() == 3


def test_split_finds_known_variances():
    """Y = a + luck with variances 4 and 1, from 20,000 pairs: within 5 standard errors."""
    rng = np.random.default_rng(5)
    points = np.repeat(np.arange(20_000), 2)
    values = np.repeat(rng.normal(0, 2, 20_000), 2) + rng.normal(0, 1, 40_000)
    found = split(values, points, True)
    assert found.luck == pytest.approx(1, abs=5 * np.sqrt(2 / 20_000))
    assert found.ignorance == pytest.approx(4, abs=5 * np.sqrt(2 / 20_000) * 4.5)
    assert found.share_low < 0.8 < found.share_high
    assert found.share_high - found.share_low < 0.02


def test_jackknife_covers_the_share():
    """95% interval of a share of 1/2 from 200 pairs covers it 95% of 2,000 times, within 4.6 standard errors (2.2%)."""
    rng = np.random.default_rng(8)
    points = np.repeat(np.arange(200), 2)
    hits = 0
    for _ in range(2000):
        found = split(np.repeat(rng.normal(size=200), 2) + rng.normal(size=400), points, True)
        hits += found.share_low <= 0.5 <= found.share_high
    assert abs(hits / 2000 - 0.95) < 4.6 * math.sqrt(0.95 * 0.05 / 2000)


def test_negative_remainder_is_clipped_only_for_display():
    found = split(np.array([0.0, 10.0, 10.0, 0.0, 0.0, 10.0]), np.array([0, 0, 1, 1, 2, 2]), True)
    assert found.ignorance < 0
    assert (found.ignorance_share, found.luck_share) == (0, 1)
    assert found.variance == pytest.approx(found.luck + found.ignorance)


def test_without_assumptions_all_is_luck():
    values = np.array([1.0, 2.0, 4.0])
    found = split(values, np.array([0, 0, 1]), False)
    assert (found.luck, found.ignorance) == (pytest.approx(np.var(values, ddof=1)), 0)
    assert "no assumptions" in found.note


def test_odd_and_undefined_replications_are_left_out():
    values = np.array([1.0, 3.0, np.nan, 5.0, 8.0, 6.0, 2.0])
    points = np.array([0, 0, 1, 1, 2, 2, 3])
    first, second = twins(values, points)
    assert (first.tolist(), second.tolist()) == ([1, 8], [3, 6])
    found = split(values, points, True)
    assert (found.pairs, found.skipped) == (2, 3)
    assert np.isnan(split(values[:2], points[:2], True).luck)
    assert "same in every future" in split(np.ones(6), np.array([0, 0, 1, 1, 2, 2]), True).note


def test_rank_correlation_is_spearmans_also_with_ties():
    rng = np.random.default_rng(5)
    draws = rng.integers(0, 6, 40).astype(np.float64)
    values = draws + rng.integers(0, 4, 40)
    rank = effects(values, np.arange(40), {"a": draws}).loc["a", "rank_correlation"]
    assert rank == pytest.approx(stats.spearmanr(draws, values).statistic, rel=1e-12)


def test_effects_rank_the_assumptions():
    rng = np.random.default_rng(2)
    points = np.repeat(np.arange(200), 2)
    strong, weak = (np.repeat(rng.normal(size=200), 2) for _ in range(2))
    table = effects(3 * strong + rng.normal(size=400), points, {"weak": weak, "strong": strong})
    assert table.index.tolist() == ["strong", "weak"]
    assert table.loc["strong", "share"] > 0.85
    assert table.loc["weak", "low"] < 0 < table.loc["weak", "high"]
    assert effects(strong, points, {}).empty

"""Scores against their definitions."""

from __future__ import annotations

import numpy as np
import pytest

from simulation.evidence.backtest.scores import LEVELS, WIS_ALPHAS, crps, pit_histogram, score, wis


@pytest.mark.parametrize("actual", [-3.0, 0.4, 2.0, 9.0])
def test_crps_is_its_double_sum(actual):
    sample = np.random.default_rng(4).gamma(2.0, 1.5, 60)
    expected = np.abs(sample - actual).mean() - np.abs(sample[:, None] - sample[None, :]).mean() / 2
    assert crps(sample, actual) == pytest.approx(expected, rel=1e-10)


@pytest.mark.parametrize("actual", [-3.0, 0.4, 2.0, 9.0])
def test_wis_is_its_sum_of_interval_scores(actual):
    sample = np.random.default_rng(5).gamma(2.0, 1.5, 400)
    total = 0.5 * abs(actual - np.median(sample))
    for alpha in WIS_ALPHAS:
        low, high = np.quantile(sample, [alpha / 2, 1 - alpha / 2])
        total += alpha / 2 * (high - low) + max(low - actual, 0) + max(actual - high, 0)
    assert wis(sample, actual) == pytest.approx(total / (len(WIS_ALPHAS) + 0.5), rel=1e-10)


def test_an_exact_forecast_scores_zero_and_is_inside_every_band():
    exact = score(np.full(20, 7.0), 7.0)
    assert (exact.crps, exact.wis, exact.bias) == (0.0, 0.0, 0.0)
    assert exact.inside == (True,) * len(LEVELS)


def test_crps_of_a_normal_matches_its_closed_form():
    # Gneiting & Raftery (2007), eq. 21, at y = 1: 2 phi(1) + (2 Phi(1) - 1) - 1/sqrt(pi).
    sample = np.random.default_rng(6).standard_normal(20_000)
    error = 3 * np.std(np.abs(sample - 1)) / np.sqrt(len(sample))
    assert crps(sample, 1.0) == pytest.approx(0.6024414, abs=error)


def test_pit_of_calibrated_counts_is_flat_without_random_numbers():
    rng = np.random.default_rng(7)
    scores = []
    for _ in range(1500):
        mean = rng.gamma(3.0, 1.0)
        scores.append(score(rng.poisson(mean, 400), rng.poisson(mean)))
    heights = pit_histogram([one.pit_low for one in scores], [one.pit_high for one in scores])
    # A bar is at most as variable as that of 1,500 uniform values.
    assert np.abs(heights - 1).max() < 4 * np.sqrt(0.1 * 0.9 / 1500) * 10
    assert heights.mean() == pytest.approx(1.0)


def test_pit_shows_too_narrow_forecasts_as_a_valley():
    rng = np.random.default_rng(8)
    scores = [score(rng.normal(0, 0.3, 200), rng.normal()) for _ in range(400)]
    heights = pit_histogram([one.pit_low for one in scores], [one.pit_high for one in scores])
    assert heights[0] > 2 and heights[-1] > 2 and heights[4:6].max() < 1


def test_pit_of_a_value_above_every_future_fills_the_last_bar():
    assert pit_histogram([1.0], [1.0]).tolist() == [0.0] * 9 + [10.0]
    assert pit_histogram([0.0], [0.0]).tolist() == [10.0] + [0.0] * 9


def test_undefined_futures_are_left_out_and_too_few_refused():
    assert score([np.nan, 1.0, 3.0], 2.0).mean == 2.0
    with pytest.raises(ValueError, match="at least 2"):
        score([np.nan, 1.0], 2.0)

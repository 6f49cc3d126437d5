"""A rate carried on: steady, seasonal, rising."""

from __future__ import annotations

import numpy as np
import pytest

from simulation.evidence.backtest.rates import carry_on

DRAWS = 400


def test_a_steady_rate_goes_on_at_its_mean():
    """24 quarters of about 100: the mean is known to 2%, so 5% are 2.5 standard errors."""
    count = np.random.default_rng(1).poisson(100, 24).astype(float)
    found = carry_on(count, np.full(24, 3.0), 4, DRAWS, np.random.default_rng(2))
    assert found.level.mean() == pytest.approx(100 / 3, rel=0.05)
    assert abs(found.season - 1).max() < 0.05
    assert abs(found.growth.mean()) < 0.05


def test_a_season_is_found_in_the_order_of_the_quarters_ahead():
    truth = np.array([0.6, 1.4, 1.2, 0.8])
    count = np.random.default_rng(1).poisson(200 * truth[np.arange(22) % 4]).astype(float)
    found = carry_on(count, np.ones(22), 4, DRAWS, np.random.default_rng(2))
    assert found.season == pytest.approx(np.roll(truth, -2), abs=0.06)  # quarter 23 is the third of its year


def test_a_rate_that_changed_is_carried_on_from_where_it_is():
    count = np.random.default_rng(1).poisson(np.repeat([200, 120], [16, 8])).astype(float)
    found = carry_on(count, np.ones(24), 4, DRAWS, np.random.default_rng(2))
    assert 100 < np.median(found.level) < 140
    low, high = np.quantile(found.level, [0.05, 0.95])
    assert low < 120 < high


def test_a_few_restless_quarters_are_no_growth_of_a_plan():
    """Two or three quarters say nothing of growth, so its prior (0.3 on the log scale) stands: within three of it."""
    for seed, count in enumerate(([3, 24], [24, 3], [5, 30, 90], [90, 5, 40])):
        for quarters in (1, 2, 4):
            found = carry_on(
                np.array(count, float), np.full(len(count), 3.0), quarters, DRAWS, np.random.default_rng(seed)
            )
            assert found.growth.max() <= 9.0 and found.growth.min() > -1
            assert abs(np.log1p(np.median(found.growth))) < 0.9

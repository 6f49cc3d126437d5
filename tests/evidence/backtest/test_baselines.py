"""Baselines with known answers."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from simulation.evidence.backtest.baselines.bgbb import (
    Chances,
    active,
    fit_bgbb,
    log_likelihood,
    posterior_grid,
)
from simulation.evidence.backtest.baselines.contracts import RiskTable, fit_contracts, survival
from simulation.evidence.backtest.baselines.members import Arriving, Present, contract_members
from simulation.evidence.backtest.baselines.series import ets, last_value, seasonal_naive

DONORS = Path(__file__).parents[3] / "scenarios" / "data" / "donor_cohort_1995_panel.csv"
# Fader & Hardie (2007), table 1: members out of 1,000 after each of the first seven renewals.
REGULAR = [1000, 631, 468, 382, 326, 289, 262, 241]
HIGH_END = [1000, 869, 743, 653, 593, 551, 517, 491]


@pytest.mark.parametrize(
    ("survivors", "alpha", "beta", "year_12"),
    [(REGULAR, 0.704, 1.182, 0.173), (HIGH_END, 0.668, 3.806, 0.394)],
    ids=["regular", "high end"],
)
def test_beta_geometric_is_the_published_fit(survivors, alpha, beta, year_12):
    fit = fit_contracts("sbg", RiskTable.of_survivors(survivors))
    assert fit.parameters["alpha"] == pytest.approx(alpha, abs=0.0015)
    assert fit.parameters["beta"] == pytest.approx(beta, abs=0.006)
    # What came in year 12 of the published series, five years after the fit: within two points.
    assert survival("sbg", fit.log_parameters, [12])[0] == pytest.approx(year_12, abs=0.02)


def test_geometric_is_the_pooled_renewal_rate():
    fit = fit_contracts("geometric", RiskTable.of_survivors(REGULAR))
    rate = sum(REGULAR[1:]) / sum(REGULAR[:-1])
    assert survival("geometric", fit.log_parameters, [1])[0] == pytest.approx(rate, rel=1e-4)


def test_beta_weibull_recovers_its_parameters_and_holds_the_beta_geometric():
    truth = np.log([1.5, 6.0, 1.4])
    expected = 1e6 * survival("bdw", truth, np.arange(13))
    fit = fit_contracts("bdw", RiskTable.of_survivors(expected))
    assert fit.log_parameters == pytest.approx(truth, abs=0.05)
    plain = survival("sbg", truth[:2], np.arange(9))
    assert survival("bdw", [*truth[:2], 0.0], np.arange(9)) == pytest.approx(plain)
    table = RiskTable.of_survivors(HIGH_END)
    assert fit_contracts("bdw", table).log_likelihood >= fit_contracts("sbg", table).log_likelihood - 1e-6


def test_parameter_draws_have_the_spread_of_estimates():
    rng = np.random.default_rng(1)
    truth = np.log([1.2, 4.0])
    rates = survival("sbg", truth, np.arange(1, 7)) / survival("sbg", truth, np.arange(6))
    estimates = []
    for _ in range(60):
        alive = [2000]
        for rate in rates:
            alive.append(rng.binomial(alive[-1], rate))
        fit = fit_contracts("sbg", RiskTable.of_survivors(alive))
        estimates.append(survival("sbg", fit.log_parameters, [10])[0])
    drawn = [survival("sbg", fit.draw(rng), [10])[0] for _ in range(400)]
    # A standard deviation of 60 values is known to 9%; the curvature at one estimate adds its own.
    assert np.std(drawn) == pytest.approx(np.std(estimates), rel=0.4)


@pytest.fixture(scope="module")
def donors():
    return pd.read_csv(DONORS).to_numpy()[:, 1:]


@pytest.fixture(scope="module")
def donor_fit(donors):
    return fit_bgbb(Chances.of_panel(donors[:, 1:7]))


def test_bgbb_on_the_donors_is_the_published_fit(donors, donor_fit):
    assert donor_fit.parameters == pytest.approx((1.204, 0.750, 0.657, 2.783), abs=0.002)
    assert donor_fit.log_likelihood == pytest.approx(-33225.6, abs=0.05)
    published = [5536, 4717, 4148, 3725, 3396, 3132, 2914, 2731, 2574, 2438, 2319]
    assert active(donor_fit.log_parameters, len(donors), range(1, 12)) == pytest.approx(published, abs=1.0)


def test_bgbb_likelihood_is_the_sum_over_every_life():
    # One member, three chances, came at the first and second: brute force over p, theta.
    theta_grid = (np.arange(4000) + 0.5) / 4000
    p = theta = theta_grid
    a, b, c, d = 1.3, 0.8, 0.7, 2.5
    from scipy.stats import beta

    over_p = beta.pdf(p, a, b) / len(p)
    over_theta = beta.pdf(theta, c, d) / len(theta)
    alive = (over_p * p**2 * (1 - p)).sum() * (over_theta * (1 - theta) ** 3).sum()
    gone = (over_p * p**2).sum() * (over_theta * (1 - theta) ** 2 * theta).sum()
    found = log_likelihood(np.log([a, b, c, d]), Chances.of_panel([[1, 1, 0]]))
    assert found == pytest.approx(np.log(alive + gone), abs=2e-3)


def test_bgbb_posterior_agrees_with_rejection():
    rng = np.random.default_rng(3)
    parameters = np.log([1.2, 0.75, 0.66, 2.8])
    a, b, c, d = np.exp(parameters)
    size = 400_000
    p, theta = rng.beta(a, b, size), rng.beta(c, d, size)
    alive = np.ones(size, bool)
    came = np.zeros((size, 4), bool)
    for chance in range(4):
        alive &= rng.random(size) >= theta
        came[:, chance] = alive & (rng.random(size) < p)
    same = (came.sum(1) == 2) & came[:, 2] & ~came[:, 3]
    grid = posterior_grid(parameters, 2, 3, 4)
    error = 4 / np.sqrt(same.sum())
    assert (grid.weight * grid.alive).sum() == pytest.approx(alive[same].mean(), abs=error)
    assert (grid.weight * grid.p).sum() == pytest.approx(p[same].mean(), abs=error * 0.3)
    assert (grid.weight * grid.theta).sum() == pytest.approx(theta[same].mean(), abs=error * 0.3)


def test_a_random_walk_has_the_bands_of_students_t():
    rng = np.random.default_rng(2)
    series = np.cumsum(rng.standard_normal(6))
    ahead = last_value(series, 2, 40_000, rng)
    from scipy.stats import t

    scale = np.sqrt((np.diff(series) ** 2).mean())
    low, high = series[-1] + scale * t.ppf([0.1, 0.9], 5)
    assert (ahead[:, 0] < low).mean() == pytest.approx(0.1, abs=4 * np.sqrt(0.09 / 40_000))
    assert (ahead[:, 0] > high).mean() == pytest.approx(0.1, abs=4 * np.sqrt(0.09 / 40_000))


def test_seasonal_naive_repeats_the_season():
    series = np.tile([10.0, 20.0, 30.0, 5.0], 4)
    ahead = seasonal_naive(series, 6, 4, 50, np.random.default_rng(1))
    assert (ahead == [10.0, 20.0, 30.0, 5.0, 10.0, 20.0]).all()


def test_ets_follows_a_trend_and_its_bands_cover():
    rng = np.random.default_rng(11)
    inside = []
    for _ in range(5):
        series = 100 + 3.0 * np.arange(24) + rng.normal(0, 2, 24)
        ahead = ets(series[:20], 4, 1, 200, rng)
        assert ahead.shape == (200, 4)
        low, high = np.quantile(ahead, [0.05, 0.95], axis=0)
        inside.append((low <= series[20:]) & (series[20:] <= high))
    assert np.mean(inside) > 0.6  # 20 values, correlated within a series


def test_short_series_are_refused():
    with pytest.raises(ValueError, match="needs 2 past values"):
        last_value([3.0], 2, 10, np.random.default_rng(1))
    with pytest.raises(ValueError, match="needs 8 past values"):
        ets([1.0, 2.0, 3.0], 2, 1, 10, np.random.default_rng(1))
    with pytest.raises(ValueError, match="none"):
        fit_contracts("sbg", RiskTable.of_survivors([10]))


def test_contract_models_count_who_leaves_and_who_renews():
    """A cohort of 300 renews yearly: who was there has renewed or left, and the geometric model keeps 3 of 4."""
    present = Present(np.array([1]), np.array([6]), np.array([12]), np.array([300]))
    table = RiskTable(np.array([4000.0, 3000.0]), np.array([3000.0, 2250.0]))
    rng = np.random.default_rng(5)
    found = contract_members("geometric", table, present, Arriving(0, 0.0, 12), 3, 12, 200, rng)
    before = np.column_stack([np.full(200, 300.0), found["members"][:, :-1]])
    assert (before - found["left"] == found["members"]).all()
    assert (found["renewals_won"] == found["members"]).all()
    # Mean of 200 binomials of 300: standard error 0.53; and the rate is known to 0.5%.
    assert found["renewals_won"][:, 0].mean() == pytest.approx(225, abs=6)
    assert "renewals_won" not in contract_members("geometric", table, present, Arriving(0, 0.0, 12), 1, 24, 5, rng)

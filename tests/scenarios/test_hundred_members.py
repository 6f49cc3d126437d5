"""The worked case: expansion is exactly Binomial(100, 0.9) x $1,000.

Levels: the seed is fixed; for another seed the chi-square test would reject a right engine once in 1,000 runs, and a
quantile would be off once in 10,000 (quantiles are compared where the distribution function is far from the level).
"""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from scipy import stats

import simulation as sim
from tests.scenarios.make_books import SCENARIOS, hundred_members

REPLICATIONS = 8_000
LAW = stats.binom(100, 0.9)


@pytest.fixture(scope="module")
def forecast() -> sim.Forecast:
    return sim.run(SCENARIOS / "hundred_members.yaml", replications=REPLICATIONS, seed=7)


@pytest.fixture(scope="module")
def takers(forecast: sim.Forecast) -> np.ndarray:
    return forecast.measure("expansion").values / 1000


def test_the_book_is_what_its_maker_writes() -> None:
    written = Path(SCENARIOS / "data" / "hundred_members_book.csv").read_text("utf-8")
    assert written == hundred_members()


def test_expansion_comes_in_whole_thousands(takers: np.ndarray) -> None:
    assert np.array_equal(takers, np.round(takers))
    assert takers.max() <= 100


def test_quantiles_are_those_of_the_binomial(takers: np.ndarray) -> None:
    for level in (0.05, 0.1, 0.25, 0.5, 0.75, 0.9):
        quantile = int(LAW.ppf(level))
        error = np.sqrt(level * (1 - level) / REPLICATIONS)
        assert LAW.cdf(quantile - 1) + 4 * error < level < LAW.cdf(quantile) - 4 * error  # a level that can be tested
        assert np.quantile(takers, level, method="inverted_cdf") == quantile


def test_chi_square_at_level_0_001(takers: np.ndarray) -> None:
    expected = REPLICATIONS * LAW.pmf(np.arange(101))
    observed = np.bincount(takers.astype(int), minlength=101)
    low = int(np.argmax(np.cumsum(expected) >= 5))  # bins pooled at both ends to an expectation of 5 at least
    high = 100 - int(np.argmax(np.cumsum(expected[::-1]) >= 5))

    def pooled(counts: np.ndarray) -> np.ndarray:
        return np.concatenate([[counts[: low + 1].sum()], counts[low + 1 : high], [counts[high:].sum()]])

    assert pooled(expected).min() >= 5
    assert stats.chisquare(pooled(observed), pooled(expected)).pvalue > 0.001


def test_the_table_of_milestones_prints_the_worked_case(forecast: sim.Forecast) -> None:
    row = forecast.milestones(within=30).set_index("milestone").loc["outcome_achieved"]
    assert row["members"] == row["offered"] == 100
    assert row["stated_take"] == 0.9
    assert row["arr_per_take"] == 1000
    error = 1000 * np.sqrt(100 * 0.9 * 0.1 / REPLICATIONS)
    assert row["expansion"] == pytest.approx(90_000, abs=3.3 * error)
    assert row["take_rate"] == pytest.approx(0.9, abs=3.3 * error / 100_000)
    whole = forecast.milestones().set_index("milestone").loc["outcome_achieved"]
    assert whole["expansion"] == row["expansion"]  # nothing happens after the first month


def test_nothing_else_happens(forecast: sim.Forecast) -> None:
    for measure in ("joined", "left", "churn", "contraction", "uplift", "renewals_due", "setbacks"):
        assert float(abs(forecast.measure(measure)).max()) == 0


def test_the_objective_has_the_probability_of_the_binomial(forecast: sim.Forecast) -> None:
    chance = float(forecast.objectives().loc["expansion_next_month", "probability"])
    exact = float(LAW.sf(89))
    assert chance == pytest.approx(exact, abs=3.3 * np.sqrt(exact * (1 - exact) / REPLICATIONS))

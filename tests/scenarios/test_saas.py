"""The software firm: the published medians that it was tuned to.

Level: the mean may leave its band of 1.5 points by what a Student interval of the means of pairs allows one time in
1,000 (two futures of one assumption point make a pair).
"""

from __future__ import annotations

import numpy as np
import pytest
from scipy import stats

import simulation as sim
from tests.scenarios.make_books import SCENARIOS

REPLICATIONS = 60


@pytest.fixture(scope="module")
def forecast() -> sim.Forecast:
    return sim.run(SCENARIOS / "saas.yaml", replications=REPLICATIONS, seed=5)


@pytest.mark.parametrize(("measure", "median"), [("nrr", 1.01), ("grr", 0.91)])
@pytest.mark.parametrize("year", ["T12:2027-12", "T12:2028-12"])
def test_retention_is_that_of_the_median_firm(forecast: sim.Forecast, measure: str, median: float, year: str) -> None:
    pairs = forecast.measure(measure, window=year).values.reshape(-1, 2).mean(axis=1)
    reach = stats.t.ppf(0.999, len(pairs) - 1) * pairs.std(ddof=1) / np.sqrt(len(pairs))
    assert abs(pairs.mean() - median) < 0.015 + reach
    assert reach < 0.015


def test_expansion_is_about_two_fifths_of_new_arr(forecast: sim.Forecast) -> None:
    # New ARR is read as expansion and new customers, without price uplift.
    expansion, new = (float(forecast.measure(name).sum()) for name in ("expansion", "new"))
    assert expansion / (expansion + new) == pytest.approx(0.40, abs=0.03)


def test_expansion_comes_in_every_kind_that_is_sold(forecast: sim.Forecast) -> None:
    for kind in ("upsell", "cross_sell", "add_on", "seats"):
        assert float(forecast.measure("expansion", kind=kind).mean()) > 0


def test_the_team_carries_the_published_book(forecast: sim.Forecast) -> None:
    people = 6
    assert 1.6e6 < float(forecast.measure("arr_open").mean()) / people < 2.1e6
    assert 70 < float(forecast.measure("members_open").mean()) / people < 104
    assert 0.6 < float(forecast.measure("utilisation", team="success").mean()) < 0.85


def test_the_larger_contracts_keep_more(forecast: sim.Forecast) -> None:
    kept = forecast.data["grr_by_segment"].sel(window="T12:2028-12").mean("replication")
    assert float(kept.sel(segment="high_touch")) > float(kept.sel(segment="tech_touch"))

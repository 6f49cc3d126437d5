"""Percentile futures: near the percentile that they were chosen by, and exact in every sum."""

from __future__ import annotations

import numpy as np
import pytest

from simulation.forecast import Forecast
from simulation.forecast.percentile_futures import ARR_FLOWS, MEMBER_FLOWS, nearest_futures
from tests.forecast.builders import plain_scenario, random_result


@pytest.fixture(scope="module")
def forecast() -> Forecast:
    return Forecast.from_result(random_result(replications=240), plain_scenario())


def cents(values: object) -> np.ndarray:
    whole = np.rint(np.asarray(values, np.float64) * 100)
    np.testing.assert_allclose(whole, np.asarray(values, np.float64) * 100, atol=1e-3)  # nothing below a cent
    return whole.astype(np.int64)


@pytest.mark.parametrize(("size", "count"), [(1, 1), (9, 9), (10, 10), (40, 10), (240, 12), (1000, 50)])
def test_the_nearest_futures(size: int, count: int) -> None:
    values = np.random.default_rng(1).permutation(size).astype(float)
    for percentile in (0, 10, 50, 90, 100):
        chosen = values[nearest_futures(values, percentile)]
        assert len(chosen) == count and (np.diff(chosen) == 1).all()
        middle = percentile / 100 * (size - 1)
        inside = middle - count / 2 >= 0 and middle + count / 2 <= size - 1
        assert not inside or abs(chosen.mean() - middle) <= 0.5
    np.testing.assert_array_equal(nearest_futures(np.full(3, np.nan), 50), [])
    np.testing.assert_array_equal(nearest_futures(np.array([np.nan, 2.0, 1.0]), 50), [2, 1])


def test_rows_add_up_to_the_cent(forecast: Forecast) -> None:
    table = forecast.percentile_futures("arr")
    for stock, flows in (("arr", ARR_FLOWS), ("members", MEMBER_FLOWS)):
        change = sum(sign * cents(table[key]) for key, sign in flows.items())
        np.testing.assert_array_equal(cents(table[stock]), cents(table[f"{stock}_open"]) + change)
        for _, rows in table.groupby(level=["future", "segment"]):
            np.testing.assert_array_equal(cents(rows[f"{stock}_open"])[1:], cents(rows[stock])[:-1])
    whole = table.xs("all", level="segment")
    profit = cents(whole["revenue"]) + cents(whole["fees"]) - cents(whole["cost"])
    np.testing.assert_array_equal(cents(whole["contribution"]), profit)
    parts = table.drop("all", level="segment").groupby(level=["future", "period"]).sum()
    for key in ("arr_open", "new", "churn", "arr", "members", "revenue", "fees"):
        np.testing.assert_array_equal(cents(parts[key]), cents(whole[key].loc[parts.index]))


def test_the_horizon_is_the_sum_of_the_periods(forecast: Forecast) -> None:
    by_period = forecast.percentile_futures("contribution").groupby(level=["future", "segment"])
    horizon = forecast.percentile_futures("contribution", by="horizon").droplevel("period")
    for key in (*ARR_FLOWS, "revenue", "joined"):
        np.testing.assert_array_equal(cents(by_period[key].sum().loc[horizon.index]), cents(horizon[key]))
    np.testing.assert_array_equal(cents(by_period["arr"].last().loc[horizon.index]), cents(horizon["arr"]))


def test_they_are_near_their_percentiles(forecast: Forecast) -> None:
    values = forecast.measure("arr").to_numpy()
    table = forecast.percentile_futures("arr", (10, 50, 90), by="horizon").xs("all", level="segment")
    assert (table["futures"] == 12).all()
    for percentile, value in zip((10, 50, 90), table["arr"], strict=True):
        near = np.percentile(values, [percentile - 3, percentile + 3])
        assert near[0] <= value <= near[1]
    np.testing.assert_allclose(table["arr"], table["arr_of_these"], atol=0.5)
    other = forecast.percentile_futures("churn", (90,), by="horizon", segment="corporate")
    assert not np.allclose(other["arr"].to_numpy()[0], table["arr"].to_numpy()[2])


def test_the_mean_of_all_futures_is_the_forecast() -> None:
    few = Forecast.from_result(random_result(replications=8), plain_scenario())
    table = few.percentile_futures("arr", (50,), by="horizon")
    assert table["arr"].iloc[0] == pytest.approx(few.measure("arr").mean(), abs=5.0)
    assert (table["futures"] == 8).all()


def test_wrong_requests(forecast: Forecast) -> None:
    with pytest.raises(ValueError, match="arr"):
        forecast.percentile_futures("ar")
    with pytest.raises(ValueError, match="within 0 and 100"):
        forecast.percentile_futures(percentiles=(101,))

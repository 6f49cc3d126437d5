"""The forecast as a whole: its dataset, tables, files and pictures, on random ledgers."""

from dataclasses import replace
from datetime import date
from fractions import Fraction

import matplotlib
import numpy as np
import pandas as pd
import pytest
import xarray as xr
from scipy import stats

from simulation.engine import ledger as names
from simulation.engine.ledger import Frame, Ledger, RunResult, make_cells
from simulation.forecast import MEASURES, Forecast
from simulation.forecast.facts import ScenarioFacts
from tests.forecast.builders import ASSUMPTION, plain_scenario, random_result

matplotlib.use("agg")


@pytest.fixture(scope="module")
def forecast():
    return Forecast.from_result(random_result(replications=40), plain_scenario())


@pytest.fixture(scope="module")
def empty():
    """No team, no intervention, no milestone, nobody."""
    edges, periods, windows = make_cells(date(2027, 1, 1), 40, "week")
    frame = Frame(
        "Empty", "USD", date(2027, 1, 1), 40, ("only",), (), (), (), edges, periods, windows,
    )  # fmt: skip
    segment = plain_scenario().segments["individual"]
    segment.journey = {}
    scenario = plain_scenario(segments={"only": segment}, interventions={}, objectives={}, known={}, assumptions={})
    return Forecast.from_result(RunResult(frame, Ledger.zeros(frame, 3), 1, [0, 1, 2], [0, 0, 1], {}), scenario)


def test_arr_and_members_reconcile_to_the_cent(forecast):
    data = forecast.data
    cents = {name: (data[name] * 100).round().astype(np.int64) for name in data if data[name].attrs["unit"] == "money"}
    gains = cents["new"] + cents["returned_arr"] + cents["expansion"] + cents["uplift"]
    close = cents["arr_open"] + gains - cents["contraction"] - cents["churn"]
    assert close.equals(cents["arr"])
    members = data.members_open + data.joined + data.referred + data.returned - data.left
    assert members.equals(data.members)
    assert cents["expansion_by_kind"].sum("kind").equals(cents["expansion"])
    for part in ("stage", "course"):
        assert data[f"members_by_{part}"].sum(part).equals(data.members)
    following = data.arr_open.isel(period=slice(1, None)).to_numpy()
    assert np.array_equal(following, data.arr.isel(period=slice(None, -1)).to_numpy())


def test_costs_and_contribution_add_up(forecast):
    data = forecast.data
    cost = data.intervention_cost.sum("intervention") + data.team_cost.sum("team")
    xr.testing.assert_allclose(data.cost, cost, rtol=1e-13)
    income = (data.revenue + data.fees).sum("segment")
    xr.testing.assert_allclose(data.contribution, income - data.cost, rtol=1e-9)
    parts = data.delivery_cost.sum("segment") + data.fixed_cost
    xr.testing.assert_allclose(data.intervention_cost, parts, rtol=1e-13)


def test_every_variable_has_a_unit_and_a_name(forecast):
    assert {"unit", "long_name"} <= set.intersection(*(set(one.attrs) for one in forecast.data.data_vars.values()))
    assert forecast.data.sizes["window"] == len(forecast.frame.windows)
    assert forecast.data.nrr.sel(window="P:2027-05").dims == ("replication",)
    assert forecast.data.milestone_segment.to_numpy().tolist().count("corporate") == 3


def test_dataset_agrees_with_the_measures(forecast):
    shared = ("members", "arr", "new", "expansion", "revenue", "renewals_won", "joined")
    for name in shared:
        by_period = forecast.measure(name, by="period", segment="corporate").to_numpy()
        assert np.array_equal(by_period, forecast.data[name].sel(segment="corporate").to_numpy()), name
    for name in ("nrr", "grr", "logo_churn", "quick_ratio", "renewal_rate"):
        whole = forecast.measure(name, by="window").to_numpy()
        assert np.array_equal(whole, forecast.data[name].to_numpy(), equal_nan=True)
        part = forecast.measure(name, by="window", segment="individual").to_numpy()
        stored = forecast.data[f"{name}_by_segment"].sel(segment="individual").to_numpy()
        assert np.array_equal(part, stored, equal_nan=True)
    used = forecast.measure("utilisation", by="period", team="success").to_numpy()
    assert np.array_equal(used, forecast.data.utilisation.sel(team="success").to_numpy())


def test_flows_over_the_horizon_are_the_sum_of_the_periods(forecast):
    for name, measure in MEASURES.items():
        if measure.nature == "flow":
            total = forecast.measure(name, by="period").sum("period").to_numpy()
            assert forecast.measure(name).to_numpy() == pytest.approx(total, rel=1e-9), name


def test_revenue_is_the_integral_of_arr(forecast):
    """Against exact fractions, cell by cell, for one replication and segment."""
    flow = {name: forecast.ledger.flows[3, 1, :, place].tolist() for place, name in enumerate(names.FLOW)}
    edges = forecast.frame.cell_edges.tolist()
    arr, total = int(forecast.ledger.opening[3, 1, 1]), Fraction(0)
    for cell in range(forecast.frame.cells):
        seconds = (edges[cell + 1] - edges[cell]) * 86_400
        total += Fraction(arr * seconds + flow["arr_seconds"][cell], 31_557_600)
        arr += sum(flow[name][cell] for name in ("arr_new", "arr_returned", "expansion", "uplift"))
        arr -= flow["contraction"][cell] + flow["churn"][cell]
    found = forecast.measure("revenue", segment="corporate").to_numpy()[3]
    assert found == pytest.approx(float(total / 100), rel=1e-12)


def test_summary(forecast):
    table = forecast.summary(percentiles=(5, 50), by="period", segment="individual")
    assert table.columns.tolist() == ["mean", "low", "high", "P5", "P50", "futures"]
    values = forecast.data.arr.sel(segment="individual", period="2027-06").to_numpy()
    row = table.loc[("arr", "2027-06")]
    assert row["mean"] == pytest.approx(values.mean())
    assert row["P5"] == np.quantile(values, 0.05)
    assert row["low"] < row["mean"] < row["high"]
    assert row["futures"] == 40
    assert "contribution" not in table.index.get_level_values("measure")
    alone = forecast.summary(percentiles=(5, 50), by="period", segment="individual", measures=["arr", "nrr"])
    for name in ("arr", "nrr"):  # a row does not depend on the rows beside it
        pd.testing.assert_frame_equal(alone.loc[name], table.loc[name], rtol=1e-12)
    whole = forecast.summary(by="horizon")
    assert whole.index.name == "measure"
    assert whole.loc["utilisation: support", "futures"] == 0
    kinds = [name for name in whole.index if name.startswith("expansion: ")]
    assert whole.loc[kinds, "mean"].sum() == pytest.approx(whole.loc["expansion", "mean"])
    windows = forecast.summary(by="window", measures=["nrr"])
    assert windows.index.names == ["measure", "window"]
    with pytest.raises(ValueError, match="percentile"):
        forecast.summary(percentiles=(101,))


def test_probability(forecast):
    values = forecast.measure("nrr", window="90 days").to_numpy()
    found = forecast.probability("nrr", at_least=1.0, window="90 days")
    assert float(found) == (values >= 1).mean()
    assert found.low < found.value < found.high
    limit = float(values[3])
    assert float(forecast.probability("nrr", at_least=limit, at_most=limit, window="90 days")) > 0
    with pytest.raises(ValueError, match="at_least"):
        forecast.probability("nrr")


def test_luck_and_ignorance_of_what_an_assumption_drives(forecast):
    joined = forecast.luck_and_ignorance("joined", segment="individual")
    assert joined.ignorance_share > 0.8
    assert joined.pairs == 20
    assert forecast.luck_and_ignorance("setbacks").ignorance_share < 0.6
    assert forecast.assumption_effects("joined").loc[ASSUMPTION, "rank_correlation"] > 0.9


def test_a_hundred_members_reach_a_milestone():
    """The row of the field's example: 100 members, 90% take, $1,000: Binomial(100, 0.9) x $1,000."""
    taken = np.random.default_rng(1).binomial(100, 0.9, 2_000)
    edges, periods, windows = make_cells(date(2027, 1, 1), 31, "month")
    frame = Frame(
        "Hundred", "USD", date(2027, 1, 1), 31, ("members",), (("members", "ready", "growth", "upsell"),),
        (), (), edges, periods, windows,
    )  # fmt: skip
    ledger = Ledger.zeros(frame, 2_000)
    ledger.opening[:, 0, [names.OPEN.index(one) for one in ("members", "growth", "on_track")]] = 100
    ledger.cohort[:, 0, :, -2:] = 100
    ledger.flows[:, 0, 0, names.FLOW.index("expansion")] = taken * 100_000
    counts = {"reached": 100, "offered": 100, "taken": taken, "expansion": taken * 100_000}
    for name, count in counts.items():
        ledger.milestones[:, 0, 0, names.MS.index(name)] = count
    ledger.cohort[:, 0, :, names.COHORT.index("end_arr")] = taken[:, None] * 100_000
    segments = {"members": plain_scenario().segments["individual"]}
    scenario = plain_scenario(segments=segments, interventions={}, known={}, objectives={})
    result = RunResult(frame, ledger, 1, list(range(2_000)), [one // 2 for one in range(2_000)], {})
    row = Forecast.from_result(result, scenario).milestones().loc[0]
    assert (row["members"], row["members_P10"], row["members_P90"], row["arr_per_take"]) == (
        100,
        100,
        100,
        1_000,
    )
    assert row["take_rate"] == pytest.approx(0.9, abs=5 * 0.3 / np.sqrt(200_000))
    for share in (10, 50, 90):
        assert row[f"expansion_P{share}"] == 1_000 * stats.binom.ppf(share / 100, 100, 0.9)


def test_files_keep_everything(forecast, tmp_path):
    path = forecast.save(tmp_path / "deep" / "forecast.nc")
    loaded = Forecast.load(path)
    assert loaded.equals(forecast)
    assert forecast.equals(loaded)
    assert loaded.data.identical(forecast.data)
    assert (loaded.version, loaded.facts) == (forecast.version, forecast.facts)
    for name in ("segments", "milestones", "periods", "windows", "start", "days"):
        assert getattr(loaded.frame, name) == getattr(forecast.frame, name)
    for name in loaded.ledger:
        assert loaded.ledger[name].dtype == np.int64
    assert loaded.stated_beside_simulated().equals(forecast.stated_beside_simulated())
    assert loaded.objectives().equals(forecast.objectives())
    assert [one.name for one in path.parent.iterdir()] == ["forecast.nc"]
    with xr.open_dataset(path, engine="h5netcdf") as opened:
        assert np.array_equal(opened.arr.to_numpy(), forecast.data.arr.to_numpy())
        assert opened.attrs["seed"] == 1


def test_files_of_long_scenarios(tmp_path):
    """HDF5 limits attributes to 64 KB; a resolved scenario may be longer."""
    long = Forecast.from_result(random_result(replications=2, days=30), plain_scenario(description="x" * 200_000))
    assert Forecast.load(long.save(tmp_path / "long.nc")).facts.description == "x" * 200_000


def test_different_forecasts_are_not_equal(forecast):
    other = Forecast.from_result(random_result(replications=40, seed=2), plain_scenario())
    assert not other.equals(forecast)
    renamed = Forecast(forecast.result, replace(forecast.facts, name="Other"), "1")
    assert not renamed.equals(forecast)


def test_wrong_files(tmp_path):
    with pytest.raises(FileNotFoundError):
        Forecast.load(tmp_path / "none.nc")
    text = tmp_path / "text.nc"
    text.write_text("no forecast")
    with pytest.raises(ValueError, match="not a forecast"):
        Forecast.load(text)
    other = tmp_path / "other.nc"
    xr.Dataset({"a": 1}).to_netcdf(other, engine="h5netcdf")
    with pytest.raises(ValueError, match="not a forecast"):
        Forecast.load(other)


def test_nothing_at_all_works(empty, tmp_path):
    assert Forecast.load(empty.save(tmp_path / "empty.nc")).equals(empty)
    table = empty.summary(by="horizon")
    assert table.loc["members", "mean"] == 0
    assert table.loc["nrr", "futures"] == 0
    assert empty.milestones().empty
    assert empty.objectives().empty
    assert empty.waterfall()["mean"].eq(0).all()
    assert empty.assumption_effects("arr").empty
    assert len(empty.stated_beside_simulated()) == 2


def test_one_replication_has_no_interval():
    single = Forecast.from_result(random_result(replications=1, days=60), plain_scenario())
    table = single.summary(by="horizon")
    assert np.isnan(table.loc["arr", "low"])
    assert table.loc["arr", "P10"] == table.loc["arr", "P90"]


def test_a_broken_run_is_refused():
    result = random_result(replications=2, days=60)
    with pytest.raises(ValueError, match="lists of"):
        Forecast.from_result(replace(result, points=[0]), plain_scenario())
    result.ledger.flows[0, 0, 0, names.FLOW.index("churn")] += 1
    with pytest.raises(ValueError, match="ledger:"):
        Forecast.from_result(result, plain_scenario())


def test_facts_survive_json(forecast):
    assert ScenarioFacts.from_json(forecast.facts.to_json()) == forecast.facts
    assert forecast.facts.assumptions[0]["distribution"] == "uniform: {low: 0.2, high: 3}"
    assert "name: Made up" in forecast.facts.yaml


def test_an_assumption_shows_its_range_beside_the_simulated_rate():
    path = "segments.individual.renewal.probability"
    result = random_result(replications=8)
    draws = np.linspace(0.8, 0.9, 8)
    changed = replace(result, assumption_values={path: draws})
    row = Forecast.from_result(changed, plain_scenario()).stated_beside_simulated().iloc[0]
    assert row["stated"] == pytest.approx(0.85)
    assert (row["stated_low"], row["stated_high"]) == pytest.approx(tuple(np.quantile(draws, [0.1, 0.9])))


def test_pictures(forecast):
    axes = forecast.plot()
    assert len(axes.lines[0].get_xdata()) == len(forecast.frame.periods) + 1
    again = forecast.plot("nrr", segment="corporate", ax=axes)
    assert again is axes
    assert "40 futures" in repr(forecast)

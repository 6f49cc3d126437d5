"""Comparisons run on the same futures: what is equal differs by nothing, and what is shared is not drawn twice."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

import simulation as sim
from simulation.experiment.compare import ComparisonInterrupted, compare
from simulation.experiment.comparison import Comparison
from simulation.forecast.measures import MEASURES
from simulation.progress import Interrupted
from simulation.scenario.book import Book
from tests.experiment.cases import mapping, plan, segment, training

TEAM = {"crew": {"people": 1, "hours_per_month": 20, "cost_per_month": 500}}


@pytest.fixture(scope="module")
def trained() -> Comparison:
    """The base against training of segment a, in 24 futures."""
    return sim.compare(plan(), {"training": plan(interventions={"training": training()})}, replications=24, seed=3)


def test_identical_scenarios_differ_by_nothing_in_any_future() -> None:
    whole = {"interventions": {"visit": training(team="crew", effort="2 hours")}, "teams": TEAM}
    same = compare(plan(**whole), {"same": plan(**whole)}, replications=8, seed=5)
    for name in MEASURES:
        gap = same.difference(name, "same", by="period").to_numpy()
        assert not np.nan_to_num(gap).any(), name
    table = same.table()
    assert (table["equal"].dropna() == 1.0).all()
    assert (table["better"].dropna() == 0.0).all()


def test_a_segment_that_shares_nothing_is_untouched(trained: Comparison) -> None:
    segments = [name for name, one in MEASURES.items() if "segment" in one.filters]
    for name in segments:
        gap = trained.difference(name, "training", by="period", segment="b").to_numpy()
        assert not np.nan_to_num(gap).any(), name
    assert trained.difference("reached", "training", segment="a").to_numpy().any()


def test_rows_are_those_of_the_futures(trained: Comparison) -> None:
    row = trained.table(["arr"]).loc[("training", "arr")]
    base, other = (one.measure("arr").to_numpy() for one in trained.forecasts.values())
    pairs = (other - base).reshape(-1, 2).mean(axis=1)
    assert row["mean"] == pytest.approx((other - base).mean())
    assert row["high"] - row["low"] == pytest.approx(2 * 2.2009851600829 * pairs.std(ddof=1) / np.sqrt(12))
    assert row["better"] == pytest.approx((other > base).mean())
    assert row["futures"] == 24


def test_what_one_scenario_lacks_counts_as_zero(trained: Comparison) -> None:
    more = trained.difference("delivered", "training", intervention="training").to_numpy()
    there = trained.alternatives["training"].measure("delivered", intervention="training").to_numpy()
    assert np.array_equal(more, there)
    assert np.isnan(trained.values("base", "wait", intervention="training")).all()
    with pytest.raises(ValueError, match="did you mean 'training'"):
        trained.difference("delivered", "training", intervention="trainin")


def test_objectives_are_met_in_the_same_futures(trained: Comparison) -> None:
    table = trained.objectives()
    base, other = table.loc[("base", "keep")], table.loc[("training", "keep")]
    assert other["difference"] == pytest.approx(other["probability"] - base["probability"])
    assert base["difference"] == base["difference_low"] == 0.0


def test_chances_are_compared_over_the_futures_that_both_have() -> None:
    few = {"a": segment(0, 0.3)}
    keep = {"keep": {"measure": "renewal_rate", "within": "600 days", "at_least": "50%"}}
    base, other = (
        plan(horizon="20 months", assumptions={}, objectives=keep, segments=one) for one in (few, {"a": segment(30, 0)})
    )
    done = compare(base, {"more": other}, replications=40)
    unknown = np.isnan(done.values("base", "renewal_rate", within=600).to_numpy())
    assert 0 < unknown.sum() < 38
    table = done.objectives()
    row = table.loc[("more", "keep")]
    assert row["futures"] == table.loc[("base", "keep"), "futures"] == 40 - unknown.sum()
    assert row["difference"] == pytest.approx(row["probability"] - row["base"])
    assert row["base"] == table.loc[("base", "keep"), "probability"]
    back = compare(other, {"few": base}, replications=40)
    row = back.objectives().loc[("few", "keep")]
    assert row["futures"] == 40 - unknown.sum() and back.objectives().loc[("base", "keep"), "futures"] == 40
    from simulation.report.comparison_words import _wishes

    (said,) = _wishes(back)
    assert f"in the {40 - unknown.sum()} futures in which both can be judged" in said


def test_hours_by_team_and_intervention() -> None:
    busy = training(team="crew", effort="2 hours")
    done = compare(
        plan(teams=TEAM, interventions={"call": busy}),
        {"both": plan(teams=TEAM, interventions={"call": busy, "visit": training(team="crew", effort="3 hours")})},
        replications=4,
    )
    table = done.work()
    assert table.loc[("base", "crew", "visit"), "hours"] == 0.0
    rows = table.loc["both"]
    hours = done.alternatives["both"].measure("hours").to_numpy().mean()
    assert rows["hours"].sum() == pytest.approx(hours)
    assert rows["hours_more"].sum() == pytest.approx(done.difference("hours", "both").mean())


def test_what_cannot_be_compared_is_refused() -> None:
    with pytest.raises(ValueError, match="its end is 2028-07-01"):
        compare(plan(), {"longer": plan(horizon="18 months")}, replications=2)
    with pytest.raises(ValueError, match="no alternative"):
        compare(plan(), {}, replications=2)
    with pytest.raises(ValueError, match="its currency is EUR"):
        compare(plan(), {"abroad": plan(currency="EUR")}, replications=2)


def test_a_book_is_read_once_where_it_means_the_same(monkeypatch: pytest.MonkeyPatch) -> None:
    from simulation.experiment import compare as module

    read: list[Any] = []
    monkeypatch.setattr(module, "todays_members", lambda plan, quarantine: read.append(plan.name) or object())
    plans = {
        "base": plan(), "same": plan(name="same"),
        "other": plan(name="other", segments={"b": segment(), "a": segment()}, assumptions={}),
    }  # fmt: skip
    books: dict[str, Book | None] = module.books_of(plans)
    assert books["base"] is books["same"]
    assert books["other"] is not books["base"]
    assert read == ["base", "other"]


def test_an_interruption_keeps_what_all_have_finished(monkeypatch: pytest.MonkeyPatch) -> None:
    from simulation.experiment import compare as module

    whole = sim.run(plan(), replications=6)
    calls: list[str] = []

    def stopped(scenario: Any, **options: Any) -> Any:
        calls.append(scenario.name)
        if len(calls) == 2:
            raise_at = Interrupted()
            raise_at.forecast = module.only(whole, {0, 1, 2})
            raise raise_at
        return whole

    monkeypatch.setattr(module, "run", stopped)
    with pytest.raises(ComparisonInterrupted) as caught:
        compare(plan(), {"same": plan()}, replications=6)
    assert caught.value.comparison is not None
    assert caught.value.comparison.base.result.replications == [0, 1, 2]


def test_differences_are_saved(trained: Comparison, tmp_path: Any) -> None:
    import xarray as xr

    with xr.open_dataset(trained.save(tmp_path / "differences.nc"), engine="h5netcdf") as data:
        assert data["arr"].dims == ("alternative", "replication", "period")
        assert np.array_equal(data["arr"][0, :, -1], trained.difference("arr", "training"))


def test_blocks_change_nothing(monkeypatch: pytest.MonkeyPatch) -> None:
    from simulation.experiment import compare as module

    other = {"training": plan(**{**mapping(), "interventions": {"training": training()}})}
    at_once = compare(plan(), other, replications=6)
    monkeypatch.setattr(module, "BLOCK", 2)
    seen: list[tuple[int, int]] = []
    in_blocks = compare(plan(), other, replications=6, progress=lambda done, total: seen.append((done, total)))
    for name, one in at_once.forecasts.items():
        assert one.equals(in_blocks.forecasts[name])
    assert seen[-1] == (12, 12)
    assert [done for done, _ in seen] == sorted(done for done, _ in seen)


def test_precision_of_the_difference() -> None:
    other = plan(interventions={"training": training()})
    done = compare(plan(), {"training": other}, replications=20, precision=0.2, measure="reached", max_replications=400)
    row = done.table(["reached"]).loc[("training", "reached")]
    assert (row["high"] - row["low"]) / 2 <= 0.2 * abs(row["mean"])
    assert 20 <= done.replications < 400
    again = compare(plan(), {"training": other}, replications=done.replications + 40)
    gaps = again.difference("reached", "training").to_numpy()
    assert np.array_equal(gaps[: done.replications], done.difference("reached", "training").to_numpy())
    most = compare(plan(), {"training": other}, replications=4, precision=1e-6, measure="reached", max_replications=24)
    assert most.replications == 24

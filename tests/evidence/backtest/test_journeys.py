"""The backtest of a plan with journeys and sourced numbers: every form is read, and segments are scored."""

from __future__ import annotations

import datetime as dt
import json
from pathlib import Path

import numpy as np
import pytest

import simulation as sim
from simulation.evidence.backtest.casts import MODEL
from simulation.evidence.backtest.fitters import DirectFitter, rebased
from simulation.evidence.backtest.trial import backtest
from simulation.evidence.history import History
from simulation.scenario import from_mapping

SAAS = Path(__file__).parents[3] / "scenarios" / "saas.yaml"
ORIGIN = dt.date(2028, 4, 1)


@pytest.fixture(scope="module")
def plan():
    fewer = {
        "segments": {"tech_touch": {"population": {"members": 250}}, "high_touch": {"population": {"members": 60}}}
    }
    return sim.load(SAAS, overlays=[fewer])


@pytest.fixture(scope="module")
def found(plan, tmp_path_factory):
    """One forecast of two quarters, from two simulated years."""
    history = History.from_events(sim.events(plan, seed=3, engine="compiled"), plan)
    seen = []
    result = backtest(
        history, plan, folder=tmp_path_factory.mktemp("fits"), origins=[ORIGIN], steps=2, replications=20, workers=1,
        observe=lambda origin, fitted, forecast: seen.append(fitted),
    )  # fmt: skip
    return result, seen[0]


def test_a_simulated_past_is_fitted_where_it_came_from(plan, found):
    """The past was simulated by the plan itself: what is learnt of renewal and take is near what the plan states."""
    _, fitted = found
    for name, segment in plan.segments.items():
        stated = segment.renewal.probability
        mean = stated.parameter("a") / (stated.parameter("a") + stated.parameter("b"))
        learnt = fitted.scenario.segments[name].renewal.probability
        after = learnt.parameter("a") / (learnt.parameter("a") + learnt.parameter("b"))
        # About 250 and 60 renewals: standard errors of 0.25 and 0.5 logit points; and the simulated rate has its own.
        bound = {"tech_touch": 1.0, "high_touch": 1.9}[name]
        assert abs(np.log(after / (1 - after)) - np.log(mean / (1 - mean))) < bound
    notes = " ".join(fitted.notes)
    assert "tech_touch: renewal" in notes and "tech_touch, whole_team_in: take" in notes


def test_a_season_by_names_and_sources_is_kept(found):
    season = np.array(found[1].scenario.segments["tech_touch"].arrivals.season)
    assert season[11] > season[6] > season[7] > 0  # December 1.3, July 0.8, August 0.7
    assert season.mean() == pytest.approx(1, abs=0.01)


def test_people_who_have_come_or_left_by_the_origin_are_counted(plan):
    team = {**plan.resolved()["teams"]["success"], "leavers": [{"date": "2027-12-31", "people": 2}]}
    after = rebased(from_mapping({**plan.resolved(), "teams": {"success": team}}, allow_outside=True), ORIGIN, 6)
    assert after["teams"]["success"]["people"] == 6 + 1 - 2
    assert after["teams"]["success"]["hires"] == [] and after["teams"]["success"]["leavers"] == []
    before = rebased(plan, dt.date(2027, 2, 1), 6)["teams"]["success"]
    assert len(before["hires"]) == 1


def test_segments_are_scored_and_add_up(found):
    result, _ = found
    table = result.segments()
    assert set(table["segment"]) == {"tech_touch", "high_touch"}
    assert set(table["measure"]) == {"members", "arr", "joined", "left"}
    assert (table["values"] == 2).all() and (table["best"] != "").any()
    whole = result.table()
    whole = whole[whole["method"] == MODEL].groupby("measure")[["actual", "mean"]].mean()
    parts = table.groupby("measure")[["came", "mean"]].sum()
    assert parts["came"].to_numpy() == pytest.approx(whole.loc[parts.index, "actual"].to_numpy())
    assert parts["mean"].to_numpy() == pytest.approx(whole.loc[parts.index, "mean"].to_numpy())


def test_segments_are_in_the_report_and_for_programs(found, tmp_path):
    from simulation.cli.backtest import _facts
    from simulation.report.backtest import write_backtest

    result, _ = found
    page = write_backtest(result, tmp_path)[0].read_text()
    assert "Scores by segment" in page and "tech touch" in page
    assert (tmp_path / "tables" / "segments.csv").read_text().count("\n") == 9
    rows = _facts(result)["segments"]
    assert {(one["segment"], one["measure"]) for one in rows} >= {("high_touch", "arr"), ("tech_touch", "left")}
    json.dumps(rows)


def test_renewals_of_unknown_dates_are_spread_over_a_term(plan, tmp_path):
    """Who was there on the first day renews within a year of it, and not all on one day."""
    history = History.from_events(sim.events(plan, seed=3, engine="compiled"), plan)
    origin = dt.date(2027, 7, 1)
    fitted = DirectFitter().fit(history.as_of(origin), plan, origin, 6, seed=1, folder=tmp_path)
    ahead = fitted.book.renews_on[fitted.book.renews_on <= 184]
    # Uniform on half a year: 150 and more members; of each third less than 20% has odds beyond 1 in 1,000.
    thirds = np.histogram(ahead, [0, 61.4, 122.7, 184])[0] / len(ahead)
    assert len(ahead) > 100 and (thirds > 0.2).all()

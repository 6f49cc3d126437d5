"""Every measure by hand, on a ledger of two replications, one segment and 90 days."""

from datetime import date
from types import SimpleNamespace

import numpy as np
import pytest

from simulation.engine import ledger as names
from simulation.engine.ledger import Frame, Ledger, RunResult, make_cells
from simulation.forecast import MEASURES, Forecast
from tests.forecast.builders import constant, objective, plain_scenario

DAY = 86_400


@pytest.fixture(scope="module")
def forecast():
    edges, periods, windows = make_cells(date(2027, 1, 1), 59, "month")  # cells end on days 30, 31, 59
    frame = Frame(
        name="Hand",
        currency="EUR",
        start=date(2027, 1, 1),
        days=59,
        segments=("all_members",),
        milestones=(("all_members", "live", "adoption", None), ("all_members", "won", "value", "upsell")),
        interventions=("call",),
        teams=("desk",),
        cell_edges=edges,
        periods=periods,
        windows=windows,
    )
    ledger = Ledger.zeros(frame, 2)
    ledger.team_cost[:] = [[3_000, 100, 2_800]]
    ledger.team_seconds[:] = np.array([[60, 2, 56]]) * DAY
    ledger.cost_per_delivery[:] = 250
    ledger.fixed_cost[:] = [[1_000, 0, 1_000]]
    ledger.opening[:] = _row(names.OPEN, members=10, arr=1_000_000, adoption=10, on_track=8, away=2)
    first = {"joined": 2, "referred": 1, "left": 1, "returned": 1, "adoption": 3, "on_track": 3}
    first |= {"arr_new": 300_000, "arr_returned": 90_000, "expansion": 50_000, "churn": 100_000}
    first |= {"arr_seconds": 340_000 * 10 * DAY, "renewals_due": 4, "renewals_won": 3, "renewals_lost": 1}
    first |= {"first_won": 1, "first_lost": 1, "fees": 700, "setbacks": 2, "in_grace": 1}
    ledger.flows[:, 0, 0] = _row(names.FLOW, **first)
    last = {"uplift": 20_000, "contraction": 60_000, "adoption": -5, "value": 5, "in_grace": -1}
    ledger.flows[0, 0, 2] = _row(names.FLOW, **last)
    ledger.milestones[:, 0, 0] = _row(names.MS, reached=5)
    won = {"reached": 5, "offered": 4, "taken": 3, "lapsed": 1, "expansion": 30_000}
    won |= {"pushed": 2, "push_taken": 1, "push_expansion": 8_000}
    ledger.milestones[:, 1, 0] = _row(names.MS, **won)
    call = {"requested": 5, "refused": 1, "started": 4, "delivered": 3, "withdrawn": 0}
    call |= {"wait_seconds": 6 * DAY, "work_seconds": 7_200, "fees": 700, "recurring": 12_000}
    ledger.interventions[:, 0, 0, 0] = _row(names.IV, **call)
    desk = {
        "started": 4,
        "wait_seconds": 6 * DAY,
        "busy_seconds": 30 * DAY,
        "queue_seconds": 15 * DAY,
        "queue": 2,
    }
    ledger.teams[:, 0, 0] = _row(names.TM, **desk)
    ledger.teams[0, 0, 2] = _row(names.TM, queue=-2)
    ledger.terms[:, 0, 0] = (1, 1)
    ledger.terms[:, 0, 1] = (2, 0)
    ledger.first_value[:, 0, 0] = (3, 1)
    starts = [(1_000_000, 10) if window.first_cell == 0 else (1_340_000, 13) for window in windows]
    for place, (arr, members) in enumerate(starts):
        ledger.cohort[:, 0, place] = (arr, arr - 20_000, arr - 80_000, members, members - 1)
    result = RunResult(frame, ledger, 3, [0, 1], [0, 0], {})
    offer = SimpleNamespace(kind="upsell", take=0.7, arr=constant(1))
    journey = {
        "live": SimpleNamespace(stage="adoption", after=1.5, spread=0.0, opportunity=None),
        "won": SimpleNamespace(stage="value", after=1.0, spread=0.0, opportunity=offer),
    }
    vector = SimpleNamespace(
        direction=SimpleNamespace(typical=0.0, spread=0.0), magnitude=SimpleNamespace(typical=1.0, spread=0.0)
    )
    segment = SimpleNamespace(journey=journey, vector=vector, renewal=SimpleNamespace(probability=constant(0.8)))
    scenario = plain_scenario(
        segments={"all_members": segment},
        interventions={"call": SimpleNamespace(team="desk")},
        assumptions={},
        known={"all_members_nonsense": SimpleNamespace(low=1.0, high=1.0, source=None)},
        objectives={
            "arr": objective("arr", at_least=1_320_000.0),
            "by": objective("new", by=date(2027, 1, 31), at_least=300_000.0),
            "odd": objective("new", within=7.0, at_least=1.0),
            "wrong": objective("cost", segment="all_members", at_most=1.0),
        },
    )
    return Forecast.from_result(result, scenario)


def _row(columns, **values):
    assert set(values) <= set(columns)
    return [values.get(name, 0) for name in columns]


HORIZON = {
    "members": (13, 13), "members_open": (10, 10), "joined": (2, 2), "referred": (1, 1), "left": (1, 1),
    "returned": (1, 1), "arr": (13_000, 13_400), "arr_open": (10_000, 10_000), "new": (3_000, 3_000),
    "returned_arr": (900, 900), "expansion": (500, 500), "uplift": (200, 0), "contraction": (600, 0),
    "churn": (1_000, 1_000), "nrr": (0.98, 0.98), "grr": (0.92, 0.92), "logo_churn": (0.1, 0.1),
    "quick_ratio": (3_500 / 1_600, 3.5), "renewals_due": (4, 4), "renewals_won": (3, 3),
    "renewals_lost": (1, 1), "renewal_rate": (0.75, 0.75), "first_renewals_won": (1, 1),
    "first_renewals_lost": (1, 1), "first_renewal_rate": (0.5, 0.5), "fees": (7, 7), "cost": (86.5, 86.5),
    "intervention_cost": (27.5, 27.5), "team_cost": (59, 59), "in_adoption": (8, 13), "in_value": (5, 0),
    "in_growth": (0, 0), "journey_complete": (0, 0), "on_track": (11, 11), "drifting": (0, 0), "away": (2, 2),
    "on_track_share": (11 / 13, 11 / 13), "in_grace": (0, 1), "reached": (10, 10), "offered": (4, 4),
    "taken": (3, 3), "lapsed": (1, 1), "take_rate": (0.75, 0.75), "pushed": (2, 2), "push_taken": (1, 1),
    "push_expansion": (80, 80), "setbacks": (2, 2), "escalations": (0, 0), "impatient": (0, 0),
    "shifts": (0, 0), "recognised": (0, 0), "requested": (5, 5), "refused": (1, 1), "started": (4, 4),
    "delivered": (3, 3), "withdrawn": (0, 0), "work_hours": (2, 2), "intervention_recurring": (120, 120),
    "utilisation": (30 / 118, 30 / 118), "wait": (1.5, 1.5), "queue": (0, 2),
    "queue_mean": (15 / 59, 15 / 59), "hours": (2, 2),
}  # fmt: skip


def test_every_measure_at_the_horizon(forecast):
    income = (10_000 * 30 + 3_400 * 10 + 13_400 * 29) / 365.25
    expected = HORIZON | {"revenue": (income,) * 2, "contribution": (income + 7 - 86.5,) * 2}
    assert set(expected) == set(MEASURES)
    for name, values in expected.items():
        found = forecast.measure(name)
        assert found.dims == ("replication",)
        assert found.to_numpy() == pytest.approx(np.array(values)), name


def test_periods_and_windows(forecast):
    assert forecast.measure("arr", by="period").sel(replication=0).to_numpy().tolist() == [13_400, 13_000]
    assert forecast.measure("queue", by="period").sel(replication=0).to_numpy().tolist() == [2, 0]
    assert forecast.measure("cost", by="period").sel(replication=1).to_numpy().tolist() == [48.5, 38]
    assert forecast.measure("nrr", period="2027-02").to_numpy()[0] == 1_320_000 / 1_340_000
    assert forecast.measure("new", within=30).to_numpy().tolist() == [3_000, 3_000]
    assert forecast.measure("take_rate", period="2027-02").isnull().all()
    assert forecast.measure("uplift", window="P:2027-02").to_numpy().tolist() == [200, 0]
    by_window = forecast.measure("members", by="window")
    assert by_window.dims == ("replication", "window")
    assert by_window.sel(window="30 days").to_numpy().tolist() == [13, 13]


def test_selections(forecast):
    def expansion(**where):
        return forecast.measure("expansion", **where).to_numpy()[0]

    assert expansion() == expansion(segment="all_members") == 500
    assert expansion(milestone="won") == expansion(milestone="all_members.won") == expansion(kind="upsell") == 380
    assert expansion(milestone="live") == expansion(kind="seats") == 0
    assert expansion(kind="intervention") == expansion(intervention="call") == 120
    assert forecast.measure("cost", team="desk").to_numpy()[0] == 59
    assert forecast.measure("cost", intervention="call").to_numpy()[0] == 27.5
    assert forecast.measure("wait", intervention="call").to_numpy()[0] == 1.5
    assert forecast.measure("wait", segment="all_members", team="desk").to_numpy()[0] == 1.5
    assert forecast.measure("reached", milestone="live").to_numpy()[0] == 5


@pytest.mark.parametrize(
    ("name", "where", "words"),
    [
        ("ar", {}, "did you mean 'arr'"),
        ("arr", {"segment": "al_members"}, "did you mean 'all_members'"),
        ("arr", {"milestone": "won"}, "only by segment"),
        ("contribution", {"segment": "all_members"}, "only by nothing"),
        ("arr", {"period": "2027-3"}, "unknown period"),
        ("arr", {"within": 17}, "counted days: 30, 31, 59"),
        ("arr", {"within": 30, "window": "30 days"}, "only one"),
        ("nrr", {"by": "year"}, "by must be"),
    ],
)
def test_wrong_questions(forecast, name, where, words):
    with pytest.raises(ValueError, match=words):
        forecast.measure(name, **where)


def test_waterfall_adds_up(forecast):
    table = forecast.waterfall()
    assert table["mean"].tolist() == [10_000, 3_000, 900, 500, 100, -300, -1_000, 13_200]
    assert table["mean"][:-1].sum() == table["mean"]["close"]
    assert forecast.waterfall(period="2027-02")["mean"]["open"] == 13_400


def test_milestone_row(forecast):
    row = forecast.milestones().set_index("milestone").loc["won"]
    assert (row["members"], row["offered"], row["take_rate"], row["stated_take"]) == (5, 4, 0.75, 0.7)
    assert (row["arr_per_take"], row["expansion"], row["push_expansion"]) == (100, 300, 80)
    assert (row["stage"], row["kind"], row["expansion_P90"]) == ("value", "upsell", 300)
    assert forecast.milestones(within=30)["expansion"].tolist() == [0, 300]
    assert forecast.milestones(within="P:2027-02")["members"].tolist() == [0, 0]


def test_renewal_by_term_and_first_value(forecast):
    terms = forecast.renewal_by_term()
    assert terms.loc[("all_members", 1), ["won", "lost", "rate"]].tolist() == [1, 1, 0.5]
    assert terms.loc[("all_members", 2), "rate"] == 1
    assert np.isnan(terms.loc[("all_members", 3), "rate"])
    assert len(forecast.renewal_by_term("all_members")) == 20
    with pytest.raises(ValueError, match="unknown segment"):
        forecast.renewal_by_term("nobody")
    assert forecast.first_value().loc[("all_members", 30), "share"] == pytest.approx(1 / 3)


def test_stated_beside_simulated(forecast):
    table = forecast.stated_beside_simulated().set_index("quantity")
    assert table.index.tolist() == [
        "Renewal rate", "Take rate: won", "Time to first value", "First renewal rate",
    ]  # fmt: skip
    assert table.loc["Renewal rate", ["stated", "simulated", "outcomes"]].tolist() == [0.8, 0.75, 8]
    assert table.loc["Take rate: won", ["stated", "simulated"]].tolist() == [0.7, 0.75]
    assert table.loc["Time to first value", "stated"] == 1.5
    assert np.isnan(table.loc["Time to first value", "simulated"])
    assert "fewer than half" in table.loc["Time to first value", "note"]
    assert np.isnan(table.loc["First renewal rate", "stated"])


def test_objectives(forecast):
    table = forecast.objectives()
    assert table.loc["arr", ["probability", "mean", "at_least"]].tolist() == [0.5, 13_200, 13_200]
    assert table.loc["by", ["probability", "until"]].tolist() == [1, date(2027, 1, 31)]
    assert "counted days" in table.loc["odd", "note"]
    assert "cannot be narrowed" in table.loc["wrong", "note"]
    assert np.isnan(table.loc["wrong", "probability"])


def test_no_assumptions_is_said(forecast):
    found = forecast.luck_and_ignorance("arr")
    assert "no assumptions" in str(found)
    assert found.luck == pytest.approx(80_000)


def test_the_better_side_is_named_for_measures_that_exist() -> None:
    from simulation.forecast import measures

    named = (*measures._MORE_IS_BETTER, *measures._LESS_IS_BETTER)
    assert len(named) == len(set(named))
    assert set(named) <= set(measures.MEASURES)
    assert {measures.MEASURES[one].better for one in ("arr", "churn", "members_open")} == {1, -1, 0}

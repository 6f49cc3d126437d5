"""The backtest end to end: nothing leaks from the future, known histories are fitted, and the donors."""

from __future__ import annotations

import datetime as dt
import json
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

import simulation as sim
from simulation.cli import main
from simulation.evidence.backtest.baselines.contracts import survival
from simulation.evidence.backtest.casts import MODEL
from simulation.evidence.backtest.counts import history_of_flows, history_of_survivors
from simulation.evidence.backtest.fitters import DirectFitter
from simulation.evidence.backtest.observed import observed
from simulation.evidence.backtest.spells import spells_of
from simulation.evidence.backtest.trial import backtest, usual_origins
from simulation.evidence.backtest.verdict import verdicts, verdicts_of_parts
from simulation.evidence.history import History, HistoryError
from simulation.evidence.history.panel import history_of_panel
from simulation.scenario import from_mapping

SCENARIOS = Path(__file__).parents[3] / "scenarios"
PLAIN = {
    "name": "Contracts",
    "start": "2020-01-01",
    "horizon": "12 months",
    "segments": {
        "contract": {
            "desired_outcome": {"required": "covered"},
            "arr": 100,
            "arrivals": {"per_month": 15},
            "renewal": {"probability": "75%"},
        }
    },
}


@pytest.fixture(scope="module")
def plan():
    return from_mapping(PLAIN)


@pytest.fixture(scope="module")
def history():
    truth = from_mapping({**PLAIN, "horizon": "48 months"})
    return History.from_events(sim.events(truth, seed=3, engine="compiled"), truth)


def test_what_became_known_after_the_origin_changes_nothing(history, plan, tmp_path):
    """Other facts from the origin on, and earlier ones recorded late, leave fit, book and forecast as they were."""
    origin = dt.date(2022, 7, 1)
    frame = history.frame.astype({"member_id": object, "event": object, "name": object, "segment": object})
    later = frame["date"] >= np.datetime64(origin, "us")
    mangled = frame[~later].copy()
    mangled["recorded"] = pd.NaT
    late = pd.DataFrame({
        "member_id": [f"late{n}" for n in range(200)], "date": pd.Timestamp("2022-03-01"), "event": "joined",
        "name": "", "value": 9_999.0, "segment": "contract", "recorded": pd.Timestamp("2022-09-01"),
    })  # fmt: skip
    other = History.of(pd.concat([mangled, late], ignore_index=True), exported=history.exported)
    assert other.fingerprint != history.fingerprint
    seen = []
    for number, one in enumerate((history, other)):
        folder = tmp_path / str(number)
        folder.mkdir()
        found = DirectFitter().fit(one.as_of(origin), plan, origin, 12, seed=1, folder=folder)
        futures = sim.run(found.scenario, replications=6, seed=1, book=found.book, workers=1)
        seen.append((found.notes, (folder / "draws.csv").read_bytes(), futures.measure("arr").to_numpy().tolist()))
    assert seen[0] == seen[1]


def test_a_backtest_passes_only_the_past_to_its_fitter(history, plan, tmp_path):
    origin = dt.date(2022, 7, 1)

    class Spy(DirectFitter):
        def fit(self, past, scenario, origin, months, *, seed, folder):
            assert past.last_day < origin
            assert (past.known <= np.datetime64(origin, "us")).all()
            self.called = True
            return super().fit(past, scenario, origin, months, seed=seed, folder=folder)

    spy = Spy()
    backtest(history, plan, folder=tmp_path, origins=[origin], steps=2, replications=10, fitter=spy, workers=1)
    assert spy.called


def test_an_association_of_plain_contracts_is_forecast_well(history, plan, tmp_path):
    found = backtest(history, plan, folder=tmp_path, steps=4, replications=40, workers=1)
    table = found.table()
    own = table[(table["method"] == MODEL) & (table["measure"] == "members")]
    assert len(own) == 16
    # 95% bands: 16 values that hang together; 12 inside has odds beyond 1 in 1,000 if they were independent.
    assert own["inside_95%"].sum() >= 12
    assert abs(own["bias"].mean()) < 0.1 * own["actual"].mean()
    assert {one.measure for one in verdicts(found)} >= {"members", "arr", "joined", "left", "new"}
    assert {"last_value", "geometric", "sbg", "bdw"} <= set(table["method"])


def test_actuals_are_counted_as_a_forecast_counts(history):
    days = [dt.date(2022, 1, 1), dt.date(2022, 4, 1), dt.date(2022, 7, 1)]
    came = observed(history, days, ["members", "joined", "left", "arr", "new", "churn"]).values
    before = observed(history, [dt.date(2021, 12, 1), days[0]], ["members", "arr"]).values
    steps = np.concatenate([before["members"], came["members"]])
    assert np.diff(steps) == pytest.approx(came["joined"] - came["left"])
    money = np.concatenate([before["arr"], came["arr"]])
    assert np.diff(money) == pytest.approx(came["new"] - came["churn"])


def test_spells_and_risk_are_those_of_a_worked_case():
    rows = [
        ("a", "2020-01-01", "joined"), ("a", "2021-01-01", "renewed"), ("a", "2022-01-01", "left"),
        ("b", "2020-03-01", "joined"), ("b", "2020-07-10", "left"), ("b", "2021-03-01", "returned"),
        ("c", "2021-05-31", "joined"),
    ]  # fmt: skip
    history = History.of(pd.DataFrame(rows, columns=["member_id", "date", "event"]).astype({"date": "datetime64[us]"}))
    spells = spells_of(history, {"s": 12}, dt.date(2022, 6, 1))
    assert spells.begin.astype(str).tolist() == ["2020-01-01", "2020-03-01", "2021-03-01", "2021-05-31"]
    assert spells.here.tolist() == [False, False, True, True]
    assert spells.at_due.tolist() == [True, False, False, False]
    assert spells.won().tolist() == [1, 0, 1, 1]
    table = spells.risk_table()
    assert (table.due.tolist(), table.won.tolist()) == ([4.0, 1.0], [3.0, 0.0])
    # a: chances 1 and 2, took the first; b: chances 1 and 2 (from 2020-03), took both, being back; c: one, taken.
    taken = spells.taken()
    assert (taken.came.tolist(), taken.chances.tolist()) == ([[True, False], [True, True], [True, False]], [2, 2, 1])
    assert taken.grouped().members.tolist() == [1, 1, 1]


def test_survivors_become_members_with_the_same_counts(tmp_path):
    path = tmp_path / "cohorts.csv"
    path.write_text(
        "cohort,date,members\n2020-01-01,2020-01-01,50\n2020-01-01,2021-01-01,30\n2020-01-01,2022-01-01,24\n"
    )
    history = history_of_survivors(path, segment="contract")
    table = history.standing([dt.date(2020, 1, 1), dt.date(2021, 1, 1), dt.date(2022, 1, 1)])
    assert table["members"].tolist() == [50, 30, 24]
    risk = spells_of(history, {"contract": 12}, dt.date(2022, 1, 1)).risk_table()
    assert (risk.due.tolist(), risk.won.tolist()) == ([50.0, 30.0], [30.0, 24.0])


def test_flows_keep_their_totals_and_causes(tmp_path):
    path = tmp_path / "flows.csv"
    path.write_text(
        "date,joined,left,members,cause\n2020-01-01,10,4,100,lapse\n2020-01-01,0,3,,death\n"
        "2020-04-01,5,20,,lapse\n2020-07-01,8,1,,death\n"
    )
    history = history_of_flows(path, segment="contract")
    days = [dt.date(2020, 1, 1), dt.date(2020, 4, 1), dt.date(2020, 7, 1)]
    came = observed(history, days, ["members", "joined", "left"]).values
    assert (came["members"].tolist(), came["joined"].tolist(), came["left"].tolist()) == ([103, 88], [10, 5], [7, 20])
    left = history.frame[history.frame["event"] == "left"]["name"].value_counts()
    assert (left["lapse"], left["death"]) == (24, 4)
    assert "only totals" in history.warnings[0]


def test_bad_counts_are_all_named(tmp_path):
    path = tmp_path / "cohorts.csv"
    path.write_text("cohort,date,members\n2020-01-01,2020-01-01,ten\nsoon,2021-01-01,12\n")
    with pytest.raises(HistoryError) as refused:
        history_of_survivors(path)
    assert [(one.line, one.path) for one in refused.value.problems] == [(2, "members"), (3, "cohort")]


def test_a_cohort_of_contracts_is_carried_on_by_its_renewal_law(tmp_path):
    alive = (2000 * survival("sbg", np.log([0.7, 1.2]), np.arange(9))).round().astype(int)
    path = tmp_path / "cohorts.csv"
    lines = [f"2010-01-01,{2010 + year}-01-01,{count}" for year, count in enumerate(alive)]
    path.write_text("cohort,date,members\n" + "\n".join(lines) + "\n")
    plan = from_mapping(PLAIN)
    found = backtest(
        history_of_survivors(path, segment="contract"), plan, folder=tmp_path, origins=[dt.date(2015, 1, 1)], steps=3,
        replications=30, workers=1,
    )  # fmt: skip
    table = found.table()
    own = table[(table["method"] == MODEL) & (table["measure"] == "members")]
    assert own["inside_95%"].all()
    assert (abs(own["bias"]) < 0.05 * own["actual"]).all()


@pytest.mark.parametrize(
    ("origins", "said"),
    [
        ([dt.date(2022, 7, 2)], "first day of a month"),
        ([dt.date(2020, 1, 1)], "nothing is known"),
        ([dt.date(2023, 10, 1)], "after 2024-01-01"),
    ],
)
def test_origins_that_cannot_be_scored_are_refused(history, plan, tmp_path, origins, said):
    with pytest.raises(ValueError, match=said):
        backtest(history, plan, folder=tmp_path, origins=origins, steps=4)
    with pytest.raises(ValueError, match="too short"):
        usual_origins(history, 12, 4)


def test_seasonal_flows_beat_the_last_value_by_far(tmp_path):
    """Adds and losses of 6 years with a season; chance alone gives 9.5 of 12 values in an 80% band, at least 5."""
    rng, rows, here = np.random.default_rng(4), [], 1000
    for quarter in range(28):
        joined = rng.poisson(60 * (0.6, 1.4, 1.2, 0.8)[quarter % 4])
        left = rng.binomial(here, 0.05 * (0.7, 0.9, 1.1, 1.3)[quarter % 4])
        rows.append(f"{2015 + quarter // 4}-{1 + 3 * (quarter % 4):02d}-01,{joined},{left},{'' if rows else here}")
        here += joined - left
    path = tmp_path / "flows.csv"
    path.write_text("date,joined,left,members\n" + "\n".join(rows) + "\n")
    found = backtest(
        history_of_flows(path, segment="contract"), from_mapping(PLAIN), folder=tmp_path,
        origins=[dt.date(year, 1, 1) for year in (2019, 2020, 2021)], step=3, replications=60, workers=1,
    )  # fmt: skip
    table = found.table()
    for measure in ("joined", "left"):
        own = table[table["measure"] == measure].groupby("method")["crps"].mean()
        assert own[MODEL] < 0.75 * own["last_value"]
        ours = table[(table["measure"] == measure) & (table["method"] == MODEL)]
        assert ours["inside_80%"].sum() >= 5


def test_causes_of_leaving_are_forecast_apart(tmp_path):
    """Lapses fall and deaths rise over six years, so last year's shares would be wrong; 8 values of each cause."""
    rng, rows = np.random.default_rng(4), []
    for quarter in range(28):
        day = f"{2015 + quarter // 4}-{1 + 3 * (quarter % 4):02d}-01"
        lapses, deaths = rng.poisson(60 * 0.98**quarter), rng.poisson(15 * 1.03**quarter)
        rows += [f"{day},75,{lapses},{'' if rows else 1500},lapse", f"{day},0,{deaths},,death"]
    path = tmp_path / "flows.csv"
    path.write_text("date,joined,left,members,cause\n" + "\n".join(rows) + "\n")
    found = backtest(
        history_of_flows(path, segment="contract"), from_mapping(PLAIN), folder=tmp_path,
        origins=[dt.date(year, 1, 1) for year in (2020, 2021)], step=3, replications=60, workers=1,
    )  # fmt: skip
    causes = found.causes().set_index("cause")
    assert causes.index.tolist() == ["death", "lapse"] and (causes["values"] == 8).all()
    # Both causes together are all who left, so their means add up to it.
    table = found.table()
    left = table[(table["measure"] == "left") & (table["method"] == MODEL)]
    assert causes["came"].sum() == pytest.approx(left["actual"].mean())
    assert causes["mean"].sum() == pytest.approx(left["mean"].mean(), rel=0.01)
    assert (abs(causes["mean"] / causes["came"] - 1) < 0.25).all()
    assert (causes["inside_95%"] >= 6).all()
    judged = {one.cause: one for one in verdicts_of_parts(found)}
    assert set(judged) == {"death", "lapse"} and judged["lapse"].assumption == "leaving: lapse"
    assert all("of 8 values fell into the 80% band" in one.words for one in judged.values())


@pytest.mark.soak
def test_the_donors(tmp_path):
    """BG/BB's own backtest: 1996 to 2001 fitted, 2002 to 2006 forecast."""
    history = history_of_panel(SCENARIOS / "data" / "donor_cohort_1995_panel.csv", segment="donor")
    found = backtest(
        history, sim.load(SCENARIOS / "donors.yaml"), folder=tmp_path, origins=[dt.date(2002, 1, 1)], steps=5
    )
    table = found.table()
    members = table[table["measure"] == "members"]
    assert members[members["method"] == MODEL]["actual"].tolist() == [3110, 2938, 2703, 2573, 1936]
    crps = members.groupby("method")["crps"].mean()
    assert crps[MODEL] <= 1.02 * crps.drop(MODEL).min()
    # 2006 fell by a quarter, which nothing in 1996 to 2001 announces.
    assert members[members["method"] == MODEL]["inside_95%"].tolist()[:4] == [True] * 4


def test_the_command(history, tmp_path, monkeypatch, capsys):
    from simulation.evidence.history import write_history

    monkeypatch.chdir(tmp_path)
    write_history(history, tmp_path / "events.csv")
    (tmp_path / "plan.yaml").write_text(from_mapping(PLAIN).to_yaml())
    words = ["backtest", "events.csv", "--scenario", "plan.yaml", "--exported", "2024-01-01", "--workers", "1"]
    words += ["--origins", "2023-01-01", "--steps", "2", "--replications", "20", "--out", "out", "--json"]
    assert main(words) == 0
    said = json.loads(capsys.readouterr().out)
    assert said["origins"] == ["2023-01-01"] and said["verdicts"]
    assert "Verdict by assumption" in (tmp_path / "out" / "report.html").read_text()
    assert main([*words[:-1], "--as", "panel"]) == 2

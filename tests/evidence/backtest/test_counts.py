"""Histories out of counts: other names and places, what the counts leave open, and every fault by name."""

from __future__ import annotations

import datetime as dt
import sqlite3

import numpy as np
import pandas as pd
import pytest

from simulation.evidence.backtest.counts import history_of_flows, history_of_survivors
from simulation.evidence.backtest.observed import observed
from simulation.evidence.backtest.spells import spells_of
from simulation.evidence.backtest.trial import backtest, usual_steps
from simulation.evidence.history import History, HistoryError
from simulation.evidence.history.today import todays_rows
from simulation.scenario import from_mapping
from simulation.scenario.schema.history import ColumnRef

FLOWS = pd.DataFrame({
    "date": ["2020-01-01", "2020-04-01", "2020-07-01", "2020-10-01"],
    "joined": [10, 12, 9, 11], "left": [4, 5, 3, 6], "members": [100, 106, 113, 119],
})  # fmt: skip
OTHER = {"date": "Quarter", "joined": "Gross adds", "left": "Disconnects", "members": "Opening"}


@pytest.fixture
def plain(tmp_path):
    FLOWS.to_csv(tmp_path / "flows.csv", index=False)
    return history_of_flows(tmp_path / "flows.csv", segment="s")


@pytest.mark.parametrize("form", ["csv", "xlsx", "parquet", "sql"])
def test_flows_with_other_names_are_the_same_from_everywhere(form, plain, tmp_path):
    named = FLOWS.rename(columns=OTHER)
    named["Quarter"] = ["2020-Q1", "2020Q2", "Q3 2020", "2020-10"]
    columns = {ours: ColumnRef(column=theirs) for ours, theirs in OTHER.items()}
    where, more = tmp_path / f"odd.{form}", {}
    if form == "csv":
        named["Opening"] = named["Opening"].map("{:,}.0".format)
        named.to_csv(where, index=False, sep=";")
    elif form == "xlsx":
        pytest.importorskip("openpyxl")
        named.to_excel(where, index=False)
    elif form == "parquet":
        named.to_parquet(where)
    else:
        pytest.importorskip("sqlalchemy")
        with sqlite3.connect(tmp_path / "odd.db") as base:
            named.to_sql("flows", base, index=False)
        where, more = f"sqlite:///{tmp_path / 'odd.db'}", {"table": "flows"}
    assert history_of_flows(where, segment="s", columns=columns, **more) == plain


def test_survivors_of_years_without_months(tmp_path):
    path = tmp_path / "cohorts.csv"
    path.write_text("Cohort,Date,Members\n2020,2020,50\n2020,2021,30\n2020,2022,24\n")
    history = history_of_survivors(path, segment="s")
    assert history.standing([dt.date(2021, 1, 1), dt.date(2022, 1, 1)])["members"].tolist() == [30, 24]


@pytest.mark.parametrize("hazard", [0.03, 0.08])
def test_members_that_nobody_said_follow_from_the_losses(hazard, tmp_path):
    """A business that doubles: the losses grow with it, and that tells about how many there were."""
    rng, here, rows = np.random.default_rng(3), 2000, []
    for quarter in range(24):
        joined, left = rng.poisson(2000 * hazard + 90), rng.binomial(here, hazard)
        rows.append(f"{2015 + quarter // 4}-Q{1 + quarter % 4},{joined},{left}")
        here += joined - left
    path = tmp_path / "flows.csv"
    path.write_text("date,joined,left\n" + "\n".join(rows) + "\n")
    history = history_of_flows(path, segment="s")
    first = history.standing([dt.date(2015, 1, 1)])["members"].iloc[0]
    assert 1400 < first < 2800
    assert "is not said" in history.warnings[1]


def test_members_that_do_not_agree_are_said(tmp_path):
    path = tmp_path / "flows.csv"
    FLOWS.assign(members=[100, 106, 150, 160]).to_csv(path, index=False)
    history = history_of_flows(path, segment="s")
    assert "on 2020-07-01 the table says 150 members" in history.warnings[1] and "113" in history.warnings[1]
    days = [dt.date(2020, 1, 1), dt.date(2020, 7, 1), dt.date(2021, 1, 1)]
    assert observed(history, days, ["members"]).values["members"].tolist() == [113, 124]
    FLOWS.assign(members=[None, 106, None, None]).to_csv(path, index=False)
    later = history_of_flows(path, segment="s")
    assert len(later.warnings) == 1 and observed(later, days, ["members"]).values["members"].tolist() == [113, 124]


@pytest.mark.parametrize(
    ("rows", "line", "said"),
    [
        ("2020-01-01,1,0,9\n2020-04-01,1,0,\n2020-10-01,1,0,\n", 4, "no row for the period from 2020-07-01"),
        ("2020-01-01,1,0,9\n2020-04-01,1,0,\n2020-04-01,1,0,\n", 4, "there twice"),
        ("2020-03-31,1,0,9\n2020-06-30,1,0,\n2020-09-30,1,0,\n", 2, "as 2020-01-01"),
        ("2020-01-01,1,0,9\n2020-04-01,1,12,\n", 3, "12 left of 10 members"),
        ("2020-01-01,,0,9\n2020-04-01,1,1,\n", 2, "is empty"),
        ("2020-01-01,63.1,0,9\n2020-04-01,1,1,\n", 2, "of a share: times how many joined"),
    ],
)
def test_flows_that_cannot_be(rows, line, said, tmp_path):
    path = tmp_path / "flows.csv"
    path.write_text("date,joined,left,members\n" + rows)
    with pytest.raises(HistoryError) as refused:
        history_of_flows(path)
    assert [(one.line, said in one.message) for one in refused.value.problems] == [(line, True)]


def test_who_joined_is_not_counted_once_a_cause(tmp_path):
    path = tmp_path / "flows.csv"
    path.write_text("date,joined,left,members,cause\n2020-01-01,8,2,50,lapse\n2020-01-01,8,1,50,death\n")
    with pytest.raises(HistoryError, match="in every row of a period"):
        history_of_flows(path)


def test_a_missing_count_and_a_cohort_that_was_counted_late(tmp_path):
    path = tmp_path / "cohorts.csv"
    path.write_text(
        "cohort,date,members\n2010-01-01,2010-01-01,400\n2010-01-01,2011-01-01,200\n2010-01-01,2013-01-01,50\n"
        "2005-01-01,2010-01-01,90\n2005-01-01,2011-01-01,81\n"
    )
    with pytest.raises(HistoryError, match="not counted after 2011-01-01"):
        history_of_survivors(path, segment="s")
    with path.open("a") as file:
        file.write("2005-01-01,2012-01-01,0\n")
    history = history_of_survivors(path, segment="s")
    days = [dt.date(2010, 1, 1), dt.date(2011, 1, 1), dt.date(2012, 1, 1), dt.date(2013, 1, 1)]
    assert history.standing(days)["members"].tolist() == [490, 281, 100, 50]
    assert history.begins == dt.date(2009, 12, 31)
    assert "1 counts are missing" in history.warnings[1]
    # The older cohort was at its sixth renewal when it was first seen to renew; what came before is not known.
    spells = spells_of(history, {"s": 12}, dt.date(2013, 1, 1))
    table = spells.risk_table()
    assert table.due.tolist() == [400, 200, 100, 0, 0, 90, 81]
    assert table.won.tolist() == [200, 100, 50, 0, 0, 81, 0]
    years, due, won = spells.by_number_and_year(np.zeros(len(spells), bool))
    assert (due.sum(axis=1).tolist(), won.sum(axis=1).tolist()) == (table.due.tolist(), table.won.tolist())


def test_a_leaving_during_the_term_is_no_lost_renewal():
    """Two renewals won, then a death within the third term: two of two, as far as renewing goes."""
    rows = [("a", "2010-01-01", "joined"), ("a", "2012-05-05", "left"), ("b", "2010-01-01", "joined")]
    rows += [("b", "2012-01-01", "left")]
    frame = pd.DataFrame(rows, columns=["member_id", "date", "event"]).astype({"date": "datetime64[us]"})
    spells = spells_of(History.of(frame), {"s": 12}, dt.date(2013, 1, 1))
    early = ~spells.at_due
    assert early.tolist() == [True, False]
    _, due, won = spells.by_number_and_year(early)
    assert (due.sum(axis=1).tolist(), won.sum(axis=1).tolist()) == ([2, 2], [2, 1])


def test_who_came_at_an_unknown_time_renews_and_leaves_in_the_same_year():
    """Of 4 who were there, 3 renew in the first year and 1 leaves in it; of the 3, 1 is lost at the second renewal."""
    rows = [(one, "2018-01-01", "present") for one in "abcd"]
    rows += [(one, "2018-06-01", "renewed") for one in "abc"] + [("d", "2018-06-01", "left")]
    rows += [(one, "2019-06-01", "renewed") for one in "ab"] + [("c", "2019-06-01", "left")]
    frame = pd.DataFrame(rows, columns=["member_id", "date", "event"]).astype({"date": "datetime64[us]"})
    spells = spells_of(History.of(frame), {"s": 12}, dt.date(2020, 1, 1))
    years, due, won = spells.by_number_and_year(np.zeros(len(spells), bool))
    assert years.tolist() == [2018, 2019]
    assert (due.tolist(), won.tolist()) == ([[4, 0], [0, 3]], [[3, 0], [0, 2]])


def test_no_new_cohort_at_the_end_is_said(tmp_path):
    path = tmp_path / "cohorts.csv"
    head = "cohort,date,members\n2019,2019,50\n2019,2020,40\n2019,2021,35\n2020,2020,50\n2020,2021,39\n"
    path.write_text(head)
    assert "no cohort begins after 2020-01-01" in history_of_survivors(path, segment="s").warnings[-1]
    path.write_text(head + "2021,2021,60\n")
    assert len(history_of_survivors(path, segment="s").warnings) == 1


def test_a_short_record_has_fewer_steps(tmp_path):
    path = tmp_path / "cohorts.csv"
    path.write_text("cohort,date,members\n" + "".join(f"2015,{2015 + year},{90 - 9 * year}\n" for year in range(6)))
    assert usual_steps(history_of_survivors(path, segment="s"), 12) == 2
    path.write_text("cohort,date,members\n" + "".join(f"2009,{2009 + year},{99 - 9 * year}\n" for year in range(10)))
    assert usual_steps(history_of_survivors(path, segment="s"), 12) == 4


def test_counts_say_nothing_of_milestones(tmp_path):
    """Where none was ever written down, that there is no row does not say that nobody reached one."""
    path = tmp_path / "cohorts.csv"
    path.write_text("cohort,date,members\n2024,2024,50\n2024,2025,40\n2024,2026,35\n")
    plan = from_mapping(
        {"name": "P", "start": "2026-01-01", "horizon": "12 months",
         "segments": {"s": {"desired_outcome": {"required": "x"}, "arr": 1, "renewal": {"probability": "80%"},
                            "journey": {"first": {"stage": "adoption", "after": "1 month"}}}}}
    )  # fmt: skip
    rows = todays_rows(history_of_survivors(path, segment="s"), plan, dt.date(2026, 1, 1))
    assert len(rows) == 35 and set(rows["milestone"]) == {""}


def test_cohorts_of_every_year_are_carried_on_by_years(tmp_path):
    """Quarters of which only one has anything say nothing of a level and a season that a year does not."""
    sizes = [500, 520, 480, 510, 530, 505]
    rows = [
        f"{2019 + one},{2019 + year},{round(size * 0.8 ** (year - one))}"
        for one, size in enumerate(sizes)
        for year in range(one, 6)
    ]
    path = tmp_path / "cohorts.csv"
    path.write_text("cohort,date,members\n" + "\n".join(rows) + "\n")
    plan = from_mapping(
        {"name": "P", "start": "2026-01-01", "horizon": "12 months",
         "segments": {"s": {"desired_outcome": {"required": "x"}, "arr": 1, "renewal": {"probability": "80%"}}}}
    )  # fmt: skip
    found = backtest(history_of_survivors(path, segment="s"), plan, replications=40, workers=1)
    assert found.steps == 2 and len(found.origins) == 2
    joined = found.summary().set_index(["measure", "method"]).loc[("joined", "membersim")]
    assert abs(joined["bias"]) < 0.1 * 500

"""What is made of a history: arrays, what was known on a day, today's members, a panel."""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest

import simulation as sim
from simulation.evidence.history import CODE, History, HistoryError
from simulation.evidence.history.panel import history_of_panel
from simulation.evidence.history.terms import add_months, next_due
from simulation.evidence.history.today import todays_rows
from simulation.model.dates import add_months as model_add_months
from simulation.scenario import from_mapping
from tests.evidence.history.test_simulated import small

DATA = Path(__file__).parents[3] / "scenarios" / "data"
ACTIVE = [11104, 5652, 4674, 4019, 3552, 3555, 3163, 3110, 2938, 2703, 2573, 1936]


def test_terms_are_those_of_the_model() -> None:
    days = np.random.default_rng(1).integers(0, 30_000, 500)
    months = np.random.default_rng(2).integers(-50, 400, 500)
    added = add_months(days.astype("M8[D]"), months).astype(np.int64)
    assert added.tolist() == [model_add_months(int(day), int(n)) for day, n in zip(days, months, strict=True)]
    anchor = np.array(["2024-01-31", "2024-01-31", "2024-03-10"], "M8[D]")
    after = np.array(["2024-02-29", "2024-03-01", "2024-03-10"], "M8[D]")
    due = next_due(anchor, np.array([1, 1, 12]), after)
    assert due.astype(str).tolist() == ["2024-02-29", "2024-03-31", "2025-03-10"]


def test_arrays_hold_the_rows_of_each_member(read: Callable[..., History]) -> None:
    rows = read("B,2026-01-02 12:00,joined,,5", "A,2026-01-01,joined,,7", "A,2026-03-01,interaction,,").by_member()
    assert rows.member_id == ["A", "B"] and rows.first.tolist() == [0, 2, 3]
    assert rows.days.tolist() == [0.0, 59.0, 1.5] and np.isnan(rows.value[1])
    assert rows.event.tolist() == [CODE["joined"], CODE["interaction"], CODE["joined"]]


def test_what_was_known_on_a_morning(read: Callable[..., History]) -> None:
    header = "member_id,date,event,name,value,recorded"
    history = read(
        "A,2026-01-01,joined,,100,",
        "A,2026-02-01,left,,,2026-02-05",
        "A,2026-02-01,correction,left,,2026-03-01",
        "A,2026-02-10,usage,,4,",
        header=header,
    )
    on = {day: sorted(history.as_of(dt.date.fromisoformat(day)).frame["event"]) for day in
          ("2026-01-01", "2026-01-02", "2026-02-05", "2026-02-28", "2026-03-01")}  # fmt: skip
    assert on == {
        "2026-01-01": [],
        "2026-01-02": ["joined"],
        "2026-02-05": ["joined", "left"],
        "2026-02-28": ["joined", "left"],
        "2026-03-01": ["joined", "usage"],
    }
    assert history.standing([dt.date(2026, 4, 1)])["members"].tolist() == [1]


def test_usage_is_the_mean_pace_of_the_month() -> None:
    """Without noise and at a constant pace usage is that pace, and only months of membership have it."""
    plan = {
        "name": "U", "start": "2027-01-01", "horizon": "6 months",
        "segments": {"s": {
            "desired_outcome": {"required": "x"}, "arr": 10, "arrivals": {"per_month": 20}, "term": "1 month",
            "vector": {"magnitude": {"typical": 1.0, "spread": 0.3}}, "renewal": {"probability": "60%"},
        }},
    }  # fmt: skip
    scenario = from_mapping(plan)
    log = sim.events(scenario, seed=2)
    history = History.from_events(log, scenario, usage_seed=1)
    frame = history.frame
    usage = frame[frame["event"] == "usage"]
    pace = log.groupby(log["member"].astype(str))["magnitude"].first()
    assert len(usage) > 100
    assert np.allclose(usage["value"], pace[usage["member_id"].astype(str)].to_numpy(), rtol=1e-9)
    joined = frame[frame["event"] == "joined"].set_index(frame["member_id"][frame["event"] == "joined"].astype(str))[
        "date"
    ]
    left = frame[frame["event"] == "left"].set_index(frame["member_id"][frame["event"] == "left"].astype(str))["date"]
    months = sum(
        (left.get(one, np.datetime64("2027-06-30")).month - day.month + 1) if one in left.index else 7 - day.month
        for one, day in joined.items()
    )
    assert len(usage) == months


def test_nothing_hidden_gets_into_a_history() -> None:
    scenario = small("saas")
    log = sim.events(scenario, seed=3, engine="compiled")
    frame = History.from_events(log, scenario).frame
    assert {"outcome_shift", "expired"} & set(log["kind"]) and not {"outcome_shift", "impatient", "expired"} & set(
        frame["event"]
    )
    assert set(frame.columns) == {"member_id", "date", "event", "name", "value", "segment"}


def test_a_book_of_the_end_is_who_is_there(plan: Any) -> None:
    scenario = small("association")
    log = sim.events(scenario, seed=4, engine="compiled")
    history = History.from_events(log, scenario)
    table = todays_rows(history, scenario, scenario.end)
    standing = history.standing([scenario.end])
    assert len(table) == standing["members"].sum() and table["arr"].sum() == standing["arr"].sum()
    tree = scenario.resolved()
    tree["segments"]["individual"].pop("population")
    later = from_mapping({**tree, "start": scenario.end})
    book = history.to_book(later)
    assert len(book) == len(table) and book.digest == history.fingerprint
    forecast = sim.run(later, replications=2, book=book, workers=1)
    assert forecast.result.ledger.opening[0][:, 0].sum() == len(book)
    last = log[log["kind"] == "milestone"].groupby(log["member"].astype(str))["name"].last()
    there = table.set_index("member_id")["milestone"]
    assert all(there[member] == name for member, name in last.items() if member in there.index)


def test_the_next_renewal_is_what_was_agreed_or_missed(read: Callable[..., History], plan: Any) -> None:
    history = read(
        "A,2025-03-31,joined,,10", "A,2026-03-31,renewed,,10",
        "B,2025-03-01,joined,,10", "B,2025-03-01,due,2026-07-01,",
        "C,2025-12-01,joined,,10", "C,2026-12-01,grace,,",
        "D,2024-01-01,joined,,10", "D,2025-01-01,left,,", "D,2026-05-15,returned,,10",
    )  # fmt: skip
    table = todays_rows(history, plan, dt.date(2027, 1, 1)).set_index("member_id")
    due = table["renews_on"].dt.strftime("%Y-%m-%d").to_dict()
    assert due == {"A": "2027-03-31", "B": "2027-07-01", "C": "2026-12-01", "D": "2027-05-15"}
    assert table["milestone"].tolist() == [""] * 4, "nobody wrote milestones down"


def test_the_donor_panel_has_the_published_counts() -> None:
    history = history_of_panel(DATA / "donor_cohort_1995_panel.csv", segment="donor")
    days = [dt.date(year, 1, 2) for year in range(1995, 2007)]
    assert history.standing(days)["members"].tolist() == ACTIVE
    assert history.members == 11104 and history.exported == dt.date(2007, 1, 1)
    counts = history.frame["event"].value_counts()
    assert counts["joined"] == 11104 and counts["renewed"] + counts["returned"] == sum(ACTIVE[1:])


@pytest.mark.parametrize(("text", "expected"), [
    ("id,1995,1997\n1,1,0\n", "expected an id and then the years"),
    ("id,1995,1996\n1,1,2\n", "'2' is neither 0 nor 1"),
    ("id,1995,1996\n1,1,0\n1,1,0\n", "'1' stands there twice"),
    ("id,1995,1996\n1,1\n", "has 2 cells"),
])  # fmt: skip
def test_a_bad_panel_is_refused(text: str, expected: str, tmp_path: Path) -> None:
    (tmp_path / "panel.csv").write_text(text, encoding="utf-8")
    with pytest.raises(HistoryError, match=expected):
        history_of_panel(tmp_path / "panel.csv")

"""The worklist: gains against the paired lives themselves, the holdout, and its file."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest

import simulation as sim
from simulation.evidence.variants import without_intervention
from simulation.evidence.worklist import LABEL, Worklist, _held_out, _shrunk, worklist
from simulation.experiment.twins import twins
from simulation.report.worklist import write_worklist
from simulation.runs import todays_members
from simulation.scenario import Scenario, from_mapping

FUTURES = 12


def segment(patience: str = "60 days") -> dict[str, Any]:
    return {
        "desired_outcome": {"required": "works", "experience": {"patience": patience, "turn": "10 deg"}},
        "arr": 1000,
        "vector": {"direction": {"typical": "40 deg", "spread": "20 deg", "memory": "6 months"},
                   "interactions": "3 per month"},
        "journey": {
            "started": {"stage": "adoption", "after": "2 months", "spread": 0.2},
            "working": {"stage": "value", "after": "3 months", "spread": 0.2},
        },
        "renewal": {"probability": "75%", "not_adopted": 2.0, "sensitivity": 2.0},
    }  # fmt: skip


@pytest.fixture(scope="module")
def plan(tmp_path_factory: pytest.TempPathFactory) -> Scenario:
    folder = tmp_path_factory.mktemp("book")
    rows = [
        f"{'=' if k == 0 else ''}M-{k:03d},{'treated' if k < 12 else 'alone'},1000,2026-{1 + k % 12:02d}-01,"
        f"2027-{1 + k % 12:02d}-01"
        for k in range(24)
    ]
    (folder / "book.csv").write_text("\n".join(["member_id,segment,arr,joined,renews_on", *rows]) + "\n")
    return from_mapping({
        "name": "list", "start": "2027-01-01", "horizon": "12 months", "book": "book.csv",
        "segments": {"treated": segment(), "alone": segment()},
        "teams": {"care": {"people": 5, "hours_per_month": 100}},
        "interventions": {
            "call": {"when": {"every": "60 days"}, "who": {"segments": ["treated"]}, "team": "care",
                     "effort": "2 hours", "effects": [{"turn_toward": "60%"}]},
            "mail": {"when": {"every": "90 days"}, "effects": [{"turn_toward": "0%"}]},
        },
    }, folder=folder)  # fmt: skip


@pytest.fixture(scope="module")
def found(plan: Scenario) -> Worklist:
    return worklist(plan, todays_members(plan), replications=FUTURES, workers=2)  # type: ignore[arg-type]


def test_the_gain_is_the_difference_of_paired_lives(plan: Scenario, found: Worklist) -> None:
    calls = found.table[found.table["intervention"] == "call"]
    assert set(calls["segment"]) == {"treated"} and len(calls) == 12
    pairs = twins(without_intervention(plan, "call"), plan, replications=FUTURES, workers=2)
    treated = pairs.benefits("segment").loc[("treated", "all", "revenue")]
    assert calls["gain"].sum() == pytest.approx(treated["mean"], abs=0.01)
    assert found.summary.loc["call", "expected"] == pytest.approx(treated["mean"], abs=0.01)
    assert calls["gain"].sum() > 0 and (calls["low"] <= calls["gain"]).all() and (calls["gain"] <= calls["high"]).all()


def test_hours_are_those_of_the_team(plan: Scenario, found: Worklist) -> None:
    forecast = sim.run(plan, replications=FUTURES, workers=1)
    worked = float(forecast.measure("work_hours", intervention="call").mean())
    assert found.summary.loc["call", "hours"] == pytest.approx(worked, rel=0.02)


def test_what_does_nothing_gains_nothing_and_needs_no_hours(found: Worklist) -> None:
    mails = found.table[found.table["intervention"] == "mail"]
    assert len(mails) and (mails[["gain", "low", "high", "hours"]] == 0).all().all() and mails["per_hour"].isna().all()
    assert mails["reason"].str.contains("hardly any change").all()


def test_ranks_follow_the_gain_for_an_hour_and_all_is_marked(found: Worklist) -> None:
    calls = found.table[found.table["intervention"] == "call"]
    assert calls["per_hour"].is_monotonic_decreasing and calls["rank"].tolist() == list(range(1, 13))
    assert (found.table["basis"] == LABEL).all()


def test_shrinking_keeps_the_mean_and_narrows() -> None:
    rng = np.random.default_rng(5)
    truth = rng.normal(10, 2, 4000)
    seen = truth + rng.normal(0, 4, 4000)
    shrunk = _shrunk(seen, np.full(4000, 16.0))
    assert shrunk.mean() == pytest.approx(seen.mean())
    # The least possible mean square error is 1 / (1/4 + 1/16) = 3.2; its standard error here is 0.07.
    assert np.square(shrunk - truth).mean() == pytest.approx(3.2, abs=0.3)
    assert (_shrunk(np.array([3.0]), np.array([4.0])) == 3.0).all()


def test_the_holdout_is_a_random_share_of_members_at_every_rank() -> None:
    table = pd.DataFrame({"member_id": [f"m{k}" for k in range(1000)], "rank": range(1, 1001)})
    twice = pd.concat([table, table.assign(rank=1001 - table["rank"])], ignore_index=True)
    held = np.array(_held_out(twice, 0.1, 7))
    assert held[:1000].sum() == 100 and (held[:1000] == held[1000:]).all()  # the same member in both lists
    assert held.tolist() == _held_out(twice, 0.1, 7) != _held_out(twice, 0.1, 8)
    assert not any(_held_out(table, 0.0, 7))
    # Any member has the same chance: over 400 seeds 40 times each, standard deviation 6.
    counts = np.sum([_held_out(table.iloc[:25], 0.1, seed) for seed in range(400)], axis=0)
    assert abs(counts - 40).max() < 6 * 3.9


def test_the_file_has_our_own_ids_and_no_formula(found: Worklist, tmp_path: Path) -> None:
    write_worklist(found, "list", tmp_path)
    text = (tmp_path / "worklist.csv").read_text()
    assert "'=M-000" in text and "M-003" in text and LABEL in text
    page = (tmp_path / "report.html").read_text()
    assert "M-003" not in page and LABEL in page


def test_bad_questions(plan: Scenario) -> None:
    book = todays_members(plan)
    assert book is not None
    for options, message in (
        ({"interventions": ["cal"]}, "no intervention 'cal'"), ({"holdout": 1.0}, "holdout"),
        ({"gain": "luck"}, "gain"),
    ):  # fmt: skip
        with pytest.raises(ValueError, match=message):
            worklist(plan, book, replications=2, **options)  # type: ignore[arg-type]

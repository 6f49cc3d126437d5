"""The same observables come out of an event log and of the history that an organisation would have of it."""

from __future__ import annotations

import math
from typing import Any

import numpy as np
import pytest

from simulation.engine.events import event_table
from simulation.engine.ledger import RunResult
from simulation.engine.replicate import make_engine, plan_at, run_replications
from simulation.evidence.history import History
from simulation.evidence.observables import Lives, Ratio, lives_of_history, lives_of_memory, observables
from simulation.forecast import Forecast
from simulation.scenario import Scenario, from_mapping

PLAN: dict[str, Any] = {
    "name": "Club",
    "start": "2024-01-01",
    "horizon": "30 months",
    "segments": {
        "person": {
            "desired_outcome": {"required": "works"},
            "arr": 100,
            "term": "12 months",
            "arrivals": {"per_month": 20},
            "vector": {
                "direction": {"typical": "30 deg", "spread": "35 deg", "memory": "4 months"},
                "magnitude": {"spread": 0.4, "memory": "7 months"},
                "interactions": "2 per month",
            },
            "observed": {"usage_noise": 0.2},
            "journey": {
                "first_value": {"stage": "adoption", "after": "5 months", "spread": 0.3},
                "certified": {
                    "stage": "value", "after": "3 months", "spread": 0.3, "self_evident": "50%",
                    "opportunity": {"kind": "add_on", "arr": 50, "take": "60%", "window": "60 days"},
                },
            },
            "renewal": {
                "probability": "80%", "not_adopted": 1.0, "sensitivity": 1.0,
                "grace": {"length": "60 days", "recovery": "30%"},
            },
        },
    },
    "interventions": {
        "training": {
            "when": {"joined": "20 days"}, "who": {"coverage": "50%"}, "effects": [{"advance": "1.5 months"}],
            "cost": {"per_delivery": 1},
        },
    },
}  # fmt: skip
PATH = "segments.person"


@pytest.fixture(scope="module")
def plan() -> Scenario:
    """A club without a book: everybody's life is known."""
    return from_mapping(PLAN)


@pytest.fixture(scope="module")
def both(plan: Scenario) -> tuple[Lives, Lives]:
    """Lives of a future, and of its history."""
    made = plan_at(plan, None, 3, 0)
    memory = make_engine("compiled", made, log=True).run(3, 0)
    lives = lives_of_memory(memory, made, plan, usage_seed=5)
    history = History.from_events(event_table(memory, made), plan, usage_seed=5)
    return lives, lives_of_history(history, plan, plan.start, plan.end)


def test_a_history_gives_what_its_future_gives(both: tuple[Lives, Lives]) -> None:
    future, past = (observables(one) for one in both)
    told = {path for path in future if not path.endswith(("still_on_track", "usage_spread"))}
    assert len(told) == 3 + 5 + 2 + 2 * 3 * 3 + 1
    assert {path: future[path] for path in told} == {path: past[path] for path in told}
    assert all(future[path].bottom > 0 for path in told if "year_" not in path)


def test_usage_of_calendar_months_spreads_like_that_of_mean_months(both: tuple[Lives, Lives]) -> None:
    # Means over months whose edges differ by days: the same spread but for noise, about sd / sqrt(2 * 300 * 10 free).
    future, past = (observables(one)[f"{PATH}.usage_spread"].value for one in both)
    assert future == pytest.approx(past, abs=0.03)
    assert 0.3 < future < 0.6


def test_rates_are_those_of_the_ledger(plan: Scenario, both: tuple[Lives, Lives]) -> None:
    result: RunResult = run_replications(plan, replications=1, seed=3)
    forecast = Forecast.from_result(result, plan)
    found = observables(both[0])
    won, lost = (int(forecast.measure(f"first_renewals_{one}").sum()) for one in ("won", "lost"))
    year = found[f"{PATH}.renewal_year_1"]
    assert (year.top, year.bottom) == (won, won + lost)
    shares = forecast.first_value()["share"].groupby(level=1).first()
    for days in (30, 90, 180):
        assert found[f"{PATH}.first_value_{days}"].value == pytest.approx(shares[days])
    taken, offered = (int(forecast.measure(one).sum()) for one in ("taken", "offered"))
    assert found[f"{PATH}.journey.certified.take_rate"] == Ratio(taken, offered)


def test_renewals_by_adoption_add_up(both: tuple[Lives, Lives]) -> None:
    found = observables(both[0])
    years = [found[f"{PATH}.renewal_year_{year}"] for year in range(1, 6)]
    together = found[f"{PATH}.renewal_adopted"] + found[f"{PATH}.renewal_not_adopted"]
    assert together == Ratio(sum(one.top for one in years), sum(one.bottom for one in years))
    assert found[f"{PATH}.renewal_adopted"].value > found[f"{PATH}.renewal_not_adopted"].value


def test_reach_by_delivery(both: tuple[Lives, Lives]) -> None:
    lives = both[1]
    found = observables(lives)
    rows = lives.rows("intervention")
    delivered = dict(zip(lives.member[rows].tolist(), lives.time[rows].tolist(), strict=True))
    counts = {True: [0, 0], False: [0, 0]}
    for member, joined in enumerate(lives.joined):
        hit = lives.hits[member, 0] - joined
        if joined + 180 <= lives.days:
            # A delivery can make a jump over the milestone: at the same moment, but for the history's microsecond.
            had = delivered.get(member, math.inf) - joined <= (180 if math.isnan(hit) else min(180, hit + 1e-6))
            counts[had][0] += hit <= 180
            counts[had][1] += 1
    here = f"{PATH}.journey.first_value"
    assert found[f"{here}.with.training.reached_180"] == Ratio(*counts[True])
    assert found[f"{here}.without.training.reached_180"] == Ratio(*counts[False])
    assert found[f"{here}.with.training.reached_180"].value > found[f"{here}.without.training.reached_180"].value
    assert found[f"{here}.with.training.reached_180"].bottom > 50


def test_still_on_track_without_change_is_staying(plan: Scenario) -> None:
    still = {"direction": {"typical": "10 deg"}, "magnitude": {}, "interactions": "2 per month"}
    segment = {**PLAN["segments"]["person"], "vector": still, "renewal": {"probability": "100%"}}
    calm = from_mapping({**PLAN, "segments": {"person": segment}})
    made = plan_at(calm, None, 3, 0)
    lives = lives_of_memory(make_engine("compiled", made, log=True).run(3, 0), made, calm)
    assert observables(lives)[f"{PATH}.still_on_track"].value == 1.0


def test_nothing_counted_is_not_a_number(plan: Scenario, both: tuple[Lives, Lives]) -> None:
    assert math.isnan(Ratio(0, 0).value)
    assert math.isnan(observables(both[0])[f"{PATH}.renewal_year_3"].value)
    assert np.isinf(both[0].left).any()

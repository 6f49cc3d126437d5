"""An assumption on a cost varies what a plan costs, everywhere: in a run, a file, the store and each experiment.

The plan is constant but for what is assumed: 10 members who never leave, a tech-touch letter for each of them every
month, and a team that nothing asks for. So cost is arithmetic: people x price x months + letters x price +
a fee each month + a fee once.
"""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt
import pytest

import simulation as sim
from simulation.experiment.bridge import ALL, FinishedRun
from simulation.experiment.payback import payback
from simulation.experiment.question import Question
from simulation.scenario import Scenario, from_mapping

MONTHS = 365 / (365.25 / 12)
ASSUMED: dict[str, Any] = {
    "teams.care.cost_per_month": {"uniform": {"low": 1_000, "high": 9_000}},
    "teams.care.people": {"empirical": [1, 2, 5]},
    "teams.care.hires.0.people": {"empirical": [1, 2, 4, 8]},
    "interventions.letter.cost.per_delivery": {"uniform": {"low": 1, "high": 50}},
    "interventions.letter.cost.per_month": {"uniform": {"low": 10, "high": 100}},
    "interventions.letter.cost.one_off": {"uniform": {"low": 10, "high": 900}},
}
USUAL = {
    "teams.care.cost_per_month": 400_000,
    "teams.care.people": 2,
    "teams.care.hires.0.people": 1,
    "interventions.letter.cost.per_delivery": 2_000,
    "interventions.letter.cost.per_month": 5_000,
    "interventions.letter.cost.one_off": 30_000,
}
"""What the plan says without assumptions, in base units: money in cents."""
HIRED = 184 / (365.25 / 12)
"""Months from 1 July 2027 to the end of the year."""


def plan(*assumed: str, name: str = "base", people: int = 2, **fields: Any) -> Scenario:
    return from_mapping({
        "name": name, "start": "2027-01-01", "horizon": "12 months",
        "segments": {"all": {
            "desired_outcome": {"required": "paid"},
            "arr": 600,
            "arrivals": {"per_month": 0},
            "population": {"members": 10},
            "journey": {"start": {"stage": "adoption", "after": "1 month"}},
            "renewal": {"probability": "100%"},
        }},
        "teams": {"care": {
            "people": people, "hours_per_month": 100, "cost_per_month": 4_000,
            "hires": [{"date": "2027-07-01", "people": 1}],
        }},
        "interventions": {"letter": {
            "when": {"every": "1 month"}, "cost": {"per_delivery": 20, "per_month": 50, "one_off": 300},
        }},
        "assumptions": {path: ASSUMED[path] for path in assumed},
    } | fields)  # fmt: skip


def in_closed_form(values: dict[str, Any], letters: npt.NDArray[Any]) -> npt.NDArray[np.float64]:
    """Cost over the year, currency units, by replication."""
    v = USUAL | values
    team = v["teams.care.people"] * MONTHS + v["teams.care.hires.0.people"] * HIRED
    own = letters * v["interventions.letter.cost.per_delivery"] + MONTHS * v["interventions.letter.cost.per_month"]
    cents = team * v["teams.care.cost_per_month"] + own + v["interventions.letter.cost.one_off"]
    return np.broadcast_to(cents, letters.shape) / 100


@pytest.mark.parametrize("path", [*ASSUMED, "all"])
def test_cost_and_contribution_follow_the_assumption_exactly(path: str) -> None:
    forecast = sim.run(plan(*(ASSUMED if path == "all" else [path])), replications=12, workers=1)
    values = forecast.result.assumption_values
    cost, letters = forecast.measure("cost").to_numpy(), forecast.measure("delivered").to_numpy()
    assert len(np.unique(cost[::2])) > 1 and letters.min() > 0
    # A price is a whole number of cents; two costs by the month are rounded to the cent at the end of the year.
    np.testing.assert_allclose(cost, in_closed_form(values, letters), rtol=0, atol=0.0101)
    left = forecast.measure("revenue").to_numpy() - cost
    np.testing.assert_allclose(forecast.measure("contribution").to_numpy(), left, rtol=1e-12)
    forecast.ledger.check(forecast.frame)


TEAM = "teams.care.cost_per_month"
PRICE = "interventions.letter.cost.per_delivery"


def test_use_of_a_team_follows_its_people() -> None:
    """Capacity is people x days, and 184 days of the hire who comes on 1 July."""
    forecast = sim.run(plan("teams.care.people"), replications=12, workers=1)
    people = forecast.result.assumption_values["teams.care.people"]
    available = forecast.data.available_days.sum("period").to_numpy()[:, 0]
    np.testing.assert_array_equal(available, people * 365 + 184)


def test_a_file_keeps_the_costs_of_every_future(tmp_path: Path) -> None:
    forecast = sim.run(plan(*ASSUMED), replications=8, workers=1)
    loaded = sim.Forecast.load(forecast.save(tmp_path / "forecast.nc"))
    assert loaded.equals(forecast) and loaded.data.identical(forecast.data)
    assert len(np.unique(loaded.measure("cost"))) >= 4


def test_the_store_keeps_them_whatever_was_asked_first(tmp_path: Path) -> None:
    """Blocks of 16: some of one block first, then the rest of it and the next; and one of the last alone."""
    whole = sim.run(plan(*ASSUMED), replications=40, workers=1)
    store = sim.Store(tmp_path / "store")
    sim.run(plan(*ASSUMED), replications=[9, 33], workers=1, store=store)
    extended = sim.run(plan(*ASSUMED), replications=40, workers=2, store=store)
    again = sim.run(plan(*ASSUMED), replications=40, store=store)
    assert extended.equals(whole) and again.equals(whole)
    one = sim.run(plan(*ASSUMED), replications=[33], store=store)
    np.testing.assert_array_equal(one.measure("cost"), whole.measure("cost")[[33]])


def test_a_comparison_meets_the_same_price_in_both() -> None:
    """One person more costs 12 months of a wage that differs between futures and not between scenarios."""
    more = plan(TEAM, name="more", people=3)
    found = sim.compare(plan(TEAM), {"more": more}, replications=12, workers=1)
    wage = found.base.result.assumption_values[TEAM] / 100
    np.testing.assert_allclose(found.difference("cost", "more"), wage * MONTHS, rtol=0, atol=0.0201)
    paid = payback(found, "more")
    assert paid.cost.low < paid.cost.mean < paid.cost.high and paid.contribution.mean == pytest.approx(-paid.cost.mean)


def test_a_tornado_and_indices_see_the_price() -> None:
    """From P10 to P90 of a uniform wage, contribution falls by 80% of its range x the person-months; no luck."""
    asked = Question("contribution")
    found = sim.sensitivity(plan(TEAM, PRICE), question=asked, points=32, workers=1)
    bar = found.tornado.loc[TEAM]
    months = 2 * MONTHS + HIRED
    half = 0.4 * 8_000 * months
    assert bar["at_low"] == pytest.approx(half, abs=0.02) and bar["at_high"] == pytest.approx(-half, abs=0.02)
    letters = found.base.measure("delivered").to_numpy()[:32].mean()
    assert found.tornado.loc[PRICE, "swing"] == pytest.approx(0.8 * 49 * letters, abs=0.02)
    first = found.now.table()["first"]
    assert first[TEAM] > 0.9 and found.spread.ignorance_share > 0.95


def test_a_higher_assumption_costs_that_much_more_in_every_future() -> None:
    """The wage is assumed to be 1,000 higher: cost over the same futures is 1,000 x the person-months higher."""
    higher = {TEAM: {"uniform": {"low": 2_000, "high": 10_000}}}
    found = sim.compare(plan(TEAM), {"higher": plan(name="higher", assumptions=higher)}, replications=8, workers=1)
    person_months = 2 * MONTHS + HIRED
    np.testing.assert_allclose(found.difference("cost", "higher"), 1_000 * person_months, rtol=0, atol=0.0301)


def test_a_bridge_puts_it_in_the_row_of_the_assumptions() -> None:
    higher = {TEAM: {"uniform": {"low": 2_000, "high": 10_000}}}
    old, new = plan(TEAM), plan(assumptions=higher)
    runs = [FinishedRun(sim.run(one, replications=8, workers=1), one) for one in (old, new)]
    found = sim.bridge(*runs, measure="contribution", workers=1)
    rows = {row.name: row for row in found.rows if row.cents[ALL]}
    assert len(rows) == 1 and "assum" in next(iter(rows))
    row = next(iter(rows.values()))
    assert row.cents[ALL] / 100 == pytest.approx(-1_000 * (2 * MONTHS + HIRED), abs=0.05)

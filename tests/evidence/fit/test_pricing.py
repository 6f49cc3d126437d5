"""The response of renewing to the price: recovered where prices vary, and said to stay prior where they do not."""

from __future__ import annotations

import datetime as dt

import numpy as np
import pandas as pd
import pytest

from simulation.evidence.fit import fit
from simulation.evidence.fit.pricing import met, responses
from simulation.evidence.history import History
from simulation.evidence.observables import lives_of_history
from simulation.report.fit import fit_page
from simulation.scenario import Scenario
from tests.evidence.fit.test_fit import history_of, plan_of

PATH = "segments.person.price.response.renewal"
DEARER = {"changes": [{"date": "2025-07-01", "change": "10%"}]}


def _plan(response: float, **price: object) -> Scenario:
    return plan_of(price={**DEARER, **price, "response": {"renewal": response}}, arrivals={"per_month": 30})


def _kept(history: History, plan: Scenario) -> dict[str, str]:
    found, kept = responses(lives_of_history(history, plan, plan.start, plan.end))
    assert not found
    return kept


@pytest.mark.parametrize("truth", [-1.0, 0.4])
def test_a_response_is_recovered(truth):
    """About 660 renewals, half of them dearer; the plan believes in none. The 90% interval misses one in ten times."""
    found = fit(history_of(_plan(truth), seed=5), _plan(0.0), trials=(256, 160), draws=200, workers=2)
    own = next(one for one in found.quantities if one.name == PATH)
    assert own.how == "simulated" and own.low < truth < own.high
    assert own.high - own.low < 1.5  # the prior's is 2.2
    assert PATH in found.columns and not found.kept


def test_what_a_renewal_meets():
    """A change between two renewals is met once; the uplift always; who keeps the old price meets nothing."""
    plan = _plan(-0.5, uplift="2% per year")
    day = float((dt.date(2025, 7, 1) - plan.start).days)
    assert met(plan, "person", np.array([day - 1, day, day + 360, day + 370])) == pytest.approx([0.2, 1.22, 1.22, 0.2])
    old = _plan(-0.5, changes=[{"date": "2025-07-01", "change": "10%", "grandfather": True}])
    assert met(old, "person", np.array([day + 1])) == pytest.approx([0.0])


def test_where_nothing_tells_it_stays_prior():
    late = _plan(-0.5, changes=[{"date": "2026-06-27", "change": "10%"}])
    history = history_of(late)
    assert "too few" in _kept(history, late)[PATH]
    even = _plan(-0.5, changes=[], uplift="3% per year")
    assert "no price changed" in _kept(history, even)[PATH]
    said = pd.DataFrame({
        "member_id": history.frame["member_id"].iloc[:1].astype(object), "date": pd.Timestamp("2026-03-01"),
        "event": "price", "name": "list price", "value": 10.0, "segment": "person",
    })  # fmt: skip
    plain = history.frame.astype({"member_id": object, "event": object, "name": object, "segment": object})
    dearer = History.of(pd.concat([plain, said], ignore_index=True), exported=history.exported)
    assert "the scenario no" in _kept(dearer, plan_of())[PATH]
    assert _kept(history, plan_of()) == {}


def test_it_is_said_on_the_page():
    found = fit(history_of(_plan(-0.5, changes=[])), _plan(-0.5, changes=[]), trials=(64, 40), draws=50, workers=2)
    assert any("stays prior" in one for one in fit_page(found).notices)

"""What holds of every scenario: generated ones are simulated and looked at, event by event."""

from __future__ import annotations

import copy
from typing import Any

import numpy as np
import pandas as pd
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from simulation.engine.compiled import CompiledEngine
from simulation.engine.events import OF_INTERVENTIONS, sorted_log
from simulation.engine.ledger import FLOW, MS, TM
from simulation.engine.plan import Plan
from simulation.model.state import KINDS
from tests.engine.engines import ledger_of, plan_of
from tests.strategies import amounts, numbers, quantities, scenarios, segments, shares

SLOW = [HealthCheck.too_slow, HealthCheck.data_too_large, HealthCheck.filter_too_much]
AFTER_LEAVING = {"returned", "undelivered"}
"""What may still happen to somebody who is no member: a service that had begun ends without effect."""


def lived(data: dict[str, Any]) -> tuple[pd.DataFrame, Any, Plan]:
    """The event log of one replication, in order, and its ledger."""
    plan = plan_of(data)
    memory = CompiledEngine(plan, log=True).run(3, 1)
    raw = sorted_log(memory)
    log = pd.DataFrame({name: raw[name] for name in ("time", "key", "seq", "kind", "name", "arr", "progress")})
    log["kind"] = np.array(KINDS)[log["kind"]]
    return log, ledger_of(memory, plan), plan


def nothing_after_leaving(log: pd.DataFrame) -> None:
    """No event of a member between its leaving and its return."""
    for _, life in log.groupby("key", sort=False):
        here = False
        for kind in life["kind"]:
            if not here:
                assert kind in AFTER_LEAVING | {"joined", "present"}, f"{kind} of somebody who is no member"
            here = kind in ("joined", "present", "returned") or (here and kind != "left")


def waits_are_not_negative(log: pd.DataFrame, ledger: Any) -> None:
    """Nobody is served before asking, and no queue is ever shorter than empty."""
    told = log[log["kind"].isin(["requested", "started", "withdrawn"]) & log["kind"].isin(OF_INTERVENTIONS)]
    for _, one in told.groupby(["key", "name"], sort=False):
        asked = None
        for kind, time in zip(one["kind"], one["time"], strict=True):
            if kind == "requested":
                asked = time
            elif kind == "started":
                assert asked is not None and time >= asked
                asked = None
    assert (ledger["waits"] >= 0).all()
    assert (ledger["teams"][..., TM.index("queue_seconds")] >= 0).all()
    assert (np.cumsum(ledger["teams"][..., TM.index("queue")], axis=2) >= 0).all()


def amounts_make_sense(log: pd.DataFrame) -> None:
    """No negative ARR, none after leaving, and progress that is never below zero."""
    assert (log["arr"] >= 0).all() and (log["arr"][log["kind"] == "left"] == 0).all()
    assert (log["progress"] >= 0).all() and np.isfinite(log["progress"]).all()
    assert log["time"].ge(0).all()


@settings(max_examples=60, deadline=None, derandomize=True, suppress_health_check=SLOW)
@given(scenarios())
def test_every_log_makes_sense(data: dict[str, Any]) -> None:
    log, ledger, _ = lived(data)
    nothing_after_leaving(log)
    waits_are_not_negative(log, ledger)
    amounts_make_sense(log)


@pytest.mark.soak
@settings(max_examples=3000, deadline=None, derandomize=True, suppress_health_check=SLOW)
@given(scenarios())
def test_every_log_of_many_makes_sense(data: dict[str, Any]) -> None:
    log, ledger, _ = lived(data)
    nothing_after_leaving(log)
    waits_are_not_negative(log, ledger)
    amounts_make_sense(log)


# ---- more of one thing: with requests from outside and no feedback


@st.composite
def sellers(draw: st.DrawFn) -> dict[str, Any]:
    """Scenarios in which what a member takes changes nothing but its ARR: no teams, interventions or quota."""
    segment = draw(segments(("alpha",), draw(st.integers(5, 40))))
    months = draw(st.integers(3, 12))
    return {"name": "sold", "start": "2027-01-01", "horizon": f"{months} months", "segments": {"alpha": segment}}


@settings(max_examples=40, deadline=None, derandomize=True, suppress_health_check=SLOW)
@given(sellers(), st.integers(0, 40))
def test_a_higher_take_rate_never_lowers_expansion(data: dict[str, Any], more: int) -> None:
    other = copy.deepcopy(data)
    for milestone in other["segments"]["alpha"]["journey"].values():
        offer = milestone.get("opportunity")
        if offer is not None:
            stated = offer["take"]["value"] if isinstance(offer["take"], dict) else offer["take"]
            offer["take"] = f"{min(int(stated.rstrip('%')) + more, 100)}%"
    (before, low, _), (after, high, _) = lived(data), lived(other)
    takes = [log.loc[log["kind"] == "taken", ["key", "time", "name"]] for log in (before, after)]
    taken = [set(rows.itertuples(index=False, name=None)) for rows in takes]
    assert taken[0] <= taken[1]
    for array, column in (("flows", FLOW.index("expansion")), ("milestones", MS.index("taken"))):
        assert (low[array][..., column].sum(axis=2) <= high[array][..., column].sum(axis=2)).all()


@st.composite
def queues(draw: st.DrawFn) -> dict[str, Any]:
    """A first-come team, asked once a member and intervention, by causes that no service changes."""
    asked: dict[str, Any] = {}
    for number in range(draw(st.integers(1, 3))):
        soon = st.builds(lambda days: {"joined": days}, quantities(0, 40, "days"))
        when = draw(st.one_of(soon, st.just({"on": "2027-02-14"})))
        asked[f"help_{number}"] = {
            "when": when,
            "team": "care",
            "effort": draw(amounts(0.5, 8, "hours", 1)),
            "who": {"coverage": draw(shares(20))},
            "accept": draw(shares(20)),
        }
    segment = {
        "desired_outcome": {"required": "works"},
        "arr": 100,
        "term": "3 months",
        "arrivals": {"per_month": draw(numbers(2, 15))},
        "population": {"members": draw(st.integers(0, 30))},
        "journey": {},
        "renewal": {"probability": draw(shares(40))},
    }
    team = {"people": draw(st.integers(1, 3)), "hours_per_month": draw(st.integers(5, 60)), "order": "first_come"}
    return {
        "name": "queue", "start": "2027-01-01", "horizon": "9 months", "segments": {"alpha": segment},
        "teams": {"care": team}, "interventions": asked,
    }  # fmt: skip


def waits_of(data: dict[str, Any]) -> dict[tuple[int, int], float]:
    """Wait of everybody who was served, by member and intervention: days."""
    log, _, _ = lived(data)
    asked = log[log["kind"] == "requested"].set_index(["key", "name"])["time"]
    began = log[log["kind"] == "started"].set_index(["key", "name"])["time"]
    assert asked.index.is_unique and began.index.is_unique
    return dict((began - asked.reindex(began.index)).items())  # type: ignore[arg-type]


@settings(max_examples=40, deadline=None, derandomize=True, suppress_health_check=SLOW)
@given(queues())
def test_more_people_never_lengthen_a_first_come_wait(data: dict[str, Any]) -> None:
    """Kiefer and Wolfowitz (1955): with the same arrivals and services one server more makes every wait shorter."""
    more = copy.deepcopy(data)
    more["teams"]["care"]["people"] += 1
    few, many = waits_of(data), waits_of(more)
    assert few.keys() <= many.keys()
    longer = {who: (wait, many[who]) for who, wait in few.items() if many[who] > wait + 1e-6}
    assert not longer

"""Which past lives stay is remembered for plans that share the past, and for no others."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

from simulation.engine.compiled import CompiledEngine
from simulation.engine.plan import Plan, make_plan
from simulation.engine.recall import DISTRIBUTION_PAST, MILESTONE_PAST, PASTS, SEGMENT_PAST, Pasts, past_digest
from simulation.engine.replicate import ledger_rows
from simulation.engine.simpy_engine import SimpyEngine
from simulation.model.state import MILESTONE, SEGMENT
from simulation.scenario import from_mapping
from tests.futures import Yaml, scenario, segment

TOUCHES = {  # one for each way in which a past could leave a trace beside the member's own record
    "tee_up": {
        "when": {"approaching": {"milestone": "live", "within": "1 month"}},
        "effects": [{"advance": "0.1 months"}],
    },
    "tips": {"when": {"every": "40 days"}, "effects": [{"turn_toward": "10%"}]},
    "rescue": {"when": {"setback": "3 days"}, "effects": [{"resolve_setback": "50%"}]},
    "review": {"when": {"renewal_due": "30 days"}, "effects": [{"demonstrate_value": "50%"}]},
}
TRAINED = TOUCHES | {"training": {"when": {"joined": "5 days"}, "effects": [{"turn_toward": "40%"}]}}
PEOPLE = segment(
    vector={
        "direction": {"typical": "35 deg", "spread": "40 deg"},
        "magnitude": {"typical": 1.1, "spread": 0.4},
        "interactions": "1 per month",
        "outcome_shifts": {"rate": "1 per year", "turn": "50 deg"},
    },
    arrivals={"per_month": 5, "season": {"January": 1.4}},
    setbacks={"rate": "2 per year", "resolves_itself": "40 days", "escalates_after": "20 days", "turn": "60 deg"},
    journey={
        "live": {"stage": "adoption", "after": "3 months", "spread": 0.4},
        "proven": {
            "stage": "value", "after": "3 months", "spread": 0.4, "self_evident": "50%",
            "opportunity": {"kind": "add_on", "arr": 50, "take": "40%", "window": "60 days"},
        },
        "wide": {"stage": "growth", "after": "9 months", "spread": 0.4, "self_evident": "50%"},
    },
    renewal={
        "probability": {"beta": {"a": 3, "b": 1.5}}, "not_adopted": 0.8, "no_value": 0.5, "escalation": 1.0,
        "sensitivity": 1.2, "grace": {"length": "30 days", "recovery": "30%"},
        "contraction": {"probability": "10%", "share": "30%"},
    },
    mid_term_churn={"rate": {"gamma": {"a": 2, "scale": "5% per year"}}, "sensitivity": 1.0},
    win_back={"rate": "10% per year"},
    price={"uplift": "3% per year", "response": {"renewal": -0.5}},
    advocacy={"rate": "1 per year", "velocity": 0.2, "converts": "30%"},
    population={"members": 150, "tenure": {"exponential": {"mean": "3 years"}}},
)  # fmt: skip


def plan_of(changes: Yaml | None = None, interventions: Yaml = TOUCHES) -> Plan:
    fields = {"days": 200, "segment": PEOPLE | (changes or {}), "interventions": interventions}
    return make_plan(from_mapping(scenario(**fields)))


def outcome(
    plan: Plan, seed: int = 1, replication: int = 0, engine: Any = CompiledEngine
) -> tuple[dict[str, list[Any]], list[Any], bool]:
    """The ledger and the event log of a replication, and whether pasts were remembered."""
    memory = engine(plan, log=True).run(seed, replication)
    rows = {name: array.tolist() for name, array in ledger_rows(memory, plan).items()}
    return rows, memory.arrays["log"][: int(memory.world["n_log"])].tolist(), bool(memory.world["recalls"])


def tried(plan: Plan) -> list[int]:
    """Which lives stay, tried anew."""
    PASTS.clear()
    memory = CompiledEngine(plan).run(1, 0)
    assert not memory.world["recalls"]
    found: list[int] = memory.arrays["tried"]["n"][: plan.sizes["book"]].tolist()
    return found


@pytest.mark.parametrize("engine", [CompiledEngine, SimpyEngine])
def test_what_is_remembered_changes_nothing(engine: Any) -> None:
    plan = plan_of()
    first = outcome(plan, engine=engine)
    assert not first[2]
    assert outcome(plan, engine=engine) == (*first[:2], True)


def test_lives_that_were_made_to_stay_are_remembered_as_such() -> None:
    plan = plan_of({"renewal": {"probability": "0%"}, "population": {"members": 5, "tenure": "4 years"}})
    first, again = outcome(plan), outcome(plan)
    assert again == (*first[:2], True)
    assert first[0]["forced"] == 5


def test_an_alternative_takes_the_past_of_its_base() -> None:
    alone = outcome(plan_of(interventions=TRAINED))
    PASTS.clear()
    outcome(plan_of())
    assert outcome(plan_of(interventions=TRAINED)) == (*alone[:2], True)


def test_another_seed_replication_or_past_is_not_taken() -> None:
    base, other = plan_of(), plan_of({"renewal": PEOPLE["renewal"] | {"sensitivity": 1.3}})
    alone = outcome(other)[:2]
    PASTS.clear()
    outcome(base)
    assert not outcome(base, seed=2)[2]
    assert not outcome(base, replication=1)[2]
    assert outcome(other) == (*alone, False)


def other_value(field: str, now: Any) -> Any:
    """Another value that a field of a record may have, with its indices within their tables."""
    if field in ("season", "return_dist", "contraction_share"):
        return -1
    if field in ("arr_dist", "n_prices", "first_price", "referral_segment", "in_quota", "watches_approach", "kind"):
        return 0 if now != 0 else now
    return now * 1.5 + 0.25 if isinstance(now, float) else now ^ 1


SEGMENT_FUTURE = sorted(set(SEGMENT.names or ()) - {*SEGMENT_PAST, *DISTRIBUTION_PAST})
MILESTONE_FUTURE = sorted(set(MILESTONE.names or ()) - set(MILESTONE_PAST))


def test_no_past_reads_what_its_digest_leaves_out() -> None:
    """Whatever else of a segment or a milestone is changed: the same lives stay."""
    plan = plan_of()
    digest, lives = plan.past, tried(plan)
    assert len(set(lives)) > 5
    for table, fields in (("segment", SEGMENT_FUTURE), ("milestone", MILESTONE_FUTURE)):
        for field in fields:
            rows = plan.tables[table].copy()
            rows[field] = [other_value(field, now) for now in rows[field].tolist()]
            other = plan_of()
            other.tables[table] = rows
            assert past_digest(int(other.header[0]["start_day"]), other.tables) == digest, field
            assert tried(other) == lives, field


@pytest.mark.parametrize("table", ["segment", "milestone", "book"])
def test_the_digest_reads_what_shapes_the_past(table: str) -> None:
    plan = plan_of()
    digest, day = plan.past, int(plan.header[0]["start_day"])
    assert past_digest(day + 1, plan.tables) != digest
    named = {"segment": SEGMENT_PAST, "milestone": MILESTONE_PAST}
    for field in named.get(table, plan.tables[table].dtype.names):
        rows = plan.tables[table].copy()
        rows[field] = rows[field] + 1 if np.isfinite(rows[field].astype(float)).all() else 0
        assert past_digest(day, {**plan.tables, table: rows}) != digest, field


def test_the_digest_reads_distributions_and_not_where_they_stand() -> None:
    plan = plan_of()
    rows, numbers = plan.tables["distribution"].copy(), plan.tables["number"].copy()
    moved = np.concatenate([numbers[:7], numbers])
    rows["offset"] += 7
    day = int(plan.header[0]["start_day"])
    assert past_digest(day, {**plan.tables, "distribution": rows, "number": moved}) == plan.past
    numbers["x"][int(plan.tables["distribution"][int(plan.tables["segment"][0]["probability_dist"])]["offset"])] += 0.1
    assert past_digest(day, {**plan.tables, "number": numbers}) != plan.past


def test_only_so_much_is_kept_and_the_oldest_goes() -> None:
    pasts = Pasts(limit=100)
    for n in range(3):
        pasts.keep((b"", 1, n), np.zeros(10, np.int32))
        assert pasts.find((b"", 1, 0)) is not None or n == 2
    assert [pasts.find((b"", 1, n)) is not None for n in range(3)] == [True, False, True]
    pasts.keep((b"", 1, 3), np.zeros(26, np.int32))
    assert pasts.find((b"", 1, 3)) is None

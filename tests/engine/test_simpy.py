"""The SimPy engine itself: its clock, and what a user's process sees and does."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
import simpy

from simulation.engine.ledger import IV
from simulation.engine.plan import Plan
from simulation.engine.population import Population
from simulation.engine.simpy_clock import Clock
from simulation.engine.simpy_engine import SimpyEngine
from simulation.engine.simpy_teams import Steps
from simulation.engine.world import Memory, RunawayError
from simulation.model.state import CAUSE, COMPLETION, DISPATCH, KINDS, QUOTA
from tests.engine.engines import first_difference, ledger_of, plan_of
from tests.engine.mechanisms import MECHANISMS, of

CALL: Any = {"call": {"when": {"on": "2030-01-01"}, "effects": [{"turn_toward": "50%"}], "price": {"fee": 10}}}


def test_the_order_of_simultaneous_events() -> None:
    clock, seen = Clock(), []

    def wait(*place: int) -> Steps:
        yield clock.at(1.5, *place)
        seen.append(place)

    places = [(QUOTA, 0), (CAUSE, 2**64 - 1), (CAUSE, 7, 1), (DISPATCH, 1), (COMPLETION, 9), (CAUSE, 7, 0)]
    for place in places:
        clock.process(wait(*place))
    clock.run(until=2.0)
    assert seen == [(COMPLETION, 9), (CAUSE, 7, 0), (CAUSE, 7, 1), (CAUSE, 2**64 - 1), (QUOTA, 0), (DISPATCH, 1)]


def test_times_are_absolute() -> None:
    clock, seen = Clock(), []
    time = 0.1 + 0.2

    def wait() -> Steps:
        yield clock.at(0.1, CAUSE)
        yield clock.at(time, CAUSE)
        seen.append(clock.now)

    clock.process(wait())
    clock.run(until=1.0)
    assert seen == [time]
    with pytest.raises(ValueError, match="cannot be scheduled"):
        clock.at(0.5, CAUSE)


def test_a_time_out_goes_before_the_causes_of_its_time() -> None:
    clock, seen = Clock(), []

    def wait(name: str, event: simpy.Event) -> Steps:
        yield event
        seen.append(name)

    for name, event in {
        "dispatch": clock.at(2.0, DISPATCH), "cause": clock.at(2.0, CAUSE, 0), "user": clock.timeout(2.0),
        "completion": clock.at(2.0, COMPLETION, 1),
    }.items():  # fmt: skip
        clock.process(wait(name, event))
    clock.run(until=3.0)
    assert seen == ["completion", "user", "cause", "dispatch"]


def test_a_process_that_only_looks_changes_nothing() -> None:
    plan = plan_of(MECHANISMS["team, by risk"][0])
    seen: list[float] = []

    def look(env: simpy.Environment, population: Population) -> Steps:
        while True:
            yield env.timeout(7)
            assert population.now == env.now
            seen.extend(population.peek(member)["progress"] for member in population.members())

    alone = SimpyEngine(plan, log=True).run(1, 0)
    watched = SimpyEngine(plan, log=True, processes=[look]).run(1, 0)
    assert first_difference(alone, watched) is None
    assert np.array_equal(alone.ledger(), watched.ledger())
    assert len(seen) > 100 and min(seen) >= 0.0


def test_a_process_delivers() -> None:
    plan = plan_of(of(interventions=CALL))
    turned: list[tuple[float, float]] = []

    def campaign(env: simpy.Environment, population: Population) -> Steps:
        yield env.timeout(40)
        for member in population.members():
            before = population.peek(member)
            if before["stage"] == "adoption" and population.luck(member, "campaign") < 0.5:
                assert population.deliver(member, "call")
                turned.append((before["direction"], population.peek(member)["direction"]))
        with pytest.raises(ValueError, match="no intervention 'visit'; the scenario has call"):
            population.deliver(0, "visit")

    memory = SimpyEngine(plan, log=True, processes=[campaign]).run(1, 0)
    assert turned
    assert [after for _, after in turned] == pytest.approx([before / 2 for before, _ in turned])
    delivered = ledger_of(memory, plan).interventions[0].sum(axis=(0, 1, 2))
    assert delivered[IV.index("delivered")] == len(turned)
    assert delivered[IV.index("fees")] == len(turned) * 1000
    log = memory.arrays["log"][: int(memory.world["n_log"])]
    rows = log[log["kind"] == KINDS.index("delivered")]
    assert (rows["time"] == 40.0).all() and len(rows) == len(turned)
    untouched = SimpyEngine(plan, log=True).run(1, 0)
    assert first_difference(memory, untouched) is not None


def test_a_process_asks_a_team() -> None:
    team = {"help": {"people": 1, "hours_per_month": 4}}
    visit = {"when": {"on": "2030-01-01"}, "team": "help", "effort": "1 hour", "effects": [{"turn_toward": "50%"}]}
    few = {**visit, "who": {"coverage": "40%"}}
    plan = plan_of(of(teams=team, interventions={"visit": visit, "few": few, **CALL}))
    asked: list[int] = []
    covered: list[bool] = []

    def campaign(env: simpy.Environment, population: Population) -> Steps:
        asked.clear()  # a replication that runs out of memory starts again
        covered.clear()
        assert population.teams() == {"help": {"people": 1, "busy": 0, "waiting": 0}}
        yield env.timeout(40)
        for member in population.members():
            assert population.request(member, "visit")
            assert not population.request(member, "visit"), "it waits already"
            assert population.peek(member)["waits"] == ["visit"]
            asked.append(member)
        assert population.teams()["help"] == {"people": 1, "busy": 0, "waiting": len(asked)}
        yield env.timeout(0.001)
        assert population.teams()["help"] == {"people": 1, "busy": 1, "waiting": len(asked) - 1}
        assert sum(population.peek(one)["under_way"] == ["visit"] for one in asked) == 1
        covered.extend(population.request(member, "few") for member in population.members())
        with pytest.raises(ValueError, match="nobody waits for 'call'"):
            population.request(asked[0], "call")

    memory = SimpyEngine(plan, log=True, processes=[campaign]).run(1, 0)
    counts = dict(zip(plan.intervention_names, _in_plan_order(memory, plan), strict=True))
    assert counts["visit"][IV.index("requested")] == len(asked) > 20
    assert 0 < counts["visit"][IV.index("delivered")] < len(asked), "one person cannot serve them all"
    assert counts["few"][IV.index("requested")] == sum(covered)
    assert 0.1 < np.mean(covered) < 0.7
    log = memory.arrays["log"][: int(memory.world["n_log"])]
    assert sum(log["kind"] == KINDS.index("requested")) == len(asked) + sum(covered)
    again = SimpyEngine(plan, log=True, processes=[campaign]).run(1, 0)
    assert first_difference(memory, again) is None


def test_a_request_leaves_the_scenarios_own_dates_alone() -> None:
    visit = {"when": {"on": "2027-06-01"}, "team": "help", "effort": "0.1 hours"}
    plan = plan_of(of(teams={"help": {"people": 9, "hours_per_month": 100}}, interventions={"visit": visit}))
    asked: list[int] = []

    def early(env: simpy.Environment, population: Population) -> Steps:
        asked.clear()
        yield env.timeout(10)
        asked.extend(member for member in population.members() if population.request(member, "visit"))

    alone, earlier = SimpyEngine(plan).run(1, 0), SimpyEngine(plan, processes=[early]).run(1, 0)
    own, all_of_them = (int(_in_plan_order(one, plan)[0][IV.index("requested")]) for one in (alone, earlier))
    assert asked and own
    assert all_of_them == own + len(asked)


def _in_plan_order(memory: Memory, plan: Plan) -> Any:
    """Counts of each intervention, in the order of the plan's names."""
    counts = ledger_of(memory, plan).interventions[0]
    totals = counts.reshape(len(counts), -1, counts.shape[-1]).sum(axis=1)
    by_name = dict(zip(plan.frame.interventions, totals, strict=True))
    return [by_name[name] for name in plan.intervention_names]


def test_what_a_process_sees_of_a_member() -> None:
    plan = plan_of(of(interventions=CALL))
    views: list[Any] = []

    def look(env: simpy.Environment, population: Population) -> Steps:
        yield env.timeout(100)
        everybody = range(max(population.members()) + 1)
        views.extend(population.peek(member) for member in everybody)
        gone = [member for member in everybody if not population.peek(member)["present"]]
        assert gone and not population.deliver(gone[0], "call")

    SimpyEngine(plan, processes=[look]).run(1, 0)
    one = next(view for view in views if view["present"])
    assert one["segment"] == "firms" and one["arr"] > 0 and one["renews_on"] > 100.0
    assert {view["present"] for view in views} == {True, False}
    assert all(view["arr"] == 0 for view in views if not view["present"])


def test_a_process_that_fails_says_so() -> None:
    def fail(env: simpy.Environment, population: Population) -> Steps:
        yield env.timeout(1)
        raise LookupError("a user's mistake")

    with pytest.raises(LookupError, match="a user's mistake"):
        SimpyEngine(plan_of(of()), processes=[fail]).run(1, 0)


def test_what_cannot_end_is_said_so() -> None:
    loop = {"thanks": {"when": {"taken": "more"}, "effects": [{"advance": "9 months"}]}}
    plan = plan_of(of({"cycle": True, "journey": {"more": {"opportunity": {"take": "100%"}}}}, interventions=loop))
    with pytest.raises(RunawayError, match="events at one moment"):
        SimpyEngine(plan).run(1, 0)

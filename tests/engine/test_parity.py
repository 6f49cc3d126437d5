"""Two engines, one model: the same event log, bit for bit, and the same ledger."""

from __future__ import annotations

import sys
from dataclasses import fields
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings

import simulation as sim
from simulation.engine.compiled import CompiledEngine
from simulation.engine.replicate import plan_at
from simulation.engine.simpy_engine import SimpyEngine
from simulation.engine.world import Room
from simulation.runs import todays_members
from simulation.scenario import from_mapping, load
from tests.engine.engines import first_difference, kinds_in, plan_of, run_both
from tests.engine.mechanisms import MECHANISMS, merged
from tests.strategies import scenarios

UNSURE = {"segments.firms.arrivals.per_month": {"uniform": {"low": 1, "high": 8}}}
SHIPPED = Path(__file__).parents[2] / "scenarios"
ANY: dict[str, Any] = {"deadline": None, "derandomize": True, "suppress_health_check": list(HealthCheck)}


@pytest.mark.parametrize("name", MECHANISMS)
def test_each_mechanism(name: str) -> None:
    data, wanted = MECHANISMS[name]
    plan = plan_of(data)
    seen: set[str] = set()
    for replication in range(4):
        compiled, _ = run_both(plan, 11, replication)
        seen |= kinds_in(compiled)
    assert seen >= set(wanted), f"never happened: {set(wanted) - seen}"


@pytest.mark.parametrize("file", ["reference.yaml", "hundred_members.yaml", "quota_selling.yaml"])
def test_shipped_scenarios(file: str) -> None:
    check_shipped(file, 2)


@pytest.mark.soak
@pytest.mark.parametrize("file", sorted(path.name for path in SHIPPED.glob("*.yaml")))
def test_every_shipped_scenario(file: str) -> None:
    check_shipped(file, 3)


def check_shipped(file: str, replication: int) -> None:
    scenario = load(SHIPPED / file)
    run_both(plan_at(scenario, todays_members(scenario), 3, replication // 2), 3, replication)


@settings(max_examples=100, **ANY)
@given(scenarios())
def test_generated_scenarios(data: dict[str, Any]) -> None:
    run_both(plan_at(from_mapping(data), None, 5, 1), 5, 3)


@pytest.mark.soak
@settings(max_examples=3000, **ANY)
@given(scenarios())
def test_many_generated_scenarios(data: dict[str, Any]) -> None:
    run_both(plan_at(from_mapping(data), None, 6, 0), 6, 0)


def test_forecasts_are_the_same() -> None:
    scenario = from_mapping(merged(MECHANISMS["team, by risk"][0], {"assumptions": UNSURE}))
    one, other = (sim.run(scenario, replications=6, seed=9, engine=engine) for engine in ("compiled", "simpy"))
    assert one.result.ledger.equals(other.result.ledger)
    assert one.equals(other)


def test_memory_that_is_too_small_changes_nothing() -> None:
    plan = plan_of(MECHANISMS["advocacy"][0])
    ample = SimpyEngine(plan, log=True).run(1, 0)
    tiny = Room(**{field.name: 2 for field in fields(Room)})
    for engine in (SimpyEngine(plan, log=True, room=tiny), CompiledEngine(plan, log=True, room=tiny)):
        assert first_difference(ample, engine.run(1, 0)) is None


def test_another_plan_is_taken() -> None:
    engine = SimpyEngine(plan_of(MECHANISMS["plain"][0]), log=True)
    plan = plan_of(MECHANISMS["grace"][0])
    engine.load(plan)
    assert first_difference(engine.run(2, 0), SimpyEngine(plan, log=True).run(2, 0)) is None


def test_the_readable_engine_stands_alone() -> None:
    import subprocess

    program = (
        "import sys, simulation.engine.simpy_engine\n"
        "print([name for name in ('compiled', 'calendar') if f'simulation.engine.{name}' in sys.modules])"
    )
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "[]"

"""One member journey in seven forms, side by side: `pytest -m benchmark tests/benchmarks/test_side_by_side.py -s`.

The compiled engine, the engine on SimPy, the journey as it is written in SimPy (as its guide waits
for the first of several events, as its machine shop example has a process for each clock, and by hand, the quickest)
and in salabim, and in time steps with NumPy. The same members start everywhere;
results must agree, but for those of the time-stepped form, whose bias is printed. Nothing is asserted about time:
compare by ratio, in one run.
"""

from __future__ import annotations

import math
import statistics
from collections.abc import Iterator
from dataclasses import replace
from functools import cache

import pytest
from scipy.stats import t as student

from simulation.engine.compiled import CompiledEngine
from tests.benchmarks.journey import in_salabim, in_simpy_by_hand, in_simpy_clocks, in_simpy_conditions, in_steps, ours
from tests.benchmarks.journey.record import Contender, Record, differences
from tests.benchmarks.journey.specification import Journey, Start

pytestmark = pytest.mark.benchmark
JOURNEY = Journey()
SMALL = replace(JOURNEY, members=1_000)
RUNS = 16
LEVEL = 0.001  # of all measures of a contender together (Bonferroni)
CONTENDERS: dict[str, Contender] = {
    "time-stepped, NumPy": in_steps.run,
    "SimPy, conditions": in_simpy_conditions.run,
    "SimPy, clocks": in_simpy_clocks.run,
    "SimPy, by hand": in_simpy_by_hand.run,
    "salabim": in_salabim.run,
    "engine on SimPy": ours.simpy,
}
SPEED: dict[str, float] = {}


@pytest.fixture(scope="module", autouse=True)
def table() -> Iterator[None]:
    """Print the table when all have run."""
    yield
    ours = SPEED.get("compiled engine", math.nan)
    print(f"\n{'':22}{'ns an event':>12}{'times':>8}")
    for name, cost in sorted(SPEED.items(), key=lambda one: one[1]):
        print(f"{name:22}{cost:12,.0f}{cost / ours:8,.1f}")


@cache
def runs(contender: Contender) -> tuple[Record, ...]:
    """Runs of the small journey, each with other members at the start and other luck."""
    return tuple(contender(SMALL, Start.drawn(SMALL, seed), seed) for seed in range(RUNS))


def disagreements(contender: Contender) -> list[str]:
    """Measures in which a contender differs from the compiled engine more than chance allows, in words."""
    found = differences(runs(ours.compiled), runs(contender))
    limit = float(student.isf(LEVEL / 2 / len(found), RUNS - 1))
    return [f"{d.measure}: {d.reference:.4g} and {d.value:.4g}, z {d.z:.1f}" for d in found if not abs(d.z) <= limit]


@pytest.mark.parametrize("name", ["SimPy, conditions", "SimPy, clocks", "SimPy, by hand", "salabim"])
def test_agrees(name: str) -> None:
    """The journey written without our model gives the same results."""
    assert not disagreements(CONTENDERS[name])


def test_engines_agree_exactly() -> None:
    start = Start.drawn(SMALL, 1)
    assert ours.compiled(SMALL, start, 1).measures() == ours.simpy(SMALL, start, 1).measures()


def test_steps_are_biased() -> None:
    """Time steps lose interactions and lengthen waits; the comparison is sharp enough to tell."""
    print("\ntime-stepped against the compiled engine")
    for d in differences(runs(ours.compiled), runs(in_steps.run)):
        print(f"  {d.measure:14}{d.reference:12.4g}{d.value:12.4g}{d.bias:10.1%}  z {d.z:.1f}")
    assert {text.split(":")[0] for text in disagreements(in_steps.run)} >= {"interactions", "wait mean"}


@pytest.mark.parametrize("name", CONTENDERS)
def test_speed(name: str) -> None:
    """One run of 10,000 members."""
    record = CONTENDERS[name](JOURNEY, Start.drawn(JOURNEY, 1), 1)
    SPEED[name] = record.cpu / record.events * 1e9


def test_speed_of_compiled() -> None:
    """The same without a log, as forecasts run: the median of runs after the first."""
    engine = CompiledEngine(ours.plan_of(JOURNEY, Start.drawn(JOURNEY, 1)))
    records = [ours.compiled_run(engine, JOURNEY, 1) for _ in range(12)]
    SPEED["compiled engine"] = statistics.median(one.cpu / one.events * 1e9 for one in records[1:])


@pytest.mark.parametrize("members", [100_000, 1_000_000])
def test_speed_of_many(members: int) -> None:
    """The cost of an event does not depend on the number of members."""
    journey = replace(JOURNEY, members=members)
    engine = CompiledEngine(ours.plan_of(journey, Start.drawn(journey, 1)))
    records = [ours.compiled_run(engine, journey, 1) for _ in range(4)]
    SPEED[f"compiled, {members:,}"] = statistics.median(one.cpu / one.events * 1e9 for one in records[1:])

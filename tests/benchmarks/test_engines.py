"""Speed of the engines, side by side on the association with its teams: `pytest -m benchmark tests/benchmarks`.

The book is replaced by 1,000, 10,000 or 100,000 members of the same tenures; the teams grow with it, and the places of
a session, so that the load stays the same. An event is a row of the event log, written or not. Nothing is asserted
about time: the numbers depend on the machine. Compare by ratio, in one run.
"""

from __future__ import annotations

import statistics
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

import simulation as sim
from simulation.engine.compiled import CompiledEngine
from simulation.engine.plan import Plan, make_plan
from simulation.engine.replicate import run_replications
from simulation.engine.simpy_engine import SimpyEngine
from simulation.scenario import Scenario, load

pytestmark = pytest.mark.benchmark
OF_CPU = pytest.mark.benchmark(timer=time.process_time)  # what else the machine does counts less
ASSOCIATION = Path(sim.__file__).parent.parent / "scenarios" / "association.yaml"
OWN = ("member", "cause", "slot", "opportunity", "modifier", "change")
RESULTS: dict[tuple[str, int], float] = {}


def association(members: int, horizon: str = "24 months") -> Scenario:
    """The association with a synthetic population of that size, its arrivals, teams and sessions in proportion."""
    plain = load(ASSOCIATION)
    share = members / 5000
    segments: dict[str, Any] = {}
    for n, (name, segment) in enumerate(plain.segments.items()):
        part = members if n == 0 else max(1, members // 20)
        segments[name] = {
            "population": {"members": part, "tenure": {"exponential": {"mean": "3 years"}}},
            "arrivals": {"per_month": segment.arrivals.per_month * share},
        }
    teams = {name: {"people": max(1, round(team.people * share))} for name, team in plain.teams.items()}
    hours = {
        name: {"hours_per_month": max(1.0, team.hours_per_month * team.people * share / teams[name]["people"])}
        for name, team in plain.teams.items()
    }
    places = {
        name: {"session": {"size": max(1, round(one.session.size * share))}}
        for name, one in plain.interventions.items()
        if one.session is not None
    }
    return load(
        ASSOCIATION,
        overlays=[
            {
                "book": None, "horizon": horizon, "segments": segments, "assumptions": None, "objectives": None,
                "teams": {name: teams[name] | hours[name] for name in teams}, "interventions": places,
            }
        ],
    )  # fmt: skip


def plan_of(members: int, horizon: str = "24 months") -> Plan:
    return make_plan(association(members, horizon))


@pytest.fixture(scope="module", autouse=True)
def table() -> Iterator[None]:
    """Print the table when all have run."""
    yield
    print(f"\n{'members':>10} {'compiled ns/event':>18} {'SimPy ns/event':>15} {'ratio':>7}")
    for members in sorted({n for _, n in RESULTS if n > 0}):
        compiled, simpy = RESULTS.get(("compiled", members)), RESULTS.get(("simpy", members))
        ratio = f"{simpy / compiled:7.0f}" if compiled and simpy else ""
        print(f"{members:>10,} {compiled or float('nan'):>18.0f} {simpy or float('nan'):>15.0f} {ratio}")


@OF_CPU
@pytest.mark.parametrize("members", [1_000, 10_000, 100_000, 1_000_000])
def test_compiled(benchmark: Any, members: int) -> None:
    """Nanoseconds per event of the compiled engine, one thread, without the past of today's members."""
    from simulation.model.life import populate

    engine = CompiledEngine(plan_of(members))
    engine.run(1, 0)
    engine = CompiledEngine(engine.plan, room=engine.room)
    engine.run(1, 0)
    memory = engine.memory
    pasts = []
    for _ in range(8):  # the first meets cold memory and, once, code that is not loaded yet
        memory.start(1, 1, log=False)
        start = time.process_time()
        populate(memory.world)
        pasts.append(time.process_time() - start)
    past = statistics.median(pasts[1:])
    benchmark.pedantic(engine.run, args=(1, 1), rounds=7, warmup_rounds=1)
    events = int(memory.world["n_events"])
    seconds = benchmark.stats.stats.median - past
    size = sum(memory.arrays[name].nbytes for name in OWN) / len(memory.arrays["member"])
    benchmark.extra_info |= {"events": events, "ns_per_event": seconds / events * 1e9, "bytes_per_member": size,
                             "past_seconds": past}  # fmt: skip
    RESULTS["compiled", members] = seconds / events * 1e9
    print(f"\n{members:,}: {events:,} events, {seconds / events * 1e9:.0f} ns/event, {size:.0f} bytes a member, "
          f"past {past:.3f} s of {benchmark.stats.stats.median:.3f} s")  # fmt: skip


@OF_CPU
@pytest.mark.parametrize(("members", "horizon"), [(1_000, "24 months"), (10_000, "6 months"), (100_000, "1 months")])
def test_simpy(benchmark: Any, members: int, horizon: str) -> None:
    """Nanoseconds per event of the SimPy engine; a shorter horizon where it would take minutes."""
    from simulation.model.life import populate

    engine = SimpyEngine(plan_of(members, horizon))
    memory = engine.run(1, 0)
    start = time.process_time()
    memory.start(1, 0, log=False)
    populate(memory.world)
    past = time.process_time() - start
    memory = benchmark.pedantic(engine.run, args=(1, 0), rounds=1)
    events = int(memory.world["n_events"])
    seconds = benchmark.stats.stats.median - past
    benchmark.extra_info |= {"events": events, "ns_per_event": seconds / events * 1e9}
    RESULTS["simpy", members] = seconds / events * 1e9


@pytest.mark.parametrize("workers", [1, 2])
def test_threads(benchmark: Any, workers: int) -> None:
    """Sixteen replications of 10,000 members on one thread and on two: two take half the time where two cores are."""
    scenario = association(10_000)
    run_replications(scenario, replications=2, workers=workers)
    benchmark.pedantic(run_replications, args=(scenario,), kwargs={"replications": 16, "workers": workers}, rounds=3)
    RESULTS["threads", -workers] = benchmark.stats.stats.median
    if workers == 2 and ("threads", -1) in RESULTS:
        print(f"\ntwo threads are {RESULTS['threads', -1] / RESULTS['threads', -2]:.2f} times one")

"""Running the two engines side by side, for the tests."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np

from simulation.engine.compiled import CompiledEngine
from simulation.engine.events import sorted_log
from simulation.engine.ledger import Ledger
from simulation.engine.plan import Plan, make_plan
from simulation.engine.replicate import ledger_rows
from simulation.engine.simpy_engine import SimpyEngine
from simulation.engine.world import Memory
from simulation.model.state import KINDS
from simulation.scenario import from_mapping

COMPARED = ("time", "key", "seq", "kind", "name", "direction", "magnitude", "progress", "arr")


def plan_of(data: Mapping[str, Any]) -> Plan:
    """Plan of a scenario in the form of the YAML file."""
    return make_plan(from_mapping(data))


def ledger_of(memory: Memory, plan: Plan) -> Ledger:
    """Ledger of one replication, checked against its own identities."""
    ledger = Ledger(**{name: array[None] for name, array in ledger_rows(memory, plan).items()})
    ledger.check(plan.frame)
    return ledger


def kinds_in(memory: Memory) -> set[str]:
    """Kinds of events in the log."""
    log = memory.arrays["log"][: int(memory.world["n_log"])]
    return {KINDS[kind] for kind in np.unique(log["kind"]).tolist()}


def first_difference(one: Memory, other: Memory) -> str | None:
    """The first row in which two event logs differ, in words; None when they are equal, bit for bit."""
    a, b = sorted_log(one), sorted_log(other)
    if len(a) == len(b) and all(a[name].tobytes() == b[name].tobytes() for name in COMPARED):
        return None
    shorter = min(len(a), len(b))
    different = np.zeros(shorter, bool)
    for name in COMPARED:
        bits = f"u{a[name].dtype.itemsize}"
        different |= np.ascontiguousarray(a[name][:shorter]).view(bits) != np.ascontiguousarray(b[name][:shorter]).view(
            bits
        )
    if not different.any():
        return f"{len(a)} rows against {len(b)}, equal as far as they go"
    n = int(np.argmax(different))
    lines = [f"{dict(zip(COMPARED, (row[n][name].item() for name in COMPARED), strict=True))}" for row in (a, b)]
    kinds = " against ".join(KINDS[int(row[n]["kind"])] for row in (a, b))
    return f"row {n} of {len(a)} and {len(b)}, {kinds}:\n" + "\n".join(lines)


def run_both(plan: Plan, seed: int, replication: int) -> tuple[Memory, Memory]:
    """Run one replication on the compiled and on the SimPy engine, and assert that they agree bit for bit."""
    compiled = CompiledEngine(plan, log=True).run(seed, replication)
    simpy = SimpyEngine(plan, log=True).run(seed, replication)
    assert (difference := first_difference(compiled, simpy)) is None, difference
    one, other = ledger_of(compiled, plan), ledger_of(simpy, plan)
    for name in one:
        assert np.array_equal(one[name], other[name]), f"ledgers differ in {name!r}"
    assert compiled.world["n_events"] == simpy.world["n_events"] == compiled.world["n_log"]
    return compiled, simpy

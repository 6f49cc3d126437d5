"""membersim's own two engines on the journey: the same scenario, the same event log."""

from __future__ import annotations

import time
from pathlib import Path

import numpy as np

from simulation.engine.compiled import CompiledEngine
from simulation.engine.events import sorted_log
from simulation.engine.plan import Plan, make_plan
from simulation.engine.replicate import ledger_rows
from simulation.engine.simpy_engine import SimpyEngine
from simulation.engine.world import Memory
from simulation.model.state import K_INTERACTION, K_REQUESTED, K_STARTED, KINDS
from simulation.model.tally import F_DUE, F_WON, I_REQUESTED, M_REACHED, M_TAKEN, Q_BUSY
from simulation.scenario import from_mapping
from simulation.scenario.book import Book, Excluded
from tests.benchmarks.journey.record import Record
from tests.benchmarks.journey.specification import Journey, Start


def plan_of(journey: Journey, start: Start) -> Plan:
    """Plan of the journey, with the members at the start as its book."""
    n = journey.members
    nothing = np.full(n, np.nan)
    none = np.zeros(0, np.int64)
    book = Book(
        line=np.arange(n) + 2,
        member_id=[str(i) for i in range(n)],
        key=np.random.default_rng(start.joined.sum() % 1000).integers(0, 2**63, n).astype(np.uint64),
        segment=np.zeros(n, np.int32),
        arr=np.full(n, 100_000),
        joined=start.joined.astype(float),
        renews_on=start.renewals[:, 0].copy(),
        milestone=np.full(n, -1, np.int32),
        progress=np.zeros(n),
        direction=start.direction,
        magnitude=np.exp(start.log_magnitude),
        value_recognised_on=nothing,
        open_setback=nothing,
        cycle=np.zeros(n, np.int32),
        path=Path("members.csv"),
        digest="",
        excluded=Excluded(none, (), none, none.astype(bool)),
        warnings=(),
    )
    return make_plan(from_mapping(journey.scenario()), book)


def compiled(journey: Journey, start: Start, seed: int) -> Record:
    """The compiled engine, with its event log: for the waits."""
    return compiled_run(CompiledEngine(plan_of(journey, start), log=True), journey, seed)


def compiled_run(engine: CompiledEngine, journey: Journey, seed: int) -> Record:
    """One run of a compiled engine that is there already; waits are known when it keeps the log."""
    before = time.process_time()
    memory = engine.run(seed, 0)
    return record_of(memory, engine.plan, journey, time.process_time() - before)


def simpy(journey: Journey, start: Start, seed: int) -> Record:
    """The readable engine on SimPy."""
    engine = SimpyEngine(plan_of(journey, start), log=True)
    before = time.process_time()
    memory = engine.run(seed, 0)
    return record_of(memory, engine.plan, journey, time.process_time() - before)


def record_of(memory: Memory, plan: Plan, journey: Journey, cpu: float) -> Record:
    """Read a finished replication."""
    ledger = ledger_rows(memory, plan)
    flows, milestones = ledger["flows"].sum((0, 1)), ledger["milestones"].sum(1)
    log = sorted_log(memory)
    open_desk = float(journey.days * journey.people * 86400)
    return Record(
        cpu=cpu,
        interactions=int((log["kind"] == K_INTERACTION).sum()),
        reached=tuple(int(n) for n in milestones[:, M_REACHED]),
        taken=int(milestones[:, M_TAKEN].sum()),
        due=int(flows[F_DUE]),
        renewed=int(flows[F_WON]),
        requested=int(ledger["interventions"][..., I_REQUESTED].sum()),
        waits=_waits(log),
        busy=float(ledger["teams"][..., Q_BUSY].sum()) / open_desk,
        events=int(memory.world["n_events"]) - journey.members,  # less one row a member that says it is there
    )


def _waits(log: np.ndarray) -> np.ndarray:
    """Days between each start of a call and the request before it of the same member."""
    rows = log[np.isin(log["kind"], (K_REQUESTED, K_STARTED))]
    rows = rows[np.lexsort((rows["seq"], rows["key"]))]
    started = np.flatnonzero(rows["kind"] == K_STARTED)
    assert (rows["kind"][started - 1] == K_REQUESTED).all(), KINDS
    return np.asarray(rows["time"][started] - rows["time"][started - 1])

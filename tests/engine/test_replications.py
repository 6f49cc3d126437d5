"""Replications do not depend on chunks, threads, order or what ran before: identical bytes."""

from __future__ import annotations

import tracemalloc
from dataclasses import replace

import numpy as np
import pytest

from simulation.engine.compiled import CompiledEngine
from simulation.engine.ledger import LEDGER_ARRAYS, Ledger
from simulation.engine.plan import make_plan
from simulation.engine.replicate import run_replications
from simulation.engine.world import Room
from simulation.scenario import from_mapping
from tests.busy import BUSY, FIRMS, SHOPS, changed
from tests.futures import copied, engine_of, play

EVERYTHING = changed(
    teams={"care": {"people": 2, "hours_per_month": 60, "order": "risk"}},
    selling={"quota": {"team": "care", "per_month": 9000, "pushes": 4, "take": "15%", "turn": "15 deg"}},
    assumptions={
        f"segments.{SHOPS}.arrivals.per_month": {"uniform": {"low": 1, "high": 6}},
        f"segments.{FIRMS}.renewal.sensitivity": {"normal": {"mean": 1, "sd": 0.2}},
    },
)
EVERYTHING["interventions"]["support"] |= {"team": "care", "effort": {"exponential": {"mean": "6 hours"}}}
EVERYTHING["interventions"]["tips"]["session"] = {"size": 4, "every": "9 days"}
EVERYTHING["segments"][FIRMS]["desired_outcome"]["experience"] = {"patience": "3 days", "turn": "15 deg"}
NUMBERS = list(range(15))


def as_bytes(ledger: Ledger) -> dict[str, bytes]:
    """The ledger's arrays as bytes."""
    return {name: getattr(ledger, name).tobytes() for name in LEDGER_ARRAYS}


@pytest.fixture(scope="module")
def whole() -> Ledger:
    return run_replications(from_mapping(EVERYTHING), replications=NUMBERS, seed=3, workers=1).ledger


@pytest.mark.parametrize("workers", [1, 2])
@pytest.mark.parametrize("chunks", [1, 2, 7])
def test_chunks_and_threads_do_not_matter(whole: Ledger, chunks: int, workers: int) -> None:
    """Replications in one go, in 2 or 7 chunks (which cut pairs apart), on 1 or 2 threads: identical bytes."""
    scenario = from_mapping(EVERYTHING)
    parts = [
        run_replications(scenario, replications=part.tolist(), seed=3, workers=workers).ledger
        for part in np.array_split(NUMBERS, chunks)
    ]
    assert as_bytes(Ledger.concatenate(parts)) == as_bytes(whole)


def test_order_of_replications_does_not_matter(whole: Ledger) -> None:
    """Numbers asked for in another order, with gaps, give the same rows."""
    some = [13, 2, 7, 0, 12]
    result = run_replications(from_mapping(EVERYTHING), replications=some, seed=3, workers=2)
    assert result.replications == sorted(some)
    for name in LEDGER_ARRAYS:
        assert (getattr(result.ledger, name) == getattr(whole, name)[sorted(some)]).all()


def test_a_replication_rerun_alone_equals_itself() -> None:
    """One engine that has run others before, and a fresh one, write the same log, byte for byte."""
    scenario = from_mapping(EVERYTHING).at_point(3, 2)
    plan = make_plan(scenario)
    used = engine_of(plan)
    first = copied(plan, used.run(3, 5)).log
    others = [copied(plan, used.run(3, number)).log for number in (0, 4, 1)]
    assert (copied(plan, used.run(3, 5)).log == first).all()
    assert (copied(plan, engine_of(make_plan(scenario)).run(3, 5)).log == first).all()
    assert len({log["time"].tobytes() for log in (first, *others)}) == 4


def test_running_out_of_memory_does_not_matter() -> None:
    """An engine that begins with too little room for everything grows, and its log is the same."""
    plan = make_plan(from_mapping(EVERYTHING).at_point(3, 0))
    roomy = copied(plan, engine_of(plan).run(3, 0))
    room = Room.for_plan(plan, log=True)
    tight = replace(room, changes=8, births=1, log=8, calendar=8, queue=4, batches=4)
    cramped = copied(plan, CompiledEngine(plan, log=True, room=tight).run(3, 0))
    assert (cramped.log == roomy.log).all()
    assert all((cramped.ledger[name] == roomy.ledger[name]).all() for name in roomy.ledger)


def test_seeds_and_replications_differ() -> None:
    """Another seed or replication: the same people in the population, other luck in everything."""
    futures = [play(BUSY, seed=11), play(BUSY, seed=12), play(BUSY, seed=11, replication=1)]
    start = [{row["key"]: (row["direction"], row["magnitude"]) for row in f.rows("present")} for f in futures]
    moments = [set(f.rows("interaction", "setback", "outcome_shift")["time"].tolist()) for f in futures]
    for one, other in ((0, 1), (0, 2), (1, 2)):
        assert start[one].keys() == start[other].keys()
        assert all(start[one][key] != start[other][key] for key in start[one])
        assert not moments[one] & moments[other]


def test_pairs_share_their_assumptions_and_not_their_luck(whole: Ledger) -> None:
    """Replications 2i and 2i+1 share an assumption point; all their ledgers differ."""
    result = run_replications(from_mapping(EVERYTHING), replications=NUMBERS, seed=3, workers=1)
    assert result.points == [number // 2 for number in NUMBERS]
    rates = result.assumption_values[f"segments.{SHOPS}.arrivals.per_month"]
    assert len(np.unique(rates)) == 8
    assert len({row.tobytes() for row in whole.flows}) == len(NUMBERS)


def test_a_run_holds_its_ledgers_once() -> None:
    """What a run holds at most grows by little more than the ledger that it returns."""

    def traced(replications: int) -> tuple[int, int]:
        tracemalloc.start()
        ledger = run_replications(scenario, replications=replications, seed=1, workers=1).ledger
        most = tracemalloc.get_traced_memory()[1]
        tracemalloc.stop()
        return most, sum(array.nbytes for array in ledger.values())

    scenario = from_mapping(BUSY)
    traced(2)
    (few, small), (many, large) = traced(4), traced(60)
    assert large > 14 * small
    assert many - few < 1.3 * (large - small)

"""The store: nothing is simulated twice, nothing that happens to it changes a result or stops a run."""

from __future__ import annotations

import os
import shutil
import threading
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest

import simulation as sim
from simulation.engine.ledger import RunResult
from simulation.experiment import store as module
from simulation.experiment.blocks import DamagedError, pack, read_file, unpack, write_file
from simulation.experiment.store import Store
from simulation.progress import Interrupted

PLAN = """\
name: Small
start: 2027-01-01
horizon: 6 months
segments:
  individual:
    desired_outcome: {required: "A growing practice"}
    arr: 320
    arrivals: {per_month: 9}
    population: {members: 30}
    journey: {first_value: {stage: adoption, after: 2 months}}
    renewal: {probability: 93%}
teams:
  success: {people: 1, hours_per_month: 120, cost_per_month: 8000}
assumptions:
  segments.individual.arrivals.per_month: {uniform: {low: 5, high: 15}, source: prior}
  teams.success.cost_per_month: {uniform: {low: 7000, high: 9000}, source: prior}
"""
BOOK = """\
member_id,arr,joined,renews_on
Zoe-4711,320,2025-03-01,2027-03-01
Max-0815,400,2026-05-01,2027-05-01
"""


@pytest.fixture
def plan(tmp_path: Path) -> sim.Scenario:
    path = tmp_path / "small.yaml"
    path.write_text(PLAN)
    return sim.load(path)


@pytest.fixture
def place(tmp_path: Path) -> Path:
    return tmp_path / "kept"


@pytest.fixture
def simulated(monkeypatch: pytest.MonkeyPatch) -> list[int]:
    """The numbers of the replications that are simulated, in the order in which they were asked for."""
    from simulation.engine import replicate

    asked: list[int] = []
    real = replicate.run_replications

    def run_replications(scenario: Any, **options: Any) -> RunResult:
        asked.extend(options["replications"])
        return real(scenario, **options)

    monkeypatch.setattr(replicate, "run_replications", run_replications)
    return asked


def blocks(place: Path) -> list[Path]:
    return sorted(path for path in place.glob("??/*/*.block") if path.stem.isdigit())


def test_nothing_is_computed_twice(plan: sim.Scenario, place: Path, simulated: list[int]) -> None:
    whole = sim.run(plan, replications=50, seed=3)
    simulated.clear()
    store = Store(place)
    first = sim.run(plan, replications=10, seed=3, store=store)
    again = sim.run(plan, replications=10, seed=3, store=Store(place))
    assert simulated == list(range(10)) and again.equals(first)
    simulated.clear()
    extended = sim.run(plan, replications=50, seed=3, store=store, workers=2)
    assert simulated == list(range(10, 50))
    simulated.clear()
    from_it = sim.run(plan, replications=50, seed=3, store=store)
    fewer = sim.run(plan, replications=7, seed=3, store=store)
    assert simulated == []
    assert extended.equals(whole) and from_it.equals(whole)
    assert fewer.result.replications == list(range(7))
    np.testing.assert_array_equal(fewer.ledger.team_cost, whole.ledger.team_cost[:7])


def test_both_engines_share_what_they_find(plan: sim.Scenario, place: Path, simulated: list[int]) -> None:
    store = Store(place)
    first = sim.run(plan, replications=3, engine="simpy", store=store)
    assert sim.run(plan, replications=3, engine="compiled", store=store).equals(first)
    assert simulated == [0, 1, 2]


@pytest.mark.parametrize("change", ["seed", "scenario", "version", "joint"])
def test_what_differs_has_another_place(
    change: str, plan: sim.Scenario, place: Path, tmp_path: Path, simulated: list[int], monkeypatch: pytest.MonkeyPatch
) -> None:
    store, seed = Store(place), 3
    sim.run(plan, replications=2, seed=seed, store=store)
    if change == "seed":
        seed = 4
    elif change == "version":
        monkeypatch.setattr(module, "model_version", lambda: "another")
    elif change == "scenario":
        (tmp_path / "small.yaml").write_text(PLAN.replace("93%", "94%"))
        plan = sim.load(tmp_path / "small.yaml")
    else:
        (tmp_path / "small.yaml").write_text(PLAN.partition("assumptions:")[0] + "assumptions: {a: {joint: a.csv}}\n")
        for number in (11, 12):
            (tmp_path / "a.csv").write_text(f"segments.individual.arrivals.per_month\n{number}\n")
            plan = sim.load(tmp_path / "small.yaml")
            sim.run(plan, replications=2, store=store)
        assert simulated == [0, 1] * 3
        return
    simulated.clear()
    sim.run(plan, replications=2, seed=seed, store=store)
    assert simulated == [0, 1]


def test_the_book_is_part_of_the_key(place: Path, tmp_path: Path, simulated: list[int]) -> None:
    text = PLAN.replace("    population: {members: 30}\n", "").replace("segments:", "book: book.csv\nsegments:", 1)
    (tmp_path / "small.yaml").write_text(text)
    store = Store(place)
    for content in (BOOK, BOOK.replace("400", "500"), BOOK):
        (tmp_path / "book.csv").write_text(content)
        sim.run(tmp_path / "small.yaml", replications=2, store=store)
    assert simulated == [0, 1, 0, 1]
    faulty = BOOK + "Eva-1,many,2026-05-01,2027-05-01\n"
    (tmp_path / "book.csv").write_text(faulty)
    plan = sim.load(tmp_path / "small.yaml")
    sim.run(plan, replications=2, store=store, quarantine=True)
    from simulation.runs import todays_members

    other = todays_members(plan, quarantine=True)
    assert other is not None
    other.arr[0] += 100
    sim.run(plan, replications=2, store=store, book=other)
    assert simulated == [0, 1] * 4


def test_an_interrupted_run_goes_on(plan: sim.Scenario, place: Path, simulated: list[int]) -> None:
    def stop(done: int, _: int) -> None:
        if done == 22:
            raise KeyboardInterrupt

    with pytest.raises(Interrupted) as stopped:
        sim.run(plan, replications=40, seed=3, workers=1, progress=stop, store=Store(place))
    kept = stopped.value.forecast
    assert kept is not None
    simulated.clear()
    whole = sim.run(plan, replications=40, seed=3, store=Store(place))
    # A replication may finish between the stop and its being heard; none that was reported is run again.
    assert set(simulated).isdisjoint(kept.result.replications) and len(simulated) <= 18
    assert whole.equals(sim.run(plan, replications=40, seed=3))


def test_slow_replications_are_kept_before_their_block_is_whole(
    plan: sim.Scenario, place: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("simulation.experiment.shelf.PATIENCE", 0.0)
    found: list[int] = []
    sim.run(plan, replications=4, workers=1, store=Store(place), progress=lambda *_: found.append(len(blocks(place))))
    assert found == [1, 1]


def damage_tail(path: Path) -> None:
    path.write_bytes(path.read_bytes()[:-100])


def damage_middle(path: Path) -> None:
    content = bytearray(path.read_bytes())
    content[len(content) // 2] ^= 1
    path.write_bytes(bytes(content))


def empty(path: Path) -> None:
    path.write_bytes(b"")


def foreign(path: Path) -> None:
    write_file(path, b"a file of somebody else, whole")


def of_another_run(path: Path) -> None:
    body = read_file(path)
    write_file(path, pack("0" * 64, unpack(f"{path.parent.name}/{int(path.stem)}", body)))


def another_block(path: Path) -> None:
    shutil.copy(path.with_name("000000001.block"), path)


def _packed_with(**changes: Any) -> Callable[[Path], None]:
    """Write a block whose label is right, and whose content is not."""

    def harm(path: Path) -> None:
        key = f"{path.parent.name}/{int(path.stem)}"
        write_file(path, pack(key, replace(unpack(key, read_file(path)), **changes)))

    return harm


other_numbers = _packed_with(replications=list(range(16, 32)))
twice = _packed_with(replications=[0, 0, *range(2, 16)], points=[0, 0, *(number // 2 for number in range(2, 16))])
other_points = _packed_with(points=list(range(16)))
other_seed = _packed_with(seed=2)


@pytest.mark.parametrize(
    "harm",
    [
        damage_tail, damage_middle, empty, foreign, of_another_run, another_block, other_numbers, twice, other_points,
        other_seed,
    ],
)  # fmt: skip
def test_a_damaged_block_is_ignored_and_written_again(
    harm: Any, plan: sim.Scenario, place: Path, simulated: list[int]
) -> None:
    whole = sim.run(plan, replications=20, store=Store(place))
    harm(blocks(place)[0])
    simulated.clear()
    told: list[str] = []
    again = sim.run(plan, replications=20, store=Store(place, tell=told.append))
    assert simulated == list(range(16)) and again.equals(whole)
    assert len(told) == 1 and "is ignored" in told[0]
    simulated.clear()
    assert sim.run(plan, replications=20, store=Store(place, tell=told.append)).equals(whole)
    assert simulated == [] and len(told) == 1


def test_a_block_under_another_number_counts_nothing_twice(plan: sim.Scenario, place: Path) -> None:
    sim.run(plan, replications=16, store=Store(place))
    path = blocks(place)[0]
    shutil.copy(path, path.with_name("000000001.block"))
    told: list[str] = []
    found = sim.run(plan, replications=32, store=Store(place, tell=told.append))
    assert found.result.replications == list(range(32)) and len(told) == 1
    assert found.equals(sim.run(plan, replications=32))


def test_parts_of_a_run_with_a_replication_in_common_are_not_joined(plan: sim.Scenario) -> None:
    one, other = (sim.run(plan, replications=numbers).result for numbers in ([0, 1], [1, 2]))
    with pytest.raises(ValueError, match="in common"):
        RunResult.together([one, other])


def test_every_cut_of_a_block_is_noticed(plan: sim.Scenario, place: Path) -> None:
    sim.run(plan, replications=2, store=Store(place))
    path = blocks(place)[0]
    content = path.read_bytes()
    for size in range(0, len(content), 97):
        path.write_bytes(content[:size])
        with pytest.raises(DamagedError):
            read_file(path)


def test_a_store_that_cannot_be_written_is_said_once_and_done_without(
    plan: sim.Scenario, place: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def full(*_: object) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(module, "write_file", full)
    told: list[str] = []
    store = Store(place, tell=told.append)
    forecast = sim.run(plan, replications=40, workers=2, store=store)
    assert forecast.replications == 40 and not place.exists()
    assert len(told) == 1 and "No space left on device" in told[0]


@pytest.mark.parametrize("name", ["a file", "below a file"])
def test_a_store_in_an_impossible_place(name: str, plan: sim.Scenario, tmp_path: Path) -> None:
    (tmp_path / "a file").write_text("")
    folder = tmp_path / "a file" / ("" if name == "a file" else "kept")
    told: list[str] = []
    assert sim.run(plan, replications=2, store=Store(folder, tell=told.append)).replications == 2
    assert sum("cannot be written" in one for one in told) == 1


def test_a_half_written_block_leaves_no_trace(place: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def fail(_: int) -> None:
        raise OSError(5, "Input/output error")

    monkeypatch.setattr(os, "fsync", fail)
    with pytest.raises(OSError, match="Input/output"):
        write_file(place / "one.block", b"body")
    assert list(place.iterdir()) == []


def test_two_runs_at_once_share_a_store(plan: sim.Scenario, place: Path) -> None:
    whole = sim.run(plan, replications=60, seed=3)
    results: list[sim.Forecast] = []

    def work() -> None:
        results.append(sim.run(plan, replications=60, seed=3, workers=1, store=Store(place)))

    threads = [threading.Thread(target=work) for _ in range(3)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(results) == 3 and all(one.equals(whole) for one in results)
    assert sim.run(plan, replications=60, seed=3, store=Store(place)).equals(whole)
    assert not list(place.rglob("*.part"))


def test_halves_of_a_block_by_two_processes_are_put_together(plan: sim.Scenario, place: Path) -> None:
    """Each finds nothing and writes half; the second to write keeps what the first wrote meanwhile."""
    one, other = (Store(place).shelf(plan, None, 3) for _ in range(2))
    from simulation.engine.replicate import run_replications

    with one.writing(range(8)) as first, other.writing(range(8, 16)) as second:
        run_replications(plan, replications=range(8), seed=3, each=first)
        run_replications(plan, replications=range(8, 16), seed=3, each=second)
    found = Store(place).shelf(plan, None, 3).read(range(16))
    assert found is not None and found.replications == list(range(16))
    assert found.ledger.equals(sim.run(plan, replications=16, seed=3).ledger)


def test_the_oldest_go_when_it_is_full(plan: sim.Scenario, place: Path, simulated: list[int]) -> None:
    sim.run(plan, replications=48, seed=1, store=Store(place))
    size = Store(place).usage().size
    first = blocks(place)
    for age, path in enumerate(first):
        os.utime(path, (1e9 - age, 1e9 - age))
    store = Store(place, limit=size * 2 // 3 + 1)
    sim.run(plan, replications=1, seed=1, store=store)  # uses the first block, which makes it the youngest
    left = blocks(place)
    assert store.usage().size <= store.limit
    assert first[0] in left and first[2] not in left
    draft = first[0].with_name(f"{first[0].name}.{'0' * 32}.part")
    draft.write_bytes(b"left by a killed process")
    os.utime(draft, (1e9, 1e9))
    store.tidy()
    assert not draft.exists()


def test_clearing_touches_nothing_of_others(plan: sim.Scenario, place: Path) -> None:
    sim.run(plan, replications=20, store=Store(place))
    others = [place / "thesis.docx", place / "ab" / "notes.block", blocks(place)[0].with_name("letter.txt")]
    for path in others:
        path.parent.mkdir(exist_ok=True)
        path.write_text("mine")
    store = Store(place)
    assert store.usage().runs == 1 and store.usage().files == 2
    assert store.clear().files == 2
    assert store.usage() == module.Usage(0, 0, 0)
    assert all(path.read_text() == "mine" for path in others)


def test_the_default_place(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setenv("MEMBERSIM_STORE", str(tmp_path / "there"))
    monkeypatch.setenv("MEMBERSIM_STORE_LIMIT", "7")
    assert (Store.default().folder, Store.default().limit) == (tmp_path / "there", 7 * 2**20)
    monkeypatch.delenv("MEMBERSIM_STORE")
    assert Store.default().folder.name == "store" and "membersim" in Store.default().folder.parts


def test_quantile_tables_come_along(plan: sim.Scenario, place: Path) -> None:
    from simulation.model.quantiles import TABLE_SIZE
    from simulation.scenario.distributions import Distribution

    shelf = Store(place).shelf(plan, None, 3)
    made = {Distribution("gamma", (("shape", 2.0), ("mean", 3.0))): np.linspace(0.0, 9.0, TABLE_SIZE)}
    shelf.keep_tables({})
    assert shelf.tables() == {} and not place.exists()
    shelf.keep_tables(made)
    found = Store(place).shelf(plan, None, 3).tables()
    assert list(found) == list(made)
    np.testing.assert_array_equal(*found.values(), *made.values())

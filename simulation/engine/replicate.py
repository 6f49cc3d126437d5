"""Many replications of a scenario: assumption points in pairs, spread over threads, whole or stopped halfway.

Replications 2i and 2i+1 share assumption point i and differ in luck. A replication depends on nothing but the
scenario, the seed and its number, so neither threads nor chunks can change it.
"""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterable, Sequence
from typing import TYPE_CHECKING, Protocol

import numpy as np
import numpy.typing as npt

from simulation.engine.layout import make_frame
from simulation.engine.ledger import LEDGER_ARRAYS, Frame, Ledger, RunResult
from simulation.engine.plan import OFFSETS, Plan, make_plan
from simulation.engine.world import Memory
from simulation.progress import Interrupted, Progress
from simulation.scenario.schema import Scenario
from simulation.threads import in_threads

if TYPE_CHECKING:
    from simulation.engine.simpy_engine import UserProcess
    from simulation.scenario.book import Book

Rows = dict[str, npt.NDArray[np.int64]]
Observe = Callable[[int, Memory, Frame], None]


class Engine(Protocol):
    """What runs replications of one plan at a time."""

    def load(self, plan: Plan) -> None:
        """Take another plan of the same scenario."""

    def run(self, seed: int, replication: int) -> Memory:
        """Run one replication; the memory is valid until the next call."""


def make_engine(name: str, plan: Plan, *, log: bool = False, processes: Sequence[UserProcess] = ()) -> Engine:
    """Make an engine by name, "compiled" or "simpy"; only the latter takes a user's processes."""
    if name == "simpy":
        from simulation.engine.simpy_engine import SimpyEngine

        return SimpyEngine(plan, log=log, processes=processes)
    from simulation.engine.compiled import CompiledEngine

    return CompiledEngine(plan, log=log)


def points_of(scenario: Scenario, replications: Iterable[int]) -> dict[int, list[int]]:
    """Replications by assumption point, in order."""
    points: dict[int, list[int]] = {}
    for replication in replications:
        points.setdefault(replication // 2, []).append(replication)
    return points


def plan_at(scenario: Scenario, book: Book | None, seed: int, point: int) -> Plan:
    """Plan of a scenario at one assumption point."""
    return make_plan(scenario.at_point(seed, point) if scenario.assumptions else scenario, book)


def ledger_rows(memory: Memory, plan: Plan) -> Rows:
    """The ledger of the replication that has just run, each array in its shape without replications.

    What was counted is copied; what was known before is the plan's own, shared by all its replications.
    """
    flat, rows = memory.ledger(), dict(plan.known)
    shapes = plan.frame.shapes(1)
    for name, offset in OFFSETS.items():
        shape = shapes[name][1:]
        first = int(memory.world[offset])
        rows[name] = flat[first : first + int(np.prod(shape))].reshape(shape).copy()
    # An engine has the interventions in the order of this plan's priorities.
    places = [plan.intervention_names.index(name) for name in plan.frame.interventions]
    rows["interventions"] = rows["interventions"][places]
    rows["events"] = np.array(memory.world["n_events"], np.int64)
    rows["forced"] = np.array(memory.world["n_forced"], np.int64)
    return rows


class _Crew:
    """Engines of the threads: one for each, loaded with the plan of the point at hand."""

    def __init__(
        self,
        scenario: Scenario,
        book: Book | None,
        seed: int,
        engine: str,
        observe: Observe | None = None,
        processes: Sequence[UserProcess] = (),
    ) -> None:
        self.scenario, self.book, self.seed, self.engine = scenario, book, seed, engine
        self.observe, self.processes = observe, processes
        self.fixed = None if scenario.assumptions else make_plan(scenario, book)
        self.mine = threading.local()
        self.stop = threading.Event()

    def work(self, point: int, replications: list[int], done: Callable[[int, Rows, Frame], None]) -> None:
        """Run the replications of one point."""
        plan = self.fixed or plan_at(self.scenario, self.book, self.seed, point)
        engine: Engine | None = getattr(self.mine, "engine", None)
        if engine is None:
            engine = self.mine.engine = make_engine(self.engine, plan, processes=self.processes)
        else:
            engine.load(plan)
        for replication in replications:
            if self.stop.is_set():
                return
            memory = engine.run(self.seed, replication)
            if self.observe is not None:
                self.observe(replication, memory, plan.frame)
            done(replication, ledger_rows(memory, plan), plan.frame)


def run_replications(
    scenario: Scenario,
    *,
    book: Book | None = None,
    replications: int | Iterable[int] = 200,
    seed: int = 1,
    engine: str = "compiled",
    workers: int | None = None,
    progress: Progress | None = None,
    each: Callable[[int, Rows, Frame], None] | None = None,
    observe: Observe | None = None,
    processes: Sequence[UserProcess] = (),
) -> RunResult:
    """Run replications of a scenario and stack their ledgers.

    Parameters
    ----------
    scenario, book
        What to run, and today's members.
    replications
        How many, from number 0; or the numbers themselves.
    seed
        0 <= seed < 2**32.
    engine
        "compiled" or "simpy".
    workers
        Threads; None for one a core.
    progress
        Called with (done, total).
    each
        Called with the number, the rows and the frame of every replication as it finishes, from any thread.
    observe
        Called, from any thread, with the number, the memory and the frame of every replication at its end; the
        memory shows every member as it is then, and only until the call returns.
    processes
        A user's processes, for the engine "simpy".

    Raises
    ------
    Interrupted
        On Ctrl-C; `.result` has the finished replications, if any.
    """
    numbers = list(range(replications)) if isinstance(replications, int) else list(replications)
    crew = _Crew(scenario, book, seed, engine, observe, processes)
    finished: dict[int, Rows] = {}
    lock = threading.Lock()

    def done(replication: int, rows: Rows, frame: Frame) -> None:
        if each is not None:
            each(replication, rows, frame)
        with lock:
            finished[replication] = rows
            if progress is not None:
                progress(len(finished), len(numbers))

    def work(part: tuple[int, list[int]]) -> None:
        crew.work(*part, done)

    try:
        points = points_of(scenario, numbers).items()
        in_threads(work, points, lambda _: None, workers=workers, stop=crew.stop)
    except KeyboardInterrupt:
        raise Interrupted(_result(crew, finished, seed) if finished else None) from None
    return _result(crew, finished, seed)


def _result(crew: _Crew, finished: dict[int, Rows], seed: int) -> RunResult:
    numbers = sorted(finished)
    # Rows are given up as they are stacked: both at once would take twice the memory.
    ledger = Ledger(**{name: np.stack([finished[n].pop(name) for n in numbers]) for name in LEDGER_ARRAYS})
    points = [n // 2 for n in numbers]
    values: dict[str, npt.NDArray[np.float64]] = {}
    if crew.scenario.assumptions:
        draws = {point: crew.scenario.assumption_values(seed, point) for point in sorted(set(points))}
        values = {path: np.array([draws[point][path] for point in points]) for path in draws[points[0]]}
    return RunResult(
        frame=make_frame(crew.scenario),
        ledger=ledger,
        seed=seed,
        replications=numbers,
        points=points,
        assumption_values=values,
    )

"""Many replications of a scenario: assumption points in pairs, spread over threads, whole or stopped halfway.

Replications 2i and 2i+1 share assumption point i and differ in luck. A replication depends on nothing but the
scenario, the seed and its number, so neither threads, chunks nor other machines can change it.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from typing import TYPE_CHECKING, Generic, Protocol, TypeVar

import numpy as np
import numpy.typing as npt

from simulation.engine.crew import Crew
from simulation.engine.layout import make_frame
from simulation.engine.ledger import Frame, Gathering, RunResult
from simulation.engine.plan import OFFSETS, Plan, make_plan
from simulation.engine.world import Memory
from simulation.progress import Interrupted, Progress
from simulation.scenario.schema import Scenario

if TYPE_CHECKING:
    from simulation.engine.simpy_engine import UserProcess
    from simulation.scenario.book import Book

Rows = dict[str, npt.NDArray[np.int64]]
Seen = TypeVar("Seen")


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


class Replications(Crew[tuple[int, list[int]], list[tuple[int, Seen]]], Generic[Seen]):
    """Runs the replications of a scenario, point by point; an item is a point and the numbers of its replications."""

    def __init__(
        self,
        scenario: Scenario,
        book: Book | None,
        seed: int,
        engine: str,
        processes: Sequence[UserProcess] = (),
    ) -> None:
        super().__init__()
        self.scenario, self.book, self.seed, self.engine = scenario, book, seed, engine
        self.processes = processes

    def seen(self, memory: Memory, plan: Plan) -> Seen:
        """What is kept of a replication that has just run."""
        raise NotImplementedError

    def work(self, item: tuple[int, list[int]]) -> list[tuple[int, Seen]]:
        """Run the replications of one point; return those that were not stopped, by number."""
        point, numbers = item
        plan, engine = self._ready(point)
        found = []
        for number in numbers:
            if self.stop.is_set():
                break
            found.append((number, self.seen(engine.run(self.seed, number), plan)))
        return found

    def _ready(self, point: int) -> tuple[Plan, Engine]:
        """This thread's engine, loaded with the plan of a point; without assumptions there is one plan for all."""
        kept: tuple[int, Plan, Engine] | None = getattr(self.mine, "kept", None)
        if kept is not None and (kept[0] == point or not self.scenario.assumptions):
            return kept[1:]
        plan = self._plan(point)
        if kept is None:
            engine = make_engine(self.engine, plan, processes=self.processes)
        else:
            engine = kept[2]
            engine.load(plan)
        self.mine.kept = (point, plan, engine)
        return plan, engine

    def _plan(self, point: int) -> Plan:
        """Plan of a point; without assumptions the threads share one, which may be large."""
        if self.scenario.assumptions:
            return plan_at(self.scenario, self.book, self.seed, point)
        with self.lock:
            if "plan" not in self.ours:
                self.ours["plan"] = make_plan(self.scenario, self.book)
            plan: Plan = self.ours["plan"]
            return plan


class Counted(Replications[Rows]):
    """Keeps the ledger of every replication."""

    def seen(self, memory: Memory, plan: Plan) -> Rows:
        """The ledger's rows."""
        return ledger_rows(memory, plan)


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
        Called with the number, the rows and the frame of every replication as it finishes.
    processes
        A user's processes, for the engine "simpy".

    Raises
    ------
    Interrupted
        On Ctrl-C; `.result` has the finished replications, if any.
    """
    numbers = list(range(replications)) if isinstance(replications, int) else list(replications)
    crew = Counted(scenario, book, seed, engine, processes)
    frame = make_frame(scenario)
    gathering = Gathering(frame, numbers)

    def done(part: list[tuple[int, Rows]]) -> None:
        for number, rows in part:
            if each is not None:
                each(number, rows, frame)
            gathering.add(number, rows)
        if progress is not None:
            progress(len(gathering), len(numbers))

    def result() -> RunResult:
        return _result(scenario, frame, gathering, seed)

    try:
        crew.share_out(points_of(scenario, numbers).items(), done, workers=workers)
    except KeyboardInterrupt:
        raise Interrupted(result() if len(gathering) else None) from None
    return result()


def _result(scenario: Scenario, frame: Frame, gathering: Gathering, seed: int) -> RunResult:
    ledger, numbers = gathering.gathered()
    points = [n // 2 for n in numbers]
    values: dict[str, npt.NDArray[np.float64]] = {}
    if scenario.assumptions:
        draws = {point: scenario.assumption_values(seed, point) for point in sorted(set(points))}
        values = {path: np.array([draws[point][path] for point in points]) for path in draws[points[0]]}
    return RunResult(
        frame=frame,
        ledger=ledger,
        seed=seed,
        replications=numbers,
        points=points,
        assumption_values=values,
    )

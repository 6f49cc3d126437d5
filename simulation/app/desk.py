"""What one visitor has in front of him: a scenario, his changes to it, his what-ifs, and his jobs."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from simulation.app.jobs.bench import Bench
from simulation.app.jobs.job import Job, Picture
from simulation.app.plans import Plans

if TYPE_CHECKING:
    from simulation.scenario import Scenario

__all__ = ["MOST_WHAT_IFS", "Desk", "WhatIf"]

MOST_WHAT_IFS = 5
REPLICATIONS = 200
Draw = Callable[[Picture], None]
Watch = Callable[[Job], None]


@dataclass(frozen=True)
class WhatIf:
    """A changed scenario that its visitor has put aside to compare.

    Attributes
    ----------
    name
        What he calls it.
    scenario
        Path of the file that it starts from.
    overlay
        What is laid over it.
    """

    name: str
    scenario: str
    overlay: Mapping[str, Any]


@dataclass
class _Followed:
    job: Job
    draw: Draw | None
    watch: Watch | None
    version: int = 0
    seen: tuple[Any, ...] = ()


class Desk:
    """The desk of one visitor: one browser tab.

    Parameters
    ----------
    bench, plans
        What all visitors share.
    owner
        Who he is, for the queue.

    Attributes
    ----------
    scenario : Scenario or None
        What he has chosen, without his changes; None before the first choice.
    overlay : dict
        His changes as an overlay over it; empty when there are none.
    what_ifs : list of WhatIf
        At most `MOST_WHAT_IFS`.
    seed, replications : int
        With which, and how many futures at most, his questions are simulated.

    Notes
    -----
    It knows nothing of the browser. The page calls `tick` several times a second, in its own thread, and only there
    are views called back.
    """

    def __init__(self, bench: Bench, plans: Plans, owner: str = "") -> None:
        self.bench, self.plans, self.owner = bench, plans, owner
        self.key = ""
        self.scenario: Scenario | None = None
        self.overlay: dict[str, Any] = {}
        self.what_ifs: list[WhatIf] = []
        self.seed, self.replications = 1, REPLICATIONS
        self.jobs: dict[str, Job] = {}
        self._followed: list[_Followed] = []
        self._changed: list[Callable[[], None]] = []

    def choose(self, key: str, scenario: Scenario) -> None:
        """Take a scenario, without changes."""
        self.key, self.scenario, self.overlay = key, scenario, {}
        self.what_ifs = []
        self.tell_changed()

    def change(self, overlay: Mapping[str, Any]) -> None:
        """Lay other changes over the scenario."""
        if overlay != self.overlay:
            self.overlay = dict(overlay)
            self.tell_changed()

    def on_change(self, call: Callable[[], None]) -> None:
        """Call this whenever the scenario, its changes or the what-ifs are others than before."""
        self._changed.append(call)

    def tell_changed(self) -> None:
        """Call everybody who wants to know that something has changed."""
        for call in list(self._changed):
            call()

    def request(self, **more: Any) -> dict[str, Any]:
        """What every task needs: the scenario with its changes, the seed and the number of futures.

        Raises
        ------
        ValueError
            When no scenario is chosen.
        """
        if self.scenario is None:
            raise ValueError("choose a scenario first")
        asked = {
            "scenario": str(self.plans.path(self.key)),
            "overlay": self.overlay,
            "seed": self.seed,
            "replications": self.replications,
        }
        return asked | more

    def start(self, kind: str, request: Mapping[str, Any] | None = None) -> Job:
        """Start a job; one of the same kind that is still at work is cancelled, because its answer is not wanted."""
        before = self.jobs.get(kind)
        if before is not None:
            self.bench.cancel(before)
        job = self.bench.submit(kind, self.request() if request is None else request, self.owner)
        self.jobs[kind] = job
        return job

    def cancel(self, kind: str) -> None:
        """Stop the job of a kind."""
        if kind in self.jobs:
            self.bench.cancel(self.jobs[kind])

    def follow(self, job: Job, draw: Draw | None = None, watch: Watch | None = None) -> None:
        """Have `draw` called with each new picture of a job, and `watch` whenever it has moved or ended."""
        self._followed.append(_Followed(job, draw, watch))

    def tick(self) -> None:
        """Call back whoever follows a job that has news."""
        for one in list(self._followed):
            job = one.job
            ended = job.ended  # read first: the last picture comes before the end
            if one.draw is not None and job.version != one.version and job.picture is not None:
                one.version = job.version
                one.draw(job.picture)
            now = (job.state, job.ahead, job.done, job.total, job.cancelling)
            if one.watch is not None and now != one.seen:
                one.seen = now
                one.watch(job)
            if ended:
                self._followed.remove(one)

    def close(self) -> None:
        """When the visitor has gone: nobody waits for his jobs."""
        for job in self.jobs.values():
            self.bench.cancel(job)
        self._followed.clear()
        self._changed.clear()

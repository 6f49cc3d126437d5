"""What one visitor has in front of him: a scenario, his changes to it, his what-ifs, and his jobs."""

from __future__ import annotations

import shutil
import tempfile
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from simulation.app.controls import Control, Value, controls_of
from simulation.app.jobs.bench import Bench
from simulation.app.jobs.job import Job, Picture
from simulation.app.overlay import overlay_of
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
    """The desk of one visitor: one browser tab, which may go away and come back (`simulation.app.desks`).

    Parameters
    ----------
    bench, plans
        What all visitors share.
    owner
        Who he is, for the queue.

    Attributes
    ----------
    key, scenario : str, Scenario or None
        What he has chosen, without his changes; None before the first choice.
    controls : dict
        What can be turned in it, by path.
    turned : dict
        Where he has turned something to, by path.
    overlay : dict
        The same as an overlay over the scenario; empty when nothing is changed.
    what_ifs : list of WhatIf
        At most `MOST_WHAT_IFS`.
    seed, replications : int
        With which, and how many futures at most, his questions are simulated.
    opener : callable or None
        Set by the page: makes a new file of the folder the scenario that is looked at.
    runners : dict
        What starts the job of each kind that is on the page, as its Run button does.
    kept : dict
        What views keep of what was typed and given, so that it is there when the page is built anew.

    Notes
    -----
    It knows nothing of the browser. The page calls `tick` several times a second, in its own thread, and only there
    are views called back.
    """

    def __init__(self, bench: Bench, plans: Plans, owner: str = "") -> None:
        self.bench, self.plans, self.owner = bench, plans, owner
        self.key = ""
        self.scenario: Scenario | None = None
        self.controls: dict[str, Control] = {}
        self.turned: dict[str, Value] = {}
        self._turning: dict[str, Value] = {}
        self.overlay: dict[str, Any] = {}
        self.what_ifs: list[WhatIf] = []
        self.seed, self.replications = 1, REPLICATIONS
        self.jobs: dict[str, Job] = {}
        self.runners: dict[str, Callable[[], None]] = {}
        self.opener: Callable[[str], Awaitable[None]] | None = None
        self.kept: dict[str, Any] = {}
        self._files: Path | None = None
        self._followed: list[_Followed] = []
        self._changed: list[Callable[[], None]] = []

    def read(self, key: str) -> tuple[Scenario, dict[str, Control]]:
        """Read a scenario and what can be turned in it; may be called from any thread, and takes a moment.

        Raises
        ------
        ScenarioError
            When it is wrong.
        """
        scenario = self.plans.scenario(key)
        return scenario, {one.path: one for one in controls_of(scenario)}

    def choose(self, key: str, scenario: Scenario, controls: Mapping[str, Control]) -> None:
        """Take a scenario, without changes; what was put aside to compare belongs to the one before."""
        self.key, self.scenario, self.controls = key, scenario, dict(controls)
        self.turned, self.overlay, self.what_ifs, self._turning = {}, {}, [], {}
        self._tell()

    def turn(self, path: str, value: Value) -> None:
        """Turn a control."""
        self.turn_soon(path, value)
        self._turn_now()

    def turn_soon(self, path: str, value: Value) -> None:
        """Turn a control that is still moving: it counts from the next tick, or the next question, on."""
        self._turning[path] = value

    def _turn_now(self) -> None:
        """Take over what is moving."""
        if not self._turning or self.scenario is None:
            return
        turned = {**self.turned, **self._turning}
        self._turning = {}
        turned = {path: value for path, value in turned.items() if value != self.controls[path].value}
        if turned != self.turned:
            self.turned = turned
            self.overlay = overlay_of(self.scenario, self.controls, turned)
            self._tell()

    def reset(self) -> None:
        """Turn everything back to where the scenario stands."""
        self.turned, self.overlay, self._turning = {}, {}, {}
        self._tell()

    def changes(self) -> list[tuple[Control, str, str]]:
        """What is changed: the control, and its value in words before and after."""
        found = [(self.controls[path], value) for path, value in self.turned.items()]
        return [(one, one.shown(one.value), one.shown(value)) for one, value in found]

    def put_aside(self, what_if: WhatIf) -> None:
        """Keep a what-if to compare.

        Raises
        ------
        ValueError
            When there are `MOST_WHAT_IFS` already, or one of that name.
        """
        if len(self.what_ifs) >= MOST_WHAT_IFS:
            raise ValueError(f"at most {MOST_WHAT_IFS} what-ifs can be compared; remove one first")
        if not what_if.name or what_if.name == "base" or any(one.name == what_if.name for one in self.what_ifs):
            raise ValueError("give it a name of its own")
        self.what_ifs.append(what_if)
        self._tell()

    def drop(self, name: str) -> None:
        """Forget a what-if."""
        self.what_ifs = [one for one in self.what_ifs if one.name != name]
        self._tell()

    def on_change(self, call: Callable[[], None]) -> None:
        """Call this whenever the scenario, its changes or the what-ifs are others than before."""
        self._changed.append(call)

    def request(self, **more: Any) -> dict[str, Any]:
        """What every task needs: the scenario with its changes, the seed and the number of futures.

        Raises
        ------
        ValueError
            When no scenario is chosen.
        """
        if self.scenario is None:
            raise ValueError("Choose a scenario first, at the top of the settings (the three bars show them).")
        self._turn_now()
        asked = {
            "scenario": str(self.plans.path(self.key)),
            "overlay": self.overlay,
            "seed": self.seed,
            "replications": self.replications,
        }
        return asked | more

    def _tell(self) -> None:
        for call in list(self._changed):
            call()

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
        """Take over what was turned, and call back whoever follows a job that has news."""
        self._turn_now()
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

    def files(self, part: str) -> Path:
        """A folder for the files that the visitor gives to a part of the page; it goes with the desk."""
        if self._files is None:
            self._files = Path(tempfile.mkdtemp(prefix="membersim-"))
        place = self._files / part
        place.mkdir(exist_ok=True)
        return place

    def leave(self) -> None:
        """When the page has gone: nobody is called back, and everything else stays where it is."""
        self._followed.clear()
        self._changed.clear()
        self.runners.clear()
        self.opener = None

    def close(self) -> None:
        """When the visitor has gone for good: nobody waits for his jobs, and his files are removed."""
        self.leave()
        for job in self.jobs.values():
            self.bench.cancel(job)
        if self._files is not None:
            shutil.rmtree(self._files, ignore_errors=True)

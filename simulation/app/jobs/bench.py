"""The bench: worker processes, the queue before them, and the end of a job when its visitor wants it."""

from __future__ import annotations

import multiprocessing
import os
import threading
from collections.abc import Mapping
from dataclasses import dataclass, field
from multiprocessing.connection import Connection
from multiprocessing.process import BaseProcess
from typing import Any

from simulation.app.jobs.job import Job
from simulation.app.jobs.worker import main

__all__ = ["Bench", "usual_workers"]

PATIENCE = 5.0
"""Seconds that a cancelled job has to stop by itself; then its process is ended."""
TASKS = "simulation.app.tasks"
"""The package that has a module for each kind of job."""
WARM = ("forecast",)
"""Kinds of job whose `warm()` a worker calls before its first one."""
LOST = "The process that worked on this ended unexpectedly; perhaps there was not enough memory. Please run it again."


def usual_workers() -> int:
    """Processes by default: two visitors never wait for each other; each job uses every core by itself."""
    return max(2, min(4, os.cpu_count() or 1))


@dataclass(eq=False)
class _Hand:
    """A worker process and our ends of its pipes."""

    process: BaseProcess
    orders: Connection
    news: Connection
    job: Job | None = None
    ready: bool = False
    sending: threading.Lock = field(default_factory=threading.Lock)

    def send(self, *message: Any) -> None:
        try:
            with self.sending:
                self.orders.send(message)
        except OSError:
            pass  # it has died; its reader sees that and tells


class Bench:
    """Processes that work on jobs.

    Parameters
    ----------
    workers
        How many processes; each works on one job at a time.
    warm
        Kinds of job whose `warm()` they call first.
    tasks
        The package of the tasks.

    Notes
    -----
    Every method may be called from any thread and returns at once. A worker that dies takes only its own job with it
    and is replaced; one that dies before it is ready is not, because its successor would do the same.
    """

    def __init__(self, workers: int | None = None, warm: tuple[str, ...] = WARM, tasks: str = TASKS) -> None:
        self.size = usual_workers() if workers is None else workers
        self.tasks, self.warm = tasks, warm
        self.fault = ""
        self._away: set[str] = set()
        self._context = multiprocessing.get_context("spawn")
        self._hands: list[_Hand] = []
        self._queue: list[Job] = []
        self._lock = threading.RLock()
        self._closed = False

    @property
    def ready(self) -> bool:
        """Whether at least one worker has started up."""
        return any(hand.ready for hand in self._hands)

    def start(self) -> None:
        """Start the processes."""
        with self._lock:
            for _ in range(self.size):
                self._hire()

    def stop(self) -> None:
        """End the processes and everything they work on."""
        with self._lock:
            self._closed = True
            hands, self._hands = list(self._hands), []
            for job in self._queue:
                job.state = "cancelled"
            self._queue.clear()
        for hand in hands:
            hand.process.terminate()
        for hand in hands:
            hand.process.join(2.0)
            if hand.process.is_alive():
                hand.process.kill()

    def submit(self, kind: str, request: Mapping[str, Any], owner: str = "") -> Job:
        """Queue a job and return it; whoever keeps it sees it change."""
        job = Job(kind, dict(request), owner)
        with self._lock:
            self._queue.append(job)
            self._assign()
        return job

    def cancel(self, job: Job) -> None:
        """Stop a job; what it has shown so far stays."""
        with self._lock:
            if job in self._queue:
                self._queue.remove(job)
                job.state = "cancelled"
                self._count()
                return
            hand = next((one for one in self._hands if one.job is job), None)
            if hand is None or job.cancelling:
                return
            job.cancelling = True
        hand.send("cancel", job.id)
        timer = threading.Timer(PATIENCE, self._insist, (hand, job))
        timer.daemon = True
        timer.start()

    def gone(self, owner: str) -> None:
        """An owner is not there: his jobs go on as long as nobody else waits for a worker."""
        with self._lock:
            self._away.add(owner)
            self._make_room()

    def back(self, owner: str) -> None:
        """An owner is there again."""
        with self._lock:
            self._away.discard(owner)

    def _insist(self, hand: _Hand, job: Job) -> None:
        with self._lock:
            if hand.job is job and not job.ended:
                hand.process.kill()  # its reader hears the pipe close

    def _hire(self) -> None:
        orders_there, orders = self._context.Pipe(duplex=False)
        news, news_there = self._context.Pipe(duplex=False)
        given = orders_there, news_there, self.tasks, self.warm
        process = self._context.Process(target=main, args=given, daemon=True)
        process.start()
        orders_there.close()
        news_there.close()
        hand = _Hand(process, orders, news)
        self._hands.append(hand)
        threading.Thread(target=self._read, args=(hand,), daemon=True).start()

    def _read(self, hand: _Hand) -> None:
        while True:
            try:
                what, *more = hand.news.recv()
            except (EOFError, OSError):
                break
            with self._lock:
                self._hear(hand, what, more)
        with self._lock:
            self._bury(hand)

    def _hear(self, hand: _Hand, what: str, more: list[Any]) -> None:
        if what == "ready":
            hand.ready = True
            self._assign()
            return
        job = hand.job
        if job is None or job.id != more[0]:
            return
        if what == "progress":
            job.advance(more[1], more[2])
        elif what == "picture":
            job.picture = more[1]
            job.version += 1
        else:
            _, job.state, job.message, job.problems = more
            hand.job = None
            self._assign()

    def _bury(self, hand: _Hand) -> None:
        """After the death of a worker."""
        if hand in self._hands:
            self._hands.remove(hand)
        job, hand.job = hand.job, None
        if job is not None and not job.ended:
            job.state, job.message = ("cancelled", "") if job.cancelling or self._closed else ("failed", LOST)
        if self._closed:
            return
        if hand.ready:
            self._hire()
        elif not self._hands:
            self.fault = "No worker process could start; the messages in the terminal say why."
            for one in self._queue:
                one.state, one.message = "failed", self.fault
            self._queue.clear()

    def _assign(self) -> None:
        """Give the free workers something to do: those who have the least at work come first."""
        if self.fault and not self._hands:
            for job in self._queue:
                job.state, job.message = "failed", self.fault
            self._queue.clear()
        while self._queue:
            hand = next((one for one in self._hands if one.ready and one.job is None), None)
            if hand is None:
                break
            busy = [one.job.owner for one in self._hands if one.job is not None]
            job = min(self._queue, key=lambda one: (one.owner in self._away, busy.count(one.owner)))
            self._queue.remove(job)
            hand.job, job.state = job, "running"
            hand.send("work", job.id, job.kind, job.request)
        self._make_room()
        self._count()

    def _make_room(self) -> None:
        """Stop work of those who are away, one job for each that somebody waits for."""
        wanted = sum(one.owner not in self._away for one in self._queue)
        at_work = [hand.job for hand in self._hands if hand.job is not None]
        freed = sum(job.cancelling for job in at_work)
        for job in at_work:
            if freed < wanted and job.owner in self._away and not job.cancelling:
                job.yielded = True
                self.cancel(job)
                freed += 1

    def _count(self) -> None:
        for place, job in enumerate(self._queue):
            job.ahead = place

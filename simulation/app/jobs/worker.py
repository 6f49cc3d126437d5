"""A worker process: it takes one job after the other, tells how far it is, and stops a job when it is told to."""

from __future__ import annotations

import _thread
import os
import signal
import sys
import threading
import time
import traceback
from importlib import import_module
from multiprocessing.connection import Connection
from typing import Any

from simulation.app.jobs.job import Picture, Stopped

__all__ = ["main"]

NICENESS = 10
"""So that the page answers while the work goes on."""
EVERY = 0.1
"""Seconds between two messages of progress."""


def main(orders: Connection, news: Connection, tasks: str, warm: tuple[str, ...]) -> None:
    """Work until the pipe closes; started in a process of its own.

    Parameters
    ----------
    orders
        ("work", job, kind, request) and ("cancel", job) come here.
    news
        ("ready",), ("progress", job, done, total), ("picture", job, picture) and, last for each job,
        ("end", job, state, message, problems) go there.
    tasks
        The package that has a module for each kind of job.
    warm
        Kinds of job whose `warm()` is called before the first one.
    """
    _Worker(orders, news, tasks).run(warm)


class _Worker:
    def __init__(self, orders: Connection, news: Connection, tasks: str) -> None:
        self.orders, self.news, self.tasks = orders, news, tasks
        self.lock = threading.Lock()  # progress comes from several threads
        self.wanted = threading.Semaphore(0)
        self.next: tuple[int, str, Any] | None = None
        self.current: int | None = None
        self.cancelled: set[int] = set()
        self.armed = self.sending = self.late = False

    def run(self, warm: tuple[str, ...]) -> None:
        signal.signal(signal.SIGINT, self._interrupt)
        if hasattr(os, "nice"):
            os.nice(NICENESS)
        threading.Thread(target=self._listen, daemon=True).start()
        for kind in warm:
            import_module(f"{self.tasks}.{kind}").warm()
        self.send("ready")
        while True:
            self.wanted.acquire()
            assert self.next is not None
            self._work(*self.next)

    def send(self, *message: Any) -> None:
        """Tell the bench something; when it is gone, so is the reason to work."""
        main = threading.current_thread() is threading.main_thread()
        self.sending = self.sending or main
        try:
            with self.lock:
                self.news.send(message)
        except OSError:
            os._exit(0)
        finally:
            self.sending = self.sending and not main
        if main and self.late:
            self.late = False
            raise KeyboardInterrupt

    def _listen(self) -> None:
        """Hear orders while the main thread works."""
        while True:
            try:
                what, job, *more = self.orders.recv()
            except (EOFError, OSError):
                os._exit(0)
            if what == "cancel":
                self.cancelled.add(job)
                if self.current == job and self.armed:
                    _interrupt_main()
            else:
                self.next = (job, *more)
                self.wanted.release()

    def _interrupt(self, *_: Any) -> None:
        """Ctrl-C for the library: only while a job is at work, and only when that job was cancelled.

        A Ctrl-C in the terminal reaches every process of it; the server alone decides what ends. A message that
        is on its way is sent to its end first.
        """
        if not self.armed or self.current not in self.cancelled:
            return
        self.armed = False
        if self.sending:
            self.late = True
            return
        raise KeyboardInterrupt

    def _work(self, job: int, kind: str, request: Any) -> None:
        tell = _Tell(self, job)
        state, message = "done", ""
        problems: tuple[dict[str, Any], ...] = ()
        self.late = False
        try:
            self.current, self.armed = job, True
            if job in self.cancelled:
                raise KeyboardInterrupt
            try:
                work = import_module(f"{self.tasks}.{kind}").work
                last = work(request, tell)
                tell.picture(last)
            finally:
                self.armed = False
        except (KeyboardInterrupt, Stopped):
            state = "cancelled"
        except BaseException as error:
            state = "failed"
            message, problems = _told(error)
        self.current = None
        self.cancelled.discard(job)
        self.send("end", job, state, message, problems)


class _Tell:
    """What a task tells, sent at a pace that a page can follow."""

    def __init__(self, worker: _Worker, job: int) -> None:
        self.worker, self.job = worker, job
        self.last = 0.0

    def progress(self, done: int, total: int) -> None:
        now = time.monotonic()
        if now - self.last >= EVERY or done >= total:
            self.last = now
            self.worker.send("progress", self.job, done, total)

    def picture(self, picture: Picture) -> None:
        self.worker.send("picture", self.job, picture)


def _interrupt_main() -> None:
    """Interrupt the main thread, also where it waits for others."""
    if hasattr(signal, "pthread_kill"):
        signal.pthread_kill(threading.main_thread().ident or 0, signal.SIGINT)
    else:
        _thread.interrupt_main()


def _told(error: BaseException) -> tuple[str, tuple[dict[str, Any], ...]]:
    """What the user is told of an error: bad input in its own words, a fault of the program as one."""
    problems = tuple(
        {name: getattr(one, name, None) for name in ("file", "line", "column", "path", "message")}
        for one in getattr(error, "problems", ())
    )
    from simulation.engine.world import RunawayError

    if isinstance(error, RunawayError):
        return f"This scenario cannot be simulated to its end: {error}", ()
    if problems or isinstance(error, ValueError | OSError | MemoryError | ImportError):
        return str(error) or type(error).__name__, problems
    traceback.print_exception(error, file=sys.stderr)
    return f"This is a fault of membersim, please report it: {type(error).__name__}: {error}", ()

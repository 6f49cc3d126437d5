"""One way to share work out to threads: bounded, heard by Ctrl-C, nothing left running."""

from __future__ import annotations

import os
import threading
from collections.abc import Callable, Iterable
from concurrent.futures import FIRST_COMPLETED, Future, ThreadPoolExecutor, wait
from typing import TypeVar

Item = TypeVar("Item")
Result = TypeVar("Result")

__all__ = ["in_threads"]


def in_threads(
    work: Callable[[Item], Result],
    items: Iterable[Item],
    done: Callable[[Result], None],
    *,
    workers: int | None = None,
    stop: threading.Event | None = None,
) -> None:
    """Work on items in threads, with little in store, so that a stop takes effect at once.

    Parameters
    ----------
    work
        Called with each item, in a thread.
    items
        Taken one by one as threads get free.
    done
        Called with each result as it comes, in the caller's thread.
    workers
        Threads; None for one a core.
    stop
        Set at the end, however it ends, for work that looks at it.

    Raises
    ------
    BaseException
        What `work` or `done` raises, or KeyboardInterrupt: when the work under way has ended. On Ctrl-C its results
        are still given to `done`.
    """
    threads = workers or os.cpu_count() or 1
    queue = iter(items)
    ready: set[Future[Result]] = set()
    running: set[Future[Result]] = set()
    with ThreadPoolExecutor(threads) as pool:
        try:
            while True:
                while len(running) < 2 * threads:
                    try:
                        running.add(pool.submit(work, next(queue)))
                    except StopIteration:
                        break
                if not running:
                    return
                ready, running = wait(running, timeout=0.5, return_when=FIRST_COMPLETED)
                while ready:
                    done(ready.pop().result())
        except KeyboardInterrupt:
            _end(running, stop)
            for future in (*ready, *running):
                if not future.cancelled() and future.exception() is None:
                    done(future.result())
            raise
        finally:
            _end(running, stop)


def _end(running: Iterable[Future[Result]], stop: threading.Event | None) -> None:
    """Begin nothing more."""
    if stop is not None:
        stop.set()
    for future in running:
        future.cancel()

"""Work on replications shared out: to threads of this process, or to the workers of a cluster."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterable
from typing import Any, Generic, TypeVar

from simulation.threads import in_threads

__all__ = ["Crew"]

Item = TypeVar("Item")
Result = TypeVar("Result")


class Crew(Generic[Item, Result]):
    """One kind of work, which may be copied to other processes.

    What a subclass keeps in itself is plain data. What a thread needs for itself, such as an engine, it makes in
    `mine`, where every thread of every copy has its own.

    Attributes
    ----------
    mine
        A `threading.local`; not copied.
    ours, lock
        What the threads of one copy share, and what guards it; not copied.
    stop
        Set when the rest is no longer wanted, for work that looks at it between replications; not copied.
    """

    def __init__(self) -> None:
        self.mine = threading.local()
        self.ours: dict[str, Any] = {}
        self.lock = threading.Lock()
        self.stop = threading.Event()

    def work(self, item: Item) -> Result:
        """Do one piece of the work, in any thread."""
        raise NotImplementedError

    def share_out(self, items: Iterable[Item], done: Callable[[Result], None], *, workers: int | None = None) -> None:
        """Work on all the items, on the cluster at hand (`simulation.engine.cluster`) or in threads.

        Parameters
        ----------
        items
            Taken one by one as somebody gets free; plain data.
        done
            Called with each result as it comes, in the caller's thread.
        workers
            Threads; None for one a core. A cluster has its own.

        Raises
        ------
        KeyboardInterrupt
            On Ctrl-C, when the work under way has ended; what it had finished was given to `done`.
        ClusterError
            When a cluster fails.
        """
        from simulation.engine.cluster import at_hand, in_cluster

        client = at_hand()
        if client is None:
            in_threads(self.work, items, done, workers=workers, stop=self.stop)
        else:
            in_cluster(client, self, items, done)

    def __getstate__(self) -> dict[str, Any]:
        """Return what a copy needs."""
        return {name: value for name, value in self.__dict__.items() if name not in ("mine", "ours", "lock", "stop")}

    def __setstate__(self, state: dict[str, Any]) -> None:
        """Become a copy, with nothing begun."""
        self.__dict__.update(state)
        Crew.__init__(self)

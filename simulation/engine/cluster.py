"""The workers of a Dask cluster in the place of threads: the same numbers, bit for bit.

A replication depends on nothing but the scenario, the seed and its number, so where it runs cannot change it. Two
things could: another version of the program, which is refused, and quantile tables that another processor computes
differently in their last bits. So a worker says which tables it drew from, and where they are not ours, its part is
simulated again here. A worker that dies costs the pieces that it had in hand, which others take over.
"""

from __future__ import annotations

import hashlib
import pickle
import time
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from typing import TYPE_CHECKING, Any, TypeVar
from uuid import uuid4

from simulation.engine.version import program_version
from simulation.model.quantiles import Tables, compile_distributions

if TYPE_CHECKING:
    from distributed import Client

    from simulation.engine.crew import Crew
    from simulation.scenario.distributions import Distribution

__all__ = ["ClusterError", "at_hand", "in_cluster", "on_cluster"]

Item = TypeVar("Item")
Result = TypeVar("Result")
Digests = dict["Distribution", bytes]

PATIENCE = 60.0
"""Seconds that a cluster may be without its scheduler, or without any worker."""
HANDS = 2
"""Pieces handed out for each thread of the cluster: one at work, one waiting beside it."""

_client: ContextVar[Client | None] = ContextVar("client", default=None)
_tables: Tables = {}
"""Of a worker: the tables that were drawn from in this process."""


class ClusterError(OSError):
    """The cluster cannot be used, or is gone."""


def at_hand() -> Client | None:
    """The cluster that work is to be shared out to; None for threads of this process."""
    return _client.get()


@contextmanager
def on_cluster(where: str | Client) -> Iterator[Client]:
    """Share replications out to a Dask cluster, whatever is run inside.

    Parameters
    ----------
    where
        Address of its scheduler, such as "tcp://10.0.0.5:8786", or a client.

    Raises
    ------
    ClusterError
        When nobody answers there, or a worker has another version of membersim.

    Notes
    -----
    A Dask cluster runs what its clients send it: let only those reach its scheduler who may do so.
    """
    client, own = _connected(where)
    try:
        _check_versions(client)
        token = _client.set(client)
        try:
            yield client
        finally:
            _client.reset(token)
    finally:
        if own:
            client.close()


def in_cluster(client: Client, crew: Crew[Item, Result], items: Iterable[Item], done: Callable[[Result], None]) -> None:
    """Work on items on a cluster; as `Crew.share_out`."""
    import cloudpickle  # a user's process may be defined in a notebook
    from distributed import wait

    copy: Any = client.submit(pickle.loads, cloudpickle.dumps(crew), key=f"crew-{uuid4().hex}", pure=False)
    queue, seen, lost = iter(items), Seen(), Patience(client)
    running: dict[Any, Item] = {}
    try:
        while True:
            while len(running) < max(HANDS * lost.threads, 1):
                item = next(queue, None)
                if item is None:
                    break
                running[client.submit(_work, copy, item, program_version(), pure=False)] = item
            if not running:
                return
            try:
                with client.as_current():
                    ready = wait(list(running), timeout=0.5, return_when="FIRST_COMPLETED").done
            except TimeoutError:
                ready = set()
            lost.check()
            for future in ready:
                item = running.pop(future)
                result, digests = _result(future)
                done(result if seen.same(digests) else crew.work(item))
    except KeyboardInterrupt:
        for future in [one for one in running if one.status == "finished"]:
            result, digests = _result(future)
            if seen.same(digests):
                done(result)
        raise
    finally:
        client.cancel([*running, copy], force=True)


class Seen:
    """Tables that workers drew from, compared with ours; each is computed here once."""

    def __init__(self) -> None:
        self.digests: Digests = {}

    def same(self, digests: Digests) -> bool:
        """Whether a worker drew from the tables that this process draws from."""
        for distribution in digests.keys() - self.digests.keys():
            _, numbers = compile_distributions([distribution])
            self.digests[distribution] = _digest(numbers)
        return all(self.digests[distribution] == digest for distribution, digest in digests.items())


class Patience:
    """Looks after the scheduler and the workers while there is work."""

    def __init__(self, client: Client) -> None:
        self.client, self.threads, self.since, self.looked = client, 0, time.monotonic(), 0.0
        self.check()

    def check(self) -> None:
        """Count threads, once a second.

        Raises
        ------
        ClusterError
            When there has been no scheduler, or no worker, for `PATIENCE` seconds.
        """
        now = time.monotonic()
        if now - self.looked < 1.0:
            return
        self.looked = now
        there = self.client.status == "running"
        self.threads = sum(self.client.nthreads().values()) if there else 0
        if self.threads:
            self.since = now
        elif now - self.since > PATIENCE or self.client.status == "closed":
            what = "has no workers" if there else "is gone"
            raise ClusterError(f"the cluster {what}; the same command goes on with what is in the store")


def _connected(where: str | Client) -> tuple[Client, bool]:
    try:
        from distributed import Client
    except ModuleNotFoundError:
        raise ClusterError('a cluster needs Dask: pip install "membersim[cluster]"') from None
    if not isinstance(where, str):
        return where, False
    try:
        return Client(where, timeout=10, set_as_default=False, name="membersim"), True
    except (OSError, ValueError) as error:
        raise ClusterError(f"no Dask scheduler answers at {where}: {error}") from None


def _check_versions(client: Client) -> None:
    """Refuse workers of another version before anything is sent; `_work` looks at those that come later."""
    try:
        versions: dict[str, str] = client.run(_version)
    except ModuleNotFoundError as error:
        raise ClusterError(f"the workers of the cluster cannot import {error.name}: install membersim there") from None
    others = [worker for worker, version in versions.items() if version != program_version()]
    if others:
        raise ClusterError(f"{others[0]} has another version of membersim or its packages: {versions[others[0]]}")


def _version() -> str:
    return program_version()


def _work(crew: Crew[Item, Result], item: Item, version: str) -> tuple[Result, Digests]:
    """Do a piece on a worker; return the tables that this process has drawn from so far as well."""
    if program_version() != version:
        raise ClusterError("a worker has another version of membersim or its packages")
    _keep()
    result = crew.work(item)
    return result, {distribution: _digest(numbers) for distribution, numbers in list(_tables.items())}


def _keep() -> None:
    """Note the tables of this process from now on, unless somebody does."""
    from simulation.model import quantiles

    if quantiles._kept is None:
        quantiles.keeping(_tables).__enter__()


def _digest(numbers: Any) -> bytes:
    return hashlib.sha256(numbers.tobytes()).digest()


def _result(future: Any) -> Any:
    from distributed import KilledWorker

    try:
        return future.result()
    except KilledWorker as error:
        raise ClusterError(f"a part of the work has killed every worker that took it: {error}") from None

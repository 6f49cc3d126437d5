"""The options of every command that simulates: how many threads, or which cluster."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from typing import Annotated, Any

from cyclopts import Parameter, validators

__all__ = ["Cluster", "Workers", "sharing_out"]

Workers = Annotated[int | None, Parameter(validator=validators.Number(gte=1))]
Cluster = Annotated[
    str,
    Parameter(
        help="Simulate on a Dask cluster instead, with the same result: the address of its scheduler, such as "
        "tcp://10.0.0.5:8786."
    ),
]


@contextmanager
def sharing_out(arguments: Mapping[str, Any]) -> Iterator[None]:
    """Run a command with these arguments where its option --cluster says."""
    address = arguments.get("cluster", "")
    if not address:
        yield
        return
    from simulation.engine.cluster import on_cluster

    with on_cluster(address):
        yield

"""Binary heaps for the compiled engine: the calendar of what members share, and the queues they wait in."""

from __future__ import annotations

from typing import Any

import numpy as np

from simulation.model.jit import compiled, inlined
from simulation.model.state import Records

ENTRY = np.dtype(
    [("t", "f8"), ("key", "u8"), ("cls", "i4"), ("kind", "i4"), ("a", "i4"), ("b", "i4"), ("token", "u4")], align=True
)
"""One thing to come: when, in which class of simultaneous events, whose, and what."""

WAITER = np.dtype(
    [("rank", "f8"), ("requested", "f8"), ("key", "u8"), ("priority", "i4"), ("a", "i4"), ("k", "i4"), ("token", "u4")],
    align=True,
)
"""One that waits: member `a` for intervention `k`, or (token 0) the session job `a`."""


@inlined
def earlier(x: Any, y: Any) -> bool:
    """Order of the calendar: time, class, member key, kind, number."""
    if x.t != y.t:
        return x.t < y.t
    if x.cls != y.cls:
        return x.cls < y.cls
    if x.key != y.key:
        return x.key < y.key
    if x.kind != y.kind:
        return x.kind < y.kind
    return x.b < y.b


@inlined
def ahead(x: Any, y: Any) -> bool:
    """Order of a queue: priority (lower first), rank, request time, member key, intervention."""
    if x.priority != y.priority:
        return x.priority < y.priority
    if x.rank != y.rank:
        return x.rank < y.rank
    if x.requested != y.requested:
        return x.requested < y.requested
    if x.key != y.key:
        return x.key < y.key
    return x.k < y.k


@inlined
def copy_entry(x: Any, y: Any) -> None:
    """Copy calendar entry `x` to `y`."""
    y.t = x.t
    y.key = x.key
    y.cls = x.cls
    y.kind = x.kind
    y.a = x.a
    y.b = x.b
    y.token = x.token


@inlined
def copy_waiter(x: Any, y: Any) -> None:
    """Copy queue entry `x` to `y`."""
    y.rank = x.rank
    y.requested = x.requested
    y.key = x.key
    y.priority = x.priority
    y.a = x.a
    y.k = x.k
    y.token = x.token


@compiled
def sift_entry_up(heap: Records, n: int) -> None:
    """Move the entry at place `n` of a calendar up; the place after the last is scratch."""
    spare = heap[len(heap) - 1]
    copy_entry(heap[n], spare)
    while n > 0:
        parent = (n - 1) >> 1
        if not earlier(spare, heap[parent]):
            break
        copy_entry(heap[parent], heap[n])
        n = parent
    copy_entry(spare, heap[n])


@compiled
def drop_first_entry(heap: Records, n: int) -> None:
    """Remove the first of `n` entries of a calendar."""
    spare = heap[len(heap) - 1]
    copy_entry(heap[n - 1], spare)
    place = 0
    child = 1
    while child < n - 1:
        if child + 1 < n - 1 and earlier(heap[child + 1], heap[child]):
            child += 1
        if not earlier(heap[child], spare):
            break
        copy_entry(heap[child], heap[place])
        place = child
        child = 2 * place + 1
    copy_entry(spare, heap[place])


@compiled
def sift_waiter_up(heap: Records, n: int) -> None:
    """Move the waiter at place `n` of a queue up; the last place of the array is scratch."""
    spare = heap[len(heap) - 1]
    copy_waiter(heap[n], spare)
    while n > 0:
        parent = (n - 1) >> 1
        if not ahead(spare, heap[parent]):
            break
        copy_waiter(heap[parent], heap[n])
        n = parent
    copy_waiter(spare, heap[n])


@compiled
def drop_first_waiter(heap: Records, n: int) -> None:
    """Remove the first of `n` waiters of a queue."""
    spare = heap[len(heap) - 1]
    copy_waiter(heap[n - 1], spare)
    place = 0
    child = 1
    while child < n - 1:
        if child + 1 < n - 1 and ahead(heap[child + 1], heap[child]):
            child += 1
        if not ahead(heap[child], spare):
            break
        copy_waiter(heap[child], heap[place])
        place = child
        child = 2 * place + 1
    copy_waiter(spare, heap[place])

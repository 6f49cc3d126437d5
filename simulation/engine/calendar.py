"""The calendar of what members share, and the queues they wait in.

Time is cut into bins. The calendar is a heap of the entries of one bin and a chain of entries for each bin to come: an
entry that is put in costs one write, and the heap stays small enough for the first level of cache, for the more members
there are the shorter is a bin (a day, or a power of two of them a day).
"""

from __future__ import annotations

from typing import Any

import numpy as np

from simulation.engine.desk import WAITER, bin_at, desk_of, entry_at, length_at, post_at, waiter_at
from simulation.model.jit import compiled, inlined
from simulation.model.state import FULL_CALENDAR, FULL_QUEUE, NEVER, Key, World
from simulation.model.tables import fetch_member

A_MEMBER, A_REQUEST, A_COMPLETION, A_CAPACITY, A_SESSION, A_QUOTA, A_DISPATCH = range(7)
"""What an entry of the calendar is about."""

_WAITER_BYTES = WAITER.itemsize


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
    y.a = x.a
    y.token = x.token
    y.b = x.b
    y.cls = x.cls
    y.kind = x.kind


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
def clear_calendar(w: World) -> None:
    """Empty the calendar and put it on the first bin."""
    d = desk_of(w)
    d.bin = 0
    d.n_now = 0
    d.n_later = 0
    d.free = -1
    for n in range(d.size_bin):
        bin_at(w, n).n = -1


@compiled
def schedule(w: World, t: float, cls: int, key: Key, kind: int, a: int, b: int, token: int) -> None:
    """Put an entry in the calendar; what comes after the end never happens."""
    if t >= w.end:
        return
    d = desk_of(w)
    bin_ = int(t * d.bins_per_day)
    if bin_ <= d.bin:
        n = d.n_now
        if n >= d.size_now - 1:
            w.overflow |= FULL_CALENDAR
            return
        d.n_now = n + 1
        write_entry(entry_at(d.at_now, n), t, cls, key, kind, a, b, token)
        sift_entry_up(w, n)
        return
    n = d.free
    if n >= 0:
        d.free = entry_at(d.at_later, n).next
    else:
        n = d.n_later
        if n >= d.size_later:
            w.overflow |= FULL_CALENDAR
            return
        d.n_later = n + 1
    e = entry_at(d.at_later, n)
    write_entry(e, t, cls, key, kind, a, b, token)
    e.next = bin_at(w, bin_).n
    bin_at(w, bin_).n = n


@inlined
def write_entry(e: Any, t: float, cls: int, key: Key, kind: int, a: int, b: int, token: int) -> None:
    """Fill a row of the calendar."""
    e.t = t
    e.key = key
    e.a = a
    e.token = token
    e.b = b
    e.cls = cls
    e.kind = kind


@compiled
def next_time(w: World) -> float:
    """Time of the first entry, never when there is none; the calendar moves on to its bin."""
    d = desk_of(w)
    while d.n_now == 0:
        if d.bin + 1 >= d.size_bin:
            return NEVER
        d.bin += 1
        n = int(bin_at(w, d.bin).n)
        while n >= 0:
            e = entry_at(d.at_later, n)
            if e.kind <= A_REQUEST:
                fetch_member(w, e.a)
            elif e.kind == A_COMPLETION and post_at(w, e.a).batch < 0:
                fetch_member(w, post_at(w, e.a).member)
            copy_entry(e, entry_at(d.at_now, d.n_now))
            d.n_now += 1
            sift_entry_up(w, d.n_now - 1)
            following = int(e.next)
            e.next = d.free
            d.free = n
            n = following
    return entry_at(d.at_now, 0).t


@compiled
def sift_entry_up(w: World, n: int) -> None:
    """Move the entry at place `n` of the bin's heap up; the last place of the array is scratch."""
    d = desk_of(w)
    heap = d.at_now
    spare = entry_at(heap, d.size_now - 1)
    copy_entry(entry_at(heap, n), spare)
    while n > 0:
        parent = (n - 1) >> 1
        if not earlier(spare, entry_at(heap, parent)):
            break
        copy_entry(entry_at(heap, parent), entry_at(heap, n))
        n = parent
    copy_entry(spare, entry_at(heap, n))


@compiled
def drop_first_entry(w: World) -> None:
    """Remove the first entry of the bin."""
    d = desk_of(w)
    heap = d.at_now
    n = d.n_now - 1
    d.n_now = n
    spare = entry_at(heap, n)
    place = 0
    child = 1
    while child < n:
        if child + 1 < n and earlier(entry_at(heap, child + 1), entry_at(heap, child)):
            child += 1
        if not earlier(entry_at(heap, child), spare):
            break
        copy_entry(entry_at(heap, child), entry_at(heap, place))
        place = child
        child = 2 * place + 1
    copy_entry(spare, entry_at(heap, place))


@inlined
def queue_of(w: World, q: int) -> Key:
    """Address of queue `q`: those of the teams, then those of the sessions."""
    d = desk_of(w)
    return d.at_queue + np.uint64(np.int64(q) * d.size_line * _WAITER_BYTES)


@compiled
def line_up(w: World, q: int, priority: int, rank: float, t: float, key: Key, a: int, k: int, token: int) -> None:
    """Let a request or a session job (token 0) wait in a queue."""
    n = length_at(w, q).n
    d = desk_of(w)
    if n >= d.size_line - 1:
        w.overflow |= FULL_QUEUE
        return
    length_at(w, q).n = n + 1
    insert_waiter(queue_of(w, q), n, d.size_line - 1, priority, rank, t, key, a, k, token)


@compiled
def insert_waiter(
    heap: Key, n: int, scratch: int, priority: int, rank: float, t: float, key: Key, a: int, k: int, token: int
) -> None:
    """Insert one that waits into a queue of `n`; place `scratch` holds it meanwhile."""
    spare = waiter_at(heap, scratch)
    spare.priority = priority
    spare.rank = rank
    spare.requested = t
    spare.key = key
    spare.a = a
    spare.k = k
    spare.token = token
    while n > 0:
        parent = (n - 1) >> 1
        if not ahead(spare, waiter_at(heap, parent)):
            break
        copy_waiter(waiter_at(heap, parent), waiter_at(heap, n))
        n = parent
    copy_waiter(spare, waiter_at(heap, n))


@compiled
def drop_first_waiter(heap: Key, n: int) -> None:
    """Remove the first of `n` who wait in a queue."""
    spare = waiter_at(heap, n - 1)
    place = 0
    child = 1
    while child < n - 1:
        if child + 1 < n - 1 and ahead(waiter_at(heap, child + 1), waiter_at(heap, child)):
            child += 1
        if not ahead(waiter_at(heap, child), spare):
            break
        copy_waiter(waiter_at(heap, child), waiter_at(heap, place))
        place = child
        child = 2 * place + 1
    copy_waiter(spare, waiter_at(heap, place))


@compiled
def leave_line(w: World, q: int) -> None:
    """Take the first out of a queue."""
    drop_first_waiter(queue_of(w, q), length_at(w, q).n)
    length_at(w, q).n -= 1

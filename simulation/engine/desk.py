"""What only the compiled engine holds: its calendar, queues, servers and session jobs.

The arrays are reached by address, like the world's (`simulation.model.tables`). As a tuple of arrays they took a third
of the engine's time: Numba counts references to arrays, and each count is a locked instruction.
"""

from __future__ import annotations

from typing import Any

import numpy as np

from simulation.engine.plan import Plan
from simulation.engine.world import Room
from simulation.model.jit import inlined
from simulation.model.state import Key, Records, World
from simulation.model.tables import pointer_to

ENTRY = np.dtype(
    [
        ("t", "f8"),
        ("key", "u8"),
        ("a", "i4"),
        ("token", "u4"),
        ("next", "i4"),
        ("b", "u2"),
        ("cls", "u1"),
        ("kind", "u1"),
    ],
    align=True,
)
"""One thing to come: when, in which class of simultaneous events, whose, and what; `next` chains those of one bin."""

WAITER = np.dtype(
    [("rank", "f8"), ("requested", "f8"), ("key", "u8"), ("priority", "i4"), ("a", "i4"), ("k", "i4"), ("token", "u4")],
    align=True,
)
"""One that waits: member `a` for intervention `k`, or (token 0) the session job `a`."""

POST = np.dtype([("busy", "i4"), ("member", "i4"), ("k", "i4"), ("batch", "i4"), ("spell", "i4")], align=True)
"""What a server does: intervention `k` for a member in its `spell`, or for the people of a session job."""

BATCH = np.dtype([("first", "i4"), ("n", "i4"), ("k", "i4"), ("number", "i4")], align=True)
"""One session job: its attendees, and which session of intervention `k` it is."""

ATTENDEE = np.dtype([("member", "i4"), ("token", "u4"), ("spell", "i4")], align=True)
LINE = np.dtype([("n", "i8")], align=True)
PLACE = np.dtype([("n", "i4")], align=True)
TEAM_DAY = np.dtype([("t", "f8")], align=True)

_ROWS = {
    "now": ENTRY, "later": ENTRY, "bin": PLACE, "queue": WAITER, "length": LINE, "post": POST, "dispatched": TEAM_DAY,
    "batch": BATCH, "attendee": ATTENDEE, "session": LINE, "pushed": WAITER,
}  # fmt: skip

MEMBERS_A_BIN = 16_384
"""With so many members to a bin of the calendar, those whom its entries name stay in the second level of cache."""

DESK = np.dtype(
    [("bins_per_day", "f8")]
    + [(name, "i8") for name in ("bin", "n_now", "n_later", "free", "n_batches", "n_attendees", "next_quota")]
    + [(f"size_{name}", "i8") for name in (*_ROWS, "line")]
    + [(f"at_{name}", "u8") for name in _ROWS],
    align=True,
)
"""`bin` is that of the calendar's heap; `size_line` is the room of one queue."""

_desk = pointer_to(DESK)
_place = pointer_to(PLACE)
_post = pointer_to(POST)
_dispatched = pointer_to(TEAM_DAY)
_batch = pointer_to(BATCH)
_attendee = pointer_to(ATTENDEE)
_line = pointer_to(LINE)
_entry = pointer_to(ENTRY)
_waiter = pointer_to(WAITER)


class Desk:
    """Owns the compiled engine's own memory; it must live as long as a world that names it."""

    def __init__(self, plan: Plan, room: Room) -> None:
        # 64 bins a day for a million members, one for ten thousand; a power of two, so that products are exact
        bins = 1 << max(0, (room.members // MEMBERS_A_BIN).bit_length() - 1)
        teams, k = len(plan.frame.teams), len(plan.intervention_names)
        sizes = {
            "now": room.calendar + 1, "later": room.calendar, "bin": (plan.frame.days + 1) * bins,
            "queue": (teams + k) * room.queue, "length": teams + k, "post": plan.sizes["server"], "dispatched": teams,
            "batch": room.batches, "attendee": room.batches, "session": k,
            "pushed": room.members + 1 if plan.sizes["quota"] else 1,
        }  # fmt: skip
        self.arrays: dict[str, Records] = {name: np.zeros(max(1, n), _ROWS[name]) for name, n in sizes.items()}
        self._record = np.zeros(1, DESK)
        for name, array in self.arrays.items():
            self._record[f"at_{name}"] = array.ctypes.data
            self._record[f"size_{name}"] = sizes[name]
        self._record["bins_per_day"] = bins
        self._record["size_line"] = room.queue
        self.address = self._record.ctypes.data


@inlined
def desk_of(w: World) -> Any:
    """Record of the engine's own counters and addresses."""
    return _desk(w.at_desk, np.int64(0))


@inlined
def entry_at(address: Key, n: int) -> Any:
    """Row `n` of entries of the calendar at an address."""
    return _entry(address, np.int64(n))


@inlined
def waiter_at(address: Key, n: int) -> Any:
    """Row `n` of the queue at an address."""
    return _waiter(address, np.int64(n))


@inlined
def bin_at(w: World, n: int) -> Any:
    """First entry of the calendar's chain of a bin to come; -1 when there is none."""
    return _place(desk_of(w).at_bin, np.int64(n))


@inlined
def post_at(w: World, server: int) -> Any:
    """What a server does now."""
    return _post(desk_of(w).at_post, np.int64(server))


@inlined
def batch_at(w: World, n: int) -> Any:
    """Session job `n`."""
    return _batch(desk_of(w).at_batch, np.int64(n))


@inlined
def attendee_at(w: World, n: int) -> Any:
    """Attendee `n` of all session jobs."""
    return _attendee(desk_of(w).at_attendee, np.int64(n))


@inlined
def dispatched_at(w: World, team: int) -> Any:
    """Time for which a look at a team's queue is in the calendar."""
    return _dispatched(desk_of(w).at_dispatched, np.int64(team))


@inlined
def length_at(w: World, q: int) -> Any:
    """Length of queue `q`: those of the teams, then those of the sessions."""
    return _line(desk_of(w).at_length, np.int64(q))


@inlined
def session_at(w: World, k: int) -> Any:
    """Sessions of intervention `k` held so far."""
    return _line(desk_of(w).at_session, np.int64(k))

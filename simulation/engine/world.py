"""The memory of one replication: the plan's tables beside fresh room for members, ledger and log."""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np
import numpy.typing as npt

from simulation.engine.plan import Plan, ledger_size
from simulation.engine.recall import PASTS
from simulation.model.ahead import LENGTH
from simulation.model.rare import CROWD, act
from simulation.model.state import COLLISION, ENDLESS, EVES, OWN_TABLES, Records, World

MOST = 1 << 27
"""Most rows of any array of one replication."""


class RunawayError(ValueError):
    """A replication cannot end: members or events multiply without bound, or two members share a key."""


@dataclass(frozen=True)
class Room:
    """How much a replication may need; an engine doubles what was too small and starts the replication again."""

    members: int
    changes: int
    births: int
    log: int
    calendar: int
    queue: int
    batches: int

    @classmethod
    def for_plan(cls, plan: Plan, *, log: bool) -> Room:
        """Guess from the number of members to expect."""
        n = plan.expected
        years = plan.frame.days / 365.25
        return cls(
            members=n,
            changes=int(n * (2 + 1.5 * years)) + 64,
            births=256,
            log=min(int(n * 48 * years), 1 << 21) + 4096 if log else 1,
            calendar=2 * n + 1024,  # the association wants 1.03 a member; what is never reached takes no memory
            queue=n // 4 + 256,
            batches=n // 4 + 256,
        )

    def grown(self, overflow: int) -> Room:
        """Twice the room of what the bits of `overflow` name.

        Raises
        ------
        RunawayError
            When more room would not help.
        """
        if overflow & COLLISION:
            raise RunawayError("two members have the same key: change a member id or the seed")
        if overflow & ENDLESS:
            raise RunawayError(
                f"a member has more than {CROWD:,} events at one moment: an intervention with `advance` or `shorten` "
                "feeds its own trigger, or milestones need no work; give it a cooldown"
            )
        names = ("log", "changes", "births", "members", "calendar", "queue", "batches")
        larger = {n: 2 * getattr(self, n) for b, n in enumerate(names) if (overflow >> b) & 1}
        for name, size in larger.items():
            if size > MOST:
                raise RunawayError(
                    f"one replication needs room for more than {MOST:,} {name}: do referrals or arrivals explode?"
                )
        return replace(self, **larger)


class Memory:
    """Owns the arrays of one replication's world; `world` is the record that compiled functions take.

    Attributes
    ----------
    world
        Record of dtype `state.WORLD`; valid as long as this object lives.
    arrays
        The arrays by name; see `state.TABLES` for their dtypes.
    """

    def __init__(self, plan: Plan, room: Room) -> None:
        self.room = room
        k = len(plan.intervention_names)
        sizes = {
            "member": room.members, "cause": room.members * k, "slot": room.members * k,
            "opportunity": room.members * plan.journey,
            "modifier": room.members * plan.modifiers, "ledger": ledger_size(plan.frame),
            "sold": plan.frame.days // 28 + 2, "log": room.log, "change": room.changes, "birth": room.births,
            "ask": k + 1, "ahead": LENGTH, "eve": EVES, "tried": room.members,
        }  # fmt: skip
        self._own = {name: np.zeros(max(1, size), OWN_TABLES[name]) for name, size in sizes.items()}
        self._sizes = sizes
        self.load(plan)

    def load(self, plan: Plan) -> None:
        """Take another plan of the same shape (the same scenario at another assumption point)."""
        self.arrays: dict[str, Records] = plan.tables | self._own
        self._plan = plan
        self._header = plan.header.copy()
        self.world: World = self._header[0]
        for name, array in self.arrays.items():
            self.world[f"at_{name}"] = array.ctypes.data
            self.world[f"size_{name}"] = plan.sizes.get(name, self._sizes.get(name, 0))
        self.world["at_world"] = self._header.ctypes.data
        self.world["at_act"] = act.address

    def start(self, seed: int, replication: int, *, log: bool) -> None:
        """Clear what a replication writes, and set its seed and number."""
        world = self.world
        counters = ("n_members", "n_events", "n_log", "n_change", "n_birth", "n_ask", "n_forced")
        for field in (*counters, "past", "overflow", "ahead_left", "recalls"):
            world[field] = 0
        drawn = self._plan.drawn
        if drawn is not None:
            self.arrays["book"] = drawn[replication % len(drawn)]
            world["at_book"] = self.arrays["book"].ctypes.data
        world["seed"], world["replication"], world["logging"] = seed, replication, int(log)
        for name in ("ledger", "sold"):
            self.arrays[name]["n"] = 0
        known = PASTS.find(self._place()) if self._has_past() else None
        if known is not None:
            room = self.arrays["tried"]["n"]  # it may be too small still
            room[: len(known)] = known[: len(room)]
            world["recalls"] = 1

    def keep_past(self) -> None:
        """Keep which past lives stay, for others that share the past of the replication that has just run."""
        if self._has_past() and not self.world["recalls"]:
            PASTS.keep(self._place(), self.arrays["tried"]["n"][: self._plan.sizes["book"]].copy())

    def _has_past(self) -> bool:
        """Whether there are members of today whose past is not drawn anew for each draw of the book."""
        return self._plan.sizes["book"] > 0 and self._plan.drawn is None

    def _place(self) -> tuple[bytes, int, int]:
        return self._plan.past, int(self.world["seed"]), int(self.world["replication"])

    def ledger(self) -> npt.NDArray[np.int64]:
        """The flat ledger, int64; a view."""
        return self.arrays["ledger"].view(np.int64)

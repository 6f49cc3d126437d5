"""Which past life stays for each of today's members, kept within the process for scenarios that share the past.

Most of a replication's time goes into lives that do not stay (`simulation.model.past`). Which one does depends on the
seed, the replication, the book and what shaped the past; not on what is planned. So an alternative to a scenario, which
meets the same people with the same luck, need not try the others again. What is kept are numbers of lives, four bytes a
member: the life itself is lived again, so that a number from elsewhere could never make a member up.
"""

from __future__ import annotations

import hashlib
import threading
from collections import OrderedDict
from collections.abc import Mapping

import numpy as np
import numpy.typing as npt

from simulation.model.quantiles import DIST, WEIGHTED_STEPS
from simulation.model.state import BOOK, Records

__all__ = ["MILESTONE_PAST", "PASTS", "SEGMENT_PAST", "Pasts", "past_digest"]

SEGMENT_PAST = (
    "dir_typical", "dir_spread", "dir_memory", "mag_log", "mag_spread", "mag_memory", "interaction_gap", "reference",
    "shift_gap", "shift_turn", "setback_gap", "setback_life", "escalates_after", "setback_turn", "not_adopted",
    "no_value", "escalation", "sensitivity", "grace_length", "grace_recovery", "hazard_sensitivity", "term",
    "first_milestone", "n_milestones", "n_adoption", "n_value", "cycle",
)  # fmt: skip
MILESTONE_PAST = ("log_after", "spread", "self_evident", "stage", "p_work", "p_evident")
DISTRIBUTION_PAST = ("probability_dist", "hazard_dist", "tenure_dist")
"""What of a plan the past of a member reads, besides its row of the book."""
LIMIT = 64 * 2**20
"""Bytes of numbers that are kept; beyond that, those that have not been asked for longest are forgotten."""

Tried = npt.NDArray[np.int32]
Place = tuple[bytes, int, int]


def past_digest(start_day: int, tables: Mapping[str, Records]) -> bytes:
    """Digest of all that the pasts of a plan's members depend on, but the luck."""
    digest = hashlib.blake2b(str(start_day).encode(), digest_size=16)
    # field by field, for between fields a record may hold anything
    for name, fields in (("segment", SEGMENT_PAST), ("milestone", MILESTONE_PAST), ("book", BOOK.names or ())):
        for field in fields:
            digest.update(np.ascontiguousarray(tables[name][field]).tobytes())
    for field in DISTRIBUTION_PAST:
        for n in tables["segment"][field].tolist():
            digest.update(_distribution(tables, n))
    return digest.digest()


def _distribution(tables: Mapping[str, Records], n: int) -> bytes:
    """What a distribution is, wherever its numbers stand."""
    if n < 0:
        return b"-"
    one = tables["distribution"][n]
    parts = [str(tuple(one[name].item() for name in DIST.names or () if name != "offset")).encode()]
    size = int(one["n"]) * (2 if one["kind"] == WEIGHTED_STEPS else 1)  # the shares stand behind the values
    first = int(one["offset"])
    parts.append(tables["number"]["x"][first : first + size].tobytes())
    return b"".join(parts)


class Pasts:
    """Numbers of the lives that stay, by what shaped the past, seed and replication; for any number of threads."""

    def __init__(self, limit: int = LIMIT) -> None:
        self.limit = limit
        self._kept: OrderedDict[Place, Tried] = OrderedDict()
        self._size = 0
        self._lock = threading.Lock()

    def find(self, place: Place) -> Tried | None:
        """What is kept of a replication."""
        with self._lock:
            found = self._kept.get(place)
            if found is not None:
                self._kept.move_to_end(place)
            return found

    def keep(self, place: Place, tried: Tried) -> None:
        """Keep what a replication has found; the array is the caller's no more."""
        with self._lock:
            if place in self._kept or tried.nbytes > self.limit:
                return
            self._kept[place] = tried
            self._size += tried.nbytes
            while self._size > self.limit:
                self._size -= self._kept.popitem(last=False)[1].nbytes

    def clear(self) -> None:
        """Forget everything."""
        with self._lock:
            self._kept.clear()
            self._size = 0


PASTS = Pasts()
"""Those of this process."""

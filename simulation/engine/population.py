"""What a user's process sees of a replication in the SimPy engine, and what it may do."""

from __future__ import annotations

import math
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from simulation.model.draws import luck
from simulation.model.journey import peek_progress
from simulation.model.life import catch_up, deliver
from simulation.model.random import purpose
from simulation.model.state import STAGES

if TYPE_CHECKING:
    from simulation.engine.simpy_engine import Replication

FIRST_OCCURRENCE = 1 << 31  # of a user's deliveries; the model's own stay below


class Population:
    """The members of a replication, for a user's process.

    >>> def campaign(env, population):
    ...     yield env.timeout(30)
    ...     for member in population.members():
    ...         if population.peek(member)["stage"] == "adoption":
    ...             population.deliver(member, "phone_call")
    """

    def __init__(self, replication: Replication) -> None:
        self._replication = replication
        self._deliveries: dict[tuple[int, int], int] = {}

    @property
    def now(self) -> float:
        """Days since the scenario's start."""
        return float(self._replication.clock.now)

    def members(self) -> list[int]:
        """Who is a member now; a number stays with its person as long as the replication runs."""
        n = int(self._replication.world["n_members"])
        present = self._replication.memory.arrays["member"]["present"][:n]
        return [int(i) for i in present.nonzero()[0]]

    def peek(self, member: int) -> Mapping[str, Any]:
        """What is true of a member now: a copy.

        Returns
        -------
        mapping
            `present`; `segment`; `stage` (of the milestone ahead, or complete); `milestones` reached in the
            present cycle of the journey, and `cycle`; `progress` since (pace-months); `direction` (degrees);
            `magnitude`; `arr` (currency units a year); `since` and `renews_on` (days from the start);
            `value_recognised`, `setback`, `escalated`, `in_grace`.
        """
        m = self._replication.member(member)
        return {
            "present": bool(m["present"]),
            "segment": self._replication.plan.frame.segments[int(m["seg"])],
            "stage": STAGES[int(m["stage"])],
            "milestones": int(m["next"]),
            "cycle": int(m["cycle"]),
            "progress": float(peek_progress(self._replication.world, member, self.now)),
            "direction": math.degrees(m["base"] + m["kick"]),
            "magnitude": float(m["pace"]),
            "arr": int(m["arr"]) / 100,
            "since": float(m["since"]),
            "renews_on": float(m["due"]),
            "value_recognised": bool(m["recognised"]),
            "setback": bool(m["setback"]),
            "escalated": bool(m["escalated"]),
            "in_grace": bool(m["grace"]),
        }

    def deliver(self, member: int, intervention: str) -> bool:
        """Deliver an intervention of the scenario now: no request and no team, but effects, cost and price.

        Returns
        -------
        bool
            False, and nothing is done, when the person is not a member now.

        Raises
        ------
        ValueError
            When the scenario has no such intervention.
        """
        one = self._replication
        if intervention not in one.plan.intervention_names:
            known = ", ".join(one.plan.intervention_names) or "none"
            raise ValueError(f"no intervention {intervention!r}; the scenario has {known}")
        if not one.member(member)["present"]:
            return False
        k = one.plan.intervention_names.index(intervention)
        number = self._deliveries.get((member, k), 0)
        self._deliveries[member, k] = number + 1
        catch_up(one.world, member, self.now)
        deliver(one.world, member, k, self.now, FIRST_OCCURRENCE + number)
        one.changed(member)
        return True

    def luck(self, member: int, name: str, occurrence: int = 0) -> float:
        """Uniform number in (0, 1) of one decision about a member: the same in every run of the replication.

        `name` says what is decided, `occurrence` which time.
        """
        key = self._replication.member(member)["key"]
        return float(luck(self._replication.world, key, purpose("user", name), occurrence))

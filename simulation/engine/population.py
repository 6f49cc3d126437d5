"""What a user's process sees of a replication in the SimPy engine, and what it may do."""

from __future__ import annotations

import math
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from simulation.model.draws import luck
from simulation.model.journey import peek_progress
from simulation.model.life import catch_up, deliver
from simulation.model.random import purpose
from simulation.model.requests import consider
from simulation.model.state import BOOKED, IDLE, SERVING, STAGES, TECH_TOUCH, WAITING

if TYPE_CHECKING:
    from simulation.engine.simpy_engine import Replication

FIRST_OCCURRENCE = 1 << 31  # of a user's deliveries and requests; the model's own stay below


class Population:
    """The members and teams of a replication, for a user's process.

    What a process does to a member is an event like any other: it is in the event log and in the ledger. A future
    that needs more memory starts again, so a process begins by emptying what it collects.

    >>> def campaign(env, population):
    ...     yield env.timeout(30)
    ...     for member in population.members():
    ...         if population.peek(member)["stage"] == "adoption":
    ...             population.deliver(member, "phone_call")
    """

    def __init__(self, replication: Replication) -> None:
        self._replication = replication
        self._causes: dict[tuple[int, int], int] = {}

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
            `value_recognised`, `setback`, `escalated`, `in_grace`; and the names of the interventions for which it
            `waits` or that are `under_way`.
        """
        names = self._replication.plan.intervention_names
        states = [int(self._replication.slot(member, k)["state"]) for k in range(len(names))]
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
            "waits": [name for name, state in zip(names, states, strict=True) if state in (WAITING, BOOKED)],
            "under_way": [name for name, state in zip(names, states, strict=True) if state == SERVING],
        }

    def teams(self) -> dict[str, dict[str, int]]:
        """What every team does now: `people` at work here, `busy` of them, and jobs `waiting`, by name."""
        found = {}
        for name, team in zip(self._replication.plan.frame.teams, self._replication.teams, strict=True):
            people = sum(start <= self.now < stop for _, start, stop in team.servers)
            found[name] = {"people": people, "busy": len(team.busy), "waiting": len(team.queue)}
        return found

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
        one, k = self._replication, self._number(intervention)
        if not one.member(member)["present"]:
            return False
        catch_up(one.world, member, self.now)
        deliver(one.world, member, k, self.now, self._occurrence(member, k))
        one.changed(member)
        return True

    def request(self, member: int, intervention: str) -> bool:
        """Ask for an intervention of the scenario now, on behalf of a member: it then waits for its team or session.

        The intervention's own `who`, cooldown, coverage and acceptance decide, as for a request of the scenario.

        Returns
        -------
        bool
            Whether it waits now; False when it did before, when they decide against it, or for no member.

        Raises
        ------
        ValueError
            When the scenario has no such intervention, or neither a team nor a session delivers it.
        """
        one, k = self._replication, self._number(intervention)
        if one.table("intervention")[k]["delivery"] == TECH_TOUCH:
            raise ValueError(f"nobody waits for {intervention!r}, which has neither a team nor a session: deliver it")
        if not one.member(member)["present"] or one.slot(member, k)["state"] != IDLE:
            return False
        catch_up(one.world, member, self.now)
        consider(one.world, member, k, self.now, self._occurrence(member, k))
        waits = bool(one.slot(member, k)["state"] == WAITING)
        one.changed(member)
        return waits

    def luck(self, member: int, name: str, occurrence: int = 0) -> float:
        """Uniform number in (0, 1) of one decision about a member: the same in every run of the replication.

        `name` says what is decided, `occurrence` which time.
        """
        key = self._replication.member(member)["key"]
        return float(luck(self._replication.world, key, purpose("user", name), occurrence))

    def _number(self, intervention: str) -> int:
        names = self._replication.plan.intervention_names
        if intervention not in names:
            raise ValueError(f"no intervention {intervention!r}; the scenario has {', '.join(names) or 'none'}")
        return names.index(intervention)

    def _occurrence(self, member: int, k: int) -> int:
        """Identity of this cause; a cause of its own for every call."""
        number = self._causes.get((member, k), 0)
        self._causes[member, k] = number + 1
        return FIRST_OCCURRENCE + number

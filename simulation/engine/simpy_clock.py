"""SimPy's environment for this model: events at absolute times, simultaneous ones in the order of their classes."""

from __future__ import annotations

from heapq import heappush

import simpy
from simpy.events import NORMAL, URGENT, EventPriority

from simulation.model.state import CAUSE

AT_ONCE = -1  # before every class: what SimPy itself schedules for now, such as interrupts


class Clock(simpy.Environment):
    """A simulation environment whose order of events does not depend on how they were scheduled.

    SimPy adds a delay to `now`, which moves an absolute time by an ulp, and orders simultaneous events by the
    order of scheduling. Here an event has its own time, and simultaneous ones go by (class, key, number): the
    classes of `model.state`, then the key of the member or the number of the team, then the intervention.
    """

    def at(self, time: float, cls: int, key: int = 0, number: int = 0) -> simpy.Event:
        """Event that happens at the absolute `time` (days)."""
        return self.trigger_at(simpy.Event(self), time, cls, key, number)

    def trigger_at(self, event: simpy.Event, time: float, cls: int, key: int = 0, number: int = 0) -> simpy.Event:
        """Let a pending event happen at the absolute `time` (days).

        Raises
        ------
        ValueError
            When that is in the past.
        """
        if time < self._now:
            raise ValueError(f"an event at {time} cannot be scheduled at {self._now}")
        event._ok = True
        event._value = None
        heappush(self._queue, (time, (cls, key, number), next(self._eid), event))  # type: ignore[misc]
        return event

    def schedule(self, event: simpy.Event, priority: EventPriority = NORMAL, delay: float = 0) -> None:
        """Schedule what SimPy schedules itself; a time-out of a user's process goes before the causes of its time."""
        place = (AT_ONCE, priority, 0) if delay == 0 or priority == URGENT else (CAUSE, -1, 0)
        heappush(self._queue, (self._now + delay, place, next(self._eid), event))  # type: ignore[misc]

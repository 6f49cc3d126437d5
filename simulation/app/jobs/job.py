"""A piece of work as the page sees it: how far it is, what it has shown so far, how it ended."""

from __future__ import annotations

import time
from collections.abc import Mapping
from dataclasses import dataclass, field
from itertools import count
from typing import Any, Literal, Protocol

__all__ = ["Job", "Picture", "State", "Stopped", "Tell"]

State = Literal["queued", "running", "done", "cancelled", "failed"]
Picture = Mapping[str, Any]
"""What a task has to show: plain data (numbers, texts, lists, tables), small enough to send to a browser."""

_numbers = count(1)


class Tell(Protocol):
    """How a task tells what it does; both may be called any number of times, from any thread."""

    def progress(self, done: int, total: int) -> None:
        """So much is done of so much."""

    def picture(self, picture: Picture) -> None:
        """What there is to show by now; it replaces what was shown before."""


class Stopped(Exception):
    """A task was cancelled; what it has shown by then stays."""


@dataclass
class Job:
    """One piece of work. The bench writes it, everybody else reads it.

    Attributes
    ----------
    kind, request
        The task, and what it is asked: plain data.
    owner
        Whose it is. Those who have nothing running are served first.
    state
        queued, running, done, cancelled or failed.
    ahead
        While it is queued: how many are served before it.
    done, total
        Progress; total is 0 while it is unknown.
    picture, version
        What it has shown last, and how many pictures there were.
    message
        Why it failed, for the user.
    problems
        Where that is one or more faults of a file: each as file, line, column, path and message.
    yielded
        Whether it was stopped for others, because its visitor was away.
    outdated
        Whether its visitor has changed the scenario since; his page notes that.
    """

    kind: str
    request: Mapping[str, Any]
    owner: str = ""
    id: int = field(default_factory=lambda: next(_numbers))
    state: State = "queued"
    ahead: int = 0
    done: int = 0
    total: int = 0
    picture: Picture | None = None
    version: int = 0
    message: str = ""
    problems: tuple[Mapping[str, Any], ...] = ()
    cancelling: bool = False
    yielded: bool = False
    outdated: bool = False
    _pace: list[tuple[float, int]] = field(default_factory=list, repr=False)

    @property
    def ended(self) -> bool:
        """Whether nothing more will come of it."""
        return self.state in ("done", "cancelled", "failed")

    @property
    def share(self) -> float:
        """How much of it is done, from 0 to 1; 0 while that is unknown."""
        return min(1.0, self.done / self.total) if self.total else 0.0

    def advance(self, done: int, total: int, now: float | None = None) -> None:
        """Note progress."""
        now = time.monotonic() if now is None else now
        if total != self.total or done < self.done:
            self._pace.clear()
        self.done, self.total = done, total
        self._pace.append((now, done))
        del self._pace[:-50]  # the pace of late, for work whose pieces differ

    def seconds_left(self, now: float | None = None) -> float | None:
        """Time left at the pace of late; None when that cannot be said."""
        if self.state != "running" or not self.total or len(self._pace) < 2:
            return None
        (first, before), (last, after) = self._pace[0], self._pace[-1]
        if after <= before or last <= first:
            return None
        now = time.monotonic() if now is None else now
        left = (last - first) / (after - before) * (self.total - after)
        return max(0.0, left - (now - last))

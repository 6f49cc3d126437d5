"""The desks of all visitors: one that is left waits for its visitor for a while, as it is."""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import dataclass
from uuid import uuid4

from simulation.app.desk import Desk
from simulation.app.jobs.bench import Bench
from simulation.app.plans import Plans

__all__ = ["KEEPS", "MOST", "Desks"]

KEEPS = 3600.0
"""Seconds that a desk waits for its visitor."""
MOST = 50
"""Desks that wait at most; beyond that, whoever left first loses his."""


@dataclass
class _Place:
    desk: Desk
    page: str
    left: float | None = None


class Desks:
    """The desks of a server.

    Parameters
    ----------
    bench, plans
        What all visitors share.
    keeps, most
        How long, and how many, desks wait for visitors who are away.
    clock
        Seconds.

    Notes
    -----
    A desk goes by the id that its browser tab remembers. What a visitor who is away has at work goes on, unless others
    have to wait for it (`Bench.gone`). Called from the thread of the page only.
    """

    def __init__(
        self,
        bench: Bench,
        plans: Plans,
        keeps: float = KEEPS,
        most: int = MOST,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self.bench, self.plans = bench, plans
        self.keeps, self.most, self._clock = keeps, most, clock
        self._places: dict[str, _Place] = {}

    def sit(self, owner: str, page: str, open_pages: Callable[[str], bool]) -> Desk:
        """Give a page the desk that its tab remembers; a new one where it remembers none or another page sits there.

        Parameters
        ----------
        owner
            The id that the tab remembers, or blank.
        page
            The id of the page.
        open_pages
            Whether the page of an id is in front of somebody.
        """
        self.sweep()
        place = self._places.get(owner)
        if place is None or (place.left is None and open_pages(place.page)):
            owner = uuid4().hex
            place = self._places[owner] = _Place(Desk(self.bench, self.plans, owner), page)
        else:
            place.desk.leave()
            place.page, place.left = page, None
        self.bench.back(owner)
        return place.desk

    def holds(self, desk: Desk, page: str) -> bool:
        """Whether a page sits at a desk still."""
        place = self._places.get(desk.owner)
        return place is not None and place.page == page and place.left is None

    def leave(self, desk: Desk, page: str) -> None:
        """A page has gone; its desk waits, unless another page sits there by now."""
        if self.holds(desk, page):
            desk.leave()
            self._places[desk.owner].left = self._clock()
            self.bench.gone(desk.owner)
        self.sweep()

    def sweep(self) -> None:
        """Close the desks that have waited long enough, and the oldest of too many."""
        now = self._clock()
        waiting = sorted((place.left, owner) for owner, place in self._places.items() if place.left is not None)
        many = max(0, len(waiting) - self.most)
        for number, (left, owner) in enumerate(waiting):
            if number < many or now - left > self.keeps:
                self._drop(owner)

    def close(self) -> None:
        """When the server ends."""
        for owner in list(self._places):
            self._drop(owner)

    def _drop(self, owner: str) -> None:
        self._places.pop(owner).desk.close()
        self.bench.back(owner)

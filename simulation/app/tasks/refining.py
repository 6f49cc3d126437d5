"""A forecast in steps: the first futures at once, then more and more of them, and a picture each time."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from typing import TYPE_CHECKING, Any

from simulation.app.jobs.job import Picture, Tell
from simulation.app.tasks.plan import book_of, store_of
from simulation.progress import Interrupted

if TYPE_CHECKING:
    from simulation.forecast import Forecast
    from simulation.scenario import Scenario

__all__ = ["FIRST", "refined", "targets"]

FIRST = 4
"""Futures of the first picture."""


def refined(
    plan: Scenario,
    request: Mapping[str, Any],
    tell: Tell,
    picture: Callable[[Forecast], Picture] | None = None,
    first: int = FIRST,
) -> Forecast:
    """Simulate the `replications` futures of a request, and tell a picture at 4, 8, 16, ... of them.

    Parameters
    ----------
    picture
        Makes one; None tells none on the way.
    first
        Futures of the first.

    Raises
    ------
    Interrupted
        When it is cancelled; a picture of what is done by then has been told.
    """
    import simulation as sim

    book = book_of(plan, request)
    wanted, seed = int(request["replications"]), int(request.get("seed", 1))
    forecast: Forecast | None = None
    try:
        for target in targets(wanted, wanted if picture is None else first):
            have = 0 if forecast is None else forecast.replications

            def watch(done: int, total: int, have: int = have, target: int = target) -> None:
                tell.progress(max(have, target - total) + done, wanted)

            forecast = sim.run(
                plan, replications=target, seed=seed, book=book, kept=forecast, store=store_of(), progress=watch
            )
            tell.progress(target, wanted)
            if picture is not None and target < wanted:
                tell.picture(picture(forecast))
    except Interrupted as stop:
        if stop.forecast is not None and picture is not None:
            tell.picture(picture(stop.forecast))
        raise
    assert forecast is not None
    return forecast


def targets(wanted: int, first: int = FIRST) -> Iterator[int]:
    """Numbers of futures after which there is a picture: 4, 8, 16, ... and what is wanted."""
    target = first
    while target < wanted:
        yield target
        target *= 2
    yield wanted

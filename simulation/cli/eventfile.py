"""The event logs of a run's first replications, as a file."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from simulation.cli.outcome import Request
    from simulation.scenario import Scenario
    from simulation.scenario.book import Book


def write_events(scenario: Scenario, request: Request, book: Book | None, path: Path) -> None:
    """Write the event logs that were asked for; members stand there under pseudonyms."""
    import simulation as sim
    from simulation.engine.event_files import write_events

    logs = (
        sim.events(scenario, replication=replication, seed=request.seed, engine=request.engine, book=book)
        for replication in range(request.events)
    )
    write_events(logs, path)

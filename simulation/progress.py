"""How long work tells its progress, and how it stops early without losing what is done."""

from __future__ import annotations

import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any, TextIO

if TYPE_CHECKING:
    from simulation.engine.ledger import RunResult
    from simulation.forecast import Forecast

__all__ = ["Interrupted", "Progress", "progress_bar"]

Progress = Callable[[int, int], None]
"""Called with (done, total); may be called from any thread, `done` never falls."""

PREPARING = "Preparing (the first run compiles the model)"
LINE_EVERY = 10.0
"""Seconds between two lines of progress where there is no terminal to draw a bar on."""


class Interrupted(KeyboardInterrupt):
    """Work was stopped by its user; what had finished by then comes along.

    Attributes
    ----------
    result
        The finished replications, or None when none was finished.
    forecast
        The forecast made of them, set on the way up.
    """

    def __init__(self, result: RunResult | None = None) -> None:
        super().__init__("interrupted")
        self.result = result
        self.forecast: Forecast | None = None


@contextmanager
def progress_bar(description: str, stream: TextIO | None = None) -> Iterator[Progress]:
    """Show progress with the time left: a bar on a terminal, a line now and then elsewhere.

    Parameters
    ----------
    description
        What is being done, two or three words.
    stream
        Where to draw; standard error by default, so that standard output stays clean.
    """
    stream = sys.stderr if stream is None else stream
    if not stream.isatty():
        yield _Lines(description, stream)
        return
    from rich import progress as rich
    from rich.console import Console

    columns: list[Any] = [
        rich.TextColumn("{task.description}", markup=False),
        rich.BarColumn(),
        rich.MofNCompleteColumn(),
        rich.TimeElapsedColumn(),
        rich.TextColumn("left"),
        rich.TimeRemainingColumn(),
    ]
    with rich.Progress(*columns, console=Console(file=stream), transient=True) as bar:
        task = bar.add_task(PREPARING, total=None)

        def advance(done: int, total: int) -> None:
            bar.update(task, description=description, completed=done, total=total)

        yield advance


class _Lines:
    """Progress as plain lines, at most one every `LINE_EVERY` seconds."""

    def __init__(self, description: str, stream: TextIO, clock: Callable[[], float] = time.monotonic) -> None:
        self.description = description
        self.stream = stream
        self.clock = clock
        self.started = self.printed = clock()
        self.first: int | None = None

    def __call__(self, done: int, total: int) -> None:
        now = self.clock()
        if self.first is None:  # what came before was preparation, and says nothing about the pace
            self.first, self.started = done, now
        if now - self.printed < LINE_EVERY or not self.first < done < total:
            return
        self.printed = now
        left = (now - self.started) * (total - done) / (done - self.first)
        print(f"{self.description}: {done} of {total}, about {left:.0f} s left", file=self.stream, flush=True)

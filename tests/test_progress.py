"""Progress: a bar on a terminal, now and then a line elsewhere, and never on standard output."""

from __future__ import annotations

import io

import pytest

from simulation.progress import _Lines, progress_bar


class Terminal(io.StringIO):
    def isatty(self) -> bool:
        return True


def test_lines_with_the_time_left() -> None:
    now = [0.0]
    stream = io.StringIO()
    tell = _Lines("Simulating", stream, clock=lambda: now[0])
    for second, done in ((30, 0), (35, 10), (50, 50), (51, 60), (70, 100)):
        now[0] = second
        tell(done, 100)
    assert stream.getvalue().splitlines() == [
        "Simulating: 10 of 100, about 45 s left",
        "Simulating: 50 of 100, about 20 s left",
    ]


def test_a_bar_on_a_terminal() -> None:
    stream = Terminal()
    with progress_bar("Simulating", stream) as tell:
        tell(3, 10)
        tell(10, 10)
    assert "Simulating" in stream.getvalue()


def test_nothing_on_standard_output(capsys: pytest.CaptureFixture[str]) -> None:
    with progress_bar("Simulating") as tell:
        tell(1, 2)
    assert capsys.readouterr().out == ""

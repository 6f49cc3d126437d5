"""How far a job is, and how long it will take."""

from __future__ import annotations

import pytest

from simulation.app.jobs.job import Job


def test_time_left_at_the_pace_of_late() -> None:
    job = Job("forecast", {}, state="running")
    assert job.seconds_left(0.0) is None
    job.advance(0, 100, now=0.0)
    job.advance(20, 100, now=10.0)
    assert job.share == pytest.approx(0.2)
    assert job.seconds_left(10.0) == pytest.approx(40.0)
    assert job.seconds_left(25.0) == pytest.approx(25.0), "time goes on between two messages"
    assert job.seconds_left(99.0) == 0.0


def test_another_total_begins_anew() -> None:
    job = Job("forecast", {}, state="running")
    job.advance(0, 100, now=0.0)
    job.advance(50, 100, now=1.0)
    job.advance(0, 10, now=100.0)
    assert job.seconds_left(100.0) is None
    job.advance(5, 10, now=110.0)
    assert job.seconds_left(110.0) == pytest.approx(10.0)

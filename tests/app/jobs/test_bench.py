"""The bench: jobs in real processes, their progress, their end by every way there is, and who is served first."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator

import pytest

from simulation.app.jobs import bench as bench_module
from simulation.app.jobs.bench import LOST, Bench
from simulation.app.jobs.job import Job

TASKS = "tests.app.jobs.tasks"


@pytest.fixture
def bench() -> Iterator[Bench]:
    one = Bench(1, warm=(), tasks=TASKS)
    one.start()
    yield one
    one.stop()


def wait(until: Callable[[], object], seconds: float = 120.0) -> None:
    end = time.monotonic() + seconds
    while not until():
        assert time.monotonic() < end, "it never happened"
        time.sleep(0.01)


def finished(job: Job) -> Job:
    wait(lambda: job.ended)
    return job


def test_a_job_tells_its_progress_and_its_pictures_and_ends(bench: Bench) -> None:
    job = bench.submit("count", {"to": 30, "say": "hello"})
    wait(lambda: job.version >= 2)
    assert job.state == "running" and job.total == 30
    finished(job)
    assert job.state == "done" and job.picture == {"done": 30, "echo": "hello"} and job.version == 31


def test_a_cancelled_job_stops_and_keeps_its_last_picture(bench: Bench) -> None:
    job = bench.submit("count", {"to": 10_000})
    wait(lambda: job.version >= 3)
    bench.cancel(job)
    assert job.cancelling
    finished(job)
    assert job.state == "cancelled" and job.picture is not None and job.picture["done"] < 9_999
    version = job.version
    after = finished(bench.submit("count", {"to": 2}))
    assert after.state == "done" and job.version == version, "the process went on with the next job"


def test_a_queued_job_is_cancelled_at_once(bench: Bench) -> None:
    first, second = bench.submit("count", {"to": 10_000}), bench.submit("count", {"to": 2})
    wait(lambda: first.state == "running")
    bench.cancel(second)
    assert second.state == "cancelled"
    bench.cancel(first)
    finished(first)


def test_a_job_that_does_not_stop_is_ended_with_its_process(bench: Bench, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(bench_module, "PATIENCE", 0.3)
    job = bench.submit("stubborn", {})
    wait(lambda: job.total)
    bench.cancel(job)
    assert finished(job).state == "cancelled"
    assert finished(bench.submit("count", {"to": 2})).state == "done", "another process took its place"


def test_bad_input_and_faults_are_told_apart(bench: Bench) -> None:
    bad = finished(bench.submit("fail", {"how": "bad input"}))
    assert (bad.state, bad.message) == ("failed", "the horizon is too short")
    wrong = finished(bench.submit("fail", {"how": "problems"}))
    assert wrong.problems[0]["line"] == 3 and wrong.problems[0]["path"] == "horizon"
    fault = finished(bench.submit("fail", {"how": "fault"}))
    assert fault.state == "failed" and "report it" in fault.message


def test_a_process_that_dies_takes_only_its_own_job(bench: Bench) -> None:
    dead, alive = bench.submit("fail", {"how": "die"}), bench.submit("count", {"to": 3})
    assert finished(dead).state == "failed" and dead.message == LOST
    assert finished(alive).state == "done"


def test_whoever_has_nothing_at_work_is_served_first() -> None:
    two = Bench(2, warm=(), tasks=TASKS)
    two.start()
    try:
        busy = [two.submit("count", {"to": 10_000}, "ann") for _ in range(2)]
        waiting = two.submit("count", {"to": 10_000}, "ann")
        wait(lambda: all(one.state == "running" for one in busy))
        guest = two.submit("count", {"to": 3}, "bob")
        assert (waiting.ahead, guest.ahead) == (0, 1)
        two.cancel(busy[0])
        assert finished(guest).state == "done"
        assert waiting.state in ("queued", "running")
    finally:
        two.stop()


def test_who_is_away_makes_room_for_those_who_wait(bench: Bench) -> None:
    job = bench.submit("count", {"to": 10_000}, "ann")
    wait(lambda: job.version >= 3)
    bench.gone("ann")
    own = bench.submit("count", {"to": 2}, "ann")
    assert not job.cancelling, "nobody else waits"
    guest = bench.submit("count", {"to": 2}, "bob")
    assert finished(guest).state == "done"
    assert job.state == "cancelled" and job.yielded and job.picture is not None
    assert finished(own).state == "done"


def test_jobs_fail_when_no_process_can_start() -> None:
    none = Bench(1, warm=("missing",), tasks=TASKS)
    none.start()
    job = none.submit("count", {"to": 2})
    assert finished(job).state == "failed" and "could start" in job.message
    assert finished(none.submit("count", {"to": 2})).state == "failed"
    none.stop()


def test_a_stopped_bench_leaves_no_process() -> None:
    one = Bench(2, warm=(), tasks=TASKS)
    one.start()
    job = one.submit("count", {"to": 10_000})
    wait(lambda: job.state == "running")
    processes = [hand.process for hand in one._hands]
    one.stop()
    assert not any(process.is_alive() for process in processes)
    assert finished(job).state == "cancelled"

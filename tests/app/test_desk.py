"""What one visitor has in front of him."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from simulation.app.desk import Desk, WhatIf
from simulation.app.jobs.job import Job
from simulation.app.plans import Plans
from tests.app.club import write_club


class Bench:
    """Takes jobs and remembers what became of them."""

    def __init__(self) -> None:
        self.jobs: list[Job] = []

    def submit(self, kind: str, request: dict[str, Any], owner: str = "") -> Job:
        self.jobs.append(Job(kind, request, owner, state="running"))
        return self.jobs[-1]

    def cancel(self, job: Job) -> None:
        job.state = "cancelled"


@pytest.fixture
def desk(tmp_path: Path) -> Desk:
    one = Desk(Bench(), Plans(write_club(tmp_path)), "ann")  # type: ignore[arg-type]
    one.choose("club.yaml", *one.read("club.yaml"))
    return one


def test_before_a_scenario_is_chosen_there_is_nothing_to_ask(tmp_path: Path) -> None:
    empty = Desk(Bench(), Plans(tmp_path))  # type: ignore[arg-type]
    with pytest.raises(ValueError, match="Choose a scenario first"):
        empty.request()


def test_what_is_turned_is_asked_and_told(desk: Desk) -> None:
    told: list[int] = []
    desk.on_change(lambda: told.append(len(desk.turned)))
    desk.turn("teams.coaches.people", 5.0)
    assert desk.request()["overlay"] == {"teams": {"coaches": {"people": 5}}}
    assert [(one.label, before, after) for one, before, after in desk.changes()] == [
        ("Coaches: people", "2 people", "5 people")
    ]
    desk.turn("teams.coaches.people", 2.0)
    assert desk.overlay == {} and told == [1, 0]


def test_what_is_still_moving_counts_at_the_next_tick_or_question(desk: Desk) -> None:
    told: list[dict[str, Any]] = []
    desk.on_change(lambda: told.append(desk.overlay))
    for people in (3.0, 4.0, 5.0):
        desk.turn_soon("teams.coaches.people", people)
    assert desk.overlay == {} and told == []
    assert desk.request()["overlay"] == {"teams": {"coaches": {"people": 5}}}
    desk.turn_soon("teams.coaches.people", 4.0)
    desk.tick()
    assert desk.overlay == {"teams": {"coaches": {"people": 4}}} and len(told) == 2


def test_another_scenario_begins_without_changes(desk: Desk) -> None:
    desk.turn("teams.coaches.people", 5.0)
    desk.put_aside(WhatIf("more", "club.yaml", desk.overlay))
    desk.choose("city.yaml", *desk.read("city.yaml"))
    assert (desk.turned, desk.overlay, desk.what_ifs) == ({}, {}, [])


def test_at_most_five_what_ifs_each_with_a_name_of_its_own(desk: Desk) -> None:
    for number in range(5):
        desk.put_aside(WhatIf(f"number {number}", "club.yaml", {}))
    with pytest.raises(ValueError, match="at most 5"):
        desk.put_aside(WhatIf("one more", "club.yaml", {}))
    desk.drop("number 3")
    for name in ("number 1", "base", ""):
        with pytest.raises(ValueError, match="name of its own"):
            desk.put_aside(WhatIf(name, "club.yaml", {}))


def test_a_job_in_the_place_of_another_cancels_it(desk: Desk) -> None:
    first = desk.start("forecast")
    second = desk.start("forecast")
    other = desk.start("compare", {})
    assert (first.state, second.state, other.state) == ("cancelled", "running", "running")
    desk.close()
    assert (second.state, other.state) == ("cancelled", "cancelled")


def test_each_picture_is_drawn_once_and_the_last_one_before_the_end(desk: Desk) -> None:
    drawn: list[Any] = []
    seen: list[str] = []
    job = desk.start("forecast")
    desk.follow(job, drawn.append, lambda one: seen.append(one.state))
    desk.tick()
    job.picture, job.version = {"n": 1}, 1
    desk.tick()
    desk.tick()
    job.picture, job.version, job.state = {"n": 2}, 2, "done"
    desk.tick()
    job.picture, job.version = {"n": 3}, 3
    desk.tick()
    assert drawn == [{"n": 1}, {"n": 2}] and seen == ["running", "done"]

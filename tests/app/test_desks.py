"""A desk waits for its visitor for a while."""

from __future__ import annotations

from pathlib import Path

import pytest

from simulation.app.desks import Desks
from simulation.app.plans import Plans
from tests.app.test_desk import Bench


class Clock:
    """Time that passes when it is told to."""

    now = 0.0

    def __call__(self) -> float:
        return self.now


class Away(Bench):
    """Remembers who is away, too."""

    def __init__(self) -> None:
        super().__init__()
        self.away: set[str] = set()

    def gone(self, owner: str) -> None:
        self.away.add(owner)

    def back(self, owner: str) -> None:
        self.away.discard(owner)


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
def desks(tmp_path: Path, clock: Clock) -> Desks:
    return Desks(Away(), Plans(tmp_path), keeps=3600.0, most=3, clock=clock)  # type: ignore[arg-type]


def nobody(page: str) -> bool:
    return False


def everybody(page: str) -> bool:
    return True


def test_who_comes_back_in_time_finds_his_desk_as_it_was(desks: Desks, clock: Clock) -> None:
    desk = desks.sit("", "page 1", nobody)
    job = desk.start("forecast", {})
    desk.kept["view"] = "evidence"
    given = desk.files("history") / "history.csv"
    given.write_text("x")
    desks.leave(desk, "page 1")
    assert desks.bench.away == {desk.owner} and job.state == "running"
    clock.now = 3599.0
    again = desks.sit(desk.owner, "page 2", nobody)
    assert again is desk and again.kept == {"view": "evidence"} and given.exists() and not desks.bench.away
    desks.leave(desk, "page 1")  # the old page hears of its end later than the new one of its beginning
    assert desks.holds(desk, "page 2")


def test_who_stays_away_leaves_nothing_behind(desks: Desks, clock: Clock) -> None:
    desk = desks.sit("", "page 1", nobody)
    job, folder = desk.start("forecast", {}), desk.files("history")
    desks.leave(desk, "page 1")
    clock.now = 3601.0
    desks.sweep()
    assert job.state == "cancelled" and not folder.exists() and not desks.bench.away
    assert desks.sit(desk.owner, "page 2", nobody) is not desk


def test_a_copied_tab_gets_a_desk_of_its_own(desks: Desks) -> None:
    desk = desks.sit("", "page 1", everybody)
    assert desks.sit(desk.owner, "page 2", everybody) is not desk
    # Loaded again, the old page is in front of nobody.
    assert desks.sit(desk.owner, "page 3", nobody) is desk


def test_of_too_many_who_are_away_the_first_loses_his_desk(desks: Desks, clock: Clock) -> None:
    several = []
    for number in range(4):
        clock.now = float(number)
        several.append(desks.sit("", f"page {number}", nobody))
        desks.leave(several[-1], f"page {number}")
    found = [desks.sit(one.owner, "another page", nobody) is one for one in several]
    assert found == [False, True, True, True]


def test_the_end_of_the_server_closes_every_desk(desks: Desks) -> None:
    here, gone = desks.sit("", "page 1", nobody), desks.sit("", "page 2", nobody)
    desks.leave(gone, "page 2")
    folders = [one.files("exports") for one in (here, gone)]
    desks.close()
    assert not any(one.exists() for one in folders)

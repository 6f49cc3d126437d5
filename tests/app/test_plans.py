"""The scenarios of a folder."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from simulation.app.plans import Plans
from simulation.scenario import ScenarioError
from tests.app.club import write_club


@pytest.fixture
def plans(tmp_path: Path) -> Plans:
    return Plans(write_club(tmp_path / "plans"))


def test_scenarios_stand_with_what_extends_them_and_broken_ones_say_why(plans: Plans) -> None:
    found = {one.key: one for one in plans.found()}
    assert list(found) == ["broken.yaml", "city.yaml", "club.yaml", "more_coaches.yaml"]
    assert found["more_coaches.yaml"].base == "club.yaml" and found["club.yaml"].base == ""
    assert found["club.yaml"].title == "The club"
    problem = found["broken.yaml"].problems[0]
    assert (problem.line, problem.file.endswith("broken.yaml")) == (3, True)
    assert "horizon" in problem.message


def test_what_is_no_scenario_is_left_out(plans: Plans) -> None:
    assert "columns.yaml" not in {one.key for one in plans.found()}


def test_a_changed_file_is_read_again_and_so_is_its_base(plans: Plans) -> None:
    assert plans.scenario("more_coaches.yaml").interventions["coaching"].accept == pytest.approx(0.6)
    path = plans.folder / "club.yaml"
    path.write_text(path.read_text().replace("accept: 60%", "accept: 70%"))
    os.utime(path, (2e9, 2e9))
    assert plans.scenario("more_coaches.yaml").interventions["coaching"].accept == pytest.approx(0.7)


def test_a_mended_file_is_good_again(plans: Plans) -> None:
    with pytest.raises(ScenarioError):
        plans.scenario("broken.yaml")
    path = plans.folder / "broken.yaml"
    path.write_text((plans.folder / "club.yaml").read_text())
    os.utime(path, (2e9, 2e9))
    assert plans.scenario("broken.yaml").name == "The club"


@pytest.mark.parametrize("key", ["../secret.yaml", "/etc/passwd", "a/../../b.yaml"])
def test_nothing_outside_the_folder_is_read(plans: Plans, key: str) -> None:
    with pytest.raises(ScenarioError, match="not in the folder"):
        plans.scenario(key)


def test_only_scenarios_over_the_same_time_can_be_compared(plans: Plans) -> None:
    other = plans.folder / "longer.yaml"
    other.write_text("extends: club.yaml\nhorizon: 18 months\n")
    alike = [one.key for one in plans.alike(plans.scenario("club.yaml"))]
    assert alike == ["city.yaml", "club.yaml", "more_coaches.yaml"]


def test_a_file_is_mended_where_its_base_is(plans: Plans) -> None:
    path = plans.folder / "club.yaml"
    good = path.read_text()
    path.write_text(good + "nonsense: 1\n")
    assert all({one.key: one for one in plans.found()}[key].problems for key in ("club.yaml", "more_coaches.yaml"))
    path.write_text(good)
    assert not any({one.key: one for one in plans.found()}[key].problems for key in ("club.yaml", "more_coaches.yaml"))

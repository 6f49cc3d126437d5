"""Controls and overlays: what can be turned, and what turning it writes."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

import simulation as sim
from simulation.app.controls import Control, controls_of
from simulation.app.overlay import difference, file_name, overlay_of, save, text_of
from simulation.scenario import Scenario, ScenarioError
from tests.app.club import write_club


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    return write_club(tmp_path / "plans")


@pytest.fixture
def club(folder: Path) -> Scenario:
    return sim.load(folder / "club.yaml")


def by_path(scenario: Scenario) -> dict[str, Control]:
    return {one.path: one for one in controls_of(scenario)}


def changed(scenario: Scenario, **turned: object) -> Scenario:
    paths = {path.replace("__", "."): value for path, value in turned.items()}
    overlay = overlay_of(scenario, by_path(scenario), paths)  # type: ignore[arg-type]
    return sim.load(scenario.source_files[0], overlays=[overlay])


def test_what_can_be_turned_stands_where_the_scenario_stands(club: Scenario) -> None:
    found = by_path(club)
    words = {path: one.shown(one.value) for path, one in found.items()}
    assert words["interventions.coaching"] == "on"
    assert words["interventions.coaching.who.coverage"] == "100%"
    assert words["interventions.coaching.accept"] == "60%"
    assert words["interventions.coaching.when.joined"] == "5 days"
    assert words["interventions.coaching.effort.median"] == "45 minutes"
    assert words["teams.coaches.people"] == "2 people"
    assert words["segments.players.price.uplift"] == "2% per year"
    assert words["selling"] == "Offers when a member is ready"
    assert found["interventions.coaching.accept"].assumed
    assert not found["interventions.coaching.who.coverage"].assumed


def test_every_slider_reaches_the_place_where_it_stands_and_can_be_doubled() -> None:
    for path in sorted(Path("scenarios").glob("*.yaml")):
        for one in controls_of(sim.load(path)):
            if one.form == "slider":
                value = float(one.value)
                assert one.low <= value <= one.high, one
                steps = (value - one.low) / one.step
                assert abs(steps - round(steps)) < 1e-6, one
                assert one.unit == "%" or one.high >= 2 * value, one


def test_a_control_left_alone_changes_nothing(club: Scenario) -> None:
    everything = {path: one.value for path, one in by_path(club).items()}
    assert overlay_of(club, by_path(club), everything) == {}


@pytest.mark.parametrize("end", ["low", "high"])
def test_every_end_of_every_slider_is_a_scenario(club: Scenario, end: str) -> None:
    for path, one in by_path(club).items():
        if one.form == "slider":
            overlay = overlay_of(club, by_path(club), {path: getattr(one, end), "selling": "quota:coaches"})
            assert sim.load(club.source_files[0], overlays=[overlay]).digest() != club.digest()


def test_numbers_are_written_in_their_place(club: Scenario) -> None:
    other = changed(
        club, interventions__coaching__who__coverage=40.0, interventions__coaching__effort__median=90.0,
        interventions__coaching__when__joined=2.0, teams__coaches__people=4.0, segments__players__price__uplift=5.0,
    )  # fmt: skip
    coaching = other.interventions["coaching"]
    assert coaching.who.coverage == pytest.approx(0.4)
    assert coaching.effort is not None and coaching.effort.ppf(0.5) == pytest.approx(1.5)
    assert other.teams["coaches"].people == 4
    assert other.segments["players"].price.uplift == pytest.approx(0.05)


def test_a_number_in_the_place_of_an_assumption_takes_it_away(club: Scenario) -> None:
    other = changed(club, interventions__coaching__accept=90.0)
    assert other.interventions["coaching"].accept == pytest.approx(0.9) and not other.assumptions
    assert list(changed(club, teams__coaches__people=4.0).assumptions) == ["interventions.coaching.accept"]


def test_switched_off_an_intervention_does_and_costs_nothing(club: Scenario) -> None:
    off = changed(club, interventions__newsletter=False, interventions__newsletter__who__coverage=50.0)
    assert off.interventions["newsletter"].who.coverage == 0.0
    assert off.interventions["newsletter"].cost.per_month == 0
    forecast = sim.run(off, replications=2, workers=1)
    assert float(forecast.measure("delivered", intervention="newsletter").sum()) == 0.0


def test_a_price_change_at_the_start_comes_before_the_others(folder: Path) -> None:
    path = folder / "priced.yaml"
    later = "segments: {players: {price: {changes: [{date: 2027-07-01, change: 3%, grandfather: true}]}}}\n"
    path.write_text(f"extends: club.yaml\n{later}")
    plan = sim.load(path)
    overlay = overlay_of(
        plan, by_path(plan), {"segments.players.price.changes.+": 5.0, "segments.players.price.changes.0.change": 4.0}
    )
    changes = sim.load(path, overlays=[overlay]).segments["players"].price.changes
    assert [round(one.change, 9) for one in changes] == [0.05, 0.04]
    assert [one.date for one in changes] == [plan.start, changes[1].date] and changes[1].grandfather


def test_a_quota_names_its_team_and_where_its_numbers_come_from(club: Scenario) -> None:
    other = changed(club, selling="quota:coaches", selling__quota__per_month=2000.0)
    quota = other.selling.quota
    assert quota is not None and (quota.team, quota.per_month) == ("coaches", 200_000)
    assert other.provenance["selling.quota.take"].evidence == "published"
    assert changed(club, selling__quota__per_month=2000.0).selling.quota is None, "without a quota it does nothing"


def test_the_difference_shows_what_changes_and_nothing_else(club: Scenario) -> None:
    lines = difference(club, overlay_of(club, by_path(club), {"teams.coaches.people": 5.0}))
    assert [line.strip() for line in lines if line[:1] in "+-" and line[:3] not in ("+++", "---")] == [
        "-    people: 2", "+    people: 5",
    ]  # fmt: skip


def test_a_saved_overlay_is_a_scenario_like_any_other(club: Scenario, folder: Path) -> None:
    overlay = overlay_of(club, by_path(club), {"interventions.coaching.accept": 80.0})
    text = text_of(club.source_files[0], overlay, "More coaching", folder, ("Made for a test.",))
    saved = save(folder / "more.yaml", text)
    assert text.startswith("# Made for a test.\nextends: club.yaml\nname: More coaching\n")
    assert saved.name == "More coaching" and saved.interventions["coaching"].accept == pytest.approx(0.8)
    assert not list(folder.glob(".*")), "nothing is left behind"


def test_a_file_is_never_overwritten_without_being_asked_to(club: Scenario, folder: Path) -> None:
    before = (folder / "more_coaches.yaml").read_text()
    with pytest.raises(FileExistsError):
        save(folder / "more_coaches.yaml", "extends: club.yaml\n")
    assert (folder / "more_coaches.yaml").read_text() == before
    save(folder / "more_coaches.yaml", "extends: club.yaml\n", replace=True)
    with pytest.raises(ScenarioError):
        save(folder / "more_coaches.yaml", "extends: club.yaml\nhorizon: soon\n", replace=True)
    assert (folder / "more_coaches.yaml").read_text() == "extends: club.yaml\n", "nor by what is no scenario"


@pytest.mark.parametrize(
    ("title", "name"),
    [("Train everyone, week one", "train_everyone_week_one.yaml"), ("../../etc/passwd", "etc_passwd.yaml"), ("?!", "")],
)
def test_a_title_becomes_a_file_name(title: str, name: str) -> None:
    assert file_name(title) == name


@pytest.mark.skipif(os.name != "posix", reason="permissions of files")
def test_a_saved_scenario_may_be_read_by_those_who_may_read_the_others(folder: Path) -> None:
    before = os.umask(0o022)
    try:
        save(folder / "mine.yaml", "extends: club.yaml\n")
    finally:
        os.umask(before)
    assert (folder / "mine.yaml").stat().st_mode & 0o777 == 0o644

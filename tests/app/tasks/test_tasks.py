"""Every task asks the library and returns plain data: the same numbers and words as a direct call gives."""

from __future__ import annotations

import pickle
from importlib import import_module
from pathlib import Path
from typing import Any

import numpy as np
import pytest

import simulation as sim
from simulation.app.jobs.job import Stopped
from simulation.app.tasks import benefits, budget, journey, must_be_true, objectives, sensitivity, vectors
from simulation.evidence.history import HistoryError
from tests.app.asking import Teller, ask, ask_history


def test_the_journey_is_refined_and_is_that_of_the_forecast(tmp_path: Path) -> None:
    tell, asked = Teller(), ask(tmp_path)
    picture = journey.work(asked, tell)
    assert [one["replications"] for one in tell.pictures] == [4, 8] and picture["replications"] == 12
    assert tell.steps[-1] == (12, 12) and [done for done, _ in tell.steps] == sorted(done for done, _ in tell.steps)
    direct = sim.run(asked["scenario"], replications=12, seed=1).journey()
    assert picture["segments"] == ["players"]
    np.testing.assert_array_equal(picture["moves"]["players"], direct.xs("players", level="segment"))
    assert picture["stages"] == {"first_match": "adoption", "first_prize": "value"}
    assert "past adoption" in picture["headline"]


def test_changes_of_the_visitor_count(tmp_path: Path) -> None:
    asked = ask(tmp_path, overlay={"segments": {"players": {"arrivals": None, "population": {"members": 7}}}})
    table = journey.work(asked, Teller())["moves"]["players"]
    assert table.loc["stage"].xs(sim.load(asked["scenario"]).start, level="moment")["P50"].sum() == 7


def test_objectives_have_their_chances_and_the_milestones_their_windows(tmp_path: Path) -> None:
    picture = objectives.work(ask(tmp_path), Teller())
    assert [one["title"] for one in picture["wishes"]] == ["many", "price rise"]
    assert picture["wishes"][1]["chance"] == 1.0
    assert set(picture["table"]["days"]) == {30, 60, 90}
    assert any(one["title"].startswith("Within 90 days") for one in picture["sections"])
    assert picture["report"].startswith("<!") and "The club" in picture["report"]


def test_who_benefits_adds_up_to_the_whole_difference(tmp_path: Path) -> None:
    asked = ask(tmp_path)
    other = {"name": "no_coaching", "scenario": asked["scenario"], "overlay": {"interventions": {"coaching": None}}}
    other["overlay"]["assumptions"] = {"interventions.coaching.accept": None}
    tell = Teller()
    picture = benefits.work(asked | {"other": other}, tell)
    roles = picture["roles"].set_index("role")["mean"]
    assert roles.drop("all").sum() == pytest.approx(roles["all"])
    assert "“no coaching”" in picture["headline"] and tell.steps[-1] == (12, 12)
    assert set(picture["gains"]["heading"]) >= {"by course at the start"}
    assert picture["sections"][0]["blocks"][0]["kind"] == "text"


def test_sensitivity_shows_few_samples_first_and_then_more(tmp_path: Path) -> None:
    tell = Teller()
    picture = sensitivity.work(ask(tmp_path, points=32, measure="members"), tell)
    assert [one["samples"] for one in tell.pictures] == [16, 32] and picture["samples"] == 32
    assert picture["choice"] is None
    assert picture["title"] == "Members" and set(picture["sobol"].index) == {"coaching: share who accept", "luck"}
    assert picture["tornado"]["low_text"].iloc[0].endswith("%")
    assert {one["title"] for one in picture["sections"]} >= {"What it depends on", "Method"}


def test_a_choice_tells_what_is_worth_knowing_before(tmp_path: Path) -> None:
    asked = ask(tmp_path, points=32, measure="contribution")
    other = {"name": "more_coaches", "scenario": asked["scenario"], "overlay": {"teams": {"coaches": {"people": 4}}}}
    picture = sensitivity.work(asked | {"alternatives": [other]}, Teller())
    choice = picture["choice"]
    direct = sim.sensitivity(
        asked["scenario"], {"more_coaches": sim.load(asked["scenario"], overlays=[other["overlay"]])}, points=32,
    )  # fmt: skip
    assert (
        direct.choice is not None and direct.choice.favourite == "base" and choice["favourite"] == "as it is (the base)"
    )
    assert list(choice["options"]["mean"]) == [direct.choice.means[one] for one in ("base", "more_coaches")]
    assert list(choice["options"].index) == ["as it is (the base)", "more coaches"]
    assert choice["information"] is not None and "luck" in choice["lead"].index
    assert "has the best contribution of 2 options" in picture["headline"]
    assert {one["title"] for one in picture["sections"]} >= {"The choice"}


def test_must_be_true_names_conditions_with_their_evidence(tmp_path: Path) -> None:
    picture = must_be_true.work(ask(tmp_path, objective="many", probability=0.8, replications=64), Teller())
    assert picture["objective"] == "many" and picture["probability"] == 0.8
    for one in picture["sets"]:
        for condition in one["conditions"]:
            assert condition["owner"] == "head coach" and condition["source"] == "the coaches"
    assert len(picture["chances"]) == len({each["words"] for one in picture["sets"] for each in one["conditions"]})


def test_a_budget_recommends_a_plan_that_can_be_laid_over(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(budget.EFFORTS, "tiny", (4, 4, 4, 4))
    asked = ask(tmp_path, spend=50_000, effort="tiny", maximise="arr")
    tell = Teller()
    picture = budget.work(asked, tell)
    assert picture["changed"] is False and tell.steps
    assert sim.load(asked["scenario"], overlays=[picture["overlay"]]) is not None
    frontier = picture["frontier"]
    assert frontier["cap"].iloc[-1] == 50_000 and (frontier["plan"] != "").all()
    assert (picture["tried"]["gain"] == 0).any()  # nothing bought gains nothing


def test_a_budget_that_is_stopped_shows_the_best_plan_so_far(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(budget.EFFORTS, "tiny", (4, 4, 4, 4))
    tell = Teller()

    def stop(done: int, total: int) -> None:
        tell.steps.append((done, total))
        if len(tell.steps) == 6:
            raise KeyboardInterrupt

    monkeypatch.setattr(tell, "progress", stop)
    with pytest.raises(Stopped):
        budget.work(ask(tmp_path, spend=50_000, effort="tiny"), tell)
    assert len(tell.pictures) == 1 and "interrupted" in tell.pictures[0]["notices"][0]


def test_vectors_of_an_uploaded_history(tmp_path: Path) -> None:
    picture = vectors.work(ask_history(tmp_path), Teller())
    assert picture["as_of"] == "2027-04-02"
    assert picture["shares"]["members"].sum() == 2  # Ann left
    assert picture["members"][["on_track", "drifting", "away"]].sum(axis=1).to_numpy() == pytest.approx(1)
    assert picture["csv"].startswith("member_id,") and "Zoe-4711" in picture["csv"]
    assert "Zoe-4711" not in picture["report"]


def test_attribution_adds_up_to_the_miss(tmp_path: Path) -> None:
    from simulation.app.tasks import attribution

    picture = attribution.work(ask_history(tmp_path), Teller())
    total = picture["total"]
    assert picture["causes"]["amount"].sum() == pytest.approx(total["actual"] - total["expected"], abs=0.02)
    assert total["actual"] == 410.05


def test_attribution_of_the_forecast_that_was_made_then(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    from simulation.app.runs import archives_of, runs_of
    from simulation.app.tasks import attribution
    from simulation.cli import main

    asked = ask_history(tmp_path)
    monkeypatch.chdir(tmp_path)
    run, archive = tmp_path / "reports" / "april", tmp_path / "forecasts"
    assert main(["run", asked["scenario"], "--replications", "12", "--no-store", "--out", str(run), "--json"]) == 0
    (listed,) = runs_of(tmp_path / "elsewhere").items()
    assert listed[0] == str(run) and listed[1].startswith("The club, ") and listed[1].endswith(" (april)")

    # The plan has changed since; the forecast of then is looked at, not a new one.
    path = Path(asked["scenario"])
    path.write_text(path.read_text().replace("{per_month: 10}", "{per_month: 90}"))
    asked |= {"run": str(run), "archives": [str(one) for one in archives_of(tmp_path)]}
    picture = attribution.work(asked, Teller())
    assert picture["notices"][0].endswith("it is not archived.") and picture["futures"] == 12
    assert main(["runs", str(run), "--archive", str(archive), "--json"]) == 0
    asked["archives"] = [str(one) for one in archives_of(tmp_path)]
    again = attribution.work(asked, Teller())
    (entry,) = (one.stem for one in archive.glob("*.json"))
    assert again["notices"][0].endswith(f"it is archived as {entry}, unchanged.")
    assert again["total"] == picture["total"]
    assert attribution.work(asked | {"run": ""}, Teller())["total"]["expected"] > 2 * picture["total"]["expected"]


def test_what_cannot_be_calibrated_is_told_by_its_question(tmp_path: Path) -> None:
    from simulation.app.tasks import interview

    asked = ask(tmp_path)
    answer = {"text": "78-81%", "source": "", "evidence": "prior", "owner": ""}
    answers = {"segments.players.renewal_rate": answer}
    with pytest.raises(ValueError, match="Of 100 contracts up for renewal, how many are renewed.*nobody gets there"):
        interview.work(asked | {"answers": answers}, Teller())
    assert not list(tmp_path.glob("*_interview*")), "answers that led nowhere leave no file"


def test_a_history_that_is_too_short_for_a_backtest_says_so(tmp_path: Path) -> None:
    from simulation.app.tasks import backtest

    with pytest.raises(ValueError, match="too short"):
        backtest.work(ask_history(tmp_path), Teller())


def test_faults_of_an_upload_are_told_under_its_own_name(tmp_path: Path) -> None:
    asked = ask_history(tmp_path)
    Path(asked["history"]).write_text("member_id,date,event\nA,someday,joined\n")
    with pytest.raises(HistoryError) as caught:
        vectors.work(asked, Teller())
    assert [one.file for one in caught.value.problems] == ["history.csv"]
    assert str(tmp_path) not in str(caught.value)


@pytest.mark.parametrize(
    ("kind", "without", "words"),
    [
        ("sensitivity", {"assumptions": None}, "no assumptions"),
        ("must_be_true", {"assumptions": None}, "no assumptions"),
        ("must_be_true", {"objectives": None}, "no objectives"),
        ("budget", {"levers": None}, "no levers"),
        ("objectives", {"horizon": "20 days", "objectives": None, "levers": None}, "ends after 20 days"),
    ],
)
def test_what_cannot_be_asked_is_said_before_anything_is_simulated(
    tmp_path: Path, kind: str, without: dict[str, Any], words: str
) -> None:
    tell = Teller()
    asked = ask(tmp_path, overlay=without, points=16, objective="many", probability=0.8, spend=1)
    with pytest.raises(ValueError, match=words):
        import_module(f"simulation.app.tasks.{kind}").work(asked, tell)
    assert not tell.steps


def test_a_day_that_is_none_is_refused(tmp_path: Path) -> None:
    with pytest.raises(ValueError, match="such as 2027-01-31"):
        vectors.work(ask_history(tmp_path) | {"exported": "soon"}, Teller())


def test_pictures_are_small_enough_to_send(tmp_path: Path) -> None:
    for picture in (journey.work(ask(tmp_path), Teller()), objectives.work(ask(tmp_path), Teller())):
        assert len(pickle.dumps(picture)) < 200_000

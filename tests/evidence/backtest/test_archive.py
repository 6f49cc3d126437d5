"""The archive: immutable, found when changed, and scored by the same rules as a human call."""

from __future__ import annotations

import datetime as dt

import numpy as np
import pytest

import simulation as sim
from simulation.cli import main
from simulation.evidence.archive import Archive, ArchiveError, call_of, score_entry
from simulation.evidence.backtest.scores import crps
from simulation.evidence.history import History, write_history
from simulation.scenario import from_mapping

CLUB = {
    "name": "Club",
    "start": "2023-01-01",
    "horizon": "6 months",
    "segments": {
        "person": {
            "desired_outcome": {"required": "works"},
            "arr": 100,
            "arrivals": {"per_month": 6},
            "population": {"members": 40, "tenure": {"uniform": {"low": "0 months", "high": "11 months"}}},
            "renewal": {"probability": "80%"},
        },
    },
}


@pytest.fixture(scope="module")
def plan():
    return from_mapping(CLUB)


@pytest.fixture(scope="module")
def forecast(plan):
    return sim.run(plan, replications=20, seed=1, workers=1)


@pytest.fixture(scope="module")
def actuals(plan):
    return History.from_events(sim.events(plan, seed=99, engine="compiled"), plan)


@pytest.fixture
def kept(tmp_path, forecast):
    archive = Archive(tmp_path / "kept")
    entry, new = archive.keep(forecast, run="club", made="2023-01-01")
    assert new
    return archive, entry


def test_a_forecast_is_archived_once_and_read_back_exactly(kept, forecast):
    archive, entry = kept
    assert archive.keep(forecast, run="club", made="later") == (entry, False)
    assert (archive.load(entry).futures["members"] == forecast.measure("members", by="period").to_numpy()).all()
    assert archive.load(entry).days[-1] == dt.date(2023, 7, 1)


@pytest.mark.parametrize("suffix", ["json", "npz"])
def test_a_changed_archive_is_refused(kept, suffix):
    archive, entry = kept
    path = archive.folder / f"{entry}.{suffix}"
    path.chmod(0o644)
    if suffix == "json":
        path.write_text(path.read_text().replace("Club", "Clup"))
    else:
        futures = dict(np.load(path))
        futures["members"] = futures["members"] + 1
        with path.open("wb") as file:
            np.savez_compressed(file, **futures)
    with pytest.raises(ArchiveError, match="was changed after it was archived"):
        archive.load(entry)


def test_a_removed_entry_is_found(kept):
    archive, entry = kept
    archive.call(entry, call_of("members=40..60", dt.date(2023, 7, 1), "Ann", "now"))
    (archive.folder / f"{entry}.json").unlink()
    with pytest.raises(ArchiveError, match="removed"):
        archive.entries()


def test_scores_are_those_of_the_futures_and_of_the_call(kept, actuals, forecast):
    archive, entry = kept
    day = dt.date(2023, 7, 1)
    archive.call(entry, call_of("members=40..60", day, "Ann", "now"))
    scored = score_entry(archive, archive.load(entry), actuals)
    came = actuals.standing([day])["members"].sum()
    own = {one.by: one.score for one in scored if one.measure == "members" and one.day == day}
    assert own["membersim"].actual == came
    assert own["membersim"].crps == pytest.approx(crps(forecast.measure("members").to_numpy(), came))
    assert own["membersim, as Ann"].crps == own["membersim"].crps
    assert (own["Ann"].low[1], own["Ann"].high[1]) == pytest.approx((40, 60), rel=0.005)


def test_actuals_may_begin_later_than_a_forecast_without_members(tmp_path, kept):
    person = {key: value for key, value in CLUB["segments"]["person"].items() if key != "population"}
    new = from_mapping(CLUB | {"segments": {"person": person}})
    came = History.from_events(sim.events(new, seed=99, engine="compiled"), new)
    assert came.first_day > dt.date(2023, 1, 1)
    archive = Archive(tmp_path / "new")
    entry, _ = archive.keep(sim.run(new, replications=20, seed=1, workers=1), run="new", made="2023-01-01")
    scored = score_entry(archive, archive.load(entry), came)
    assert {one.measure for one in scored} >= {"members", "joined"}
    with pytest.raises(ArchiveError, match="the actuals begin on"):
        score_entry(kept[0], kept[0].load(kept[1]), came)


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("arr", "expected a measure with its P10 and P90"),
        ("arrr=1..2", "arr"),
        ("arr=5..4", "must be below"),
        ("arr=x..4", "expected an amount"),
    ],
)
def test_a_bad_call_is_refused(text, said):
    with pytest.raises(ValueError, match=said):
        call_of(text, dt.date(2024, 1, 1), "Ann", "now")


def test_amounts_may_be_short():
    one = call_of("arr=4.4M..$4,700k", dt.date(2024, 1, 1), "Ann", "now")
    assert (one.low, one.high) == (4.4e6, 4.7e6)


def test_from_a_run_to_its_track_record(tmp_path, monkeypatch, capsys, plan, actuals):
    monkeypatch.chdir(tmp_path)
    (tmp_path / "club.yaml").write_text(plan.to_yaml())
    write_history(actuals, tmp_path / "actuals.csv")
    assert main(["run", "club.yaml", "--replications", "10", "--out", "run", "--no-store"]) == 0
    assert main(["runs", "run", "--call", "members=40..60", "--by", "Ann"]) == 0
    assert main(["runs"]) == 0
    assert main(["score", "all", "actuals.csv", "--exported", "2023-07-01", "--out", "score"]) == 0
    said = capsys.readouterr().out
    assert "Ann" in said and "membersim" in said
    assert "How good have our forecasts been" in (tmp_path / "score" / "report.html").read_text()
    assert main(["score", "nothing1", "actuals.csv", "--exported", "2023-07-01"]) == 2

"""The forecast of the page: the library's, told again and again while it grows."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pytest

import simulation as sim
from simulation.app.tasks import compare, forecast, report
from tests.app.club import write_club


class Told:
    """What a task has told."""

    def __init__(self) -> None:
        self.steps: list[tuple[int, int]] = []
        self.pictures: list[Any] = []

    def progress(self, done: int, total: int) -> None:
        self.steps.append((done, total))

    def picture(self, picture: Any) -> None:
        self.pictures.append(picture)


@pytest.fixture
def club(tmp_path: Path) -> Path:
    return write_club(tmp_path) / "club.yaml"


def test_pictures_at_4_8_16_and_in_the_end_what_the_library_says(club: Path) -> None:
    told = Told()
    overlay = {"teams": {"coaches": {"people": 3}}}
    last = forecast.work({"scenario": str(club), "overlay": overlay, "replications": 20, "seed": 5}, told)
    assert [one["replications"] for one in told.pictures] == [4, 8, 16]
    assert last["replications"] == last["wanted"] == 20
    assert told.steps[-1] == (20, 20)
    assert [done for done, _ in told.steps] == sorted(done for done, _ in told.steps)
    right = sim.run(sim.load(club, overlays=[overlay]), replications=20, seed=5)
    arr = right.measure("arr", by="period").to_numpy()
    assert last["bands"]["arr"][""]["P50"].to_numpy()[1:] == pytest.approx(np.percentile(arr, 50, axis=0))
    assert last["bands"]["arr"][""]["P50"].iloc[0] == pytest.approx(float(right.measure("arr_open").mean()))
    members = next(one for one in last["figures"] if one["name"] == "members")
    assert members["middle"] == pytest.approx(np.percentile(right.measure("members"), 50))
    assert [one["key"] for one in last["objectives"]] == ["many"]


def test_only_what_is_counted_by_segment_is_shown_by_segment(club: Path) -> None:
    fans = {
        "desired_outcome": {"required": "to watch"}, "arr": 50, "arrivals": {"per_month": 5},
        "journey": {"seat": {"stage": "adoption", "after": "1 month"}}, "renewal": {"probability": "70%"},
    }  # fmt: skip
    asked = {"scenario": str(club), "overlay": {"segments": {"fans": fans}}, "replications": 4, "seed": 5}
    bands = forecast.work(asked, Told())["bands"]
    assert list(bands["arr"]) == ["", "players", "fans"] and list(bands["contribution"]) == [""]
    whole, parts = (bands["arr"][one]["P50"].iloc[0] for one in ("", "players"))
    assert whole == parts  # nobody of the new segment is there at the start


def test_a_comparison_is_the_librarys(club: Path) -> None:
    told = Told()
    more = {"name": "more", "scenario": str(club), "overlay": {"teams": {"coaches": {"people": 4}}}}
    refused = {
        "interventions": {"coaching": {"accept": "0%"}},
        "assumptions": {"interventions.coaching.accept": None},
    }
    none = {"name": "none", "scenario": str(club), "overlay": refused}
    asked = {"scenario": str(club), "replications": 12, "seed": 5, "measure": "arr", "what_ifs": [more, none]}
    last = compare.work(asked, told)
    assert [one["replications"] for one in told.pictures] == [4, 8] and last["replications"] == 12
    assert told.steps[-1] == (36, 36)
    assert len(last["points"]) == 2 and all("ARR at the end" in one for one in last["points"])
    assert [one["title"] for one in last["sections"]] == ["More about it"]
    assert [done for done, _ in told.steps] == sorted(done for done, _ in told.steps)
    plans = {one["name"]: sim.load(club, overlays=[one["overlay"]]) for one in (more, none)}
    right = sim.compare(club, plans, replications=12, seed=5)
    table = last["table"].set_index(["alternative", "measure"])
    for name in plans:
        assert table.loc[(name, "arr"), "mean"] == right.describe("arr", name).mean
    gap = right.difference("arr", "none", by="period").to_numpy()
    bands = last["bands"]["arr"]["none"]
    assert bands["P50"].to_numpy()[1:] == pytest.approx(np.percentile(gap, 50, axis=0))
    assert tuple(bands.iloc[0]) == (0.0,) * 5, "in the beginning nothing differs"


def test_reports_are_those_of_the_command_line(club: Path) -> None:
    told = Told()
    asked = {"scenario": str(club), "replications": 8, "seed": 5}
    made = report.work(asked, told)
    assert made["name"] == "club.html" and "ARR at the end of 2027" in made["report"]
    more = {"name": "more", "scenario": str(club), "overlay": {"teams": {"coaches": {"people": 4}}}}
    compared = report.work(asked | {"what_ifs": [more], "measure": "arr"}, told)
    assert "Compared with" in compared["report"] and "ARR at the end of 2027" in compared["report"]
    assert told.pictures == []


def test_warming_up_needs_nothing(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.chdir(tmp_path)
    forecast.warm()

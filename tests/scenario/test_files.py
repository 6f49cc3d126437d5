"""Loading: what a file becomes, `extends`, overlays, and the data files that it names."""

from __future__ import annotations

import copy
import datetime as dt
import math
import pickle
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest

from simulation.scenario import Scenario, ScenarioError, from_mapping, load

Write = Callable[..., Path]


def said(path: Path, **options: object) -> str:
    with pytest.raises(ScenarioError) as caught:
        load(path, **options)  # type: ignore[arg-type]
    return str(caught.value).replace(str(path.parent) + "/", "")


def test_values_are_in_base_units(write: Write) -> None:
    scenario = load(write())
    people = scenario.segments["people"]
    assert (scenario.start, scenario.end, scenario.days) == (dt.date(2027, 1, 1), dt.date(2028, 1, 1), 365)
    assert people.arr.value == 10000 and people.term == 12
    assert people.vector.direction.typical == math.radians(30)
    assert people.vector.interactions == pytest.approx(3 * 12 / 365.25)
    assert people.vector.direction.memory == pytest.approx(4 * 365.25 / 12)
    assert people.journey["result"].after == 2.0
    assert people.renewal.probability.value == 0.8
    welcome = scenario.interventions["welcome"]
    assert (welcome.when.trigger, welcome.when.delay, welcome.priority) == ("joined", 3.0, 100)
    assert welcome.effort is not None and welcome.effort.value == 1.0
    assert scenario.selling.quota is None and scenario.warnings == ()
    assert scenario.source_files == (write().resolve(),)


@pytest.mark.parametrize(
    ("start", "horizon", "end"),
    [
        ("2027-01-31", "1 month", dt.date(2027, 2, 28)),
        ("2027-01-31", "14 months", dt.date(2028, 3, 31)),
        ("2027-01-01", "90 days", dt.date(2027, 4, 1)),
        ("2027-01-01", "2 weeks", dt.date(2027, 1, 15)),
        ("2027-01-01", "2 years", dt.date(2029, 1, 1)),
    ],
)
def test_the_horizon_is_whole_months_or_whole_days(
    write: Write, small: str, start: str, horizon: str, end: dt.date
) -> None:
    text = small.replace("2027-01-01", start).replace("12 months", horizon)
    assert load(write(text)).end == end


def test_a_scenario_can_be_copied_and_sent_to_a_worker(write: Write) -> None:
    scenario = load(write())
    for other in (copy.deepcopy(scenario), pickle.loads(pickle.dumps(scenario))):
        assert other == scenario and hash(other) == hash(scenario)
        assert other.digest() == scenario.digest() and other.source_files == scenario.source_files


def test_on_is_a_word(write: Write, small: str) -> None:
    scenario = load(write(small.replace("{joined: 3 days}", "{on: 2027-03-01}")))
    assert scenario.interventions["welcome"].when.dates == (dt.date(2027, 3, 1),)
    assert load(write(small.replace("name: Small", "name: no"))).name == "no"


def test_a_date_may_be_in_quotes(write: Write, small: str) -> None:
    assert load(write(small.replace("2027-01-01", "'2027-01-01'"))) == load(write())


# ---- extends and overlays


def test_an_overlay_merges_deeply_and_null_removes(write: Write) -> None:
    base = load(write())
    over = write(
        "extends: small.yaml\nname: Other\n"
        "segments: {people: {journey: {result: {opportunity: null}}, term: 6 months}}\n"
        "interventions: {welcome: {team: null, effort: null, effects: [{advance: 1 month}]}}\n",
        "over.yaml",
    )
    scenario = load(over)
    assert (scenario.name, scenario.segments["people"].term) == ("Other", 6)
    assert scenario.segments["people"].journey["result"].opportunity is None
    assert scenario.segments["people"].arr == base.segments["people"].arr
    assert scenario.interventions["welcome"].team is None
    assert [effect.kind for effect in scenario.interventions["welcome"].effects] == ["advance"]
    assert [path.name for path in scenario.source_files] == ["over.yaml", "small.yaml"]


def test_chains(write: Write) -> None:
    write()
    write("extends: small.yaml\nsegments: {people: {arr: 200, term: 6 months}}\n", "one.yaml")
    path = write("extends: one.yaml\nsegments: {people: {arr: 300}}\n", "two.yaml")
    people = load(path).segments["people"]
    assert (people.arr.value, people.term) == (30000, 6)


def test_overlays_are_laid_over_in_order_and_do_not_bring_their_base_twice(write: Write) -> None:
    base = write()
    one = write("extends: small.yaml\nname: One\nsegments: {people: {arr: 200}}\n", "one.yaml")
    two = write("extends: one.yaml\nname: Two\n", "two.yaml")
    changed = write("extends: small.yaml\nsegments: {people: {arr: 900}}\n", "changed.yaml")
    assert load(base, overlays=[one]) == load(one)
    assert load(base, overlays=[two]) == load(two)
    assert load(changed, overlays=[two]).segments["people"].arr.value == 20000
    assert load(changed, overlays=[{"name": "Three"}]).name == "Three"
    assert load(base, overlays=[one, {"segments": {"people": {"arr": 7}}}]).segments["people"].arr.value == 700


def test_an_error_names_the_file_in_which_the_value_is_written(write: Write, small: str) -> None:
    write(small.replace("80%", "180%"))
    path = write("extends: small.yaml\nsegments: {people: {term: 6}}\nteams: {care: {order: riks}}\n", "over.yaml")
    lines = said(path).splitlines()
    assert lines[0].startswith("over.yaml:2:27: segments.people.term: ")
    assert lines[1].startswith("over.yaml:3:23: teams.care.order: ") and lines[1].endswith("did you mean 'risk'?")
    assert lines[2].startswith("small.yaml:16:28: segments.people.renewal.probability: must be at most 100%")
    assert len(lines) == 3


def test_a_mapping_can_extend_a_file_and_hold_numbers_of_numpy(write: Write) -> None:
    path = write()
    scenario = from_mapping({"extends": "small.yaml", "teams": {"care": {"people": np.int64(5)}}}, folder=path.parent)
    assert scenario.teams["care"].people == 5 and scenario.name == "Small"
    over = load(path, overlays=[{"segments": {"people": {"arrivals": {"per_month": np.float64(2.5)}}}}])
    assert over.segments["people"].arrivals.per_month == 2.5


def test_an_overlay_from_another_folder(write: Write) -> None:
    path = write(name="plans/small.yaml")
    write("segments: {people: {arr: 7}}\n", "ideas/base.yaml")
    over = write("extends: base.yaml\nname: Idea\n", "ideas/idea.yaml")
    scenario = load(path, overlays=[over])
    assert (scenario.name, scenario.segments["people"].arr.value) == ("Idea", 700)


def test_two_triggers_after_merging_say_how_to_remove_one(write: Write) -> None:
    write()
    path = write("extends: small.yaml\ninterventions: {welcome: {when: {reached: start}}}\n", "over.yaml")
    assert "remove the other one with null" in said(path)
    path = write("extends: small.yaml\ninterventions: {welcome: {when: {reached: start, joined: null}}}\n", "over.yaml")
    assert load(path).interventions["welcome"].when.trigger == "reached"


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("extends: self.yaml\n", "extends in a circle: self.yaml -> self.yaml"),
        ("extends: smal.yaml\n", "self.yaml:1:10: extends: cannot extend 'smal.yaml': no such file; "
         "did you mean 'small.yaml'?"),
        ("extends: .\n", "this is a folder"),
        ("extends: [small.yaml]\n", "expected the path of a file, not a list"),
        ("extends: /etc/passwd\n", "lies outside the folder"),
        ("extends: ../small.yaml\n", "lies outside the folder"),
    ],
)  # fmt: skip
def test_what_cannot_be_extended(write: Write, text: str, expected: str) -> None:
    write()
    message = said(write(text, "self.yaml"))
    assert expected in message
    assert "missing" not in message  # of what it would have inherited


def test_a_long_circle(write: Write) -> None:
    write("extends: b.yaml\n", "a.yaml")
    write("extends: c.yaml\n", "b.yaml")
    path = write("extends: a.yaml\n", "c.yaml")
    assert "c.yaml -> a.yaml -> b.yaml -> c.yaml" in said(path)


def test_outside_files_on_request(write: Write) -> None:
    write()
    path = write("extends: ../small.yaml\n", "sub/over.yaml")
    assert "lies outside" in said(path)
    assert load(path, allow_outside=True).name == "Small"


def test_a_link_does_not_lead_outside(write: Write, tmp_path: Path) -> None:
    write()
    path = write("extends: link.yaml\n", "sub/over.yaml")
    (tmp_path / "sub" / "link.yaml").symlink_to(tmp_path / "small.yaml")
    assert "lies outside" in said(path)


def test_a_database_that_is_a_file_does_not_lead_outside(
    write: Write, small: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "plans").mkdir()
    monkeypatch.chdir(tmp_path / "plans")
    for url in ("sqlite:////etc/members.db", "sqlite:///../members.db", "sqlite:///file:/etc/members.db?uri=true"):
        path = write(f'history: {{url: "{url}", table: t}}\n' + small, "plans/x.yaml")
        assert "history.url" in said(path) and "lies outside" in said(path)
        assert load(path, allow_outside=True).history is not None
    assert load(write('history: {url: "sqlite:///members.db", table: t}\n' + small, "plans/x.yaml")).history is not None


# ---- data files


def test_the_book_is_found_from_the_file_that_names_it(write: Write, small: str) -> None:
    book = write("member_id\n", "plans/data/book.csv")
    write(small + "book: data/book.csv\n", "plans/small.yaml")
    scenario = load(write("extends: plans/small.yaml\n", "over.yaml"))
    assert scenario.book is not None and scenario.book.file == book.resolve()
    assert scenario.book.columns == {} and len(scenario.book.sha256 or "") == 64
    full = load(write(small + "book: {file: plans/data/book.csv, columns: {arr: amount}}\n"))
    assert full.book is not None and full.book.columns == {"arr": "amount"}


@pytest.mark.parametrize(
    ("book", "expected"),
    [
        ("book: data/bok.csv", "book.file: 'data/bok.csv': no such file; did you mean 'book.csv'?"),
        ("book: data", "this is a folder"),
        ("book: /etc/passwd", "lies outside"),
        ("book: 5", "expected the path of a file, not 5"),
        ("book: {columns: {}}", "the key 'file' is missing"),
        (f"book: {{file: data/book.csv, sha256: {'0' * 64}}}", "another one than stated"),
    ],
)
def test_a_book_that_cannot_be_used(write: Write, small: str, book: str, expected: str) -> None:
    write("member_id\n", "data/book.csv")
    assert expected in said(write(small + book + "\n"))


def test_measured_values_from_a_file(write: Write, small: str) -> None:
    write("id,arr\n1,30\n2,10.005\n3,20\n", "data/arr.csv")
    text = small.replace("arr: 100\n", "arr: {empirical: {file: data/arr.csv, column: arr}}\n")
    scenario = load(write(text))
    assert scenario.segments["people"].arr.values == (1001.0, 2000.0, 3000.0)
    assert scenario.resolved()["segments"]["people"]["arr"] == {"empirical": [30.0, 10.005, 20.0]}


def test_measured_values_from_parquet(write: Write, small: str, tmp_path: Path) -> None:
    import pandas as pd

    pd.DataFrame({"arr": [3.0, 1.0]}).to_parquet(tmp_path / "arr.parquet")
    scenario = load(write(small.replace("arr: 100\n", "arr: {empirical: {file: arr.parquet}}\n")))
    assert scenario.segments["people"].arr.values == (100.0, 300.0)


@pytest.mark.parametrize(
    ("spec", "table", "expected"),
    [
        ("{file: arr.csv, column: ar}", "id,arr\n1,2\n", "no column 'ar' in arr.csv; did you mean 'arr'?"),
        ("{file: arr.csv}", "id,arr\n1,2\n", "name the 'column': the columns are id, arr"),
        ("{file: arr.csv}", "arr\n", "the table has no rows"),
        ("{file: arr.csv}", "arr\n1\n\nx\n", "arr.csv:3: segments.people.arr.empirical.1: expected an amount"),
        ("{file: arr.csv}", "arr\n1\n-4\n", "arr.csv:3: segments.people.arr.empirical.1: must be at least 0"),
        ("{file: arr.csv, column: b}", "a,b\n1,2\n3\n", "arr.csv:3: segments.people.arr.empirical: expected 2"),
        ("{file: arr.csv, column: b}", "a,b\n1,2\n3,\n", "the column 'b' has empty"),
        ("{file: arr.csv, colum: b}", "a,b\n1,2\n", "did you mean 'column'"),
        ("{file: arr.txt}", None, "no such file; did you mean 'arr.csv'?"),
        ("{file: ../arr.csv}", None, "lies outside"),
    ],
)  # fmt: skip
def test_a_table_that_cannot_be_used(write: Write, small: str, spec: str, table: str | None, expected: str) -> None:
    write(table or "arr\n1\n", "arr.csv")
    assert expected in said(write(small.replace("arr: 100\n", f"arr: {{empirical: {spec}}}\n")))


def test_from_mapping_is_the_same_without_places() -> None:
    scenario = from_mapping(
        {"name": "x", "start": "2027-01-01", "horizon": "1 month",
         "segments": {"a": {"desired_outcome": {"required": "y"}, "arr": 1}}}
    )  # fmt: skip
    assert isinstance(scenario, Scenario) and scenario.source_files == ()
    assert "no members" in scenario.warnings[0]
    with pytest.raises(ScenarioError) as caught:
        from_mapping({"name": "x", "start": "2027-01-01", "horizon": "1 month", "segments": {}})
    (problem,) = caught.value.problems
    assert (problem.file, problem.line, problem.path) == ("", None, "segments")

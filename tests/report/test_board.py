"""The first page of a run's report."""

from __future__ import annotations

from dataclasses import replace
from datetime import date

import pandas as pd
import pytest

from simulation.experiment.bridge import Bridge, Row
from simulation.forecast import Forecast
from simulation.forecast.measures import measure_named
from simulation.report.answer import answer
from simulation.report.background import Background, Since
from simulation.report.board import board
from simulation.report.gallery import Gallery
from simulation.report.page import Page, Section, Table, Text, coded, rendered
from tests.report.cases import empty, forecast


@pytest.fixture(scope="module")
def made() -> Forecast:
    return forecast(replications=12)


@pytest.fixture(scope="module")
def gallery(made: Forecast) -> Gallery:
    return Gallery(made)


def sections(made: Forecast, gallery: Gallery, background: Background) -> dict[str, Section]:
    return {one.key: one for one in board(made, gallery, background)}


def words(section: Section) -> str:
    return " ".join(one.text for one in section.blocks if isinstance(one, Text))


def wishing(made: Forecast, at_least: float) -> Forecast:
    """The same futures with one objective on ARR."""
    goal = {
        "name": "rich", "measure": "arr", "day": None, "at_least": at_least, "at_most": None, "segment": None,
        "milestone": None, "kind": None,
    }  # fmt: skip
    return Forecast(made.result, replace(made.facts, objectives=(goal,)), made.version)


def test_the_headline_has_the_chance_of_an_objective_on_arr(made: Forecast) -> None:
    headline = answer(wishing(made, 1.0)).headline
    assert "; 100% chance to meet the objective “rich” (ARR at least $1" in headline and "(80%)" in headline


def test_without_goals_assumptions_or_a_past_each_section_says_so(gallery: Gallery) -> None:
    found = sections(empty(replications=2, members=3, days=40), gallery, Background(folder="reports/x"))
    assert list(found) == ["chances", "true", "since", "rests", "record"]
    assert "names no objective" in words(found["chances"])
    assert "`membersim report reports/x --since EARLIER_RUN`" in words(found["since"])
    assert "nobody knows how good it is" in words(found["record"])


def test_an_objective_that_is_not_likely_enough_names_the_command_that_looks_deeper(
    made: Forecast, gallery: Gallery
) -> None:
    hopeless = sections(wishing(made, 1e12), gallery, Background(file="plan.yaml"))
    assert "For “rich” (0%) this needs more futures: `membersim must-be-true plan.yaml --objective rich`." in words(
        hopeless["true"]
    )
    certain = sections(wishing(made, 1.0), gallery, Background(file="plan.yaml"))
    assert words(certain["true"]) == "Nothing more than planned for “rich” (100%)."


def test_the_bridge_is_told_with_its_steps(made: Forecast, gallery: Gallery) -> None:
    rows = (Row("plan", {"all": 300_000}, 2000.0, 4000.0), Row("price", {"all": 0}, 0.0, 0.0))
    bridge = Bridge(
        "a", "b", "USD", measure_named("arr"), date(2027, 1, 1), date(2028, 1, 1), {"all": 100_000_000},
        {"all": 100_300_000}, rows, 10,
    )  # fmt: skip
    changes = (("teams.success.people", "3", "4"), ("teams.other.people", "", "1"))
    section = sections(made, gallery, Background(since=Since(bridge, True, "“Budget”", changes)))["since"]
    text = words(section)
    assert "Since “Budget” the mean of ARR on 1 January 2028 moved by +$3,000, from $1,000,000 to $1,003,000." in text
    assert "success: people 3 → 4; other: people 1 (new)" in text
    table = next(one for one in section.blocks if isinstance(one, Table))
    assert [row[0] for row in table.rows] == ["plan"]


def test_the_track_record_counts_what_came(made: Forecast, gallery: Gallery) -> None:
    scores = pd.DataFrame(
        {
            "entry": ["e1", "e1", "e2", "e2"],
            "by": ["membersim", "membersim", "membersim", "a human call"],
            "measure": ["arr", "members", "arr", "arr"],
            "actual": [100.0, 10.0, 200.0, 200.0],
            "median": [110.0, 10.0, 210.0, 100.0],
            "inside_80%": [True, True, False, False],
        }
    )
    text = words(sections(made, gallery, Background(scores=scores))["record"])
    assert "Of 3 values that 2 archived forecasts foretold" in text and "2 (67%) lay within the 80% range" in text
    assert "missed by 7.5%, forecast too high on average" in text


def test_commands_are_set_apart_and_markup_stays_text() -> None:
    assert coded("run `a <b>` now") == "run <code>a &lt;b&gt;</code> now"
    assert coded("an odd ` mark <i>") == "an odd ` mark &lt;i&gt;"


def test_headings_are_in_order_in_a_page_with_parts() -> None:
    import re

    one = Section("one", "One", [Text("x")])
    page = Page("t", "", "s", "h", (), (), "", ["beware"], [one], "f", board=[Section("b", "B", [])], appendix=[one])
    levels = [int(level) for level in re.findall(r"<h(\d)", rendered(page))]
    assert levels[0] == 1 and all(after - before <= 1 for before, after in zip(levels, levels[1:], strict=False))
    assert 3 in levels

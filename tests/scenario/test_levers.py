"""Levers: what they may be, what is wrong with them, and that no run sees them."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest

from simulation.scenario import ScenarioError, load
from simulation.scenario.levers import values

Write = Callable[..., Path]

LEVERS = """\
levers:
  people:
    hire: {team: care, at_most: 3, date: 2027-02-01}
  reach:
    change: {path: interventions.welcome.who.coverage, from: 0%, to: 100%, step: 10%}
  turn:
    change: {path: segments.people.vector.direction.typical, from: 30 deg, to: 0 deg, step: -10 deg}
  fee:
    change: {path: interventions.welcome.price.fee, choices: [0, 19.99, 5]}
    cost: {one_off: 2500, per_month: 10}
"""


def problem(write: Write, small: str, levers: str) -> str:
    with pytest.raises(ScenarioError) as caught:
        load(write(small + "levers:\n" + levers))
    assert len(caught.value.problems) == 1
    return str(caught.value.problems[0])


def test_values_are_read_in_the_unit_of_their_path(write: Write, small: str) -> None:
    scenario = load(write(small + LEVERS))
    read = {name: [repr(value) for value in values(scenario, lever)] for name, lever in scenario.levers.items()}
    assert read["people"] == []
    assert read["reach"] == [f"{share}%" for share in range(0, 101, 10)]
    assert read["turn"] == ["30 deg", "20 deg", "10 deg", "0 deg"]
    assert read["fee"] == ["0", "19.99", "5"]
    fee = scenario.levers["fee"].cost
    assert (fee.one_off, fee.per_month) == (250_000, 1_000)


def test_no_run_sees_them(write: Write, small: str) -> None:
    plain, bought = load(write()), load(write(small + LEVERS, "with.yaml"))
    assert plain.digest() == bought.digest()
    assert "levers" in bought.resolved() and "levers" not in plain.resolved()
    assert plain != bought


def test_a_scenario_with_levers_reads_back_the_same(write: Write, small: str) -> None:
    scenario = load(write(small + LEVERS))
    again = load(write(scenario.to_yaml(), "again.yaml"))
    assert again == scenario and again.resolved() == scenario.resolved()


@pytest.mark.parametrize(
    ("lever", "place", "words"),
    [
        ("{hire: {team: cared, at_most: 1}}", "levers.x.hire.team", "did you mean 'care'?"),
        ("{hire: {team: care, at_most: 0}}", "levers.x.hire.at_most", "must be at least 1"),
        ("{switch: welcom}", "levers.x.switch", "did you mean 'welcome'?"),
        ("{swich: welcome}", "levers.x.swich", "did you mean 'switch'?"),
        ("{}", "levers.x", "exactly one of hire, change, switch, not none"),
        ("{switch: welcome, hire: {team: care, at_most: 1}}", "levers.x", "not hire and switch"),
        (
            "{change: {path: teams.care.peple, from: 1, to: 3, step: 1}}",
            "levers.x.change.path",
            "did you mean 'people'?",
        ),
        ("{change: {path: teams.care.people, from: 1, to: 3}}", "levers.x.change", "'step' is missing"),
        ("{change: {path: teams.care.people, from: 2, choices: [1, 2]}}", "levers.x.change.from", "there is no 'from'"),
        ("{change: {path: teams.care.people, choices: [1]}}", "levers.x.change.choices", "at least two"),
        (
            "{change: {path: teams.care.people, from: 2, to: 3, step: -1}}",
            "levers.x.change.step",
            "do not lead from 2 to 3",
        ),
        (
            "{change: {path: teams.care.people, from: 2, to: 5, step: 2}}",
            "levers.x.change.step",
            "not reached from 2 in whole",
        ),
        (
            "{change: {path: teams.care.people, from: 1, to: 4000, step: 1}}",
            "levers.x.change.step",
            "from 1 to 1,000 steps",
        ),
        (
            "{change: {path: teams.care.people, from: 1, to: few, step: 1}}",
            "levers.x.change.to",
            "expected a whole number",
        ),
        (
            "{change: {path: segments.people.renewal.probability, from: 10%, to: 120%, step: 10%}}",
            "levers.x.change.to",
            "100%",
        ),
        ("{change: {path: interventions.welcome.accept, choices: [5%, 5 days]}}", "levers.x.change.choices.1", "share"),
    ],
)
def test_what_is_wrong_is_said_once_with_its_place(
    write: Write, small: str, lever: str, place: str, words: str
) -> None:
    said = problem(write, small, f"  x: {lever}\n")
    file, line, column, path, message = said.split(":", 4)
    assert Path(file).name == "small.yaml" and int(line) > 24 and int(column) > 0
    assert path.strip() == place and words in message


def test_one_number_has_one_master(write: Write, small: str) -> None:
    twice = "  x: {change: {path: teams.care.people, from: 1, to: 3, step: 1}}\n" * 2
    said = problem(write, small, twice.replace("  x", "  y", 1))
    assert "teams.care.people is set by the lever 'y' already" in said
    text = small + "assumptions:\n  interventions.welcome.who.coverage: {uniform: {low: 10%, high: 90%}}\n"
    said = problem(write, text, "  x: {switch: welcome}\n")
    assert "interventions.welcome.who.coverage is set by an assumption already" in said

"""Rows of a book that the scenario makes impossible are found, and no others."""

from __future__ import annotations

from pathlib import Path

import pytest

from simulation.engine.pasts import forced_rows
from simulation.engine.replicate import run_replications
from simulation.scenario import Scenario, load
from simulation.scenario.book import Book, load_book

PLAN = """\
name: Harsh
start: 2027-01-01
horizon: 1 months
book: book.csv
segments:
  kind: {desired_outcome: {required: "More"}, arr: 100, journey: {}, renewal: {probability: 90%}}
  harsh: {desired_outcome: {required: "More"}, arr: 100, journey: {}, renewal: {probability: 0%}}
"""
BOOK = """\
member_id,segment,arr,joined,renews_on
a,kind,100,2016-03-01,2027-03-01
b,harsh,100,2016-03-01,2027-03-01
c,harsh,100,2026-03-01,2027-03-01
d,harsh,100,2020-06-01,2027-06-01
"""


@pytest.fixture
def harsh(tmp_path: Path) -> tuple[Scenario, Book]:
    """Nobody of the harsh segment ever renews, and two of its members say they did."""
    (tmp_path / "plan.yaml").write_text(PLAN)
    (tmp_path / "book.csv").write_text(BOOK)
    scenario = load(tmp_path / "plan.yaml")
    return scenario, load_book(tmp_path / "book.csv", scenario)


@pytest.mark.parametrize("engine", ["compiled", "simpy"])
def test_both_engines_count_them(harsh: tuple[Scenario, Book], engine: str) -> None:
    scenario, book = harsh
    result = run_replications(scenario, book=book, replications=3, seed=1, engine=engine, workers=1)
    assert result.ledger.forced.tolist() == [2, 2, 2]


def test_their_rows_are_named(harsh: tuple[Scenario, Book]) -> None:
    scenario, book = harsh
    assert forced_rows(scenario, book, 1, range(3)).tolist() == [0, 3, 0, 3]
    assert book.line.tolist() == [2, 3, 4, 5]


def test_rows_and_a_made_up_population_add_up_to_the_ledger(harsh: tuple[Scenario, Book], tmp_path: Path) -> None:
    path = tmp_path / "plan.yaml"
    crowd = "population: {members: 50, tenure: 36 months}, renewal: {probability: 0%}"
    path.write_text(PLAN.replace("renewal: {probability: 0%}", crowd))
    scenario, book = load(path), harsh[1]
    ledger = run_replications(scenario, book=book, replications=[4, 7], seed=3, workers=1).ledger
    rows = [int(forced_rows(scenario, book, 3, [number]).sum()) for number in (4, 7)]
    assert rows == [2, 2]
    assert ledger.forced.tolist() == [52, 52]

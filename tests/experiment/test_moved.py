"""How a forecast moved, read from two finished runs."""

from __future__ import annotations

from dataclasses import replace

import pytest

from simulation.experiment.bridge import ALL
from simulation.experiment.moved import changes, moved
from simulation.forecast import Forecast
from tests.report.cases import forecast


@pytest.fixture(scope="module")
def pair() -> tuple[Forecast, Forecast]:
    return forecast(replications=8, seed=3), forecast(replications=8, seed=4)


def test_rows_add_up_to_the_cent(pair: tuple[Forecast, Forecast]) -> None:
    old, new = pair
    found = moved(old, new)
    assert found is not None
    assert found.old[ALL] + sum(row.cents[ALL] for row in found.rows) == found.new[ALL]
    assert found.new[ALL] == pytest.approx(100 * float(new.measure("arr").mean()), abs=0.51)
    assert found.old[ALL] == pytest.approx(100 * float(old.measure("arr").mean()), abs=0.51)
    churn = next(row for row in found.rows if row.name == "churn")
    expected = float((old.measure("churn") - new.measure("churn")).mean())
    assert churn.value == pytest.approx(expected, abs=0.02) and churn.low <= churn.value <= churn.high


def test_other_currencies_cannot_be_compared(pair: tuple[Forecast, Forecast]) -> None:
    old, new = pair
    other = Forecast(
        replace(new.result, frame=replace(new.frame, currency="EUR")), replace(new.facts, currency="EUR"), new.version
    )
    assert moved(old, other) is None


def test_changes_are_numbers_and_not_where_they_come_from(pair: tuple[Forecast, Forecast]) -> None:
    old, new = (
        Forecast(one.result, replace(one.facts, yaml=text), one.version)
        for one, text in zip(
            pair,
            ("teams: {a: {people: {value: 3, source: x}, hours: 1}}", "teams: {a: {people: {value: 4, source: y}}}"),
            strict=True,
        )
    )
    assert changes(old, new) == [("teams.a.people", "3", "4"), ("teams.a.hours", "1", "")]

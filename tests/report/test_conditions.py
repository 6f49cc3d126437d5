"""The sentences on what must be true, on findings that are made up."""

from __future__ import annotations

from types import SimpleNamespace
from typing import Any

import numpy as np

from simulation.experiment.conditions import Condition, ConditionSet, Requirements
from simulation.experiment.discovery import Discovery, Limit, Weakness
from simulation.forecast.statistics import Probability
from simulation.report.conditions import answer, failures, shown_sets
from simulation.report.conditions_figures import chance_by_value, futures_in, holds_within


def found(today: Probability, boxes: int = 0) -> Any:
    """What was found of an objective, with so many boxes."""
    path = "segments.a.arrivals.per_month"
    one = Weakness((Limit(path, True, 3.0, 0.01),), Probability(0.7, 0.6, 0.8, 100), 0.4, 0.2)
    return SimpleNamespace(
        requirements=Requirements(0.8, today, (), None, 0, 0.95),
        discovery=Discovery(Probability(0.3, 0.25, 0.35, 500), (one,) * boxes, 0.95),
        objective={"name": "grown"},
        evidence={path: SimpleNamespace(kind="number")},
        forecast=SimpleNamespace(frame=SimpleNamespace(currency="USD"), replications=500),
    )


def test_nothing_more_must_be_true_only_when_it_is_sure() -> None:
    assert answer(found(Probability(0.9, 0.86, 0.93, 500))).startswith("Nothing more must be true")
    text = answer(found(Probability(0.81, 0.75, 0.86, 500)))
    assert text.startswith("It is not sure that nothing more must be true")
    assert "met in 81%" in text and "75% to 86%" in text and text.endswith("Simulate more.")


def test_a_set_that_makes_nothing_likelier_is_not_recommended() -> None:
    one = found(Probability(0.37, 0.33, 0.41, 500))
    condition = Condition("segments.a.arrivals.per_month", True, 3.0)
    for chance, shown in ((0.35, 0), (0.5, 1)):
        best = ConditionSet((condition,), Probability(chance, 0.26, 0.6, 100), 0.68)
        one.requirements = Requirements(0.8, one.requirements.today, (), best, 3, 0.95)
        assert len(shown_sets(one)) == shown
        assert ("any likelier: it is met in 37% of the futures" in answer(one)) == (not shown)
        assert ("the best is that" in answer(one)) == bool(shown)


def test_later_boxes_are_said_to_leave_out_the_earlier_ones() -> None:
    first, second, third = failures(found(Probability(0.7, 0.65, 0.75, 500), 3))
    assert "outside" not in first
    assert ", outside the box above (in all futures" in second
    assert ", outside the boxes above (in all futures" in third


def test_the_chance_by_value_and_the_futures_of_a_box() -> None:
    path, size = "segments.a.arrivals.per_month", 40
    values = np.arange(size, dtype=float)
    forecast = SimpleNamespace(
        assumption_values={path: values}, points=list(range(size)), replications=size,
        facts=SimpleNamespace(objectives=[{"name": "grown", "measure": "arr", "segment": None, "milestone": None,
                                           "kind": None, "day": None, "at_least": 20.0, "at_most": None}]),
        measure=lambda *_, **__: SimpleNamespace(to_numpy=lambda: values),
    )  # fmt: skip
    one: Any = SimpleNamespace(forecast=forecast, objective={"name": "grown"})
    table = chance_by_value(one, path)
    assert len(table) == 10 and list(table["value"])[:2] == [1.5, 5.5]
    assert list(table["chance"]) == [0.0] * 5 + [1.0] * 5
    assert (table["low"] <= table["chance"]).all() and (table["chance"] <= table["high"]).all()
    box = Weakness((Limit(path, False, 12.0, 0.01),), Probability(0.7, 0.6, 0.8, 100), 0.4, 0.2)
    paths, dots, ends = futures_in(one, box)
    assert paths == [path] and dots["met"].sum() == 20 and ends == {path: (0.0, 12.0)}
    apart = dots.iloc[:, 1]
    assert list(dots.columns)[::2] == [path, "met"] and apart.between(0, 1).all() and apart.is_unique
    assert holds_within(one, Condition(path, True, 30.0)) == (30.0, 39.0)
    assert holds_within(one, Condition(path, False, 30.0)) == (0.0, 30.0)

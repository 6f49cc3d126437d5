"""What the figures of a sensitivity draw."""

from __future__ import annotations

from datetime import date
from types import SimpleNamespace
from typing import Any

import numpy as np
import pytest

from simulation.report.palette import GREEN, MUTED, ORANGE, SKY, YELLOW
from simulation.report.sensitivity_figures import OTHERS, TOGETHER, layer_colours, layers_over_time


def found(first: list[list[float]]) -> Any:
    """Indices by period of three assumptions and luck."""
    ends = [31 * (place + 1) for place in range(len(first))]
    frame = SimpleNamespace(start=date(2027, 1, 1), periods=[SimpleNamespace(end_day=one) for one in ends])
    factors = ("segments.a.arrivals.per_month", "segments.a.renewal.probability", "price", "luck")
    return SimpleNamespace(
        over_time=SimpleNamespace(first=np.array(first), factors=factors), base=SimpleNamespace(frame=frame)
    )


def test_layers_add_up_to_one_and_the_strongest_come_first() -> None:
    table = layers_over_time(found([[0.1, 0.4, 0.0, 0.3], [0.2, 0.5, -0.1, 0.6], [np.nan] * 4]))
    assert table is not None
    assert list(table) == ["a: renewal probability", "a: new members a month", OTHERS, TOGETHER, "luck"]
    assert table.sum(axis=1).to_numpy() == pytest.approx(1) and len(table) == 2
    assert table[TOGETHER].iloc[0] == pytest.approx(0.2)  # what none of them explains alone
    assert table.iloc[1].to_numpy() == pytest.approx(np.array([0.5, 0.2, 0.0, 0.0, 0.6]) / 1.3)
    assert list(table.index) == [date(2027, 2, 1), date(2027, 3, 4)]


def test_a_single_period_is_no_development() -> None:
    assert layers_over_time(found([[0.1, 0.4, 0.0, 0.3]])) is None


def test_colours_of_what_is_no_assumption_are_fixed() -> None:
    assert layer_colours(["x", OTHERS, "y", TOGETHER, "luck"])[1:] == [YELLOW, GREEN, MUTED, SKY]
    assert layer_colours(["x"]) == [ORANGE]

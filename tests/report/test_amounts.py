"""Values of assumptions in words."""

from __future__ import annotations

import math

import pytest

from simulation.report.amounts import amount, amount_ticks


@pytest.mark.parametrize(
    ("value", "kind", "text"),
    [
        (0.8421, "share", "84.2%"),
        (0.9, "share", "90%"),
        (12_345_600, "money", "$123,456"),
        (0.02, "growth", "2% per year"),
        (math.pi / 6, "angle", "30°"),
        (0.75, "effort", "45 minutes"),
        (1.5, "effort", "1.5 hours"),
        (365.25 / 12 * 4, "duration", "4 months"),
        (10.0, "duration", "10 days"),
        (0.5, "duration", "12 hours"),
        (0.06 / 365.25, "rate", "0.06 per year"),
        (3 / (365.25 / 12), "rate", "3 per month"),
        (2.5, "pace-months", "2.5 months"),
        (-0.3, "number", "−0.3"),
        (1234.6, "number", "1,235"),
        (0.0, "number", "0"),
        (math.nan, "number", "–"),
    ],
)
def test_amounts(value: float, kind: str, text: str) -> None:
    assert amount(value, kind, "USD") == text


def test_ticks_are_round_in_the_unit_that_is_shown() -> None:
    places, texts = amount_ticks(0.01 / 365.25, 0.1 / 365.25, "rate")
    assert texts == ["0.02 per year", "0.04 per year", "0.06 per year", "0.08 per year", "0.1 per year"]
    assert places[0] == pytest.approx(0.02 / 365.25)
    assert amount_ticks(0.0, math.pi / 2, "angle")[1] == ["0°", "20°", "40°", "60°", "80°"]

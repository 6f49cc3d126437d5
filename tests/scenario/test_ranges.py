"""Assumptions as ranges that a planner reads."""

from __future__ import annotations

import pytest

import simulation as sim
from simulation.scenario.quantities import ANGLE, DURATION, HOURS, MONEY, NUMBER, PER_YEAR, RATE, SHARE, Kind, parse
from simulation.scenario.ranges import in_words, ranges


@pytest.mark.parametrize(
    ("kind", "written", "words"),
    [
        (SHARE, "45%", "45%"), (SHARE, 0.3333, "33.3%"), (SHARE, "0.4%", "0.4%"),
        (PER_YEAR, "2.5% per year", "2.5% per year"),
        (DURATION, "4 months", "4 months"), (DURATION, "10 days", "10 days"), (DURATION, "6 hours", "6 hours"),
        (HOURS, "90 minutes", "1.5 hours"), (RATE, "3 per month", "36 per year"),
        (RATE, "0.06 per year", "0.06 per year"),
        (MONEY, 1234.56, "1,235"), (MONEY, 9.5, "9.5"), (ANGLE, "35 deg", "35 deg"), (NUMBER, -0.3, "-0.3"),
        (NUMBER, 0, "0"),
    ],
)  # fmt: skip
def test_a_value_in_the_unit_that_people_use(kind: Kind, written: str | float, words: str) -> None:
    assert in_words(kind, parse(kind, written)) == words


def test_ranges_are_percentiles_with_their_origin() -> None:
    found = {one.path: one for one in ranges(sim.load("scenarios/association.yaml"))}
    take = found["segments.individual.journey.certified.opportunity.take"]
    # A symmetric triangle on [25%, 65%]: P10 is 25% + 40% sqrt(0.1 / 2) = 33.9%.
    assert (take.low, take.middle, take.high) == ("33.9%", "45%", "56.1%")
    assert (take.evidence, take.owner, take.review_by, take.together) == ("prior", "certification", "2027-06-30", "")


def test_numbers_that_are_drawn_together_say_so() -> None:
    plan = sim.load("scenarios/reference.yaml")
    joint = {name: one.joint for name, one in plan.assumptions.items() if one.joint is not None}
    assert joint, "the reference has a group"
    found = ranges(plan)
    for name, one in joint.items():
        assert [found_one.path for found_one in found if found_one.together == name] == list(one.paths)

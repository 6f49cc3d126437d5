"""The journey in a sentence."""

from simulation.report.journey import movement
from tests.report.cases import empty, forecast


def test_it_says_who_is_past_adoption_and_on_track_with_ranges() -> None:
    text = movement(forecast(replications=20))
    assert text.startswith("On 30 December 2028, ") and "members will be past adoption (" in text
    assert "in 8 of 10 futures" in text and "of all members on track (" in text


def test_nobody_is_said_without_a_share() -> None:
    assert movement(empty()) == "On 3 April 2027, 0 members will be past adoption."
    assert movement(empty(members=5)).endswith("0 members will be past adoption, and 100% of all members on track.")

"""What a history shows directly is estimated as what made it, within the estimate's own spread."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

from simulation.engine.events import event_table
from simulation.engine.replicate import make_engine, plan_at
from simulation.evidence.fit.direct import Direct, direct_of
from simulation.evidence.history import History
from simulation.scenario import Scenario, from_mapping

MONTHLY = [1.6, 1, 1, 1, 1, 1, 0.5, 0.5, 1, 1, 1, 1]


def plan_of(
    *, per_month: float, growth: str, season: list[float] | None, rate: str, heals: str, recovery: str, less: str,
    back: str,
) -> Scenario:  # fmt: skip
    """A club with everything that is seen directly."""
    arrivals: dict[str, Any] = {"per_month": per_month, "growth": growth}
    segment = {
        "desired_outcome": {"required": "works"},
        "arr": 100,
        "term": "6 months",
        "arrivals": arrivals | ({} if season is None else {"season": season}),
        "journey": {"first_value": {"stage": "adoption", "after": "2 months", "spread": 0.3}},
        "setbacks": {"rate": rate, "resolves_itself": heals, "escalates_after": "20 days", "turn": "30 deg"},
        "renewal": {
            "probability": "70%",
            "grace": {"length": "40 days", "recovery": recovery},
            "contraction": {"probability": less, "share": "20%"},
        },
        "win_back": {"rate": back, "within": "10 months"},
    }
    help_desk = {
        "when": {"setback": "10 days"}, "who": {"coverage": "50%"}, "effects": [{"resolve_setback": "80%"}],
        "cost": {"per_delivery": 1},
    }  # fmt: skip
    return from_mapping({"name": "Club", "start": "2023-01-01", "horizon": "36 months",
                         "segments": {"person": segment}, "interventions": {"help_desk": help_desk}})  # fmt: skip


TRUTH = plan_of(per_month=25, growth="30% per year", season=MONTHLY, rate="1.5 per year", heals="60 days",
                recovery="35%", less="15%", back="40% per year")  # fmt: skip
STATED = plan_of(per_month=40, growth="0% per year", season=[1.0] * 12, rate="0.5 per year", heals="20 days",
                 recovery="60%", less="40%", back="10% per year")  # fmt: skip


@pytest.fixture(scope="module")
def history() -> History:
    """One future of the truth."""
    made = plan_at(TRUTH, None, 5, 0)
    return History.from_events(event_table(make_engine("compiled", made, log=True).run(5, 0), made), TRUTH)


def found_in(history: History, scenario: Scenario, **record: Any) -> dict[str, Direct]:
    """What is estimated, by path below the segment."""
    days = {"start": TRUTH.start, "end": TRUTH.end} | record
    found = direct_of(history, scenario, days["start"], days["end"], draws=2000)
    return {one.path.removeprefix("segments.person."): one for one in found}


def test_what_is_seen_is_found(history: History) -> None:
    found = found_in(history, STATED)
    truth = {
        "arrivals.per_month": 25, "arrivals.growth": 0.3, "arrivals.season.0": 1.6, "arrivals.season.6": 0.5,
        "setbacks.rate": 1.5 / 365.25, "setbacks.resolves_itself": 60.0, "renewal.grace.recovery": 0.35,
        "renewal.contraction.probability": 0.15, "win_back.rate": 0.4 / 365.25,
    }  # fmt: skip
    for path, value in truth.items():
        draws = np.log1p(found[path].draws) if path == "arrivals.growth" else np.log(found[path].draws)
        goal = np.log1p(value) if path == "arrivals.growth" else np.log(value)
        # Three standard deviations each, but the prior pulls a season towards 1.
        slack = 0.15 if "season" in path else 0.0
        assert abs(draws.mean() - goal) < 3 * draws.std() + slack, (path, np.exp(draws.mean()), value)
        assert draws.std() < 0.5
        assert found[path].observations >= 20


def test_level_and_growth_go_together(history: History) -> None:
    found = found_in(history, STATED)
    level, growth = found["arrivals.per_month"].draws, found["arrivals.growth"].draws
    # More growth after the start needs a lower start: three standard errors of 2,000 draws are 0.07.
    assert np.corrcoef(level, growth)[0, 1] < -0.07


def test_a_season_that_is_not_stated_and_a_short_record_are_left_alone(history: History) -> None:
    plain = plan_of(per_month=40, growth="0% per year", season=None, rate="0.5 per year", heals="20 days",
                    recovery="60%", less="40%", back="10% per year")  # fmt: skip
    assert not any("season" in path for path in found_in(history, plain))
    short = found_in(history, STATED, end=TRUTH.start.replace(month=12))
    assert "arrivals.growth" not in short and "arrivals.per_month" in short

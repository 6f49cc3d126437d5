"""Small histories, and the scenario that they are of."""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from simulation.evidence.history import History, HistoryError, read_history
from simulation.scenario import from_mapping

PLAN: dict[str, Any] = {
    "name": "Club",
    "start": "2027-01-01",
    "horizon": "12 months",
    "segments": {
        "person": {
            "desired_outcome": {"required": "works"},
            "arr": 100,
            "term": "12 months",
            "journey": {
                "first_value": {"stage": "adoption", "after": "1 month"},
                "certified": {
                    "stage": "value",
                    "after": "2 months",
                    "opportunity": {"kind": "add_on", "arr": 50, "take": "60%", "window": "60 days"},
                },
                "mentor": {"stage": "growth", "after": "6 months"},
            },
            "renewal": {"probability": "80%", "grace": {"length": "60 days", "recovery": "50%"}},
        },
    },
    "teams": {"care": {"people": 2, "hours_per_month": 100}},
    "interventions": {
        "welcome": {
            "when": {"joined": "3 days"},
            "team": "care",
            "effort": "1 hour",
            "effects": [{"turn_toward": "30%"}],
        }
    },
}
EXPORTED = dt.date(2027, 1, 1)


@pytest.fixture
def plan() -> Any:
    """A scenario with one segment and three milestones."""
    return from_mapping(PLAN)


@pytest.fixture
def read(tmp_path: Path, plan: Any) -> Callable[..., History]:
    """Read rows of a CSV file (without its header) against the scenario."""

    def _read(*rows: str, header: str = "member_id,date,event,name,value", **options: Any) -> History:
        path = tmp_path / "events.csv"
        path.write_text("\n".join([header, *rows]) + "\n", encoding="utf-8")
        return read_history(path, **{"scenario": plan, "exported": EXPORTED, **options})

    return _read


@pytest.fixture
def refused(read: Callable[..., History]) -> Callable[..., list[str]]:
    """What is wrong with some rows, a text each, as `line: column: message`."""

    def _refused(*rows: str, **options: Any) -> list[str]:
        with pytest.raises(HistoryError) as caught:
            read(*rows, **options)
        return [f"{one.line}: {one.path}: {one.message}" for one in caught.value.problems]

    return _refused

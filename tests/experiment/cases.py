"""Small scenarios to compare: two segments, a team, and something that may be done for one of them."""

from __future__ import annotations

from typing import Any

from simulation.scenario import Scenario, from_mapping

JOURNEY = {
    "live": {"stage": "adoption", "after": "2 months", "spread": 0.3},
    "proven": {
        "stage": "value", "after": "3 months", "spread": 0.3,
        "opportunity": {"kind": "add_on", "arr": 60, "take": "50%", "sensitivity": 1.0, "window": "60 days"},
    },
}  # fmt: skip


def segment(members: int = 30, arrivals: float = 3) -> dict[str, Any]:
    """A segment that moves, turns and leaves."""
    return {
        "desired_outcome": {"required": "works", "experience": {"patience": "5 days", "turn": "20 deg"}},
        "arr": {"lognormal": {"median": 300, "spread": 0.3}},
        "arrivals": {"per_month": arrivals},
        "population": {"members": members},
        "vector": {
            "direction": {"typical": "30 deg", "spread": "35 deg", "memory": "4 months"},
            "magnitude": {"typical": 1.0, "spread": 0.3, "memory": "6 months"},
            "interactions": "2 per month",
        },
        "journey": JOURNEY,
        "renewal": {"probability": "80%", "sensitivity": 1.0, "not_adopted": 1.0},
    }


def training(**changes: Any) -> dict[str, Any]:
    """Tech-touch training of the segment `a`, with effects on vector and journey."""
    return {
        "when": {"joined": "3 days"},
        "who": {"segments": "a"},
        "effects": [{"turn_toward": "50%"}, {"shorten": {"live": "50%"}}],
        "cost": {"per_delivery": 20},
    } | changes


def plan(**fields: Any) -> Scenario:
    """Two segments over a year in quarters; `fields` replace or add whole keys."""
    return from_mapping(mapping(**fields))


def mapping(**fields: Any) -> dict[str, Any]:
    """The same as plain values."""
    return {
        "name": "base", "start": "2027-01-01", "horizon": "12 months", "periods": "quarter",
        "segments": {"a": segment(), "b": segment(20, 2)},
        "assumptions": {"segments.a.arrivals.per_month": {"uniform": {"low": 2, "high": 4}}},
        "objectives": {"keep": {"measure": "members", "by": "2028-01-01", "at_least": 45}},
    } | fields  # fmt: skip

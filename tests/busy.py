"""A small scenario in which every mechanism without shared things is at work, and ways to vary it."""

from __future__ import annotations

from copy import deepcopy
from typing import Any

from tests.futures import Yaml

BUSY: Yaml = {
    "name": "busy",
    "start": "2027-01-31",
    "horizon": "18 months",
    "segments": {
        "firms": {
            "desired_outcome": {"required": "orders shipped"},
            "arr": {"lognormal": {"median": 9000, "spread": 0.5}},
            "term": "6 months",
            "arrivals": {"per_month": 2.5, "growth": "20% per year", "season": {"July": 0.4}},
            "population": {"members": 20, "tenure": {"exponential": {"mean": "14 months"}}},
            "vector": {
                "direction": {"typical": "30 deg", "spread": "40 deg"},
                "magnitude": {"typical": 1.1, "spread": 0.4},
                "interactions": "3 per month",
                "outcome_shifts": {"rate": "2 per year", "turn": "50 deg"},
            },
            "observed": {"direction_noise": "10 deg", "usage_noise": 0.2},
            "setbacks": {"rate": "4 per year", "resolves_itself": "30 days", "escalates_after": "15 days",
                         "turn": "60 deg"},
            "journey": {
                "live": {"stage": "adoption", "after": "1 month", "spread": 0.3},
                "proven": {
                    "stage": "value", "after": "2 months", "spread": 0.4, "self_evident": "50%",
                    "opportunity": {"kind": "add_on", "arr": 1500, "take": "45%", "sensitivity": 1.5,
                                    "window": "60 days"},
                },
                "spread": {
                    "stage": "growth", "after": "2 months", "spread": 0.3, "self_evident": "50%",
                    "opportunity": {"kind": "seats", "arr": {"uniform": {"low": 500, "high": 4000}}, "take": "60%",
                                    "sensitivity": 1.0, "window": "90 days"},
                },
            },
            "cycle": True,
            "renewal": {
                "probability": {"beta": {"a": 8, "b": 2}}, "not_adopted": 1.0, "no_value": 0.5, "escalation": 1.0,
                "sensitivity": 1.0, "grace": {"length": "20 days", "recovery": "30%"},
                "contraction": {"probability": "10%", "share": {"uniform": {"low": "10%", "high": "40%"}}},
            },
            "mid_term_churn": {"rate": {"gamma": {"a": 2, "scale": "5% per year"}}, "sensitivity": 0.5},
            "win_back": {"rate": "1 per year", "arr": "80%"},
            "price": {"uplift": "3% per year", "changes": [{"date": "2027-09-01", "change": "8%"}],
                      "response": {"renewal": -0.3, "joining": "-10%"}},
            "advocacy": {"rate": "2 per year", "converts": "40%", "delay": "20 days", "velocity": 0.6},
        },
        "shops": {
            "desired_outcome": {"required": "open in a day"},
            "arr": 600,
            "term": "3 months",
            "arrivals": {"per_month": 4},
            "population": {"members": 15},
            "vector": {"direction": {"spread": "60 deg"}, "interactions": "2 per month"},
            "journey": {"live": {"stage": "adoption", "after": "1 month"},
                        "sold": {"stage": "value", "after": "1 month", "self_evident": "80%",
                                 "opportunity": {"kind": "upsell", "arr": 200, "take": "30%", "window": "30 days"}}},
            "renewal": {"probability": "85%", "sensitivity": 1.5},
            "advocacy": {"rate": "1 per year", "converts": "30%", "needs_value": False, "segment": "firms"},
        },
    },
    "interventions": {
        "welcome": {"when": {"joined": "3 days"}, "effects": [{"turn_toward": {"mean": "30%", "sd": "10%"}}],
                    "accept": "80%"},
        "alert": {"when": {"off_course": "50 deg"}, "who": {"cooldown": "40 days"},
                  "effects": [{"turn_toward": "25%"}]},
        "support": {"when": {"setback": "2 days"}, "effects": [{"resolve_setback": "70%"}]},
        "review": {"when": {"renewal_due": "60 days"}, "who": {"coverage": "60%"},
                   "effects": [{"demonstrate_value": "80%"},
                               {"renewal_lift": {"points": 0.4, "half_life": "60 days"}}]},
        "tips": {"when": {"every": "45 days"}, "effects": [{"magnitude": {"factor": 1.1, "median_life": "30 days"}}]},
        "tee_up": {"when": {"approaching": {"milestone": "spread", "within": "1 month"}},
                   "effects": [{"take_lift": 0.5}, {"shorten": {"spread": "20%"}}]},
    },
}  # fmt: skip
FIRMS, SHOPS = "firms", "shops"


def changed(**parts: Any) -> Yaml:
    """The busy scenario with parts of it replaced; `firms__x` is part x of the segment firms."""
    scenario = deepcopy(BUSY)
    for path, value in parts.items():
        *folders, last = path.split("__")
        place = scenario
        for folder in folders:
            place = place["segments"][folder] if folder in scenario["segments"] else place[folder]
        place[last] = value
    return scenario

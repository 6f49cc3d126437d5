"""Small scenarios, one for each group of mechanisms, and the kinds of events that each must show.

Names of the file: plain dictionaries in the form of the YAML file. Rates are high and terms short, so that much
happens to few members; `coincidences` lets as much as possible happen at the same moment.
"""

from __future__ import annotations

import copy
from typing import Any

Yaml = dict[str, Any]


def merged(base: Yaml, over: Yaml) -> Yaml:
    """`base` with `over` laid over it; None removes a key."""
    result = copy.deepcopy(base)
    for key, value in over.items():
        if value is None:
            result.pop(key, None)
        elif isinstance(value, dict) and isinstance(result.get(key), dict):
            result[key] = merged(result[key], value)
        else:
            result[key] = copy.deepcopy(value)
    return result


OPPORTUNITY = {"kind": "add_on", "arr": {"median": 300, "spread": 0.4}, "take": "50%", "window": "60 days"}
SEGMENT: Yaml = {
    "desired_outcome": {"required": "works"},
    "arr": {"median": 1000, "spread": 0.5},
    "term": "6 months",
    "population": {"members": 25, "tenure": {"exponential": {"mean": "1 year"}}},
    "arrivals": {"per_month": 3},
    "vector": {
        "direction": {"typical": "35 deg", "spread": "35 deg"},
        "magnitude": {"spread": 0.4},
        "interactions": "3 per month",
    },
    "journey": {
        "first_use": {"stage": "adoption", "after": "1 month", "spread": 0.3},
        "daily_use": {"stage": "adoption", "after": "1 month"},
        "savings": {
            "stage": "value",
            "after": "2 months",
            "self_evident": "50%",
            "opportunity": merged(OPPORTUNITY, {"sensitivity": 1.5}),
        },
        "more": {"stage": "growth", "after": "2 months", "opportunity": merged(OPPORTUNITY, {"kind": "seats"})},
    },
    "renewal": {"probability": "85%", "not_adopted": 0.5, "no_value": 0.5, "sensitivity": 1},
}
BASE: Yaml = {"name": "base", "start": "2027-01-01", "horizon": "15 months", "segments": {"firms": SEGMENT}}
HIRES: Yaml = {
    "hires": [
        {"date": "2027-02-10", "people": 1, "lead_time": "20 days", "ramp": {"from": "20%", "over": "3 months"}},
        {"date": "2027-05-01", "people": 2, "ramp": {"from": "50%", "over": "2 months"}},
    ],
    "leavers": [{"date": "2027-06-10", "people": 1}, {"date": "2027-09-30", "people": 1}],
}
SERVED = ("requested", "started", "delivered")


def of(segment: Yaml | None = None, **rest: Any) -> Yaml:
    """The base scenario with changes to its segment and to the rest."""
    return merged(merged(BASE, {"segments": {"firms": segment or {}}}), rest)


def team(order: str) -> Yaml:
    """A team that is too small, with hires, ramps and leavers, and several interventions that queue for it."""
    return of(
        {
            "desired_outcome": {"experience": {"patience": "6 days", "turn": "20 deg"}},
            "mid_term_churn": {"rate": "80% per year"},
        },
        teams={"care": {"people": 2, "hours_per_month": 50, "available_share": "70%", "order": order, **HIRES}},
        interventions={
            "welcome": {"when": {"joined": "2 days"}, "team": "care", "effort": {"median": "5 hours", "spread": 0.5},
                        "effects": [{"turn_toward": "40%"}], "priority": 2},
            "check_in": {"when": {"every": "40 days"}, "team": "care", "effort": "3 hours", "accept": "80%",
                         "effects": [{"advance": "0.3 months"}], "priority": 2},
            "rescue": {"when": {"off_course": "60 deg"}, "who": {"cooldown": "20 days", "coverage": "70%"},
                       "team": "care", "effort": {"exponential": {"mean": "4 hours"}}, "priority": 1,
                       "effects": [{"turn_toward": {"mean": "40%", "sd": "30%"}}]},
        },
    )  # fmt: skip


TRIGGERS: Yaml = {
    "a_joined": {"when": {"joined": "5 days"}},
    "b_reached": {"when": {"reached": "first_use"}},
    "c_approaching": {"when": {"approaching": {"milestone": "savings", "within": "0.5 months"}}},
    "d_taken": {"when": {"taken": "savings"}, "price": {"recurring": 50}},
    "e_off_course": {"when": {"off_course": "50 deg"}, "who": {"cooldown": "10 days"}},
    "f_setback": {"when": {"setback": "2 days"}},
    "g_escalation": {"when": {"escalation": "1 day"}},
    "h_renewal": {"when": {"renewal_due": "30 days"}},
    "i_every": {"when": {"every": "25 days"}, "accept": "50%"},
    "j_on": {"when": {"on": ["2027-02-01", "2027-05-15"]}, "who": {"coverage": "60%"}},
}
SETBACKS = {"rate": "6 per year", "resolves_itself": "20 days", "escalates_after": "8 days", "turn": "60 deg"}
EFFECTS: list[Yaml] = [
    {"turn_toward": {"mean": "20%", "sd": "20%"}},
    {"magnitude": {"factor": {"uniform": {"low": 0.8, "high": 1.6}}, "lasts": "10 days"}},
    {"magnitude": {"factor": 1.2, "median_life": "15 days"}},
    {"magnitude": {"factor": 1.02}},
    {"advance": {"uniform": {"low": "0.1 months", "high": "2 months"}}},
    {"shorten": {"daily_use": "30%"}},
    {"shorten": {"more": {"uniform": {"low": "0%", "high": "60%"}}}},
    {"demonstrate_value": "60%"},
    {"resolve_setback": True},
    {"renewal_lift": {"points": {"mean": 0.3, "sd": 0.2}, "half_life": "60 days"}},
    {"renewal_lift": 0.1},
    {"take_lift": {"points": 0.5, "half_life": "30 days", "milestones": ["savings"]}},
]
QUOTA = {"team": "sales", "per_month": 900, "pushes": 4, "take": "40%", "turn": "20 deg"}

MECHANISMS: dict[str, tuple[Yaml, tuple[str, ...]]] = {
    "plain": (of(), ("present", "joined", "interaction", "milestone", "value_recognised", "offered", "taken",
                     "declined", "renewed", "left")),
    "team, first come": (team("first_come"), (*SERVED, "impatient", "withdrawn", "refused", "undelivered")),
    "team, by revenue": (team("revenue"), (*SERVED, "impatient", "withdrawn", "undelivered")),
    "team, by risk": (team("risk"), (*SERVED, "impatient", "withdrawn", "undelivered")),
    "two teams": (
        of(
            teams={"care": {"people": 1, "hours_per_month": 60}, "experts": {"people": 1, "hours_per_month": 30}},
            interventions={
                "first": {"when": {"reached": "first_use"}, "team": "care", "effort": "6 hours",
                          "effects": [{"advance": "1 month"}]},
                "second": {"when": {"reached": "daily_use"}, "team": "experts", "effort": "4 hours"},
                "third": {"when": {"renewal_due": "60 days"}, "team": "experts", "effort": "2 hours", "priority": 1},
            },
        ),
        SERVED,
    ),
    "sessions": (
        of(
            {"mid_term_churn": {"rate": "100% per year"},
             "desired_outcome": {"experience": {"patience": "9 days", "turn": "20 deg"}}},
            teams={"care": {"people": 1, "hours_per_month": 20, "order": "risk"}},
            interventions={
                "webinar": {"when": {"every": "20 days"}, "session": {"size": 6, "every": "9 days", "first": "4 days"},
                            "effects": [{"turn_toward": "20%"}]},
                "class": {"when": {"joined": "0 days"}, "session": {"size": 4, "every": "14 days"}, "team": "care",
                          "effort": {"median": "9 hours", "spread": 0.4}, "effects": [{"advance": "0.5 months"}]},
                "call": {"when": {"reached": "first_use"}, "team": "care", "effort": "2 hours", "priority": 1},
            },
        ),
        (*SERVED, "impatient", "withdrawn", "undelivered"),
    ),
    "sessions that are full": (  # members wait for months, leave and come back meanwhile, and are pushed
        of(
            {"mid_term_churn": {"rate": "60% per year"}, "win_back": {"rate": "4 per year", "arr": "90%"}},
            teams={"sales": {"people": 1, "hours_per_month": 60}},
            interventions={
                "webinar": {"when": {"every": "30 days"}, "session": {"size": 2, "every": "30 days", "first": "7 days"},
                            "effects": [{"turn_toward": "20%"}]},
                "circle": {"when": {"reached": "first_use"}, "session": {"size": 1, "every": "11 days"},
                           "effects": [{"advance": "1 month"}]},
                "class": {"when": {"joined": "3 days"}, "session": {"size": 3, "every": "25 days"}, "team": "sales",
                          "effort": "7 hours", "effects": [{"magnitude": {"factor": 1.2, "lasts": "40 days"}}]},
                "call": {"when": {"renewal_due": "60 days"}, "team": "sales", "effort": "5 hours"},
            },
            selling={"quota": QUOTA},
        ),
        (*SERVED, "withdrawn", "returned", "pushed"),
    ),
    "quota": (
        of(
            teams={"sales": {"people": 1, "hours_per_month": 100}},
            interventions={
                "set_up": {"when": {"taken": "more"}, "team": "sales", "effort": "8 hours", "price": {"recurring": 20}},
                "call": {"when": {"every": "30 days"}, "team": "sales", "effort": "6 hours"},
            },
            selling={"quota": QUOTA},
        ),
        (*SERVED, "pushed", "push_taken"),
    ),
    "grace": (
        of({"renewal": {"grace": {"length": "20 days", "recovery": "40%"},
                        "contraction": {"probability": "40%", "share": {"uniform": {"low": "10%", "high": "60%"}},
                                        "sensitivity": 1}}}),
        ("grace", "recovered", "contracted"),
    ),
    "win-back": (
        of({"mid_term_churn": {"rate": {"median": "90% per year", "spread": 0.5}, "sensitivity": 0.7},
            "win_back": {"rate": {"median": "300% per year", "spread": 0.5}, "within": "5 months", "arr": "70%"}},
           interventions={name: act for name, act in TRIGGERS.items() if name not in ("f_setback", "g_escalation")}),
        ("left", "returned"),
    ),
    "price": (
        of({"renewal": {"contraction": {"probability": "10%", "share": "20%"}},
            "price": {"uplift": "4% per year",
                      "changes": [{"date": "2027-01-01", "change": "3%"},
                                  {"date": "2027-04-01", "change": "10%", "grandfather": True},
                                  {"date": "2027-07-15", "change": "12%"}],
                      "response": {"renewal": -0.5, "joining": "-20%", "contraction": 0.5}}}),
        ("renewed", "contracted"),
    ),
    "advocacy": (
        merged(
            of({"advocacy": {"rate": "4 per year", "velocity": 0.2, "converts": "60%", "segment": "others",
                             "delay": "10 days"}}),
            {"segments": {"others": merged(SEGMENT, {
                "population": {"members": 5}, "arrivals": None,
                "advocacy": {"rate": "6 per year", "velocity": 0, "needs_value": False, "converts": "50%"}})}},
        ),
        ("referred", "joined"),
    ),
    "setbacks": (
        of({"setbacks": SETBACKS, "renewal": {"escalation": 1},
            "vector": {"outcome_shifts": {"rate": "2 per year", "turn": "40 deg"}}},
           teams={"support": {"people": 1, "hours_per_month": 30}},
           interventions={
               "support": {"when": {"setback": "3 days"}, "team": "support", "effort": "3 hours",
                           "effects": [{"resolve_setback": "70%"}]},
               "rescue": {"when": {"escalation": "0 days"}, "effects": [{"resolve_setback": True}], "accept": "60%"}}),
        (*SERVED, "setback", "resolved", "escalated", "outcome_shift"),
    ),
    "noise": (
        of({"observed": {"direction_noise": "30 deg", "usage_noise": 0.3}},
           teams={"care": {"people": 1, "hours_per_month": 60, "order": "risk"}},
           interventions={
               "alert": {"when": {"off_course": "40 deg"}, "team": "care", "effort": "2 hours",
                         "who": {"cooldown": "15 days", "usage": {"at_least": 0.5}, "risk": {"at_least": "5%"}},
                         "effects": [{"turn_toward": "50%"}]}}),
        SERVED,
    ),
    "cycle": (
        of({"cycle": True, "journey": {"more": {"after": "0.7 months"}}},
           teams={"sales": {"people": 1, "hours_per_month": 100}},
           interventions={"thanks": {"when": {"taken": "more"}, "who": {"cooldown": "1 days"},
                                     "effects": [{"advance": "3 months"}]},
                          "tee_up": {"when": {"approaching": {"milestone": "more", "within": "0.3 months"}},
                                     "effects": [{"take_lift": 1}, {"shorten": {"more": "20%"}}]}},
           selling={"quota": merged(QUOTA, {"per_month": 90000})}),
        ("taken", "pushed", "delivered"),
    ),
    "every trigger": (
        of({"setbacks": SETBACKS}, interventions=TRIGGERS), ("refused", "delivered"),
    ),
    "every trigger, queued": (
        of({"setbacks": SETBACKS, "desired_outcome": {"experience": {"patience": "10 days", "turn": "10 deg"}}},
           teams={"care": {"people": 3, "hours_per_month": 150, "order": "revenue"}},
           interventions={name: {**one, "team": "care", "effort": "4 hours", "priority": 1 + n % 3}
                          for n, (name, one) in enumerate(TRIGGERS.items())}),
        SERVED,
    ),
    "every effect": (
        of({"setbacks": SETBACKS, "cycle": True},
           interventions={"much": {"when": {"every": "13 days"}, "effects": EFFECTS},
                          "backfire": {"when": {"renewal_due": "40 days"}, "effects": [{"turn_toward": "-50%"}]}}),
        ("delivered", "expired", "resolved", "value_recognised"),
    ),
    "every audience": (
        of({"setbacks": SETBACKS},
           interventions={
               f"act_{n}": {"when": {"every": "17 days"}, "who": who, "effects": [{"turn_toward": "20%"}]}
               for n, who in enumerate((
                   {"stage": ["adoption", "growth"]}, {"off_course": "30 deg"}, {"on_course": "50 deg"},
                   {"usage": {"at_least": 0.7, "at_most": 1.4}}, {"arr": {"at_least": 700, "at_most": 1500}},
                   {"tenure": {"at_least": "100 days", "at_most": "400 days"}}, {"risk": {"at_least": "10%"}},
                   {"value_recognised": True}, {"cooldown": "40 days"}, {"coverage": "30%"}))}),
        ("delivered",),
    ),
    "first day": (
        of(
            {"population": {"tenure": None}, "term": "1 month"},
            teams={"care": {"people": 2, "hours_per_month": 60}},
            interventions={
                "long_before": {"when": {"renewal_due": "60 days"}, "team": "care", "effort": "1 hour", "priority": 1},
                "at_once": {"when": {"on": "2027-01-01"}, "team": "care", "effort": "1 hour"},
                "welcome": {"when": {"joined": "0 days"}, "effects": [{"advance": "1 month"}]},
            },
            horizon="90 days",
        ),
        SERVED,
    ),
    "coincidences": (
        merged(
            of(
                {"population": {"members": 40, "tenure": "30 days"}, "term": "1 month", "setbacks": SETBACKS,
                 "desired_outcome": {"experience": {"patience": "5 days", "turn": "15 deg"}}, "arr": 1000,
                 "renewal": {"probability": "97%"}, "cycle": True,
                 "journey": {"more": {"opportunity": {"window": "5 days", "arr": 100}}},
                 "price": {"changes": [{"date": "2027-01-31", "change": "5%"}]}},
                # one hour of work takes a day, so services end at midnight too
                teams={"sales": {"people": 2, "hours_per_month": "30.4375", "order": "revenue",
                                 "hires": [{"date": "2027-01-26", "people": 1},
                                           {"date": "2027-02-01", "people": 1,
                                            "ramp": {"from": "50%", "over": "10 days"}}],
                                 "leavers": [{"date": "2027-02-10", "people": 1}]},
                       "aides": {"people": 1, "hours_per_month": "30.4375"}},
                interventions={
                    "a_first": {"when": {"on": ["2027-01-01", "2027-01-26", "2027-02-01", "2027-02-24"]},
                                "team": "sales", "effort": "1 hour", "effects": [{"advance": "1 month"}]},
                    "b_same": {"when": {"on": ["2027-01-01", "2027-01-26", "2027-02-01"]}, "team": "sales",
                               "effort": "0 hours", "effects": [{"advance": "1 month"}, {"turn_toward": "10%"}]},
                    "c_class": {"when": {"every": "5 days"}, "team": "sales", "effort": "1 hour", "priority": 50,
                                "session": {"size": 5, "every": "5 days"}, "effects": [{"advance": "1 month"}]},
                    "d_talk": {"when": {"every": "5 days"}, "session": {"size": 50, "every": "5 days"},
                               "effects": [{"advance": "2 months"}]},
                    "e_again": {"when": {"reached": "more"}, "session": {"size": 3, "every": "1 days"},
                                "effects": [{"turn_toward": "30%"}]},
                    "f_help": {"when": {"taken": "more"}, "team": "aides", "effort": "0 hours", "priority": 1,
                               "effects": [{"magnitude": {"factor": 1.5, "lasts": "5 days"}}]},
                    "g_due": {"when": {"renewal_due": "5 days"}, "team": "aides", "effort": "1 hour"},
                },
                horizon="100 days",
                selling={"quota": merged(QUOTA, {"pushes": 20, "per_month": 90000})},
            ),
            {"segments": {"twins": merged(SEGMENT, {"population": {"members": 20, "tenure": "30 days"}, "arr": 1000,
                                                    "vector": {"interactions": "0 per month"}})}},
        ),
        (*SERVED, "pushed", "impatient", "expired"),
    ),
}  # fmt: skip

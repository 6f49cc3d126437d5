"""Forecasts to report on: an ordinary one, one with nothing in it, and one with names that attack."""

from __future__ import annotations

from dataclasses import replace
from datetime import date
from types import SimpleNamespace
from typing import Any

from simulation.engine import ledger as names
from simulation.engine.ledger import Frame, Ledger, RunResult, make_cells
from simulation.forecast import Forecast
from tests.forecast.builders import constant, objective, plain_scenario, random_result

EVIL = '<script>alert("1")</script>'
FORMULA = '=HYPERLINK("x")&$a_b^c$'
LONG = "an_intervention_with_a_name_that_goes_on_and_on_" * 3


def forecast(**options: Any) -> Forecast:
    """A forecast of made-up counts."""
    return Forecast.from_result(random_result(**options), plain_scenario())


def empty(replications: int = 1, members: int = 0, days: int = 20) -> Forecast:
    """One segment and nothing else: no journey, team, intervention, assumption or objective; nothing happens."""
    edges, periods, windows = make_cells(date(2027, 3, 15), days)
    frame = Frame(
        "Nothing", "XXX", date(2027, 3, 15), days, ("only",), (), (), (), edges, periods, windows,
    )  # fmt: skip
    ledger = Ledger.zeros(frame, replications)
    for column in ("members", "adoption", "on_track"):
        ledger.opening[:, 0, names.OPEN.index(column)] = members
    ledger.cohort[..., names.COHORT.index("start_members")] = members
    ledger.cohort[..., names.COHORT.index("kept_members")] = members
    vector = SimpleNamespace(
        direction=SimpleNamespace(typical=0.0, spread=0.0), magnitude=SimpleNamespace(typical=1.0, spread=0.0)
    )
    renewal = SimpleNamespace(probability=constant(1.0))
    segment = SimpleNamespace(journey={}, vector=vector, renewal=renewal)
    scenario = plain_scenario(
        name="Nothing", description="", currency="XXX", segments={"only": segment}, interventions={},
        objectives={}, known={}, assumptions={},
    )  # fmt: skip
    numbers = list(range(replications))
    return Forecast.from_result(RunResult(frame, ledger, 1, numbers, [one // 2 for one in numbers], {}), scenario)


def hostile() -> Forecast:
    """Every free text of a scenario is markup, a formula, mathematics or very long."""
    result = random_result(replications=6)
    frame = result.frame
    renamed = {"individual": EVIL, "corporate": FORMULA}
    kinds = [
        (renamed[segment], LONG if name == "live" else f"{name} {EVIL}", *rest)
        for segment, name, *rest in frame.milestones
    ]  # noqa: E501
    teams = {"success": f"-{EVIL}", "support": f"@{LONG}"}
    frame = replace(
        frame, name=EVIL, currency="$\\frac$", segments=tuple(renamed.values()), milestones=tuple(kinds),
        interventions=(FORMULA, LONG, EVIL), teams=tuple(teams.values()),
    )  # fmt: skip
    old = plain_scenario()
    segments = {renamed[name]: one for name, one in old.segments.items()}
    path = f"segments.{EVIL}.x"
    origin = SimpleNamespace(source=EVIL, evidence="own", owner="=1+1", review_by=None, comment=f"{EVIL} & more")
    resolved = {"assumptions": {path: {"uniform": {"low": 0, "high": 1}}}, "segments": {EVIL: {"x": 1}}}
    scenario = plain_scenario(
        name=EVIL, description=f"{EVIL} {FORMULA}", currency="$\\frac$", segments=segments,
        interventions={
            FORMULA: SimpleNamespace(team=teams["success"]),
            LONG: SimpleNamespace(team=None),
            EVIL: SimpleNamespace(team=teams["success"]),
        },
        objectives={EVIL: objective("expansion", within=90.0, at_least=1e6, segment=EVIL)},
        known={}, assumptions={path: origin}, provenance={f"segments.{EVIL}.y": origin},
    )  # fmt: skip
    scenario.resolved = lambda: resolved
    draws = dict.fromkeys([path], next(iter(result.assumption_values.values())))
    return Forecast.from_result(replace(result, frame=frame, assumption_values=draws), scenario)

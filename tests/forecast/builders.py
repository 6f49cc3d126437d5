"""Ledgers made without an engine: random ones that respect every identity, and a scenario to go with them."""

from __future__ import annotations

from datetime import date
from types import SimpleNamespace
from typing import Any

import numpy as np

from simulation.engine import ledger as names
from simulation.engine.identities import at_edges, net_arr, net_members
from simulation.engine.ledger import Frame, Ledger, RunResult, make_cells

JOURNEYS = {
    "individual": (("first_value", "adoption", None), ("certified", "value", "add_on")),
    "corporate": (("live", "adoption", None), ("proven", "value", "upsell"), ("spread", "growth", "seats")),
}
INTERVENTIONS = {"training": "success", "newsletter": None, "review": "success"}
TEAMS = ("success", "support")
ASSUMPTION = "segments.individual.arrivals.per_month"


def plain_frame(
    *,
    start: date = date(2027, 1, 1),
    days: int = 730,
    periods: str = "month",
    fiscal_year_starts: int = 1,
    extra: tuple[int, ...] = (),
) -> Frame:
    """Two segments, five milestones, three interventions and two teams."""
    edges, spans, windows = make_cells(start, days, periods, fiscal_year_starts, extra)
    return Frame(
        name="Made up",
        currency="USD",
        start=start,
        days=days,
        segments=tuple(JOURNEYS),
        milestones=tuple((segment, *one) for segment, journey in JOURNEYS.items() for one in journey),
        interventions=tuple(INTERVENTIONS),
        teams=TEAMS,
        cell_edges=edges,
        periods=spans,
        windows=windows,
    )


def random_ledger(frame: Frame, replications: int, rng: np.random.Generator, pace: np.ndarray) -> Ledger:
    """Fill a ledger at random; `pace` scales the arrivals of each replication."""
    ledger = Ledger.zeros(frame, replications)
    lengths = np.diff(frame.cell_edges)
    ledger.team_cost[:] = np.array([[80_000], [0]]) * lengths
    ledger.team_seconds[:] = np.array([[4], [0]]) * lengths * names.DAY_SECONDS
    ledger.cost_per_delivery[:] = [4_000, 10, 0]
    ledger.fixed_cost[:, 0] = 100
    for replication in range(replications):
        for segment in range(len(frame.segments)):
            _fill_segment(frame, ledger, replication, segment, rng, float(pace[replication]))
    _fill_teams(frame, ledger, rng)
    _fill_cohorts(frame, ledger, rng)
    ledger.events[:] = rng.integers(1_000, 2_000, replications)
    return ledger


def _fill_segment(
    frame: Frame, ledger: Ledger, replication: int, segment: int, rng: np.random.Generator, pace: float
) -> None:
    members = int(rng.integers(50, 100))
    arr = members * 100_000
    opening = dict.fromkeys(names.OPEN, 0) | {"members": members, "arr": arr}
    stages = rng.multinomial(members, [0.4, 0.3, 0.2, 0.1])
    courses = rng.multinomial(members, [0.6, 0.3, 0.1])
    opening |= dict(zip(names.STAGES, map(int, stages), strict=True))
    opening |= dict(zip(names.COURSES, map(int, courses), strict=True))
    ledger.opening[replication, segment] = [opening[name] for name in names.OPEN]
    for cell in range(frame.cells):
        flow = dict.fromkeys(names.FLOW, 0)
        days = int(frame.cell_edges[cell + 1] - frame.cell_edges[cell])
        flow["joined"] = int(rng.poisson(0.2 * pace * days))
        flow["referred"] = int(rng.poisson(0.02 * days))
        flow["returned"] = int(rng.poisson(0.005 * days))
        flow["left"] = int(rng.binomial(members, min(0.5, 0.0005 * days)))
        flow["churn"] = arr * flow["left"] // max(members, 1)
        flow["contraction"] = int(rng.integers(0, 1 + (arr - flow["churn"]) // 200))
        flow["arr_new"] = (flow["joined"] + flow["referred"]) * int(rng.integers(80_000, 120_000))
        flow["arr_returned"] = flow["returned"] * 70_000
        flow["uplift"] = int(rng.integers(0, 1 + arr // 500))
        flow["arr_seconds"] = int(rng.integers(-1000, 1000)) * days * names.DAY_SECONDS
        won = int(rng.binomial(members, 0.002 * days * 0.5))
        lost = int(rng.binomial(won, 0.2))
        flow |= {
            "renewals_won": won - lost,
            "renewals_lost": lost,
            "renewals_due": won + int(rng.integers(0, 2)),
        }
        flow |= {"first_won": (won - lost) // 3, "first_lost": lost // 2}
        for place, key in enumerate(("setbacks", "escalations", "impatient", "shifts", "recognised")):
            flow[key] = int(rng.poisson(1 + place))
        change = flow["joined"] + flow["referred"] + flow["returned"] - flow["left"]
        members += change
        for part in (names.STAGES, names.COURSES):
            before = np.array([opening[name] for name in part])
            after = rng.multinomial(members, np.full(len(part), 1 / len(part)))
            flow |= dict(zip(part, map(int, after - before), strict=True))
            opening |= dict(zip(part, map(int, after), strict=True))
        _fill_parts(frame, ledger, replication, segment, cell, flow, rng)
        arr += flow["arr_new"] + flow["arr_returned"] + flow["expansion"] + flow["uplift"]
        arr -= flow["contraction"] + flow["churn"]
        ledger.flows[replication, segment, cell] = [flow[name] for name in names.FLOW]
        share = rng.multinomial(flow["renewals_won"], np.full(names.TERMS, 1 / names.TERMS))
        ledger.terms[replication, segment, :, 0] += share
        ledger.terms[replication, segment, 0, 1] += flow["renewals_lost"]
    observed = np.sort(rng.integers(50, 100, len(names.FIRST_VALUE_DAYS)))[::-1]
    reached = np.sort(rng.integers(0, 50, len(names.FIRST_VALUE_DAYS)))
    ledger.first_value[replication, segment] = np.stack([observed, reached], axis=-1)


def _fill_parts(
    frame: Frame,
    ledger: Ledger,
    replication: int,
    segment: int,
    cell: int,
    flow: dict[str, int],
    rng: np.random.Generator,
) -> None:
    """Milestones and interventions of one segment and cell; expansion and fees add up to the flows."""
    expansion = fees = 0
    for place, (owner, _, _, kind) in enumerate(frame.milestones):
        if owner != frame.segments[segment]:
            continue
        reached = int(rng.poisson(4))
        one = dict.fromkeys(names.MS, 0) | {"reached": reached}
        if kind is not None:
            one["offered"] = int(rng.binomial(reached, 0.9))
            one["taken"] = int(rng.binomial(one["offered"], 0.6))
            one["lapsed"] = reached - one["offered"]
            one["expansion"] = one["taken"] * 12_000
            one["pushed"] = int(rng.poisson(1))
            one["push_taken"] = int(rng.binomial(one["pushed"], 0.2))
            one["push_expansion"] = one["push_taken"] * 9_000
        expansion += one["expansion"] + one["push_expansion"]
        ledger.milestones[replication, place, cell] = [one[name] for name in names.MS]
    for place, team in enumerate(INTERVENTIONS.values()):
        requested = int(rng.poisson(3))
        started = int(rng.binomial(requested, 0.8))
        one = dict.fromkeys(names.IV, 0) | {"requested": requested, "started": started, "delivered": started}
        if team is not None:
            one["wait_seconds"] = started * int(rng.integers(0, 10 * names.DAY_SECONDS))
            one["work_seconds"] = started * int(rng.integers(1_800, 7_200))
        one |= {"fees": started * 500 * place, "recurring": started * 100 * (place == 2)}
        expansion += one["recurring"]
        fees += one["fees"]
        ledger.interventions[replication, place, segment, cell] = [one[name] for name in names.IV]
    flow |= {"expansion": expansion, "fees": fees}


def _fill_teams(frame: Frame, ledger: Ledger, rng: np.random.Generator) -> None:
    by_team = ledger.interventions.sum(axis=2)
    mine = [place for place, team in enumerate(INTERVENTIONS.values()) if team == "success"]
    for column in ("started", "wait_seconds"):
        total = by_team[..., names.IV.index(column)][:, mine].sum(axis=1)
        ledger.teams[:, 0, :, names.TM.index(column)] = total
    queue = rng.integers(0, 5, (ledger.replications, frame.cells))
    lengths = np.diff(frame.cell_edges) * names.DAY_SECONDS
    ledger.teams[:, 0, :, names.TM.index("queue")] = np.diff(queue, axis=1, prepend=0)
    ledger.teams[:, 0, :, names.TM.index("queue_seconds")] = queue * lengths
    use = rng.uniform(0.5, 1, queue.shape)
    ledger.teams[:, 0, :, names.TM.index("busy_seconds")] = np.floor(use * ledger.team_seconds[:, 0])
    started = ledger.teams[:, 0, :, names.TM.index("started")].sum(axis=-1)
    ledger.waits[:, 0, 3] = started


def _fill_cohorts(frame: Frame, ledger: Ledger, rng: np.random.Generator) -> None:
    first = [window.first_cell for window in frame.windows]
    for name, change, kept, start in (
        ("arr", net_arr(ledger.flows), "kept_arr", "start_arr"),
        ("members", net_members(ledger.flows), "kept_members", "start_members"),
    ):
        level = at_edges(ledger.opening[..., names.OPEN.index(name)], change)[..., first]
        ledger.cohort[..., names.COHORT.index(start)] = level
        part = np.floor(level * rng.uniform(0.7, 1, level.shape)).astype(np.int64)
        ledger.cohort[..., names.COHORT.index(kept)] = part
        if name == "arr":
            end = part + np.floor(level * rng.uniform(0, 0.3, level.shape)).astype(np.int64)
            ledger.cohort[..., names.COHORT.index("end_arr")] = end


def random_result(*, seed: int = 1, replications: int = 12, assumptions: bool = True, **frame: Any) -> RunResult:
    """A run made up at random; with assumptions, the arrivals depend on the point that twins share."""
    rng = np.random.default_rng(seed)
    static = plain_frame(**frame)
    points = [one // 2 for one in range(replications)]
    draws = rng.uniform(0.2, 3, replications // 2 + 1)[points]
    values = {ASSUMPTION: draws} if assumptions else {}
    pace = draws if assumptions else np.ones(replications)
    ledger = random_ledger(static, replications, rng, pace)
    return RunResult(static, ledger, seed, list(range(replications)), points, values)


def constant(value: float) -> Any:
    """A stand-in for a distribution of one value."""
    return SimpleNamespace(mean=lambda: value, value=value, is_constant=True)


def plain_scenario(**changes: Any) -> Any:
    """A scenario that fits `plain_frame`: only what the forecast reads."""
    segments = {}
    for name, journey in JOURNEYS.items():
        milestones = {}
        for milestone, stage, kind in journey:
            offer = SimpleNamespace(kind=kind, take=0.6, arr=constant(12_000)) if kind else None
            milestones[milestone] = SimpleNamespace(stage=stage, after=2.0, spread=0.25, opportunity=offer)
        vector = SimpleNamespace(
            direction=SimpleNamespace(typical=0.5, spread=0.3),
            magnitude=SimpleNamespace(typical=1.0, spread=0.4),
        )
        renewal = SimpleNamespace(probability=constant(0.9))
        segments[name] = SimpleNamespace(journey=milestones, vector=vector, renewal=renewal)
    whole = {
        "name": "Made up",
        "description": "For tests.",
        "currency": "USD",
        "start": date(2027, 1, 1),
        "segments": segments,
        "interventions": {name: SimpleNamespace(team=team) for name, team in INTERVENTIONS.items()},
        "objectives": {
            "q1": objective("expansion", within=90.0, at_least=200_000.0),
            "keep": objective("nrr", at_least=0.9, segment="individual"),
        },
        "known": {
            "segments.individual.first_year_renewal": SimpleNamespace(
                low=0.62, high=0.68, source="benchmark", evidence="published", comment=None
            )
        },
        "assumptions": {
            ASSUMPTION: SimpleNamespace(
                source="prior", evidence="prior", owner="team", review_by=None, comment=None, joint=None
            )
        },
        "provenance": {},
    }
    whole |= changes
    resolved = {
        "name": whole["name"],
        "assumptions": {ASSUMPTION: {"uniform": {"low": 0.2, "high": 3}, "source": "prior"}},
    }
    return SimpleNamespace(**whole, resolved=lambda: resolved, digest=lambda: "0" * 64)


def objective(measure: str, **fields: Any) -> Any:
    """A stand-in for an objective."""
    empty = dict.fromkeys(("within", "by", "at_least", "at_most", "segment", "milestone", "kind"))
    return SimpleNamespace(measure=measure, **(empty | fields))

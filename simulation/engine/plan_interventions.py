"""Interventions and their effects, as records."""

from __future__ import annotations

import numpy as np

from simulation.engine.layout import intervention_names
from simulation.engine.plan_segments import Collector
from simulation.model.random import domain
from simulation.model.state import (
    BY_SESSION,
    BY_TEAM,
    E_MAGNITUDE,
    E_RENEWAL_LIFT,
    E_TAKE_LIFT,
    EFFECT,
    EFFECTS,
    INTERVENTION,
    NEVER,
    STAGES,
    TECH_TOUCH,
    TRIGGERS,
    Records,
)  # fmt: skip
from simulation.scenario.schema import Effect, Intervention, Scenario, Who

TRACES = (E_MAGNITUDE, E_RENEWAL_LIFT, E_TAKE_LIFT)


def intervention_records(
    scenario: Scenario, milestones: list[str], collector: Collector
) -> tuple[Records, Records, int]:
    """Records of the interventions in the order (priority, name), of their effects, and the number of traces."""
    names = intervention_names(scenario)
    teams = sorted(scenario.teams)
    records = np.zeros(len(names), INTERVENTION)
    effects: list[Records] = []
    purpose = collector.purposes.of
    traces = 0
    for name, row in zip(names, records, strict=True):
        plan = scenario.interventions[name]
        _trigger(row, plan, scenario, milestones, collector)
        _audience(row, plan.who, list(scenario.segments))
        row["delivery"] = BY_SESSION if plan.session else BY_TEAM if plan.team else TECH_TOUCH
        row["team"] = teams.index(plan.team) if plan.team else -1
        row["effort_dist"] = collector.add(plan.effort)
        if plan.session:
            row["size"], row["session_every"], row["first"] = plan.session.size, plan.session.every, plan.session.first
        row["accept"], row["priority"] = plan.accept, plan.priority
        row["fee"], row["recurring"] = plan.price.fee, plan.price.recurring
        row["p_cover"], row["p_accept"] = purpose("coverage", name), purpose("accept", name)
        row["p_effort"], row["key"] = purpose("effort", name), domain(f"session\x1f{name}")
        row["first_effect"], row["n_effects"] = len(effects), len(plan.effects)
        kinds: list[str] = []
        for effect in plan.effects:
            # by its number among those of its kind, so that one before it of another kind leaves its luck alone
            own = purpose(f"effect {effect.kind} {kinds.count(effect.kind)}", name)
            kinds.append(effect.kind)
            effects.append(_effect(effect, own, milestones, traces, collector))
            traces += int(effects[-1][0]["kind"]) in TRACES
    return records, np.concatenate(effects) if effects else np.zeros(0, EFFECT), traces


def _trigger(row: np.void, plan: Intervention, scenario: Scenario, milestones: list[str], collector: Collector) -> None:
    when = plan.when
    row["trigger"] = TRIGGERS.index(when.trigger)
    row["delay"], row["within"], row["angle"] = when.delay, when.within, when.angle
    row["milestone"] = milestones.index(when.milestone) if when.milestone else -1
    if when.trigger == "every":
        row["every"] = when.delay
    days = [float((day - scenario.start).days) for day in sorted(when.dates)]
    row["first_date"], row["n_dates"] = collector.store(days), len(days)


def _audience(row: np.void, who: Who, segments: list[str]) -> None:
    wanted = segments if who.segments is None else who.segments
    row["segments"] = sum(1 << segments.index(name) for name in wanted)
    row["stages"] = 0b1111 if who.stage is None else sum(1 << STAGES.index(stage) for stage in who.stage)
    row["off_course"] = who.off_course or 0.0
    row["on_course"] = NEVER if who.on_course is None else who.on_course
    for field in ("usage", "tenure", "risk"):
        limits = getattr(who, field)
        row[f"{field}_low"] = 0.0 if limits is None or limits.at_least is None else limits.at_least
        row[f"{field}_high"] = NEVER if limits is None or limits.at_most is None else limits.at_most
    row["arr_low"] = 0 if who.arr is None or who.arr.at_least is None else who.arr.at_least
    row["arr_high"] = 2**62 if who.arr is None or who.arr.at_most is None else who.arr.at_most
    row["value"] = -1 if who.value_recognised is None else int(who.value_recognised)
    row["cooldown"], row["coverage"] = who.cooldown, who.coverage


def _effect(effect: Effect, own: int, milestones: list[str], traces: int, collector: Collector) -> Records:
    rows = np.zeros(1, EFFECT)
    row = rows[0]
    row["kind"], row["amount"] = EFFECTS.index(effect.kind), collector.add(effect.amount)
    row["slot"] = traces if row["kind"] in TRACES else -1
    row["milestone"] = milestones.index(effect.milestone) if effect.milestone else -1
    covered = effect.milestones
    row["milestones"] = -1 if covered is None else sum(1 << milestones.index(name) for name in covered)
    row["half_life"] = NEVER if effect.half_life is None else effect.half_life
    row["lasts"] = NEVER if effect.lasts is None else effect.lasts
    row["median_life"] = NEVER if effect.median_life is None else effect.median_life
    row["p_amount"] = own
    chance = effect.kind in ("demonstrate_value", "resolve_setback")
    row["certain"] = (
        effect.amount.is_constant and not (chance and effect.amount.value < 1.0) and effect.median_life is None
    )
    return rows

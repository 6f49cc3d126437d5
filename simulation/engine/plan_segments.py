"""Segments, their milestones and prices, as records."""

from __future__ import annotations

import math

import numpy as np

from simulation.engine.purposes import Purposes
from simulation.model import special
from simulation.model.quantiles import compile_distributions
from simulation.model.random import domain
from simulation.model.state import MILESTONE, NEVER, PRICE, SEGMENT, STAGES, Records
from simulation.scenario.distributions import Distribution
from simulation.scenario.schema import Milestone, Scenario, Segment, Vector

KINDS = ("upsell", "cross_sell", "add_on", "seats")


class Collector:
    """Distributions and plain numbers of a plan, gathered into one table while records point into it; and its purposes.

    Parameters
    ----------
    purposes
        Names of random numbers that were given out so far.
    """

    def __init__(self, purposes: Purposes) -> None:
        self.purposes = purposes
        self.distributions: list[Distribution] = []
        self.numbers: list[float] = []
        self._places: dict[Distribution, int] = {}

    def add(self, distribution: Distribution | None) -> int:
        """Index of a distribution; -1 for none."""
        if distribution is None:
            return -1
        if distribution not in self._places:
            self._places[distribution] = len(self.distributions)
            self.distributions.append(distribution)
        return self._places[distribution]

    def store(self, numbers: list[float]) -> int:
        """Offset of a stretch of numbers in the table."""
        self.numbers += numbers
        return len(self.numbers) - len(numbers)

    def compile(self) -> tuple[Records, np.ndarray]:
        """Records of the distributions, and the table: the plain numbers first, then the quantiles."""
        records, quantiles = compile_distributions(self.distributions)
        records["offset"] += len(self.numbers)
        return records, np.concatenate([np.array(self.numbers, float), quantiles])


def reference_velocity(vector: Vector) -> float:
    """Mean velocity of the untouched vector: median e^(s^2/2) cos(typical) e^(-spread^2/2).

    The expectations of a lognormal magnitude and of the cosine of a normal direction (angles in radians); they are
    independent in the stationary base.
    """
    direction, magnitude = vector.direction, vector.magnitude
    return float(
        magnitude.typical
        * special.exp(magnitude.spread**2 / 2)
        * special.cos(direction.typical)
        * special.exp(-(direction.spread**2) / 2)
    )


def segment_records(scenario: Scenario, days: int, collector: Collector) -> tuple[Records, Records, Records, list[str]]:
    """Records of the segments, of all milestones and prices, and the different names of milestones."""
    segments = np.zeros(len(scenario.segments), SEGMENT)
    milestones: list[Records] = []
    prices: list[tuple[float, float, int]] = []
    names: list[str] = []
    for segment, record in zip(scenario.segments.items(), segments, strict=True):
        name, plan = segment
        record["first_milestone"], record["n_milestones"] = len(milestones), len(plan.journey)
        stages = [one.stage for one in plan.journey.values()]
        record["n_adoption"], record["n_value"] = stages.count("adoption"), stages.count("value")
        record["cycle"] = plan.cycle
        record["domain"] = domain(name)
        for milestone, one in plan.journey.items():
            if milestone not in names:
                names.append(milestone)
            milestones.append(_milestone(milestone, one, names.index(milestone), collector))
        changes = [
            (float((c.date - scenario.start).days), 1.0 + c.change, int(c.grandfather)) for c in plan.price.changes
        ]
        record["first_price"] = len(prices)
        prices += [change for change in changes if change[0] >= 0]
        record["n_prices"] = len(prices) - record["first_price"]
        _vector(record, plan)
        _renewal(record, plan, collector)
        _growth(record, plan, scenario, days, [change for change in changes if change[0] >= 0], collector)
    table = np.concatenate(milestones) if milestones else np.zeros(0, MILESTONE)
    return segments, table, np.array(prices, PRICE), names


def _gap(rate: float) -> float:
    return 1.0 / rate if rate > 0.0 else NEVER


def _vector(record: np.void, plan: Segment) -> None:
    direction, magnitude, patience = plan.vector.direction, plan.vector.magnitude, plan.desired_outcome.experience
    record["dir_typical"], record["dir_spread"], record["dir_memory"] = (
        direction.typical, direction.spread, direction.memory,
    )  # fmt: skip
    record["mag_log"] = special.log(magnitude.typical)
    record["mag_spread"], record["mag_memory"] = magnitude.spread, magnitude.memory
    record["interaction_gap"] = _gap(plan.vector.interactions)
    record["reference"] = reference_velocity(plan.vector)
    shifts, setbacks = plan.vector.outcome_shifts, plan.setbacks
    record["shift_gap"] = _gap(shifts.rate) if shifts else NEVER
    record["shift_turn"] = shifts.turn if shifts else 0.0
    record["setback_gap"] = _gap(setbacks.rate) if setbacks else NEVER
    if setbacks:
        record["setback_life"] = setbacks.resolves_itself / float(special.log(2.0))
        record["escalates_after"], record["setback_turn"] = setbacks.escalates_after, setbacks.turn
    record["noise_dir"], record["noise_mag"] = plan.observed.direction_noise, plan.observed.usage_noise
    record["patience"] = NEVER if patience.patience is None else patience.patience
    record["patience_turn"] = patience.turn


def _renewal(record: np.void, plan: Segment, collector: Collector) -> None:
    renewal = plan.renewal
    record["term"] = plan.term
    record["arr_dist"] = collector.add(plan.arr)
    record["probability_dist"] = collector.add(renewal.probability)
    for field in ("not_adopted", "no_value", "escalation", "sensitivity"):
        record[field] = getattr(renewal, field)
    if renewal.grace:
        record["grace_length"], record["grace_recovery"] = renewal.grace.length, renewal.grace.recovery
    record["contraction_share"] = -1
    if renewal.contraction:
        record["contraction_share"] = collector.add(renewal.contraction.share)
        record["contraction_logit"] = special.logit(renewal.contraction.probability)
        record["contraction_sensitivity"] = renewal.contraction.sensitivity
    churn, back = plan.mid_term_churn, plan.win_back
    record["hazard_dist"] = collector.add(churn.rate) if churn else -1
    record["hazard_sensitivity"] = churn.sensitivity if churn else 0.0
    record["return_dist"] = collector.add(back.rate) if back else -1
    record["return_within"] = NEVER if back is None or back.within is None else back.within
    record["return_arr"] = back.arr if back else 0.0


def _growth(
    record: np.void,
    plan: Segment,
    scenario: Scenario,
    days: int,
    changes: list[tuple[float, float, int]],
    collector: Collector,
) -> None:
    price, advocacy, arrivals = plan.price, plan.advocacy, plan.arrivals
    record["uplift"] = price.uplift
    record["response_renewal"] = price.response.renewal
    record["response_joining"] = price.response.joining
    record["response_contraction"] = price.response.contraction
    record["referral_gap"] = _gap(advocacy.rate) if advocacy else NEVER
    if advocacy:
        record["referral_velocity"], record["referral_converts"] = advocacy.velocity, advocacy.converts
        record["referral_delay"], record["needs_value"] = advocacy.delay, advocacy.needs_value
        own = next(name for name, one in scenario.segments.items() if one is plan)
        record["referral_segment"] = list(scenario.segments).index(advocacy.segment or own)
    record["arrivals"], record["growth"] = arrivals.per_month, arrivals.growth
    seasonal = any(factor != 1.0 for factor in arrivals.season)
    record["season"] = collector.store(list(arrivals.season)) if seasonal else -1
    record["arrival_bound"] = (
        arrivals.per_month
        * max(1.0, (1.0 + arrivals.growth) ** (days / 365.25))
        * max(arrivals.season)
        * _most_joining(changes, price.response.joining)
        * 1.000001
    )
    record["tenure_dist"] = collector.add(plan.population.tenure) if plan.population else -1


def _most_joining(changes: list[tuple[float, float, int]], response: float) -> float:
    most, factor = 1.0, 1.0
    for _, change, _ in changes:
        factor *= change
        most = max(most, 1.0 + response * (factor - 1.0) / 0.1)
    return most


def _milestone(name: str, one: Milestone, index: int, collector: Collector) -> Records:
    rows = np.zeros(1, MILESTONE)
    row = rows[0]
    row["name"], row["stage"], row["spread"] = index, STAGES.index(one.stage), one.spread
    row["log_after"] = special.log(one.after) if one.after > 0 else -math.inf
    row["self_evident"] = one.self_evident
    row["kind"], row["arr_dist"] = -1, -1
    if one.opportunity:
        offer = one.opportunity
        row["kind"], row["arr_dist"] = KINDS.index(offer.kind), collector.add(offer.arr)
        row["take"], row["take_logit"] = offer.take, special.logit(offer.take)
        row["sensitivity"], row["window"] = offer.sensitivity, offer.window
    purpose = collector.purposes.of
    row["p_work"], row["p_evident"] = purpose("work", name), purpose("self-evident", name)
    row["p_arr"], row["p_take"] = purpose("opportunity arr", name), purpose("take", name)
    return rows

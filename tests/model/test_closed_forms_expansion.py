"""Offers, their take probability and its lifts against closed forms.

Level: each test is fixed in its seed and allows 4 standard errors (6e-5 two-sided), or a p-value of 1e-4 in a test of
fit.
"""

from __future__ import annotations

import math

import numpy as np
import pytest
from scipy import special, stats

from simulation.model.columns import MS
from simulation.model.state import KINDS, MONTH
from tests.futures import Future, Yaml, calibrated, play, play_many, scenario, segment, z_score, z_share

LEVEL = 1e-4
Z = 4.0
OFFER = {"kind": "add_on", "arr": 120, "take": 0.6, "window": "60 days"}
VECTOR = {"direction": {"typical": "30 deg", "spread": "30 deg"}, "magnitude": {"spread": 0.4}}
REFERENCE = math.exp(0.4**2 / 2) * math.cos(math.radians(30)) * math.exp(-(math.radians(30) ** 2) / 2)


def journey(**offer: object) -> Yaml:
    """One milestone of one pace-month with the offer."""
    return {"goal": {"stage": "value", "after": "1 month", "spread": 0.5, "opportunity": OFFER | offer}}


def offers(future: Future) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Of each offer, in the order of members: time, velocity, taken."""
    rows = future.rows("offered")
    rows = rows[np.argsort(rows["member"], kind="stable")]
    answers = future.rows("taken", "declined")
    answers = answers[np.argsort(answers["member"], kind="stable")]
    assert (answers["member"] == rows["member"]).all()
    assert (answers["time"] == rows["time"]).all()
    return rows["time"], rows["magnitude"] * np.cos(rows["direction"]), answers["kind"] == KINDS.index("taken")


def test_hundred_members_take_binomially() -> None:
    """100 members, take 90%, no sensitivity: expansion is Binomial(100, 0.9) times the ARR."""
    plan = scenario(days=91, segment=segment(journey=journey(take=0.9, arr=1000), population={"members": 100}))
    plan["segments"]["only"]["journey"]["goal"]["spread"] = 0.1
    futures = play_many(plan, 2000, log=False)
    taken = [int(future.ledger["milestones"][0, :, MS.index("taken")].sum()) for future in futures]
    law = stats.binom(100, 0.9)
    edges = np.arange(82, 97)
    observed = np.bincount(np.searchsorted(edges, taken), minlength=len(edges) + 1)
    expected = 2000 * np.diff(np.concatenate([[0.0], law.cdf(edges), [1.0]]))
    assert stats.chisquare(observed, expected).pvalue > LEVEL
    assert abs(z_score(taken, 90.0)) < Z


@pytest.mark.parametrize("sensitivity", [0.0, 1.5, -0.7])
def test_take_is_logistic_in_velocity(sensitivity: float) -> None:
    """P(take) = logistic(logit(take) + sensitivity (velocity - reference)) at the velocity of the offer."""
    future = play(scenario(days=2000, segment=segment(
        vector=VECTOR, journey=journey(sensitivity=sensitivity), population={"members": 20_000})))  # fmt: skip
    _, velocity, taken = offers(future)
    assert len(taken) > 19_000
    calibrated(taken, special.expit(math.log(1.5) + sensitivity * (velocity - REFERENCE)))


def test_those_who_arrive_are_better_than_average() -> None:
    """Stated is not realised: with positive sensitivity the realised take is above the stated one."""
    future = play(scenario(days=300, segment=segment(
        vector=VECTOR | {"interactions": "3 per month"}, journey=journey(sensitivity=1.5),
        population={"members": 30_000})))  # fmt: skip
    _, _, taken = offers(future)
    assert z_share(int(taken.sum()), len(taken), 0.6) > Z


@pytest.mark.parametrize("take", [0, 1])
def test_a_stated_certainty_is_final(take: int) -> None:
    """A stated take of 0 or 1 holds at every velocity and with every lift."""
    future = play(scenario(days=2000, segment=segment(
        vector=VECTOR, journey=journey(sensitivity=5.0, take=take), population={"members": 500}),
        interventions={"tee_up": {"when": {"joined": 0}, "effects": [{"take_lift": 3 - 6 * take}]}}))  # fmt: skip
    _, _, taken = offers(future)
    assert taken.mean() == take


@pytest.mark.parametrize("half_life", [15.0, 60.0])
def test_take_lift_halves(half_life: float) -> None:
    """A lift of 2 points given when a member joins counts 2 * 2^-(age / half-life) at the offer."""
    lift = {"take_lift": {"points": 2.0, "half_life": f"{half_life:g} days"}}
    future = play(scenario(days=1000, segment=segment(
        vector=VECTOR, journey=journey(take=0.3), population={"members": 20_000}),
        interventions={"tee_up": {"when": {"joined": 0}, "effects": [lift]}}))  # fmt: skip
    t, _, taken = offers(future)
    calibrated(taken, special.expit(math.log(3 / 7) + 2.0 * 0.5 ** (t / half_life)))


def test_take_lifts_add_up() -> None:
    """A lift given every ten days adds to what is left of it; that of another milestone does not count."""
    act = {"when": {"every": "10 days"}, "effects": [
        {"take_lift": {"points": 0.5, "half_life": "20 days", "milestones": "goal"}},
        {"take_lift": {"points": 3.0, "milestones": "other"}},
    ]}  # fmt: skip
    steps = journey(take=0.2) | {"other": {"stage": "growth", "after": "900 months"}}
    future = play(scenario(days=1000, segment=segment(
        vector=VECTOR, journey=steps, population={"members": 20_000}), interventions={"tee_up": act}))  # fmt: skip
    t, _, taken = offers(future)
    lift = np.array([sum(0.5 * 0.5 ** ((time - at) / 20.0) for at in np.arange(10.0, time, 10.0)) for time in t])
    calibrated(taken, special.expit(math.log(1 / 4) + lift))


def test_renewal_lift_halves() -> None:
    """A lift of renewal given on a date counts by its half-life at the renewal; it may vary by member."""
    n = 30_000
    act = {"when": {"on": "2027-10-03"}, "who": {"coverage": "50%"}, "effects": [
        {"renewal_lift": {"points": {"uniform": {"low": 0.5, "high": 2.5}}, "half_life": "45 days"}}]}  # fmt: skip
    future = play(scenario(days=366, segment=segment(
        renewal={"probability": 0.6}, population={"members": n}), interventions={"review": act}))  # fmt: skip
    renewed = np.zeros(n, bool)
    renewed[future.rows("renewed")["member"]] = True
    treated = np.zeros(n, bool)
    treated[future.rows("delivered")["member"]] = True
    assert abs(z_share(int(treated.sum()), n, 0.5)) < Z
    left = 0.5 ** (90.0 / 45.0)
    points = np.linspace(0.5, 2.5, 20001)
    p = float(np.trapezoid(special.expit(math.log(1.5) + left * points), points) / 2.0)
    assert abs(z_share(int(renewed[treated].sum()), int(treated.sum()), p)) < Z
    assert abs(z_share(int(renewed[~treated].sum()), int((~treated).sum()), 0.6)) < Z


def test_magnitude_factor_has_an_exponential_life() -> None:
    """A factor with a median life speeds members up for an exponential time with that median."""
    act = {"when": {"joined": "10 days"}, "effects": [{"magnitude": {"factor": 1.5, "median_life": "20 days"}}]}
    future = play(scenario(days=600, segment=segment(population={"members": 5_000}),
                           interventions={"boost": act}))  # fmt: skip
    expired = future.rows("expired")
    assert len(expired) == 5_000
    assert stats.kstest(expired["time"] - 10.0, stats.expon(scale=20 / math.log(2)).cdf).pvalue > LEVEL
    assert (expired["magnitude"] == 1.0).all()
    assert np.allclose(future.rows("delivered")["magnitude"], 1.5, rtol=1e-15)


def test_value_is_recognised_with_the_stated_probability() -> None:
    """Value is self-evident with its probability, and else recognised when a review demonstrates it."""
    n = 20_000
    act = {"when": {"on": "2028-01-01"}, "effects": [{"demonstrate_value": "40%"}]}
    steps = {"goal": {"stage": "value", "after": "1 month", "self_evident": "30%"}}
    future = play(scenario(days=400, segment=segment(journey=steps, population={"members": n}),
                           interventions={"review": act}))  # fmt: skip
    t = future.rows("value_recognised")["time"]
    at_once, later = (t < 100).sum(), (t == 365).sum()
    assert at_once + later == len(t)
    assert abs(z_share(int(at_once), n, 0.3)) < Z
    assert abs(z_share(int(later), int(n - at_once), 0.4)) < Z


def test_windows_close() -> None:
    """An offer waits for readiness until its window closes: with telegraph directions its chance is 1 - exp(-a w).

    A jump on day 10 hits the milestone whatever the direction. Those who move away then turn at rate a, and are
    offered at that moment; those who do not turn within the window let it lapse.
    """
    n, a, window = 20_000, 1 / MONTH, 20.0
    act = {"when": {"joined": "10 days"}, "effects": [{"advance": "2000 months"}]}
    future = play(scenario(days=200, segment=segment(
        vector={"outcome_shifts": {"rate": "1 per month", "turn": "180 deg"}},
        journey={"goal": {"stage": "value", "after": "1000 months", "opportunity": OFFER | {"window": "20 days"}}},
        population={"members": n}), interventions={"jump": act}))  # fmt: skip
    offered, lapsed = future.rows("offered")["time"], future.rows("lapsed")["time"]
    assert len(offered) + len(lapsed) == n
    assert (lapsed == 30.0).all()
    away = (1 - math.exp(-2 * a * 10.0)) / 2
    assert abs(z_share(int((offered == 10.0).sum()), n, 1 - away)) < Z
    assert abs(z_share(len(lapsed), n, away * math.exp(-a * window))) < Z
    late = offered[offered > 10.0] - 10.0
    assert stats.kstest(late, stats.truncexpon(a * window, scale=1 / a).cdf).pvalue > LEVEL

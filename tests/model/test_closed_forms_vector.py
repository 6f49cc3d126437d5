"""The success vector and the journey against closed forms.

Level: each test is fixed in its seed and allows 4 standard errors of its own sample (6e-5 two-sided), or a p-value of
1e-4 in a test of fit. Right code fails none of them but for a change of seed in about one of 10,000.
"""

from __future__ import annotations

import math

import numpy as np
import pytest
from scipy import stats

from simulation.engine.plan_segments import reference_velocity
from simulation.model.state import KINDS, MONTH
from simulation.scenario import from_mapping
from tests.futures import Future, play, scenario, segment, z_score, z_share

LEVEL = 1e-4
Z = 4.0
N = 20_000

DIRECTION = {"typical": "35 deg", "spread": "30 deg", "memory": "4 months"}
MAGNITUDE = {"typical": 1.2, "spread": 0.5, "memory": "7 months"}


@pytest.fixture(scope="module")
def wandering() -> Future:
    """1,000 members whose base is redrawn three times a month for years, in their stationary law from the start."""
    vector = {"direction": DIRECTION, "magnitude": MAGNITUDE, "interactions": "3 per month"}
    return play(scenario(days=600, segment=segment(vector=vector, population={"members": 1000})))


def paths(future: Future) -> dict[str, np.ndarray]:
    """Interactions of all members one after the other: time, base direction, log magnitude, velocity, member."""
    chosen = np.isin(future.log["kind"], [KINDS.index("present"), KINDS.index("interaction")])
    rows = future.log[chosen]
    rows = rows[np.lexsort((rows["seq"], rows["member"]))]
    return {
        "t": rows["time"],
        "base": rows["direction"],  # nothing turns these members, so there is no kick
        "log": np.log(rows["magnitude"]),
        "velocity": rows["magnitude"] * np.cos(rows["direction"]),
        "member": rows["member"],
    }


def test_interactions_are_poisson(wandering: Future) -> None:
    """Gaps between interactions are exponential with mean a third of a month."""
    p = paths(wandering)
    # A gap that the end cuts off is not seen: only those that begin well before it are a fair sample.
    begins = p["t"][:-1]
    gap = np.where(p["member"][1:] == p["member"][:-1], np.diff(p["t"]), np.nan)
    fair = (begins < 400.0) & ~np.isnan(gap)
    assert stats.kstest(gap[fair], stats.expon(scale=MONTH / 3).cdf).pvalue > LEVEL


def test_mean_velocity_of_the_base_is_stationary(wandering: Future) -> None:
    """Time averages of members have the mean median * exp(s^2/2) * cos(typical) * exp(-spread^2/2)."""
    expected = 1.2 * math.exp(0.5**2 / 2) * math.cos(math.radians(35)) * math.exp(-(math.radians(30) ** 2) / 2)
    vector = {"direction": DIRECTION, "magnitude": MAGNITUDE}
    plan = from_mapping(scenario(days=1, segment=segment(vector=vector)))
    assert reference_velocity(plan.segments["only"].vector) == pytest.approx(expected, rel=1e-14)
    p = paths(wandering)
    members = len(wandering.members)
    ends = np.append(np.where(p["member"][1:] == p["member"][:-1], p["t"][1:], 600.0), 600.0)
    held = np.bincount(p["member"], p["velocity"] * (ends - p["t"]), members) / 600.0
    assert abs(z_score(held, expected)) < Z
    first = p["t"] == 0.0
    assert abs(z_score(p["velocity"][first], expected)) < Z  # in the stationary law from the first day


def test_base_is_stationary_normal(wandering: Future) -> None:
    """At the start and at the end, direction and log magnitude have the stated normal laws and are independent."""
    p = paths(wandering)
    first = np.flatnonzero(p["t"] == 0.0)
    last = np.append(first[1:], len(p["t"])) - 1
    for at in (first, last):
        direction = (p["base"][at] - math.radians(35)) / math.radians(30)
        magnitude = (p["log"][at] - math.log(1.2)) / 0.5
        assert stats.kstest(direction, "norm").pvalue > LEVEL
        assert stats.kstest(magnitude, "norm").pvalue > LEVEL
        assert abs(stats.pearsonr(direction, magnitude).statistic) < Z / math.sqrt(len(at))


def test_redraws_have_the_exact_transition_law(wandering: Future) -> None:
    """Standardised innovations of direction and log magnitude are independent standard normals."""
    p = paths(wandering)
    same = p["member"][1:] == p["member"][:-1]
    dt = np.diff(p["t"])[same]
    innovations = []
    for values, mean, sd, memory in (
        (p["base"], math.radians(35), math.radians(30), 4 * MONTH),
        (p["log"], math.log(1.2), 0.5, 7 * MONTH),
    ):
        x = (values - mean) / sd
        r = np.exp(-dt / memory)
        innovations.append((x[1:][same] - r * x[:-1][same]) / np.sqrt(-np.expm1(-2 * dt / memory)))
    for z in innovations:
        assert stats.kstest(z, "norm").pvalue > LEVEL
        assert abs(z_score(z**2, 1.0)) < Z
    assert abs(stats.pearsonr(*innovations).statistic) < Z / math.sqrt(len(dt))


@pytest.mark.parametrize(("column", "mean", "sd", "memory"), [
    ("base", math.radians(35), math.radians(30), 4 * MONTH),
    ("log", math.log(1.2), 0.5, 7 * MONTH),
])  # fmt: skip
def test_autocorrelation_fades_with_memory(
    wandering: Future, column: str, mean: float, sd: float, memory: float
) -> None:
    """Over interactions dt apart the autocorrelation is exp(-dt / memory), for dt up to a year."""
    p = paths(wandering)
    x = (p[column] - mean) / sd
    for lag in (1, 3, 9, 18, 36):
        same = p["member"][lag:] == p["member"][:-lag]
        dt = (p["t"][lag:] - p["t"][:-lag])[same]
        excess = (x[lag:] * x[:-lag])[same] - np.exp(-dt / memory)
        members = p["member"][lag:][same]
        of_member = np.bincount(members, excess, 1000)  # members are independent, lags of one member are not
        assert abs(z_score(of_member, 0.0)) < Z


def test_autocorrelation_at_a_fixed_lag(wandering: Future) -> None:
    """The vector as it stands between interactions is a step function; its autocorrelation has a closed form.

    With interactions at rate a and b = 1 / memory, the last redraw before t is an Exp(a) ago, so that
    rho(x) = exp(-a x) + a / (a + b) * a / (a - b) * (exp(-b x) - exp(-a x)).
    """
    p = paths(wandering)
    a, b = 3 / MONTH, 1 / (4 * MONTH)
    order = p["member"] * 1e6 + p["t"]

    def direction(t: float) -> np.ndarray:
        at = np.searchsorted(order, np.arange(1000) * 1e6 + t, side="right") - 1
        return (p["base"][at] - math.radians(35)) / math.radians(30)

    for lag in (3.0, 10.0, 30.0, 120.0, 300.0):
        rho = math.exp(-a * lag) + a / (a + b) * a / (a - b) * (math.exp(-b * lag) - math.exp(-a * lag))
        products = np.mean([direction(t) * direction(t + lag) for t in (100.0, 200.0, 299.0)], axis=0)
        assert abs(z_score(products, rho)) < Z


def test_kick_fades_with_memory() -> None:
    """What turned a member fades by exp(-dt / memory) at interactions, and stands still between them."""
    future = play(
        scenario(
            days=365,
            segment=segment(
                vector={
                    "interactions": "2 per month",
                    "direction": {"memory": "3 months"},
                    "outcome_shifts": {"rate": "1 per year", "turn": "40 deg"},
                },
                population={"members": 300},
            ),
        )
    )
    kick = np.zeros(300)
    last = np.zeros(300)
    sides = []
    for row in future.rows("interaction", "outcome_shift"):
        i = row["member"]
        if KINDS[row["kind"]] == "outcome_shift":
            side = np.sign(row["direction"] - kick[i])
            sides.append(side)
            kick[i] += side * math.radians(40)
        else:
            kick[i] *= math.exp(-(row["time"] - last[i]) / (3 * MONTH))
            last[i] = row["time"]
        assert row["direction"] == pytest.approx(kick[i], abs=1e-12)
    shifts = len(sides)
    assert abs(shifts - 300 * 365 / 365.25) < Z * math.sqrt(300)
    assert abs(z_share(sum(side > 0 for side in sides), shifts, 0.5)) < Z


# ---- first passage


def test_first_passage_of_frozen_vectors() -> None:
    """Without interactions, time to a milestone = lognormal work / velocity: nobody who moves forward is missing."""
    future = play(
        scenario(
            days=36000,
            segment=segment(
                vector={
                    "direction": {"typical": "60 deg", "spread": "50 deg"},
                    "magnitude": {"typical": 0.8, "spread": 0.6},
                },
                journey={
                    "first": {"stage": "adoption", "after": "2 months", "spread": 0.25},
                    "second": {"stage": "value", "after": "3 months", "spread": 0.4},
                },
                population={"members": N},
            ),
        )
    )
    members = future.rows("present")
    velocity = members["magnitude"] * np.cos(members["direction"])
    moving = stats.norm(math.radians(60), math.radians(50))
    forward = sum(moving.cdf((2 * k + 0.5) * math.pi) - moving.cdf((2 * k - 0.5) * math.pi) for k in range(-3, 4))
    assert abs(z_share(int((velocity > 0).sum()), N, forward)) < Z
    fast = velocity > 0.05  # 98 years are enough for 58 pace-months, and nobody needs half of that
    needs = []
    for name in ("first", "second"):
        hits = future.rows("milestone", name=name)
        when = np.full(N, np.nan)
        when[hits["member"]] = hits["time"]
        assert np.isnan(when[velocity <= 0]).all()
        needs.append(when[fast] * velocity[fast] / MONTH)
    first, second = needs[0], needs[1] - needs[0]
    for work, spread, median in ((first, 0.25, 2.0), (second, 0.4, 3.0)):
        assert stats.kstest(work, stats.lognorm(spread, scale=median).cdf).pvalue > LEVEL
        assert abs(z_score((np.log(work / median) / spread) ** 2, 1.0)) < Z
    for one, other in ((first, second), (first, velocity[fast]), (second, velocity[fast])):
        assert abs(stats.spearmanr(one, other).statistic) < Z / math.sqrt(fast.sum())


def test_first_passage_time_is_lognormal() -> None:
    """Straight at the outcome, time to a milestone is lognormal itself: median work/pace, spreads add in squares."""
    future = play(
        scenario(
            days=3650,
            segment=segment(
                vector={"magnitude": {"typical": 1.5, "spread": 0.4}},
                journey={"first": {"stage": "adoption", "after": "3 months", "spread": 0.3}},
                arrivals={"per_month": 100},
            ),
        )
    )
    hits = future.rows("milestone")
    since = future.members["since"][hits["member"]]
    early = since < 3650 - 800  # 800 days: nobody's time is longer (5 spreads)
    assert early.sum() == (future.rows("joined")["time"] < 3650 - 800).sum()
    time = (hits["time"] - since)[early]
    expected = stats.lognorm(math.hypot(0.4, 0.3), scale=3.0 / 1.5 * MONTH)
    assert stats.kstest(time, expected.cdf).pvalue > LEVEL


def test_piecewise_linear_progress_with_a_floor() -> None:
    """A telegraph process with a floor: velocity flips sign at rate a, progress does not fall below zero.

    Outcome shifts of 180 degrees make a member's velocity +v, -v, +v, ... at Poisson times. Its first passage of a
    level x from 0 has the mean 2 x / v + a x^2 / v^2 (from the backward equations of the piecewise-deterministic
    process, v T+' = -1 - a (T- - T+), v T-' = 1 - a (T- - T+), T+(x) = 0, T-(0) = T+(0) + 1 / a) and an atom
    exp(-a x / v) at x / v. A time step would let progress overshoot the floor; exact segments do not.
    """
    rate, work = 1.0, 2.0  # a month, pace-months
    future = play(
        scenario(
            days=7600,
            segment=segment(
                vector={"outcome_shifts": {"rate": "1 per month", "turn": "180 deg"}},
                journey={"level": {"stage": "adoption", "after": "2 months"}},
                population={"members": 4000},
            ),
        )
    )
    time = future.rows("milestone")["time"] / MONTH
    assert len(time) == 4000
    assert abs(z_score(time, 2 * work + rate * work**2)) < Z
    straight = time < work + 1e-9
    assert abs(z_share(int(straight.sum()), 4000, math.exp(-rate * work))) < Z
    # The Laplace transform at s (below), from the same equations, tests the whole law and not only its mean.
    for s in (0.05, 0.3, 1.0):
        assert abs(z_score(np.exp(-s * time), telegraph_transform(s, rate, work))) < Z


def telegraph_transform(s: float, a: float, x: float) -> float:
    """E exp(-s T) of the first passage of x from 0 by a telegraph process of unit speed with a floor at 0.

    u' = (s + a) u - a d and d' = a u - (s + a) d for u, d the transforms from y when moving up and down, with
    u(x) = 1 and (s + a) d(0) = a u(0).
    """
    k = math.sqrt(s * (s + 2 * a))
    # From (u, d)(0) = (1, a / (s + a)): u(y) = cosh(k y) + c sinh(k y).
    c = ((s + a) - a * a / (s + a)) / k
    return 1.0 / (math.cosh(k * x) + c * math.sinh(k * x))

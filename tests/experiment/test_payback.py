"""Cost, return and payback of an alternative."""

from __future__ import annotations

import numpy as np
import pytest

import simulation as sim
from simulation.experiment.payback import LATE, fieller, payback, payback_periods
from tests.experiment.cases import plan, training


def test_payback_is_the_first_period_from_which_the_gain_stays() -> None:
    cumulative = np.array([
        [1.0, 2.0, 3.0],  # never below zero
        [-1.0, 0.0, 1.0],
        [-1.0, 1.0, -0.5],  # falls back: not within the horizon
        [1.0, -1.0, 0.0],  # the first time does not count
        [-3.0, -2.0, -1.0],
        [0.0, 0.0, 0.0],
    ])  # fmt: skip
    assert payback_periods(cumulative).tolist() == [0, 1, -1, 2, -1, 0]


def test_fieller_covers() -> None:
    """The interval of a ratio of means has the truth in 95% of 4,000 experiments (3 standard errors)."""
    rng = np.random.default_rng(6)
    groups = np.repeat(np.arange(20), 2)
    inside = 0
    for _ in range(4_000):
        bottom = 10 + np.repeat(rng.normal(0, 3, 20), 2) + rng.normal(0, 1, 40)
        top = 0.5 * bottom + rng.normal(0, 2, 40)
        _, low, high = fieller(top, bottom, groups)
        inside += low <= 0.5 <= high
    assert inside / 4_000 == pytest.approx(0.95, abs=3 * np.sqrt(0.05 * 0.95 / 4_000) + 0.005)


def test_no_return_without_cost() -> None:
    assert np.isnan(fieller(np.ones(4), np.zeros(4), np.arange(4))).all()
    value, low, high = fieller(np.ones(4), np.array([3.0, -2.0, 3.0, -2.0]), np.arange(4))
    assert value == 2.0 and np.isnan(low) and np.isnan(high)


def test_payback_of_a_comparison() -> None:
    other = plan(interventions={"training": training(cost={"one_off": 300})})
    done = sim.compare(plan(), {"training": other}, replications=20, seed=2)
    one = payback(done, "training")
    assert one.cost.mean == pytest.approx(300)
    assert one.cumulative[:, -1] == pytest.approx(done.difference("contribution", "training").to_numpy(), abs=0.006)
    assert one.table["chance"].sum() == pytest.approx(1.0)
    assert one.table["by_then"].iloc[-1] == pytest.approx(1.0)
    late = one.cumulative[:, -1] < 0
    assert one.table.loc[LATE, "chance"] == pytest.approx(late.mean())
    assert one.roi == pytest.approx(one.contribution.mean / one.cost.mean)
    assert one.roi_futures == 20
    roi = done.difference("contribution", "training").to_numpy() / 300
    assert one.roi_p50 == pytest.approx(np.median(roi))
    assert one.within.value == pytest.approx(1 - late.mean())

"""The promise of Kim and Nelson (2001), measured; and that variances of the wrong plans break it."""

from __future__ import annotations

import math
from collections.abc import Sequence

import numpy as np
import pytest

from simulation.experiment import selection
from simulation.experiment.selection import continuation, select

PROBLEMS, LEVEL, ZONE, FIRST = 1_000, 0.90, 1.0, 10


class Problem:
    """Plans of very unequal variance with common luck; the best is just the indifference zone ahead."""

    def __init__(self, seed: int, plans: int = 5, *, ahead: float = ZONE) -> None:
        rng = np.random.default_rng([seed, 20_010_711])
        self.spread = rng.permutation(np.geomspace(0.3, 6.0, plans))
        self.common = rng.uniform(0.0, 0.9, plans)  # the share of common luck differs between plans, and so does theirs
        self.best = int(rng.integers(plans))
        self.means = np.where(np.arange(plans) == self.best, ahead, 0.0)
        self.rng = rng
        self.asked = np.zeros(plans, int)

    def __call__(self, plans: Sequence[int], first: int, last: int) -> np.ndarray:
        plans = list(plans)
        assert (self.asked[plans] == first).all()
        self.asked[plans] = last
        luck, own = self.rng.standard_normal((1, last - first)), self.rng.standard_normal((len(plans), last - first))
        common, spread = self.common[plans, None], self.spread[plans, None]
        return self.means[plans, None] + spread * (np.sqrt(common) * luck + np.sqrt(1 - common) * own)


def share_right(plans: int = 5, level: float = LEVEL) -> float:
    problems = [Problem(number, plans) for number in range(PROBLEMS)]
    chosen = [select(one, plans, zone=ZONE, level=level, first=FIRST, block=20) for one in problems]
    assert all(one.settled for one in chosen)
    return float(np.mean([one.best == problem.best for one, problem in zip(chosen, problems, strict=True)]))


@pytest.mark.parametrize(("plans", "level"), [(2, 0.90), (5, 0.90), (5, 0.99), (10, 0.95)])
def test_the_best_is_chosen_as_often_as_promised(plans: int, level: float) -> None:
    # 1,000 problems in the least favourable form: every other plan is exactly the zone behind. The procedure is
    # conservative (a bound for each pair), so the share itself, not only share + error, must keep the promise.
    share = share_right(plans, level)
    error = math.sqrt(level * (1 - level) / PROBLEMS)
    assert share >= level, f"{share:.3f}, promised {level}; the binomial standard error is {error:.4f}"


def test_variances_of_other_plans_break_the_promise(monkeypatch: pytest.MonkeyPatch) -> None:
    right = selection._variances

    def misplaced(start: np.ndarray) -> np.ndarray:
        # Differences with themselves left out, the rest in one row, and one index for l < i and l > i: a known mistake.
        square = right(start)
        size = len(square)
        row = square[~np.eye(size, dtype=bool)]
        wrong = np.array([[row[i * (size - 1) + other - 1] for other in range(size)] for i in range(size)])
        np.fill_diagonal(wrong, 0.0)
        return wrong

    monkeypatch.setattr(selection, "_variances", misplaced)
    error = math.sqrt(LEVEL * (1 - LEVEL) / PROBLEMS)
    assert share_right() < LEVEL - 3 * error


def test_the_constant_is_that_of_the_paper() -> None:
    # eta solves (1 + 2 eta)^(-(n0 - 1) / 2) / 2 = alpha / (k - 1).
    for plans, first, level in [(2, 10, 0.95), (5, 24, 0.9), (10, 20, 0.99)]:
        eta = continuation(plans, first, level) / (2 * (first - 1))
        assert 0.5 * (1 + 2 * eta) ** (-(first - 1) / 2) == pytest.approx((1 - level) / (plans - 1), rel=1e-12)


def test_the_result_does_not_depend_on_the_block() -> None:
    draws = np.random.default_rng(3).normal(0.0, 3.0, (4, 4_000)) + np.array([[0.0], [0.8], [0.2], [0.7]])

    def sample(plans: Sequence[int], first: int, last: int) -> np.ndarray:
        return draws[list(plans), first:last]

    results = [select(sample, 4, zone=0.5, level=0.95, first=12, block=block) for block in (1, 7, 100)]
    assert len({(one.best, one.left, tuple(one.observations), tuple(one.means)) for one in results}) == 1
    assert results[0].observations.min() < results[0].observations.max() <= results[0].needed


def test_a_stop_before_the_end_promises_nothing() -> None:
    problem = Problem(1, ahead=0.0)
    stopped = select(problem, 5, zone=0.05, level=0.95, first=10, most=30, block=20)
    assert not stopped.settled and len(stopped.left) > 1 and stopped.needed > 30
    assert (stopped.observations[list(stopped.left)] == 30).all() and problem.asked.max() == 30
    assert stopped.best == stopped.left[0] == max(stopped.left, key=lambda plan: stopped.means[plan])


def test_equal_plans_and_a_single_one_end() -> None:
    same = select(lambda plans, first, last: np.ones((len(plans), last - first)), 3, zone=1.0)
    assert same.settled and same.left == (0, 1, 2) and (same.observations == 20).all()
    assert select(lambda plans, first, last: np.ones((1, last - first)), 1, zone=1.0).best == 0


@pytest.mark.parametrize("wrong", [{"zone": 0.0}, {"level": 0.2}, {"level": 1.0}, {"first": 1}, {"most": 5}])
def test_arguments_are_checked(wrong: dict[str, float]) -> None:
    with pytest.raises(ValueError, match="needed|level"):
        select(Problem(0), 5, **({"zone": 1.0} | wrong))  # type: ignore[arg-type]

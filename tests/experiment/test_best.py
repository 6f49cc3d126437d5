"""Multiple comparisons with the best: joint coverage over many experiments, and what is said of the leader."""

from __future__ import annotations

import numpy as np
import pytest

from simulation.experiment.best import best_of

EXPERIMENTS = 4_000


def _samples(rng: np.random.Generator, mean: np.ndarray, spread: np.ndarray, shared: float, n: int) -> np.ndarray:
    """[k, n] observations with unequal variances that share part of their noise."""
    common = rng.standard_normal(n)
    own = rng.standard_normal((len(mean), n))
    return mean[:, None] + spread[:, None] * (np.sqrt(shared) * common + np.sqrt(1 - shared) * own)


@pytest.mark.parametrize(
    ("mean", "spread", "shared", "n"),
    [
        ([0.6, 0.0, 0.0, 0.0], [1.0, 1.0, 1.0, 1.0], 0.5, 20),  # the hardest: the others are equal
        ([0.1, 0.0, 0.0], [1.0, 3.0, 0.2], 0.8, 10),  # variances of differences far from alike
        ([0.0, 0.2, 0.1, -0.5, 0.19], [1.0, 0.3, 2.0, 1.0, 1.0], 0.3, 40),
        ([1.0, 1.05], [5.0, 5.0], 0.99, 15),
        ([0.3, 0.0, 0.0, 0.0, 0.0], [3.0, 0.3, 0.3, 0.3, 0.3], 0.5, 30),  # a pooled variance covers only 91% here
    ],
)
def test_intervals_cover_jointly(mean: list[float], spread: list[float], shared: float, n: int) -> None:
    """All intervals at once hold in at least 95% of the experiments, up to 3 binomial standard errors."""
    rng = np.random.default_rng(11)
    truth = np.array(mean)
    to_best = np.array([truth[i] - np.delete(truth, i).max() for i in range(len(truth))])
    covered = wrong = 0
    for _ in range(EXPERIMENTS):
        values = _samples(rng, truth, np.array(spread), shared, n)
        found = best_of({str(i): one for i, one in enumerate(values)}, 1, futures=n)
        stand = {int(one.name): one for one in found.standings}
        covered += all(stand[i].low <= to_best[i] <= stand[i].high for i in stand)
        wrong += found.established and truth[int(found.leader)] < truth.max()
    assert covered / EXPERIMENTS >= 0.95 - 3 * np.sqrt(0.05 * 0.95 / EXPERIMENTS)
    assert wrong / EXPERIMENTS <= 0.05 + 3 * np.sqrt(0.05 * 0.95 / EXPERIMENTS)


def test_two_scenarios_give_the_one_sided_t_bound() -> None:
    rng = np.random.default_rng(3)
    base, other = rng.normal(0, 1, 30), rng.normal(0.5, 1, 30)
    found = best_of({"base": base, "other": other}, 1, futures=30)
    gap = other - base
    bound = gap.mean() - 1.6991270265334972 * gap.std(ddof=1) / np.sqrt(30)  # t(0.95, 29)
    assert found.leader == "other"
    assert found.established == (bound > 0)
    by_name = {one.name: one for one in found.standings}
    assert by_name["base"].low == pytest.approx(-gap.mean() - (gap.mean() - bound))


def test_the_leader_is_the_best_only_when_nobody_else_may_be() -> None:
    rng = np.random.default_rng(5)
    noise = rng.normal(0, 1, 40)
    clear = best_of({"a": noise, "b": noise + 1 + rng.normal(0, 0.1, 40)}, 1, futures=80)
    assert clear.established and clear.leader == "b" and clear.further == 0.0 and clear.rivals == ()
    less = best_of({"a": noise, "b": noise + 1 + rng.normal(0, 0.1, 40)}, -1, futures=80)
    assert less.established and less.leader == "a"
    close = best_of({"a": noise, "b": np.roll(noise, 1) + 0.05}, 1, futures=80)
    assert not close.established and len(close.rivals) == 1 and close.further > 0


def test_equal_scenarios_have_no_best() -> None:
    same = np.arange(10.0)
    found = best_of({"a": same, "b": same, "c": same}, 1, futures=10)
    assert not found.established
    assert np.isnan(found.further)
    assert all(one.low == one.high == 0.0 for one in found.standings)


def test_the_further_futures_settle_it_about_as_often_as_promised() -> None:
    """With the means and variances as measured, the stated size settles it in 80% of new experiments, +- 5%."""
    rng = np.random.default_rng(7)
    n, mean = 30, 0.25
    gap = rng.standard_normal(n)
    gap = (gap - gap.mean()) / gap.std(ddof=1) + mean
    found = best_of({"a": np.zeros(n), "b": gap}, 1, futures=n)
    assert not found.established
    size = n + int(found.further)
    settled = [
        best_of({"a": np.zeros(size), "b": rng.normal(mean, 1, size)}, 1, futures=size).established
        for _ in range(2_000)
    ]
    assert np.mean(settled) == pytest.approx(0.8, abs=0.05)


def test_what_has_no_best_is_refused() -> None:
    with pytest.raises(ValueError, match="better side"):
        best_of({"a": np.zeros(3), "b": np.zeros(3)}, 0, futures=3)
    with pytest.raises(ValueError, match="two observations"):
        best_of({"a": np.zeros(1), "b": np.zeros(1)}, 1, futures=1)

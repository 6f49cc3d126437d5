"""The value of information against closed forms."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np
import pytest
from scipy.stats import norm, qmc

from simulation.experiment.information import EVERYTHING, LUCK_TOO, value_of_information
from simulation.experiment.regression import conditional_mean

WEIGHTS = np.array([3.0, 2.0, 1.0, 0.0])
OFFSET, NOISE = 1.0, 2.0
GROUPS = {"a": ["a"], "b": ["b"], "c": ["c"], "d": ["d"], "a and b": ["a", "b"]}


def worth(spread: float) -> float:
    """EVPPI when E[gain | x] is normal with mean OFFSET and this standard deviation."""
    return float(spread * norm.pdf(OFFSET / spread) + OFFSET * norm.cdf(OFFSET / spread) - max(0.0, OFFSET))


def linear(size: int, seed: int) -> tuple[dict[str, np.ndarray], dict[str, np.ndarray]]:
    """A gain that is linear in four normal assumptions, plus luck; the assumptions on a Sobol sequence."""
    x = norm.ppf(qmc.Sobol(4, seed=np.random.default_rng(seed)).random(size))
    gain = OFFSET + x @ WEIGHTS + NOISE * np.random.default_rng((seed, 1)).standard_normal(size)
    return {"base": np.zeros(size), "other": gain}, dict(zip("abcd", x.T, strict=True))


def test_two_decisions_with_a_linear_normal_gain() -> None:
    """Within 5% of the closed form, with 2,048 points (the standard error of the largest is 3%)."""
    utilities, assumptions = linear(2048, 1)
    found = value_of_information(utilities, assumptions, GROUPS, lucky=utilities)
    true = {"a": 3.0, "a and b": np.hypot(3, 2), EVERYTHING: np.sqrt(14), LUCK_TOO: np.sqrt(14 + NOISE**2)}
    for name, spread in true.items():
        assert found.loc[name, "evppi"] == pytest.approx(worth(float(spread)), rel=0.05)
    assert found.loc["b", "evppi"] == pytest.approx(worth(2.0), rel=0.1)
    assert found.loc["d", "evppi"] == pytest.approx(0.0, abs=0.01)
    assert list(found.index[:2]) == ["a and b", "a"] and list(found.index[-2:]) == [EVERYTHING, LUCK_TOO]
    assert found.loc[EVERYTHING, "share"] == 1.0


def test_the_standard_error_tells_the_truth() -> None:
    """Over 40 samples the distances to the closed form are of the size of the error: their rms is 0.6 to 1.4 of it."""
    scores = []
    for seed in range(40):
        x = np.random.default_rng(seed).standard_normal((128, 1))
        gain = OFFSET + 3 * x[:, 0] + NOISE * np.random.default_rng((seed, 1)).standard_normal(128)
        table = value_of_information({"base": np.zeros(128), "other": gain}, {"a": x[:, 0]}, {"a": ["a"]})
        scores.append((float(table.loc["a", "evppi"]) - worth(3.0)) / float(table.loc["a", "error"]))
    assert 0.6 < float(np.sqrt(np.mean(np.square(scores)))) < 1.4


def test_luck_that_all_options_share_does_not_matter() -> None:
    utilities, assumptions = linear(256, 2)
    shared = 1000 * np.random.default_rng(3).standard_normal(256)
    moved: Mapping[str, np.ndarray] = {name: values + shared for name, values in utilities.items()}
    one = value_of_information(utilities, assumptions, {"a": ["a"]})
    other = value_of_information(moved, assumptions, {"a": ["a"]})
    assert other["evppi"].to_numpy() == pytest.approx(one["evppi"].to_numpy(), rel=5e-3)


def test_a_clear_choice_is_worth_nothing() -> None:
    rng = np.random.default_rng(1)
    x = rng.standard_normal(128)
    found = value_of_information({"base": x, "other": x + 10 + 0.1 * rng.standard_normal(128)}, {"a": x}, {"a": ["a"]})
    assert found["evppi"].tolist() == [0.0, 0.0] and np.isnan(found["share"]).all()


def test_three_options_that_are_not_linear() -> None:
    """Options x^2, 1 and -x on x uniform in -2..2: E max is (7/3 + ...) by quadrature."""
    x = (np.arange(512) + 0.5) / 128 - 2
    options = {"square": x**2, "one": np.ones(512), "minus": -x}
    noise = np.random.default_rng(1).standard_normal((3, 512)) * 0.3
    seen = {name: values + noise[place] for place, (name, values) in enumerate(options.items())}
    found = value_of_information(seen, {"x": x}, {"x": ["x"]})
    true = np.max(list(options.values()), axis=0).mean() - max(values.mean() for values in options.values())
    assert found.loc["x", "evppi"] == pytest.approx(true, rel=0.05)


def test_what_it_needs() -> None:
    with pytest.raises(ValueError, match="two options"):
        value_of_information({"base": np.zeros(50)}, {"a": np.arange(50.0)}, {"a": ["a"]})
    with pytest.raises(ValueError, match="at least 30 points"):
        value_of_information({"x": np.zeros(9), "y": np.ones(9)}, {"a": np.arange(9.0)}, {"a": ["a"]})


def test_the_conditional_mean_follows_a_curve() -> None:
    """Of 300 noisy values of a sine the fit is within four of its standard errors on average, and near the curve."""
    rng = np.random.default_rng(2)
    x = rng.uniform(-3, 3, (300, 1))
    true = np.sin(2 * x[:, 0])
    fit = conditional_mean(true + 0.3 * rng.standard_normal(300), x)
    assert float(np.sqrt(np.mean((fit.mean - true) ** 2))) < 0.1
    errors = np.sqrt((fit.root**2).sum(axis=1))
    assert 0.5 < float(np.sqrt(np.mean(((fit.mean - true) / errors) ** 2))) < 1.6
    flat = conditional_mean(np.ones(50), x[:50])
    assert flat.mean.tolist() == [1.0] * 50

"""Surfaces find a known function behind luck, say how sure they are, and take shared luck out."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

from simulation.evidence.calibrate.surface import Surface

K = 5


def truth(z: Any) -> Any:
    """A plane, bent in two of the five unknowns; the last two do nothing."""
    return 2.0 + z[:, 0] - 0.5 * z[:, 1] - 0.3 * z[:, 0] ** 2 + 0.4 * z[:, 0] * z[:, 2]


def trials(shared: float, own: float, seed: int = 1, count: int = 160) -> tuple[Any, Any, Any]:
    random = np.random.default_rng(seed)
    z, luck = random.standard_normal((count, K)), np.arange(count) // 4
    met = shared * random.standard_normal(count // 4)[luck] + own * random.standard_normal(count)
    return z, luck, truth(z) + met


def test_it_finds_the_function_behind_the_luck() -> None:
    z, luck, outcome = trials(0.3, 0.1)
    surface = Surface.fit(z, luck, outcome)
    there = np.random.default_rng(2).standard_normal((300, K)) * 0.8
    error = surface.mean(there) - truth(there)
    assert np.sqrt(np.mean(error**2)) < 0.15  # without a surface it is the spread of the outcomes, above 1
    # What it says of its own error holds: within 1.645 of its standard deviations for 90% of points.
    covered = np.mean(np.abs(error) <= 1.645 * np.sqrt(surface.variance(there)))
    assert 0.75 < covered <= 1.0
    shared, own = np.exp(surface.scaled[-2:]) * surface.size
    assert shared == pytest.approx(0.3, rel=0.5)
    assert own == pytest.approx(0.1, rel=0.5)


def test_shared_luck_is_taken_out() -> None:
    """Trials that share their luck tell differences better than trials that do not."""
    there = np.random.default_rng(2).standard_normal((200, K)) * 0.8
    errors = []
    for sharing in (True, False):
        wrong = []
        for seed in range(3):
            z, luck, outcome = trials(0.4, 0.05, seed)
            surface = Surface.fit(z, luck if sharing else np.arange(len(luck)), outcome)
            wrong.append(np.std(surface.mean(there) - truth(there)))
        errors.append(np.mean(wrong))
    assert errors[0] < 0.7 * errors[1]


def test_slopes_are_derivatives_of_the_mean() -> None:
    surface = Surface.fit(*trials(0.3, 0.1))
    z, step = np.random.default_rng(3).standard_normal((4, K)), 1e-5
    for place, each in enumerate(step * np.eye(K)):
        difference = (surface.mean(z + each) - surface.mean(z - each)) / (2 * step)
        assert surface.slopes(z)[:, place] == pytest.approx(difference, abs=1e-6)


def test_a_constant_is_no_trouble() -> None:
    z, luck, _ = trials(0.0, 0.0)
    surface = Surface.fit(z, luck, np.full(len(z), 3.0))
    assert surface.mean(z[:5]) == pytest.approx(3.0)
    assert np.isfinite(surface.slopes(z[:5])).all()

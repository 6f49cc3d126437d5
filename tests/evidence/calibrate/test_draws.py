"""Draws give the facts the centre and the spread that were stated, and leave alone what the facts do not tell."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

from simulation.evidence.calibrate.draws import joint_draws, nearest_point, scores
from simulation.evidence.calibrate.surface import Surface

K = 4


def surface_of(function: Any, noise: float = 0.01) -> Surface:
    random = np.random.default_rng(5)
    z = random.standard_normal((200, K)) * 1.3
    return Surface.fit(z, np.arange(200), function(z) + noise * random.standard_normal(200))


def draws_of(surfaces: list[Surface], number: int) -> tuple[Any, Any, Any]:
    """The point, draws about it, and where they came from."""
    normal, point = scores(K, len(surfaces), number, 1), nearest_point(surfaces, K)
    return point, *joint_draws(surfaces, point, normal, normal[:, :K])


def bent(z: Any) -> Any:
    """A fact, in spreads from what was stated: its mean at draws about a point is 3 less than at the point."""
    return 8.0 * z[:, 0] - 2.0 * z[:, 1] - 1.5 * (z[:, 0] ** 2 + z[:, 1] ** 2) - 6.0


def test_a_curved_fact_has_its_centre_and_its_spread() -> None:
    point, draws, origins = draws_of([surface_of(bent)], 400)
    assert bent(point[None])[0] == pytest.approx(0.0, abs=0.1)
    plain = bent(point + np.random.default_rng(1).standard_normal((400, K)))
    assert plain.mean() < -2 and plain.std() > 5  # what draws about the point would give
    found = bent(draws)
    assert found.mean() == pytest.approx(0.0, abs=0.15)
    assert found.std() == pytest.approx(1.0, abs=0.15)
    left = draws.std(axis=0) / origins.std(axis=0)
    assert left[0] < 0.7
    assert left[2:] == pytest.approx(1.0, abs=0.02)


def test_an_unsure_surface_leaves_less_to_the_draws() -> None:
    sure, unsure = surface_of(bent), surface_of(bent, noise=4.0)
    spreads = []
    for one in (sure, unsure):
        _, draws, _ = draws_of([one], 400)
        spreads.append(one.mean(draws).std())
    assert spreads[1] < 0.9 * spreads[0]


def test_facts_that_contradict_are_met_half_way() -> None:
    low, high = surface_of(lambda z: 5 * z[:, 0] - 5), surface_of(lambda z: 5 * z[:, 0] + 5)
    point, draws, _ = draws_of([low, high], 100)
    assert low.mean(point[None])[0] == pytest.approx(-high.mean(point[None])[0], abs=0.3)
    assert np.isfinite(draws).all() and np.abs(draws).max() <= 3.5

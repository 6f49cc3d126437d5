"""Sobol indices and the tornado through our own wiring, with functions whose indices are known."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

from simulation.experiment.sensitivity import TORNADO, Design
from simulation.experiment.sobol import LUCK, indices, saltelli
from tests.experiment.known import PI, analyse, scenario


def ishigami(a: Any, b: Any, c: Any) -> Any:
    """sin a + 7 sin(b)^2 + 0.1 c^4 sin a."""
    return np.sin(a) + 7 * np.sin(b) ** 2 + 0.1 * c**4 * np.sin(a)


VARIANCE = 7**2 / 8 + 0.1 * PI**4 / 5 + 0.1**2 * PI**8 / 18 + 0.5
"""Of the Ishigami function (Ishigami & Homma 1990)."""
FIRST = np.array([0.5 * (1 + 0.1 * PI**4 / 5) ** 2, 7**2 / 8, 0.0]) / VARIANCE
TOTAL = FIRST + np.array([1, 0, 1]) * 0.1**2 * PI**8 * (1 / 18 - 1 / 50) / VARIANCE


def test_ishigami() -> None:
    """The published indices (0.314, 0.442, 0), within 0.02: four times what the quasi-random points scatter."""
    assert FIRST.round(3).tolist() == [0.314, 0.442, 0.0]
    found = analyse(ishigami)
    assert found.now.first[0, :3] == pytest.approx(FIRST, abs=0.02)
    assert found.now.total[0, :3] == pytest.approx(TOTAL, abs=0.02)
    assert found.now.share[0] == pytest.approx(FIRST, abs=0.02)
    assert found.now.unknown[0] == pytest.approx(1.0)
    assert found.now.variance[0] == pytest.approx(VARIANCE, rel=0.03)
    low, high = found.now.ends["first"]
    assert (low[0, :3] <= FIRST).all() and (high[0, :3] >= FIRST).all()
    assert found.over_time.first[1] == pytest.approx(found.now.first[0])
    assert np.isnan(found.over_time.first[0]).all()


def test_ishigami_with_luck() -> None:
    """Luck has its share, and what we do not know is shared out as without it."""
    sigma = 3.0
    found = analyse(ishigami, sigma)
    known = VARIANCE / (VARIANCE + sigma**2)
    assert found.now.unknown[0] == pytest.approx(known, abs=0.05)
    assert found.now.share[0] == pytest.approx(FIRST, abs=0.08)
    assert found.now.table().index[-1] != LUCK and found.now.factors[-1] == LUCK
    assert found.spread.share_low <= known <= found.spread.share_high
    assert found.spread.pairs == 2048


def test_intervals_cover() -> None:
    """In 100 designs of 64 base samples the 95% intervals hold the true index at least 88 times (p < 0.004)."""
    weights, sigma, hits = np.array([3.0, 2.0, 1.0]), 0.8, np.zeros(3)
    variance = weights**2 / 12
    true = variance / (variance.sum() + sigma**2)
    for seed in range(100):
        settings = saltelli(("a", "b", "c"), 64, seed)
        luck = np.random.default_rng((seed, 5)).standard_normal(128)[settings.luck]
        found = indices(settings.names, (settings.levels @ weights + sigma * luck)[:, None], ["y"], seed)
        low, high = (one[0, :3] for one in found.ends["first"])
        hits += (low <= true) & (true <= high)
    assert (hits >= 88).all()


def test_more_points_keep_the_earlier_settings() -> None:
    few, many = saltelli(("a", "b"), 10, 3), saltelli(("a", "b"), 100, 3)
    assert np.array_equal(few.levels, many.levels[: len(few)]) and np.array_equal(few.luck, many.luck[: len(few)])
    assert len(many) == 100 * 5
    assert not np.array_equal(few.levels, saltelli(("a", "b"), 10, 4).levels)


def test_undefined_futures_leave_out_their_base_sample() -> None:
    settings = saltelli(("a", "b"), 64, 1)
    values = settings.levels @ np.array([1.0, 0.0])
    values[7] = np.nan
    found = indices(settings.names, values[:, None], ["y"])
    assert found.samples.tolist() == [63]
    assert found.first[0] == pytest.approx([1, 0, 0], abs=0.15)
    nothing = indices(settings.names, np.full((len(settings), 1), np.nan), ["y"])
    assert nothing.samples.tolist() == [0] and np.isnan(nothing.first).all()


def test_the_tornado_pairs_luck() -> None:
    found = analyse(ishigami, 50.0, points=8)
    table = found.tornado
    names = list(found.design.names)
    # sin(a) at its P10 and P90 with b = c = 0; luck of 50 cancels.
    assert table.loc[names[0], "at_high"] == pytest.approx(np.sin(0.8 * PI))
    assert table.loc[names[0], "at_low"] == pytest.approx(-np.sin(0.8 * PI))
    assert table.loc[names[1], "at_low"] == pytest.approx(7 * np.sin(0.8 * PI) ** 2)
    assert table.loc[names[0], "at_high_from"] == pytest.approx(table.loc[names[0], "at_high_to"])
    assert table.loc[names[2], "swing"] == pytest.approx(0.0)
    assert (table["futures"] == TORNADO).all() and table.index[0] == names[0]
    assert found.values.loc[names[0], ["low", "middle", "high"]].tolist() == pytest.approx([-0.8 * PI, 0, 0.8 * PI])


def test_without_assumptions_there_is_nothing_to_ask() -> None:
    plan = scenario().at_point(1, 0)
    with pytest.raises(ValueError, match="no assumptions"):
        Design.of([plan], 8, 1)

"""What must be true, where the truth is known; and the leading indicators."""

from __future__ import annotations

from datetime import date
from types import SimpleNamespace
from typing import Any

import numpy as np
import pytest
import xarray as xr

from simulation.experiment.conditions import Condition, Requirements, requirements
from simulation.experiment.indicators import Indicators


def sample(futures: int, seed: int) -> tuple[dict[str, np.ndarray], np.ndarray, np.random.Generator]:
    """Five uniform assumptions in pairs of futures, and the point of each future."""
    rng = np.random.default_rng(seed)
    groups = np.repeat(np.arange(futures // 2), 2)
    return {name: np.repeat(rng.random(futures // 2), 2) for name in "abcde"}, groups, rng


def two_needed(futures: int, seed: int) -> Requirements:
    """Met in 97% of the futures where a > 0.5 and b < 0.6, in 30% of the others."""
    x, groups, rng = sample(futures, seed)
    return requirements(x, rng.random(futures) < np.where((x["a"] > 0.5) & (x["b"] < 0.6), 0.97, 0.3), groups, 0.8)


@pytest.mark.parametrize("seed", range(4))
def test_two_conditions_are_found_where_two_are_needed(seed: int) -> None:
    found = two_needed(2000, seed)
    one = found.sets[0]
    conditions = {(each.path, each.at_least): each.threshold for each in one.conditions}
    assert set(conditions) == {("a", True), ("b", False)}
    assert conditions["a", True] == pytest.approx(0.5, abs=0.12)
    assert conditions["b", False] == pytest.approx(0.6, abs=0.12)
    assert one.chance.low >= 0.8 and one.likely == pytest.approx(0.3, abs=0.1)
    assert found.today.value == pytest.approx(0.5, abs=0.05) and not found.already


def test_one_condition_is_enough_where_one_is() -> None:
    x, groups, rng = sample(1000, 1)
    found = requirements(x, rng.random(1000) < np.where(x["c"] < 0.7, 0.98, 0.1), groups, 0.8)
    assert [(each.path, each.at_least) for each in found.sets[0].conditions] == [("c", False)]
    assert all(len(one.conditions) == 1 for one in found.sets)


def test_three_conditions() -> None:
    x, groups, rng = sample(6000, 1)
    good = (x["a"] > 0.3) & (x["b"] > 0.3) & (x["c"] < 0.7)
    found = requirements(x, rng.random(6000) < np.where(good, 0.98, 0.2), groups, 0.9)
    assert {(each.path, each.at_least) for each in found.sets[-1].conditions} == {
        ("a", True),
        ("b", True),
        ("c", False),
    }


def test_nothing_suffices_where_nothing_matters() -> None:
    """With a true chance of 78% everywhere and 80% asked for, 5 false sets in 40 samples would have p < 0.05."""
    false = 0
    for seed in range(40):
        x, groups, rng = sample(400, seed)
        false += bool(requirements(x, rng.random(400) < 0.78, groups, 0.8).sets)
    assert false <= 4


def test_the_lower_bound_holds() -> None:
    """Over 40 samples the true chance under the stated conditions is below the lower bound at most 4 times."""
    wrong = 0
    for seed in range(40):
        found = two_needed(1000, 50 + seed)
        for one in found.sets[:1]:
            low, high = np.zeros(2), np.ones(2)
            for each in one.conditions:
                if each.path in "ab":
                    (low if each.at_least else high)["ab".index(each.path)] = each.threshold
            good = np.clip(np.minimum(high, [1, 0.6]) - np.maximum(low, [0.5, 0]), 0, None)
            inside = float(np.prod(good) / np.prod(high - low))
            wrong += 0.97 * inside + 0.3 * (1 - inside) < one.chance.low
    assert wrong <= 4


ATOMS = [
    (2, 0, False, (0.0, 1.0)),
    (2, 1, True, (0.0, 1.0)),
    (4, 1, False, (1.0, 2.0)),
    (4, 2, True, (1.0, 2.0)),
    (3, 0, False, (0.0, 1.0)),
    (3, 2, True, (1.0, 2.0)),
    (12, 7, False, (7.0, 8.0)),
    (12, 4, True, (3.0, 4.0)),
]


@pytest.mark.parametrize(("atoms", "last", "at_least", "between"), ATOMS)
def test_conditions_on_whole_numbers(atoms: int, last: int, at_least: bool, between: tuple[float, float]) -> None:
    """Met in 97% of the futures up to (or from) a value: the condition holds for the values that are meant."""
    rng = np.random.default_rng(5)
    groups, x = np.repeat(np.arange(600), 2), np.repeat(rng.integers(0, atoms, 600).astype(float), 2)
    good = x >= last if at_least else x <= last
    found = requirements({"x": x}, rng.random(1200) < np.where(good, 0.97, 0.0), groups, 0.9)
    one = found.sets[0]
    assert [each.at_least for each in one.conditions] == [at_least]
    assert between[0] <= one.conditions[0].threshold <= between[1]
    assert one.holds({"x": x}).tolist() == good.tolist()
    assert one.chance.value == pytest.approx(0.97, abs=0.03) and one.likely == pytest.approx(good.mean())


def test_two_whole_numbers_in_opposite_directions() -> None:
    rng = np.random.default_rng(6)
    groups = np.repeat(np.arange(1500), 2)
    x = {name: np.repeat(rng.integers(0, 5, 1500).astype(float), 2) for name in "ab"}
    good = (x["a"] <= 2) & (x["b"] >= 2)
    found = requirements(x, rng.random(3000) < np.where(good, 0.98, 0.1), groups, 0.85)
    assert found.sets[0].holds(x).tolist() == good.tolist()


def test_no_condition_is_one_that_always_holds() -> None:
    rng = np.random.default_rng(7)
    groups, x = np.repeat(np.arange(400), 2), np.repeat(rng.integers(0, 2, 400).astype(float), 2)
    found = requirements({"x": x}, rng.random(800) < 0.5, groups, 0.8)
    assert found.sets == () and found.best is not None and not found.best.holds({"x": x}).all()


def test_a_chance_that_may_be_too_low_is_not_enough() -> None:
    groups = np.repeat(np.arange(50), 2)
    x = {"a": np.repeat(np.random.default_rng(1).random(50), 2)}
    found = requirements(x, np.arange(100) % 50 >= 9, groups, 0.8)  # 82%, its interval from 73 to 88
    assert found.today.low < 0.8 < found.today.value
    assert found.unsure and not found.already and found.sets == ()
    sure = requirements(x, np.arange(100) % 50 >= 1, groups, 0.8)
    assert sure.already and not sure.unsure


def test_an_objective_that_is_met_anyway_needs_nothing() -> None:
    x, groups, rng = sample(400, 1)
    found = requirements(x, rng.random(400) < 0.95, groups, 0.8)
    assert found.already and found.sets == () and found.judged == 0


def test_the_best_is_said_when_nothing_suffices() -> None:
    x, groups, rng = sample(1000, 1)
    found = requirements(x, rng.random(1000) < np.where(x["a"] > 0.6, 0.6, 0.2), groups, 0.8)
    assert found.sets == () and found.best is not None
    assert ("a", True) in {(each.path, each.at_least) for each in found.best.conditions}
    assert found.best.chance.value == pytest.approx(0.6, abs=0.15)


def test_the_probability_must_be_one() -> None:
    x, groups, rng = sample(100, 1)
    with pytest.raises(ValueError, match="between 0 and 1"):
        requirements(x, rng.random(100) < 0.5, groups, 80.0)


class Readings:
    """A forecast whose renewal rate tells of the assumption from day 90 on, whose other measures tell nothing."""

    def __init__(self, assumption: np.ndarray, groups: np.ndarray, seed: int) -> None:
        self.assumption, self.rng = assumption, np.random.default_rng(seed)
        self.points = groups.tolist()
        self.frame = SimpleNamespace(
            start=date(2027, 1, 1), cell_edges=np.array([0, 30, 90, 180, 360]), segments=("only",), milestones=(),
            interventions=(), teams=(),
        )  # fmt: skip

    def measure(self, name: str, *, within: int, **_: Any) -> xr.DataArray:
        noise = self.rng.standard_normal(len(self.assumption))
        if name != "renewal_rate":
            return xr.DataArray(noise)
        clear = {30: 0.0, 90: 8.0, 180: 16.0}[within]
        return xr.DataArray(clear * self.assumption + noise)


def test_the_earliest_reading_that_tells_is_taken_with_its_error_rates() -> None:
    x, groups, _ = sample(2000, 1)
    holds = Condition("a", True, 0.5).holds(x)
    found = Indicators(Readings(x["a"], groups, 1), last=360).of(holds)  # type: ignore[arg-type]
    assert found is not None and found.telling
    assert (found.measure, found.day, found.until, found.below) == ("renewal_rate", 90, date(2027, 4, 1), True)
    assert found.false_alarm == pytest.approx(0.1, abs=0.04)
    assert found.detection > 0.7
    other = Indicators(Readings(x["a"], groups, 1), last=360).of(~holds)  # type: ignore[arg-type]
    assert other is not None and not other.below


def test_a_weak_indicator_says_so_and_what_always_holds_has_none() -> None:
    x, groups, _ = sample(1000, 1)
    readings = Indicators(Readings(x["a"], groups, 1), last=90)  # type: ignore[arg-type]
    weak = readings.of(x["a"] > 0.5)
    assert weak is not None and not weak.telling and weak.detection == pytest.approx(0.1, abs=0.08)
    assert readings.of(np.ones(1000, bool)) is None


def test_counts_have_whole_thresholds() -> None:
    x, groups, _ = sample(1000, 1)

    class Counts(Readings):
        def measure(self, name: str, *, within: int, **_: Any) -> xr.DataArray:
            return xr.DataArray(np.floor(100 * self.assumption) if name == "joined" else np.zeros(1000))

    found = Indicators(Counts(x["a"], groups, 1), last=360).of(x["a"] > 0.5)  # type: ignore[arg-type]
    assert found is not None and found.measure == "joined" and found.threshold == np.round(found.threshold)
    assert found.detection == pytest.approx(1.0)

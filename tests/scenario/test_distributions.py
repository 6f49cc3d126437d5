"""Distributions: quantiles, means, supports, and how they are written."""

from __future__ import annotations

import pickle
from typing import Any

import numpy as np
import pytest
from scipy import stats

from simulation.scenario.distribution_reader import parse_distribution
from simulation.scenario.distributions import Distribution, scipy_families
from simulation.scenario.errors import Misfit
from simulation.scenario.quantities import ANGLE, DURATION, MONEY, NUMBER, SHARE, Bounds, Kind

U = np.array([1e-12, 0.01, 0.3, 0.5, 0.8, 1 - 1e-9])
UNIT = Bounds(at_least=0.0, at_most=1.0)

FAMILIES: list[tuple[Any, Any]] = [
    ({"exponential": {"mean": 3}}, stats.expon(scale=3)),
    ({"normal": {"mean": 3, "sd": 2}}, stats.norm(3, 2)),
    ({"mean": 3, "sd": 2}, stats.norm(3, 2)),
    ({"lognormal": {"median": 3, "spread": 0.4}}, stats.lognorm(0.4, scale=3)),
    ({"median": 3, "spread": 0.4}, stats.lognorm(0.4, scale=3)),
    ({"triangular": {"low": 1, "likely": 2, "high": 5}}, stats.triang(0.25, 1, 4)),
    ({"triangular": {"low": 1, "likely": 1, "high": 5}}, stats.triang(0, 1, 4)),
    ({"triangular": {"low": 1, "likely": 5, "high": 5}}, stats.triang(1, 1, 4)),
    ({"uniform": {"low": 1, "high": 4}}, stats.uniform(1, 3)),
    ({"beta": {"a": 2, "b": 5}}, stats.beta(2, 5)),
    ({"beta": {"a": 2, "b": 5, "loc": 1, "scale": 3}}, stats.beta(2, 5, 1, 3)),
    ({"gamma": {"a": 2, "scale": 3}}, stats.gamma(2, scale=3)),
    ({"weibull_min": {"c": 1.5}}, stats.weibull_min(1.5)),
    ({"johnsonsu": {"a": 0.5, "b": 1.5, "loc": 2}}, stats.johnsonsu(0.5, 1.5, 2)),
]


@pytest.mark.parametrize(("raw", "reference"), FAMILIES, ids=lambda x: str(x)[:30])
def test_agrees_with_scipy(raw: Any, reference: Any) -> None:
    found = parse_distribution(NUMBER, raw)
    np.testing.assert_allclose(found.ppf(U), reference.ppf(U), rtol=1e-11)
    assert found.mean() == pytest.approx(reference.mean(), rel=1e-12)
    assert found.support() == pytest.approx(reference.support())
    assert pickle.loads(pickle.dumps(found)) == found and hash(found) == hash(found)


def test_a_number_is_a_constant() -> None:
    found = parse_distribution(SHARE, "60%")
    assert found.is_constant and found.value == 0.6 == found.mean()
    assert found.support() == (0.6, 0.6) and (found.ppf(U) == 0.6).all()
    assert parse_distribution(SHARE, {"constant": "60%"}) == found
    with pytest.raises(ValueError, match="no single value"):
        _ = parse_distribution(NUMBER, {"mean": 1, "sd": 1}).value


def test_parameters_have_the_unit_of_the_field_and_a_spread_has_none() -> None:
    assert parse_distribution(DURATION, {"median": "2 weeks", "spread": 0.3}).params == (
        ("median", 14.0),
        ("spread", 0.3),
    )
    assert parse_distribution(MONEY, {"median": 320, "spread": 0.3}).parameter("median") == 32000.0
    scaled = parse_distribution(ANGLE, {"gamma": {"a": 2, "scale": "10 deg"}})
    assert scaled.params == (("a", 2.0), ("scale", np.deg2rad(10)))
    with pytest.raises(Misfit, match="unit is missing"):
        parse_distribution(ANGLE, {"normal": {"mean": 0, "sd": 4}})


def test_empirical_values_are_sorted_steps() -> None:
    found = parse_distribution(NUMBER, {"empirical": [3, 1, 2, 2]})
    assert found.values == (1, 2, 2, 3)
    assert found.ppf([0.1, 0.3, 0.6, 0.9, 1 - 1e-16]).tolist() == [1, 2, 2, 3, 3]
    assert found.mean() == 2 and found.support() == (1, 3)


def test_empirical_weights() -> None:
    found = parse_distribution(NUMBER, {"empirical": {"values": [5, 1, 9], "weights": [1, 3, 0]}})
    assert found.values == (1, 5) and found.weights == (0.75, 0.25)
    assert found.ppf([0.1, 0.74, 0.76, 1 - 1e-16]).tolist() == [1, 1, 5, 5]
    assert found.mean() == 2


def test_money_of_constants_and_values_is_in_whole_cents() -> None:
    assert parse_distribution(MONEY, 12.345).value == 1235.0
    assert parse_distribution(MONEY, {"empirical": [0.005, 2.675]}).values == (1.0, 268.0)


REFUSED: list[tuple[Kind, Any, Bounds, tuple[Any, ...], str]] = [
    (NUMBER, [1, 2], Bounds(), (), "empirical"),
    (NUMBER, {}, Bounds(), (), "empty mapping"),
    (NUMBER, {"lognormal": {"median": 1, "spread": 1}, "uniform": {}}, Bounds(), (), "remove the other one"),
    (NUMBER, {"lognorml": {"median": 1}}, Bounds(), ("lognorml",), "did you mean 'lognormal'"),
    (NUMBER, {"gama": {"a": 1}}, Bounds(), ("gama",), "did you mean 'gamma'"),
    (NUMBER, {"lognormal": 3}, Bounds(), ("lognormal",), "median, spread"),
    (NUMBER, {"lognormal": {"median": 3}}, Bounds(), ("lognormal",), "'spread' is missing"),
    (NUMBER, {"lognormal": {"median": -3, "spread": 1}}, Bounds(), ("lognormal", "median"), "more than 0"),
    (NUMBER, {"median": 3, "spread": -1}, Bounds(), ("spread",), "at least 0"),
    (NUMBER, {"uniform": {"low": 3, "high": 1}}, Bounds(), ("uniform",), "low <= high"),
    (NUMBER, {"beta": {"a": 0, "b": 1}}, Bounds(), ("beta", "a"), "more than 0"),
    (NUMBER, {"gamma": {"a": -1}}, Bounds(), ("gamma",), "impossible shape"),
    (NUMBER, {"gamma": {"a": 1, "scale": -1}}, Bounds(), ("gamma", "scale"), "more than 0"),
    (NUMBER, {"exponential": {"mean": "3 days"}}, Bounds(), ("exponential", "mean"), "without a unit"),
    (SHARE, {"normal": {"mean": 0.9, "sd": 0.1}}, UNIT, ("normal",), "below 0%"),
    (SHARE, {"uniform": {"low": "90%", "high": "101%"}}, UNIT, ("uniform",), "above 100%"),
    (SHARE, {"empirical": ["50%", "150%"]}, UNIT, ("empirical", 1), "at most 100%"),
    (MONEY, {"normal": {"mean": 5, "sd": 1}}, Bounds(at_least=0), ("normal",), "lognormal, exponential"),
    (MONEY, {"lognormal": {"median": 300, "spread": 9}}, Bounds(), ("lognormal",), "too large"),
    (MONEY, {"pareto": {"b": 0.1}}, Bounds(), ("pareto",), "too large"),
    (NUMBER, {"empirical": []}, Bounds(), ("empirical",), "list of values"),
    (
        NUMBER,
        {"empirical": {"values": [1], "weights": [1, 2]}},
        Bounds(),
        ("empirical", "weights"),
        "1 weights",
    ),
    (
        NUMBER,
        {"empirical": {"values": [1], "weights": [0]}},
        Bounds(),
        ("empirical", "weights"),
        "more than 0",
    ),
    (NUMBER, {"empirical": {"vals": [1]}}, Bounds(), ("empirical", "vals"), "did you mean 'values'"),
]


@pytest.mark.parametrize(("kind", "raw", "bounds", "at", "said"), REFUSED, ids=lambda x: str(x)[:30])
def test_says_what_is_wrong_and_where(kind: Kind, raw: Any, bounds: Bounds, at: tuple[Any, ...], said: str) -> None:
    with pytest.raises(Misfit) as caught:
        parse_distribution(kind, raw, bounds)
    assert any(place == at and said in message for place, message, _ in caught.value.parts), caught.value.parts


def test_several_wrong_parameters_are_told_at_once() -> None:
    with pytest.raises(Misfit) as caught:
        parse_distribution(NUMBER, {"triangular": {"low": "x", "likly": 2}})
    assert len(caught.value.parts) == 4  # low, likly, and two that are missing


def test_every_family_of_scipy_has_a_name() -> None:
    families = scipy_families()
    assert {"gamma", "weibull_min", "norminvgauss", "fisk"} <= set(families)
    assert families["johnsonsu"] == ("a", "b") and families["norm"] == ()


def test_a_distribution_is_immutable() -> None:
    with pytest.raises(AttributeError):
        Distribution("constant", (("value", 1.0),)).family = "normal"  # type: ignore[misc]

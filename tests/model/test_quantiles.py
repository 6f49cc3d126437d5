"""Compiled distributions against the distributions themselves."""

from __future__ import annotations

import math
from typing import Any

import numba
import numpy as np
import pytest

from simulation.model import quantiles
from simulation.scenario.distributions import Distribution

SMALLEST = 2.0**-53
EVERYWHERE = np.concatenate(
    [
        [SMALLEST, 1e-12, 1e-6, 1e-3],
        np.linspace(0.001, 0.999, 4001),
        [1 - 1e-3, 1 - 1e-6, 1 - 1e-12, 1 - SMALLEST],
    ]
)


def of(family: str, **params: float) -> Distribution:
    return Distribution(family, tuple(params.items()))


def empirical(*values: float, weights: tuple[float, ...] | None = None) -> Distribution:
    return Distribution("empirical", (), values, weights)


@numba.njit
def _draw(records: Any, table: Any, i: int, u: Any) -> Any:
    out = np.empty(u.size)
    for k in range(u.size):
        out[k] = quantiles.draw_quantile(records[i], table, u[k])
    return out


def draw(distribution: Distribution, u: Any) -> np.ndarray:
    """Compile between two others, so that an offset of zero is not all that is tried."""
    others = of("beta", a=2.0, b=3.0), empirical(7.0, 8.0)
    records, table = quantiles.compile_distributions([others[0], distribution, others[1]])
    drawn: np.ndarray = _draw(records, table, 1, np.atleast_1d(np.asarray(u, float)))
    return drawn


@pytest.mark.parametrize(
    ("distribution", "kind"),
    [
        (of("constant", value=3.5), quantiles.CONSTANT),
        (of("exponential", mean=4.0), quantiles.EXPONENTIAL),
        (of("normal", mean=-1.0, sd=2.0), quantiles.NORMAL),
        (of("normal", mean=5.0, sd=0.0), quantiles.NORMAL),
        (of("lognormal", median=320.0, spread=0.35), quantiles.LOGNORMAL),
        (of("uniform", low=-2.0, high=5.0), quantiles.UNIFORM),
    ],
)
def test_closed_families_are_exact(distribution: Distribution, kind: int) -> None:
    records, _ = quantiles.compile_distributions([distribution])
    assert records["kind"].tolist() == [kind]
    np.testing.assert_allclose(draw(distribution, EVERYWHERE), distribution.ppf(EVERYWHERE), rtol=1e-13, atol=1e-14)


@pytest.mark.parametrize(
    "distribution",
    [
        of("triangular", low=0.90, likely=0.93, high=0.95),
        of("beta", a=2.0, b=0.5),
        of("beta", a=30.0, b=4.0, loc=10.0, scale=5.0),
        of("gamma", a=2.0, scale=3.0),
        of("weibull_min", c=1.5, scale=30.0),
        of("pareto", b=1.1),
        of("t", df=4.0),
        of("norm", loc=3.0, scale=0.5),
        of("expon", scale=9.0),
        of("gumbel_r", loc=1.0),
    ],
    ids=lambda d: d.family,
)
@pytest.mark.filterwarnings("ignore:Error in function boost")  # of scipy, at the ends of a beta
def test_tabulated_families_are_close(distribution: Distribution) -> None:
    want = distribution.ppf(EVERYWHERE)
    width = float(np.subtract(*distribution.ppf([0.75, 0.25])))
    middle = np.abs(EVERYWHERE - 0.5) < 0.4999
    got = draw(distribution, EVERYWHERE)
    np.testing.assert_allclose(got[middle], want[middle], rtol=5e-5, atol=1e-5 * width)
    # far out only a draw in a million is meant; a fat tail is still right to a part in a thousand
    np.testing.assert_allclose(got[2:-2], want[2:-2], rtol=1e-3, atol=1e-5 * width)
    low, high = distribution.support()
    assert low <= got[0] and got[-1] <= high
    assert np.all(np.diff(got) >= 0)


@pytest.mark.parametrize(
    "distribution",
    [
        of("beta", a=2.0, b=0.5),
        of("gamma", a=2.0),
        of("weibull_min", c=0.7),
        of("triangular", low=0.0, likely=0.0, high=1.0),
    ],
    ids=lambda d: d.family,
)
def test_means_are_kept(distribution: Distribution) -> None:
    u = (np.arange(200_000) + 0.5) / 200_000
    assert draw(distribution, u).mean() == pytest.approx(distribution.mean(), rel=1e-4)


def test_one_table_serves_all_and_equals_share() -> None:
    beta, steps = of("beta", a=2.0, b=3.0), empirical(1.0, 2.0)
    records, table = quantiles.compile_distributions([beta, of("constant", value=1.0), steps, of("beta", a=2.0, b=3.0)])
    assert records.dtype == quantiles.DIST
    assert records["offset"].tolist() == [0, 0, quantiles.TABLE_SIZE, 0]
    assert records["n"].tolist() == [quantiles.TABLE_SIZE, 0, 2, quantiles.TABLE_SIZE]
    assert table.shape == (quantiles.TABLE_SIZE + 2,)
    again = quantiles.compile_distributions([beta, of("constant", value=1.0), steps, beta])
    assert again[0].tobytes() == records.tobytes() and again[1].tobytes() == table.tobytes()


def test_nothing_needs_no_table() -> None:
    records, table = quantiles.compile_distributions([])
    assert records.size == 0 and table.size == 1


def test_empirical_gives_each_value_its_share() -> None:
    assert draw(empirical(1.0, 2.0, 5.0), [SMALLEST, 0.33, 0.34, 0.66, 0.67, 1 - SMALLEST]).tolist() == [
        1,
        1,
        2,
        2,
        5,
        5,
    ]
    assert draw(empirical(4.0), [SMALLEST, 0.5, 1 - SMALLEST]).tolist() == [4, 4, 4]


def test_weights_are_kept() -> None:
    weighted = empirical(1.0, 2.0, 5.0, 6.0, weights=(0.5, 0.25, 0.125, 0.125))
    u = [SMALLEST, 0.499, 0.5, 0.749, 0.75, 0.874, 0.875, 1 - SMALLEST]
    assert draw(weighted, u).tolist() == [1, 1, 2, 2, 5, 5, 6, 6]
    assert draw(weighted, EVERYWHERE).tolist() == weighted.ppf(EVERYWHERE).tolist()


def test_python_and_compiled_code_draw_the_same() -> None:
    wanted = [of("beta", a=2.0, b=3.0), of("lognormal", median=3.0, spread=1.0), empirical(1.0, 2.0, 9.0)]
    records, table = quantiles.compile_distributions(wanted)
    u = np.linspace(0.01, 0.99, 99)
    for i in range(len(wanted)):
        from_python = [quantiles.draw_quantile(records[i], table, v) for v in u]
        assert _draw(records, table, i, u).tolist() == from_python


class Odd:
    """A distribution whose quantile function has the faults of real libraries."""

    family, params, values, weights = "odd", (), None, None

    def __init__(self, faults: dict[int, float]) -> None:
        self.faults = faults

    def ppf(self, u: np.ndarray) -> np.ndarray:
        x = np.linspace(0.0, 1.0, u.size)
        for place, value in self.faults.items():
            x[place] = value
        return x


def tabulate(faults: dict[int, float]) -> np.ndarray:
    _, table = quantiles.compile_distributions([Odd(faults)])  # type: ignore[list-item]
    return table


def test_infinite_ends_become_the_last_finite_value() -> None:
    table = tabulate({0: -math.inf, 1: -math.inf, -1: math.inf})
    assert table[0] == table[1] == table[2] > 0.0
    assert table[-1] == table[-2] < 1.0


def test_a_fault_in_a_tail_stays_there() -> None:
    table = tabulate({3: 99.0, 10: math.nan, -4: -99.0})
    clean = tabulate({})
    assert np.all(np.diff(table) >= 0)
    np.testing.assert_allclose(table[11:-11], clean[11:-11])
    assert abs(table - clean).max() < 0.01


def test_no_quantiles_at_all_is_an_error() -> None:
    with pytest.raises(ValueError, match="no quantiles"):
        tabulate(dict.fromkeys(range(quantiles.TABLE_SIZE), math.nan))
    with pytest.raises(ValueError, match="at least one value"):
        quantiles.compile_distributions([Distribution("empirical", (), ())])


def test_kept_tables_are_used_and_new_ones_added() -> None:
    beta, gamma = of("beta", a=2.0, b=3.0), of("gamma", a=2.0)
    plain = quantiles.compile_distributions([beta, of("normal", mean=0.0, sd=1.0), empirical(1.0, 2.0), gamma])[1]
    tables: quantiles.Tables = {beta: np.linspace(0.0, 1.0, quantiles.TABLE_SIZE)}
    with quantiles.keeping(tables):
        kept = quantiles.compile_distributions([beta, of("normal", mean=0.0, sd=1.0), empirical(1.0, 2.0), gamma])[1]
    assert set(tables) == {beta, gamma}
    assert kept[: quantiles.TABLE_SIZE].tolist() == tables[beta].tolist() != plain[: quantiles.TABLE_SIZE].tolist()
    assert kept[quantiles.TABLE_SIZE :].tolist() == plain[quantiles.TABLE_SIZE :].tolist()
    assert quantiles.compile_distributions([beta])[1].tolist() == plain[: quantiles.TABLE_SIZE].tolist()


def test_keeping_ends_with_an_error() -> None:
    tables: quantiles.Tables = {}
    with pytest.raises(KeyError), quantiles.keeping(tables):
        raise KeyError
    quantiles.compile_distributions([of("beta", a=2.0, b=3.0)])
    assert not tables

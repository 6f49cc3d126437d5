"""Quantile tables as a file: nothing is lost, nothing else is read."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from simulation.engine.quantile_file import _packed, _unpacked, load_tables, save_tables
from simulation.model.quantiles import TABLE_SIZE, Tables, compile_distributions, keeping
from simulation.scenario.distributions import Distribution

BETA = Distribution("beta", (("a", 0.1), ("b", 1 / 3), ("loc", 0.0), ("scale", 31999.999999999996)))
GAMMA = Distribution("gamma", (("a", 2.0),))
ONE = ['["beta", [["a", 1.0]]]']


@pytest.fixture
def tables() -> Tables:
    random = np.random.default_rng(1)
    return {one: np.sort(random.normal(size=TABLE_SIZE)) for one in (GAMMA, BETA)}


def test_reads_what_was_written_to_the_last_bit(tables: Tables, tmp_path: Path) -> None:
    save_tables(tables, tmp_path / "one.npz")
    again = load_tables(tmp_path / "one.npz")
    assert set(again) == {BETA, GAMMA}
    assert all(again[one].tobytes() == tables[one].tobytes() for one in again)
    save_tables(dict(reversed(tables.items())), tmp_path / "two.npz")
    assert (tmp_path / "one.npz").read_bytes() == (tmp_path / "two.npz").read_bytes()


def test_packing_loses_no_bit_of_any_number() -> None:
    random = np.random.default_rng(2)
    bits = random.integers(-(2**63), 2**63, (3, 50), dtype=np.int64)
    special = np.array([[0.0, -0.0, np.nan, np.inf, -np.inf, 5e-324, -1.8e308 / 2, 1.0]])
    for numbers in (bits.view(np.float64), special, np.zeros((0, 9))):
        assert _unpacked(_packed(numbers)).tobytes() == numbers.tobytes()


def test_tables_of_a_law_take_a_third_of_their_numbers_at_most(tmp_path: Path) -> None:
    """Of 32 KB a table: every assumption point has tables of its own."""
    laws = [Distribution("beta", (("a", 3.2), ("b", b))) for b in (1.15, 1.17, 1.19, 1.21)]
    laws += [Distribution("gamma", (("a", 2.5),)), Distribution("weibull_min", (("c", 1.5),))]
    kept: Tables = {}
    with keeping(kept):
        compile_distributions(laws)
    save_tables(kept, tmp_path / "laws.npz")
    size = (tmp_path / "laws.npz").stat().st_size
    assert len(kept) == 6 and size < 6 * 8 * TABLE_SIZE / 3
    again = load_tables(tmp_path / "laws.npz")
    assert all(again[one].tobytes() == kept[one].tobytes() for one in laws)


def test_no_tables_are_a_file_too(tmp_path: Path) -> None:
    save_tables({}, tmp_path / "none.npz")
    assert load_tables(tmp_path / "none.npz") == {}


@pytest.mark.parametrize(
    "arrays",
    [
        {},
        {"distributions": np.array(["beta"]), "packed": _packed(np.zeros((1, TABLE_SIZE)))},
        {"distributions": np.array(ONE), "packed": _packed(np.zeros((1, 7)))},
        {"distributions": np.array(ONE), "packed": np.zeros((1, TABLE_SIZE))},
        {"distributions": np.array(ONE), "packed": _packed(np.full((1, TABLE_SIZE), np.nan))},
        {"distributions": np.array(ONE), "packed": _packed(-np.arange(TABLE_SIZE)[None] * 1.0)},
        {"distributions": np.array([{"pickled": 1}], object), "packed": _packed(np.zeros((1, TABLE_SIZE)))},
    ],
    ids=["empty", "names", "size", "not packed", "not a number", "decreasing", "pickle"],
)
def test_anything_else_is_refused(arrays: dict[str, np.ndarray], tmp_path: Path) -> None:
    np.savez(tmp_path / "bad.npz", **arrays)
    with pytest.raises(ValueError):
        load_tables(tmp_path / "bad.npz")


def test_half_a_file_is_refused(tables: Tables, tmp_path: Path) -> None:
    save_tables(tables, tmp_path / "whole.npz")
    (tmp_path / "half.npz").write_bytes((tmp_path / "whole.npz").read_bytes()[:-5000])
    with pytest.raises(ValueError):
        load_tables(tmp_path / "half.npz")
    with pytest.raises(FileNotFoundError):
        load_tables(tmp_path / "none.npz")

"""Quantile tables as a file: nothing is lost, nothing else is read."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from simulation.engine.quantile_file import load_tables, save_tables
from simulation.model.quantiles import TABLE_SIZE, Tables
from simulation.scenario.distributions import Distribution

BETA = Distribution("beta", (("a", 0.1), ("b", 1 / 3), ("loc", 0.0), ("scale", 31999.999999999996)))
GAMMA = Distribution("gamma", (("a", 2.0),))


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


def test_no_tables_are_a_file_too(tmp_path: Path) -> None:
    save_tables({}, tmp_path / "none.npz")
    assert load_tables(tmp_path / "none.npz") == {}


@pytest.mark.parametrize(
    "arrays",
    [
        {},
        {"distributions": np.array(["beta"]), "quantiles": np.zeros((1, TABLE_SIZE))},
        {"distributions": np.array(['["beta", [["a", 1.0]]]']), "quantiles": np.zeros((1, 7))},
        {"distributions": np.array(['["beta", [["a", 1.0]]]']), "quantiles": np.full((1, TABLE_SIZE), np.nan)},
        {"distributions": np.array(['["beta", [["a", 1.0]]]']), "quantiles": -np.arange(TABLE_SIZE)[None] * 1.0},
        {"distributions": np.array([{"pickled": 1}], object), "quantiles": np.zeros((1, TABLE_SIZE))},
    ],
    ids=["empty", "names", "size", "not a number", "decreasing", "pickle"],
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

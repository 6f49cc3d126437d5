"""The quantile tables of a run as a file, so that a rerun draws from the same tables (numpy's npz, no pickles)."""

from __future__ import annotations

import io
import json
from pathlib import Path

import numpy as np

from simulation.model.quantiles import TABLE_SIZE, Tables
from simulation.scenario.distributions import Distribution

__all__ = ["bytes_of", "load_tables", "save_tables", "tables_of"]


def save_tables(tables: Tables, path: Path) -> None:
    """Write tables: `distributions`, each as JSON of family and parameters, and `quantiles`, float64, one row each.

    The same tables give the same bytes, in whatever order they were made.
    """
    path.write_bytes(bytes_of(tables))


def bytes_of(tables: Tables) -> bytes:
    """Return what `save_tables` writes."""
    named = {json.dumps([one.family, one.params]): numbers for one, numbers in tables.items()}
    names = sorted(named)
    body = io.BytesIO()
    np.savez(
        body,
        distributions=np.array(names, dtype=np.str_),
        quantiles=np.array([named[name] for name in names], dtype=np.float64).reshape(-1, TABLE_SIZE),
    )
    return body.getvalue()


def load_tables(path: Path) -> Tables:
    """Read tables that `save_tables` wrote.

    Raises
    ------
    ValueError
        When the file holds anything else, or a table that is no quantile function.
    OSError
        When there is no such file, or it cannot be read.
    """
    return tables_of(path.read_bytes())


def tables_of(body: bytes) -> Tables:
    """Read tables from what `bytes_of` returned.

    Raises
    ------
    ValueError
        When it is anything else, or holds a table that is no quantile function.
    """
    try:
        with np.load(io.BytesIO(body), allow_pickle=False) as file:
            names, quantiles = file["distributions"].tolist(), file["quantiles"]
        pairs = [json.loads(name) for name in names]
        keys = [Distribution(family, tuple((name, float(value)) for name, value in params)) for family, params in pairs]
    except Exception as error:  # zipfile, numpy and json each have their own ways to fail
        raise ValueError(f"not a file of quantile tables: {error}") from None
    if quantiles.dtype != np.float64 or quantiles.shape != (len(keys), TABLE_SIZE):
        raise ValueError("not a file of quantile tables of this version")
    if not (np.isfinite(quantiles).all() and (np.diff(quantiles, axis=1) >= 0).all()):
        raise ValueError("a table in it is no quantile function")
    return dict(zip(keys, quantiles, strict=True))

"""The quantile tables of a run as a file, so that a rerun draws from the same tables (numpy's npz, no pickles).

Assumptions give every point tables of its own, so there is nothing to share between them; but each is smooth. The
fifth differences of the bits of neighbouring numbers are small whole numbers, of which deflate leaves a fifth of
what the numbers take, without losing a bit.
"""

from __future__ import annotations

import io
import json
from pathlib import Path

import numpy as np
import numpy.typing as npt

from simulation.model.quantiles import TABLE_SIZE, Tables
from simulation.scenario.distributions import Distribution

__all__ = ["bytes_of", "load_tables", "save_tables", "tables_of"]

ORDER = 5
"""How often differences are taken; one less or more leaves more of the tables of the usual families."""


def save_tables(tables: Tables, path: Path) -> None:
    """Write tables: `distributions`, each as JSON of family and parameters, and `packed`, see `_packed`.

    The same tables give the same bytes, in whatever order they were made.
    """
    path.write_bytes(bytes_of(tables))


def bytes_of(tables: Tables) -> bytes:
    """Return what `save_tables` writes."""
    named = {json.dumps([one.family, one.params]): numbers for one, numbers in tables.items()}
    names = sorted(named)
    body = io.BytesIO()
    np.savez_compressed(
        body,
        distributions=np.array(names, dtype=np.str_),
        packed=_packed(np.array([named[name] for name in names], dtype=np.float64).reshape(-1, TABLE_SIZE)),
    )
    return body.getvalue()


def _packed(quantiles: npt.NDArray[np.float64]) -> npt.NDArray[np.uint8]:
    """Bytes of the differences of the bits along each row, uint8[8, tables, TABLE_SIZE]: all first bytes together."""
    bits = quantiles.view(np.int64)
    for _ in range(ORDER):
        bits = np.diff(bits, axis=1, prepend=0)
    plain = np.ascontiguousarray(bits, "<i8").view(np.uint8)
    return np.ascontiguousarray(np.moveaxis(plain.reshape(*bits.shape, 8), -1, 0))


def _unpacked(packed: npt.NDArray[np.uint8]) -> npt.NDArray[np.float64]:
    """Undo `_packed`; sums and differences of 64 bits wrap around alike, so nothing is lost."""
    bits = np.ascontiguousarray(np.moveaxis(packed, 0, -1)).view("<i8")[..., 0].astype(np.int64)
    for _ in range(ORDER):
        bits = np.cumsum(bits, axis=1)
    return bits.view(np.float64)


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
            names, packed = file["distributions"].tolist(), file["packed"]
        pairs = [json.loads(name) for name in names]
        keys = [Distribution(family, tuple((name, float(value)) for name, value in params)) for family, params in pairs]
    except Exception as error:  # zipfile, numpy and json each have their own ways to fail
        raise ValueError(f"not a file of quantile tables: {error}") from None
    if packed.dtype != np.uint8 or packed.shape != (8, len(keys), TABLE_SIZE):
        raise ValueError("not a file of quantile tables of this version")
    quantiles = _unpacked(packed)
    if not (np.isfinite(quantiles).all() and (np.diff(quantiles, axis=1) >= 0).all()):
        raise ValueError("a table in it is no quantile function")
    return dict(zip(keys, quantiles, strict=True))

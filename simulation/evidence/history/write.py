"""Writes a history: as CSV, Parquet, or a table of a database; reading it again gives an equal one."""

from __future__ import annotations

import os
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd

from simulation.evidence.history.history import History
from simulation.evidence.history.table import DATES
from simulation.scenario.sheets.guard import guarded

__all__ = ["write_history"]

CHUNK_ROWS = 262_144
TEXTS = ("member_id", "name", "segment")


def write_history(history: History, path: Path) -> None:
    """Write a history to a file (all at once: a reader sees the old one or the new).

    Parameters
    ----------
    path
        `.csv` or `.parquet`. Dates without a time of day are written as days where the whole column has none.

    Raises
    ------
    ValueError
        Another ending.
    """
    write = {".csv": _csv, ".parquet": _parquet}.get(path.suffix.lower())
    if write is None:
        raise ValueError(f"cannot write {path.suffix!r}: expected .csv or .parquet")
    path.parent.mkdir(parents=True, exist_ok=True)
    draft = path.with_name(f".{path.name}.{os.getpid()}")
    try:
        write(plain_frame(history), draft)
        os.replace(draft, path)
    finally:
        draft.unlink(missing_ok=True)


def plain_frame(history: History) -> pd.DataFrame:
    """The table without columns that say nothing."""
    frame = history.frame
    empty = [name for name in ("name", "value", "segment") if frame[name].isna().all()]
    return frame.drop(columns=empty)


def _csv(frame: pd.DataFrame, path: Path) -> None:
    with path.open("w", encoding="utf-8", newline="") as file:
        for first in range(0, max(len(frame), 1), CHUNK_ROWS):
            part = frame.iloc[first : first + CHUNK_ROWS].copy()
            for name in DATES:
                if name in part:
                    part[name] = _date_texts(part[name].to_numpy(), days=_days_only(frame[name].to_numpy()))
            if "value" in part:
                part["value"] = [_number(value) for value in part["value"].tolist()]
            for name in TEXTS:
                if name in part:
                    part[name] = part[name].astype(object).map(guarded, na_action="ignore")
            part.to_csv(file, index=False, header=first == 0, lineterminator="\n")


def _days_only(dates: Any) -> bool:
    return bool((np.isnat(dates) | (dates == dates.astype("M8[D]"))).all())


def _date_texts(dates: Any, *, days: bool) -> Any:
    texts = np.datetime_as_string(dates, unit="D" if days else "us").astype(object)
    texts[np.isnat(dates)] = ""
    return texts


def _number(value: float) -> str:
    if value != value:
        return ""
    return str(int(value)) if value.is_integer() and abs(value) < 1e15 else repr(value)


def _array(column: Any) -> Any:
    """A column as Arrow; texts as a dictionary of the words in use."""
    import pyarrow as pa

    if not hasattr(column, "cat"):
        return pa.array(column, from_pandas=True)
    words = column.cat.remove_unused_categories()
    codes = pa.array(words.cat.codes.to_numpy().astype(np.int32), mask=(words.cat.codes < 0).to_numpy())
    return pa.DictionaryArray.from_arrays(codes, pa.array(words.cat.categories.astype(object), pa.string()))


def _parquet(frame: pd.DataFrame, path: Path) -> None:
    import pyarrow as pa
    import pyarrow.parquet as pq

    writer: Any = None
    try:
        for first in range(0, max(len(frame), 1), CHUNK_ROWS):
            part = frame.iloc[first : first + CHUNK_ROWS]
            table = pa.table({name: _array(part[name]) for name in part.columns})
            writer = writer or pq.ParquetWriter(path, table.schema, compression="zstd")
            writer.write_table(table.cast(writer.schema))
    finally:
        if writer is not None:
            writer.close()

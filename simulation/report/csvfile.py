"""Tables as CSV files that are safe to open in a spreadsheet."""

from __future__ import annotations

import os
from pathlib import Path
from typing import Any
from uuid import uuid4

import pandas as pd

from simulation.scenario.sheets.guard import guarded

__all__ = ["csv_text", "neutral", "write_bytes", "write_csv"]


def neutral(value: Any) -> Any:
    """Return a cell that no spreadsheet takes for a formula; numbers and dates stay what they are."""
    return guarded(value) if isinstance(value, str) else value


def write_csv(path: Path, table: pd.DataFrame) -> None:
    """Write a table, its index as the first columns, all at once: UTF-8, commas, dates as year-month-day."""
    write_bytes(path, csv_text(table).encode())


def csv_text(table: pd.DataFrame) -> str:
    """Return a table as `write_csv` writes it."""
    plain = table.reset_index() if table.index.names != [None] else table
    return str(plain.map(neutral).rename(columns=neutral).to_csv(index=False, lineterminator="\n"))


def write_bytes(path: Path, content: bytes) -> None:
    """Write a file all at once: whoever reads it sees the old one or the new, never a part."""
    path.parent.mkdir(parents=True, exist_ok=True)
    part = path.with_name(f".{path.name}.{uuid4().hex}.part")
    try:
        part.write_bytes(content)
        os.replace(part, path)
    finally:
        part.unlink(missing_ok=True)

"""Event logs as Parquet files."""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    import pandas as pd

__all__ = ["write_events"]


def write_events(logs: Iterable[pd.DataFrame], path: Path) -> None:
    """Write the event logs of replications 0, 1, ... to one file, one row group each, in bounded memory.

    Parameters
    ----------
    logs
        Tables of `event_table`, made one by one; a column `replication` goes before theirs.
    path
        The file, replaced when it exists. Names and pseudonyms are dictionary columns.
    """
    import pyarrow as pa
    import pyarrow.parquet as pq

    writer: Any = None
    try:
        for replication, log in enumerate(logs):
            log = log.assign(replication=replication)
            table = pa.Table.from_pandas(log[["replication", *log.columns[:-1]]], preserve_index=False)
            writer = writer or pq.ParquetWriter(path, pa.schema([_field(one) for one in table.schema]))
            writer.write_table(table.cast(writer.schema))
    finally:
        if writer is not None:
            writer.close()


def _field(field: Any) -> Any:
    """The field with text as a dictionary, whose index has one width however many values there are."""
    import pyarrow as pa

    kind = field.type
    if pa.types.is_dictionary(kind) or pa.types.is_string(kind) or pa.types.is_large_string(kind):
        kind = pa.dictionary(pa.int32(), pa.string())
    return pa.field(field.name, kind)

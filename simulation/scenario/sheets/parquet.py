"""A file of rows as a Parquet file, read in batches; every cell becomes the text that a CSV file would hold."""

from collections.abc import Iterator
from typing import Any, BinaryIO

import numpy as np

from simulation.scenario.sheets.errors import TableError
from simulation.scenario.sheets.table import CHUNK_ROWS, MAX_CELL, MAX_COLUMNS, Chunk

__all__ = ["ParquetTable", "texts_of"]

MAX_UNPACKED = 4 << 30
_PER_DAY = {"s": 86_400, "ms": 86_400_000, "us": 86_400_000_000, "ns": 86_400_000_000_000}


class ParquetTable:
    """A Parquet file. Lines are rows, counted from 1: the format has no header line.

    Parameters
    ----------
    file : binary file
        Seekable.
    """

    header_line = None

    def __init__(self, file: BinaryIO) -> None:
        self._file = file
        self.warnings: list[str] = []
        try:
            parquet = self._open([])
            self._schema = parquet.schema_arrow
            self._metadata = parquet.metadata
            self.header: list[str] = [str(name) for name in self._schema.names]
        except Exception as error:  # pyarrow raises a dozen kinds on a damaged file
            raise TableError("cannot be read as Parquet: it is damaged, cut short or something else") from error
        if len(self.header) > MAX_COLUMNS:
            raise TableError(f"has {len(self.header):,} columns; at most {MAX_COLUMNS} are read")

    def _open(self, texts: list[str]) -> Any:
        from pyarrow import parquet

        self._file.seek(0)
        return parquet.ParquetFile(
            self._file,
            read_dictionary=texts,  # a text that repeats is unpacked once
            thrift_string_size_limit=64 << 20,
            thrift_container_size_limit=1 << 20,
        )

    @property
    def rows(self) -> int:
        """How many rows the file says it has."""
        return int(self._metadata.num_rows)

    def place(self, position: int) -> None:
        """Return nothing: the name of the column says it all."""
        return None

    def chunks(self, positions: list[int]) -> Iterator[Chunk]:
        """Yield the rows, at most CHUNK_ROWS at a time."""
        done = 0
        for batch in self.batches(positions, CHUNK_ROWS):
            try:
                columns = [texts_of(array) for array in batch.columns]
            except Exception as error:
                raise _damaged(done) from error
            lines = list(range(done + 1, done + 1 + batch.num_rows))
            done += batch.num_rows
            yield Chunk(lines, columns, [])

    def batches(self, positions: list[int], rows: int) -> Iterator[Any]:
        """Yield Arrow record batches of the columns at these positions, at most some rows at a time."""
        from pyarrow import types

        names = [self.header[position] for position in positions]
        fields = [self._schema.field(position) for position in positions]
        nested = [field.name for field in fields if types.is_nested(field.type)]
        if nested:
            raise TableError(f"column {nested[0]!r} holds {self._schema.field(nested[0]).type}, not single values")
        # Of all columns: asking for one column's metadata ends the process when that is damaged.
        groups = range(self._metadata.num_row_groups)
        size = sum(self._metadata.row_group(group).total_byte_size for group in groups)
        if size > MAX_UNPACKED:
            raise TableError(f"unpacks to more than {MAX_UNPACKED >> 30} GB: this is no list of members")
        texts = [field.name for field in fields if _is_text(field.type)]
        batches: Iterator[Any] | None = None
        done = 0
        while True:
            try:
                batches = batches or self._open(texts).iter_batches(rows, columns=names, use_threads=False)
                batch = next(batches, None)
                batch = None if batch is None else batch.select(names)
            except Exception as error:  # pyarrow raises a dozen kinds on a damaged file
                raise _damaged(done) from error
            if batch is None:
                return
            yield batch
            done += batch.num_rows


def _damaged(row: int) -> TableError:
    return TableError(f"is damaged: it cannot be read past row {row:,}")


def _is_text(type_: Any) -> bool:
    from pyarrow import types

    return bool(types.is_string(type_) or types.is_large_string(type_) or types.is_binary(type_))


def texts_of(array: Any) -> list[str]:
    """Return the cells of an Arrow array as text; null and NaN become blank."""
    import pyarrow as pa
    from pyarrow import types

    kind = array.type
    if types.is_null(kind):
        return [""] * len(array)
    if types.is_dictionary(kind):
        codes = array.indices.fill_null(-1).to_numpy(zero_copy_only=False)
        used, where = np.unique(codes, return_inverse=True)
        known = used >= 0
        words = [""] * int((~known).sum()) + texts_of(array.dictionary.take(pa.array(used[known])))
        return [words[i] for i in where.tolist()]
    if types.is_date(kind) or types.is_timestamp(kind):
        return _days(array, kind)
    if types.is_floating(kind):
        return [_number(value) for value in array.to_pylist()]
    if types.is_binary(kind) or types.is_large_binary(kind):
        array = array.cast(pa.string())
    elif not _is_text(kind):
        array = array.cast(pa.string(), safe=False)
    return ["" if value is None else value[:MAX_CELL] for value in array.to_pylist()]


def _number(value: float | None) -> str:
    if value is None or value != value:
        return ""
    if value.is_integer() and abs(value) < 1e15:
        return str(int(value))
    return repr(value)


def _days(array: Any, kind: Any) -> list[str]:
    """Return the dates in ISO form; a time of day is dropped, a time with a zone is taken in UTC."""
    import pyarrow as pa
    from pyarrow import types

    if types.is_date32(kind):
        ticks, per_day = array.cast(pa.int32()), 1
    elif types.is_date64(kind):
        ticks, per_day = array.cast(pa.int64()), _PER_DAY["ms"]
    else:
        ticks, per_day = array.cast(pa.int64()), _PER_DAY[kind.unit]
    blank = ticks.is_null().to_numpy(zero_copy_only=False)
    numbers = ticks.fill_null(0).to_numpy(zero_copy_only=False).astype(np.int64) // per_day
    texts: list[str] = numbers.astype("datetime64[D]").astype(str).tolist()
    return ["" if none else text for none, text in zip(blank.tolist(), texts, strict=True)]

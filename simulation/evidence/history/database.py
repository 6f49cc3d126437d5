"""A table or a query of any SQL database, through SQLAlchemy; no password is ever shown."""

from __future__ import annotations

import os
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import numpy as np

from simulation.evidence.history.source import BATCH_ROWS, Batch
from simulation.scenario.sheets import TableError

__all__ = ["open_database", "without_password"]

NO_SQLALCHEMY = "needs SQLAlchemy: pip install 'membersim[evidence]'"


def without_password(url: str) -> str:
    """A URL as it may be shown."""
    head, mark, rest = url.partition("://")
    if not mark:
        return url
    who, at, place = rest.rpartition("@")
    user = who.partition(":")[0]
    # A query may hold a password too.
    return f"{head}://{user + at if at else ''}{place.partition('?')[0]}"


class DatabaseSource:
    """The rows of a SELECT, in batches; lines are rows of the answer, from 1."""

    header_line: int | None = None

    def __init__(self, url: str, connection: Any, statement: Any, rows: int | None) -> None:
        self.shown = without_password(url)
        self.rows = rows
        self.warnings: list[str] = []
        self._result = connection.execution_options(stream_results=True, yield_per=BATCH_ROWS // 4).execute(statement)
        self.header = [str(name) for name in tuple(self._result.keys())]

    def batches(self, positions: list[int]) -> Iterator[Batch]:
        """Yield the rows, with the columns at these positions."""
        done = 0
        for part in self._result.partitions():
            lines = np.arange(done + 1, done + 1 + len(part))
            done += len(part)
            columns = list(zip(*part, strict=True))
            yield Batch(lines, [_column(columns[position]) for position in positions], [])


@contextmanager
def open_database(url: str, *, table: str | None, query: str | None) -> Iterator[DatabaseSource]:
    """Open a table or a query.

    Raises
    ------
    TableError
        It cannot be reached or asked; the message has no password in it.
    """
    try:
        import sqlalchemy as sa
    except ImportError:
        raise TableError(NO_SQLALCHEMY) from None
    if (table is None) == (query is None):
        raise TableError("is a database: name either a table (--table) or a query (--query)")
    try:
        address = sa.make_url(url)
        engine = sa.create_engine(_with_password(address))
    except (sa.exc.NoSuchModuleError, ImportError) as error:
        raise TableError(f"needs a driver that is not installed: {_plain(error, url)}") from None
    except sa.exc.ArgumentError:
        raise TableError("has a URL that cannot be read: expected as postgresql+pg8000://user@host/name") from None
    if _missing(address):
        raise TableError("does not exist")
    try:
        with engine.connect() as connection:
            statement, rows = _statement(connection, table, query)
            yield DatabaseSource(url, connection, statement, rows)
    except sa.exc.SQLAlchemyError as error:
        raise TableError(f"cannot be read: {_plain(error, url)}") from None
    finally:
        engine.dispose()


def _missing(url: Any) -> bool:
    """Whether the file of an SQLite database is not there: asked for it, SQLite would make an empty one."""
    name = url.database or ""
    return (
        url.get_backend_name() == "sqlite"
        and name not in ("", ":memory:")
        and not (name.startswith("file:") or os.path.exists(name))
    )


def _with_password(url: Any) -> Any:
    """The URL with the password of the environment, which only some of PostgreSQL's drivers look up themselves."""
    secret = os.environ.get("PGPASSWORD")
    if secret and url.password is None and url.get_backend_name() == "postgresql":
        return url.set(password=secret)
    return url


def _statement(connection: Any, table: str | None, query: str | None) -> tuple[Any, int | None]:
    import sqlalchemy as sa

    from simulation.scenario.errors import one_of

    if query is not None:
        return sa.text(query), None
    assert table is not None
    schema, _, name = table.rpartition(".")
    inspector = sa.inspect(connection)
    names = [*inspector.get_table_names(schema=schema or None), *inspector.get_view_names(schema=schema or None)]
    if name not in names:
        raise TableError(f"has no table {table!r}: {one_of(names, name)}")
    selected = sa.Table(name, sa.MetaData(), autoload_with=connection, schema=schema or None)
    count = connection.execute(sa.select(sa.func.count()).select_from(selected)).scalar()
    return sa.select(selected), int(count or 0)


def _plain(error: BaseException, url: str) -> str:
    """What went wrong in one line, without SQL and without the password."""
    cause = getattr(error, "orig", None) or error
    text = " ".join(str(cause).split())[:300]
    head, _, rest = url.partition("://")
    secret = rest.rpartition("@")[0].partition(":")[2]
    return text.replace(secret, "***") if secret else text


def _column(values: tuple[Any, ...]) -> Any:
    """A column of Python values as Arrow where it is of one kind, else as text."""
    import datetime as dt
    import decimal

    import pyarrow as pa

    kinds = {type(value) for value in values if value is not None}
    if kinds <= {dt.date, dt.datetime} and kinds:
        if any(isinstance(value, dt.datetime) and value.tzinfo for value in values):
            values = tuple(_utc(value) for value in values)
        return pa.array(values, pa.timestamp("us")) if dt.datetime in kinds else pa.array(values, pa.date32())
    if kinds and kinds <= {int, float, decimal.Decimal}:
        return pa.array([None if value is None else float(value) for value in values], pa.float64())
    return ["" if value is None else _text(value) for value in values]


def _utc(value: Any) -> Any:
    import datetime as dt

    if isinstance(value, dt.datetime) and value.tzinfo is not None:
        return value.astimezone(dt.UTC).replace(tzinfo=None)
    return value


def _text(value: Any) -> str:
    return value[:10_000] if isinstance(value, str) else str(value)

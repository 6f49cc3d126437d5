"""Where the history of the members is: a file or a table of a database, and how its columns are to be read."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any, Literal
from urllib.parse import urlsplit

from pydantic import Field, GetJsonSchemaHandler, model_validator
from pydantic_core import CoreSchema

from simulation.scenario.errors import Misfit
from simulation.scenario.schema.base import Day, Duration, Part, Text

__all__ = ["ColumnMap", "ColumnRef", "HistoryRef"]


class ColumnRef(Part):
    """How one column of a history is read. A text alone is the name of the column in the file.

    Attributes
    ----------
    column : str or None
        Its name in the file.
    constant : str or None
        What stands in every row instead.
    format : str or None
        Of dates that are text, in the letters of strptime.
    decimal : "." or ","
        The decimal mark of numbers that are text.
    values : dict
        Words of the file to ours; blank drops the row (of `event`) or the word.
    """

    column: Text | None = Field(default=None, description="Name of the column in the file.")
    constant: Text | None = Field(default=None, description="What stands in every row, instead of a column.")
    format: Text | None = Field(default=None, description="Form of its dates, such as %d.%m.%Y.")
    decimal: Literal[".", ","] = Field(default=".", description="The decimal mark of its numbers.")
    values: dict[Text, Text] = Field(default={}, description="Words of the file and what they are here.")

    @model_validator(mode="before")
    @classmethod
    def _short(cls, raw: object) -> object:
        if isinstance(raw, str):
            return {"column": raw}
        if isinstance(raw, Mapping) and (raw.get("column") is None) == (raw.get("constant") is None):
            raise Misfit("expected either 'column' or 'constant'")
        form = raw.get("format") if isinstance(raw, Mapping) else None
        if isinstance(form, str) and not all(letters in form for letters in ("%d", "%m")) and "%j" not in form:
            raise Misfit("expected the letters %d, %m and %Y (or %y), such as %d.%m.%Y", ("format",))
        return raw

    @classmethod
    def __get_pydantic_json_schema__(cls, schema: CoreSchema, handler: GetJsonSchemaHandler) -> dict[str, Any]:
        full = dict(handler.resolve_ref_schema(super().__get_pydantic_json_schema__(schema, handler)))
        return {"title": "Column", "anyOf": [{"type": "string"}, full]}


class ColumnMap(Part):
    """A file of its own that says how the columns of a history are read."""

    columns: dict[Text, ColumnRef] = Field(description="How columns are read, by our name.")


class HistoryRef(Part):
    """What happened to the members so far, for fitting and scoring; no run reads it.

    Attributes
    ----------
    file : Path or None
        Absolute.
    url, table, query : str or None
        A database, and a table or a query of it.
    columns : dict
        Our column name to how it is read, where that differs.
    exported : date or None
        The first day about which the history can say nothing any more.
    early : float
        Days by which a renewal may be dated before it is due.
    """

    file: Path | None = Field(default=None, description="CSV, Parquet or Excel, relative to the scenario file.")
    url: Text | None = Field(default=None, description="A database (SQLAlchemy), without the password.")
    table: Text | None = Field(default=None, description="A table or view of the database.")
    query: Text | None = Field(default=None, description="A SELECT, instead of a table.")
    columns: dict[Text, ColumnRef] = Field(default={}, description="How columns are read, by our name.")
    exported: Day | None = Field(default=None, description="Day of the export: nothing later. Absent: today.")
    early: Duration = Field(default=0.0, description="How long before its date a renewal may be dated.")

    @model_validator(mode="before")
    @classmethod
    def _short(cls, raw: object) -> object:
        if isinstance(raw, (str, Path)):
            return {"file": raw}
        if not isinstance(raw, Mapping):
            return raw
        if (raw.get("file") is None) == (raw.get("url") is None):
            raise Misfit("expected either a 'file' or the 'url' of a database")
        if raw.get("url") is not None:
            if (raw.get("table") is None) == (raw.get("query") is None):
                raise Misfit("expected either a 'table' or a 'query' beside the url")
            if isinstance(raw["url"], str) and has_password(raw["url"]):
                message = "keep the password out of the file: the environment variable PGPASSWORD or ~/.pgpass has it"
                raise Misfit(message, ("url",))
        return raw

    @classmethod
    def __get_pydantic_json_schema__(cls, schema: CoreSchema, handler: GetJsonSchemaHandler) -> dict[str, Any]:
        full = dict(handler.resolve_ref_schema(super().__get_pydantic_json_schema__(schema, handler)))
        full["properties"]["file"] = {**full["properties"]["file"], "type": "string"}
        for key in ("format", "anyOf"):
            full["properties"]["file"].pop(key, None)
        return {"title": "History", "anyOf": [{"type": "string"}, full]}


def has_password(url: str) -> bool:
    """Whether the URL of a database has a password in it."""
    try:
        return urlsplit(url).password is not None
    except ValueError:
        return False

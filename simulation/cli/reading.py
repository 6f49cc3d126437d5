"""The options of every command that reads a history."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

from cyclopts import Parameter

__all__ = ["Columns", "Exported", "LeaveOut", "Query", "Table"]

Columns = Annotated[Path | None, Parameter(help="A YAML file with `columns:`, how columns are read.")]
Table = Annotated[str | None, Parameter(help="Table of the database.")]
Query = Annotated[str | None, Parameter(help="SELECT of the database.")]
Exported = Annotated[str | None, Parameter(help="Day of the export; default: today.")]
LeaveOut = Annotated[
    bool, Parameter(show_default=False, help="Leave members with impossible rows out instead of stopping.")
]

"""Reports: plots, tables and one page that opens anywhere."""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from simulation.report.comparison import write_comparison
    from simulation.report.tables import summary_tables
    from simulation.report.write import write_report

__all__ = ["summary_tables", "write_comparison", "write_report"]

# Fetched when first used: a command that only needs words and numbers must not wait for Matplotlib.
_HOMES = {
    "summary_tables": "simulation.report.tables",
    "write_comparison": "simulation.report.comparison",
    "write_report": "simulation.report.write",
}


def __getattr__(name: str) -> Any:
    if name not in _HOMES:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    value = globals()[name] = getattr(import_module(_HOMES[name]), name)
    return value

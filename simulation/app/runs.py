"""The finished runs that can be looked back at: those under `reports/`, and which of them are archived."""

from __future__ import annotations

import json
import re
from datetime import date
from pathlib import Path
from typing import Any

from simulation.finished import FORECAST, RECORD
from simulation.report.words import day

__all__ = ["archives_of", "runs_of"]

MOST = 50
"""Runs that are listed, the latest first."""


def runs_of(folder: Path) -> dict[str, str]:
    """What the finished runs of a folder, and of where the page was started, are called, by their path.

    A run is listed as it says itself: the name of its plan, when it was finished, and its folder.
    """
    found: list[tuple[str, str, str]] = []
    for place in _places(folder, "reports"):
        for path in place.glob(f"*/{RECORD}"):
            if (path.parent / FORECAST).is_file() and (facts := _facts(path)) is not None:
                title = f"{facts[0]}, {day(date.fromisoformat(facts[1][:10]))} ({path.parent.name})"
                found.append((facts[1], str(path.parent), title))
    return {path: title for _, path, title in sorted(found, reverse=True)[:MOST]}


def archives_of(folder: Path) -> list[Path]:
    """Where archived forecasts may be: `forecasts/` in a folder, and where the page was started."""
    return _places(folder, "forecasts")


def _places(folder: Path, name: str) -> list[Path]:
    places = dict.fromkeys((folder.resolve() / name, Path.cwd() / name))
    return [one for one in places if one.is_dir()]


def _facts(path: Path) -> tuple[str, str] | None:
    """The name of the plan and when the run was finished; None where it is no record of a whole run."""
    try:
        record: Any = json.loads(path.read_text("utf-8"))
        named = re.search(r"^name: *(.+?) *$", record["scenario"], re.MULTILINE)
        if record["interrupted"]:
            return None
        date.fromisoformat(str(record["finished"])[:10])
        return (named[1].strip("'\"") if named else path.parent.name), str(record["finished"])
    except (OSError, ValueError, KeyError, TypeError):
        return None

"""The history that a request names: what happened, from an uploaded file."""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping
from dataclasses import replace
from importlib import import_module
from pathlib import Path
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from simulation.evidence.history import History
    from simulation.scenario import Scenario

__all__ = ["day_of", "history_of"]

READERS = {
    "panel": ("simulation.evidence.history.panel", "history_of_panel"),
    "survivors": ("simulation.evidence.backtest.counts", "history_of_survivors"),
    "flows": ("simulation.evidence.backtest.counts", "history_of_flows"),
}


def history_of(request: Mapping[str, Any], plan: Scenario) -> History:
    """Read the history of a request: `history` is the path of the file, `exported` the day of its export.

    With `quarantine`, members that have an impossible row are left out. `form` says what the table has: "events" (a
    row for every event, the default), "panel", "survivors" or "flows", as for `membersim backtest --as`.

    Raises
    ------
    HistoryError
        With every fault of every row, under the file's own name.
    """
    from simulation.evidence.history import HistoryError, read_history

    file, form = Path(request["history"]), str(request.get("form") or "events")
    try:
        if form != "events":
            module, name = READERS[form]
            single = next(iter(plan.segments)) if len(plan.segments) == 1 else ""
            read: History = getattr(import_module(module), name)(file, segment=single)
            return read
        return read_history(
            file, scenario=plan, exported=day_of(request, "exported"), quarantine=bool(request.get("quarantine"))
        )
    except HistoryError as error:
        raise HistoryError([replace(one, file=file.name) for one in error.problems]) from None


def day_of(request: Mapping[str, Any], key: str) -> dt.date | None:
    """A day of a request, written as 2027-01-31; None when it names none.

    Raises
    ------
    ValueError
        When it is no day.
    """
    text = str(request.get(key) or "").strip()
    if not text:
        return None
    try:
        return dt.date.fromisoformat(text)
    except ValueError:
        raise ValueError(f"expected a day such as 2027-01-31, not {text!r}") from None

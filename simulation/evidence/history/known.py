"""What snapshots have told of a member so far: its last state, and the rows written of it."""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass, field
from typing import Any

import numpy as np

__all__ = ["Known", "Row"]

Row = tuple[str, dt.date, str, str, float, str, dt.date | None, dt.date | None, dt.date]
"""member_id, date, event, name, value, segment, date_low, date_high, recorded."""


@dataclass
class Known:
    """A member as it was last known, and the rows of it that may have to be corrected.

    Attributes
    ----------
    state
        Its cells in the last snapshot that had it.
    rows
        All that was written of it.
    present
        Whether the last snapshot had it.
    seen
        From when on it may have changed unseen; None: since the last snapshot.
    """

    member: str
    state: dict[str, Any]
    rows: list[Row] = field(default_factory=list)
    present: bool = True
    seen: dt.date | None = None
    joined_row: dt.date | None = None
    left_row: dt.date | None = None
    left_low: dt.date | None = None
    renewed_row: tuple[dt.date, dt.date] | None = None
    due_row: dt.date | None = None
    recognised_row: dt.date | None = None
    milestones: dict[str, dt.date] = field(default_factory=dict)

    def write(
        self,
        recorded: dt.date,
        event: str,
        date: dt.date,
        *,
        name: str = "",
        arr: int = -1,
        between: tuple[dt.date, dt.date] | None = None,
    ) -> None:
        """Write a row; `arr` in cents a year, negative: none."""
        low, high = between or (None, None)
        value = arr / 100 if arr >= 0 else np.nan
        self.rows.append((self.member, date, event, name, value, self.state["segment"], low, high, recorded))

    def standing(self) -> list[Row]:
        """The rows that no correction has voided."""
        rows: list[Row] = []
        for row in self.rows:
            if row[2] == "correction":
                event, _, name = row[3].partition(" ")
                rows = [one for one in rows if (one[1], one[2]) != (row[1], event) or name not in ("", one[3])]
            else:
                rows.append(row)
        return rows

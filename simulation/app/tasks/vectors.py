"""Where every member stands: on track, drifting or away, inferred from a history."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from simulation.app.jobs.job import Picture, Tell
from simulation.app.tasks.history import day_of, history_of
from simulation.app.tasks.plan import plan_of
from simulation.app.tasks.told import told

if TYPE_CHECKING:
    from simulation.evidence.filter import Vectors

__all__ = ["picture_of", "work"]

SHOWN = 500
"""Members in the table of the page, those most away first."""


def work(request: Mapping[str, Any], tell: Tell) -> Picture:
    """Infer the vectors of the members of a day (`as_of`) from a history (`history_of`)."""
    from simulation.evidence.filter import infer

    plan = plan_of(request)
    history = history_of(request, plan)
    found = infer(
        history, plan, as_of=day_of(request, "as_of"), seed=int(request.get("seed", 1)), progress=tell.progress
    )
    return picture_of(found)


def picture_of(found: Vectors) -> dict[str, Any]:
    """What the page shows of the members.

    Returns
    -------
    dict
        Everything of `told`; as_of; shares (`report.vectors.course_shares`), chances (`chance_counts`), and members,
        a table of those who are most likely away: member_id, segment, milestone, on_track, drifting, away, next_90
        and renews; and csv, the table of all as text.
    """
    from simulation.report.csvfile import csv_text
    from simulation.report.vectors import chance_counts, course_shares, vectors_page

    columns = ["member_id", "segment", "milestone", "on_track", "drifting", "away", "next_90", "renews"]
    return told(vectors_page(found)) | {
        "as_of": found.as_of.isoformat(),
        "shares": course_shares(found),
        "chances": chance_counts(found),
        "members": found.table[columns].sort_values("away", ascending=False, kind="stable").head(SHOWN),
        "csv": csv_text(found.table),
    }

"""Why a forecast was missed: the causes of the difference, each beside what luck does to it."""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping
from contextlib import suppress
from pathlib import Path
from typing import TYPE_CHECKING, Any

from simulation.app.jobs.job import Picture, Tell
from simulation.app.tasks.history import day_of, history_of
from simulation.app.tasks.plan import book_of, plan_of
from simulation.app.tasks.refining import refined
from simulation.app.tasks.told import told
from simulation.report.words import day

if TYPE_CHECKING:
    from simulation.evidence.attribution import Attribution
    from simulation.forecast import Forecast
    from simulation.scenario import Scenario

__all__ = ["picture_of", "work"]

RESPONSES = 40
"""Paired futures in which is found what deliveries and setbacks do to milestones."""


def work(request: Mapping[str, Any], tell: Tell) -> Picture:
    """Compare a forecast with what happened (`history_of`), up to the day `until` if given.

    The forecast is that of the finished run in the folder `run`, as it was made; without one, the scenario is
    forecast now.
    """
    from simulation.evidence.attribution import attribute, responses
    from simulation.evidence.attribution.attribution import covered

    until = day_of(request, "until")
    if request.get("run"):
        forecast, plan, notes = _as_made(Path(request["run"]), request)
    else:
        plan, notes = plan_of(request), []
        forecast = refined(plan, request, tell)
    history = history_of(request, plan or plan_of(request))
    days = None if until is None else (until - forecast.frame.start).days
    last, measured = covered(history, forecast), None
    counted = [int(day) for day in forecast.frame.cell_edges[1:] if day <= last and days in (None, day)]
    if counted and plan is not None:
        measured = responses(
            plan, days=counted[-1], told=frozenset(map(str, history.frame["event"].unique())),
            book=book_of(plan, request), replications=RESPONSES, seed=forecast.seed, progress=tell.progress,
        )  # fmt: skip
    picture = picture_of(attribute(forecast, history, days=days, responses=measured), forecast.facts.name)
    return picture | {"notices": [*notes, *picture["notices"]]}


def _as_made(folder: Path, request: Mapping[str, Any]) -> tuple[Forecast, Scenario | None, list[str]]:
    """The forecast of a finished run, its plan where its data are still there, and what there is to say of both."""
    from simulation.evidence.archive import Archive, ArchiveError
    from simulation.finished import NoRun, finished_forecast, read_record, recorded_scenario

    forecast, record = finished_forecast(folder), read_record(folder)
    said = f"This is the forecast of {folder.name}, made on {day(dt.date.fromisoformat(str(record['finished'])[:10]))}"
    archived = ""
    for place in request.get("archives", ()):
        with suppress(ArchiveError):
            archived = archived or Archive(Path(place)).holds(forecast)
    notes = [f"{said}; it is archived as {archived}, unchanged." if archived else f"{said}; it is not archived."]
    try:
        return forecast, recorded_scenario(record, folder, None), notes
    except NoRun:
        notes.append("The data of that run are no longer what they were, so milestones not reached stay one row.")
        return forecast, None, notes


def picture_of(found: Attribution, name: str) -> dict[str, Any]:
    """What the page shows of an attribution.

    Returns
    -------
    dict
        Everything of `told`; currency; causes, the table of the attribution (title, amount, P10, P90, percentile,
        flag); total, the row of ARR (expected, actual, miss and the percentiles).
    """
    from simulation.report.attribution import attribution_page

    return told(attribution_page(found, name)) | {
        "currency": found.currency,
        "causes": found.table.reset_index(drop=True),
        "total": {str(key): float(value) for key, value in found.totals.loc["arr"].to_dict().items()},
        "futures": found.futures,
    }

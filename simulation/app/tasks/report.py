"""The report of a forecast or a comparison: the page that the command line writes, to keep and to send."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

from simulation.app.jobs.job import Picture, Tell
from simulation.app.tasks.compare import compared
from simulation.app.tasks.plan import book_of, plan_of
from simulation.app.tasks.refining import refined

__all__ = ["work"]


def work(request: Mapping[str, Any], tell: Tell) -> Picture:
    """Write the report of a forecast, or of a comparison where the request has `what_ifs`.

    Returns
    -------
    dict
        name of the file, and report: one HTML page that opens anywhere.

    Notes
    -----
    The futures are those that were simulated before, from the store.
    """
    with TemporaryDirectory() as folder:
        page = (
            _comparison(request, tell, Path(folder))
            if "what_ifs" in request
            else _forecast(request, tell, Path(folder))
        )
        return {"name": f"{Path(str(request['scenario'])).stem}.html", "report": page.read_text(encoding="utf-8")}


def _forecast(request: Mapping[str, Any], tell: Tell, folder: Path) -> Path:
    from simulation.inputs import book_facts, warnings_of
    from simulation.report import write_report

    plan = plan_of(request)
    forecast, book = refined(plan, request, tell), book_of(plan, request)
    files = write_report(
        forecast, folder, progress=tell.progress, warnings=warnings_of(plan, book), book=book_facts(book)
    )
    return files[0]


def _comparison(request: Mapping[str, Any], tell: Tell, folder: Path) -> Path:
    from simulation.report import write_comparison

    return write_comparison(compared(request, tell), folder, measure=str(request["measure"]))[0]

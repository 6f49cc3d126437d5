"""Was it right before: forecasts as of past days, beside what came."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import TYPE_CHECKING, Any

from simulation.app.jobs.job import Picture, Stopped, Tell
from simulation.app.tasks.history import history_of
from simulation.app.tasks.plan import plan_of

if TYPE_CHECKING:
    from simulation.evidence.backtest.casts import Backtest

__all__ = ["picture_of", "work"]


def work(request: Mapping[str, Any], tell: Tell) -> Picture:
    """Forecast from past days, `steps` steps ahead, and compare with what came (`history_of`)."""
    from simulation.evidence.backtest.trial import backtest

    plan = plan_of(request)
    history = history_of(request, plan)
    with TemporaryDirectory() as folder:
        found = backtest(
            history, plan, folder=Path(folder), steps=int(request.get("steps", 4)),
            replications=max(20, int(request["replications"])), seed=int(request.get("seed", 1)),
            progress=tell.progress,
        )  # fmt: skip
    if not found.casts:
        if found.interrupted:
            raise Stopped
        raise ValueError("this history is too short: there is no past day with enough before and after it")
    if found.interrupted:
        tell.picture(picture_of(found))
        raise Stopped
    return picture_of(found)


def picture_of(found: Backtest) -> dict[str, Any]:
    """What the page shows of a backtest.

    Returns
    -------
    dict
        headline; notices; currency; verdicts, each with title, unit, assumption, holds and words; fans: measure ->
        title, unit, nature, past (days and values), casts (a row an origin and step: origin, day, median and the ends
        of the 80% and 95% bands); and report, the page of the command line.
    """
    from dataclasses import asdict

    from simulation.evidence.backtest.casts import MODEL
    from simulation.evidence.backtest.observed import MEASURES
    from simulation.evidence.backtest.verdict import HOLDS, overall, verdicts
    from simulation.report.backtest import write_backtest

    table, every = found.table(), verdicts(found)
    own = table[table["method"] == MODEL]
    columns = ["origin", "day", "step", "median", "low_80%", "high_80%", "low_95%", "high_95%", "actual"]
    fans = {}
    for one in every:
        what = MEASURES[one.measure]
        days, values = found.past[one.measure]
        fans[one.measure] = {
            "title": what.title,
            "unit": what.unit,
            "nature": what.nature,
            "past": ([day.isoformat() for day in days], [float(value) for value in values]),
            "casts": own[own["measure"] == one.measure][columns].reset_index(drop=True),
        }
    with TemporaryDirectory() as folder:
        page = write_backtest(found, Path(folder))[0].read_text(encoding="utf-8")
    return {
        "headline": overall(found),
        "notices": ["It was stopped: later origins are missing."] if found.interrupted else [],
        "currency": found.currency,
        "step": found.step,
        "origins": [one.isoformat() for one in found.origins],
        "verdicts": [asdict(one) | {"title": MEASURES[one.measure].title, "holds": HOLDS[one.holds]} for one in every],
        "fans": fans,
        "report": page,
    }

"""What lies beside a run and belongs in its report: the run before, a bridge, scores, the archive."""

from __future__ import annotations

import json
import shlex
from datetime import date, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any

from simulation.cli.runs import ARCHIVE
from simulation.finished import RECORD

if TYPE_CHECKING:
    import pandas as pd

    from simulation.experiment.bridge import Bridge
    from simulation.forecast import Forecast
    from simulation.report.background import Background, Since
    from simulation.scenario import Scenario

__all__ = ["background_of", "earlier_run", "since_bridge", "since_run"]

BRIDGE, SCORE = "bridge.json", "score"


def background_of(
    folder: Path, forecast: Forecast, scenario: Scenario | None, command: str, since: Since | None
) -> Background:
    """What is known beside a run.

    Parameters
    ----------
    folder
        Of the run.
    scenario
        Its plan, where it can be read.
    command
        That made the run; its third word is the file of the plan.
    since
        How the forecast moved, where an earlier run is known.
    """
    from simulation.report.background import Background

    words = shlex.split(command)
    return Background(
        scenario=scenario,
        file=shlex.quote(words[2]) if len(words) > 2 else "",
        folder=shlex.quote(str(folder)),
        since=since,
        scores=_scores(folder.parent / SCORE, forecast.facts.name),
        archived=_archived(forecast.facts.name),
    )


def earlier_run(folder: Path) -> tuple[Forecast, str] | None:
    """The finished run in a folder, and when it was finished; None when there is none that can be read."""
    from simulation.forecast import Forecast

    record = _record(folder / RECORD)
    if record is None or record.get("interrupted"):
        return None
    try:
        return Forecast.load(folder / "forecast.nc"), str(record.get("finished", ""))
    except (OSError, ValueError, KeyError):
        return None


def since_run(old: Forecast, finished: str, new: Forecast) -> Since | None:
    """How the forecast moved since an earlier run, read from both; None where they are one or cannot be compared."""
    from simulation.experiment.moved import changes, moved
    from simulation.report.background import Since

    same = (old.facts.digest, old.facts.book, old.seed) == (new.facts.digest, new.facts.book, new.seed)
    found = None if same or old.facts.name != new.facts.name else moved(old, new)
    return None if found is None else Since(found, False, _named(old, finished), tuple(changes(old, new)))


def since_bridge(folder: Path, forecast: Forecast, old: Path | None = None) -> Since | None:
    """The newest bridge beside a run that leads to it; from a certain earlier run, where one is named."""
    from simulation.experiment.moved import changes
    from simulation.report.background import Since

    made = str((_record(folder / RECORD) or {}).get("finished", ""))
    found: list[tuple[str, dict[str, Any], Path]] = []
    for path in folder.resolve().parent.glob(f"*/{BRIDGE}"):
        record = _record(path)
        if record is None or not {"old", "new", "measure", "rows", "from", "to"} <= record.keys():
            continue
        start = (path.parent / record["old"]).resolve()
        leads_here = (path.parent / record["new"]).resolve() == folder.resolve()
        fresh = str(record.get("finished", "")) >= made
        if leads_here and fresh and record["measure"] == "arr" and (old is None or start == old.resolve()):
            found.append((str(record["finished"]), record, start))
    if not found:
        return None
    _, record, start = max(found, key=lambda one: one[0])
    before = earlier_run(start)
    said = str(record["from"]["name"]) if before is None else _named(*before)
    differs = () if before is None else tuple(changes(before[0], forecast))
    return Since(_bridge(record, forecast.frame.currency), True, said, differs)


def _bridge(record: dict[str, Any], currency: str) -> Bridge:
    """A bridge as its record has it."""
    from simulation.experiment.bridge import Bridge, Row
    from simulation.forecast.measures import measure_named

    rows = tuple(
        Row(one["step"], one["cents"], float(one["low"]), float(one["high"]), tuple(one["notes"]))
        for one in record["rows"]
    )
    since, until = (date.fromisoformat(record[key]) for key in ("since", "until"))
    return Bridge(
        record["from"]["name"], record["to"]["name"], currency, measure_named(record["measure"]), since, until,
        record["from"]["cents"], record["to"]["cents"], rows, int(record["replications"]),
    )  # fmt: skip


def _named(forecast: Forecast, finished: str) -> str:
    """An earlier run in words: its label, or when it was made."""
    from simulation.report.words import day

    if forecast.label:
        return f"“{forecast.label}”"
    try:
        return f"the run of {day(datetime.fromisoformat(finished).date())}"
    except ValueError:
        return "the run before"


def _scores(folder: Path, name: str) -> pd.DataFrame | None:
    """The scores of the archived forecasts of a plan."""
    import pandas as pd

    file = folder / "tables" / "scores.csv"
    if not file.is_file():
        return None
    try:
        table = pd.read_csv(file)
        return table[table["name"].astype(str).str.removeprefix("'") == name] if len(table) else None
    except (OSError, ValueError, KeyError):
        return None


def _archived(name: str) -> int:
    from simulation.evidence.archive import Archive, ArchiveError

    try:
        return sum(one["kind"] == "forecast" and one["name"] == name for one in Archive(ARCHIVE).entries())
    except (ArchiveError, OSError, ValueError, KeyError):
        return 0


def _record(path: Path) -> dict[str, Any] | None:
    try:
        found = json.loads(path.read_text("utf-8"))
    except (OSError, ValueError):
        return None
    return found if isinstance(found, dict) else None

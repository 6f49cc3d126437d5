"""`membersim report`: the report of a finished run once more, with what has come to lie beside it."""

from __future__ import annotations

import json
from pathlib import Path

from simulation.cli.background import background_of, earlier_run, since_bridge, since_run
from simulation.cli.folder import write_text
from simulation.cli.screen import SCREEN, BadInput, Screen
from simulation.finished import RECORD, NoRun, finished_forecast, read_record, recorded_scenario
from simulation.inputs import warnings_of
from simulation.progress import progress_bar

__all__ = ["report"]


def report(
    run: Path,
    /,
    *,
    since: Path | None = None,
    book: Path | None = None,
    screen: Screen = SCREEN,
) -> None:
    """Write the report of a finished run again, with what lies beside it; nothing is simulated.

    Its first page tells what must be true, how the forecast moved since an earlier run, and the track record. A bridge
    (`membersim bridge EARLIER RUN`) and scores (`membersim score all ACTUALS`) beside the run are taken up.

    Parameters
    ----------
    run
        Folder of the run.
    since
        Folder of an earlier run to compare with.
    book
        Where the book of the run is now, if it has moved; it must be the same file.
    """
    from simulation.report import write_report
    from simulation.runs import todays_members

    folder = run.parent if run.name == RECORD else run
    record, forecast = read_record(folder), finished_forecast(folder)
    scenario, warnings = None, list[str]()
    try:
        scenario = recorded_scenario(record, folder, book)
        warnings = warnings_of(scenario, todays_members(scenario, quarantine=record["quarantine"]))
    except NoRun as error:
        if book is not None:
            raise
        screen.note(f"Left out is what must be true: {error}")
    told = since_bridge(folder, forecast, since)
    if told is None and since is not None:
        before = earlier_run(since)
        if before is None:
            raise BadInput(f"--since: {since} holds no finished run")
        told = since_run(*before, forecast)
        if told is None:
            raise BadInput(
                f"--since: {since} cannot be compared with {folder}: it is the same run, of another plan or currency, "
                "or has no day in common with it"
            )
    background = background_of(folder, forecast, scenario, record["command"], told)
    with progress_bar("Writing the report") as progress:
        files = write_report(
            forecast, folder, progress=progress, warnings=warnings, book=record["book"], background=background
        )
    names = {path.relative_to(folder).as_posix() for path in files}
    record["files"] = sorted(names.union(record.get("files", ())))
    write_text(folder / RECORD, json.dumps(record, allow_nan=False, indent=2) + "\n")
    screen.show(f"Report: {folder / 'report.html'}")
    screen.result({
        "folder": folder, "files": files, "since": None if told is None else told.before,
        "causes": None if told is None else told.causes, "must_be_true": scenario is not None,
    })  # fmt: skip

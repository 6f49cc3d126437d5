"""`membersim rerun`: reproduce a finished run from its folder, and say whether it came out the same."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from simulation import __version__
from simulation.cli.outcome import Request, kept_tables, prepare, simulate, write
from simulation.cli.screen import FAULT, INTERRUPTED, SCREEN, BadInput, Screen
from simulation.cli.workers import Cluster, Workers
from simulation.finished import RECORD, finished_forecast, read_record, recorded_scenario

if TYPE_CHECKING:
    from simulation.forecast import Forecast

__all__ = ["rerun"]


def rerun(
    folder: Path,
    /,
    *,
    book: Path | None = None,
    out: Path | None = None,
    workers: Workers = None,
    cluster: Cluster = "",
    screen: Screen = SCREEN,
) -> int:
    """Reproduce a finished run from its folder and compare the result.

    Parameters
    ----------
    folder
        Folder of the run: the one that holds run.json.
    book
        Where the book of the run is now, if it has moved; it must be the same file.
    out
        Also write the new run to this folder.
    workers
        Threads; all cores by default. The result does not depend on it.
    """
    from simulation.runs import todays_members

    folder = folder.parent if folder.name == RECORD else folder
    record = read_record(folder)
    if record.get("interrupted"):
        raise BadInput(f"{folder} was interrupted; finish it first with: {record['command']}")
    if record["membersim"] != __version__:
        screen.note(f"This run was made by membersim {record['membersim']}, this is {__version__}.")
    scenario = recorded_scenario(record, folder, book)
    request = Request(
        replications=record["replications"],
        seed=record["seed"],
        engine=record["engine"],
        workers=workers,
        events=record["events"],
        quarantine=record["quarantine"],
        command=record["command"],
        label=record.get("label", ""),
    )
    if out is not None:
        prepare(out)
    earlier = finished_forecast(folder)
    tables = kept_tables(record, folder)
    members = todays_members(scenario, quarantine=request.quarantine)
    outcome = simulate(scenario, request, "Simulating again", members, tables=tables)
    if outcome.interrupted or outcome.forecast is None:
        screen.note("Interrupted; nothing was written.")
        screen.result({"interrupted": True, "folder": folder})
        return INTERRUPTED
    differing = _differences(earlier, outcome.forecast)
    files = write(scenario, request, outcome, out, members) if out is not None else []
    if differing:
        screen.show(f"Not reproduced. These counts differ: {', '.join(differing)}")
    else:
        screen.show(f"Reproduced: all {outcome.replications} futures are identical.")
    screen.result({"identical": not differing, "differing": differing, "folder": folder, "files": files})
    return FAULT if differing else 0


def _differences(one: Forecast, other: Forecast) -> list[str]:
    """Names of the counts and draws that are not the same in both, to the last bit."""
    import numpy as np

    mine = {**one.ledger, **one.assumption_values}
    yours = {**other.ledger, **other.assumption_values}
    return [
        name
        for name in sorted(mine.keys() | yours.keys())
        if name not in mine or name not in yours or not np.array_equal(mine[name], yours[name])
    ]

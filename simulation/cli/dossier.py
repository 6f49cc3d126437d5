"""`membersim dossier`: one document that accounts for a forecast, and a folder to share it without the book."""

from __future__ import annotations

import json
import shlex
from collections.abc import Sequence
from itertools import takewhile
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

from cyclopts import Parameter

from simulation.cli.folder import write_text
from simulation.cli.importing import totals_of
from simulation.cli.screen import SCREEN, BadInput, Screen
from simulation.cli.shared import share_run
from simulation.finished import RECORD, finished_forecast, read_record

if TYPE_CHECKING:
    from simulation.forecast import Forecast
    from simulation.intake.mapping import Total
    from simulation.report.dossier import ControlTotal
    from simulation.scenario import Scenario

__all__ = ["dossier"]

FILE = "dossier.html"
ALL = "all"


def dossier(
    run: Path,
    /,
    *,
    total: Annotated[
        list[str] | None,
        Parameter(help='A total of the source: "members=5000", "arr=1.2M", "individual.members=4100".'),
    ] = None,
    mapping: Path | None = None,
    plan: Path | None = None,
    backtest: Path | None = None,
    share: Path | None = None,
    screen: Screen = SCREEN,
) -> int:
    """Account for a finished run in one document: purpose, totals, exclusions, assumptions, changes, track record.

    Parameters
    ----------
    run
        Folder of the run.
    mapping
        The mapping of the import that made its book (import.yaml), for the control totals in it.
    plan
        The file of the plan, for who changed what (from Git); by default where the run had it.
    backtest
        Folder of a backtest of the plan; by default the one beside the run.
    share
        Also make this folder: what lets somebody verify the forecast without the book (`membersim verify`).
    """
    from simulation.report.csvfile import write_bytes
    from simulation.report.dossier import Dossier, dossier_page

    folder = run.parent if run.name == RECORD else run
    record, forecast = read_record(folder), finished_forecast(folder)
    stated, source = _stated(total or [], mapping)
    file = plan or _file_of(record, folder)
    overlays = _overlays(record)
    there = [one for one in overlays if one.is_file()]
    loaded = _loaded(file, there)
    if plan is not None and loaded is None:
        raise BadInput(f"--plan: {plan} is no plan that can be read")
    told = Dossier(
        folder=folder,
        record=record,
        totals=_totals(forecast, stated, record.get("book") or {}),
        source=source,
        changes=_changes(loaded, there),
        backtest=_backtest(folder, forecast, backtest),
        unchanged=None if loaded is None or there != overlays else loaded.digest() == forecast.facts.digest,
    )
    write_bytes(folder / FILE, dossier_page(forecast, told).encode())
    record["files"] = sorted({*record.get("files", ()), FILE})
    write_text(folder / RECORD, json.dumps(record, allow_nan=False, indent=2) + "\n")
    screen.show(f"Dossier: {folder / FILE}")
    for one in told.totals:
        if one.source is not None and not one.agrees:
            screen.note(
                f"warning: control total of {one.what}: {one.source:,.15g} was stated, the forecast starts from "
                f"{one.simulated:,.15g}"
            )
    files = share_run(folder, record, forecast, share) if share is not None else []
    if share is not None:
        screen.show(f"To verify it without the book: membersim verify {shlex.quote(str(share))}")
    screen.result({
        "file": folder / FILE, "totals": [vars(one) | {"agrees": one.agrees} for one in told.totals],
        "changes": None if told.changes is None else len(told.changes), "backtest": told.backtest is not None,
        "shared": files,
    })  # fmt: skip
    return 0


def _stated(texts: Sequence[str], mapping: Path | None) -> tuple[dict[str, Total], str]:
    """Totals of the source by segment, and where they were stated."""
    found: dict[str, Total] = {}
    places = []
    if mapping is not None:
        from simulation.intake.mapping import read_import

        found |= read_import(mapping).totals
        places.append(f"with the import ({mapping.name})")
    if texts:
        found |= totals_of(list(texts))
        places.append("to this command")
    return found, f"The totals of the source were stated {' and '.join(places)}." if found else ""


def _totals(forecast: Forecast, stated: dict[str, Total], book: dict[str, Any]) -> list[ControlTotal]:
    """Members and ARR of the first day, in all and by segment, beside what was stated and what the book's file has."""
    from simulation.engine.ledger import OPEN
    from simulation.report.dossier import ControlTotal

    unknown = stated.keys() - {ALL, *forecast.frame.segments}
    if unknown:
        known = ", ".join(forecast.frame.segments)
        raise BadInput(f"--total: there is no segment {min(unknown)!r}; the plan has {known}")
    opening = forecast.ledger.opening
    found = []
    for place, segment in enumerate([ALL, *forecast.frame.segments]):
        part = opening.sum(axis=1) if segment == ALL else opening[:, place - 1]
        total = stated.get(segment)
        if segment != ALL and len(forecast.frame.segments) == 1 and total is None:
            continue
        where = "" if segment == ALL else f", {segment}"
        members, arr = (float(part[:, OPEN.index(name)].mean()) for name in ("members", "arr"))
        given = (None, None) if total is None else (total.members, total.arr)
        read = _in_file(book) if segment == ALL else (None, None)
        found.append(ControlTotal(f"Members{where}", "count", given[0], read[0], members))
        found.append(ControlTotal(f"ARR{where}", "money", given[1], read[1], arr / 100))
    return found


def _in_file(book: dict[str, Any]) -> tuple[float | None, float | None]:
    """Members and ARR of the file of the book, with the rows that were left out."""
    if not {"members", "arr"} <= book.keys():
        return None, None
    out = book.get("left_out") or {}
    return float(book["members"] + out.get("members", 0)), float(book["arr"] + out.get("arr", 0))


def _file_of(record: dict[str, Any], folder: Path) -> Path | None:
    """The plan where the command of the run had it; seen from elsewhere, where the record says that it was."""
    words = shlex.split(str(record["command"]))
    if len(words) < 3:
        return None
    file = Path(words[2])
    there = folder / str(record["root"]) / file.name
    return there if not file.is_file() and there.is_file() else file


def _overlays(record: dict[str, Any]) -> list[Path]:
    """What the run laid over its plan."""
    words = shlex.split(str(record["command"]))
    after = words[words.index("--overlay") + 1 :] if "--overlay" in words else []
    return [Path(one) for one in takewhile(lambda one: not one.startswith("--"), after)]


def _loaded(file: Path | None, overlays: Sequence[Path]) -> Scenario | None:
    """The plan in a file as it was run, where it can be read."""
    import simulation as sim

    try:
        return None if file is None else sim.load(file, overlays=overlays)
    except (OSError, ValueError):
        return None


def _changes(plan: Scenario | None, overlays: Sequence[Path]) -> Any:
    from simulation.scenario.versions import changes_of

    if plan is None:
        return None
    return changes_of(list(dict.fromkeys(one.resolve() for one in (*plan.source_files, *overlays))))


def _backtest(folder: Path, forecast: Forecast, given: Path | None) -> dict[str, Any] | None:
    """The record of a backtest: the one that was named, or the newest beside the run that is of the same plan."""
    from simulation.cli.backtest import RECORD as NAME

    places = [given / NAME] if given is not None else sorted(folder.resolve().parent.glob(f"*/{NAME}"))
    found: list[dict[str, Any]] = []
    for path in places:
        try:
            one = json.loads(path.read_text("utf-8"))
        except (OSError, ValueError) as error:
            if given is not None:
                raise BadInput(f"--backtest: {path} cannot be read: {error}") from None
            continue
        if isinstance(one, dict) and (given is not None or one.get("name") == forecast.facts.name):
            found.append(one)
    return max(found, key=lambda one: str(one.get("finished", "")), default=None)

"""`membersim runs`: archive forecasts as they were made, and human calls beside them."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

from cyclopts import Parameter

from simulation.cli.history import day_of
from simulation.cli.screen import SCREEN, BadInput, Screen, refused
from simulation.finished import finished_forecast, read_record

if TYPE_CHECKING:
    from simulation.evidence.archive import Archive

__all__ = ["ARCHIVE", "ArchiveFolder", "archived", "opened", "refusals", "runs"]

ARCHIVE = Path("forecasts")
ArchiveFolder = Annotated[Path, Parameter(name="--archive", help="Folder of the archive.")]


def runs(
    run: str | None = None,
    /,
    *,
    call: Annotated[list[str] | None, Parameter(show_default=False)] = None,
    on: str | None = None,
    by: str | None = None,
    archive: ArchiveFolder = ARCHIVE,
    screen: Screen = SCREEN,
) -> None:
    """Archive a forecast as it was made, record a human call beside it, or list what is archived.

    What is archived is read-only and named by its content: a changed entry is refused. `membersim score` says how good
    it was.

    Parameters
    ----------
    run
        Folder of a run, to archive; or the id of an archived forecast. Without it the archive is listed.
    call
        A human forecast of the same, P10 and P90: "arr=4.4M..4.7M". May be repeated. It is scored by the same rules.
    on
        Day of the call; by default the last of the forecast.
    by
        Whose call it is.
    """
    place = opened(archive)
    now = datetime.now(UTC).isoformat(timespec="seconds")
    if run is None:
        if call:
            raise BadInput("say beside which forecast the call stands: membersim runs RUN --call ...")
        _list(place, screen)
        return
    with refusals():
        entry, new = archived(place, run)
        if new:
            screen.show(f"Archived {run} as {entry} in {archive}")
        elif Path(run).exists():
            screen.show(f"{run} is archived already, as {entry}")
        recorded = []
        for text in call or ():
            from simulation.evidence.archive import call_of

            day = day_of(on) or place.load(entry).days[-1]
            one = call_of(text, day, by or "a human call", now)
            recorded.append(place.call(entry, one))
            said = f"{one.measure} from {one.low:,.0f} to {one.high:,.0f} on {one.day}, {one.by}"
            screen.show(f"Recorded beside {entry}: {said}")
    screen.result({"archive": archive, "entry": entry, "new": new, "calls": recorded})


def opened(folder: Path) -> Archive:
    """The archive in a folder."""
    from simulation.evidence.archive import Archive

    return Archive(folder)


def archived(place: Archive, run: str) -> tuple[str, bool]:
    """The id of an archived forecast by the folder of its run, which is archived when it is not yet, or by its id."""
    folder = Path(run)
    if not folder.exists():
        return place.load(run).id, False

    record = read_record(folder)
    if record.get("interrupted"):
        raise BadInput(f"{run} was interrupted: finish it before it is archived")
    folder = folder.parent if folder.is_file() else folder
    forecast = finished_forecast(folder)
    return place.keep(forecast, run=folder.name, made=str(record.get("finished", "")))


def _list(place: Archive, screen: Screen) -> None:
    with refusals():
        entries = place.entries()
    rows, calls = [], [one for one in entries if one["kind"] == "call"]
    for one in entries:
        if one["kind"] == "forecast":
            count = sum(each["of"] == one["id"] for each in calls)
            name = f"{one['name']}: {one['label']}" if one["label"] else one["name"]
            rows.append((one["id"], name, one["start"], one["days"][-1], str(one["made"])[:10], str(count)))
    if rows:
        screen.table("", ("id", "forecast", "from", "to", "made", "calls"), rows, text=(0, 1, 2, 3, 4))
    else:
        screen.show(f"Nothing is archived in {place.folder}. To archive a run: membersim runs reports/<name>")
    screen.result({"archive": place.folder, "entries": entries})


@contextmanager
def refusals() -> Iterator[None]:
    """Turn what the archive refuses into bad input."""
    from simulation.evidence.archive import ArchiveError

    try:
        yield
    except ArchiveError as error:
        raise BadInput(str(error)) from None
    except ValueError as error:
        raise refused(error) from None

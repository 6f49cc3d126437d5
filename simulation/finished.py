"""A finished run, as its folder has it: its record, its scenario and its forecast."""

from __future__ import annotations

import hashlib
import json
from pathlib import Path
from typing import TYPE_CHECKING, Any

from simulation import __version__

if TYPE_CHECKING:
    from simulation.forecast import Forecast
    from simulation.scenario import Scenario

__all__ = ["FORECAST", "FORMAT", "RECORD", "NoRun", "finished_forecast", "read_record", "recorded_scenario", "sha256"]

RECORD, FORECAST = "run.json", "forecast.nc"
FORMAT = 1


class NoRun(ValueError):
    """What is named holds no finished run, or one whose data are not those that it had."""


def read_record(folder: Path) -> dict[str, Any]:
    """Read the record of a finished run; `folder` may also be the record itself."""
    from simulation.record import Record

    path = folder if folder.name == RECORD else folder / RECORD
    try:
        record = json.loads(path.read_text("utf-8"))
    except FileNotFoundError:
        raise NoRun(f"{folder} holds no finished run: there is no {RECORD} in it") from None
    except (OSError, ValueError, RecursionError) as error:
        raise NoRun(f"{path} cannot be read: {error}") from None
    needed = {name for name, one in Record.model_fields.items() if one.is_required()}
    if not isinstance(record, dict) or record.get("format") != FORMAT or not record.keys() >= needed:
        raise NoRun(f"{path} is not a record of a run that membersim {__version__} can read")
    wrong = _wrong(record)
    if wrong:
        raise NoRun(f"{path} is damaged: {wrong}")
    return record


def _wrong(record: dict[str, Any]) -> str:
    """What of a record cannot have been written by a run; "" when nothing is wrong.

    A folder may come from somebody else: files of a run are its own, never some outside.
    """
    from pydantic import ValidationError

    from simulation.record import Record

    try:
        Record.model_validate(record)
    except ValidationError as error:
        first = error.errors()[0]
        return f"{'.'.join(map(str, first['loc']))}: {first['msg'].removeprefix('Value error, ')}"
    return ""


def recorded_scenario(record: dict[str, Any], folder: Path, book: Path | None, option: str = "--book") -> Scenario:
    """Load the recorded scenario, after making sure that its data files are the ones that it had.

    Parameters
    ----------
    record, folder
        What run.json says, and where it is.
    book
        Where the book is now, if it has moved.
    option
        How the command calls `book`.

    Raises
    ------
    NoRun
        When a file is missing or another one.
    """
    from ruamel.yaml import YAML
    from ruamel.yaml.error import YAMLError

    from simulation.scenario import from_mapping

    try:
        plan = YAML(typ="safe").load(record["scenario"])
    except YAMLError as error:
        raise NoRun(f"{folder} holds no plan: {error}") from None
    if not isinstance(plan, dict):
        raise NoRun(f"{folder} holds no plan")
    root = (folder / record["root"]).resolve()
    if book is not None:
        if not isinstance(plan.get("book"), dict):
            raise NoRun(f"{option}: this run had no book")
        plan["book"]["file"] = str(book.resolve())
    for entry in record["data"]:
        if entry["path"].split(".")[0] == "history":  # in records of before: a run does not read it
            continue
        of_book = entry["path"].split(".")[0] == "book"
        path = book if book is not None and of_book else root / entry["file"]
        hint = f"; say with {option} where it is" if of_book and book is None else ""
        if not path.is_file():
            raise NoRun(f"{path}: no such file, and the run reads it ({entry['path']}){hint}")
        found = sha256(path)
        if found != entry["sha256"]:
            raise NoRun(
                f"{path}: not the file of this run ({entry['path']}): its SHA-256 is {found}, "
                f"the run had {entry['sha256']}{hint}"
            )
    return from_mapping(plan, folder=root, allow_outside=True)


def finished_forecast(path: Path) -> Forecast:
    """Load the forecast of a run, by its folder or its file forecast.nc.

    Raises
    ------
    NoRun
        When there is none, or it is no forecast.
    """
    from simulation.forecast import Forecast

    file = path / FORECAST if path.is_dir() else path
    if not file.is_file():
        raise NoRun(f"{path} holds no finished run: there is no {FORECAST}; make one with `membersim run`")
    try:
        return Forecast.load(file)
    except (OSError, ValueError, KeyError) as error:
        raise NoRun(f"{file} is not a forecast that can be read: {error}") from None


def sha256(path: Path) -> str:
    """SHA-256 of a file's bytes, in hex."""
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()

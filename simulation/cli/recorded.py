"""The scenario of a finished run, as its folder has it."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any

from simulation.cli.folder import sha256
from simulation.cli.screen import BadInput

if TYPE_CHECKING:
    from simulation.scenario import Scenario

__all__ = ["recorded_scenario"]


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
    BadInput
        When a file is missing or another one.
    """
    from ruamel.yaml import YAML

    from simulation.scenario import from_mapping

    plan = YAML(typ="safe").load(record["scenario"])
    root = (folder / record["root"]).resolve()
    if book is not None:
        if not plan.get("book"):
            raise BadInput(f"{option}: this run had no book")
        plan["book"]["file"] = str(book.resolve())
    for entry in record["data"]:
        of_book = entry["path"].split(".")[0] == "book"
        path = book if book is not None and of_book else root / entry["file"]
        hint = f"; say with {option} where it is" if of_book and book is None else ""
        if not path.is_file():
            raise BadInput(f"{path}: no such file, and the run reads it ({entry['path']}){hint}")
        found = sha256(path)
        if found != entry["sha256"]:
            raise BadInput(
                f"{path}: not the file of this run ({entry['path']}): its SHA-256 is {found}, "
                f"the run had {entry['sha256']}{hint}"
            )
    return from_mapping(plan, folder=root, allow_outside=True)

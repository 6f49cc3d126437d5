"""An archive of snapshots: a system that overwrites, as it was known on each day. Nothing in it is ever changed."""

from __future__ import annotations

import datetime as dt
import hashlib
import json
import os
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

import pandas as pd

from simulation.evidence.history.differences import Differences
from simulation.evidence.history.history import History
from simulation.evidence.history.state import STATE_COLUMNS, STATE_DATES

__all__ = ["Archive", "ArchiveError", "Snapshot"]

INDEX = "snapshots.json"
FORMAT = 1


class ArchiveError(ValueError):
    """The archive is damaged, or a snapshot does not fit behind the others."""


@dataclass(frozen=True)
class Snapshot:
    """One copy: the day of whose morning it is, its file, the SHA-256 of the file, how many members."""

    day: str
    file: str
    sha256: str
    members: int

    @property
    def date(self) -> dt.date:
        """The day."""
        return dt.date.fromisoformat(self.day)


class Archive:
    """Snapshots in a folder, one file a day, each named and checked by its content.

    Parameters
    ----------
    folder
        Made when the first snapshot comes.

    Raises
    ------
    ArchiveError
        The index cannot be read.
    """

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.snapshots: list[Snapshot] = []
        try:
            index = json.loads((folder / INDEX).read_text("utf-8"))
            if index["format"] != FORMAT:
                raise ArchiveError(f"{folder / INDEX} is of another version of membersim")
            self.snapshots = [Snapshot(**one) for one in index["snapshots"]]
        except FileNotFoundError:
            pass
        except (OSError, ValueError, KeyError, TypeError) as error:
            if isinstance(error, ArchiveError):
                raise
            raise ArchiveError(f"{folder / INDEX} cannot be read: {error}") from None

    def add(self, day: dt.date, state: pd.DataFrame) -> bool:
        """Archive the state of a morning, as `read_state` returns it.

        Returns
        -------
        bool
            False when the very same snapshot is there already.

        Raises
        ------
        ArchiveError
            There is another one of that day, or a later one.
        """
        text = _bytes(state)
        digest = hashlib.sha256(text).hexdigest()
        if self.snapshots and day <= self.snapshots[-1].date:
            same = [one for one in self.snapshots if one.date == day]
            if same and same[0].sha256 == digest:
                return False
            if same:
                raise ArchiveError(
                    f"there is another snapshot of {day} already, and an archive is never changed: "
                    "if the system was corrected since, archive it under the day of the new export"
                )
            raise ArchiveError(
                f"the archive goes to {self.snapshots[-1].day} already: a snapshot of {day} would change what was "
                "known then; archive older exports first, in a new folder"
            )
        name = f"{day.isoformat()}-{digest[:16]}.csv"
        self.folder.mkdir(parents=True, exist_ok=True)
        _write(self.folder / name, text)
        (self.folder / name).chmod(0o444)
        self.snapshots.append(Snapshot(day.isoformat(), name, digest, len(state)))
        index = {"format": FORMAT, "snapshots": [asdict(one) for one in self.snapshots]}
        _write(self.folder / INDEX, (json.dumps(index, indent=2) + "\n").encode())
        return True

    def state(self, snapshot: Snapshot) -> pd.DataFrame:
        """A snapshot as it was archived.

        Raises
        ------
        ArchiveError
            Its file is missing, or is not the one that was archived.
        """
        path = self.folder / snapshot.file
        try:
            content = path.read_bytes()
        except OSError as error:
            raise ArchiveError(f"{path} cannot be read: {error.strerror or error}") from None
        if hashlib.sha256(content).hexdigest() != snapshot.sha256:
            raise ArchiveError(f"{path} is not what was archived: its content has changed since")
        return _state(content)

    def history(self, journeys: Mapping[str, Sequence[str]] | None = None) -> History:
        """What the snapshots together tell; see `Differences`."""
        differences = Differences(journeys)
        for snapshot in self.snapshots:
            differences.add(snapshot.date, self.state(snapshot))
        exported = self.snapshots[-1].date if self.snapshots else None
        return History.of(differences.table(), exported=exported, source=f"snapshots in {self.folder}")


def _bytes(state: pd.DataFrame) -> bytes:
    """The one text of a state: the same state gives the same bytes."""
    plain = state.sort_index().copy()
    for name in STATE_DATES:
        plain[name] = plain[name].dt.strftime("%Y-%m-%d")
    columns = [name for name in STATE_COLUMNS if name != "member_id"]
    text: str = plain[columns].to_csv(lineterminator="\n")
    return text.encode()


def _state(content: bytes) -> pd.DataFrame:
    import io

    kinds: dict[Any, Any] = {name: str for name in STATE_COLUMNS if name != "arr"}
    table = pd.read_csv(io.BytesIO(content), dtype=kinds, keep_default_na=False, na_values={})
    table["arr"] = table["arr"].astype("int64")
    for name in STATE_DATES:
        table[name] = pd.to_datetime(table[name].where(table[name] != "", None), format="%Y-%m-%d").astype("M8[s]")
    for name in ("member_id", "segment", "milestone"):
        table[name] = table[name].astype(object)
    return table.set_index("member_id")


def _write(path: Path, content: bytes) -> None:
    draft = path.with_name(f".{path.name}.{os.getpid()}")
    try:
        draft.write_bytes(content)
        os.replace(draft, path)
    finally:
        draft.unlink(missing_ok=True)

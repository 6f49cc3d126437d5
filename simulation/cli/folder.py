"""The folder of a finished run: written all at once, and enough to run it again.

`run.json` names everything that a rerun needs: the resolved scenario, seed, replications, engine and the
hashes of the data files that the scenario reads. It is written last, so a folder that has it is complete.
The data themselves, and with them the ids of members, stay outside.
"""

from __future__ import annotations

import getpass
import glob
import hashlib
import json
import os
import platform
import shutil
import tempfile
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Any

import psutil
from filelock import FileLock

from simulation import __version__
from simulation.cli.screen import BadInput, plain
from simulation.finished import FORMAT, RECORD, sha256

if TYPE_CHECKING:
    from simulation.scenario import Scenario

__all__ = ["data_read", "named_files", "publish", "relative", "run_facts", "write_text"]

FILE_KEYS = ("book", "file", "joint")
"""Keys of a scenario whose text value names a file of data."""
NUMERIC = ("numba", "numpy", "scipy", "simpy")
"""Packages whose version could matter to the numbers."""


def publish(folder: Path, fill: Callable[[Path], None], record: dict[str, Any], name: str = RECORD) -> list[Path]:
    """Fill a hidden folder beside `folder`, then move its files in, the record last.

    Files of an earlier record of that name that this one does not replace are removed; files of anyone else stay.
    Of two that write at once the later one stays, whole.

    Returns
    -------
    list of Path
        The files now in `folder`, the record last.

    Raises
    ------
    BadInput
        When the disk is full or the folder cannot be written; what was there is as it was.
    """
    staging = folder.with_name(f".{folder.name}.{os.getpid()}")
    _sweep(folder)
    try:
        staging.mkdir(parents=True)
        fill(staging)
        names = sorted(path.relative_to(staging).as_posix() for path in staging.rglob("*") if path.is_file())
        record = {"format": FORMAT, **record, "files": names}
        (staging / name).write_text(json.dumps(plain(record), allow_nan=False, indent=2) + "\n", "utf-8")
        folder.mkdir(parents=True, exist_ok=True)
        with _alone(folder):
            earlier = _earlier_files(folder, name)
            (folder / name).unlink(missing_ok=True)
            for file in (*names, name):
                goal = folder / file
                goal.parent.mkdir(parents=True, exist_ok=True)
                os.replace(staging / file, goal)
            for file in earlier.difference(names):
                (folder / file).unlink(missing_ok=True)
    except OSError as error:
        raise BadInput(
            f"{folder} cannot be written: {error.strerror or error}. Finished futures are kept in the store: mend "
            "that, or give another folder with --out, and the same command goes on from there."
        ) from None
    finally:
        shutil.rmtree(staging, ignore_errors=True)
    return [*(folder / file for file in names), folder / name]


def _alone(folder: Path) -> FileLock:
    """Waits for whoever is moving files into the folder just now."""
    place = hashlib.sha256(str(folder.resolve()).encode()).hexdigest()[:32]
    user = getpass.getuser() if os.name == "nt" else os.getuid()  # who runs in a container may have no name
    return FileLock(Path(tempfile.gettempdir(), f"membersim-{user}-{place}.lock"))


def _sweep(folder: Path) -> None:
    """Remove what runs into this folder left beside it when they were killed."""
    for left in folder.parent.glob(f".{glob.escape(folder.name)}.*"):
        number = left.name.rpartition(".")[2]
        if number.isdecimal() and left.is_dir() and not psutil.pid_exists(int(number)):
            shutil.rmtree(left, ignore_errors=True)


def run_facts() -> dict[str, Any]:
    """What made the numbers: the version of membersim, of Python and of the numeric packages."""
    from importlib.metadata import version

    return {
        "membersim": __version__,
        "python": platform.python_version(),
        "packages": {name: version(name) for name in NUMERIC},
    }


def named_files(node: Any, at: str = "") -> Iterator[tuple[str, str]]:
    """Dotted path and name of every data file that a scenario, as plain mappings, reads."""
    items = node.items() if isinstance(node, dict) else enumerate(node) if isinstance(node, list) else ()
    for key, value in items:
        path = f"{at}.{key}" if at else str(key)
        if isinstance(value, str) and key in FILE_KEYS:
            yield path, value
        else:
            yield from named_files(value, path)


def data_read(scenario: Scenario) -> list[dict[str, str]]:
    """Path, name and SHA-256 of every file of data that a run of the scenario reads; a history is not read."""
    read = {key: value for key, value in scenario.resolved().items() if key != "history"}
    return [{"path": path, "file": file, "sha256": sha256(scenario.root / file)} for path, file in named_files(read)]


def relative(path: Path, folder: Path) -> str:
    """How to come from a folder to a path; the whole path where there is no way, as between drives."""
    try:
        return Path(os.path.relpath(path.resolve(), folder.resolve())).as_posix()
    except ValueError:
        return path.resolve().as_posix()


def write_text(path: Path, text: str) -> None:
    """Write a file all at once: whoever reads it sees the old text or the new, never a part."""
    path.parent.mkdir(parents=True, exist_ok=True)
    draft = path.with_name(f".{path.name}.{os.getpid()}")
    try:
        draft.write_text(text, "utf-8")
        os.replace(draft, path)
    finally:
        draft.unlink(missing_ok=True)


def _earlier_files(folder: Path, name: str) -> set[str]:
    """Files that an earlier command of ours wrote into the folder; nothing outside it, whatever a record says."""
    try:
        record = json.loads((folder / name).read_text("utf-8"))
    except (OSError, ValueError):
        return set()
    names = record.get("files", []) if isinstance(record, dict) and record.get("format") == FORMAT else []
    inside = folder.resolve()
    names = names if isinstance(names, list) else []
    return {one for one in names if isinstance(one, str) and (inside / one).resolve().is_relative_to(inside)}

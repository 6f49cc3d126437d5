"""A run to share: all that lets somebody verify it, and nothing of the book."""

from __future__ import annotations

import json
import shutil
from pathlib import Path
from typing import TYPE_CHECKING, Any

from simulation.cli.folder import publish
from simulation.cli.screen import BadInput
from simulation.finished import sha256

if TYPE_CHECKING:
    from simulation.forecast import Forecast

__all__ = ["RECORD", "share_run"]

RECORD = "shared.json"
DRAWS = "assumptions"
"""Where the paths of files begin that are about nobody: draws of numbers. Books and histories are of members."""
LEFT_OUT = ("events.parquet",)
"""Files of a run that tell of single members, if only under pseudonyms."""
READ_ME = """\
This folder lets you verify the forecast "{name}" without the members behind it.

    membersim verify {folder}

Verified are: that no file was changed since it was shared; that the plan (plan.yaml) is the one that the forecast was
made from; that ARR and members reconcile in every future, to the cent; that the tables follow from the forecast; and,
by simulating again, {rerun}

Not verified are: {not_verified}
"""


def share_run(folder: Path, record: dict[str, Any], forecast: Forecast, goal: Path) -> list[Path]:
    """Make the folder.

    Raises
    ------
    BadInput
        When there is something in it that is not from here.
    """
    if goal.exists() and (not goal.is_dir() or (any(goal.iterdir()) and not (goal / RECORD).is_file())):
        raise BadInput(f"--share: {goal} exists already; name a new folder")
    if goal.resolve() == folder.resolve():
        raise BadInput("--share: name another folder than that of the run")
    has_book = record.get("book") is not None
    files = [name for name in record["files"] if name not in LEFT_OUT]
    kept = {key: record[key] for key in ("membersim", "python", "packages", "seed", "engine", "replications", "label")}
    kept |= {"book": record.get("book"), "digest": forecast.facts.digest, "had_book": has_book}
    data = [one for one in record["data"] if str(one["path"]).split(".")[0] == DRAWS]
    root = (folder / record["root"]).resolve()
    for one in data:
        file = root / one["file"]
        if not file.is_file() or sha256(file) != one["sha256"]:
            raise BadInput(f"--share: {file} is not the file any more that the run read ({one['path']})")

    def fill(staging: Path) -> None:
        for name in files:
            (staging / name).parent.mkdir(parents=True, exist_ok=True)
            shutil.copyfile(folder / name, staging / name)
        for one in data:
            to = staging / "data" / f"{one['sha256']}{Path(one['file']).suffix}"
            to.parent.mkdir(exist_ok=True)
            shutil.copyfile(root / one["file"], to)
        (staging / "plan.yaml").write_text(forecast.facts.yaml, "utf-8")
        (staging / "README.txt").write_text(_read_me(forecast, goal, has_book), "utf-8")
        names = sorted(path.relative_to(staging).as_posix() for path in staging.rglob("*") if path.is_file())
        digests = {name: sha256(staging / name) for name in names}
        (staging / "digests.json").write_text(json.dumps(digests, indent=2) + "\n", "utf-8")

    return publish(goal, fill, {**kept, "data": data}, RECORD)


def _read_me(forecast: Forecast, goal: Path, has_book: bool) -> str:
    from simulation.experiment.verification import NOT_WITHOUT_BOOK

    some = "the draws of the assumptions, capacity and cost of teams, and everybody who joins unreferred."
    return READ_ME.format(
        name=forecast.facts.name,
        folder=goal.name,
        rerun=some if has_book else "every count of every future.",
        not_verified=NOT_WITHOUT_BOOK if has_book else "nothing: the plan starts without a book.",
    )

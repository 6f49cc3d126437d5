"""The scenarios of a folder: which files there are, what they are called, and what is wrong with the broken ones."""

from __future__ import annotations

import threading
from collections import defaultdict
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from simulation.scenario import ScenarioError
from simulation.scenario.errors import Problem

if TYPE_CHECKING:
    from simulation.scenario import Scenario

__all__ = ["MOST", "Plan", "Plans"]

MOST = 200
"""Files that are looked at."""
ENDINGS = (".yaml", ".yml")


@dataclass(frozen=True)
class Plan:
    """A scenario file.

    Attributes
    ----------
    key
        Its path within the folder, such as `myplan/training.yaml`.
    title
        The name that the scenario gives itself; the key where it cannot be read.
    base
        Key of the file that it extends, where that is in the folder too; otherwise empty.
    problems
        What is wrong with it; a plan with problems cannot be run.
    """

    key: str
    path: Path
    title: str
    base: str = ""
    problems: tuple[Problem, ...] = ()


class Plans:
    """The scenario files of a folder and of the folders in it.

    Parameters
    ----------
    folder
        Where they are; what the page writes goes there, too.

    Notes
    -----
    Files are read again when they have changed. Every method may be called from any thread; a file that is being read
    is waited for by those who want the same one only.
    """

    def __init__(self, folder: Path) -> None:
        self.folder = folder.resolve()
        self._locks: defaultdict[Path, threading.Lock] = defaultdict(threading.Lock)
        self._loaded: dict[Path, tuple[tuple[tuple[Path, int], ...], Scenario]] = {}

    def found(self) -> list[Plan]:
        """Every scenario, those that stand alone before those that extend them."""
        return sorted(
            filter(None, map(self._plan, self._files())), key=lambda one: (one.base or one.key, one.base, one.key)
        )

    def scenario(self, key: str) -> Scenario:
        """The scenario of a key.

        Raises
        ------
        ScenarioError
            With what is wrong with it.
        """
        found = self._read(self.path(key))
        if isinstance(found, tuple):
            raise ScenarioError(found)
        return found

    def alike(self, scenario: Scenario) -> list[Plan]:
        """Those that can be compared with a scenario: over the same time, in the same money."""
        asked = (scenario.start, scenario.end, scenario.currency, scenario.periods, scenario.fiscal_year_starts)
        return [
            one
            for one in self.found()
            if not one.problems
            and (theirs := self.scenario(one.key))
            and (theirs.start, theirs.end, theirs.currency, theirs.periods, theirs.fiscal_year_starts) == asked
        ]

    def path(self, key: str) -> Path:
        """Where the file of a key is.

        Raises
        ------
        ScenarioError
            When it is not in the folder.
        """
        path = (self.folder / key).resolve()
        if not path.is_relative_to(self.folder):
            raise ScenarioError([Problem(key, None, None, "", "this file is not in the folder of the page")])
        return path

    def _files(self) -> list[Path]:
        found = [
            path
            for pattern in ("*", "*/*")
            for path in sorted(self.folder.glob(pattern))
            if path.suffix in ENDINGS and not any(part.startswith(".") for part in path.relative_to(self.folder).parts)
        ]
        return found[:MOST]

    def _plan(self, path: Path) -> Plan | None:
        """What a file is; None for a file that is no scenario, such as an overlay without a base."""
        from simulation.scenario.files import WHOLE, top_keys

        keys = top_keys(path)
        if keys is not None and "extends" not in keys and len(WHOLE & keys) < 2:
            return None  # with two of them it was meant as a scenario, and is listed with what is wrong
        key = path.relative_to(self.folder).as_posix()
        found = self._read(path)
        if isinstance(found, tuple):
            return Plan(key, path, key, problems=found)
        under = [one for one in found.source_files[1:] if one.is_relative_to(self.folder)]
        return Plan(key, path, found.name, under[0].relative_to(self.folder).as_posix() if under else "")

    def _read(self, path: Path) -> Scenario | tuple[Problem, ...]:
        from simulation.scenario import load

        with self._locks[path]:
            kept = self._loaded.get(path)
            if kept is not None and kept[0] == _stamps([one for one, _ in kept[0]]):
                return kept[1]
            try:
                found = load(path)
            except ScenarioError as error:
                self._loaded.pop(path, None)  # what is wrong may be mended in a file that it could not say it reads
                return tuple(error.problems)
            self._loaded[path] = (_stamps([path, *found.source_files]), found)
            return found


def _stamps(files: list[Path]) -> tuple[tuple[Path, int], ...]:
    return tuple((one, one.stat().st_mtime_ns if one.exists() else 0) for one in files)

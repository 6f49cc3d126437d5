"""A visitor's changes as an overlay: the mapping, its YAML text, how it differs from the base, and saving it."""

from __future__ import annotations

import difflib
import os
import re
from collections.abc import Mapping
from pathlib import Path
from typing import Any
from uuid import uuid4

from simulation.app.controls import Control, Value, settings
from simulation.scenario import Scenario, load
from simulation.scenario.overlay import overlay_text
from simulation.scenario.places import graft, put

__all__ = ["difference", "file_name", "overlay_of", "save", "text_of"]


def overlay_of(scenario: Scenario, controls: Mapping[str, Control], turned: Mapping[str, Value]) -> dict[str, Any]:
    """What is laid over a scenario when controls are turned.

    Parameters
    ----------
    controls
        Those of the scenario by path.
    turned
        Values by path; a control that stands where the scenario stands changes nothing.

    Returns
    -------
    dict
        Empty when nothing changes. A number that replaces an assumption takes the assumption away.
    """
    before = scenario.resolved()
    after, paths = before, list[tuple[str, ...]]()
    moved = [(controls[path], value) for path, value in turned.items() if value != controls[path].value]
    for control, value in sorted(moved, key=lambda one: _turn(one[0])):
        if control.form == "slider" and _idle(control, controls, turned):
            continue
        for path, plain in settings(control, value, after):
            after = put(after, path, plain)
            paths.append(path)
    overlay: dict[str, Any] = {}
    for path in paths:
        graft(overlay, before, after, path)
    gone = [one for one in scenario.assumptions if any(_within(one, path) for path in paths)]
    if gone:
        overlay["assumptions"] = dict.fromkeys(gone)
    return overlay


def difference(base: Scenario, overlay: Mapping[str, Any]) -> list[str]:
    """Lines of the unified diff between a scenario, written out in full, and the same with an overlay.

    Raises
    ------
    ScenarioError
        When they do not go together.
    """
    changed = load(base.source_files[0], overlays=[overlay])
    before, after = (one.to_yaml().splitlines() for one in (base, changed))
    return list(difflib.unified_diff(before, after, "before", "after", lineterm="", n=2))


def text_of(base: Path, overlay: Mapping[str, Any], title: str, folder: Path, notes: tuple[str, ...] = ()) -> str:
    """The text of a file that lays an overlay over a scenario.

    Parameters
    ----------
    base
        The scenario's file.
    title
        What the changed scenario is called.
    folder
        Where the text will be saved.
    notes
        Lines of the comment at the top.
    """
    extends = Path(os.path.relpath(base, folder)).as_posix()
    return overlay_text({"extends": extends, "name": title, **overlay}, notes)


def save(path: Path, text: str, *, replace: bool = False) -> Scenario:
    """Write an overlay and return the scenario that it makes.

    Raises
    ------
    FileExistsError
        When there is such a file and it is not to be replaced.
    ScenarioError
        When the text is no scenario; nothing is written then.
    """
    if path.exists() and not replace:
        raise FileExistsError(f"there is a file {path.name} already")
    # It is read where it will be, so that what it extends is found, and shown only when it is good.
    trial = path.with_name(f".{uuid4().hex}{path.suffix}")  # no mkstemp: others may read a scenario, as any file
    try:
        trial.write_text(text, "utf-8", newline="\n")
        load(trial)
        if replace:
            os.replace(trial, path)
        else:
            os.link(trial, path)  # fails where somebody else was faster
    finally:
        trial.unlink(missing_ok=True)
    return load(path)


def file_name(title: str) -> str:
    """A file name for a title: "Train everyone, week one" is train_everyone_week_one.yaml."""
    words = re.findall(r"[a-z0-9]+", title.lower())
    return "_".join(words)[:60].strip("_") + ".yaml" if words else ""


def _turn(control: Control) -> int:
    """When a control has its turn: a choice makes the place that its sliders change, and additions move places."""
    return 0 if control.form == "choice" else 2 if control.path.endswith("+") else 1


def _idle(control: Control, controls: Mapping[str, Control], turned: Mapping[str, Value]) -> bool:
    """Whether what a slider needs is switched off."""
    if not control.needs or control.needs not in controls:
        return False
    above = turned.get(control.needs, controls[control.needs].value)
    return above is False or above == "objectives"


def _within(assumption: str, path: tuple[str, ...]) -> bool:
    """Whether an assumption sets something at a path or below it."""
    place = ".".join(path)
    return assumption == place or assumption.startswith(f"{place}.")

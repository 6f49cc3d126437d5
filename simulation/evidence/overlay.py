"""An overlay with numbers that were found together: a scenario file beside a table of joint draws."""

from __future__ import annotations

import os
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
import numpy.typing as npt
import pandas as pd

from simulation.scenario.overlay import overlay_text
from simulation.scenario.quantities import Kind, written

if TYPE_CHECKING:
    from simulation.scenario.schema import Scenario

__all__ = ["check_place", "write_overlay"]


def check_place(path: Path, scenario: Scenario) -> None:
    """Refuse a place from which an overlay of a scenario could not be loaded.

    Raises
    ------
    ValueError
        A file may only name files of its own folder and below, and the scenario is elsewhere.
    """
    base = scenario.source_files[0].resolve()
    if not base.is_relative_to(path.resolve().parent):
        raise ValueError(
            f"{path} could not be loaded: it extends {base.name}, which lies outside its folder; write it beside that, "
            f"such as {base.with_name(path.name)}, or say --allow-outside here and whenever it is used"
        )


def write_overlay(
    path: Path,
    scenario: Scenario,
    group: str,
    columns: Mapping[str, Kind],
    draws: npt.NDArray[np.float64],
    *,
    source: str,
    evidence: str,
    comment: str = "",
    fixed: Mapping[str, Any] | None = None,
    notes: Sequence[str] = (),
) -> list[Path]:
    """Write an overlay of a scenario and, beside it, the draws that it reads.

    Parameters
    ----------
    path
        The overlay, .yaml; the draws get its name and `_draws.parquet`.
    group
        Name of the assumption; one of that name in the scenario is replaced.
    columns
        Path and kind of each column of `draws`.
    draws
        float64[D, K], base units. One row sets all its numbers together.
    fixed
        Other numbers to set, by path, as they are written in a scenario.
    notes
        Lines of the comment at the top.

    Returns
    -------
    list of Path
        The files.
    """
    path.parent.mkdir(parents=True, exist_ok=True)
    table = path.with_name(f"{path.stem}_draws.parquet")
    cells = {
        name: [written(kind, float(value)) for value in draws[:, place]]
        for place, (name, kind) in enumerate(columns.items())
    }
    pd.DataFrame({name: _plain(column) for name, column in cells.items()}).to_parquet(table, index=False)
    origin = {"source": source, "evidence": evidence} | ({"comment": comment} if comment else {})
    replaced = [
        name
        for name, one in scenario.assumptions.items()
        if name in columns or (one.joint is not None and set(one.joint.paths) & set(columns))
    ]
    tree: dict[str, Any] = {"extends": Path(os.path.relpath(scenario.source_files[0], path.parent)).as_posix()}
    for name, value in (fixed or {}).items():
        _put(tree, name.split("."), {"value": value, **origin})
    tree["assumptions"] = dict.fromkeys(replaced) | {group: {"joint": table.name, **origin}}
    path.write_text(overlay_text(tree, notes), encoding="utf-8", newline="\n")
    return [path, table]


def _plain(column: list[Any]) -> list[Any]:
    """One type in a column: text as soon as one cell is text."""
    return [str(one) for one in column] if any(isinstance(one, str) for one in column) else column


def _put(tree: dict[str, Any], steps: list[str], value: Any) -> None:
    for step in steps[:-1]:
        tree = tree.setdefault(step, {})
    tree[steps[-1]] = value

"""Writes what an import found: the book, the history, the plan that reads both, the mapping, and what does not fit."""

from __future__ import annotations

import csv
import io
from collections.abc import Mapping as Given
from pathlib import Path
from typing import Any

from simulation.evidence.history import write_history
from simulation.intake.build import Imported
from simulation.intake.changes import seen_of
from simulation.intake.mapping import write_import
from simulation.intake.sheet import Sheet
from simulation.scenario import Scenario
from simulation.scenario.sheets.guard import guarded

__all__ = ["BOOK", "HISTORY", "MAPPING", "MISFITS", "PLAN", "plan_path", "write_imported"]

BOOK, HISTORY, PLAN, MAPPING, MISFITS = "book.csv", "history.parquet", "plan.yaml", "import.yaml", "does_not_fit.csv"


def write_imported(
    imported: Imported, sheets: Given[str, Sheet], folder: Path, scenario: Scenario | None = None
) -> list[Path]:
    """Write the results of an import into a folder.

    Parameters
    ----------
    scenario
        The plan then is an overlay of it, written beside it (see `plan_path`); else a first scenario in the folder, to
        be filled in and fitted.

    Returns
    -------
    list of Path
        The files.

    Raises
    ------
    ValueError
        The folder does not lie in that of the scenario, so that no plan can name both.
    """
    plan = plan_path(folder, scenario)
    folder.mkdir(parents=True, exist_ok=True)
    imported.book.to_csv(folder / BOOK, index=False, lineterminator="\n", date_format="%Y-%m-%d")
    write_history(imported.history, folder / HISTORY)
    rows = io.StringIO(newline="")
    writer = csv.writer(rows, lineterminator="\n")
    writer.writerow(("file", "line", "column", "reason", "message"))
    writer.writerows(
        (guarded(Path(one.file).name), one.line, guarded(one.column), one.reason, guarded(one.message))
        for one in imported.misfits
    )
    (folder / MISFITS).write_text(rows.getvalue(), encoding="utf-8", newline="")
    _plan(imported, plan, folder, scenario)
    remembered = imported.mapping.model_copy(update={"seen": seen_of(imported, sheets)})
    write_import(remembered, folder / MAPPING)
    return [plan, *(folder / name for name in (BOOK, HISTORY, MAPPING, MISFITS))]


def plan_path(folder: Path, scenario: Scenario | None) -> Path:
    """Where the plan of an import is written: in its folder, or beside the scenario that it extends.

    Raises
    ------
    ValueError
        A scenario may only name files of its own folder, and this one is elsewhere.
    """
    if scenario is None:
        return folder / PLAN
    base = scenario.source_files[0].resolve()
    if not folder.resolve().is_relative_to(base.parent) or folder.resolve() == base.parent:
        raise ValueError(f"the folder must lie in that of the scenario, such as {base.parent / 'imported'}")
    return base.with_name(f"{base.stem}_{folder.name}.yaml")


def _plan(imported: Imported, path: Path, folder: Path, scenario: Scenario | None) -> None:
    """The plan that starts from the book: an overlay, or a scenario of its own."""
    from ruamel.yaml import YAML

    tree: dict[str, Any] = {}
    if scenario is not None:
        tree["extends"] = scenario.source_files[0].name
        tree["name"] = f"{scenario.name}, members of {imported.exported}"
        said = "# Starts from the imported members. `membersim fit` estimates the rest from the history."
    else:
        from simulation.intake.first import first_scenario

        tree.update(first_scenario(imported))
        said = "# A first scenario of the exports: what they show is stated, all else is a guess. Fill in the outcomes."
    tree["start"] = imported.exported.isoformat()
    here = folder.resolve().relative_to(path.resolve().parent)
    tree["book"] = (here / BOOK).as_posix()
    tree["history"] = {"file": (here / HISTORY).as_posix(), "exported": imported.exported.isoformat()}
    writer = YAML()
    writer.width = 120
    writer.default_flow_style = False
    with path.open("w", encoding="utf-8", newline="\n") as file:
        file.write(said + "\n")
        writer.dump(tree, file)

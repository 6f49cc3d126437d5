"""`membersim workbook` and `membersim overlay`: a plan and its forecast in Excel, and what was changed there back."""

from __future__ import annotations

import os
import shlex
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

from cyclopts import Parameter

from simulation.cli.folder import write_text
from simulation.cli.screen import SCREEN, BadInput, Screen
from simulation.finished import RECORD, finished_forecast, read_record, recorded_scenario

if TYPE_CHECKING:
    from simulation.scenario.workbook import Changes

__all__ = ["overlay", "workbook"]

Overlays = Annotated[list[Path] | None, Parameter(consume_multiple=True)]
SHOWN = 40
"""Changes on the screen; the overlay has all."""


def workbook(
    source: Path,
    /,
    *,
    out: Annotated[Path | None, Parameter(name=["--out", "-o"])] = None,
    overlay: Overlays = None,
    book: Path | None = None,
    screen: Screen = SCREEN,
) -> None:
    """Write a plan, and the forecast of a finished run, as an Excel workbook with real tables and native formats.

    What is typed into its yellow cells comes back with `membersim overlay`.

    Parameters
    ----------
    source
        A scenario file, or the folder of a finished run: then its forecast is in the workbook too.
    out
        The workbook; <name>.xlsx by default.
    overlay
        Files with changes, laid over the scenario in this order.
    book
        Where the book of the run is now, if it has moved.
    """
    import simulation as sim
    from simulation.report.workbook import write_workbook

    forecast, extra = None, tuple(overlay or ())
    if source.is_dir() or source.name == RECORD:
        if extra:
            raise BadInput("--overlay: a finished run has its plan with all overlays; leave it out")
        folder = source if source.is_dir() else source.parent
        forecast = finished_forecast(folder)
        scenario = recorded_scenario(read_record(folder), folder, book)
        name = folder.resolve().name
    else:
        scenario, name = sim.load(source, overlays=extra), "+".join(path.stem for path in (source, *extra))
    target = out or Path(f"{name}.xlsx")
    if target.suffix.lower() != ".xlsx":
        raise BadInput(f"--out: {target} must end in .xlsx")
    with _excel():
        sheets = write_workbook(target, scenario, forecast)
    screen.show(f"Workbook: {target} ({', '.join(sheets)})")
    screen.show(f"To take changes back: membersim overlay {shlex.quote(str(target))} --base PLAN.yaml")
    screen.result({"workbook": target, "sheets": sheets})


def overlay(
    workbook: Path,
    /,
    *,
    base: Path,
    out: Annotated[Path | None, Parameter(name=["--out", "-o"])] = None,
    overlay: Overlays = None,
    screen: Screen = SCREEN,
) -> None:
    """Read what was changed in a workbook of `membersim workbook`, and write it as an overlay of the scenario.

    Parameters
    ----------
    workbook
        The workbook.
    base
        The scenario that it was made from.
    out
        The overlay; <workbook>.yaml by default.
    overlay
        The overlays that the workbook was made with, in the same order.
    """
    import simulation as sim
    from simulation.scenario.workbook import about, changes_of, plan_sheets, read_plan

    extra = tuple(overlay or ())
    scenario = sim.load(base, overlays=extra)
    given = read_plan(workbook, plan_sheets(scenario))
    exported, now = given.about.get("Fingerprint"), about(scenario)["Fingerprint"]
    if exported != now:
        with_ = f" with {', '.join(map(str, extra))}" if extra else ""
        raise BadInput(
            f"{workbook} was made from another plan than {base}{with_} is now"
            f"{'' if exported else ' (its sheet Read me is gone)'}: name its --base and --overlay, or export again"
        )
    found = changes_of(scenario, given, workbook)
    _check(found, base, extra, workbook)
    for note in found.notes:
        screen.note(note)
    rows = [(one.address, one.path, one.before, one.after) for one in found.changes]
    result = {"changes": [dict(zip(("cell", "path", "before", "after"), row, strict=True)) for row in rows],
              "notes": found.notes}  # fmt: skip
    if not found.overlay:
        screen.show(f"Nothing was changed in {workbook}.")
        screen.result({**result, "overlay": None})
        return
    target = out or Path(f"{workbook.stem}.yaml")
    _refuse_own(target, (base, *extra))
    write_text(target, _text(found, base, extra, workbook, target))
    screen.table("", ("cell", "what", "before", "now"), rows[:SHOWN], text=(0, 1, 2, 3))
    if len(rows) > SHOWN:
        screen.show(f"... and {len(rows) - SHOWN:,} more")
    words = ["membersim", "run", base, "--overlay", *extra, target]
    screen.show(f"Overlay: {target}. To run it: {shlex.join(map(str, words))}")
    screen.result({**result, "overlay": target})


def _check(found: Changes, base: Path, extra: tuple[Path, ...], workbook: Path) -> None:
    """Refuse what is wrong: in cells, and in the scenario that the changes make, told by cell as well.

    Raises
    ------
    ScenarioError
        With every problem.
    """
    import simulation as sim
    from simulation.scenario import ScenarioError
    from simulation.scenario.errors import Problem

    problems = list(found.problems)
    if found.overlay:
        try:
            sim.load(base, overlays=[*extra, found.overlay])
        except ScenarioError as error:
            for one in error.problems:
                cell = found.cell_of(one.path)
                told = Problem(str(workbook), None, None, cell or one.path, one.message)
                problems += [told] if told not in problems else []
    if problems:
        raise ScenarioError(problems)


def _refuse_own(target: Path, files: tuple[Path, ...]) -> None:
    if target.suffix.lower() not in (".yaml", ".yml"):
        raise BadInput(f"--out: {target} must end in .yaml")
    if any(target.resolve() == file.resolve() for file in files):
        raise BadInput(f"--out: {target} is the plan itself; name another file")


def _text(found: Changes, base: Path, extra: tuple[Path, ...], workbook: Path, target: Path) -> str:
    from simulation.scenario.overlay import overlay_text

    day = datetime.now(UTC).date().isoformat()
    notes = [f"Read on {day} from {workbook.name}:"]
    notes += [f"  {one.address}: {one.path}, {one.before or 'nothing'} -> {one.after or 'nothing'}".replace("\n", " ")
              for one in found.changes]  # fmt: skip
    notes += [f"Goes with the overlays {', '.join(path.name for path in extra)}."] if extra else []
    extends = Path(os.path.relpath(base.resolve(), target.resolve().parent)).as_posix()
    return overlay_text({"extends": extends, **found.overlay}, notes)


class _excel:
    """Says in one line that openpyxl is missing."""

    def __enter__(self) -> None:
        return None

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, trace: object) -> None:
        if isinstance(error, ImportError):
            raise BadInput("a workbook needs openpyxl: pip install 'membersim[excel]'") from None

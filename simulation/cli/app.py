"""The command line as a whole: its commands, and how errors become messages and exit statuses.

Exit status: 0 fine, 2 bad input (a message, no traceback), 130 interrupted (what had finished is kept),
1 an error of the program itself, 141 when the reader of standard output has gone.
"""

from __future__ import annotations

import os
import sys
import traceback
from collections.abc import Callable, Sequence
from contextlib import AbstractContextManager, nullcontext
from typing import Any

from cyclopts import App, CycloptsError, Parameter

from simulation import __version__
from simulation.cli.attribute import attribute
from simulation.cli.backtest import backtest
from simulation.cli.bridge import bridge
from simulation.cli.budget import budget
from simulation.cli.calibrate import calibrate
from simulation.cli.check import check
from simulation.cli.compare import compare
from simulation.cli.dossier import dossier
from simulation.cli.fit import fit
from simulation.cli.history import history
from simulation.cli.importing import import_
from simulation.cli.must_be_true import must_be_true
from simulation.cli.objectives import objectives
from simulation.cli.pilot import pilot
from simulation.cli.report import report
from simulation.cli.rerun import rerun
from simulation.cli.run import run
from simulation.cli.runs import runs
from simulation.cli.schema import schema
from simulation.cli.score import score
from simulation.cli.screen import (
    BAD_INPUT,
    FAULT,
    INTERRUPTED,
    READER_GONE,
    SCREEN,
    BadInput,
    Screen,
    problem_fields,
)
from simulation.cli.sensitivity import sensitivity
from simulation.cli.snapshot import snapshot
from simulation.cli.starters import new
from simulation.cli.store import store
from simulation.cli.sweep import sweep
from simulation.cli.vectors import vectors
from simulation.cli.verify import verify
from simulation.cli.web import web
from simulation.cli.workbook import overlay, workbook
from simulation.cli.workers import sharing_out
from simulation.cli.worklist import worklist
from simulation.finished import NoRun

__all__ = ["app", "main"]

app = App(
    name="membersim",
    help="A what-if laboratory for recurring-revenue organisations.",
    version=__version__,
    help_format="plaintext",
    default_parameter=Parameter(negative=()),
)
for _command in (
    new,
    check,
    run,
    rerun,
    report,
    workbook,
    overlay,
    compare,
    bridge,
    dossier,
    verify,
    backtest,
    runs,
    score,
    sensitivity,
    must_be_true,
    budget,
    objectives,
    attribute,
    schema,
    store,
    sweep,
    history,
    snapshot,
    vectors,
    worklist,
    pilot,
    calibrate,
    fit,
):
    app.command(_command)
app.command(web, name="app")


app.command(import_, name="import")


@app.command
def version(*, screen: Screen = SCREEN) -> None:
    """Print the version."""
    screen.show(__version__)
    screen.result({"version": __version__})


def main(arguments: Sequence[str] | None = None) -> int:
    """Run the command line.

    Parameters
    ----------
    arguments
        The words after `membersim`; those of the process by default.

    Returns
    -------
    int
        The exit status.
    """
    for stream in (sys.stdout, sys.stderr):
        if hasattr(stream, "reconfigure"):
            stream.reconfigure(errors="replace")
    words = _with_defaults(sys.argv[1:] if arguments is None else arguments)
    try:
        status = _run(words)
        sys.stdout.flush()
    except SystemExit as stop:
        # How rich leaves when the reader has gone.
        if not isinstance(stop.__context__, BrokenPipeError):
            raise
        return READER_GONE
    except BrokenPipeError:
        # Python flushes standard output once more at its end; give it somewhere to go.
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return READER_GONE
    return status


def _run(words: list[str]) -> int:
    screen = Screen(json="--json" in words, debug="--debug" in words)
    try:
        command, bound, _ = app.parse_args(words, exit_on_error=False, print_error=False)
    except CycloptsError as error:
        return _refuse(screen, str(error), [])
    try:
        with _trusting("--allow-outside" in words), sharing_out(bound.arguments):
            return _status(command, *bound.args, **bound.kwargs)
    except BrokenPipeError:
        raise
    except KeyboardInterrupt as stop:
        screen.note(str(stop) or "Interrupted.")
        return INTERRUPTED
    except (BadInput, NoRun) as error:
        return _refuse(screen, str(error), [])
    except (OSError, MemoryError) as error:
        return _refuse(screen, str(error) or type(error).__name__, [])
    except Exception as error:
        problems = getattr(error, "problems", None)
        if problems is not None:
            return _refuse(screen, str(error), problems)
        if screen.debug:
            traceback.print_exc()
        screen.note(f"membersim: internal error: {type(error).__name__}: {error}")
        screen.note("This is a fault of membersim, please report it; --debug shows where it happened.")
        screen.result({"error": f"{type(error).__name__}: {error}"})
        return FAULT


def _trusting(outside: bool) -> AbstractContextManager[None]:
    """Where scenarios may name files outside their folders."""
    if not outside:
        return nullcontext()
    from simulation.scenario.files import files_outside  # heavy

    return files_outside()


def _status(command: Callable[..., Any], *args: Any, **kwargs: Any) -> int:
    result = command(*args, **kwargs)
    return result if isinstance(result, int) else 0


def _refuse(screen: Screen, message: str, problems: Sequence[Any]) -> int:
    """Say what is wrong: on standard error for a person, as the JSON object for a program."""
    screen.note(message if problems else f"membersim: {message}")
    if len(problems) > len(message.splitlines()):
        screen.note("`--json` lists every one.")
    screen.result({"error": message, "problems": [problem_fields(problem) for problem in problems]})
    return BAD_INPUT


def _with_defaults(words: Sequence[str]) -> list[str]:
    """Let `--events` stand without its number."""
    filled: list[str] = []
    for word, following in zip(words, [*words[1:], ""], strict=True):
        filled.append("--events=1" if word == "--events" and not following.isdigit() else word)
    return filled

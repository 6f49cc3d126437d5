"""Ctrl-C, as a person presses it: a real process, the real engine, a signal."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import threading
from pathlib import Path

import pytest

from tests.cli.conftest import PLAN

COMMAND = [sys.executable, "-c", "import sys; from simulation.cli import main; sys.exit(main())"]


PATIENCE = 600.0  # seconds; so a signal that is lost ends in a failure and not in a test without end


def listen() -> None:
    """Hear Ctrl-C again: what a shell starts in the background has been told to ignore it."""
    signal.signal(signal.SIGINT, signal.SIG_DFL)


@pytest.mark.skipif(os.name == "nt", reason="signals")
def test_ctrl_c_keeps_what_had_finished(at_work: Path) -> None:
    (at_work / "small.yaml").write_text(PLAN.replace("members: 50", "members: 5000"))
    words = ["run", "small.yaml", "--replications", "1000000", "--json"]
    with subprocess.Popen(
        [*COMMAND, *words],
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        start_new_session=True,
        preexec_fn=listen,
    ) as process:
        patience = threading.Timer(PATIENCE, process.kill)
        patience.start()
        assert process.stderr is not None and process.stdout is not None
        first = process.stderr.readline()  # after ten seconds of simulating, and whatever compiling takes
        os.killpg(process.pid, signal.SIGINT)
        out, said = process.stdout.read(), process.stderr.read()
        patience.cancel()
    assert first.startswith("Simulating: ")
    assert process.returncode == 130
    assert "futures are finished and kept" in said and "To go on from there: membersim run small.yaml" in said
    assert "Traceback" not in said
    result = json.loads(out)
    record = json.loads((at_work / "reports" / "small" / "run.json").read_text())
    assert result["interrupted"] and 0 < result["replications"] == record["replications"] < 1_000_000
    assert (at_work / "reports" / "small" / "report.html").is_file()

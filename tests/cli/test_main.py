"""The command line as a whole: statuses, clean output, speed; through real processes where that matters."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

import simulation
from simulation.cli import main
from simulation.cli.app import app


def process(*words: str, **options: object) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, "-c", "import sys; from simulation.cli import main; sys.exit(main())", *words]
    return subprocess.run(command, capture_output=True, text=True, timeout=60, check=False, **options)  # type: ignore[call-overload,no-any-return]


def test_help_imports_nothing_heavy() -> None:
    heavy = ["numpy", "pandas", "scipy", "numba", "xarray", "pydantic", "matplotlib", "pint", "ruamel"]
    code = (
        "import sys; from simulation.cli import main; main(['run', '--help']); "
        f"print([name for name in {heavy} if name in sys.modules], file=sys.stderr)"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stderr.strip() == "[]"


@pytest.mark.parametrize("name", ["new", "check", "run", "rerun", "schema", "version"])
def test_every_command_has_help_and_the_common_options(name: str, capsys: pytest.CaptureFixture[str]) -> None:
    assert main([name, "--help"]) == 0
    text = capsys.readouterr().out
    assert "--json" in text and "--debug" in text and f"membersim {name}" in text


def test_version() -> None:
    assert process("--version").stdout == f"{simulation.__version__}\n"
    assert process("version").stdout == f"{simulation.__version__}\n"
    assert json.loads(process("version", "--json").stdout) == {"version": simulation.__version__}


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (["rnu"], 'Did you mean "run"?'),
        (["run", "plan.yaml", "--replicatons", "5"], "--replications"),
        (["run", "plan.yaml", "--replications", "0"], ">= 1"),
        (["run", "plan.yaml", "--replications", "many"], "int"),
        (["run", "plan.yaml", "--seed", "-1"], ">= 0"),
        (["run", "plan.yaml", "--seed", str(2**32)], "4294967296"),
        (["run", "plan.yaml", "--engine", "quick"], "compiled"),
        (["run"], "FILE"),
        (["check"], "name a scenario file"),
        (["run", "missing.yaml"], "missing.yaml: no such file"),
        (["rerun", "nowhere"], "nowhere holds no finished run"),
    ],
)
def test_bad_input_is_a_message_and_status_2(call: Any, words: list[str], said: str) -> None:
    status, out, err = call(*words)
    assert (status, out) == (2, "")
    assert said in err and "Traceback" not in err
    status, out, err = call(*words, "--json")
    assert status == 2 and said in err
    assert set(json.loads(out)) in ({"error", "problems"}, {"files"})


def test_bad_input_of_a_real_process() -> None:
    done = process("run", "missing.yaml", "--json")
    assert done.returncode == 2
    assert done.stderr.startswith("missing.yaml: no such file") and "Traceback" not in done.stderr
    assert json.loads(done.stdout)["problems"][0]["file"] == "missing.yaml"


def test_a_reader_that_leaves_is_no_traceback(tmp_path: Path) -> None:
    reader, writer = os.pipe()
    os.close(reader)
    code = "import sys; from simulation.cli import main; sys.exit(main(['--help']))"
    done = subprocess.run(
        [sys.executable, "-c", code],
        stdout=writer,
        stderr=subprocess.PIPE,
        text=True,
        timeout=60,
        check=False,
    )
    os.close(writer)
    assert done.returncode == 141
    assert done.stderr == ""


def test_an_internal_error_asks_for_a_report(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    def broken(*_: object, **__: object) -> None:
        raise ZeroDivisionError("by nothing")

    monkeypatch.setattr("simulation.cli.schema.write_text", broken)
    monkeypatch.setattr("simulation.scenario.schema.json_schema", dict, raising=False)
    assert main(["schema", "--out", "x.json"]) == 1
    said = capsys.readouterr()
    assert "ZeroDivisionError: by nothing" in said.err and "report it" in said.err
    assert "Traceback" not in said.err and said.out == ""
    assert main(["schema", "--out", "x.json", "--debug", "--json"]) == 1
    said = capsys.readouterr()
    assert "Traceback" in said.err
    assert json.loads(said.out) == {"error": "ZeroDivisionError: by nothing"}


def test_an_interruption_anywhere_is_130(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> None:
    def stop() -> None:
        raise KeyboardInterrupt

    monkeypatch.setattr("simulation.scenario.schema.json_schema", stop, raising=False)
    assert main(["schema"]) == 130
    assert "Traceback" not in capsys.readouterr().err


def test_commands_are_the_promised_ones() -> None:
    assert {name for name in app if not name.startswith("-")} == {
        "new", "check", "run", "rerun", "schema", "version",
        "compare", "sensitivity", "must-be-true", "bridge", "budget", "sweep", "store",
        "history", "snapshot", "vectors", "calibrate", "fit", "backtest", "runs", "score",
        "objectives", "attribute", "worklist", "pilot", "dossier", "verify",
        "import", "app", "report", "workbook", "overlay",
    }  # fmt: skip

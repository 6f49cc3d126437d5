"""`membersim check`: mistakes with their places, what a plan says, stated beside simulated."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path
from typing import Any

from simulation.cli.outcome import _is_compiled
from tests.cli.conftest import BOOK, PLAN


def test_says_what_the_plan_says(call: Any, plan: Path) -> None:
    status, out, err = call("check", plan, "--replications", 0)
    assert (status, err) == (0, "")
    assert "individual" in out and "16,000" in out and "93.0%" in out and "1 adoption, 1 value" in out


def test_checking_waits_for_nothing_that_it_does_not_use(plan: Path) -> None:
    """What takes longest to import: pictures, xarray and scipy.stats."""
    heavy = "{'matplotlib', 'xarray', 'scipy.stats', 'jinja2', 'h5py'}"
    code = (
        "import sys; sys.modules['dask'] = None; "  # pint loads what it finds of Dask
        "from simulation.cli import main; "
        f"status = main(['check', {str(plan)!r}, '--replications', '0']); "
        f"print(status, sorted({heavy} & set(sys.modules)))"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, timeout=300)
    assert done.stdout.splitlines()[-1] == "0 []", done.stderr


def test_says_all_mistakes_of_all_files(call: Any, plan: Path) -> None:
    bad = Path("bad.yaml")
    bad.write_text(PLAN.replace("24 months", "24 mnths").replace("renewal:", "renewl:"))
    status, out, err = call("check", bad, "missing.yaml", plan, "--replications", 0, "--json")
    assert status == 2
    files = json.loads(out)["files"]
    assert [len(one["problems"]) for one in files] == [2, 1, 0]
    first = files[0]["problems"][0]
    assert (first["file"], first["line"], first["path"]) == ("bad.yaml", 3, "horizon")
    assert err.splitlines()[0].startswith("bad.yaml:3:10: horizon: ")
    assert "did you mean 'renewal'?" in err.splitlines()[1]
    assert len(err.splitlines()) == 3


def test_stated_beside_simulated(call: Any, plan: Path, engine: Any) -> None:
    status, out, _ = call("check", plan)
    assert status == 0
    assert len(engine.asked["replications"]) == 20
    assert "Stated beside simulated (20 futures)" in out and "Take rate: certified" in out and "60.0%" in out
    status, out, _ = call("check", plan, "--json", "--replications", 4)
    rows = json.loads(out)["files"][0]["stated_beside_simulated"]
    assert {row["quantity"] for row in rows} >= {"Renewal rate", "Take rate: certified"}
    assert len(engine.asked["replications"]) == 4


def test_counts_the_book(call: Any, book_plan: Path) -> None:
    status, out, _ = call("check", book_plan, "--replications", 0, "--json")
    report = json.loads(out)["files"][0]
    assert status == 0
    assert report["book"]["members"] == 2 and report["book"]["arr"] == 720
    assert report["segments"][0]["members"] == 2 and len(report["book"]["sha256"]) == 64


def test_bad_rows_stop_unless_quarantined(call: Any, book_plan: Path) -> None:
    book = book_plan.parent / "data" / "book.csv"
    book.write_text(BOOK + "Ann-1,individual,-5,2026-05-01,2027-05-01\nEve-2,nobody,10,2026-05-01,2027-05-01\n")
    status, out, err = call("check", book_plan, "--replications", 0, "--json")
    assert status == 2
    assert [one["line"] for one in json.loads(out)["files"][0]["problems"]] == [4, 5]
    status, out, err = call("check", book_plan, "--replications", 0, "--json", "--quarantine")
    assert status == 0
    assert "left out 2 of 4 members" in err
    assert json.loads(out)["files"][0]["book"]["left_out"]["members"] == 2


def test_interrupted_quick_run(call: Any, plan: Path, engine: Any) -> None:
    engine.stop_after = 0
    status, out, err = call("check", plan, "--json")
    assert status == 130 and "Interrupted" in err
    assert json.loads(out)["files"][0]["interrupted"] is True


def test_warnings_go_to_standard_error(call: Any, plan: Path) -> None:
    plan.write_text(PLAN.replace("objectives:", "teams: {success: {people: 1, hours_per_month: 100}}\nobjectives:"))
    status, out, err = call("check", plan, "--replications", 0, "--json")
    assert status == 0
    assert "warning: teams.success: the team has no work" in err
    assert json.loads(out)["files"][0]["warnings"] == ["teams.success: the team has no work"]


def test_a_known_rate_is_told_from_a_stated_one(call: Any, plan: Path, engine: Any) -> None:
    known = "known:\n  segments.individual.renewal_rate: {between: [78%, 81%], source: a survey}\n"
    plan.write_text(PLAN + known)
    status, out, err = call("check", plan)
    assert (status, err) == (0, "")
    rates = [line for line in out.splitlines() if "Renewal rate" in line]
    assert len(rates) == 2
    assert [line for line in rates if "78.0% to 81.0%" in line] == [line for line in rates if ", known" in line]


def test_the_first_run_says_that_it_compiles(call: Any, plan: Path, engine: Any, monkeypatch: Any) -> None:
    empty, full = Path("empty"), Path("full")
    for folder in (empty, full / "engine"):
        folder.mkdir(parents=True)
    (full / "engine" / "compiled.advance-1.py311.nbi").touch()
    monkeypatch.setattr("simulation.cli.outcome._is_compiled", _is_compiled)
    for folder, words in ((empty, "Compiling the model first"), (full, "")):
        monkeypatch.setattr("simulation.model.jit.CACHE_DIRECTORY", str(folder.resolve()))
        status, _, err = call("check", plan)
        assert status == 0 and err.startswith(words) and bool(err) == bool(words)

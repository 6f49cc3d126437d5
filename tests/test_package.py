"""The package as a whole: what it promises to import, declare and document."""

from __future__ import annotations

import ast
import re
import subprocess
import sys
import tomllib
from collections.abc import Iterator
from importlib.metadata import packages_distributions
from pathlib import Path

import pytest

import simulation

ROOT = Path(__file__).parent.parent
PROJECT = tomllib.loads((ROOT / "pyproject.toml").read_text("utf-8"))["project"]
MODULES = sorted((ROOT / "simulation").rglob("*.py"))
STREET = ["model", "scenario", "engine", "forecast", "experiment", "evidence", "intake", "report", "app", "cli"]
"""The parts of the package: each imports itself and those before it."""
LOADED_BY_NAME = {"h5netcdf", "h5py"}
"""Dependencies that xarray loads when it reads and writes NetCDF."""
COME_ALONG = {"llvmlite", "markupsafe", "pydantic-core", "ruamel.yaml.clib"}
"""Parts of numba, jinja2, pydantic and ruamel.yaml that have a distribution of their own."""


def imported(path: Path) -> Iterator[str]:
    """Names of the modules that a file imports when it runs, inside functions too."""
    tree = ast.parse(path.read_text("utf-8"))
    only_typing = {
        id(inner)
        for node in ast.walk(tree)
        if isinstance(node, ast.If) and "TYPE_CHECKING" in ast.dump(node.test)
        for inner in ast.walk(node)
    }
    for node in ast.walk(tree):
        if id(node) in only_typing:
            continue
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom) and node.module and node.level == 0:
            yield node.module


def distribution(requirement: str) -> str:
    return re.split(r"[<>=!~\[; ]", requirement)[0].lower().replace("_", "-")


def used() -> set[str]:
    """Distributions that the package imports."""
    tops = {name.split(".")[0] for path in MODULES for name in imported(path)}
    tops -= {*sys.stdlib_module_names, "simulation"}
    owners = packages_distributions()
    return {distribution(owner) for top in tops for owner in owners[top]}


def test_public_names() -> None:
    assert simulation.__all__ == [
        "Budget", "Comparison", "Effort", "Forecast", "History", "Scenario", "ScenarioError", "Store", "__version__",
        "attribute", "backtest", "bridge", "budget", "calibrate", "compare", "events", "explain", "fit", "from_mapping",
        "infer", "load", "milestone_objectives", "must_be_true", "on_cluster", "read_history", "run", "sensitivity",
        "sweep", "twins", "worklist",
    ]  # fmt: skip
    for name in simulation.__all__:
        assert getattr(simulation, name) is not None
    assert set(simulation.__all__) <= set(dir(simulation))
    with pytest.raises(AttributeError, match="guess"):
        _ = simulation.guess


def test_importing_it_costs_nothing() -> None:
    code = "import sys; before = set(sys.modules); import simulation; print(*set(sys.modules) - before)"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    tops = {name.split(".")[0] for name in done.stdout.split()}
    assert tops - set(sys.stdlib_module_names) == {"simulation"}


def test_nothing_imports_uphill() -> None:
    for path in MODULES:
        parts = path.relative_to(ROOT / "simulation").parts
        if len(parts) == 1:
            continue
        here = STREET.index(parts[0])
        for name in imported(path):
            package, _, rest = name.partition(".")
            other = rest.split(".")[0]
            if package == "simulation" and other in STREET:
                assert STREET.index(other) <= here, f"{'/'.join(parts)} imports {name}"


def test_what_is_imported_is_declared() -> None:
    declared = {distribution(one) for one in PROJECT["dependencies"]}
    extras = {
        distribution(one) for name, extra in PROJECT["optional-dependencies"].items() if name != "test" for one in extra
    }
    assert used() - COME_ALONG <= declared | extras


def test_what_is_declared_is_imported() -> None:
    declared = {distribution(one) for one in PROJECT["dependencies"]}
    assert declared - used() == LOADED_BY_NAME


def test_the_changelog_knows_the_version() -> None:
    assert f"## {simulation.__version__}" in (ROOT / "CHANGELOG.md").read_text("utf-8")


def test_the_licence_is_complete() -> None:
    text = (ROOT / "LICENSE").read_text("utf-8")
    assert "Version 2.0, January 2004" in text and "END OF TERMS AND CONDITIONS" in text
    assert [int(number) for number in re.findall(r"^   (\d)\. ", text, re.MULTILINE)] == list(range(1, 10))
    assert PROJECT["license"] == "Apache-2.0"


@pytest.mark.parametrize("marker", ["run command", "test command"])
def test_the_readme_has_the_two_commands(marker: str) -> None:
    readme = (ROOT / "README.md").read_text("utf-8")
    found = re.search(rf"<!-- {marker} -->\n```sh\n(.+)\n```", readme)
    assert found and found[1].startswith("python3 -m venv .venv && .venv/bin/python -m pip install")


def test_the_readme_names_what_exists() -> None:
    from simulation.cli.app import app

    readme = (ROOT / "README.md").read_text("utf-8")
    tour = "\n".join(re.findall(r"```sh\n(.+?)```", readme, re.DOTALL))
    commands = set(re.findall(r"^membersim ([\w-]+)", tour, re.MULTILINE))
    assert commands and commands <= set(app)
    for name in re.findall(r"^\| `(\w+\.yaml)` \|", readme, re.MULTILINE):
        assert (ROOT / "scenarios" / name).is_file(), name


def test_the_example_scenario_of_the_readme_is_valid(tmp_path: Path) -> None:
    readme = (ROOT / "README.md").read_text("utf-8")
    example = re.search(r"```yaml\n(.+?)```", readme, re.DOTALL)
    assert example
    path = tmp_path / "plan.yaml"
    path.write_text(example[1], "utf-8")
    assert simulation.load(path).warnings == ()


SMALL = """\
name: Small
start: 2022-01-01
horizon: 24 months
segments:
  individual:
    desired_outcome: {required: "A growing practice"}
    arr: 320
    arrivals: {per_month: 2}
    population: {members: 20, tenure: {exponential: {mean: 1 year}}}
    journey:
      first_value:
        stage: adoption
        after: 2 months
        opportunity: {kind: add_on, arr: 90, take: 50%, window: 60 days}
    renewal: {probability: 85%}
"""


def test_the_python_of_the_readme_runs(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """All blocks, one after the other as a reader types them; the association is a small one here."""
    (tmp_path / "scenarios").mkdir()
    (tmp_path / "scenarios" / "association.yaml").write_text(SMALL, "utf-8")
    (tmp_path / "scenarios" / "training.yaml").write_text("extends: association.yaml\nname: Training\n", "utf-8")
    monkeypatch.chdir(tmp_path)
    before = simulation.from_mapping(
        {"extends": "scenarios/association.yaml", "start": "2021-01-01", "horizon": "12 months"}, folder=tmp_path
    )
    history = simulation.History.from_events(simulation.events(before, engine="compiled"), before)
    history.frame.to_csv("events.csv", index=False)
    readme = (ROOT / "README.md").read_text("utf-8")
    blocks = re.findall(r"^```python\n(.+?)^```", readme, re.DOTALL | re.MULTILINE)
    assert len(blocks) >= 3
    names: dict[str, object] = {}
    for block in blocks:
        exec(compile(block, "README.md", "exec"), names)
    assert {"forecast", "log", "history", "comparison"} <= set(names)

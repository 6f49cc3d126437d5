"""`membersim verify`: check a forecast that somebody has shared, without the book."""

from __future__ import annotations

import json
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

from cyclopts import Parameter, validators

from simulation.cli.folder import named_files
from simulation.cli.outcome import kept_tables
from simulation.cli.screen import SCREEN, BadInput, Screen
from simulation.cli.shared import RECORD
from simulation.finished import finished_forecast, sha256
from simulation.progress import progress_bar

if TYPE_CHECKING:
    from simulation.experiment.verification import Check
    from simulation.forecast import Forecast
    from simulation.scenario import Scenario

__all__ = ["verify"]

DIGESTS = "digests.json"
DATA = ("path", "file", "sha256")
"""What the record says of a file of data."""
MEMBERS = ("book", "history")
"""Keys of a plan that name data about members, which are not shared."""
DIFFERS = 1
"""Exit status when something is not as it should be."""


def verify(
    folder: Path,
    /,
    *,
    replications: Annotated[int, Parameter(validator=validators.Number(gte=1))] = 20,
    screen: Screen = SCREEN,
) -> int:
    """Verify a shared forecast: files, plan, arithmetic, tables, and what can be simulated again without the book.

    Exit status 1 when something differs.

    Parameters
    ----------
    folder
        Made by `membersim dossier RUN --share FOLDER`.
    replications
        Futures to simulate again.
    """
    from simulation.experiment.verification import NOT_WITHOUT_BOOK, verify_counts

    record, digests = _read(folder)
    forecast = finished_forecast(folder)
    checks = [
        _files(folder, record, digests),
        _plan(folder, forecast),
        verify_counts(forecast),
        _tables(folder, forecast),
    ]
    with progress_bar("Simulating again") as progress:
        checks += _again(folder, record, forecast, replications, progress)
    rows = [(one.name, "yes" if one.passed else "NO", one.found) for one in checks]
    screen.table("Verified", ("what", "holds", "how"), rows, text=(0, 1, 2))
    not_verified = [NOT_WITHOUT_BOOK] if record["had_book"] else []
    for text in not_verified:
        screen.show(f"Not verified: {text}")
    passed = all(one.passed for one in checks)
    screen.result({"passed": passed, "checks": [vars(one) for one in checks], "not_verified": not_verified})
    return 0 if passed else DIFFERS


def _read(folder: Path) -> tuple[dict[str, Any], dict[str, str]]:
    try:
        record = json.loads((folder / RECORD).read_text("utf-8"))
        digests = json.loads((folder / DIGESTS).read_text("utf-8"))
    except FileNotFoundError:
        raise BadInput(f"{folder} is no shared run: make one with `membersim dossier RUN --share FOLDER`") from None
    except (OSError, ValueError) as error:
        raise BadInput(f"{folder} cannot be read: {error}") from None
    if not (
        isinstance(record, dict)
        and {"had_book", "seed", "data", "files"} <= record.keys()
        and isinstance(digests, dict)
        and _texts(record["files"])
        and isinstance(record["data"], list)
        and all(isinstance(one, dict) and _texts([one.get(key) for key in DATA]) for one in record["data"])
    ):
        raise BadInput(f"{folder / RECORD} is not the record of a shared run")
    return record, digests


def _texts(found: Any) -> bool:
    return isinstance(found, list) and all(isinstance(one, str) for one in found)


def _files(folder: Path, record: dict[str, Any], digests: dict[str, str]) -> Check:
    from simulation.experiment.verification import Check

    wrong = [
        name
        for name in sorted({*digests, *record["files"]} - {DIGESTS})
        if not (folder / name).is_file() or sha256(folder / name) != digests.get(name)
    ]
    name = "Files are as they were shared"
    return Check(name, f"changed or missing: {', '.join(wrong)}" if wrong else f"{len(digests)} files", not wrong)


def _plan(folder: Path, forecast: Forecast) -> Check:
    from simulation.experiment.verification import Check
    from simulation.scenario.resolved import digest_of

    try:
        found = digest_of(_tree(folder))
    except (ValueError, RecursionError) as error:
        raise BadInput(f"{folder / 'plan.yaml'} holds no plan: {error}") from None
    return Check("The plan is the one of the forecast", f"SHA-256 {found[:16]}...", found == forecast.facts.digest)


def _tables(folder: Path, forecast: Forecast) -> Check:
    """Whether the tables can be made from the counts, byte by byte."""
    from simulation.experiment.verification import Check
    from simulation.report.csvfile import csv_text
    from simulation.report.tables import summary_tables

    wrong, tables = [], summary_tables(forecast)
    for name, table in tables.items():
        file = folder / "tables" / f"{name}.csv"
        if not file.is_file() or file.read_bytes() != csv_text(table).encode():
            wrong.append(name)
    said = f"others: {', '.join(wrong)}" if wrong else f"{len(tables)} tables, byte by byte"
    return Check("Tables follow from the counts", said, not wrong)


def _again(folder: Path, record: dict[str, Any], forecast: Forecast, replications: int, progress: Any) -> list[Check]:
    """What can be simulated again."""
    from simulation.experiment.verification import Check, verify_rerun
    from simulation.model.quantiles import keeping
    from simulation.runs import run

    numbers = sorted(forecast.result.replications)[:replications]
    scenario = _scenario(folder, record)
    with keeping(kept_tables(record, folder)):
        if record["had_book"]:
            return verify_rerun(forecast, scenario, numbers, progress=progress)
        again = run(scenario, replications=numbers, seed=forecast.seed, progress=progress)
    same = again.ledger.equals(forecast.result.select(numbers).ledger)
    return [Check("Every count, simulated again", f"{len(numbers):,} futures", same)]


def _tree(folder: Path) -> dict[str, Any]:
    from ruamel.yaml import YAML
    from ruamel.yaml.error import YAMLError

    try:
        tree = YAML(typ="safe", pure=True).load((folder / "plan.yaml").read_text("utf-8"))
    except (OSError, ValueError, RecursionError, YAMLError) as error:
        raise BadInput(f"{folder / 'plan.yaml'} cannot be read: {error}") from None
    if not isinstance(tree, dict):
        raise BadInput(f"{folder / 'plan.yaml'} holds no plan")
    return tree


def _scenario(folder: Path, record: dict[str, Any]) -> Scenario:
    """The plan without its book; data that are about nobody come along under their digests."""
    from simulation.scenario import from_mapping

    tree = {key: value for key, value in _tree(folder).items() if key not in MEMBERS}
    there = {one["path"]: f"data/{one['sha256']}{Path(one['file']).suffix}" for one in record["data"]}
    for path, _ in list(named_files(tree)):
        node: Any = tree
        *steps, last = path.split(".")
        for step in steps:
            node = node[int(step)] if isinstance(node, list) else node[step]
        if path in there:
            node[last] = there[path]
    return from_mapping(tree, folder=folder)

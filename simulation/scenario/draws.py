"""Assumptions at one point: each number drawn by key, and put in its place."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from typing import Any

import numpy as np
from pydantic import ValidationError

from simulation.scenario import references
from simulation.scenario.assumptions import Part, class_of, entry_of, replaced, rounded, value_at
from simulation.scenario.distributions import Distribution
from simulation.scenario.errors import Problem, ScenarioError
from simulation.scenario.quantities import Kind, Quantity, kind_named
from simulation.scenario.schema import Scenario
from simulation.scenario.validation import misfits


def draws(scenario: Scenario, seed: int, point: int) -> dict[str, float]:
    """The draw of every assumption at one point, by path, in base units.

    A draw depends on (seed, point, path) and nothing else, so points can be added and assumptions too.
    """
    return values_at(scenario, {name: _uniform(seed, point, name) for name in scenario.assumptions})


def values_at(scenario: Scenario, levels: Mapping[str, float]) -> dict[str, float]:
    """The value of every assumption at a level of its distribution, by path, in base units.

    Parameters
    ----------
    scenario : Scenario
        With assumptions.
    levels : mapping of name to float
        Within (0, 1), for each assumption by its name; the row of a joint group is the one at this share of its
        file.
    """
    found: dict[str, float] = {}
    for name, assumption in scenario.assumptions.items():
        u = levels[name]
        if assumption.joint is not None:
            rows = assumption.joint.rows
            row = rows[min(int(u * len(rows)), len(rows) - 1)]
            found.update(zip(assumption.joint.paths, row, strict=True))
        else:
            assert assumption.distribution is not None
            kind = kind_named(str(assumption.kind))
            found[name] = rounded(kind, _quantile(assumption.distribution, u))
    return found


def _uniform(seed: int, point: int, name: str) -> float:
    from simulation.model.random import purpose, uniform64

    digest = hashlib.blake2b(f"assumption\x1f{name}".encode(), digest_size=8).digest()
    return float(
        uniform64(
            np.uint32(seed & 0xFFFFFFFF),
            np.uint32(point),
            np.uint64(int.from_bytes(digest, "little")),
            np.uint32(purpose("assumption", name)),
            np.uint32(0),
        )  # fmt: skip
    )


def _quantile(distribution: Distribution, u: float) -> float:
    """The quantile as an engine would draw it, so that it is the same on every machine (DESIGN 3.7)."""
    if distribution.family in ("constant", "uniform", "triangular", "empirical"):
        return float(distribution.ppf(np.array(u)))  # arithmetic and a square root only
    from simulation.model.quantiles import compile_distributions, draw_quantile

    records, table = compile_distributions([distribution])
    return float(draw_quantile(records[0], table, u))


def drawn_kinds(scenario: Scenario) -> dict[str, Kind]:
    """The kind of quantity of every assumed number, by path."""
    kinds: dict[str, Kind] = {}
    for name, assumption in scenario.assumptions.items():
        if assumption.joint is not None:
            kinds.update(zip(assumption.joint.paths, map(kind_named, assumption.joint.kinds), strict=True))
        elif assumption.kind is not None:
            kinds[name] = kind_named(assumption.kind)
    return kinds


def at_point(scenario: Scenario, seed: int, point: int) -> Scenario:
    """The scenario with every assumption replaced by its draw; see `Scenario.at_point`."""
    if not scenario.assumptions:
        return scenario
    return at_values(scenario, draws(scenario, seed, point), f"at point {point} of seed {seed}")


def at_values(scenario: Scenario, values: Mapping[str, float], where: str) -> Scenario:
    """The scenario with its assumptions replaced by values in base units, by path.

    Raises
    ------
    ScenarioError
        When a value is impossible in its field; `where` says in the message which draw it was.
    """
    kinds = drawn_kinds(scenario)
    return with_values(scenario, {path: Quantity(value, kinds[path]) for path, value in values.items()}, where)


def with_values(scenario: Scenario, values: Mapping[str, Quantity], where: str) -> Scenario:
    """A copy of a scenario with numbers replaced by path, without its assumptions.

    Raises
    ------
    ScenarioError
        When a number is impossible in its field.
    """
    tree = dict(scenario._tree)
    entries: set[tuple[str, ...]] = set()
    for path, value in values.items():
        steps = path.split(".")
        entries.add(entry_of(steps))
        tree = replaced(tree, steps, value)
    update: dict[str, Any] = {"assumptions": {}}
    wrong: list[Part] = []
    for entry in sorted(entries):
        try:
            part = class_of(entry).model_validate(value_at(tree, list(entry)))
        except ValidationError as error:
            wrong.extend(misfits(error, class_of(entry), entry))
            continue
        if len(entry) == 1:
            update[entry[0]] = part
        else:
            update[entry[0]] = {**update.get(entry[0], getattr(scenario, entry[0])), entry[1]: part}
    if not wrong:
        tree["assumptions"] = {}
        changed = scenario.model_copy(update=update)
        changed._tree = tree
        # What was measured is not what was drawn.
        changed._provenance = {at: origin for at, origin in scenario.provenance.items() if at not in values}
        wrong = references.impossible(changed)
    if wrong:
        raise ScenarioError(
            Problem(str(scenario.source_files[0]) if scenario.source_files else "", None, None,
                    f"assumptions.{'.'.join(map(str, at))}", f"an impossible draw {where}: {message}")
            for at, message, _ in wrong
        )  # fmt: skip
    return changed

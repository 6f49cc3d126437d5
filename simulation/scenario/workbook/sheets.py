"""The numbers of a plan as sheets: what is not known exactly, what is, and what a budget may buy."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any, Final

from simulation.scenario.assumptions import kind_at
from simulation.scenario.errors import Misfit
from simulation.scenario.places import at_place
from simulation.scenario.provenance import Provenance, strip
from simulation.scenario.quantities import MONEY, WHOLE, Kind, kind_named
from simulation.scenario.schema import Scenario
from simulation.scenario.workbook.cells import Native, cell_of, style_of

__all__ = ["ABOUT", "RANGES", "Cell", "Column", "PlanSheet", "about", "lever_places", "plan_sheets"]

ABOUT: Final = "Read me"
PARTS: Final = ("segments", "teams", "interventions", "selling")
RANGES: Final = {"triangular": ("low", "likely", "high"), "uniform": ("low", "high")}
"""Distributions whose parameters have columns of their own; others are written out under Parameters."""
MEASURED = 2
"""A list of more numbers than that is a set of measured values, which is no place to type in."""


@dataclass(frozen=True)
class Column:
    """A column: its heading, how wide it is, and whether what is changed in it is read back."""

    title: str
    width: int
    editable: bool = True


@dataclass(frozen=True)
class Cell:
    """A cell, and how it is formatted: text, number, percent, money or date."""

    value: Native
    style: str = "text"


@dataclass(frozen=True)
class PlanSheet:
    """A sheet of a plan; `key` is the heading of the column that says what a row is about."""

    name: str
    key: str
    columns: tuple[Column, ...]
    rows: tuple[dict[str, Cell], ...]


ORIGIN: Final = (Column("Source", 34), Column("Evidence", 11), Column("Owner", 18), Column("Review by", 12),
                 Column("Comment", 44))  # fmt: skip
PATH: Final = Column("Path", 60, editable=False)


def plan_sheets(scenario: Scenario) -> tuple[PlanSheet, ...]:
    """Return the sheets Assumptions, Levers and Numbers of a scenario."""
    return _assumptions(scenario), _levers(scenario), _numbers(scenario)


def about(scenario: Scenario) -> dict[str, str]:
    """Return what a workbook says of the plan that it holds; the fingerprint is that of the sheets."""
    content = [
        [sheet.name, [{title: str(cell.value) for title, cell in row.items()} for row in sheet.rows]]
        for sheet in plan_sheets(scenario)
    ]
    digest = hashlib.sha256(json.dumps(content, sort_keys=True).encode()).hexdigest()
    return {"Plan": scenario.name, "Fingerprint": digest[:16]}


def _assumptions(scenario: Scenario) -> PlanSheet:
    columns = (
        Column("What", 44, editable=False), Column("In the plan", 13, editable=False), Column("Distribution", 13),
        Column("Low", 12), Column("Likely", 12), Column("High", 12), Column("Parameters", 30), Column("Unit", 12),
        *ORIGIN, PATH,
    )  # fmt: skip
    tree = scenario.resolved()
    rows = []
    for path, one in scenario.assumptions.items():
        if one.joint is not None or one.kind is None:
            continue  # draws of a file, set together
        kind, entry = kind_named(one.kind), tree["assumptions"][path]
        now = at_place(tree, tuple(path.split(".")))
        row = {"What": Cell(_words(path)), "In the plan": Cell(None)}
        if isinstance(now, str | int | float):
            row["In the plan"] = Cell(cell_of(kind, now, scenario.currency)[0], style_of(kind))
        row |= _distribution(kind, entry, scenario.currency)
        rows.append(row | _origin(Provenance(one.source, one.evidence, one.owner, one.review_by, one.comment))
                    | {"Path": Cell(path)})  # fmt: skip
    return PlanSheet("Assumptions", "Path", columns, tuple(rows))


def _distribution(kind: Kind, entry: Mapping[str, Any], currency: str) -> dict[str, Cell]:
    """The cells of a distribution: its parameters as numbers with one unit."""
    from simulation.scenario.provenance import FIELDS

    spec: Mapping[str, Any] = {key: value for key, value in entry.items() if key not in FIELDS}
    spec = spec["value"] if set(spec) == {"value"} and isinstance(spec["value"], Mapping) else spec
    cells = {title: Cell(None) for title in ("Low", "Likely", "High", "Parameters")}
    family = next(iter(spec), "")
    inner = spec.get(family)
    if len(spec) == 1 and family in RANGES and isinstance(inner, Mapping) and set(inner) == set(RANGES[family]):
        parts = {key: cell_of(kind, value, currency) for key, value in inner.items()}
        units = [unit for _, unit in parts.values() if unit]
        unit = units[0] if units else ""
        for key, (value, own) in parts.items():
            text = own and own != unit
            cells[key.capitalize()] = Cell(str(inner[key]), "text") if text else Cell(value, style_of(kind))
        return {"Distribution": Cell(family), **cells, "Unit": Cell(unit)}
    if len(spec) == 1 and isinstance(inner, Mapping):
        said = "; ".join(f"{key}: {value}" for key, value in inner.items())
        return {"Distribution": Cell(family), **cells, "Parameters": Cell(said), "Unit": Cell("")}
    said = "; ".join(f"{key}: {value}" for key, value in spec.items())
    return {"Distribution": Cell(""), **cells, "Parameters": Cell(said), "Unit": Cell("")}


def _numbers(scenario: Scenario) -> PlanSheet:
    columns = (Column("What", 44, editable=False), Column("Value", 14), Column("Unit", 14), *ORIGIN, PATH)
    resolved = scenario.resolved()
    plain, origins, _ = strip({key: resolved[key] for key in PARTS if key in resolved})
    uncertain = {
        path
        for name, one in scenario.assumptions.items()
        for path in (one.joint.paths if one.joint is not None else (name,))
    }
    rows = []
    for path, raw in _leaves(plain):
        dotted = ".".join(path)
        if dotted in uncertain:
            continue
        try:
            kind = kind_at(dotted, plain, set())
        except Misfit:
            continue
        if kind is None:
            continue
        value, unit = cell_of(kind, raw, scenario.currency)
        where = next((".".join(path[:end]) for end in range(len(path), 0, -1) if ".".join(path[:end]) in origins), "")
        row = {"What": Cell(_words(dotted)), "Value": Cell(value, style_of(kind)), "Unit": Cell(unit)}
        rows.append(row | _origin(origins.get(where, Provenance())) | {"Path": Cell(dotted)})
    return PlanSheet("Numbers", "Path", columns, tuple(rows))


def _levers(scenario: Scenario) -> PlanSheet:
    columns = (
        Column("Lever", 26, editable=False), Column("What it buys", 40, editable=False), Column("From", 12),
        Column("To", 12), Column("Step", 12), Column("Choices", 26), Column("Unit", 12), Column("At most", 10),
        Column("One-off cost", 13), Column("Cost per month", 14), Column("Owner", 18), Column("Comment", 44),
    )  # fmt: skip
    rows, tree = [], scenario.resolved()
    for name, lever in scenario.levers.items():
        row = {column.title: Cell(None) for column in columns}
        row["Lever"] = Cell(name)
        row["What it buys"] = Cell(
            f"people for {lever.hire.team}" if lever.hire
            else f"the intervention {lever.switch}" if lever.switch
            else _words(lever.change.path if lever.change else "")
        )  # fmt: skip
        units = []
        for title, (place, kind) in lever_places(scenario, name).items():
            raw = at_place(tree, place)
            if title == "Choices":
                row[title] = Cell("; ".join(str(one) for one in raw))
            elif raw is not None:
                value, unit = cell_of(kind, raw, scenario.currency)
                row[title] = Cell(value, style_of(kind))
                units += [unit] if title in ("From", "To", "Step") and unit else []
        row["Unit"] = Cell(units[0] if units else "")
        for key, origin in scenario.provenance.items():
            if key.startswith(f"levers.{name}."):
                row["Owner"] = Cell(row["Owner"].value or origin.owner)
                row["Comment"] = Cell(row["Comment"].value or origin.comment)
        rows.append(row)
    return PlanSheet("Levers", "Lever", columns, tuple(rows))


def lever_places(scenario: Scenario, name: str) -> dict[str, tuple[tuple[str, ...], Kind]]:
    """Return the numbers of a lever by column: the place of each, and its kind."""
    lever, base = scenario.levers[name], ("levers", name)
    found: dict[str, tuple[tuple[str, ...], Kind]] = {}
    if lever.hire is not None:
        found["At most"] = ((*base, "hire", "at_most"), WHOLE)
    if lever.change is not None:
        kind = kind_at(lever.change.path, scenario._tree, set())
        assert kind is not None  # a loaded scenario has been checked
        if lever.change.choices is not None:
            found["Choices"] = ((*base, "change", "choices"), kind)
        else:
            for title in ("From", "To", "Step"):
                found[title] = ((*base, "change", title.lower()), kind)
    for title, key in (("One-off cost", "one_off"), ("Cost per month", "per_month")):
        found[title] = ((*base, "cost", key), MONEY)
    return found


def _origin(one: Provenance) -> dict[str, Cell]:
    return {
        "Source": Cell(one.source), "Evidence": Cell(one.evidence), "Owner": Cell(one.owner),
        "Review by": Cell(one.review_by, "date"), "Comment": Cell(one.comment),
    }  # fmt: skip


def _leaves(node: Any, path: tuple[str, ...] = ()) -> Iterator[tuple[tuple[str, ...], Any]]:
    """Every number or text, but for measured values."""
    if isinstance(node, Mapping):
        for key, value in node.items():
            yield from _leaves(value, (*path, str(key)))
    elif isinstance(node, list):
        if len(node) > MEASURED and all(isinstance(one, int | float) for one in node):
            return
        for place, value in enumerate(node):
            yield from _leaves(value, (*path, str(place)))
    elif isinstance(node, str | int | float) and not isinstance(node, bool):
        yield path, node


def _words(path: str) -> str:
    """A path in words: what it belongs to, and what it is."""
    steps = [step.replace("_", " ") for step in path.split(".")]
    return f"{steps[1]}: {', '.join(steps[2:])}" if len(steps) > 2 else path

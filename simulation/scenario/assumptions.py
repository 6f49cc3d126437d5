"""Numbers that are not known exactly: found in the scenario by path, and read in their own units."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any, Final

import numpy as np
from pydantic import BaseModel, ValidationError

from simulation.scenario import tables
from simulation.scenario.distribution_reader import parse_distribution
from simulation.scenario.errors import Misfit, Step, nearest, one_of, shown
from simulation.scenario.provenance import FIELDS, read_provenance
from simulation.scenario.quantities import MONEY, Kind, Probe, Quantity, cents, parse, written
from simulation.scenario.schema import Assumption, Intervention, JointDraws, Segment, Selling, Team

Part = tuple[tuple[Step, ...], str, bool]
_ENTRIES: Final[dict[str, type[BaseModel]]] = {
    "segments": Segment,
    "teams": Team,
    "interventions": Intervention,
}
LIMIT: Final = 1000
"""A scenario has at most this many assumptions."""
_KEYS: Final = ("joint", "columns", "sha256", *FIELDS)
_EXTREMES: Final = (2.0**-54, 1.0 - 2.0**-53)


def read(raw: object, tree: dict[str, Any], already: set[tuple[Step, ...]]) -> tuple[dict[str, Assumption], list[Part]]:
    """The assumptions of a scenario.

    Parameters
    ----------
    raw : object
        The ``assumptions`` of the file.
    tree : dict
        The rest of the scenario, plain and without provenance.
    already : set of paths
        Where something is wrong already: nothing more is said of assumptions there.

    Returns
    -------
    assumptions : dict of path (or group name) to Assumption
    misfits : list
        With full paths.
    """
    if not isinstance(raw, Mapping):
        return {}, [(("assumptions",), f"expected a mapping of paths, not {shown(raw)}", False)]
    if len(raw) > LIMIT:
        return {}, [(("assumptions",), f"at most {LIMIT:,} assumptions, not {len(raw):,}", False)]
    found: dict[str, Assumption] = {}
    wrong: list[Part] = []
    taken: dict[str, str] = {}
    for name, spec in raw.items():
        try:
            assumption = _read_one(str(name), spec, tree, already)
            if assumption is None:
                continue
            paths = assumption.joint.paths if assumption.joint is not None else (str(name),)
            clash = [path for path in paths if path in taken]
            if clash:
                raise Misfit(f"{clash[0]} is set by the assumption {taken[clash[0]]!r} already", key=True)
            taken.update(dict.fromkeys(paths, str(name)))
            found[str(name)] = assumption
        except Misfit as misfit:
            wrong.extend(misfit.under("assumptions", str(name)))
    return found, wrong


def _read_one(name: str, raw: object, tree: dict[str, Any], already: set[tuple[Step, ...]]) -> Assumption | None:
    if not isinstance(raw, Mapping):
        raise Misfit(
            f"expected a distribution such as {{triangular: {{low: 1, likely: 2, high: 3}}}}, not {shown(raw)}"
        )
    origin = read_provenance(raw).as_yaml()
    rest = {key: value for key, value in raw.items() if key not in FIELDS}
    if "joint" in rest:
        unknown = [str(key) for key in rest if key not in _KEYS]
        if unknown:
            raise Misfit.of([((key,), f"unknown key: {one_of(_KEYS, key)}", True) for key in unknown])
        joint = _joint(rest, tree, already)
        return None if joint is None else Assumption(joint=joint, **origin)
    if not rest:
        raise Misfit("a distribution is missing, such as {triangular: {low: 1, likely: 2, high: 3}}")
    odd = [str(key) for key in rest if nearest(str(key), FIELDS)]
    if odd:
        raise Misfit.of([((key,), f"unknown key: {one_of(FIELDS, key)}", True) for key in odd])
    kind = kind_at(name, tree, already)
    if kind is None:
        return None
    distribution = parse_distribution(kind, rest["value"] if set(rest) == {"value"} else rest)
    for u in _EXTREMES:
        draw = float(distribution.ppf(np.array(u)))
        complaint = complaint_of(tree, {name: Quantity(rounded(kind, draw), kind)})
        if complaint:
            raise Misfit(f"a draw can be {written(kind, rounded(kind, draw))}, which is impossible here: {complaint}")
    return Assumption(distribution=distribution, kind=kind.name, **origin)


def _joint(rest: Mapping[str, Any], tree: dict[str, Any], already: set[tuple[Step, ...]]) -> JointDraws | None:
    file = rest["joint"]
    if not isinstance(file, Path) or not file.is_absolute():
        return None  # reported while the files were looked for
    columns = rest.get("columns", {})
    if not isinstance(columns, Mapping):
        raise Misfit(f"expected the path of each column, not {shown(columns)}", ("columns",))
    try:
        names, rows = tables.read_table(file)
    except tables.BadTable as bad:
        raise Misfit(f"{file.name}{f', line {bad.line}' if bad.line else ''}: {bad}", ("joint",)) from None
    wrong: list[Part] = []
    for column in columns:
        if column not in names:
            wrong.append((("columns", str(column)), f"no such column in {file.name}: {one_of(names, column)}", True))
    paths = [str(columns.get(name, name)) for name in names]
    kinds: list[Kind] = []
    for name, path in zip(names, paths, strict=True):
        at: tuple[Step, ...] = ("columns", name) if name in columns else ("joint",)
        try:
            kind = kind_at(path, tree, already)
            if kind is None:
                return None
            kinds.append(kind)
        except Misfit as misfit:
            wrong.append((at, f"column {name!r}: {misfit}", False))
    if len(set(paths)) != len(paths):
        wrong.append((("columns",), "two columns set the same field", False))
    if wrong:
        raise Misfit.of(wrong)
    units = [_unit_text(value_at(tree, path.split("."))) for path in paths]
    table: list[tuple[float, ...]] = []
    for number, cells in enumerate(rows, 2):
        row: list[float] = []
        for name, kind, unit, cell in zip(names, kinds, units, cells, strict=True):
            try:
                row.append(rounded(kind, _in_unit(kind, cell, unit)))
            except Misfit as misfit:
                wrong.append((("joint",), f"{file.name}, line {number}, column {name!r}: {misfit}", False))
        table.append(tuple(row))
        if len(wrong) >= 20:
            break
    if wrong:
        raise Misfit.of(wrong)
    for number, (low, high) in enumerate(zip(*_ends(table), strict=True)):
        for value in (low, high):
            complaint = complaint_of(tree, {paths[number]: Quantity(value, kinds[number])})
            if complaint:
                raise Misfit(f"column {names[number]!r} has {written(kinds[number], value)}: {complaint}", ("joint",))
    digest = rest.get("sha256")
    return JointDraws(
        file=file,
        sha256=str(digest),
        paths=tuple(paths),
        kinds=tuple(k.name for k in kinds),
        rows=tuple(table),
    )


def _ends(table: list[tuple[float, ...]]) -> tuple[list[float], list[float]]:
    columns = list(zip(*table, strict=True))
    return [min(column) for column in columns], [max(column) for column in columns]


def _unit_text(raw: object) -> str:
    """The unit in which the scenario writes a field: the text after its number."""
    if not isinstance(raw, str):
        return ""
    return raw.strip().lstrip("+-0123456789._eE").strip()


def _in_unit(kind: Kind, cell: object, unit: str) -> float:
    """A cell of a joint file: text with its unit, or a number in the unit in which the scenario writes it."""
    if type(cell) in (int, float) and unit and unit != "%":
        return parse(kind, f"{cell!r} {unit}" if not unit.startswith("%") else f"{cell!r}{unit[1:]}")
    return parse(kind, cell)


def kind_at(path: str, tree: dict[str, Any], already: set[tuple[Step, ...]]) -> Kind | None:
    """Which kind of number stands at a path; None when that place is wrong for another reason.

    Raises
    ------
    Misfit
        When no number stands there.
    """
    steps = path.split(".")
    if len(steps) < 3 or steps[0] not in (*_ENTRIES, "selling"):
        expected = "expected the path of a number, such as 'segments.<name>.renewal.probability'"
        raise Misfit(f"{expected}, below {', '.join(_ENTRIES)} or selling", key=True)
    where = entry_of(steps)
    top = len(where)
    entry = value_at(tree, list(where))
    if entry is None:
        names = [str(name) for name in tree.get(steps[0], {})] if isinstance(tree.get(steps[0]), Mapping) else []
        raise Misfit(f"there is no {shown('.'.join(where))}: {one_of(names, steps[1])}", key=True)
    probe = Probe(value_at(tree, steps))
    try:
        changed = replaced(entry, steps[top:], probe)
    except Misfit as misfit:
        raise Misfit(str(misfit), key=True) from None
    from simulation.scenario.validation import misfits

    try:
        class_of(where).model_validate(changed)
    except ValidationError as error:
        if probe.kind is None:
            here = [m for at, m, _ in misfits(error, class_of(where), where) if [str(s) for s in at] == steps]
            elsewhere = any(tuple(str(step) for step in bad[:top]) == where for bad in already)
            if elsewhere and not any(message.startswith("unknown") for message in here):
                return None
            raise Misfit(_no_number(here, probe.original), key=True) from None
    if probe.kind is None:
        raise Misfit(_no_number([], probe.original), key=True)
    return probe.kind


def _no_number(messages: list[str], original: object) -> str:
    if isinstance(original, Mapping):
        return f"this is no number; name one of its parameters: {', '.join(str(key) for key in original)}"
    unknown = [message for message in messages if message.startswith("unknown")]
    return unknown[0] if unknown else f"this is no number but {shown(original)}"


def entry_of(steps: list[str]) -> tuple[str, ...]:
    """The part of a path that leads to what is validated on its own: a segment, a team, ..."""
    return tuple(steps[: 1 if steps[0] == "selling" else 2])


def class_of(where: tuple[str, ...]) -> type[BaseModel]:
    """The class of an entry."""
    return _ENTRIES.get(where[0], Selling)


def value_at(tree: Any, steps: list[str]) -> Any:
    """The value at a path of a plain tree; None when there is none."""
    here = tree
    for step in steps:
        if isinstance(here, Mapping):
            here = here.get(step)
        elif isinstance(here, (list, tuple)) and step.isdigit() and int(step) < len(here):
            here = here[int(step)]
        else:
            return None
    return here


def replaced(tree: Any, steps: list[str], value: Any) -> Any:
    """A copy of a plain tree with one value replaced; the rest is shared.

    Raises
    ------
    Misfit
        When the path leads through something that is neither a mapping nor a list.
    """
    if not steps:
        return value
    head, rest = steps[0], steps[1:]
    if isinstance(tree, Mapping):
        return {**tree, head: replaced(tree.get(head, {}), rest, value)}
    if isinstance(tree, (list, tuple)):
        if not head.isdigit() or int(head) >= len(tree):
            raise Misfit(f"there is no entry {shown(head)} in this list of {len(tree)} (counted from 0)")
        items = list(tree)
        items[int(head)] = replaced(items[int(head)], rest, value)
        return items
    raise Misfit(f"there is no {shown(head)} below {shown(tree)}")


def complaint_of(tree: dict[str, Any], draws: Mapping[str, Quantity]) -> str | None:
    """What the schema says of these draws in their places."""
    by_entry: dict[tuple[str, ...], Any] = {}
    for path, draw in draws.items():
        steps = path.split(".")
        where = entry_of(steps)
        entry = by_entry.get(where, value_at(tree, list(where)))
        by_entry[where] = replaced(entry, steps[len(where) :], draw)
    for where, entry in by_entry.items():
        try:
            class_of(where).model_validate(entry)
        except ValidationError as error:
            from simulation.scenario.validation import misfits

            paths = {tuple(path.split(".")) for path in draws}
            near = [m for at, m, _ in misfits(error, class_of(where), where) if _touches(at, paths)]
            if near:
                return near[0]
    return None


def _touches(at: tuple[Step, ...], paths: set[tuple[str, ...]]) -> bool:
    place = tuple(str(step) for step in at)
    return any(path[: len(place)] == place or place[: len(path)] == path for path in paths)


def rounded(kind: Kind, value: float) -> float:
    """A draw as it is used: money in whole cents."""
    return float(cents(value)) if kind is MONEY and np.isfinite(value) else value

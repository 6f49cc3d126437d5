"""What levers may buy: the steps of each, checked against the rest of the scenario."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from typing import Any, Final

from pydantic import ValidationError

from simulation.scenario.assumptions import complaint_of, kind_at, rounded
from simulation.scenario.errors import Misfit, Step, one_of, shown
from simulation.scenario.quantities import Kind, Quantity, parse, written
from simulation.scenario.schema import Change, Lever, Scenario

Part = tuple[tuple[Step, ...], str, bool]
MOST_STEPS: Final = 1000
"""A lever has at most this many steps."""
OFF: Final = {"who.coverage": "0%", "cost.per_month": 0, "cost.one_off": 0}
"""What makes an intervention do and cost nothing, below its name. It stays in the scenario: assumptions may name it."""


def wrong(tree: Mapping[str, Any], assumed: Iterable[str], already: set[tuple[Step, ...]]) -> list[Part]:
    """What is wrong with the levers of a plain tree, seen from the rest of it.

    Parameters
    ----------
    tree : mapping
        The scenario, plain and without provenance.
    assumed : iterable of str
        Paths of the numbers that an assumption sets.
    already : set of paths
        Where something is wrong already: nothing more is said of levers there.
    """
    found: list[Part] = []
    taken = dict.fromkeys(assumed, "an assumption")
    levers = tree.get("levers")
    for name, raw in levers.items() if isinstance(levers, Mapping) else ():
        try:
            lever = Lever.model_validate(raw)
        except ValidationError:
            continue  # the schema has said why
        for at, message, key in _wrong(lever, tree, already):
            found.append((("levers", name, *at), message, key))
        for at, path in _paths(lever):
            if path in taken:
                found.append((("levers", name, *at), f"{path} is set by {taken[path]} already", False))
            taken.setdefault(path, f"the lever {name!r}")
    return found


def _paths(lever: Lever) -> Iterator[tuple[tuple[Step, ...], str]]:
    """The numbers that a lever sets, with the place that says so."""
    if lever.change is not None:
        yield ("change", "path"), lever.change.path
    if lever.switch is not None:
        yield from ((("switch",), f"interventions.{lever.switch}.{below}") for below in OFF)


def _wrong(lever: Lever, tree: Mapping[str, Any], already: set[tuple[Step, ...]]) -> Iterator[Part]:
    for at, name, group, what in (
        (("hire", "team"), lever.hire.team if lever.hire else None, "teams", "team"),
        (("switch",), lever.switch, "interventions", "intervention"),
    ):
        known = tree.get(group)
        names = [str(one) for one in known] if isinstance(known, Mapping) else []
        if name is not None and name not in names:
            yield at, f"there is no {what} {shown(name)}: {one_of(names, name)}", False
    if lever.change is not None:
        try:
            kind = kind_at(lever.change.path, dict(tree), already)
        except Misfit as misfit:
            yield from ((("change", "path", *at), message, False) for at, message, _ in misfit.parts)
            return
        if kind is None:
            return
        try:
            values_of(lever.change, kind, tree)
        except Misfit as misfit:
            yield from misfit.under("change")


def values_of(change: Change, kind: Kind, tree: Mapping[str, Any]) -> tuple[float, ...]:
    """The values that a number can be set to, in the base unit of its kind; the first is "nothing bought".

    Raises
    ------
    Misfit
        When a value is impossible in its place, or the steps do not lead from one end to the other.
    """
    if change.choices is not None:
        return tuple(
            _placed(change.path, kind, raw, tree, "choices", place) for place, raw in enumerate(change.choices)
        )
    low = _placed(change.path, kind, change.low, tree, "from")
    high = _placed(change.path, kind, change.high, tree, "to")
    try:
        step = parse(kind, change.step)
    except Misfit as misfit:
        raise Misfit.of(misfit.under("step")) from None
    if low == high or step == 0.0 or (high - low) * step < 0.0:
        raise Misfit(
            f"steps of {shown(change.step)} do not lead from {shown(change.low)} to {shown(change.high)}", ("step",)
        )
    steps = round((high - low) / step)
    if not 1 <= steps <= MOST_STEPS:
        raise Misfit(f"expected from 1 to {MOST_STEPS:,} steps, not {steps:,}", ("step",))
    if abs(low + steps * step - high) > 1e-9 * max(abs(low), abs(high), abs(step)):
        message = f"{shown(change.high)} is not reached from {shown(change.low)} in whole steps of {shown(change.step)}"
        raise Misfit(message, ("step",))
    inner = (_neat(kind, low + (high - low) * number / steps) for number in range(1, steps))
    return (low, *inner, high)


def _placed(path: str, kind: Kind, raw: object, tree: Mapping[str, Any], *at: Step) -> float:
    """A value of a lever, if the scenario can have it."""
    try:
        value = rounded(kind, parse(kind, raw))
        complaint = complaint_of(dict(tree), {path: Quantity(value, kind)})
        if complaint is not None:
            raise Misfit(f"{path} cannot be {written(kind, value)}: {complaint}")
    except Misfit as misfit:
        raise Misfit.of(misfit.under(*at)) from None
    return value


def _neat(kind: Kind, value: float) -> float:
    """The value that has a short text, where there is one within rounding: 30% and not 30.000000000000004%."""
    if kind.whole or not kind.candidates:
        return rounded(kind, value)
    for unit, size in kind.candidates:
        number = f"{value / size:.9g}"
        near = parse(kind, f"{number}{unit}" if unit.startswith("%") else f"{number} {unit}".strip())
        if abs(near - value) <= 1e-12 * abs(value):
            return near
    return value


def values(scenario: Scenario, lever: Lever) -> tuple[Quantity, ...]:
    """The values of the number that a lever sets; nothing for other levers."""
    if lever.change is None:
        return ()
    kind = kind_at(lever.change.path, scenario._tree, set())
    assert kind is not None  # a loaded scenario has been checked
    return tuple(Quantity(value, kind) for value in values_of(lever.change, kind, scenario._tree))

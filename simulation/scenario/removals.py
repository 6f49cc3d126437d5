"""Keys without a value: in an overlay they remove what is below, elsewhere they are slips."""

from __future__ import annotations

from collections.abc import Iterator

from simulation.scenario.errors import Problem, Step, one_of
from simulation.scenario.schema import Scenario
from simulation.scenario.tree import Node
from simulation.scenario.validation import keys_at

__all__ = ["wrong"]


def wrong(tree: Node, below: Node | None) -> Iterator[Problem]:
    """Problems of keys that are null.

    Parameters
    ----------
    tree : Node
        As one file says it, before it is laid over anything.
    below : Node or None
        What it is laid over; None when it is laid over nothing. Of a mapping that is there, null may remove what
        it has and what the schema knows; any other name is a misspelling.
    """
    for steps, node, here in _nulls(tree, below, ()):
        place = node.key or node.mark
        name = str(steps[-1])
        if here is None:
            message = "the key has no value: give one or leave the key out (null removes a key in an overlay only)"
            yield place.problem(steps, message)
            continue
        known = list(dict.fromkeys((*here, *keys_at(Scenario, steps[:-1]))))
        if name not in known:
            yield place.problem(steps, f"there is nothing to remove: {one_of(known, name)}")


def _nulls(
    tree: Node, below: Node | None, steps: tuple[Step, ...]
) -> Iterator[tuple[tuple[Step, ...], Node, list[str] | None]]:
    """Path and node of every key that is null, with the keys that are beside it below."""
    if isinstance(tree.value, list):
        for place, item in enumerate(tree.value):
            yield from _nulls(item, None, (*steps, place))
    if not isinstance(tree.value, dict):
        return
    under = below.value if below is not None and isinstance(below.value, dict) else None
    for key, child in tree.value.items():
        if child.value is None:
            yield (*steps, key), child, None if under is None else list(under)
        else:
            yield from _nulls(child, None if under is None else under.get(key), (*steps, key))

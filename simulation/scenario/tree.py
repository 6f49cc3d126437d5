"""A scenario file as a tree that remembers where everything is written; overlays are merged here."""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import numpy as np

from simulation.scenario.errors import Problem, Step, dotted
from simulation.scenario.provenance import WRAPPER, is_wrapper

Scalar = str | int | float | bool | None | dt.date | Path


@dataclass(frozen=True, slots=True)
class Source:
    """A file that was read: how it is shown in messages, and where it is."""

    shown: str
    path: Path | None

    def folder(self, default: Path) -> Path:
        """The folder from which its relative paths start."""
        return default if self.path is None else self.path.parent


@dataclass(frozen=True, slots=True)
class Mark:
    """A place in a file; line and column are counted from 1."""

    source: Source
    line: int | None = None
    column: int | None = None

    def problem(self, steps: tuple[Step, ...], message: str) -> Problem:
        """A problem at this place."""
        return Problem(self.source.shown, self.line, self.column, dotted(steps), message)


@dataclass(frozen=True, slots=True)
class Node:
    """A value with its place.

    Attributes
    ----------
    value : dict of str to Node, list of Node, or scalar
    mark : Mark
        Where the value is written.
    key : Mark or None
        Where its key is written, within a mapping.
    reset : bool
        True for a mapping that replaces what it is merged onto (it stands for "null, then this").
    """

    value: dict[str, Node] | list[Node] | Scalar
    mark: Mark
    key: Mark | None = None
    reset: bool = False


def node_of(value: Any, source: Source, steps: tuple[Step, ...] = ()) -> Node:
    """A tree from plain Python values, without lines."""
    mark = Mark(source)
    if isinstance(value, Mapping):
        children = {str(key): node_of(item, source, (*steps, str(key))) for key, item in value.items()}
        children = {key: replace(child, key=mark) for key, child in children.items()}
        return Node(children, mark, reset=is_wrapper(steps, children))
    if isinstance(value, (list, tuple)):
        return Node([node_of(item, source, (*steps, place)) for place, item in enumerate(value)], mark)
    if isinstance(value, np.generic):
        value = value.item()
    return Node(value, mark)


def merge(base: Node | None, over: Node) -> Node:
    """Lay one tree over another: mappings merge key by key, anything else is replaced, null removes.

    Null stays in the result until `plain`, so that overlays can be merged with each other first:
    ``merge(merge(a, b), c)`` and ``merge(a, merge(b, c))`` are the same tree. A number with provenance counts
    as one value: its source does not outlive it.

    Parameters
    ----------
    base : Node or None
        None when nothing is there.
    over : Node

    Returns
    -------
    Node
        Places are those of the file in which each value is written.
    """
    if not isinstance(over.value, dict) or base is None or over.reset:
        return over
    if not isinstance(base.value, dict):
        return replace(over, reset=True)
    # A bare distribution over a number with provenance is a new number; more provenance is laid over it.
    if base.reset and _is_number(base.value) and not WRAPPER.issuperset(over.value):
        return replace(over, reset=True)
    children = dict(base.value)
    for key, child in over.value.items():
        children[key] = merge(children.get(key), child)
    return replace(base, value=children)


def _is_number(children: Mapping[str, Node]) -> bool:
    return "value" in children and WRAPPER.issuperset(children)


def plain(node: Node) -> Any:
    """The tree as plain Python values, without the keys that are null."""
    if isinstance(node.value, dict):
        return {key: plain(child) for key, child in node.value.items() if child.value is not None}
    if isinstance(node.value, list):
        return [plain(child) for child in node.value]
    return node.value


def locate(node: Node, steps: tuple[Step, ...], *, key: bool = False) -> Mark:
    """The place of a path, or of the closest place above it.

    Parameters
    ----------
    node : Node
        The whole tree.
    steps : tuple
        The path, seen without provenance.
    key : bool, optional
        True for the place of the key rather than of its value.
    """
    here = node
    for step in steps:
        child = _child(here, step)
        if child is None:
            return here.key or here.mark
        here = child
    if key and here.key is not None:
        return here.key
    if isinstance(here.value, dict) and is_wrapper(steps, here.value):
        return here.value["value"].mark
    return here.key or here.mark if isinstance(here.value, dict) else here.mark


def _child(node: Node, step: Step) -> Node | None:
    if isinstance(node.value, dict):
        found = node.value.get(str(step))
        if found is None and "value" in node.value:
            return _child(node.value["value"], step)
        return found
    if isinstance(node.value, list) and isinstance(step, int) and 0 <= step < len(node.value):
        return node.value[step]
    return None

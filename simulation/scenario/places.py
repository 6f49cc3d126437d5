"""Places in a scenario that is written out in full: what is there, something else there, and that as an overlay.

Numbers may be wrapped in where they come from; paths do not see the wrapping.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from simulation.scenario.provenance import is_wrapper

__all__ = ["at_place", "bare", "graft", "put"]

Steps = tuple[str, ...]


def bare(node: Any, steps: Steps) -> Any:
    """What is at a place, without where it comes from."""
    return node["value"] if isinstance(node, Mapping) and is_wrapper(steps, node) else node


def at_place(tree: Any, path: Steps) -> Any:
    """What is at a path, seen without provenance; None where there is nothing."""
    here = bare(tree, ())
    for number, step in enumerate(path, 1):
        if isinstance(here, Mapping):
            here = here.get(step)
        elif isinstance(here, list) and step.isdigit() and int(step) < len(here):
            here = here[int(step)]
        else:
            return None
        here = bare(here, path[:number])
    return here


def put(node: Any, path: Steps, value: Any, done: int = 0) -> Any:
    """A copy of a tree with another value at a path; the source of the number that it changes goes."""
    if done == len(path):
        return value
    node, step = bare(node, path[:done]), path[done]
    if isinstance(node, list):
        items = list(node)
        items[int(step)] = put(items[int(step)], path, value, done + 1)
        return items
    return {**(node or {}), step: put((node or {}).get(step), path, value, done + 1)}


def graft(overlay: dict[str, Any], before: Any, after: Any, path: Steps) -> None:
    """Lay a change into an overlay: the number alone, but lists and numbers with a source as a whole.

    An overlay replaces both of them, so a part of them would lose the rest.
    """
    here = overlay
    for number, step in enumerate(path, 1):
        before = before.get(step) if isinstance(before, Mapping) else None
        after = after[step]
        whole = isinstance(after, list) or (isinstance(before, Mapping) and is_wrapper(path[:number], before))
        if number == len(path) or whole or not isinstance(before, Mapping):
            here[step] = after
            return
        here = here.setdefault(step, {})

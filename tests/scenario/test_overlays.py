"""The algebra of overlays."""

from __future__ import annotations

from typing import Any

from hypothesis import given
from hypothesis import strategies as st

from simulation.scenario.tree import Node, Source, merge, node_of, plain

SOURCE = Source("", None)
NOTHING = node_of({}, SOURCE)

# Few keys and all kinds of values, 'value' and 'source' among the keys: much is laid over much.
keys = st.sampled_from(["a", "b", "value", "source"])
values = st.recursive(
    st.one_of(st.none(), st.integers(0, 2), st.sampled_from(["x", "y"])),
    lambda inner: st.one_of(st.lists(inner, max_size=2), st.dictionaries(keys, inner, max_size=3)),
    max_leaves=8,
)
trees = st.dictionaries(st.sampled_from(["a", "b", "segments"]), values, max_size=3).map(
    lambda tree: node_of(tree, SOURCE)
)


def same(one: Node, other: Node) -> bool:
    return _bare(one) == _bare(other)


def _bare(node: Node) -> Any:
    if isinstance(node.value, dict):
        return node.reset, {key: _bare(child) for key, child in node.value.items()}
    return [_bare(item) for item in node.value] if isinstance(node.value, list) else node.value


@given(trees)
def test_the_empty_overlay_changes_nothing(tree: Node) -> None:
    assert same(merge(tree, NOTHING), tree)
    assert same(merge(NOTHING, tree), tree)


@given(trees, trees, trees)
def test_merging_is_associative(a: Node, b: Node, c: Node) -> None:
    assert same(merge(merge(a, b), c), merge(a, merge(b, c)))
    assert plain(merge(merge(a, b), c)) == plain(merge(a, merge(b, c)))


@given(trees, trees)
def test_laying_the_same_over_twice_is_laying_it_over_once(a: Node, b: Node) -> None:
    once = merge(a, b)
    assert plain(merge(once, b)) == plain(once)


@given(trees, trees)
def test_what_the_overlay_says_holds(a: Node, b: Node) -> None:
    _holds(plain(merge(a, b)), b)


def _holds(result: Any, over: Node) -> None:
    assert isinstance(over.value, dict)
    for key, child in over.value.items():
        if child.value is None:
            assert key not in result
        elif isinstance(child.value, dict):
            _holds(result[key], child)
        else:
            assert result[key] == plain(child)


def test_a_restated_number_loses_the_source_that_measured_the_old_one() -> None:
    base = node_of({"renewal": {"probability": {"value": 0.9, "source": "report"}, "no_value": 1}}, SOURCE)
    over = node_of({"renewal": {"probability": {"value": 0.8}}}, SOURCE)
    assert plain(merge(base, over)) == {"renewal": {"probability": {"value": 0.8}, "no_value": 1}}
    added = node_of({"renewal": {"probability": {"comment": "checked"}}}, SOURCE)
    assert plain(merge(base, added))["renewal"]["probability"] == {
        "value": 0.9,
        "source": "report",
        "comment": "checked",
    }


def test_lists_are_replaced_as_a_whole() -> None:
    base, over = node_of({"a": [1, 2, 3]}, SOURCE), node_of({"a": [4]}, SOURCE)
    assert plain(merge(base, over)) == {"a": [4]}

"""Whatever a file holds: a clear error in bounded time, and never another exception."""

from __future__ import annotations

import os
import time
from collections.abc import Callable
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from simulation.scenario import ScenarioError, from_mapping, load
from tests.strategies import scenarios

Write = Callable[..., Path]

BOMB = "a: &a [x,x,x,x,x,x,x,x,x,x]\n" + "".join(
    f"{chr(98 + i)}: &{chr(98 + i)} [{','.join(['*' + chr(97 + i)] * 10)}]\n" for i in range(9)
)
TEXTS: list[tuple[str, bytes | str, str]] = [
    ("empty", "", "the file is empty"),
    ("comment", "# nothing\n", "the file is empty"),
    ("a list", "- 1\n- 2\n", "1:1: expected a mapping of keys"),
    ("a word", "hello\n", "expected a mapping of keys such as 'name:' and 'segments:', not 'hello'"),
    ("tab", "name: x\nsegments:\n\ta: 1\n", "3:1: not valid YAML: a tab"),
    ("duplicate", "name: x\nstart: 1\nname: y\n", "3:1: name: the key is given twice (first in line 1)"),
    ("bomb", BOMB, "more than 100,000 values after the aliases"),
    ("loop", "a: &a {b: *a}\n", "an alias (*) must not contain itself"),
    ("no anchor", "a: *nope\n", "undefined alias"),
    ("deep", "a: " + "[" * 400 + "]" * 400, "levels deep"),
    ("deeper", "a: " + "[" * 3000 + "]" * 3000, "levels deep"),
    ("nested", "a: " + "{a: " * 60 + "1" + "}" * 60, "1:124: nested more than 30 levels deep"),
    ("nul", b"name: a\0b\n", "1:8: the character U+0000"),
    ("latin-1", b"name: x\nb: \xe9\n", "2:4: the file is not UTF-8"),
    ("utf-16", "name: x\n".encode("utf-16"), "not UTF-8"),
    ("two documents", "name: x\n---\nname: y\n", "single document"),
    ("tags", "name: !!python/object/apply:os.system [ls]\n", "YAML tags are not used here"),
    ("own tag", "name: !thing x\n", "YAML tags are not used here: !thing"),
    ("merge key", "a: &a {x: 1}\nsegments:\n  <<: *a\n", "3:3: segments: merge keys (<<) are not used"),
    ("directive", "%YAML 1.1\n---\nname: x\n", "directives"),
    ("long line", "name: " + "x" * 200_000, "1: the line has more than 100,000 characters"),
    ("open bracket", "name: [a, b\nstart: 3\n", "2:6: not valid YAML"),
    ("colon", "name: a: b\n", "1:8: not valid YAML: mapping values are not allowed here"),
    ("odd key", "[a, b]: 3\n", "1:1: a key must be a word"),
    ("endless number", "name: x\nhorizon: " + "9" * 5000, "2:10: horizon: expected a length of time"),
    ("infinite", "name: x\nhorizon: 1e400 months\n", "2:10: horizon: expected"),
    ("infinite days", "name: x\nhorizon: 1e400 days\n", "2:10: horizon: expected"),
    ("half a character", 'name: "\\ud800"\n', "1:7: name: the character U+D800 does not belong in a text"),
    ("escape", 'name: "\\e[2J"\n', "1:7: name: the character U+001B does not belong in a text"),
    ("escape in a key", 'teams: {"a\\u0007": 1}\n', "1:9: teams: the character U+0007 does not belong"),
    ("quote", 'name: "abc\n', "not valid YAML"),
]


def said(path: Path) -> str:
    with pytest.raises(ScenarioError) as caught:
        load(path)
    return str(caught.value)


@pytest.mark.parametrize(("text", "expected"), [case[1:] for case in TEXTS], ids=[case[0] for case in TEXTS])
def test_texts_that_are_no_scenario(tmp_path: Path, text: bytes | str, expected: str) -> None:
    path = tmp_path / "x.yaml"
    path.write_bytes(text if isinstance(text, bytes) else text.encode())
    began = time.monotonic()
    assert expected in said(path)
    assert time.monotonic() - began < 20


def test_a_line_of_a_gigabyte(tmp_path: Path) -> None:
    path = tmp_path / "x.yaml"
    with path.open("wb") as file:  # sparse: it takes no room
        file.write(b"name: ")
        file.seek(2**30)
        file.write(b"x")
    began = time.monotonic()
    assert "larger than 1,000,000 bytes" in said(path)
    assert time.monotonic() - began < 2


def test_paths_that_are_no_file(tmp_path: Path) -> None:
    assert "this is a folder" in said(tmp_path)
    assert "no such file" in said(tmp_path / "x.yaml")
    assert "x.yaml" in said(tmp_path / "nul\0" / "x.yaml")


@pytest.mark.skipif(not hasattr(os, "mkfifo"), reason="needs named pipes")
def test_a_pipe_does_not_block(tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "x.yaml")
    assert "no regular file" in said(tmp_path / "x.yaml")


def test_many_wrong_keys_take_bounded_time(tmp_path: Path) -> None:
    path = tmp_path / "x.yaml"
    names = "".join(f"  s{i}: {{desired: {i}, ar: 5}}\n" for i in range(1500))
    path.write_text(f"name: x\nstart: 2027-01-01\nhorizon: 1 month\nsegments:\n{names}")
    began = time.monotonic()
    assert said(path).count("\n") >= 2999
    assert time.monotonic() - began < 30


@settings(max_examples=200, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(data=st.one_of(st.binary(max_size=200), st.text(max_size=200).map(lambda text: text.encode("utf-8", "ignore"))))
def test_any_bytes(tmp_path: Path, data: bytes) -> None:
    path = tmp_path / "x.yaml"
    path.write_bytes(data)
    assert said(path)


ALPHABET = "{}[]:,&*!|>'\"%@`-?# \n\ta1.~=<"


@settings(max_examples=300, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(text=st.text(ALPHABET, max_size=80))
def test_any_yaml_like_text(tmp_path: Path, text: str) -> None:
    path = tmp_path / "x.yaml"
    path.write_text(text)
    assert said(path)


junk = st.recursive(
    st.one_of(st.none(), st.booleans(), st.integers(), st.floats(), st.text(max_size=10), st.dates()),
    lambda inner: st.one_of(st.lists(inner, max_size=3), st.dictionaries(st.text(max_size=8), inner, max_size=3)),
    max_leaves=6,
)


def _places(tree: object, steps: tuple[object, ...] = ()) -> list[tuple[object, ...]]:
    if isinstance(tree, dict):
        return [steps, *(place for key, item in tree.items() for place in _places(item, (*steps, key)))]
    if isinstance(tree, list):
        return [steps, *(place for i, item in enumerate(tree) for place in _places(item, (*steps, i)))]
    return [steps]


@settings(max_examples=150, deadline=None, suppress_health_check=[HealthCheck.too_slow, HealthCheck.data_too_large])
@given(scenario=scenarios(), data=st.data())
def test_junk_anywhere_is_fine_or_a_scenario_error(scenario: dict[str, object], data: st.DataObject) -> None:
    *above, last = data.draw(st.sampled_from(_places(scenario)[1:]))
    here: object = scenario
    for step in above:
        here = here[step]  # type: ignore[index]
    here[last] = data.draw(junk)  # type: ignore[index]
    try:
        from_mapping(scenario).resolved()
    except ScenarioError as error:
        assert error.problems and all(problem.message for problem in error.problems)

"""One YAML file as a tree with places, read in bounded time whatever it holds."""

from __future__ import annotations

import datetime as dt
import io
import math
import re
import warnings
from dataclasses import replace
from pathlib import Path
from typing import Any, Final

from simulation.scenario.errors import Problem, Step, shown
from simulation.scenario.provenance import is_wrapper
from simulation.scenario.tree import Mark, Node, Scalar, Source

FILE_LIMIT: Final = 1_000_000
"""Bytes of one scenario file."""
LINE_LIMIT: Final = 100_000
"""Characters of one line."""
NODE_LIMIT: Final = 100_000
"""Values of one file, after aliases are written out."""
DEPTH_LIMIT: Final = 30
"""Levels of nesting."""

_UNPRINTABLE = re.compile("[^\t\n\r\x20-\x7e\x85\xa0-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")
_CORE = "tag:yaml.org,2002:"


class Unreadable(Exception):
    """A file that is no tree at all; it carries the problem."""

    def __init__(self, problem: Problem) -> None:
        super().__init__(str(problem))
        self.problem = problem


def read(source: Source) -> tuple[Node, list[Problem]]:
    """Read a YAML 1.2 file.

    Parameters
    ----------
    source : Source
        The file.

    Returns
    -------
    Node
        The tree, a mapping.
    list of Problem
        Wrong things that do not keep the rest from being read (duplicate keys, tags).

    Raises
    ------
    Unreadable
        When the file is missing, too large, no text, or no YAML mapping.
    """
    text = _text(source)
    composed = _compose(text, source)
    builder = _Builder(source)
    tree = builder.build(composed, (), ())
    if not isinstance(tree.value, dict):
        raise Unreadable(
            Problem(source.shown, tree.mark.line, tree.mark.column, "",
                    f"expected a mapping of keys such as 'name:' and 'segments:', not {_found(tree)}")
        )  # fmt: skip
    return tree, builder.problems


def _found(tree: Node) -> str:
    return "a list" if isinstance(tree.value, list) else shown(tree.value)


def _text(source: Source) -> str:
    assert source.path is not None
    try:
        if source.path.is_dir():
            raise Unreadable(Problem(source.shown, None, None, "", "expected a YAML file, and this is a folder"))
        if not source.path.exists():
            raise Unreadable(Problem(source.shown, None, None, "", f"no such file{similar(source.path)}"))
        if not source.path.is_file():
            raise Unreadable(Problem(source.shown, None, None, "", "expected a YAML file, and this is no regular file"))
        with source.path.open("rb") as file:
            data = file.read(FILE_LIMIT + 1)
    except (OSError, ValueError) as error:
        reason = error.strerror if isinstance(error, OSError) and error.strerror else str(error)
        raise Unreadable(Problem(source.shown, None, None, "", f"cannot be read: {reason}")) from None
    if len(data) > FILE_LIMIT:
        message = f"the file is larger than {FILE_LIMIT:,} bytes; put data into a file of its own"
        raise Unreadable(Problem(source.shown, None, None, "", message))
    try:
        text = data.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        line = data.count(b"\n", 0, error.start) + 1
        column = error.start - (data.rfind(b"\n", 0, error.start) + 1) + 1
        raise Unreadable(Problem(source.shown, line, column, "", "the file is not UTF-8 text")) from None
    for number, line_text in enumerate(text.split("\n"), 1):
        if len(line_text) > LINE_LIMIT:
            message = f"the line has more than {LINE_LIMIT:,} characters"
            raise Unreadable(Problem(source.shown, number, None, "", message))
        if line_text.startswith("%"):
            raise Unreadable(Problem(source.shown, number, 1, "", "YAML directives (%...) are not used here"))
    odd = _UNPRINTABLE.search(text)
    if odd:
        line = text.count("\n", 0, odd.start()) + 1
        column = odd.start() - (text.rfind("\n", 0, odd.start()) + 1) + 1
        message = f"the character U+{ord(odd.group()):04X} does not belong in a text file"
        raise Unreadable(Problem(source.shown, line, column, "", message))
    return text


def similar(path: Path) -> str:
    """``; did you mean ...?`` for a missing file, from the names in its folder."""
    from itertools import islice

    from simulation.scenario.errors import nearest

    try:
        names = {e.stem: e.name for e in islice(path.parent.iterdir(), 2000) if e.is_file()}
    except (OSError, ValueError):
        return ""
    stem = nearest(path.stem, names)
    guess = None if stem is None else names[stem]
    return f"; did you mean {guess!r}?" if guess else ""


def _compose(text: str, source: Source) -> Any:
    from ruamel.yaml import YAML
    from ruamel.yaml.error import MarkedYAMLError, YAMLError

    yaml = YAML(typ="safe", pure=True)
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            node = yaml.compose(io.StringIO(text))
    except MarkedYAMLError as error:
        mark = error.problem_mark or error.context_mark
        line, column = (mark.line + 1, mark.column + 1) if mark is not None else (None, None)
        raise Unreadable(Problem(source.shown, line, column, "", _explain(error, text, line))) from None
    except YAMLError as error:
        raise Unreadable(Problem(source.shown, None, None, "", f"not valid YAML: {shown(str(error), 200)}")) from None
    except RecursionError:
        message = f"nested more than {DEPTH_LIMIT} levels deep"
        raise Unreadable(Problem(source.shown, None, None, "", message)) from None
    except (ValueError, TypeError, AttributeError, KeyError, IndexError, AssertionError) as error:
        # Some malformed texts run the parser itself into one of these.
        message = f"not valid YAML ({type(error).__name__})"
        raise Unreadable(Problem(source.shown, None, None, "", message)) from None
    if node is None:
        raise Unreadable(Problem(source.shown, None, None, "", "the file is empty"))
    return node


def _explain(error: Any, text: str, line: int | None) -> str:
    problem = " ".join(str(error.problem or error.context or "").split())
    if problem.startswith("but "):
        problem = f"{' '.join(str(error.context).split())}, {problem}"
    lines = text.splitlines()
    written = lines[line - 1] if line is not None and 0 < line <= len(lines) else ""
    indent = written[: len(written) - len(written.lstrip())]
    if "\t" in indent or "\\t" in problem:
        return "not valid YAML: a tab is used for indentation; use spaces"
    return f"not valid YAML: {shown_plain(problem)}"


def shown_plain(text: str) -> str:
    """At most 200 characters of a message."""
    return text if len(text) <= 200 else text[:197] + "..."


class _Builder:
    def __init__(self, source: Source) -> None:
        self.source = source
        self.problems: list[Problem] = []
        self.count = 0

    def build(self, node: Any, steps: tuple[Step, ...], above: tuple[int, ...]) -> Node:
        mark = Mark(self.source, node.start_mark.line + 1, node.start_mark.column + 1)
        self.count += 1
        if self.count > NODE_LIMIT:
            message = f"more than {NODE_LIMIT:,} values after the aliases (*) are written out"
            raise Unreadable(mark.problem((), message))
        if id(node) in above:
            raise Unreadable(mark.problem(steps, "an alias (*) must not contain itself"))
        if len(steps) > DEPTH_LIMIT:
            raise Unreadable(mark.problem((), f"nested more than {DEPTH_LIMIT} levels deep"))
        tag = str(node.tag or "")
        kind = node.id
        if kind == "scalar":
            self._printable(str(node.value), mark, steps)
            return Node(self._scalar(node, tag, mark, steps), mark)
        if tag not in (_CORE + "map", _CORE + "seq"):
            self.problems.append(mark.problem(steps, f"YAML tags are not used here: {shown_plain(tag)}"))
        below = (*above, id(node))
        if kind == "sequence":
            return Node([self.build(item, (*steps, place), below) for place, item in enumerate(node.value)], mark)
        children: dict[str, Node] = {}
        for key, value in node.value:
            name = self._key(key, steps)
            if name is None:
                continue
            place = Mark(self.source, key.start_mark.line + 1, key.start_mark.column + 1)
            if name in children:
                first = children[name].key
                where = f" (first in line {first.line})" if first is not None else ""
                self.problems.append(place.problem((*steps, name), f"the key is given twice{where}"))
                continue
            if value.id == "scalar" and not value.value and value.start_mark.index == key.end_mark.index:
                message = "expected a colon and a value after this; a text with a comma in it needs quotes"
                self.problems.append(place.problem((*steps, name), message))
                continue
            children[name] = replace(self.build(value, (*steps, name), below), key=place)
        return Node(children, mark, reset=is_wrapper(steps, children))

    def _key(self, key: Any, steps: tuple[Step, ...]) -> str | None:
        place = Mark(self.source, key.start_mark.line + 1, key.start_mark.column + 1)
        if key.id != "scalar":
            self.problems.append(place.problem(steps, "a key must be a word, not a list or a mapping"))
            return None
        self._printable(str(key.value), place, steps)
        if key.tag == _CORE + "merge":
            message = "merge keys (<<) are not used here; use 'extends' or repeat the keys"
            self.problems.append(place.problem(steps, message))
            return None
        return str(key.value)

    def _printable(self, text: str, mark: Mark, steps: tuple[Step, ...]) -> None:
        """Escapes such as "\\e" and "\\ud800" bring in what the file itself must not hold."""
        odd = _UNPRINTABLE.search(text)
        if odd:
            message = f"the character U+{ord(odd.group()):04X} does not belong in a text"
            self.problems.append(mark.problem(steps, message))

    def _scalar(self, node: Any, tag: str, mark: Mark, steps: tuple[Step, ...]) -> Scalar:
        text = str(node.value)
        match tag.removeprefix(_CORE):
            case "str" | "value":
                return text
            case "null":
                return None
            case "bool":
                return text.lower() in ("true", "yes", "on", "y")
            case "int":
                return _whole(text)
            case "float":
                return _real(text)
            case "timestamp":
                return _date(text)
        self.problems.append(mark.problem(steps, f"YAML tags are not used here: {shown_plain(tag)}"))
        return text


def _whole(text: str) -> Scalar:
    digits = text.replace("_", "").lower()
    if len(digits) > 400:
        return text[:400]
    try:
        return int(digits, 0) if digits.lstrip("+-")[:2] in ("0o", "0x", "0b") else int(digits)
    except ValueError:
        return text


def _real(text: str) -> Scalar:
    digits = text.replace("_", "").lower()
    if digits.lstrip("+-") == ".inf":
        return -math.inf if digits.startswith("-") else math.inf
    try:
        return math.nan if digits == ".nan" else float(digits)
    except ValueError:
        return text


def _date(text: str) -> Scalar:
    try:
        return dt.date.fromisoformat(text)
    except ValueError:
        return text

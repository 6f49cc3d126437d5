"""Scenario files: what a path means, `extends`, overlays, and the data files that a scenario names."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from contextlib import contextmanager
from contextvars import ContextVar
from dataclasses import replace
from pathlib import Path
from typing import Any
from urllib.parse import unquote

from simulation.scenario import reader, removals, tables
from simulation.scenario.errors import Problem, ScenarioError, Step, nearest, one_of, shown
from simulation.scenario.schema import Scenario
from simulation.scenario.tree import Mark, Node, Source, locate, merge, node_of

PathLike = str | Path
WHOLE = frozenset({"name", "start", "horizon", "segments"})
"""Keys that a scenario must have; a file without all of them that extends none is an overlay."""

EMBEDDED = ("sqlite", "duckdb")
"""Databases whose URL is the path of a file."""

_outside: ContextVar[bool] = ContextVar("outside", default=False)


@contextmanager
def files_outside() -> Iterator[None]:
    """Let scenarios that are loaded inside name files outside their folders, where `load` is not told otherwise."""
    token = _outside.set(True)
    try:
        yield
    finally:
        _outside.reset(token)


def load(
    path: PathLike, *, overlays: Iterable[PathLike | Mapping[str, Any]] = (), allow_outside: bool | None = None
) -> Scenario:
    """Read a scenario file.

    Parameters
    ----------
    path : path
        A YAML 1.2 file; ``extends: other.yaml`` in it names the file that it is laid over.
    overlays : iterable of paths or mappings, optional
        Laid over it one after the other. What an overlay itself extends is laid under it, unless it is
        part of the scenario already.
    allow_outside : bool, optional
        Whether files outside the folders of `path` and the overlays may be named; by default, only within
        `files_outside`.

    Returns
    -------
    Scenario
        In base units.

    Raises
    ------
    ScenarioError
        With every problem of every file, in one pass.
    """
    first = Path(path)
    files = _Files(_absolute(first).parent, allow_outside)
    tree = files.chain(Source(str(path), _absolute(first)))
    for number, overlay in enumerate(overlays, 1):
        if isinstance(overlay, Mapping):
            given = node_of(overlay, Source(f"overlay {number}", None))
            over: Node | None = files.extended(given, known=frozenset(files.sources), below=tree)
        else:
            where = _absolute(Path(overlay))
            files.roots.append(where.parent)
            over = files.chain(Source(str(overlay), where), known=frozenset(files.sources), below=tree)
        if over is not None:
            tree = over if tree is None else merge(tree, over)
    return files.scenario(tree)


def from_mapping(data: Mapping[str, Any], *, folder: PathLike = ".", allow_outside: bool | None = None) -> Scenario:
    """A scenario from plain Python values in the form of the YAML file.

    Parameters
    ----------
    data : mapping
        What the YAML file would hold.
    folder : path, optional
        Where relative paths in it start.
    allow_outside : bool, optional
        Whether files outside that folder may be named; as in `load`.

    Raises
    ------
    ScenarioError
        With every problem, in one pass.
    """
    files = _Files(_absolute(Path(folder)), allow_outside)
    return files.scenario(files.extended(node_of(data, Source("", None))))


def stands_alone(path: PathLike) -> bool:
    """Whether a file is a scenario or extends one; anything else is an overlay, to be laid over a scenario.

    What cannot be read counts as a scenario: `load` says what is wrong with it.
    """
    keys = top_keys(path)
    return keys is None or "extends" in keys or keys >= WHOLE


def top_keys(path: PathLike) -> frozenset[str] | None:
    """The keys at the top of a file; None when it cannot be read."""
    try:
        tree, _ = reader.read(Source(str(path), _absolute(Path(path))))
    except reader.Unreadable:
        return None
    return frozenset(tree.value) if isinstance(tree.value, dict) else None


def _absolute(path: Path) -> Path:
    try:
        return path.resolve()
    except (OSError, ValueError, RuntimeError):
        return path.absolute()


class _Files:
    """The files of one scenario while it is read."""

    def __init__(self, root: Path, allow_outside: bool | None) -> None:
        self.root = root
        self.roots = [root]
        self.allow_outside = _outside.get() if allow_outside is None else allow_outside
        self.sources: list[Path] = []
        self.problems: list[Problem] = []

    def chain(
        self,
        source: Source,
        stack: tuple[Path, ...] = (),
        known: frozenset[Path] = frozenset(),
        below: Node | None = None,
    ) -> Node | None:
        """A file laid over what it extends; None when it cannot be read."""
        assert source.path is not None
        try:
            tree, problems = reader.read(source)
        except reader.Unreadable as unreadable:
            self.problems.append(unreadable.problem)
            return None
        if source.path not in self.sources:
            self.sources.append(source.path)
        self.problems.extend(problems)
        return self.extended(tree, source.shown, (*stack, source.path), known, below)

    def extended(
        self,
        tree: Node,
        shown_as: str = "",
        stack: tuple[Path, ...] = (),
        known: frozenset[Path] = frozenset(),
        below: Node | None = None,
    ) -> Node:
        """A tree laid over what it extends.

        `stack` holds the files that led here; `below` is what all of it will be laid over in the end, None when it
        is the scenario itself.
        """
        assert isinstance(tree.value, dict)
        above = tree.value.get("extends")
        tree = replace(tree, value={key: child for key, child in tree.value.items() if key != "extends"})
        parent = None if above is None else self._named(above, ("extends",))
        if above is None or parent in known:
            self.problems.extend(removals.wrong(tree, below))
            return tree
        if parent is None:
            return tree
        if parent in stack:
            circle = " -> ".join(p.name for p in (*stack, parent))
            self.problems.append(above.mark.problem(("extends",), f"extends in a circle: {circle}"))
            return tree
        if not parent.is_file():
            return self._missing(parent, above, tree)
        under = self.chain(Source(str(Path(shown_as).parent / str(above.value)), parent), stack, known, below)
        if under is None:
            return tree
        self.problems.extend(removals.wrong(tree, under if below is None else merge(below, under)))
        return merge(under, tree)

    def scenario(self, tree: Node | None) -> Scenario:
        """The merged tree, validated."""
        from simulation.scenario.validation import validate

        if tree is None or any(problem.path == "extends" for problem in self.problems):
            raise ScenarioError(self.problems)  # without what it extends, most of it would seem to be missing
        tree = self._with_files(tree)
        return validate(tree, self.root, tuple(self.sources), self.problems)

    def _missing(self, parent: Path, above: Node, tree: Node) -> Node:
        what = "this is a folder" if parent.is_dir() else f"no such file{reader.similar(parent)}"
        self.problems.append(above.mark.problem(("extends",), f"cannot extend {shown(above.value)}: {what}"))
        return tree

    def _named(self, node: Node, steps: tuple[Step, ...]) -> Path | None:
        """The absolute path that a text in a file names, if it may be used."""
        if isinstance(node.value, Path):
            return node.value
        if not isinstance(node.value, str) or not node.value.strip() or "\0" in node.value:
            self.problems.append(node.mark.problem(steps, f"expected the path of a file, not {_what(node)}"))
            return None
        path = _absolute(node.mark.source.folder(self.root) / node.value)
        if not self._allowed(path):
            self.problems.append(node.mark.problem(steps, _outside_of(node)))
            return None
        return path

    def _allowed(self, path: Path) -> bool:
        return self.allow_outside or any(path.is_relative_to(root) for root in self.roots)

    def _data(self, node: Node, steps: tuple[Step, ...]) -> Path | None:
        path = self._named(node, steps)
        if path is None or path.is_file():
            return path
        what = "this is a folder" if path.is_dir() else f"no such file{reader.similar(path)}"
        self.problems.append(node.mark.problem(steps, f"{shown(node.value)}: {what}"))
        return None

    def _with_files(self, tree: Node) -> Node:
        """The tree with paths made absolute, and measured values read from their files."""
        assert isinstance(tree.value, dict)
        children = {key: self._measured(child, (key,)) for key, child in tree.value.items()}
        if "book" in children:
            children["book"] = self._book(children["book"])
        if "history" in children:
            children["history"] = self._history(children["history"])
        group = children.get("assumptions")
        if group is not None and isinstance(group.value, dict):
            entries = {name: self._joint(entry, name) for name, entry in group.value.items()}
            children["assumptions"] = replace(group, value=entries)
        return replace(tree, value=children)

    def _book(self, book: Node) -> Node:
        if book.value is None:
            return book
        if not isinstance(book.value, dict):
            book = Node({"file": replace(book, key=None)}, book.mark, book.key)
        assert isinstance(book.value, dict)
        file = book.value.get("file")
        if file is None or file.value is None:
            return book
        path = self._data(file, ("book", "file"))
        children = {**book.value, "file": replace(file, value=path if path is not None else Path("missing"))}
        if path is not None:
            children = self._with_digest(children, file, path, ("book",))
        return replace(book, value=children)

    def _history(self, history: Node) -> Node:
        """The history with the path of its file made absolute; that there is such a file is for its reader to say."""
        if history.value is None:
            return history
        if not isinstance(history.value, dict):
            history = Node({"file": replace(history, key=None)}, history.mark, history.key)
        assert isinstance(history.value, dict)
        self._database(history.value.get("url"))
        file = history.value.get("file")
        if file is None or file.value is None:
            return history
        path = self._named(file, ("history", "file"))
        file = replace(file, value=path if path is not None else Path("missing"))
        return replace(history, value={**history.value, "file": file})

    def _database(self, url: Node | None) -> None:
        """A database that is a file is held to the rule of files; its path starts where the program was started."""
        scheme, mark, rest = str(url.value if url is not None else "").partition("://")
        if url is None or not mark or scheme.lower().partition("+")[0] not in EMBEDDED:
            return
        place = rest.partition("?")[0].partition("#")[0].removeprefix("/").removeprefix("file:")
        path = _absolute(Path(unquote(place)))
        if place not in ("", ":memory:") and not self._allowed(path):
            self.problems.append(url.mark.problem(("history", "url"), _outside_of(url)))

    def _with_digest(
        self, children: dict[str, Node], file: Node, path: Path, steps: tuple[Step, ...]
    ) -> dict[str, Node]:
        try:
            digest = tables.sha256(path)
        except OSError as error:
            message = f"cannot be read: {error.strerror}"
            self.problems.append(file.mark.problem((*steps, "file"), message))
            return children
        stated = children.get("sha256")
        if stated is None or stated.value is None:
            return {**children, "sha256": Node(digest, file.mark, file.key)}
        if stated.value != digest:
            message = f"the file {path.name} is another one than stated: its sha256 is {digest}"
            self.problems.append(stated.mark.problem((*steps, "sha256"), message))
        return children

    def _joint(self, entry: Node, name: str) -> Node:
        if not isinstance(entry.value, dict):
            return entry
        file = entry.value.get("joint")
        if file is None or file.value is None:
            return entry
        path = self._data(file, ("assumptions", name, "joint"))
        children = {
            **entry.value,
            "joint": replace(file, value=path if path is not None else Path("missing")),
        }
        if path is not None:
            children = self._with_digest(children, file, path, ("assumptions", name))
        return replace(entry, value=children)

    def _measured(self, node: Node, steps: tuple[Step, ...]) -> Node:
        """Replace every ``empirical: {file, column}`` below by its values."""
        if isinstance(node.value, list):
            return replace(node, value=[self._measured(item, (*steps, i)) for i, item in enumerate(node.value)])
        if not isinstance(node.value, dict):
            return node
        spec = node.value.get("empirical")
        if spec is not None and isinstance(spec.value, dict) and "file" in spec.value:
            values = self._column(spec, (*steps, "empirical"))
            return replace(node, value={**node.value, "empirical": values})
        return replace(node, value={key: self._measured(child, (*steps, key)) for key, child in node.value.items()})

    def _column(self, spec: Node, steps: tuple[Step, ...]) -> Node:
        nothing = replace(spec, value=[Node(0, spec.mark)])
        assert isinstance(spec.value, dict)
        unknown = [key for key in spec.value if key not in ("file", "column")]
        for key in unknown:
            place = spec.value[key].key or spec.mark
            message = f"unknown key: {one_of(('file', 'column'), key)}"
            self.problems.append(place.problem((*steps, key), message))
        file, column = spec.value["file"], spec.value.get("column")
        path = self._data(file, (*steps, "file"))
        if path is None or unknown:
            return nothing
        try:
            names, rows = tables.read_table(path)
        except tables.BadTable as bad:
            self.problems.append(Problem(_near(file, path), bad.line, None, ".".join(map(str, steps)), str(bad)))
            return nothing
        wanted = names[0] if column is None and len(names) == 1 else None if column is None else column.value
        if wanted not in names:
            guess = nearest(str(wanted), names) if wanted is not None else None
            hint = f"; did you mean {guess!r}?" if guess else f": the columns are {', '.join(names[:20])}"
            mark = column.mark if column is not None else spec.mark
            message = f"no column {shown(wanted)} in {path.name}{hint}" if wanted else f"name the 'column'{hint}"
            self.problems.append(mark.problem((*steps, "column"), message))
            return nothing
        number_of = names.index(str(wanted))
        empty = [number for number, row in enumerate(rows, 2) if row[number_of] is None]
        if empty:
            message = f"the column {wanted!r} has empty cells"
            at = ".".join(map(str, steps))
            self.problems.append(Problem(_near(file, path), empty[0], None, at, message))
            return nothing
        source = Source(_near(file, path), path)
        values = [Node(row[number_of], Mark(source, number)) for number, row in enumerate(rows, 2)]
        return replace(spec, value=values)


def _outside_of(node: Node) -> str:
    return f"{shown(node.value)} lies outside the folder of the scenario; if you trust it, --allow-outside"


def _near(file: Node, path: Path) -> str:
    """How a data file is shown: its path seen from the file that names it."""
    return str(Path(file.mark.source.shown).parent / str(file.value)) if file.mark.source.path else str(path)


def _what(node: Node) -> str:
    if isinstance(node.value, dict):
        return "a mapping"
    return "a list" if isinstance(node.value, list) else shown(node.value)


__all__ = ["WHOLE", "from_mapping", "load", "locate", "stands_alone", "top_keys"]

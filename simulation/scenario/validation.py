"""From a merged tree to a Scenario, or to every problem in it at once."""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path
from typing import Any, TypeVar, get_args, get_origin

from pydantic import BaseModel, ValidationError

from simulation.scenario import assumptions, levers, reader, references
from simulation.scenario.errors import (
    Misfit,
    Problem,
    ScenarioError,
    Step,
    choice,
    dotted,
    nearest,
    one_of,
    shown,
)
from simulation.scenario.provenance import strip
from simulation.scenario.schema import Known, Scenario
from simulation.scenario.tree import Node, Source, locate, plain

Model = TypeVar("Model", bound=BaseModel)

Part = tuple[tuple[Step, ...], str, bool]
"""A path, what is wrong there, and whether the key is wrong rather than the value."""


def validate(tree: Node, root: Path, sources: tuple[Path, ...], problems: Iterable[Problem] = ()) -> Scenario:
    """Check everything and build the scenario.

    Parameters
    ----------
    tree : Node
        Merged, with the paths of data files made absolute.
    root : Path
        Folder of the first file.
    sources : tuple of Path
        The files that were read.
    problems : iterable of Problem, optional
        What was already found while reading.

    Raises
    ------
    ScenarioError
        With every problem, in order of file and line.
    """
    found = list(problems)
    bare, provenance, wrong = strip(plain(tree))
    uncertain, facts = bare.pop("assumptions", {}), bare.pop("known", {})
    scenario: Scenario | None = None
    try:
        scenario = Scenario.model_validate(bare)
    except ValidationError as error:
        wrong.extend(misfits(error, Scenario))
    wrong.extend(references.wrong(bare))
    known, parts = _known(facts, bare)
    wrong.extend(parts)
    assumed, parts = assumptions.read(uncertain, bare, {steps for steps, _, _ in wrong})
    wrong.extend(parts)
    drawn = [path for name, one in assumed.items() for path in (one.joint.paths if one.joint else (name,))]
    wrong.extend(levers.wrong(bare, drawn, {steps for steps, _, _ in wrong}))
    if scenario is not None:
        wrong.extend(references.impossible(scenario))
    found.extend(locate(tree, steps, key=key).problem(steps, message) for steps, message, key in wrong)
    if found or scenario is None:
        raise ScenarioError(_in_order(found, sources))
    scenario = scenario.model_copy(update={"assumptions": assumed, "known": known})
    scenario._tree = {**bare, "assumptions": uncertain, "known": facts}
    scenario._provenance = provenance
    scenario._sources = sources
    scenario._root = root
    scenario._warnings = tuple(references.warnings(scenario))
    return scenario


def _in_order(problems: list[Problem], sources: tuple[Path, ...]) -> list[Problem]:
    files = list(dict.fromkeys(problem.file for problem in problems))
    unique = list(dict.fromkeys(problems))
    return sorted(unique, key=lambda p: (files.index(p.file), p.line or 0, p.column or 0))


def misfits(error: ValidationError, top: type[BaseModel], above: tuple[Step, ...] = ()) -> list[Part]:
    """What pydantic found, in our words, with the path of every value from `above` down."""
    parts: list[Part] = []
    for entry in error.errors(include_url=False, include_context=True):
        steps = tuple(step for step in entry["loc"] if step != "[key]")
        key = bool(entry["loc"]) and entry["loc"][-1] == "[key]"
        cause = entry.get("ctx", {}).get("error")
        if isinstance(cause, Misfit):
            parts.extend(((*steps, *at), message, key or inner) for at, message, inner in cause.parts)
            continue
        parts.append((steps, _said(entry, steps, top), key or entry["type"] == "extra_forbidden"))
    unknown: dict[tuple[Step, ...], list[str]] = {}
    for steps, message, _ in parts:
        if message.startswith("unknown key") and steps:
            unknown.setdefault(steps[:-1], []).append(str(steps[-1]))
    kept = []
    for steps, message, key in parts:
        near = unknown.get(steps[:-1], []) if message.startswith("the key ") else []
        if any(nearest(word, [str(steps[-1])]) for word in near[:50]):
            continue  # it is there, misspelt
        kept.append(((*above, *steps), message, key))
    return kept


def read_model(path: Path, model: type[Model]) -> Model:
    """Read a small YAML file that is one model.

    Raises
    ------
    ScenarioError
        With every mistake, its line and column.
    """
    try:
        node, problems = reader.read(Source(str(path), path.absolute()))
    except reader.Unreadable as unreadable:
        raise ScenarioError([unreadable.problem]) from None
    try:
        read = model.model_validate(plain(node))
    except ValidationError as error:
        found = misfits(error, model)
        problems += [locate(node, steps, key=key).problem(steps, message) for steps, message, key in found]
    if problems:
        raise ScenarioError(problems)
    return read


def _said(entry: Any, steps: tuple[Step, ...], top: type[BaseModel]) -> str:
    kind = entry["type"]
    value = entry.get("input")
    match kind:
        case "extra_forbidden":
            return f"unknown key: {one_of(keys_at(top, steps[:-1]), str(steps[-1]))}"
        case "missing":
            description = _description(top, steps)
            return f"the key {str(steps[-1])!r} is missing" + (f": {description}" if description else "")
        case "literal_error":
            words = [word.strip(" '") for word in entry["ctx"]["expected"].replace(" or ", ",").split(",")]
            return choice(words, value)
        case "model_type" | "model_attributes_type" | "dict_type":
            keys = keys_at(top, steps)
            return f"expected a mapping{' with the keys ' + ', '.join(keys) if keys else ''}, not {shown(value)}"
        case "tuple_type" | "list_type":
            return f"expected a list, not {shown(value)}"
        case "too_short":
            return "expected at least one entry"
    return f"{entry['msg']}, not {shown(value)}"


def _type_at(top: Any, steps: tuple[Step, ...]) -> Any:
    here: Any = top
    for step in steps:
        here = _unwrapped(here)
        if isinstance(here, type) and issubclass(here, BaseModel):
            names = {field.alias or name: field for name, field in here.model_fields.items()}
            if str(step) not in names:
                return None
            here = names[str(step)].annotation
        elif get_origin(here) is dict:
            here = get_args(here)[1]
        elif get_origin(here) is tuple:
            here = get_args(here)[0]
        else:
            return None
    return _unwrapped(here)


def _unwrapped(annotation: Any) -> Any:
    while True:
        if hasattr(annotation, "__metadata__"):
            annotation = annotation.__origin__
            continue
        options = [option for option in get_args(annotation) if option is not type(None)]
        if len(options) == 1 and len(get_args(annotation)) == 2 and type(None) in get_args(annotation):
            annotation = options[0]
            continue
        return annotation


def keys_at(top: type[BaseModel], steps: tuple[Step, ...]) -> list[str]:
    """The keys that the mapping at a path may have; empty when they are free names."""
    found = _type_at(top, steps)
    if isinstance(found, type) and issubclass(found, BaseModel):
        keys = [field.alias or name for name, field in found.model_fields.items()]
        return [*keys, "extends"] if found is Scenario else keys
    return []


def _description(top: type[BaseModel], steps: tuple[Step, ...]) -> str:
    parent = _type_at(top, steps[:-1])
    if isinstance(parent, type) and issubclass(parent, BaseModel):
        for name, field in parent.model_fields.items():
            if (field.alias or name) == steps[-1]:
                text = field.description or ""
                return text[:1].lower() + text[1:].rstrip(".")
    return ""


def _known(facts: object, bare: dict[str, Any]) -> tuple[dict[str, Known], list[Part]]:
    if not isinstance(facts, dict):
        return {}, [(("known",), f"expected a mapping of paths, not {shown(facts)}", False)]
    known: dict[str, Known] = {}
    wrong: list[Part] = []
    for path, raw in facts.items():
        try:
            known[path] = references.known(path, raw, bare)
        except Misfit as misfit:
            wrong.extend(misfit.under("known", path))
    return known, [*wrong, *references.growing(known)]


__all__ = ["dotted", "keys_at", "misfits", "read_model", "validate"]

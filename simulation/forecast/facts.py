"""What a forecast keeps of its scenario: plain facts, so that a loaded forecast needs no other file."""

from __future__ import annotations

import io
import json
from collections.abc import Mapping
from dataclasses import asdict, dataclass, field
from datetime import date
from typing import Any

from simulation.engine.cells import objective_day
from simulation.forecast.measures import measure_named
from simulation.forecast.stated import Stated, stated_by

ORIGIN = ("source", "evidence", "owner", "review_by", "comment")
RENAMED = {"returned": "returned_arr", "first_year_renewal": "first_renewal_rate"}
"""Measures of objectives that have another name here."""


@dataclass(frozen=True)
class ScenarioFacts:
    """What is kept of a scenario.

    Attributes
    ----------
    yaml, digest
        The resolved scenario as YAML text, and its SHA-256.
    book
        SHA-256 of what was read of today's members; "" without a book.
    team_of
        Intervention -> team, None for tech-touch.
    objectives
        One mapping an objective: name, measure, day (None: the horizon), at_least and at_most in the unit
        of the measure, segment, milestone, kind.
    stated
        What the scenario states about rates.
    assumptions, known, provenance
        One mapping a path, with its source, evidence, owner, review_by and comment; assumptions also carry
        their distribution as text, knowns their value or range.
    """

    name: str
    description: str
    currency: str
    yaml: str
    digest: str
    team_of: dict[str, str | None]
    objectives: tuple[dict[str, Any], ...] = ()
    stated: tuple[Stated, ...] = ()
    assumptions: tuple[dict[str, Any], ...] = field(default=())
    known: tuple[dict[str, Any], ...] = field(default=())
    provenance: tuple[dict[str, Any], ...] = field(default=())
    book: str = ""

    @classmethod
    def of(cls, scenario: Any, book: str = "") -> ScenarioFacts:
        """Read the facts of a scenario; `book` is the digest of the book that it was run with."""
        resolved = scenario.resolved()
        return cls(
            name=scenario.name,
            description=scenario.description,
            currency=scenario.currency,
            yaml=_yaml(resolved),
            digest=scenario.digest(),
            team_of={name: one.team for name, one in scenario.interventions.items()},
            objectives=tuple(_objective(name, one, scenario) for name, one in scenario.objectives.items()),
            stated=tuple(stated_by(scenario)),
            assumptions=tuple(
                {"path": path, "distribution": _spelled(resolved, path), **_origin(one)}
                for path, one in scenario.assumptions.items()
            ),
            known=tuple(
                {"path": path, "low": one.low, "high": one.high, **_origin(one)} for path, one in scenario.known.items()
            ),
            provenance=tuple({"path": path, **_origin(one)} for path, one in scenario.provenance.items()),
            book=book,
        )

    def to_json(self) -> str:
        """Return the facts as JSON."""
        return json.dumps(asdict(self))

    @classmethod
    def from_json(cls, text: str) -> ScenarioFacts:
        """Return the facts from what `to_json` wrote."""
        plain = json.loads(text)
        plain["stated"] = tuple(Stated(**one) for one in plain["stated"])
        for name in ("objectives", "assumptions", "known", "provenance"):
            plain[name] = tuple(plain[name])
        return cls(**plain)


def evidence_of(facts: ScenarioFacts, path: str) -> str:
    """Return the evidence of an assumption by its path; draws of a joint file have that of their file."""
    stated = {one["path"]: one.get("evidence") for one in facts.assumptions}
    if path in stated:
        return stated[path] or "not stated"
    joint = {one["path"]: one for one in facts.assumptions if "joint" in (one.get("distribution") or "")}
    kinds = {one.get("evidence") for one in joint.values()}
    return (kinds.pop() or "not stated") if len(kinds) == 1 else "not stated"


def _objective(name: str, one: Any, scenario: Any) -> dict[str, Any]:
    measure = measure_named(RENAMED.get(one.measure, one.measure))
    scale = 100.0 if measure.unit == "money" else 1.0
    targets = {key: getattr(one, key) for key in ("at_least", "at_most")}
    return {
        "name": name,
        "measure": measure.name,
        "day": objective_day(one, scenario.start),
        **{key: None if target is None else float(target) / scale for key, target in targets.items()},
        **{key: getattr(one, key) for key in ("segment", "milestone", "kind")},
    }


def _origin(one: Any) -> dict[str, str | None]:
    return {name: _text(getattr(one, name, None)) for name in ORIGIN}


def _text(value: object) -> str | None:
    if value is None:
        return None
    return value.isoformat() if isinstance(value, date) else str(value)


def _spelled(resolved: Mapping[str, Any], path: str) -> str:
    """Return an assumption as it is written in the scenario, without where it comes from."""
    entry = resolved.get("assumptions", {}).get(path, {})
    plain = {key: value for key, value in entry.items() if key not in ORIGIN}
    text = json.dumps(plain, default=str)
    return text.replace('"', "")[1:-1] if plain else ""


def _yaml(resolved: Mapping[str, Any]) -> str:
    from ruamel.yaml import YAML

    stream = io.StringIO()
    writer = YAML()
    writer.default_flow_style = False
    writer.dump(resolved, stream)
    return stream.getvalue()

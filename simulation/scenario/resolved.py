"""A scenario written out in full, defaults included: one plain mapping that reads back the same."""

from __future__ import annotations

import datetime as dt
import hashlib
import io
import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from pydantic import BaseModel

from simulation.scenario.distributions import Distribution
from simulation.scenario.provenance import wrap
from simulation.scenario.quantities import Kind, Quantity, written
from simulation.scenario.schema import BookRef, ColumnRef, Effect, HistoryRef, Horizon, Scenario, Selling, When
from simulation.scenario.schema.base import MONTHS, QuantityOf

_AS_WRITTEN = (When, Effect, Horizon)
"""Parts without defaults, whose YAML form differs from their fields: kept as they are written."""


def resolved(scenario: Scenario) -> dict[str, Any]:
    """The scenario as it would be written in one file.

    What was written stays as written (units and all); every default is filled in; measured values are written
    out; paths are relative to `scenario.root` where they lie within it.

    Returns
    -------
    dict
        Only mappings with text keys, lists, text, numbers, booleans and dates.
    """
    return _Writer(scenario).part(scenario, scenario._tree, ())


def to_yaml(scenario: Scenario) -> str:
    """The text of a scenario file that says the same in full."""
    from ruamel.yaml import YAML

    yaml = YAML()  # the safe writer would sort the keys, and with them the milestones
    yaml.width, yaml.allow_unicode = 110, True
    text = io.StringIO()
    yaml.dump(resolved(scenario), text)
    return text.getvalue()


def digest(scenario: Scenario) -> str:
    """SHA-256 of what a run reads, as 64 hexadecimal digits: `resolved` without levers and history."""
    return digest_of(resolved(scenario))


def digest_of(tree: Mapping[str, Any]) -> str:
    """The same of a scenario that is resolved already, also after it was written and read as YAML."""
    # The order of keys counts: it is the order of the milestones.
    read = {key: value for key, value in tree.items() if key not in ("levers", "history")}
    text = json.dumps(read, ensure_ascii=True, default=str, separators=(",", ":"))
    return hashlib.sha256(text.encode("ascii")).hexdigest()


class _Writer:
    def __init__(self, scenario: Scenario) -> None:
        self.root = scenario.root
        self.provenance = scenario.provenance

    def part(self, part: BaseModel, raw: Mapping[str, Any], steps: tuple[str, ...]) -> dict[str, Any]:
        out: dict[str, Any] = {}
        for name, field in type(part).model_fields.items():
            key = field.alias or name
            value = getattr(part, name)
            here = (*steps, key)
            if key in raw:
                out[key] = self.given(value, raw[key], here)
            elif value is not None:
                marks = [mark for mark in field.metadata if isinstance(mark, QuantityOf)]
                if not marks and isinstance(value, dict) and not value:
                    continue  # no names: nothing to fill in
                out[key] = self.default(value, marks[0].kind if marks else None, here)
        return out

    def given(self, value: Any, raw: Any, steps: tuple[str, ...]) -> Any:
        if isinstance(value, Selling):
            if value.quota is None or not isinstance(raw, Mapping):
                return "objectives"
            return {"quota": self.part(value.quota, raw["quota"], (*steps, "quota"))}
        if isinstance(value, BookRef | HistoryRef):
            return self.part(value, raw if isinstance(raw, Mapping) else {"file": raw}, steps)
        if isinstance(value, ColumnRef):
            return self.part(value, raw if isinstance(raw, Mapping) else {"column": raw}, steps)
        if steps in (("assumptions",), ("known",)):
            return self.plain(raw, steps, bare=True)
        if isinstance(value, BaseModel) and not isinstance(value, _AS_WRITTEN) and isinstance(raw, Mapping):
            return self.part(value, raw, steps)
        if isinstance(value, dict) and isinstance(raw, Mapping):
            return {key: self.given(item, raw[key], (*steps, key)) for key, item in value.items()}
        if isinstance(value, tuple) and isinstance(raw, list) and len(value) == len(raw):
            return [self.given(item, raw[i], (*steps, str(i))) for i, item in enumerate(value)]
        return self.plain(raw, steps)

    def default(self, value: Any, kind: Kind | None, steps: tuple[str, ...]) -> Any:
        if isinstance(value, Selling):
            return "objectives"
        if isinstance(value, BaseModel):
            return self.part(value, {}, steps)
        if isinstance(value, Distribution) and kind is not None:
            return written(kind, value.value)
        if kind is not None:
            return written(kind, value)
        if steps == ("fiscal_year_starts",):
            return MONTHS[value - 1]
        return list(value) if isinstance(value, tuple) else value

    def plain(self, raw: Any, steps: tuple[str, ...], bare: bool = False) -> Any:
        """What was written, with its provenance around it again."""
        origin = None if bare else self.provenance.get(".".join(steps))
        if isinstance(raw, Quantity):
            return wrap(written(raw.kind, raw.value), origin)
        if isinstance(raw, Mapping):
            inner: Any = {str(key): self.plain(item, (*steps, str(key)), bare) for key, item in raw.items()}
        elif isinstance(raw, (list, tuple)):
            inner = [self.plain(item, (*steps, str(place)), bare) for place, item in enumerate(raw)]
        elif isinstance(raw, Path):
            inner = self.relative(raw)
        elif isinstance(raw, dt.datetime):
            inner = raw.isoformat()
        else:
            inner = raw
        return wrap(inner, origin)

    def relative(self, path: Path) -> str:
        return path.relative_to(self.root).as_posix() if path.is_relative_to(self.root) else path.as_posix()

"""A calibration as an overlay to write, as plain values, and in words."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from simulation.evidence.calibrate import Calibration, Fact
from simulation.evidence.overlay import write_overlay
from simulation.scenario.quantities import MONEY, Kind
from simulation.scenario.schema.objective import KNOWN_MEASURES

__all__ = ["facts", "gives", "in_words", "number_of", "range_of", "stays", "unmet", "wider", "write_calibration"]


def write_calibration(found: Calibration, path: Path) -> list[Path]:
    """Write the overlay of a calibration and its draws."""
    columns = {one.unknown.path: one.unknown.kind for one in found.found}
    kinds = {known.evidence for known in found.scenario.known.values()}
    evidence = kinds.pop() if len(kinds) == 1 else "prior"
    notes = [
        "Calibrated: joint draws that reproduce the known facts of the scenario. One row sets all numbers together.",
        f"Mean and 10-90% of {found.checked} futures of these draws, which were not used to find them:",
        *(f"{one.path}: known {range_of(one)}, simulated {gives(one)}" for one in found.facts),
        f"Next to nothing was learned about: {', '.join(stays(found)) or 'none'}.",
    ]
    source = "calibrated on " + "; ".join(dict.fromkeys(one.source or one.path for one in found.facts))
    return write_overlay(path, found.scenario, "calibrated", columns, found.draws, source=source,
                         evidence=evidence or "prior", notes=notes)  # fmt: skip


def facts(found: Calibration) -> dict[str, Any]:
    """What was found, for a program; base units."""
    return {
        "known": [
            {"path": one.path, "low": one.low, "high": one.high, "before": one.before, "after": one.after,
             "p10": one.p10, "p90": one.p90, "spread": one.spread, "spread_low": one.spread_low,
             "tolerance": one.tolerance, "alone": one.alone,
             "error": one.error, "misfit": one.misfit, "reproduced": one.reproduced}
            for one in found.facts
        ],
        "unknowns": [
            {"path": one.unknown.path, "before": one.before, "value": one.value, "low": one.low, "high": one.high,
             "left": one.left, "stays_prior": one.stays_prior}
            for one in found.found
        ],
        "simulations": found.simulations,
        "checked": found.checked,
    }  # fmt: skip


def stays(found: Calibration) -> list[str]:
    """Paths of the numbers that the facts say next to nothing about."""
    return [one.unknown.path for one in found.found if one.stays_prior]


def in_words(kind: Kind, value: float) -> str:
    """A value to three digits, in a unit of its kind."""
    if kind is MONEY:
        return f"{value / 100:,.2f}"
    units = {text: size for text, size in kind.candidates if size > 0}
    name = next(iter(units), "")
    size = units.get(name, 1.0)
    return f"{value / size:.3g}{name}" if name.startswith("%") else f"{value / size:.3g} {name}".strip()


def _kind(one: Fact) -> Kind:
    return KNOWN_MEASURES[one.path.rpartition(".")[2]]


def number_of(one: Fact, value: float) -> str:
    """A value of a known fact in words."""
    return in_words(_kind(one), value)


def range_of(one: Fact) -> str:
    """The range of a known fact in words."""
    low, high = number_of(one, one.low), number_of(one, one.high)
    return low if one.low == one.high else f"{low} to {high}"


def gives(one: Fact) -> str:
    """What the draws give: the mean over futures, and where 8 of 10 of them lie."""
    return f"{number_of(one, one.after)} ({number_of(one, one.p10)} to {number_of(one, one.p90)})"


def wider(found: Calibration) -> list[str]:
    """A sentence on each fact of which the draws are less sure than was stated."""
    return [
        f"The draws are less sure of {one.path} than was stated: they spread by {number_of(one, one.spread)} (standard "
        f"deviation, without luck) and not by {number_of(one, one.tolerance)}. More --replications narrow them"
        for one in found.facts
        if one.too_wide
    ]


def unmet(found: Calibration) -> list[str]:
    """A sentence on each fact that the draws do not reproduce."""
    said = []
    for one in found.facts:
        if one.alone is None:
            continue
        text = f"{one.path} comes out at {number_of(one, one.after)}, {number_of(one, one.misfit)} outside of its range"
        alone = number_of(one, one.alone)
        if one.outside(one.alone) == 0.0:
            said.append(f"{text}. Alone it can be met ({alone}), so it contradicts other facts")
        else:
            said.append(f"{text}, and at {alone} when it alone counts: what may change does not bring it there")
    return said

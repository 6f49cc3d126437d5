"""How much of an answer rests on own data, on published figures and on priors."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd

from simulation.forecast.facts import evidence_of

if TYPE_CHECKING:
    from simulation.forecast import Forecast, ScenarioFacts

__all__ = ["EVIDENCE", "evidence_of", "evidence_table"]

EVIDENCE = ("own", "published", "prior", "not stated")
PARTS = ("segments", "teams", "interventions", "selling")
"""Parts of a scenario whose numbers drive the simulation."""
WRAPPER = frozenset({"value", "source", "evidence", "owner", "review_by", "comment"})
QUANTITY = re.compile(r"^\s*[-+]?(\d|\.\d)")
DATE = re.compile(r"^\s*\d{4}-\d\d-\d\d")


def evidence_table(forecast: Forecast, measure: str = "arr") -> pd.DataFrame:
    """Count the numbers of the scenario by evidence, and share out what the assumptions explain of a measure.

    Returns
    -------
    DataFrame
        Index evidence; `numbers`, how many non-zero numbers of segments, teams, interventions and selling
        rest on it, defaults included (an assumption counts in the place of the number that it replaces);
        `assumptions`; `explained`, the share of the variance between assumption points that goes with
        assumptions of that evidence (squared correlations, scaled to at most 1).
    """
    facts = forecast.facts
    kinds = [evidence_of(facts, path) for path in forecast.assumption_values]
    numbers = dict.fromkeys(EVIDENCE, 0)
    for path, evidence in _numbers(_tree(facts)):
        replaced = path in forecast.assumption_values
        kind = evidence_of(facts, path) if replaced else evidence
        numbers[kind if kind in numbers else "not stated"] += 1
    effects = forecast.assumption_effects(measure)["share"].fillna(0.0)
    total = max(1.0, float(effects.sum()))
    explained = dict.fromkeys(EVIDENCE, 0.0)
    for one, share in effects.items():
        explained[evidence_of(facts, str(one))] += float(share) / total
    table = pd.DataFrame(
        {
            "numbers": [numbers[kind] for kind in EVIDENCE],
            "assumptions": [kinds.count(kind) for kind in EVIDENCE],
            "explained": [explained[kind] if kinds else np.nan for kind in EVIDENCE],
        },
        index=pd.Index(EVIDENCE, name="evidence"),
    )
    return table


def _tree(facts: ScenarioFacts) -> dict[str, Any]:
    from ruamel.yaml import YAML

    tree = YAML(typ="safe", pure=True).load(facts.yaml)
    return {key: tree[key] for key in PARTS if key in tree} if isinstance(tree, dict) else {}


def _numbers(node: Any, path: str = "", evidence: str = "not stated") -> Iterator[tuple[str, str]]:
    """Dotted path and evidence of every number that is not zero; a list of measured values counts once."""
    if isinstance(node, dict):
        if "value" in node and WRAPPER.issuperset(node):
            yield from _numbers(node["value"], path, node.get("evidence") or "not stated")
            return
        for key, value in node.items():
            yield from _numbers(value, f"{path}.{key}" if path else str(key), evidence)
    elif isinstance(node, list):
        if len(node) > 2 and all(isinstance(one, int | float) for one in node):
            yield path, evidence
            return
        for place, value in enumerate(node):
            yield from _numbers(value, f"{path}.{place}", evidence)
    elif _is_number(node):
        yield path, evidence


def _is_number(leaf: Any) -> bool:
    if isinstance(leaf, bool):
        return False
    if isinstance(leaf, int | float):
        return leaf != 0
    if not isinstance(leaf, str) or not QUANTITY.match(leaf) or DATE.match(leaf):
        return False
    return re.match(r"^\s*[-+]?[0.]+(?![\d.])", leaf) is None

"""Where a number comes from: ``{value, source, evidence, owner, review_by, comment}`` around any number."""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping
from dataclasses import asdict, dataclass, fields
from typing import Any, Final, Literal, get_args

from simulation.scenario.errors import Misfit, choice, shown

EARLIEST: Final = dt.date(1900, 1, 1)
LATEST: Final = dt.date(2400, 1, 1)
"""Between these lies every date of a scenario."""
Evidence = Literal["own", "published", "prior"]
EVIDENCE: Final[tuple[str, ...]] = get_args(Evidence)


@dataclass(frozen=True, slots=True)
class Provenance:
    """The origin of one number. A source belongs only to the quantity that it measured.

    Attributes
    ----------
    source : str or None
        What says so.
    evidence : 'own', 'published', 'prior' or None
        Own data, a published figure, or nobody's measurement.
    owner : str or None
        Who answers for it.
    review_by : date or None
        When it should be looked at again.
    comment : str or None
        Anything else.
    """

    source: str | None = None
    evidence: Evidence | None = None
    owner: str | None = None
    review_by: dt.date | None = None
    comment: str | None = None

    def as_yaml(self) -> dict[str, Any]:
        """Only what is stated, as it is written in a file."""
        return {key: value for key, value in asdict(self).items() if value is not None}


FIELDS: Final[tuple[str, ...]] = tuple(field.name for field in fields(Provenance))
WRAPPER: Final = frozenset(("value", *FIELDS))

# Mappings whose keys are chosen by the planner: a name may be 'value' or 'source'. '*' stands for any step.
_NAMED: Final[tuple[tuple[str, ...], ...]] = (
    ("segments",), ("teams",), ("interventions",), ("objectives",), ("assumptions",), ("known",),
    ("segments", "*", "journey"), ("interventions", "*", "effects", "*", "shorten"), ("book", "columns"),
    ("assumptions", "*"), ("assumptions", "*", "columns"), ("known", "*"), ("levers",),
)  # fmt: skip


def is_wrapper(steps: tuple[str | int, ...], keys: Mapping[str, object]) -> bool:
    """Whether a mapping at this path is a number with its provenance."""
    return "value" in keys and WRAPPER.issuperset(keys) and not _is_named(steps)


def _is_named(steps: tuple[str | int, ...]) -> bool:
    return any(
        len(pattern) == len(steps) and all(part in ("*", step) for part, step in zip(pattern, steps, strict=True))
        for pattern in _NAMED
    )


def read_provenance(raw: Mapping[str, Any]) -> Provenance:
    """The provenance among the keys of a mapping; other keys are left alone.

    Raises
    ------
    Misfit
        One part for each wrong field.
    """
    wrong: list[tuple[tuple[str | int, ...], str, bool]] = []
    found: dict[str, Any] = {}
    for key in FIELDS:
        value = raw.get(key)
        if value is None:
            continue
        if key == "review_by":
            try:
                found[key] = value if type(value) is dt.date else dt.date.fromisoformat(str(value).strip())
            except ValueError:
                wrong.append(((key,), f"expected a date such as 2027-01-31, not {shown(value)}", False))
                continue
            if not EARLIEST <= found[key] < LATEST:
                wrong.append(((key,), f"expected a date from {EARLIEST} to {LATEST}, not {found[key]}", False))
        elif not isinstance(value, str):
            wrong.append(((key,), f"expected text, not {shown(value)}", False))
        elif key == "evidence" and value not in EVIDENCE:
            wrong.append(((key,), choice(EVIDENCE, value), False))
        else:
            found[key] = value
    if wrong:
        raise Misfit.of(wrong)
    return Provenance(**found)


def strip(
    tree: Any, steps: tuple[str | int, ...] = ()
) -> tuple[Any, dict[str, Provenance], list[tuple[tuple[str | int, ...], str, bool]]]:
    """Take the provenance off every number of a plain tree.

    Parameters
    ----------
    tree : mapping, list or scalar
        As written in the file.
    steps : tuple, optional
        Where the tree stands in the scenario.

    Returns
    -------
    tree
        The same with bare numbers.
    provenance : dict of dotted path to Provenance
    misfits : list
        Wrong fields, with full paths.
    """
    found: dict[str, Provenance] = {}
    wrong: list[tuple[tuple[str | int, ...], str, bool]] = []
    return _strip(tree, steps, found, wrong), found, wrong


def _strip(
    tree: Any, steps: tuple[str | int, ...], found: dict[str, Provenance],
    wrong: list[tuple[tuple[str | int, ...], str, bool]],
) -> Any:  # fmt: skip
    if isinstance(tree, dict):
        if is_wrapper(steps, tree):
            return _unwrap(tree, steps, found, wrong)
        return {key: _strip(value, (*steps, key), found, wrong) for key, value in tree.items()}
    if isinstance(tree, list):
        return [_strip(value, (*steps, place), found, wrong) for place, value in enumerate(tree)]
    return tree


def _unwrap(
    tree: dict[str, Any], steps: tuple[str | int, ...], found: dict[str, Provenance],
    wrong: list[tuple[tuple[str | int, ...], str, bool]],
) -> Any:  # fmt: skip
    try:
        origin = read_provenance(tree)
        if origin != Provenance():
            found[".".join(map(str, steps))] = origin
    except Misfit as misfit:
        wrong.extend(misfit.under(*steps))
    value = tree["value"]
    if isinstance(value, dict) and not _is_distribution(value):
        wrong.append(((*steps, "value"), "a source belongs to one number or one distribution, not to a mapping", False))
    return _strip(value, steps, found, wrong)


def _is_distribution(value: dict[str, Any]) -> bool:
    keys = set(value)
    return keys <= {"median", "spread"} or keys <= {"mean", "sd"} or len(keys) == 1


def wrap(value: Any, origin: Provenance | None) -> Any:
    """The inverse of stripping: a number with its provenance as it is written in a file."""
    return value if origin is None else {"value": value, **origin.as_yaml()}

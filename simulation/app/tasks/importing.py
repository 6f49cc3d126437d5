"""The import: what some exports are, what only a person can answer, and what comes of them."""

from __future__ import annotations

import datetime as dt
from collections import Counter
from collections.abc import Mapping
from dataclasses import asdict, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

from simulation.app.jobs.job import Picture, Tell
from simulation.app.tasks.history import day_of
from simulation.app.tasks.plan import plan_of

if TYPE_CHECKING:
    from simulation.intake import Imported, Proposal, Sheet
    from simulation.intake import Mapping as Import
    from simulation.scenario import Scenario

__all__ = ["work"]

SHOWN = 300
"""Rows that do not fit that the page shows; the file has all."""


def work(request: Mapping[str, Any], tell: Tell) -> Picture:
    """Read exports as far as they are understood, and write what came of them where a folder is named.

    Parameters
    ----------
    request
        files: paths of exports, and of at most one mapping (.yaml); given: pairs of path and value of an answer;
        exported: day, or blank for today; totals: by segment, `members` and `arr`; scenario: of the plan, or blank;
        folder: where to write, or blank.

    Raises
    ------
    ScenarioError
        A file cannot be read, or nobody is left; files are named as the visitor knows them.
    """
    from simulation.scenario import ScenarioError

    try:
        return _work(request, tell)
    except ScenarioError as error:
        raise ScenarioError([replace(one, file=Path(one.file).name) for one in error.problems]) from None


def _work(request: Mapping[str, Any], tell: Tell) -> Picture:
    from simulation.intake import propose, read_import, read_sheet
    from simulation.intake.changes import matched

    paths = [Path(one) for one in request["files"]]
    mappings = [one for one in paths if one.suffix in (".yaml", ".yml")]
    tables = [one for one in paths if one not in mappings]
    if not tables:
        raise ValueError("give the exports: one of them holds the members")
    if len(mappings) > 1:
        raise ValueError("give one mapping of last time only")
    day = day_of(request, "exported") or dt.date.today()
    plan = plan_of(request) if request.get("scenario") else None
    sheets: list[Sheet] = []
    for path in tables:
        sheets.append(read_sheet(path))
        tell.progress(len(sheets), len(tables) + 2)
    if mappings:
        known = read_import(mappings[0])
        return _result(known, matched(sheets, known), day, plan, request) | {"questions": [], "open": 0}
    given = {tuple(path): value for path, value in request.get("given", ())}
    proposal = propose(sheets, plan, exported=day, given=given)
    tell.progress(len(tables) + 1, len(tables) + 2)
    asked = _asked(proposal)
    tell.picture(asked)
    return asked if proposal.open else asked | _result(proposal.mapping(), proposal.sheets, day, plan, request)


def _asked(proposal: Proposal) -> dict[str, Any]:
    """The questions as plain values, each with the group that it belongs to."""
    questions = []
    for one in proposal.questions:
        name = one.path[1] if one.path[0] == "files" else ""
        questions.append({
            "path": list(one.path), "group": proposal.sheets[name].path.name if name else "All files",
            "text": one.text, "options": [list(pair) for pair in one.options], "proposal": one.proposal, "why": one.why,
        })  # fmt: skip
    return {"questions": questions, "open": len(proposal.open), "notes": list(proposal.notes), "result": False}


def _result(
    known: Import, sheets: Mapping[str, Sheet], day: dt.date, plan: Scenario | None, request: Mapping[str, Any]
) -> dict[str, Any]:
    """What came of the exports."""
    from simulation.intake import build
    from simulation.intake.changes import changes
    from simulation.intake.mapping import Total
    from simulation.intake.reconcile import reconcile

    totals = {segment: Total.model_validate(one) for segment, one in request.get("totals", {}).items()}
    known = known.model_copy(update={"totals": {**known.totals, **totals}})
    found = build(sheets, known, exported=day, scenario=plan)
    checks = reconcile(found)
    return _told(found) | {
        "checks": [
            asdict(one)
            | {"agrees": one.agrees, "missing_members": one.missing_members, "missing_arr": one.missing_arr}
            for one in checks
        ],
        "changes": changes(found, sheets),
        "saved": _save(found, sheets, plan, str(request.get("folder") or "")),
        "result": True,
    }  # fmt: skip


def _told(found: Imported) -> dict[str, Any]:
    book, currency = found.book, found.mapping.currency
    segments = [
        {"segment": str(name), "members": len(own), "arr": float(own["arr"].sum())}
        for name, own in book.groupby("segment", observed=True)
    ]  # fmt: skip
    fits = len(found.misfits)
    headline = (
        f"{len(book):,} members who pay {book['arr'].sum():,.0f} {currency} a year, and "
        f"{len(found.history):,} rows of what happened. "
        + (f"{fits:,} row{'' if fits == 1 else 's'} did not fit." if fits else "Every row fits.")
    )
    return {
        "headline": headline,
        "currency": currency,
        "segments": segments,
        "journeys": _journeys(found),
        "events": {str(one): int(n) for one, n in found.history.frame["event"].value_counts().items() if n},
        "reasons": Counter(one.reason for one in found.misfits).most_common(),
        "misfits": [
            (Path(one.file).name, one.line, one.column, one.message) for one in found.misfits[:SHOWN]
        ],
        "more": max(fits - SHOWN, 0),
        "warnings": list(found.notes),
    }  # fmt: skip


def _journeys(found: Imported) -> dict[str, list[tuple[str, str]]]:
    """The milestones of each segment, each with its stage where the exports had to say it; alike ones together."""
    stages = {name: one.stage for name, one in found.mapping.journey.items()}
    alike: dict[tuple[str, ...], list[str]] = {}
    for segment, journey in found.journeys.items():
        alike.setdefault(tuple(journey), []).append(segment)
    return {", ".join(segments): [(one, stages.get(one, "")) for one in journey] for journey, segments in alike.items()}


def _save(found: Imported, sheets: Mapping[str, Sheet], plan: Scenario | None, folder: str) -> list[str]:
    if not folder:
        return []
    from simulation.intake.write import plan_path, write_imported

    goal = Path(folder)
    if goal.exists() or plan_path(goal, plan).exists():
        raise ValueError(f"there is an import {goal.name!r} already: choose another name, so that nothing is lost")
    return [str(path) for path in write_imported(found, sheets, goal, plan)]

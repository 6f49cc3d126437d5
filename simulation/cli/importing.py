"""`membersim import`: several exports become a book and a history; the mapping is kept for next month."""

from __future__ import annotations

import datetime as dt
import re
import sys
from collections import Counter
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

from cyclopts import Parameter

from simulation.cli.history import day_of
from simulation.cli.reading import Exported
from simulation.cli.screen import SCREEN, BadInput, Screen, refused

if TYPE_CHECKING:
    from simulation.intake import Imported, Mapping, Proposal, Question
    from simulation.intake.reconcile import Check

__all__ = ["import_"]

SHOWN = 25
"""Rows that do not fit that are shown; all are in the file."""
_END = r"(-?\d+(?:\.\d+)?)"
_ENDS = re.compile(rf"{_END}\s*(?:to|,|-|\s)\s*{_END}")
"""The ends of a scale, such as "0 to 10", "1-5" or "-100 to 100"."""


def import_(
    *files: Path,
    scenario: Annotated[Path | None, Parameter(help="The plan that these members belong to.")] = None,
    mapping: Annotated[Path | None, Parameter(help="The import.yaml of last time: nothing is asked.")] = None,
    accept: Annotated[bool, Parameter(help="Accept every proposal, ask nothing.", show_default=False)] = False,
    answer: Annotated[
        list[str] | None, Parameter(help='An answer, as "segments of the question=value"; can be repeated.')
    ] = None,
    exported: Exported = None,
    total: Annotated[
        list[str] | None, Parameter(help='A control total: "members=5000", "arr=1.2M", "individual.members=4100".')
    ] = None,
    out: Annotated[Path | None, Parameter(name=["--out", "-o"])] = None,
    screen: Screen = SCREEN,
) -> int:
    """Join exports of members, invoices, events, courses, logins and ratings.

    Proposes what each file is and how it is read, and asks you to confirm; reconciles to control totals; lists what
    does not fit. Writes the book, the history, a plan that starts from them, does_not_fit.csv, and import.yaml:
    with this mapping next month asks nothing.

    Parameters
    ----------
    files
        CSV, Parquet or Excel files; one of them holds the members.
    out
        Folder to write to; imported by default, beside the scenario if one is named.
    """
    import simulation as sim
    from simulation.cli.asking import asked_totals
    from simulation.intake import build, propose, read_import, read_sheet
    from simulation.intake.changes import changes, matched
    from simulation.intake.reconcile import reconcile
    from simulation.intake.write import plan_path, write_imported

    if not files:
        raise BadInput("name the exports: membersim import members.csv invoices.xlsx ...")
    totals = totals_of(total or [])
    plan = sim.load(scenario) if scenario is not None else None
    out = out or (scenario.parent if scenario is not None else Path()) / "imported"
    try:
        plan_path(out, plan)
    except ValueError as error:
        raise refused(error) from None
    day = day_of(exported) or dt.date.today()
    sheets = [read_sheet(path) for path in files]
    if mapping is not None:
        known = read_import(mapping)
        given = matched(sheets, known)
    else:
        proposal = propose(sheets, plan, exported=day)
        _answer(proposal, answer or [])
        known, given = _settle(proposal, accept, screen), proposal.sheets
        if not totals and _asks(accept, screen):
            totals = totals_of(asked_totals())
    known = known.model_copy(update={"totals": {**known.totals, **totals}})
    found = build(given, known, exported=day, scenario=plan)
    checks, news = reconcile(found), changes(found, given)
    written = write_imported(found, given, out, plan)
    _show(found, checks, news, screen)
    screen.show(f"Wrote {', '.join(map(str, written))}")
    if plan is None:
        first = next(one for one in written if one.name == "plan.yaml")
        screen.show(f"Next: see what is a guess in {first}, then membersim check {first}")
    screen.result({**facts(found, checks, news), "folder": out, "files": written})
    return 0


def facts(found: Imported, checks: list[Check], news: list[str]) -> dict[str, Any]:
    """What an import found, for a program; no ids."""
    from dataclasses import asdict

    return {
        "exported": found.exported,
        "members": len(found.book),
        "arr": round(float(found.book["arr"].sum()), 2),
        "rows": len(found.history),
        "events": {str(one): int(n) for one, n in found.history.frame["event"].value_counts().items() if n},
        "does_not_fit": Counter(one.reason for one in found.misfits),
        "totals": [{**asdict(one), "agrees": one.agrees} for one in checks],
        "changes": news,
        "notes": list(found.notes),
    }


def _answer(proposal: Proposal, answers: list[str]) -> None:
    """Answers given on the command line."""
    from simulation.scenario.errors import one_of

    for text in answers:
        path, mark, value = text.partition("=")
        by_path = {".".join(one.path): one for one in proposal.questions}
        if not mark or path not in by_path:
            raise BadInput(f"there is no question {path!r}: {one_of(by_path, path)}")
        proposal.answer(by_path[path], _value(by_path[path], value))


def _value(question: Question, text: str) -> Any:
    """What was typed as the value of an answer."""
    from simulation.scenario.errors import one_of

    options = {str(value).lower(): value for value, _ in question.options}
    places = {str(place): value for place, (value, _) in enumerate(question.options, start=1)}
    typed = text.strip()
    if question.path[-1] == "scale":
        ends = _ENDS.fullmatch(typed)
        if ends is None:
            raise BadInput(f"{question.text} expected two numbers, such as 0 to 10, not {typed!r}")
        return [float(one) for one in ends.groups()]
    if question.path[-1] == "begins":
        day_of(typed)
        return typed
    if not options:
        return typed
    words = {"yes": "true", "no": "false", "nothing": "", "none": ""}
    for word in (typed.lower(), words.get(typed.lower(), typed.lower())):
        if word in options:
            return options[word]
    if typed in places:
        return places[typed]
    if question.path[-2:-1] == ("happened",) or question.path[-1] == "first":
        return typed  # another event, checked with the mapping
    raise BadInput(f"{question.text} {one_of([one for one in options if one], typed)}")


def _asks(accept: bool, screen: Screen) -> bool:
    """Whether there is a person to ask."""
    return not accept and not screen.json and sys.stdin.isatty()


def _settle(proposal: Proposal, accept: bool, screen: Screen) -> Mapping:
    """Let a person confirm the proposals, or accept them."""
    for note in proposal.notes:
        screen.note(note)
    if not _asks(accept, screen):
        if proposal.open:
            lines = [f'  --answer "{".".join(one.path)}=..."  {one.text} {_options(one)}' for one in proposal.open]
            raise BadInput("some questions have no answer in the files:\n" + "\n".join(lines))
        if not accept:
            raise BadInput("say --accept to take every proposal, or give the --mapping of last time")
        return proposal.mapping()
    from simulation.cli.asking import confirmed

    return confirmed(proposal, screen, _value)


def _options(question: Question) -> str:
    shown = [repr(str(value)) for value, _ in question.options if value != ""]
    return f"({', '.join(shown[:8])})" if shown else ""


def totals_of(texts: list[str]) -> dict[str, Any]:
    """Control totals as they were typed."""
    from simulation.intake.mapping import Total
    from simulation.intake.reconcile import ALL

    parts: dict[str, dict[str, float]] = {}
    for text in texts:
        path, mark, value = text.partition("=")
        segment, _, measure = path.rpartition(".")
        number = _amount(value)
        if not mark or measure not in ("members", "arr") or number is None:
            raise BadInput(f'expected a control total such as "members=5000" or "individual.arr=1.2M", not {text!r}')
        parts.setdefault(segment or ALL, {})[measure] = int(number) if measure == "members" else number
    return {segment: Total.model_validate(one) for segment, one in parts.items()}


def _amount(text: str) -> float | None:
    """A number as people type it: 5,000, 1.2M, 900k; None when it is none."""
    plain = text.strip().replace(",", "").replace(" ", "").lower()
    scale = {"k": 1e3, "m": 1e6, "bn": 1e9}
    ending = next((one for one in scale if plain.endswith(one)), "")
    try:
        return float(plain.removesuffix(ending)) * scale.get(ending, 1.0)
    except ValueError:
        return None


def _show(found: Imported, checks: list[Check], news: list[str], screen: Screen) -> None:
    """What was found, for a person."""
    currency = found.mapping.currency
    rows = [
        (str(name), f"{len(own):,}", f"{own['arr'].sum():,.2f}") for name, own in found.book.groupby("segment")
    ]  # fmt: skip
    rows.append(("all", f"{len(found.book):,}", f"{found.book['arr'].sum():,.2f}"))
    screen.table(f"Members on {found.exported}", ("segment", "members", f"ARR, {currency} a year"), rows)
    events = [(str(one), f"{n:,}") for one, n in found.history.frame["event"].value_counts().items() if n]
    screen.table("What happened", ("event", "rows"), events)
    for check in checks:
        _show_check(check, currency, screen)
    if len(found.stated):
        gap = float((found.stated["invoiced"] - found.stated["arr"]).sum())
        screen.note(
            f"{len(found.stated):,} members pay another amount by their invoices ({gap:+,.2f} in all); the list counts"
        )
    if found.misfits:
        reasons = Counter(one.reason for one in found.misfits).most_common()
        screen.table("What does not fit", ("reason", "rows"), [(reason, f"{n:,}") for reason, n in reasons])
        for one in found.misfits[:SHOWN]:
            screen.show(f"  {Path(one.file).name}:{one.line}: {one.column + ': ' if one.column else ''}{one.message}")
        if len(found.misfits) > SHOWN:
            screen.show(f"  ... and {len(found.misfits) - SHOWN:,} more, in does_not_fit.csv")
    for text in news:
        screen.show(f"Since last time: {text}")
    for note in found.notes:
        screen.note(f"Note: {note}")


def _members(count: int) -> str:
    return f"{count:,} member{'' if count == 1 else 's'}"


def _show_check(check: Check, currency: str, screen: Screen) -> None:
    what = "all members" if check.segment == "all" else check.segment
    if check.agrees:
        screen.show(f"Control total of {what}: agrees")
        return
    parts = []
    if check.missing_members:
        parts.append(f"{_members(abs(check.missing_members))} too {'few' if check.missing_members > 0 else 'many'}")
    if abs(check.missing_arr) >= 0.005:
        parts.append(f"{currency} {abs(check.missing_arr):,.2f} too {'little' if check.missing_arr > 0 else 'much'}")
    screen.show(f"Control total of {what}: {', '.join(parts)}")
    if check.explained:
        screen.show("  exactly explained by: " + "; or by ".join(", ".join(one) for one in check.explained))
    for cause in check.causes[:6]:
        lines = ", ".join(f"{Path(file).name}:{line}" for file, line in cause.rows[:6])
        screen.show(f"  {cause.reason}: {_members(cause.members)}, {cause.arr:,.2f}" + (f" ({lines})" if lines else ""))

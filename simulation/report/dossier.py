"""The dossier of a run: one document from which somebody who was not there can follow a forecast."""

from __future__ import annotations

import shlex
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path
from typing import TYPE_CHECKING, Any

from simulation.forecast.facts import ORIGIN
from simulation.report.answer import answer
from simulation.report.page import Block, Cell, Facts, Page, Section, Table, Text, rendered
from simulation.report.words import MINUS, day, number, path_words

if TYPE_CHECKING:
    from simulation.forecast import Forecast
    from simulation.scenario.versions import Change

__all__ = ["ControlTotal", "Dossier", "dossier_page"]

MISSING = "–"
CENT = 0.005
"""A smaller difference is none."""
LIMITS = (
    ("Only its assumptions", "It says what follows from them. It does not know the future, nor learn them by itself."),
    (
        "Guesses",
        "Effects of interventions marked as priors are guesses; a randomised pilot could confirm them.",
    ),
    ("Nobody's fate", "Members are simulated one by one, but no number here is meant for a decision about one person."),
    (
        "What is not named",
        "Competitors, laws, recessions: what the plan leaves out does not happen.",
    ),
)
HEADINGS = {
    "source": "Source",
    "evidence": "Evidence",
    "owner": "Owner",
    "review_by": "Review by",
    "comment": "Comment",
}


@dataclass(frozen=True)
class ControlTotal:
    """A total of the source beside that of the simulation's first day.

    Attributes
    ----------
    what
        Such as "Members, individual".
    unit
        "count" or "money".
    source, book, simulated
        What somebody says of the source, what was read from the file of the book, rows left out included, and what the
        forecast starts from; None where nobody stated it, or where it is not known.
    """

    what: str
    unit: str
    source: float | None
    book: float | None
    simulated: float

    @property
    def agrees(self) -> bool:
        """Whether what was stated and what is simulated are the same to the cent."""
        return self.source is not None and abs(self.source - self.simulated) < CENT


@dataclass(frozen=True)
class Dossier:
    """What is told.

    Attributes
    ----------
    folder
        Folder of the run, as it was named.
    record
        The record of the run.
    totals
        Control totals.
    source
        Where the totals of the source were stated, in words; "" when nobody did.
    changes
        Who changed what; None when the plan is in no version control.
    backtest
        The record of a backtest of the plan; None when there is none.
    unchanged
        Whether the plan's file still gives the plan of the run; None when it is not there.
    """

    folder: Path
    record: Mapping[str, Any]
    totals: Sequence[ControlTotal]
    source: str = ""
    changes: Sequence[Change] | None = None
    backtest: Mapping[str, Any] | None = None
    unchanged: bool | None = None


def dossier_page(forecast: Forecast, told: Dossier) -> str:
    """Return the document as HTML that needs nothing else and prints on paper."""
    frame, facts, first = forecast.frame, forecast.facts, answer(forecast)
    last = frame.start + timedelta(days=frame.days - 1)
    page = Page(
        title=f"{facts.name}: {forecast.label}" if forecast.label else facts.name,
        description=facts.description,
        subtitle=f"{day(frame.start)} to {day(last)}, {forecast.replications:,} simulated futures, made on "
        f"{str(told.record.get('finished', ''))[:10]}, money in {frame.currency}",
        headline=first.headline,
        points=(),
        objectives=(),
        hint="",
        notices=[*([first.caution] if first.caution else []), *_notices(told)],
        sections=[
            _purpose(forecast),
            _totals(forecast, told),
            _exclusions(forecast, told.record),
            _register(forecast),
            _changes(told),
            _scorecard(told.backtest),
            _inputs(forecast, told),
        ],
        footer=f"Made by membersim {forecast.version}.",
        kind="Dossier",
    )
    return rendered(page)


def _notices(told: Dossier) -> list[str]:
    wrong = [one.what for one in told.totals if one.source is not None and not one.agrees]
    found = [f"Control totals that do not agree: {', '.join(wrong)}."] if wrong else []
    if told.unchanged is False:
        found.append("The file of the plan has been changed since this run.")
    return found


def _purpose(forecast: Forecast) -> Section:
    objectives = [str(one["name"]).replace("_", " ") for one in forecast.facts.objectives]
    blocks: list[Block] = [
        Text(forecast.facts.description or "The plan has no description."),
        Text(
            "Objectives it is judged by: " + ", ".join(objectives) + "." if objectives else "It states no objectives."
        ),
        Facts(LIMITS, caption="Limits"),
    ]
    return Section("purpose", "Purpose and limits", blocks)


def _totals(forecast: Forecast, told: Dossier) -> Section:
    currency = forecast.frame.currency
    rows = []
    for one in told.totals:
        given = one.book if one.source is None else one.source
        gap = None if given is None else one.simulated - given
        told_gap = MISSING if gap is None else "none" if abs(gap) < CENT else _exact(gap, one.unit, currency)
        totals = [_exact(each, one.unit, currency) for each in (one.source, one.book, one.simulated)]
        rows.append([one.what, *totals, told_gap])
    said = told.source or (
        "Nobody has stated totals of the source. `membersim import ... --total members=5000` keeps them with the "
        "mapping, and `membersim dossier RUN --total members=5000 --total arr=1.2M` takes them from here."
    )
    if any(one.book is not None for one in told.totals):
        said += " The file of the book is counted with the rows that were left out of it."
    blocks: list[Block] = [
        Text(said),
        Table(
            ["Total on the first day", "Stated", "File of the book", "Simulated from", "Difference"],
            rows,
            caption="Control totals",
        ),
    ]
    book = told.record.get("book")
    if book:
        blocks.append(Facts([("Book", f"{book['file']}: {book['members']:,} rows read"), ("SHA-256", book["sha256"])]))
    return Section("totals", "Control totals", blocks)


def _exact(value: float | None, unit: str, currency: str) -> str:
    """A total as an auditor adds it up: to the cent."""
    if value is None or unit != "money":
        return number(value, unit, currency)
    whole, cents = divmod(round(abs(value) * 100), 100)
    return f"{MINUS if value < 0 else ''}{number(whole, unit, currency)}.{cents:02}"


def _exclusions(forecast: Forecast, record: Mapping[str, Any]) -> Section:
    currency = forecast.frame.currency
    book = record.get("book") or {}
    out = book.get("left_out") or {}
    pairs = [("Rows left out of the book", f"{out.get('members', 0):,}")] if book else [("Book", "the run had none")]
    if out.get("members"):
        pairs.append(("Their ARR", number(out["arr"], "money", currency)))
        pairs.append(("Of these, ARR not readable", f"{out.get('arr_unknown', 0):,}"))
    pairs += [(f"Warning {place}", text) for place, text in enumerate(forecast.warnings, 1)]
    return Section("exclusions", "Exclusions and warnings", [Facts(pairs)])


def _register(forecast: Forecast) -> Section:
    from ruamel.yaml import YAML

    facts, effects = forecast.facts, forecast.assumption_effects("arr")
    rows: list[list[Cell | str]] = []
    for one in facts.assumptions:
        share = float(effects["share"].get(one["path"], float("nan")))
        moved = MISSING if share != share else f"{share:.0%}"
        rows.append([_number(one), _distribution(one), *_origin(one), moved])
    named = {one["path"] for one in facts.assumptions}
    tree = YAML(typ="safe", pure=True).load(facts.yaml)
    fixed: list[list[Cell | str]] = [
        [_number(one), _value(tree, str(one["path"])), *_origin(one)]
        for one in facts.provenance
        if one["path"] not in named
    ]
    blocks: list[Block] = []
    words = [HEADINGS[key] for key in ORIGIN]
    if rows:
        columns = ["Assumption", "Value", *words, "Moves ARR"]
        blocks.append(Table(columns, rows, words=range(len(columns)), caption="Assumptions that are ranges"))
    else:
        blocks.append(Text("The plan states no assumption as a range."))
    if fixed:
        columns = ["Number", "Value", *words]
        blocks.append(Table(columns, fixed, words=range(len(columns)), caption="Numbers with a source"))
    return Section("register", "Assumption register", blocks)


def _distribution(one: Mapping[str, Any]) -> str:
    """The distribution of an assumption, spelled as the numbers are."""
    from ruamel.yaml import YAML
    from ruamel.yaml.error import YAMLError

    text = str(one.get("distribution") or MISSING)
    try:
        return _spelled(YAML(typ="safe", pure=True).load(text))
    except (YAMLError, ValueError):
        return text


def _number(one: Mapping[str, Any]) -> Cell:
    return Cell(path_words(str(one["path"])), str(one["path"]))


def _value(tree: Any, path: str) -> str:
    """What stands at a path of the resolved plan."""
    for step in path.split("."):
        if isinstance(tree, list):
            tree = tree[int(step)]
        elif isinstance(tree, dict) and step in tree:
            tree = tree[step]
        else:
            return MISSING
    tree = tree["value"] if isinstance(tree, dict) and "value" in tree else tree
    return MISSING if tree is None else _spelled(tree)


def _spelled(value: Any) -> str:
    if isinstance(value, dict):
        return ", ".join(f"{key} {_spelled(one)}" for key, one in value.items())
    return ", ".join(map(_spelled, value)) if isinstance(value, list) else str(value)


def _origin(one: Mapping[str, Any]) -> list[str]:
    return [str(one.get(key) or MISSING) for key in ORIGIN]


def _changes(told: Dossier) -> Section:
    if told.changes is None:
        text = (
            "The files of the plan are not under version control, or not where the run found them: nobody can tell "
            "here who changed what."
        )
        return Section("changes", "Who changed what, and why", [Text(text)])
    if not told.changes:
        return Section("changes", "Who changed what, and why", [Text("Nothing was changed since its first version.")])
    rows: list[list[Cell | str]] = []
    for one in told.changes:
        when = MISSING if one.on is None else day(one.on.date())
        rows.append(
            [
                Cell(when, one.version),
                one.by or MISSING,
                Cell(path_words(one.path), f"{one.file}: {one.path}"),
                one.before or MISSING,
                one.after or MISSING,
                one.why,
            ]
        )
    columns = ["When", "Who", "What", "Before", "After", "Why"]
    return Section("changes", "Who changed what, and why", [Table(columns, rows, words=range(len(columns)))])


def _scorecard(backtest: Mapping[str, Any] | None) -> Section:
    title = "Was it right before?"
    if backtest is None:
        text = "The plan has not been backtested. `membersim backtest HISTORY --scenario PLAN` does so."
        return Section("scorecard", title, [Text(text)])
    blocks: list[Block] = [Text(str(backtest.get("verdict", "")))]
    summary = backtest.get("summary") or []
    rows = [
        [
            str(one.get("measure", "")).replace("_", " "),
            str(one.get("method", one.get("by", MISSING))),
            *(_score(one, key, ",.3g") for key in ("crps", "bias")),
            *(_score(one, key, ".0%") for key in ("inside_80%", "inside_95%")),
        ]
        for one in summary
    ]
    if rows:
        columns = ["Measure", "Forecast by", "CRPS", "Bias", "Inside 80%", "Inside 95%"]
        blocks.append(Table(columns, rows, words=(0, 1), caption="Scores of past forecasts"))
    verdicts = [
        [str(one["measure"]).replace("_", " "), str(one["assumption"]), str(one["holds"]), str(one["words"])]
        for one in backtest.get("verdicts") or []
    ]
    if verdicts:
        blocks.append(Table(["Measure", "It rests on", "Holds", "Verdict"], verdicts, words=range(4)))
    made = str(backtest.get("command", MISSING))
    blocks.append(Facts([("History", str(backtest.get("history", MISSING))), ("Made by", f"`{made}`")]))
    return Section("scorecard", title, blocks)


def _score(row: Mapping[str, Any], key: str, style: str) -> str:
    value = row.get(key)
    return MISSING if value is None else format(float(value), style)


def _inputs(forecast: Forecast, told: Dossier) -> Section:
    record = told.record
    packages = ", ".join(f"{name} {version}" for name, version in (record.get("packages") or {}).items())
    data = [[str(one["path"]), str(one["file"]), str(one["sha256"])] for one in record.get("data", ())]
    folder = shlex.quote(str(told.folder))
    pairs = [
        ("Plan", f"SHA-256 of the resolved plan {forecast.facts.digest}"),
        ("Program", f"membersim {record.get('membersim')}, Python {record.get('python')}, {packages}"),
        ("Seed", str(forecast.seed)),
        ("Futures", f"{forecast.replications:,}"),
        ("Engine", str(record.get("engine"))),
        ("Command", f"`{record.get('command')}`"),
        ("To run it again and compare every count", f"`membersim rerun {folder}`"),
        (
            "Without the book",
            f"`membersim verify SHARED`, a folder made by `membersim dossier {folder} --share SHARED`",
        ),
    ]
    blocks: list[Block] = [Facts(pairs)]
    if data:
        blocks.append(Table(["Input", "File", "SHA-256"], data, words=(0, 1, 2), caption="Data that the plan reads"))
    return Section("inputs", "Inputs, and how to run it again", blocks)

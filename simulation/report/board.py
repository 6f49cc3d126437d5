"""The first page of a run's report: chances, what must be true, what moved, what it rests on, the track record."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

import numpy as np

from simulation.report.answer import Wish, wishes
from simulation.report.background import Background
from simulation.report.evidence import evidence_table
from simulation.report.gallery import Gallery
from simulation.report.page import Block, Cell, Section, Table, Text
from simulation.report.words import MINUS, MISSING, day, listed, number, path_words, span

if TYPE_CHECKING:
    from simulation.experiment.must_be_true import MustBeTrue
    from simulation.forecast import Forecast
    from simulation.scenario import Scenario

__all__ = ["ASKED", "board", "record"]

ASKED = 0.8
"""The chance for which a board is told what must be true."""
FEWEST = 40
"""Below so many futures nothing can be said of conditions."""
MOST_GOALS = 3
MOST_CHANGES = 5
WORDS = {"own": "own data", "published": "published figures", "prior": "judgement", "not stated": "nothing stated"}


def board(forecast: Forecast, gallery: Gallery, background: Background) -> list[Section]:
    """Return the sections of the first page."""
    goals = wishes(forecast)
    return [
        _chances(forecast, goals, gallery),
        _true(forecast, goals, background),
        _since(background),
        _rests(forecast),
        record(background),
    ]


def _chances(forecast: Forecast, goals: Sequence[Wish], gallery: Gallery) -> Section:
    """The chance of each objective beside the fan of ARR."""
    rows: list[list[Cell | str]] = []
    for one in goals:
        if np.isnan(one.chance):
            rows.append([Cell(one.title, one.target), Cell(MISSING, one.note or "it is undefined")])
            continue
        rows.append([Cell(one.title, one.target), Cell(f"{one.chance:.0%}", f"{one.low:.0%} to {one.high:.0%}",
                                                       one.chance)])  # fmt: skip
    blocks: list[Block] = []
    if rows:
        blocks.append(Table(["Objective", "Chance"], rows, narrow=True))
    else:
        blocks.append(Text("The plan names no objective, so no chance to meet one can be told; state some under "
                           "`objectives` in its file."))  # fmt: skip
    blocks += gallery.picture(
        "arr", "Fan chart of ARR over time: median, P25 to P75 and P10 to P90.",
        "The line is the middle of the futures; the light band holds 80% of them.",
    )  # fmt: skip
    return Section("chances", "Objectives and ARR", blocks)


def _true(forecast: Forecast, goals: Sequence[Wish], background: Background) -> Section:
    """What must be true for the objectives that are not likely enough."""
    title = "What must be true"
    short = [one for one in goals if one.chance < ASKED]
    fine = [f"“{one.title}” ({one.chance:.0%})" for one in goals if one.chance >= ASKED]
    blocks: list[Block] = []
    if not goals:
        blocks.append(Text("This is told for objectives, and the plan names none."))
    if fine:
        blocks.append(Text(f"Nothing more than planned for {listed(fine)}."))
    deeper = f"`membersim must-be-true {background.file or 'FILE'} --objective {short[0].key}`" if short else ""
    if short and not forecast.has_assumptions:
        blocks.append(Text("The plan takes every number as exactly known, so nothing in it could turn out otherwise."))
    elif short and (background.scenario is None or forecast.replications < FEWEST):
        names = listed([f"“{one.title}” ({one.chance:.0%})" for one in short])
        blocks.append(Text(f"For {names} this needs more futures: {deeper}."))
    elif short and background.scenario is not None:
        blocks += _needed(forecast, background.scenario, short, deeper)
    return Section("true", title, blocks)


def _needed(forecast: Forecast, scenario: Scenario, short: Sequence[Wish], deeper: str) -> list[Block]:
    """The conditions that suffice, and the objectives for which none were found."""
    from simulation.experiment.must_be_true import must_be_true
    from simulation.report.conditions import in_words

    currency = forecast.frame.currency
    rows: list[list[Cell | str]] = []
    without: list[str] = []
    hints: list[str] = []
    for one in short[:MOST_GOALS]:
        found = must_be_true(forecast, scenario, one.key, ASKED)
        best = found.requirements.best
        if found.requirements.sets:
            rows += _conditions(found, one, currency)
            continue
        without.append(f"“{one.title}” ({one.chance:.0%})")
        if best is not None and best.chance.low > one.chance:
            helps = listed([in_words(each, found.evidence[each.path], currency) for each in best.conditions])
            hints.append(f"What helps “{one.title}” most is that {helps}: then {best.chance.value:.0%}, and at least "
                         f"{best.chance.low:.0%}.")  # fmt: skip
    blocks: list[Block] = []
    if rows:
        columns = ["It is enough that", "Likely today", "Rests on", "Speaks against it"]
        blocks.append(Table(columns, rows, words=(0, 2, 3), caption=f"For a chance of {ASKED:.0%}"))
    if without:
        text = (
            f"For {listed(without)} no condition surely gives {ASKED:.0%}: too much is luck, or "
            f"{forecast.replications:,} futures are too few to tell."
        )
        blocks.append(Text(" ".join([text, *hints, f"With more futures: {deeper}."])))
    left = [f"“{one.title}” ({one.chance:.0%})" for one in short[MOST_GOALS:]]
    return [*blocks, Text(f"Not looked at: {listed(left)}.")] if left else blocks


def _conditions(found: MustBeTrue, goal: Wish, currency: str) -> list[list[Cell | str]]:
    """The simplest set of conditions of an objective, below a line that says what it does."""
    from simulation.report.conditions import in_words, reading

    one = found.requirements.sets[0]
    chance = f"{goal.chance:.0%} today, {one.chance.value:.0%} (at least {one.chance.low:.0%}) if this holds"
    rows: list[list[Cell | str]] = [[f"“{goal.title}”: {chance}"]]
    for each in one.conditions:
        evidence = found.evidence[each.path]
        about = WORDS[evidence.evidence or "not stated"]
        owner = f"owner: {evidence.owner}" if evidence.owner else ""
        plan = f"in the plan: {evidence.plan}" if evidence.plan else ""
        rows.append(
            [
                Cell(in_words(each, evidence, currency), plan),
                f"{found.likely[each]:.0%}",
                Cell(about, owner),
                reading(found.indicators[each], currency),
            ]
        )
    return rows


def _since(background: Background) -> Section:
    """The bridge from the run before."""
    title, since, here = "Since last time", background.since, background.folder or "RUN"
    if since is None:
        text = f"No earlier run of this plan is here to compare with: `membersim report {here} --since EARLIER_RUN`."
        return Section("since", title, [Text(text)])
    bridge, currency = since.bridge, since.bridge.currency
    steps = [row for row in bridge.rows if row.value or row.low < row.high]
    spread = max((row.high - row.low for row in steps), default=np.nan)
    change = (bridge.new["all"] - bridge.old["all"]) / 100
    ends = [number(cents / 100, "money", currency, spread) for cents in (bridge.old["all"], bridge.new["all"])]
    moved = f"moved by {_signed(change, currency, spread)}, from {ends[0]} to {ends[1]}" if change else "did not move"
    text = f"Since {since.before} the mean of ARR on {day(bridge.until)} {moved}."
    if since.changes:
        shown = [_changed(*one) for one in since.changes[:MOST_CHANGES]]
        more = len(since.changes) - len(shown)
        text += f" Changed in the plan: {'; '.join(shown)}{f'; and {more:,} more' if more > 0 else ''}."
        text += "" if since.causes else f" Which change did it: `membersim bridge EARLIER_RUN {here}`."
    else:
        text += "" if since.causes else " The plan itself is the same."
    rows: list[list[Cell | str]] = [
        [row.name, _signed(row.value, currency, row.high - row.low), span(row.low, row.high, "money", currency)]
        for row in steps
    ]
    table = [Table(["Because of", "ARR", "95% interval"], rows, narrow=True)] if rows else []
    return Section("since", title, [Text(text), *table])


def _rests(forecast: Forecast) -> Section:
    """How much rests on own evidence."""
    table = evidence_table(forecast)
    total = int(table["numbers"].sum())
    if not total:
        return Section("rests", "What it rests on", [Text("The plan's numbers cannot be counted by evidence.")])
    own, known = float(table["explained"]["own"]), float(table["explained"].sum())
    counted = ", ".join(f"{WORDS[str(kind)]} {int(count):,}" for kind, count in table["numbers"].items())
    text = f"The {total:,} numbers that drive it: {counted}."
    if known > 0:
        share = own / known
        some = "Nothing" if share == 0 else "All" if share == 1 else f"{share:.0%} of all"
        text = f"{some} that moves ARR rests on own data, as far as the assumptions explain it. {text}"
    strongest = forecast.assumption_effects("arr") if forecast.has_assumptions else None
    if strongest is not None and len(strongest) and np.isfinite(strongest["rank_correlation"].iloc[0]):
        path = str(strongest.index[0])
        said = {one["path"]: one for one in forecast.facts.assumptions}.get(path, {})
        kind, owner = WORDS[said.get("evidence") or "not stated"], said.get("owner")
        text += f" What moves ARR most is “{path_words(path)}” ({kind}{f'; owner: {owner}' if owner else ''})."
    return Section("rests", "What it rests on", [Text(text)])


def record(background: Background) -> Section:
    """How good earlier forecasts of this plan were."""
    title, scores = "Track record", background.scores
    if scores is None or scores.empty:
        text = "No forecast of this plan has been scored yet, so nobody knows how good it is."
        if background.archived:
            text += f" {background.archived:,} archived; when the actuals have come: `membersim score all ACTUALS`."
        else:
            text += (
                f" To begin: `membersim runs {background.folder or 'RUN'}`, and later `membersim score all ACTUALS`."
            )
        return Section("record", title, [Text(text)])
    own = scores[scores["by"] == "membersim"]
    inside = own["inside_80%"].astype(bool)
    text = (
        f"Of {len(own):,} values that {own['entry'].nunique():,} archived forecast"
        f"{'' if own['entry'].nunique() == 1 else 's'} foretold and that have come since, {int(inside.sum()):,} "
        f"({inside.mean():.0%}) lay within the 80% range."
    )
    arr = own[(own["measure"] == "arr") & (own["actual"] != 0)]
    if len(arr):
        error = float(((arr["median"] - arr["actual"]) / arr["actual"]).abs().median())
        side = float((arr["median"] - arr["actual"]).mean())
        text += f" ARR was typically missed by {error:.1%}, forecast too {'high' if side > 0 else 'low'} on average."
    return Section("record", title, [Text(text)])


def _changed(path: str, old: str, new: str) -> str:
    words = path_words(path)
    if not old:
        return f"{words} {new} (new)"
    return f"{words} removed" if not new else f"{words} {old} → {new}"


def _signed(value: float, currency: str, spread: float) -> str:
    return f"{MINUS if value < 0 else '+'}{number(abs(value), 'money', currency, spread)}"

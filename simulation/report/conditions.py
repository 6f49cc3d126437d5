"""The page on what must be true: the answer in a sentence, the conditions with their evidence, where the plan fails."""

from __future__ import annotations

from pathlib import Path

import pandas as pd

from simulation.experiment.conditions import MOST_CONDITIONS, Condition, ConditionSet
from simulation.experiment.discovery import Weakness
from simulation.experiment.indicators import Indicator
from simulation.experiment.must_be_true import Evidence, MustBeTrue
from simulation.forecast.measures import measure_named
from simulation.report import conditions_figures as figures
from simulation.report.album import Album
from simulation.report.amounts import amount
from simulation.report.answer import Wish, wishes
from simulation.report.csvfile import write_bytes, write_csv
from simulation.report.page import Block, Cell, Facts, Page, Section, Table, Text, rendered
from simulation.report.words import MISSING, day, listed, name, number, path_words

__all__ = [
    "answer", "conditions_page", "conditions_tables", "failures", "in_words", "reading", "shown_sets", "signal",
    "write_conditions",
]  # fmt: skip


def answer(found: MustBeTrue) -> str:
    """Return the answer in one sentence."""
    wanted, goal = found.requirements, f"“{name(str(found.objective['name']))}”"
    asked = f"{wanted.probability:.0%}"
    if wanted.already:
        return (
            f"Nothing more must be true: {goal} is met in {wanted.today.value:.0%} of the futures as it is "
            f"(95% interval {wanted.today.low:.0%} to {wanted.today.high:.0%}; asked for: {asked})."
        )
    if wanted.unsure:
        return (
            f"It is not sure that nothing more must be true: {goal} is met in {wanted.today.value:.0%} of the futures "
            f"as it is (95% interval {wanted.today.low:.0%} to {wanted.today.high:.0%}; asked for: {asked}). Simulate "
            "more."
        )
    if wanted.sets:
        one = wanted.sets[0]
        return (
            f"For a chance of {asked} to meet {goal} it suffices that {_together(found, one)}: then it is met in "
            f"{one.chance.value:.0%} of the futures (at least {one.chance.low:.0%}), instead of "
            f"{wanted.today.value:.0%}. Today that is {one.likely:.0%} likely."
        )
    if wanted.best is not None and not shown_sets(found):
        return (
            f"No set of up to {MOST_CONDITIONS} conditions was found that makes {goal} any likelier: it is met in "
            f"{wanted.today.value:.0%} of the futures (95% interval {wanted.today.low:.0%} to {wanted.today.high:.0%}; "
            f"asked for: {asked})."
        )
    if wanted.best is not None:
        one = wanted.best
        return (
            f"No set of up to {MOST_CONDITIONS} conditions was found that gives a chance of {asked} to meet {goal} for "
            f"sure; the best is that {_together(found, one)}: then it is met in {one.chance.value:.0%} of the futures "
            f"({one.chance.low:.0%} to {one.chance.high:.0%}), instead of {wanted.today.value:.0%}."
        )
    return (
        f"No condition can be judged with {found.forecast.replications:,} futures; {goal} is met in "
        f"{wanted.today.value:.0%} of them. Simulate more."
    )


def failures(found: MustBeTrue) -> list[str]:
    """Return where the plan fails, a sentence a box."""
    discovery, goal = found.discovery, f"“{name(str(found.objective['name']))}”"
    if not discovery.weaknesses:
        return [
            f"The plan misses {goal} in {discovery.missed.value:.0%} of the futures, and no assumptions were found "
            "under which it misses more often."
        ]
    said = []
    for place, one in enumerate(discovery.weaknesses):
        apart = ("", ", outside the box above", ", outside the boxes above")[min(place, 2)]
        said.append(
            f"The plan misses {goal} in {one.density.value:.0%} of the futures where {_limits(found, one)}{apart} (in "
            f"all futures: {discovery.missed.value:.0%}); {one.coverage:.0%} of all misses lie there, and it is "
            f"{one.mass:.0%} likely."
        )
    return said


def in_words(condition: Condition, evidence: Evidence, currency: str) -> str:
    """Return a condition such as "individual: renewal probability is at least 84%"."""
    word = "at least" if condition.at_least else "at most"
    return f"{path_words(condition.path)} is {word} {amount(condition.threshold, evidence.kind, currency)}"


def reading(indicator: Indicator | None, currency: str) -> str:
    """Return what would speak against a condition, such as "Joined on 1 April 2027 below 250"."""
    if indicator is None:
        return "No early reading can tell: the condition nearly always holds, or nearly never."
    what = measure_named(indicator.measure)
    of = f" of {', '.join(name(one) for one in indicator.where.values())}" if indicator.where else ""
    threshold = number(indicator.threshold, what.unit, currency)
    return f"{what.title}{of}, read on {day(indicator.until)}, {'below' if indicator.below else 'above'} {threshold}"


def signal(indicator: Indicator | None, currency: str) -> str:
    """Return what would prove a condition false, with its error rates."""
    if indicator is None:
        return reading(indicator, currency)
    text = (
        f"{reading(indicator, currency)} speaks against it: that happens in {indicator.false_alarm:.0%} of the futures "
        f"in which it is true, and in {indicator.detection:.0%} of those in which it is false."
    )
    return text if indicator.telling else f"{text} A weak sign, and the best there is."


def conditions_tables(found: MustBeTrue) -> dict[str, pd.DataFrame]:
    """Return the tables by the name of their file; thresholds in base units and as text."""
    currency = found.forecast.frame.currency
    rows = []
    for place, one in enumerate(shown_sets(found), 1):
        for condition in one.conditions:
            evidence, indicator = found.evidence[condition.path], found.indicators[condition]
            rows.append(
                {
                    "set": place,
                    "suffices": one in found.requirements.sets,
                    "chance": one.chance.value,
                    "chance_low": one.chance.low,
                    "chance_high": one.chance.high,
                    "futures": one.chance.futures,
                    "set_likely": one.likely,
                    "path": condition.path,
                    "direction": "at least" if condition.at_least else "at most",
                    "threshold": condition.threshold,
                    "threshold_text": amount(condition.threshold, evidence.kind, currency),
                    "condition_likely": found.likely[condition],
                    "plan": evidence.plan,
                    "low": evidence.low,
                    "middle": evidence.middle,
                    "high": evidence.high,
                    "evidence": evidence.evidence,
                    "source": evidence.source,
                    "owner": evidence.owner,
                    "review_by": evidence.review_by,
                    "indicator": None if indicator is None else indicator.measure,
                    "indicator_of": None if indicator is None else ", ".join(indicator.where.values()),
                    "indicator_until": None if indicator is None else indicator.until.isoformat(),
                    "indicator_false": None if indicator is None else "below" if indicator.below else "above",
                    "indicator_threshold": None if indicator is None else indicator.threshold,
                    "false_alarm": None if indicator is None else indicator.false_alarm,
                    "detection": None if indicator is None else indicator.detection,
                }
            )
    boxes = [
        {
            "box": place,
            "path": limit.path,
            "direction": "at least" if limit.at_least else "at most",
            "limit": limit.value,
            "limit_text": amount(limit.value, found.evidence[limit.path].kind, currency),
            "quasi_p": limit.quasi_p,
            "density": one.density.value,
            "density_low": one.density.low,
            "density_high": one.density.high,
            "coverage": one.coverage,
            "mass": one.mass,
        }
        for place, one in enumerate(found.discovery.weaknesses, 1)
        for limit in one.limits
    ]
    return {"conditions": pd.DataFrame(rows), "where_the_plan_fails": pd.DataFrame(boxes)}


def write_conditions(found: MustBeTrue, folder: Path) -> list[Path]:
    """Write report.html, tables/*.csv and figures/*.png; return the files, report.html first."""
    album = Album()
    page = conditions_page(found, album)
    files = [folder / "report.html"]
    write_bytes(files[0], rendered(page).encode())
    for key, table in conditions_tables(found).items():
        if not table.empty:
            files.append(folder / "tables" / f"{key}.csv")
            write_csv(files[-1], table)
    return [*files, *album.write(folder / "figures")]


def conditions_page(found: MustBeTrue, album: Album) -> Page:
    """The page, its figures kept in an album."""
    forecast = found.forecast
    wish = _wish(found)
    notices = []
    if forecast.replications < 500:
        notices.append(
            f"Only {forecast.replications} futures: half of them suggest conditions and half judge them, so few can be "
            "found; 1,000 and more are better."
        )
    return Page(
        title=forecast.facts.name,
        description=forecast.facts.description,
        subtitle=f"{wish.title}: {wish.target}; {forecast.replications:,} simulated futures",
        headline=answer(found),
        points=failures(found),
        objectives=[wish.sentence],
        hint="Chances are those of futures that had no part in choosing the conditions.",
        notices=notices,
        sections=[*_conditions(found, album), _failures(found, album), _method(found)],
        footer=f"Made by membersim {forecast.version} with seed {forecast.seed}.",
        kind="What must be true",
    )


def _conditions(found: MustBeTrue, album: Album) -> list[Section]:
    shown, currency = shown_sets(found), found.forecast.frame.currency
    if not shown:
        return []
    text = (
        "Each set suffices on its own." if found.requirements.sets else "The best set that was found does not suffice."
    )
    blocks: list[Block] = [Text(text)]
    for place, one in enumerate(shown, 1):
        rows: list[list[Cell | str]] = []
        for condition in one.conditions:
            evidence = found.evidence[condition.path]
            rows.append(
                [
                    Cell(in_words(condition, evidence, currency), condition.path),
                    Cell(evidence.plan or MISSING, _range(evidence, currency)),
                    f"{found.likely[condition]:.0%}",
                    Cell(evidence.evidence or "not stated", _origin(evidence)),
                    signal(found.indicators[condition], currency),
                ]
            )
        chance = f"{one.chance.value:.0%} (at least {one.chance.low:.0%})"
        caption = f"Set {place}: the objective is met in {chance} of the futures; today it is {one.likely:.0%} likely"
        columns = ["It must be true that", "In the plan", "Likely today", "Evidence", "What would prove it false"]
        blocks.append(Table(columns, rows, words=(0, 1, 3, 4), caption=caption))
    every = list({condition.path: condition for one in shown for condition in one.conditions}.values())
    blocks += album.add(
        "chances", figures.chances(found, every), "The chance to meet the objective by the value of each assumption."
    )
    return [Section("conditions", "What must be true", blocks)]


def _failures(found: MustBeTrue, album: Album) -> Section:
    blocks: list[Block] = [Text(one) for one in failures(found)]
    for place, one in enumerate(found.discovery.weaknesses, 1):
        blocks += album.add(
            f"weakness_{place}", figures.weakness(found, one),
            "Futures by two assumptions, met and missed, with the box in which the plan fails.",
            f"Density {one.density.value:.0%} (held-out futures, {one.density.low:.0%} to {one.density.high:.0%}).",
        )  # fmt: skip
    rows: list[list[Cell | str]] = [
        [
            str(place),
            Cell(_limit(found, limit.path, limit.at_least, limit.value), limit.path),
            "below 0.001" if limit.quasi_p < 0.001 else f"{limit.quasi_p:.3f}",
        ]
        for place, one in enumerate(found.discovery.weaknesses, 1)
        for limit in one.limits
    ]
    if rows:
        caption = (
            "The limits; the quasi-p-value is the chance of so many misses if the limit did nothing, "
            "among the held-out futures outside the boxes above"
        )
        blocks.append(Table(["Box", "Limit", "Quasi-p-value"], rows, words=(0, 1), caption=caption, narrow=True))
    return Section("failures", "Where the plan fails", blocks)


def _method(found: MustBeTrue) -> Section:
    wanted, discovery = found.requirements, found.discovery
    pairs = [
        ("Futures", f"{found.forecast.replications:,}; those of even assumption points suggest conditions, thresholds "
         "and indicators, those of odd points judge them"),
        ("Conditions", "for one, two or three assumptions the likeliest thresholds, at every twentieth of the draws, "
         f"whose lower bound reaches what is asked for; {wanted.judged} sets were judged, and their lower bounds hold "
         "together with 95% (Bonferroni). A larger set is shown only where it is a quarter likelier than the smaller "
         "ones in it"),
        ("Likely today", "the share of the futures in which it holds, given the distributions of the scenario"),
        ("What would prove it false", "the reading and the first day at which at least half of the false cases are "
         "found; flows and rates are counted from the start of the plan. The threshold is the P10 (or P90) of the "
         "futures in which the condition holds"),
        ("Where the plan fails", "PRIM (Friedman & Fisher 1999), with the quasi-p-values of Bryant & Lempert (2010); "
         "a box is shown when its density is above the share of misses of all futures, and what lies in it is put "
         "aside before the next one is sought, so all that is said of a later box leaves out the earlier ones; "
         f"intervals of {discovery.level:.1%} each"),
        ("Scenario", f"{found.forecast.facts.name}, SHA-256 {found.forecast.facts.digest}"),
    ]  # fmt: skip
    return Section("method", "Method", [Facts(pairs)])


def shown_sets(found: MustBeTrue) -> list[ConditionSet]:
    """The sets that suffice; where there is none the best one, if it makes the objective any likelier."""
    wanted, best = found.requirements, found.requirements.best
    if wanted.sets or best is None:
        return list(wanted.sets)
    return [best] if best.chance.value > wanted.today.value else []


def _together(found: MustBeTrue, one: ConditionSet) -> str:
    currency = found.forecast.frame.currency
    return listed([f"“{in_words(each, found.evidence[each.path], currency)}”" for each in one.conditions])


def _limits(found: MustBeTrue, one: Weakness) -> str:
    return listed([f"“{_limit(found, limit.path, limit.at_least, limit.value)}”" for limit in one.limits])


def _limit(found: MustBeTrue, path: str, at_least: bool, value: float) -> str:
    sign = "≥" if at_least else "≤"
    return f"{path_words(path)} {sign} {amount(value, found.evidence[path].kind, found.forecast.frame.currency)}"


def _range(evidence: Evidence, currency: str) -> str:
    low, high = (amount(value, evidence.kind, currency) for value in (evidence.low, evidence.high))
    return f"P10 {low}, P90 {high}"


def _origin(evidence: Evidence) -> str:
    parts = [evidence.source or "", f"owner: {evidence.owner}" if evidence.owner else ""]
    parts.append(f"review by {evidence.review_by}" if evidence.review_by else "")
    return "; ".join(part for part in parts if part)


def _wish(found: MustBeTrue) -> Wish:
    names = [str(one["name"]) for one in found.forecast.facts.objectives]
    return wishes(found.forecast)[names.index(str(found.objective["name"]))]

"""The interview: what a planner knows, asked in words and answered in ranges, becomes the known facts of a scenario.

Nothing in it asks for an angle. What is answered goes into an overlay under `known:`; `calibrate` finds the rest.
"""

from __future__ import annotations

import os
import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal

from simulation.scenario.errors import Misfit, Problem, ScenarioError
from simulation.scenario.quantities import DURATION, MONEY, SHARE, Kind, parse, written
from simulation.scenario.schema.objective import KNOWN_MEASURES, MEASURES

if TYPE_CHECKING:
    from simulation.scenario import Scenario
    from simulation.scenario.schema import Known

__all__ = ["Answer", "Question", "Range", "questions", "read_answers", "read_range", "shown_range", "write_interview"]

Evidence = Literal["own", "published", "prior"]
ORDINALS = ("first", "second", "third", "fourth", "fifth")
RATIOS = ("nrr", "grr")
FIRST_VALUE, REACHED = (30, 90, 180), (90, 180, 365)


@dataclass(frozen=True)
class Question:
    """Something a planner may know.

    Attributes
    ----------
    path
        Of the known fact.
    group
        What it is about; questions of a group belong together.
    text
        The question.
    unit
        What an answer without a unit is taken in, in words; empty where the unit must be said.
    example
        An answer as it may be typed.
    answer
        What the scenario says so far, as it may be typed; empty when nothing.
    source
        Where that comes from.
    evidence
        What that rests on; None: not said.
    """

    path: str
    group: str
    text: str
    unit: str
    example: str
    answer: str = ""
    source: str = ""
    evidence: Evidence | None = None

    @property
    def measure(self) -> str:
        """The measure that is asked for."""
        return self.path.rpartition(".")[2]


@dataclass(frozen=True)
class Range:
    """A range in base units; both ends are the same for a single value."""

    low: float
    high: float
    kind: Kind

    @property
    def as_yaml(self) -> dict[str, Any]:
        """As it stands under `known:`."""
        low, high = written(self.kind, self.low), written(self.kind, self.high)
        return {"value": low} if self.low == self.high else {"between": [low, high]}


@dataclass(frozen=True)
class Answer:
    """What was answered: the text of a range, where it comes from, and what it rests on."""

    text: str
    source: str = ""
    evidence: Evidence = "prior"
    owner: str = ""


def questions(scenario: Scenario) -> list[Question]:
    """What can be asked of a scenario, in the order of asking; every fact that it states already is among them."""
    found: dict[str, Question] = {}

    def ask(path: str, group: str, text: str, example: str) -> None:
        kind = KNOWN_MEASURES[path.rpartition(".")[2]]
        known = scenario.known.get(path)
        found[path] = Question(
            path, group, text, "percent" if kind is SHARE else scenario.currency if kind is MONEY else "", example,
            "" if known is None else shown_range(Range(known.low, known.high, kind)),
            "" if known is None else known.source or "", None if known is None else known.evidence,
        )  # fmt: skip

    for name, segment in scenario.segments.items():
        of = f"segments.{name}"
        for days in FIRST_VALUE:
            text = f"Of 100 new members, how many have completed adoption {days} days after joining?"
            ask(f"{of}.first_value_{days}", f"{name}: first value", text, "5 to 9")
        for number, word in enumerate(ORDINALS, start=1):
            text = f"Of 100 members whose {word} renewal comes up, how many renew?"
            same = number == 1 and f"{of}.first_year_renewal" in scenario.known  # under another name
            measure = "first_year_renewal" if same else f"renewal_year_{number}"
            ask(f"{of}.{measure}", f"{name}: renewal", text, "62-68%")
        ask(
            f"{of}.renewal_rate", f"{name}: renewal", "Of 100 contracts up for renewal, how many are renewed?", "78-81%"
        )
        for path, who in (("renewal_adopted", "have"), ("renewal_not_adopted", "have not")):
            text = f"Of 100 members up for renewal who {who} completed adoption, how many renew?"
            ask(f"{of}.{path}", f"{name}: renewal", text, "80 to 90")
        for milestone, one in segment.journey.items():
            title = milestone.replace("_", " ")
            if one.stage != "adoption":
                for days in REACHED:
                    text = f"Of 100 new members, how many have reached “{title}” {days} days after joining?"
                    ask(f"{of}.journey.{milestone}.reached_{days}", f"{name}: milestones", text, "10 to 20")
            if one.opportunity is not None:
                text = f"Of 100 members who are offered what “{title}” opens, how many take it?"
                ask(f"{of}.journey.{milestone}.take_rate", f"{name}: offers", text, "30 to 40")
        text = "Of 100 members who are doing well today, how many still are in three months?"
        ask(f"{of}.still_on_track", f"{name}: staying on course", text, "70 to 85")
    text = "What is net revenue retention over twelve months?"
    ask("nrr", "everybody", text, "98% to 104%")
    ask("grr", "everybody", "What is gross revenue retention over twelve months?", "88% to 92%")
    for path in scenario.known:
        if path not in found:
            measure = path.rpartition(".")[2]
            group = "everybody" if "." not in path else f"{path.split('.')[1]}: other facts"
            text = MEASURES[measure][1] if measure in MEASURES else f"{path}?"
            ask(path, group, text, _EXAMPLES.get(KNOWN_MEASURES[measure], "5 to 9"))
    return list(found.values())


_WORDS = re.compile(r"\b(?:between|from|i think|of them|members?)\b|[\"“”]")
_VAGUE = re.compile(r"\b(?:about|around|roughly|approximately|approx|circa|ca|some|maybe|probably)\b\.?|~|≈")
_OF = re.compile(r"\b(?:out of|of|in)\s+(?:every\s+)?(\d+)\s*$|\s*/\s*(\d+)\s*$")
_SEPARATOR = re.compile(r"\s*(?:\bto\b|\band\b|\bbis\b|\.\.+|-)\s*")
_DEVIATION = re.compile(r"\s*(?:±|\+\s*/?\s*-)\s*")
_END = re.compile(r"([\d.,]*\d)\s*(%|[a-z]*)")
_LEAST = re.compile(r"^(?:at least|more than|over|above|>=?|≥)\s*")
_MOST = re.compile(r"^(?:at most|less than|under|below|up to|<=?|≤)\s*")
_EXAMPLES = {SHARE: "62% to 68%", DURATION: "2 to 3 months", MONEY: "1.2M to 1.4M"}
_SCALES = {"k": 1e3, "m": 1e6, "bn": 1e9}


def read_range(measure: str, text: str) -> Range:
    """What a typed range means.

    Parameters
    ----------
    measure
        Of KNOWN_MEASURES.
    text
        `5 to 9`, `62-68%`, `5 to 9 of 100`, `65% +- 3`, `at least 80%`, `2 to 3 months`, `1.2M`. A share without a
        percent sign is in percent.

    Raises
    ------
    Misfit
        It cannot be read, or can be read two ways; the message says how to write it.
    """
    kind = KNOWN_MEASURES[measure]
    example = _EXAMPLES.get(kind, "5 to 9")
    unreadable = Misfit(f"cannot be read: write a range such as {example}")
    plain = " ".join(re.sub("[–—−]", "-", text.lower()).split())
    if not plain:
        raise Misfit(f"is empty: write a range such as {example}")
    if len(plain) > 80:
        raise Misfit(f"is too long: write a range such as {example}")
    if found := _VAGUE.search(plain):
        raise Misfit(f"leaves open how sure it is (“{found[0].strip()}”): write a range such as {example}")
    plain = " ".join(_WORDS.sub(" ", plain).split()).rstrip(" .")
    of = _OF.search(plain) if kind is SHARE else None
    plain = plain[: of.start()].strip() if of else plain
    least, most = _LEAST.match(plain), _MOST.match(plain)
    plain = plain[(least or most).end() :] if least or most else plain  # type: ignore[union-attr]
    around = _DEVIATION.split(plain)
    parts = around if len(around) == 2 else _SEPARATOR.split(plain)
    ends = [_END.fullmatch(part) for part in parts]
    if len(ends) > 2 or (len(ends) == 2 and (least or most)):
        raise unreadable
    whole = float(of[1] or of[2]) if of else None
    shared = next((end[2] for end in reversed(ends) if end is not None and end[2]), "")
    values = []
    for end in ends:
        if end is None or whole == 0:
            raise unreadable
        values.append(_value(kind, end[1], end[2] or shared, whole, example))
    low, high = values[0], values[-1]
    if len(around) == 2:
        low, high = max(values[0] - values[1], 0.0), values[0] + values[1]
    elif least:
        if kind is not SHARE or measure in RATIOS:
            raise Misfit(f"has no upper end: write a range such as {example}")
        high = 1.0
    elif most:
        low = 0.0
    if low > high:
        raise Misfit("begins with the larger number: write the smaller one first")
    if kind is SHARE:
        _check_share(measure, high, plain=not shared and of is None)
    return Range(low, high, kind)


def _value(kind: Kind, number: str, unit: str, of: float | None, example: str) -> float:
    """One end in base units."""
    if kind is DURATION:
        if not unit:
            raise Misfit(f"has no unit: write days, weeks or months, such as {example}")
        return parse(DURATION, f"{_number(number, kind)!r} {unit}")
    if kind is SHARE:
        if unit not in ("", "%", "percent"):
            raise Misfit(f"“{unit}” is no unit of a share: write percent, such as {example}")
        return _number(number, kind) / (100.0 if of is None or unit else of)
    if unit and unit not in _SCALES:
        raise Misfit(f"“{unit}” is not expected: write numbers such as {example}")
    return _number(number, kind) * _SCALES.get(unit, 1.0) * (100.0 if kind is MONEY else 1.0)


def _number(text: str, kind: Kind) -> float:
    body = text
    if re.fullmatch(r"\d{1,3}(,\d{3})+(\.\d+)?", body) and kind is not SHARE:
        body = body.replace(",", "")
    elif body.count(",") == 1 and "." not in body:  # a decimal comma
        body = body.replace(",", ".")
    try:
        return float(body)
    except ValueError:
        raise Misfit(f"“{text}” is no number") from None


def _check_share(measure: str, high: float, *, plain: bool) -> None:
    """A share must be one, and nobody should have to guess whether 0.5 is a half."""
    if plain and 0 < high <= 0.01:
        text = f"can be read two ways: write {100 * high:g}% or {10_000 * high:g}%"
        raise Misfit(text)
    if high > (10.0 if measure in RATIOS else 1.0):
        raise Misfit("is more than 1000 percent" if measure in RATIOS else "is more than 100 percent of the members")


def shown_range(one: Range | Known, kind: Kind | None = None) -> str:
    """A range as it may be typed."""
    kind = one.kind if isinstance(one, Range) else kind
    assert kind is not None
    low, high = (_shown(kind, value) for value in (one.low, one.high))
    return low if low == high else f"{low} to {high}"


def _shown(kind: Kind, value: float) -> str:
    return f"{100 * value:.4g}%" if kind is SHARE else str(written(kind, value))


def read_answers(scenario: Scenario, answers: Mapping[str, Answer]) -> dict[str, dict[str, Any]]:
    """Answers as they stand under `known:`; an empty text takes a fact away that the scenario states.

    Raises
    ------
    ScenarioError
        Every answer that cannot be read, and answers that contradict each other.
    """
    asked = {one.path: one for one in questions(scenario)}
    problems: list[Problem] = []
    ranges: dict[str, Range] = {}
    tree: dict[str, Any] = {}
    for path, answer in answers.items():
        if path not in asked:
            problems.append(Problem("", None, None, path, "is no question of this scenario"))
            continue
        if not answer.text.strip():
            if path in scenario.known:
                tree[path] = None
            continue
        try:
            ranges[path] = read_range(asked[path].measure, answer.text)
        except Misfit as misfit:
            problems.append(Problem("", None, None, path, f"{asked[path].text} “{answer.text.strip()[:60]}” {misfit}"))
            continue
        source = answer.source.strip() or "stated in the interview"
        tree[path] = ranges[path].as_yaml | {"source": source, "evidence": answer.evidence}
        tree[path] |= {"owner": answer.owner.strip()} if answer.owner.strip() else {}
    problems += _contradictions(ranges, asked)
    if problems:
        raise ScenarioError(problems)
    return tree


def _contradictions(ranges: Mapping[str, Range], asked: Mapping[str, Question]) -> Iterable[Problem]:
    """Shares that must not fall with time, and do."""
    for path, one in ranges.items():
        head, mark, days = path.rpartition("_")
        if not mark or not days.isdigit() or not head.endswith(("first_value", "reached")):
            continue
        for other, theirs in ranges.items():
            before, _, earlier = other.rpartition("_")
            if before == head and earlier.isdigit() and int(earlier) < int(days) and theirs.low > one.high:
                text = (
                    f"{asked[path].text} “{shown_range(one)}” is less than “{shown_range(theirs)}” after {earlier}: "
                    "such a share cannot fall with time"
                )
                yield Problem("", None, None, path, text)


def write_interview(path: Path, scenario: Scenario, answers: Mapping[str, Answer]) -> Path:
    """Write the answers as an overlay of a scenario.

    Parameters
    ----------
    path
        The overlay, .yaml.

    Raises
    ------
    ScenarioError
        As `read_answers`; or nothing was answered.
    """
    from ruamel.yaml import YAML

    known = read_answers(scenario, answers)
    if not any(known.values()):
        raise ScenarioError([Problem("", None, None, "", "nothing was answered")])
    base = Path(os.path.relpath(scenario.source_files[0], path.parent)).as_posix()
    writer = YAML()
    writer.width = 120
    writer.default_flow_style = False
    writer.representer.add_representer(
        type(None), lambda self, _: self.represent_scalar("tag:yaml.org,2002:null", "null")
    )
    with path.open("w", encoding="utf-8", newline="\n") as file:
        file.write(
            "# What planners know, as they said it. `membersim calibrate` finds the numbers that reproduce it.\n"
        )
        writer.dump({"extends": base, "name": f"{scenario.name}, as known", "known": known}, file)
    return path

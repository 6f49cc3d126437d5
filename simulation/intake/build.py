"""From exports and a mapping to today's members (a book), what happened (a history), and all that does not fit."""

from __future__ import annotations

import datetime as dt
import math
from collections import defaultdict
from collections.abc import Mapping as Given
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

import pandas as pd

from simulation.evidence.history import History
from simulation.intake.happened import Charge, Row, happened_in
from simulation.intake.mapping import Mapping
from simulation.intake.milestones import in_order
from simulation.intake.misfit import Misfit
from simulation.intake.people import People, Person, people_of
from simulation.intake.sheet import Sheet
from simulation.intake.terms import Contract, contract_of, months_later
from simulation.intake.tidy import tidied
from simulation.intake.use import use_by_month
from simulation.scenario.errors import Problem, ScenarioError, one_of

if TYPE_CHECKING:
    from simulation.scenario import Scenario

__all__ = ["Imported", "Misfit", "build"]


@dataclass(frozen=True, eq=False)
class Imported:
    """What an import found.

    Attributes
    ----------
    mapping
        By which it was read.
    exported
        Day of the export.
    book
        Today's members, with the columns that a book has.
    history
        What happened.
    misfits
        Rows that do not fit, by file and line.
    notes
        What deserves a look and is no fault.
    journeys
        Milestones of each segment, in order, as they were used.
    stated
        By member: ARR in the list of members and by the invoices, where they differ by more than a cent.
    """

    mapping: Mapping
    exported: dt.date
    book: pd.DataFrame = field(repr=False)
    history: History = field(repr=False)
    misfits: list[Misfit] = field(repr=False)
    notes: tuple[str, ...]
    journeys: dict[str, tuple[str, ...]]
    stated: pd.DataFrame = field(repr=False)


def build(
    sheets: Given[str, Sheet], mapping: Mapping, *, exported: dt.date, scenario: Scenario | None = None
) -> Imported:
    """Read exports by a mapping.

    Parameters
    ----------
    sheets
        The exports by their names in the mapping.
    mapping
        How they are read.
    exported
        Day of the export; what is dated later has not happened.
    scenario
        Its segments, milestones and terms; without one, those of the mapping.

    Raises
    ------
    ScenarioError
        A column of the mapping is not there, or nobody is left.
    """
    sheets = dict(sheets)
    _check(sheets, mapping, scenario)
    segments = list(scenario.segments) if scenario is not None else _segments(mapping)
    people = people_of(sheets, mapping, exported, segments)
    if not people.by_key:
        problems = [one.problem for one in people.misfits[:50]]
        raise ScenarioError([*problems, Problem("", None, None, "", "no row of the list of members is a member")])
    found = happened_in(sheets, mapping, people, exported)
    journeys = _journeys(mapping, scenario, segments)
    work = _Work(people, mapping, exported, scenario, journeys)
    work.contracts(found.charges)
    rows, misfits = work.lives(found.rows)
    use = use_by_month(found.logins, found.days, people, exported, mapping.begins)
    history, wrong, notes = tidied(rows + use, people, exported, journeys, work.terms)
    everything = sorted([*people.misfits, *found.misfits, *misfits, *wrong], key=lambda one: (one.file, one.line))
    book, stated = work.book(history, everything)
    notes = [*work.notes(found.rows), *notes]
    return Imported(mapping, exported, book, history, everything, tuple(notes), journeys, stated)


def _check(sheets: dict[str, Sheet], mapping: Mapping, scenario: Scenario | None) -> None:
    """Every column of the mapping must be in its export, and every export of the mapping must be there."""
    problems = []
    for name, spec in mapping.files.items():
        if name not in sheets:
            text = f"the mapping has an export {name!r}, but no such file is given: {one_of(sheets, name)}"
            problems.append(Problem("", None, None, f"files.{name}", text))
            continue
        sheet = sheets[name]
        for key, column in spec.columns.items():
            if column.column not in sheet.columns:
                text = f"there is no column {column.column!r}: {one_of(sheet.header, column.column)}"
                problems.append(Problem(str(sheet.path), None, None, f"files.{name}.columns.{key}", text))
    known = set(mapping.journey)
    if scenario is not None:
        known = {one for segment in scenario.segments.values() for one in segment.journey}
    for name, spec in mapping.files.items():
        for word, said in [*spec.happened.items(), ("first", spec.first or "")]:
            event, _, what = said.partition(" ")
            if event == "milestone" and what not in known:
                text = f"there is no milestone {what!r}: {one_of(sorted(known), what)}"
                problems.append(Problem("", None, None, f"files.{name}.happened.{word}", text))
    if problems:
        raise ScenarioError(problems)


def _segments(mapping: Mapping) -> list[str]:
    """Segments of a mapping without a scenario; a single one when no column says them."""
    values = [
        one for spec in mapping.files.values() if spec.holds == "members" and "segment" in spec.columns
        for one in spec.columns["segment"].values.values() if one
    ]  # fmt: skip
    return list(dict.fromkeys(values)) or ["members"]


def _journeys(mapping: Mapping, scenario: Scenario | None, segments: list[str]) -> dict[str, tuple[str, ...]]:
    if scenario is not None:
        return {name: tuple(one.journey) for name, one in scenario.segments.items()}
    stages = ("adoption", "value", "growth")
    order = sorted(mapping.journey, key=lambda name: stages.index(mapping.journey[name].stage))
    return dict.fromkeys(segments, tuple(order))


class _Work:
    """An import in the making."""

    def __init__(
        self, people: People, mapping: Mapping, exported: dt.date, scenario: Scenario | None,
        journeys: dict[str, tuple[str, ...]],
    ) -> None:  # fmt: skip
        self.people, self.mapping, self.exported, self.journeys = people, mapping, exported, journeys
        self.terms = {name: scenario.segments[name].term if scenario is not None else mapping.term for name in journeys}
        graces = {name: scenario.segments[name].renewal.grace if scenario is not None else None for name in journeys}
        self.grace = {name: one.length if one is not None else 0.0 for name, one in graces.items()}
        self.of: dict[str, Contract] = {}
        self.before = self.gone_before = 0

    def contracts(self, charges: list[Charge]) -> None:
        """What the invoices say of every member."""
        by_key: dict[str, list[Charge]] = defaultdict(list)
        for charge in charges:
            by_key[charge.key].append(charge)
        for key, several in by_key.items():
            person = self.people.by_key[key]
            self.of[key] = contract_of(several, person, self.terms[person.segment], self.exported)

    def lives(self, rows: list[Row]) -> tuple[list[Row], list[Misfit]]:
        """Everything that happened as rows of a history, member by member."""
        begins = self.mapping.begins
        misfits = [one for contract in self.of.values() for one in contract.misfits]
        by_key: dict[str, list[Row]] = defaultdict(list)
        for row in [*rows, *(row for contract in self.of.values() for row in contract.rows)]:
            by_key[row.key].append(row)
        result: list[Row] = []
        for key, person in self.people.by_key.items():
            if begins is not None and person.left is not None and person.left < begins:
                self.gone_before += 1
                continue
            own = [row for row in by_key[key] if begins is None or row.date >= begins]
            self.before += len(by_key[key]) - len(own)
            own, wrong = in_order(own, self.journeys[person.segment], person.joined)
            misfits += wrong
            result += self._membership(person, own) + own
        return result, misfits

    def _membership(self, person: Person, own: list[Row]) -> list[Row]:
        """Joining, leaving, being there when the record begins, and an agreed end of the term."""
        begins = self.mapping.begins
        contract = self.of.get(person.key, Contract())
        rows: list[Row] = []

        def add(day: dt.date, event: str, value: float = math.nan, name: str = "", line: int = person.line) -> None:
            rows.append(Row(person.key, day, event, name, value, person.file, line))

        told = any(row.event == "left" for row in own)
        for number, spell in enumerate(person.spells):
            level = contract.level(spell.joined)
            if math.isnan(level):
                level = contract.levels[0][1] if contract.levels else person.arr
            if begins is not None and spell.left is not None and spell.left < begins:
                continue
            first = not any(row.event in ("joined", "present") for row in rows)
            add(spell.joined, "joined" if first else "returned", level, line=spell.line)
            if begins is not None and spell.joined < begins:
                there = contract.level(begins)
                add(begins, "present", level if math.isnan(there) else there, line=spell.line)
            if spell.left is not None and not (told and number == len(person.spells) - 1):
                add(spell.left, "left", name=spell.cause, line=spell.line)
        due = self._agreed(person, own)
        if due is not None:
            anchor = max(row.date for row in rows if row.event != "left")
            add(anchor, "due", name=due.isoformat())
        return rows

    def _agreed(self, person: Person, own: list[Row]) -> dt.date | None:
        """The first renewal after joining, where that is not whole terms later."""
        term = self.terms[person.segment]
        renewed = sorted(row.date for row in own if row.event == "renewed")
        start = person.spells[-1].joined
        later = [day for day in renewed if day > start]
        first = later[0] if later else person.renews_on if person.left is None else None
        if first is None or first <= start:
            return None
        whole, k = start, 0
        while whole < first:
            k += 1
            whole = months_later(start, k * term)
        return first if whole != first else None

    def book(self, history: History, misfits: list[Misfit]) -> tuple[pd.DataFrame, pd.DataFrame]:
        """Today's members, and whose ARR is another by the invoices."""
        reached, recognised, setback = _standing(history)
        gone = _gone(history)
        begins = self.mapping.begins
        rows, differ = [], []
        for person in self.people.by_key.values():
            if person.left is not None or person.member_id in gone:
                continue
            contract = self.of.get(person.key, Contract())
            billed = contract.level(self.exported)
            arr = billed if math.isnan(person.arr) else person.arr
            if math.isnan(arr):
                misfits.append(
                    self._not_in_book(person, "no ARR", "neither the list nor an invoice says what is paid a year")
                )
                continue
            if not math.isnan(billed) and abs(billed - arr) >= 0.01:
                differ.append((person.member_id, person.segment, arr, billed))
            renews = self._renews(person, contract)
            if (self.exported - renews).days > self.grace[person.segment]:
                text = f"the renewal of {renews} is past, and nothing says that it was renewed or that the member left"
                misfits.append(self._not_in_book(person, "renewal that is past", text, arr))
                continue
            known = begins is None or person.spells[-1].joined >= begins or person.member_id in reached
            rows.append({
                "member_id": person.member_id,
                "segment": person.segment,
                "arr": arr,
                "joined": person.joined,
                "renews_on": renews,
                "milestone": reached.get(person.member_id, "none" if known else ""),
                "value_recognised_on": recognised.get(person.member_id),
                "open_setback": setback.get(person.member_id),
            })  # fmt: skip
        if not rows:
            raise ScenarioError([Problem("", None, None, "", "nobody is a member on the day of the export")])
        misfits.sort(key=lambda one: (one.file, one.line))
        book = pd.DataFrame(rows)
        told = ("milestone", "value_recognised_on", "open_setback")
        empty = [name for name in told if not any(one is not None and one != "" for one in book[name])]
        if not any(self.journeys.values()):
            empty = list({*empty, "milestone"})
        return book.drop(columns=empty), pd.DataFrame(differ, columns=["member_id", "segment", "arr", "invoiced"])

    def _not_in_book(self, person: Person, reason: str, text: str, arr: float = math.nan) -> Misfit:
        return Misfit(person.file, person.line, "", reason, text, person.member_id, arr, person.segment)

    def _renews(self, person: Person, contract: Contract) -> dt.date:
        """The next renewal."""
        if person.renews_on is not None:
            return person.renews_on
        if contract.ends is not None:
            return contract.ends
        renewed = [row.date for row in contract.rows if row.event == "renewed"]
        start, term = max([person.spells[-1].joined, *renewed]), self.terms[person.segment]
        terms = 1
        while (due := months_later(start, terms * term)) < self.exported:
            terms += 1
        return due

    def notes(self, rows: list[Row]) -> list[str]:
        """What deserves a look."""
        notes = []
        if self.before:
            notes.append(f"{self.before:,} rows lie before {self.mapping.begins}, when the record begins: not used")
        if self.gone_before:
            notes.append(f"{self.gone_before:,} members left before {self.mapping.begins}: not in the history")
        if not any(person.left for person in self.people.by_key.values()) and not any(
            row.event == "left" for row in rows
        ):
            notes.append(
                "the exports hold nobody who has left: those who stay are no fair sample, and renewals cannot be told "
                "from them. Ask for former members too"
            )
        return notes


def _gone(history: History) -> set[str]:
    """Members whose last coming or leaving is a leaving."""
    frame = history.frame
    frame = frame[frame["event"].isin(["left", "joined", "returned", "present"])]
    last = frame.groupby("member_id", observed=True).tail(1)
    return set(last.loc[last["event"] == "left", "member_id"].astype(str))


def _standing(history: History) -> tuple[dict[str, str], dict[str, dt.date], dict[str, dt.date]]:
    """The last milestone of every member, the day of the last recognised value, and the open setback."""
    reached: dict[str, str] = {}
    recognised: dict[str, dt.date] = {}
    setback: dict[str, dt.date] = {}
    frame = history.frame
    frame = frame[frame["event"].isin(["milestone", "value_recognised", "setback", "resolved", "returned"])]
    for member, day, event, name in zip(
        frame["member_id"].astype(str), frame["date"].dt.date, frame["event"].astype(str), frame["name"].astype(object),
        strict=True,
    ):  # fmt: skip
        if event == "milestone":
            reached[member] = str(name)
        elif event == "value_recognised":
            recognised[member] = day
        elif event == "setback":
            setback[member] = day
        else:
            setback.pop(member, None)
    return reached, recognised, setback

"""The list of members: who they are, since when, until when, and which rows are nobody."""

from __future__ import annotations

import datetime as dt
import math
from dataclasses import dataclass, field

from simulation.intake.cells import dates, numbers
from simulation.intake.mapping import FileMap, Mapping
from simulation.intake.misfit import Misfit
from simulation.intake.sheet import Sheet
from simulation.scenario.book.cells import CellError, quoted, read_id
from simulation.scenario.sheets.guard import guarded, unguarded

__all__ = ["People", "Person", "Spell", "keyed", "people_of"]


def keyed(text: str, *, bare: bool = False) -> str:
    """An id as exports are joined by it: capitals, without the .0 of a spreadsheet; perhaps no leading zeros.

    >>> keyed(" ab-0042 "), keyed("00042", bare=True), keyed("42.0"), keyed("'-7"), keyed("-7")
    ('AB-0042', '42', '42', '-7', '-7')
    """
    key = unguarded(text.strip().upper())
    head, point, tail = key.partition(".")
    if point and head.isdigit() and not tail.strip("0"):
        key = head
    return (key.lstrip("0") or "0") if bare and key.isdigit() else key


@dataclass
class Spell:
    """A time of membership: days, the last one excluded; `left` is None while it lasts."""

    joined: dt.date
    left: dt.date | None
    cause: str
    line: int


@dataclass
class Person:
    """Somebody of the list of members.

    Attributes
    ----------
    member_id
        As it is written in the list, `guarded`.
    arr
        A year, in units of the currency; NaN when the list does not say.
    renews_on
        Next renewal; None when the list does not say.
    """

    key: str
    member_id: str
    file: str
    line: int
    segment: str
    arr: float
    renews_on: dt.date | None
    spells: list[Spell] = field(default_factory=list)

    @property
    def joined(self) -> dt.date:
        """First day of all."""
        return self.spells[0].joined

    @property
    def left(self) -> dt.date | None:
        """Day of the last leaving; None for a member."""
        return self.spells[-1].left


@dataclass(eq=False)
class People:
    """Everybody, by key; keys of records that were merged into another one; what does not fit."""

    by_key: dict[str, Person]
    merged: dict[str, str]
    misfits: list[Misfit]
    bare: bool

    def find(self, text: str) -> Person | None:
        """Whose id this is."""
        key = keyed(text, bare=self.bare)
        for _ in range(5):  # a record may have been merged more than once
            if key not in self.merged:
                break
            key = self.merged[key]
        return self.by_key.get(key)


class _Reader:
    """Reads the columns of one list of members."""

    def __init__(self, sheet: Sheet, spec: FileMap, mapping: Mapping) -> None:
        self.sheet, self.spec, self.mapping = sheet, spec, mapping
        self.wrong: dict[int, list[tuple[str, CellError]]] = {}
        blank = [""] * len(sheet)
        columns = spec.columns

        def cells(name: str) -> list[str]:
            return sheet.columns[columns[name].column] if name in columns else blank

        def days(name: str) -> list[dt.date | None]:
            values, wrong = dates(cells(name), columns[name].day_first if name in columns else None)
            for place, error in wrong.items():
                self.wrong.setdefault(place, []).append((name, error))
            return values

        self.ids, self.words = cells("member_id"), cells("segment")
        self.joined, self.left, self.renews = days("joined"), days("left"), days("renews_on")
        self.cause, self.status, self.merged = cells("cause"), cells("status"), cells("merged_into")
        decimal = columns["arr"].decimal if "arr" in columns else "."
        self.arr, wrong = numbers(cells("arr"), decimal, mapping.currency)
        for place, error in wrong.items():
            self.wrong.setdefault(place, []).append(("arr", error))


def people_of(sheets: dict[str, Sheet], mapping: Mapping, exported: dt.date, segments: list[str]) -> People:
    """Read the lists of members.

    Parameters
    ----------
    sheets
        The exports by their names in the mapping.
    exported
        Who joins later is no member yet; who leaves later still is.
    segments
        Where a row does not say: the single one.
    """
    people = People({}, {}, [], mapping.ids == "without leading zeros")
    rows: dict[str, list[tuple[Person, Spell]]] = {}
    for name, spec in mapping.files.items():
        if spec.holds == "members" and name in sheets:
            _read(_Reader(sheets[name], spec, mapping), people, rows, exported, segments)
    for key, several in rows.items():
        _together(people, key, several)
    return people


def _read(
    read: _Reader,
    people: People,
    rows: dict[str, list[tuple[Person, Spell]]],
    exported: dt.date,
    segments: list[str],
) -> None:
    file = str(read.sheet.path)
    names = {name: column.column for name, column in read.spec.columns.items()}
    meanings = read.spec.columns["status"].values if "status" in read.spec.columns else {}
    values = read.spec.columns["segment"].values if "segment" in read.spec.columns else {}
    copies: dict[tuple[str, ...], int] = {}
    table = list(zip(*read.sheet.columns.values(), strict=True))
    for place, line in enumerate(read.sheet.lines):
        word = read.words[place]
        segment = values.get(word, word) if word else segments[0] if len(segments) == 1 else ""

        def misfit(
            column: str, reason: str, message: str, place: int = place, line: int = line, segment: str = segment
        ) -> None:
            left = read.left[place]
            counts = read.joined[place] is not None and (left is None or left > exported)
            member = read.ids[place] if counts or reason == "no day of joining" or read.joined[place] is None else ""
            people.misfits.append(
                Misfit(file, line, names.get(column, ""), reason, message, member, read.arr[place], segment)
            )

        row = table[place]
        if row in copies:
            misfit("", "copy of a row", f"is the same as line {copies[row]}")
            continue
        copies[row] = line
        if read.merged[place]:
            key = keyed(read.ids[place], bare=people.bare)
            goal = keyed(read.merged[place], bare=people.bare)
            if key != goal:
                people.merged[key] = goal
                misfit("merged_into", "merged into another record", f"is merged into {quoted(read.merged[place])}")
                continue
        try:
            member_id = read_id(read.ids[place])
        except CellError as error:
            misfit("member_id", error.reason, error.message)
            continue
        status = meanings.get(read.status[place], "member") if read.status[place] else "member"
        if status == "":
            misfit("status", "status that is no membership", f"{quoted(read.status[place])} is not used")
            continue
        faults = read.wrong.get(place, [])
        if faults:
            column, fault = faults[0]
            misfit(column, fault.reason, fault.message)
            continue
        joined, left = read.joined[place], read.left[place]
        if joined is None:
            misfit("joined", "no day of joining", "is empty: every member has a day of joining")
        elif joined > exported:
            misfit("joined", "joins after the export", f"{joined} lies after the day of the export, {exported}")
        elif left is not None and left < joined:
            misfit("left", "leaves before joining", f"leaves on {left}, before joining on {joined}")
        elif not segment or (segments and segment not in segments):
            said = (
                f"{quoted(word)} is no segment of the mapping" if word else "is empty, and there are several segments"
            )
            misfit("segment", "segment left out" if word and values.get(word) == "" else "unknown segment", said)
        elif status == "left" and left is None:
            misfit("left", "left, but nobody says when", f"the status is {quoted(read.status[place])}, without a day")
        elif not math.isnan(read.arr[place]) and read.arr[place] < 0:
            misfit("arr", "negative ARR", f"{read.arr[place]:g} is negative: recurring revenue is 0 or more")
        else:
            gone = left if left is not None and left <= exported else None
            person = Person(
                keyed(member_id, bare=people.bare), guarded(member_id), file, line, segment, read.arr[place],
                read.renews[place],
            )  # fmt: skip
            rows.setdefault(person.key, []).append((person, Spell(joined, gone, read.cause[place], line)))


def _together(people: People, key: str, several: list[tuple[Person, Spell]]) -> None:
    """One person of its rows: times of membership one after the other, or one row and the others that contradict it."""
    if key in people.merged:
        return
    several.sort(key=lambda one: (one[1].joined, one[1].line))
    person, _ = several[-1]
    spells: list[Spell] = []
    for other, spell in several:
        if spells and (spells[-1].left is None or spells[-1].left > spell.joined):
            text = f"{quoted(other.member_id)} stands on line {spells[-1].line} too, with other facts: that row counts"
            people.misfits.append(
                Misfit(other.file, other.line, "", "member twice", text, other.member_id, other.arr, other.segment)
            )
            if other is person:
                person = next(one for one, spell in several if spell is spells[-1])
            continue
        spells.append(spell)
    person.spells = spells
    people.by_key[key] = person

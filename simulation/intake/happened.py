"""The other exports: invoices, events, courses, logins and ratings as rows of a history, with the line of each."""

from __future__ import annotations

import calendar
import datetime as dt
import math
from dataclasses import dataclass, field
from typing import NamedTuple

from simulation.intake.cells import dates, numbers
from simulation.intake.mapping import FileMap, Mapping
from simulation.intake.misfit import Misfit
from simulation.intake.people import People, Person
from simulation.intake.sheet import Sheet
from simulation.scenario.book.cells import CellError, quoted

__all__ = ["Charge", "Happened", "Row", "happened_in"]


class Row(NamedTuple):
    """Something that happened, and where it is written; `low` is the first day on which it can have been."""

    key: str
    date: dt.date
    event: str
    name: str
    value: float
    file: str
    line: int
    low: dt.date | None = None


class Charge(NamedTuple):
    """An item of an invoice; `start` and `end` are its term where it says one, the last day included."""

    key: str
    date: dt.date
    amount: float
    event: str
    name: str
    start: dt.date | None
    end: dt.date | None
    file: str
    line: int


@dataclass(eq=False)
class Happened:
    """All that the exports beside the members say.

    Attributes
    ----------
    days
        First and last day of each export of logins: between them no login means no use.
    """

    rows: list[Row] = field(default_factory=list)
    charges: list[Charge] = field(default_factory=list)
    misfits: list[Misfit] = field(default_factory=list)
    logins: dict[tuple[str, str, int], float] = field(default_factory=dict)
    days: dict[str, tuple[dt.date, dt.date]] = field(default_factory=dict)


def happened_in(sheets: dict[str, Sheet], mapping: Mapping, people: People, exported: dt.date) -> Happened:
    """Read the exports beside the members."""
    found = Happened()
    for name, spec in mapping.files.items():
        if spec.holds != "members" and name in sheets:
            _Reader(name, sheets[name], spec, mapping, people, exported, found).read()
    return found


class _Reader:
    """Reads one export."""

    def __init__(
        self,
        name: str,
        sheet: Sheet,
        spec: FileMap,
        mapping: Mapping,
        people: People,
        exported: dt.date,
        found: Happened,
    ) -> None:
        self.name, self.sheet, self.spec, self.mapping = name, sheet, spec, mapping
        self.people, self.exported, self.found = people, exported, found
        self.file = str(sheet.path)
        self.faults: dict[int, tuple[str, CellError]] = {}

    def cells(self, name: str) -> list[str]:
        """Cells of a field; blank where the export has none."""
        column = self.spec.columns.get(name)
        return self.sheet.columns[column.column] if column is not None else [""] * len(self.sheet)

    def days(self, name: str) -> list[dt.date | None]:
        """Days of a field; what is no day is noted."""
        column = self.spec.columns.get(name)
        values, wrong = dates(self.cells(name), column.day_first if column is not None else None)
        for place, error in wrong.items():
            self.faults.setdefault(place, (name, error))
        return values

    def amounts(self, name: str) -> list[float]:
        """Numbers of a field; what is none is noted."""
        column = self.spec.columns.get(name)
        values, wrong = numbers(self.cells(name), column.decimal if column is not None else ".", self.mapping.currency)
        for place, error in wrong.items():
            self.faults.setdefault(place, (name, error))
        return values

    def misfit(self, place: int, field: str, reason: str, message: str) -> None:
        """Note a row that does not fit."""
        column = self.spec.columns[field].column if field in self.spec.columns else ""
        self.found.misfits.append(Misfit(self.file, self.sheet.lines[place], column, reason, message))

    def read(self) -> None:
        """Read all rows."""
        self.when = self.days("date")
        {
            "invoices": self._invoices, "events": self._words, "courses": self._words, "logins": self._logins,
            "ratings": self._ratings,
        }[self.spec.holds]()  # fmt: skip

    def people_of_rows(self, *, copies: bool) -> list[tuple[int, Person, dt.date]]:
        """The rows that have a member and a day; `copies` says whether a row may stand twice."""
        ids = self.cells("member_id")
        table = list(zip(*self.sheet.columns.values(), strict=True))
        seen: dict[tuple[str, ...], int] = {}
        result = []
        for place, day in enumerate(self.when):
            person = self.people.find(ids[place]) if ids[place] else None
            if not copies and table[place] in seen:
                self.misfit(place, "", "copy of a row", f"is the same as line {seen[table[place]]}")
                continue
            seen[table[place]] = self.sheet.lines[place]
            if place in self.faults:
                field, error = self.faults[place]
                self.misfit(place, field, error.reason, error.message)
            elif not ids[place]:
                self.misfit(place, "member_id", "empty member id", "is empty: whose row is it?")
            elif person is None:
                self.misfit(
                    place,
                    "member_id",
                    "nobody in the list of members",
                    f"{quoted(ids[place])} is in no list of members",
                )
            elif day is None:
                self.misfit(place, "date", "no day", "is empty: when was it?")
            elif day > self.exported:
                self.misfit(
                    place, "date", "after the export", f"{day} lies after the day of the export, {self.exported}"
                )
            else:
                result.append((place, person, day))
        return result

    def _event(self, place: int, word: str) -> tuple[str, str] | None:
        """The event and name that a word stands for; None: not used."""
        if word not in self.spec.happened:
            if self.spec.happened or self.spec.holds != "invoices":
                field = "item" if self.spec.holds == "invoices" else "kind"
                self.misfit(place, field, "word that is not in the mapping", f"{quoted(word)} is not in the mapping")
                return None
            return "renewed", ""
        event, _, name = self.spec.happened[word].partition(" ")
        return (event, name) if event else None

    def _kept(self, place: int, word: str) -> bool:
        """Whether the status of a row says that it counts; a new one does not fit."""
        column = self.spec.columns.get("status")
        if column is None or not word:
            return True
        if word not in column.values:
            self.misfit(place, "status", "word that is not in the mapping", f"{quoted(word)} is not in the mapping")
            return False
        return column.values[word] != ""

    def _invoices(self) -> None:
        amounts, start, end = self.amounts("amount"), self.days("from"), self.days("until")
        items, status = self.cells("item"), self.cells("status")
        for place, person, day in self.people_of_rows(copies=False):
            if not self._kept(place, status[place]):
                continue
            said = self._event(place, items[place])
            if said is None:
                continue
            if math.isnan(amounts[place]):
                self.misfit(place, "amount", "no amount", "is empty: how much was it?")
                continue
            begins, ends = start[place], end[place]
            if begins is not None and ends is not None and ends < begins:
                self.misfit(place, "until", "term that ends before it begins", f"{ends} lies before {begins}")
                continue
            self.found.charges.append(
                Charge(person.key, day, amounts[place], *said, begins, ends, self.file, self.sheet.lines[place])
            )

    def _words(self) -> None:
        words, status = self.cells("kind"), self.cells("status")
        for place, person, day in self.people_of_rows(copies=False):
            if not self._kept(place, status[place]):
                continue
            said = self._event(place, words[place])
            if said is not None:
                event, name = said
                row = Row(person.key, day, event, name, math.nan, self.file, self.sheet.lines[place])
                self.found.rows.append(row)

    def _logins(self) -> None:
        counts = self.amounts("count")
        counted = "count" in self.spec.columns
        first: dict[str, tuple[dt.date, int]] = {}
        rows = self.people_of_rows(copies=not counted)
        since = self.mapping.begins or min((day for _, _, day in rows), default=self.exported)
        for place, person, day in rows:
            count = counts[place] if counted else 1.0
            if math.isnan(count) or count < 0:
                self.misfit(place, "count", "no count", "expected a number of 0 or more")
                continue
            month = person.key, self.name, day.year * 12 + day.month - 1
            self.found.logins[month] = self.found.logins.get(month, 0.0) + count
            line = self.sheet.lines[place]
            # Of who was there before the record nobody knows when the first one was.
            if count > 0 and since <= person.joined <= day and (person.key not in first or day < first[person.key][0]):
                first[person.key] = day, line
        if rows:
            days = [day for _, _, day in rows]
            end = max(days)
            if counted:  # a count of a month is for all of it
                end = min(end.replace(day=calendar.monthrange(end.year, end.month)[1]), self.exported)
            self.found.days[self.name] = min(days), end
        if self.spec.first:
            event, _, name = self.spec.first.partition(" ")
            self.found.rows += [
                Row(key, day, event, name, math.nan, self.file, line) for key, (day, line) in first.items()
            ]

    def _ratings(self) -> None:
        values = self.spec.columns["score"].values
        words, said = self.cells("score"), self.cells("kind")
        scores = [math.nan] * len(words) if values else self.amounts("score")
        low, high = self.spec.scale or (0.0, 1.0)
        for place, person, day in self.people_of_rows(copies=False):
            if values:
                if words[place] not in values:
                    self.misfit(
                        place,
                        "score",
                        "word that is not in the mapping",
                        f"{quoted(words[place])} is not in the mapping",
                    )
                    continue
                if not values[words[place]]:
                    continue
                score = float(values[words[place]])
            else:
                score = (scores[place] - low) / (high - low)
            if math.isnan(score) or not 0.0 <= score <= 1.0:
                self.misfit(
                    place,
                    "score",
                    "score outside of the scale",
                    f"{quoted(words[place])} is not from {low:g} to {high:g}",
                )
                continue
            name = said[place].lower() or self.name
            self.found.rows.append(Row(person.key, day, "rating", name, score, self.file, self.sheet.lines[place]))

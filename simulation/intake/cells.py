"""Reads the cells of real exports: dates of mixed forms, numbers with either decimal mark."""

from __future__ import annotations

import datetime as dt
import re
from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from simulation.evidence.history.cells import NumberColumn
from simulation.scenario.book.cells import CellError, quoted
from simulation.scenario.schema.history import ColumnRef

__all__ = ["Order", "Marks", "date_of", "dates", "marks_of", "numbers", "order_of"]

FIRST_YEAR, LAST_YEAR = 1900, 2200
_TIME = re.compile(r"[T ,]+\d{1,2}:\d{2}(?::\d{2}(?:\.\d+)?)?\s*(?:[AaPp]\.?[Mm]\.?)?\s*(?:Z|UTC|[+-]\d{2}:?\d{2})?$")
_YEAR_FIRST = re.compile(r"(\d{4})([-/.])(\d{1,2})\2(\d{1,2})")
_NUMERIC = re.compile(r"(\d{1,2})([-/.])(\d{1,2})\2(\d{4}|\d{2})\.?")
_NAMED = re.compile(
    r"(?:[A-Za-z]{2,9}\.?,\s*)?(?:(\d{1,2})\.?[\s-]*([^\W\d_]{3,9})\.?|([^\W\d_]{3,9})\.?\s*(\d{1,2})(?:st|nd|rd|th)?)[,\s-]+(\d{4}|\d{2})"
)
_COMPACT = re.compile(r"(\d{4})(\d{2})(\d{2})")
_SERIAL = re.compile(r"([2-6]\d{4})(?:\.\d+)?")
_MONTHS = {
    word: month
    for month, words in enumerate(
        (
            "jan january januar jänner janvier janv ene enero", "feb february februar février févr febrero",
            "mar march märz mär mrz mars marzo", "apr april avril avr abril abr", "may mai mayo",
            "jun june juni juin junio",
            "jul july juli juillet juil julio", "aug august août agosto ago", "sep sept september septembre septiembre",
            "oct october oktober okt octobre octubre", "nov november novembre noviembre",
            "dec december dezember dez décembre déc diciembre dic",
        ),
        start=1,
    )
    for word in words.split()
}  # fmt: skip


@dataclass(frozen=True)
class Order:
    """What a column says of the order of day and month.

    Attributes
    ----------
    day_first, month_first
        Cells that can only be read that way.
    open
        Cells that can be read both ways and mean different days.
    read
        Cells that are dates, one way or the other.
    of
        Cells that are not blank.
    """

    day_first: int = 0
    month_first: int = 0
    open: int = 0
    read: int = 0
    of: int = 0

    @property
    def share(self) -> float:
        """Share of the cells that are dates."""
        return self.read / self.of if self.of else 0.0

    @property
    def verdict(self) -> bool | None:
        """Whether the day comes first, by the cells that leave no choice; None when there is nothing to decide by."""
        if self.day_first == self.month_first:
            return None
        return self.day_first > self.month_first


def _year(text: str) -> int:
    year = int(text)
    return year if len(text) == 4 else year + (2000 if year < 70 else 1900)


def _day(year: int, month: int, day: int, text: str) -> dt.date:
    if not FIRST_YEAR <= year <= LAST_YEAR:
        raise CellError("impossible date", f"{quoted(text)} cannot be: the year must lie in {FIRST_YEAR}-{LAST_YEAR}")
    try:
        return dt.date(year, month, day)
    except ValueError:
        raise CellError("impossible date", f"{quoted(text)}: there is no such day in the calendar") from None


def date_of(text: str, day_first: bool | None) -> dt.date:
    """The day in a cell; a time of day is dropped.

    Parameters
    ----------
    day_first
        How cells such as 03/04/2026 are read; None: these are an error.

    Raises
    ------
    CellError
        It is no date, no such day exists, or it can be read two ways.
    """
    body = _TIME.sub("", text[:60]).strip()
    if found := _YEAR_FIRST.fullmatch(body):
        return _day(int(found[1]), int(found[3]), int(found[4]), text)
    if found := _NUMERIC.fullmatch(body):
        a, b, year = int(found[1]), int(found[3]), _year(found[4])
        if found[2] == "." or a > 12 or a == b:
            return _day(year, b, a, text)
        if b > 12:
            return _day(year, a, b, text)
        if day_first is None:
            one, other = (_day(year, month, day, text).isoformat() for month, day in ((b, a), (a, b)))
            raise CellError("day and month can be mistaken", f"{quoted(text)} may be {one} or {other}")
        return _day(year, b, a, text) if day_first else _day(year, a, b, text)
    if found := _NAMED.fullmatch(body):
        day, word = (found[1], found[2]) if found[1] else (found[4], found[3])
        month = _MONTHS.get(word.lower())
        if month is not None:
            return _day(_year(found[5]), month, int(day), text)
    if found := _COMPACT.fullmatch(body):
        return _day(int(found[1]), int(found[2]), int(found[3]), text)
    if found := _SERIAL.fullmatch(body):  # the number behind a date in a spreadsheet
        return dt.date(1899, 12, 30) + dt.timedelta(days=int(found[1]))
    raise CellError("unreadable date", f"{quoted(text)} is not a date: expected one such as 2027-01-31 or 31.01.2027")


def order_of(cells: Iterable[str]) -> Order:
    """Count what the cells of a column say of the order of day and month."""
    day_first = month_first = open_ = read = total = 0
    for text, count in Counter(cells).items():
        if not text:
            continue
        total += count
        try:
            date_of(text, True)
        except CellError:
            continue
        read += count
        found = _NUMERIC.fullmatch(_TIME.sub("", text[:60]).strip())
        if found is None or found[2] == "." or found[1] == found[3]:
            continue
        if int(found[1]) > 12:
            day_first += count
        elif int(found[3]) > 12:
            month_first += count
        elif int(found[1]) != int(found[3]):
            open_ += count
    return Order(day_first, month_first, open_, read, total)


@dataclass(frozen=True)
class Marks:
    """What a column says of its decimal mark: cells with a point for sure, a comma, either; numbers; cells."""

    point: int = 0
    comma: int = 0
    open: int = 0
    read: int = 0
    of: int = 0

    @property
    def share(self) -> float:
        """Share of the cells that are numbers."""
        return self.read / self.of if self.of else 0.0

    @property
    def verdict(self) -> str | None:
        """The decimal mark, by the cells that leave no choice; None when there is nothing to decide by."""
        if self.point == self.comma:
            return None
        return "." if self.point > self.comma else ","


_AMOUNT = re.compile(
    r"[(\s]*[-+]?\s*(?:[^\d\s.,+()-]{1,3})?\s*[-+]?\s*"  # a sign, a currency
    r"(\d[\d.,'\u00a0\u202f ]*|[.,]\d+)\s*(?:[^\d\s.,()-]{1,3})?[)\s]*$"
)


def marks_of(cells: Iterable[str]) -> Marks:
    """Count what the cells of a column say of the decimal mark."""
    point = comma = open_ = read = total = 0
    for text, count in Counter(cells).items():
        if not text:
            continue
        total += count
        found = _AMOUNT.match(text[:80])
        if found is None:
            continue
        number = found[1].rstrip()
        read += count
        last = max(number.rfind("."), number.rfind(","))
        if last < 0:
            continue
        mark, other = number[last], "," if number[last] == "." else "."
        grouped = number.count(mark) > 1
        if other in number or (not grouped and len(number) - last - 1 != 3):
            decimal = mark
        elif grouped:
            decimal = other
        else:
            open_ += count
            continue
        if decimal == ".":
            point += count
        else:
            comma += count
    return Marks(point, comma, open_, read, total)


def dates(cells: Sequence[str], day_first: bool | None) -> tuple[list[dt.date | None], dict[int, CellError]]:
    """The days in the cells of a column (None: blank), and the cells that are none, by place."""
    known: dict[str, dt.date | CellError | None] = {"": None}
    values: list[dt.date | None] = []
    wrong: dict[int, CellError] = {}
    for place, text in enumerate(cells):
        if text not in known:
            try:
                known[text] = date_of(text, day_first)
            except CellError as error:
                known[text] = error
        found = known[text]
        if isinstance(found, CellError):
            wrong[place] = found
            values.append(None)
        else:
            values.append(found)
    return values, wrong


def numbers(cells: Sequence[str], decimal: str, currency: str) -> tuple[list[float], dict[int, CellError]]:
    """The numbers in the cells of a column (NaN: blank), and the cells that are none, by place."""
    reader = NumberColumn(ColumnRef.model_validate({"column": "number", "decimal": decimal}), currency)
    values, faults = reader.read(list(cells))
    wrong = {place: CellError(reason, message) for place, reason, message in faults}
    return values.tolist(), wrong

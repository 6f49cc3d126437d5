"""Reads whole columns of a history: codes of texts, dates and numbers, and the cells that cannot be read."""

from __future__ import annotations

import datetime as dt
import math
import re
from collections.abc import Callable
from typing import Any, Generic, TypeVar

import numpy as np
import numpy.typing as npt
import pandas as pd

from simulation.scenario.book.cells import CellError, quoted, read_number, without_currency
from simulation.scenario.schema.history import ColumnRef
from simulation.scenario.sheets.guard import unguarded

__all__ = ["DateColumn", "Fault", "NumberColumn", "WordColumn", "words_of"]

MAX_CELL = 80  # characters of a date or a number
MAX_WORD = 256
MAX_KEPT = 200_000  # texts that are remembered
FIRST_YEAR, LAST_YEAR = 1900, 2200
FIRST, LAST = np.datetime64("1900-01-01", "us"), np.datetime64("2201-01-01", "us")
NAT = np.datetime64("NaT", "us")
_ISO = re.compile(
    r"[0-9]{4}-[0-9]{2}-[0-9]{2}"
    r"(?:[T ][0-9]{2}:[0-9]{2}(?::[0-9]{2}(?:\.[0-9]{1,9})?)?(?:Z|[+-][0-9]{2}(?::?[0-9]{2})?)?)?"
)
_SPACES = dict.fromkeys(map(ord, " \u00a0\u202f'"))

Kept = TypeVar("Kept")
Fault = tuple[int, str, str]
"""Place of a row in its batch, reason (nothing of the cell in it), message."""


def words_of(column: Any) -> tuple[npt.NDArray[np.int64], list[str]]:
    """Different texts of a column, stripped and `unguarded` (not made different), and the place of each row's."""
    if isinstance(column, list):
        places, found = pd.factorize(np.array(column, object))
        return places.astype(np.int64), [unguarded(str(word).strip()) for word in found]
    from simulation.scenario.sheets.parquet import texts_of

    coded = column if hasattr(column, "dictionary") else column.dictionary_encode()
    words = [unguarded(word.strip()) for word in texts_of(coded.dictionary)]
    codes = coded.indices.fill_null(len(words)).to_numpy(zero_copy_only=False).astype(np.int64)
    return codes, [*words, ""]


class _Memo(Generic[Kept]):
    """What texts of a column mean: each different one is read once."""

    def __init__(self, read: Callable[[str], Kept], missing: Kept) -> None:
        self.read, self.missing = read, missing
        self.kept: dict[str, Kept] = {}
        self.errors: dict[str, CellError] = {}

    def of(self, words: list[str]) -> list[Kept]:
        """Value of each text; `missing` for one that cannot be read."""
        if len(self.kept) > MAX_KEPT:
            self.kept.clear()
        return [self.kept[word] if word in self.kept else self._new(word) for word in words]

    def _new(self, word: str) -> Kept:
        try:
            if len(word) > MAX_WORD:
                raise CellError("cell too long", f"{quoted(word)} is too long: {len(word):,} characters")
            value = self.read(word)
        except CellError as error:
            if len(self.errors) < MAX_KEPT:
                self.errors[word] = error
            value = self.missing
        self.kept[word] = value
        return value

    def faults(self, codes: npt.NDArray[np.int64], words: list[str]) -> list[Fault]:
        """Rows whose text cannot be read."""
        wrong = {place: self.errors[word] for place, word in enumerate(words) if word in self.errors}
        if not wrong:
            return []
        rows = np.flatnonzero(np.isin(codes, list(wrong)))
        return [(row, wrong[codes[row]].reason, wrong[codes[row]].message) for row in rows.tolist()]


class WordColumn:
    """A column of words: each different one gets a code, in the order of their coming.

    Parameters
    ----------
    ref
        Its mapping.
    check
        Raises CellError for a word that cannot be; blank words are not asked about.
    """

    def __init__(self, ref: ColumnRef, check: Callable[[str], str] | None = None) -> None:
        self.values = ref.values
        self.words: list[str] = []
        self.code: dict[str, int] = {}
        self._check = check
        self._memo: _Memo[int] = _Memo(self._read, -1)

    def _read(self, word: str) -> int:
        word = self.values.get(word, word)
        if not word:
            return -1
        if self._check is not None:
            word = self._check(word)
        if not word.isprintable():
            raise CellError("unprintable character", f"{quoted(word)} holds an unprintable character")
        code = self.code.setdefault(word, len(self.code))
        if code == len(self.words):
            self.words.append(word)
        return code

    def read(self, column: Any) -> tuple[npt.NDArray[np.int32], list[Fault]]:
        """Codes of the rows (-1: blank, or not readable) and the faults."""
        codes, words = words_of(column)
        places = np.array(self._memo.of(words) or [-1], np.int32)
        return places[codes], self._memo.faults(codes, words)


class NumberColumn:
    """A column of numbers, perhaps with a currency; NaN where blank."""

    def __init__(self, ref: ColumnRef, currency: str) -> None:
        self.decimal, self.currency, self.values = ref.decimal, currency, ref.values
        self._memo: _Memo[float] = _Memo(self._read, math.nan)

    def _read(self, text: str) -> float:
        text = self.values.get(text, text)
        if not text:
            return math.nan
        if len(text) > MAX_CELL:
            raise CellError("cell too long", f"{quoted(text)} is too long: {len(text):,} characters")
        number = without_currency(text, self.currency).removesuffix("%").strip()
        if number.startswith("(") and number.endswith(")"):  # accountants' minus
            number = "-" + number[1:-1]
        number = number.translate(_SPACES)
        if self.decimal == ",":
            if not re.fullmatch(r"[-+]?(?:[0-9]+|[0-9]{1,3}(?:\.[0-9]{3})+)?(?:,[0-9]*)?", number):
                raise CellError("not a number", f"{quoted(text)} is not a number: expected one like 1.200,50")
            number = number.replace(".", "").replace(",", ".")
        elif re.fullmatch(r"[-+]?[0-9]{1,3}(?:,[0-9]{3})+(?:\.[0-9]*)?", number):
            number = number.replace(",", "")
        elif "," in number:
            message = f"{quoted(text)} is not a number: expected one like 1200.50; for a decimal comma"
            raise CellError("not a number", message + ' write columns: {value: {column: ..., decimal: ","}}')
        return read_number(number)

    def read(self, column: Any) -> tuple[npt.NDArray[np.float64], list[Fault]]:
        """Numbers of the rows and the faults."""
        if not isinstance(column, list):
            from pyarrow import types

            kind = column.type
            if types.is_integer(kind) or types.is_floating(kind) or types.is_decimal(kind) or types.is_null(kind):
                number = column.cast("float64", safe=False).to_numpy(zero_copy_only=False).astype(np.float64)
                wrong = np.flatnonzero(np.abs(np.nan_to_num(number, nan=0.0)) >= 1e15).tolist()
                return number, [(row, "number too large", "is far too large") for row in wrong]
        codes, words = words_of(column)
        quick = _quick_numbers(words) if self.decimal == "." and not self.values else None
        if quick is not None:
            return quick[codes], []
        values = np.array(self._memo.of(words) or [math.nan], np.float64)
        return values[codes], self._memo.faults(codes, words)


class DateColumn:
    """A column of dates, with or without a time of day; datetime64[us], NaT where blank."""

    def __init__(self, ref: ColumnRef) -> None:
        self.format, self.values = ref.format, ref.values
        self._memo: _Memo[Any] = _Memo(self._read, NAT)

    def _read(self, text: str) -> Any:
        text = self.values.get(text, text)
        if not text:
            return NAT
        moment: dt.datetime | None = None
        try:
            if self.format is not None:
                moment = dt.datetime.strptime(text, self.format)
        except ValueError:
            pass
        if moment is None and _ISO.fullmatch(text):
            try:
                moment = dt.datetime.fromisoformat(text[:26] if len(text) > 29 else text)
            except ValueError:
                message = f"{quoted(text)}: there is no such day in the calendar or no such time"
                raise CellError("impossible date", message) from None
        if moment is None:
            expected = f"expected one of the form {self.format}" if self.format else "expected year-month-day"
            hint = "" if self.format else "; for another form write columns: {date: {column: ..., format: %d.%m.%Y}}"
            raise CellError(
                "unreadable date", f"{quoted(text)} is not a date: {expected}, such as {self._example()}{hint}"
            )
        if moment.tzinfo is not None:
            moment = moment.astimezone(dt.UTC).replace(tzinfo=None)
        if not FIRST_YEAR <= moment.year <= LAST_YEAR:
            message = f"{quoted(text)} cannot be: the year must lie in {FIRST_YEAR}-{LAST_YEAR}"
            raise CellError("impossible date", message)
        return np.datetime64(moment, "us")

    def _example(self) -> str:
        return dt.date(2027, 1, 31).strftime(self.format or "%Y-%m-%d")

    def read(self, column: Any) -> tuple[npt.NDArray[np.datetime64], list[Fault]]:
        """Dates of the rows and the faults."""
        if not isinstance(column, list):
            from pyarrow import types

            if types.is_timestamp(column.type) or types.is_date(column.type) or types.is_null(column.type):
                import pyarrow as pa

                moments = column.cast(pa.timestamp("us"), safe=False).to_numpy(zero_copy_only=False)
                dates: npt.NDArray[np.datetime64] = moments.astype("M8[us]")
                wrong = np.flatnonzero((dates < FIRST) | (dates >= LAST)).tolist()
                said = f"the year must lie in {FIRST_YEAR}-{LAST_YEAR}"
                return dates, [(row, "impossible date", f"{dates[row]} cannot be: {said}") for row in wrong]
        codes, words = words_of(column)
        quick = _quick_dates(words) if self.format is None and not self.values else None
        if quick is not None:
            return quick[codes], []
        values = np.array(self._memo.of(words) or [NAT], "M8[us]")
        return values[codes], self._memo.faults(codes, words)


def _quick_dates(words: list[str]) -> npt.NDArray[np.datetime64] | None:
    """Dates of texts that are all ISO dates or blank; None when some are not."""
    import pyarrow as pa

    try:
        read = pa.array([word or None for word in words], pa.string()).cast(pa.timestamp("us"))
    except (pa.ArrowException, UnicodeError):
        return None
    dates: npt.NDArray[np.datetime64] = read.to_numpy(zero_copy_only=False).astype("M8[us]")
    if len(dates) == 0 or ((dates < FIRST) | (dates >= LAST)).any():
        return None
    return dates


def _quick_numbers(words: list[str]) -> npt.NDArray[np.float64] | None:
    """Numbers of texts that are all plain decimals or blank; None when some are not."""
    import pyarrow as pa

    try:
        read = pa.array([word or None for word in words], pa.string()).cast(pa.float64())
    except (pa.ArrowException, UnicodeError):
        return None
    numbers: npt.NDArray[np.float64] = read.to_numpy(zero_copy_only=False).astype(np.float64)
    blank = np.array([not word for word in words], bool)
    fine = blank | (np.abs(numbers) < 1e15)  # False of infinity and of the word nan
    return numbers if len(words) and fine.all() else None

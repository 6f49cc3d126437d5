"""Reads one cell of a book: an amount of money, a number, a date, an id. Text in, base units out."""

import datetime as dt
import re
from collections.abc import Callable, Iterator
from typing import Generic, TypeVar

from simulation.scenario.errors import shown

__all__ = [
    "CellError",
    "ColumnReader",
    "quoted",
    "read_day",
    "read_id",
    "read_money",
    "read_number",
    "read_whole",
    "without_currency",
]

Value = TypeVar("Value", bound=float)

MAX_ID_LENGTH = 256
MAX_CELL_LENGTH = 80  # of a number or a date
MAX_ARR = 10_000_000_000  # currency units per member and year; more is a slip of the keyboard
FIRST_YEAR, LAST_YEAR = 1900, 2200

_NUMBER = re.compile(r"[-+]?(?:[0-9]+\.?[0-9]*|\.[0-9]+)(?:[eE][-+]?[0-9]{1,3})?")
_GROUPED = re.compile(r"[-+]?[0-9]{1,3}(?:,[0-9]{3})+(?:\.[0-9]*)?")
_CURRENCY = re.compile(r"^([-+]?)\s*([^\s0-9.,+\-()]{1,3})\s*(.*)$|^(.*?)\s*([^\s0-9.,+\-()]{1,3})$", re.DOTALL)
_DATE = re.compile(
    r"([0-9]{4})-([0-9]{2})-([0-9]{2})(?:[T ][0-9]{2}:[0-9]{2}(?::[0-9]{2}(?:\.[0-9]+)?)?(?:Z|\+00:?00)?)?"
)
_DAY_OR_MONTH_FIRST = re.compile(r"[0-9]{1,2}([/.-])[0-9]{1,2}\1[0-9]{2,4}(?:\s.*)?")
_SYMBOLS = {
    "$": {"USD", "CAD", "AUD", "NZD", "SGD", "HKD", "TWD", "MXN", "ARS", "CLP", "COP"},
    "€": {"EUR"},
    "£": {"GBP", "EGP", "GIP", "FKP"},
    "¥": {"JPY", "CNY"},
    "₹": {"INR"},
    "R$": {"BRL"},
    "kr": {"SEK", "NOK", "DKK", "ISK"},
}


class CellError(ValueError):
    """A cell that cannot be read.

    Parameters
    ----------
    reason : str
        What kind of fault it is, without anything of the cell: it may be kept with a run.
    message : str
        What is wrong with this very cell and what was expected.
    """

    def __init__(self, reason: str, message: str) -> None:
        super().__init__(message)
        self.reason = reason
        self.message = message


class _Memo(dict[str, Value], Generic[Value]):
    """The cells read so far: each different text is read once."""

    def __init__(self, read: Callable[[str], Value], missing: Value) -> None:
        super().__init__()
        self.read = read
        self.missing = missing
        self.errors: dict[str, CellError] = {}

    def __missing__(self, text: str) -> Value:
        try:
            value = self.read(text.strip())
        except CellError as error:
            self.errors[text] = error
            value = self.missing
        self[text] = value
        return value


class ColumnReader(Generic[Value]):
    """Reads the cells of one column.

    Parameters
    ----------
    read : callable
        From the stripped text of a cell to its value; raises CellError.
    missing : int or float
        Stands where a cell is blank (when allowed) or cannot be read.
    required : bool
        A blank cell is an error.
    """

    def __init__(self, read: Callable[[str], Value], missing: Value, *, required: bool = False) -> None:
        self.missing = missing
        self.required = required
        self._read = read

    def _cell(self, text: str) -> Value:
        if len(text) > MAX_CELL_LENGTH:  # also keeps the patterns below fast on garbage
            raise CellError("cell too long", f"{quoted(text)} is too long: {len(text):,} characters")
        if text:
            return self._read(text)
        if self.required:
            raise CellError("a required cell is empty", "is empty")
        return self.missing

    def values(self, cells: list[str]) -> tuple[list[Value], Iterator[tuple[int, CellError]]]:
        """Return the value of every cell, and the faults as (index, error)."""
        memo = _Memo(self._cell, self.missing)
        values = [memo[cell] for cell in cells]
        errors = memo.errors
        if not errors:
            return values, iter(())
        return values, ((i, errors[cell]) for i, cell in enumerate(cells) if cell in errors)


def quoted(text: str) -> str:
    """Return a cell's text as a message shows it, cut first: a cell can be as long as the file."""
    return shown(text[:60], 40)


def read_id(text: str) -> str:
    """Return the member id in a cell, or raise CellError."""
    if not text:
        raise CellError("empty member id", "is empty: every member needs an id")
    if len(text) > MAX_ID_LENGTH:
        raise CellError(
            "member id too long",
            f"{quoted(text)} is too long: an id has at most {MAX_ID_LENGTH} characters",
        )
    if not text.isprintable():
        raise CellError(
            "unprintable character in a member id",
            f"{quoted(text)} holds a line break or an unprintable character",
        )
    return text


def read_number(text: str) -> float:
    """Return the finite number in a cell, or raise CellError."""
    if _NUMBER.fullmatch(text):
        value = float(text)
        if abs(value) < 1e15:
            return value
        raise CellError("number too large", f"{quoted(text)} is far too large")
    hint = "; write a point, not a comma, before the decimals" if "," in text else ""
    if text.lower() in ("nan", "na", "n/a", "#n/a", "null", "inf", "-inf", "infinity"):
        hint = "; leave the cell empty when it is not known"
    raise CellError("not a number", f"{quoted(text)} is not a number: expected one like 2.5{hint}")


def read_whole(text: str) -> int:
    """Return the whole number in a cell, or raise CellError."""
    value = read_number(text)
    if value != int(value):
        raise CellError("not a whole number", f"{quoted(text)} is not a whole number")
    return int(value)


def read_money(text: str, currency: str) -> int:
    """Return the amount in a cell, in cents rounded to the nearest; or raise CellError.

    Parameters
    ----------
    text : str
        `1200.5`, `1,200.50`, `$1,200.50` or `1,200.50 USD`.
    currency : str
        The scenario's currency; an amount in another one is an error.
    """
    amount = text
    if not _NUMBER.fullmatch(amount):
        amount = without_currency(text, currency)
        if amount.startswith("(") and amount.endswith(")"):  # accountants' minus
            amount = "-" + amount[1:-1]
    if _GROUPED.fullmatch(amount):
        amount = amount.replace(",", "")
    elif not _NUMBER.fullmatch(amount):
        raise CellError(
            "unreadable ARR",
            f"{quoted(text)} is not an amount of money: expected 1200.50, 1,200.50 or $1,200.50 (a year)",
        )
    value = float(amount)
    if value < 0:
        raise CellError("negative ARR", f"{quoted(text)} is negative: recurring revenue is 0 or more")
    if value > MAX_ARR:
        raise CellError("absurd ARR", f"{quoted(text)} is absurd: at most {MAX_ARR:,} a year for one member")
    return round(value * 100)


def without_currency(text: str, currency: str) -> str:
    """Return an amount without the currency beside it; one in another currency raises CellError."""
    found = _CURRENCY.fullmatch(text)
    if found is None or not any(c in "0123456789" for c in text):
        return text
    sign, before, after, head, behind = found.groups()
    mark = before or behind
    if mark != currency and currency not in _SYMBOLS.get(mark, set()):
        if mark in _SYMBOLS or (len(mark) == 3 and mark.isascii() and mark.isupper()):
            raise CellError(
                "ARR in another currency",
                f"{quoted(text)} is in {mark}, but the scenario counts in {currency}",
            )
        return text
    return (sign + after if before else head).strip()


def read_day(text: str) -> int:
    """Return the proleptic ordinal of the date in a cell (a time of day is dropped), or raise CellError."""
    found = _DATE.fullmatch(text)
    if found is None:
        raise CellError("unreadable date", f"{quoted(text)} is not a date: {_expected(text)}")
    year, month, day = map(int, found.groups())
    if not FIRST_YEAR <= year <= LAST_YEAR:
        raise CellError("impossible date", f"{quoted(text)} cannot be: the year must lie in {FIRST_YEAR}-{LAST_YEAR}")
    try:
        return dt.date(year, month, day).toordinal()
    except ValueError:
        raise CellError("impossible date", f"{quoted(text)}: there is no such day in the calendar") from None


def _expected(text: str) -> str:
    expected = "expected year-month-day such as 2027-01-31"
    if _DAY_OR_MONTH_FIRST.fullmatch(text):
        return expected + " (day and month can be mistaken for each other in any other order)"
    if re.fullmatch(r"[0-9]{5}(\.[0-9]+)?", text):
        return expected + ", or a cell that the spreadsheet formats as a date"
    return expected

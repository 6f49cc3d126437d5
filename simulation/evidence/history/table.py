"""The canonical table of a history: its columns, their types, the order of its rows, and its fingerprint."""

from __future__ import annotations

import hashlib
from typing import Any, Final

import numpy as np
import numpy.typing as npt
import pandas as pd

from simulation.evidence.history.vocabulary import CODE, EVENTS
from simulation.scenario.errors import one_of, shown

__all__ = ["COLUMNS", "DATES", "NEEDED", "OPTIONAL", "canonical", "digest", "event_type", "row_order"]

NEEDED: Final = ("member_id", "date", "event")
OPTIONAL: Final = ("name", "value", "segment", "date_low", "date_high", "recorded")
COLUMNS: Final = NEEDED + OPTIONAL
DATES: Final = ("date", "date_low", "date_high", "recorded")
_TEXTS: Final = ("member_id", "event", "name", "segment")
_SPARSE: Final = ("date_low", "date_high", "recorded")
_LEFT, _RETURNED = CODE["left"], CODE["returned"]


def event_type() -> pd.CategoricalDtype:
    """The type of the column `event`."""
    return pd.CategoricalDtype(pd.Index(list(EVENTS), dtype=object))


def canonical(frame: pd.DataFrame) -> tuple[pd.DataFrame, npt.NDArray[np.intp] | None]:
    """Bring a table into the one form: columns in order and typed, only used categories, rows sorted.

    Returns
    -------
    pandas.DataFrame
    int array or None
        Which row of the given table each row was; None when the order is as it was.

    Raises
    ------
    ValueError
        A column is missing or unknown, an event is no word of the vocabulary, or a needed cell is empty.
    """
    for name in NEEDED:
        if name not in frame:
            raise ValueError(f"a history needs the column {name!r}")
    for name in frame.columns:
        if name not in COLUMNS:
            raise ValueError(f"{name!r} is no column of a history: {one_of(COLUMNS, str(name))}")
    columns: dict[str, Any] = {}
    for name in COLUMNS:
        if name not in frame:
            if name in _SPARSE:
                continue
            columns[name] = _empty(name, len(frame))
        elif name in DATES:
            columns[name] = _dates(frame[name])
        elif name == "value":
            columns[name] = frame[name].to_numpy(dtype=np.float64, na_value=np.nan) + 0.0  # + 0.0: no -0.0
        else:
            columns[name] = _category(frame[name], name)
        if name in _SPARSE and np.isnat(columns[name]).all():
            del columns[name]
    if (columns["member_id"].codes < 0).any() or np.isnat(columns["date"]).any():
        raise ValueError("a row of a history needs a member_id and a date")
    order = row_order(columns)
    result = pd.DataFrame(
        {name: column if order is None else column[order] for name, column in columns.items()}, copy=False
    )
    return result, order


def row_order(columns: dict[str, Any]) -> npt.NDArray[np.intp] | None:
    """Order of the rows by member, date, event, name and the rest; None when they stand in it already."""
    member = columns["member_id"].codes
    date = columns["date"].astype(np.int64)
    names = columns["name"]
    what = columns["event"].codes.astype(np.int64) * (len(names.categories) + 1) + names.codes
    rest = [columns["segment"].codes, columns["value"]]
    rest += [columns[name].astype(np.int64) for name in _SPARSE if name in columns]
    keys: list[npt.NDArray[Any]] = [*reversed(rest), what, date, member]
    order = None
    if not _sorted(member, date, what):
        order = np.lexsort(keys)
        member, date = member[order], date[order]
        codes = columns["event"].codes[order]
    else:
        tied = (member[1:] == member[:-1]) & (date[1:] == date[:-1]) & (what[1:] == what[:-1])
        if tied.any():
            order = np.lexsort(keys)
        codes = columns["event"].codes if order is None else columns["event"].codes[order]
    return _rejoined(order, member, date, codes)


def _sorted(*keys: npt.NDArray[Any]) -> bool:
    """Whether rows are sorted by the keys, the first one first."""
    tied = np.ones(max(len(keys[0]) - 1, 0), bool)
    for key in keys:
        if (tied & (key[1:] < key[:-1])).any():
            return False
        tied &= key[1:] == key[:-1]
    return True


def _rejoined(
    order: npt.NDArray[np.intp] | None,
    member: npt.NDArray[Any],
    date: npt.NDArray[np.int64],
    codes: npt.NDArray[Any],
) -> npt.NDArray[np.intp] | None:
    """Let a leaving come before a return at the same moment: nobody returns who is there."""
    for row in np.flatnonzero(codes == _LEFT).tolist() if (codes == _RETURNED).any() else ():
        first = row
        while first > 0 and member[first - 1] == member[row] and date[first - 1] == date[row]:
            first -= 1
        if not (codes[first:row] == _RETURNED).any():
            continue
        mine = np.searchsorted(member, member[row])
        before = codes[mine:first]
        inside = np.isin(before, [CODE["present"], CODE["joined"], _RETURNED]).sum() - (before == _LEFT).sum()
        if inside > 0:
            order = np.arange(len(codes)) if order is None else order
            order[first : row + 1] = np.concatenate([order[row : row + 1], order[first:row]])
    return order


def digest(frame: pd.DataFrame) -> str:
    """SHA-256 of a canonical table, in hex."""
    found = hashlib.sha256(b"membersim history 1")
    for name in frame.columns:
        column = frame[name]
        found.update(f"\n{name}\n".encode())
        if name in _TEXTS:
            words = column.cat.categories.astype(object)
            found.update("".join(f"{len(word)}:{word}" for word in words).encode())
            found.update(np.ascontiguousarray(column.cat.codes.to_numpy().astype("<i4")).data)
        elif name in DATES:
            found.update(np.ascontiguousarray(column.to_numpy().astype("<i8")).data)
        else:
            value = column.to_numpy().astype("<f8")
            value[np.isnan(value)] = np.nan  # one bit pattern
            found.update(np.ascontiguousarray(value).data)
    return found.hexdigest()


def _empty(name: str, rows: int) -> Any:
    if name == "value":
        return np.full(rows, np.nan)
    return pd.Categorical.from_codes(np.full(rows, -1, np.int8), pd.Index([], dtype=object))


def _dates(column: pd.Series[Any]) -> npt.NDArray[np.datetime64]:
    result: npt.NDArray[np.datetime64] = pd.to_datetime(column).to_numpy().astype("datetime64[us]")
    return result


def _category(column: pd.Series[Any], name: str) -> Any:
    """The column as categories: those in use, sorted as text; blank text is no category."""
    if not isinstance(column.dtype, pd.CategoricalDtype):
        codes: npt.NDArray[Any]
        codes, found = pd.factorize(column.astype(object))
        words: Any = pd.Index([str(word) for word in found], dtype=object)
    else:
        codes, words = column.cat.codes.to_numpy(), column.cat.categories.astype(object)
    if name == "event":
        place = np.array([CODE.get(str(word), -1) for word in words] or [-1], np.int8)
        used = np.bincount(codes[codes >= 0], minlength=len(words)) > 0
        unknown = [str(word) for word, at, there in zip(words, place, used, strict=False) if at < 0 and there]
        if unknown or (codes < 0).any():
            word = unknown[0] if unknown else ""
            raise ValueError(f"there is no event {shown(word)}: {one_of(EVENTS, word)}")
        return pd.Categorical.from_codes(place[codes] if len(codes) else codes.astype(np.int8), dtype=event_type())
    used = np.bincount(codes[codes >= 0], minlength=len(words)) > 0
    used &= np.array([word != "" for word in words], bool) if len(words) else used
    kept = sorted({str(word) for word, there in zip(words, used, strict=True) if there})
    at = {word: place for place, word in enumerate(kept)}
    place = np.array([at[str(word)] if there else -1 for word, there in zip(words, used, strict=True)] + [-1], np.int32)
    return pd.Categorical.from_codes(place[codes], pd.Index(kept, dtype=object))

"""Forecasts archived as they were made, human calls beside them, and their scores once the actuals have come.

An entry is a file of JSON and one of futures, named by the SHA-256 of its content and made read-only; each entry also
names the one before it. So a changed, a removed and an inserted entry are all found.
"""

from __future__ import annotations

import datetime as dt
import hashlib
import io
import json
import os
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
import numpy.typing as npt

from simulation.evidence.backtest.observed import MEASURES, is_there, observed
from simulation.evidence.backtest.scores import Score, score

if TYPE_CHECKING:
    from simulation.evidence.history import History
    from simulation.forecast import Forecast

__all__ = ["Archive", "ArchiveError", "Call", "Entry", "Scored", "call_of", "score_entry"]

Float = npt.NDArray[np.float64]
FORMAT = 1
CALL_FUTURES = 400
"""Quantile midpoints that stand for a human call."""
TEN = 1.2815515655446004
"""Quantile of the standard normal at 90%."""
SUFFIXES = {"": 1.0, "k": 1e3, "m": 1e6, "b": 1e9}


class ArchiveError(ValueError):
    """The archive is not as it was written, or has no such entry."""


@dataclass(frozen=True)
class Call:
    """A human forecast: four chances in five that the measure lies between two values on (or up to) a day.

    Attributes
    ----------
    measure
        Key of `MEASURES`; a flow counts from the start of the forecast it stands beside.
    low, high
        P10 and P90.
    day
        Morning on which it is measured.
    by
        Whose call it is.
    made
        When it was recorded.
    """

    measure: str
    low: float
    high: float
    day: dt.date
    by: str
    made: str

    def futures(self) -> Float:
        """The call as a sample: normal, or lognormal where both ends are positive, with these P10 and P90."""
        from scipy.special import ndtri

        levels = (np.arange(CALL_FUTURES) + 0.5) / CALL_FUTURES
        z = ndtri(levels)
        if self.low > 0:
            mid, half = (np.log(self.low) + np.log(self.high)) / 2, (np.log(self.high) - np.log(self.low)) / 2
            return np.asarray(np.exp(mid + half / TEN * z), np.float64)
        return np.asarray((self.low + self.high) / 2 + (self.high - self.low) / 2 / TEN * z, np.float64)


@dataclass(frozen=True)
class Entry:
    """One archived forecast.

    Attributes
    ----------
    id
        First 16 digits of its hash.
    facts
        name, label, currency, start, days, seed, digest, made, run, previous.
    days
        Ends of the periods; the first period begins on `facts["start"]`.
    futures
        By measure: float64[replications, periods].
    """

    id: str
    facts: dict[str, Any]
    days: tuple[dt.date, ...]
    futures: dict[str, Float]

    @property
    def start(self) -> dt.date:
        """First day of the forecast."""
        return dt.date.fromisoformat(self.facts["start"])


@dataclass(frozen=True)
class Scored:
    """A score of an archived forecast: `by` is "membersim" or whose call it was; `day` the end of the period."""

    entry: str
    by: str
    measure: str
    day: dt.date
    score: Score


class Archive:
    """A folder of archived forecasts.

    Parameters
    ----------
    folder
        Made by the first entry.
    """

    def __init__(self, folder: Path) -> None:
        self.folder = Path(folder)

    def keep(self, forecast: Forecast, *, run: str, made: str) -> tuple[str, bool]:
        """Archive a forecast as it was made.

        Parameters
        ----------
        forecast
            What was forecast.
        run
            Where its run is, in words.
        made
            When the run was finished.

        Returns
        -------
        str
            The id of its entry.
        bool
            Whether it is new: the same forecast is archived once.
        """
        facts, futures = _facts(forecast)
        if same := self._like(facts):
            return same, False
        name = self._write({**facts, "run": run, "made": made})
        stream = io.BytesIO()
        np.savez_compressed(stream, allow_pickle=False, **futures)
        _write_once(self.folder / f"{name}.npz", stream.getvalue())
        return name, True

    def holds(self, forecast: Forecast) -> str:
        """The id under which a forecast is archived just as it is; blank where it is not."""
        return self._like(_facts(forecast)[0])

    def _like(self, facts: dict[str, Any]) -> str:
        """The id of the entry that says the same of the same plan; blank where there is none."""
        same = ("digest", "seed", "futures", "start", "label")
        return next((one["id"] for one in self.entries() if all(one.get(key) == facts[key] for key in same)), "")

    def call(self, entry: str, one: Call) -> str:
        """Record a human call beside an archived forecast; its own entry, which cannot be changed either."""
        found = self.load(entry)
        if not found.start < one.day <= found.days[-1]:
            raise ArchiveError(
                f"the forecast goes from {found.start} to {found.days[-1]}, and the call is for {one.day}"
            )
        if MEASURES[one.measure].nature == "flow" and one.day not in found.days:
            raise ArchiveError(f"a call on a sum is for the end of a period, such as {found.days[-1]}, not {one.day}")
        return self._write({
            "format": FORMAT, "kind": "call", "of": found.id, "measure": one.measure, "low": one.low,
            "high": one.high, "day": one.day.isoformat(), "by": one.by, "made": one.made,
        })  # fmt: skip

    def entries(self) -> list[dict[str, Any]]:
        """Every entry, in the order in which they were made, each checked against its name and the one before.

        Raises
        ------
        ArchiveError
            An entry was changed, removed or put in between.
        """
        found: dict[str, dict[str, Any]] = {}
        for path in sorted(self.folder.glob("*.json")):
            text = path.read_bytes()
            if _name(text) != path.stem:
                raise ArchiveError(f"{path} was changed after it was archived")
            facts = json.loads(text)
            found[str(facts["previous"])] = {**facts, "id": path.stem}
        ordered: list[dict[str, Any]] = []
        last = ""
        while last in found:
            ordered.append(found[last])
            last = found[last]["id"]
        if len(ordered) != len(list(self.folder.glob("*.json"))):
            raise ArchiveError(
                f"{self.folder}: an entry was removed or put in: the chain breaks after {last or 'the start'}"
            )
        return ordered

    def load(self, entry: str) -> Entry:
        """An archived forecast by its id (or the beginning of it, 6 digits at least).

        Raises
        ------
        ArchiveError
            There is none, or its futures are not what was archived.
        """
        every = [one for one in self.entries() if one["kind"] == "forecast"]
        own = [one for one in every if len(entry) >= 6 and one["id"].startswith(entry)]
        if len(own) != 1:
            known = ", ".join(one["id"] for one in every) or "none"
            raise ArchiveError(f"no archived forecast {entry!r} in {self.folder}; there are: {known}")
        facts = own[0]
        path = self.folder / f"{facts['id']}.npz"
        try:
            with np.load(path, allow_pickle=False) as data:
                futures = {name: data[name] for name in data.files}
        except (OSError, ValueError) as error:
            raise ArchiveError(f"{path} cannot be read: {error}") from None
        if _content(futures) != facts["futures"]:
            raise ArchiveError(f"{path} was changed after it was archived")
        return Entry(facts["id"], facts, tuple(map(dt.date.fromisoformat, facts["days"])), futures)

    def calls(self, entry: str) -> list[Call]:
        """The human calls beside an archived forecast."""
        return [
            Call(one["measure"], one["low"], one["high"], dt.date.fromisoformat(one["day"]), one["by"], one["made"])
            for one in self.entries()
            if one["kind"] == "call" and one["of"] == entry
        ]

    def _write(self, facts: dict[str, Any]) -> str:
        before = self.entries()
        text = json.dumps({**facts, "previous": before[-1]["id"] if before else ""}, sort_keys=True, indent=1).encode()
        name = _name(text)
        self.folder.mkdir(parents=True, exist_ok=True)
        _write_once(self.folder / f"{name}.json", text)
        return name


def _facts(forecast: Forecast) -> tuple[dict[str, Any], dict[str, Float]]:
    """What an entry says of a forecast, and its futures by measure."""
    frame = forecast.frame
    futures = {name: forecast.measure(name, by="period").to_numpy().astype(np.float64) for name in MEASURES}
    days = [
        (frame.start + dt.timedelta(days=int(frame.cell_edges[one.last_cell_exclusive]))).isoformat()
        for one in frame.periods
    ]
    facts = {
        "format": FORMAT, "kind": "forecast", "name": forecast.facts.name, "label": forecast.label,
        "currency": frame.currency, "start": frame.start.isoformat(), "horizon": frame.days,
        "seed": forecast.seed, "replications": forecast.replications, "digest": forecast.facts.digest,
        "version": forecast.version, "days": days, "futures": _content(futures),
    }  # fmt: skip
    return facts, futures


def _had_members(entry: Entry) -> bool:
    """Whether anybody is a member when the forecast begins: if nobody is, actuals begin with the first to join."""
    flows = ("members", "left", "joined", "returned")
    if any(one not in entry.futures for one in flows):
        return True
    members, left, joined, returned = (entry.futures[one][:, 0] for one in flows)
    return bool(np.any(members + left - joined - returned > 0))


def score_entry(archive: Archive, entry: Entry, actuals: History) -> list[Scored]:
    """Score an archived forecast and the calls beside it, as far as the actuals go.

    Raises
    ------
    ArchiveError
        No period of the forecast is over yet, or the actuals begin after its start, at which it had members.
    """
    end, first = actuals.exported or actuals.last_day, actuals.first_day
    over = [day for day in entry.days if end is not None and day <= end]
    if not over:
        raise ArchiveError(
            f"no period of the forecast is over: it begins on {entry.start}, and the actuals end on {end}"
        )
    if first is None or (first > entry.start and _had_members(entry)):
        raise ArchiveError(f"the actuals begin on {first}, after the forecast did ({entry.start})")
    measures = [one for one in MEASURES if is_there(actuals, one) and one in entry.futures]
    came = observed(actuals, [entry.start, *over], measures).values
    scored = [
        Scored(
            entry.id, "membersim", measure, day, score(entry.futures[measure][:, place], float(came[measure][place]))
        )
        for measure in measures
        for place, day in enumerate(over)
    ]
    for call in archive.calls(entry.id):
        if call.day > over[-1] or call.measure not in measures:
            continue
        stock = MEASURES[call.measure].nature == "stock"
        value = observed(actuals, [entry.start, call.day], [call.measure]).values[call.measure][0]
        scored.append(Scored(entry.id, call.by, call.measure, call.day, score(call.futures(), float(value))))
        if call.day in entry.days:  # the model's answer to the same question
            place = entry.days.index(call.day)
            own = entry.futures[call.measure]
            futures = own[:, place] if stock else own[:, : place + 1].sum(axis=1)
            scored.append(
                Scored(entry.id, f"membersim, as {call.by}", call.measure, call.day, score(futures, float(value)))
            )
    return scored


def call_of(text: str, day: dt.date, by: str, made: str) -> Call:
    """A call as it is written: `arr=4.4M..4.7M`, P10 and P90.

    Raises
    ------
    ValueError
        It is no such text, or names no measure that can be scored.
    """
    measure, equals, ends = text.partition("=")
    low, dots, high = ends.partition("..")
    name = measure.strip()
    if not equals or not dots:
        raise ValueError(f"expected a measure with its P10 and P90, such as arr=4.4M..4.7M, not {text!r}")
    if name not in MEASURES:
        from simulation.scenario.errors import one_of

        raise ValueError(f"{name!r} is no measure that is scored: {one_of(tuple(MEASURES), name)}")
    ends_ = _amount(low), _amount(high)
    if not ends_[0] < ends_[1]:
        raise ValueError(f"{text!r}: the first value (P10) must be below the second (P90)")
    return Call(name, *ends_, day, by, made)


def _amount(text: str) -> float:
    plain = text.strip().replace(",", "").lstrip("$€£").lower()
    suffix = plain[-1:] if plain[-1:] in ("k", "m", "b") else ""
    try:
        value = float(plain.removesuffix(suffix)) * SUFFIXES[suffix]
    except ValueError:
        raise ValueError(f"expected an amount such as 4.4M, 350k or 1200, not {text!r}") from None
    if not np.isfinite(value):
        raise ValueError(f"expected an amount such as 4.4M, 350k or 1200, not {text!r}")
    return value


def _name(text: bytes) -> str:
    return hashlib.sha256(text).hexdigest()[:16]


def _content(futures: dict[str, Float]) -> str:
    """SHA-256 of the numbers, whatever the compression."""
    digest = hashlib.sha256()
    for name in sorted(futures):
        digest.update(name.encode() + repr(futures[name].shape).encode())
        digest.update(np.ascontiguousarray(futures[name], "<f8").tobytes())
    return digest.hexdigest()


def _write_once(path: Path, content: bytes) -> None:
    """Write a file that nobody is meant to write again."""
    draft = path.with_name(f".{path.name}.{os.getpid()}")
    draft.write_bytes(content)
    draft.chmod(0o444)
    os.replace(draft, path)

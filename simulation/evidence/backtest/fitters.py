"""Fits to the past only: what a backtest asks of a way to learn a scenario from a history, and the direct way."""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any, Protocol

import numpy as np
import numpy.typing as npt

from simulation.evidence.backtest.spells import Spells, spells_of
from simulation.evidence.history import CODE
from simulation.evidence.history.terms import add_months
from simulation.scenario.units import MONTH

if TYPE_CHECKING:
    from simulation.evidence.history import History
    from simulation.scenario import Scenario
    from simulation.scenario.book import Book
    from simulation.scenario.schema.team import Team

__all__ = ["DRAWS", "DirectFitter", "Draft", "Fitted", "Fitter", "rebased"]

Float = npt.NDArray[np.float64]
DRAWS = 100
"""Joint draws of the fitted numbers."""
HALF = 183.0
"""Days: the middle of a yearly term."""
RECENT = 36
"""Months before the origin whose amounts count: older ones say little of the coming year."""


@dataclass(frozen=True)
class Fitted:
    """A scenario learnt from the past, ready to be simulated.

    Attributes
    ----------
    scenario
        It starts on the origin; its assumptions are the joint draws of the fit.
    book
        The members of that morning.
    lapsed
        Segments whose arrivals are returns: former members, grouped by what is known of them.
    parts
        Segment of the fit -> segment of the scenario that it is a part of.
    notes
        What was fitted and how, and what the scenario had to keep, in sentences.
    """

    scenario: Scenario
    book: Book
    lapsed: tuple[str, ...] = ()
    parts: Mapping[str, str] = field(default_factory=dict)
    notes: tuple[str, ...] = ()


class Fitter(Protocol):
    """A way to learn a scenario from the past."""

    name: str

    def fit(
        self, past: History, scenario: Scenario, origin: dt.date, months: int, *, seed: int, folder: Path
    ) -> Fitted:
        """Learn a scenario from what was known on the morning of `origin`.

        Parameters
        ----------
        past
            `history.as_of(origin)`: nothing later is there.
        scenario
            The mechanisms, and the numbers that the past says nothing of.
        origin
            First day of the forecast.
        months
            Its horizon.
        seed
            Of the draws.
        folder
            Where files of the fit go; it exists.

        Raises
        ------
        ValueError
            The past is too short, or does not belong to the scenario.
        """
        ...


@dataclass
class Draft:
    """A scenario in the making: its tree, and joint draws of some numbers by path.

    Arrivals of the segments `lapsed` are returns; `parts` says what segment one is a part of; the next renewals of the
    members in `dues` are so many days ahead.

    `rng` is the luck of all draws, so a fit is the same for the same seed.
    """

    tree: dict[str, Any]
    rng: np.random.Generator
    draws: dict[str, Float] = field(default_factory=dict)
    notes: list[str] = field(default_factory=list)
    lapsed: list[str] = field(default_factory=list)
    parts: dict[str, str] = field(default_factory=dict)
    dues: dict[str, float] = field(default_factory=dict)

    def set(self, path: str, draws: npt.ArrayLike, unit: str = "") -> None:
        """Put a number that is not known exactly: its draws, and their mean as its value."""
        values = np.asarray(draws, np.float64)
        steps = path.split(".")
        node = self.tree
        for step in steps[:-1]:
            node = node.setdefault(step, {})
        node[steps[-1]] = f"{values.mean():.9g} {unit}" if unit else float(f"{values.mean():.9g}")
        self.draws[path] = values

    def split(self, name: str, new: str, changes: Mapping[str, Any]) -> None:
        """Put a segment for some members of another: like it, but for the changes."""
        self.tree["segments"][new] = {**self.tree["segments"][name], "arrivals": {"per_month": 0}, **changes}
        self.parts[new] = name

    def scenario(self, root: Path, folder: Path) -> Scenario:
        """Make the scenario, with its draws in a file."""
        import pandas as pd

        from simulation.scenario import from_mapping

        assumptions = {path: one for path, one in self.tree.get("assumptions", {}).items() if self._free(path, one)}
        if self.draws:
            table = pd.DataFrame({path: values for path, values in self.draws.items()})
            table.to_csv(folder / "draws.csv", index=False, float_format="%.9g")
            file = str((folder / "draws.csv").resolve())
            assumptions["fitted"] = {"joint": file, "source": "the history before the origin", "evidence": "own"}
        return from_mapping({**self.tree, "assumptions": assumptions}, folder=root, allow_outside=True)

    def _free(self, path: str, assumption: Any) -> bool:
        """Whether an assumption of the scenario stays: nothing at, above or below its path was fitted."""
        if isinstance(assumption, Mapping) and "joint" in assumption:
            return False
        return not any(
            f"{path}.".startswith(f"{own}.") or f"{own}.".startswith(f"{path}.") for own in self.draws
        ) and self._has(path)

    def _has(self, path: str) -> bool:
        node: Any = self.tree
        for step in path.split("."):
            if not isinstance(node, Mapping) or step not in node:
                return False
            node = node[step]
        return True


def rebased(scenario: Scenario, origin: dt.date, months: int) -> dict[str, Any]:
    """The scenario as plain values, moved to another start, without its own book, population and goals."""
    tree: dict[str, Any] = scenario.resolved()
    for key in ("book", "history", "objectives", "known", "levers"):
        tree.pop(key, None)
    for segment in tree["segments"].values():
        segment.pop("population", None)
    for name, team in scenario.teams.items():
        tree["teams"][name] |= _staff(team, tree["teams"][name], origin)
    return {**tree, "start": origin.isoformat(), "horizon": f"{months} months", "periods": "month"}


def _staff(team: Team, written: Mapping[str, Any], origin: dt.date) -> dict[str, Any]:
    """People of a team at another start: who has come by then is there, who has left is not."""
    came = [(origin - hire.date).days > hire.lead_time for hire in team.hires]
    left = [leave.date < origin for leave in team.leavers]
    people = sum(hire.people for hire, by_then in zip(team.hires, came, strict=True) if by_then)
    people -= sum(leave.people for leave, by_then in zip(team.leavers, left, strict=True) if by_then)
    moves = {
        key: [move for move, by_then in zip(written.get(key, ()), past, strict=True) if not by_then]
        for key, past in (("hires", came), ("leavers", left))
        if any(past)
    }
    return {**moves, "people": team.people + people} if moves else {}


class DirectFitter:
    """Fits what a history shows directly: arrivals, ARR, leaving, returning, and by simulation renewal and take.

    Of a segment without a journey, renewal and return are fitted as laws of their own (`laws`). With a journey, a
    year before the origin is simulated, and renewal and take are shifted on the logit scale by how far the simulated
    rates were from what came; vectors, work and setbacks stay what the scenario says.
    """

    name = "direct"

    def fit(
        self, past: History, scenario: Scenario, origin: dt.date, months: int, *, seed: int, folder: Path
    ) -> Fitted:
        """Learn a scenario from the past; see `Fitter`."""
        from simulation.evidence.backtest import arriving, journeys, laws

        terms = {name: segment.term for name, segment in scenario.segments.items()}
        spells = spells_of(past, terms, origin)
        if not len(spells):
            raise ValueError(f"the history has no member before {origin}")
        draft = Draft(rebased(scenario, origin, months), np.random.default_rng([seed, origin.toordinal()]))
        moved: dict[str, str] = {}
        for name, segment in scenario.segments.items():
            own = spells.of(spells.segment == name)
            if not len(own):
                draft.notes.append(f"{name}: no member before {origin}; the scenario's own numbers stand.")
                continue
            arriving.arrivals(draft, name, segment.arrivals.season, past, own, origin, months)
            arriving.amounts(draft, name, past, origin, RECENT)
            if laws.is_plain(scenario, name):
                moved |= laws.staying(draft, name, past, own, months)
        if not all(laws.is_plain(scenario, name) for name in scenario.segments):
            journeys.shift(draft, past, scenario, origin, seed)
        made = draft.scenario(scenario.root, folder)
        return Fitted(
            made,
            _book(past, scenario, made, origin, moved, _dues(past, spells, draft.rng) | draft.dues),
            tuple(draft.lapsed),
            draft.parts,
            tuple(draft.notes),
        )


def _dues(past: History, spells: Spells, rng: np.random.Generator) -> dict[str, float]:
    """Days to the next renewal of who was there when the record began and has not renewed since.

    All that is known is that it comes within a term of that beginning; so it is any day until then.
    """
    said = past.member[past.codes == CODE["due"]]
    unseen = spells.of(spells.here & ~spells.begun & (spells.won() == 0) & ~np.isin(spells.member, said))
    latest = (add_months(unseen.begin, unseen.term) - np.datetime64(spells.until, "D")).astype(np.int64)
    days = rng.random(len(unseen)) * latest
    ids = past.by_member().member_id
    return {ids[one]: day for one, day in zip(unseen.member.tolist(), days.tolist(), strict=True) if day > 0}


def _book(
    past: History,
    scenario: Scenario,
    made: Scenario,
    origin: dt.date,
    moved: Mapping[str, str],
    dues: Mapping[str, float],
) -> Book:
    """Today's members; those who were sorted into a segment of the fit have their past in its numbers already."""
    from simulation.evidence.history.today import book_of

    if not moved:
        book = book_of(past, made, origin)
        renews = np.array([dues.get(member, due) for member, due in zip(book.member_id, book.renews_on, strict=True)])
        return replace(book, renews_on=renews)
    plan = scenario.model_copy(update={"start": origin})
    book = book_of(past, plan, origin)
    names = list(made.segments)
    old = list(scenario.segments)
    goal = [moved.get(member, old[place]) for member, place in zip(book.member_id, book.segment, strict=True)]
    sorted_in = np.array([member in moved for member in book.member_id])
    # Their renewals so far are in the law of their segment: to the engine they are in their first term.
    renews = np.array([dues.get(member, due) for member, due in zip(book.member_id, book.renews_on, strict=True)])
    terms = np.array([made.segments[one].term for one in goal]) * MONTH
    joined = np.where(sorted_in, np.minimum(0.0, renews - terms), book.joined)
    segment = np.array([names.index(one) for one in goal], np.int32)
    return replace(book, segment=segment, joined=joined, renews_on=renews)

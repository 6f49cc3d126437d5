"""Two lives of one member, event by event: where two scenarios part, and why."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from difflib import get_close_matches
from typing import TYPE_CHECKING, Any

import pandas as pd

from simulation.engine.events import event_table
from simulation.engine.pseudonym import pseudonyms
from simulation.engine.replicate import make_engine, plan_at
from simulation.experiment.twins import changed
from simulation.shown import Shown

if TYPE_CHECKING:
    from simulation.scenario import Scenario
    from simulation.scenario.book import Book

__all__ = ["Lives", "explain"]

STATE = ("direction", "magnitude", "progress", "arr")
BY_A_TEAM = frozenset({"started", "delivered", "undelivered", "impatient", "withdrawn"})


@dataclass(frozen=True, eq=False)
class Lives(Shown):
    """Two lives of the same member in the same future.

    Attributes
    ----------
    member, segment
        Its pseudonym and segment.
    table
        One row an event, in time order: date, base and alternative (the event in words, empty where it does not
        happen in that life), base_arr and alternative_arr (after it), parted (from the first difference on).
    parted
        Date of the first difference; None when both lives are the same.
    cause
        Why they part, in a sentence.
    """

    member: str
    segment: str
    table: pd.DataFrame
    parted: pd.Timestamp | None
    cause: str


def explain(
    base: Scenario,
    alternative: Scenario,
    member: str,
    *,
    books: tuple[Book | None, Book | None] | None = None,
    replication: int = 0,
    seed: int = 1,
    engine: str = "compiled",
) -> Lives:
    """Put two lives of one member side by side.

    Parameters
    ----------
    base, alternative
        The scenarios.
    member
        An id of the book, or a pseudonym as in event logs.
    books
        Today's members of each; by default those that they name.
    replication, seed, engine
        Which future, and what runs it.

    Raises
    ------
    ValueError
        When neither life has such a member, with the nearest id.
    """
    from simulation.runs import todays_members

    own = books or (todays_members(base), todays_members(alternative))
    wanted = _pseudonym(member, own)
    logs = []
    for scenario, book in zip((base, alternative), own, strict=True):
        plan = plan_at(scenario, book, seed, replication // 2)
        table = event_table(make_engine(engine, plan, log=True).run(seed, replication), plan)
        logs.append(table[table["member"] == wanted].astype({"kind": str, "name": object}).fillna({"name": ""}))
    if not len(logs[0]) and not len(logs[1]):
        raise ValueError(f"there is no member {member!r} in future {replication}{_nearest(member, own)}")
    first = next(log for log in logs if len(log))
    mine, yours = logs
    same = _common(mine, yours)
    parted, cause = _parting(mine, yours, same, base, alternative)
    return Lives(wanted, str(first["segment"].iloc[0]), _side_by_side(mine, yours, same), parted, cause)


def _pseudonym(member: str, books: Sequence[Book | None]) -> str:
    """Pseudonym of a member; what is no id of a book may be one already."""
    for book in books:
        if book is not None and member in book.member_id:
            return pseudonyms([int(book.key[book.member_id.index(member)])])[0]
    return member.strip().lower()


def _nearest(member: str, books: Sequence[Book | None]) -> str:
    names = [name for book in books if book is not None for name in book.member_id]
    near = get_close_matches(member, names, 1)
    return f"; did you mean {near[0]!r}?" if near else "; give an id of the book or a pseudonym of an event log"


def _common(base: pd.DataFrame, other: pd.DataFrame) -> int:
    """Number of first events that are the same in both lives, to the last bit."""
    columns = ["time", "kind", "name", *STATE]
    rows = zip(base[columns].itertuples(index=False), other[columns].itertuples(index=False), strict=False)
    count = 0
    for mine, yours in rows:
        if mine != yours:
            break
        count += 1
    return count


def _side_by_side(base: pd.DataFrame, other: pd.DataFrame, same: int) -> pd.DataFrame:
    """Merge two lives by time; the same event at the same time stands on one line."""
    left: list[Any] = base.to_dict("records")
    right: list[Any] = other.to_dict("records")
    rows: list[dict[str, Any]] = []
    i = j = 0
    while i < len(left) or j < len(right):
        mine, yours = (left[i] if i < len(left) else None), (right[j] if j < len(right) else None)
        here = min(one["time"] for one in (mine, yours) if one is not None)
        if mine is not None and yours is not None and _event(mine) == _event(yours):
            i, j = i + 1, j + 1
        elif mine is not None and (mine["time"] == here and (yours is None or yours["time"] > here or i < j)):
            i, yours = i + 1, None
        else:
            j, mine = j + 1, None
        either: Any = mine or yours
        rows.append(
            {
                "date": either["date"],
                "base": _words(mine),
                "alternative": _words(yours),
                "base_arr": None if mine is None else mine["arr"],
                "alternative_arr": None if yours is None else yours["arr"],
                "parted": len(rows) >= same,
            }
        )
    columns = ["date", "base", "alternative", "base_arr", "alternative_arr", "parted"]
    return pd.DataFrame(rows, columns=columns).astype({"base_arr": float, "alternative_arr": float})


def _event(row: dict[str, Any]) -> tuple[Any, ...]:
    return row["time"], row["kind"], row["name"]


def _words(row: dict[str, Any] | None) -> str:
    """An event in words, with the course after it."""
    if row is None:
        return ""
    what = f"{row['kind'].replace('_', ' ')} {str(row['name']).replace('_', ' ')}".strip()
    return f"{what} ({row['direction']:.0f}°, pace {row['magnitude']:.2f})"


def _parting(
    base: pd.DataFrame, other: pd.DataFrame, same: int, first: Scenario, second: Scenario
) -> tuple[pd.Timestamp | None, str]:
    """When and why two lives part."""
    mine = base.iloc[same] if same < len(base) else None
    yours = other.iloc[same] if same < len(other) else None
    if mine is None and yours is None:
        return None, "Both lives are the same, event by event."
    if not len(base) or not len(other):
        side = "base" if len(base) else "alternative"
        return None, f"This person is there in the {side} only: referred, or joined, in that life alone."
    chosen: Any = min((one for one in (mine, yours) if one is not None), key=lambda one: one["time"])
    side = "base" if chosen is mine else "alternative"
    what = _words(dict(chosen)).partition(" (")[0]
    if mine is not None and yours is not None and _event(dict(mine)) == _event(dict(yours)):
        text = f"{what} happens in both lives, and leaves the member in another state"
        return chosen["date"], f"{text}{_reason(chosen, first, second, both=True)}."
    return chosen["date"], f"In the {side}: {what}{_reason(chosen, first, second, both=False)}."


def _reason(row: Any, first: Scenario, second: Scenario, *, both: bool) -> str:
    kinds = changed(first, second)
    if row["name"] in kinds["interventions"]:
        sides = (("base", first), ("alternative", second))
        missing = [where for where, one in sides if row["name"] not in one.interventions]
        return f", which the {missing[0]} does not have" if missing else ", which the scenarios define differently"
    if row["kind"] in ("pushed", "push_taken") and kinds["selling"]:
        return ", because the scenarios sell differently"
    if row["kind"] in BY_A_TEAM:
        return ", because a shared team serves the member at another time"
    if str(row["segment"]) in kinds["segments"]:
        return ", because its segment is defined differently"
    return ", after a draw of an assumption that only one of the scenarios has" if both else ""

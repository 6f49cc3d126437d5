"""The history that the organisation of a simulated future would have: the event log without what nobody sees."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np
import numpy.typing as npt
import pandas as pd

from simulation.evidence.history.table import canonical
from simulation.evidence.history.vocabulary import CODE, EVENTS, WORDS

if TYPE_CHECKING:
    from simulation.scenario.book import Book
    from simulation.scenario.schema import Scenario

__all__ = ["history_of_events"]

HIDDEN = frozenset({"outcome_shift", "impatient", "expired"})
"""Kinds of the event log that no organisation sees."""
RENAMED = {"delivered": "intervention"}
DAY = 86_400_000_000  # microseconds


def history_of_events(
    log: pd.DataFrame, scenario: Scenario, *, book: Book | None = None, usage_seed: int | None = None
) -> pd.DataFrame:
    """Turn the event log of one replication into the canonical table of a history.

    Parameters
    ----------
    log
        As `simulation.events` returns it. Its pseudonyms become the ids of the history.
    scenario
        The scenario that was simulated.
    book
        The book that was simulated, for the dates of joining and renewal and the milestones of its members; by
        default the one that the scenario names. Of a made-up `population` only the milestones are known.
    usage_seed
        When given, rows `usage` are added for every month of membership: the mean magnitude over the member's
        days in that month, times `exp(usage_noise z)` with a standard normal z of this seed. None: no usage.

    Returns
    -------
    pandas.DataFrame
        In canonical form: no vector, no progress, and none of the kinds in `HIDDEN`.

    Raises
    ------
    ValueError
        A kind of event is not known here, or the book is not the one of the log.
    """
    kinds = [RENAMED.get(kind, kind) for kind in log["kind"].cat.categories.astype(object)]
    unknown = [kind for kind in kinds if kind not in WORDS and kind not in HIDDEN]
    if unknown:
        raise ValueError(f"the event log has a kind that a history has no word for: {unknown[0]!r}")
    seen = pd.Series(kinds).isin(list(EVENTS)).to_numpy()[log["kind"].cat.codes.to_numpy()]
    rows = log.loc[seen, ["member", "segment", "name"]].reset_index(drop=True)
    event = np.array(kinds, object)[log["kind"].cat.codes.to_numpy()[seen]]
    arr = np.rint(log["arr"].to_numpy() * 100).astype(np.int64)
    before = pd.Series(arr).groupby(log["member"].cat.codes.to_numpy()).shift(fill_value=0).to_numpy()
    level, change = arr[seen], (arr - before)[seen]
    effect = np.array([WORDS[word].arr for word in event])
    value = np.where(effect == "level", level, np.where(effect == "none", 0, np.abs(change))) / 100
    gone = event == "left"
    value[gone] = -change[gone] / 100
    value[(effect == "none") & ~gone] = np.nan
    table = pd.DataFrame({
        "member_id": rows["member"],
        "date": _in_log_order(_moments(log["time"].to_numpy()[seen], scenario), rows["member"], event, rows["name"]),
        "event": event,
        "name": rows["name"].astype(object).mask((event == "present") & rows["name"].isna().to_numpy(), "none"),
        "value": value,
        "segment": rows["segment"],
    })  # fmt: skip
    extra = table[(event == "intervention") & (change != 0)].copy()
    extra["event"], extra["value"] = "expanded", change[(event == "intervention") & (change != 0)] / 100
    parts = [table.astype({"name": object}), extra.astype({"name": object})]
    parts += _from_book(table, scenario, book)
    if usage_seed is not None:
        parts.append(_usage(log, scenario, usage_seed))
    return canonical(_together(parts))[0]


def _together(parts: list[pd.DataFrame]) -> pd.DataFrame:
    """Put tables together; one category type keeps the ids small."""
    members, segments = parts[0]["member_id"].dtype, parts[0]["segment"].dtype
    parts = [part.astype({"member_id": members, "segment": segments}) for part in parts if len(part)]
    return pd.concat(parts, ignore_index=True) if len(parts) else pd.DataFrame(columns=["member_id", "date", "event"])


def _moments(time: npt.NDArray[np.float64], scenario: Scenario) -> npt.NDArray[np.datetime64]:
    """Dates of times in days; a time just before midnight stays on its day."""
    day = np.floor(time).astype(np.int64)
    within = np.minimum(np.floor((time - day) * DAY).astype(np.int64), DAY - 1)
    moments: npt.NDArray[np.datetime64] = np.datetime64(scenario.start, "us") + (day * DAY + within)
    return moments


def _in_log_order(
    dates: npt.NDArray[np.datetime64], member: pd.Series[Any], event: npt.NDArray[Any], name: pd.Series[Any]
) -> npt.NDArray[np.datetime64]:
    """Move events of one moment by microseconds where the log has them in another order than a table, or twice."""
    order = np.argsort(member.cat.codes.to_numpy(), kind="stable")
    who = member.cat.codes.to_numpy()[order]
    names = np.argsort(np.argsort(name.cat.categories.astype(object)))
    place = np.append(names, -1)[name.cat.codes.to_numpy()]
    rank = (np.array([CODE[one] for one in event], np.int64) * (len(names) + 1) + place)[order]
    when = dates[order].astype(np.int64)
    same = (who[1:] == who[:-1]) & (when[1:] == when[:-1])
    falls = np.concatenate([[0], same & (rank[1:] <= rank[:-1])])[: len(who)]
    total = np.cumsum(falls)
    first = np.maximum.accumulate(np.where(np.concatenate([[True], ~same])[: len(who)], np.arange(len(who)), 0))
    moved = dates.copy()
    moved[order] = (when + total - total[first]).astype("M8[us]")
    return moved


def _from_book(table: pd.DataFrame, scenario: Scenario, book: Book | None) -> list[pd.DataFrame]:
    """What the book says of those present at the start: joined, next renewal, value recognised, open setback.

    The last milestone is written into the rows `present`.
    """
    from simulation.engine.pseudonym import pseudonyms
    from simulation.scenario.book import NONE_REACHED, UNKNOWN, load_book

    if book is None and scenario.book is not None:
        book = load_book(scenario.book.file, scenario)
    present = np.flatnonzero(table["event"].to_numpy() == "present")
    if book is None or not len(present):
        return []
    at = {name: row for row, name in enumerate(pseudonyms(book.key.tolist()))}
    members = table["member_id"].iloc[present]
    places = np.array([at.get(str(one), -1) for one in members])
    if (places < 0).any() and not any(segment.population for segment in scenario.segments.values()):
        raise ValueError("members of the event log are not in the book: was it made with this book and this key?")
    found, rows = places >= 0, present[places >= 0]
    place = places[found]
    members, segments = members[found], table["segment"].iloc[rows]
    journeys = [list(segment.journey) for segment in scenario.segments.values()]
    names = [
        "" if reached == UNKNOWN else "none" if reached == NONE_REACHED else journeys[segment][reached]
        for segment, reached in zip(book.segment[place].tolist(), book.milestone[place].tolist(), strict=True)
    ]
    table["name"] = table["name"].astype(object)
    table.iloc[rows, table.columns.get_loc("name")] = np.array(names, object)  # type: ignore[index]

    def of(event: str, days: npt.NDArray[np.float64], names: Any = "") -> pd.DataFrame:
        known = ~np.isnan(days)
        dates = np.datetime64(scenario.start, "us") + np.where(known, days, 0).astype(np.int64) * DAY
        rows = pd.DataFrame({"member_id": members, "date": dates, "event": event, "name": names, "value": np.nan})
        return rows.assign(segment=segments)[known]

    renews = np.datetime64(scenario.start, "D") + np.nan_to_num(book.renews_on[place]).astype(np.int64)
    due = np.datetime_as_string(renews, unit="D").astype(object)
    return [
        of("joined", book.joined[place]),
        of("due", np.minimum(book.joined[place], 0.0), due),
        of("value_recognised", book.value_recognised_on[place]),
        of("setback", book.open_setback[place]),
    ]


def _usage(log: pd.DataFrame, scenario: Scenario, seed: int) -> pd.DataFrame:
    """Usage by month: the mean magnitude while a member, seen with the segment's noise."""
    order = np.argsort(log["member"].cat.codes.to_numpy(), kind="stable")
    member = log["member"].cat.codes.to_numpy()[order].astype(np.int64)
    time, pace = log["time"].to_numpy()[order], log["magnitude"].to_numpy()[order]
    kinds = np.array(log["kind"].cat.categories.astype(object))[log["kind"].cat.codes.to_numpy()[order]]
    turn = np.where(np.isin(kinds, ["present", "joined", "returned"]), 1, np.where(kinds == "left", -1, 0))
    first = np.searchsorted(member, member)
    there = np.cumsum(turn) - (np.cumsum(turn) - turn)[first] > 0
    ends = np.append(member[1:] != member[:-1], True)[: len(member)]
    until = np.where(ends, float(scenario.days), np.append(time[1:], 0.0)[: len(member)])
    span = np.where(there, until - time, 0.0)
    used = np.concatenate([[0.0], np.cumsum(span * pace)])
    days = np.concatenate([[0.0], np.cumsum(span)])
    start = np.datetime64(scenario.start, "D")
    months = np.arange(start.astype("M8[M]"), np.datetime64(scenario.end, "M") + 1).astype("M8[D]")
    edges = np.unique(np.clip((months - start).astype(np.int64), 0, scenario.days)).astype(float)
    if edges[-1] < scenario.days:
        edges = np.append(edges, float(scenario.days))
    people = np.unique(member)
    # The last row of each member at or before each edge; times of one member never fall, so one key sorts both.
    far = float(scenario.days + 2)
    at = np.searchsorted(member * far + time, people[:, None] * far + edges, side="right") - 1
    own = np.searchsorted(member, people)[:, None]
    begun = at >= own
    row = np.maximum(at, own)
    since = np.where(begun & there[row], edges - time[row], 0.0)
    total_used, total_days = used[row] + since * pace[row], days[row] + since
    mean_of, mean_days = np.diff(total_used, axis=1), np.diff(total_days, axis=1)
    who, month = np.nonzero(mean_days > 1e-9)
    noise = np.array([segment.observed.usage_noise for segment in scenario.segments.values()])
    segment = log["segment"].cat.codes.to_numpy()[order][own[who, 0]]
    luck = np.random.default_rng(seed).standard_normal(mean_of.shape)[who, month]
    mean = mean_of[who, month] / mean_days[who, month]
    last = start + (edges[1:].astype(np.int64) - 1)
    return pd.DataFrame({
        "member_id": pd.Categorical.from_codes(people[who], log["member"].cat.categories),
        "date": last[month].astype("M8[us]"),
        "event": "usage",
        "name": "",
        "value": mean * np.exp(noise[segment] * luck),
        "segment": pd.Categorical.from_codes(segment, log["segment"].cat.categories),
    })  # fmt: skip

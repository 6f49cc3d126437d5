"""A first scenario of an import: what the exports show is stated, everything else keeps its default."""

from __future__ import annotations

from typing import Any

import numpy as np
import pandas as pd

from simulation.evidence.history.terms import add_months
from simulation.intake.build import Imported
from simulation.intake.terms import LATE
from simulation.scenario.units import MONTH

__all__ = ["first_scenario"]

WIDEST = 2.0
"""Log-spread of ARR at most: more is a mixture of segments, or a slip."""
GUESS = 0.8
"""Renewal where hardly any was seen."""
FEW = 10
"""Cases below which a figure is said to be a guess."""


def first_scenario(imported: Imported) -> dict[str, Any]:
    """A scenario as plain values, ready to be written as YAML.

    Notes
    -----
    ARR, joining and renewals are counted; the time between milestones is the median of those who reached both, which
    flatters while others are still on their way, so `membersim fit` replaces it. Nothing is said of directions.
    """
    frame = imported.history.frame
    source = f"import of {imported.exported}"
    segments = {}
    for segment, journey in imported.journeys.items():
        own = frame[frame["segment"] == segment]
        if own.empty:
            continue
        segments[segment] = _segment(imported, segment, journey, own, source)
    return {
        "name": "First plan of the imported members",
        "currency": imported.mapping.currency,
        "horizon": "24 months",
        "segments": segments,
    }


def _segment(
    imported: Imported, segment: str, journey: tuple[str, ...], own: pd.DataFrame, source: str
) -> dict[str, Any]:
    book = imported.book[imported.book["segment"] == segment]
    events = own["event"].astype(str)
    joined = own[events == "joined"].drop_duplicates("member_id").set_index("member_id")["date"]
    record = imported.mapping.begins
    begin = pd.Timestamp(record) if record is not None else joined.min()
    end = pd.Timestamp(imported.exported)
    months = max((end - begin).days / MONTH, 1.0)
    fresh = joined[joined >= begin]
    arr = own.loc[events == "joined", "value"].dropna()
    arr = arr[arr > 0] if (arr > 0).any() else book.loc[book["arr"] > 0, "arr"]
    won, lost = int((events == "renewed").sum()), int((events == "left").sum())
    seen = f"{won:,} renewals"
    recorded = set(imported.history.frame["event"].unique())
    if "left" in recorded and "renewed" not in recorded:
        won = _terms_outlived(own, imported.mapping.term, begin, end)
        seen = f"{won:,} ends of a term after which somebody stayed (no export tells renewals)"
    renewal = won / (won + lost) if won + lost >= FEW else GUESS

    def told(value: Any, cases: int, comment: str) -> dict[str, Any]:
        return {"value": value, "source": source, "evidence": "own" if cases >= FEW else "prior", "comment": comment}

    spec: dict[str, Any] = {
        "desired_outcome": {"required": "To be filled in: what success is for these members"},
        "arr": told(_amount(arr), len(arr), f"{len(arr):,} members"),
        "term": f"{imported.mapping.term} months",
        "arrivals": {"per_month": told(round(len(fresh) / months, 2), len(fresh), f"{len(fresh):,} joined")},
    }  # fmt: skip
    if journey:
        spec["journey"] = _journey(imported, journey, own, joined, told)
    spec["renewal"] = {
        "probability": told(f"{100 * renewal:.0f}%", won + lost, f"{seen} and {lost:,} who left, of whatever tenure")
    }
    return spec


def _terms_outlived(own: pd.DataFrame, term: int, begin: pd.Timestamp, end: pd.Timestamp) -> int:
    """Ends of terms since the record began after which members stayed: a list of members tells no other renewals.

    Who leaves within `LATE` days did not renew, but was struck off late.
    """
    come = own[own["event"].isin(["joined", "returned"])].drop_duplicates(["member_id", "date"])
    gone = own.loc[own["event"] == "left", ["member_id", "date"]].rename(columns={"date": "left"}).sort_values("left")
    spells = pd.merge_asof(
        come[["member_id", "date"]].sort_values("date"), gone, left_on="date", right_on="left", by="member_id",
        direction="forward", allow_exact_matches=False,
    )  # fmt: skip
    late = np.timedelta64(LATE, "D")
    start = spells["date"].to_numpy("M8[D]")
    left = spells["left"].to_numpy("M8[D]")
    until = np.where(np.isnat(left), np.datetime64(end, "D"), left - late)
    outlived, terms = 0, 1
    while ((due := add_months(start, terms * term)) < until).any():
        outlived += int(((due >= np.datetime64(begin, "D")) & (due < until)).sum())
        terms += 1
    return outlived


def _amount(arr: pd.Series[float]) -> Any:
    """What members pay a year: lognormal, or of few members the median."""
    if arr.empty:
        return 100
    median = round(float(arr.median()), 2)
    if len(arr) < FEW:
        return median
    return {"lognormal": {"median": median, "spread": round(min(float(np.log(arr).std()), WIDEST), 3)}}


def _journey(imported: Imported, journey: tuple[str, ...], own: pd.DataFrame, joined: Any, told: Any) -> dict[str, Any]:
    hits = own[own["event"] == "milestone"]
    before = joined
    result: dict[str, Any] = {}
    for name in journey:
        day = hits[hits["name"] == name].drop_duplicates("member_id").set_index("member_id")["date"]
        gap = ((day - before.reindex(day.index)).dt.days / MONTH).dropna()
        median = max(float(gap.median()), 0.1) if len(gap) else 3.0
        stage = imported.mapping.journey[name].stage
        result[name] = {
            "stage": stage,
            "after": told(f"{median:.1f} months", len(gap), f"median of {len(gap):,} who reached it; fit replaces it"),
            "spread": 0.5,
        }
        before = day
    return result

"""Snapshots of a system that overwrites: what changed is dated as an interval, and what it takes back is corrected."""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pandas as pd
import pytest

from simulation.evidence.history import History, read_history, write_history
from simulation.evidence.history.archive import Archive, ArchiveError
from simulation.evidence.history.state import read_state

JOURNEYS = {"person": ["first_value", "certified", "mentor"]}
HEADER = "member_id,segment,arr,joined,renews_on,milestone,value_recognised_on,open_setback,left"
ANNA = "A,person,100,2025-03-01,2026-03-01,first_value,,,"
BEN = "B,person,200,2024-06-10,2026-06-10,,,,"
Take = Callable[..., History]


@pytest.fixture
def take(tmp_path: Path) -> Take:
    """Archive the rows of a day, and return what all snapshots tell."""

    def _take(day: str, *rows: str) -> History:
        path = tmp_path / "export.csv"
        path.write_text("\n".join([HEADER, *rows]) + "\n", encoding="utf-8")
        archive = Archive(tmp_path / "archive")
        archive.add(dt.date.fromisoformat(day), read_state(path)[0])
        return archive.history(JOURNEYS)

    return _take


def told(history: History, member: str, recorded: str) -> list[tuple[Any, ...]]:
    """What became known of a member on a day: event, name, date, interval."""
    frame = history.frame
    frame = frame[(frame["member_id"] == member) & (frame["recorded"] == recorded)]
    rows = []
    for row in frame.itertuples():
        low = (
            ""
            if "date_low" not in frame or row.date_low != row.date_low
            else f"{row.date_low:%m-%d}/{row.date_high:%m-%d}"
        )
        name = row.name if isinstance(row.name, str) else ""
        rows.append((row.event, name, f"{row.date:%Y-%m-%d}", low))
    return rows


def test_the_first_snapshot_says_who_is_there(take: Take) -> None:
    history = take("2026-01-01", ANNA, BEN)
    assert told(history, "A", "2026-01-01") == [
        ("joined", "", "2025-03-01", ""),
        ("due", "2026-03-01", "2025-03-01", ""),
        ("present", "first_value", "2026-01-01", ""),
    ]
    assert history.as_of(dt.date(2026, 1, 1)).standing([dt.date(2026, 1, 1)])["arr"].tolist() == [30000]
    assert len(history.as_of(dt.date(2025, 12, 31))) == 0, "nothing was known before"


def test_what_happened_between_is_an_interval_or_the_day_that_is_told(take: Take) -> None:
    take("2026-01-01", ANNA, BEN)
    history = take(
        "2026-04-01", "A,person,110,2025-03-01,2027-03-01,mentor,2026-02-02,2026-03-20,", "C,person,50,2026-02-03,,,,,"
    )
    assert told(history, "A", "2026-04-01") == [
        ("value_recognised", "", "2026-02-02", ""),
        ("milestone", "certified", "2026-02-14", "01-01/03-31"),
        ("milestone", "mentor", "2026-02-14", "01-01/03-31"),
        ("renewed", "", "2026-03-01", ""),
        ("due", "2027-03-01", "2026-03-01", ""),
        ("setback", "", "2026-03-20", ""),
    ]
    assert told(history, "B", "2026-04-01") == [("left", "", "2026-02-14", "01-01/03-31")]
    assert told(history, "C", "2026-04-01") == [("joined", "", "2026-02-03", "")]
    standing = history.as_of(dt.date(2026, 4, 1)).standing([dt.date(2026, 4, 1)])
    assert (standing["members"].tolist(), standing["arr"].tolist()) == ([2], [16000])


def test_a_leaving_is_dated_on_the_renewal_or_the_day_that_is_told(take: Take) -> None:
    take("2026-01-01", ANNA, BEN)
    history = take("2026-04-01", "B,person,200,2024-06-10,2026-06-10,,,,2026-01-20")
    assert told(history, "A", "2026-04-01") == [("left", "", "2026-03-01", "01-01/03-31")]
    assert told(history, "B", "2026-04-01") == [("left", "", "2026-01-20", "")]


def test_a_reinstatement_corrects_and_rewrites_nothing(take: Take, tmp_path: Path) -> None:
    take("2026-01-01", ANNA, BEN)
    before = take("2026-02-01", ANNA)
    history = take("2026-03-01", ANNA, BEN)
    assert told(history, "B", "2026-03-01") == [("correction", "left", "2026-01-16", "")]
    days = [dt.date(2026, 1, 1), dt.date(2026, 2, 1)]
    assert history.standing(days)["members"].tolist() == [2, 2]
    known_then = history.as_of(dt.date(2026, 2, 1))
    assert known_then == before.as_of(dt.date(2026, 2, 1)) and known_then.standing(days)["members"].tolist() == [2, 1]


def test_a_new_contract_is_a_return(take: Take) -> None:
    take("2026-01-01", ANNA, BEN)
    take("2026-02-01", ANNA)
    history = take("2026-05-01", ANNA, "B,person,150,2026-04-12,2027-04-12,,,,")
    assert told(history, "B", "2026-05-01") == [
        ("returned", "", "2026-04-12", ""),
        ("due", "2027-04-12", "2026-04-12", ""),
    ]


def test_a_late_posting_has_its_own_day_and_the_day_on_which_it_became_known(take: Take) -> None:
    take("2026-01-01", ANNA)
    history = take("2026-02-01", ANNA, BEN)
    assert told(history, "B", "2026-02-01")[0] == ("joined", "", "2024-06-10", "")
    day = dt.date(2026, 1, 15)
    assert history.as_of(day).members == 1 and history.standing([day])["members"].tolist() == [2]


def test_renewals_early_late_and_taken_back(take: Take) -> None:
    take("2026-01-01", ANNA)
    early = ANNA.replace("2026-03-01", "2027-03-01")
    assert told(take("2026-02-01", early), "A", "2026-02-01") == []
    history = take("2026-03-15", early)  # nothing changed in the table, and yet the term has begun
    assert told(history, "A", "2026-03-15") == [
        ("renewed", "", "2026-03-01", ""),
        ("due", "2027-03-01", "2026-03-01", ""),
    ]
    history = take("2026-04-01", ANNA)
    assert [row[:2] for row in told(history, "A", "2026-04-01")] == [
        ("correction", "due"),
        ("correction", "renewed"),
        ("arr", ""),
        ("due", "2026-03-01"),
    ]
    assert "renewed" not in set(history.settled().frame["event"])


def test_a_milestone_taken_back_corrects_that_one_only(take: Take) -> None:
    take("2026-01-01", ANNA)
    take("2026-02-01", ANNA.replace("first_value", "mentor"))
    history = take("2026-03-01", ANNA.replace("first_value", "certified"))
    settled = history.settled().frame
    assert settled.loc[settled["event"] == "milestone", "name"].tolist() == ["certified"]


def test_what_snapshots_tell_is_a_possible_history(take: Take, tmp_path: Path, plan: Any) -> None:
    take("2026-01-01", ANNA, BEN)
    take("2026-02-01", ANNA.replace("first_value", "mentor"), "C,person,50,2026-01-03,2027-01-03,first_value,,,")
    take("2026-03-15", "A,person,110,2025-03-01,2027-03-01,mentor,2026-02-02,,", BEN)
    history = take(
        "2026-04-01", BEN.replace("2024-06-10", "2024-06-11"), "C,person,50,2026-01-03,2027-01-03,certified,,,"
    )
    write_history(history, tmp_path / "history.parquet")
    assert read_history(tmp_path / "history.parquet", scenario=plan, exported=dt.date(2026, 4, 1)) == history


def test_a_leaving_posted_late_voids_what_was_said_of_the_time_after_it(take: Take) -> None:
    take("2026-01-01", ANNA)
    take("2026-04-15", "A,person,110,2025-03-01,2027-03-01,certified,,,")
    history = take("2026-06-01", "A,person,100,2025-03-01,2026-03-01,certified,,,2026-03-01")
    settled = history.settled().frame
    rows = settled.loc[settled["recorded"] == "2026-06-01", ["event", "name", "date"]]
    assert rows["event"].tolist() == ["left"] and rows["date"].tolist() == [pd.Timestamp(2026, 3, 1)]
    assert "renewed" not in set(settled["event"]) and settled.loc[settled["event"] == "left", "value"].tolist() == [100]
    assert history.as_of(dt.date(2026, 5, 1)).standing([dt.date(2026, 5, 1)])["arr"].tolist() == [11000], "as was known"
    history = take("2026-07-01", "A,person,110,2025-03-01,2027-03-01,certified,,,")  # and all of that taken back
    assert history.standing([dt.date(2026, 7, 1)])["arr"].tolist() == [11000]
    assert history.settled().frame["event"].tolist().count("renewed") == 1


def test_a_milestone_after_a_leaving_posted_late_lies_before_it(take: Take) -> None:
    take("2026-01-01", ANNA)
    take("2026-02-20", ANNA.replace("first_value", "certified"))
    history = take("2026-04-01", ANNA.replace("first_value", "certified") + "2026-01-21")
    settled = history.settled().frame
    one = settled[settled["event"] == "milestone"].iloc[0]
    assert (one["date"], one["date_low"], one["date_high"]) == tuple(
        pd.Timestamp(2026, 1, day) for day in (11, 1, 21)
    )  # fmt: skip


def test_the_day_of_a_leaving_may_become_known_later(take: Take) -> None:
    take("2026-01-01", ANNA, BEN)
    take("2026-02-01", ANNA)
    history = take("2026-03-01", ANNA, BEN + "2026-01-04")
    assert told(history, "B", "2026-03-01") == [
        ("left", "", "2026-01-04", ""),
        ("correction", "left", "2026-01-16", ""),
    ]


def test_who_came_and_went_between_two_snapshots_is_told_by_the_second(take: Take) -> None:
    take("2026-01-01", ANNA)
    history = take(
        "2026-06-01", ANNA, "C,person,50,2026-02-01,,first_value,,,2026-04-01", "D,person,9,2020-01-01,,,,,2021-01-01"
    )
    assert told(history, "C", "2026-06-01") == [
        ("joined", "", "2026-02-01", ""),
        ("milestone", "first_value", "2026-03-02", "02-01/04-01"),
        ("left", "", "2026-04-01", ""),
    ]
    assert told(history, "D", "2026-06-01") == [], "before anything was kept"


def test_a_milestone_of_the_first_day_may_be_taken_back(take: Take) -> None:
    take("2026-01-01", ANNA.replace("first_value", "certified"))
    history = take("2026-02-01", ANNA)
    assert told(history, "A", "2026-02-01") == [
        ("present", "first_value", "2026-01-01", ""),
        ("correction", "present", "2026-01-01", ""),
    ]
    history = take("2026-03-01", ANNA.replace("first_value", "none"))
    settled = history.settled().frame
    assert settled.loc[settled["event"] == "present", "name"].tolist() == ["none"]
    assert history.standing([dt.date(2026, 2, 1)])["members"].tolist() == [1]


def test_what_happened_while_a_member_was_missing_may_be_as_old(take: Take) -> None:
    take("2026-01-01", ANNA, BEN)
    take("2026-02-01", ANNA)
    history = take("2026-03-01", ANNA, BEN.replace(",,,,", ",first_value,,,"))
    assert told(history, "B", "2026-03-01")[-1] == ("milestone", "first_value", "2026-01-30", "01-01/02-28")


@pytest.mark.parametrize("seed", range(12))
def test_whatever_a_system_overwrites_the_history_is_possible(take: Take, tmp_path: Path, plan: Any, seed: int) -> None:
    import random

    random.seed(seed)
    days = ["2026-01-01", "2026-02-10", "2026-03-20", "2026-06-01", "2026-09-05"]
    for day in days:
        rows = []
        for member in "ABCDE":
            joined = {"A": "2025-03-01", "B": "2025-11-20", "C": "2026-02-15"}.get(member, "2025-07-07")
            if joined > day or random.random() < 0.2:
                continue
            year = int(joined[:4]) + random.choice([1, 2])
            left = random.choice(["", "", "", "2026-02-20", "2026-03-01"])
            milestone = random.choice(["", "none", "first_value", "certified", "mentor"])
            arr = random.choice([100, 120])
            rows.append(f"{member},person,{arr},{joined},{year}{joined[4:]},{milestone},,,{left}")
        history = take(day, *rows)
    write_history(history, tmp_path / "history.parquet")
    assert read_history(tmp_path / "history.parquet", scenario=plan, exported=dt.date(2026, 9, 5)) == history


def test_an_archive_is_never_changed(take: Take, tmp_path: Path) -> None:
    one = take("2026-01-01", ANNA, BEN)
    assert take("2026-01-01", BEN, ANNA) == one, "the same content again, in another order"
    with pytest.raises(ArchiveError, match="another snapshot of 2026-01-01 already"):
        take("2026-01-01", ANNA)
    take("2026-02-01", ANNA)
    with pytest.raises(ArchiveError, match="goes to 2026-02-01 already"):
        take("2026-01-15", ANNA)
    copy = next((tmp_path / "archive").glob("2026-01-01-*.csv"))
    copy.chmod(0o644)
    copy.write_text(copy.read_text("utf-8").replace("10000", "10001"), encoding="utf-8")
    with pytest.raises(ArchiveError, match="its content has changed since"):
        Archive(tmp_path / "archive").history(JOURNEYS)

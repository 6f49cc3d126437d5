"""Snapshots of a system that overwrites: what changed is dated as an interval, and what it takes back is corrected."""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable
from pathlib import Path
from typing import Any

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

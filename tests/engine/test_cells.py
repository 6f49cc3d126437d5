"""Cells, periods and windows."""

from datetime import date, timedelta
from types import SimpleNamespace

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from simulation.engine.ledger import make_cells, objective_days


def labels(*arguments):
    return [one.label for one in make_cells(*arguments)[1]]


def test_months_are_calendar_months_clipped_at_both_ends():
    edges, periods, windows = make_cells(date(2027, 1, 15), 61, "month")
    assert [(one.label, one.start_day, one.end_day) for one in periods] == [
        ("2027-01", 0, 17),
        ("2027-02", 17, 45),
        ("2027-03", 45, 61),
    ]
    assert edges.tolist() == [0, 17, 30, 45, 60, 61]
    assert edges.dtype == np.int64
    assert [(one.name, one.first_cell, one.last_cell_exclusive) for one in windows] == [
        ("30 days", 0, 2),
        ("60 days", 0, 4),
        ("horizon", 0, 5),
        ("P:2027-01", 0, 1),
        ("P:2027-02", 1, 3),
        ("P:2027-03", 3, 5),
    ]


def test_quarters_follow_the_fiscal_year_named_after_its_end():
    assert labels(date(2026, 7, 1), 365, "quarter", 7) == ["FY27 Q1", "FY27 Q2", "FY27 Q3", "FY27 Q4"]
    assert labels(date(2027, 1, 1), 181, "quarter", 1) == ["FY27 Q1", "FY27 Q2"]
    assert labels(date(2027, 1, 31), 60, "quarter", 2) == ["FY27 Q4", "FY28 Q1"]
    periods = make_cells(date(2027, 5, 10), 200, "quarter", 7)[1]
    start = date(2027, 5, 10)
    assert [start + timedelta(days=one.end_day) for one in periods][:2] == [
        date(2027, 7, 1),
        date(2027, 10, 1),
    ]


def test_weeks_are_iso_weeks():
    assert labels(date(2027, 1, 1), 12, "week") == ["2026-W53", "2027-W01", "2027-W02"]
    assert [one.end_day for one in make_cells(date(2027, 1, 1), 12, "week")[1]] == [3, 10, 12]


def test_trailing_twelve_months_are_calendar_months():
    windows = {one.name: one for one in make_cells(date(2027, 1, 15), 800, "month")[2]}
    assert "T12:2027-12" not in windows
    first, last = windows["T12:2028-02"].start_day, windows["T12:2028-02"].end_day
    start = date(2027, 1, 15)
    assert (start + timedelta(days=first), start + timedelta(days=last)) == (
        date(2027, 3, 1),
        date(2028, 3, 1),
    )


def test_objectives_get_their_windows():
    start = date(2027, 1, 1)
    objectives = {
        "a": SimpleNamespace(within=45.4, by=None),
        "b": SimpleNamespace(within=None, by=date(2027, 3, 1)),
        "c": SimpleNamespace(within=None, by=None),
        "late": SimpleNamespace(within=500.0, by=None),
    }
    days = objective_days(objectives, start)
    assert days == (45, 59, 500)
    windows = [one.name for one in make_cells(start, 100, "month", 1, days)[2]]
    assert windows[:6] == ["30 days", "45 days", "59 days", "60 days", "90 days", "horizon"]
    assert "500 days" not in windows


@pytest.mark.parametrize(
    ("arguments", "word"),
    [
        ((date(2027, 1, 1), 0), "horizon"),
        ((date(2027, 1, 1), 9, "day"), "month, quarter or week"),
        ((date(2027, 1, 1), 9, "month", 13), "fiscal_year_starts"),
    ],
)
def test_wrong_arguments(arguments, word):
    with pytest.raises(ValueError, match=word):
        make_cells(*arguments)


@given(
    st.dates(date(2000, 1, 1), date(2090, 1, 1)),
    st.integers(1, 1_500),
    st.sampled_from(["month", "quarter", "week"]),
    st.integers(1, 12),
)
def test_periods_tile_the_horizon_and_windows_are_whole_cells(start, days, kind, month):
    edges, periods, windows = make_cells(start, days, kind, month)
    assert edges[0] == 0
    assert edges[-1] == days
    assert (np.diff(edges) > 0).all()
    assert [one.start_day for one in periods] == [0, *(one.end_day for one in periods[:-1])]
    assert periods[-1].end_day == days
    assert len({one.label for one in periods}) == len(periods)
    assert len({one.name for one in windows}) == len(windows)
    for one in (*periods, *windows):
        assert edges[one.first_cell] == one.start_day
        assert edges[one.last_cell_exclusive] == one.end_day

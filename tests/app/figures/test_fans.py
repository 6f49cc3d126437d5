"""Fans and differences: what is drawn is what was given, and every axis says its unit."""

from __future__ import annotations

from datetime import date

import numpy as np
import pandas as pd
import pytest

from simulation.app.figures.difference import courses, sizes
from simulation.app.figures.fan import fan

DATES = [date(2027, month, 1) for month in (1, 2, 3, 4)]


def bands(shift: float = 0.0) -> pd.DataFrame:
    columns = {f"P{one}": [shift + one * step for step in (1, 2, 3, 4)] for one in (10, 25, 50, 75, 90)}
    return pd.DataFrame(columns, index=DATES)


def test_a_fan_holds_its_percentiles() -> None:
    made = fan(bands(), "arr", currency="EUR", periods="month")
    drawn = {tuple(trace.y) for trace in made.data}
    assert drawn == {tuple(bands()[f"P{one}"]) for one in (10, 25, 50, 75, 90)}
    assert made.layout.yaxis.title.text == "ARR, EUR"
    assert made.layout.xaxis.title.text == "end of each month"
    low, high = made.layout.yaxis.range
    assert low < 10 and high > 360, "everything is seen"
    middle = next(one for one in made.data if one.name == "middle")
    assert middle.customdata[0].startswith("<b>€50</b>") and "€10 to €90" in middle.customdata[0]


@pytest.mark.parametrize(("measure", "axis"), [("new", "New ARR, EUR a week"), ("on_track_share", "Share on track, %")])
def test_flows_and_shares_say_so(measure: str, axis: str) -> None:
    made = fan(bands() / 1000, measure, currency="EUR", periods="week")
    assert made.layout.yaxis.title.text == axis and made.layout.xaxis.title.text == "in each week"


def test_where_nothing_is_defined_nothing_is_drawn() -> None:
    holes = bands()
    holes.iloc[0] = np.nan
    made = fan(holes, "arr", currency="EUR", periods="month")
    assert all(len(trace.x) == 3 for trace in made.data)
    assert fan(bands() * np.nan, "arr", currency="EUR", periods="month").data[0].x == ()


def test_each_what_if_has_a_course_of_its_own() -> None:
    made = courses({"a_b": bands(), "<i>": bands(-100)}, "members", currency="EUR", periods="month")
    assert [one.name for one in made.data if one.name] == ["a b", "&lt;i&gt;"]
    assert made.layout.yaxis.title.text == "Difference in members"
    low, high = made.layout.yaxis.range
    assert low <= -90 and high >= 360


def test_sizes_show_the_mean_its_interval_and_the_futures() -> None:
    table = pd.DataFrame(
        {"alternative": ["one", "two", "one"], "measure": ["arr", "arr", "cost"], "mean": [10.0, -5.0, 1.0],
         "low": [8.0, -7.0, 0.0], "high": [12.0, -3.0, 2.0], "P10": [0.0, -20.0, 0.0], "P90": [20.0, 4.0, 2.0]}
    )  # fmt: skip
    made = sizes(table, "arr", currency="EUR")
    assert [tuple(one.x) for one in made.data] == [
        (0.0, 20.0), (8.0, 12.0), (10.0,), (-20.0, 4.0), (-7.0, -3.0), (-5.0,),
    ]  # fmt: skip
    assert list(made.layout.yaxis.ticktext) == ["one", "two"]
    assert made.layout.xaxis.title.text == "Difference in ARR, EUR"
    assert "+€10" in made.data[2].hovertemplate and "95% interval" in made.data[2].hovertemplate

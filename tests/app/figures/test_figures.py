"""What goes in is what is drawn: values, words and units; names are no markup; every axis says what it shows."""

from __future__ import annotations

from datetime import date
from typing import Any

import numpy as np
import pandas as pd
import plotly.graph_objects as go
import pytest

from simulation.app.figures import (
    attribution,
    backtest,
    benefits,
    budget,
    journey,
    must_be_true,
    objectives,
    sensitivity,
    vectors,
)
from simulation.app.figures.look import date_axis, plain, row_axis, value_axis
from tests.report.cases import empty

HOSTILE = "<b>x</b> & {y}"


def moves_table() -> pd.DataFrame:
    days = [date(2027, 1, 1), date(2027, 2, 1), date(2027, 3, 1)]
    rows = {}
    for what, names in (
        ("stage", ("adoption", "value", "growth", "complete")), ("course", ("on_track", "drifting", "away")),
        ("reached", ("first",)),
    ):  # fmt: skip
        for place, name in enumerate(names, 1):
            for at, day in enumerate(days[1:] if what == "reached" else days):
                rows[what, name, day] = [10 * place + at, 12 * place + at, 15 * place + at]
    index = pd.MultiIndex.from_tuples(rows, names=["what", "name", "moment"])
    return pd.DataFrame(rows.values(), index=index, columns=["P10", "P50", "P90"])


def titles(figure: go.Figure) -> list[str]:
    """What the axes of a figure say."""
    layout = figure.to_plotly_json()["layout"]
    found = [one.get("title", {}).get("text", "") for key, one in layout.items() if key[1:5] == "axis"]
    return [one.replace("<br>", " ") for one in found]


def bars(figure: go.Figure) -> list[Any]:
    return [one for one in figure.data if isinstance(one, go.Bar)]


def test_the_journey_at_each_moment() -> None:
    table = moves_table()
    moments = journey.moments_of(table)
    assert [words for _, words in moments] == ["Start, 1 January 2027", "End of January 2027", "End of February 2027"]
    for at in range(3):
        stage, course, reached = bars(journey.moves(table, {"first": "adoption"}, "month", at))
        assert list(stage.x) == [12 + at, 24 + at, 36 + at, 48 + at]
        assert list(stage.error_x.array) == [3, 6, 9, 12] and list(course.x) == [12 + at, 24 + at, 36 + at]
        assert list(reached.x) == [0.0 if at == 0 else 12 + at - 1]
    first, last = (journey.moves(table, {"first": "adoption"}, "month", at).layout.xaxis.range for at in (0, 2))
    assert first == last  # bars move, axes do not


def test_a_journey_without_milestones_or_members() -> None:
    table = empty(replications=2).journey().xs("only", level="segment")
    stage, course = bars(journey.moves(table, {}, "week", 1))
    assert set(stage.x) == {0.0} and set(course.x) == {0.0}
    assert not journey.over_time(table, "stage", "week").data


def test_the_journey_over_time_has_medians_within_their_bands() -> None:
    figure = journey.over_time(moves_table(), "course", "month")
    lines = [one for one in figure.data if one.name]
    assert [one.name for one in lines] == ["on track", "drifting", "away"] and list(lines[0].y) == [12, 13, 14]
    assert titles(figure) == ["end of each month", "members"]


def test_a_tornado_puts_the_larger_effect_right_and_names_both_ends() -> None:
    table = pd.DataFrame({
        "label": [HOSTILE, "no effect"], "low_text": ["10%", "1"], "high_text": ["20%", "2"], "base": [100.0, 100.0],
        "swing": [30.0, 0.0], "at_low": [20.0, 0.0], "at_low_from": [18.0, 0.0], "at_low_to": [22.0, 0.0],
        "at_high": [-10.0, 0.0], "at_high_from": [-12.0, 0.0], "at_high_to": [-8.0, 0.0],
    })  # fmt: skip
    figure = sensitivity.tornado(table, title="ARR", unit="money", currency="EUR")
    assert figure is not None and titles(figure)[0] == "ARR, EUR"
    assert [list(one.x) for one in bars(figure)] == [[20.0], [-10.0]] and figure.layout.yaxis.tickvals == (0,)
    right = next(one for one in figure.layout.annotations if one.xanchor == "left")
    assert (right.text, right.x) == ("10%", 122.0)
    assert figure.layout.yaxis.ticktext == (plain(HOSTILE),) and "<b>" not in figure.layout.yaxis.ticktext[0]
    assert sensitivity.tornado(table[1:], title="ARR", unit="money", currency="EUR") is None


def test_sobol_indices_put_luck_last_and_stay_within_the_axis() -> None:
    columns = [f"{key}{end}" for key in ("first", "total") for end in ("", "_low", "_high")]
    table = pd.DataFrame([[0.7, 0.5, 1.2, 0.8, 0.6, 1.3], [-0.1, -0.3, 0.2, 0.2, 0.1, 0.3]], columns=columns,
                         index=["luck", "price"])  # fmt: skip
    figure = sensitivity.sobol(table)
    assert figure is not None and figure.layout.yaxis.ticktext == ("price", "luck")
    alone = next(one for one in figure.data if one.name == "alone")
    assert list(alone.x) == [0.0, 0.7]
    assert sensitivity.sobol(table.assign(total=np.nan)) is None


def test_layers_are_stacked_in_order() -> None:
    days = [date(2027, 2, 1), date(2027, 3, 1)]
    table = pd.DataFrame({"price": [0.25, 0.5], "luck": [0.75, 0.5]}, index=days)
    figure = sensitivity.layers(table)
    assert figure is not None and [one.name for one in figure.data] == ["price", "luck"]
    assert {one.stackgroup for one in figure.data} == {"all"} and sensitivity.layers(None) is None


def test_the_chance_by_an_assumption_and_its_condition() -> None:
    table = pd.DataFrame({"value": [0.1, 0.2], "chance": [0.3, 0.9], "low": [0.2, 0.8], "high": [0.4, 0.95]})
    panel = {
        "label": "renewal", "table": table, "ends": (0.15, 0.2), "span": (0.1, 0.2), "places": [0.1, 0.2],
        "text": ["10%", "20%"],
    }  # fmt: skip
    figure = must_be_true.chance(panel, 0.8)
    assert list(figure.data[0].y) == [0.3, 0.9] and figure.layout.xaxis.ticktext == ("10%", "20%")
    shapes = figure.layout.shapes
    assert (shapes[0].x0, shapes[0].x1) == (0.15, 0.2) and shapes[1].y0 == 0.8
    assert titles(figure) == ["renewal", "chance to meet it"]


@pytest.mark.parametrize("sides", [1, 2])
def test_where_the_plan_fails(sides: int) -> None:
    axis = {"label": "renewal", "ends": (0.1, 0.15), "span": (0.1, 0.2), "places": [0.1], "text": ["10%"]}
    dots = pd.DataFrame({"x": [0.1, 0.2, 0.15], "y": [0.1, 0.2, 0.3], "met": [True, False, False]})
    figure = must_be_true.weakness({"axes": [axis] * sides, "dots": dots})
    assert [one.name for one in figure.data] == ["met (1)", "missed (2)"]
    box = figure.layout.shapes[0]
    assert (box.x0, box.x1) == (0.1, 0.15) and (box.y0, box.y1) == ((0.1, 0.15) if sides == 2 else (0.0, 1.0))


def frontier_table() -> pd.DataFrame:
    ends = {f"gain{end}": [0.0, 100.0 + shift] for end, shift in (("_low", -20), ("_high", 20), ("", 0))}
    return pd.DataFrame({"cap": [0.0, 500.0], "spend": [0.0, 400.0], "plan": ["nothing", HOSTILE], **ends,
                         "gain_P10": [0.0, -50.0], "gain_P90": [0.0, 300.0]})  # fmt: skip


def test_options_and_what_is_worth_knowing() -> None:
    table = pd.DataFrame(
        {"mean": [100.0, 90.0], "best": [0.7, 0.2], "best_low": [0.6, 0.1], "best_high": [0.8, 0.3],
         "favourite": [True, False]}, index=["as it is", HOSTILE],
    )  # fmt: skip
    how = {"title": "Contribution", "unit": "money", "currency": "EUR"}
    figure = sensitivity.options(table, **how)
    assert list(bars(figure)[0].x) == [0.7, 0.2] and "<b>x" not in bars(figure)[0].customdata[1]
    assert figure.layout.yaxis.ticktext[0] == "as it is<br>€100"
    known = pd.DataFrame({"value": [5.0, 8.0], "low": [0.0, 4.0], "high": [11.0, 12.0], "together": [False, True]},
                         index=[HOSTILE, "all assumptions"])  # fmt: skip
    worth = sensitivity.worth(known, **how)
    assert worth is not None and list(bars(worth)[0].x) == [5.0, 8.0]
    assert titles(worth)[0] == "worth in contribution, EUR" and worth.layout.xaxis.range[1] > 12
    assert sensitivity.worth(known[:0], **how) is None and sensitivity.worth(None, **how) is None


def test_a_frontier_of_spends() -> None:
    tried = pd.DataFrame({"spend": [0.0, 300.0, 9_999.0], "gain": [0.0, 80.0, 500.0]})
    chosen = {"spend": 400.0, "gain": 100.0, "low": 80.0, "high": 120.0}
    how = {"title": "Contribution", "unit": "money", "currency": "USD"}
    figure = budget.frontier(frontier_table(), tried, chosen, spend=500.0, **how)
    assert figure is not None and titles(figure) == ["spend, USD", "gain in contribution, USD"]
    by_name = {one.name: one for one in figure.data}
    assert list(by_name["best plan for the spend"].y) == [0.0, 100.0]
    assert list(by_name["tried in the search"].x) == [0.0, 300.0]  # what costs far more is not drawn
    assert "<b>x" not in by_name["best plan for the spend"].customdata[1]
    assert figure.layout.yaxis.range[0] < -50 and figure.layout.yaxis.range[1] > 300
    assert budget.frontier(frontier_table(), tried, chosen, spend=0.0, **how) is None


def test_next_steps_that_cost_nothing_are_left_out() -> None:
    column = "gain_per_unit_of_spend"
    table = pd.DataFrame({"lever": ["more_people", "free"], "now": [0, 0], "next": [1, 1], column: [2.0, np.nan],
                          f"{column}_low": [1.0, np.nan], f"{column}_high": [3.0, np.nan]})  # fmt: skip
    figure = budget.next_steps(table, per=1.0, unit="money", currency="USD")
    assert figure is not None and figure.layout.yaxis.ticktext == ("more people",)
    assert list(figure.data[-1].x) == [2.0] and titles(figure)[0] == "gain for USD 1 more, USD"
    assert budget.next_steps(table[1:], per=1.0, unit="money", currency="USD") is None


def test_gains_by_group() -> None:
    table = pd.DataFrame({
        "heading": ["by segment", "by segment"], "group": ["small_ones", "large"], "affected": [10.0, 20.0],
        "mean": [50.0, -40.0], "low": [40.0, -50.0], "high": [60.0, -30.0], "each": [5.0, -2.0],
        "each_low": [4.0, -2.5], "each_high": [6.0, -1.5],
    })  # fmt: skip
    figure = benefits.gains(table, "USD")
    assert figure is not None and list(figure.data[-1].x) == [5.0, -2.0] and list(figure.data[-1].y) == [1, 2]
    assert figure.layout.yaxis.ticktext == ("<b>by segment</b>", "small ones", "large")
    assert benefits.gains(table.assign(each=0.0), "USD") is None


def test_roles_add_up_on_one_axis() -> None:
    table = pd.DataFrame({"role": ["direct", "displacement", "all"], "words": ["direct", "others", "all"],
                          "affected": [5.0, 5.0, 10.0], "mean": [30.0, -10.0, 20.0], "low": [20.0, -15.0, 10.0],
                          "high": [40.0, -5.0, 30.0]})  # fmt: skip
    figure = benefits.roles(table, "USD")
    assert list(bars(figure)[0].x) == [30.0, -10.0, 20.0] and titles(figure)[0] == "difference in ARR at the end, USD"


def test_chances_of_objectives_leave_out_what_cannot_be_read() -> None:
    wish = {"title": HOSTILE, "target": "at least 5", "chance": 0.4, "low": 0.3, "high": 0.5, "expected": "6",
            "likely": "4 to 8"}  # fmt: skip
    figure = objectives.chances([wish, wish | {"chance": float("nan")}])
    assert figure is not None and list(bars(figure)[1].x) == [0.4]
    assert figure.layout.yaxis.ticktext == (f"{plain(HOSTILE)}<br><b>40%</b>",)
    assert objectives.chances([wish | {"chance": float("nan")}]) is None


def test_what_to_expect_of_each_milestone() -> None:
    table = pd.DataFrame({
        "segment": ["a", "a"], "milestone": ["live", "never"], "reach": [10.0, 0.0], "reach_P10": [8.0, 0.0],
        "reach_P90": [12.0, 0.0], "arr": [0.0, 0.0], "arr_P10": [0.0, 0.0], "arr_P90": [0.0, 0.0],
    })  # fmt: skip
    figure = objectives.expected(table, "reach", "USD")
    assert figure is not None and figure.layout.yaxis.ticktext == ("live",)
    assert list(figure.data[0].x) == [8.0, 12.0] and titles(figure)[0] == "members reach it"
    assert objectives.expected(table, "arr", "USD") is None


def test_the_causes_of_a_miss_lead_from_expected_to_actual() -> None:
    table = pd.DataFrame({"title": ["joiners", "leavers"], "amount": [10.0, -30.0], "P10": [-5.0, -6.0],
                          "P90": [5.0, 6.0], "percentile": [0.9, 0.01], "flag": [False, True]})  # fmt: skip
    figure = attribution.causes(table, {"expected": 1_000.0, "actual": 980.0}, "USD")
    luck, added, lost, _ = bars(figure)
    assert list(luck.base) == [995.0, 1_004.0] and list(luck.x) == [10.0, 12.0]
    assert (list(added.base), list(added.x), list(added.marker.pattern.shape)) == ([1_000.0], [10.0], [""])
    assert (list(lost.base), list(lost.x), list(lost.marker.pattern.shape)) == ([1_010.0], [-30.0], ["/"])
    assert list(figure.data[-1].x) == [1_000.0, 980.0] and titles(figure)[0] == "ARR, USD"


def test_courses_are_shares_of_the_members() -> None:
    table = pd.DataFrame({"label": ["none yet"], "members": [40], "on_track": [0.5], "drifting": [0.3], "away": [0.2]})
    figure = vectors.courses(table)
    assert [(one.name, list(one.x)) for one in bars(figure)] == [
        ("on track", [0.5]), ("drifting", [0.3]), ("away", [0.2]),
    ]  # fmt: skip
    assert figure.layout.yaxis.ticktext == ("none yet (40)",)


@pytest.mark.parametrize("column", ["next_90", "renews"])
def test_chances_of_members_are_counted_in_tenths(column: str) -> None:
    table = pd.DataFrame({"low": np.arange(10) / 10, "next_90": range(10), "renews": range(10, 20)})
    figure = vectors.chances(table, column)
    assert list(bars(figure)[0].y) == list(table[column]) and titles(figure)[1] == "members"


def test_forecasts_beside_what_came() -> None:
    origin = date(2027, 4, 1)
    casts = pd.DataFrame({"origin": [origin] * 2, "day": [date(2027, 7, 1), date(2027, 10, 1)], "step": [1, 2],
                          "median": [110.0, 120.0], "low_80%": [105.0, 110.0], "high_80%": [115.0, 130.0],
                          "low_95%": [100.0, 100.0], "high_95%": [120.0, 140.0], "actual": [111.0, 119.0]})  # fmt: skip
    days = [date(2027, month, 1) for month in (1, 4, 7, 10)]
    fan = {"title": "Members", "unit": "members", "nature": "stock",
           "past": ([day.isoformat() for day in days], [95.0, 100.0, 111.0, 119.0]), "casts": casts}  # fmt: skip
    figure = backtest.against_what_came(fan, "USD", 3)
    middle = next(one for one in figure.data if str(one.name).startswith("forecast of"))
    assert list(middle.y) == [100.0, 110.0, 120.0]  # it starts from what was known
    came = next(one for one in figure.data if one.name == "what came")
    assert list(came.y) == [95.0, 100.0, 111.0, 119.0] and titles(figure)[1] == "Members"


def test_axes_have_round_ticks_in_the_words_of_the_reports() -> None:
    axis = value_axis([130_000.0, 4_210_000.0], "money", "USD", zero=True)
    assert axis["ticktext"] == ["$0", "$1M", "$2M", "$3M", "$4M"] and axis["range"][0] == 0
    assert value_axis([0.1, 0.31], "share")["ticktext"] == ["10%", "15%", "20%", "25%", "30%"]
    assert value_axis([3.0, 7.0], "members")["ticktext"] == ["3", "4", "5", "6", "7"]
    for values in ([], [float("nan")], [5.0], [0.0]):  # nothing, or one value: still an axis
        low, high = value_axis(values, "money", "USD")["range"]
        assert low < high
    assert row_axis(["a", "b"])["range"] == [1.6, -0.6]
    assert date_axis(date(2027, 1, 1), date(2028, 1, 1))["tickvals"][0] == "2027-01-01"

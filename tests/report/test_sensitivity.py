"""The sentences, figures and tables of a sensitivity, on functions whose answer is known."""

from __future__ import annotations

from pathlib import Path

import numpy as np

from simulation.report.sensitivity import answer, points, sensitivity_tables, write_sensitivity
from simulation.report.sensitivity_figures import shares_over_time, sobol, tornado
from tests.experiment.known import analyse


def test_one_that_is_most_of_it() -> None:
    text = answer(analyse(lambda a, b, c: 10 * a + b, 3.0, points=256))
    assert text.startswith("Most of what we do not know about ARR at the end of June 2027 comes from “one: ")
    assert "(99%" in text


def test_the_largest_part() -> None:
    text = answer(analyse(lambda a, b, c: 1.3 * a + b + c, points=512))
    assert text.startswith(
        "The largest part of what we do not know about ARR at the end of June 2027 comes from “one: "
    )


def test_two_that_cannot_be_put_in_order() -> None:
    text = answer(analyse(lambda a, b, c: a + b + 0.1 * c, 1.0, points=64))
    assert "“one: " in text and "“two: " in text and "64 base samples cannot put them in order" in text


def test_luck_alone() -> None:
    found = analyse(lambda a, b, c: 0.01 * a, 10.0, points=512)
    assert answer(found).startswith(
        "Hardly any of the spread of ARR at the end of June 2027 comes from what we do not know"
    )


def test_nothing_moves() -> None:
    found = analyse(lambda a, b, c: 0 * a + 7, points=16)
    assert answer(found) == "ARR at the end of June 2027 is the same in every simulated future: nothing moves it."
    assert points(found) == []
    assert tornado(found) is None and sobol(found.now.table(), "x") is None and shares_over_time(found) is None


def test_the_swing_names_both_ends() -> None:
    found = analyse(lambda a, b, c: 1000 * a, points=64)
    assert any("at −2.51 (its P10) ARR is −$2,500, at 2.51 (its P90) it is $2,500" in one for one in points(found))


def test_the_page_and_the_tables(tmp_path: Path) -> None:
    found = analyse(lambda a, b, c: 100 * a + 50 * b, 30.0, points=64)
    files = write_sensitivity(found, tmp_path)
    assert [one.relative_to(tmp_path).as_posix() for one in files] == [
        "report.html", "tables/tornado.csv", "tables/sobol.csv", "tables/sobol_over_time.csv",
        "figures/sobol.png", "figures/tornado.png",
    ]  # fmt: skip
    page = files[0].read_text("utf-8")
    assert answer(found) in page and "Sensitivity" in page
    table = sensitivity_tables(found)["sobol"]
    assert np.isclose(table["first"].sum(), 1.0, atol=0.1)
    assert list(table.index.names) == ["outcome", "factor"]

"""The sentences, figures and tables of a sensitivity, on functions whose answer is known."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from simulation.experiment.sensitivity import IS_BEST
from simulation.report.sensitivity import answer, points, sensitivity_tables, write_sensitivity
from simulation.report.sensitivity_figures import shares_over_time, sobol, tornado, worth_knowing
from tests.experiment.known import analyse, choose


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


def test_too_few_samples_name_no_assumption() -> None:
    text = answer(analyse(lambda a, b, c: a + b + c, 3.0, points=16))
    assert text.startswith("16 base samples are too few to say which of 3 assumptions ARR at the end of June 2027")


def test_what_is_worth_knowing_before_choosing() -> None:
    found = choose({"base": lambda a, b, c: 0.0 * a, "other": lambda a, b, c: 2 * a + 0.1 * b}, points=128)
    table = worth_knowing(found)
    assert table is not None and found.choice is not None and found.choice.information is not None
    assert list(table["together"])[-1] and not table["together"].iloc[0]
    assert (table["low"] >= 0).all() and (table["low"] <= table["value"]).all()
    assert (table["value"] <= table["high"]).all()
    assert sorted(table["value"]) == sorted(found.choice.information["evppi"])
    assert worth_knowing(analyse(lambda a, b, c: a, points=16)) is None
    sure = choose({"base": lambda a, b, c: a, "other": lambda a, b, c: a - 100}, points=16)
    nothing = worth_knowing(sure)
    assert nothing is not None and nothing.empty


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


def test_identical_options_have_no_best() -> None:
    found = choose({"base": lambda a, b, c: a, "other": lambda a, b, c: a}, points=16)
    assert found.choice is not None and found.choice.tied.value == 1.0
    assert [one.value for one in found.choice.chances.values()] == [0.0, 0.0]
    assert answer(found) == "No option is the best: ARR of several of the 2 is the same in every future."


def test_ties_count_for_none_in_the_chance_and_in_its_indices() -> None:
    """Base is better where a < 0, in half of the futures, and equal in the others."""
    found = choose({"base": lambda a, b, c: np.where(a < 0, 1.0, 0.0), "other": lambda a, b, c: 0.0 * a})
    choice = found.choice
    assert choice is not None and choice.favourite == "base"
    assert choice.chances["base"].value == pytest.approx(0.5, abs=0.02) and choice.chances["other"].value == 0.0
    assert choice.chances["base"].value + choice.tied.value == pytest.approx(1.0)
    best = choice.indices.table(choice.indices.labels.index(IS_BEST))
    assert best["first"].iloc[0] == pytest.approx(1.0, abs=0.1)
    text = answer(found)
    assert "is better than every other in 50% of the futures" in text and "several are equally good in 50%" in text


def test_the_value_of_information_from_few_points_is_said_to_be_too_high() -> None:
    options = {"base": lambda a, b, c: 0.0 * a, "other": lambda a, b, c: 2 * a}
    few = choose(options, 3.0, 16)
    assert few.choice is not None and few.choice.learnt_from == 32 and few.choice.flattered
    assert any("Only 32 assumption points are behind this" in one for one in points(few))
    enough = replace(few, choice=replace(few.choice, learnt_from=128))
    assert not any("too high" in one for one in points(enough))

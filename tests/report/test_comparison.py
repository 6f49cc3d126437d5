"""The report of a comparison: complete for one and for several alternatives, and true to the futures."""

from __future__ import annotations

import re
from pathlib import Path

import pandas as pd
import pytest

import simulation as sim
from simulation.experiment.comparison import Comparison
from simulation.experiment.pairs import Pairing
from simulation.report import write_comparison
from simulation.report.comparison_words import amount, change, factor, interval, whole_futures
from tests.experiment.cases import plan, training


@pytest.fixture(scope="module")
def several() -> Comparison:
    """Training by a team, the same without a team, and a copy of the base."""
    team = {"crew": {"people": 1, "hours_per_month": 20, "cost_per_month": 100}}
    return sim.compare(
        plan(),
        {
            "by_a_crew": plan(teams=team, interventions={"visit": training(team="crew", effort="2 hours")}),
            "tech_touch": plan(interventions={"training": training(cost={"one_off": 50})}),
            "the_same": plan(),
        },
        replications=12,
    )


def test_writes_page_tables_and_figures(several: Comparison, tmp_path: Path) -> None:
    files = write_comparison(several, tmp_path, spans={"6 months": 181, "1 year": 365}, warnings=["beware <of> this"])
    assert all(path.stat().st_size > 0 for path in files)
    names = {path.relative_to(tmp_path).as_posix() for path in files}
    assert {"report.html", "tables/differences.csv", "figures/forest.png", "figures/best.png"} <= names
    assert {"tables/over_spans.csv", "tables/work.csv", "tables/payback.csv", "tables/deciding.csv"} <= names
    page = files[0].read_text("utf-8")
    assert page.count("<svg") == len([path for path in files if path.suffix == ".png"])
    assert "beware &lt;of&gt; this" in page
    assert not re.search(r"\bnan\b", re.sub(r"<[^>]*>", "", page), re.IGNORECASE)
    assert not re.search(r"(src|href)=\"(?!#)", page)
    written = pd.read_csv(tmp_path / "tables" / "differences.csv").set_index(["alternative", "measure"])
    assert written.loc[("tech_touch", "cost"), "mean"] == 50
    assert written.loc[("the_same", "arr"), "equal"] == 1.0


def test_a_comparison_without_any_difference_has_a_report(tmp_path: Path) -> None:
    done = sim.compare(plan(), {"the_same": plan()}, replications=4)
    page = write_comparison(done, tmp_path)[0].read_text("utf-8")
    assert "contribution over the whole horizon is the same in every single future" in page
    assert "Only 4 futures" in page


def test_words() -> None:
    assert amount(0.012, "share", "") == "+1.2 points"
    assert amount(-1200, "money", "USD") == "−$1,200"
    assert change(-1200, "money", "USD") == "$1,200 lower"
    assert change(0.0, "share", "") == "the same"
    assert interval(1.5, 2.0, "days", "") == "1.5 to 2.0 days"
    assert interval(float("nan"), 2.0, "days", "") == "too few futures for an interval"
    assert factor(Pairing(69.2, 40, 90, 1, 69.2)) == "69 times"
    assert factor(Pairing(float("inf"), 1, 1, 0, 1)) == "exact"
    assert [whole_futures(one) for one in (1, 23, 1234)] == ["1", "23", "1,300"]

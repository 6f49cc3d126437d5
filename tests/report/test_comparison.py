"""The report of a comparison: complete for one and for several alternatives, and true to the futures."""

from __future__ import annotations

import re
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pandas as pd
import pytest

import simulation as sim
from simulation.experiment.comparison import Comparison
from simulation.experiment.moved import moved
from simulation.experiment.pairs import Pairing
from simulation.report import write_comparison
from simulation.report.comparison_words import amount, change, factor, interval, turning, whole_futures
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


def test_when_an_alternative_is_ahead_and_when_behind() -> None:
    months = [f"2027-{month:02d}" for month in range(1, 9)]

    class Told:
        """A comparison of which only the leads are asked."""

        base = SimpleNamespace(frame=SimpleNamespace(periods=[SimpleNamespace(label=one) for one in months]))

        def __init__(self, lead: list[int]) -> None:
            self.lead = pd.DataFrame({"lead": lead}, index=pd.Index(months, name="period"))

        def leads(self, measure: str, alternative: str) -> pd.DataFrame:
            return self.lead

    def said(*lead: int) -> list[str]:
        told: Any = Told(list(lead))
        return turning(told, "quota", ("contribution",))

    assert said(1, 1, 1, 0, 0, -1, -1, -1) == [
        "Contribution of the month with quota is ahead from 2027-01 to 2027-03 and behind from 2027-06 to the end, "
        "each at 95%."
    ]
    assert said(1, 1, 1, 1, 1, 1, 1, 1) == said(0, 0, 0, 0, 0, 0, 0, 0) == []
    assert said(1, 1, 1, -1, 1, 1, 1, 1) == []  # a single month may be noise
    assert said(1, 1, -1, -1, 1, 1, -1, -1) == []  # to and fro


def test_leads_are_paired_intervals(several: Comparison) -> None:
    leads = several.leads("cost", "tech_touch")
    assert leads["mean"].tolist() == [50.0, 0.0, 0.0, 0.0]
    assert leads["lead"].tolist() == [-1, 0, 0, 0]


def test_the_first_page_says_what_it_is_worth_and_its_flows_add_up(several: Comparison, tmp_path: Path) -> None:
    page = write_comparison(several, tmp_path)[0].read_text("utf-8")
    first = re.sub(r"<[^>]*>", " ", page[page.index('class="board"') : page.index('id="details"')])
    for title in ("What it is worth", "Where the difference comes from", "What must be true", "Track record"):
        assert title in first
    assert "Pairing" not in first and "jackknife" not in first
    for one in several.alternatives.values():
        bridge = moved(several.base, one)
        assert bridge is not None
        assert bridge.old["all"] + sum(row.cents["all"] for row in bridge.rows) == bridge.new["all"]

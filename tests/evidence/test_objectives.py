"""The objectives by milestone."""

from __future__ import annotations

import numpy as np
import pytest

import simulation as sim
from simulation.evidence.objectives import ALL, EVERYWHERE, milestone_objectives
from simulation.report.objectives import objective_rows, objectives_page
from simulation.scenario import from_mapping

SEGMENT = {
    "desired_outcome": {"required": "works"}, "arr": 100, "arrivals": {"per_month": 5}, "population": {"members": 40},
    "journey": {
        "started": {"stage": "adoption", "after": "1 month"},
        "working": {
            "stage": "value", "after": "2 months",
            "opportunity": {"kind": "add_on", "arr": 30, "take": "60%", "window": "60 days"},
        },
    },
}  # fmt: skip


@pytest.fixture(scope="module")
def forecast() -> sim.Forecast:
    plan = {"name": "two", "start": "2027-01-01", "horizon": "4 months", "segments": {"a": SEGMENT, "b": SEGMENT}}
    return sim.run(from_mapping(plan), replications=20, workers=1)


def test_they_are_the_milestone_cohorts_of_each_window(forecast: sim.Forecast) -> None:
    table = milestone_objectives(forecast)
    for days in (30, 60, 90):
        cohorts = forecast.milestones(within=days).set_index(["segment", "milestone"])
        for segment, milestone in cohorts.index:
            row, cohort = table.loc[(days, segment, milestone)], cohorts.loc[(segment, milestone)]
            assert row["reach"] == pytest.approx(cohort["members"])
            assert row["arr"] == pytest.approx(cohort["expansion"])
            assert (row["reach_P10"], row["reach_P90"]) == pytest.approx((cohort["members_P10"], cohort["members_P90"]))
    assert (table["take_P10"] <= table["take_P90"]).all()


def test_means_add_up_and_the_percentiles_are_those_of_the_sum(forecast: sim.Forecast) -> None:
    table = milestone_objectives(forecast, [90])
    for quantity in ("reach", "take", "arr"):
        parts = [table.loc[(90, segment, ALL), quantity] for segment in ("a", "b")]
        assert sum(parts) == pytest.approx(table.loc[(90, EVERYWHERE, ALL), quantity])
    each = forecast.measure("reached", within=90).to_numpy()
    assert table.loc[(90, EVERYWHERE, ALL), "reach_P10"] == pytest.approx(np.quantile(each, 0.1))


def test_a_window_that_is_not_counted_is_refused(forecast: sim.Forecast) -> None:
    with pytest.raises(ValueError, match="day 45 is not counted apart"):
        milestone_objectives(forecast, [45])


def test_the_page_has_a_table_for_each_window(forecast: sim.Forecast) -> None:
    table = milestone_objectives(forecast)
    page = objectives_page(forecast, table)
    assert [section.key for section in page.sections] == ["days30", "days60", "days90", "reading"]
    rows = objective_rows(table.loc[[90]], "USD")
    assert [row[0] for row in rows] == [
        "a", "  started", "  working", "  all milestones", "b", "  started", "  working", "  all milestones",
        "all segments", "  all milestones",
    ]  # fmt: skip
    assert rows[1][3:] == ("",) * 4  # nothing is on sale there

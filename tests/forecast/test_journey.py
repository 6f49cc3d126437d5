"""How the population moves: the same numbers as the dataset has, at the start and at the end of every period."""

import numpy as np
import pandas as pd
import pytest

from simulation.forecast import Forecast
from simulation.forecast.journey import EVERYWHERE
from tests.forecast.builders import plain_scenario, random_result


@pytest.fixture(scope="module")
def forecast():
    return Forecast.from_result(random_result(replications=20, days=200), plain_scenario())


def test_members_by_stage_and_course_are_those_of_the_dataset(forecast):
    table, data = forecast.journey((25, 50)), forecast.data
    ends = pd.to_datetime(data["period_end"].to_numpy()).date
    for what in ("stage", "course"):
        for segment in (*forecast.frame.segments, EVERYWHERE):
            levels = data[f"members_by_{what}"]
            levels = levels.sum("segment") if segment == EVERYWHERE else levels.sel(segment=segment)
            for name in levels[what].to_numpy():
                mine = table.loc[(segment, what, name)]
                assert list(mine.index) == [forecast.frame.start, *ends]
                values = levels.sel({what: name}).transpose("replication", "period").to_numpy()
                np.testing.assert_allclose(mine["P25"].to_numpy()[1:], np.percentile(values, 25, axis=0))
                np.testing.assert_allclose(mine["P50"].to_numpy()[1:], np.percentile(values, 50, axis=0))


def test_it_starts_with_the_members_of_today(forecast):
    table = forecast.journey((50,))
    first = table.xs(forecast.frame.start, level="moment").loc[(EVERYWHERE, "stage")]
    opening = forecast.ledger.opening[:, :, 2:6].sum(axis=1)
    np.testing.assert_allclose(first["P50"], np.median(opening, axis=0))


def test_milestones_are_counted_by_period_and_segment(forecast):
    table, data = forecast.journey((50,)), forecast.data
    for place, (segment, name, _, _) in enumerate(forecast.frame.milestones):
        values = data["reached"].transpose("replication", "milestone", "period").to_numpy()[:, place]
        mine = table.loc[(segment, "reached", name)]
        assert len(mine) == len(forecast.frame.periods)
        np.testing.assert_allclose(mine["P50"], np.median(values, axis=0))
    assert EVERYWHERE in table.index.get_level_values("segment")


def test_a_single_segment_has_no_rows_of_all():
    from tests.report.cases import empty

    table = empty(replications=2).journey()
    assert EVERYWHERE not in table.index.get_level_values("segment")
    assert list(table.columns) == ["P10", "P50", "P90"]

"""Where the members stand: the shares and counts that figures draw."""

from __future__ import annotations

from types import SimpleNamespace
from typing import Any

import pandas as pd
import pytest

from simulation.report.vectors import chance_counts, course_shares


@pytest.fixture
def found() -> Any:
    """Four members of two segments; of one the next milestone is not known."""
    table = pd.DataFrame({
        "segment": ["b_side", "a", "a", "a"], "milestone": ["", "live", "live", "none"],
        "on_track": [0.5, 1.0, 0.5, 0.25], "drifting": [0.5, 0.0, 0.25, 0.25], "away": [0.0, 0.0, 0.25, 0.5],
        "next_90": [None, 0.05, 0.95, 1.0], "renews": [0.0, 0.35, 0.35, 0.95],
    })  # fmt: skip
    return SimpleNamespace(table=table, journeys={"a": ("live",), "b_side": ("proven",)})


def test_shares_are_means_in_the_order_of_the_journeys(found: Any) -> None:
    table = course_shares(found)
    assert list(table["label"]) == ["a: none yet", "a: live", "b side: not known"]
    assert list(table["members"]) == [1, 2, 1] and list(table["on_track"]) == [0.25, 0.75, 0.5]
    assert table[["on_track", "drifting", "away"]].sum(axis=1).to_numpy() == pytest.approx(1)


def test_chances_are_counted_in_tenths_and_unknown_ones_are_left_out(found: Any) -> None:
    table = chance_counts(found)
    assert table["next_90"].sum() == 3 and table["renews"].sum() == 4
    assert table.loc[9, "next_90"] == 2 and table.loc[3, "renews"] == 2 and table.loc[0, "renews"] == 1

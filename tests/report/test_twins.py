"""Who benefits, in sentences and as a table, on twins that are made up."""

from __future__ import annotations

from types import SimpleNamespace
from typing import Any

import pandas as pd

from simulation.report.twins import gains, who_gains

COLUMNS = ["affected", "mean", "low", "high", "each", "each_low", "each_high"]


def twins(direct: tuple[float, float, float], other: tuple[float, float, float]) -> Any:
    """Ten members directly affected and thirty others, in two segments that share the effect of each alike."""
    rows = {
        "direct": [10.0, *direct, *(one / 10 for one in direct)],
        "displacement": [30.0, *other, *(one / 30 for one in other)],
    }
    both = [a + b for a, b in zip(direct, other, strict=True)]
    rows["all"] = [40.0, *both, *(one / 40 for one in both)]
    roles = pd.DataFrame(rows.values(), columns=COLUMNS, index=pd.MultiIndex.from_product([rows, ["arr"]]))
    roles.index.names = ["role", "outcome"]

    def benefits(by: str) -> pd.DataFrame:
        groups = {"segment": ["small", "large"]}.get(by, ["only"])
        index = pd.MultiIndex.from_product([groups, ["all"], ["arr"]], names=[by, "role", "outcome"])
        table = pd.DataFrame([rows["all"]] * len(groups), columns=COLUMNS, index=index)
        if len(groups) > 1:
            table.iloc[1, 4:] = 3 * table.iloc[1, 4:]
        return table

    return SimpleNamespace(roles=lambda: roles, benefits=benefits)


def test_the_answer_says_the_direction_and_its_interval() -> None:
    first, most, direct, other = who_gains(twins((900, 800, 1_000), (-100, -200, -50)), "USD", "more_training")
    assert first == (
        "With “more training” ARR at the end is higher by $800 (95% interval $600 to $950), summed over members."
    )
    assert most == "By member, “large” gain most (by segment): $60 (95% interval $45 to $71) each."
    assert direct == (
        "Directly affected are 10 of 40 members; their ARR is higher by $900 (95% interval $800 to $1,000) in all."
    )
    assert "lower by $100 (95% interval $50 to $200)" in other


def test_what_is_not_sure_is_not_said_to_be() -> None:
    said = who_gains(twins((-900, -2_000, 200), (0, 0, 0)), "USD", "x")
    assert said[0].startswith("With “x” ARR at the end may be lower by $900 (95% interval −$2,000 to $200)")
    assert not any("most" in one for one in said)  # no group differs for sure
    assert who_gains(twins((0, 0, 0), (0, 0, 0)), "USD", "x") == [
        "Nobody ends with another ARR with “x”: whatever it changes, it changes no member's ARR here."
    ]


def test_groups_of_one_are_left_out() -> None:
    table = gains(twins((900, 800, 1_000), (0, 0, 0)))
    assert list(table["group"]) == ["small", "large"] and set(table["heading"]) == {"by segment"}
    assert list(table["each"]) == [22.5, 67.5]

"""Members of the start without a likely past are counted, kept and said."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from simulation.engine.ledger import OPEN, Ledger
from simulation.forecast import Forecast
from simulation.forecast.pasts import warnings
from tests.forecast.builders import plain_frame, plain_scenario, random_result


def start(members: int, forced: list[int]) -> Ledger:
    """A ledger of nothing but its opening."""
    ledger = Ledger.zeros(plain_frame(), len(forced))
    ledger.opening[:, 0, OPEN.index("members")] = members
    ledger.forced[:] = forced
    return ledger


@pytest.mark.parametrize(
    ("members", "forced", "words"),
    [
        (4_983, [29, 30, 30, 33], "About 30 of 4,983 members (0.6%) could hardly be members still"),
        (3, [1, 0, 0], "On average fewer than one of 3 members (11.1%) could hardly"),
        (4_983, [0, 0, 0, 1], "On average fewer than one of 4,983 members (less than 0.1%) could hardly"),
    ],
)
def test_a_sentence_with_its_share(members: int, forced: list[int], words: str) -> None:
    said = warnings(start(members, forced))
    assert len(said) == 1 and said[0].startswith(words)


def test_nothing_is_said_of_nothing() -> None:
    assert warnings(start(100, [0, 0])) == warnings(start(0, [0, 0])) == ()


def test_they_are_kept_in_the_file(tmp_path: Path) -> None:
    result = random_result(replications=4)
    counted = replace(result, ledger=replace(result.ledger, forced=np.array([3, 0, 2, 7])))
    forecast = Forecast.from_result(counted, plain_scenario())
    loaded = Forecast.load(forecast.save(tmp_path / "forecast.nc"))
    assert loaded.ledger.forced.tolist() == loaded.data["forced"].to_numpy().tolist() == [3, 0, 2, 7]
    assert loaded.warnings == forecast.warnings != ()
    assert not Forecast.from_result(result, plain_scenario()).equals(forecast)

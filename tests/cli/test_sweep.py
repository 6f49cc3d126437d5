"""`membersim sweep`."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path

import pandas as pd
import pytest

Call = Callable[..., tuple[int, str, str]]
RENEWAL, ARRIVALS = "segments.individual.renewal.probability", "segments.individual.arrivals.per_month"


def test_a_grid(call: Call, plan: Path) -> None:
    words = ("sweep", plan, "--set", f"{RENEWAL}=85%,95%", "--set", f"{ARRIVALS}=5,10,20", "--replications", 4)
    status, out, _ = call(*words, "--measure", "arr", "--measure", "nrr", "--json")
    shown = json.loads(out)
    assert status == 0 and shown["cells"] == 6 and len(shown["table"]) == 12 and not shown["interrupted"]
    folder = Path("reports/small-sweep")
    table = pd.read_csv(folder / "sweep.csv")
    assert list(table[RENEWAL].unique()) == ["85%", "95%"] and list(table[ARRIVALS].unique()) == [5, 10, 20]
    assert (folder / "sweep.png").stat().st_size > 10_000
    record = json.loads((folder / "sweep.json").read_text())
    assert record["axes"][1] == {"path": ARRIVALS, "values": [5, 10, 20]} and record["finished_cells"] == 6
    status, out, _ = call(*words)
    assert status == 0 and "6 of 6 cells" in out and "95%" in out and "members a month" in out


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (("--set", "nothing"), "--set expects a path with its values"),
        (("--set", f"{RENEWAL}="), "--set expects a path with its values"),
        (("--set", f"{RENEWAL}=1%", "--set", f"{RENEWAL}=2%"), "twice"),
        (("--set", f"{RENEWAL[:-1]}=1%"), "did you mean 'probability'"),
        (("--set", f"{RENEWAL}=101%"), "must be at most 100%"),
        (("--set", f"{RENEWAL}=1%", "--measure", "ar"), "arr"),
        ((), "--set"),
    ],
)
def test_wrong_words(call: Call, plan: Path, words: tuple[str, ...], said: str) -> None:
    status, _, message = call("sweep", plan, *words)
    assert status == 2 and said in message and "Traceback" not in message

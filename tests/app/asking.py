"""A club with everything that the tasks ask about, and somebody who remembers what they tell."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

from tests.app.club import CLUB

MORE = """\
  price_rise: {measure: arr, by: 2027-07-01, at_least: 1}
levers:
  coaches: {hire: {team: coaches, at_most: 1, date: 2027-02-01}}
  letters: {switch: newsletter}
"""
HISTORY = """\
member_id,date,event,name,value,segment
Zoe-4711,2027-01-10,joined,,200,players
Zoe-4711,2027-03-01,milestone,first_match,,
Max-0815,2027-02-01,joined,,210.05,players
Ann-1234,2027-02-11,joined,,190,players
Ann-1234,2027-03-05,left,,,
"""
EXPORTED = "2027-04-02"


class Teller:
    """Remembers progress and pictures."""

    def __init__(self) -> None:
        self.steps: list[tuple[int, int]] = []
        self.pictures: list[Mapping[str, Any]] = []

    def progress(self, done: int, total: int) -> None:
        self.steps.append((done, total))

    def picture(self, picture: Mapping[str, Any]) -> None:
        self.pictures.append(picture)


def ask(folder: Path, **more: Any) -> dict[str, Any]:
    """A request about the club, which is written into a folder with a history of it."""
    (folder / "club.yaml").write_text(CLUB.replace("ARRIVALS", "10") + MORE)
    (folder / "history.csv").write_text(HISTORY)
    asked = {"scenario": str(folder / "club.yaml"), "overlay": {}, "seed": 1, "replications": 12}
    return asked | more


def ask_history(folder: Path, **more: Any) -> dict[str, Any]:
    """A request about the history of the club."""
    return ask(folder, history=str(folder / "history.csv"), exported=EXPORTED, **more)

"""A small valid scenario file, and what turns it into bad ones."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest

SMALL = """\
name: Small
start: 2027-01-01
horizon: 12 months
segments:
  people:
    desired_outcome: {required: works}
    arr: 100
    arrivals: {per_month: 5}
    vector:
      direction: {typical: 30 deg}
      interactions: 3 per month
    journey:
      start: {stage: adoption, after: 1 month}
      result:
        {stage: value, after: 2 months, opportunity: {kind: add_on, arr: 50, take: 60%, window: 60 days}}
    renewal: {probability: 80%}
teams:
  care: {people: 2, hours_per_month: 100}
interventions:
  welcome:
    when: {joined: 3 days}
    team: care
    effort: 1 hour
    effects:
      - {turn_toward: 30%}
"""


@pytest.fixture
def write(tmp_path: Path) -> Callable[..., Path]:
    """Write a scenario file; the first text is the small scenario unless another one is given."""

    def _write(text: str = SMALL, name: str = "small.yaml") -> Path:
        path = tmp_path / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text, encoding="utf-8")
        return path

    return _write


@pytest.fixture
def small() -> str:
    """The text of the small scenario."""
    return SMALL

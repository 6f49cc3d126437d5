"""Tables on the page: nothing in a scenario is markup there."""

from __future__ import annotations

from contextlib import nullcontext
from types import SimpleNamespace
from typing import Any

import pytest

pytest.importorskip("nicegui", reason="the page needs nicegui")

from simulation.app.tasks.told import told  # noqa: E402
from simulation.app.views import tables  # noqa: E402
from simulation.evidence.objectives import milestone_objectives  # noqa: E402
from simulation.report.objectives import objectives_page  # noqa: E402
from tests.report.cases import EVIL, hostile  # noqa: E402


@pytest.fixture
def written(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """What is put on the page as HTML."""
    texts: list[str] = []
    place: Any = SimpleNamespace(classes=lambda *_: place, props=lambda *_: nullcontext())
    stub = SimpleNamespace(element=lambda _: place, html=lambda text, **_: texts.append(text))
    monkeypatch.setattr(tables, "ui", stub)
    return texts


def test_names_of_a_scenario_are_no_markup(written: list[str]) -> None:
    forecast = hostile()
    picture = told(objectives_page(forecast, milestone_objectives(forecast, [30])))
    blocks = [block for one in picture["sections"] for block in one["blocks"] if block["kind"] == "table"]
    assert blocks
    for block in blocks:
        tables.table(block["columns"], block["rows"], words=block["words"], caption=EVIL)
    tables.table([EVIL, "x"], [[EVIL, [EVIL, EVIL]], [EVIL]])
    assert all("<script" not in text for text in written) and "&lt;script&gt;" in written[-1]
    assert EVIL not in picture["report"]


def test_headings_say_what_they_mean_and_numbers_stand_right(written: list[str]) -> None:
    tables.table(["who", "P10 to P90"], [["a", ["1 to 2", "below"]], ["a heading"]], caption="c")
    text = written[0]
    assert 'title="Percentiles over the simulated futures' in text and "<caption>c</caption>" in text
    assert (
        '<td class="number" data-of="P10 to P90">1 to 2<span class="sub">below</span></td>' in text
        and '<td data-of="who">a</td>' in text
    )
    assert '<tr class="group"><th colspan="2" scope="colgroup">a heading</th></tr>' in text

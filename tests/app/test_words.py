"""Names on the page are text: none of them is a property of an element, such as a script."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

nicegui = pytest.importorskip("nicegui", reason="the page needs nicegui")

from simulation.app.controls import Control  # noqa: E402
from simulation.app.desk import Desk, WhatIf  # noqa: E402
from simulation.app.jobs.bench import Bench  # noqa: E402
from simulation.app.plans import Plans  # noqa: E402
from simulation.app.views import compare, plot, setup  # noqa: E402

EVIL = 'Say "hi" onclick="alert(1)"'


@pytest.fixture
def client() -> Iterator[nicegui.Client]:
    """A page that nobody looks at."""
    with nicegui.Client(nicegui.ui.page("/nobody")) as one:
        yield one
    one.delete()


@pytest.fixture
def desk(tmp_path: object) -> Desk:
    return Desk(Bench(1), Plans(tmp_path))  # type: ignore[arg-type]


def test_a_name_with_quotation_marks_is_a_name(client: nicegui.Client, desk: Desk) -> None:
    slider = Control("teams.x.people", "Teams", EVIL, "", "slider", 1.0, 0.0, 2.0)
    switch = Control("interventions.x", EVIL, "Do this", "", "switch", True)
    desk.controls = {one.path: one for one in (slider, switch)}
    setup._group(desk, EVIL, [switch, slider])
    plot.Plot(EVIL)
    desk.what_ifs = [WhatIf(EVIL, "plan.yaml", {})]
    compare.show(desk)
    labels = [str(one.props.get("aria-label", "")) for one in client.elements.values()]
    assert sum(EVIL in one or EVIL.capitalize() in one for one in labels) == 4
    assert not [one for one in client.elements.values() if "onclick" in one.props]

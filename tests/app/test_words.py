"""Names on the page are text: none of them is a property of an element, such as a script."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

nicegui = pytest.importorskip("nicegui", reason="the page needs nicegui")

from simulation.app.controls import Control  # noqa: E402
from simulation.app.desk import Desk, WhatIf  # noqa: E402
from simulation.app.jobs.bench import Bench  # noqa: E402
from simulation.app.plans import Plans  # noqa: E402
from simulation.app.views import compare, plot, setup, upload, words  # noqa: E402

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


def test_a_cause_is_told_once_with_its_count_and_places() -> None:
    def problem(line: int, path: str, message: str, file: str = "history.csv") -> dict[str, object]:
        return {"file": file, "line": line, "column": None, "path": path, "message": message}

    several = [problem(line, "date", f"'2027-02-{line}': there is no such day") for line in range(30, 40)]
    several += [problem(7, "segment", "there is no segment 'x'"), problem(9, "date", "it is before 2020-01-01")]
    several += [problem(30, "date", "'2027-02-30': there is no such day", "another.csv")]
    causes = words.alike(several)
    assert [len(one) for one in causes] == [10, 1, 1, 1]
    said = words._told(causes[0])
    assert said.startswith("history.csv:30: date: '2027-02-30': there is no such day · 10 times, also in line 31, line")
    assert said.endswith("line 35, ...")
    assert words._told(causes[1]) == "history.csv:7: segment: there is no segment 'x'"


def test_the_same_fault_in_several_segments_is_one_cause() -> None:
    several = [
        {"file": "", "line": None, "column": None, "path": f"segments.{one}.renewal", "message": "expected a share"}
        for one in ("young", "old")
    ]
    (cause,) = words.alike(several)
    assert words._told(cause) == "segments.young.renewal: expected a share · 2 times, also in segments.old.renewal"


def test_sizes_of_files_in_words() -> None:
    sizes = (1, 312, 2_400, 12_345, 999_700, 2_644_541, 52_428_800)
    said = ["1 byte", "312 bytes", "2.4 kB", "12 kB", "1.0 MB", "2.6 MB", "52 MB"]
    assert [upload.size_words(one) for one in sizes] == said

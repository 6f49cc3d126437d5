"""How soon the first picture is there, and how soon the page answers while it works: measured, not asserted.

Run with -m benchmark -s.
"""

from __future__ import annotations

import re
import shutil
import statistics
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from tests.app.conftest import PATIENCE, Served, Visit, start_server, stop_server

pytestmark = pytest.mark.benchmark
expect = pytest.importorskip("playwright.sync_api", reason="browser tests need playwright").expect


@pytest.fixture(scope="module")
def association(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Served]:
    folder = tmp_path_factory.mktemp("plans")
    shutil.copytree(Path("scenarios"), folder, dirs_exist_ok=True)
    served = start_server(folder, tmp_path_factory.mktemp("store"))
    yield served
    stop_server(served)


def test_first_picture_and_answers_during_a_long_run(association: Served, visit: Callable[..., Visit]) -> None:
    one = visit(association.url)
    one.choose("Professional association, 2027")
    # The engine is loaded by the first run; then a change makes a scenario that nobody has simulated yet.
    one.run()
    expect(one.view.locator(".headline")).to_be_visible(timeout=4 * PATIENCE)
    one.view.get_by_role("button", name="Cancel").click()
    expect(one.status).to_have_text(re.compile("Stopped"), timeout=PATIENCE)
    first = []
    one.open_group("Teams")
    for _ in range(3):
        one.slider("Member success: people").press("ArrowRight")
        one.page.wait_for_timeout(1000)
        before = one.view.locator(".headline").inner_text()
        start = time.perf_counter()
        one.run()
        expect(one.view.locator(".headline")).not_to_have_text(before, timeout=PATIENCE)
        first.append(time.perf_counter() - start)
        if len(first) < 3:
            one.view.get_by_role("button", name="Cancel").click()
            expect(one.status).to_have_text(re.compile("Stopped"), timeout=PATIENCE)
    answers = []
    changes = one.page.locator(".changes")
    for place in range(10):
        before = changes.inner_text()
        start = time.perf_counter()
        one.slider("Member success: people").press("ArrowRight" if place % 2 else "ArrowLeft")
        expect(changes).not_to_have_text(before, use_inner_text=True, timeout=PATIENCE)
        answers.append(time.perf_counter() - start)
        one.page.wait_for_timeout(300)
    expect(one.view.get_by_role("button", name="Cancel")).to_be_visible()  # it was at work all the time
    print(f"\nfirst picture: {', '.join(f'{seconds:.2f} s' for seconds in first)}")
    print(f"answers during a long run: median {statistics.median(answers) * 1000:.0f} ms, "
          f"worst {max(answers) * 1000:.0f} ms")  # fmt: skip

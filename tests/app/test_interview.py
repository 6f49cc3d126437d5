"""The interview in a browser: ranges are understood or refused at once, and end in a calibrated overlay."""

from __future__ import annotations

import re
from collections.abc import Callable

import pytest

import simulation as sim
from tests.app.conftest import PATIENCE, Served, Visit

expect = pytest.importorskip("playwright.sync_api", reason="browser tests need playwright").expect
expect.set_options(timeout=PATIENCE)
ADOPTED = "Of 100 new members, how many have completed adoption 90 days after joining?"


def test_from_what_is_known_to_a_calibrated_plan(visit: Callable[..., Visit], server: Served) -> None:
    one = visit()
    one.choose("The club")
    one.tab("What you know")
    one.view.get_by_role("button", name="Calibrate").click()
    expect(one.view.get_by_role("alert")).to_have_text("Answer at least one question first")
    answer = one.view.get_by_label(ADOPTED)
    answer.fill("about 60")
    expect(one.view.locator(".wrong", has_text="leaves open how sure it is")).to_be_visible()
    one.view.get_by_role("button", name="Calibrate").click()
    expect(one.view.get_by_role("alert")).to_contain_text("“about 60” leaves open")
    expect(answer).to_have_value("about 60")
    answer.fill("60-70")
    expect(one.view.get_by_text("understood as 60% to 70%")).to_be_visible()
    one.view.get_by_label("Where from").nth(1).fill("the match records")
    one.view.get_by_role("button", name="Calibrate").click()
    expect(one.view.locator(".headline:visible")).to_have_text("The plan now reproduces everything that you know.")
    expect(one.view.get_by_text("Saved beside the scenario: club_interview.yaml, club_calibrated.yaml")).to_be_visible()
    one.view.get_by_role("button", name="Open the calibrated plan").click()
    expect(one.page.locator(".bar-title")).to_have_text("The club, as known")
    plan = sim.load(server.folder / "club_calibrated.yaml")
    known = plan.known["segments.players.first_value_90"]
    assert (known.low, known.high, known.source, known.evidence) == (0.6, 0.7, "the match records", "prior")
    assert "calibrated" in plan.assumptions


def test_no_question_asks_for_an_angle(visit: Callable[..., Visit]) -> None:
    one = visit()
    one.choose("The club")
    one.tab("What you know")
    expect(one.view.get_by_label(ADOPTED)).to_be_visible()
    assert not re.search(r"\b(deg|degrees|angle|direction|vector)\b", one.view.inner_text().lower())

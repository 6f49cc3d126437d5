"""A fit recovers what made a history, says what it cannot tell, and shows where the scenario does not fit."""

from __future__ import annotations

import datetime as dt
import json
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest

from simulation.cli import main
from simulation.engine.events import event_table
from simulation.engine.replicate import make_engine, plan_at
from simulation.evidence.fit import Fit, first_round, fit, fit_latent
from simulation.evidence.fit.coordinates import Coordinates, velocity
from simulation.evidence.fit.design import designed
from simulation.evidence.fit.fit import unknowns_of
from simulation.evidence.fit.matter import LATER, TELLING, matters
from simulation.evidence.fit.sampler import sample
from simulation.evidence.fit.summaries import Summaries
from simulation.evidence.fit.trials import simulated
from simulation.evidence.history import History, write_history
from simulation.evidence.history.today import todays_rows
from simulation.evidence.observables import lives_of_memory
from simulation.evidence.unknowns import FAR, values
from simulation.report.fit import fit_page
from simulation.scenario import Scenario, from_mapping, load

SEGMENT: dict[str, Any] = {
    "desired_outcome": {"required": "works"},
    "arr": {"lognormal": {"median": 100, "spread": 0.3}},
    "term": "12 months",
    "arrivals": {"per_month": 14},
    "vector": {
        "direction": {"typical": "30 deg", "spread": "35 deg", "memory": "4 months"},
        "magnitude": {"spread": 0.4, "memory": "7 months"},
        "interactions": "2 per month",
    },
    "journey": {
        "first_value": {"stage": "adoption", "after": "4 months", "spread": 0.3},
        "certified": {
            "stage": "value", "after": "3 months", "spread": 0.3, "self_evident": "50%",
            "opportunity": {"kind": "add_on", "arr": 50, "take": "60%", "window": "60 days"},
        },
    },
    "renewal": {"probability": "80%", "not_adopted": 1.0, "sensitivity": 1.0},
}  # fmt: skip
PLAN: dict[str, Any] = {
    "name": "Club", "start": "2024-01-01", "horizon": "30 months", "segments": {"person": SEGMENT},
}  # fmt: skip
RENEWAL, WORK = "segments.person.renewal.probability", "segments.person.journey.first_value.after"


def plan_of(**changed: Any) -> Scenario:
    """The club, with parts of its segment changed."""
    return from_mapping(PLAN | {"segments": {"person": SEGMENT | changed}})


def history_of(plan: Scenario, seed: int = 3) -> History:
    """One future of a scenario, as its organisation sees it."""
    made = plan_at(plan, None, seed, 0)
    return History.from_events(event_table(make_engine("compiled", made, log=True).run(seed, 0), made), plan)


@pytest.fixture(scope="module")
def truth() -> Scenario:
    """What made the history: far from what is believed first, in what a history can tell."""
    work = {**SEGMENT["journey"], "first_value": {"stage": "adoption", "after": "6 months", "spread": 0.3}}
    return plan_of(journey=work, renewal=SEGMENT["renewal"] | {"probability": "90%"}, arrivals={"per_month": 20})


@pytest.fixture(scope="module")
def found(truth: Scenario) -> Fit:
    """A small fit."""
    return fit(history_of(truth), plan_of(), trials=(256, 160), draws=200, workers=1)


def test_what_is_told_is_recovered(found: Fit) -> None:
    by_name = {one.name: one for one in (*found.quantities, *found.identified)}
    # 98% intervals (90% ones stretched by 1.41) hold the truth.
    for name, value in {
        RENEWAL: 0.9, "segments.person.arrivals.per_month": 20.0, "segments.person.arr.lognormal.spread": 0.3,
        "segments.person.arr.lognormal.median": 10_000.0,
        "person: tau of first_value": 6.0 / float(_true_velocity()),
        "person: renewal logit at mean velocity": np.log(9),
    }.items():  # fmt: skip
        one = by_name[name]
        half = 1.41 * (one.high - one.low) / 2
        assert abs(one.median - value) < half + abs((one.high + one.low) / 2 - one.median), (name, one)
    assert by_name["person: tau of first_value"].how == "simulated"
    assert by_name["person: tau of first_value"].left < 0.4
    assert by_name["segments.person.vector.magnitude.memory"].how == "prior"
    assert by_name["segments.person.arrivals.per_month"].how == "seen"
    assert not found.strange


def _true_velocity() -> np.ndarray[Any, Any]:
    angles = (np.radians([30.0]), np.radians([35.0]))
    return velocity(*angles, np.array([121.75]), np.array([0.4]), np.array([213.06])).mean[0]


def test_draws_are_joint(found: Fit) -> None:
    place = {path: number for number, path in enumerate(found.columns)}
    rows = found.draws[:, [place[one.path] for one in found.latent.unknowns]]
    pace = np.log(Coordinates(found.scenario, found.latent.unknowns).velocity("person", rows).mean)
    # Less velocity needs less work for the same times: three standard errors of 200 draws are 0.21.
    assert np.corrcoef(np.log(found.draws[:, place[WORK]]), pace)[0, 1] > 0.21
    middle = found.draws[len(found.draws) // 2]
    assert abs(middle[place[WORK]] / np.median(found.draws[:, place[WORK]]) - 1) < 0.2


SETBACKS = {"rate": "2 per year", "resolves_itself": "300 days", "escalates_after": "10 days", "turn": "150 deg"}
CALM = SETBACKS | {"escalates_after": "1000 days"}
SHIFTS = {"outcome_shifts": {"rate": "1.5 per year", "turn": "120 deg"}}
PRICE = {"changes": [{"date": "2025-09-01", "change": "30%"}], "response": {"renewal": -0.8}}


def test_what_the_scenario_does_not_know_shows() -> None:
    """Setbacks, shifts of the outcome and a strange renewal that the scenario has no mechanism for."""
    odd = plan_of(vector=SEGMENT["vector"] | SHIFTS, setbacks=SETBACKS, arrivals={"per_month": 20},
                  renewal=SEGMENT["renewal"] | {"escalation": 3.0})  # fmt: skip
    found = fit(history_of(odd), plan_of(), trials=(256, 100), draws=200, workers=1)
    assert found.unknown_events.keys() >= {"setback", "escalated"}
    assert found.strange
    told = {(one.event, one.what): one for one in found.matters}
    assert told["escalated", "milestones"].telling and told["escalated", "renewals"].ratio < 0.6
    said = " ".join(fit_page(found).notices)
    assert "In the half year after 'escalated', the odds of reaching the next milestone" in said


def _matters(truth: Scenario, seeds: range) -> dict[tuple[str, str], list[float]]:
    """Standard deviations of every comparison, in histories of a scenario that are read by the club's."""
    found: dict[tuple[str, str], list[float]] = {}
    for seed in seeds:
        made = plan_at(truth, None, seed, 0)
        memory = make_engine("compiled", made, log=True).run(seed, 0)
        for one in matters(lives_of_memory(memory, made, plan_of())):
            found.setdefault((one.event, one.what), []).append(one.z)
    return found


def test_misfit_is_found_and_luck_is_not() -> None:
    """Power of at least 90% where setbacks turn members or a price bites; only luck where setbacks do nothing."""
    odd = _matters(plan_of(setbacks=SETBACKS), range(10))
    assert sum(z < -TELLING for z in odd["escalated", "milestones"]) >= 9
    dearer = _matters(plan_of(price=PRICE, arrivals={"per_month": 25}), range(10))
    assert sum(z < -TELLING for z in dearer[LATER, "renewals"]) >= 9
    calm = _matters(plan_of(setbacks=CALM), range(40))
    assert calm.keys() == {(event, what) for event in ("setback", LATER) for what in ("renewals", "milestones")}
    for z in calm.values():
        # Standard normal: 40 of them have a mean within 3 / sqrt(40) and a spread within 3 / sqrt(80) of 1.
        assert abs(np.mean(z)) < 0.47
        assert 0.66 < np.std(z) < 1.34


def test_too_little_is_said() -> None:
    few = history_of(plan_of(arrivals={"per_month": 0.5}))
    with pytest.raises(ValueError, match="at least 30 are needed"):
        fit(few, plan_of(), workers=1)


def _begun_on(history: History, plan: Scenario, day: dt.date) -> History:
    """The record, from a day on, of those who were there then: since when and how far is known."""
    there = todays_rows(history, plan, day)
    ids, begin = set(there["member_id"]), pd.Timestamp(day)
    frame = history.frame
    later = frame[(frame["date"] >= begin) & frame["member_id"].isin(ids)]
    joined = frame[(frame["event"] == "joined") & (frame["date"] < begin) & frame["member_id"].isin(ids)]
    present = pd.DataFrame({"member_id": there["member_id"], "date": begin, "event": "present",
                            "name": there["milestone"], "value": there["arr"] / 100})  # fmt: skip
    rows = pd.concat([one[["member_id", "date", "event", "name", "value"]].astype({"member_id": str, "event": str})
                      for one in (joined, present, later)])  # fmt: skip
    return History.of(rows, exported=history.exported)


def test_members_of_the_start_count() -> None:
    """All were there when the record began: what nobody saw of their past is drawn in every trial."""
    work = {**SEGMENT["journey"], "first_value": {"stage": "adoption", "after": "6 months", "spread": 0.3}}
    person = SEGMENT | {"journey": work, "renewal": SEGMENT["renewal"] | {"probability": "92%"}}
    truth = from_mapping(PLAN | {"horizon": "42 months", "segments": {"person": person}})
    history = _begun_on(history_of(truth), truth, dt.date(2026, 1, 1))
    found = fit(history, plan_of(), trials=(256, 100), draws=200, workers=1)
    assert found.present > 150 and found.joined == 0
    by_name = {one.name: one for one in (*found.quantities, *found.identified)}
    for name, value in {RENEWAL: 0.92, "person: tau of first_value": 6.0 / float(_true_velocity())}.items():
        one = by_name[name]
        # 98% intervals (90% ones stretched by 1.41) hold the truth.
        half = 1.41 * (one.high - one.low) / 2
        assert abs((one.high + one.low) / 2 - value) < half, (name, one)
        assert one.left < 0.8
    assert any("at the start" in name for name in found.latent.names)
    assert "were there" in fit_page(found).subtitle


def test_who_came_at_an_unknown_time_is_left_out() -> None:
    history = _begun_on(history_of(plan_of()), plan_of(), dt.date(2026, 4, 1))
    unknown = History.of(history.frame[history.frame["event"] != "joined"], exported=history.exported)
    with pytest.raises(ValueError, match=r"no row `joined` says since when"):
        fit(unknown, plan_of(), workers=1)


def test_moments_of_the_velocity() -> None:
    """Against 200,000 draws: three standard errors of a mean of 200,000 with sd below 1 are 0.007."""
    typical, spread, size = 0.5, 0.6, 0.4
    one = velocity(*(np.array([x]) for x in (typical, spread, 100.0, size, 200.0)))
    random = np.random.default_rng(1)
    v = np.exp(size * random.standard_normal(200_000)) * np.cos(typical + spread * random.standard_normal(200_000))
    assert one.mean[0] == pytest.approx(v.mean(), abs=0.007)
    assert one.cv[0] == pytest.approx(v.std() / v.mean(), abs=0.015)
    assert 0 < one.correlation_time[0] < 200 / 30.4


def test_only_the_work_relative_to_the_pace_is_told() -> None:
    plan = plan_of()
    unknowns = unknowns_of(plan, {"person": 1})
    place = [one.path for one in unknowns].index(WORK)
    z = np.zeros((2, len(unknowns)))
    z[1, place] = 1.0
    table = values(unknowns, z)
    tau = Coordinates(plan, unknowns).identified(table)["person: tau of first_value"]
    assert tau[1] / tau[0] == pytest.approx(np.exp(0.5))
    assert all(not one.path.endswith("magnitude.typical") for one in unknowns)


def test_sampler_finds_a_correlated_normal() -> None:
    cover = np.array([[1.0, 0.9], [0.9, 1.0]])
    inverse = np.linalg.inv(cover)
    random = np.random.default_rng(2)
    draws = sample(lambda x: -0.5 * np.einsum("ni,ij,nj->n", x, inverse, x),
                   3 + random.standard_normal((100, 2)), 300, 1600, random)  # fmt: skip
    # 20,000 draws, worth some thousands: three standard errors of a mean are about 0.06.
    assert np.abs(draws.mean(axis=0)).max() < 0.1
    assert np.corrcoef(draws.T)[0, 1] == pytest.approx(0.9, abs=0.03)


def test_command(tmp_path: Path, truth: Scenario, capsys: pytest.CaptureFixture[str]) -> None:
    (tmp_path / "plan.yaml").write_text(json.dumps(PLAN), encoding="utf-8")
    history = history_of(truth)
    write_history(history, tmp_path / "history.csv")
    words = ["fit", str(tmp_path / "history.csv"), "--scenario", str(tmp_path / "plan.yaml"), "--json"]
    words += ["--exported", "2026-07-01", "-o", str(tmp_path / "fitted.yaml"), "--trials", "128", "--workers", "1"]
    assert main(words) == 0
    told = json.loads(capsys.readouterr().out)
    assert told["members"] == history.by_member().segment.size
    over = load(tmp_path / "fitted.yaml")
    fitted = over.assumptions["fitted"]
    assert fitted.joint is not None
    assert len(fitted.joint.rows) == 500
    assert fitted.source is not None and told["history"][:12] in fitted.source
    assert over.at_point(1, 0).segments["person"].renewal.probability.value > 0.8
    assert (tmp_path / "fitted_report.html").exists()


@pytest.mark.soak
def test_recovery() -> None:
    """500 histories from parameters drawn from the prior: 90% intervals cover 85-95% for every fitted quantity.

    The ranks of the truth among the draws are uniform: chi-squared of 10 bins, at a level of 1% over all quantities
    together (Bonferroni). Measured on the last stage with 130 histories: 86% to 95%, no rank test below 1.7%.
    """
    from scipy.stats import chisquare

    histories, plan = 500, plan_of()
    design = designed(plan, plan.start, plan.end, {"person": 400})
    unknowns = unknowns_of(plan, {"person": 400})
    reader = Summaries(plan, usage=False)
    shared = first_round(design, unknowns, reader, 1024, seed=5)
    random = np.random.default_rng(6)
    z = np.clip(random.standard_normal((histories, len(unknowns))), -FAR, FAR)
    made = simulated(design, unknowns, z, reader, first=5_000_000, seed=77)
    coordinates = Coordinates(design, unknowns)
    table = values(unknowns, z)
    truth = dict(zip((one.path for one in unknowns), table.T, strict=True)) | coordinates.identified(table)
    ranks: dict[str, list[float]] = {name: [] for name in truth}
    for number in range(histories):
        told = dict(zip(made.names, made.summaries[number], strict=True))
        latent = fit_latent(shared, told, 200, checks=4, seed=number)
        drawn = values(unknowns, latent.draws)
        columns = dict(zip((one.path for one in unknowns), drawn.T, strict=True)) | coordinates.identified(drawn)
        for name, column in columns.items():
            ranks[name].append(float(np.mean(column < truth[name][number])))
    wrong = {}
    for name, rank in ranks.items():
        covered = np.mean(np.abs(np.array(rank) - 0.5) <= 0.45)
        counts = np.histogram(rank, bins=10, range=(0, 1))[0]
        if not 0.85 <= covered <= 0.95 or chisquare(counts).pvalue <= 0.01 / len(ranks):
            wrong[name] = (covered, counts)
    assert not wrong

"""Pilots: the value of a study against brute force, the draw of arms, and what a reading changes."""

from __future__ import annotations

import datetime as dt
import math
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest

from simulation.evidence.history import History
from simulation.evidence.pilot.arms import CONTROL, Protocol, arm_list, arms_digest, shared_teams
from simulation.evidence.pilot.choose import NO_PILOT, Costs, choose, expected_value, sample_size
from simulation.evidence.pilot.contrast import Contrast, contrasts, shared
from simulation.evidence.pilot.read import read, weighted
from simulation.runs import todays_members
from simulation.scenario import from_mapping

Z = 3.3
"""Two-sided level of 1e-3."""
POINTS = 4000
FEW = 300


def contrast(
    gain: float = 0.0, slope: float = 1000.0, spread: float = 0.1, size: int = POINTS, **changes: Any
) -> Contrast:
    """A prior with a known effect: mean 0.2 milestones, spread between points, luck on top."""
    rng = np.random.default_rng(3)
    points = np.repeat(np.arange(size), 2)
    true = rng.normal(0.2, spread, size)[points] if spread else np.full(2 * size, 0.2)
    luck = rng.normal(0, 0.3, (2, 2 * size))
    one = Contrast(
        intervention="call",
        segments=("all",),
        members=1000.0,
        days=90,
        rate=0.7,
        rate_without=0.5,
        effect=true + luck[0],
        gain=gain + slope * (true - 0.2) + 500 * luck[0] + 100 * luck[1],  # luck moves both: it must cancel
        kept=30.0,
        expanded=10.0,
        effects={"interventions.call.effects.0.turn_toward": true * 2} if spread else {},
        points=points.tolist(),
    )
    return replace(one, **changes)


def test_the_covariance_is_free_of_luck() -> None:
    one = contrast()
    # The standard error of each, from the products of two normals, is below 2% of the luck's 0.09.
    assert one.variance(one.effect, one.effect) == pytest.approx(0.01, abs=Z * 0.1 / math.sqrt(POINTS))
    assert one.variance(one.gain, one.effect) == pytest.approx(10.0, abs=Z * 60 / math.sqrt(POINTS))
    assert shared(np.ones(3), np.ones(3), [0, 1, 2]) == 0.0


@pytest.mark.parametrize(("mean", "deviation"), [(0.0, 1.0), (0.7, 1.5), (-2.0, 1.0), (3.0, 0.0)])
def test_the_expected_value_is_that_of_choosing_by_sign(mean: float, deviation: float) -> None:
    draws = np.random.default_rng(1).normal(mean, deviation, 400_000)
    gain = np.maximum(draws, 0) - max(0.0, mean)
    error = gain.std() / math.sqrt(len(draws))
    assert expected_value(mean, deviation) == pytest.approx(gain.mean(), abs=Z * error + 1e-12)


def test_the_sample_size_has_its_power() -> None:
    size = int(sample_size(0.7, 0.5, power=0.8, level=0.05))
    rng = np.random.default_rng(2)
    one, other = (rng.poisson(rate * size, 20_000) for rate in (0.7, 0.5))
    found = np.abs(one - other) > 1.959964 * np.sqrt(one + other)
    assert found.mean() == pytest.approx(0.8, abs=Z * math.sqrt(0.16 / 20_000) + 0.01)  # 0.01: normal for Poisson
    assert sample_size(0.5, 0.5) == math.inf


def test_the_value_of_a_pilot_is_that_of_brute_force() -> None:
    """Draw the truth, see it with the noise of the arm, choose by the posterior mean of the gain."""
    prior = contrast(gain=20.0)
    row = choose([prior], 360).loc["call"]
    spread, mean = row["effect_sd"] ** 2, float(row["gain"])
    slope = prior.variance(prior.gain, prior.effect) / spread
    rng = np.random.default_rng(9)
    true = rng.normal(0, math.sqrt(spread), 400_000)
    noise = (0.7 + 0.5) / row["arm"]
    seen = true + rng.normal(0, math.sqrt(noise), len(true))
    believed = mean + slope * spread / (spread + noise) * seen
    gain = np.where(believed > 0, mean + slope * true, 0.0) - max(0.0, mean)
    assert row["value"] == pytest.approx(0.75 * gain.mean(), rel=0.05)
    assert row["value"] < row["perfect"]


def test_not_piloting_is_among_the_choices() -> None:
    certain = contrast(gain=100.0, spread=0.0)
    table = choose([certain], 360)
    assert table.index[0] == NO_PILOT and table.loc["call", "value"] == 0
    assert "as assumptions" in table.loc["call", "note"]
    open_question = contrast(gain=0.0)
    assert choose([open_question], 360).index[0] == "call"
    assert choose([open_question], 360, costs=Costs(fixed=1e6)).index[0] == NO_PILOT
    small = choose([replace(open_question, members=3.0)], 360).loc["call"]
    assert "too few" in small["note"] and small["net"] == -math.inf


def test_waiting_costs_where_one_would_deliver_to_all() -> None:
    row = choose([contrast(gain=50.0)], 360).loc["call"]
    assert row["delay"] == pytest.approx(0.25 * row["gain"] * (1 - row["arm"] / 1000))
    assert row["net"] == pytest.approx(row["value"] - row["delay"] - row["cost"])


@pytest.fixture(scope="module")
def plan(tmp_path_factory: pytest.TempPathFactory) -> Any:
    folder = tmp_path_factory.mktemp("pilot")
    rows = [f"m{k:03d},{'a' if k < 200 else 'b'},{100 + k},2026-03-01,2027-03-01" for k in range(300)]
    (folder / "book.csv").write_text("\n".join(["member_id,segment,arr,joined,renews_on", *rows]) + "\n")
    segment = {
        "desired_outcome": {"required": "works"}, "arr": 100,
        "vector": {"direction": {"typical": "40 deg", "spread": "20 deg"}, "interactions": "3 per month"},
        "journey": {"started": {"stage": "adoption", "after": "2 months", "spread": 0.3}},
    }  # fmt: skip
    call = {"when": {"every": "30 days"}, "who": {"segments": ["a"]}, "team": "care", "effort": "1 hour"}
    return from_mapping({
        "name": "pilot", "start": "2027-01-01", "horizon": "6 months", "book": "book.csv",
        "segments": {"a": segment, "b": segment},
        "teams": {"care": {"people": 4, "hours_per_month": 100}},
        "interventions": {
            "call": {**call, "effects": [{"turn_toward": "40%"}]},
            "visit": {**call, "effects": [{"turn_toward": "60%"}]},
            "mail": {"when": {"every": "30 days"}, "effects": [{"turn_toward": "1%"}]},
        },
        "assumptions": {"interventions.call.effects.0.turn_toward": {"uniform": {"low": "0%", "high": "80%"},
                                                                      "source": "guess"}},
    }, folder=folder)  # fmt: skip


def test_arms_are_even_in_every_stratum_and_the_draw_is_repeatable(plan: Any) -> None:
    book = todays_members(plan)
    assert book is not None
    arms = arm_list(plan, book, ["call", "mail"], seed=4)
    assert set(arms["segment"]) == {"a"} and len(arms) == 198  # the segment that both serve
    counts = arms.groupby("arm").size()
    assert set(counts.index) == {CONTROL, "call", "mail"} and counts.max() - counts.min() <= 1
    within = arms.groupby(["stratum", "arm"]).size().unstack()
    assert len(within) == 3 and (within.max(axis=1) - within.min(axis=1) <= 3).all()
    assert arms.equals(arm_list(plan, book, ["call", "mail"], seed=4))
    assert arms_digest(arms) != arms_digest(arm_list(plan, book, ["call", "mail"], seed=5))
    assert arms_digest(arms) == arms_digest(arms.iloc[::-1])
    assert arm_list(plan, book, ["call"], members=10)["arm"].value_counts().to_dict() == {CONTROL: 10, "call": 10}
    for options, message in (
        ((["cal"], None), "no intervention 'cal'"), ((["call"], 150), "need 300"), (([], None), "at least one"),
    ):  # fmt: skip
        with pytest.raises(ValueError, match=message):
            arm_list(plan, book, options[0], members=options[1])


def test_every_member_has_the_same_chance_of_each_arm(plan: Any) -> None:
    book = todays_members(plan)
    assert book is not None
    treated = sum((arm_list(plan, book, ["call"], seed=seed)["arm"] == "call").to_numpy() for seed in range(300))
    # 200 members, each binomial(300, 1/2): standard deviation 8.7; the largest of 200 stays below 4.2 of them.
    assert np.abs(np.asarray(treated) - 150).max() < 8.7 * 4.2


def test_arms_that_share_a_team_are_named(plan: Any) -> None:
    both = shared_teams(plan, ["call", "visit"])
    assert len(both) == 1 and "call, visit share the team care" in both[0]
    assert "also delivers visit" in shared_teams(plan, ["call"])[0] and shared_teams(plan, ["mail"]) == ()


def protocol(arms: pd.DataFrame, **changes: Any) -> Protocol:
    made = Protocol("d", ("call",), dt.date(2027, 1, 1), 90, 1, {}, 0.8, 0.0, arms_digest(arms))
    return replace(made, **changes)


def test_a_changed_protocol_is_refused() -> None:
    plain = protocol(pd.DataFrame({"member_id": ["m"], "arm": [CONTROL]})).to_json()
    assert Protocol.from_json(plain).digest == plain["digest"] and "chance is at least 80%" in plain["rule"]
    with pytest.raises(ValueError, match="was changed"):
        Protocol.from_json(plain | {"chance": 0.5})
    with pytest.raises(ValueError, match="no protocol"):
        Protocol.from_json({"chance": 0.5})


def piloted(rate: float, other: float, size: int = 400) -> tuple[pd.DataFrame, History]:
    """Arms and their history: this share of each reaches the milestone; nobody is up for renewal but a few."""
    ids = [f"m{k:04d}" for k in range(2 * size)]
    arms = pd.DataFrame({"member_id": ids, "arm": ["call"] * size + [CONTROL] * size})
    rows = [(one, "2026-05-01", "joined", "", 100.0) for one in ids]
    hits = ids[: round(rate * size)] + ids[size : size + round(other * size)]
    rows += [(one, "2027-02-01", "milestone", "started", np.nan) for one in hits]
    rows += [(one, "2027-04-15", "milestone", "later", np.nan) for one in ids]  # after the pilot
    rows += [(one, "2027-03-01", "renewed", "", 100.0) for one in ids[:5] + ids[size : size + 5]]
    rows += [(one, "2027-03-01", "left", "", 100.0) for one in ids[5:7] + ids[size + 5 : size + 9]]
    frame = pd.DataFrame(rows, columns=["member_id", "date", "event", "name", "value"])
    return arms, History.of(frame.assign(date=pd.to_datetime(frame["date"])), exported=dt.date(2027, 6, 1))


def test_reading_is_the_conjugate_update_of_the_arms() -> None:
    arms, history = piloted(0.6, 0.3)
    prior = contrast(size=FEW)
    found = read(protocol(arms), arms, history, [prior])
    row = found.effects.loc["call"]
    noise = (0.6 * 0.4 + 0.3 * 0.7) / 399
    spread = prior.variance(prior.effect, prior.effect)
    weight = spread / (spread + noise)
    assert row["effect"] == pytest.approx(0.3)
    assert row["posterior"] == pytest.approx(row["prior"] + weight * (0.3 - row["prior"]))
    assert row["posterior_sd"] == pytest.approx(math.sqrt(spread * (1 - weight))) and row["adopt"]
    assert found.arms.loc["call", ["members", "milestones", "due"]].tolist() == [400, 0.6, 7]
    assert row["renewal"] == pytest.approx(5 / 7 - 5 / 9) and row["on_renewal"] == pytest.approx(0.75)
    assert any("75% of what call" in one for one in found.warnings)
    strict = read(protocol(arms, at_least=0.5), arms, history, [prior])
    assert not strict.effects.loc["call", "adopt"]


def test_the_assumption_moves_as_a_linear_model_would_move_it() -> None:
    rng = np.random.default_rng(8)
    true = np.repeat(rng.normal(0.2, 0.1, FEW), 2)
    prior = replace(
        contrast(size=FEW), effect=true, gain=true, effects={"interventions.call.x": 2 * true},
        points=np.repeat(np.arange(FEW), 2).tolist(),
    )  # fmt: skip
    ((path, (update, points)),) = weighted(prior, 0.3, 0.1**2).items()
    mean, spread = float(true.mean()), float(true.var())
    weight = spread / (spread + 0.01)
    assert path.endswith(".x") and 100 < points <= FEW
    assert update.posterior == pytest.approx(2 * (mean + weight * (0.3 - mean)), abs=Z * 0.2 / math.sqrt(points))
    assert update.posterior_sd == pytest.approx(2 * math.sqrt(spread * (1 - weight)), rel=0.2)
    assert weighted(contrast(spread=0.0), 0.3, 0.01) == {}


def test_what_cannot_be_read_is_refused() -> None:
    arms, history = piloted(0.6, 0.3, size=20)
    laid = protocol(arms)
    with pytest.raises(ValueError, match="not the one that was laid down"):
        read(laid, arms.assign(arm=CONTROL), history, [contrast(size=FEW)])
    with pytest.raises(ValueError, match="known up to 2027-03-01 only"):
        read(laid, arms, history.as_of(dt.date(2027, 3, 1)), [contrast()])
    with pytest.raises(ValueError, match="no prior"):
        read(laid, arms, history, [])


def test_the_contrast_of_a_scenario(plan: Any, tmp_path: Path) -> None:
    call, mail = contrasts(plan, interventions=["call", "mail"], days=90, book=todays_members(plan), replications=20)
    assert call.segments == ("a",) and call.members == 200 and mail.members == 300
    assert list(call.effects) == ["interventions.call.effects.0.turn_toward"] and not mail.effects
    assert call.rate - call.rate_without == pytest.approx(call.effect.mean(), abs=1e-12)
    table = choose([call, mail], plan.days)
    assert {"call", "mail", NO_PILOT} == set(table.index)
    with pytest.raises(ValueError, match="not counted apart"):
        contrasts(plan, interventions=["call"], days=45, replications=2)

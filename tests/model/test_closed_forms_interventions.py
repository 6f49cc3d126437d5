"""Who receives an intervention, and what it does, against closed forms.

With frozen vectors the effects are compared member by member with the same person's life without the intervention
(same seed, same luck): exact but for rounding. Level of the shares: 4 standard errors (6e-5 two-sided).
"""

from __future__ import annotations

import math

import numpy as np
import pytest
from scipy import stats

from simulation.model.state import MONTH
from tests.futures import Future, Yaml, play, scenario, segment, z_score, z_share

Z = 4.0
LEVEL = 1e-4
N = 10_000
FROZEN = {"direction": {"typical": "20 deg", "spread": "25 deg"}, "magnitude": {"spread": 0.4}}
JOURNEY = {
    "first": {"stage": "adoption", "after": "3 months", "spread": 0.4},
    "second": {"stage": "value", "after": "2 months", "spread": 0.4},
}


def future(act: Yaml | None, *, days: int = 600, teams: Yaml | None = None, **fields: object) -> Future:
    """Frozen members with one intervention, or none."""
    one = segment(**({"vector": FROZEN, "journey": JOURNEY, "population": {"members": N}} | fields))
    return play(scenario(days=days, segment=one, teams=teams or {}, interventions={"act": act} if act else {}), seed=4)


def hits(found: Future, name: str) -> np.ndarray:
    """Time at which each member reaches a milestone; infinite when it does not within the horizon."""
    rows = found.rows("milestone", name=name)
    times = np.full(N, np.inf)
    times[rows["member"]] = rows["time"]
    return times


@pytest.fixture(scope="module")
def untouched() -> Future:
    return future(None)


@pytest.fixture(scope="module")
def velocity(untouched: Future) -> np.ndarray:
    rows = untouched.rows("present")
    return np.asarray(rows["magnitude"] * np.cos(rows["direction"]))


# ---- who


def test_the_audience_is_as_observed() -> None:
    """Observed direction is truth plus noise: P(|observed| >= 45 deg) has both variances."""
    found = future(
        {"when": {"on": "2027-02-01"}, "who": {"off_course": "45 deg"}}, days=60, observed={"direction_noise": "30 deg"}
    )
    law = stats.norm(20, math.hypot(25, 30))
    assert abs(z_share(len(found.rows("delivered")), N, law.sf(45) + law.cdf(-45))) < Z
    truth = np.degrees(np.abs(found.rows("delivered")["direction"]))
    assert (truth < 45).sum() > 500  # some are met who are not off course


def test_usage_is_magnitude_as_observed() -> None:
    """Observed usage is pace times a lognormal error, whatever the direction."""
    found = future(
        {"when": {"on": "2027-02-01"}, "who": {"usage": {"at_least": 1.5}}}, days=60, observed={"usage_noise": 0.3}
    )
    assert abs(z_share(len(found.rows("delivered")), N, stats.norm.sf(math.log(1.5) / 0.5))) < Z


def test_acceptance_and_coverage() -> None:
    """Coverage is one draw a member, acceptance one a request; a refusal starts the cooldown."""
    act = {
        "when": {"every": "10 days"},
        "who": {"coverage": "40%", "cooldown": "25 days"},
        "accept": "70%",
    }
    found = future(act, days=200)
    delivered, refused = found.rows("delivered"), found.rows("refused")
    asked = np.unique(np.concatenate([delivered["member"], refused["member"]]))
    assert abs(z_share(len(asked), N, 0.4)) < Z
    assert abs(z_share(len(delivered), len(delivered) + len(refused), 0.7)) < Z
    assert set(delivered["time"]) == set(refused["time"]) == {10.0, 40.0, 70.0, 100.0, 130.0, 160.0, 190.0}
    per_member = np.bincount(delivered["member"], minlength=N)[asked]
    observed = np.bincount(per_member, minlength=8)
    expected = len(asked) * stats.binom(7, 0.7).pmf(np.arange(8))
    assert (
        stats.chisquare(np.append(observed[:3].sum(), observed[3:]), np.append(expected[:3].sum(), expected[3:])).pvalue
        > LEVEL
    )


DELIVERIES: dict[str, Yaml] = {
    "tech-touch": {},
    "team": {"team": "desk", "effort": {"exponential": {"mean": "10 minutes"}}},
    "session": {"session": {"size": 1_000_000, "every": "1 day"}},
}


@pytest.mark.parametrize("delivery", DELIVERIES)
def test_each_tick_is_accepted_anew(delivery: str) -> None:
    """Of the eleven requests of a clock a member accepts a binomial number, however they are delivered."""
    act = {"when": {"every": "30 days"}, "accept": "50%"} | DELIVERIES[delivery]
    found = future(act, days=340, teams={"desk": {"people": 100, "hours_per_month": 160}})
    accepted = found.rows("requested" if DELIVERIES[delivery] else "delivered")
    assert len(accepted) + len(found.rows("refused")) == 11 * N
    observed = np.bincount(np.bincount(accepted["member"], minlength=N), minlength=12)
    expected = N * stats.binom(11, 0.5).pmf(np.arange(12))
    merged = [np.concatenate([[x[:2].sum()], x[2:10], [x[10:].sum()]]) for x in (observed, expected)]
    assert stats.chisquare(*merged).pvalue > LEVEL
    by_tick = np.bincount((accepted["time"] / 30).astype(int), minlength=12)[1:]
    assert max(abs(z_share(int(n), N, 0.5)) for n in by_tick) < Z


def test_each_service_has_its_own_effort() -> None:
    """The services of a clock's ticks take independent exponential times, no two of a member the same."""
    act = {"when": {"every": "30 days"}, "team": "desk", "effort": {"exponential": {"mean": "1 hours"}}}
    found = play(
        scenario(days=370, segment=segment(population={"members": 300}),
                 teams={"desk": {"people": 300, "hours_per_month": 100}}, interventions={"act": act})
    )  # fmt: skip
    rows = found.rows("started", "delivered")
    rows = rows[np.lexsort((rows["time"], rows["member"]))]
    days = np.diff(rows["time"])[::2].reshape(300, 12)
    assert np.unique(np.round(days, 9)).size == days.size
    assert stats.kstest(days.ravel(), stats.expon(scale=MONTH / 100).cdf).pvalue > LEVEL
    correlations = np.corrcoef(stats.rankdata(days, axis=0), rowvar=False)[np.triu_indices(12, 1)]
    assert np.abs(correlations).max() < Z / math.sqrt(300)


def test_each_delivery_has_its_own_luck() -> None:
    """A cause that comes while the last service is under way lends it no luck: no two effects of a member agree."""
    act = {
        "when": {"setback": "10 days"},
        "team": "desk",
        "effort": {"exponential": {"mean": "200 hours"}},
        "effects": [{"magnitude": {"factor": {"uniform": {"low": 1, "high": 2}}}}],
    }
    often = {"rate": "6 per year", "resolves_itself": "10 days", "escalates_after": "900 days", "turn": 0}
    one = segment(population={"members": 150}, setbacks=often)
    found = play(
        scenario(days=1100, segment=one, teams={"desk": {"people": 150, "hours_per_month": 160}},
                 interventions={"act": act})
    )  # fmt: skip
    given = found.rows("delivered")
    assert len(given) > 500
    assert len(np.unique(given["magnitude"])) == len(given)
    assert stats.kstest(given["magnitude"], stats.uniform(1, 1).cdf).pvalue > LEVEL


def test_nobody_is_impatient_with_a_date() -> None:
    """Patience is for a team: it ends nobody's wait for a webinar, and that for a team's session at its time."""
    patient = {"required": "works", "experience": {"patience": "10 days", "turn": "30 deg"}}
    act: Yaml = {"when": {"joined": "0 days"}, "session": {"size": 20_000, "every": "30 days", "first": "15 days"}}
    webinar = future(act, days=20, desired_outcome=patient)
    assert len(webinar.rows("delivered")) == N
    assert len(webinar.rows("impatient")) == 0
    desk = {"team": "desk", "effort": "1 hours"}
    lesson = future(
        act | desk, days=20, desired_outcome=patient, teams={"desk": {"people": 100, "hours_per_month": 99}}
    )
    assert len(lesson.rows("impatient")) == N
    assert set(lesson.rows("impatient")["time"]) == {10.0}


def test_patience_ends_for_those_who_wait_longer() -> None:
    """Of M/M/1 with load 0.8 a share 0.8 exp(-0.2 w) waits longer than w days, and turns away just then."""
    act = {"when": {"joined": 0}, "team": "desk", "effort": {"exponential": {"mean": f"{100 / MONTH!r} hours"}}}
    found = play(
        scenario(
            days=20_000,
            segment=segment(
                term="1200 months",
                desired_outcome={"required": "works", "experience": {"patience": "3 days", "turn": "10 deg"}},
                arrivals={"per_month": 0.8 * MONTH},
            ),
            teams={"desk": {"people": 1, "hours_per_month": 100}},
            interventions={"act": act},
        )
    )
    asked, started, gone = found.rows("requested"), found.rows("started"), found.rows("impatient")
    since = np.full(len(found.members), np.nan)
    since[asked["member"]] = asked["time"]
    until = np.full(len(found.members), np.inf)
    until[started["member"]] = started["time"]
    late = np.flatnonzero((until - since > 3.0) & (since + 3.0 < 20_000))
    assert (np.sort(gone["member"]) == late).all()
    assert (gone["time"] == since[gone["member"]] + 3.0).all()
    assert np.allclose(gone["direction"], math.radians(10))
    batches = [len(part) for part in np.array_split(asked["member"], 40)]
    impatient = np.isin(asked["member"], late)
    means = [part.mean() for part in np.array_split(impatient, 40)]
    assert min(batches) > 300
    assert abs(z_score(means, 0.8 * math.exp(-0.2 * 3.0))) < Z


# ---- effects


def test_turn_toward_takes_its_share_of_the_angle(untouched: Future) -> None:
    """A share of 30% leaves 70% of the angle; a negative one adds, up to 180 degrees."""
    for share in (0.3, -0.5):
        found = future({"when": {"joined": "20 days"}, "effects": [{"turn_toward": share}]}, days=30)
        before, after = untouched.rows("present")["direction"], found.rows("delivered")
        order = np.argsort(after["member"])
        expected = np.clip((1 - share) * before, -math.pi, math.pi)
        assert np.allclose(after["direction"][order], expected, rtol=1e-13, atol=1e-15)


def test_turn_toward_never_turns_beyond_the_outcome(untouched: Future) -> None:
    """A drawn share above 100% takes the whole angle and no more; those below take their share."""
    effect = {"turn_toward": {"mean": "90%", "sd": "20%"}}
    found = future({"when": {"joined": "20 days"}, "effects": [effect]}, days=30)
    before, after = untouched.rows("present")["direction"], found.rows("delivered")
    kept = after["direction"][np.argsort(after["member"])] / before
    whole = np.abs(kept) < 1e-12
    assert (kept[~whole] > 0).all()
    assert abs(z_share(int(whole.sum()), N, stats.norm.sf(0.5))) < Z
    assert stats.kstest(1 - kept[~whole], stats.truncnorm(-4.5, 0.5, 0.9, 0.2).cdf).pvalue > LEVEL


def test_shorten_takes_its_share_of_the_rest(untouched: Future, velocity: np.ndarray) -> None:
    """25% less on day 30: who is under way arrives after 75% of the time left; 25% of a milestone still ahead, too."""
    act = {"when": {"joined": "30 days"}, "effects": [{"shorten": {"first": "25%"}}, {"shorten": {"second": "40%"}}]}
    found = future(act)
    was, is_ = hits(untouched, "first"), hits(found, "first")
    there = was < 30
    assert (is_[there] == was[there]).all()
    seen = ~there & np.isfinite(was)
    assert np.allclose(is_[seen], 30 + 0.75 * (was[seen] - 30), rtol=1e-11)
    second_was, second_is = hits(untouched, "second"), hits(found, "second")
    whole = seen & np.isfinite(second_was)
    assert np.allclose(second_is[whole] - is_[whole], 0.6 * (second_was[whole] - was[whole]), rtol=1e-9)
    under_way = there & (second_was > 30) & np.isfinite(second_was)
    assert np.allclose(second_is[under_way], 30 + 0.6 * (second_was[under_way] - 30), rtol=1e-11)
    assert min(there.sum(), whole.sum(), under_way.sum()) > 50


def test_advance_gives_progress(untouched: Future, velocity: np.ndarray) -> None:
    """A gift of half a pace-month saves 0.5 / velocity months; a jump passes milestones and carries the excess."""
    found = future({"when": {"joined": "30 days"}, "effects": [{"advance": "0.5 months"}]})
    was, is_ = hits(untouched, "first"), hits(found, "first")
    later = np.isfinite(was) & (was > 30) & (velocity > 0)
    assert np.allclose(is_[later], np.maximum(30.0, was[later] - 0.5 / velocity[later] * MONTH), rtol=1e-11)
    jumped = (is_ == 30.0) & (was > 30.0)
    assert jumped.sum() > 100
    both = jumped & np.isfinite(hits(untouched, "second")) & (hits(untouched, "second") > 30)
    # The rest of the jump counts for the second milestone.
    saved = hits(untouched, "second")[both] - 0.5 / velocity[both] * MONTH
    assert np.allclose(hits(found, "second")[both], np.maximum(30.0, saved), rtol=1e-11)


def test_magnitude_factor_lasts_its_time(untouched: Future) -> None:
    """A factor of 1.5 for 40 days: progress runs 1.5 times as fast from day 30 to day 70."""
    act = {"when": {"joined": "30 days"}, "effects": [{"magnitude": {"factor": 1.5, "lasts": "40 days"}}]}
    was, is_ = hits(untouched, "first"), hits(future(act), "first")
    seen = np.isfinite(was)
    left = was - 30
    expected = np.where(left <= 0, was, np.where(left <= 60, 30 + left / 1.5, was - 20))
    assert np.allclose(is_[seen], expected[seen], rtol=1e-11)


def test_effort_and_ramp_make_the_service_time() -> None:
    """Service takes effort / (hours x ramp at its start); the ramp rises evenly from 30% to 100% in 90 days."""
    act = {"when": {"joined": 0}, "team": "desk", "effort": "10 hours"}
    found = play(
        scenario(
            days=400,
            segment=segment(population={"members": 60}),
            teams={
                "desk": {
                    "people": 0,
                    "hours_per_month": 120,
                    "available_share": "80%",
                    "hires": [
                        {
                            "date": "2027-01-11",
                            "people": 1,
                            "lead_time": "20 days",
                            "ramp": {"from": "30%", "over": "90 days"},
                        }
                    ],
                }
            },
            interventions={"act": act},
        )
    )
    start, done = found.rows("started")["time"], found.rows("delivered")["time"]
    assert start[0] == 30.0
    assert (start[1:] == done[:-1]).all()
    ramp = np.minimum(1.0, 0.3 + 0.7 * (start - 30.0) / 90.0)
    assert np.allclose(done - start, 10 / (120 * 0.8 / MONTH) / ramp, rtol=1e-9)


def test_leavers_finish_their_work() -> None:
    """Of two people one leaves on day 50 after it: the service under way is completed, and then one serves."""
    act = {"when": {"joined": 0}, "team": "desk", "effort": f"{7 * 100 / MONTH!r} hours"}
    found = play(
        scenario(
            days=200,
            segment=segment(population={"members": 40}),
            teams={"desk": {"people": 2, "hours_per_month": 100, "leavers": [{"date": "2027-02-20", "people": 1}]}},
            interventions={"act": act},
        )
    )
    done = np.unique(np.round(found.rows("delivered")["time"], 6), return_counts=True)
    # The last working day is day 50: services that begin on days 0, 7, ..., 49 are done by two.
    assert done[1][:8].tolist() == [2] * 8
    assert (done[1][8:] == 1).all()
    assert np.allclose(np.diff(done[0]), 7.0, atol=1e-5)


@pytest.mark.parametrize(
    ("when", "who", "ages"),
    [
        ({"every": "30 days"}, {"tenure": {"at_most": "90 days"}}, [30, 60, 90]),
        ({"every": "30 days"}, {"tenure": {"at_least": "60 days", "at_most": "90 days"}}, [60, 90]),
        ({"joined": "30 days"}, {"tenure": {"at_least": "30 days", "at_most": "30 days"}}, [30]),
        ({"every": "30 days"}, {"cooldown": "60 days"}, [30, 90, 150]),
    ],
)
def test_limits_of_whole_periods_hold_for_everybody(when: Yaml, who: Yaml, ages: list[int]) -> None:
    """Ages are counted from a moment of arrival, and rounding must not push some members over a limit."""
    found = play(
        scenario(
            days=400,
            segment=segment(arrivals={"per_month": 200}),
            interventions={"act": {"when": when, "who": who}},
        )
    )
    rows = found.rows("delivered")
    since = found.members["since"][rows["member"]]
    early = (since < 200) & (rows["time"] < since + 180 - 1e-6)
    times = np.bincount(rows["member"][early], minlength=len(found.members))[found.members["since"] < 200]
    assert set(np.round(rows["time"][early] - since[early], 6)) == set(map(float, ages))
    assert set(times) == {len(ages)}

"""Attribution: what was constructed comes back, to the cent; a simulated history counts as its future does."""

from __future__ import annotations

from dataclasses import replace
from fractions import Fraction
from typing import Any

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

import simulation as sim
from simulation.evidence.attribution import Responses, attribute, responses
from simulation.evidence.attribution.attribution import compared
from simulation.evidence.attribution.observed import DELIVERY, FLOWS, MILESTONE, Observed, of_forecast, of_history
from simulation.evidence.attribution.shapley import factor_values, whole_cents
from simulation.evidence.history import History
from simulation.evidence.history.vocabulary import EVENTS
from simulation.scenario import from_mapping

PLAN: dict[str, Any] = {
    "name": "club", "start": "2027-01-01", "horizon": "6 months",
    "segments": {
        "person": {
            "desired_outcome": {"required": "works", "experience": {"patience": "5 days", "turn": "10 deg"}},
            "arr": {"lognormal": {"median": 300, "spread": 0.3}},
            "arrivals": {"per_month": 15},
            "population": {"members": 150, "tenure": {"exponential": {"mean": "1 year"}}},
            "vector": {
                "direction": {"typical": "30 deg", "spread": "30 deg", "memory": "4 months"},
                "magnitude": {"typical": 1.0, "spread": 0.3, "memory": "6 months"},
                "interactions": "3 per month",
            },
            "setbacks": {"rate": "2 per year", "resolves_itself": "60 days", "escalates_after": "20 days",
                         "turn": "70 deg"},
            "journey": {
                "started": {"stage": "adoption", "after": "1 month", "spread": 0.3},
                "working": {
                    "stage": "value", "after": "2 months", "spread": 0.3,
                    "opportunity": {"kind": "add_on", "arr": 120, "take": "60%", "window": "60 days"},
                },
                "growing": {
                    "stage": "growth", "after": "3 months", "spread": 0.3,
                    "opportunity": {"kind": "upsell", "arr": 200, "take": "50%", "window": "60 days"},
                },
            },
            "renewal": {"probability": "85%", "sensitivity": 1.0,
                        "contraction": {"probability": "10%", "share": "20%"}},
        }
    },
    "teams": {"care": {"people": 1, "hours_per_month": 60, "cost_per_month": 4000}},
    "interventions": {
        "training": {
            "when": {"joined": "3 days"}, "team": "care", "effort": "2 hours",
            "effects": [{"turn_toward": "50%"}, {"shorten": {"working": "30%"}}],
        },
        "letter": {"when": {"every": "60 days"}, "effects": [{"turn_toward": "10%"}]},
    },
}  # fmt: skip
DAYS = 181
TOLD = frozenset(EVENTS)


@pytest.fixture(scope="module")
def plan() -> Any:
    return from_mapping(PLAN)


@pytest.fixture(scope="module")
def forecast(plan: Any) -> sim.Forecast:
    return sim.run(plan, replications=40, workers=2)


@pytest.fixture(scope="module")
def alone(plan: Any) -> sim.Forecast:
    """A forecast of a single future: what is expected is in whole numbers, so that constructions are exact."""
    return sim.run(plan, replications=[3], workers=1)


def changed(observed: Observed, **arrays: Any) -> Observed:
    """Copy with some arrays changed in place by functions."""
    copies = {}
    for name, change in arrays.items():
        array = getattr(observed, name).copy()
        change(array)
        copies[name] = array
    return replace(observed, **copies)


def even(observed: Observed) -> Observed:
    """Make the first opportunity's counts round: 240 reach it, 120 are offered it, 60 take it, at 80 each."""
    place = next(k for k in range(observed.milestones.shape[1]) if observed.milestones[0, k, 2])

    def set_counts(milestones: Any) -> None:
        milestones[:] = 0
        milestones[0, place] = (240, 120, 60, 60 * 8000, 0)

    def set_flow(flows: Any) -> None:
        flows[..., FLOWS.index("expansion")] = 60 * 8000
        flows[..., FLOWS.index("joined")], flows[..., FLOWS.index("new")] = 20, 20 * 30_000
        flows[..., FLOWS.index("left")], flows[..., FLOWS.index("churn")] = 10, 10 * 25_000

    return changed(observed, milestones=set_counts, flows=set_flow)


@pytest.fixture
def rounded(alone: sim.Forecast, monkeypatch: pytest.MonkeyPatch) -> Observed:
    """What is expected, in round numbers, in place of the counts of the forecast."""
    expected = even(of_forecast(alone, DAYS))
    monkeypatch.setattr("simulation.evidence.attribution.attribution.of_forecast", lambda *_: expected)
    return expected


def place_of(observed: Observed) -> int:
    return int(observed.milestones[0, :, MILESTONE.index("taken")].argmax())


def rows(alone: sim.Forecast, actual: Observed, told: frozenset[str] = TOLD, **options: Any) -> dict[str, int]:
    """Rows that are not zero, in cents, after making sure that they add up to the miss."""
    found = compared(alone, actual, DAYS, told=told, **options)
    assert sum(found.cents().values()) == round(found.totals.loc["arr", "miss"] * 100)
    return {row: cents for row, cents in found.cents().items() if cents}


def chain(observed: Observed, reached: int, offered: int, taken: int, cents: int) -> Observed:
    """The round counts with others at the opportunity."""

    def milestones(array: Any) -> None:
        array[0, place_of(observed)] = (reached, offered, taken, cents, 0)

    def flows(array: Any) -> None:
        array[0, 0, FLOWS.index("expansion")] = cents

    return changed(observed, milestones=milestones, flows=flows)


@pytest.mark.parametrize(("counts", "row"), [
    ((120, 60, 30, 30 * 8000), "pace_or_direction"),
    ((240, 60, 30, 30 * 8000), "not_ready"),
    ((240, 120, 30, 30 * 8000), "not_taken"),
    ((240, 120, 60, 60 * 4000), "arr_per_take"),
])  # fmt: skip
def test_a_miss_of_one_link_is_in_its_row_alone(
    alone: sim.Forecast, rounded: Observed, counts: tuple[int, ...], row: str
) -> None:
    assert rows(alone, chain(rounded, *counts)) == {row: -240_000}


@pytest.mark.parametrize(("counts", "told", "row"), [
    ((0, 60, 30, 240_000), TOLD, "not_reached_or_ready"),
    ((0, 0, 30, 240_000), TOLD, "not_reached_ready_or_taken"),
    ((240, 0, 30, 240_000), TOLD - {"offered"}, "not_ready_or_taken"),
])  # fmt: skip
def test_what_data_cannot_tell_apart_is_one_row(
    alone: sim.Forecast, rounded: Observed, counts: tuple[int, ...], told: frozenset[str], row: str
) -> None:
    assert rows(alone, chain(rounded, *counts), told) == {row: -240_000}


@pytest.mark.parametrize(("column", "change", "row", "cents"), [
    ("open", -70_001, "restated_arr", -70_001),
    ("returned", 12_345, "returned", 12_345),
    ("uplift", -999, "uplift", -999),
    ("contraction", 501, "contraction", -501),
    ("expansion", 33_333, "recurring", 33_333),
    ("new", -20 * 1000, "arr_per_new", -20_000),
    ("churn", 10 * 777, "arr_per_left", -7770),
])  # fmt: skip
def test_a_miss_of_one_flow_is_in_its_row_alone(
    alone: sim.Forecast, rounded: Observed, column: str, change: int, row: str, cents: int
) -> None:
    def flows(array: Any) -> None:
        array[0, 0, FLOWS.index(column)] += change

    assert rows(alone, changed(rounded, flows=flows)) == {row: cents}


def test_numbers_of_joiners_and_leavers_at_the_usual_arr(alone: sim.Forecast, rounded: Observed) -> None:
    def flows(array: Any) -> None:
        array[0, 0, FLOWS.index("joined")] -= 5
        array[0, 0, FLOWS.index("new")] -= 5 * 30_000
        array[0, 0, FLOWS.index("left")] += 4
        array[0, 0, FLOWS.index("churn")] += 4 * 25_000

    assert rows(alone, changed(rounded, flows=flows)) == {"joined": -150_000, "left": -100_000}


def test_fewer_members_reach_in_proportion(alone: sim.Forecast, rounded: Observed) -> None:
    whole = changed(rounded, exposure=lambda array: array.__setitem__(..., array // 2 * 2))
    fewer = chain(changed(whole, exposure=lambda array: array.__ifloordiv__(2)), 120, 60, 30, 240_000)
    monkey = pytest.MonkeyPatch()
    with monkey.context() as patch:
        patch.setattr("simulation.evidence.attribution.attribution.of_forecast", lambda *_: whole)
        assert rows(alone, fewer) == {"members": -240_000}


@pytest.mark.parametrize(("asked", "done", "told", "expected"), [
    # 10 deliveries less, each worth 6 members: 60 of 240 members, a quarter of 480,000 cents.
    (10, 10, TOLD, {"plan": -120_000}),
    (0, 10, TOLD, {"waiting": -120_000}),
    (4, 10, TOLD, {"plan": -48_000, "waiting": -72_000}),
    (4, 10, TOLD - {"requested"}, {"plan_or_waiting": -120_000}),
    (10, 10, TOLD - {"intervention"}, {"pace_or_direction": -120_000}),
])  # fmt: skip
def test_the_plan_and_the_queue_are_told_apart(
    alone: sim.Forecast, rounded: Observed, asked: int, done: int, told: frozenset[str], expected: dict[str, int]
) -> None:
    training = alone.frame.interventions.index("training")

    def deliveries(array: Any) -> None:
        array[0, training, 0, DELIVERY.index("requested")] -= asked
        array[0, training, 0, DELIVERY.index("delivered")] -= done

    response = np.full(rounded.milestones.shape[1], 6.0)
    answer = Responses({"training": response}, {}, {"training": "care", "letter": None}, 1)
    actual = changed(chain(rounded, 180, 90, 45, 45 * 8000), deliveries=deliveries)
    assert rows(alone, actual, told, responses=answer) == expected


def test_setbacks_restated_data_and_the_rest_share_what_was_not_reached(alone: sim.Forecast, rounded: Observed) -> None:
    def flows(array: Any) -> None:
        array[0, 0, FLOWS.index("escalations")] += 8

    place = place_of(rounded)
    actual = chain(rounded, 180, 90, 45, 45 * 8000)
    actual = changed(actual, flows=flows, restated=lambda array: array.__setitem__((0, place), 12))
    answer = Responses({}, {"escalations": np.full(rounded.milestones.shape[1], -3.0)}, {}, 1)
    told = TOLD | {"recorded"}
    # 60 members less: 8 escalations x 3, 12 had reached it before, 24 remain; 2,000 cents each.
    expected = {"setbacks": -48_000, "restated": -24_000, "pace_or_direction": -48_000}
    assert rows(alone, actual, told, responses=answer) == expected
    # With another loss beside it the parts keep their proportions.
    both = chain(actual, 180, 90, 30, 30 * 8000)
    found = rows(alone, both, told, responses=answer)
    assert [2 * found["restated"], found["pace_or_direction"]] == [found["setbacks"]] * 2 and found["not_taken"] < 0


def test_two_losses_share_as_shapley_says(alone: sim.Forecast, rounded: Observed) -> None:
    # Reached and taken both halve: 240,000 with the other as expected, 120,000 with it halved; the mean is 180,000.
    assert rows(alone, chain(rounded, 120, 60, 15, 15 * 8000)) == {"pace_or_direction": -180_000, "not_taken": -180_000}


def test_nothing_missed_gives_no_rows(alone: sim.Forecast) -> None:
    found = compared(alone, of_forecast(alone, DAYS), DAYS, told=TOLD)
    assert not any(found.cents().values()) and found.totals["miss"].eq(0).all() and found.largest["arr"] == ""


@settings(max_examples=60, deadline=None, suppress_health_check=list(HealthCheck))
@given(st.lists(st.tuples(st.integers(0, 50), st.integers(0, 50)), min_size=2, max_size=5))
def test_shapley_shares_add_up_and_are_means_over_orders(pairs: list[tuple[int, int]]) -> None:
    from itertools import permutations
    from math import prod

    before, after = ([np.array(Fraction(one[k]), object) for one in pairs] for k in (0, 1))
    shares = [(b - a) * value for a, b, value in zip(before, after, factor_values(before, after), strict=True)]
    assert sum(shares) == prod(one[1] for one in pairs) - prod(one[0] for one in pairs)
    first = Fraction(0)
    orders = list(permutations(range(len(pairs))))
    for order in orders:
        state = [one[0] for one in pairs]
        for place in order:
            earlier = prod(state)
            state[place] = pairs[place][1]
            if place == 0:
                first += prod(state) - earlier
                break
    assert shares[0] == first / len(orders)


@settings(max_examples=100, deadline=None)
@given(st.lists(st.fractions(-1000, 1000, max_denominator=97), min_size=1, max_size=12))
def test_whole_cents_add_up_and_stay_near(parts: list[Fraction]) -> None:
    total = round(sum(parts))
    found = whole_cents(parts, total)
    assert sum(found) == total and all(abs(cent - part) <= 1 for cent, part in zip(found, parts, strict=True))
    assert all(cent == 0 for cent, part in zip(found, parts, strict=True) if part == 0)


def test_a_simulated_history_counts_as_its_future(plan: Any, forecast: sim.Forecast) -> None:
    history = History.from_events(sim.events(plan, replication=5, engine="compiled"), plan)
    mine, futures = of_history(history, forecast.frame, DAYS), of_forecast(forecast, DAYS)
    for name in ("exposure", "milestones", "flows"):
        assert np.array_equal(getattr(mine, name)[0], getattr(futures, name)[5]), name
    training = forecast.frame.interventions.index("training")
    assert np.array_equal(mine.deliveries[0, training], futures.deliveries[5, training])
    assert np.array_equal(mine.deliveries[..., 2][0], futures.deliveries[..., 2][5])  # nobody asks for a letter
    found = attribute(forecast, history)
    assert sum(found.cents().values()) == round(found.totals.loc["arr", "miss"] * 100)
    assert found.totals.loc["arr", "actual"] == pytest.approx(forecast.measure("arr").to_numpy()[5])
    assert 0 <= found.flags.expected <= found.flags.tested and found.dominated["futures"].gt(0).all()


def test_a_plan_that_was_not_delivered_is_found(plan: Any, forecast: sim.Forecast) -> None:
    """The forecast counts on the training; it never takes place, nor is asked for."""
    from simulation.evidence.variants import without_intervention

    answer = responses(plan, days=DAYS, told=TOLD, replications=30, workers=2)
    assert answer.deliveries["training"][1] > 0.02 and answer.setbacks["escalations"].sum() < 0
    log = sim.events(without_intervention(plan, "training"), replication=5, engine="compiled")
    history = History.from_events(log, plan)
    found = attribute(forecast, history, responses=answer)
    missing = found.table.loc["plan_or_waiting"]
    assert missing["flag"] and missing["percentile"] == 0 and missing["amount"] < -1000
    assert found.largest["expansion"] == "Milestones not reached"
    assert sum(found.cents().values()) == round(found.totals.loc["arr", "miss"] * 100)


def test_flags_of_luck_keep_their_level(forecast: sim.Forecast, plan: Any) -> None:
    """Every future against the others: on average the share of flagged rows is at most the level."""
    flags = []
    futures = of_forecast(forecast, DAYS)
    for future in range(forecast.replications):
        mine = Observed(*(getattr(futures, name)[future : future + 1] for name in (
            "exposure", "milestones", "flows", "deliveries", "restated")), told=TOLD)  # fmt: skip
        found = compared(forecast, mine, DAYS, told=TOLD, level=0.2)
        flags.append((found.flags.found, found.flags.expected, found.flags.tested))
    counts, expected, tested = np.array(flags, float).T
    assert abs(counts.mean() - expected[0]) <= 1e-9 + 1.5  # each is itself one of the futures
    assert counts.mean() <= 0.2 * tested[0]


def test_days_beyond_the_history_are_refused(plan: Any, forecast: sim.Forecast) -> None:
    import datetime as dt

    history = History.from_events(sim.events(plan, replication=0, engine="compiled"), plan).as_of(dt.date(2027, 3, 1))
    assert str(attribute(forecast, history).until) == "2027-03-01"
    with pytest.raises(ValueError, match="not to day 181"):
        attribute(forecast, history, days=181)
    with pytest.raises(ValueError, match="ends before the first day"):
        attribute(forecast, history.as_of(dt.date(2027, 1, 10)))

"""The identities of a ledger are found violated wherever they are."""

from dataclasses import replace

import numpy as np
import pytest

from simulation.engine.identities import at_edges, net_arr, net_members
from simulation.engine.ledger import COHORT, FLOW, IV, MS, OPEN, TM, WAIT_EDGES, Ledger
from tests.forecast.builders import plain_frame, random_result


def broken(array, place, by=1):
    result = random_result(replications=4)
    copy = result.ledger[array].copy()
    copy[place] += by
    return replace(result.ledger, **{array: copy}), result.frame


def test_a_sound_ledger_passes():
    result = random_result(replications=4)
    result.ledger.check(result.frame)
    Ledger.zeros(result.frame, 2).check(result.frame)


@pytest.mark.parametrize(
    ("array", "place", "by", "words"),
    [
        ("flows", (2, 1, 3, FLOW.index("joined")), 1, "stages do not add up"),
        ("flows", (0, 0, 5, FLOW.index("on_track")), 1, "courses do not add up"),
        ("flows", (0, 0, 5, FLOW.index("expansion")), 1, "expansion differs"),
        ("flows", (0, 0, 5, FLOW.index("fees")), 1, "fees differ"),
        ("flows", (0, 0, 5, FLOW.index("churn")), 10**12, "ARR is negative"),
        ("flows", (0, 0, 5, FLOW.index("uplift")), 1, "start_arr of a window"),
        ("flows", (0, 0, 5, FLOW.index("setbacks")), -1_000, "'setbacks' is negative"),
        ("flows", (0, 0, 5, FLOW.index("renewals_lost")), 1_000, "more renewals were decided"),
        ("flows", (0, 0, 5, FLOW.index("first_won")), 1_000, "first_won exceeds"),
        ("flows", (0, 0, 5, FLOW.index("in_grace")), -1, "in grace"),
        ("milestones", (1, 1, 2, MS.index("expansion")), 1, "expansion differs"),
        ("interventions", (1, 1, 1, 2, IV.index("recurring")), 1, "expansion differs"),
        ("terms", (0, 0, 0, 0), -1_000, "missing in the terms"),
        ("first_value", (0, 0, 0, 1), 1_000, "first value"),
        ("cohort", (0, 0, 3, COHORT.index("start_members")), 1, "start_members of a window"),
        ("cohort", (0, 0, 3, COHORT.index("kept_arr")), 10**12, "kept_arr exceeds"),
        ("forced", (0,), 10_000, "more pasts were forced than members"),
        ("forced", (0,), -1, "more pasts were forced than members"),
        ("teams", (0, 0, 3, TM.index("queue")), -100, "queue is negative"),
        ("team_cost", (1, 1, 3), -1, "'team_cost' is negative"),
        ("cost_per_delivery", (1, 2), -1, "'cost_per_delivery' is negative"),
        ("opening", (0, 0, OPEN.index("members")), 1, "stages do not add up"),
    ],
)
def test_each_violation_is_named(array, place, by, words):
    ledger, frame = broken(array, place, by)
    with pytest.raises(ValueError, match=words):
        ledger.check(frame)


def test_shape_and_type_are_checked():
    result = random_result(replications=2)
    with pytest.raises(ValueError, match="shape"):
        replace(result.ledger, events=np.zeros(3, np.int64)).check(result.frame)
    with pytest.raises(ValueError, match="int64"):
        replace(result.ledger, events=np.zeros(2, np.int32)).check(result.frame)


def test_levels_are_opening_plus_flows():
    ledger = random_result(replications=3).ledger
    arr = at_edges(ledger.opening[..., OPEN.index("arr")], net_arr(ledger.flows))
    flow = {name: ledger.flows[..., FLOW.index(name)].sum(axis=-1) for name in FLOW}
    gains = flow["arr_new"] + flow["arr_returned"] + flow["expansion"] + flow["uplift"]
    close = ledger.opening[..., OPEN.index("arr")] + gains - flow["contraction"] - flow["churn"]
    assert np.array_equal(arr[..., -1], close)
    members = at_edges(ledger.opening[..., 0], net_members(ledger.flows))
    change = flow["joined"] + flow["referred"] + flow["returned"] - flow["left"]
    assert np.array_equal(members[..., -1] - members[..., 0], change)


def test_ledgers_join_and_compare():
    frame = plain_frame(days=90)
    one, two = Ledger.zeros(frame, 2), Ledger.zeros(frame, 3)
    joined = Ledger.concatenate([one, two])
    assert joined.replications == 5
    assert joined.equals(Ledger.zeros(frame, 5))
    assert not joined.equals(one)
    assert {name: joined[name].shape for name in joined} == frame.shapes(5)
    with pytest.raises(KeyError):
        joined["zeros"]


def test_wait_bins_hold_their_upper_end():
    assert len(WAIT_EDGES) == 24
    assert np.searchsorted(WAIT_EDGES, [0.0, 1e-9, 1 / 24, 181.0]).tolist() == [0, 1, 1, 23]

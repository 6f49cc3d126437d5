"""Random numbers are synchronised by meaning: what a change does not concern does not change, bit for bit.

Nothing here is statistical. Two futures are compared person by person (member key) on every row of the event log.
"""

from __future__ import annotations

from copy import deepcopy
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from simulation.model.state import KINDS
from simulation.scenario import from_mapping
from simulation.scenario.book import Book, load_book
from tests.busy import BUSY, FIRMS, SHOPS, changed
from tests.futures import Future, Yaml, play
from tests.strategies import scenarios

Row = tuple[Any, ...]
Lives = dict[int, list[Row]]

BOOK = """member_id,segment,arr,joined,renews_on,milestone,progress,direction,magnitude
anna,firms,9000,2024-05-10,2027-05-10,proven,0.4,20,1.2
bert,firms,4000,2025-02-01,2027-02-01,,,,
cora,shops,600,2026-11-15,2027-02-15,none,0.2,-50,0.7
dirk,firms,12000,2022-03-03,2027-03-03,live,,,
elsa,shops,700,2026-01-20,2027-04-20,,,,
finn,firms,8000,2023-07-15,2027-01-15,,,,
gert,firms,5000,2026-10-10,2027-04-10,none,,120,
hans,shops,650,2027-01-31,2027-04-30,none,0,0,1
"""


def lives(future: Future) -> Lives:
    """Everything that happened to each person, by key: exact times, what, and the state after it."""
    log, names = future.log, future.names
    order = np.lexsort((log["seq"], log["key"]))
    found: Lives = {}
    for row, name in zip(log[order].tolist(), names[order].tolist(), strict=True):
        time, key, direction, magnitude, progress, arr, _, _, kind, _ = row
        found.setdefault(key, []).append((time, KINDS[kind], name, direction, magnitude, progress, arr))
    return found


def differences(one: Lives, other: Lives) -> list[str]:
    """First difference of each person who is in `one` and does not live the same in `other`."""
    found = []
    for key, rows in one.items():
        place = first_difference(rows, other.get(key, []))
        if place is not None:
            found.append(f"{key:016x} row {place}: {rows[place : place + 1]} {other.get(key, [])[place : place + 1]}")
    return found


def first_difference(one: list[Row], other: list[Row]) -> int | None:
    """Place of the first row that differs; None when there is none."""
    for place, (a, b) in enumerate(zip(one, other, strict=False)):
        if a != b:
            return place
    return None if len(one) == len(other) else min(len(one), len(other))


def same(one: Lives, other: Lives) -> None:
    """Assert that the same people live the same lives."""
    assert not differences(one, other)[:3]
    assert one.keys() == other.keys()


@pytest.fixture(scope="module")
def base() -> Future:
    return play(BUSY, seed=11)


def book(folder: Path, text: str, scenario: Yaml = BUSY) -> Book:
    """Read a book from text."""
    path = folder / "book.csv"
    path.write_text(text)
    return load_book(path, from_mapping(scenario))


def test_the_scenario_is_busy(base: Future) -> None:
    """What is compared below is not nothing: nearly every kind of event occurs, in several generations."""
    elsewhere = {"requested", "withdrawn", "started", "undelivered", "pushed", "push_taken", "impatient"}
    assert set(KINDS) - elsewhere - {KINDS[kind] for kind in base.log["kind"]} <= {"lapsed"}
    assert (base.members["referred"] == 1).sum() > 10
    assert len(base.log) > 3000


# ---- additions


@pytest.mark.parametrize("name", [FIRMS, SHOPS])
def test_one_member_more_in_the_population(base: Future, name: str) -> None:
    """A further member at the start brings itself and those it refers, and changes nobody."""
    size = BUSY["segments"][name]["population"]["members"] + 1
    population = BUSY["segments"][name]["population"] | {"members": size}
    before, after = lives(base), lives(play(changed(**{f"{name}__population": population}), seed=11))
    assert not differences(before, after)[:3]
    assert len(after) > len(before)


@pytest.mark.parametrize("line", [1, 4, 9])
def test_one_member_more_in_the_book(tmp_path: Path, line: int) -> None:
    """A further row of the book changes nobody, wherever it stands."""
    rows = BOOK.splitlines()
    more = [*rows[:line], "ines,firms,7000,2025-12-01,2027-06-01,,,,", *rows[line:]]
    before = lives(play(BUSY, seed=11, book=book(tmp_path, BOOK)))
    after = lives(play(BUSY, seed=11, book=book(tmp_path, "\n".join(more) + "\n")))
    assert not differences(before, after)[:3]
    assert len(after) > len(before)


def test_the_order_of_the_book_does_not_matter(tmp_path: Path) -> None:
    """The same rows in another order make the same future."""
    header, *rows = BOOK.splitlines()
    before = lives(play(BUSY, seed=11, book=book(tmp_path, BOOK)))
    same(before, lives(play(BUSY, seed=11, book=book(tmp_path, "\n".join([header, *rows[::-1]]) + "\n"))))


@pytest.mark.parametrize("first", [True, False])
def test_one_segment_more(base: Future, first: bool) -> None:
    """A further segment, with milestones of the same and of other names, changes nobody in the others."""
    clubs = deepcopy(BUSY["segments"][FIRMS]) | {"term": "1 month"}
    clubs["journey"] = {"seen": {"stage": "adoption", "after": "2 months"}} | clubs["journey"]
    segments = {"clubs": clubs} | BUSY["segments"] if first else BUSY["segments"] | {"clubs": clubs}
    future = play(changed(segments=segments), seed=11)
    before, after = lives(base), lives(future)
    assert not differences(before, after)[:3]
    places = [list(segments).index(name) for name in (FIRMS, SHOPS)]
    for array in ("opening", "flows", "terms", "first_value", "cohort"):
        assert (future.ledger[array][places] == base.ledger[array]).all()


STRONG = [{"turn_toward": "-100%"}, {"advance": "5 months"}, {"magnitude": {"factor": 5}}, {"renewal_lift": -9},
          {"take_lift": 9}, {"demonstrate_value": True}, {"resolve_setback": True}]  # fmt: skip
# At moments at which nothing else happens to a member.
TRIGGERS: dict[str, Yaml] = {
    "joined": {"joined": "4 days"},
    "reached": {"reached": "live"},
    "approaching": {"approaching": {"milestone": "live", "within": "1 month"}},
    "taken": {"taken": "proven"},
    "off_course": {"off_course": "50 deg"},
    "setback": {"setback": "5 days"},
    "escalation": {"escalation": "1 day"},
    "renewal_due": {"renewal_due": "50 days"},
    "every": {"every": "33 days"},
    "on": {"on": ["2027-03-01", "2027-08-01"]},
}
NOBODY: dict[str, Yaml] = {
    "coverage of none": {"who": {"coverage": 0}},
    "nobody so rich": {"who": {"arr": {"at_least": 10**9}}},
    "nobody so old": {"who": {"tenure": {"at_least": "90 years"}}},
    "nobody so active": {"who": {"usage": {"at_least": 900}}},
    "nobody on and off course": {"who": {"off_course": "60 deg", "on_course": "50 deg"}},
    "a team without work": {"who": {"coverage": 0}, "team": "idle", "effort": "2 hours"},
    "a session of none": {"who": {"coverage": 0}, "session": {"size": 5, "every": "10 days"}},
}


def with_act(act: Yaml, name: str = "aaa") -> Yaml:
    """The busy scenario with one intervention more, which comes first."""
    who = act.get("who", {}) | ({"cooldown": "1 day"} if "off_course" in act["when"] else {})
    act = act | {"priority": 1, "effects": act.get("effects", STRONG)} | ({"who": who} if who else {})
    extra = {"teams": {"idle": {"people": 1, "hours_per_month": 100}}} if "team" in act else {}
    return changed(interventions={name: act} | BUSY["interventions"]) | extra


@pytest.mark.parametrize("nobody", NOBODY)
@pytest.mark.parametrize("trigger", TRIGGERS)
def test_one_intervention_more_that_no_one_receives(base: Future, trigger: str, nobody: str) -> None:
    """An intervention that reaches nobody changes nobody, whatever triggers it and however strong it would be."""
    future = play(with_act(NOBODY[nobody] | {"when": TRIGGERS[trigger]}), seed=11)
    same(lives(base), lives(future))
    for array in ("opening", "flows", "milestones", "terms", "first_value", "cohort"):
        assert (future.ledger[array] == base.ledger[array]).all()
    assert (future.ledger["interventions"][1:] == base.ledger["interventions"]).all()
    assert (future.ledger["interventions"][0] == 0).all()


def without(found: Lives, name: str) -> Lives:
    """Lives without the rows of an intervention."""
    return {key: [row for row in rows if row[2] != name] for key, rows in found.items()}


def test_one_intervention_more_that_all_refuse(base: Future) -> None:
    """Refused by all, an intervention adds its own rows to the log and nothing else."""
    found = lives(play(with_act({"accept": 0, "when": {"every": "20 days"}}), seed=11))
    assert sum(map(len, found.values())) > len(base.log) + 500
    same(lives(base), without(found, "aaa"))


def test_one_intervention_more_without_effect(base: Future) -> None:
    """A delivery is an event of its receiver, so progress is written then: without effects it differs by rounding."""
    found = without(lives(play(with_act({"effects": [], "when": {"every": "20 days"}}), seed=11)), "aaa")
    before = lives(base)
    assert found.keys() == before.keys()
    for key, rows in before.items():
        assert [row[1:3] + row[6:] for row in found[key]] == [row[1:3] + row[6:] for row in rows]
        numbers = [np.array([(row[0], *row[3:6]) for row in life]) for life in (found[key], rows)]
        assert np.allclose(*numbers, rtol=1e-10, atol=1e-10)


def test_one_effect_more_of_another_kind(base: Future) -> None:
    """An effect put before others leaves their luck alone: who was turned by a drawn share is turned by the same."""
    effects = [{"turn_toward": {"uniform": {"low": "0%", "high": "90%"}}}]
    act = {"when": {"joined": "1 day"}, "effects": effects}
    more = act | {"effects": [{"renewal_lift": {"mean": 0.1, "sd": 0.1}}, *effects]}
    plain = {"name": "t", "start": "2027-01-01", "horizon": "30 days", "segments": {"a": {
        "desired_outcome": {"required": "works"}, "arr": 100, "population": {"members": 50},
        "vector": {"direction": {"typical": "30 deg", "spread": "20 deg"}}}}}  # fmt: skip
    one, other = (lives(play(plain | {"interventions": {"x": effect}})) for effect in (act, more))
    same(one, other)


def test_one_intervention_more_for_a_few(base: Future) -> None:
    """Those whom a further intervention does not reach, nor those who referred them, stay as they are."""
    future = play(with_act({"when": {"reached": "live"}, "who": {"coverage": "30%"}}), seed=11)
    before, after = lives(base), lives(future)
    reached = {key for key, rows in after.items() if any(row[2] == "aaa" for row in rows)}
    own = set(future.members["key"][future.members["referred"] == 0].tolist())
    assert 10 < len(reached & own) < 0.5 * len(own)
    same = [after[key] == before[key] for key in own - reached]
    assert all(same)
    assert any(after[key] != before.get(key) for key in reached)


@settings(max_examples=25, deadline=None, derandomize=True, suppress_health_check=list(HealthCheck))
@given(scenarios(assumptions=False), st.sampled_from(sorted(TRIGGERS)), st.integers(0, 2**32 - 1))
def test_any_scenario_without_shared_things(mapping: Yaml, trigger: str, seed: int) -> None:
    """In scenarios of all mechanisms but teams, sessions and quotas: one member, segment and intervention more."""
    mapping = {key: value for key, value in mapping.items() if key not in ("teams", "selling")}
    alone = {"team", "effort", "session"}
    mapping["interventions"] = {
        name: {key: value for key, value in act.items() if key not in alone}
        for name, act in mapping.get("interventions", {}).items()
    }
    before = lives(play(mapping, seed=seed))
    richer = deepcopy(mapping)
    name = next(iter(mapping["segments"]))
    richer["segments"][name]["population"]["members"] += 1
    richer["segments"] = {"clubs": deepcopy(mapping["segments"][name])} | richer["segments"]
    act = {"when": {"joined": 0}, "who": {"coverage": 0}, "effects": STRONG, "priority": 1}
    richer["interventions"] = {"aaa": act} | richer["interventions"]
    after = lives(play(richer, seed=seed))
    assert not differences(before, after)[:3]


# ---- one member


def test_a_member_alone_equals_itself_in_the_population(tmp_path: Path) -> None:
    """Each row of the book, run on its own, lives bit for bit as among all the others."""
    among = lives(play(BUSY, seed=11, book=book(tmp_path, BOOK)))
    quiet = changed(
        firms__arrivals={"per_month": 0}, shops__arrivals={"per_month": 0},
        firms__population=None, shops__population=None,
    )  # fmt: skip
    for one in quiet["segments"].values():
        del one["population"]
    header, *rows = BOOK.splitlines()
    people = 0
    for row in rows:
        alone = lives(play(quiet, seed=11, book=book(tmp_path, f"{header}\n{row}\n")))
        assert not differences(alone, among)[:3]  # those it refers, too
        people += len(alone)
    assert people > len(rows)


# ---- arrivals


@pytest.mark.parametrize(("fewer", "more"), [
    ({"per_month": 1}, {"per_month": 7.3}),
    ({"per_month": 2.5}, {"per_month": 2.5, "growth": "60% per year"}),
    ({"per_month": 5, "season": {"July": 0.2, "March": 0}}, {"per_month": 5}),
])  # fmt: skip
def test_a_changed_arrival_rate_keeps_or_drops_people(fewer: Yaml, more: Yaml) -> None:
    """At a lower rate the same people come, at the same moments, but for some: nobody gets another name."""
    low = lives(play(changed(shops__arrivals=fewer), seed=11))
    high = lives(play(changed(shops__arrivals=more), seed=11))
    assert not differences(low, high)[:3]
    assert len(high) > len(low) + 10


def test_a_worse_price_response_keeps_or_drops_people(base: Future) -> None:
    """Fewer join after a price change; those who do are the same, and so are those who came before."""
    price = BUSY["segments"][FIRMS]["price"]
    response = price["response"] | {"joining": "-90%"}
    found = lives(play(changed(firms__price=price | {"response": response}), seed=11))
    before = lives(base)
    assert not differences(found, before)[:3]
    assert len(found) < len(before)


# ---- decisions


def test_a_changed_take_rate_changes_nothing_before_its_first_decision(base: Future) -> None:
    """Lives are equal up to the first offer that is now taken; a higher take makes nobody decline."""
    journey = deepcopy(BUSY["segments"][FIRMS]["journey"])
    journey["proven"]["opportunity"]["take"] = "75%"
    before, after = lives(base), lives(play(changed(firms__journey=journey), seed=11))
    differ = 0
    for key in before.keys() & after.keys():
        place = first_difference(before[key], after[key])
        if place is not None:
            was, is_ = before[key][place], after[key][place]
            assert (was[1], is_[1]) == ("declined", "taken")
            assert was[2] == is_[2] == "proven"
            assert was[:1] + was[3:6] == is_[:1] + is_[3:6]  # only ARR differs, at the same moment
            differ += 1
    assert differ > 5


def test_a_higher_renewal_probability_loses_nobody_earlier() -> None:
    """Up to the first renewal that is now won, lives are equal; nobody who stayed leaves there."""
    worse = lives(play(changed(shops__renewal={"probability": "60%"}), seed=11))
    better = lives(play(changed(shops__renewal={"probability": "80%"}), seed=11))
    differ = 0
    for key in worse.keys() & better.keys():
        place = first_difference(worse[key], better[key])
        if place is not None:
            assert (worse[key][place][1], better[key][place][1]) == ("left", "renewed")
            differ += 1
    assert differ > 5


def test_coverages_nest() -> None:
    """Who is covered at 20% is covered at 50% and at 90%, and at each level the rest live as without it."""
    act = {"when": {"every": "20 days"}, "effects": []}
    receivers = []
    for coverage in ("20%", "50%", "90%", "100%"):
        found = lives(play(with_act(act | {"who": {"coverage": coverage}}), seed=11))
        receivers.append({key for key, rows in found.items() if any(row[2] == "aaa" for row in rows)})
    assert receivers[0] < receivers[1] < receivers[2] < receivers[3]


def test_another_name_is_another_draw() -> None:
    """Two interventions of the same coverage reach different members: their draws are their own."""
    act = {"when": {"joined": 0}, "effects": [], "who": {"coverage": "50%"}, "priority": 1}
    future = play(changed(interventions={"one": act, "two": act}), seed=11)
    one, two = (set(future.rows("delivered", name=name)["key"].tolist()) for name in ("one", "two"))
    assert one - two
    assert two - one

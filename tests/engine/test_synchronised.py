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

from simulation.engine.ledger import LEDGER_ARRAYS, Ledger
from simulation.engine.plan import make_plan
from simulation.engine.replicate import run_replications
from simulation.model.state import KINDS
from simulation.scenario import from_mapping
from simulation.scenario.book import Book, load_book
from tests.futures import Future, Yaml, copied, engine_of, play
from tests.strategies import scenarios

Row = tuple[Any, ...]
Lives = dict[int, list[Row]]

BUSY: Yaml = {
    "name": "busy",
    "start": "2027-01-31",
    "horizon": "18 months",
    "segments": {
        "firms": {
            "desired_outcome": {"required": "orders shipped"},
            "arr": {"lognormal": {"median": 9000, "spread": 0.5}},
            "term": "6 months",
            "arrivals": {"per_month": 2.5, "growth": "20% per year", "season": {"July": 0.4}},
            "population": {"members": 20, "tenure": {"exponential": {"mean": "14 months"}}},
            "vector": {
                "direction": {"typical": "30 deg", "spread": "40 deg"},
                "magnitude": {"typical": 1.1, "spread": 0.4},
                "interactions": "3 per month",
                "outcome_shifts": {"rate": "2 per year", "turn": "50 deg"},
            },
            "observed": {"direction_noise": "10 deg", "usage_noise": 0.2},
            "setbacks": {"rate": "4 per year", "resolves_itself": "30 days", "escalates_after": "15 days",
                         "turn": "60 deg"},
            "journey": {
                "live": {"stage": "adoption", "after": "1 month", "spread": 0.3},
                "proven": {
                    "stage": "value", "after": "2 months", "spread": 0.4, "self_evident": "50%",
                    "opportunity": {"kind": "add_on", "arr": 1500, "take": "45%", "sensitivity": 1.5,
                                    "window": "60 days"},
                },
                "spread": {
                    "stage": "growth", "after": "2 months", "spread": 0.3, "self_evident": "50%",
                    "opportunity": {"kind": "seats", "arr": {"uniform": {"low": 500, "high": 4000}}, "take": "60%",
                                    "sensitivity": 1.0, "window": "90 days"},
                },
            },
            "cycle": True,
            "renewal": {
                "probability": {"beta": {"a": 8, "b": 2}}, "not_adopted": 1.0, "no_value": 0.5, "escalation": 1.0,
                "sensitivity": 1.0, "grace": {"length": "20 days", "recovery": "30%"},
                "contraction": {"probability": "10%", "share": {"uniform": {"low": "10%", "high": "40%"}}},
            },
            "mid_term_churn": {"rate": {"gamma": {"a": 2, "scale": "5% per year"}}, "sensitivity": 0.5},
            "win_back": {"rate": "1 per year", "arr": "80%"},
            "price": {"uplift": "3% per year", "changes": [{"date": "2027-09-01", "change": "8%"}],
                      "response": {"renewal": -0.3, "joining": "-10%"}},
            "advocacy": {"rate": "2 per year", "converts": "40%", "delay": "20 days", "velocity": 0.6},
        },
        "shops": {
            "desired_outcome": {"required": "open in a day"},
            "arr": 600,
            "term": "3 months",
            "arrivals": {"per_month": 4},
            "population": {"members": 15},
            "vector": {"direction": {"spread": "60 deg"}, "interactions": "2 per month"},
            "journey": {"live": {"stage": "adoption", "after": "1 month"},
                        "sold": {"stage": "value", "after": "1 month", "self_evident": "80%",
                                 "opportunity": {"kind": "upsell", "arr": 200, "take": "30%", "window": "30 days"}}},
            "renewal": {"probability": "85%", "sensitivity": 1.5},
            "advocacy": {"rate": "1 per year", "converts": "30%", "needs_value": False, "segment": "firms"},
        },
    },
    "interventions": {
        "welcome": {"when": {"joined": "3 days"}, "effects": [{"turn_toward": {"mean": "30%", "sd": "10%"}}],
                    "accept": "80%"},
        "alert": {"when": {"off_course": "50 deg"}, "who": {"cooldown": "40 days"},
                  "effects": [{"turn_toward": "25%"}]},
        "support": {"when": {"setback": "2 days"}, "effects": [{"resolve_setback": "70%"}]},
        "review": {"when": {"renewal_due": "60 days"}, "who": {"coverage": "60%"},
                   "effects": [{"demonstrate_value": "80%"},
                               {"renewal_lift": {"points": 0.4, "half_life": "60 days"}}]},
        "tips": {"when": {"every": "45 days"}, "effects": [{"magnitude": {"factor": 1.1, "median_life": "30 days"}}]},
        "tee_up": {"when": {"approaching": {"milestone": "spread", "within": "1 month"}},
                   "effects": [{"take_lift": 0.5}, {"shorten": {"spread": "20%"}}]},
    },
}  # fmt: skip
FIRMS, SHOPS = "firms", "shops"

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


def changed(**parts: Any) -> Yaml:
    """The busy scenario with parts of it replaced; `firms__x` is part x of the segment firms."""
    scenario = deepcopy(BUSY)
    for path, value in parts.items():
        *folders, last = path.split("__")
        place = scenario
        for folder in folders:
            place = place["segments"][folder] if folder in scenario["segments"] else place[folder]
        place[last] = value
    return scenario


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


@pytest.mark.parametrize("act", [{"effects": []}, {"accept": 0}])
def test_one_intervention_more_without_effect(base: Future, act: Yaml) -> None:
    """Without effects, or refused by all, an intervention adds its own rows to the log and nothing else."""
    found = lives(play(with_act(act | {"when": {"every": "20 days"}}), seed=11))
    assert sum(map(len, found.values())) > len(base.log) + 500
    same(lives(base), without(found, "aaa"))


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


# ---- replications


EVERYTHING = changed(
    teams={"care": {"people": 2, "hours_per_month": 60, "order": "risk"}},
    selling={"quota": {"team": "care", "per_month": 9000, "pushes": 4, "take": "15%", "turn": "15 deg"}},
    assumptions={
        f"segments.{SHOPS}.arrivals.per_month": {"uniform": {"low": 1, "high": 6}},
        f"segments.{FIRMS}.renewal.sensitivity": {"normal": {"mean": 1, "sd": 0.2}},
    },
)
EVERYTHING["interventions"]["support"] |= {"team": "care", "effort": {"exponential": {"mean": "6 hours"}}}
EVERYTHING["interventions"]["tips"]["session"] = {"size": 4, "every": "9 days"}
EVERYTHING["segments"][FIRMS]["desired_outcome"]["experience"] = {"patience": "3 days", "turn": "15 deg"}
NUMBERS = list(range(15))


def as_bytes(ledger: Ledger) -> dict[str, bytes]:
    """The ledger's arrays as bytes."""
    return {name: getattr(ledger, name).tobytes() for name in LEDGER_ARRAYS}


@pytest.fixture(scope="module")
def whole() -> Ledger:
    return run_replications(from_mapping(EVERYTHING), replications=NUMBERS, seed=3, workers=1).ledger


@pytest.mark.parametrize("workers", [1, 2])
@pytest.mark.parametrize("chunks", [1, 2, 7])
def test_chunks_and_threads_do_not_matter(whole: Ledger, chunks: int, workers: int) -> None:
    """Replications in one go, in 2 or 7 chunks (which cut pairs apart), on 1 or 2 threads: identical bytes."""
    scenario = from_mapping(EVERYTHING)
    parts = [
        run_replications(scenario, replications=part.tolist(), seed=3, workers=workers).ledger
        for part in np.array_split(NUMBERS, chunks)
    ]
    assert as_bytes(Ledger.concatenate(parts)) == as_bytes(whole)


def test_order_of_replications_does_not_matter(whole: Ledger) -> None:
    """Numbers asked for in another order, with gaps, give the same rows."""
    some = [13, 2, 7, 0, 12]
    result = run_replications(from_mapping(EVERYTHING), replications=some, seed=3, workers=2)
    assert result.replications == sorted(some)
    for name in LEDGER_ARRAYS:
        assert (getattr(result.ledger, name) == getattr(whole, name)[sorted(some)]).all()


def test_a_replication_rerun_alone_equals_itself() -> None:
    """One engine that has run others before, and a fresh one, write the same log, byte for byte."""
    scenario = from_mapping(EVERYTHING).at_point(3, 2)
    plan = make_plan(scenario)
    used = engine_of(plan)
    first = copied(plan, used.run(3, 5)).log
    others = [copied(plan, used.run(3, number)).log for number in (0, 4, 1)]
    assert (copied(plan, used.run(3, 5)).log == first).all()
    assert (copied(plan, engine_of(make_plan(scenario)).run(3, 5)).log == first).all()
    assert len({log["time"].tobytes() for log in (first, *others)}) == 4


def test_running_out_of_memory_does_not_matter() -> None:
    """An engine that begins with too little room for everything grows, and its log is the same."""
    from dataclasses import replace

    from simulation.engine.compiled import CompiledEngine
    from simulation.engine.world import Room

    plan = make_plan(from_mapping(EVERYTHING).at_point(3, 0))
    roomy = copied(plan, engine_of(plan).run(3, 0))
    room = Room.for_plan(plan, log=True)
    tight = replace(room, changes=8, births=1, log=8, calendar=8, queue=4, batches=4)
    cramped = copied(plan, CompiledEngine(plan, log=True, room=tight).run(3, 0))
    assert (cramped.log == roomy.log).all()
    assert all((cramped.ledger[name] == roomy.ledger[name]).all() for name in roomy.ledger)


def test_seeds_and_replications_differ(base: Future) -> None:
    """Another seed or replication: the same people in the book, other luck in everything."""
    at_start = [
        {row["key"]: (row["direction"], row["arr"]) for row in future.rows("present")}
        for future in (base, play(BUSY, seed=12), play(BUSY, seed=11, replication=1))
    ]
    firms = [{key: value for key, value in people.items() if value[1] != 60_000} for people in at_start]
    for one in range(3):
        for other in range(one):
            assert at_start[one].keys() == at_start[other].keys()
            assert all(firms[one][key] != firms[other][key] for key in firms[one].keys() & firms[other].keys())
    times = [set(future.log["time"][future.log["time"] > 0].tolist()) for future in (base, play(BUSY, seed=12))]
    # What falls on whole days (renewals, sessions) can coincide; nothing else does.
    assert all(float(time).is_integer() or (time % 1) in (0.0,) for time in times[0] & times[1])


def test_pairs_share_their_assumptions_and_not_their_luck(whole: Ledger) -> None:
    """Replications 2i and 2i+1 share an assumption point; all their ledgers differ."""
    result = run_replications(from_mapping(EVERYTHING), replications=NUMBERS, seed=3, workers=1)
    assert result.points == [number // 2 for number in NUMBERS]
    rates = result.assumption_values[f"segments.{SHOPS}.arrivals.per_month"]
    assert len(np.unique(rates)) == 8
    assert len({row.tobytes() for row in whole.flows}) == len(NUMBERS)

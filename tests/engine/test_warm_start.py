"""The warm start: members whose past is not known are as if simulated from joining, given that they are still there.

Two samples are compared: members put at the start by their tenure (or by rows of a book that know neither milestone
nor vector), and the survivors of a run that began when they joined. Level: fixed seeds; each comparison fails at a
p-value below 1e-5 (about 20 in each test, some 300 in all: 3e-3 together).
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, timedelta
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt
import pytest
from scipy import stats

from simulation.engine.plan import make_plan
from simulation.model.life import populate
from simulation.model.state import MONTH
from simulation.scenario import from_mapping
from simulation.scenario.book import Book, load_book
from tests.futures import Future, Yaml, engine_of, play, scenario, segment, z_score

LEVEL = 1e-5
START = date(2027, 7, 1)
RICH = segment(
    term="6 months",
    vector={
        "direction": {"typical": "35 deg", "spread": "40 deg"},
        "magnitude": {"typical": 1.1, "spread": 0.4},
        "interactions": "2 per month",
        "outcome_shifts": {"rate": "1 per year", "turn": "50 deg"},
    },
    setbacks={"rate": "2 per year", "resolves_itself": "40 days", "escalates_after": "20 days", "turn": "60 deg"},
    journey={
        "live": {"stage": "adoption", "after": "3 months", "spread": 0.4},
        "proven": {"stage": "value", "after": "3 months", "spread": 0.4, "self_evident": "50%"},
        "wide": {"stage": "growth", "after": "4 months", "spread": 0.4, "self_evident": "50%"},
    },
    cycle=True,
    renewal={
        "probability": {"beta": {"a": 9, "b": 1.5}}, "not_adopted": 0.8, "no_value": 0.5, "escalation": 1.0,
        "sensitivity": 1.2,
    },
    mid_term_churn={"rate": {"gamma": {"a": 2, "scale": "5% per year"}}, "sensitivity": 1.0},
)  # fmt: skip
GRACE = RICH | {"renewal": RICH["renewal"] | {"grace": {"length": "40 days", "recovery": "40%"}}}
# A journey that ends, and no churn within terms: interactions after its end are not followed one by one. Many renewals
# that few outlive: those are looked at before a life is lived.
STEADY = {name: value for name, value in GRACE.items() if name not in ("cycle", "mid_term_churn")} | {
    "term": "3 months",
    "renewal": GRACE["renewal"] | {"probability": {"beta": {"a": 5, "b": 1.2}}, "sensitivity": 2.0},
}


@dataclass
class People:
    """Members as they stand at one moment: one array an attribute, by name."""

    columns: dict[str, npt.NDArray[Any]]

    def __getitem__(self, name: str) -> npt.NDArray[Any]:
        return self.columns[name]

    def __len__(self) -> int:
        return len(self.columns["direction"])

    def those(self, chosen: npt.NDArray[np.bool_]) -> People:
        """Some of them."""
        return People({name: column[chosen] for name, column in self.columns.items()})


# What is compared: continuous columns by Kolmogorov-Smirnov, discrete ones by chi-square.
CONTINUOUS = ("direction", "log_magnitude", "progress", "work", "own_logit", "hazard", "since_interaction", "due")
DISCRETE = ("milestone", "stage", "terms", "recognised", "recognised_since_renewal", "pending", "setback", "escalated")


def people(members: npt.NDArray[np.void], now: float) -> People:
    """Read member records at the time `now` of their run."""
    progress = members["done"] + np.where(np.isinf(members["need"]), 0.0, members["vel"] * (now - members["t"]) / MONTH)
    return People(
        {
            "direction": members["base"] + members["kick"],
            "log_magnitude": np.log(members["pace"]),
            "velocity": members["vel"],
            "progress": np.maximum(progress, 0.0),
            "work": members["need"],
            "own_logit": members["logit_p"],
            "hazard": members["hazard_rate"],
            "since_interaction": now - members["last_inter"],
            "due": members["due"] - now,
            "milestone": members["next"] + 10 * members["cycle"],
            "stage": members["stage"],
            "terms": members["terms"],
            "recognised": members["recognised"],
            "recognised_since_renewal": members["last_recognised"] >= members["last_renewal"],
            "pending": members["pending"],
            "setback": members["setback"],
            "escalated": members["escalated"],
            "grace": members["grace"],
        }
    )


def at_start(one: Yaml, *, book: Book | None = None, seed: int = 1) -> tuple[People, int]:
    """Members as a scenario puts them at its start, and for how many no past could be found."""
    plan = make_plan(from_mapping(scenario(days=30, start=START.isoformat(), segment=one)), book)
    memory = engine_of(plan).memory
    memory.start(seed, 0, log=True)
    populate(memory.world)
    assert memory.world["overflow"] == 0
    rows = memory.arrays["member"][: int(memory.world["n_members"])].copy()
    return people(rows, 0.0), int(memory.world["n_forced"])


def from_joining(one: Yaml, tenure: int, joiners: int, *, seed: int = 2) -> People:
    """Those who joined `tenure` days before the start and never left."""
    start = START - timedelta(days=tenure)
    future = play(scenario(days=tenure, start=start.isoformat(), segment=one | {"population": {"members": joiners}}),
                  seed=seed)  # fmt: skip
    rows = future.members[(future.members["present"] == 1) & (future.members["spell"] == 0)]
    return people(rows, float(tenure))


def agree(one: People, other: People) -> None:
    """Assert that two samples of people are of one law."""
    assert min(len(one), len(other)) > 300
    assert not (p_values := {k: p for k, p in compare(one, other).items() if p < LEVEL}), p_values


def compare(one: People, other: People) -> dict[str, float]:
    """P-values by column; columns that are constant in both samples must be equal."""
    found = {}
    for name in CONTINUOUS:
        a, b = one[name], other[name]
        finite = np.isfinite(a), np.isfinite(b)
        if not finite[0].all():  # complete: no work ahead
            found[f"{name} is finite"] = counts(finite[0], finite[1])
        if finite[0].any():
            found[name] = float(stats.ks_2samp(a[finite[0]], b[finite[1]]).pvalue)
    for name in DISCRETE:
        found[name] = counts(one[name], other[name])
    moving = [name for name in ("direction", "log_magnitude", "progress", "own_logit") if np.ptp(one[name]) > 0.0]
    for k, first in enumerate(moving):  # that things go together counts, too
        for second in moving[k + 1 :]:
            r = [stats.spearmanr(p[first], p[second]).statistic for p in (one, other)]
            z = (np.arctanh(r[0]) - np.arctanh(r[1])) / np.sqrt(1.06 * (1 / (len(one) - 3) + 1 / (len(other) - 3)))
            found[f"{first} with {second}"] = float(2 * stats.norm.sf(abs(z)))
    return found


def counts(a: npt.NDArray[Any], b: npt.NDArray[Any]) -> float:
    """P-value of a chi-square test that two samples have the same discrete law; rare values are put together."""
    values, place = np.unique(np.concatenate([a, b]).astype(int), return_inverse=True)
    table = np.stack([np.bincount(p, minlength=len(values)) for p in (place[: len(a)], place[len(a) :])])
    rare = table.sum(axis=0) < 20
    table = np.column_stack([table[:, ~rare], table[:, rare].sum(axis=1)])
    table = table[:, table.sum(axis=0) > 0]
    if table.shape[1] == 1:
        return 1.0
    return float(stats.chi2_contingency(table).pvalue)


def population(members: int, tenure: int) -> Yaml:
    """A synthetic population that joined so many days ago."""
    return {"members": members, "tenure": f"{tenure} days"}


def write_book(folder: Path, one: Yaml, rows: list[str], columns: str = "") -> Book:
    """Read a book of rows `id,arr,joined,renews_on` and further columns."""
    path = folder / "book.csv"
    path.write_text("\n".join([f"member_id,arr,joined,renews_on{columns}", *rows]) + "\n")
    return load_book(path, from_mapping(scenario(days=30, start=START.isoformat(), segment=one)))


def whole_months(joined: date, months: int) -> date:
    """Same day of a later month; for days up to the 28th."""
    total = joined.month - 1 + months
    return joined.replace(year=joined.year + total // 12, month=total % 12 + 1)


# ---- populations by tenure


@pytest.mark.parametrize("one", [RICH, STEADY], ids=["rich", "steady"])
@pytest.mark.parametrize("tenure", [100, 400, 1500])
def test_population_with_tenure_equals_survivors(one: Yaml, tenure: int) -> None:
    """A population of one tenure is as those who joined then and stayed."""
    warm, forced = at_start(one | {"population": population(3000, tenure)})
    cold = from_joining(one, tenure, {100: 3500, 400: 8000, 1500: 30_000}[tenure])
    assert forced <= 3
    agree(warm, cold)


@pytest.mark.parametrize("changed", [{"journey": {}}, {"cycle": True}], ids=["no journey", "cycle"])
def test_other_journeys_equal_survivors(changed: Yaml) -> None:
    """A past without milestones, whose interactions are never followed, and one whose journey never ends."""
    one = STEADY | changed
    warm, forced = at_start(one | {"population": population(6000, 700)}, seed=3)
    cold = from_joining(one, 700, 20_000, seed=4)
    assert forced <= 6
    agree(warm, cold)


def test_population_of_varying_tenure() -> None:
    """Tenure that varies is drawn by member, in whole days, and given the tenure the rest is as above."""
    one = RICH | {"population": {"members": 4000, "tenure": {"exponential": {"mean": "300 days"}}}}
    plan = make_plan(from_mapping(scenario(days=1, start=START.isoformat(), segment=one)))
    memory = engine_of(plan).memory
    memory.start(1, 0, log=True)
    populate(memory.world)
    since = memory.arrays["member"]["since"][:4000]
    assert (since == np.floor(since)).all()
    days = np.append(np.arange(0.0, 900.0, 30.0), np.inf)  # days are whole: the part of an exponential below is dropped
    expected = 4000 * np.diff(stats.expon(scale=300).cdf(days))
    assert stats.chisquare(np.histogram(-since, days)[0], expected).pvalue > LEVEL
    # By inverse transform sampling of tenures, a thinned cold start: arrivals over time give the same mixture.
    own = memory.arrays["member"][:4000]
    recent = own[(since > -100) & (since <= -60)]
    cold = [from_joining(RICH, tenure, 150, seed=tenure) for tenure in range(60, 100)]
    velocity = np.concatenate([group["velocity"] for group in cold])
    assert stats.ks_2samp(recent["vel"], velocity).pvalue > LEVEL


def test_survivors_are_better() -> None:
    """After three years those who stayed are on a better course and renew more gladly than all who joined with them."""
    tenure = 1100
    warm, _ = at_start(RICH | {"population": population(3000, tenure)})
    loyal = RICH | {"renewal": {"probability": RICH["renewal"]["probability"]}, "term": "1200 months"}
    everybody = from_joining(loyal | {"mid_term_churn": {"rate": "0 per year"}}, tenure, 3000)
    assert len(everybody) == 3000
    for name in ("velocity", "own_logit", "milestone"):
        assert stats.ttest_ind(warm[name], everybody[name], alternative="greater").pvalue < LEVEL
    hazard = stats.gamma(2, scale=0.05 / (12 * MONTH))
    assert z_score(warm["hazard"], hazard.mean()) < -4
    # Penalties and sensitivities do not blur it: their own probabilities alone are those of other people.
    own = 1 / (1 + np.exp(-warm["own_logit"]))
    assert stats.kstest(own, stats.beta(9, 1.5).cdf, alternative="less").pvalue < LEVEL


def test_the_future_of_a_population_is_that_of_survivors() -> None:
    """Not only the state at the start agrees, but what follows: leaving, milestones, setbacks in the next year."""
    tenure, ahead = 400, 365
    warm = play(scenario(days=ahead, start=START.isoformat(), segment=RICH | {"population": population(4000, tenure)}))
    start = START - timedelta(days=tenure)
    cold = play(scenario(days=tenure + ahead, start=start.isoformat(),
                         segment=RICH | {"population": {"members": 9000}}), seed=2)  # fmt: skip
    left = cold.rows("left")
    stay = np.ones(9000, bool)
    stay[left["member"][left["time"] < tenure]] = False

    def after(future: Future, kind: str, past: float, who: npt.NDArray[np.bool_]) -> npt.NDArray[np.int64]:
        """How many rows of a kind each of those chosen has after the start."""
        rows = future.rows(kind)
        return np.bincount(rows["member"][rows["time"] >= past], minlength=len(who))[who]

    everybody = np.ones(4000, bool)
    for kind in ("left", "renewed", "milestone", "setback", "escalated", "value_recognised", "interaction"):
        one, other = after(warm, kind, 0.0, everybody), after(cold, kind, float(tenure), stay)
        assert counts(np.minimum(one, 60), np.minimum(other, 60)) > LEVEL, kind
    times = warm.rows("left")["time"], left["time"][left["time"] >= tenure] - tenure
    assert stats.ks_2samp(*times).pvalue > LEVEL


def test_population_may_be_in_grace() -> None:
    """Ten days after a due date some of a synthetic population are in grace, as many as of those simulated."""
    tenure = (START - date(2026, 6, 21)).days  # two terms and ten days
    warm, _ = at_start(GRACE | {"population": population(3000, tenure)})
    cold = from_joining(GRACE, tenure, 9000)
    assert counts(warm["grace"], cold["grace"]) > LEVEL
    agree(warm, cold)


# ---- books


@pytest.mark.parametrize("terms", [1, 3])
def test_book_without_milestone_and_vector_equals_survivors(tmp_path: Path, terms: int) -> None:
    """Rows that know only when a member joined and renews are as those who joined then and stayed, not in grace."""
    joined = whole_months(date(2026, 4, 11), -6 * (terms - 1))
    renews = whole_months(joined, 6 * (terms + (terms == 1) + (terms > 1)))
    while renews < START:
        renews = whole_months(renews, 6)
    rows = [f"m{n},100,{joined},{renews}" for n in range(3000)]
    warm, forced = at_start(GRACE, book=write_book(tmp_path, GRACE, rows))
    cold = from_joining(GRACE, (START - joined).days, {1: 6000, 3: 20_000}[terms])
    assert forced <= 3
    assert (warm["grace"] == 0).all()
    agree(warm, cold.those(cold["grace"] == 0))


def test_book_in_grace_equals_those_in_grace(tmp_path: Path) -> None:
    """Rows past their renewal date are in grace, and as those who missed that renewal: worse than the others."""
    joined = date(2026, 6, 21)
    rows = [f"m{n},100,{joined},2027-06-21" for n in range(2000)]
    warm, _ = at_start(GRACE, book=write_book(tmp_path, GRACE, rows))
    cold = from_joining(GRACE, (START - joined).days, 30_000)
    assert (warm["grace"] == 1).all()
    missed = cold.those(cold["grace"] == 1)
    agree(warm, missed)
    assert z_score(warm["own_logit"], float(cold["own_logit"].mean())) < -4


def test_end_of_a_grace_of_the_book(tmp_path: Path) -> None:
    """Grace ends its length after the due date, with the stated recovery, and the anchor stays."""
    rows = [f"m{n},100,2025-06-21,2027-06-21" for n in range(4000)]
    book = write_book(tmp_path, GRACE, rows)
    faithful = GRACE | {"mid_term_churn": {"rate": "0 per year"}}
    future = play(scenario(days=200, start=START.isoformat(), segment=faithful), book=book)
    recovered = future.rows("recovered")
    assert (recovered["time"] == 30.0).all()
    assert abs(len(recovered) - 0.4 * 4000) < 4 * np.sqrt(4000 * 0.24)
    assert (future.rows("left")["time"][: 4000 - len(recovered)] == 30.0).all()
    nxt = future.rows("renewed", "grace")["time"]
    assert set(nxt) == {float((date(2027, 12, 21) - START).days)}


def test_stated_milestones_are_kept(tmp_path: Path) -> None:
    """A stated milestone stands; vector, progress and the rest are as those of survivors with that milestone."""
    joined = date(2026, 8, 11)
    names = {"none": 0, "live": 1, "proven": 2}
    rows = [f"{name}{n},100,{joined},2027-08-11,{name}" for name in names for n in range(1200)]
    warm, forced = at_start(RICH, book=write_book(tmp_path, RICH, rows, ",milestone"))
    assert forced <= 3
    assert (warm["milestone"] == np.repeat(list(names.values()), 1200)).all()
    cold = from_joining(RICH, (START - joined).days, 25_000)
    for place in names.values():
        agree(warm.those(warm["milestone"] == place), cold.those(cold["milestone"] == place))


def test_stated_numbers_are_kept(tmp_path: Path) -> None:
    """What a row states is the truth: vector, progress, cycle, value, setback."""
    columns = ",milestone,progress,direction,magnitude,value_recognised_on,open_setback,cycle"
    rows = [
        "a,100,2026-01-15,2027-07-15,live,0.25,30,1.5,,,",
        "b,200.5,2026-01-15,2027-07-15,proven,1.5,-100,0.4,2027-03-01,2027-06-25,",
        "c,100,2024-01-15,2027-07-15,wide,0.125,10,1,2026-12-01,2027-05-01,3",
        "d,100,2026-01-15,2027-07-15,,,45,,,,",
        "e,100,2026-01-15,2027-07-15,,,,2.5,,,",
        "f,100,2026-01-15,2027-07-15,none,2.5,,,,,",
    ]
    who, _ = at_start(RICH, book=write_book(tmp_path, RICH, rows, columns))
    assert who["milestone"][[0, 1, 5]].tolist() == [1, 2, 0]
    assert who["milestone"][2] in (32, 42)  # after `wide` the growth stage begins again
    assert who["progress"][[0, 1, 2, 5]] == pytest.approx([0.25, 1.5, 0.125, 2.5], rel=1e-15)
    assert np.degrees(who["direction"][:4]) == pytest.approx([30, -100, 10, 45], abs=1e-12)
    assert np.exp(who["log_magnitude"][[0, 1, 2, 4]]) == pytest.approx([1.5, 0.4, 1.0, 2.5], rel=1e-14)
    assert who["recognised_since_renewal"][:3].tolist() == [False, True, False]
    assert who["setback"][1:3].tolist() == [1, 1]
    assert who["escalated"][1:3].tolist() == [0, 1]  # escalates after 20 days, and has done so
    assert (who["work"] > who["progress"]).all()


def test_renewal_dates_of_the_book_are_kept(tmp_path: Path) -> None:
    """Whatever past is drawn, or none can be found, a row renews on its date, for the time that its dates say."""
    one = RICH | {"mid_term_churn": {"rate": "60% per year"}}
    joined = [whole_months(date(2024, 1, 15), month) for month in range(0, 40)]
    renews = [whole_months(day, 6 * (1 + (START - day).days // 184)) for day in joined]
    renews = [day if day >= START else whole_months(day, 6) for day in renews]
    rows = [f"{m}{n},100,{joined[n]},{renews[n]},{m}" for m in ("none", "live", "wide", "") for n in range(40)]
    who, forced = at_start(one, book=write_book(tmp_path, one, rows, ",milestone"))
    assert forced > 0  # some of these are hardly possible
    assert who["due"].tolist() == [float((day - START).days) for day in renews] * 4
    terms = [round((renews[n] - joined[n]).days / (6 * MONTH)) - 1 for n in range(40)]
    assert who["terms"].tolist() == terms * 4


def test_a_stated_setback_ends_or_escalates_in_time(tmp_path: Path) -> None:
    """An open setback of the book escalates at its age, unless it resolves before; its rest is exponential."""
    rows = [f"m{n},100,2026-01-15,2027-07-15,live,0.25,0,1,2027-06-25" for n in range(4000)]
    calm = RICH | {"renewal": {}, "setbacks": RICH["setbacks"] | {"rate": "0.0001 per year"}}
    del calm["mid_term_churn"]
    book = write_book(tmp_path, calm, rows, ",milestone,progress,direction,magnitude,open_setback")
    future = play(scenario(days=900, start=START.isoformat(), segment=calm), book=book)
    resolved = future.rows("resolved")
    first = resolved["time"][np.unique(resolved["member"], return_index=True)[1]]
    assert len(first) == 4000
    assert stats.kstest(first, stats.expon(scale=40 / np.log(2)).cdf).pvalue > LEVEL
    escalated = future.rows("escalated")["time"]
    assert set(escalated[escalated < 20]) == {14.0}  # 6 of 20 days had passed
    share = 2.0 ** -(14 / 40)
    assert abs((escalated < 20).sum() - share * 4000) < 4 * np.sqrt(4000 * share * (1 - share))


@pytest.mark.parametrize("stated", [False, True])
def test_own_renewal_probability_of_survivors_is_beta(tmp_path: Path, stated: bool) -> None:
    """After n renewals Beta(a, b) has become Beta(a + n, b), and a gamma hazard has shrunk: exact without penalties.

    A book knows nobody's own probability, so this holds as well for rows that state milestone and vector.
    """
    one = segment(
        renewal={"probability": {"beta": {"a": 4, "b": 2}}},
        journey={"live": {"stage": "adoption", "after": "3 months"}},
        mid_term_churn={"rate": {"gamma": {"a": 2, "scale": "20% per year"}}},
    )
    rows = [f"m{n},100,2022-03-01,2028-03-01{',live,0,0,1' if stated else ',,,,'}" for n in range(3000)]
    book = write_book(tmp_path, one, rows, ",milestone,progress,direction,magnitude")
    who, _ = at_start(one, book=book)
    own = 1 / (1 + np.exp(-who["own_logit"]))
    assert stats.kstest(own, stats.beta(4 + 5, 2).cdf).pvalue > LEVEL  # renewed in 2023 to 2027
    years = (START - date(2022, 3, 1)).days / (12 * MONTH)
    hazard = stats.gamma(2, scale=0.2 / (1 + 0.2 * years) / (12 * MONTH))
    assert stats.kstest(who["hazard"], hazard.cdf).pvalue > LEVEL


# ---- rows that know a part


def test_value_of_which_a_book_says_nothing_is_drawn(tmp_path: Path) -> None:
    """An empty cell says that value was never recognised; without the column it is as the journey makes it."""
    one = segment(
        journey={
            "live": {"stage": "value", "after": "3 months", "self_evident": "100%"},
            "more": {"stage": "growth", "after": "60 months"},
        },
        vector={"direction": {"typical": "0 deg"}},
    )
    columns = ",milestone,progress,direction,magnitude"
    rows = [f"m{n},100,2026-03-01,2028-03-01,live,1,0,1" for n in range(50)]
    unknown, _ = at_start(one, book=write_book(tmp_path, one, rows, columns))
    never, _ = at_start(
        one, book=write_book(tmp_path, one, [f"{row}," for row in rows], f"{columns},value_recognised_on")
    )
    assert (unknown["recognised"] == 1).all()
    assert (unknown["pending"] == 0).all()
    assert (never["recognised"] == 0).all()
    assert (never["pending"] == 1).all()
    for name in ("direction", "log_magnitude", "progress", "milestone"):
        assert (unknown[name] == never[name]).all()


def test_progress_that_is_not_stated_is_drawn(tmp_path: Path) -> None:
    """Work since a stated milestone is as of those who are there, whether or not anything else is drawn."""
    base = segment(
        journey={
            "live": {"stage": "value", "after": "2 months", "spread": 0.4},
            "more": {"stage": "growth", "after": "60 months"},
        },
        vector={"direction": {"typical": "20 deg", "spread": "20 deg"}, "interactions": "2 per month"},
    )
    rows = [f"m{n},100,2026-09-11,2027-09-11,live,20,1" for n in range(1500)]
    columns = ",milestone,direction,magnitude"
    found = []
    for penalty in (0, 1e-9):
        one = base | {"renewal": {"no_value": penalty}}
        found.append(at_start(one, book=write_book(tmp_path, one, rows, columns))[0]["progress"])
    assert (found[0] == found[1]).all()
    cold = from_joining(base, (START - date(2026, 9, 11)).days, 4000)
    assert stats.ks_2samp(found[0], cold.those(cold["milestone"] == 1)["progress"]).pvalue > LEVEL


def test_a_stated_escalation_has_turned_its_member(tmp_path: Path) -> None:
    """A setback of the book that has escalated turned its member away, where its row does not state the direction."""
    one = segment(
        vector={"direction": {"typical": "0 deg", "spread": "0 deg", "memory": "3 months"}},
        setbacks={
            "rate": "0.0001 per year",
            "resolves_itself": "400 days",
            "escalates_after": "30 days",
            "turn": "70 deg",
        },
    )
    rows = [f"m{n},100,2026-09-01,2027-09-01,2027-05-{1 + n % 28:02d}" for n in range(280)]
    who, forced = at_start(one, book=write_book(tmp_path, one, rows, ",open_setback"))
    assert forced == 0
    assert (who["escalated"] == 1).all()
    assert np.degrees(who["direction"]) == pytest.approx(np.full(280, 70.0), abs=1e-12)


def test_open_setbacks_of_the_book_equal_those_of_survivors(tmp_path: Path) -> None:
    """Rows that state the day of an open setback are as survivors whose open setback came that day."""
    one = RICH | {"setbacks": RICH["setbacks"] | {"rate": "1 per year", "resolves_itself": "90 days"}}
    tenure = 300
    rows = [f"m{n},100,{START - timedelta(days=tenure)},2027-09-04,{START - timedelta(days=30)}" for n in range(2500)]
    warm, forced = at_start(one, book=write_book(tmp_path, one, rows, ",open_setback"))
    assert forced <= 3
    start = START - timedelta(days=tenure)
    future = play(scenario(days=tenure, start=start.isoformat(), segment=one | {"population": {"members": 90_000}}),
                  seed=2)  # fmt: skip
    came = np.full(90_000, -1.0)
    setbacks = future.rows("setback")
    came[setbacks["member"]] = setbacks["time"]
    m = future.members
    near = (m["present"] == 1) & (m["spell"] == 0) & (m["setback"] == 1) & (np.abs(came - (tenure - 30)) < 4)
    cold = people(m[near], float(tenure))
    assert len(cold) > 300
    for name in ("direction", "log_magnitude", "own_logit", "hazard"):
        assert stats.ks_2samp(warm[name], cold[name]).pvalue > LEVEL, name
    assert (warm["escalated"] == 1).all()
    assert (cold["escalated"] == 1).all()


def test_a_stated_vector_is_as_old_as_the_last_interaction(tmp_path: Path) -> None:
    """A stated direction d stands until the next interaction, which leaves d E[r]: r = exp(-dt / memory), and dt from
    the last interaction before the start, so E[r] = (1 + gap / memory)^-2 in the Poisson process of interactions."""
    one = segment(
        vector={"direction": {"typical": 0, "spread": "1 deg", "memory": "1 month"}, "interactions": "3 per month"}
    )
    rows = [f"m{n},100,2020-01-01,2028-01-01,60,1" for n in range(4000)]
    book = write_book(tmp_path, one | {"term": "24 months"}, rows, ",direction,magnitude")
    future = play(scenario(days=200, start=START.isoformat(), segment=one | {"term": "24 months"}), book=book)
    met = future.rows("interaction")
    first = np.unique(met["member"], return_index=True)[1]
    assert abs(z_score(np.degrees(met["direction"][first]), 60.0 / (1 + 1 / 3) ** 2)) < 4


# ---- lives that are rare


def test_long_tenure_is_of_survivors(tmp_path: Path) -> None:
    """Twenty years at a beta renewal probability: few lives come so far, and those found are Beta(a + 19, b) still."""
    one = segment(
        renewal={"probability": {"beta": {"a": 2, "b": 1}}},
        vector={"direction": {"typical": "35 deg", "spread": "35 deg"}, "interactions": "3 per month"},
        population={"members": 600, "tenure": "7300 days"},
    )
    who, forced = at_start(one)
    assert forced == 0
    own = 1 / (1 + np.exp(-who["own_logit"]))
    assert stats.kstest(own, stats.beta(2 + 19, 1).cdf).pvalue > LEVEL
    constant = one | {"renewal": {"probability": "80%"}}
    assert at_start(constant)[1] <= 6  # one life in seventy


def test_a_past_that_cannot_be_costs_little(tmp_path: Path) -> None:
    """Where no life comes half the way, the search ends early: the member is counted, and kept."""
    one = segment(renewal={"probability": "1%"}, vector={"interactions": "3 per month"},
                  population={"members": 50, "tenure": "20 years"})  # fmt: skip
    plan = make_plan(from_mapping(scenario(days=30, start=START.isoformat(), segment=one)))
    memory = engine_of(plan).memory
    memory.start(1, 0, log=False)
    populate(memory.world)
    assert memory.world["n_forced"] == 50
    assert memory.world["budget"] > -10_000  # nothing beyond the common budget was spent on the last of them


def test_the_last_milestone_of_a_cycle_can_be_stated(tmp_path: Path) -> None:
    """After the last growth milestone the next cycle begins; a past that has come to it is found."""
    joined = date(2025, 8, 11)
    rows = [f"m{cycle}-{n},100,{joined},2027-08-11,wide,{cycle}" for cycle in (0, 1) for n in range(700)]
    warm, forced = at_start(RICH, book=write_book(tmp_path, RICH, rows, ",milestone,cycle"))
    assert forced <= 3
    assert (warm["milestone"] == np.repeat([12, 22], 700)).all()
    cold = from_joining(RICH, (START - joined).days, 30_000)
    for place in (12, 22):
        agree(warm.those(warm["milestone"] == place), cold.those(cold["milestone"] == place))

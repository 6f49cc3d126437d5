"""The filter against brute force and against its own claims; tests of level 1e-3 a comparison, seeds fixed."""

from __future__ import annotations

import datetime as dt
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest

import simulation as sim
from simulation.engine.pseudonym import pseudonyms
from simulation.evidence.filter import infer, reliability
from simulation.evidence.history import History
from simulation.scenario import Scenario, from_mapping
from simulation.scenario.book import BookError, load_book

Z = 3.3
"""Two-sided level of 1e-3 for a standard normal."""
START = dt.date(2027, 1, 1)


def scenario(members: int = 0, horizon: str = "12 months", **changes: Any) -> Scenario:
    """A small scenario in which everything that the filter weighs happens."""
    segment: dict[str, Any] = {
        "desired_outcome": {"required": "it works"},
        "arr": 100,
        "vector": {
            "direction": {"typical": "25 deg", "spread": "35 deg", "memory": "4 months"},
            "magnitude": {"typical": 1.0, "spread": 0.5, "memory": "6 months"},
            "interactions": "3 per month",
        },
        "journey": {
            "started": {"stage": "adoption", "after": "1 month", "spread": 0.3},
            "working": {"stage": "value", "after": "2 months", "spread": 0.3},
            "growing": {"stage": "growth", "after": "3 months", "spread": 0.3},
        },
        "renewal": {"probability": "90%", "not_adopted": 1.5, "sensitivity": 1.5},
    }
    segment |= changes
    if members:
        segment["population"] = {"members": members, "tenure": 0}
    return from_mapping({"name": "filtered", "start": START, "horizon": horizon, "segments": {"all": segment}})


def rows(*events: tuple[Any, ...]) -> History:
    """The history of one member: (day, event[, name[, value]]), days from the start; a tuple of two is an interval."""
    table = []
    for day, event, *rest in events:
        low, high = day if isinstance(day, tuple) else (None, None)
        at = low if low is not None else day
        table.append({
            "member_id": "m", "date": pd.Timestamp(START) + pd.Timedelta(days=at), "event": event,
            "name": rest[0] if rest else "", "value": rest[1] if len(rest) > 1 else np.nan, "segment": "all",
            "date_low": pd.NaT if low is None else pd.Timestamp(START) + pd.Timedelta(days=low),
            "date_high": pd.NaT if high is None else pd.Timestamp(START) + pd.Timedelta(days=high),
        })  # fmt: skip
    return History.of(pd.DataFrame(table))


@pytest.fixture(scope="module")
def crowd() -> pd.DataFrame:
    """Twenty thousand members who all join at the start: for each the days of its milestones, and its vector."""
    log = sim.events(scenario(20_000), replication=0, seed=5, engine="compiled")
    reached = log[log["kind"] == "milestone"]
    table = reached.pivot_table(index="member", columns="name", values="time", observed=True)
    table = table.reindex(log["member"].unique())
    then = log[log["time"] < 150].groupby("member", observed=True).last()
    table["velocity"] = then["magnitude"] * np.cos(np.radians(then["direction"]))
    table["off"] = then["direction"].abs()
    return table


def test_what_brute_force_finds(crowd: pd.DataFrame) -> None:
    """Those who start within days 45 to 51 and are not working by day 150: velocity, course, chances."""
    alike = crowd[(crowd["started"] >= 45) & (crowd["started"] < 52) & ~(crowd["working"] < 150)]
    assert len(alike) > 100
    seen = rows((0, "joined"), ((45, 51), "milestone", "started"))
    outs = [infer(seen, scenario(), as_of=START + dt.timedelta(150), seed=seed).table.iloc[0] for seed in range(8)]
    for column, truth in {
        "velocity": alike["velocity"],
        "on_track": (alike["off"] < 45).astype(float),
        "away": (alike["off"] >= 90).astype(float),
        "next_30": (alike["working"] < 180).astype(float),
        "next_90": (alike["working"] < 240).astype(float),
    }.items():
        found = np.array([one[column] for one in outs])
        error = np.hypot(found.std(ddof=1) / np.sqrt(len(found)), truth.std(ddof=1) / np.sqrt(len(truth)))
        assert abs(found.mean() - truth.mean()) < Z * error, column
    assert all(one["impossible"] == 0 for one in outs)


def rated(direction: pd.Series, noise: float, seed: int) -> pd.Series:
    """Ratings of members with these directions (degrees)."""
    z = np.random.default_rng(seed).standard_normal(len(direction))
    return ((1 + np.cos(np.radians(direction))) / 2 + noise * z).clip(0, 1)


@pytest.mark.parametrize(("low", "high", "said"), [(0.55, 0.65, 0.6), (0.15, 0.35, 0.25), (1.0, 1.0, 1.0)])
def test_a_rating_against_brute_force(crowd: pd.DataFrame, low: float, high: float, said: float) -> None:
    """Those who start within days 40 to 59, are not working by day 150, and are then rated so."""
    alike = crowd[(crowd["started"] >= 40) & (crowd["started"] < 60) & ~(crowd["working"] < 150)]
    alike = alike[rated(alike["off"], 0.2, 3).between(low, high)]
    assert len(alike) > 20
    seen = rows((0, "joined"), ((40, 59), "milestone", "started"), (149.9999, "rating", "survey", said))
    outs = [
        infer(seen, scenario(), as_of=START + dt.timedelta(150), rating_noise=0.2, seed=seed).table.iloc[0]
        for seed in range(8)
    ]
    for column, truth in {
        "velocity": alike["velocity"],
        "on_track": (alike["off"] < 45).astype(float),
        "away": (alike["off"] >= 90).astype(float),
    }.items():
        found = np.array([one[column] for one in outs])
        p = found.mean()
        # Of a chance near 0 or 1 the few who are alike may show no spread: the larger of theirs and the claimed one.
        spread = max(truth.std(ddof=1), np.sqrt(p * (1 - p)) if column != "velocity" else 0.0)
        error = np.hypot(found.std(ddof=1) / np.sqrt(len(found)), spread / np.sqrt(len(truth)))
        assert abs(p - truth.mean()) < Z * error, column
    assert all(one["impossible"] == 0 for one in outs)


@pytest.fixture(scope="module")
def future() -> tuple[Scenario, pd.DataFrame, History]:
    """A simulated population of which the first 14 months are known."""
    plan = scenario(
        horizon="20 months",
        arrivals={"per_month": 60},
        setbacks={
            "rate": "0.2 per month",
            "resolves_itself": "20 days",
            "escalates_after": "15 days",
            "turn": "50 deg",
        },
        observed={"usage_noise": 0.3},
    )
    log = sim.events(plan, replication=0, seed=11, engine="compiled")
    history = History.from_events(log, plan, usage_seed=1)
    frame = history.frame
    return plan, log, History.of(frame[frame["event"] != "interaction"], exported=history.exported)


DAY = 424


def with_ratings(history: History, log: pd.DataFrame) -> History:
    """A rating of everybody every two months."""
    parts = [history.frame.astype({"name": object, "event": object, "member_id": object, "segment": object})]
    for number, day in enumerate(range(60, DAY, 60)):
        then = log[log["time"] < day + 0.5].groupby("member", observed=True).last()
        then = then[then["kind"] != "left"]
        score = rated(then["direction"], 0.25, number)
        parts.append(pd.DataFrame({
            "member_id": then.index.astype(object), "date": pd.Timestamp(START) + pd.Timedelta(days=day + 0.5),
            "event": "rating", "name": "survey", "value": score.to_numpy(), "segment": "all",
        }))  # fmt: skip
    return History.of(pd.concat(parts, ignore_index=True), exported=history.exported)


@pytest.mark.parametrize(("told", "least"), [("usage", 0.6), ("neither", 0.4), ("usage and ratings", 0.7)])
def test_its_probabilities_are_calibrated(
    future: tuple[Scenario, pd.DataFrame, History], told: str, least: float
) -> None:
    """Courses, next milestones and the velocity of a whole population, against what is true and what came."""
    plan, log, history = future
    frame = history.frame
    seen = history if told != "neither" else History.of(frame[frame["event"] != "usage"], exported=history.exported)
    seen = with_ratings(history, log) if "ratings" in told else seen
    found = infer(seen, plan, as_of=START + dt.timedelta(DAY), particles=256, typical_usage=1.0)
    table = found.table.set_index("member_id")
    then = log[log["time"] < DAY].groupby("member", observed=True).last().reindex(table.index)
    velocity = then["magnitude"] * np.cos(np.radians(then["direction"]))
    score = (velocity - table["velocity"]) / table["velocity_sd"]
    count = len(table)
    assert count > 500
    assert abs(score.mean()) < Z / np.sqrt(count)
    assert abs(score.std() - 1) < Z * np.sqrt((score**4).mean() - 1) / (2 * np.sqrt(count))
    angle = then["direction"].abs()
    coming = log[(log["time"] >= DAY) & (log["kind"] == "milestone")].groupby("member", observed=True)["time"].min()
    wait = coming.reindex(table.index) - DAY
    for chance, came in {
        "on_track": angle < 45,
        "drifting": (angle >= 45) & (angle < 90),
        "next_30": wait < 30,
        "next_90": wait < 90,
    }.items():
        stated = table[chance].dropna()
        true = came.reindex(stated.index).astype(float)
        for part in (stated.index, stated.nlargest(len(stated) // 10).index):
            p, y = stated[part], true[part]
            assert abs((y - p).sum()) < Z * np.sqrt((p * (1 - p)).sum()), (chance, len(part))
    informed = np.corrcoef(velocity, table["velocity"])[0, 1]
    assert informed > least  # it does tell members apart: the prior alone has none


def test_neither_threads_nor_others_change_a_member(future: tuple[Scenario, pd.DataFrame, History]) -> None:
    """The same numbers on one thread and on two, and among few as among all."""
    plan, _, history = future
    day = START + dt.timedelta(200)
    one = infer(history, plan, as_of=day, particles=64, typical_usage=1.0, workers=1)
    two = infer(history, plan, as_of=day, particles=64, typical_usage=1.0, workers=2)
    pd.testing.assert_frame_equal(one.table, two.table)
    pd.testing.assert_frame_equal(one.book_table(), two.book_table())
    chosen = one.table["member_id"].iloc[::7].tolist()
    few = infer(history.of_members(chosen), plan, as_of=day, particles=64, typical_usage=1.0)
    kept = one.table[one.table["member_id"].isin(chosen)].reset_index(drop=True)
    pd.testing.assert_frame_equal(few.table, kept)


def test_draws_stand_for_the_posterior(future: tuple[Scenario, pd.DataFrame, History]) -> None:
    """The mean velocity of a member's draws is that of its particles."""
    plan, _, history = future
    found = infer(history, plan, as_of=START + dt.timedelta(DAY), particles=256, typical_usage=1.0)
    velocity = (found.draws["magnitude"] * np.cos(found.draws["direction"])).mean(axis=1)
    error = (velocity - found.table["velocity"]) / (found.table["velocity_sd"] / np.sqrt(found.draws.shape[1]))
    # Systematic draws of sorted particles vary less than independent ones.
    assert np.abs(error.mean()) < Z / np.sqrt(len(error))
    assert error.std() < 1.0


def test_futures_start_from_the_draws(future: tuple[Scenario, pd.DataFrame, History], tmp_path: Path) -> None:
    """The book with draws reads back, and future r starts from draw r mod 5: milestone, vector and progress."""
    plan, _, history = future
    day = START + dt.timedelta(DAY)
    found = infer(history, plan, as_of=day, particles=64, draws=5, typical_usage=1.0)
    table = found.book_table()
    table.to_parquet(tmp_path / "book.parquet", index=False)
    tree = plan.resolved() | {"start": day, "horizon": "3 months", "book": "book.parquet"}
    later = from_mapping(tree, folder=tmp_path)
    book = load_book(tmp_path / "book.parquet", later)
    assert len(book) == len(found.table) and book.draws is not None and len(book.draws) == 5
    assert book.total_arr == int(found.today["arr"].sum())
    names = dict(zip(pseudonyms(book.key.tolist()), book.member_id, strict=True))
    for replication in (0, 3, 8):
        log = sim.events(later, replication=replication, engine="compiled", book=book)
        there = log[log["kind"] == "present"]
        there = there.assign(member_id=[names[str(one)] for one in there["member"]]).set_index("member_id")
        stated = table[table["draw"] == replication % 5].set_index("member_id").reindex(there.index)
        np.testing.assert_allclose(there["magnitude"], stated["magnitude"], rtol=1e-9)
        np.testing.assert_allclose(np.cos(np.radians(there["direction"])), np.cos(np.radians(stated["direction"])),
                                   rtol=0, atol=1e-9)  # fmt: skip
        np.testing.assert_allclose(there["progress"], stated["progress"], rtol=1e-9)
    forecast = sim.run(later, replications=4, book=book)
    simpy = sim.run(later, replications=4, book=book, engine="simpy")
    assert forecast.ledger.equals(simpy.ledger)


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"draw": [0, 1, 0, 2]}, "every member needs the draws 0 to 2"),
        ({"arr": [100, 100, 100, 90]}, "must be the same in all rows of a member"),
        ({"draw": [0, 1, 1, 1]}, "stands already on line"),
    ],
)
def test_a_book_with_draws_is_checked(tmp_path: Path, change: dict[str, Any], message: str) -> None:
    """A missing draw, a twice told one, and what must not differ between draws."""
    rows = pd.DataFrame({
        "member_id": ["a", "a", "b", "b"], "draw": [0, 1, 0, 1], "segment": "all", "arr": 100,
        "joined": "2026-05-01", "renews_on": "2027-05-01", "milestone": "none", "progress": 0.1,
        "direction": [1, 2, 3, 4], "magnitude": 1.0,
    })  # fmt: skip
    rows.assign(**change).to_csv(tmp_path / "book.csv", index=False)
    with pytest.raises(BookError, match=message):
        load_book(tmp_path / "book.csv", scenario())


def test_a_renewal_speaks_for_a_member() -> None:
    """Who renews early in the journey is more likely to be on its way than one of whom nothing is known."""
    plan = scenario(term="3 months")
    day = START + dt.timedelta(120)
    quiet = infer(rows((0, "joined"), (0, "due", "2027-12-31")), plan, as_of=day, seed=2).table.iloc[0]
    loyal = infer(rows((0, "joined"), (90, "renewed")), plan, as_of=day, seed=2).table.iloc[0]
    assert loyal["velocity"] > quiet["velocity"]


def test_work_that_cannot_have_been_done_is_said() -> None:
    """A milestone of a year's work on the first day: no particle explains it, and the member is named."""
    journey = {"started": {"stage": "adoption", "after": "12 months", "spread": 0.1}}
    seen = rows((0, "joined"), (0.5, "milestone", "started"))
    found = infer(seen, scenario(journey=journey), as_of=START + dt.timedelta(30))
    assert found.particles == 2048
    assert found.unexplained["member_id"].tolist() == ["m"]
    assert found.table["next"].tolist() == [""]
    assert np.isnan(found.table["next_90"].iloc[0])


def test_nobody_there_is_an_error() -> None:
    """A history without members on the day has no answer."""
    seen = rows((0, "joined"), (10, "left"))
    with pytest.raises(ValueError, match="nobody in the history is a member on 2027-02-01"):
        infer(seen, scenario(), as_of=dt.date(2027, 2, 1))
    with pytest.raises(ValueError, match="particles must be 2 or more"):
        infer(seen, scenario(), as_of=dt.date(2027, 2, 1), particles=1)


def test_the_particles_library_agrees() -> None:
    """A start with known interactions, a milestone and a silence: likelihood and velocity of an independent filter."""
    particles = pytest.importorskip("particles", reason="the library particles is not installed")
    from scipy.stats import norm

    month, touches, hit, end = 365.25 / 12, np.arange(12.0, 100.0, 12.0), 40.3, 100.0
    typical, spread, memory = np.radians(25.0), np.radians(35.0), 4 * month
    steps = [*[(t, "touch") for t in touches], (hit, "hit"), (end, "end")]
    steps.sort()

    class Known(particles.FeynmanKac):  # type: ignore[misc]
        """The same model, written for another library: columns direction, log magnitude, progress, maximum."""

        def M0(self, N: int) -> Any:  # noqa: N802, N803
            rng = self.rng
            x = np.column_stack([typical + spread * rng.standard_normal(N), 0.5 * rng.standard_normal(N)])
            return self.move(np.column_stack([x, np.zeros((N, 2))]), 0)

        def M(self, t: int, xp: Any) -> Any:  # noqa: N802
            x = xp.copy()
            before, kind = steps[t - 1]
            if kind == "touch":
                last = max([0.0, *[one for one in touches if one < before]])
                for column, mean, sd, tau in ((0, typical, spread, memory), (1, 0.0, 0.5, 6 * month)):
                    r = np.exp(-(before - last) / tau)
                    noise = self.rng.standard_normal(len(x))
                    x[:, column] = mean + r * (x[:, column] - mean) + sd * np.sqrt(1 - r * r) * noise
            elif kind == "hit":
                x[:, 2:] = 0.0
            return self.move(x, t)

        def move(self, x: Any, t: int) -> Any:
            days = steps[t][0] - (steps[t - 1][0] if t else 0.0)
            x[:, 2] = np.maximum(0.0, x[:, 2] + np.exp(x[:, 1]) * np.cos(x[:, 0]) * days / month)
            top = np.maximum(x[:, 3], x[:, 2])
            self.before, x[:, 3] = x[:, 3].copy(), top
            return x

        def logG(self, t: int, xp: Any, x: Any) -> Any:  # noqa: N802
            after = np.log(1.0 if steps[t][0] <= hit else 2.0)
            with np.errstate(divide="ignore", invalid="ignore"):
                was, now = (norm.logsf((np.log(m) - after) / 0.3) for m in (self.before, x[:, 3]))
                if steps[t][1] != "hit":
                    return now - was
                velocity = np.exp(x[:, 1]) * np.cos(x[:, 0])
                work = norm.logpdf((np.log(x[:, 3]) - after) / 0.3) - np.log(0.3 * x[:, 3])
                there = (velocity > 0) & (x[:, 2] >= x[:, 3])
                return np.where(there, work + np.log(np.maximum(velocity, 1e-300) / month) - was, -np.inf)

    theirs = []
    for seed in range(12):
        model = Known(len(steps))
        model.rng = np.random.default_rng(seed)
        np.random.seed(seed)  # the library resamples with the global generator
        run = particles.SMC(fk=model, N=2000, resampling="systematic", ESSrmin=0.5)
        run.run()
        velocity = np.exp(run.X[:, 1]) * np.cos(run.X[:, 0])
        theirs.append((run.logLt, float(run.W @ velocity)))
    seen = rows((0, "joined"), *((t, "interaction") for t in touches), (hit, "milestone", "started"))
    ours = []
    for seed in range(12):
        table = infer(seen, scenario(), as_of=START + dt.timedelta(end), particles=2000, seed=seed).table
        ours.append((table["log_likelihood"].iloc[0], table["velocity"].iloc[0]))
    a, b = np.array(theirs), np.array(ours)
    error = np.hypot(a.std(axis=0, ddof=1), b.std(axis=0, ddof=1)) / np.sqrt(12)
    assert np.all(np.abs(a.mean(axis=0) - b.mean(axis=0)) < 3.8 * error)  # Student with 11 to 22 degrees, level 1e-3


def test_milestones_of_one_day_were_reached_in_the_order_of_the_journey() -> None:
    """By their names `working` would come after `growing`, and before it on the journey."""
    seen = rows((0, "joined"), (20, "milestone", "started"), (40, "milestone", "working"), (40, "milestone", "growing"))
    found = infer(seen, scenario(), as_of=START + dt.timedelta(days=60), particles=256).table.iloc[0]
    assert found["milestone"] == "growing"


@pytest.mark.parametrize("spread", [0.0, 0.3])
@pytest.mark.parametrize("effect", [{"advance": "3 months"}, {"shorten": {"started": "95%"}}])
@pytest.mark.parametrize("to_the_day", [False, True])
def test_nothing_of_a_jump_is_impossible(spread: float, effect: dict[str, Any], to_the_day: bool) -> None:
    """A delivery that reaches milestones at once is weighed by their probability, whatever the spread of their work."""
    journey = {
        "started": {"stage": "adoption", "after": "1 month", "spread": spread},
        "working": {"stage": "value", "after": "2 months", "spread": spread},
    }
    tree = scenario(journey=journey, arrivals={"per_month": 15}).resolved()
    plan = from_mapping(tree | {"interventions": {"help": {"when": {"joined": "15 days"}, "effects": [effect]}}})
    frame = History.from_events(sim.events(plan, replication=0, seed=3, engine="compiled"), plan).frame
    if to_the_day:
        frame["date"] = frame["date"].dt.normalize()
    found = infer(History.of(frame), plan, as_of=START + dt.timedelta(360))
    assert len(found.table) > 100
    assert (found.table["milestone"] != "none").mean() > 0.5
    assert found.unexplained.empty


def test_a_day_is_an_interval() -> None:
    """Two milestones of one day, known to the day, are no wonder, and the day says what the hour says."""
    journey = {
        "started": {"stage": "adoption", "after": "1 month", "spread": 0.0},
        "working": {"stage": "value", "after": "0.02 months", "spread": 0.0},
        "growing": {"stage": "growth", "after": "3 months", "spread": 0.0},
    }
    plan, day = scenario(journey=journey), START + dt.timedelta(60)
    dated = rows((0, "joined"), (30, "milestone", "started"), (30, "milestone", "working"))
    timed = rows((0, "joined"), (30.2, "milestone", "started"), (30.8, "milestone", "working"))
    a, b = (infer(one, plan, as_of=day, particles=8192).table.iloc[0] for one in (dated, timed))
    assert a["impossible"] == b["impossible"] == 0
    assert abs(a["velocity"] - b["velocity"]) < 0.1  # a tenth of a typical pace: an hour more or less of thirty days


def test_a_setback_that_is_open_escalates_in_what_is_looked_ahead() -> None:
    """Chances of those with an open setback, against brute force: half of them escalate and turn away."""
    setbacks = {"rate": "0.5 per month", "resolves_itself": "20 days", "escalates_after": "15 days", "turn": "90 deg"}
    journey = {"started": {"stage": "adoption", "after": "2 months", "spread": 0.3}}
    plan = scenario(20_000, "5 months", setbacks=setbacks, journey=journey)
    log = sim.events(plan, replication=0, seed=8, engine="compiled")
    mine = log[log["time"] < 40]
    opened = mine[mine["kind"] == "setback"].groupby("member", observed=True)["time"].agg(["size", "max"])
    others = mine[mine["kind"].isin(["resolved", "milestone", "left"])]["member"].unique()
    alike = opened[(opened["size"] == 1) & opened["max"].between(30, 34) & ~opened.index.isin(others)].index
    assert len(alike) > 200
    first = log[(log["kind"] == "milestone") & log["member"].isin(alike)].groupby("member", observed=True)["time"].min()
    came = (first.reindex(alike) < 130).to_numpy(float)
    seen = rows((0, "joined"), (32, "setback"))
    outs = [infer(seen, scenario(setbacks=setbacks, journey=journey), as_of=START + dt.timedelta(40), seed=seed).table
            for seed in range(8)]  # fmt: skip
    found = np.array([one["next_90"].iloc[0] for one in outs])
    error = np.hypot(found.std(ddof=1) / np.sqrt(8), came.std(ddof=1) / np.sqrt(len(came)))
    assert abs(found.mean() - came.mean()) < Z * error
    calm = infer(rows((0, "joined")), scenario(setbacks=setbacks, journey=journey), as_of=START + dt.timedelta(40))
    assert calm.table["next_90"].iloc[0] > found.mean()


def test_what_was_asked_for_is_delivered_in_what_is_looked_ahead() -> None:
    """A course that was asked for yesterday takes two months of work away soon; one that was withdrawn does not."""
    help_ = {
        "when": {"joined": "35 days"}, "team": "coaches", "effort": "2 hours", "effects": [{"advance": "2 months"}],
    }  # fmt: skip
    teams = {"coaches": {"people": 1, "hours_per_month": 120}}
    plan = from_mapping(scenario().resolved() | {"interventions": {"course": help_}, "teams": teams})
    asked = ((0, "joined"), (39, "requested", "course"))
    found = {
        name: infer(rows(*events), plan, as_of=START + dt.timedelta(40)).table["next_30"].iloc[0]
        for name, events in {"under way": asked, "withdrawn": (*asked, (39.5, "withdrawn", "course"))}.items()
    }
    assert found["under way"] > 0.95 > found["withdrawn"]


@pytest.fixture(scope="module")
def watched() -> Scenario:
    """Members whom somebody calls when they are seen off course; a third join before the record begins."""
    tree = scenario(
        horizon="20 months", arrivals={"per_month": 60}, observed={"usage_noise": 0.3, "direction_noise": "8 deg"}
    ).resolved()
    tree["segments"]["all"]["population"] = {"members": 400, "tenure": {"exponential": {"mean": "2 years"}}}
    call = {
        "when": {"off_course": "45 deg"}, "who": {"cooldown": "60 days"}, "accept": "60%",
        "effects": [{"turn_toward": "30%"}],
    }  # fmt: skip
    return from_mapping(tree | {"interventions": {"call": call}})


@pytest.mark.parametrize(("told", "least"), [("requests and refusals", 0.8), ("requests", 1.0)])
def test_who_is_called_for_being_off_course_is_evidence(watched: Scenario, told: str, least: float) -> None:
    """Courses and chances are calibrated where calls are recorded, with members from before the record among them."""
    log = sim.events(watched, replication=0, seed=4, engine="compiled")
    frame = History.from_events(log, watched, usage_seed=1).frame
    hidden = ["interaction", "refused"] if told == "requests" else ["interaction"]
    history = History.of(frame[~frame["event"].isin(hidden)])
    table = infer(history, watched, as_of=START + dt.timedelta(DAY), particles=512).table.set_index("member_id")
    then = log[log["time"] < DAY].groupby("member", observed=True).last().reindex(table.index)
    coming = log[(log["time"] >= DAY) & (log["kind"] == "milestone")].groupby("member", observed=True)["time"].min()
    assert len(table) > 600
    angle, wait = then["direction"].abs(), coming.reindex(table.index) - DAY
    for chance, came in {"on_track": angle < 45, "away": angle >= 90, "next_90": wait < 90}.items():
        stated = table[chance].dropna()
        true = came.reindex(stated.index).astype(float)
        for part in (stated.index, stated.nlargest(len(stated) // 10).index):
            p, y = stated[part], true[part]
            assert abs((y - p).sum()) < Z * np.sqrt((p * (1 - p)).sum()), (chance, len(part))
    brier = ((table["on_track"] - (angle < 45)) ** 2).mean()
    base = (angle < 45).mean()
    assert brier < least * base * (1 - base)  # better than the mean alone


def test_reliability_says_how_chances_hold() -> None:
    """At the true parameters all and the top tenth hold, and the figure, table and sentence say so."""
    from simulation.report.reliability import reliability_curves, reliability_rows, reliable
    from simulation.report.style import png

    plan = scenario(horizon="20 months", arrivals={"per_month": 60}, observed={"usage_noise": 0.3})
    found = reliability(plan, members=1500, particles=256, seed=3)
    assert found.members >= 1500
    assert set(found.table["what"]) == {"on_track", "next_30", "next_60", "next_90"}
    for what in ("next_30", "next_90", "on_track"):
        assert abs(found.tenth(what, 10)["z"]) < Z
        assert abs(found.tenth(what, 0)["z"]) < Z
    assert "as stated" in reliable(found)
    assert len(reliability_rows(found)) == 4
    assert png(reliability_curves(found))[:4] == b"\x89PNG"

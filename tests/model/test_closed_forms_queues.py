"""Teams as queues: Erlang C, Pollaczek-Khinchine, Cobham's priorities and group sessions against closed forms.

Requests are Poisson because members arrive so and ask on joining; hours are chosen so that a team of c with offered
load a has the stated mean service time. The start, empty, is dropped. Level: each test is fixed in its seed and allows
4 standard errors (6e-5 two-sided), estimated from the means of 40 batches of consecutive requests.
"""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np
import pytest
from scipy import stats

from simulation.model.columns import TM, WAIT_EDGES
from simulation.model.state import MONTH
from tests.futures import Future, Yaml, batch_means, play, scenario, z_score
from tests.futures import segment as any_segment

Z = 4.0
LEVEL = 1e-4
BATCHES = 40
SERVICE = 1.0  # mean days
HOURS = 100.0  # a month


def erlang_c(c: int, a: float) -> float:
    """Probability that a request waits, with c servers and offered load a (Erlang 1917)."""
    top = a**c / math.factorial(c) * c / (c - a)
    return top / (sum(a**k / math.factorial(k) for k in range(c)) + top)


def segment(**fields: object) -> Yaml:
    """A segment whose members never renew within the horizon: they ask once, and nothing else happens to them."""
    return any_segment(term="1200 months", **fields)


def effort(mean_days: float) -> float:
    """Mean hours of work that take one person so many days."""
    return mean_days * HOURS / MONTH


def desk(people: int, **fields: object) -> Yaml:
    """Teams of a scenario: one team of so many people."""
    return {"desk": {"people": people, "hours_per_month": HOURS} | fields}


def ask(mean_days: float, **fields: object) -> Yaml:
    """Intervention that everybody asks the team for on joining, with exponential effort."""
    return {
        "when": {"joined": "0 days"},
        "team": "desk",
        "effort": {"exponential": {"mean": f"{effort(mean_days)!r} hours"}},
    } | fields


@dataclass
class Waits:
    """Requests in the order in which they came, without those of the warm-up and those not finished at the end."""

    time: np.ndarray
    wait: np.ndarray
    service: np.ndarray
    member: np.ndarray
    segment: np.ndarray


def waits(future: Future, warm_up: float) -> Waits:
    """Read the requests, starts and completions of members who each ask once."""
    times = {}
    for kind in ("requested", "started", "delivered"):
        rows = future.rows(kind)
        times[kind] = np.full(len(future.members), np.nan)
        times[kind][rows["member"]] = rows["time"]
    order = np.argsort(times["requested"], kind="stable")
    order = order[~np.isnan(times["delivered"][order]) & (times["requested"][order] > warm_up)]
    asked, started, done = (times[kind][order] for kind in ("requested", "started", "delivered"))
    # The last requests are only there if they were quick: leave out who came after the first that is unfinished.
    unfinished = np.isnan(times["delivered"]) & ~np.isnan(times["requested"])
    keep = asked < times["requested"][unfinished].min(initial=np.inf)
    member = order[keep]
    return Waits(asked[keep], (started - asked)[keep], (done - started)[keep], member, future.members["seg"][member])


def close(series: np.ndarray, expected: float) -> None:
    """Assert that the mean of a series of dependent values is the expected one, by batch means."""
    means = batch_means(series, BATCHES)
    # The batches are long enough if one says little about the next.
    assert abs(np.corrcoef(means[1:], means[:-1])[0, 1]) < 0.6
    assert abs(z_score(means, expected)) < Z


@pytest.mark.parametrize(("c", "a", "days"), [(1, 0.8, 36000), (5, 4.0, 15000), (10, 9.0, 15000)])
def test_erlang_c(c: int, a: float, days: int) -> None:
    """P(wait), E W, E W given a wait and P(W > t) of M/M/c; waits are exponential for those who wait."""
    future = play(scenario(
        days=days, segment=segment(arrivals={"per_month": a / SERVICE * MONTH}),
        teams=desk(c), interventions={"help": ask(SERVICE)}))  # fmt: skip
    got = waits(future, warm_up=500.0)
    assert stats.kstest(got.service, stats.expon(scale=SERVICE).cdf).pvalue > LEVEL
    wait, drain = erlang_c(c, a), (c - a) / SERVICE
    close(got.wait > 0.0, wait)
    close(got.wait, wait / drain)
    close(got.wait**2, 2 * wait / drain**2)
    for t in (0.25 / drain, 0.5 / drain, 1.0 / drain, 2.0 / drain):
        close(got.wait > t, wait * math.exp(-drain * t))
    # First come, first served: service starts in the order of the requests.
    assert (np.diff(got.time + got.wait) >= 0.0).all()


def test_ledger_of_a_team_agrees_with_its_queue() -> None:
    """Utilisation, Little's law and the histogram of waits, from the ledger: its times are those of M/M/c."""
    c, a, days = 5, 4.0, 20000
    future = play(scenario(
        days=days, segment=segment(arrivals={"per_month": a * MONTH}),
        teams=desk(c), interventions={"help": ask(SERVICE)}))  # fmt: skip
    team = dict(zip(TM, future.ledger["teams"][0].sum(axis=0).tolist(), strict=True))
    busy, queue = team["busy_seconds"] / 86400 / days, team["queue_seconds"] / 86400 / days
    got = waits(future, warm_up=-1.0)
    # Busy servers and queue: the same batch means give their standard errors, by Little's law.
    work = batch_means(got.service, BATCHES)
    assert abs(busy - a) < Z * a * work.std(ddof=1) / work.mean() / math.sqrt(BATCHES) + Z * math.sqrt(a / days)
    line = batch_means(got.wait, BATCHES) * a
    assert abs(queue - erlang_c(c, a) * a / (c - a)) < Z * line.std(ddof=1) / math.sqrt(BATCHES)
    assert abs(team["wait_seconds"] / 86400 - queue * days) < 1.0 + got.wait.max() * team["queue"]
    started = future.rows("started")
    assert team["started"] == len(started)
    asked = future.rows("requested")
    when = np.full(len(future.members), np.nan)
    when[asked["member"]] = asked["time"]
    waited = started["time"] - when[started["member"]]
    counted = np.bincount(np.searchsorted(WAIT_EDGES, waited, side="left"), minlength=len(WAIT_EDGES))
    assert (future.ledger["waits"][0] == counted).all()
    assert team["queue"] == len(asked) - len(started)


@pytest.mark.parametrize("law", ["constant", "lognormal", "gamma"])
def test_pollaczek_khinchine(law: str) -> None:
    """With any law of effort a team of one makes its members wait a E[S^2] / (2 (1 - rho)) on average."""
    rho = 0.7
    mean = f"{effort(SERVICE)!r} hours"
    form, moment = {
        "constant": (mean, 1.0),
        "lognormal": ({"median": f"{effort(SERVICE) * math.exp(-0.32)!r} hours", "spread": 0.8}, math.exp(0.64)),
        "gamma": ({"gamma": {"a": 2.0, "scale": f"{effort(SERVICE) / 2!r} hours"}}, 1.5),
    }[law]  # fmt: skip
    future = play(scenario(
        days=36000, segment=segment(arrivals={"per_month": rho / SERVICE * MONTH}),
        teams=desk(1), interventions={"help": ask(SERVICE) | {"effort": form}}))  # fmt: skip
    got = waits(future, warm_up=300.0)
    if law == "constant":
        assert np.allclose(got.service, SERVICE, rtol=1e-9)
    else:
        close(got.service, SERVICE)
    close(got.wait, rho / SERVICE * moment * SERVICE**2 / (2 * (1 - rho)))


def two_classes(c: int, loads: tuple[float, float], means: tuple[float, float], days: int) -> Waits:
    """Two segments whose requests differ in priority and in mean service time, at one team."""
    names = ("urgent", "normal")
    rates = [load / mean for load, mean in zip(loads, means, strict=True)]
    future = play(scenario(
        days=days,
        segments={n: segment(arrivals={"per_month": r * MONTH}) for n, r in zip(names, rates, strict=True)},
        teams=desk(c),
        interventions={
            f"help_{n}": ask(mean, priority=p, who={"segments": n})
            for p, (n, mean) in enumerate(zip(names, means, strict=True))
        }))  # fmt: skip
    return waits(future, warm_up=500.0)


@pytest.mark.parametrize(("c", "loads"), [(1, (0.3, 0.5)), (5, (1.5, 2.5)), (3, (2.0, 0.7))])
def test_cobham_priorities_with_equal_service(c: int, loads: tuple[float, float]) -> None:
    """M/M/c without preemption (Cobham 1954): E W_k = C(c, a) / (c mu) / ((1 - s_(k-1)) (1 - s_k))."""
    got = two_classes(c, loads, (SERVICE, SERVICE), 15000 if c == 5 else 36000)
    base = erlang_c(c, sum(loads)) * SERVICE / c
    s = np.concatenate([[0.0], np.cumsum(loads) / c])
    for k in (0, 1):
        of_class = got.wait[got.segment == k]
        close(of_class, base / ((1 - s[k]) * (1 - s[k + 1])))
        close(of_class > 0.0, erlang_c(c, sum(loads)))  # to wait at all does not depend on the class


def test_cobham_priorities_with_different_service() -> None:
    """M/G/1 without preemption: E W_k = sum(rate E[S^2]) / 2 / ((1 - s_(k-1)) (1 - s_k))."""
    loads, means = (0.3, 0.45), (0.5, 2.0)
    got = two_classes(1, loads, means, 36000)
    residual = sum(load * mean for load, mean in zip(loads, means, strict=True))  # rate E[S^2] / 2 of exponentials
    s = np.concatenate([[0.0], np.cumsum(loads)])
    for k in (0, 1):
        close(got.wait[got.segment == k], residual / ((1 - s[k]) * (1 - s[k + 1])))


def test_available_share_and_a_second_person() -> None:
    """Half the hours at twice the people: M/M/2 at half the speed."""
    future = play(scenario(
        days=20000, segment=segment(arrivals={"per_month": 0.8 * MONTH}),
        teams=desk(2, available_share="50%"), interventions={"help": ask(SERVICE)}))  # fmt: skip
    got = waits(future, warm_up=300.0)
    wait, drain = erlang_c(2, 1.6), (2 - 1.6) / 2.0
    close(got.service, 2.0)
    close(got.wait > 0.0, wait)
    close(got.wait, wait / drain)


@pytest.mark.parametrize("order", ["first_come", "revenue", "risk"])
def test_order_of_the_queue(order: str) -> None:
    """Whoever is first, the mean wait is that of M/M/1; behind a share s of the others it is 0.8 / (1 - 0.8 s)^2.

    The latter is Cobham with a continuum of classes, for the orders by revenue and by risk.
    """
    future = play(scenario(
        days=36000, segment=segment(
            arrivals={"per_month": 0.8 * MONTH}, arr={"uniform": {"low": 100, "high": 200}},
            renewal={"probability": {"beta": {"a": 4, "b": 2}}}),
        teams=desk(1, order=order), interventions={"help": ask(SERVICE)}))  # fmt: skip
    got = waits(future, warm_up=300.0)
    close(got.wait, 4.0)
    if order == "first_come":
        return
    who = future.members[got.member]
    ahead = 1 - (who["arr"] - 10_000) / 10_000
    if order == "risk":  # ahead of a member are those less likely to renew
        ahead = stats.beta(4, 2).cdf(1 / (1 + np.exp(-who["logit_p"])))
    for low, high in ((0.0, 0.2), (0.2, 0.5), (0.5, 0.8), (0.8, 1.0)):
        mean = (1 / (1 - 0.8 * high) - 1 / (1 - 0.8 * low)) / (high - low)
        close(got.wait[(ahead >= low) & (ahead < high)], mean)


def test_sessions_are_held_on_their_days_for_the_first_who_wait() -> None:
    """Without a team, a session of unlimited size makes Poisson requests wait uniformly; a full one, by turns."""
    future = play(scenario(
        days=14 * 800, segment=segment(arrivals={"per_month": 0.5 * MONTH}),
        interventions={"class": {"when": {"joined": 0}, "session": {"size": 10_000, "every": "14 days"}}}))  # fmt: skip
    got = waits(future, warm_up=-1.0)
    assert stats.kstest(got.wait / 14.0, "uniform").pvalue > LEVEL
    future = play(scenario(
        days=36000, segment=segment(arrivals={"per_month": 0.5 * MONTH}),
        interventions={"class": {"when": {"joined": 0}, "session": {"size": 9, "every": "14 days"}}}))  # fmt: skip
    got = waits(future, warm_up=2000.0)
    assert (np.diff(got.time + got.wait) >= 0.0).all()
    sessions = np.unique(future.rows("started")["time"], return_counts=True)
    assert (np.mod(sessions[0], 14.0) == 0.0).all()
    assert sessions[1].max() == 9
    # Bulk service: the queue left after a session is Q' = max(Q + A - 9, 0), A Poisson with mean 7.
    queue = np.zeros(400)
    arrivals = stats.poisson(7.0).pmf(np.arange(400))
    queue[0] = 1.0
    for _ in range(400):
        total = np.convolve(queue, arrivals)[:400]
        queue = np.append(total[9:], np.zeros(9))
        queue[0] += total[:9].sum()
    left = float(queue @ np.arange(400))
    close(got.wait, 7.0 + left / 0.5)  # Little's law: mean queue over time = left + half of an interval's arrivals


def test_a_session_and_a_clock_keep_their_own_periods() -> None:
    """Asked every 30 days of a member's age, taught every 7 days: requests and sessions have each its own clock."""
    act = {"when": {"every": "30 days"}, "session": {"size": 100, "every": "7 days", "first": "3 days"}}
    future = play(scenario(days=400, segment=segment(population={"members": 5}), interventions={"class": act}))
    asked, taught = np.unique(future.rows("requested")["time"]), np.unique(future.rows("started")["time"])
    assert asked.tolist() == list(range(30, 400, 30))
    assert taught.tolist() == [t + (3 - t) % 7 for t in range(30, 400, 30)]

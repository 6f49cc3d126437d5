"""Arrivals, referrals and prices against closed forms.

Level: each test is fixed in its seed and allows 4 standard errors (6e-5 two-sided), or a p-value of 1e-4 in a test of
fit. What is exact is compared exactly.
"""

from __future__ import annotations

import math
from datetime import date
from fractions import Fraction

import numpy as np
import pytest
from scipy import stats

from simulation.model.columns import FLOW
from simulation.model.state import MONTH
from tests.futures import YEAR, play, play_many, scenario, segment, z_score, z_share

LEVEL = 1e-4
Z = 4.0


def is_poisson(counts: np.ndarray, mean: float) -> None:
    """Test mean, variance and shape of counts against a Poisson law."""
    n = len(counts)
    assert abs(counts.mean() - mean) < Z * math.sqrt(mean / n)
    tail = stats.chi2(n - 1).cdf(((counts - counts.mean()) ** 2).sum() / counts.mean())
    assert LEVEL < tail < 1 - LEVEL
    law = stats.poisson(mean)
    edges = np.unique(law.ppf(np.linspace(0.05, 0.95, 10)))
    observed = np.bincount(np.searchsorted(edges, counts), minlength=len(edges) + 1)
    expected = n * np.diff(np.concatenate([[0.0], law.cdf(edges), [1.0]]))
    assert stats.chisquare(observed, expected).pvalue > LEVEL


@pytest.mark.parametrize("per_month", [0.8, 3.0, 7.5])
def test_arrivals_are_poisson(per_month: float) -> None:
    """Counts have a Poisson law, one month does not depend on the next, gaps are exponential."""
    counts, gaps, months = [], [], []
    for future in play_many(scenario(days=730, segment=segment(arrivals={"per_month": per_month})), 800):
        t = np.sort(future.rows("joined")["time"])
        counts.append(len(t))
        gaps.append(np.diff(t, prepend=0.0))
        months.append(np.histogram(t, np.arange(0, 730, MONTH))[0])
    is_poisson(np.array(counts), per_month * 730 / MONTH)
    by_month = np.array(months)
    is_poisson(by_month.ravel(), per_month)
    assert abs(stats.pearsonr(by_month[:, :-1].ravel(), by_month[:, 1:].ravel()).statistic) < Z / math.sqrt(
        by_month[:, 1:].size
    )
    # Gaps that the end cuts off are not seen; the first five of each future always are.
    assert min(map(len, gaps)) >= 5
    first = np.concatenate([g[:5] for g in gaps])
    assert stats.kstest(first, stats.expon(scale=MONTH / per_month).cdf).pvalue > LEVEL


def test_arrivals_follow_growth_and_season() -> None:
    """Growth 30% a year and a season by calendar month: in the time of the cumulative rate arrivals are uniform."""
    season = [1.4, 1.1, 1.0, 1.0, 0.9, 0.7, 0.0, 0.3, 1.6, 1.2, 1.0, 0.8]
    days, start = 1461, date(2026, 6, 15)
    plan = scenario(days=days, start=start.isoformat(), segment=segment(
        arrivals={"per_month": 12, "growth": "30% per year", "season": season}))  # fmt: skip
    day = np.arange(days)
    month = (np.datetime64(start) + day).astype("datetime64[M]").astype(int) % 12
    g = math.log(1.3) / 365.25
    daily = 12 / MONTH * np.array(season)[month] * (np.exp(g * (day + 1)) - np.exp(g * day)) / g
    total = np.concatenate([[0.0], np.cumsum(daily)])
    counts, times = [], []
    for future in play_many(plan, 60):
        t = future.rows("joined")["time"]
        counts.append(len(t))
        times.append(t)
    t = np.concatenate(times)
    whole = t.astype(int)
    within = (np.exp(g * t) - np.exp(g * whole)) / (np.exp(g * (whole + 1)) - np.exp(g * whole))
    assert stats.kstest((total[whole] + within * daily[whole]) / total[-1], "uniform").pvalue > LEVEL
    assert abs(z_score(counts, float(total[-1]))) < Z
    assert abs(sum(counts) - 60 * total[-1]) < Z * math.sqrt(60 * total[-1])
    assert not (month[whole] == 6).any()  # nobody joins in July


def test_arrivals_respond_to_price() -> None:
    """+20% on the list price and -15% of joiners per +10% leave 70% of them; a grandfather clause does not matter."""
    changes = [{"date": "2028-01-01", "change": "20%", "grandfather": True}]
    plan = scenario(days=730, segment=segment(
        arrivals={"per_month": 2000}, price={"changes": changes, "response": {"joining": "-15%"}}))  # fmt: skip
    rows = play(plan).rows("joined")
    before, after = (rows["time"] < 365).sum(), (rows["time"] >= 365).sum()
    daily = 2000 / MONTH * 365
    assert abs(before - daily) < Z * math.sqrt(daily)
    assert abs(after - 0.7 * daily) < Z * math.sqrt(0.7 * daily)
    assert set(rows["arr"][rows["time"] < 365]) == {10_000}
    assert set(rows["arr"][rows["time"] >= 365]) == {12_000}


# ---- referrals


ALWAYS = {"velocity": 0, "needs_value": False}


def tail_test(values: np.ndarray, law: stats.rv_discrete) -> None:
    """Chi-square test of counts from 0 on, bins of at least 10 expected."""
    n = len(values)
    top = 0
    while n * law.sf(top + 1) > 10:
        top += 1
    observed = np.bincount(np.minimum(values, top + 1), minlength=top + 2)
    expected = n * np.append(law.pmf(np.arange(top + 1)), law.sf(top))
    keep = expected > 0
    assert observed[~keep].sum() == 0
    assert stats.chisquare(observed[keep], expected[keep]).pvalue > LEVEL


def test_referrals_grow_as_a_yule_process() -> None:
    """If all refer at rate a and nobody leaves, one member has become a Geometric(exp(-a t)) number of members."""
    plan = scenario(days=730, segment=segment(
        advocacy=ALWAYS | {"rate": "1.5 per year", "converts": 0.6}, population={"members": 1}))  # fmt: skip
    at_end, halfway = [], []
    for future in play_many(plan, 4000):
        joined = future.rows("joined")["time"]
        halfway.append(1 + (joined < 365).sum())
        at_end.append(1 + len(joined))
    for counts, days in ((halfway, 365), (at_end, 730)):
        q = math.exp(-0.9 * days / YEAR)
        assert abs(z_score(counts, 1 / q)) < Z
        tail_test(np.array(counts) - 1, stats.geom(q, loc=-1))


def test_referrals_with_leaving_are_a_galton_watson_tree() -> None:
    """Referring at rate a and leaving at rate b, everyone has a Geometric number of children with mean a / b.

    The tree is a Galton-Watson process with that offspring: for a < b it dies out and its total progeny has the mean
    1 / (1 - a / b) and the law P(N = n) = C(2n - 2, n - 1) / n * p^n q^(n - 1), p = b / (a + b), q = 1 - p (Otter,
    Dwass). The members present at t have a geometric law with P(0) = b (1 - e) / (b - a e), e = exp(-(b - a) t)
    (Kendall 1948).
    """
    a, b = 0.6, 1.0
    plan = scenario(days=36000, segment=segment(
        advocacy=ALWAYS | {"rate": "1.2 per year", "converts": 0.5}, mid_term_churn={"rate": "1 per year"},
        population={"members": 1}))  # fmt: skip
    total, present = [], []
    t = 1.5
    for future in play_many(plan, 4000):
        assert (future.members["present"] == 0).all()
        total.append(len(future.members))
        joined, left = future.rows("joined")["time"], future.rows("left")["time"]
        present.append(1 + (joined < t * YEAR).sum() - (left < t * YEAR).sum())
    n = np.array(total)
    assert abs(z_score(n, 1 / (1 - a / b))) < Z
    p, q = b / (a + b), a / (a + b)
    sizes = np.arange(1, 9)
    law = np.array([math.comb(2 * k - 2, k - 1) / k * p**k * q ** (k - 1) for k in sizes])
    observed = np.bincount(np.minimum(n, 9), minlength=10)[1:]
    assert stats.chisquare(observed, 4000 * np.append(law, 1 - law.sum())).pvalue > LEVEL
    e = math.exp(-(b - a) * t)
    extinct, ratio = b * (1 - e) / (b - a * e), a * (1 - e) / (b - a * e)
    alive = np.array(present)
    assert abs(z_share(int((alive == 0).sum()), 4000, extinct)) < Z
    assert abs(z_score(alive, math.exp((a - b) * t))) < Z
    tail_test(alive[alive > 0] - 1, stats.geom(1 - ratio, loc=-1))


def test_generations_of_referrals() -> None:
    """With a delay d, the first referral of all comes d late: generation k at t has the mean (a (t - k d))^k / k!."""
    days, delay, a = 1461, 100.0, 1.6 / YEAR
    plan = scenario(days=days, segment=segment(
        advocacy=ALWAYS | {"rate": "2 per year", "converts": "80%", "delay": f"{delay:g} days"},
        population={"members": 1}))  # fmt: skip
    counts = [len(future.members) - 1 for future in play_many(plan, 1500)]
    expected = sum((a * (days - k * delay)) ** k / math.factorial(k) for k in range(1, 15) if days > k * delay)
    assert abs(z_score(counts, expected)) < Z


def test_only_advocates_refer() -> None:
    """With frozen vectors those at the stated velocity or more refer at the stated rate, and the others never."""
    n = 30_000
    future = play(scenario(days=365, segments={
        "old": segment(
            vector={"direction": {"spread": "50 deg"}, "magnitude": {"spread": 0.3}},
            advocacy={"rate": "3 per year", "converts": 0.4, "velocity": 0.9, "needs_value": False, "segment": "new"},
            population={"members": n}),
        "new": segment()}))  # fmt: skip
    present = future.rows("present")
    velocity = present["magnitude"] * np.cos(present["direction"])
    referred = np.bincount(future.rows("referred")["member"], minlength=n)[:n]
    assert referred[velocity < 0.9].sum() == 0
    is_poisson(referred[velocity >= 0.9], 3 * 0.4 * 365 / YEAR)
    assert (future.members["seg"][n:] == 1).all()
    assert len(future.members) - n == referred.sum()


# ---- prices


def test_compound_uplift_is_exact_to_rounding() -> None:
    """Every renewal multiplies ARR by 1 + u and rounds to the nearest cent (an exact half goes either way).

    So after k yearly renewals it is within half a cent a renewal, compounded, of the formula.
    """
    future = play(scenario(days=365 * 20 + 6, segment=segment(
        arr={"lognormal": {"median": 320, "spread": 1.0}}, price={"uplift": "3.7% per year"},
        population={"members": 300})))  # fmt: skip
    start = {int(row["member"]): int(row["arr"]) for row in future.rows("present")}
    arr, terms = dict(start), dict.fromkeys(start, 0)
    for row in future.rows("renewed"):
        member = int(row["member"])
        assert abs(int(row["arr"]) - arr[member] * Fraction(1037, 1000)) <= Fraction(1, 2)
        arr[member] = int(row["arr"])
        terms[member] += 1
        off = sum(Fraction(1037, 1000) ** k for k in range(terms[member])) / 2
        assert abs(arr[member] - start[member] * Fraction(1037, 1000) ** terms[member]) <= off
    assert set(terms.values()) == {20}
    flows = future.ledger["flows"][0].sum(axis=0)
    assert all(flows[FLOW.index(name)] == 0 for name in ("arr_new", "expansion", "contraction", "churn"))
    end = sum(int(row["arr"]) for row in future.members)
    assert flows[FLOW.index("uplift")] == end - sum(start.values())


@pytest.mark.parametrize(("term", "renewals"), [(1, 12), (3, 4), (6, 2), (24, 1)])
def test_uplift_of_other_terms_compounds_to_the_yearly_rate(term: int, renewals: int) -> None:
    """A term of m months raises prices by (1 + u)^(m / 12): all terms reach the same price in the same time."""
    years = max(1, term // 12)
    future = play(scenario(days=366 * years, segment=segment(
        arr=1_000_000, term=f"{term} months", price={"uplift": "8% per year"},
        population={"members": 1})))  # fmt: skip
    rows = future.rows("renewed")
    assert len(rows) == renewals
    assert abs(int(rows["arr"][-1]) - 1e8 * 1.08**years) < renewals


def test_dated_price_changes() -> None:
    """A change reaches a member at its first renewal from that day on, once, unless it is grandfathered."""
    changes = [
        {"date": "2027-03-01", "change": "10%"},
        {"date": "2027-09-01", "change": "25%", "grandfather": True},
        {"date": "2028-03-01", "change": "-20%"},
    ]
    future = play(scenario(days=1000, segment=segment(
        arr=1000, term="6 months", price={"changes": changes}, population={"members": 1},
        arrivals={"per_month": 1})))  # fmt: skip
    old = [row["arr"] for row in future.rows("renewed") if row["member"] == 0]
    # Renewals on 2027-07-01, 2028-01-01, 2028-07-01, 2029-01-01 and on: the second change is not for this member.
    assert old[:4] == [110_000, 110_000, 88_000, 88_000]
    days = {"first": 59.0, "second": 243.0, "third": 425.0}
    for row in future.rows("joined"):
        factor = Fraction(1)
        for name, change in (("first", Fraction(11, 10)), ("second", Fraction(5, 4)), ("third", Fraction(4, 5))):
            if row["time"] >= days[name]:
                factor *= change
        assert row["arr"] == 100_000 * factor


@pytest.mark.parametrize("response", [-0.8, 0.5])
def test_renewal_responds_to_price(response: float) -> None:
    """A change of +15% moves the logit by 1.5 times the response per +10%."""
    n = 30_000
    changes = [{"date": "2027-03-01", "change": "15%"}]
    future = play(scenario(days=366, segment=segment(
        renewal={"probability": 0.75}, price={"changes": changes, "response": {"renewal": response}},
        population={"members": n})))  # fmt: skip
    p = 1 / (1 + math.exp(-(math.log(3) + 1.5 * response)))
    assert abs(z_share(len(future.rows("renewed")), n, p)) < Z

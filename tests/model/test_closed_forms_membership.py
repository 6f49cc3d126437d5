"""Survival, leaving and returning against closed forms.

Level: each test is fixed in its seed and allows 4 standard errors (6e-5 two-sided), or a p-value of 1e-4 in a test of
fit.
"""

from __future__ import annotations

import math
from typing import Any

import numpy as np
import pytest
from scipy import special, stats

from simulation.engine.ledger import FLOW
from simulation.model.state import KINDS
from tests.futures import YEAR, Future, Yaml, calibrated, play, scenario, segment, z_score, z_share

LEVEL = 1e-4
Z = 4.0


def survivors(future: Future, members: int, terms: int) -> np.ndarray:
    """How many of the members at the start renew for the 1st, 2nd, ... time."""
    rows = future.rows("renewed")
    numbers = np.zeros(members, int)
    for member in rows["member"]:
        numbers[member] += 1
    return np.array([(numbers >= n).sum() for n in range(1, terms + 1)])


def test_survival_is_geometric_when_the_probability_is_constant() -> None:
    """Lifetimes in terms are geometric, and leaving happens on due dates only."""
    n, p, terms = 50_000, 0.8, 12
    future = play(
        scenario(days=365 + 12 * 31 - 5, segment=segment(
            term="2 months", renewal={"probability": p}, population={"members": n}))
    )  # fmt: skip
    kept = survivors(future, n, terms)
    lifetimes = -np.diff(np.concatenate([[n], kept, [0]]))
    expected = n * np.append((1 - p) * p ** np.arange(terms), p**terms)
    assert stats.chisquare(lifetimes, expected).pvalue > LEVEL
    due = {(2027 + month // 12, month % 12 + 1) for month in range(2, 26, 2)}
    dates = np.datetime64("2027-01-01") + np.unique(future.rows("left")["time"]).astype(int)
    assert {(int(str(day)[:4]), int(str(day)[5:7])) for day in dates} == due
    assert all(str(day).endswith("-01") for day in dates)


@pytest.mark.parametrize(("a", "b"), [(9.0, 1.0), (2.0, 0.7), (0.6, 1.4)])
def test_survival_is_beta_geometric_when_the_probability_is_beta(a: float, b: float) -> None:
    """With p ~ Beta(a, b) over members the share left after t terms is B(a + t, b) / B(a, b) (Fader & Hardie 2007)."""
    n, terms = 50_000, 12
    future = play(
        scenario(days=365, segment=segment(
            term="1 month", renewal={"probability": {"beta": {"a": a, "b": b}}}, population={"members": n}))
    )  # fmt: skip
    kept = survivors(future, n, terms - 1)
    share = np.exp(special.betaln(a + np.arange(terms), b) - special.betaln(a, b))
    lifetimes = -np.diff(np.concatenate([[n], kept, [0]]))
    assert stats.chisquare(lifetimes, n * -np.diff(np.append(share, 0.0))).pvalue > LEVEL


PENALTIES = {"not_adopted": 1.5, "no_value": 0.6, "sensitivity": 1.2}


def test_renewal_is_logistic_in_velocity_and_penalties() -> None:
    """P(renew) = logistic(logit p + 1.2 (velocity - reference) - 1.5 [not adopted] - 0.6 [no value recognised])."""
    n = 40_000
    future = play(
        scenario(days=366, segment=segment(
            vector={"direction": {"typical": "30 deg", "spread": "40 deg"}, "magnitude": {"spread": 0.4}},
            journey={"adopted": {"stage": "adoption", "after": "5 months", "spread": 0.5},
                     "valued": {"stage": "value", "after": "3 months", "spread": 0.5, "self_evident": "60%"}},
            renewal={"probability": 0.85} | PENALTIES,
            population={"members": n}))
    )  # fmt: skip
    present = future.rows("present")
    velocity = present["magnitude"] * np.cos(present["direction"])
    reference = math.exp(0.4**2 / 2) * math.cos(math.radians(30)) * math.exp(-(math.radians(40) ** 2) / 2)

    def reached(kind: str, name: str | None = None) -> np.ndarray:
        """Members that a kind of row names before the renewal."""
        there = np.zeros(n, bool)
        there[future.rows(kind, name=name)["member"]] = True
        return there

    renewed = reached("renewed")
    adopted, recognised, done = (
        reached("milestone", "adopted"), reached("value_recognised"), reached("milestone", "valued"),
    )  # fmt: skip
    no_value = ~recognised & ~(done & (velocity > 0))
    logit = math.log(0.85 / 0.15) + 1.2 * (velocity - reference) - 1.5 * ~adopted - 0.6 * no_value
    p = special.expit(logit)
    calibrated(renewed, p)
    for group in (adopted & ~no_value, adopted & no_value, ~adopted):
        assert group.sum() > 1000
        assert abs(z_score((renewed - p)[group] / np.sqrt(p * (1 - p))[group], 0.0)) < Z


def test_escalation_costs_logit_points_at_the_renewal() -> None:
    """An escalation open at the renewal takes its points, and only then."""
    n = 40_000
    future = play(
        scenario(days=366, segment=segment(
            setbacks={"rate": "1 per year", "resolves_itself": "120 days", "escalates_after": "30 days", "turn": 0},
            renewal={"probability": 0.7, "escalation": 1.0},
            population={"members": n}))
    )  # fmt: skip
    rows = future.rows("escalated", "resolved")
    rows = rows[rows["time"] < 365.0]
    open_ = np.zeros(n, bool)
    open_[rows["member"]] = rows["kind"] == KINDS.index("escalated")  # the last row of a member stands
    renewed = np.zeros(n, bool)
    renewed[future.rows("renewed")["member"]] = True
    p = special.expit(math.log(0.7 / 0.3) - 1.0 * open_)
    for group in (open_, ~open_):
        assert group.sum() > 1000
        assert abs(z_share(int(renewed[group].sum()), int(group.sum()), float(p[group][0]))) < Z


@pytest.mark.parametrize(("days", "counted"), [(240, 0), (241, 0), (242, 1000)])
def test_a_renewal_counts_when_its_grace_ends_in_the_horizon(days: int, counted: int) -> None:
    """Due on day 181, in grace for 60 days: both ends are known on day 241, which a horizon of 241 days leaves out."""
    future = play(
        scenario(days=days, segment=segment(
            renewal={"probability": 0.5, "grace": {"length": "60 days", "recovery": 0}}, term="6 months",
            population={"members": 1000}))
    )  # fmt: skip
    flows = future.ledger["flows"][0]
    won, lost = (int(flows[:, FLOW.index(f"renewals_{name}")].sum()) for name in ("won", "lost"))
    assert won + lost == counted
    if counted:
        assert abs(z_share(won, counted, 0.5)) < Z


def test_grace_recovery() -> None:
    """A missed renewal leads to grace; after its length the stated share recovers, keeping its anchor date."""
    n = 30_000
    future = play(
        scenario(days=800, segment=segment(
            renewal={"probability": 0.5, "grace": {"length": "45 days", "recovery": 0.3}},
            population={"members": n}))
    )  # fmt: skip
    graces, recovered = future.rows("grace"), future.rows("recovered")
    first, second = graces["time"] == 365.0, graces["time"] == 731.0  # 2028 is a leap year
    assert (first | second).all()  # so the anchor stays, also for those who recovered 45 days late
    assert abs(z_share(int(first.sum()), n, 0.5)) < Z
    back = recovered["time"] == 365.0 + 45.0
    assert abs(z_share(int(back.sum()), int(first.sum()), 0.3)) < Z
    assert abs(z_share(int(second.sum()), int(n - first.sum() + back.sum()), 0.5)) < Z
    lost = future.rows("left")["time"]
    assert set(np.unique(lost)) == {365.0 + 45.0, 731.0 + 45.0}
    won = future.rows("renewed")["time"]
    assert (won == 365.0).sum() + back.sum() + (lost == 410.0).sum() == n


# ---- leaving in mid-term


def test_mid_term_churn_is_exponential() -> None:
    """With a constant hazard, time to leaving is exponential."""
    n = 20_000
    future = play(
        scenario(days=36000, segment=segment(mid_term_churn={"rate": "0.5 per year"}, population={"members": n}))
    )
    left = future.rows("left")["time"]
    assert len(left) == n
    assert stats.kstest(left, stats.expon(scale=2 * YEAR).cdf).pvalue > LEVEL


def test_mid_term_churn_varies_by_member() -> None:
    """With a gamma hazard over members, time to leaving is Lomax (Pareto II)."""
    n = 20_000
    rate: dict[str, Any] = {"gamma": {"a": 3, "scale": "0.5 per year"}}
    future = play(scenario(days=36000, segment=segment(mid_term_churn={"rate": rate}, population={"members": n})))
    left = np.append(future.rows("left")["time"] / YEAR, np.full(n, 1e9))[:n]
    observed = np.histogram(left, [0, 0.1, 0.25, 0.5, 1, 2, 4, 8, 16, 32, 64, 1e12])[0]
    law = stats.lomax(3, scale=2.0).cdf(np.array([0, 0.1, 0.25, 0.5, 1, 2, 4, 8, 16, 32, 64, 1e12]))
    assert stats.chisquare(observed, n * np.diff(law)).pvalue > LEVEL


def test_mid_term_churn_spends_one_exponential_budget() -> None:
    """The hazard integrated along a member's path up to its leaving is Exp(1), whatever the vector does."""
    n = 5_000
    future = play(
        scenario(days=7300, segment=segment(
            vector={"interactions": "2 per month", "direction": {"typical": "40 deg", "spread": "60 deg"},
                    "magnitude": {"spread": 0.5}, "outcome_shifts": {"rate": "1 per year", "turn": "50 deg"}},
            journey={"work": {"stage": "adoption", "after": "5 months", "spread": 0.5}},
            mid_term_churn={"rate": "0.8 per year", "sensitivity": 0.9},
            population={"members": n}))
    )  # fmt: skip
    reference = math.exp(0.5**2 / 2) * math.cos(math.radians(40)) * math.exp(-(math.radians(60) ** 2) / 2)
    log = future.log[np.lexsort((future.log["seq"], future.log["member"]))]
    hazard = 0.8 / YEAR * np.exp(-0.9 * (log["magnitude"] * np.cos(log["direction"]) - reference))
    same = log["member"][1:] == log["member"][:-1]
    spent = np.bincount(log["member"][:-1][same], (hazard[:-1] * np.diff(log["time"]))[same], n)
    there = np.zeros(n, bool)
    there[future.rows("left")["member"]] = True
    assert there.mean() > 0.99
    # The few who are still there are censored where they would be large: compare below the smallest of their budgets.
    limit = spent[~there].min() if (~there).any() else np.inf
    low = spent[there & (spent < limit)]
    assert stats.kstest(low, stats.truncexpon(limit).cdf if limit < 50 else stats.expon.cdf).pvalue > LEVEL


# ---- returning


def test_win_back_is_a_hazard_with_a_limit() -> None:
    """Of those who left a year ago or longer, 1 - exp(-rate * within) have returned, at truncated exponential times."""
    n = 20_000
    future = play(
        scenario(days=365 + 731, segment=segment(
            arr=500, renewal={"probability": 0}, term="12 months",
            win_back={"rate": "0.7 per year", "within": "1 year", "arr": "80%"},
            population={"members": n}))
    )  # fmt: skip
    returned = future.rows("returned")
    first = np.unique(returned["member"], return_index=True)[1]
    waits = returned["time"][first] - 365.0
    assert (waits < YEAR).all()
    assert abs(z_share(len(first), n, -math.expm1(-0.7))) < Z
    assert stats.kstest(waits / YEAR, stats.truncexpon(0.7, scale=1 / 0.7).cdf).pvalue > LEVEL
    assert set(returned["arr"][first]) == {40_000}


def test_leaving_and_returning_alternate() -> None:
    """With hazards a of leaving and b of returning, a member is there at t with b/(a+b) + a/(a+b) exp(-(a+b) t)."""
    n, a, b = 20_000, 2.0, 1.0
    future = play(
        scenario(days=1461, segment=segment(
            mid_term_churn={"rate": f"{a} per year"}, win_back={"rate": f"{b} per year"},
            population={"members": n}))
    )  # fmt: skip
    rows = future.rows("left", "returned")
    for t in (0.1, 0.4, 1.0, 3.9):
        before = rows[rows["time"] < t * YEAR]
        there = np.ones(n, bool)
        there[before["member"]] = before["kind"] == KINDS.index("returned")  # the last row of a member stands
        expected = b / (a + b) + a / (a + b) * math.exp(-(a + b) * t)
        assert abs(z_share(int(there.sum()), n, expected)) < Z


def test_each_absence_has_its_own_luck() -> None:
    """Stays and absences of one member are independent exponentials, first and second."""
    n = 4_000
    future = play(
        scenario(days=9000, segment=segment(
            mid_term_churn={"rate": "2 per year"}, win_back={"rate": "1 per year"}, population={"members": n}))
    )  # fmt: skip
    rows = future.rows("left", "returned")
    rows = rows[np.lexsort((rows["time"], rows["member"]))]
    first = np.searchsorted(rows["member"], np.arange(n))
    times = np.stack([rows["time"][first + k] for k in range(4)])  # 25 years are enough for two stays and absences
    assert (rows["member"][first + 3] == np.arange(n)).all()
    spans = np.diff(times, axis=0, prepend=0.0) / YEAR
    for span, mean in zip(spans, (0.5, 1.0, 0.5, 1.0), strict=True):
        assert stats.kstest(span, stats.expon(scale=mean).cdf).pvalue > LEVEL
    correlations = np.corrcoef(np.argsort(np.argsort(spans)))[np.triu_indices(4, 1)]
    assert np.abs(correlations).max() < Z / math.sqrt(n)


RETURNS = {"rate": "300 per year", "within": "1 year"}  # an absence is a day or two


@pytest.mark.parametrize("grace", [False, True])
def test_each_contract_has_its_own_luck(grace: bool) -> None:
    """Renewals, and recoveries in grace, after a return are decided anew: half of them are won, as before."""
    renewal: Yaml = {"probability": "50%"}
    if grace:
        renewal = {"probability": 0, "grace": {"length": "20 days", "recovery": "50%"}}
    n = 2_000
    future = play(
        scenario(days=1100, segment=segment(
            renewal=renewal, term="3 months", win_back=RETURNS, population={"members": n}))
    )  # fmt: skip
    rows = future.rows("returned", "recovered" if grace else "renewed", "left")
    rows = rows[np.lexsort((rows["time"], rows["member"]))]
    back = rows["kind"] == KINDS.index("returned")
    follows = back[:-1] & (rows["member"][1:] == rows["member"][:-1])
    won = rows["kind"][1:][follows] != KINDS.index("left")
    assert abs(z_share(int(won.sum()), len(won), 0.5)) < Z
    # what came before says nothing of it: so many decisions of a member are won, and so many lost
    decided = ~back
    many = np.bincount(rows["member"][decided], minlength=n)
    gains = np.bincount(rows["member"][decided & (rows["kind"] != KINDS.index("left"))], minlength=n)
    excess = (gains - many / 2) ** 2 / (many / 4)
    assert abs(excess.mean() - 1) < Z * math.sqrt(2 / n)


def test_first_renewals_are_those_of_first_contracts() -> None:
    """Each member has one first renewal and one n-th, whether or not it left in between."""
    n = 2_000
    future = play(
        scenario(days=1100, segment=segment(
            renewal={"probability": "50%"}, term="3 months", win_back=RETURNS, population={"members": n}))
    )  # fmt: skip
    flows, terms = future.ledger["flows"][0], future.ledger["terms"][0]
    first = flows[:, [FLOW.index("first_won"), FLOW.index("first_lost")]].sum(axis=0)
    assert first.sum() == n
    assert abs(z_share(int(first[0]), n, 0.5)) < Z
    assert (terms[0] == first).all()
    rows = future.rows("renewed", "left")
    decisions = np.bincount(rows["member"], minlength=n)
    for number in range(len(terms) - 1):
        assert terms[number].sum() == (decisions > number).sum()


def test_renewal_due_is_accepted_anew_after_a_return() -> None:
    """Whether a member accepts a call ahead of a renewal does not follow from what it said in its last contract."""
    n = 4_000
    act = {"when": {"renewal_due": "10 days"}, "accept": "50%"}
    future = play(
        scenario(days=130, segment=segment(renewal={"probability": 0}, term="2 months", win_back=RETURNS,
                                           population={"members": n}), interventions={"act": act})
    )  # fmt: skip
    rows = future.rows("delivered", "refused")
    rows = rows[np.lexsort((rows["time"], rows["member"]))]
    assert (np.bincount(rows["member"], minlength=n) == 2).all()
    said = rows["kind"].reshape(n, 2)
    assert abs(z_share(int((said[:, 0] == said[:, 1]).sum()), n, 0.5)) < Z


@pytest.mark.parametrize("kind", ["setback", "outcome_shift", "referred"])
def test_what_happens_unasked_goes_on_after_a_return(kind: str) -> None:
    """Setbacks, outcome shifts and referrals keep their rate of one a year in the time that a member is there."""
    n = 4_000
    one = segment(
        renewal={"probability": 0}, term="12 months", win_back=RETURNS, population={"members": n},
        setbacks={"rate": "1 per year", "resolves_itself": "0.001 days", "escalates_after": "900 days", "turn": 0},
        vector={"outcome_shifts": {"rate": "1 per year", "turn": "1 deg"}},
        advocacy={"rate": "1 per year", "velocity": 0, "needs_value": False, "converts": "100%", "segment": "others"},
    )  # fmt: skip
    future = play(scenario(days=730, segments={"one": one, "others": segment()}))
    stays = future.rows("left", "returned")
    gone = stays["kind"] == KINDS.index("left")
    absent = np.minimum(stays["time"][~gone], 730.0).sum() - stays["time"][gone].sum()
    absent += 730.0 * (gone.sum() - (~gone).sum())
    rows = future.rows(kind)
    later = int((rows["time"] >= 365.0).sum())
    for count, years in ((len(rows) - later, n * 365.0 / YEAR), (later, (n * 365.0 - absent) / YEAR)):
        assert abs(count - years) < Z * math.sqrt(years)


# ---- contraction


def test_contraction_is_logistic_and_of_the_stated_share() -> None:
    """P(contract) = logistic(logit p - sensitivity (velocity - reference)), the share given up as stated."""
    n = 30_000
    future = play(
        scenario(days=366, segment=segment(
            arr=10_000,
            vector={"direction": {"typical": "30 deg", "spread": "40 deg"}, "magnitude": {"spread": 0.4}},
            renewal={"contraction": {"probability": 0.2, "share": {"uniform": {"low": 0.1, "high": 0.5}},
                                     "sensitivity": 0.8}},
            population={"members": n}))
    )  # fmt: skip
    present = future.rows("present")
    velocity = present["magnitude"] * np.cos(present["direction"])
    reference = math.exp(0.4**2 / 2) * math.cos(math.radians(30)) * math.exp(-(math.radians(40) ** 2) / 2)
    contracted = np.zeros(n, bool)
    rows = future.rows("contracted")
    contracted[rows["member"]] = True
    calibrated(contracted, special.expit(math.log(0.25) - 0.8 * (velocity - reference)))
    share = 1 - rows["arr"] / 1_000_000
    assert stats.kstest(share, stats.uniform(0.1, 0.4).cdf).pvalue > LEVEL


# ---- setbacks


def test_setbacks() -> None:
    """The escalating share is 2^-(escalates_after / median); lives are exponential; one is open at a time.

    An open setback keeps others away, so setbacks begin at rate 1 / (gap + mean life): 1 / rate apart when closed.
    """
    n, days = 12_000, 1461
    future = play(
        scenario(days=days, segment=segment(
            setbacks={"rate": "4 per year", "resolves_itself": "45 days", "escalates_after": "20 days", "turn": 0},
            population={"members": n}))
    )  # fmt: skip
    rows = future.rows("setback", "escalated", "resolved")
    log = rows[np.lexsort((rows["seq"], rows["member"]))]
    setback, escalated, resolved = (KINDS.index(kind) for kind in ("setback", "escalated", "resolved"))
    begin = np.flatnonzero((log["kind"] == setback) & (log["time"] < days - 45 * 16))
    follows = np.zeros(len(log), np.int16)
    follows[:-1] = log["kind"][1:]
    escalates = follows[begin] == escalated
    share = 2.0 ** -(20 / 45)
    assert abs(z_share(int(escalates.sum()), len(begin), share)) < Z
    after = log["time"][begin[escalates] + 1] - log["time"][begin[escalates]]
    assert np.allclose(after, 20.0, atol=1e-9, rtol=0)
    end = begin + 1 + escalates
    assert (log["kind"][end] == resolved).all()  # 16 medians are enough for all
    assert (log["member"][end] == log["member"][begin]).all()
    life = log["time"][end] - log["time"][begin]
    mean_life = 45 / math.log(2)
    assert stats.kstest(life, stats.expon(scale=mean_life).cdf).pvalue > LEVEL
    again = end[(end < len(log) - 1)]
    again = again[(log["member"][np.minimum(again + 1, len(log) - 1)] == log["member"][again])]
    idle = log["time"][again + 1] - log["time"][again]
    fair = log["time"][again] < days - 15 * YEAR / 4  # whose next setback comes before the end, but for exp(-15)
    if fair.sum() > 500:
        assert stats.kstest(idle[fair], stats.expon(scale=YEAR / 4).cdf).pvalue > LEVEL
    opened = np.bincount(future.rows("setback")["member"], minlength=n)
    gap = YEAR / 4
    # Mean number of openings in [0, T) of an alternating renewal process that begins closed:
    # a b T / (a + b) + (a / (a + b))^2 (1 - exp(-(a + b) T)), a = 1 / gap, b = 1 / mean life.
    a, b = 1 / gap, 1 / mean_life
    expected = a * b * days / (a + b) + (a / (a + b)) ** 2 * -math.expm1(-(a + b) * days)
    assert abs(z_score(opened, expected)) < Z


def test_escalation_turns_away_by_the_stated_angle() -> None:
    """Only an escalation turns a member, on the side where it is, and never beyond 180 degrees."""
    future = play(
        scenario(days=1000, segment=segment(
            vector={"direction": {"typical": "20 deg", "spread": "60 deg"}},
            setbacks={"rate": "3 per year", "resolves_itself": "90 days", "escalates_after": "10 days",
                      "turn": "70 deg"},
            population={"members": 500}))
    )  # fmt: skip
    direction = np.zeros(500)
    at_limit = 0
    escalated = KINDS.index("escalated")
    for row in future.rows("present", "setback", "escalated", "resolved"):
        before = direction[row["member"]]
        if row["kind"] == escalated:
            expected = math.copysign(min(abs(before) + math.radians(70), max(abs(before), math.pi)), before)
            assert row["direction"] == pytest.approx(expected, abs=1e-12)
            at_limit += abs(row["direction"]) > math.pi - 1e-9
        elif row["time"] > 0:
            assert row["direction"] == before
        direction[row["member"]] = row["direction"]
    assert at_limit > 100


def test_setbacks_in_total_are_a_thinned_poisson_process() -> None:
    """Setbacks that resolve at once keep nobody away: openings are Poisson with the stated rate."""
    n = 2_000
    future = play(
        scenario(days=730, segment=segment(
            setbacks={"rate": "6 per year", "resolves_itself": "0.001 days", "escalates_after": "1 day", "turn": 0},
            population={"members": n}))
    )  # fmt: skip
    counts = np.bincount(future.rows("setback")["member"], minlength=n)
    mean = 6 * 730 / 365.25
    assert abs(counts.mean() - mean) < Z * math.sqrt(mean / n)
    dispersion = ((counts - counts.mean()) ** 2).sum() / counts.mean()
    assert LEVEL < stats.chi2(n - 1).cdf(dispersion) < 1 - LEVEL

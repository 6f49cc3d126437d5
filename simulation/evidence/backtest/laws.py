"""Numbers that a history shows directly: how many join, what they pay, who renews, who leaves early, who returns.

What the parameters do not explain is not left out: rates of years that scatter more than chance allows make the
draws wider, for the coming years will scatter so too.
"""

from __future__ import annotations

import datetime as dt
import math
from collections.abc import Sequence
from typing import TYPE_CHECKING

import numpy as np
import numpy.typing as npt

from simulation.evidence.backtest.baselines.bgbb import Chances, PosteriorGrid, active, fit_bgbb, posterior_grid
from simulation.evidence.backtest.baselines.contracts import MODELS, fit_contracts, survival
from simulation.evidence.backtest.fitters import DRAWS, Draft
from simulation.evidence.backtest.spells import Spells
from simulation.evidence.history import CODE

if TYPE_CHECKING:
    from simulation.evidence.history import History
    from simulation.scenario import Scenario

__all__ = ["amounts", "arrivals", "is_plain", "staying"]

Float = npt.NDArray[np.float64]
FEW = 20
"""Fewer amounts than this do not say how much they scatter."""
STRATA = 20
"""Groups of members, and of former members, that a fit sorts people into: a plan holds 62 segments."""
FITTED = 2
"""Degrees of freedom of a few years that the fitted curve takes up: its level and its slope."""
SURE = 1e-4


def is_plain(scenario: Scenario, name: str) -> bool:
    """Whether nothing but the member decides about staying: no journey, no team, no effect of the vector."""
    segment = scenario.segments[name]
    renewal = segment.renewal
    state = (renewal.not_adopted, renewal.no_value, renewal.escalation, renewal.sensitivity)
    churn = segment.mid_term_churn
    return (
        not segment.journey
        and not any(state)
        and renewal.grace is None
        and not scenario.interventions
        and (churn is None or churn.sensitivity == 0)
    )


def arrivals(draft: Draft, name: str, past: History, spells: Spells, origin: dt.date, recent: int) -> None:
    """New members per month: the mean of the months before the origin, as uncertain as they scatter."""
    end = np.datetime64(origin, "M")
    first = np.datetime64(past.first_day or origin, "M")
    months = int(min(recent, (end - first).astype(int) - 1))
    place = f"segments.{name}.arrivals"
    if months < 1:
        draft.notes.append(f"{name}: less than two months are past; arrivals stay as in the scenario.")
        return
    came = spells.begin[spells.first & spells.begun].astype("M8[M]")
    # Those of the first month are a cohort with which the record begins, not a rate.
    count = np.bincount((end - 1 - came).astype(np.int64)[(came >= end - months) & (came > first)], minlength=months)
    total = int(count[:months].sum())
    node = draft.tree["segments"][name]["arrivals"]
    node["growth"] = "0% per year"
    if total == 0:
        node["per_month"] = 0
        draft.notes.append(f"{name}: nobody joined in the {months} months before {origin}; so none is expected.")
        return
    scatter = _scatter(count[:months].astype(np.float64))
    draws = draft.rng.gamma((total + 0.5) / scatter, scatter / months, DRAWS)
    season = np.asarray(node.get("season", [1.0] * 12), np.float64)
    draft.set(f"{place}.per_month", draws / max(season.mean(), SURE))
    draft.notes.append(f"{name}: {total / months:,.1f} a month joined in the {months} months before {origin}.")


def _scatter(count: Float) -> float:
    """Variance of monthly counts over their mean, at least 1."""
    return max(1.0, float(count.var(ddof=1) / count.mean())) if len(count) > 2 else 1.0


def amounts(draft: Draft, name: str, past: History, origin: dt.date, recent: int) -> None:
    """ARR of new members: lognormal, by the amounts of those who joined."""
    frame, since = past.frame, np.datetime64(origin, "M") - recent
    rows = (past.codes == CODE["joined"]) & (frame["date"].to_numpy() >= since.astype("M8[us]"))
    if "segment" in frame and len(frame["segment"].cat.categories) > 1:
        rows &= (frame["segment"] == name).to_numpy()
    value = frame["value"].to_numpy()[rows]
    value = value[value > 0]
    if not len(value):
        return
    logs = np.log(value)
    if len(value) < FEW or np.ptp(logs) < 1e-9:
        draft.tree["segments"][name]["arr"] = float(round(float(np.exp(logs.mean())), 2))
        return
    spread = float(logs.std(ddof=1))
    draft.tree["segments"][name]["arr"] = {"lognormal": {"median": 1.0, "spread": float(f"{spread:.6g}")}}
    median = np.exp(logs.mean() + spread / math.sqrt(len(logs)) * draft.rng.standard_normal(DRAWS))
    draft.set(f"segments.{name}.arr.lognormal.median", median)


def staying(draft: Draft, name: str, past: History, spells: Spells, months: int) -> dict[str, str]:
    """Renewal, leaving during the term, and return, of a segment without a journey.

    Returns
    -------
    dict
        Member -> segment of the fit, for those who were sorted by what is known of them.
    """
    early = ~spells.here & ~spells.at_due
    if early.any():
        _leaving(draft, name, spells, early)
    if (~spells.first).any() and _by_term(spells):
        return _returning(draft, name, past, spells, months)
    moved = _renewing(draft, name, past, spells.of(~early), months)
    if (~spells.first).any():
        _coming_back(draft, name, spells)
    else:
        draft.tree["segments"][name].pop("win_back", None)
    for new in set(moved.values()):
        for part in ("mid_term_churn", "win_back"):
            draft.tree["segments"][new].pop(part, None)
            if part in draft.tree["segments"][name]:
                draft.tree["segments"][new][part] = {"rate": "1 per year"}
                draft.set(f"segments.{new}.{part}.rate", draft.draws[f"segments.{name}.{part}.rate"], "per year")
    return moved


def _by_term(spells: Spells) -> bool:
    """Whether members return when a yearly term would have begun, and leave then: gifts, seasons, congresses."""
    again, first = spells.of(~spells.first), spells.of(spells.first)
    place = np.searchsorted(first.member, again.member)
    anchor, term = first.begin[place], first.term[place]
    months = (again.begin.astype("M8[M]") - anchor.astype("M8[M]")).astype(np.int64)
    return bool(
        (term == 12).all() and (months % term == 0).mean() > 0.9 and spells.at_due.sum() > 0.9 * (~spells.here).sum()
    )


def _year_scatter(due: Float, won: Float, expected: Float) -> tuple[float, int]:
    """Standard deviation of a year's logit that chance does not explain, and the degrees of freedom it rests on."""
    used = (due > 0) & (expected > 0) & (expected < due)
    if used.sum() < 2:
        return 0.0, int(used.sum())
    d, w, e = due[used], won[used], expected[used]
    residual = np.log((w + 0.5) / (d - w + 0.5)) - np.log(e / (d - e))
    chance = d / (e * (d - e))
    free = max(int(used.sum()) - FITTED, 1)
    return math.sqrt(max(0.0, float((residual**2 - chance).sum())) / free), free


def _renewing(draft: Draft, name: str, past: History, spells: Spells, months: int) -> dict[str, str]:
    """Renewal by the number of the term: the renewal models weighed by BIC, as Beta laws of members of one tenure.

    A member's own probability does not change in the engine, and its Beta law gives the shifted beta-geometric. What
    another model says of members who have won k renewals is put into a Beta law of theirs, with the same next renewal
    and the same survival over the horizon.
    """
    table = spells.risk_table()
    place = f"segments.{name}.renewal.probability"
    if not len(table.due):
        draft.notes.append(f"{name}: no renewal was due before the origin; the scenario's own numbers stand.")
        return {}
    if table.won.sum() == table.due.sum():
        draft.set(place, draft.rng.beta(table.due.sum() + 0.5, 0.5, DRAWS))
        draft.notes.append(f"{name}: all of {table.due.sum():,.0f} renewals were won.")
        return {}
    fits = [fit_contracts(model, table) for model in MODELS]
    score = np.array([fit.log_likelihood - 0.5 * len(fit.log_parameters) * math.log(table.due.max()) for fit in fits])
    weight = np.exp(score - score.max())
    weight /= weight.sum()
    best = fits[int(weight.argmax())]
    alive = survival(best.model, best.log_parameters, np.arange(len(table.due) + 1))
    by_term = alive[1:] / alive[:-1]
    year, due, won = spells.by_year()
    expected = _expected_by_year(spells, year, by_term)
    scatter, years = _year_scatter(due.astype(np.float64), won.astype(np.float64), expected)
    shift = scatter * draft.rng.standard_t(max(years, 1), DRAWS)
    drawn = [(fits[at].model, fits[at].draw(draft.rng)) for at in draft.rng.choice(len(fits), DRAWS, p=weight)]
    here = spells.of(spells.here)
    tenure = spells.next_due()[0]
    ahead = max(2, -(-months // int(spells.term[0])))
    segment = dict(draft.tree["segments"][name])
    ids = past.by_member().member_id
    moved: dict[str, str] = {}
    count = np.bincount(tenure, minlength=1)
    for number, own in enumerate(_strata(np.arange(len(count)).tolist(), count), 1):
        new = f"{name}_here_{number}"
        chosen = np.isin(tenure, own)
        draft.tree["segments"][new] = {**segment, "arrivals": {"per_month": 0}}
        _beta_law(draft, new, drawn, round(float(tenure[chosen].mean())), ahead, shift)
        moved |= {ids[one]: new for one in here.member[chosen].tolist()}
    _beta_law(draft, name, drawn, 0, ahead, shift)
    words = ", ".join(f"{100 * rate:.0f}%" for rate in by_term[:5])
    models = ", ".join(f"{MODELS[fit.model].title} {share:.0%}" for fit, share in zip(fits, weight, strict=True))
    draft.notes.append(
        f"{name}: {table.won.sum():,.0f} of {table.due.sum():,.0f} renewals were won; by their number {words}. "
        f"Weights: {models}. Years differ by {scatter:.2f} logit points more than chance."
    )
    return moved


def _beta_law(draft: Draft, name: str, drawn: list[tuple[str, Float]], tenure: int, ahead: int, shift: Float) -> None:
    """The Beta law of renewal of members of one tenure, draw by draw."""
    ends = []
    for (model, parameters), by in zip(drawn, shift.tolist(), strict=True):
        alive = np.maximum(survival(model, parameters, tenure + np.arange(ahead + 1)), 1e-300)
        mean = min(max(float(alive[1] / alive[0]), 1e-4), 1 - 1e-4)
        size = _size(mean, min(float(alive[-1] / alive[0]), mean), ahead)
        mean = _logistic(math.log(mean / (1 - mean)) + by)
        ends.append((max(mean * size, SURE), max((1 - mean) * size, SURE)))
    draft.tree["segments"][name]["renewal"] = {"probability": {"beta": {}}}
    draft.set(f"segments.{name}.renewal.probability.beta.a", [a for a, _ in ends])
    draft.set(f"segments.{name}.renewal.probability.beta.b", [b for _, b in ends])


def _size(mean: float, survives: float, renewals: int) -> float:
    """a + b of the Beta law with this mean of which so many survive several renewals."""
    from scipy.optimize import brentq
    from scipy.special import betaln

    def gap(log_size: float) -> float:
        size = math.exp(log_size)
        a, b = mean * size, (1 - mean) * size
        return float(betaln(a + renewals, b) - betaln(a, b)) - math.log(max(survives, 1e-300))

    low, high = math.log(0.05), math.log(2000.0)
    if gap(low) <= 0:
        return 0.05
    return 2000.0 if gap(high) >= 0 else math.exp(float(brentq(gap, low, high, xtol=1e-4)))


def _expected_by_year(spells: Spells, years: npt.NDArray[np.int64], by_term: Float) -> Float:
    """Renewals expected to be won in each year by a rate that depends on the number of the term alone."""
    from simulation.evidence.history.terms import add_months

    won = spells.won()
    expected = np.zeros(len(years))
    for number, rate in enumerate(by_term, 1):
        up = (won >= number) | ((won == number - 1) & ~spells.here)
        day = add_months(spells.begin[up], number * spells.term[up])
        day = day[day < np.datetime64(spells.until, "D")]
        place = np.searchsorted(years, day.astype("M8[Y]").astype(np.int64) + 1970)
        expected += rate * np.bincount(place, minlength=len(years))[: len(years)]
    return expected


def _leaving(draft: Draft, name: str, spells: Spells, early: npt.NDArray[np.bool_]) -> None:
    """A hazard of leaving during the term: leavings over member-years, by calendar quarter for their scatter."""
    until = np.datetime64(spells.until, "D")
    end = np.where(spells.here, until, spells.end)
    quarters = np.arange(spells.begin.min().astype("M8[M]"), until.astype("M8[M]") + 1, 3).astype("M8[D]")
    exposure, left = [], []
    for low, high in zip(quarters[:-1], quarters[1:], strict=True):
        time = np.clip((np.minimum(end, high) - np.maximum(spells.begin, low)).astype(np.float64), 0, None).sum()
        exposure.append(time / 365.25)
        left.append(int((early & (spells.end >= low) & (spells.end < high)).sum()))
    years, lost = np.array(exposure[-12:]), np.array(left[-12:], np.float64)
    if years.sum() <= 0 or lost.sum() == 0:
        return
    rate = lost.sum() / years.sum()
    scatter = max(1.0, float((((lost - rate * years) ** 2) / np.maximum(rate * years, SURE)).mean()))
    draws = draft.rng.gamma((lost.sum() + 0.5) / scatter, scatter / years.sum(), DRAWS)
    draft.tree["segments"][name]["mid_term_churn"] = {"rate": "1 per year"}
    draft.set(f"segments.{name}.mid_term_churn.rate", draws, "per year")
    draft.notes.append(
        f"{name}: {lost.sum():,.0f} left during a term in the last {3 * len(years)} months, {rate:.1%} a year."
    )


def _coming_back(draft: Draft, name: str, spells: Spells) -> None:
    """A hazard of returning, of those who leave from now on."""
    until = np.datetime64(spells.until, "D")
    order = spells.member[1:] == spells.member[:-1]
    away = np.where(order, spells.begin[1:] - spells.end[:-1], until - spells.end[:-1]).astype(np.float64)
    away = away[~np.isnat(spells.end[:-1])]
    years, back = np.clip(away, 0, None).sum() / 365.25, int(order.sum())
    draws = draft.rng.gamma(back + 0.5, 1 / max(years, SURE), DRAWS)
    draft.tree["segments"][name]["win_back"] = {"rate": "1 per year"}
    draft.set(f"segments.{name}.win_back.rate", draws, "per year")
    draft.notes.append(
        f"{name}: {back:,} came back in {years:,.0f} years of absence; who left before the origin stays away."
    )


def _returning(draft: Draft, name: str, past: History, spells: Spells, months: int) -> dict[str, str]:
    """Renewal and return of members who may skip a term and be back: people sorted by what is known of them.

    The law is BG/BB's: a chance p of coming while interested, a chance theta of losing interest for ever, both Beta
    over members. Everybody's own p and theta are then known as far as his past shows them. Members with the same past
    become a segment: renewal by the Beta of their p (1 - theta), return by a `win_back` at the rate and for as long
    as the interested among them come back. Former members are segments whose arrivals are their expected returns.
    """
    rows, members = spells.chances()
    known = spells.grouped_chances()
    fit = fit_bgbb(known)
    term = int(spells.term[0])
    place = {tuple(row): at for at, row in enumerate(zip(*_columns(known), strict=True))}
    group = np.array([place[tuple(row)] for row in rows.tolist()])
    here = np.isin(members, spells.member[spells.here])
    scatter, years = _chance_scatter(spells, rows, fit.log_parameters)
    shift = np.exp(np.clip(scatter * draft.rng.standard_t(max(years, 1), DRAWS), -0.5, 0.5))
    parameters = [fit.draw(draft.rng) for _ in range(DRAWS)]
    facts = [_Known(parameters, *one, steps=max(1, -(-months // term))) for one in zip(*_columns(known), strict=True)]
    segment = dict(draft.tree["segments"][name])
    ids = past.by_member().member_id
    moved: dict[str, str] = {}
    for label, who in (("here", here), ("lapsed", ~here)):
        count = np.bincount(group[who], minlength=len(facts))
        for number, own in enumerate(_strata([fact.centre for fact in facts], count), 1):
            new = f"{name}_{label}_{number}"
            share = count[own] / count[own].sum()
            draft.tree["segments"][new] = {**segment, "renewal": {}, "arrivals": {"per_month": 0}}
            _law(draft, new, [facts[at] for at in own], share, shift, term)
            if label == "here":
                draft.centred.append(new)
                chosen = members[here & np.isin(group, own)]
                moved |= {ids[one]: new for one in chosen.tolist()}
            else:
                draft.lapsed.append(new)
                _returns(draft, new, [facts[at] for at in own], count[own], shift)
    _law(draft, name, [_Known(parameters, 0, 0, 0, steps=1)], np.ones(1), shift, term)
    a, b, c, d = fit.parameters
    draft.notes.append(
        f"{name}: {known.members.sum():,} members with {int((known.chances * known.members).sum()):,} chances to come "
        f"again; BG/BB (alpha {a:.3f}, beta {b:.3f}, gamma {c:.3f}, delta {d:.3f}; log-likelihood "
        f"{fit.log_likelihood:,.1f}). Years differ by {scatter:.1%} more than chance (with {years} degrees of freedom)."
    )
    return moved


def _columns(known: Chances) -> tuple[list[int], list[int], list[int]]:
    return known.taken.tolist(), known.last.tolist(), known.chances.tolist()


def _chance_scatter(spells: Spells, rows: npt.NDArray[np.int64], parameters: Float) -> tuple[float, int]:
    """Standard deviation of the log of a year's comers that chance does not explain, and its degrees of freedom."""
    from simulation.evidence.history.terms import add_months

    first = spells.of(spells.first)
    came: dict[int, float] = {}
    hoped: dict[int, float] = {}
    for number in range(1, int(rows[:, 2].max()) + 1):
        up = rows[:, 2] >= number
        day = add_months(first.begin, number * first.term)
        rate = float(active(parameters, 1.0, number))
        lookup = np.full(int(spells.member.max()) + 1, np.datetime64("NaT"), "M8[D]")
        lookup[first.member[up]] = day[up]
        at = lookup[spells.member]
        present = (spells.begin <= at) & (np.isnat(spells.end) | (spells.end > at))
        year = day[up].astype("M8[Y]").astype(np.int64) + 1970
        for one in np.unique(year).tolist():
            hoped[one] = hoped.get(one, 0.0) + rate * float((year == one).sum())
            came[one] = came.get(one, 0.0) + float(
                (present & (at.astype("M8[Y]").astype(np.int64) + 1970 == one)).sum()
            )
    c, h = np.array([came[one] for one in hoped]), np.array(list(hoped.values()))
    residual = np.log((c + 0.5) / (h + 0.5))
    free = max(len(h) - FITTED, 1)
    return math.sqrt(max(0.0, float((residual**2 - 1 / (h + 0.5)).sum())) / free), free


class _Known:
    """What draws of the parameters say of members with one past, per draw; a step is a term.

    Attributes
    ----------
    renews, renews_squared
        E and E of the square of p (1 - theta), of those who are interested (after a return: of those who returned).
    again, ever
        Of those who skip: chance to be back at the next chance, and ever.
    returns
        float64[draws, steps]: chance of a former member to be back first at each chance.
    """

    def __init__(self, parameters: list[Float], taken: int, last: int, chances: int, steps: int) -> None:
        found = [self._one(posterior_grid(one, taken, last, chances), steps, chances > last) for one in parameters]
        table = np.array([numbers for numbers, _ in found])
        self.renews, self.renews_squared, self.again, self.ever = table.T
        self.returns = np.array([returns for _, returns in found])
        self.centre = float(self.renews.mean())

    @staticmethod
    def _one(grid: PosteriorGrid, steps: int, away: bool) -> tuple[tuple[float, float, float, float], Float]:
        rate = grid.p * (1 - grid.theta)
        wait = (1 - grid.p) * (1 - grid.theta)
        interested = grid.weight * grid.alive
        returns = np.array([(interested * rate * wait**step).sum() for step in range(steps)])
        if away:  # what counts is what those are like who do return
            interested = interested * rate / np.maximum(1 - wait, SURE)
        weight = interested / interested.sum()
        mean = float((weight * rate).sum())
        square = float((weight * rate**2).sum())
        skips = max(float((weight * (1 - rate)).sum()), SURE)
        again = float((weight * wait * rate).sum()) / skips
        ever = float((weight * wait * rate / np.maximum(1 - wait, SURE)).sum()) / skips
        return (mean, square, again, ever), returns


def _strata(centres: Sequence[float], count: npt.NDArray[np.int64]) -> list[npt.NDArray[np.int64]]:
    """Pasts in at most STRATA groups of like renewal: each past its own, or those next to each other together."""
    used = np.flatnonzero(count)
    order = used[np.argsort(np.array(centres)[used], kind="stable")]
    if len(order) <= STRATA:
        return [order[at : at + 1] for at in range(len(order))]
    share = (np.cumsum(count[order]) - count[order] / 2) / count[order].sum()
    label = np.minimum((share * STRATA).astype(int), STRATA - 1)
    return [order[label == one] for one in np.unique(label)]


def _law(draft: Draft, name: str, facts: list[_Known], share: Float, shift: Float, term: int) -> None:
    """Renewal and win-back of a segment of the fit."""
    weight = share[:, None]
    mean = (weight * np.array([one.renews for one in facts])).sum(0)
    square = (weight * np.array([one.renews_squared for one in facts])).sum(0)
    again = (weight * np.array([one.again for one in facts])).sum(0)
    ever = (weight * np.array([one.ever for one in facts])).sum(0)
    variance = np.maximum(square - mean**2, 1e-6)
    again = np.clip(again * shift, SURE, 0.9)
    # Renewals are put in the middle of the step (`fitters._book`), where on average those of the returned are too.
    # So the engine lets a member be back in the half after it, which the record would call renewed.
    half = -np.expm1(np.log1p(-again) / 2)
    renews = np.clip((np.clip(mean * shift, 0.02, 0.985) - half) / (1 - half), 0.01, 0.98)
    size = np.maximum(renews * (1 - renews) / variance - 1, 0.2)
    draft.tree["segments"][name]["renewal"] = {"probability": {"beta": {}}}
    draft.set(f"segments.{name}.renewal.probability.beta.a", np.maximum(renews * size, SURE))
    draft.set(f"segments.{name}.renewal.probability.beta.b", np.maximum((1 - renews) * size, SURE))
    hazard = -np.log1p(-again)  # per term
    total = np.clip(np.maximum(ever, again), again, 0.95)
    within = float(np.median(0.5 - np.log1p(-total) / hazard)) * term
    draft.tree["segments"][name]["win_back"] = {"rate": "1 per year", "within": f"{max(within, term):.3f} months"}
    draft.set(f"segments.{name}.win_back.rate", hazard * 12 / term, "per year")


def _returns(draft: Draft, name: str, facts: list[_Known], count: npt.NDArray[np.int64], shift: Float) -> None:
    """Returns of former members as arrivals, fewer each year."""
    expected = sum(n * one.returns for n, one in zip(count.tolist(), facts, strict=True)) * shift[:, None]
    assert isinstance(expected, np.ndarray)
    mean = expected.mean(axis=0)
    fall = (mean[-1] / mean[0]) ** (1 / (len(mean) - 1)) if len(mean) > 1 and mean[0] > 0 else 1.0
    draft.tree["segments"][name]["arrivals"] = {"growth": f"{100 * (fall - 1):.6f}% per year"}
    level = expected.sum(axis=1) / (fall ** np.arange(len(mean))).sum()  # as many in all; of the first year
    # A rate that falls through a year has its mean near the middle.
    draft.set(f"segments.{name}.arrivals.per_month", level / 12 / fall**0.5)


def _logistic(x: float) -> float:
    return 1 / (1 + math.exp(-x))

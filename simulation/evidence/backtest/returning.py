"""Members who may skip a term and be back: BG/BB with good and bad years, people sorted by what is known of them.

While interested, a member comes at each yearly chance with probability p; before each chance it loses interest for
ever with probability theta; both are Beta over members (Fader, Hardie & Shang 2010, Marketing Science 29(6),
1086-1108). A year's level is added to the logit of p. Given that a member is interested still, its p and its theta are
independent, so everything that is needed is a sum of products of one-dimensional integrals.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
import numpy.typing as npt

from simulation.evidence.backtest.fitters import DRAWS, HALF, Draft
from simulation.evidence.backtest.rates import STRONGEST
from simulation.evidence.backtest.spells import Spells, Taken
from simulation.evidence.backtest.strata import strata
from simulation.evidence.backtest.years import Learnt, Years, learn

if TYPE_CHECKING:
    from simulation.evidence.history import History

__all__ = ["Pasts", "gift_law", "returning"]

Float = npt.NDArray[np.float64]
Int = npt.NDArray[np.int64]
SURE = 1e-4
CENTRE, SCALE = (0.0, 0.0, 0.0, 0.0), (1.5, 1.5, 1.5, 1.5)
"""Normal prior of the logarithms of alpha, beta, gamma and delta: both Betas are near the uniform law."""
MOST = 600
"""Different pasts from which the law is learnt; of more, members are drawn until there are so many."""
TYPES = 15
"""Members of one segment of the fit, by quantiles of their own chance to renew."""
ROUNDS = 40
"""Chances ahead over which a return is summed."""
Z = np.linspace(-6.0, 6.0, 41)
WEIGHT: Float = np.exp(-(Z**2) / 2) / np.exp(-(Z**2) / 2).sum()


@dataclass(frozen=True)
class Pasts:
    """Members by what they did at each chance so far.

    Attributes
    ----------
    came
        bool[K, N]: whether the chance was taken; the first chance is in place 0.
    first
        int64[K], calendar year of the first chance, from the earliest.
    chances, last
        int64[K]: how many chances there were, and the number of the last one that was taken.
    members
        int64[K].
    """

    came: npt.NDArray[np.bool_]
    first: Int
    chances: Int
    last: Int
    members: Int

    @classmethod
    def of(cls, taken: Taken, rows: npt.NDArray[np.bool_] | None = None) -> tuple[Pasts, Int]:
        """Group members (or some of them) with the same past; also the place of each member's past."""
        chosen = slice(None) if rows is None else rows
        width = taken.came.shape[1]
        key = np.column_stack([taken.year[chosen], taken.chances[chosen], taken.came[chosen]]).astype(np.int64)
        unique, place, count = np.unique(key, axis=0, return_inverse=True, return_counts=True)
        came = unique[:, 2:].astype(bool)
        last = (came * np.arange(1, width + 1)).max(axis=1, initial=0)
        return cls(came, unique[:, 0], unique[:, 1], last, count.astype(np.int64)), place.reshape(-1)

    @property
    def years(self) -> int:
        """Calendar years from the first chance to the last."""
        return int((self.first + self.chances).max())


def gift_law(pasts: Pasts) -> Years:
    """Learn BG/BB and its years."""
    members = pasts.members

    def log_likelihood(law: Float, levels: Float) -> float:
        return float(members @ np.log(np.maximum(_Seen(pasts, law, levels).chance, 1e-300)))

    return learn(log_likelihood, CENTRE, SCALE, pasts.years, alone=len(np.unique(pasts.first)) == 1)


class _Seen:
    """Pasts under one law and one run of years.

    Attributes
    ----------
    logit
        float64[Q], nodes of logit p.
    alive
        float64[K, Q], weight of each node of p, times the chance of the past, if interested still.
    chance
        float64[K], chance of the past.
    interested
        float64[K], chance to be interested still, given the past.
    """

    def __init__(self, pasts: Pasts, law: Float, levels: Float) -> None:
        from scipy.special import betaincinv, betaln, logit, ndtr

        self.alpha, self.beta, self.gamma, self.delta = np.exp(np.clip(law, -12.0, 12.0))
        p = np.clip(betaincinv(self.alpha, self.beta, ndtr(Z)), 1e-12, 1 - 1e-12)
        self.logit: Float = logit(p)
        width = pasts.came.shape[1]
        chance = np.arange(width)
        year = np.minimum(pasts.first[:, None] + chance, max(len(levels) - 1, 0))
        level = levels[year] if len(levels) else np.zeros(year.shape)
        at = self.logit[None, :, None] + level[:, None, :]
        log = -np.logaddexp(0.0, np.where(pasts.came[:, None, :], -at, at))
        # Beyond the chances that there were, nothing was seen.
        log = np.where(chance < pasts.chances[:, None, None], log, 0.0)
        product = np.exp(np.cumsum(log, axis=2))
        product = np.concatenate([np.ones((*product.shape[:2], 1)), product], axis=2)
        known: Float = np.einsum("q,kqd->kd", WEIGHT, product)  # came and stayed away so up to chance d
        d, n = np.arange(width + 1), pasts.chances[:, None]
        end = np.where(d < n, betaln(self.gamma + 1, self.delta + d), betaln(self.gamma, self.delta + d))
        lost = np.exp(end - betaln(self.gamma, self.delta)) * ((d >= pasts.last[:, None]) & (d <= n))
        rows = np.arange(len(pasts.members))
        self.chance: Float = (known * lost).sum(axis=1)
        self.alive: Float = WEIGHT * product[rows, :, pasts.chances]
        self.interested: Float = (known * lost)[rows, pasts.chances] / np.maximum(self.chance, 1e-300)

    def stays(self, chances: Int, rounds: int) -> Float:
        """E[(1 - theta)^j] of the interested, j = 0 .. rounds; float64[K, rounds + 1]."""
        from scipy.special import betaln

        left = self.delta + chances[:, None]
        result: Float = np.exp(betaln(self.gamma, left + np.arange(rounds + 1)) - betaln(self.gamma, left))
        return result


class _Ahead:
    """What draws of the law and the years say of members with one past, per draw; a step is a term.

    Attributes
    ----------
    renews, renews_squared
        float64[draws, K]: E and E of the square of p (1 - theta), of those who are interested (of who stays away: of
        those who return).
    again
        float64[draws, K]: of those who skip, the chance to be back at the next chance.
    active
        float64[draws, K, steps]: chance to come at each chance ahead, of the same people.
    returns
        float64[draws, K, steps]: chance of a former member to be back first at each chance.
    """

    def __init__(self, pasts: Pasts, drawn: list[Learnt], steps: int) -> None:
        found = [self._one(pasts, one, steps) for one in drawn]
        self.renews, self.renews_squared, self.again, self.active, self.returns = (
            np.array([one[place] for one in found]) for place in range(5)
        )

    @staticmethod
    def _one(pasts: Pasts, one: Learnt, steps: int) -> tuple[Float, Float, Float, Float, Float]:
        seen = _Seen(pasts, one.law, one.levels)
        # A plan has one number for all years: the end scatters as it should, the first years too much.
        p = 1 / (1 + np.exp(-seen.logit - one.ahead.mean()))
        power = np.arange(ROUNDS)
        # Moments of p given the past: of p (1-p)^j, p^2 (1-p)^j and p^3 (1-p)^j.
        weight = seen.alive / np.maximum(seen.alive.sum(axis=1, keepdims=True), 1e-300)
        falls = (1 - p)[:, None] ** power
        first, second, third = (weight @ (p[:, None] ** k * falls) for k in (1, 2, 3))
        stays = seen.stays(pasts.chances, ROUNDS + max(steps, 2) + 1)
        back = first * stays[:, 1 : ROUNDS + 1]  # interested, skips j times, then comes
        total = np.maximum(back.sum(axis=1), SURE)
        away = pasts.last < pasts.chances
        mean = np.where(away, (second * stays[:, 2 : ROUNDS + 2]).sum(axis=1) / total, first[:, 0] * stays[:, 1])
        square = np.where(away, (third * stays[:, 3 : ROUNDS + 3]).sum(axis=1) / total, second[:, 0] * stays[:, 2])
        skips = np.maximum(1 - mean, SURE)
        # Of who stays away, what counts is what those are like who return after some chances, and then skip again.
        later = second[:, 1:] * stays[:, 3 : ROUNDS + 2]
        again = np.where(away, later.sum(axis=1) / total, back[:, 1])
        active = np.stack(
            [
                np.where(
                    away, (second * stays[:, h + 1 : h + 1 + ROUNDS]).sum(axis=1) / total, first[:, 0] * stays[:, h]
                )
                for h in range(1, steps + 1)
            ],
            axis=1,
        )
        return mean, square, again / skips, active, seen.interested[:, None] * back[:, :steps]


def returning(draft: Draft, name: str, past: History, spells: Spells, months: int) -> dict[str, str]:
    """Renewal and return of members who may skip a term and be back: people sorted by what is known of them.

    Everybody's own p and theta are known as far as his past shows them. Members with the same past become a segment:
    renewal by the Beta of their p (1 - theta), return by a `win_back` at the rate and for as long as the interested
    among them come back. Former members are segments whose arrivals are their expected returns.

    Returns
    -------
    dict
        Member -> segment of the fit.
    """
    taken = spells.taken()
    pasts, group = Pasts.of(taken)
    known = gift_law(_some(taken, draft.rng))
    term = int(spells.term[0])
    steps = max(1, -(-months // term))
    drawn = known.draw(draft.rng, DRAWS, steps)
    ahead = _Ahead(pasts, drawn, steps)
    here = np.isin(taken.member, spells.member[spells.here])
    ids = past.by_member().member_id
    moved: dict[str, str] = {}
    for label, who in (("here", here), ("lapsed", ~here)):
        count = np.bincount(group[who], minlength=len(pasts.members))
        for number, own in enumerate(strata(ahead.renews.mean(axis=0).tolist(), count), 1):
            new = f"{name}_{label}_{number}"
            draft.split(name, new, {"renewal": {}})
            _law(draft, new, ahead, own, count[own] / count[own].sum(), term)
            if label == "here":
                chosen = [ids[one] for one in taken.member[here & np.isin(group, own)].tolist()]
                moved |= dict.fromkeys(chosen, new)
                draft.dues |= dict.fromkeys(chosen, HALF)
            else:
                draft.lapsed.append(new)
                _returns(draft, new, ahead.returns[:, own], count[own])
    nobody = Pasts(np.zeros((1, 1), bool), *(np.array([one]) for one in (0, 0, 0, 1)))
    _law(draft, name, _Ahead(nobody, drawn, 1), np.zeros(1, np.int64), np.ones(1), term)
    a, b, c, d = np.exp(known.law).tolist()
    draft.notes.append(
        f"{name}: {len(taken.member):,} members with {int(taken.chances.sum()):,} chances to come again; BG/BB (alpha "
        f"{a:.3f}, beta {b:.3f}, gamma {c:.3f}, delta {d:.3f}). {known.words()}"
    )
    return moved


def _some(taken: Taken, rng: np.random.Generator) -> Pasts:
    """Pasts to learn from; of too many different ones, those of members drawn by chance."""
    every, place = Pasts.of(taken)
    if len(every.members) <= MOST:
        return every
    order = rng.permutation(len(place))
    first = np.sort(np.unique(place[order], return_index=True)[1])
    rows = np.zeros(len(place), bool)
    rows[order[: first[MOST]]] = True
    return Pasts.of(taken, rows)[0]


def _law(draft: Draft, name: str, ahead: _Ahead, own: Int, share: Float, term: int) -> None:
    """Renewal and win-back of a segment of the fit: of its pasts `own` in these shares."""
    mean, square, again = (one[:, own] @ share for one in (ahead.renews, ahead.renews_squared, ahead.again))
    again = np.clip(again, SURE, 0.9)
    # Renewals are put in the middle of the step (`fitters._book`), where on average those of the returned are too.
    # So the engine lets a member be back in the half after it, which the record would call renewed.
    half = -np.expm1(np.log1p(-again) / 2)
    renews = np.clip((mean - half) / (1 - half), 0.002, 0.998)
    variance = np.maximum(square - mean**2, 1e-6) / (1 - half) ** 2
    size = np.maximum(renews * (1 - renews) / variance - 1, 0.2)
    draft.tree["segments"][name]["renewal"] = {"probability": {"beta": {}}}
    draft.set(f"segments.{name}.renewal.probability.beta.a", np.maximum(renews * size, SURE))
    draft.set(f"segments.{name}.renewal.probability.beta.b", np.maximum((1 - renews) * size, SURE))
    hazard = -np.log1p(-again)  # per term
    target = float((share @ ahead.active.mean(axis=0)[own]).sum())
    a, b = float((renews * size).mean()), float(((1 - renews) * size).mean())
    within = _within(a, b, float(hazard.mean()), target, ahead.active.shape[2]) * term / 12
    draft.tree["segments"][name]["win_back"] = {"rate": "1 per year", "within": f"{within:.3f} months"}
    draft.set(f"segments.{name}.win_back.rate", hazard * 12 / term, "per year")


def _within(a: float, b: float, hazard: float, target: float, steps: int) -> int:
    """Twelfths of a term in which a skipping member may return, so that so many are there at the end of the steps.

    The engine's members keep their own chance to renew, and return at a common hazard; BG/BB's lose interest. With the
    right length of `win_back` as many are there, summed over the steps.
    """
    low, high = 6, 12 * ROUNDS
    while high - low > 1:
        middle = (low + high) // 2
        low, high = (middle, high) if _there(a, b, hazard, middle, steps) < target else (low, middle)
    return high


def _there(a: float, b: float, hazard: float, within: int, steps: int) -> float:
    """Share of members who are there at the end of a step, summed over the steps, as the engine has it."""
    from scipy.special import betaincinv

    renews = betaincinv(a, b, (np.arange(TYPES) + 0.5) / TYPES)
    back = -np.expm1(-hazard / 12)
    present, away = np.zeros((12, TYPES)), np.zeros((12 * steps + 1, TYPES))
    present[6] = 1 / TYPES  # by twelfths to the next renewal; put in the middle of the step
    total = 0.0
    for month in range(12 * steps):
        due = present[month % 12]
        lost = due * (1 - renews)
        here = slice(max(month - within, 0), month)
        returned = away[here].sum(axis=0) * back
        away[here] *= 1 - back
        away[month] = lost
        present[month % 12] = due - lost + returned  # a returned member's next renewal is a term later
        if month % 12 == 11:
            total += float(present.sum())
    return total


def _returns(draft: Draft, name: str, returns: Float, count: Int) -> None:
    """Returns of former members as arrivals, fewer each year."""
    expected: Float = np.einsum("k,dks->ds", count.astype(np.float64), returns)
    fall = np.array([_fall(one) for one in expected])
    level = expected.sum(axis=1) / (fall[:, None] ** np.arange(expected.shape[1])).sum(axis=1)
    # A rate that falls by a constant share has this mean over a year.
    start = np.where(abs(fall - 1) > SURE, np.log(fall) / np.where(abs(fall - 1) > SURE, fall - 1, 1.0), 1.0)
    growth = fall - 1
    draft.tree["segments"][name]["arrivals"] = {"growth": f"{100 * growth.mean():.6f}% per year"}
    draft.draws[f"segments.{name}.arrivals.growth"] = growth
    draft.set(f"segments.{name}.arrivals.per_month", level * start / 12)


def _fall(returns: Float) -> float:
    """Yearly factor of a geometric series with the same first year and the same sum."""
    from scipy.optimize import brentq

    if len(returns) < 2 or returns[0] <= 0:
        return 1.0
    ratio, power = float(returns.sum() / returns[0]), np.arange(len(returns))
    fall = float(brentq(lambda fall: float((fall**power).sum()) - ratio, 0.0, 1e3)) or SURE
    return min(fall, STRONGEST[1])

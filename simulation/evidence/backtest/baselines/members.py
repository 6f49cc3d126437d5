"""Members ahead of a day by the renewal models: those of today who survive or return, and those who will join."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from simulation.evidence.backtest.baselines.bgbb import BgbbFit, Chances, fit_bgbb, posterior_grid
from simulation.evidence.backtest.baselines.contracts import RiskTable, fit_contracts, survival

__all__ = ["Arriving", "Present", "contract_members", "returning_members"]

Float = npt.NDArray[np.float64]
Int = npt.NDArray[np.int64]
FITS = 25
"""Draws of the parameters; each serves an equal share of the futures."""


@dataclass(frozen=True)
class Present:
    """Members of today, in groups.

    Attributes
    ----------
    won
        int64[G], renewals since they (last) came.
    due
        int64[G], whole months to the next renewal.
    term
        int64[G], months.
    members
        int64[G].
    """

    won: Int
    due: Int
    term: Int
    members: Int


@dataclass(frozen=True)
class Arriving:
    """Who joined so far: how many, over how many months, and for what term."""

    joined: int
    months: float
    term: int

    def draw(self, months: int, rng: np.random.Generator) -> Int:
        """Members joining in each coming month; the rate is as uncertain as its estimate."""
        if self.joined == 0 or self.months <= 0:
            return np.zeros(months, np.int64)
        rate = rng.gamma(self.joined + 0.5) / self.months
        result: Int = rng.poisson(rate, months)
        return result


def contract_members(
    model: str,
    table: RiskTable,
    present: Present,
    arriving: Arriving,
    steps: int,
    step: int,
    draws: int,
    rng: np.random.Generator,
) -> dict[str, Float]:
    """Members at the end of each step, and how many left and renewed in it, by a model in which who leaves stays away.

    Parameters
    ----------
    model
        Key of `contracts.MODELS`.
    table, present, arriving
        What is known.
    steps, step
        Number of steps, and months of one.

    Returns
    -------
    dict
        float64[draws, steps] of `members`, `left` and, where no term is shorter than a step, `renewals_won`.
    """
    fit = fit_contracts(model, table)
    months = steps * step
    members, gone, renewed = np.zeros((3, draws, steps))
    joins = np.arange(months)
    won = np.concatenate([present.won, np.zeros(months, np.int64)])
    due = np.concatenate([present.due, joins + arriving.term])
    term = np.concatenate([present.term, np.full(months, arriving.term, np.int64)])
    comes = np.concatenate([np.zeros(len(present.won), np.int64), joins])
    passed = [np.where(due < (h + 1) * step, ((h + 1) * step - 1 - due) // term + 1, 0) for h in range(steps)]
    most = int((won + passed[-1]).max(initial=0)) + 1
    for draw in range(draws):
        if draw % max(draws // FITS, 1) == 0:
            alive = np.maximum(survival(model, fit.draw(rng), np.arange(most + 1)), 1e-300)
        left = np.concatenate([present.members, arriving.draw(months, rng)])
        before = won
        for h in range(steps):
            now = won + passed[h]
            stayed = rng.binomial(left, np.clip(alive[now] / alive[before], 0.0, 1.0))
            gone[draw, h] = (left - stayed).sum()
            renewed[draw, h] = stayed[now > before].sum()
            left, before = stayed, now
            members[draw, h] = left[comes < (h + 1) * step].sum()
    found = {"members": members, "left": gone}
    return found if (term < step).any() else found | {"renewals_won": renewed}


def returning_members(
    known: Chances, arriving: Arriving, steps: int, draws: int, rng: np.random.Generator, fit: BgbbFit | None = None
) -> Float:
    """Members after each of the coming chances by BG/BB, given what is known of each; a step is a chance.

    Returns
    -------
    float64[draws, steps]
    """
    fit = fit or fit_bgbb(known)
    every = np.zeros((draws, steps))
    for draw in range(draws):
        if draw % max(draws // FITS, 1) == 0:
            parameters = fit.draw(rng)
            grids = [
                posterior_grid(parameters, int(x), int(t), int(n))
                for x, t, n in zip(known.taken, known.last, known.chances, strict=True)
            ]
            fresh = posterior_grid(parameters, 0, 0, 0)
        alive = np.zeros(len(fresh.weight), np.int64)
        for grid, members in zip(grids, known.members, strict=True):
            alive += rng.binomial(rng.multinomial(members, grid.weight), grid.alive)
        for h in range(steps):
            alive = rng.binomial(alive, 1.0 - fresh.theta)
            came = int(rng.binomial(alive, fresh.p).sum())
            joined = int(arriving.draw(arriving.term, rng).sum())
            every[draw, h] = came + joined
            if joined:
                alive += rng.multinomial(joined, fresh.weight)
    return every

"""Good and bad years: found where they are, and not where they are not."""

from __future__ import annotations

import numpy as np
import pytest

from simulation.evidence.backtest.years import learn


def _learnt(levels, due=20_000.0, rate=0.8):
    """Years of renewals at one rate, off by these logit points; no chance beside."""
    won = due / (1 + np.exp(-np.log(rate / (1 - rate)) - np.asarray(levels)))

    def log_likelihood(law, moves):
        logit = law[0] + moves
        return float(-(won * np.logaddexp(0, -logit) + (due - won) * np.logaddexp(0, logit)).sum())

    return learn(log_likelihood, [0.0], [1.5], len(levels))


def test_years_that_differ_are_told_from_years_that_do_not():
    alike, unlike = _learnt(np.zeros(8)), _learnt([0.0, 0.3, 0.1, 0.5, 0.2, 0.4, 0.0, 0.4])
    assert alike.tau < 0.03
    assert 0.15 < unlike.tau < 0.5
    assert alike.law[0] == pytest.approx(np.log(4), abs=0.1)


def test_what_is_drawn_goes_on_from_the_last_year():
    """Law and last level together are what the last year showed, and the years ahead scatter around it."""
    known = _learnt([0.0, 0.3, 0.1, 0.5, 0.2, 0.4, 0.0, 0.4])
    drawn = known.draw(np.random.default_rng(1), 400, 3)
    last = np.array([one.law[0] + one.levels[-1] for one in drawn])
    ahead = np.array([one.law[0] + one.ahead for one in drawn])
    assert last.mean() == pytest.approx(np.log(4) + 0.4, abs=0.05)
    # sqrt(4 * 7 / 18) = 1.25 moves: the mean of three levels of a random walk.
    assert (ahead - last).std() == pytest.approx(1.25 * np.sqrt(np.mean([one.tau**2 for one in drawn])), rel=0.15)

"""Good and bad years: found where they are, and not where they are not."""

from __future__ import annotations

import numpy as np
import pytest

from simulation.evidence.backtest.years import learn

ZIGZAG = [0.0, 0.3, 0.1, 0.5, 0.2, 0.4, 0.0, 0.4]


def _learnt(levels, due=20_000.0, rate=0.8, alone=False):
    """Years of renewals at one rate, off by these logit points; no chance beside."""
    won = due / (1 + np.exp(-np.log(rate / (1 - rate)) - np.asarray(levels)))

    def log_likelihood(law, moves):
        logit = law[0] + moves
        return float(-(won * np.logaddexp(0, -logit) + (due - won) * np.logaddexp(0, logit)).sum())

    return learn(log_likelihood, [0.0], [1.5], len(levels), alone=alone)


def test_years_that_differ_are_told_from_years_that_do_not():
    alike, unlike = _learnt(np.zeros(8)), _learnt(ZIGZAG)
    assert alike.tau + alike.own < 0.02
    assert 0.1 < unlike.tau + unlike.own < 0.5
    assert alike.law[0] == pytest.approx(np.log(4), abs=0.1)


def test_a_year_of_its_own_is_told_from_a_level_that_stays():
    """Up and down again is a year's own; up for good is a level that wanders, and goes on from there."""
    zigzag, stays = _learnt(ZIGZAG), _learnt([0.0, 0.0, 0.0, 0.0, 0.6, 0.6, 0.6, 0.6])
    assert zigzag.own > zigzag.tau and stays.tau > stays.own
    drawn = stays.draw(np.random.default_rng(1), 400, 3)
    assert np.mean([one.law[0] + one.ahead[0] for one in drawn]) == pytest.approx(np.log(4) + 0.6, abs=0.1)
    drawn = zigzag.draw(np.random.default_rng(1), 400, 3)
    assert np.mean([one.law[0] + one.ahead[0] for one in drawn]) == pytest.approx(np.log(4) + 0.24, abs=0.12)


def test_the_years_ahead_scatter_as_the_past_did():
    """A walk adds a move each year; beside it each year has something of its own."""
    known = _learnt(ZIGZAG)
    drawn = known.draw(np.random.default_rng(1), 2000, 3)
    ahead = np.array([one.ahead for one in drawn])
    moves = np.diff(ahead, axis=1).var(axis=0)
    expected = known.weights @ (known.settings[:, 0] ** 2 + 2 * known.settings[:, 1] ** 2)
    assert moves == pytest.approx(expected, rel=0.25)  # heavy tails: settings differ in their variance


def test_of_a_single_cohort_the_trend_is_the_laws():
    """Its years are its tenures: what rises steadily is renewal by tenure, and no run of better years."""
    rising = 0.1 * np.arange(8)
    assert _learnt(rising).tau > 0.05
    alone = _learnt(rising + np.array([0, 0, 0.2, 0, 0, -0.2, 0, 0]), alone=True)
    for one in alone.draw(np.random.default_rng(1), 20, 2):
        assert one.levels.mean() == pytest.approx(0, abs=1e-6)
        assert np.polyfit(np.arange(8), one.levels, 1)[0] == pytest.approx(0, abs=1e-6)


def test_a_single_year_is_no_run_of_years():
    assert _learnt([0.3], alone=True).draw(np.random.default_rng(1), 5, 2)[0].levels == pytest.approx([0.0])

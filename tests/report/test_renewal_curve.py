"""The shifted beta-geometric curve: published numbers, the closed form, and what cannot be."""

import numpy as np
import pytest

from simulation.report.renewal_curve import renewal_curve


def test_the_benchmark_of_associations_gives_the_published_rates() -> None:
    curve = renewal_curve(0.65, 0.799)
    assert curve.rate([1, 2, 3, 5, 10]).round(2).tolist() == [0.65, 0.74, 0.79, 0.85, 0.92]


@pytest.mark.parametrize(("overall", "terms"), [(0.78, 9), (0.79, 12), (0.80, 13), (0.81, 16)])
def test_an_overall_rate_of_78_to_81_percent_gives_them_within_a_point(overall: float, terms: int) -> None:
    rates = renewal_curve(0.65, overall, terms).rate([1, 2, 3, 5, 10])
    assert np.abs(rates - [0.65, 0.74, 0.79, 0.85, 0.92]).max() < 0.011


def test_both_rates_are_met() -> None:
    for first, overall, terms in [(0.65, 0.8, 13), (0.9, 0.92, 5), (0.2, 0.3, 40), (0.5, 0.5001, 3)]:
        curve = renewal_curve(first, overall, terms)
        assert curve.rate(1) == pytest.approx(first, rel=1e-9)
        assert curve.overall() == pytest.approx(overall, rel=1e-9)


def test_an_endless_steady_intake_has_the_closed_form() -> None:
    """For a > 1 the sum of the survivors is (a + b - 1) / (a - 1), so the overall rate is b / (a + b - 1)."""
    curve = renewal_curve(0.65, 0.75, terms=20_000)
    assert curve.a > 1
    assert curve.b / (curve.a + curve.b - 1) == pytest.approx(0.75, abs=2e-4)


def test_the_rate_is_that_of_the_beta_distribution() -> None:
    """r(t) = E[p^t] / E[p^(t-1)] for p distributed as Beta(b, a)."""
    from scipy.stats import beta

    curve = renewal_curve(0.65, 0.8)
    moments = [beta(curve.b, curve.a).moment(order) for order in range(1, 11)]
    ratios = np.array(moments) / np.array([1.0, *moments[:-1]])
    assert curve.rate(np.arange(1, 11)) == pytest.approx(ratios, rel=1e-9)


@pytest.mark.parametrize(("first", "overall"), [(0.8, 0.7), (0.65, 0.65), (0.2, 0.99), (0.0, 0.5), (1.0, 1.0)])
def test_impossible_rates_are_refused_with_the_reason(first: float, overall: float) -> None:
    with pytest.raises(ValueError, match="must lie between"):
        renewal_curve(first, overall)

"""The renewal curve that differences between members alone would give: shifted beta-geometric.

Members keep one renewal probability each, drawn from a Beta(b, a) distribution, for all their terms; survivors
are better, so the rate rises with the number of the term (Fader & Hardie 2007). Two numbers fix the curve: the
renewal rate of first terms, and the overall rate of an organisation whose intake was steady.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
from scipy.optimize import brentq

Float = npt.NDArray[np.float64]

STEADY_TERMS = 13
"""Terms of steady intake behind an overall rate. With 13, first and overall rates of .65 and .799 give .74, .79, .85
and .92 at the 2nd, 3rd, 5th and 10th renewal, as the benchmark of associations has been read; overall rates of
.78 to .81 give the same with 9 to 16 terms. For ever, .65 and .80 would give .71, .75, .80 and .87."""
LARGE = 1e9


@dataclass(frozen=True)
class RenewalCurve:
    """A shifted beta-geometric curve.

    Attributes
    ----------
    a, b
        Parameters of the Beta distribution of the probability of leaving.
    terms
        Terms of steady intake that were assumed for the overall rate.
    """

    a: float
    b: float
    terms: int

    def rate(self, term: npt.ArrayLike) -> Float:
        """Renewal rate r(t) = (b + t - 1) / (a + b + t - 1) at the t-th renewal, t = 1, 2, ..."""
        return _rates(np.asarray(term, np.float64), self.b, self.a + self.b)

    def overall(self) -> float:
        """Overall renewal rate with steady intake over `terms` terms."""
        return _overall(self.b / (self.a + self.b), self.a + self.b, self.terms)


def renewal_curve(first: float, overall: float, terms: int = STEADY_TERMS) -> RenewalCurve:
    """Fit the curve through the renewal rate of first terms and the overall rate under steady intake.

    Parameters
    ----------
    first
        Renewal rate at the first renewal, a share between 0 and 1.
    overall
        Renewals won / due over all members, a share.
    terms
        For how many terms intake has been steady: members due their 1st, ..., terms-th renewal are in the
        proportions of the survivor function. It must be finite: for a <= 1 the members of an endless past
        outnumber any intake, and their overall rate is 1.

    Returns
    -------
    RenewalCurve

    Raises
    ------
    ValueError
        When no curve goes through both: the overall rate must exceed the first, and members of later terms
        cannot renew at more than 100%.

    References
    ----------
    Fader, P. S. & Hardie, B. G. S. (2007). How to project customer retention. Journal of Interactive
    Marketing 21(1), 76-90.
    """
    if not 0 < first < 1 or terms < 2:
        raise ValueError("the first renewal rate must lie between 0 and 1, and there must be two terms or more")
    most = _overall(first, 1 / LARGE, terms)
    if not first < overall < most:
        raise ValueError(
            f"no beta-geometric curve has a first renewal rate of {first:.1%} and an overall rate of "
            f"{overall:.1%}: the overall rate must lie between {first:.1%} and {most:.1%}"
        )
    logarithm = brentq(lambda x: _overall(first, float(np.exp(x)), terms) - overall, -np.log(LARGE), np.log(LARGE))
    total = float(np.exp(logarithm))
    return RenewalCurve(a=(1 - first) * total, b=first * total, terms=terms)


def _rates(term: Float, b: float, total: float) -> Float:
    rates: Float = (b + term - 1) / (total + term - 1)
    return rates


def _overall(first: float, total: float, terms: int) -> float:
    """Sum of survivors that renew / sum of members due, by term: S(t) survivors after t renewals."""
    rates = _rates(np.arange(1.0, terms + 1), first * total, total)
    survivors = np.concatenate([[1.0], np.cumprod(rates)])
    return float(survivors[1:].sum() / survivors[:-1].sum())

"""The elementary functions: accuracy against 60-digit arithmetic, the same bits everywhere, no library."""

from __future__ import annotations

import hashlib
import math
import re
from collections.abc import Callable
from decimal import Decimal, localcontext

import numba
import numpy as np
import pytest
from scipy import special as scipy_special

from simulation.model import special

DIGITS = 60
PI = Decimal("3.14159265358979323846264338327950288419716939937510582097494459230781640628620899862803")


def exact_cos(x: float) -> Decimal:
    turn = Decimal(x) % (2 * PI)
    term = total = Decimal(1)
    k = 0
    while abs(term) > Decimal(10) ** -DIGITS:
        k += 2
        term *= -turn * turn / (k * (k - 1))
        total += term
    return total


def exact_density(z: Decimal) -> Decimal:
    return (-z * z / 2).exp() / (2 * PI).sqrt()


def exact_normal(z: Decimal) -> Decimal:
    """Sum the series 1/2 + density * (z + z^3/3 + z^5/(3*5) + ...)."""
    term = total = z
    k = 1
    while abs(term) > Decimal(10) ** -(DIGITS - 5):
        k += 2
        term *= z * z / k
        total += term
    return Decimal("0.5") + exact_density(z) * total


def exact_ndtri(u: float) -> Decimal:
    z = Decimal(float(scipy_special.ndtri(u)))
    for _ in range(3):
        z -= (exact_normal(z) - Decimal(u)) / exact_density(z)
    return z


Function = Callable[[float], float]


def worst_ulps(function: Function, exact: Callable[[float], Decimal], points: np.ndarray) -> float:
    """Give the largest error in units of the last place of the true value."""
    worst = 0.0
    with localcontext() as context:
        context.prec = DIGITS
        for x in map(float, points):
            true = exact(x)
            worst = max(worst, float(abs(Decimal(function(x)) - true) / Decimal(math.ulp(float(true)))))
    return worst


@pytest.fixture(scope="module")
def rng() -> np.random.Generator:
    return np.random.default_rng(20270101)


def test_exp_is_accurate(rng: np.random.Generator) -> None:
    points = np.concatenate([rng.uniform(-745, 709.7, 1500), rng.uniform(-1, 1, 1500), rng.uniform(-1e-8, 1e-8, 50)])
    assert worst_ulps(special.exp, lambda x: Decimal(x).exp(), points) < 1.0


def test_log_is_accurate(rng: np.random.Generator) -> None:
    points = np.concatenate(
        [np.exp(rng.uniform(-744, 709, 1500)), rng.uniform(0.4, 2.5, 1500), 1 + rng.normal(0, 1e-9, 50)]
    )
    points = points[points != 1.0]
    assert worst_ulps(special.log, lambda x: Decimal(x).ln(), points) < 1.0


def test_cos_is_accurate(rng: np.random.Generator) -> None:
    near_zeros = (rng.integers(-6000, 6000, 200) + 0.5) * math.pi
    points = np.concatenate(
        [rng.uniform(-1e4, 1e4, 500), rng.uniform(-4, 4, 800), near_zeros, rng.uniform(-1e6, 1e6, 200)]
    )
    with localcontext() as context:
        context.prec = DIGITS
        errors = [abs(Decimal(special.cos(x)) - exact_cos(x)) for x in map(float, points)]
    assert max(errors) < Decimal("1.2e-16")


def test_ndtri_is_accurate(rng: np.random.Generator) -> None:
    tails = 10.0 ** rng.uniform(-16, -1, 300)
    points = np.concatenate([rng.uniform(0.001, 0.999, 500), tails, 1 - tails[:200], [2.0**-53, 1 - 2.0**-53]])
    points = points[(points > 0) & (points < 1) & (points != 0.5)]
    with localcontext() as context:
        context.prec = DIGITS
        errors = [abs(Decimal(special.ndtri(u)) / exact_ndtri(u) - 1) for u in map(float, points)]
    assert max(errors) < Decimal("1e-15")


def test_ndtri_gives_the_published_values() -> None:
    # Wichura 1988, section "accuracy"
    assert special.ndtri(0.25) == pytest.approx(-0.6744897501960817, rel=1e-15)
    assert special.ndtri(0.001) == pytest.approx(-3.090232306167814, rel=1e-15)
    assert special.ndtri(1e-20) == pytest.approx(-9.262340089798408, rel=1e-15)


def test_edges() -> None:
    inf, nan = math.inf, math.nan
    assert [special.exp(x) for x in (0.0, -0.0, inf, -inf, 710.0, -746.0)] == [1.0, 1.0, inf, 0.0, inf, 0.0]
    assert special.exp(709.782712893384) == pytest.approx(1.797693134862273e308, rel=1e-13)
    assert special.exp(-745.1) == 5e-324
    assert [special.log(x) for x in (0.0, 1.0, inf)] == [-inf, 0.0, inf]
    assert special.log(5e-324) == pytest.approx(-744.4400719213812, rel=1e-15)
    assert special.cos(0.0) == 1.0
    assert special.cos(math.pi) == -1.0
    assert special.cos(math.pi / 2) == pytest.approx(0.0, abs=1e-16)
    assert [special.ndtri(x) for x in (0.0, 0.5, 1.0)] == [-inf, 0.0, inf]
    for value in (
        special.exp(nan), special.log(nan), special.log(-1.0), special.cos(nan), special.cos(inf),
        special.ndtri(nan), special.ndtri(-0.1), special.ndtri(1.1), special.logistic(nan),
        special.logit(nan), special.logit(-0.1), special.logit(1.1),
    ):  # fmt: skip
        assert math.isnan(value)


def test_symmetries(rng: np.random.Generator) -> None:
    for x in map(float, rng.uniform(-50, 50, 500)):
        assert special.cos(x) == special.cos(-x)
        assert special.logistic(x) + special.logistic(-x) == pytest.approx(1.0, abs=3e-16)
    for u in map(float, rng.integers(1, 2**52, 500) / 2**53):
        assert special.ndtri(u) == -special.ndtri(1.0 - u)


def test_logistic_and_logit_are_stable_and_inverse(rng: np.random.Generator) -> None:
    assert [special.logistic(x) for x in (-math.inf, -800.0, 0.0, 800.0, math.inf)] == [
        0.0,
        0.0,
        0.5,
        1.0,
        1.0,
    ]
    assert special.logistic(-700.0) == pytest.approx(math.exp(-700.0), rel=1e-15)
    assert [special.logit(p) for p in (0.0, 0.5, 1.0)] == [-math.inf, 0.0, math.inf]
    assert special.logistic(special.logit(0.0)) == 0.0
    assert special.logistic(special.logit(1.0)) == 1.0
    for p in map(float, rng.uniform(0, 1, 500)):
        assert special.logistic(special.logit(p)) == pytest.approx(p, rel=1e-14)
    x = rng.uniform(-40, 40, 500)
    np.testing.assert_allclose([special.logistic(v) for v in x], scipy_special.expit(x), rtol=1e-15)


FUNCTIONS = ["exp", "log", "cos", "ndtri", "logistic", "logit"]


def grid(name: str) -> np.ndarray:
    """Give arguments that are the same doubles on every machine."""
    steps = np.arange(1, 4096) / 4096.0
    return {
        "exp": (steps - 0.5) * 1500.0,
        "log": steps * 5.0,
        "cos": (steps - 0.5) * 20000.0,
        "ndtri": steps,
        "logistic": (steps - 0.5) * 100.0,
        "logit": steps,
    }[name]


def over(function: Function) -> Callable[[np.ndarray], np.ndarray]:
    """Inline a function in a loop that LLVM may unroll and vectorise."""

    @numba.njit(nogil=True, error_model="numpy")
    def loop(x):  # type: ignore[no-untyped-def]
        out = np.empty_like(x)
        for i in range(x.size):
            out[i] = function(x[i])
        return out

    return loop  # type: ignore[no-any-return]


@pytest.mark.parametrize("name", FUNCTIONS)
def test_inlined_and_called_give_the_same_bits(name: str) -> None:
    function = getattr(special, name)
    x = grid(name)
    called = np.array([function(v) for v in x])
    assert over(function)(x).tobytes() == called.tobytes()


# Any change of these is a change of every forecast: bump the results' version when they must change.
BITS = {
    "exp": "9483b9fc9c25a982",
    "log": "06ac0ebabf0194c4",
    "cos": "a550d674d851e450",
    "ndtri": "a5618eb44db82959",
    "logistic": "993c025c5f748738",
    "logit": "8db26db64e10a3a9",
}


@pytest.mark.parametrize("name", FUNCTIONS)
def test_the_bits_are_the_same_on_every_machine(name: str) -> None:
    values = np.array([getattr(special, name)(v) for v in grid(name)])
    assert hashlib.blake2b(values.astype("<f8").tobytes(), digest_size=8).hexdigest() == BITS[name]


LIBRARY = re.compile(r"(?<![\w.])_?(exp2?|expm1|log|log1p|log2|cos|sin|sincos|pow|ldexp|fma|floor|rint|round)(?![\w.])")
FUSED = re.compile(r"\b(vf[n]?m(add|sub)\d+[sp]d|fn?m(add|sub|la|ls))\b")


def machine_code(loop: Callable[[np.ndarray], np.ndarray]) -> str:
    loop(np.array([0.25, 0.75]))
    return "\n".join(loop.inspect_asm().values())  # type: ignore[attr-defined]


@pytest.mark.parametrize("name", FUNCTIONS)
def test_machine_code_calls_no_library(name: str) -> None:
    assert LIBRARY.search(machine_code(over(math.exp))), "the check would see a call"
    assert not LIBRARY.search(machine_code(over(getattr(special, name))))


@pytest.mark.parametrize("name", FUNCTIONS)
def test_machine_code_has_no_fused_multiply_add(name: str) -> None:
    control = numba.njit(fastmath=True)(lambda x: x[0] * x[1] + x[0])
    if not FUSED.search(machine_code(control)):
        pytest.skip("this processor has none, or the check does not know its name")
    assert not FUSED.search(machine_code(over(getattr(special, name))))


def test_cosine_of_any_angle_is_one() -> None:
    """However large the angle, the cosine lies within [-1, 1]; while a turn can be told, it is that of the angle."""
    for exponent in range(6, 300, 3):
        for x in (10.0**exponent, -3.7 * 10.0**exponent):
            assert -1.0 <= special.cos(x) <= 1.0
            if exponent <= 9:
                assert special.cos(x) == pytest.approx(math.cos(x), abs=1e-6)

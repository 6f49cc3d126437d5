"""Elementary functions of our own, so that results do not depend on a machine's mathematical library.

Only IEEE additions, products, quotients and square roots, in a fixed order (no fastmath, no contraction): the
same bits on every machine, called from Python or inlined. exp: Cody-Waite reduction and a Taylor polynomial.
log and cos: after fdlibm (Copyright 1993 Sun Microsystems, Inc.; freely usable with this notice). Normal
quantile: Wichura 1988, AS 241.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import Any

from llvmlite import ir
from numba import types
from numba.extending import intrinsic

from simulation.model.jit import inlined


def _type_bits_of(_context: Any, _x: Any) -> Any:
    def generate(_target: Any, builder: Any, _signature: Any, args: Any) -> Any:
        return builder.bitcast(args[0], ir.IntType(64))

    return types.int64(types.float64), generate


def _type_float_of(_context: Any, _bits: Any) -> Any:
    def generate(_target: Any, builder: Any, _signature: Any, args: Any) -> Any:
        return builder.bitcast(args[0], ir.DoubleType())

    return types.float64(types.int64), generate


_intrinsic: Any = intrinsic

bits_of: Callable[[float], int] = _intrinsic(_type_bits_of)
"""The 64 bits of a float64 as int64; from compiled code only."""

float_of: Callable[[int], float] = _intrinsic(_type_float_of)
"""The float64 of 64 bits given as int64; from compiled code only."""

_INF = math.inf
_NAN = math.nan
_MAGIC = 6755399441055744.0  # 1.5 * 2**52: adding it rounds to an integer, kept in the low bits
_MAGIC_BITS = 0x4338000000000000
_LOG2_E = 1.4426950408889634
_LN2_HIGH = float.fromhex("0x1.62e42feep-1")  # 32 bits, so that k * _LN2_HIGH is exact
_LN2_LOW = float.fromhex("0x1.a39ef35793c76p-33")


@inlined
def exp(x: float) -> float:
    """Exponential; error below 1 ulp. inf above 709.78, 0 below -745.13, nan of nan."""
    shifted = x * _LOG2_E + _MAGIC
    k = bits_of(shifted) - _MAGIC_BITS
    n = shifted - _MAGIC
    high = x - n * _LN2_HIGH
    low = n * _LN2_LOW
    r = high - low
    z = r * r
    z2 = z * z
    # (exp(r) - 1 - r) / r**2 by its Taylor series to r**11: the next term is below 2**-57 for |r| <= ln(2)/2
    p0 = 0.5 + r * 0.16666666666666666
    p1 = 0.041666666666666664 + r * 0.008333333333333333
    p2 = 0.001388888888888889 + r * 0.0001984126984126984
    p3 = 2.48015873015873e-05 + r * 2.7557319223985893e-06
    p4 = 2.755731922398589e-07 + r * 2.505210838544172e-08
    p5 = 2.08767569878681e-09 + r * 1.6059043836821613e-10
    q = (p0 + z * p1) + z2 * ((p2 + z * p3) + z2 * (p4 + z * p5))
    y = 1.0 + (high + (z * q - low))
    # two factors of 2, so that results below the normal range come out right
    half = k >> 1
    value = y * float_of((half + 1023) << 52) * float_of((k - half + 1023) << 52)
    # the limits last and as choices, not branches: so a loop over exponentials becomes vector instructions
    value = _INF if x > 709.782712893384 else value
    return 0.0 if x < -745.1332191019412 else value


@inlined
def log(x: float) -> float:
    """Natural logarithm; error below 1 ulp. log(0) is -inf, of a negative number nan."""
    k = 0
    if x < 2.2250738585072014e-308:
        if x == 0.0:
            return -_INF
        if x < 0.0:
            return _NAN
        x = x * 18014398509481984.0
        k = -54
    elif not x < _INF:
        return x
    return _log_of_normal(x, k)


@inlined
def _log_of_normal(x: float, k: int) -> float:
    """Natural logarithm of x * 2**k for a positive normal number x; no branches."""
    bits = bits_of(x) + (0x3FF0000000000000 - 0x3FE6A09E00000000)
    k += (bits >> 52) - 1023
    f = float_of((bits & 0x000FFFFFFFFFFFFF) + 0x3FE6A09E00000000) - 1.0
    half_square = 0.5 * f * f
    s = f / (2.0 + f)
    z = s * s
    w = z * z
    t1 = w * (3.999999999940941908e-01 + w * (2.222219843214978396e-01 + w * 1.531383769920937332e-01))
    t2 = z * (
        6.666666666666735130e-01
        + w * (2.857142874366239149e-01 + w * (1.818357216161805012e-01 + w * 1.479819860511658591e-01))
    )
    n = float(k)
    small = s * (half_square + (t1 + t2)) + n * 1.90821492927058770002e-10
    return small - half_square + f + n * 6.93147180369123816490e-01


@inlined
def cos(x: float) -> float:
    """Cosine of an angle in radians; absolute error below 1.2e-16 for |x| <= 1e6. cos(0) is exactly 1.

    Beyond 1e6 the accuracy fades, but it stays within [-1, 1]. Near a zero the error is small beside 1, but not beside
    the value.
    """
    if abs(x) > 1e6:
        x %= 6.283185307179586
    return cos_of_direction(x)


@inlined
def cos_of_direction(x: float) -> float:
    """Cosine of an angle within 1e6 radians, bit for bit that of `cos`: without branches."""
    shifted = x * 0.6366197723675814 + _MAGIC
    quadrant = bits_of(shifted) & 3
    n = shifted - _MAGIC
    first = x - n * 1.57079632673412561417e00  # 33 bits of pi/2: the product is exact
    tail = n * 6.07710050650619224932e-11
    y = first - tail
    low = (first - y) - tail
    z = y * y
    w = z * z
    c = z * (
        4.16666666666666019037e-02 + z * (-1.38888888888741095749e-03 + z * 2.48015872894767294178e-05)
    ) + w * w * (-2.75573143513906633035e-07 + z * (2.08757232129817482790e-09 + z * -1.13596475577881948265e-11))
    half = 0.5 * z
    one = 1.0 - half
    even = one + (((1.0 - one) - half) + (z * c - y * low))
    s = (
        8.33333333332248946124e-03
        + z * (-1.98412698298579493134e-04 + z * 2.75573137070700676789e-06)
        + z * w * (-2.50507602534068634195e-08 + z * 1.58969099521155010221e-10)
    )
    cube = z * y
    odd = y - ((z * (0.5 * low - cube * s) - low) - cube * -1.66666666666666324348e-01)
    value = odd if quadrant & 1 else even
    return -value if (quadrant + 1) & 2 else value


@inlined
def _polynomial(
    x: float, c0: float, c1: float, c2: float, c3: float, c4: float, c5: float, c6: float, c7: float
) -> float:
    """Sum c_i x**i in pairs (Estrin 1960), which a processor can work on side by side."""
    x2 = x * x
    low = (c0 + c1 * x) + x2 * (c2 + c3 * x)
    high = (c4 + c5 * x) + x2 * (c6 + c7 * x)
    return low + (x2 * x2) * high


@inlined
def _middle(q: float) -> float:
    """Normal quantile at 0.5 + q for |q| <= 0.425."""
    r = 0.180625 - q * q
    above = _polynomial(
        r, 3.3871328727963666080e0, 1.3314166789178437745e2, 1.9715909503065514427e3,
        1.3731693765509461125e4, 4.5921953931549871457e4, 6.7265770927008700853e4,
        3.3430575583588128105e4, 2.5090809287301226727e3,
    )  # fmt: skip
    below = _polynomial(
        r, 1.0, 4.2313330701600911252e1, 6.8718700749205790830e2, 5.3941960214247511077e3,
        2.1213794301586595867e4, 3.9307895800092710610e4, 2.8729085735721942674e4,
        5.2264952788528545610e3,
    )  # fmt: skip
    return q * above / below


@inlined
def _tail(r: float) -> float:
    """Size of the normal quantile at exp(-r * r) for 1.6 <= r <= 5."""
    r -= 1.6
    above = _polynomial(
        r, 1.42343711074968357734e0, 4.63033784615654529590e0, 5.76949722146069140550e0,
        3.64784832476320460504e0, 1.27045825245236838258e0, 2.41780725177450611770e-1,
        2.27238449892691845833e-2, 7.74545014278341407640e-4,
    )  # fmt: skip
    below = _polynomial(
        r, 1.0, 2.05319162663775882187e0, 1.67638483018380384940e0, 6.89767334985100004550e-1,
        1.48103976427480074590e-1, 1.51986665636164571966e-2, 5.47593808499534494600e-4,
        1.05075007164441684324e-9,
    )  # fmt: skip
    return above / below


@inlined
def ndtri(u: float) -> float:
    """Quantile of the standard normal distribution; relative error below 1e-15. -inf at 0, inf at 1.

    Parameters
    ----------
    u : float
        A probability; nan outside [0, 1].

    References
    ----------
    Wichura 1988, "Algorithm AS 241: the percentage points of the normal distribution", function PPND16.
    """
    q = u - 0.5
    if -0.425 <= q <= 0.425:
        return _middle(q)
    tail = u if q < 0.0 else 1.0 - u
    if not tail > 0.0:
        return _NAN if tail != 0.0 else (-_INF if q < 0.0 else _INF)
    r = math.sqrt(-log(tail))
    if r <= 5.0:
        value = _tail(r)
    else:
        r -= 5.0
        above = _polynomial(
            r, 6.65790464350110377720e0, 5.46378491116411436990e0, 1.78482653991729133580e0,
            2.96560571828504891230e-1, 2.65321895265761230930e-2, 1.24266094738807843860e-3,
            2.71155556874348757815e-5, 2.01033439929228813265e-7,
        )  # fmt: skip
        below = _polynomial(
            r, 1.0, 5.99832206555887937690e-1, 1.36929880922735805310e-1, 1.48753612908506148525e-2,
            7.86869131145613259100e-4, 1.84631831751005468180e-5, 1.42151175831644588870e-7,
            2.04426310338993978564e-15,
        )  # fmt: skip
        value = above / below
    return -value if q < 0.0 else value


@inlined
def ndtri_of_draw(u: float) -> float:
    """Normal quantile at 2**-33 <= u <= 1 - 2**-33, bit for bit that of `ndtri`: without branches.

    A loop over draws becomes vector instructions then. The far tail of `ndtri` begins beyond such a draw.
    """
    q = u - 0.5
    middle = _middle(q)
    outer = _tail(math.sqrt(-_log_of_normal(u if q < 0.0 else 1.0 - u, 0)))
    outer = -outer if q < 0.0 else outer
    return middle if -0.425 <= q <= 0.425 else outer


@inlined
def log_of_draw(u: float) -> float:
    """Natural logarithm of a positive normal number, bit for bit that of `log`: without branches."""
    return _log_of_normal(u, 0)


@inlined
def logistic(x: float) -> float:
    """Logistic function 1 / (1 + exp(-x)): the probability of logit points; 0 at -inf, 1 at inf."""
    e = exp(-abs(x))
    return (1.0 if x >= 0.0 else e) / (1.0 + e)


@inlined
def logit(p: float) -> float:
    """Logit points log(p / (1 - p)) of a probability; -inf at 0, inf at 1, nan outside [0, 1]."""
    return log(p / (1.0 - p))

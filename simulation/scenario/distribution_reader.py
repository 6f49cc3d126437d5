"""Distributions as they are written: a plain number, a short form, or a family with its parameters."""

from __future__ import annotations

import math
from collections.abc import Mapping
from typing import Any, Final

import numpy as np

from simulation.scenario.distributions import FAMILIES, Distribution, constant, scipy_families
from simulation.scenario.errors import Misfit, listing, nearest, one_of, shown
from simulation.scenario.quantities import (
    ANY,
    CENTS_LIMIT,
    HOURS,
    MONEY,
    NUMBER,
    Bounds,
    Kind,
    cents,
    parse,
    written,
)

VALUES_LIMIT: Final = 100_000
"""An empirical distribution has at most this many values."""

LIMITS: Final[dict[Kind, float]] = {MONEY: CENTS_LIMIT, HOURS: 1e7}
"""No draw may exceed this, in base units; 1e9 for every other kind."""

_EXTREME = 1e-16


def parse_distribution(kind: Kind, raw: object, bounds: Bounds = ANY) -> Distribution:
    """A distribution as written: a quantity, ``{median, spread}``, ``{mean, sd}`` or ``{family: {...}}``.

    Parameters
    ----------
    kind : Kind
        The kind of quantity of the field, which gives the parameters their unit.
    raw : object
        The YAML value.
    bounds : Bounds, optional
        Limits that every possible value must keep.

    Raises
    ------
    Misfit
        One part for each wrong parameter, or when the family can give values outside the bounds.
    """
    if not isinstance(raw, Mapping):
        if isinstance(raw, (list, tuple)):
            raise Misfit(
                "expected a number or a distribution, not a list; for measured values write 'empirical: [...]'"
            )
        value = parse(kind, raw, bounds)
        if kind is MONEY:
            value = float(cents(value))
        elif kind.whole and value != int(value):
            raise Misfit(f"expected {kind.expected}, not {shown(raw)}")
        if not abs(value) <= LIMITS.get(kind, 1e9):
            raise Misfit(f"{shown(raw)} is too large to count with")
        return constant(value)
    keys = set(raw)
    if keys <= {"median", "spread"} and keys:
        return _named(kind, "lognormal", raw, bounds, ())
    if keys <= {"mean", "sd"} and keys:
        return _named(kind, "normal", raw, bounds, ())
    if len(raw) != 1:
        named = sorted(str(key) for key in keys)
        hint = " (in an overlay, remove the other one with null)" if len(named) == 2 else ""
        raise Misfit(
            "expected one distribution, such as {lognormal: {median: 3, spread: 0.4}}, "
            + (f"not {listing(named).replace(' or ', ' and ')} together{hint}" if named else "not an empty mapping")
        )
    ((family, spec),) = raw.items()
    family = str(family)
    if family == "constant":
        inner = spec["value"] if isinstance(spec, Mapping) and set(spec) == {"value"} else spec
        try:
            return parse_distribution(kind, inner, bounds)
        except Misfit as misfit:
            raise Misfit.of(misfit.under("constant")) from None
    if family == "empirical":
        return _empirical(kind, spec, bounds)
    if family in FAMILIES:
        return _named(kind, family, spec, bounds, (family,))
    shapes = scipy_families().get(family)
    if shapes is None:
        known = [*FAMILIES, "empirical", *scipy_families()]
        guess = nearest(family, known)
        raise Misfit(
            f"unknown distribution {shown(family)}: expected {listing([*FAMILIES, 'empirical'])}, "
            "or a continuous family of scipy.stats" + (f"; did you mean {guess!r}?" if guess else ""),
            (family,), key=True,
        )  # fmt: skip
    return _scipy(kind, family, shapes, spec, bounds)


def _read(
    kind: Kind, spec: object, with_unit: tuple[str, ...], without: tuple[str, ...], optional: tuple[str, ...],
    at: tuple[str, ...],
) -> dict[str, float]:  # fmt: skip
    if not isinstance(spec, Mapping):
        wanted = ", ".join((*with_unit, *without))
        raise Misfit(f"expected the parameters {{{wanted}}}, not {shown(spec)}", at)
    wrong: list[tuple[tuple[str | int, ...], str, bool]] = []
    params: dict[str, float] = {}
    for name, raw in spec.items():
        try:
            if name in with_unit:
                params[name] = parse(kind, raw)
            elif name in without:
                params[name] = parse(NUMBER, raw)
            else:
                wrong.append(((*at, name), f"unknown parameter: {one_of((*with_unit, *without), name)}", True))
        except Misfit as misfit:
            wrong.extend(misfit.under(*at, name))
    for name in (*with_unit, *without):
        if name not in spec and name not in optional:
            wrong.append((at, f"the parameter {name!r} is missing", False))
    if wrong:
        raise Misfit.of(wrong)
    return params


def _named(kind: Kind, family: str, spec: object, bounds: Bounds, at: tuple[str, ...]) -> Distribution:
    with_unit, without = FAMILIES[family]
    stretch = ("loc", "scale") if family == "beta" else ()
    p = _read(kind, spec, (*with_unit, *stretch), without, stretch, at)
    for name in ("sd", "spread"):
        if p.get(name, 0.0) < 0.0:
            raise Misfit(f"{name} must be at least 0, not {written(kind, p[name])}", (*at, name))
    for name in ("a", "b", "scale"):
        if p.get(name, 1.0) <= 0.0:
            raise Misfit(f"{name} must be more than 0, not {p[name]:g}", (*at, name))
    if family == "exponential" and p["mean"] <= 0.0:
        raise Misfit(f"the mean must be more than 0, not {written(kind, p['mean'])}", (*at, "mean"))
    if family == "lognormal" and p["median"] <= 0.0:
        raise Misfit(f"the median must be more than 0, not {written(kind, p['median'])}", (*at, "median"))
    order = [name for name in ("low", "likely", "high") if name in p]
    if [p[name] for name in order] != sorted(p[name] for name in order):
        raise Misfit(f"expected {' <= '.join(order)}", at)
    names = (*with_unit, *without, *stretch)
    return _within(kind, Distribution(family, tuple((name, p[name]) for name in names if name in p)), bounds, at)


def _scipy(kind: Kind, family: str, shapes: tuple[str, ...], spec: object, bounds: Bounds) -> Distribution:
    p = _read(kind, spec, ("loc", "scale"), shapes, ("loc", "scale"), (family,))
    from scipy import stats

    names = [name for name in (*shapes, "loc", "scale") if name in p]
    distribution = Distribution(family, tuple((name, p[name]) for name in names))
    if not bool(np.all(getattr(stats, family)._argcheck(*(p[name] for name in shapes)))):
        raise Misfit(f"impossible shape of {family}: {', '.join(f'{s} = {p[s]:g}' for s in shapes)}", (family,))
    if p.get("scale", 1.0) <= 0.0:
        raise Misfit("scale must be more than 0", (family, "scale"))
    return _within(kind, distribution, bounds, (family,))


def _empirical(kind: Kind, spec: object, bounds: Bounds) -> Distribution:
    at: tuple[str, ...] = ("empirical",)
    weights: object = None
    raw_values: object = spec
    if isinstance(spec, Mapping):
        unknown = [key for key in spec if key not in ("values", "weights")]
        if unknown:
            raise Misfit(f"unknown key: {one_of(('values', 'weights', 'file', 'column'), unknown[0])}",
                         (*at, unknown[0]), key=True)  # fmt: skip
        raw_values, weights = spec.get("values"), spec.get("weights")
        at = ("empirical", "values")
    if not isinstance(raw_values, (list, tuple)) or not raw_values:
        raise Misfit(f"expected a list of values, not {shown(raw_values)}", at)
    if len(raw_values) > VALUES_LIMIT:
        raise Misfit(f"at most {VALUES_LIMIT:,} values, not {len(raw_values):,}", at)
    values = _numbers(kind, raw_values, bounds, at)
    if kind is MONEY:
        values = [float(cents(value)) for value in values]
    if weights is None:
        return Distribution("empirical", (), tuple(sorted(values)))
    place = ("empirical", "weights")
    if not isinstance(weights, (list, tuple)) or len(weights) != len(values):
        raise Misfit(f"expected a list of {len(values)} weights, one for each value", place)
    shares = _numbers(NUMBER, weights, Bounds(at_least=0.0), place)
    total = math.fsum(shares)
    if not 0.0 < total < math.inf:
        raise Misfit("the weights must sum to more than 0", place)
    pairs = sorted((value, share / total) for value, share in zip(values, shares, strict=True) if share > 0.0)
    return Distribution("empirical", (), tuple(v for v, _ in pairs), tuple(share for _, share in pairs))


def _numbers(kind: Kind, raw: list[Any] | tuple[Any, ...], bounds: Bounds, at: tuple[str, ...]) -> list[float]:
    values: list[float] = []
    wrong: list[tuple[tuple[str | int, ...], str, bool]] = []
    for place, item in enumerate(raw):
        try:
            values.append(parse(kind, item, bounds))
        except Misfit as misfit:
            wrong.extend(misfit.under(*at, place))
    if wrong:
        raise Misfit.of(wrong[:20])
    return values


def _within(kind: Kind, distribution: Distribution, bounds: Bounds, at: tuple[str, ...]) -> Distribution:
    low, high = distribution.support()
    if not (low <= high):
        raise Misfit(f"impossible parameters of {distribution.family}", at)
    name = distribution.family
    if bounds.at_least is not None and low < bounds.at_least or bounds.above is not None and low < bounds.above:
        limit = bounds.at_least if bounds.at_least is not None else bounds.above
        raise Misfit(
            f"a {name} distribution can fall below {written(kind, limit or 0.0)} here: {_advice(bounds)}",
            at,
        )
    if bounds.at_most is not None and high > bounds.at_most or bounds.below is not None and high > bounds.below:
        limit = bounds.at_most if bounds.at_most is not None else bounds.below
        raise Misfit(
            f"a {name} distribution can rise above {written(kind, limit or 0.0)} here: {_advice(bounds)}",
            at,
        )
    ends = (low, high)
    if math.isinf(low) or math.isinf(high):
        ends = tuple(distribution.ppf(np.array([_EXTREME, 1.0 - _EXTREME])))
    largest = max(abs(ends[0]), abs(ends[1]))
    if not largest <= LIMITS.get(kind, 1e9):
        raise Misfit(f"a {name} distribution with these parameters gives values too large to count with", at)
    return distribution


def _advice(bounds: Bounds) -> str:
    if bounds.at_most is not None or bounds.below is not None:
        return "use beta, triangular, uniform or empirical values within the limits"
    return "use lognormal, exponential, triangular, uniform or empirical values within the limits"

"""Exact shares of several causes in the change of a product."""

from __future__ import annotations

from collections.abc import Sequence
from fractions import Fraction
from itertools import combinations
from math import factorial
from typing import Any

import numpy as np

__all__ = ["factor_values", "fractions", "whole_cents"]


def factor_values(expected: Sequence[Any], actual: Sequence[Any]) -> list[Any]:
    """What one unit of change in each factor of a product is worth, by Shapley's rule.

    Parameters
    ----------
    expected, actual
        The factors, arrays that broadcast: floats, or objects holding `Fraction`, for which the result is exact.

    Returns
    -------
    list of array
        For factor i the number k_i such that its share of the change is (actual_i - expected_i) k_i; the shares add
        up to product(actual) - product(expected). Where a factor is itself a sum of parts, each part's share is its
        change times k_i: the Owen value of the parts, with the factors as unions.

    Notes
    -----
    Shapley (1953), "A value for n-person games": the mean over all orders in which the factors can go from expected to
    actual, one after another. Owen (1977), "Values of games with a priori unions": as the game is additive within a
    factor, its parts share by their own changes, and splitting one factor changes the share of no other.
    """
    size = len(expected)
    exact = any(getattr(one, "dtype", np.dtype(float)).kind == "O" for one in (*expected, *actual))
    values = []
    for place in range(size):
        others = [one for one in range(size) if one != place]
        total: Any = 0
        for count in range(size):
            weight: Any = Fraction(factorial(count) * factorial(size - 1 - count), factorial(size))
            weight = weight if exact else float(weight)
            for happened in combinations(others, count):
                product: Any = weight
                for one in others:
                    product = product * (actual[one] if one in happened else expected[one])
                total = total + product
        values.append(total)
    return values


def whole_cents(parts: Sequence[Fraction], total: int) -> list[int]:
    """Round parts to whole cents that add up to a total, which their sum rounds to (largest remainders first).

    A part of exactly nothing stays nothing.

    Raises
    ------
    ValueError
        When the sum of the parts is a cent or more from the total.
    """
    floors = [int(part // 1) for part in parts]
    missing = total - sum(floors)
    rest = [part - floor for part, floor in zip(parts, floors, strict=True)]
    if abs(sum(parts, Fraction(0)) - total) >= 1:
        raise ValueError(f"parts of {float(sum(parts, Fraction(0))):,.2f} cents do not add up to {total:,}")
    order = sorted(range(len(parts)), key=lambda place: (-rest[place], place))
    for place in order[:missing]:
        floors[place] += 1
    return floors


def fractions(counts: Any) -> Any:
    """An array of whole numbers as exact fractions."""
    return np.frompyfunc(lambda one: Fraction(int(one)), 1, 1)(np.asarray(counts, dtype=object))

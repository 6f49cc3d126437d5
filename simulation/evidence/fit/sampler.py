"""Draws from a density that is known up to a factor: an ensemble of walkers (Goodman & Weare 2010)."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
import numpy.typing as npt

__all__ = ["sample"]

Float = npt.NDArray[np.float64]
STRETCH = 2.0
EVERY = 8


def sample(
    log: Callable[[Float], Float],
    start: Float,
    settle: int,
    steps: int,
    random: np.random.Generator,
    every: int = EVERY,
) -> Float:
    """Walk, and keep some of the steps after settling.

    Parameters
    ----------
    log
        Logarithm of the density at points [N, K]: [N].
    start
        [W, K], W even and more than 2 K.
    settle, steps
        Steps to forget the start, and after that.
    every
        Steps between those that are kept.

    Returns
    -------
    ndarray
        [W * (steps // every), K]

    Notes
    -----
    Stretch moves: a walker moves along the line to one of the other half of the ensemble, which needs no tuning and
    follows any linear correlation. Some moves are steps by the difference of two others (ter Braak 2006), which
    helps where walkers started close together.
    """
    walkers = start.copy()
    half, size = len(walkers) // 2, walkers.shape[1]
    at = log(walkers)
    kept = []
    for step in range(settle + steps):
        for first in (True, False):
            mine = slice(0, half) if first else slice(half, 2 * half)
            others = walkers[half : 2 * half] if first else walkers[:half]
            if step % 3:
                factor = ((STRETCH - 1) * random.random(half) + 1) ** 2 / STRETCH
                pivot = others[random.integers(half, size=half)]
                moved = pivot + factor[:, None] * (walkers[mine] - pivot)
                ratio = (size - 1) * np.log(factor)
            else:
                pair = others[random.integers(half, size=(2, half))]
                gamma = 2.38 / np.sqrt(2 * size) * (1.0 if step % 2 else 0.3)
                moved = walkers[mine] + gamma * (pair[0] - pair[1]) + 1e-3 * random.standard_normal((half, size))
                ratio = np.zeros(half)
            there = log(moved)
            with np.errstate(invalid="ignore"):
                yes = np.log(random.random(half)) < ratio + there - at[mine]
            walkers[mine] = np.where(yes[:, None], moved, walkers[mine])
            at[mine] = np.where(yes, there, at[mine])
        if step >= settle and (step - settle) % every == every - 1:
            kept.append(walkers[: 2 * half].copy())
    return np.concatenate(kept)

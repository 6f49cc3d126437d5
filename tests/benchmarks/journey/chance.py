"""Random numbers for contenders in plain Python: one stream a run, drawn from NumPy in blocks: the fast way."""

from __future__ import annotations

import math
from collections.abc import Iterator

import numpy as np
from numpy.typing import NDArray

BLOCK = 4096


class Chance:
    """Draws one at a time."""

    def __init__(self, seed: int) -> None:
        self._rng = np.random.default_rng(seed)
        self._uniform = self._stream(self._rng.random)
        self._normal = self._stream(self._rng.standard_normal)

    @staticmethod
    def _stream(draw: object) -> Iterator[float]:
        while True:
            block: NDArray[np.float64] = draw(BLOCK)  # type: ignore[operator]
            yield from block.tolist()

    def uniform(self) -> float:
        """Uniform in [0, 1)."""
        return next(self._uniform)

    def normal(self) -> float:
        """Standard normal."""
        return next(self._normal)

    def exponential(self, mean: float) -> float:
        """Exponential with that mean."""
        return -mean * math.log(1.0 - next(self._uniform))

    def happens(self, logit: float) -> bool:
        """Whether something with that logit of its probability happens."""
        return next(self._uniform) * (1.0 + math.exp(-logit)) < 1.0

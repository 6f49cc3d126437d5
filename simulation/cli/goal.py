"""How precise a command shall be: what --precision and its companions ask for."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from simulation.cli.screen import BadInput

if TYPE_CHECKING:
    from simulation.forecast import Forecast

__all__ = ["Goal", "share_of"]


@dataclass(frozen=True)
class Goal:
    """Add replications until the interval of a measure is so narrow, or there are so many.

    Raises
    ------
    BadInput
        When there is no such measure.
    """

    precision: float
    measure: str
    most: int

    def __post_init__(self) -> None:
        from simulation.forecast.measures import measure_named

        try:
            measure_named(self.measure)
        except ValueError as error:
            raise BadInput(f"--measure: {error}") from None

    def options(self) -> dict[str, Any]:
        """Return the goal as arguments of `simulation.run`."""
        return {"precision": self.precision, "measure": self.measure, "max_replications": self.most}

    def reached(self, forecast: Forecast) -> float:
        """Half the width of the interval over the mean."""
        from simulation.experiment.precision import Rule, pair_means

        widths = Rule(self.precision).widths(pair_means(forecast.measure(self.measure).to_numpy()))
        return float(widths[-1]) if len(widths) else float("inf")

    def said(self, replications: int, reached: float) -> str:
        """Whether it was reached, in a sentence."""
        from simulation.forecast.measures import measure_named

        title = measure_named(self.measure).title
        if reached <= self.precision:
            return f"After {replications:,} futures the mean of {title} is known within {reached:.2%}, as asked."
        how = f"only within {reached:.2%}" if reached < float("inf") else "not even roughly"
        return (
            f"After {replications:,} futures, the most allowed, the mean of {title} is known {how}, "
            f"not within {self.precision:.2%}; --max-replications allows more."
        )


def share_of(text: str, option: str) -> float:
    """Read a share, such as "1%" or "0.01".

    Raises
    ------
    BadInput
        When it is none, or not above 0 and below 1.
    """
    number = text.strip()
    try:
        value = float(number[:-1]) / 100 if number.endswith("%") else float(number)
    except ValueError:
        value = 0.0
    if not 0 < value < 1:
        raise BadInput(f"{option}: expected a share such as 1% or 0.01, not {text!r}")
    return value
